"""What is read off scores: which strength a rule chooses, and what that autoencoder found."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import xarray as xr
from scipy.stats import spearmanr

from tegum.studies.core.measures import above, below
from tegum.studies.dictionaries.recovery.one_latent import best_angle

TARGET = 0.9
"""of variance explained"""
CLEAR = 0.002
"""relative difference of losses from which on theory says which is better"""
NEAR = 5.0
"""degrees from a minimum within which a latent rests in it"""
MIDWAY = 22.5
"""degrees between a single feature and the pair"""

Labelled = TypeVar("Labelled", xr.DataArray, xr.Dataset)
Rule = Callable[[xr.Dataset], xr.DataArray]


def by_variance(ds: xr.Dataset) -> xr.DataArray:
    """Place of the strictest strength that explains TARGET of the variance, else the gentlest.

    It looks at no true direction.
    """
    enough = ds.explained >= TARGET
    places = xr.DataArray(np.arange(ds.sizes["strength"]), dims="strength")
    return places.where(enough, 0).max("strength").astype(int)


def by_count(ds: xr.Dataset) -> xr.DataArray:
    """Place of the strength whose L0 is nearest, as a ratio, to the true number of active features.

    It looks at no true direction, but knows how many features are active.
    """
    return off_count(ds).fillna(np.inf).argmin("strength")


def off_count(ds: xr.Dataset) -> xr.DataArray:
    """|log L0 / E(active features)|."""
    ratio = ds.active / ds.true_active
    return abs(np.log(ratio.where(ratio > 0)))


def chosen(ds: xr.Dataset, name: str, rule: Rule = by_variance) -> xr.DataArray:
    """A score at the strength that a rule chooses; NaN where nothing was trained."""
    return ds[name].isel(strength=rule(ds))


def of_relu(values: xr.DataArray) -> xr.DataArray:
    return values.sel(kind="ReLU", drop=True)


def enough_latents(values: Labelled) -> Labelled:
    """Widths with as many latents as features or more."""
    return values.isel(width=np.flatnonzero(values.width.values >= 1))


def beats_chance(ds: xr.Dataset) -> xr.DataArray:
    """Whether the mean best cosine exceeds what random dictionaries of the size reach in 5 %."""
    return above(enough_latents(of_relu(chosen(ds, "feature"))), ds.chance_q95)


def found(source: str, name: str = "feature", rule: Rule = by_variance) -> Rule:
    """A score of ReLU autoencoders with 2 n latents on one source, at the strength of a rule."""

    def reading(ds: xr.Dataset) -> xr.DataArray:
        return of_relu(chosen(ds, name, rule)).sel(source=source, width=2.0, drop=True)

    return reading


def shrinkage(ds: xr.Dataset) -> xr.DataArray:
    """What is missing of an orthonormal feature alone, in units of half the penalty."""
    half = ds.strength_of.sel(kind="ReLU", drop=True) / 2
    missing = of_relu(ds.shortfall).sel(source="orthonormal", drop=True)
    return enough_latents(missing / half)


def on_orthonormal(ds: xr.Dataset) -> xr.DataArray:
    """Mean best cosine on orthonormal features, of as many latents as features or more."""
    return enough_latents(of_relu(ds.feature).sel(source="orthonormal", drop=True))


def over_bound(ds: xr.Dataset) -> xr.DataArray:
    """Loss of ReLU autoencoders over what none can undercut on the same sample."""
    return of_relu(ds.loss) / ds.bound


def over_truth(ds: xr.Dataset) -> xr.DataArray:
    """Loss at the strength by variance over that of the true dictionary with the best codes."""
    ratio = of_relu(ds.loss) / ds.truth
    return enough_latents(ratio.isel(strength=of_relu(by_variance(ds))))


def rank_correlation(ds: xr.Dataset, of: Callable[[xr.Dataset], xr.DataArray]) -> xr.DataArray:
    """Spearman's correlation of something with the mean best cosine, over the strengths and widths
    of ReLU autoencoders with latents enough on one dictionary.
    """
    pair = [enough_latents(of_relu(each)) for each in (of(ds), ds.feature)]
    return xr.apply_ufunc(
        _spearman,
        *xr.broadcast(*pair),
        input_core_dims=[["width", "strength"]] * 2,
        vectorize=True,
    )


def _spearman(x: np.ndarray, y: np.ndarray) -> float:
    there = np.isfinite(x) & np.isfinite(y)
    if there.sum() < 4 or np.ptp(x[there]) == 0 or np.ptp(y[there]) == 0:
        return np.nan
    return float(spearmanr(x[there], y[there]).statistic)


def variance_predicts(ds: xr.Dataset) -> xr.DataArray:
    return hard(rank_correlation(ds, lambda each: each.explained))


def count_predicts(ds: xr.Dataset) -> xr.DataArray:
    return hard(rank_correlation(ds, lambda each: -off_count(each)))


def hard(values: Labelled) -> Labelled:
    """On dictionaries in superposition: on orthonormal features there is nothing to predict."""
    return values.isel(source=np.flatnonzero(values.source.values != "orthonormal"))


def at_a_minimum(ds: xr.Dataset) -> xr.DataArray:
    """Whether the one latent rests within NEAR of a minimum of the exact loss."""
    gap = abs(ds.angle - ds.minima).min("minimum")
    return below(gap, NEAR)


def as_exact(ds: xr.Dataset) -> xr.DataArray:
    """Whether the best latent of two features is what the exact loss prefers, feature or pair.

    Where they differ by more than CLEAR. One number a density and penalty, named "seed" for the
    measure.
    """
    pair = above(best_angle(ds), MIDWAY)
    better = below(ds.pair_over_single, 1)
    clear = abs(ds.pair_over_single - 1) > CLEAR
    same = (pair == better).where(pair.notnull() & clear)
    return same.stack(seed=("pair_density", "pair_penalty")).reset_index("seed", drop=True)
