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

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float, Key
from matplotlib.patches import Circle
from scipy.optimize import linprog, minimize, minimize_scalar
from scipy.special import ndtr

from tegum.analysis.geometry import norms
from tegum.analysis.nulls import coin_share
from tegum.arrays import Array
from tegum.models import Bottleneck
from tegum.models.activations import ACTIVATIONS
from tegum.plots.bands import median_band
from tegum.plots.style import FAINT, INK, SERIES, house_style, sheet
from tegum.studies.claims import Claim, Measured
from tegum.studies.config import Count, Frozen, StudyConfig, Unsigned
from tegum.studies.study import Exhibit, Study
from tegum.theory.expected import one_hot_loss
from tegum.theory.float64 import in_float64
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import AbstractObjective, Parts
from tegum.training.recipe import Adam, Recipe, Sampled, log_spaced

Setting = Literal["relu", "gelu", "relu with bias"]
SETTINGS: tuple[Setting, ...] = ("relu", "gelu", "relu with bias")
COLOURS = dict(zip(SETTINGS, SERIES, strict=False))
GONS = np.arange(3, 13)
DIRECTIONS = np.linspace(0, 36, 13)  # degrees from a learned direction to midway between two
LENGTHS = np.geomspace(1e-3, 0.3, 11)


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


def _activation(setting: str) -> Literal["relu", "gelu"]:
    return "gelu" if setting == "gelu" else "relu"


def _f_and_slope(z: np.ndarray, activation: str) -> tuple[np.ndarray, np.ndarray]:
    if activation == "relu":
        return np.maximum(z, 0), (z > 0) * 1.0
    return z * ndtr(z), ndtr(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def _loss_and_gradient(parameters: np.ndarray, n: int, setting: str) -> tuple[float, np.ndarray]:
    """The loss of W (2 x n) and, where the setting has one, b, all in one vector."""
    w, b = parameters[: 2 * n].reshape(2, n), parameters[2 * n :]
    f, slope = _f_and_slope(w.T @ w + (b[:, None] if b.size else 0.0), _activation(setting))
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
            "minimum_found": (("setting", "n", "start"), np.sort(losses)[:, None], {"long_name": "loss, each start"}),
            "minimum_w": (
                ("setting", "n", "hidden", "feature"),
                _widened(weights, c)[:, None],
                {"long_name": "W of the least loss; NaN beyond feature n"},
            ),
            "circle_loss": ("n", [one_hot_loss(w, "relu", b)], {"long_name": "loss of the circle with a bias"}),
        },
        coords={"setting": list(SETTINGS), "n": [n], "start": np.arange(c.starts)},
    )


def _widened(w: np.ndarray, config: Config) -> np.ndarray:
    """Weights of n features with NaN up to the largest n of the study, so that all fit into one array."""
    missing = max(*config.n_features, *config.trained_features) - w.shape[-1]
    return np.pad(w, [(0, 0)] * (w.ndim - 1) + [(0, missing)], constant_values=np.nan)


def circle(n: int) -> tuple[Float[np.ndarray, "2 features"], Float[np.ndarray, " features"]]:
    """Weights and biases that store n ≥ 2 binary one-hot features in the plane without loss."""
    squared = 1 / (1 - np.cos(2 * np.pi / n))
    return np.sqrt(squared) * _gon(n), np.full(n, 1 - squared)


def _gon(d: int) -> np.ndarray:
    angles = 2 * np.pi * np.arange(d) / d
    return np.stack([np.cos(angles), np.sin(angles)])


# --- theory ---------------------------------------------------------------------------------------------------------


def interference_sum(d: int) -> float:
    """c(d) = Σ_{|r| ≤ d/4} cos²(2πr/d): what d equal unit directions do to one of them, itself included."""
    r = np.arange(-(d // 4), d // 4 + 1)
    return float(np.sum(np.cos(2 * np.pi * r / d) ** 2))


PENTAGON_SAVING = 5 / interference_sum(5)  # 4.198213


def certified_saving(frequencies: int = 24, points: int = 4000) -> float:
    """A number that no W in the plane can save more than, for any n: 1/h_0 of the module's linear program.

    h ≤ K is asked for on a grid only; between its points h - K rises above 0 by no more than the grid's spacing lets
    its curvature, and h_0 is lowered by that much.
    """
    theta = np.linspace(0, np.pi, points)
    kernel = np.where(theta < np.pi / 2, np.cos(theta) ** 2, 0.0)
    k = np.arange(frequencies + 1)
    objective = np.zeros(frequencies + 1)
    objective[0] = -1
    found = linprog(objective, A_ub=np.cos(np.outer(theta, k)), b_ub=kernel, bounds=(0, None), method="highs")
    h = np.maximum(found.x, 0)
    above = np.max(np.cos(np.outer(theta, k)) @ h - kernel)
    curvature = np.sum(h * k**2) + 2  # of h, and of K on either side of its joint at a right angle
    slack = max(0.0, above) + curvature * (theta[1] / 2) ** 2 / 2
    return float(1 / (h[0] - slack))


def gon_saving(d: int, activation: str) -> tuple[float, float]:
    """The most that d equal directions save of their d, and ‖W‖² there."""
    cosines = np.cos(2 * np.pi * np.arange(d) / d)
    own = np.arange(d) == 0

    def loss(squared: float) -> float:
        return d * float(np.sum((own - _f_and_slope(squared * cosines, activation)[0]) ** 2))

    best = minimize_scalar(loss, bounds=(0.0, 3.0), method="bounded", options={"xatol": 1e-12})
    return d - float(best.fun), float(best.x)


def _theory(task: Task) -> xr.Dataset:
    savings = np.array([[gon_saving(int(d), activation) for d in GONS] for activation in ("relu", "gelu")])
    slopes = np.array([_fresh_gradients(setting) for setting in ("relu", "gelu")])
    return xr.Dataset(
        {
            "certified_saving": ((), certified_saving(), {"long_name": "no W saves more, for any n"}),
            "gon_saving": (("activation", "directions"), savings[..., 0], {"long_name": "n - L of d equal directions"}),
            "gon_squared_norm": (("activation", "directions"), savings[..., 1], {"long_name": "their ‖W‖²"}),
            "fresh_gradient": (
                ("activation", "length", "angle", "component"),
                slopes,
                {"long_name": "gradient of the loss by a fresh feature's column, beside a pentagon"},
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


def _total(w: Array, activation: str) -> Array:
    """The loss of a model without bias on all inputs, for jax to differentiate."""
    return jnp.sum((jnp.eye(w.shape[1]) - ACTIVATIONS[activation](w.T @ w)) ** 2)


def _fresh_gradients(activation: str) -> np.ndarray:
    """[length angle component]: by automatic differentiation, outwards and along the circle."""
    pentagon = np.sqrt(gon_saving(5, activation)[1]) * _gon(5)
    radians = np.deg2rad(DIRECTIONS)
    outwards = np.stack([np.cos(radians), np.sin(radians)])
    along = np.stack([-np.sin(radians), np.cos(radians)])
    columns = LENGTHS[:, None, None] * outwards.T  # length angle hidden

    def gradient(columns: Array) -> Array:
        total = lambda u: _total(jnp.concatenate([pentagon, u[:, None]], axis=1), activation)  # noqa: E731
        return jax.jit(jax.vmap(jax.vmap(jax.grad(total))))(columns)

    by_column = in_float64(gradient, columns)
    return np.stack([np.einsum("lah,ha->la", by_column, frame) for frame in (outwards, along)], axis=-1)


def predicted_fresh_gradient(ds: xr.Dataset) -> xr.DataArray:
    """The module's formula for ReLU: 4ε³ + 4ε(ρ Σ_j cos²(θ - θ_j)₊ - 1) outwards."""
    rho = 1 / interference_sum(5)
    theta = np.deg2rad(ds.angle.values)[:, None] - 2 * np.pi * np.arange(5) / 5
    crowd = xr.DataArray(np.sum(np.maximum(np.cos(theta), 0) ** 2, axis=1), dims="angle", coords={"angle": ds.angle})
    return 4 * ds.length**3 + 4 * ds.length * (rho * crowd - 1)


# --- training -------------------------------------------------------------------------------------------------------


class OneHot(AbstractObjective):
    """The loss on all one-hot inputs at once; neither key nor batch is used.

    `present` is 1 for the n features there are and 0 for padding, so that one compilation serves every n; `biased` is
    0 where b is to stay out of it.
    """

    present: Float[Array, "*models features"]
    biased: Float[Array, "*models"]

    def loss(self, model: Bottleneck, key: Key[Array, ""], batch: int) -> tuple[Float[Array, ""], Parts]:
        del key, batch
        n = self.present.size
        z = model.w.T @ model.w + self.biased * jnp.broadcast_to(model.b[:, None], (n, n))
        error = jnp.eye(n) - ACTIVATIONS[model.activation](z)
        loss = jnp.sum(jnp.outer(self.present, self.present) * error**2)
        return loss, {"L1": loss}


def _train(task: Task) -> xr.Dataset:
    c = task.config
    seeds = c.seed * 10_000 + np.arange(c.seeds)
    recipe = Recipe(steps=c.steps, objective=Sampled(1), optimizer=Adam(), snapshots=log_spaced(c.steps, 60))
    trained = [_trained(task, setting, recipe, seeds) for setting in SETTINGS]
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
                np.stack([_nudged(w, setting, seeds) for setting, (_, w) in zip(SETTINGS, trained, strict=True)])[
                    :, None
                ],
                {"long_name": "loss after a random nudge of 0.001 and exact descent; NaN with a bias"},
            ),
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


def _trained(task: Task, setting: str, recipe: Recipe, seeds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(losses [models steps], final weights [models hidden features]) of all seeds in one setting."""
    c, n = task.config, task.n
    padding = max(c.trained_features) - n

    def init(key: Array) -> Bottleneck:
        model = Bottleneck.init(n, 2, key, activation=_activation(setting))
        return replace(model, w=jnp.pad(model.w, ((0, 0), (0, padding))), b=jnp.pad(model.b, (0, padding)))

    objective = OneHot(
        np.pad(np.ones(n, np.float32), (0, padding)), np.asarray(setting == "relu with bias", np.float32)
    )
    history = train(
        fresh(init, seeds), stack([objective] * c.seeds), recipe, seeds=seeds, learning_rate=c.learning_rate
    ).history
    w, b = history.w[..., :n].astype(float), history.b[..., :n].astype(float)
    z = np.swapaxes(w, -1, -2) @ w + (b[..., None] if setting == "relu with bias" else 0.0)
    error = _f_and_slope(z, _activation(setting))[0] - np.eye(n)
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


# --- claims ---------------------------------------------------------------------------------------------------------


def _least(ds: xr.Dataset) -> xr.DataArray:
    return ds.minimum_found.min("start")


def _crowded(ds: xr.Dataset) -> xr.Dataset:
    """Trainings with more features than a pentagon has."""
    return ds.sel(trained_n=ds.trained_n > 5)


def _final_saving(ds: xr.Dataset) -> xr.DataArray:
    return ds.trained_n - ds.trained_loss.isel(step=-1)


def _in_pentagon(ds: xr.Dataset, setting: str) -> xr.DataArray:
    """Whether a model saves what the pentagon does; the next best critical point known saves 0.17 less."""
    large = ds.sel(trained_n=ds.trained_n >= 5, setting=setting)
    best = float(ds.gon_saving.sel(activation=setting, directions=5))
    return abs(_final_saving(large) - best) < 0.01


def five_fold(w: Float[np.ndarray, "*models 2 features"]) -> Float[np.ndarray, "*models"]:
    """|Σ_i ‖W_i‖² e^{5iθ_i}| / Σ_i ‖W_i‖²: 1 when every feature points to a corner of one regular pentagon."""
    z = np.nan_to_num(w[..., 0, :] + 1j * w[..., 1, :])
    mass = np.abs(z) ** 2
    return np.abs(np.sum(mass * np.exp(5j * np.angle(z)), axis=-1)) / mass.sum(axis=-1)


def _minimum(ds: xr.Dataset) -> Measured:
    saved = ds.n - _least(ds).sel(setting="relu")
    worst = float(abs(saved - xr.where(ds.n >= 5, PENTAGON_SAVING, ds.n)).max())
    counts = ", ".join(str(n) for n in saved.n.values)
    return Measured(worst, high=1e-6, note=f"largest distance, n = {counts}")


def _certificate(ds: xr.Dataset) -> Measured:
    bound = float(ds.certified_saving)
    return Measured(bound - PENTAGON_SAVING, low=0.0, high=1e-4, note=f"saving at most {bound:.6f}")


def _saving_formula(ds: xr.Dataset) -> Measured:
    formula = np.array([d / interference_sum(int(d)) for d in ds.directions.values])
    off = abs(ds.gon_saving.sel(activation="relu") - formula).max()
    second = np.sort(formula)[-2]
    return Measured(
        float(off),
        high=1e-8,
        note=f"largest error; the best is d = {ds.directions.values[formula.argmax()]}, the second saves {second:.4f}",
    )


def _c_alone(ds: xr.Dataset) -> Measured:
    del ds
    return Measured(
        interference_sum(5) - interference_sum(4),
        high=0.0,
        note="c(5) - c(4): the sum is least at d = 3 and 4, where it is 1; what five wins is d/c(d)",
    )


def _shared_directions(ds: xr.Dataset) -> Measured:
    w = ds.minimum_w.sel(setting="relu", n=ds.n >= 5).transpose("n", "hidden", "feature").values
    return Measured(float(five_fold(w).min()), low=0.999, note="least over n, at the least loss found")


def _fresh_formula(ds: xr.Dataset) -> Measured:
    radial = ds.fresh_gradient.sel(activation="relu", component="radial")
    along = radial.sel(angle=0.0, length=ds.length < 0.03)
    exponent = np.polyfit(np.log(along.length), np.log(abs(along)), 1)[0]
    off = float(abs(radial - predicted_fresh_gradient(ds)).max())
    return Measured(off, high=1e-10, note=f"largest difference; along a learned direction it grows as ε^{exponent:.3f}")


def _gelu_pull(ds: xr.Dataset) -> Measured:
    rho = float(ds.gon_squared_norm.sel(activation="gelu", directions=5))
    shortest = ds.fresh_gradient.sel(activation="gelu", component="radial").isel(length=0)
    ratio = shortest / float(ds.length[0]) / (2 * (5 * rho / 4 - 1))
    return Measured(
        float(abs(ratio - 1).max()), high=0.01, note=f"relative, all angles; the pull is {2 * (5 * rho / 4 - 1):.4f} ε"
    )


def _norm_error(ds: xr.Dataset, setting: str) -> float:
    """Median | ‖W_i‖ - 1 | in models of five features that ended in the pentagon."""
    model = ds.sel(trained_n=5, setting=setting)
    lengths = norms(model.trained_w.transpose("seed", "hidden", "feature").values)[:, :5]
    return float(np.median(abs(lengths[_in_pentagon(ds, setting).sel(trained_n=5).values] - 1)))


def _norms_nearer_one(ds: xr.Dataset) -> Measured:
    relu, gelu = _norm_error(ds, "relu"), _norm_error(ds, "gelu")
    return Measured(gelu / relu, high=1.0, note=f"distance from 1: GELU {gelu:.4f}, ReLU {relu:.4f}")


def _lengths(ds: xr.Dataset, setting: str) -> np.ndarray:
    """[n seed feature]: ‖W_i‖ of trained models of more than five features, 0 for padding."""
    w = _crowded(ds).trained_w.sel(setting=setting).transpose("trained_n", "seed", "hidden", "feature")
    return np.nan_to_num(norms(w.values))


def _gelu_leaves_out(ds: xr.Dataset) -> Measured:
    lengths = _lengths(ds, "gelu")
    clean = ((lengths > 0.5) | (lengths < 0.1)).all(axis=-1)
    return Measured(float(clean.mean()), low=0.95, note="share of seeds without a ‖W_i‖ between 0.1 and 0.5")


def _share(ds: xr.Dataset, setting: str, low: float | None = None) -> Measured:
    inside = _in_pentagon(ds, setting)
    shares = ", ".join(
        f"{float(share):.2f} of n = {n}" for n, share in zip(inside.trained_n.values, inside.mean("seed"), strict=True)
    )
    return Measured(float(inside.mean()), low=coin_share(inside.size) if low is None else low, note=shares)


def _nudged_to_pentagon(ds: xr.Dataset) -> Measured:
    saving = (ds.trained_n - ds.nudged_loss).sel(trained_n=ds.trained_n >= 5)
    inside = {
        setting: abs(saving.sel(setting=setting) - ds.gon_saving.sel(activation=setting, directions=5)) < 0.01
        for setting in ("relu", "gelu")
    }
    before = float(_in_pentagon(ds, "relu").mean())
    told = f"share of seeds, {before:.2f} before; GELU {float(_in_pentagon(ds, 'gelu').mean()):.2f} before, "
    return Measured(float(inside["relu"].mean()), low=0.95, note=told + f"{float(inside['gelu'].mean()):.2f} after")


def steps_to(ds: xr.Dataset, setting: str, share: float) -> xr.DataArray:
    """Steps until a model has made this share of the saving that it ends with."""
    saving = ds.trained_n - ds.trained_loss.sel(setting=setting)
    return ds.step[(saving >= share * saving.isel(step=-1)).argmax("step")]


def _gelu_faster(ds: xr.Dataset) -> Measured:
    halves = {share: [float(steps_to(ds, s, share).median()) for s in ("relu", "gelu")] for share in (0.5, 0.9, 0.99)}
    told = "; ".join(f"{share:.0%}: ReLU {relu:g}, GELU {gelu:g}" for share, (relu, gelu) in halves.items())
    relu, gelu = halves[0.9]
    return Measured(gelu / relu, high=1.0, note=f"median steps to this share of the final saving, {told}")


def _bias_removes_it(ds: xr.Dataset) -> Measured:
    return Measured(float(_least(ds).sel(setting="relu with bias").max()), high=1e-6, note="largest least loss over n")


def _circle(ds: xr.Dataset) -> Measured:
    return Measured(float(ds.circle_loss.max()), high=1e-20, note=f"n up to {int(ds.n.max())}")


def _bias_trained(ds: xr.Dataset) -> Measured:
    biased = _crowded(ds).sel(setting="relu with bias")
    loss = biased.trained_loss.isel(step=-1)
    kept = ", ".join(
        f"{float(m):.2f} of {n}"
        for n, m in zip(biased.trained_n.values, _final_saving(biased).median("seed"), strict=True)
    )
    return Measured(float((loss < 0.01).mean()), low=0.5, note=f"share of seeds with L < 0.01; median saving {kept}")


EXACT = "exact theory (module docstring)"
NOTE = "a reader's note on one-hot inputs without bias"

CLAIMS = (
    Claim(
        "minimum",
        "Without bias the least loss of n one-hot features in the plane is n - 4.198213 for every n ≥ 5, and 0 up to 4 "
        "(within 1e-6).",
        f"{EXACT}: 5/c(5), c(5) = 1 + 2 cos² 72°",
        _minimum,
    ),
    Claim(
        "certificate",
        "No arrangement of any number of features in the plane saves more than the pentagon (within 1e-4).",
        f"{EXACT}: linear programming bound",
        _certificate,
    ),
    Claim(
        "saving-of-equal-directions",
        "The most that d equal directions save is d/c(d), d = 3 to 12 (within 1e-8): the pentagon wins by its saving.",
        EXACT,
        _saving_formula,
    ),
    Claim("least-c", "c(d) itself is least at d = 5.", NOTE, _c_alone, kind="open"),
    Claim(
        "shared-directions",
        "At the least loss all n ≥ 5 features share the five directions of one pentagon (five-fold order above 0.999).",
        EXACT,
        _shared_directions,
    ),
    Claim(
        "fresh-feature-formula",
        "With ReLU a fresh feature of length ε beside a pentagon feels the gradient 4ε³ + 4ε(ρ Σ cos²₊ - 1): 4ε³ along "
        "a learned direction.",
        f"{EXACT}, against automatic differentiation",
        _fresh_formula,
    ),
    Claim(
        "gelu-gradient-does-not",
        "With GELU it is of first order, and points back to 0: 2ε(5ρ/4 - 1) in every direction (within 1 %).",
        EXACT,
        _gelu_pull,
    ),
    Claim(
        "gelu-norms",
        "Directions of a GELU pentagon are nearer to unit length than those of a ReLU pentagon (ratio below 1).",
        NOTE,
        _norms_nearer_one,
    ),
    Claim(
        "gelu-one-a-direction",
        "With GELU a feature has a direction of its own or stays at 0 (in ≥ 95 % of seeds, n > 5).",
        NOTE,
        _gelu_leaves_out,
    ),
    Claim(
        "relu-ends-in-pentagon",
        "Gradient descent with ReLU ends in the pentagon: it saves 4.198213 within 0.01 (≥ 95 % of seeds, n ≥ 5).",
        f"{NOTE}; Elhage et al. 2022. The others stop at a square of which two features share a corner: a saddle, but "
        "along that corner's direction the gradient vanishes",
        lambda ds: _share(ds, "relu", 0.95),
        kind="open",
    ),
    Claim(
        "relu-stops-at-saddles",
        "A ReLU training that stops short of the pentagon stands on a saddle: nudged by 0.001, descent takes ≥ 95 % of "
        "all seeds to the pentagon, n ≥ 5.",
        f"{EXACT}: along a learned direction a fresh feature feels no gradient to first order, beside it feels one",
        _nudged_to_pentagon,
    ),
    Claim(
        "gelu-ends-in-pentagon",
        "Gradient descent with GELU ends in its pentagon more often than a fair coin would say (95 %), n ≥ 5.",
        f"{NOTE}; null: fair coin",
        lambda ds: _share(ds, "gelu"),
    ),
    Claim(
        "gelu-faster",
        "With GELU features are learned faster: nine tenths of the final saving are made in fewer steps.",
        NOTE,
        _gelu_faster,
        kind="open",
    ),
    Claim("circle", "With a bias, W on a circle with R²(1 - cos 2π/n) = 1 stores all n without loss.", EXACT, _circle),
    Claim(
        "bias-removes-it",
        "With a free bias minimisation finds a loss of 0 for every n (within 1e-6).",
        EXACT,
        _bias_removes_it,
    ),
    Claim(
        "bias-by-training",
        "Gradient descent from a usual start finds these lossless models too (L < 0.01 in half of the seeds, n > 5).",
        "hope: the loss can be 0; but the way there leads through norms of order n/4",
        _bias_trained,
        kind="open",
    ),
)


# --- figures --------------------------------------------------------------------------------------------------------


def _savings(ds: xr.Dataset) -> Exhibit:
    with house_style():
        figure, axes = sheet(1, 2, width=7.2, height=2.9)
        for activation in ("relu", "gelu"):
            saving = ds.gon_saving.sel(activation=activation)
            axes[0, 0].plot(ds.directions, saving, "o-", ms=4, color=COLOURS[activation], label=activation)
        axes[0, 0].axhline(float(ds.certified_saving), color=FAINT, ls="--", zorder=0)
        axes[0, 0].set(xlabel="equal directions d", ylabel="saving n - L, no bias", xticks=ds.directions.values)
        axes[0, 0].legend()
        for setting in SETTINGS:
            least = ds.n - _least(ds).sel(setting=setting)
            axes[0, 1].plot(ds.n, least, "o-", ms=4, color=COLOURS[setting], label=setting)
        axes[0, 1].axhline(float(ds.certified_saving), color=FAINT, ls="--", zorder=0)
        axes[0, 1].set(xlabel="features n", ylabel="largest saving n - L found")
        axes[0, 1].legend()
    savings = ds.gon_saving.to_dataframe("saving").reset_index().assign(shown="directions")
    least_frame = (ds.n - _least(ds)).to_dataframe("saving").reset_index().assign(shown="features")
    return Exhibit(
        figure,
        pd.concat([savings, least_frame]),
        "What two dimensions save of the loss n of a model that has learned nothing (one-hot inputs, loss summed over "
        "features). Left: the most that d equal directions can save, d/c(d) for ReLU. Right: the most found by "
        "minimisation with n features. Dashed: what no ReLU model without bias can exceed, by linear programming.",
    )


def _fresh_feature(ds: xr.Dataset) -> Exhibit:
    radial = ds.fresh_gradient.sel(component="radial")
    length = float(ds.length.sel(length=0.1, method="nearest"))
    with house_style():
        figure, axes = sheet(1, 2, width=7.2, height=2.9)
        for activation in ("relu", "gelu"):
            colour = COLOURS[activation]
            one, other = radial.sel(activation=activation, angle=0.0), radial.sel(activation=activation, length=length)
            axes[0, 0].plot(ds.length, one, "o-", ms=4, color=colour, label=activation)
            axes[0, 1].plot(ds.angle, other / length, "o-", ms=4, color=colour, label=activation)
        formula = predicted_fresh_gradient(ds)
        axes[0, 0].plot(ds.length, formula.sel(angle=0.0), "--", color=INK, lw=1, label="4ε³")
        axes[0, 1].plot(ds.angle, formula.sel(length=length) / length, "--", color=INK, lw=1, label="formula")
        axes[0, 0].set(
            xscale="log",
            yscale="log",
            xlabel="length ε of the fresh feature",
            ylabel="∂L/∂ε, along a learned direction",
        )
        axes[0, 1].set(
            xlabel="degrees from a learned direction", ylabel=f"∂L/∂ε over ε, at ε = {length:.2g}", ylim=(0, None)
        )
        axes[0, 0].legend()
        axes[0, 1].legend()
    return Exhibit(
        figure,
        ds.fresh_gradient.to_dataframe("gradient").reset_index(),
        "The pull back to 0 that a fresh feature of length ε feels beside a learned pentagon, by automatic "
        "differentiation; dashed, the closed form for ReLU. With ReLU there is none to first order along a learned "
        "direction, so features stay there and share it; with GELU it is of first order in every direction.",
    )


def _trained_models(ds: xr.Dataset) -> Exhibit:
    n = int(ds.trained_n.max())
    model = ds.sel(trained_n=n)
    best = model.trained_loss.isel(step=-1).argmin("seed")
    with house_style():
        figure, axes = sheet(1, 4, width=9.6, height=2.6)
        for axis, setting in zip(axes[0], SETTINGS, strict=False):
            w = (
                model.trained_w.sel(setting=setting)
                .isel(seed=int(best.sel(setting=setting)))
                .transpose("hidden", "feature")
            )
            for x, y in w.values.T:
                axis.plot([0, x], [0, y], "-", color=COLOURS[setting], lw=1)
                axis.plot(x, y, "o", ms=4, color=COLOURS[setting])
            reach = 1.1 * max(1.0, float(np.nanmax(norms(w.values))))
            axis.add_patch(Circle((0, 0), 1, fill=False, color=FAINT, ls="--", lw=0.8))
            axis.set(title=f"{setting}, n = {n}", aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))
        for setting in SETTINGS:
            saving = (n - model.trained_loss.sel(setting=setting)).sel(step=ds.step > 0)
            median_band(
                axes[0, 3],
                saving.step.values,
                saving.transpose("step", "seed").values,
                colour=COLOURS[setting],
                label=setting,
                inner=0.8,
            )
        axes[0, 3].axhline(PENTAGON_SAVING, color=FAINT, ls="--", zorder=0)
        axes[0, 3].set(xscale="log", xlabel="training step", ylabel="saving n - L")
        axes[0, 3].legend()
    final = _final_saving(ds).to_dataset(name="saving")
    lengths = ds.trained_w.reduce(np.linalg.norm, dim="hidden").to_dataset(name="norm")
    return Exhibit(
        figure,
        final.merge(lengths).drop_vars("step", errors="ignore").to_dataframe().reset_index().dropna(),
        f"Models of {n} features trained by gradient descent: the directions W_i of the best seed (dashed, length 1), "
        "and what is saved in the course of training, median over seeds and the central 80 %; dashed, the pentagon's.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {"savings": _savings(ds), "fresh-feature": _fresh_feature(ds), "trained-models": _trained_models(ds)}


QUICK = Config(n_features=(2, 4, 5, 8, 12), starts=6, trained_features=(5, 8), seeds=20, steps=2000, learning_rate=1e-2)

STUDY = Study(
    name="one-hot-pentagon",
    group="toy-models",
    question="Why do one-hot features in a plane settle on five directions, and does a bias change it?",
    sources=("elhage2022",),
    version=1,
    presets={
        "quick": QUICK,
        "default": Config(),
        "paper": Config(starts=200, trained_features=(5, 6, 7, 8, 9, 10, 11, 12), seeds=200, steps=20_000),
    },
    minutes={"quick": 0.25, "default": 0.4, "paper": 10},
    plan=plan,
    measure=measure,
    claims=CLAIMS,
    figures=figures,
)
