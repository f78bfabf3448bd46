"""What is read off the models: how dense ones look, their factors, and where partners point."""

from functools import lru_cache

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.blocks import tegum_blocks
from tegum.analysis.polytopes import factors
from tegum.studies import core
from tegum.studies.attention.behaviours.models import PAIR, Config
from tegum.studies.core.measures import Reading, above, all_along, at, below, both, of_weights
from tegum.theory.phases import phase_boundary
from tegum.theory.polytopes import NAMES, SIMPLEXES, vertices

SHAPES = {name: vertices(name) for name in NAMES}
OTHER = "none of these"
KINDS = (*SIMPLEXES, "pentagon", "square antiprism", OTHER)
"""of factors"""
ORDERLY = tuple(name for name in SIMPLEXES if name != "single")
GAP = (0.05, 0.25)
"""cosines between those of orthogonal features and of a tetrahedron, 1/3"""
EPS = 0.15
"""cosines below count as orthogonal, as in `tegum_blocks`"""


# --- dense and sparse ---


def config_of(ds: xr.Dataset) -> Config:
    return Config(**core.config_in(ds))


def boundary(ds: xr.Dataset) -> float:
    """p*: above it features m and m + 1 are no antipodal pair. Where importances fall."""
    return _boundary(config_of(ds).importance_decay)


@lru_cache
def _boundary(decay: float) -> float:
    return phase_boundary(decay)


def tolerated(ds: xr.Dataset) -> float:
    """The cosine of two kept features that costs as much as keeping feature m + 1 for m."""
    return float(np.sqrt((1 - config_of(ds).importance_decay) / 2))


def largest_cosine(ds: xr.Dataset) -> xr.DataArray:
    """The largest |cos| between two of the m most important features."""
    top = ds.w.isel(feature=slice(ds.sizes["hidden"]))

    def largest(w: np.ndarray) -> np.ndarray:
        return np.max(abs(geometry.gram(geometry.directions(w))) - np.eye(w.shape[-1]), (-2, -1))

    return of_weights(largest, top, per=None)


def represented(ds: xr.Dataset) -> xr.DataArray:
    return above(of_weights(geometry.norms, ds.w), 0.5)


def keeps_top_m(ds: xr.Dataset) -> xr.DataArray:
    """Whether exactly the m most important features are represented."""
    found, m = represented(ds), ds.sizes["hidden"]
    kept, dropped = found.isel(feature=slice(m)), 1 - found.isel(feature=slice(m, None))
    return both(all_along(kept, "feature"), all_along(dropped, "feature"))


def dense(reading: Reading) -> Reading:
    """At densities above p*."""
    return lambda ds: at(reading, density=lambda p: p > boundary(ds))(ds)


def count(ds: xr.Dataset) -> xr.DataArray:
    """How many features are represented, from dense to sparse."""
    return represented(ds).sum("feature", skipna=False).sortby("density", ascending=False)


def sparsest_dense(ds: xr.Dataset) -> float:
    """The least density down to which, at each, at least half the models keep exactly the top m."""
    most = keeps_top_m(ds).mean("seed").sortby("density", ascending=False) >= 0.5
    run = int(np.argmin([*most.values, False]))
    return float(most.density[run - 1]) if run else np.nan


# --- readings: factors --------------------------------------------------------------------------


def alike(ds: xr.Dataset) -> xr.DataArray:
    """W of equally important features; those that an n lacks as 0. A diverged model is NaN."""
    return ds.alike_w.where(ds.of_alike < ds.n, 0.0).rename(of_alike="feature")


def _shares(w: np.ndarray) -> np.ndarray:
    """Represented features in factors of each of KINDS, as shares; [models.., kinds]."""
    found = np.zeros((*w.shape[:-2], len(KINDS)))
    for model in np.ndindex(w.shape[:-2]):
        for factor in factors(w[model], SHAPES):
            name = factor.name if factor.name in KINDS else OTHER
            found[model][KINDS.index(name)] += len(factor.features)
    return found / np.maximum(found.sum(-1, keepdims=True), 1)


def kinds(ds: xr.Dataset) -> xr.DataArray:
    """Shares of represented features by the kind of their factor."""
    found = of_weights(_shares, alike(ds), per="kind")
    return found.assign_coords(kind=list(KINDS))


def in_simplices(ds: xr.Dataset) -> xr.DataArray:
    """Share of features in superposition, those not alone, that form a simplex with the others."""
    found = kinds(ds)
    return found.sel(kind=list(ORDERLY)).sum("kind", skipna=False) / (1 - found.sel(kind="single"))


def _same(w: np.ndarray) -> np.ndarray:
    few, many = (tegum_blocks(w, eps) for eps in GAP)
    return ((few == many).all(-1) & (few.max(-1) > 0)).astype(float)


def sharp_factors(ds: xr.Dataset) -> xr.DataArray:
    """Whether factors are several, and the same with cosines above 0.05 or only above 0.25."""
    return of_weights(_same, alike(ds), per=None)


def defect(ds: xr.Dataset) -> xr.DataArray:
    """What the D_i lack to the rank of W, as a share of it."""
    return of_weights(geometry.tegum_defect, alike(ds), per=None) / ds.sizes["hidden"]


# --- readings: sets -----------------------------------------------------------------------------


def sets_w(ds: xr.Dataset) -> xr.DataArray:
    there = (ds.axis < ds["count"]) & (ds.member < PAIR * ds["count"])
    return ds.set_w.where(there, 0.0).rename(axis="hidden", member="feature")


def _cosines(w: np.ndarray) -> np.ndarray:
    hat = geometry.directions(w)
    return np.sum(hat[..., ::PAIR] * hat[..., 1::PAIR], axis=-2)


def partners(ds: xr.Dataset) -> xr.DataArray:
    """The cosine of each set's two members, in models that represent all features."""
    w = sets_w(ds).drop_vars(("hidden", "feature"))
    cosine = of_weights(_cosines, w, per="pair")
    pairs = xr.DataArray(np.arange(cosine.sizes["pair"]), dims="pair")
    stored = of_weights(geometry.norms, w) > 0.5
    lacking = xr.DataArray(np.arange(w.sizes["feature"]), dims="feature") >= PAIR * ds["count"]
    return cosine.where((pairs < ds["count"]) & (stored | lacking).all("feature"))


def orthogonal(ds: xr.Dataset) -> xr.DataArray:
    """Whether all partners have |cos| < EPS."""
    return below(abs(partners(ds)).max("pair"), EPS)


def apart(ds: xr.Dataset) -> xr.DataArray:
    """Whether all partners are in different factors."""

    def differ(w: np.ndarray) -> np.ndarray:
        labels = tegum_blocks(w, EPS)
        one, other = labels[..., ::PAIR], labels[..., 1::PAIR]
        return ((one != other) | (one < 0)).all(-1).astype(float)

    w = sets_w(ds).drop_vars(("hidden", "feature"))
    return of_weights(differ, w, per=None).where(orthogonal(ds).notnull())


def by_law(reading: Reading, law: str = "correlated") -> Reading:
    return lambda ds: reading(ds).sel(law=law, drop=True)


def sparsest_sets(ds: xr.Dataset) -> xr.DataArray:
    return by_law(apart)(ds).sel(set_density=[float(ds.set_density.min())])
