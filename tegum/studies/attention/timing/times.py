"""Times at which something happened to a model in training, read off at looks.

A time is a look. Infinite: it has not happened by the end (censored), later than any other time.
NaN: the model diverged, or is not asked about.
"""

import numpy as np
import xarray as xr

from tegum.studies.core.measures import Reading, above

SETTLED_AT = 0.95
"""what |cos| and leverage must stay above: far above what a random direction has"""


def first_above(values: xr.DataArray, level: float, dim: str = "step") -> xr.DataArray:
    """The first look at which values are above the level."""
    reached = values[dim].astype(float).where(values > level).min(dim).fillna(np.inf)
    return reached.where(values.notnull().all(dim))


def first_to_stay(values: xr.DataArray, level: float, dim: str = "step") -> xr.DataArray:
    """The first look from which values stay above the level until the end."""
    backwards = (values > level).isel({dim: slice(None, None, -1)})
    stays = backwards.cumprod(dim).sum(dim).astype(int)
    looks = np.append(values[dim].values.astype(float), np.inf)
    times = stays.copy(data=looks[values.sizes[dim] - stays.values])
    return times.where(values.notnull().all(dim))


def came(times: xr.DataArray) -> xr.DataArray:
    """1 where it happened at all, 0 where it never did."""
    return (times < np.inf).where(times.notnull())


def earlier(one: xr.DataArray, other: xr.DataArray) -> xr.DataArray:
    """1 where the first time comes before the other, 0 where after, NaN where they tie."""
    return above(other, one).where(one != other)


def values_at(values: xr.DataArray, times: xr.DataArray, dim: str = "step") -> xr.DataArray:
    """Values at a time of each model's own; NaN where it never came."""
    return values.where(values[dim] == times).sum(dim, min_count=1)


def crossing(values: xr.DataArray, level: float) -> float:
    """Where values along one positive axis first pass the level, between neighbours in its log.

    The axis's first label where they are above from there on; NaN where they never are.
    """
    known = values.dropna(values.dims[0])
    beyond = np.flatnonzero(known.values > level)
    if not beyond.size:
        return np.nan
    k = int(beyond[0])
    logs = np.log(known[known.dims[0]].values)
    if k == 0:
        return float(np.exp(logs[0]))
    low, high = known.values[k - 1], known.values[k]
    return float(np.exp(logs[k - 1] + (logs[k] - logs[k - 1]) * (level - low) / (high - low)))


def at_end(reading: Reading) -> Reading:
    return lambda ds: reading(ds).isel(step=-1, drop=True)


def time_of(reading: Reading) -> Reading:
    """The look from which it stays above 0.95."""
    return lambda ds: first_to_stay(reading(ds), SETTLED_AT)


def comes_first(one: Reading, other: Reading) -> Reading:
    """Whether one stays above 0.95 before the other does."""
    return lambda ds: earlier(time_of(one)(ds), time_of(other)(ds))
