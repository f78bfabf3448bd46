"""What is read off latents of pairs, beside what the exact loss prefers."""

from typing import TypeVar

import numpy as np
import xarray as xr

from tegum.studies import core
from tegum.studies.core.measures import Reading, above, below
from tegum.theory.sparse_coding import Chances, best_pair, child, independent

Labelled = TypeVar("Labelled", xr.DataArray, xr.Dataset)


def chances(law: str, density: float, given: float) -> Chances:
    """Of the parent alone, the child alone and both."""
    both = {"independent": independent(density), "hierarchical": child(density, given)}
    return both.get(law, (0.0, 0.0, density))


def predicted_lean(ds: xr.Dataset) -> xr.DataArray:
    """Degrees by which the child's latent leans to its parent at the exact optimum of two."""
    c = core.config_in(ds)
    found = [
        [
            90 - np.degrees(best_pair(chances(str(law), c["density"], c["given"]), float(lam))[1])
            for lam in ds.penalty.values
        ]
        for law in ds.law.values
    ]
    return xr.DataArray(found, {"law": ds.law, "penalty": ds.penalty}, ("law", "penalty"))


def orthonormal(ds: xr.Dataset) -> xr.Dataset:
    """Where features are orthonormal, as theory has it; nothing where this run has no such size."""
    full = 2 * core.config_in(ds)["pairs"]
    if full in ds.hidden.values:
        return ds.sel(hidden=full, drop=True)
    return ds.isel(hidden=0, drop=True).where(False)


def one_each(ds: xr.Dataset, name: str) -> xr.DataArray:
    """A reading of orthonormal features with as many latents as features."""
    return orthonormal(ds)[name].sel(width=1.0, drop=True)


def lean(ds: xr.Dataset) -> xr.DataArray:
    """Median over pairs of the child's lean: some pair's latents may sit elsewhere."""
    return one_each(ds, "child_lean").median("pair")


def off_theory(ds: xr.Dataset) -> xr.DataArray:
    return abs(lean(ds) - predicted_lean(ds))


def leans_more(ds: xr.Dataset) -> xr.DataArray:
    """Whether a child of a hierarchy leans more than an independent feature, start by start."""
    each = lean(ds)
    return above(each.sel(law="hierarchical", drop=True), each.sel(law="independent", drop=True))


def kept_less(ds: xr.Dataset) -> xr.DataArray:
    """Whether a child in the hierarchy quietens its parent's latent more than one by itself."""
    each = enough(orthonormal(ds).kept)
    return below(each.sel(law="hierarchical", drop=True), each.sel(law="independent", drop=True))


def enough(values: Labelled) -> Labelled:
    """Widths with as many latents as features or more."""
    return values.isel(width=np.flatnonzero(values.width.values >= 1))


def widest(name: str, law: str) -> Reading:
    """A reading at the greatest width and penalty under one law."""

    def reading(ds: xr.Dataset) -> xr.DataArray:
        return orthonormal(ds)[name].sel(law=law, drop=True).isel(width=-1, penalty=-1, drop=True)

    return reading


def over_bound(ds: xr.Dataset) -> xr.DataArray:
    return ds.loss / ds.bound


def grows(ds: xr.Dataset) -> xr.DataArray:
    """Latents per feature at the greatest width over those with one latent a feature."""
    each = orthonormal(ds).per_feature
    return each.isel(width=-1, drop=True) / each.sel(width=1.0, drop=True)
