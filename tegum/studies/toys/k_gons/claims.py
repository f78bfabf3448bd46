"""What k-gons claims: each with its bound from the exact levels or a null.

How near a level a training must come, and what counts as a pause on its way down, is chosen here.
"""

import numpy as np
import xarray as xr
from scipy.signal import find_peaks
from scipy.stats import binom

from tegum.studies.claims import Claim, Measured
from tegum.studies.study import config_in
from tegum.studies.toys.k_gons.levels import ON_LEVEL

PAUSE = 0.01
"""half width of the window around a level in which a training counts as pausing, relative"""
ENDING = 1.05
"""a training that is this near its end, as a ratio of losses, is no longer on its way down"""
CLEAR = 0.03
"""how far from every level a control window's middle must be, relative: the windows then do not touch"""


def _on(loss: xr.DataArray, levels: xr.DataArray, dim: str) -> xr.DataArray:
    return (abs(loss - levels) < ON_LEVEL).any(dim)


def _on_polygon(ds: xr.Dataset) -> xr.DataArray:
    return _on(ds.loss, ds.level, "polygon")


def _finished(ds: xr.Dataset) -> Measured:
    return Measured(float(ds.slope.max()), high=1e-8, note=f"greatest of {ds.loss.size} descents")


def _published(ds: xr.Dataset) -> Measured:
    """Greatest distance of a computed level from the numbers of theory, n = 6."""
    known = {
        "6": 0.048192,
        "5+": 0.061799,
        "5": 0.068744,
        "4++": 0.097222,
        "4+": 0.104167,
        "4": 0.111111,
    }
    if 6 not in ds.n_features:
        return Measured(np.nan, high=1e-6, note="needs n = 6 among n_features")
    found = ds.level.sel(n_features=6, polygon=list(known)).values
    return Measured(
        float(np.abs(found - list(known.values())).max()), high=1e-6, note="six levels of n = 6"
    )


def _landing(ds: xr.Dataset, few: bool) -> Measured:
    chosen = ds.sel(n_features=ds.n_features[(ds.n_features <= 6) == few])
    if not chosen.sizes["n_features"]:
        return Measured(np.nan, low=1.0, note="no such n among n_features")
    share = _on_polygon(chosen).mean("restart")
    each = ", ".join(
        f"n = {n}: {float(value):.1%}"
        for n, value in zip(chosen.n_features.values, share, strict=True)
    )
    return Measured(
        float(share.min()),
        low=1.0,
        note=f"least of {each}; {chosen.sizes['restart']} restarts each",
    )


def _landing_with_shared(ds: xr.Dataset) -> Measured:
    on = _on_polygon(ds)
    others, shared = (~on).values, (_on(ds.loss, ds.shared_level, "shared") & ~on).values
    share = 1.0 if not others.any() else shared.sum() / others.sum()
    return Measured(
        float(share),
        low=1.0,
        note=f"{shared.sum()} of the {others.sum()} that end off the k-gons' levels",
    )


def _level_count(ds: xr.Dataset) -> Measured:
    """Least number of different levels that restarts of one n reach."""
    reached = (abs(ds.loss - ds.level) < ON_LEVEL).any("restart").sum("polygon")
    return Measured(
        float(reached.min()),
        low=2,
        note="levels reached by n: " + ", ".join(map(str, reached.values)),
    )


def _stay(ds: xr.Dataset) -> Measured:
    stay = abs(ds.loss_again - ds.loss) < ON_LEVEL
    return Measured(float(stay.mean()), low=0.99, note=f"{int((~stay).sum())} of {stay.size} leave")


def trained_levels(ds: xr.Dataset) -> np.ndarray:
    """The levels L(k, s) of the n that models are trained for, in rising order."""
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


def occupancy(
    ds: xr.Dataset, highest: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(levels up to `highest`, time within 1 % of each, middles of control windows, time within 1 % of each)."""
    levels, curves = trained_levels(ds), ds.trained_loss.values
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
    levels, at_levels, _, elsewhere = occupancy(ds, _four_gon(ds))
    longest = ", ".join(
        f"{levels[k]:.4f}: {at_levels[k]:.1%}" for k in np.argsort(-np.nan_to_num(at_levels))[:3]
    )
    return Measured(
        float(np.nanmean(at_levels)),
        low=float(np.nanquantile(elsewhere, 0.95)),
        note=f"mean over levels passed; elsewhere the mean is {np.nanmean(elsewhere):.1%}; most: {longest}",
    )


def pauses(ds: xr.Dataset) -> list[tuple[float, float]]:
    """(step, loss) where -dlog(loss)/dlog(step), before the end, is under a quarter of what it is before and after."""
    found = []
    steps = ds.step.values[1:]
    for curve in ds.trained_loss.values[:, 1:]:
        speed = -np.gradient(np.log(curve), np.log(steps))
        slow, _ = find_peaks(-np.log(np.maximum(speed, 1e-3)), prominence=np.log(4))
        found += [(float(steps[k]), float(curve[k])) for k in slow if curve[k] > curve[-1] * ENDING]
    return found


def _pauses_at_levels(ds: xr.Dataset) -> Measured:
    levels, losses = trained_levels(ds), np.array([loss for _, loss in pauses(ds)])
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
    gap = float(np.median(last) - trained_levels(ds).min())
    on = _near(last, trained_levels(ds), PAUSE).any(axis=1)
    return Measured(
        float(on.mean()),
        low=0.95,
        note=f"share of models; median gap to the best known loss {gap:.2g}",
    )


def _best_gap(ds: xr.Dataset) -> Measured:
    """How far the best ends lie above the best known loss; negative would be a new best."""
    gap = (ds.loss.min("restart") - ds.level.min("polygon")).values
    sampled = float(ds.trained_loss.isel(step=-1).min()) - trained_levels(ds).min()
    each = ", ".join(
        f"n = {n}: {value:.1g}" for n, value in zip(ds.n_features.values, gap, strict=True)
    )
    return Measured(
        float(min(gap.min(), sampled)),
        low=-1e-8,
        note=f"gap of the best descent, {each}; of training {sampled:.1g}",
    )


def _finds_the_best(ds: xr.Dataset) -> Measured:
    at_best = (ds.loss - ds.level.min("polygon") < ON_LEVEL).mean("restart")
    each = ", ".join(
        f"n = {n}: {float(value):.1%}"
        for n, value in zip(ds.n_features.values, at_best, strict=True)
    )
    return Measured(
        float(at_best.min()), low=0.5, note=f"share of restarts at the best level, least of {each}"
    )


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
