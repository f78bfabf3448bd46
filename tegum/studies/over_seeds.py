"""What claims read off their seeds: medians and means, each with the interval in which other seeds would leave it.

A seed is the unit of replication, whatever else was measured at it: bootstraps draw whole seeds, with both sides, all
pairs and all settings of each. Intervals are of 95 %, percentile; where several settings compete and the worst one
counts, it is that setting's own. Values that are NaN are missing: a model that diverged, or a setting that does not
apply. Seeds without any value are left out, and the note says how many remain.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.analysis.statistics import bootstrap_interval, median_interval
from tegum.studies.claims import Measured

RESAMPLES = 999

Bound = float | int | None
Worst = Literal["least", "greatest"] | float | None


def median(
    values: xr.DataArray,
    worst: Worst = None,
    *,
    over: tuple[str, ...] = ("seed",),
    low: Bound = None,
    high: Bound = None,
    note: str = "",
) -> Measured:
    """The median over seeds; of several settings the worst one's.

    Args:
        values: with an axis "seed"; axes not in `over` are settings.
        worst: which setting counts: the one of the least or the greatest median, or that farthest from a number; None
            if there is one only.
        over: axes whose values are pooled, "seed" among them.
        low, high, note: as in `Measured`.
    """
    return _of_seeds(values, _median, worst, over, low, high, note)


def mean(
    values: xr.DataArray,
    worst: Worst = None,
    *,
    over: tuple[str, ...] | None = None,
    low: Bound = None,
    high: Bound = None,
    note: str = "",
) -> Measured:
    """The mean over seeds, of truth values the share of models; of several settings the worst one's.

    Args:
        values: with an axis "seed"; NaN for a model that does not count, which a comparison makes False: mark it after.
        worst: as in `median`; None pools all settings.
        over: axes that are pooled, "seed" among them; if left out all of them, or with `worst` the seeds alone.
        low, high, note: as in `Measured`.
    """
    pooled = over or (tuple(map(str, values.dims)) if worst is None else ("seed",))
    return _of_seeds(values, _mean, worst, pooled, low, high, note)


def _of_seeds(
    values: xr.DataArray,
    statistic: Callable[[np.ndarray], np.ndarray],
    worst: Worst,
    over: tuple[str, ...],
    low: Bound,
    high: Bound,
    note: str,
) -> Measured:
    ordered = values.transpose("seed", *(dim for dim in over if dim != "seed"), ...)
    shape = ordered.sizes["seed"], int(np.prod(ordered.shape[1 : len(over)])), -1
    cells = ordered.values.astype(float).reshape(shape)  # seeds pooled settings
    cells = np.where(np.isfinite(cells), cells, np.nan)
    there = ~np.isnan(cells).all(axis=(0, 1))
    if not there.any():
        return Measured.nothing(note)
    if worst is None and cells.shape[-1] > 1:
        raise ValueError(f"several settings, {ordered.dims[len(over) :]}: say which is worst")
    found = statistic(np.moveaxis(cells[..., there], -1, 0))
    badness = -found if worst == "least" else abs(found - worst) if isinstance(worst, float) else found
    chosen = int(np.argmax(badness))
    cell = cells[..., np.flatnonzero(there)[chosen]]
    return Measured(float(found[chosen]), low, high, _counted(note, cell), _interval(cell, statistic))


def _median(cells: Float[np.ndarray, "sets seeds pooled"]) -> Float[np.ndarray, " sets"]:
    rows = cells.reshape(len(cells), -1)
    return np.nanmedian(rows, axis=-1) if np.isnan(rows).any() else np.median(rows, axis=-1)  # the latter is faster


def _mean(cells: Float[np.ndarray, "sets seeds pooled"]) -> Float[np.ndarray, " sets"]:
    return np.nanmean(cells.reshape(len(cells), -1), axis=-1)


def _interval(
    cell: Float[np.ndarray, "seeds pooled"], statistic: Callable[[np.ndarray], np.ndarray]
) -> tuple[float, float] | None:
    """The interval of a statistic, whole seeds drawn; None for a single seed, which tells nothing of others."""
    cell = cell[~np.isnan(cell).all(axis=1)]
    if len(cell) < 2:
        return None
    if statistic is _median and cell.shape[1] == 1:
        exact = median_interval(cell[:, 0])
        return float(exact.low), float(exact.high)

    def of_seeds(index: np.ndarray, axis: int) -> np.ndarray:
        del axis  # the last
        return statistic(cell[np.atleast_2d(index).astype(int)]).reshape(np.shape(index)[:-1])

    drawn = bootstrap_interval(np.arange(float(len(cell))), of_seeds, resamples=RESAMPLES)
    return drawn.low, drawn.high


def _counted(note: str, cell: Float[np.ndarray, "seeds pooled"]) -> str:
    counts = int((~np.isnan(cell).all(axis=1)).sum())
    return note if counts == len(cell) else f"{note}{'; ' if note else ''}{counts} of {len(cell)} seeds count"
