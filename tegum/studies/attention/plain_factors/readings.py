"""What the claims and figures of `plain-factors` read off its dataset; axes as in `heads.TABLE`.

The law. Two members of a tight, balanced factor at cosine c, of one length, pairs (i, i) and
(j, j), target "any": Ω* ∝ Σ W_iW_iᵀ - p² ssᵀ with s = W_i + W_j, whose singular vectors are the sum
and the difference of the two, σ ∝ (1 + c)(1 - 2p²) and 1 - c. For sparse features that is
`theory.contrasts`. Where the best head on a trained W is ε σ_1 away from it (`away`), its k-th
slice is turned by at most 2ε σ_1 / (distance of σ_k from the other and from 0), Davis and Kahan's
theorem as Yu, Wang and Samworth (2015) have it, and σ_2/σ_1 moves by at most ε (1 + r)/(1 - ε),
Weyl's inequality.
"""

import pandas as pd
import xarray as xr

from tegum.studies import core
from tegum.studies.attention.plain_factors.factors import KINDS, SHARED, SINGLE
from tegum.studies.core.measures import Note, Reading, above, below

NEAR = 0.1
"""how far theory may let slices (radians) and σ_2/σ_1 be from the law where the law is judged"""
TOLD = 0.05
"""leverages that differ by more are told apart"""


def trained(values: xr.DataArray) -> xr.DataArray:
    return values.sel(way="trained", drop=True)


# --- contrasts ------------------------------------------------------------------------------------


def law_values(c: xr.DataArray, density: xr.DataArray | float) -> tuple[xr.DataArray, xr.DataArray]:
    """σ of the sum and of the difference, in units of the square of the features' length."""
    return (1 + c) * (1 - 2 * density**2), 1 - c


def law_ratio(c: xr.DataArray, density: xr.DataArray | float) -> xr.DataArray:
    """σ_2/σ_1 by the law."""
    total, difference = law_values(c, density)
    smaller = total.where(total < difference, difference)
    return smaller / total.where(total > difference, difference)


def by_slice(first: xr.DataArray, second: xr.DataArray) -> xr.DataArray:
    return xr.concat([first, second], pd.Index([1, 2], name="slice"))


def law_cosines(c: xr.DataArray, density: xr.DataArray | float) -> xr.DataArray:
    """|cos| of the first and second slice with either feature by the law, axis "slice"."""
    total, difference = law_values(c, density)
    of_sum, of_difference = (1 + c).clip(0) ** 0.5 / 2**0.5, (1 - c).clip(0) ** 0.5 / 2**0.5
    first = of_sum.where(total > difference, of_difference)
    second = of_difference.where(total > difference, of_sum)
    return by_slice(first, second).where(c.notnull())


def cosine_bound(
    c: xr.DataArray, away: xr.DataArray, density: xr.DataArray | float
) -> xr.DataArray:
    """The most, in radians, that each slice of the best head is turned out of the law's."""
    r = law_ratio(c, density)
    gaps = by_slice(1 - r, r.where(r < 0.5, 1 - r))
    return 2 * away / gaps.where(gaps > 0)


def ratio_bound(c: xr.DataArray, away: xr.DataArray, density: xr.DataArray | float) -> xr.DataArray:
    """The most that σ_2/σ_1 of the best head is from the law's."""
    return away * (1 + law_ratio(c, density)) / (1 - away).where(away < 1)


def cosine_error(ds: xr.Dataset) -> xr.DataArray:
    """Distance of |cos| from the law's, the worse member's."""
    error = abs(trained(ds.cosine) - law_cosines(ds.c, ds.density))
    return error.max("member", skipna=False)


def near_cosine_error(ds: xr.Dataset) -> xr.DataArray:
    """That, where theory puts the slice near the law's."""
    return cosine_error(ds).where(cosine_bound(ds.c, ds.away, ds.density) <= NEAR)


def ratio_error(ds: xr.Dataset) -> xr.DataArray:
    return abs(trained(ds.ratio) - law_ratio(ds.c, ds.density))


def near_ratio_error(ds: xr.Dataset) -> xr.DataArray:
    return ratio_error(ds).where(ratio_bound(ds.c, ds.away, ds.density) <= NEAR)


def first_slice_error(ds: xr.Dataset) -> xr.DataArray:
    """Of the first slice, in every factor."""
    return cosine_error(ds).sel(slice=1, drop=True)


def theory_error(ds: xr.Dataset) -> xr.DataArray:
    """Of trained heads' first slice against the closed form's on the same W, the worse member's."""
    error = abs(trained(ds.cosine) - ds.cosine.sel(way="closed form", drop=True))
    return error.sel(slice=1, drop=True).max("member", skipna=False)


def judged_by_kind(ds: xr.Dataset) -> str:
    """How many factors count for the law, of each kind, in words."""
    counts = near_ratio_error(ds).notnull().sum([d for d in ds.c.dims if d != "shared"])
    named = [f"{int(n)} {kind}" for kind, n in zip(SHARED, counts.values, strict=True) if n]
    return f"pairs that count: {', '.join(named)}" if named else "no pair counts"


# --- spans ----------------------------------------------------------------------------------------


def all_stay(ds: xr.Dataset) -> xr.DataArray:
    """Whether the slices for all members lie nearer to their factor than random ones do."""
    return below(trained(ds.all_angle), ds.all_null)


def two_stay(ds: xr.Dataset) -> xr.DataArray:
    return below(trained(ds.two_angle), ds.two_null)


def both_stay(ds: xr.Dataset) -> xr.DataArray:
    return below(trained(ds.both_angle), ds.both_null)


def medians(name: str) -> Note:
    """The median and the largest angle, in words."""

    def said(ds: xr.Dataset) -> str:
        values = trained(ds[name]).where(ds[name.replace("angle", "null")].notnull())
        return f"angle {float(values.median()):.2g} (median), {float(values.max()):.2g} at most"

    return said


def purity(ds: xr.Dataset, alike: bool) -> xr.DataArray:
    """How far each slice for two whole factors keeps to one, the worst slice's."""
    return trained(ds.purity).where(ds.alike == alike)


# --- too few slices -------------------------------------------------------------------------------


def greater_served(ds: xr.Dataset) -> xr.DataArray:
    """Whether the one slice serves the feature of greater leverage, where these are told apart."""
    served, p = trained(ds.served), ds.leverage
    difference = p.sel(place=1) - p.sel(place=2)
    more = above(served.sel(place=1), served.sel(place=2))
    return abs(more - (difference < 0)).where(abs(difference) > TOLD)


def lesser_share(ds: xr.Dataset) -> xr.DataArray:
    """The energy of the one that is served less, where leverages are alike."""
    p = ds.leverage
    alike = abs(p.sel(place=1) - p.sel(place=2)) <= TOLD
    return trained(ds.served).min("place", skipna=False).where(alike)


# --- which factors form ---------------------------------------------------------------------------


def forms(*kinds: str) -> Reading:
    """Whether a model has a factor of one of these kinds."""
    return lambda ds: above(ds.factors.sel(kind=list(kinds)).sum("kind", skipna=False), 0)


def several_when_sparse(ds: xr.Dataset) -> xr.DataArray:
    """Whether W has more than one factor, where n ≥ 3m and features are sparsest."""
    m = core.config_in(ds)["n_hidden"]
    count = ds.factors.sum("kind", skipna=False).sel(density=ds.density.min())
    return above(count, 1).where(ds.n_features >= 3 * m)


def kinds_found(ds: xr.Dataset) -> str:
    """Factors of each kind, all settings, in words."""
    count = ds.factors.sum([d for d in ds.factors.dims if d != "kind"])
    named = [f"{int(count.sel(kind=kind))} {kind}" for kind in KINDS if kind != SINGLE]
    return f"found: {', '.join(named)}"


# --- W trains on with the head --------------------------------------------------------------------


def joint_density(ds: xr.Dataset) -> float:
    return float(core.config_in(ds)["joint_density"])


def joint_cosine_error(ds: xr.Dataset) -> xr.DataArray:
    """Of the first slice, against the law at the c that W ends with, where they share a factor."""
    law = law_cosines(ds.joint_c, joint_density(ds)).sel(slice=1, drop=True)
    error = abs(trained(ds.joint_cosine).sel(slice=1, drop=True) - law).max("member", skipna=False)
    return error.where(ds.joint_together == 1)


def joint_ratio_error(ds: xr.Dataset) -> xr.DataArray:
    law = law_ratio(ds.joint_c, joint_density(ds))
    return abs(trained(ds.joint_ratio) - law).where(ds.joint_together == 1)


def lightest(values: xr.DataArray) -> xr.DataArray:
    return values.sel(lam=values.lam.min(), drop=True)


def heaviest(values: xr.DataArray) -> xr.DataArray:
    return values.sel(lam=values.lam.max(), drop=True)


def straightened(ds: xr.Dataset) -> xr.DataArray:
    """Whether a light head turns the two facing members further apart: c falls."""
    return below(lightest(ds.joint_c), lightest(ds.joint_before))


def parted(ds: xr.Dataset) -> xr.DataArray:
    """Whether a heavy head gives the two factors of their own."""
    return 1 - heaviest(ds.joint_together)
