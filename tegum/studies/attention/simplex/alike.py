"""Two features that a head attends to alike while W trains along: what is measured, readings.

Four features in two dimensions begin as two digons. A head is asked for both members of the first,
0 and 1, with the same target 2, whose antipode is 3.
"""

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.models import Bottleneck
from tegum.studies import core, populations
from tegum.studies.core.measures import above
from tegum.theory.merging import merging_pays
from tegum.training.objectives import Pairs
from tegum.training.recipe import Adam, Recipe, Sampled


class AlikeConfig(core.TrainingConfig):
    """Joint training of bottlenecks and heads from two digons."""

    joint_density: core.Density = 0.05
    """p in joint training, of 4 features in 2 dimensions that start as two digons"""
    steps: core.Count = 3000
    """training steps of joint training"""
    batch: core.Count = 512
    """fresh tokens a step on each side, of joint training"""
    learning_rate: core.Unsigned = 3e-3
    """of Adam, in joint training"""


DIGONS = np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])
ALIKE = ((0, 2), (1, 2))


def joint(c: AlikeConfig, lam: float, target: str) -> core.Variables:
    """All seeds at one weight λ of the head's loss."""
    noise = 0.1 * c.rng("noise").normal(size=(c.seeds, *DIGONS.shape))
    start = Bottleneck((DIGONS + noise).astype(np.float32), np.zeros((c.seeds, 4), np.float32))
    recipe = Recipe(c.steps, Sampled(c.batch), optimizer=Adam())
    of = (2, 2, c.joint_density, np.ones(4), Pairs(ALIKE, target=target), recipe)
    models = populations.with_heads(c, *of, lam=lam, start=start)
    w = models.w[:, -1]
    return {
        "between": np.prod(geometry.directions(w)[..., :2], axis=-1).sum(-1),
        "leverage": geometry.leverage(w),
        "norm": geometry.norms(w),
        "gap_to_best": models.gap_to_best,
        "finite": models.finite,
    }


JOINT = core.table(
    between=("seed", "cos(W_0, W_1), of the two attended alike"),
    leverage=("seed feature", "leverage P_ii"),
    norm=("seed feature", "length ‖W_i‖"),
) | {"gap_to_best": populations.GAP_TO_BEST, "finite": populations.FINITE}

# --- readings -----------------------------------------------------------------------------------


def paying(ds: xr.Dataset) -> xr.DataArray:
    """λ p, over that from which merging lowers the loss."""
    least = [merging_pays(str(target)) for target in ds.target.values]
    p = core.config_in(ds)["joint_density"]
    return ds.lam * p / xr.DataArray(least, {"target": ds.target.values})


def merged(ds: xr.Dataset) -> xr.DataArray:
    """Whether the two features attended alike are parallel."""
    return above(ds.between, 0.9)


def merged_unpaid(ds: xr.Dataset) -> xr.DataArray:
    """Where merging costs more than it gives."""
    return merged(ds).where(paying(ds) < 1)


def merged_paid(ds: xr.Dataset) -> xr.DataArray:
    """Where merging pays tenfold, so that the antipodal start is no local minimum any more."""
    return merged(ds).where(paying(ds) >= 10)


def from_half(ds: xr.Dataset) -> xr.DataArray:
    """Distance of merged features' leverage from 1/2, the farther one's."""
    away = abs(ds.leverage.isel(feature=[0, 1]) - 0.5).max("feature", skipna=False)
    return away.where(merged(ds) == 1)


def merged_shares(ds: xr.Dataset) -> str:
    """The share of merged models at each λ, for a note."""
    shares = merged(ds).mean("seed").transpose("target", "lam")
    each = [
        f"{target} {', '.join(f'{float(one.lam):g}: {float(one):.2g}' for one in row)}"
        for target, row in zip(ds.target.values, shares, strict=True)
    ]
    return f"merged by λ, {'; '.join(each)}"


def evicted(ds: xr.Dataset) -> str:
    """The length that the target's antipode has left in merged models, for a note."""
    length = ds.norm.isel(feature=3).where(merged(ds) == 1)
    return f"the target's antipode has length {float(length.median()):.2g} (median)"
