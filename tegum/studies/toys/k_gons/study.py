"""k-gons: with one feature active at a time, descent ends on a ladder of regular polygons, and training pauses at them.

Exactly one of n features is active, x = v e_i with v uniform on [0, 1]; a ReLU model x' = ReLU(WᵀWx + b) holds them in
m = 2 dimensions. Its population loss L (mean over which feature is active) is a polynomial piece by piece in G = WᵀW
and b, so it is known exactly. Theory: at its minima k of the columns form a regular k-gon and the other n - k are 0. A
k-gon alone costs h_k / 3, with h_k = 0 up to k = 4 (digons and triangles interfere in no way that ReLU lets through).
A spare feature is either off (b ≤ 0; it answers 0) or answers its mean with b = 1/(2n), which saves 1/(4n²). So

    L(k, s) = (h_k + n - k) / (3n) - s / (4n²),        s of the n - k spares with a positive bias: "5", "5+", "4++".

A spare that is off has no gradient at all: those levels are flat shelves. Part one descends the exact loss from random
restarts and asks whether each ends on a level. Part two trains on samples and asks whether the loss waits at levels on
its way down. From n = 7 on there are minima besides these, and restarts find them: several features in one direction
of a k-gon.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from tegum.errors import bad_input
from tegum.features import OneActive
from tegum.models import Bottleneck
from tegum.studies.config import Count, Frozen, StudyConfig, Unsigned
from tegum.studies.study import Study
from tegum.studies.toys.k_gons import claims, figures
from tegum.studies.toys.k_gons.levels import descended_again, ladder, minima, shared_levels
from tegum.theory.expected import one_active_loss
from tegum.training.engine import stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import SGD, Recipe, Sampled, log_spaced


class Config(StudyConfig):
    """Polygons in the plane, one feature active."""

    n_features: tuple[Count, ...] = (5, 6, 7, 8)
    """n, features in two dimensions, for the exact descents"""
    restarts: Count = 400
    """exact descents for each n, from Xavier-normal weights and zero biases"""
    trained_features: Count = 6
    """n of the models trained on samples; one of `n_features`"""
    models: Count = 64
    """models trained on samples"""
    steps: Count = 20_000
    """training steps, of plain stochastic gradient descent"""
    batch: Count = 256
    """fresh samples a step"""
    learning_rate: Unsigned = 0.05
    """constant"""
    looks: Count = 240
    """moments, evenly spaced in the logarithm of the step, at which the exact loss is read"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if min(self.n_features) < 5 or self.trained_features not in self.n_features:
            expected = (
                f"numbers of at least 5, trained_features = {self.trained_features} among them"
            )
            raise bad_input("n_features", self.n_features, expected)


class Task(Frozen):
    """Exact descents at one n, or the sampled training."""

    config: Config
    n_features: Count
    sampled: bool


def plan(config: Config) -> list[Task]:
    exact = [Task(config=config, n_features=n, sampled=False) for n in config.n_features]
    return [*exact, Task(config=config, n_features=config.trained_features, sampled=True)]


def measure(task: Task) -> xr.Dataset:
    return (
        _train_on_samples(task.config, task.n_features) if task.sampled else _descend_exactly(task)
    )


# --- exact descent --------------------------------------------------------------------------------------------------


def _descend_exactly(task: Task) -> xr.Dataset:
    n, count = task.n_features, task.config.restarts
    rng = np.random.default_rng([task.config.seed, n])
    start = rng.normal(size=(count, 2, n)) * np.sqrt(2 / (n + 2))
    ends = minima(start, np.zeros((count, n)))
    again = descended_again(ends, rng)
    levels, shared = ladder(n), shared_levels(n, rng)
    of_restart = ("n_features", "restart")
    return xr.Dataset(
        {
            "w": (
                (*of_restart, "hidden", "feature"),
                ends.w[None],
                {"long_name": "weights where the descent ended"},
            ),
            "b": (
                (*of_restart, "feature"),
                ends.b[None],
                {"long_name": "biases where the descent ended"},
            ),
            "loss": (
                of_restart,
                ends.loss[None],
                {"long_name": "exact loss, mean over which feature is active"},
            ),
            "slope": (
                of_restart,
                ends.gradient_norm[None],
                {"long_name": "norm of the exact gradient"},
            ),
            "loss_again": (
                of_restart,
                again[None],
                {"long_name": "exact loss, descended again from a nudge away"},
            ),
            "level": (
                ("n_features", "polygon"),
                [list(levels.values())],
                {"long_name": "predicted loss"},
            ),
            "shared_level": (
                ("n_features", "shared"),
                np.array([list(shared.values())]).reshape(1, -1),
            ),
        },
        coords={
            "n_features": [n],
            "restart": np.arange(count),
            "feature": np.arange(n),
            "polygon": list(levels),
            "shared": np.array(list(shared), dtype=str),
        },
    )


# --- sampled training -----------------------------------------------------------------------------------------------


def _train_on_samples(config: Config, n: int) -> xr.Dataset:
    seeds = config.model_seeds(config.models)
    trained = train(
        stack([Bottleneck.init(n, 2, jax.random.key(seed)) for seed in seeds]),
        stack([Reconstruction(OneActive(n))] * config.models),
        Recipe(
            steps=config.steps,
            objective=Sampled(config.batch),
            optimizer=SGD(),
            snapshots=log_spaced(config.steps, config.looks, first=10),
        ),
        seeds=seeds,
        learning_rate=config.learning_rate,
    )
    exact = jax.jit(jax.vmap(jax.vmap(one_active_loss)))
    loss = np.asarray(exact(jnp.asarray(trained.history.w), jnp.asarray(trained.history.b)), float)
    return xr.Dataset(
        {
            "trained_loss": (
                ("seed", "step"),
                loss,
                {"long_name": "exact loss of the weights at that step"},
            )
        },
        coords={"seed": seeds, "step": list(trained.steps)},
    )


def combine(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """The parts have different features and levels: what one lacks is NaN."""
    exact = [part for part in parts if "level" in part]
    joined = xr.concat(
        exact, "n_features", join="outer", data_vars="all", coords="minimal", compat="override"
    )
    return xr.merge(
        [joined, *(part for part in parts if "level" not in part)],
        join="outer",
        compat="no_conflicts",
    )


STUDY = Study(
    name="k-gons",
    group="toy-models",
    question="With one feature active at a time, does learning end on a ladder of polygons, and pause on its rungs?",
    sources=("chen2023",),
    version=1,
    presets={
        "quick": Config(n_features=(6, 7), restarts=128, models=48, steps=6000, looks=160),
        "default": Config(),
        "paper": Config(restarts=5000, models=200, steps=50_000, looks=400),
    },
    minutes={"quick": 0.3, "default": 0.5, "paper": 5},
    plan=plan,
    measure=measure,
    combine=combine,
    claims=claims.CLAIMS,
    figures=figures.figures,
)
