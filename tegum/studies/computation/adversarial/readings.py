"""What is read off: vulnerability of outputs, ascent, interference, models under attack."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from scipy.stats import spearmanr

from tegum.analysis import geometry
from tegum.studies.computation.adversarial.models import inputs
from tegum.studies.core.measures import of_weights
from tegum.studies.core.study import config_in
from tegum.theory import attacks

SAMPLES = 512
"""inputs at which outputs are attacked"""

# --- outputs under attack -----------------------------------------------------------------------


def vulnerability(ds: xr.Dataset) -> xr.DataArray:
    """Greatest change of any output under attack over λ, mean over inputs.

    A model without superposition, one dimension each for m features, has exactly 1.
    """

    def of(w: np.ndarray, b: np.ndarray, density: float, norm: float) -> float:
        x = inputs(w.shape[-1], density, SAMPLES, np.random.default_rng(2))
        return float(attacks.greatest_change(w, b, x, norm).max(axis=-1).mean() / norm)

    return _of_models(ds, of)


def ceiling(ds: xr.Dataset) -> xr.DataArray:
    """Its closed form, max ‖G_i‖, reached where that output is active."""
    return of_weights(attacks.reach, ds.w).max("feature", skipna=False)


def features_per_dimension(ds: xr.Dataset) -> xr.DataArray:
    """F = ‖W‖²_F / m, that is 1/D*."""
    return 1 / of_weights(geometry.dimensions_per_feature, ds.w, per=None)


def of_ceiling(ds: xr.Dataset) -> xr.DataArray:
    return vulnerability(ds) / ceiling(ds)


def over_root(ds: xr.Dataset) -> xr.DataArray:
    """Vulnerability over √F."""
    return vulnerability(ds) / np.sqrt(features_per_dimension(ds))


def follows(ds: xr.Dataset) -> xr.DataArray:
    """Rank correlation over densities of vulnerability and features per dimension, of each seed.

    0 where vulnerability does not vary.
    """

    def of(v: np.ndarray, f: np.ndarray) -> float:
        there = np.isfinite(v) & np.isfinite(f)
        if there.sum() < 3:
            return np.nan
        if np.ptp(np.round(v[there], 6)) == 0 or np.ptp(np.round(f[there], 6)) == 0:
            return 0.0
        return float(spearmanr(v[there], f[there]).statistic)

    pair = vulnerability(ds), features_per_dimension(ds)
    dims = [["density"], ["density"]]
    return xr.apply_ufunc(of, *pair, input_core_dims=dims, vectorize=True)


def added_loss(ds: xr.Dataset) -> xr.DataArray:
    """What the worst attack on one output adds to the summed loss, over λ²; mean over inputs.

    λ² is what an attack on one output adds without superposition.
    """

    def of(w: np.ndarray, b: np.ndarray, density: float, norm: float) -> float:
        x = inputs(w.shape[-1], density, SAMPLES, np.random.default_rng(2))
        under, clean = (attacks.squared_errors(w, b, x, each).sum(axis=-1) for each in (norm, 0.0))
        return float((under - clean).mean() / norm**2)

    return _of_models(ds, of)


# --- closed form and ascent ---------------------------------------------------------------------


def off_closed_form(ds: xr.Dataset) -> xr.DataArray:
    """How far the worst output's error by ascent is from the closed form, relatively."""
    return abs(ds.ascended_error / ds.closed_error - 1).where(ds.closed_error > 0)


def of_sum(ds: xr.Dataset) -> xr.DataArray:
    """Summed error under the closed form's attack over the greatest that ascent finds, mean.

    Of models that were not trained under attack.
    """
    share = (ds.closed_sum / ds.ascended_sum).where(ds.ascended_sum > 0)
    return share.sel(strength=0.0, drop=True).mean("input")


# --- interference -------------------------------------------------------------------------------


def typical(ds: xr.Dataset) -> xr.DataArray:
    """√n times typical over worst interference (exact moments), mean over represented features."""

    def of(w: np.ndarray, _: np.ndarray, density: float, __: float) -> float:
        kept = geometry.represented(w)
        ratio = attacks.typical_over_worst(w, density)[kept] * np.sqrt(w.shape[-1])
        return float(np.nanmean(ratio)) if np.isfinite(ratio).any() else np.nan

    return _of_models(ds, of)


def cancelled(ds: xr.Dataset) -> xr.DataArray:
    """How much smaller typical interference is than with all ε of one sign; mean over features."""

    def of(w: np.ndarray, _: np.ndarray, density: float, __: float) -> float:
        off = (geometry.gram(w) * (1 - np.eye(w.shape[-1])))[geometry.represented(w)]
        off = off[abs(off).max(axis=-1) > 0]
        varies = (density / 3 - density**2 / 4) * np.sum(off**2, axis=-1)
        own, one = (varies + density**2 / 4 * np.sum(e, axis=-1) ** 2 for e in (off, abs(off)))
        return float(np.mean(np.sqrt(one / own))) if len(off) else np.nan

    return _of_models(ds, of)


# --- trained under attack -----------------------------------------------------------------------


def robust_features_per_dimension(ds: xr.Dataset) -> xr.DataArray:
    return 1 / of_weights(geometry.dimensions_per_feature, ds.robust_w, per=None)


def against_untrained(values: xr.DataArray) -> xr.DataArray:
    """A number of models trained under attack over that of those that were not, seed by seed."""
    return (values / values.sel(strength=0.0, drop=True)).isel(strength=slice(1, None))


def _of_models(ds: xr.Dataset, quantity: Callable[..., float]) -> xr.DataArray:
    """quantity(w, b, density, λ) of every model; NaN for one that diverged."""
    w = ds.w.transpose("density", "seed", "hidden", "feature")
    b = ds.b.transpose("density", "seed", "feature").values
    share = config_in(ds)["attack"]
    found = np.full(w.shape[:2], np.nan)
    for i, p in enumerate(map(float, ds.density.values)):
        norm = share * attacks.mean_input_norm(w.shape[-1], p)
        for j, of in enumerate(w.values[i]):
            if np.isfinite(of).all():
                found[i, j] = quantity(of, b[i, j], p, norm)
    axes = {"density": ds.density, "seed": ds.seed}
    return xr.DataArray(found, axes, ("density", "seed"))
