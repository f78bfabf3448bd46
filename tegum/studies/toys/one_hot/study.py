"""one-hot-pentagon: binary one-hot inputs through two dimensions. Why five directions, and what a bias changes.

The whole data set is the identity: n inputs x = e_j, of value 1. The model is x' = f(WᵀWx + b) with two hidden
dimensions, and its loss, summed over features and over the n inputs, is

    L = Σ_j ‖e_j - f(WᵀW e_j + b)‖² = Σ_i (1 - ‖W_i‖²)² + Σ_{j≠i} ReLU(W_i·W_j)²     (f = ReLU, b = 0).

**Why five.** Put the squared norms a_i = ‖W_i‖² on the circle as a measure μ of mass t. Then L = n - 2t + ∫∫ K dμ dμ,
K(θ) = cos²(θ)₊, and the best mass leaves L = n - 1/E, E = the least of ∫∫ K dν dν over probability measures ν. So what
a model saves of the n it begins with is one number, 1/E, the same for all n that can hold the best ν; and features
that share a direction merely split its mass. d equal directions save d/c(d), c(d) = Σ_{|r| ≤ d/4} cos²(2πr/d), at
‖W‖² = 1/c: 4 for the square, 4.198213 for the pentagon, 4 for the hexagon. (It is this saving that the pentagon wins;
c alone is least for the square.) That nothing else wins is a linear program: if h(θ) = Σ_k h_k cos kθ ≤ K(θ) with
h_k ≥ 0, then ∫∫ K dν dν ≥ h_0 for every ν, and nothing saves more than 1/h_0.

**The vanishing gradient.** Let u be the column of a fresh feature. Its gradient is

    ∂L/∂u = 4 ‖u‖² u - 4 u + 4 M(u),    M(u) = Σ_j ReLU(u·W_j) W_j over the learned features j.

A learned feature i is at rest, which says exactly M(W_i) = W_i. M is homogeneous of degree one, as ReLU is, so along a
learned direction, u = εW_i/‖W_i‖, the two middle terms cancel at every ε: what is left is 4ε³, nothing to the first
order. In other directions M(u) is longer than u, and u shrinks. GELU is not homogeneous: with f(z) ≈ z/2 near 0 a fresh
feature feels 2ε(5ρ/4 - 1), ρ = ‖W_i‖² of the pentagon, the same in all directions, and goes back to 0. Beside a square
it feels 2ε(ρ - 1), ρ = 1.157: with GELU four directions are a true local minimum. With ReLU they are a saddle, on which
a training can stop all the same, two features sharing one corner: along it that gradient vanishes.

**The bias.** With b free, W_i on a circle of radius R with R²(1 - cos 2π/n) = 1, and b = 1 - R², store all n features
in the plane without any loss: "no bias" is what makes the pentagon.
"""

from dataclasses import replace
from typing import Literal

import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float, Key
from scipy.optimize import minimize

from tegum.arrays import Array
from tegum.models import Bottleneck
from tegum.models.activations import ACTIVATIONS
from tegum.studies.config import Count, Frozen, StudyConfig, Unsigned
from tegum.studies.gaps import IN_WORDS
from tegum.studies.study import Study
from tegum.studies.toys.one_hot import claims, figures
from tegum.studies.toys.one_hot.model import SETTINGS, activation_of, f_and_slope
from tegum.studies.toys.one_hot.theory import (
    DIRECTIONS,
    LENGTHS,
    certified_saving,
    circle,
    fresh_gradients,
    gon_saving,
)
from tegum.theory.expected import one_hot_loss
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import AbstractObjective, Parts
from tegum.training.recipe import Adam, Recipe, Sampled, log_spaced

GONS = np.arange(3, 13)


class Config(StudyConfig):
    """One-hot inputs of value 1, two hidden dimensions."""

    n_features: tuple[Count, ...] = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
    """n, numbers of features to minimise the loss for"""
    starts: Count = 20
    """random starts of each minimisation"""
    trained_features: tuple[Count, ...] = (5, 8, 12)
    """n, numbers of features to train models on"""
    seeds: Count = 50
    """models trained for each n and setting"""
    steps: Count = 5000
    """training steps, each on the whole data set"""
    learning_rate: Unsigned = 3e-3
    """of Adam without weight decay, constant"""


class Task(Frozen):
    """One part of the study: minimisation or training at one n, or what theory says without any n."""

    config: Config
    part: Literal["minimise", "train", "theory"]
    n: Count


def plan(config: Config) -> list[Task]:
    parts: list[tuple[Literal["minimise", "train", "theory"], int]] = [("theory", 6)]
    parts += [("minimise", n) for n in config.n_features]
    parts += [("train", n) for n in config.trained_features]
    return [Task(config=config, part=part, n=n) for part, n in parts]


def measure(task: Task) -> xr.Dataset:
    return {"minimise": _minimise, "train": _train, "theory": _theory}[task.part](task)


# --- minimisation ---------------------------------------------------------------------------------------------------


def _loss_and_gradient(parameters: np.ndarray, n: int, setting: str) -> tuple[float, np.ndarray]:
    """The loss of W (2 x n) and, where the setting has one, b, all in one vector."""
    w, b = parameters[: 2 * n].reshape(2, n), parameters[2 * n :]
    f, slope = f_and_slope(w.T @ w + (b[:, None] if b.size else 0.0), activation_of(setting))
    error = f - np.eye(n)
    by_z = 2 * error * slope
    by_w = w @ (by_z + by_z.T)
    return float(np.sum(error**2)), np.concatenate([by_w.ravel(), by_z.sum(axis=1)[: b.size]])


def _minimised(start: np.ndarray, n: int, setting: str) -> tuple[float, np.ndarray]:
    found = minimize(
        _loss_and_gradient,
        start,
        args=(n, setting),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 2000, "maxfun": 3000, "ftol": 1e-13, "gtol": 1e-8},
    )
    return float(found.fun), found.x


def _start(n: int, setting: str, random: np.random.Generator) -> np.ndarray:
    """Gaussian weights; with a bias a ragged circle, far out, for the exact solutions have norms of order n/4."""
    if setting != "relu with bias":
        return random.standard_normal(2 * n)
    angles = 2 * np.pi * np.arange(n) / n + 0.3 * random.standard_normal(n)
    radius = np.full(n, n / 2)
    return np.concatenate([radius * np.cos(angles), radius * np.sin(angles), 1 - radius**2])


def _minimise(task: Task) -> xr.Dataset:
    n, c = task.n, task.config
    random = np.random.default_rng([c.seed, n])
    losses, weights = np.empty((len(SETTINGS), c.starts)), np.empty((len(SETTINGS), 2, n))
    for k, setting in enumerate(SETTINGS):
        found = [_minimised(_start(n, setting, random), n, setting) for _ in range(c.starts)]
        losses[k] = [loss for loss, _ in found]
        weights[k] = found[int(losses[k].argmin())][1][: 2 * n].reshape(2, n)
    w, b = circle(n)
    return xr.Dataset(
        {
            "minimum_found": (
                ("setting", "n", "start"),
                np.sort(losses)[:, None],
                {"long_name": "loss, each start"},
            ),
            "minimum_w": (
                ("setting", "n", "hidden", "feature"),
                _widened(weights, c)[:, None],
                {"long_name": "W of the least loss; NaN beyond feature n"},
            ),
            "circle_loss": (
                "n",
                [one_hot_loss(w, "relu", b)],
                {"long_name": "loss of the circle with a bias"},
            ),
        },
        coords={"setting": list(SETTINGS), "n": [n], "start": np.arange(c.starts)},
    )


def _widened(w: np.ndarray, config: Config) -> np.ndarray:
    """Weights of n features with NaN up to the largest n of the study, so that all fit into one array."""
    missing = max(*config.n_features, *config.trained_features) - w.shape[-1]
    return np.pad(w, [(0, 0)] * (w.ndim - 1) + [(0, missing)], constant_values=np.nan)


# --- theory ---------------------------------------------------------------------------------------------------------


def _theory(task: Task) -> xr.Dataset:
    savings = np.array(
        [[gon_saving(int(d), activation) for d in GONS] for activation in ("relu", "gelu")]
    )
    slopes = np.array([fresh_gradients(setting) for setting in ("relu", "gelu")])
    return xr.Dataset(
        {
            "certified_saving": (
                (),
                certified_saving(),
                {"long_name": "no W saves more, for any n"},
            ),
            "gon_saving": (
                ("activation", "directions"),
                savings[..., 0],
                {"long_name": "n - L of d equal directions"},
            ),
            "gon_squared_norm": (
                ("activation", "directions"),
                savings[..., 1],
                {"long_name": "their ‖W‖²"},
            ),
            "fresh_gradient": (
                ("activation", "length", "angle", "component"),
                slopes,
                {
                    "long_name": "gradient of the loss by a fresh feature's column, beside a pentagon"
                },
            ),
        },
        coords={
            "activation": ["relu", "gelu"],
            "directions": GONS,
            "length": LENGTHS,
            "angle": ("angle", DIRECTIONS, {"units": "degrees from a learned direction"}),
            "component": ["radial", "tangential"],
        },
    )


# --- training -------------------------------------------------------------------------------------------------------


class OneHot(AbstractObjective):
    """The loss on all one-hot inputs at once; neither key nor batch is used.

    `present` is 1 for the n features there are and 0 for padding, so that one compilation serves every n; `biased` is
    0 where b is to stay out of it.
    """

    present: Float[Array, "*models features"]
    biased: Float[Array, "*models"]

    def loss(
        self, model: Bottleneck, key: Key[Array, ""], batch: int
    ) -> tuple[Float[Array, ""], Parts]:
        del key, batch
        n = self.present.size
        z = model.w.T @ model.w + self.biased * jnp.broadcast_to(model.b[:, None], (n, n))
        error = jnp.eye(n) - ACTIVATIONS[model.activation](z)
        loss = jnp.sum(jnp.outer(self.present, self.present) * error**2)
        return loss, {"L1": loss}


def _train(task: Task) -> xr.Dataset:
    c = task.config
    seeds = c.model_seeds(c.seeds)
    recipe = Recipe(
        steps=c.steps, objective=Sampled(1), optimizer=Adam(), snapshots=log_spaced(c.steps, 60)
    )
    trained = [_trained(task, setting, recipe, seeds) for setting in SETTINGS]
    gaps = np.stack(
        [
            _gaps(found[0][:, -1], task.n, setting)
            for setting, found in zip(SETTINGS, trained, strict=True)
        ]
    )
    of_model = ("setting", "trained_n", "seed")
    return xr.Dataset(
        {
            "trained_loss": (
                (*of_model, "step"),
                np.stack([losses for losses, _ in trained])[:, None],
                {"long_name": "loss over all inputs, summed over features"},
            ),
            "nudged_loss": (
                of_model,
                np.stack(
                    [
                        _nudged(w, setting, seeds)
                        for setting, (_, w) in zip(SETTINGS, trained, strict=True)
                    ]
                )[:, None],
                {
                    "long_name": "loss after a random nudge of 0.001 and exact descent; NaN with a bias"
                },
            ),
            "gap_to_best": (of_model, gaps[:, None], IN_WORDS),
            "trained_w": (
                (*of_model, "hidden", "feature"),
                _widened(np.stack([w for _, w in trained]), c)[:, None],
                {"long_name": "W at the end; NaN beyond feature n"},
            ),
        },
        coords={
            "setting": list(SETTINGS),
            "trained_n": [task.n],
            "seed": seeds,
            "step": list(recipe.looks),
        },
    )


def _gaps(losses: np.ndarray, n: int, setting: str) -> np.ndarray:
    """Losses over the best pentagon's, less 1; NaN where all can be stored, with a bias or below five features."""
    if setting == "relu with bias" or n < 5:
        return np.full(losses.shape, np.nan)
    return losses / (n - gon_saving(5, activation_of(setting))[0]) - 1


def _trained(
    task: Task, setting: str, recipe: Recipe, seeds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(losses [models steps], final weights [models hidden features]) of all seeds in one setting."""
    c, n = task.config, task.n
    padding = max(c.trained_features) - n

    def init(key: Array) -> Bottleneck:
        model = Bottleneck.init(n, 2, key, activation=activation_of(setting))
        return replace(
            model, w=jnp.pad(model.w, ((0, 0), (0, padding))), b=jnp.pad(model.b, (0, padding))
        )

    objective = OneHot(
        np.pad(np.ones(n, np.float32), (0, padding)),
        np.asarray(setting == "relu with bias", np.float32),
    )
    history = train(
        fresh(init, seeds),
        stack([objective] * c.seeds),
        recipe,
        seeds=seeds,
        learning_rate=c.learning_rate,
    ).history
    w, b = history.w[..., :n].astype(float), history.b[..., :n].astype(float)
    z = np.swapaxes(w, -1, -2) @ w + (b[..., None] if setting == "relu with bias" else 0.0)
    error = f_and_slope(z, activation_of(setting))[0] - np.eye(n)
    return np.sum(error**2, axis=(-1, -2)), w[:, -1]


def _nudged(w: np.ndarray, setting: str, seeds: np.ndarray) -> np.ndarray:
    """Where descent leads from a random point close by: away, if a training ended on a saddle."""
    if setting == "relu with bias":
        return np.full(len(w), np.nan)
    starts = [
        model.ravel() + 1e-3 * np.random.default_rng([seed, 1]).standard_normal(model.size)
        for model, seed in zip(w, seeds, strict=True)
    ]
    return np.array([_minimised(start, w.shape[-1], setting)[0] for start in starts])


QUICK = Config(
    n_features=(2, 4, 5, 8, 12),
    starts=6,
    trained_features=(5, 8),
    seeds=20,
    steps=2000,
    learning_rate=1e-2,
)

STUDY = Study(
    name="one-hot-pentagon",
    group="toy-models",
    question="Why do one-hot features in a plane settle on five directions, and does a bias change it?",
    sources=("elhage2022",),
    version=1,
    presets={
        "quick": QUICK,
        "default": Config(),
        "paper": Config(
            starts=200, trained_features=(5, 6, 7, 8, 9, 10, 11, 12), seeds=200, steps=20_000
        ),
    },
    minutes={"quick": 0.25, "default": 0.4, "paper": 10},
    plan=plan,
    measure=measure,
    claims=claims.CLAIMS,
    figures=figures.figures,
)
