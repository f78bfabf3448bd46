"""Three times of a joint training, read off at looks, and which came first.

t_align     from here |cos(first singular vector, feature)| stays within 5 % of the value that this
            head ends with, on both sides. A head that ends no better aligned than chance has none.
t_orth      from here the largest |Ŵ_i·Ŵ_j| of the attended features with any other represented one
            stays below a bound c.
t_leverage  from here both leverages P_ii stay above 0.95.

The bound c is the one that makes "orthogonal" ask as much as "aligned" does. Let W_i overlap by at
most c with each of m - 1 columns that are orthonormal among themselves. What is left of it outside
their span, the direction of its dual W⁻ᵀe_i, has a cosine with it of at least √(1 - (m-1) c²). So
c = √((1 - 0.95²)/(m-1)) is the largest overlap at which the columns alone promise alignment to 5 %
(the tilt towards the mean of h, which d_i has besides, is there at the end as well). It lies far
below what m - 1 random columns have. A single other column that overlaps by √(1 - 0.95²) takes as
much: the looser bound, which each column must keep to at least.

A time that comes in the last tenth of training is as good as none (infinite, censored): nobody has
seen that it lasts.
"""

import math
from collections.abc import Callable

import numpy as np
import xarray as xr

from tegum.studies.attention.pair import alignment, cosine_at_end
from tegum.studies.attention.timing.times import SETTLED_AT, earlier, first_to_stay, values_at
from tegum.studies.core.measures import Reading, at, chance_of, hidden_of
from tegum.studies.core.study import config_in

LASTS = 0.9
"""of the training: what comes later has not been seen to last"""


def strict_overlap(n_hidden: int) -> float:
    """The bound c = √((1 - 0.95²)/(m-1)): m - 1 such overlaps leave an alignment of 0.95."""
    return math.sqrt((1 - SETTLED_AT**2) / max(1, n_hidden - 1))


def loose_overlap() -> float:
    """√(1 - 0.95²), the sine of the angle whose cosine is 0.95."""
    return math.sqrt(1 - SETTLED_AT**2)


# --- readings -----------------------------------------------------------------------------------


def closeness(cosine: xr.DataArray) -> xr.DataArray:
    """1 - |cos / its last value - 1| on the worse side, not below 0: from 0.95 on within 5 %."""
    size = abs(cosine)
    return (1 - abs(size / size.isel(step=-1, drop=True) - 1)).min("side", skipna=False).clip(min=0)


def lasting(times: xr.DataArray, looks: xr.DataArray) -> xr.DataArray:
    """Times of which the last tenth of training has seen that they last; others are infinite."""
    seen = times.isnull() | (times <= LASTS * float(looks[-1]))
    return times.where(seen, np.inf)


def t_align(ds: xr.Dataset) -> xr.DataArray:
    """When the trained head is aligned as it will be in the end, if then beyond chance."""
    times = first_to_stay(closeness(ds.cosine), SETTLED_AT)
    aligned = alignment(ds) > chance_of(ds)
    return lasting(times.where(times.isnull() | aligned, np.inf), ds.step)


def t_best(ds: xr.Dataset) -> xr.DataArray:
    """When the best head on the W of the look would be aligned as it will be in the end."""
    return lasting(first_to_stay(closeness(ds.best_cosine), SETTLED_AT), ds.step)


def t_leverage(ds: xr.Dataset) -> xr.DataArray:
    return lasting(first_to_stay(ds.leverage.min("side", skipna=False), SETTLED_AT), ds.step)


def t_orth(ds: xr.Dataset) -> xr.DataArray:
    """When all overlaps of the attended features come to stay below the bound c."""
    return _below(ds, strict_overlap(hidden_of(ds)))


def t_loose(ds: xr.Dataset) -> xr.DataArray:
    """When they come to stay below the looser bound."""
    return _below(ds, loose_overlap())


def _below(ds: xr.Dataset, bound: float) -> xr.DataArray:
    largest = ds.overlap.max("side", skipna=False)
    return lasting(first_to_stay(-largest, -bound), ds.step)


def before(one: Reading, other: Reading) -> Reading:
    """1 where the first of two times comes before the other, 0 where after, NaN where they tie."""
    return lambda ds: earlier(one(ds), other(ds))


def order_turns(ds: xr.Dataset) -> xr.DataArray:
    """Whether alignment is first by one of columns and leverage, and second by the other.

    Of models without a tie.
    """
    by_columns, by_leverage = before(t_align, t_orth)(ds), before(t_align, t_leverage)(ds)
    return abs(by_columns - by_leverage)


def between(ds: xr.Dataset) -> xr.DataArray:
    """Of models whose order turns: alignment after leverage and before orthogonal columns."""
    return before(t_align, t_orth)(ds).where(order_turns(ds) == 1)


def best_when_orthogonal(ds: xr.Dataset) -> xr.DataArray:
    """`closeness` of the best head at t_orth."""
    return values_at(closeness(ds.best_cosine), t_orth(ds))


def gap_to_best_head(ds: xr.Dataset) -> xr.DataArray:
    """Between |cos| of the trained head at the end and |cos(d_i, W_i)|."""
    return abs(cosine_at_end(ds) - ds.best_cosine.isel(step=-1, drop=True))


def wait_for_columns(ds: xr.Dataset) -> xr.DataArray:
    """Whether t_orth / t_leverage is greater at the greatest λ than at the least, in equal seeds.

    Columns that never become orthogonal wait longest.
    """
    leverage = t_leverage(ds)
    ratio = t_orth(ds) / leverage.where((leverage > 0) & (leverage < np.inf))
    light, heavy = (ratio.sel(lam=lam, drop=True) for lam in (ds.lam.min(), ds.lam.max()))
    known = light.notnull() & heavy.notnull() & (light != heavy)
    return (heavy > light).astype(float).where(known)


def of_places(ds: xr.Dataset) -> xr.Dataset:
    """The further pairs' curves under the names of the pair's own, with an axis "place" for λ."""
    names = {f"place_{name}": name for name in ("cosine", "leverage", "overlap")}
    return ds[list(names)].rename(names)


def gain_of_places(ds: xr.Dataset) -> xr.DataArray:
    """Alignment first (1) or not (0) at the least important place, less the same of the pair.

    NaN where either ties.
    """
    first = before(t_align, t_orth)
    here = at(first, lam=config_in(ds)["place_lam"])(ds)
    return first(of_places(ds)).isel(place=-1, drop=True) - here


def by_setting(reading: Reading) -> Callable[[xr.Dataset], str]:
    """The share of models in each setting, for a note: for each S all λ, or all further pairs."""

    def note(ds: xr.Dataset) -> str:
        shares = reading(ds).mean("seed")
        each = [
            f"S = {1 - float(p):.4g}: " + ", ".join(map(_percent, np.ravel(shares.sel(density=p))))
            for p in shares.density.values
        ]
        order = "by S"
        for axis, name in (("lam", "λ"), ("place", "pairs from")):
            if axis in shares.dims:
                labels = ", ".join(f"{label:g}" for label in shares[axis].values)
                order = f"by S, for {name} = {labels} in order"
        return f"{order}: {'; '.join(each)}"

    return note


def _percent(share: float) -> str:
    return "-" if np.isnan(share) else f"{share:.0%}"
