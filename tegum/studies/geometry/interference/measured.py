"""Directions in several dimensions, tegum products and random ones: what they share and lose, and
what is read off it.
"""

import numpy as np
import xarray as xr

from tegum.errors import bad_input
from tegum.studies import core
from tegum.studies.core.measurement import Variable
from tegum.studies.geometry.interference import few_active as losses
from tegum.studies.geometry.interference.arrangements import (
    KINDS,
    MIXED,
    SIMPLEXES,
    STEP,
    largest_cosine,
    mean_cosine,
    of_pairs,
    random,
    tegum,
    welch,
)


class Draws(core.StudyConfig):
    """Random directions."""

    seeds: core.Count = 20
    """draws of random directions for each d"""


class Config(Draws):
    """Directions in several dimensions d: tegums, and 2d random ones."""

    dimensions: tuple[core.Count, ...] = (6, 12, 24, 48, 96)
    """d, multiples of 6, into which all polytopes fit"""

    def model_post_init(self, _: object) -> None:
        """All polytopes fit, and slopes over d have two ends."""
        if any(d % STEP for d in self.dimensions):
            raise bad_input("dimensions", self.dimensions, f"multiples of {STEP}")
        if len(self.dimensions) < 2:
            raise bad_input("dimensions", self.dimensions, "at least two, for slopes over d")


def tegums(c: core.StudyConfig, dimension: int) -> core.Variables:
    """What tegum products that fill so many dimensions share, and lose."""
    made = [tegum(kind, dimension) for kind in KINDS]
    return {
        "kind": list(KINDS),
        "active": list(losses.ACTIVE),
        "law": list(losses.LAWS),
        "count": [w.shape[1] for w in made],
        "welch": [welch(w.shape[1], dimension) for w in made],
        **_measured("tegum", made),
    }


def randoms(c: Draws, dimension: int) -> core.Variables:
    """The same of 2d random directions, draw by draw."""
    seeds = c.seeds_of("directions", c.seeds)
    made = [random(2 * dimension, dimension, np.random.default_rng(seed)) for seed in seeds]
    return {
        "active": list(losses.ACTIVE),
        "law": list(losses.LAWS),
        **_measured("random", made),
    }


def _measured(name: str, made: list[np.ndarray]) -> dict[str, np.ndarray]:
    grams = [w.T @ w for w in made]
    mean, rms, largest = np.transpose([of_pairs(gram) for gram in grams])
    lost = [
        [[losses.relative_loss(gram, k, law) for law in losses.LAWS] for k in losses.ACTIVE]
        for gram in grams
    ]
    found = {"mean": mean, "rms": rms, "largest": largest, "loss": np.array(lost)}
    return {f"{name}_{of}": values for of, values in found.items()}


def _table(name: str, dim: str) -> dict[str, Variable]:
    return core.table(
        **{
            f"{name}_mean": (dim, "mean |cos| over pairs"),
            f"{name}_rms": (dim, "root mean square cos over pairs"),
            f"{name}_largest": (dim, "largest |cos|"),
            f"{name}_loss": (f"{dim} active law", "exact loss over that of a model of zeros"),
        }
    )


COUNTS = core.table(count=("kind", "features n"), welch=("kind", "least rms cos of n directions"))
PARTS = (
    core.Part(tegums, COUNTS | _table("tegum", "kind"), dimension="dimensions"),
    core.Part(randoms, _table("random", "seed"), dimension="dimensions"),
)
DIRECTIONS = core.Measurement("interference", version=1, parts=PARTS)

# --- readings -----------------------------------------------------------------------------------


def slope(values: xr.DataArray) -> xr.DataArray:
    """Exponent of a power of d, by least squares in logarithms."""
    logarithms = values.copy(data=np.log(values.values))
    logarithms = logarithms.assign_coords(dimension=np.log(values.dimension.values))
    fitted = logarithms.polyfit("dimension", 1).polyfit_coefficients
    return fitted.sel(degree=1, drop=True)


def farthest(values: xr.DataArray, target: float) -> float:
    """Of many numbers the one farthest from what they ought to be."""
    each = values.values.ravel()
    return float(each[np.argmax(abs(each - target))])


def errors_of_chance(ds: xr.Dataset) -> float:
    """The greatest distance of mean |cos| and mean cos², over all draws, from the exact ones.

    In standard errors, which are exact as well, since random directions are independent in pairs.
    """
    d = ds.dimension
    exact = xr.DataArray([mean_cosine(int(each)) for each in d.values], dims="dimension")
    pairs = ds.sizes["seed"] * d * (2 * d - 1)  # n = 2d
    mean = (ds.random_mean.mean("seed") - exact) / np.sqrt((1 / d - exact**2) / pairs)
    square = (ds.random_rms**2).mean("seed") - 1 / d
    square = square / np.sqrt(2 * (d - 1) / (d**2 * (d + 2)) / pairs)
    return float(np.maximum(abs(mean), abs(square)).max())


def from_welch(ds: xr.Dataset) -> xr.DataArray:
    """Relative distance of the tegums' rms from the Welch bound; the mixed one is not tight."""
    return (ds.tegum_rms / ds.welch - 1).sel(kind=[kind for kind in KINDS if kind != MIXED])


def from_largest(ds: xr.Dataset) -> xr.DataArray:
    """Relative distance of the random directions' largest |cos| from what the law says."""
    law = [largest_cosine(2 * int(d), int(d)) for d in ds.dimension.values]
    return ds.random_largest / xr.DataArray(law, dims="dimension") - 1


def blind(ds: xr.Dataset) -> xr.DataArray:
    """Loss of tegums of simplexes with one active feature."""
    return ds.tegum_loss.sel(kind=list(SIMPLEXES), active=1)


def digons_gain(ds: xr.Dataset) -> xr.DataArray:
    """Loss of 2d random directions, less that of as many in digons; at every draw and setting."""
    return ds.random_loss - ds.tegum_loss.sel(kind="digons", drop=True)


def two_active(ds: xr.Dataset) -> xr.DataArray:
    return slope(ds.tegum_loss.sel(kind=list(SIMPLEXES), active=2))


def triangles_over_mixed(ds: xr.Dataset) -> xr.DataArray:
    """Loss of triangles over that of digons and singles, as many, with two active features."""
    loss = ds.tegum_loss.sel(active=2)
    return loss.sel(kind="triangles", drop=True) / loss.sel(kind=MIXED, drop=True)
