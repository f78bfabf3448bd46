"""What is measured: trained models of three correlated pairs, and the best of both strategies."""

from typing import Annotated, TypeAlias

import numpy as np
import xarray as xr
from pydantic import Field

from tegum.analysis.geometry import directions
from tegum.errors import bad_input
from tegum.features import CorrelatedSets
from tegum.studies import core, populations
from tegum.studies.core.measures import above
from tegum.studies.correlation.pca_or_superposition.strategies import (
    HIDDEN,
    PAIRS,
    best_collapsed,
    best_free,
    floor,
    law,
)
from tegum.theory.mixtures import mixture_losses

Correlation: TypeAlias = Annotated[float, Field(ge=0, le=1)]
FULL = 1.0
"""ρ at which models are trained"""


class Descents(core.StudyConfig):
    """How the best models of both strategies are looked for."""

    starts: core.Count = 1
    """random starts of each descent of the exact loss, beside those from known shapes"""


class Config(core.TrainingConfig, Descents):
    """Three pairs of features in two dimensions, at several densities and correlations."""

    densities: tuple[core.Density, ...] = (0.9, 0.6, 0.5, 0.4, 0.3, 0.18, 0.1, 0.07, 0.03)
    """p = 1 - S, the chance that a feature is active"""
    correlations: tuple[Correlation, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    """ρ, the chance that the members of a pair share their draw; models are trained at ρ = 1"""

    def model_post_init(self, _: object) -> None:
        """Check what the claims need."""
        if FULL not in self.correlations or len(self.correlations) < 2:
            wanted = "1, at which models are trained, and another one"
            raise bad_input("correlations", self.correlations, wanted)


def trained(c: core.TrainingConfig, density: float) -> core.Variables:
    """Models of fully correlated pairs."""
    features = CorrelatedSets((2,) * PAIRS, density)
    w, b, finite = populations.on_law(c, HIDDEN, features)
    return {"w": w, "loss": mixture_losses(w, b, features, terms=128), "finite": finite}


def best(c: Descents, density: float, correlation: float) -> core.Variables:
    """The least exact losses that descents find, of collapsed models and of all."""
    features, rng = law(density, correlation), c.rng(f"descents {density} {correlation}")
    collapsed = best_collapsed(features, c.starts, rng)
    free = best_free(features, c.starts, rng, collapsed)
    return {
        "collapsed_loss": collapsed.loss,
        "free_loss": free.loss,
        "collapsed_w": collapsed.w,
        "free_w": free.w,
        "floor": floor(density, correlation),
    }


TRAINED = core.Part(
    trained,
    core.table(
        w=("seed hidden feature", "weights W of trained models, ρ = 1"),
        loss=("seed", "exact population loss, summed over features"),
    )
    | {"finite": populations.FINITE},
    density="densities",
)
BEST = core.Part(
    best,
    core.table(
        collapsed_loss=("", "least exact loss found of models whose pairs are collapsed"),
        free_loss=("", "least exact loss found of all models"),
        collapsed_w=("hidden feature", "weights of the best collapsed model"),
        free_w=("hidden feature", "weights of the best model"),
        floor=("", "what collapsed models must lose"),
    ),
    density="densities",
    correlation="correlations",
)
MODELS = core.Measurement("pca-or-superposition", version=1, parts=(TRAINED, BEST))

# --- readings -----------------------------------------------------------------------------------

ONE_DIRECTION = 0.9
"""cos above which two columns count as one direction; pairs that are not have 0.5 and less"""
WORTH = 1e-3
"""relative loss by which a strategy must be better to be called so; descents are good to 1e-5"""


def collapsed_pairs(w: xr.DataArray) -> xr.DataArray:
    """How many pairs of a model have one direction; NaN for a model that diverged."""

    def each(values: np.ndarray) -> np.ndarray:
        unit = directions(np.nan_to_num(values))
        cosine = np.sum(unit[..., ::2] * unit[..., 1::2], axis=-2)
        known = np.isfinite(values).all((-2, -1))
        return np.where(known, (cosine > ONE_DIRECTION).sum(-1), np.nan)

    return xr.apply_ufunc(each, w, input_core_dims=[["hidden", "feature"]])


def best_trained(ds: xr.Dataset) -> xr.DataArray:
    """W of the model of least exact loss at each density."""
    return ds.w.isel(seed=ds.loss.fillna(np.inf).argmin("seed"))


def trained_rung(ds: xr.Dataset) -> xr.DataArray:
    """Collapsed pairs of the best trained model, from density to density."""
    return collapsed_pairs(best_trained(ds)).drop_vars("seed", errors="ignore")


def exact_rung(ds: xr.Dataset) -> xr.DataArray:
    """Collapsed pairs of the best model of fully correlated pairs."""
    return collapsed_pairs(ds.free_w).sel(correlation=FULL, drop=True)


def excess(ds: xr.Dataset) -> xr.DataArray:
    """By how much the best collapsed model loses more than the best of all, relatively."""
    return ds.collapsed_loss / ds.free_loss - 1


def between(ds: xr.Dataset, low: float, high: float) -> xr.Dataset:
    """At densities above the one and up to the other."""
    p = ds.density.values
    return ds.isel(density=np.flatnonzero((p > low) & (p <= high)))


def boundary(ds: xr.Dataset) -> xr.DataArray:
    """The density above which collapsing pairs costs nothing, for each ρ: midway between places.

    On a logarithmic scale; 1 where it always costs, the least density where it never does.
    """
    costs = above(excess(ds).sortby("density"), WORTH).transpose("correlation", "density")
    p = costs.density.values

    def of(line: np.ndarray) -> float:
        dear = np.flatnonzero(line > 0)
        if not dear.size:
            return float(p[0])
        last = int(dear[-1])
        return 1.0 if last == p.size - 1 else float(np.sqrt(p[last] * p[last + 1]))

    return xr.DataArray([of(line) for line in costs.values], {"correlation": costs.correlation})


# --- readings for claims ------------------------------------------------------------------------


def worst_rung(ds: xr.Dataset, low: float, high: float, wanted: int) -> core.Measured:
    """Collapsed pairs of the best trained model, where they are farthest from what is wanted."""
    found = trained_rung(between(ds, low, high)).values if ds.sizes["density"] else np.zeros(0)
    found = found[np.isfinite(found)]
    if not found.size:
        return core.Measured.nothing(f"no density in ({low}, {high}] in this run")
    where = "one density" if found.size == 1 else f"{found.size} densities"
    note = f"the best trained model at {where}; farthest from {wanted}"
    return core.Measured(float(found[np.argmax(abs(found - wanted))]), note)


def as_exact(ds: xr.Dataset) -> xr.DataArray:
    """Whether a trained model collapses as many pairs as the best of all does."""
    found = collapsed_pairs(ds.w)
    return (found == exact_rung(ds)).astype(float).where(found.notnull())


def over_best(ds: xr.Dataset) -> xr.DataArray:
    """By how much trained models lose more than the best that descents find, relatively."""
    return ds.loss / ds.free_loss.sel(correlation=FULL) - 1


def greatest_rise(ds: xr.Dataset) -> float:
    """The greatest rise of the exact optimum's collapsed pairs to the next lower density."""
    found = exact_rung(ds).sortby("density", ascending=False).values
    return float(np.diff(found).max())


def dearest_collapse(ds: xr.Dataset, *, above: float) -> float:
    """The greatest relative price of collapsing at densities above a bound, ρ = 1."""
    dense = between(ds, above, 1.0)
    return float(excess(dense).sel(correlation=FULL).max()) if dense.sizes["density"] else np.nan


def over_floor(ds: xr.Dataset) -> float:
    """The best loss of all over the floor of collapsed models, sparse and ρ = 1, at the worst."""
    sparse = between(ds, 0.0, 0.05).sel(correlation=FULL)
    return float((sparse.free_loss / sparse.floor).max()) if sparse.sizes["density"] else np.nan


def fall_of_boundary(ds: xr.Dataset) -> float:
    """The boundary at the least ρ over that at ρ = 1."""
    found = boundary(ds).sortby("correlation")
    return float(found[0] / found.sel(correlation=FULL))
