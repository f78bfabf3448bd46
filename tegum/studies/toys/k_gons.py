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
from itertools import combinations_with_replacement
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from pandas import DataFrame
from scipy.signal import find_peaks
from scipy.stats import binom

from tegum.features import OneActive
from tegum.models import Bottleneck
from tegum.plots.style import BLUE, FAINT, INK, ORANGE, SERIES, house_style, sheet
from tegum.studies.claims import Claim, Measured
from tegum.studies.config import Count, Frozen, StudyConfig, Unsigned
from tegum.studies.study import Exhibit, Study, config_in
from tegum.theory.expected import one_active_loss
from tegum.theory.polytopes import polygon
from tegum.theory.search import Minima, minimise
from tegum.training.engine import stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import SGD, Recipe, Sampled, log_spaced

BLOCK = 128
"""descents made together"""
ON_LEVEL = 1e-6
"""how near a level a finished descent must be, in loss: levels of n ≤ 8 are 3e-4 apart or more where restarts end"""
NUDGE = 1e-3
"""spread of the random nudge from which a descent starts again, to tell minima from saddles"""
PAUSE = 0.01
"""half width of the window around a level in which a training counts as pausing, relative"""
ENDING = 1.05
"""a training that is this near its end, as a ratio of losses, is no longer on its way down"""
CLEAR = 0.03
"""how far from every level a control window's middle must be, relative: the windows then do not touch"""


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


class Task(Frozen):
    """Exact descents at one n, or the sampled training."""

    config: Config
    n_features: Count
    sampled: bool


def plan(config: Config) -> list[Task]:
    exact = [Task(config=config, n_features=n, sampled=False) for n in config.n_features]
    return [*exact, Task(config=config, n_features=config.trained_features, sampled=True)]


def measure(task: Task) -> xr.Dataset:
    return _train_on_samples(task.config, task.n_features) if task.sampled else _descend_exactly(task)


# --- exact descent --------------------------------------------------------------------------------------------------


def _minima(w: np.ndarray, b: np.ndarray) -> Minima:
    """Descents from each start; those that a kink stopped short of 1e-9 go on with a fresh estimate of curvature."""
    count = len(w)
    rows = -(-count // BLOCK) * BLOCK  # whole blocks, filled up with copies, so that one compilation serves each n
    found = Minima(np.resize(w, (rows, *w.shape[1:])), np.resize(b, (rows, *b.shape[1:])), *[np.zeros(rows)] * 4)
    for _ in range(4):
        found = minimise(found.w, found.b, loss=one_active_loss, tolerance=1e-9, max_steps=250)
        if found.converged.all():
            break
    return Minima(*(part[:count] for part in found))


def _levels(n: int) -> dict[str, float]:
    """L(k, s) by name; h_k by descent from a k-gon, which stays one."""
    levels: dict[str, float] = {}
    for k in range(1, n + 1):
        h = 0.0 if k <= 4 else 3 * k * _minima(1.2 * polygon(k)[None], np.full((1, k), -0.3)).loss[0]
        levels |= {f"{k}{'+' * s}": (h + n - k) / (3 * n) - s / (4 * n**2) for s in range(n - k + 1)}
    return levels


def _shared(n: int, rng: np.random.Generator) -> dict[str, float]:
    """Minima in which some directions of a k-gon hold several features; further spares answer their mean.

    Every way to share directions, up to turning and reflecting the k-gon, is descended from its symmetric form, which
    the gradient respects. It is kept where it stays so, and a nudge does not make it leave.
    """
    ways = [way for k in range(4, n) for way in _ways_to_share(k, n - k)]
    if not ways:
        return {}
    w, b = np.zeros((len(ways), 2, n)), np.full((len(ways), n), 1 / (2 * n))
    for row, way in enumerate(ways):
        held = np.repeat(np.arange(len(way)), way)
        w[row, :, : held.size] = 1.25 * polygon(len(way))[:, held] / np.sqrt(np.sqrt(way))[held]
        b[row, : held.size] = -0.3
    end = _minima(w, b)
    again = _descended_again(end, rng)
    levels = {}
    for row, way in enumerate(ways):
        used = end.w[row, :, : sum(way)]
        together = np.allclose(used, np.repeat(used[:, np.cumsum(way) - 1], way, axis=1), atol=1e-4)
        if together and np.linalg.norm(used, axis=0).min() > 0.5 and abs(again[row] - end.loss[row]) < ON_LEVEL:
            levels["".join(map(str, way)) + "+" * (n - sum(way))] = float(end.loss[row])
    return levels


def _descended_again(ends: Minima, rng: np.random.Generator) -> np.ndarray:
    """The losses that descents from a nudge away come to: the same at a minimum, lower from a saddle."""
    nudged = [end + NUDGE * rng.normal(size=end.shape) for end in (ends.w, ends.b)]
    return _minima(*nudged).loss


def _ways_to_share(k: int, spare: int) -> list[tuple[int, ...]]:
    """How many features each direction of a k-gon holds, up to its symmetry, with 1 to `spare` more than k in all."""
    found = set()
    for extra in range(1, spare + 1):
        for places in combinations_with_replacement(range(k), extra):
            way = tuple(1 + places.count(place) for place in range(k))
            turns = [way[turn:] + way[:turn] for turn in range(k)]
            found.add(max([*turns, *(turned[::-1] for turned in turns)]))
    return sorted(found)


def _descend_exactly(task: Task) -> xr.Dataset:
    n, count = task.n_features, task.config.restarts
    rng = np.random.default_rng([task.config.seed, n])
    start = rng.normal(size=(count, 2, n)) * np.sqrt(2 / (n + 2))
    ends = _minima(start, np.zeros((count, n)))
    again = _descended_again(ends, rng)
    levels, shared = _levels(n), _shared(n, rng)
    of_restart = ("n_features", "restart")
    return xr.Dataset(
        {
            "w": ((*of_restart, "hidden", "feature"), ends.w[None], {"long_name": "weights where the descent ended"}),
            "b": ((*of_restart, "feature"), ends.b[None], {"long_name": "biases where the descent ended"}),
            "loss": (of_restart, ends.loss[None], {"long_name": "exact loss, mean over which feature is active"}),
            "slope": (of_restart, ends.gradient_norm[None], {"long_name": "norm of the exact gradient"}),
            "loss_again": (of_restart, again[None], {"long_name": "exact loss, descended again from a nudge away"}),
            "level": (("n_features", "polygon"), [list(levels.values())], {"long_name": "predicted loss"}),
            "shared_level": (("n_features", "shared"), np.array([list(shared.values())]).reshape(1, -1)),
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
    seeds = config.seed * 10_000 + np.arange(config.models)
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
        {"trained_loss": (("seed", "step"), loss, {"long_name": "exact loss of the weights at that step"})},
        coords={"seed": seeds, "step": list(trained.steps)},
    )


def combine(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """The parts have different features and levels: what one lacks is NaN."""
    exact = [part for part in parts if "level" in part]
    joined = xr.concat(exact, "n_features", join="outer", data_vars="all", coords="minimal", compat="override")
    return xr.merge([joined, *(part for part in parts if "level" not in part)], join="outer", compat="no_conflicts")


# --- claims ---------------------------------------------------------------------------------------------------------


def _on(loss: xr.DataArray, levels: xr.DataArray, dim: str) -> xr.DataArray:
    return (abs(loss - levels) < ON_LEVEL).any(dim)


def _on_polygon(ds: xr.Dataset) -> xr.DataArray:
    return _on(ds.loss, ds.level, "polygon")


def _finished(ds: xr.Dataset) -> Measured:
    return Measured(float(ds.slope.max()), high=1e-8, note=f"greatest of {ds.loss.size} descents")


def _published(ds: xr.Dataset) -> Measured:
    """Greatest distance of a computed level from the numbers of theory, n = 6."""
    known = {"6": 0.048192, "5+": 0.061799, "5": 0.068744, "4++": 0.097222, "4+": 0.104167, "4": 0.111111}
    if 6 not in ds.n_features:
        return Measured(np.nan, high=1e-6, note="needs n = 6 among n_features")
    found = ds.level.sel(n_features=6, polygon=list(known)).values
    return Measured(float(np.abs(found - list(known.values())).max()), high=1e-6, note="six levels of n = 6")


def _landing(ds: xr.Dataset, few: bool) -> Measured:
    chosen = ds.sel(n_features=ds.n_features[(ds.n_features <= 6) == few])
    if not chosen.sizes["n_features"]:
        return Measured(np.nan, low=1.0, note="no such n among n_features")
    share = _on_polygon(chosen).mean("restart")
    each = ", ".join(f"n = {n}: {float(value):.1%}" for n, value in zip(chosen.n_features.values, share, strict=True))
    return Measured(float(share.min()), low=1.0, note=f"least of {each}; {chosen.sizes['restart']} restarts each")


def _landing_with_shared(ds: xr.Dataset) -> Measured:
    on = _on_polygon(ds)
    others, shared = (~on).values, (_on(ds.loss, ds.shared_level, "shared") & ~on).values
    share = 1.0 if not others.any() else shared.sum() / others.sum()
    return Measured(float(share), low=1.0, note=f"{shared.sum()} of the {others.sum()} that end off the k-gons' levels")


def _level_count(ds: xr.Dataset) -> Measured:
    """Least number of different levels that restarts of one n reach."""
    reached = (abs(ds.loss - ds.level) < ON_LEVEL).any("restart").sum("polygon")
    return Measured(float(reached.min()), low=2, note="levels reached by n: " + ", ".join(map(str, reached.values)))


def _stay(ds: xr.Dataset) -> Measured:
    stay = abs(ds.loss_again - ds.loss) < ON_LEVEL
    return Measured(float(stay.mean()), low=0.99, note=f"{int((~stay).sum())} of {stay.size} leave")


def _trained_levels(ds: xr.Dataset) -> np.ndarray:
    levels = ds.level.sel(n_features=config_in(ds)["trained_features"]).values
    return np.unique(levels[np.isfinite(levels)])


def _near(loss: np.ndarray, level: float | np.ndarray, width: float) -> np.ndarray:
    return np.abs(loss / level - 1) < width


def _time_in(curves: np.ndarray, centre: float) -> float:
    """Share of its way down that a training spends within 1 % of `centre`, mean over those that pass it.

    The way down ends where a curve first comes within 3 % of its own end: a window is passed if it lies above that.
    """
    shares = []
    for curve in curves:
        way = curve[: int(np.argmax(_near(curve, curve[-1], CLEAR)))]
        if way.size and way[0] > centre > curve[-1] * (1 + 2 * CLEAR):
            shares.append(_near(way, centre, PAUSE).mean())
    return float(np.mean(shares)) if shares else np.nan


def _occupancy(ds: xr.Dataset, highest: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(levels up to `highest`, time within 1 % of each, middles of control windows, time within 1 % of each)."""
    levels, curves = _trained_levels(ds), ds.trained_loss.values
    places = np.geomspace(levels.min(), highest * (1 + 2 * CLEAR), 400)
    places = places[~_near(places[:, None], levels, CLEAR).any(axis=1)]
    levels = levels[levels < highest * (1 + PAUSE)]
    return (
        levels,
        np.array([_time_in(curves, level) for level in levels]),
        places,
        np.array([_time_in(curves, place) for place in places]),
    )


def _four_gon(ds: xr.Dataset) -> float:
    """The level of a 4-gon whose spares are all off: above it columns still have room to grow unhindered."""
    return float(ds.level.sel(n_features=config_in(ds)["trained_features"], polygon="4"))


def _time_at_levels(ds: xr.Dataset) -> Measured:
    levels, at_levels, _, elsewhere = _occupancy(ds, _four_gon(ds))
    longest = ", ".join(f"{levels[k]:.4f}: {at_levels[k]:.1%}" for k in np.argsort(-np.nan_to_num(at_levels))[:3])
    return Measured(
        float(np.nanmean(at_levels)),
        low=float(np.nanquantile(elsewhere, 0.95)),
        note=f"mean over levels passed; elsewhere the mean is {np.nanmean(elsewhere):.1%}; most: {longest}",
    )


def _pauses(ds: xr.Dataset) -> list[tuple[float, float]]:
    """(step, loss) where -dlog(loss)/dlog(step), before the end, is under a quarter of what it is before and after."""
    found = []
    steps = ds.step.values[1:]
    for curve in ds.trained_loss.values[:, 1:]:
        speed = -np.gradient(np.log(curve), np.log(steps))
        slow, _ = find_peaks(-np.log(np.maximum(speed, 1e-3)), prominence=np.log(4))
        found += [(float(steps[k]), float(curve[k])) for k in slow if curve[k] > curve[-1] * ENDING]
    return found


def _pauses_at_levels(ds: xr.Dataset) -> Measured:
    levels, losses = _trained_levels(ds), np.array([loss for _, loss in _pauses(ds)])
    if not losses.size:
        return Measured(np.nan, low=0.0, note="no training paused")
    trained = ds.trained_loss.values
    everywhere = np.geomspace(trained[:, -1].min() * ENDING, np.median(trained[:, 0]), 20_000)
    covered = float(_near(everywhere[:, None], levels, PAUSE).any(axis=1).mean())
    at = _near(losses[:, None], levels, PAUSE).any(axis=1)
    return Measured(
        float(at.mean()),
        low=float(binom.ppf(0.95, losses.size, covered) + 1) / losses.size,
        note=f"{losses.size} pauses in {len(trained)} trainings; {covered:.0%} of losses are that near a level",
    )


def _trained_ends(ds: xr.Dataset) -> Measured:
    last = ds.trained_loss.isel(step=-1).values[:, None]
    gap = float(np.median(last) - _trained_levels(ds).min())
    on = _near(last, _trained_levels(ds), PAUSE).any(axis=1)
    return Measured(float(on.mean()), low=0.95, note=f"share of models; median gap to the best known loss {gap:.2g}")


def _best_gap(ds: xr.Dataset) -> Measured:
    """How far the best ends lie above the best known loss; negative would be a new best."""
    gap = (ds.loss.min("restart") - ds.level.min("polygon")).values
    sampled = float(ds.trained_loss.isel(step=-1).min()) - _trained_levels(ds).min()
    each = ", ".join(f"n = {n}: {value:.1g}" for n, value in zip(ds.n_features.values, gap, strict=True))
    return Measured(
        float(min(gap.min(), sampled)), low=-1e-8, note=f"gap of the best descent, {each}; of training {sampled:.1g}"
    )


def _finds_the_best(ds: xr.Dataset) -> Measured:
    at_best = (ds.loss - ds.level.min("polygon") < ON_LEVEL).mean("restart")
    each = ", ".join(f"n = {n}: {float(value):.1%}" for n, value in zip(ds.n_features.values, at_best, strict=True))
    return Measured(float(at_best.min()), low=0.5, note=f"share of restarts at the best level, least of {each}")


CLAIMS = (
    Claim(
        "descents-finish",
        "Every descent of the exact loss ends at a critical point: its gradient is below 1e-8.",
        "definition of a critical point, in float64",
        _finished,
    ),
    Claim(
        "levels-as-published",
        "The computed levels of n = 6 are those that theory names, to six digits.",
        "piecewise polynomial potential, one feature active; Chen et al. 2023",
        _published,
    ),
    Claim(
        "restarts-on-levels",
        "For n = 5 and 6 every random restart lands on a level L(k, s), to 1e-6, and none elsewhere.",
        "k-gon classification of the exact potential, Chen et al. 2023",
        lambda ds: _landing(ds, few=True),
    ),
    Claim(
        "restarts-on-levels-of-more",
        "For n = 7 and 8 too every random restart lands on a level L(k, s). (It does not: there are "
        "other minima; see below.)",
        "k-gon classification of the exact potential, taken beyond n = 6",
        lambda ds: _landing(ds, few=False),
        kind="open",
    ),
    Claim(
        "others-share-directions",
        "Whatever ends off those levels is a k-gon with several features in some of its directions. (Some are not: "
        "beside a pentagon a spare may be off, b < -‖W_i‖², and yet not 0, which lowers the cost of one that is on.)",
        "minima of the exact potential, descended from each such symmetric form, not from restarts",
        _landing_with_shared,
        kind="open",
    ),
    Claim(
        "ends-are-minima",
        "Descents end at minima: nudged by 1e-3 in every weight and bias and descended again, at least 99 % end at the "
        "same loss.",
        "saddles are left from almost every nudge; theory finds no negative modes at 6, 5+ and 5",
        _stay,
    ),
    Claim(
        "several-levels",
        "At every n restarts land on more than one level: the landscape is a ladder, not a bowl.",
        "k-gon classification of the exact potential, Chen et al. 2023",
        _level_count,
    ),
    Claim(
        "pauses-are-at-levels",
        "Where a sampled training pauses on its way down (its speed falls to a quarter and rises fourfold again) its "
        "loss is within 1 % of a level, more often than the share of losses that are (95 % of the binomial law).",
        "levels of the exact potential; null: pauses anywhere, evenly in the logarithm of the loss. What counts as a "
        "pause was settled on runs of the first seeds, so this is shown and not judged",
        _pauses_at_levels,
        kind="open",
    ),
    Claim(
        "time-at-levels",
        "The mean training spends more of its way down (its logarithmic time) within 1 % of a level of k ≥ 4 than "
        "within 1 % of 95 % of the losses of that range that keep clear of levels. (Few trainings pause, so this turns "
        "on the seed.)",
        "the levels from 4 with all spares off down; null: windows of equal relative width elsewhere",
        _time_at_levels,
        kind="open",
    ),
    Claim(
        "training-ends-on-levels",
        "At least 95 % of sampled trainings end within 1 % of a level.",
        "levels of the exact potential; stochastic gradients leave a small excess",
        _trained_ends,
    ),
    Claim(
        "none-below-the-best-level",
        "Nothing found, by descent or by training, lies below the lowest level (the gap to the best known loss is not "
        "negative).",
        "the lowest level is the best loss known",
        _best_gap,
    ),
    Claim(
        "restarts-find-the-best",
        "At every n at least half of the restarts find the lowest level. (The hope behind taking one training's end "
        "for the optimum.)",
        "no theory: a hope",
        _finds_the_best,
        kind="open",
    ),
)


# --- figures --------------------------------------------------------------------------------------------------------


def _named_levels(ds: xr.Dataset, n: int) -> dict[str, float]:
    """Every level of n, those with shared directions too, by name."""
    of_n = ds.sel(n_features=n)
    named = [(of_n.level, "polygon"), (of_n.shared_level, "shared")]
    return {
        str(name): float(value)
        for levels, dim in named
        for name, value in zip(levels[dim].values, levels.values, strict=True)
        if np.isfinite(value)
    }


def _ends(ds: xr.Dataset) -> Exhibit:
    """Where restarts land: a shape and a count for each level reached."""
    rows = []
    for n in ds.n_features.values:
        loss = ds.loss.sel(n_features=n).values
        for name, level in _named_levels(ds, int(n)).items():
            there = np.flatnonzero(np.abs(loss - level) < ON_LEVEL)
            if there.size:
                rows.append((int(n), name, level, there.size / loss.size, int(there[0])))
    data = DataFrame(rows, columns=["n_features", "level", "loss", "share", "example"])
    data = data.sort_values(["n_features", "loss"]).reset_index(drop=True)
    widest = min(8, int(data.groupby("n_features").size().max()))
    with house_style():
        figure, axes = sheet(
            ds.sizes["n_features"], widest, width=1.5 * widest + 0.4, height=1.75 * ds.sizes["n_features"]
        )
        for axis in axes.ravel():
            axis.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), xticks=[], yticks=[], aspect="equal")
            axis.spines[:].set_visible(False)
        for line, n in zip(axes, ds.n_features.values, strict=True):
            line[0].set_ylabel(f"n = {n}")
            chosen = _commonest(data[data.n_features == n], widest)
            for axis, found in zip(line, chosen.itertuples(), strict=False):
                _draw_columns(axis, ds.w.sel(n_features=n).values[found.example, :, :n])
                axis.set_title(f"{found.level}   {found.share:.1%}\nL = {found.loss:.5f}")
    return Exhibit(
        figure,
        data.drop(columns="example"),
        "Where exact descents from random restarts end, the eight commonest levels, best on the left: columns of W, "
        "the level's name (k vertices, or how many features each direction holds; + for each spare feature with a "
        "positive bias), the share of restarts that end there and its loss. Spare features are short or 0.",
    )


def _commonest(found: DataFrame, count: int) -> DataFrame:
    return found.nlargest(count, "share").sort_values("loss")


def _draw_columns(axis: Any, w: np.ndarray) -> None:
    doubled = [np.sum(np.linalg.norm(w - column[:, None], axis=0) < 0.05) > 1 for column in w.T]
    for column, twice in zip(w.T, doubled, strict=True):
        shared = twice and np.linalg.norm(column) > 0.1
        axis.plot([0, column[0]], [0, column[1]], color=ORANGE if shared else BLUE, marker="o", ms=4, markevery=[1])


def _curves(ds: xr.Dataset) -> Exhibit:
    levels = _trained_levels(ds)
    names = {value: name for name, value in _named_levels(ds, config_in(ds)["trained_features"]).items()}
    curves = ds.trained_loss.isel(step=slice(1, None))
    low, high = 0.93 * levels.min(), 0.26
    with house_style():
        figure, axes = sheet(1, 2, width=7.4, height=3.8, width_ratios=[3, 1], sharey=True)
        left, right = axes[0]
        for k, curve in enumerate(curves.values):
            left.plot(curves.step.values, curve, color=SERIES[k % len(SERIES)], lw=0.7, alpha=0.8)
        paused = np.array(_pauses(ds)).reshape(-1, 2)
        left.plot(*paused.T, "o", mfc="none", mec=INK, ms=4, label="pauses")
        left.legend(loc="upper right")
        for level in levels[levels < high]:
            left.axhline(level, color=FAINT, lw=0.7, ls="--", zorder=0)
        for level in levels[levels < 0.12]:
            right.text(1.02, level, names[level], transform=right.get_yaxis_transform(), va="center", color=INK, size=8)
        at, time, places, control = _occupancy(ds, high)
        right.plot(100 * control, places, ".", color=FAINT, ms=3, label="elsewhere")
        right.plot(100 * time, at, "o", color=BLUE, ms=4, label="at a level")
        left.set(xscale="log", yscale="log", ylim=(low, high), xlabel="training step", ylabel="exact loss")
        right.set(xlabel="% of the way down\n(logarithmic time)")
        right.legend(loc="upper right")
        ticks = [0.05, 0.07, 0.1, 0.15, 0.2]
        left.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        left.minorticks_off()
    return Exhibit(
        figure,
        ds.trained_loss.to_dataframe().reset_index(),
        f"Left: exact loss of {ds.sizes['seed']} models of n = {config_in(ds)['trained_features']} features as sampled "
        "training goes on; dashed, the predicted levels; circles, pauses. Right: share of the way down (its "
        "logarithmic time, up to the level where a training ends) spent within 1 % of each level, and of places that "
        "keep clear of levels.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {"ends": _ends(ds), "pauses": _curves(ds)}


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
    claims=CLAIMS,
    figures=figures,
)
