"""What is measured: histories of uniform models that end in digons, and of two correlated sets.

Learning rates stay constant, so that a step is a time. Sets start from small weights, near the
saddle at 0, as learning in stages asks for.
"""

from functools import partial

import equinox as eqx
import numpy as np

from tegum.analysis.geometry import dimensionality
from tegum.errors import bad_input
from tegum.features import AbstractFeatures, CorrelatedSets, SparseFeatures
from tegum.models import Bottleneck
from tegum.studies import core, populations
from tegum.studies.geometry.uniform.models import on_plateau
from tegum.theory.expected import expected_losses
from tegum.theory.mixtures import mixture_losses
from tegum.training.engine import fresh, repeat, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled, log_spaced

SETS = (3, 3)
"""features that are active together, in as many dimensions as one set has features"""
TERMS = 64
"""of the losses' series: exact to 1e-5"""


class Uniform(core.BottleneckConfig):
    """Models of equally important features at a density of the digons' plateau."""

    n_features: core.Count = 60
    n_hidden: core.Count = 8
    density: core.Density = 0.36
    """p of every feature, from the plateau where D* = 1/2"""
    seeds: core.Count = 20
    steps: core.Count = 3600
    looks: core.Count = 240
    """steps at which models are looked at, evenly spaced; each step once where they are fewer"""
    learning_rate: core.Unsigned = 3e-3
    """of AdamW with weight decay 0.01, constant"""


class Sets(core.TrainingConfig):
    """Two correlated sets of three features in three dimensions."""

    seeds: core.Count = 20
    learning_rate: core.Unsigned = 3e-3
    set_density: core.Density = 0.1
    """p, the chance that a set is active"""
    set_steps: core.Count = 6000
    """training steps of these models"""
    set_looks: core.Count = 150
    """steps at which these models are looked at, evenly spaced in the logarithm"""
    scale: core.Unsigned = 0.05
    """of their first weights, in units of Xavier's"""


class Config(Uniform, Sets):
    """Learning watched: uniform models, and two correlated sets."""

    def model_post_init(self, _: object) -> None:
        """Digons are the best on their plateau only, and as many as there are dimensions."""
        if self.importance_decay != 1.0:
            raise bad_input("importance_decay", self.importance_decay, "1: equal importance")
        if not on_plateau(np.array([self.density])).all():
            raise bad_input("density", self.density, "from 0.28 to 0.45, where digons are best")
        if self.n_features < 2 * self.n_hidden + 2:
            wanted = f"at least 2 n_hidden + 2 = {2 * self.n_hidden + 2}: digons and some left over"
            raise bad_input("n_features", self.n_features, wanted)
        if not 0 < self.learning_rate <= 0.02:
            wanted = "above 0 and at most 0.02, where weights move little in a step"
            raise bad_input("learning_rate", self.learning_rate, wanted)
        if min(self.looks, self.set_looks) < 20:
            raise bad_input("looks, set_looks", (self.looks, self.set_looks), "at least 20 of each")
        if self.scale == 0:
            raise bad_input("scale", self.scale, "above 0: models of weights 0 learn nothing")


def _watched(
    c: core.TrainingConfig,
    law: AbstractFeatures,
    n_hidden: int,
    looks: tuple[int, ...],
    scale: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """W [seeds steps hidden features], b and which models did not diverge."""
    init = partial(Bottleneck.init, law.n_features, n_hidden)
    started = fresh(init, c.seeds_of("W", c.seeds))
    trained = train(
        eqx.tree_at(lambda model: model.w, started, scale * started.w),
        repeat(stack([Reconstruction(law)]), c.seeds),
        Recipe(looks[-1], Sampled(c.batch), snapshots=looks),
        seeds=c.seeds_of("batches", c.seeds),
        learning_rate=c.learning_rate,
    )
    history = populations.with_stand_ins(trained.history, trained.finite)
    w, b = (np.asarray(each, float) for each in (history.w, history.b))
    return w, b, trained.finite


def uniform(c: Uniform) -> core.Variables:
    """D_i and the loss of all seeds' models in time."""
    looks = tuple(map(int, np.unique(np.linspace(0, c.steps, c.looks).round())))
    law = SparseFeatures(c.n_features, c.density)
    w, b, finite = _watched(c, law, c.n_hidden, looks, 1.0)
    flat = w.reshape(-1, *w.shape[2:]), b.reshape(-1, b.shape[-1])
    loss = expected_losses(*flat, c.density, c.importance, terms=TERMS)
    return {
        "d": dimensionality(w),
        "loss": np.reshape(loss, w.shape[:2]),
        "finite": finite,
        "step": list(looks),
    }


def sets(c: Sets) -> core.Variables:
    """Weights and the loss of all seeds' models of two sets in time."""
    looks = log_spaced(c.set_steps, c.set_looks, first=10)
    law = CorrelatedSets(SETS, c.set_density)
    w, b, finite = _watched(c, law, SETS[0], looks, c.scale)
    flat = w.reshape(-1, *w.shape[2:]), b.reshape(-1, b.shape[-1])
    loss = mixture_losses(*flat, law, terms=TERMS)
    return {
        "set_w": w,
        "set_loss": np.reshape(loss, w.shape[:2]),
        "finite": finite,
        "set_step": list(looks),
    }


FINITE = populations.FINITE
UNIFORM = core.Part(
    uniform,
    core.table(
        d=("seed step feature", "dimensionality D_i of uniform models"),
        loss=("seed step", "their exact population loss, summed over features"),
    )
    | {"finite": FINITE},
)
STAGED = core.Part(
    sets,
    core.table(
        set_w=("seed set_step set_hidden member", "weights W of models of two correlated sets"),
        set_loss=("seed set_step", "their exact population loss, summed over features"),
    )
    | {"finite": FINITE},
)
HISTORIES = core.Measurement("learning-histories", version=1, parts=(UNIFORM, STAGED))
QUICK = Config(seeds=16, steps=1600, looks=128, batch=512)
PAPER = Config(n_features=400, n_hidden=30, seeds=10, steps=10_000, looks=300, learning_rate=2e-3)
"""the sizes of the source's uniform models"""
