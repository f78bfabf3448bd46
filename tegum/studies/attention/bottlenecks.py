"""Trained dictionaries: bottlenecks that reconstruct sparse features, for heads to be put on afterwards."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Bool, Float

from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.studies.diverged import with_stand_ins
from tegum.studies.gaps import gaps_to_best_known
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled


@dataclass(frozen=True)
class Dictionaries:
    """W of trained bottlenecks, a sound one in the place of each that diverged."""

    w: Float[np.ndarray, "models hidden features"]
    gap_to_best: Float[np.ndarray, " models"]
    finite: Bool[np.ndarray, " models"]


def trained_dictionaries(
    n_features: int,
    n_hidden: int,
    density: float,
    importance_decay: float,
    *,
    seeds: np.ndarray,
    steps: int,
    batch: int,
    learning_rate: float,
) -> Dictionaries:
    """Bottlenecks trained by AdamW at a constant rate; feature k has importance `importance_decay` to the power k."""
    features = SparseFeatures(n_features, density, importance_decay ** np.arange(n_features))
    trained = train(
        fresh(partial(Bottleneck.init, n_features, n_hidden), seeds),
        stack([Reconstruction(features)] * len(seeds)),
        Recipe(steps=steps, objective=Sampled(batch)),
        seeds=seeds,
        learning_rate=learning_rate,
    )
    models = with_stand_ins(trained.model, trained.finite)
    gaps = gaps_to_best_known(models, density, np.asarray(features.importance))
    return Dictionaries(np.asarray(models.w, np.float64), gaps, trained.finite)
