"""What the claims and figures of `plain-rank` read off its dataset; axes as in `heads.TABLE`."""

from functools import partial
from typing import TypeVar

import numpy as np
import xarray as xr

from tegum.studies import core
from tegum.studies.attention.plain_rank.heads import ANY, ANY_EQUAL
from tegum.studies.core.measures import Reading, above
from tegum.theory.recovery_laws import any_from_count

Labelled = TypeVar("Labelled", xr.DataArray, xr.Dataset)
JOINT, ALONE = "joint", "two-stage"
MODES = [JOINT, ALONE]
APART = 2e-4
"""gain on the next best span, over what all slices explain, that 1000 steps of descent resolve"""
CONSTANT = 0.01
"""chance that no pair is present below which s counts as a constant"""


def falling(values: xr.DataArray) -> xr.DataArray:
    """The cases in which importance falls, so that W alone stores the attended features."""
    return values.sel(case=[case for case in values.case.values if case != ANY_EQUAL])


def literal(values: xr.DataArray) -> xr.DataArray:
    """The cases with the literal target."""
    return values.sel(case=[ANY, ANY_EQUAL])


def full(values: Labelled) -> Labelled:
    """At r = m."""
    return values.isel(rank=-1, drop=True)


# --- which features get the slices ----------------------------------------------------------------


def share_of_first(ds: xr.Dataset) -> xr.DataArray:
    """What heads of rank 1 explain of E s², over what those of rank m do."""
    explained = 1 - ds.L2
    return explained.isel(rank=0, drop=True) / full(explained)


def share_error(ds: xr.Dataset) -> xr.DataArray:
    """How far it is from that of m orthonormal features."""
    return falling(abs(share_of_first(ds) - ds.share_law))


def least_shares(ds: xr.Dataset) -> str:
    """The least median share of each mode, in words."""
    least = falling(share_of_first(ds)).median("seed").min(("density", "case"))
    shares = "; ".join(f"{mode} {float(least.sel(mode=mode)):.3g}" for mode in MODES)
    return f"least shares: {shares}"


def told_apart(ds: xr.Dataset) -> xr.DataArray:
    """Heads whose loss tells the best span from the next best, in settings in which most do."""
    told = ds.apart > APART
    return told & (ds.apart.median("seed") > APART)


def energy_error(ds: xr.Dataset) -> xr.DataArray:
    """Of two-stage heads, against the closed form, where the loss tells its span from others."""
    error = falling(abs(ds.energy - ds.energy_theory).where(told_apart(ds)))
    return error.sel(mode=ALONE, rank=ds["rank"] < ds.sizes["pair"])


def first_energy_error(ds: xr.Dataset) -> xr.DataArray:
    """Of joint heads of rank 1, against the closed form on the W that they end with."""
    return abs(ds.energy - ds.energy_theory).sel(mode=JOINT).isel(rank=0, drop=True)


def later_energy_error(ds: xr.Dataset) -> xr.DataArray:
    """The same at ranks between 1 and m, where the loss tells the closed form's span apart."""
    error = falling(abs(ds.energy - ds.energy_theory).where(told_apart(ds))).sel(mode=JOINT)
    return error.sel(rank=(ds["rank"] > 1) & (ds["rank"] < ds.sizes["pair"]))


def largest_first_error(ds: xr.Dataset) -> xr.DataArray:
    """|energy - 1 for the first r features, 0 for all others|, of two-stage heads."""
    error = abs(ds.energy - (ds.pair < ds["rank"])).sel(mode=ALONE)
    return error.sel(rank=ds["rank"] < ds.sizes["pair"])


def largest_share(ds: xr.Dataset) -> xr.DataArray:
    """Of the feature that has most of the slice at r = 1."""
    return falling(ds.energy.isel(rank=0, drop=True)).max("pair", skipna=False)


def worst_slice(ds: xr.Dataset) -> xr.DataArray:
    """|cos| of its best slice of the feature that has the worst, at r = m."""
    return full(ds.best).min("pair", skipna=False)


# --- how W fits the head --------------------------------------------------------------------------


def changed(name: str, sign: int) -> Reading:
    """Whether a quantity is larger (sign 1) or smaller (-1) with the head than without, by seed."""

    def reading(ds: xr.Dataset) -> xr.DataArray:
        values = sign * ds[name]
        return above(*(values.sel(mode=mode, drop=True) for mode in MODES))

    return reading


def price(ds: xr.Dataset) -> xr.DataArray:
    """By how much L1 is larger with the head than without, relatively, by seed."""
    return ds.L1.sel(mode=JOINT, drop=True) / ds.L1.sel(mode=ALONE, drop=True) - 1


def sum_gained(ds: xr.Dataset) -> xr.DataArray:
    """Whether W trained with a head for "any" holds more of the sum of all features."""
    return literal(changed("row_sum", 1)(ds))


def paid(ds: xr.Dataset) -> xr.DataArray:
    """Whether L1 + λL2 with the head is less than that of W alone with the best head on it."""
    whole = ds.L1 + core.config_in(ds)["lam"] * ds.L2.where(ds["mode"] == JOINT, ds.L2_floor)
    return above(*(whole.sel(mode=mode, drop=True) for mode in reversed(MODES)))


def constant_law(kappa: xr.DataArray, density: xr.DataArray) -> xr.DataArray:
    """The least loss of a head that should answer 1: 1 - (μ²κ / (v + μ²κ))², κ = 1ᵀP1.

    Sherman and Morrison: C = vWWᵀ + μ² w̄w̄ᵀ, so that E[h]ᵀC⁺E[h] = μ²κ/(v + μ²κ), whatever W is
    besides.
    """
    square = density**2 / 4
    variance = density / 3 - square
    return 1 - (square * kappa / (variance + square * kappa)) ** 2


def law_error(ds: xr.Dataset) -> xr.DataArray:
    """|L2 - that law| of "any", at densities at which s is all but constant."""
    law = constant_law(ds.row_sum * ds.sizes["feature"], ds.density)
    error = literal(abs(ds.L2 - law))
    return error.isel(density=np.flatnonzero(none_present(ds) < CONSTANT))


def none_present(ds: xr.Dataset) -> xr.DataArray:
    """(1 - p²)^m, the chance that no pair is present."""
    return (1 - ds.density**2) ** ds.sizes["pair"]


def seldom(ds: xr.Dataset) -> str:
    """The chance that s = 0 where features are densest, in words."""
    none = none_present(ds)
    return f"there s = 0 has a chance of {float(none.min()):.1g}"


def of_attended(ds: xr.Dataset) -> xr.DataArray:
    """Σ P_ii of the attended features over m: the share of all dimensions that is theirs."""
    m = ds.sizes["pair"]
    return ds.leverage.isel(feature=slice(0, m)).sum("feature", skipna=False) / m


# --- "any" and "count" ----------------------------------------------------------------------------


def any_over_law(ds: xr.Dataset) -> xr.DataArray:
    """The gap between the best heads for "any" and "count", in units of √(q(q-1)) p²."""
    law = partial(any_from_count, ds.sizes["pair"])
    return ds.any_gap / xr.apply_ufunc(np.vectorize(law), ds.gap_density)


def farthest_from_law(ds: xr.Dataset) -> float:
    """That ratio where it is farthest from 1, at q p² ≤ 1/100."""
    ratio = any_over_law(ds)
    ratio = ratio[ds.sizes["pair"] * ds.gap_density.values**2 <= CONSTANT]
    return float(ratio[int(np.argmax(np.abs(ratio.values - 1)))]) if ratio.size else np.nan


def readable(ds: xr.Dataset) -> xr.DataArray:
    """The least loss of a head on W trained alone at equal importance, over E s²."""
    return full(ds.L2_floor).sel(mode=ALONE, case=ANY_EQUAL, drop=True)
