"""One latent for two orthonormal features: does it take a feature or the pair?"""

import itertools

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.features import SparseFeatures
from tegum.studies import core
from tegum.studies.dictionaries.autoencoders import (
    Setting,
    SparseAutoencoders,
    answers,
    autoencoders,
    member,
)
from tegum.studies.populations import FINITE
from tegum.theory.sparse_coding import independent, one_latent_minima, pair_over_single

SAMPLE = 16_384
MINIMA = 4  # that the loss may have over the angle; two is the most seen


class OneLatent(SparseAutoencoders):
    """One latent on two features."""

    pair_densities: tuple[core.Density, ...] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    """p = 1 - S, where one latent is trained on two features"""
    pair_penalties: tuple[core.Unsigned, ...] = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2)
    """penalties there"""


TABLE = core.table(
    angle=(
        "seed pair_density pair_penalty",
        "angle to the nearer feature, negative to a difference",
        "degrees",
    ),
    pair_loss=("seed pair_density pair_penalty", "loss on a sample"),
    minima=(
        "pair_density pair_penalty minimum",
        "angles at which the exact loss has a minimum, NaN where there are fewer",
        "degrees",
    ),
    pair_over_single=("pair_density pair_penalty", "exact loss of the pair over a single feature"),
) | {"finite": FINITE}


def one_latent(c: OneLatent) -> core.Variables:
    """Angles of single latents on two orthonormal features, beside which the exact loss prefers."""
    shape = c.sae_seeds, len(c.pair_densities), len(c.pair_penalties)
    places = list(itertools.product(range(c.sae_seeds), c.pair_densities, c.pair_penalties))
    settings = [Setting(SparseFeatures(2, p), np.eye(2), lam, seed) for seed, p, lam in places]
    _, saes, finite = autoencoders(c, settings, 1)
    angle = folded(np.asarray(saes.w_dec, np.float64)[..., 0])
    loss = np.empty(len(places))
    [sample] = c.seeds_of("samples", 1)  # one for all seeds, which are compared by their losses
    for place, setting in enumerate(settings):
        key = jax.random.key(int(sample) % 2**32)
        x = np.asarray(setting.features.draw(key, SAMPLE), float)
        z, decoded = answers(member(saes, place), x)
        loss[place] = ((x - decoded) ** 2).sum(0).mean() + setting.penalty * z.sum(0).mean()
    minima = np.full((*shape[1:], MINIMA), np.nan)
    for row, p in enumerate(c.pair_densities):
        for column, lam in enumerate(c.pair_penalties):
            found = one_latent_minima(independent(p), lam)
            minima[row, column, : len(found)] = found
    ratio = [[pair_over_single(p, lam) for lam in c.pair_penalties] for p in c.pair_densities]
    return {
        "angle": np.where(finite, angle, np.nan).reshape(shape),
        "pair_loss": np.where(finite, loss, np.nan).reshape(shape),
        "minima": minima,
        "pair_over_single": np.array(ratio),
        "finite": finite.reshape(shape).all(axis=(1, 2)),
        "pair_density": list(c.pair_densities),
        "pair_penalty": list(c.pair_penalties),
    }


def folded(direction: Float[np.ndarray, "models 2"]) -> Float[np.ndarray, " models"]:
    """Degrees between directions and the nearer of two axes, up to 45; negative where signs differ.

    The pair's direction (1, 1) has 45, the difference (1, -1) has -45, a feature 0.
    """
    size = np.abs(direction)
    angle = np.degrees(np.arctan2(size.min(axis=-1), size.max(axis=-1)))
    return np.where(direction.prod(axis=-1) < 0, -angle, angle)


def best_angle(ds: xr.Dataset) -> xr.DataArray:
    """Angle of the latent of least loss among the seeds: 0 a single feature, 45 the pair."""
    best = ds.pair_loss.fillna(np.inf).argmin("seed")
    return ds.angle.isel(seed=best, drop=True)
