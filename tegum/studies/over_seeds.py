"""What claims read off their seeds: medians and shares, each with the interval in which other seeds would leave it.

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


def median(
    values: xr.DataArray,
    worst: Literal["least", "greatest"] | None = None,
    *,
    over: tuple[str, ...] = ("seed",),
    low: Bound = None,
    high: Bound = None,
    note: str = "",
) -> Measured:
    """The median over seeds; of several settings the least or the greatest of their medians.

    Args:
        values: with an axis "seed"; axes not in `over` are settings.
        worst: which setting counts; None if there is one only.
        over: axes whose values are pooled, "seed" among them.
        low, high, note: as in `Measured`.
    """
    pooled = values.transpose("seed", *(dim for dim in over if dim != "seed"), ...)
    inner = tuple(pooled.dims[len(over) :])
    cells = pooled.values.reshape(*pooled.shape[: len(over)], -1).astype(float)
    cells = cells.reshape(len(cells), -1, cells.shape[-1])  # seeds pooled settings
    cells = np.where(np.isfinite(cells), cells, np.nan)
    exist = ~np.isnan(cells).all(axis=(0, 1))
    if not exist.any():
        return Measured(np.nan, low, high, note)
    if worst is None and inner and cells.shape[-1] > 1:
        raise ValueError(f"several settings, {inner}: say which is worst")
    middles = np.array([np.nanmedian(cells[..., k]) if exist[k] else np.nan for k in range(cells.shape[-1])])
    chosen = int(np.nanargmax(middles) if worst == "greatest" else np.nanargmin(middles))
    cell = cells[..., chosen]
    return Measured(float(middles[chosen]), low, high, _counted(note, cell), _median_interval(cell))


def share(
    holds: xr.DataArray,
    worst: Literal["least", "greatest"] | None = None,
    *,
    over: tuple[str, ...] | None = None,
    low: Bound = None,
    high: Bound = None,
    note: str = "",
) -> Measured:
    """The share of models of which something holds; of several settings the least or the greatest share.

    Args:
        holds: 1 or 0, or NaN for a model that does not count, with an axis "seed".
        worst: which setting counts; None pools all.
        over: axes that are pooled; all of them, or with `worst` the seeds alone, if left out.
        low, high, note: as in `Measured`.
    """
    pool = over or (tuple(map(str, holds.dims)) if worst is None else ("seed",))
    parts = holds.transpose("seed", *(dim for dim in pool if dim != "seed"), ...)
    cells = parts.values.astype(float).reshape(parts.sizes["seed"], int(np.prod(parts.shape[1 : len(pool)])), -1)
    if worst is None and cells.shape[-1] > 1:
        raise ValueError(f"several settings, {tuple(parts.dims[len(pool) :])}: say which is worst")
    count = np.sum(~np.isnan(cells), axis=(0, 1))
    shares = np.where(count > 0, np.nansum(cells, axis=(0, 1)) / np.maximum(count, 1), np.nan)
    if np.isnan(shares).all():
        return Measured(np.nan, low, high, note)
    chosen = int(np.nanargmax(shares) if worst == "greatest" else np.nanargmin(shares))
    cell = cells[..., chosen]
    return Measured(float(shares[chosen]), low, high, _counted(note, cell), _drawn(cell, _mean))


def _median_interval(cell: Float[np.ndarray, "seeds pooled"]) -> tuple[float, float] | None:
    if cell.shape[1] > 1:
        return _drawn(cell, lambda drawn: np.nanmedian(drawn.reshape(len(drawn), -1), axis=-1))
    if np.sum(~np.isnan(cell)) < 2:
        return None
    found = median_interval(cell[:, 0])
    return float(found.low), float(found.high)


def _mean(drawn: Float[np.ndarray, "resamples seeds pooled"]) -> Float[np.ndarray, " resamples"]:
    held, there = np.nansum(drawn, axis=(1, 2)), np.sum(~np.isnan(drawn), axis=(1, 2))
    return np.where(there > 0, held / np.maximum(there, 1), np.nan)


def _drawn(
    cell: Float[np.ndarray, "seeds pooled"], statistic: Callable[[np.ndarray], np.ndarray]
) -> tuple[float, float] | None:
    """The interval of a statistic, whole seeds drawn; None for a single seed, which tells nothing of others."""
    cell = cell[~np.isnan(cell).all(axis=1)]
    if len(cell) < 2:
        return None

    def of_seeds(index: np.ndarray, axis: int) -> np.ndarray:
        del axis  # the last
        return statistic(cell[np.atleast_2d(index).astype(int)]).reshape(np.shape(index)[:-1])

    found = bootstrap_interval(np.arange(float(len(cell))), of_seeds, resamples=RESAMPLES)
    return found.low, found.high


def _counted(note: str, cell: Float[np.ndarray, "seeds pooled"]) -> str:
    counts = int((~np.isnan(cell).all(axis=1)).sum())
    if counts == len(cell):
        return note
    return f"{note}; {counts} of {len(cell)} seeds count" if note else f"{counts} of {len(cell)} seeds count"
