"""Measures: from a reading to the number that a claim is judged by.

A *reading* is a pure function from a dataset to an array with an axis "seed": what is looked at.
A *measure* says how it becomes one number: the median over seeds, a share of models, the worst of
several settings. `Claim(..., measure=median(alignment, worst="least"))`.

A seed is the unit of replication, whatever else was measured at it: bootstraps draw whole seeds,
with both sides, all pairs and all settings of each. Intervals are of 95 %, percentile; where
several settings compete and the worst one counts, it is that setting's own. NaN is missing: a
model that diverged, or a setting that does not apply. Seeds without any value are left out, and
the note says how many remain. Comparisons in Python turn NaN into False; `above`, `below`, `both`
keep it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.analysis.nulls import chance_quantile, coin_share
from tegum.analysis.statistics import bootstrap_interval, median_interval
from tegum.studies.core import doubt
from tegum.studies.core.claim import Derived, Measured
from tegum.studies.core.numerals import Interval
from tegum.studies.core.study import config_in

RESAMPLES = 999

Reading: TypeAlias = Callable[[xr.Dataset], xr.DataArray]
Measure: TypeAlias = Callable[[xr.Dataset], Measured]
Note: TypeAlias = str | Callable[[xr.Dataset], str]
Slices: TypeAlias = int | Literal["all"]
Worst: TypeAlias = Literal["least", "greatest"] | float | None


# --- measures -----------------------------------------------------------------------------------


def median(
    reading: Reading, worst: Worst = None, *, over: Sequence[str] = ("seed",), note: Note = ""
) -> Measure:
    """The median over seeds; of several settings the worst one's.

    Args:
        reading: with an axis "seed"; axes not in `over` are settings.
        worst: which setting counts: the one of the least or the greatest median, or that farthest
            from a number; None if there is one only.
        over: axes whose values are pooled, "seed" among them.
        note: how it was read off; a function of the dataset where it holds numbers.
    """
    return lambda ds: _noted(of_seeds(reading(ds), _median, worst, tuple(over)), note, ds)


def share(
    reading: Reading, worst: Worst = None, *, over: Sequence[str] | None = None, note: Note = ""
) -> Measure:
    """The share of models in which something holds, or the mean of any reading over seeds.

    Args:
        reading: truth as 1, 0 and NaN (`above`, `below`, `both`), or numbers.
        worst: as in `median`; None pools all settings.
        over: axes that are pooled; if left out all of them, or with `worst` the seeds alone.
        note: as in `median`.
    """

    def measure(ds: xr.Dataset) -> Measured:
        values = reading(ds)
        pooled = over or (tuple(map(str, values.dims)) if worst is None else ("seed",))
        return _noted(of_seeds(values, _mean, worst, tuple(pooled)), note, ds)

    return measure


def extreme(reading: Reading, which: Literal["least", "greatest"], *, note: Note = "") -> Measure:
    """The least or the greatest value of all, over seeds and settings: a worst of many, said so.

    For bounds that hold of every single value, such as an inequality of theory.
    """

    def measure(ds: xr.Dataset) -> Measured:
        values = reading(ds)
        count = int(values.notnull().sum())
        if not count:
            return Measured.nothing("no value in this run is of the kind asked about")
        value = float(values.min() if which == "least" else values.max())
        return _noted(Measured(value, f"{which} of {count}", count=count), note, ds)

    return measure


def number(reading: Callable[[xr.Dataset], float], *, note: Note = "") -> Measure:
    """A number that is no statistic of seeds, such as one of theory."""
    return lambda ds: _noted(Measured(float(reading(ds))), note, ds)


# --- bounds that a null computes ----------------------------------------------------------------

COIN = Derived(
    "what a fair coin stays below in 95 %",
    lambda _, found: coin_share(found.count),
    # Four coins fall alike too often: then no share could say anything.
    decides=lambda count: coin_share(count) <= 1,
)
"""for a share of models, against "as often as not"; counts models, not seeds"""


def chance(slices: Slices = 1) -> Derived:
    """The 95 % of |cos| between a fixed direction and one, or the best of several, random slices.

    Args:
        slices: how many are tried, or "all": as many as there are hidden dimensions.
    """
    which = "one random direction" if slices == 1 else f"the best of {slices} random directions"
    return Derived(f"the 95 % of {which}", lambda ds, _: chance_of(ds, slices))


def chance_of(ds: xr.Dataset, slices: Slices = 1) -> float:
    """That number for a run's m."""
    m = hidden_of(ds)
    return chance_quantile(0.95, m, m if slices == "all" else slices)


def hidden_of(ds: xr.Dataset) -> int:
    """The hidden dimensions m of a run: its axis "hidden", or its config's `n_hidden`."""
    return int(ds.sizes["hidden"] if "hidden" in ds.sizes else config_in(ds)["n_hidden"])


# --- readings -----------------------------------------------------------------------------------


def at(reading: Reading, **place: object) -> Reading:
    """A reading at some places of its axes: `at(loss, activation="relu", density=1.0)`.

    A label takes its axis away; where this run lacks it, nothing is left to judge. A function of
    the labels keeps those for which it is true: `density=lambda p: p <= 0.3`.
    """

    def narrowed(ds: xr.Dataset) -> xr.DataArray:
        values = reading(ds)
        for dim, wanted in place.items():
            labels = values[dim]
            if callable(wanted):
                values = values.isel({dim: np.flatnonzero(wanted(labels.values))})
            elif wanted in labels.values:
                values = values.sel({dim: wanted}, drop=True)
            else:
                values = values.isel({dim: 0}, drop=True).where(False)
        return values

    return narrowed


def of_weights(
    quantity: Callable[[np.ndarray], np.ndarray], w: xr.DataArray, *, per: str | None = "feature"
) -> xr.DataArray:
    """What `analysis.geometry` and its kin say of labelled weights, NaN for a model that diverged.

    Args:
        quantity: of weights [..., hidden, feature].
        w: with axes "hidden" and "feature" among others.
        per: the axis of its result beside the models', None for one number a model.
    """
    found = xr.apply_ufunc(
        quantity,
        w.fillna(0.0),
        input_core_dims=[["hidden", "feature"]],
        output_core_dims=[[] if per is None else [per]],
    )
    return found.where(w.notnull().all(("hidden", "feature")))


# --- truth that keeps NaN -----------------------------------------------------------------------


def above(values: xr.DataArray, bound: xr.DataArray | float | int) -> xr.DataArray:
    """1 where values exceed the bound, 0 where not, NaN where either is missing."""
    difference = values - bound
    return (difference > 0).where(difference.notnull())


def below(values: xr.DataArray, bound: xr.DataArray | float | int) -> xr.DataArray:
    """1 where values are less than the bound, 0 where not, NaN where either is missing."""
    return above(-values, -bound)


def both(*truths: xr.DataArray) -> xr.DataArray:
    """1 where all hold, 0 where one does not, NaN where one is missing."""
    product = truths[0]
    for truth in truths[1:]:
        product = product * truth
    return product


def negated(truth: xr.DataArray) -> xr.DataArray:
    """1 where it does not hold, 0 where it does, NaN where it is missing."""
    return 1 - truth


def all_along(truth: xr.DataArray, dim: str) -> xr.DataArray:
    """1 where it holds all along an axis; NaN where any of it is missing."""
    return truth.min(dim, skipna=False)


# --- statistics over seeds ----------------------------------------------------------------------


def of_seeds(
    values: xr.DataArray,
    statistic: Callable[[np.ndarray], np.ndarray],
    worst: Worst,
    over: tuple[str, ...],
) -> Measured:
    """A statistic over seeds with its interval; of several settings the worst one's."""
    ordered = values.transpose("seed", *(dim for dim in over if dim != "seed"), ...)
    pooled, rest = ordered.shape[1 : len(over)], ordered.shape[len(over) :]
    shape = ordered.sizes["seed"], int(np.prod(pooled)), int(np.prod(rest))
    cells = ordered.values.astype(float).reshape(shape)  # seeds pooled settings
    cells = np.where(np.isfinite(cells), cells, np.nan)
    there = ~np.isnan(cells).all(axis=(0, 1))
    if not there.any():
        return Measured.nothing("no model in this run is of the kind asked about")
    if worst is None and cells.shape[-1] > 1:
        raise ValueError(f"several settings, {ordered.dims[len(over) :]}: say which is worst")
    cells = cells[..., there]
    found = statistic(np.moveaxis(cells, -1, 0))
    badness = -found if worst == "least" else found
    if isinstance(worst, int | float):
        badness = abs(found - worst)
    chosen, settings = int(np.argmax(badness)), cells.shape[-1]
    cell = cells[..., chosen]
    spread, counting = _spread(cells, statistic)
    half = doubt.half_widths(spread, counting, settings)
    seeds = int(counting[chosen])
    said = [f"worst of {settings} settings"] if settings > 1 else []
    said += [f"{seeds} of {len(cell)} seeds count"] if seeds < len(cell) else []
    return Measured(
        float(found[chosen]),
        "; ".join(said),
        _interval(cell, statistic),
        count=int((~np.isnan(cell)).sum()),
        # One setting beyond its own doubt refutes a claim about all of them.
        limits=(float((found - half).max()), float((found + half).min())),
        settings=np.stack([found, spread]),
        values=cells[~np.isnan(cells)] if statistic is _median else None,
    )


def _spread(
    cells: Float[np.ndarray, "seeds pooled settings"],
    statistic: Callable[[np.ndarray], np.ndarray],
) -> tuple[Float[np.ndarray, " settings"], Float[np.ndarray, " settings"]]:
    """Standard deviation of a setting's own numbers from seed to seed, and how many seeds count."""
    missing = np.isnan(cells).all(axis=1)
    each = np.where(missing[:, None], 0.0, cells).transpose(0, 2, 1)  # seeds settings pooled
    of_one = statistic(each.reshape(-1, 1, each.shape[-1])).reshape(missing.shape)
    of_one = np.where(missing, np.nan, of_one)
    counting = (~missing).sum(axis=0).astype(float)
    centred = of_one - np.nansum(of_one, axis=0) / counting
    variance = np.nansum(centred**2, axis=0) / np.maximum(counting - 1, 1)
    return np.sqrt(variance) * (doubt.MEDIAN if statistic is _median else 1.0), counting


def _median(cells: Float[np.ndarray, "sets seeds pooled"]) -> Float[np.ndarray, " sets"]:
    rows = cells.reshape(len(cells), -1)
    return np.nanmedian(rows, axis=-1) if np.isnan(rows).any() else np.median(rows, axis=-1)


def _mean(cells: Float[np.ndarray, "sets seeds pooled"]) -> Float[np.ndarray, " sets"]:
    return np.nanmean(cells.reshape(len(cells), -1), axis=-1)


def _interval(
    cell: Float[np.ndarray, "seeds pooled"], statistic: Callable[[np.ndarray], np.ndarray]
) -> Interval | None:
    """The interval of a statistic, whole seeds drawn; None for a single seed."""
    cell = cell[~np.isnan(cell).all(axis=1)]
    if len(cell) < 2:
        return None
    if statistic is _median and cell.shape[1] == 1:
        exact = median_interval(cell[:, 0])
        return float(exact.low), float(exact.high)

    def of_drawn(index: np.ndarray, axis: int) -> np.ndarray:
        del axis  # the last
        drawn = cell[np.atleast_2d(index).astype(int)]
        return statistic(drawn).reshape(np.shape(index)[:-1])

    drawn = bootstrap_interval(np.arange(float(len(cell))), of_drawn, resamples=RESAMPLES)
    return drawn.low, drawn.high


def _noted(found: Measured, note: Note, ds: xr.Dataset) -> Measured:
    """The measured number with the claim's own note before what the measure says of itself."""
    said = note(ds) if callable(note) else note
    return replace(found, note="; ".join(part for part in (said, found.note) if part))
