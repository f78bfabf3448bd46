"""Training of populations: `step` is the algorithm, `engine` runs it for many models at once.

from tegum.training import Recipe, Sampled, fresh, stack, train
"""

from tegum.training.dictionaries import TrainedDictionaries, train_dictionaries
from tegum.training.engine import Trained, fresh, repeat, size, stack, train
from tegum.training.fixed_samples import FixedSamples
from tegum.training.objectives import (
    AbstractObjective,
    Computation,
    CrossEntropy,
    HeadOnFrozen,
    HeadOnMoments,
    Pairs,
    Reconstruction,
    ReconstructionAndHead,
)
from tegum.training.one_hot import OneHot
from tegum.training.recipe import (
    SGD,
    Adam,
    AdamW,
    Expected,
    Recipe,
    Sampled,
    Schedule,
    log_spaced,
)
from tegum.training.restarts import best_of, evaluate
from tegum.training.sparse_coding import SparseCoding, planted
from tegum.training.with_head import train_with_head

__all__ = [
    "SGD",
    "AbstractObjective",
    "Adam",
    "AdamW",
    "Computation",
    "CrossEntropy",
    "Expected",
    "FixedSamples",
    "HeadOnFrozen",
    "HeadOnMoments",
    "OneHot",
    "Pairs",
    "Recipe",
    "Reconstruction",
    "ReconstructionAndHead",
    "Sampled",
    "Schedule",
    "SparseCoding",
    "Trained",
    "TrainedDictionaries",
    "best_of",
    "evaluate",
    "fresh",
    "log_spaced",
    "planted",
    "repeat",
    "size",
    "stack",
    "train",
    "train_dictionaries",
    "train_with_head",
]
