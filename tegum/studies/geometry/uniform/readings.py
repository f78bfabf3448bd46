"""What is read off uniform models: D*, theory's curves beside it, and lines at which D_i stand.

A *sweep* is one seed's models at all densities. A fraction is a line of a sweep where local excess
is: COUNT or more features have D_i within HALF of it, and twice as many as in either of two windows
of the same width, BESIDE away.
"""

from collections.abc import Iterable

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.plots.dimensionalities import FRACTIONS
from tegum.studies.core.controls import replaced
from tegum.studies.core.measures import of_weights
from tegum.studies.geometry.uniform.models import PLATEAU, SLACK
from tegum.theory.codes import CODES, NARROW
from tegum.theory.maxwell import Mixture, d_star, maxwell
from tegum.theory.polytopes import FREE_ANTIPRISM, NAMES

SMALL = "small polytopes"
NARROW_CODES = "with codes in 4 to 7 dimensions"
WIDE_CODES = "with those in 21 and 22, too"
CANDIDATES = {
    SMALL: (*NAMES, FREE_ANTIPRISM),
    NARROW_CODES: (*NAMES, FREE_ANTIPRISM, *NARROW),
    WIDE_CODES: (*NAMES, FREE_ANTIPRISM, *CODES),
}
"""among what the Maxwell construction may choose, each with all of the one before

The wide codes need more dimensions than a default run has: they stand for wide frames at large."""

HALF, BESIDE, COUNT = 0.005, 0.0125, 10
OTHERS = tuple(f for f in FRACTIONS.values() if f not in (1, FRACTIONS["digon"]))
"""published fractions between 0 and 1, without 1/2"""
ONE = 1.3
"""1/(1 - S) up to which D* is asked to stick at 1"""
FOOT = 1.9
"""1/(1 - S) where the range begins in which the curve was near a saved run"""
BEYOND, END = 6.0, 20.0
"""1/(1 - S) between which the curve was above it"""


# --- densities, to be used with `at` --------------------------------------------------------------


def dense(p: np.ndarray) -> np.ndarray:
    return 1 / p < ONE + SLACK


def at_foot(p: np.ndarray) -> np.ndarray:
    return (1 / p > FOOT - SLACK) & (1 / p < PLATEAU[0] - SLACK)


def beyond(p: np.ndarray) -> np.ndarray:
    return 1 / p > BEYOND - SLACK


def as_far_as_published(p: np.ndarray) -> np.ndarray:
    return beyond(p) & (1 / p < END + SLACK)


def some_sparsity(p: np.ndarray) -> np.ndarray:
    return p < 1


# --- readings -------------------------------------------------------------------------------------


def d_stars(ds: xr.Dataset) -> xr.DataArray:
    """D* of each model."""
    return of_weights(geometry.dimensions_per_feature, ds.w, per=None)


def own(ds: xr.Dataset) -> xr.DataArray:
    """D_i of each feature of each model."""
    return of_weights(geometry.dimensionality, ds.w)


def mixtures(ds: xr.Dataset, among: str = WIDE_CODES) -> list[Mixture]:
    """Theory's best mixture at each density."""
    n, m, names = ds.sizes["feature"], ds.sizes["hidden"], CANDIDATES[among]
    return [d_star(n, m, float(p), maxwell(float(p), names)) for p in ds.density.values]


def curve(ds: xr.Dataset, among: str = WIDE_CODES) -> xr.DataArray:
    """Theory's D* at each density."""
    return _along_density(ds, (each.d_star for each in mixtures(ds, among)))


def least_loss(ds: xr.Dataset, among: str = WIDE_CODES) -> xr.DataArray:
    """Theory's least loss at each density, summed over features."""
    n = ds.sizes["feature"]
    return _along_density(ds, (n * each.loss for each in mixtures(ds, among)))


def _along_density(ds: xr.Dataset, values: Iterable[float]) -> xr.DataArray:
    return xr.DataArray(list(values), {"density": ds.density}, ("density",))


def off_curve(ds: xr.Dataset) -> xr.DataArray:
    """How far D* is from theory's, of all candidates."""
    return abs(d_stars(ds) - curve(ds))


def below_polytopes(ds: xr.Dataset) -> xr.DataArray:
    """How far D* is below theory's, if that knows small polytopes only."""
    return curve(ds, SMALL) - d_stars(ds)


def explained(ds: xr.Dataset) -> xr.DataArray:
    """The part of that distance which the codes take away."""
    return 1 - off_curve(ds) / below_polytopes(ds)


def longer(ds: xr.Dataset) -> xr.DataArray:
    """D* of models trained longer, by density."""
    return ds.longer_d_star.rename(again="density")


def longer_off_curve(ds: xr.Dataset) -> xr.DataArray:
    """How far their D* is from theory's."""
    return abs(longer(ds) - curve(ds))


def gained(ds: xr.Dataset) -> xr.DataArray:
    """The part of the distance to the curve of small polytopes that longer training takes away."""
    short = d_stars(ds).median("seed")
    return (longer(ds) - short) / (curve(ds, SMALL) - short)


def room_taken(ds: xr.Dataset) -> xr.DataArray:
    """ΣD_i over the dimensions m: 1 where W is an orthogonal sum of tight frames."""
    return own(ds).sum("feature", skipna=False) / ds.sizes["hidden"]


def dense_note(ds: xr.Dataset) -> str:
    """What ΣD_i is where S = 0, which the claim about it leaves out."""
    there = room_taken(ds).isel(density=np.flatnonzero(ds.density.values == 1))
    return f"at S = 0 {float(there.median()):.4f}" if there.size else ""


def in_pairs(ds: xr.Dataset) -> xr.DataArray:
    """Features with D_i = 1/2 ± .01 over the 2m that there can be."""
    values = own(ds)
    near = (abs(values - 0.5) < 0.01).sum("feature") / (2 * ds.sizes["hidden"])
    return near.where(values.notnull().all("feature"))


def is_line(ds: xr.Dataset, fraction: float) -> xr.DataArray:
    """Whether a fraction is a line of each sweep."""
    values = own(ds)

    def count(middle: float) -> xr.DataArray:
        return (abs(values - middle) <= HALF).sum(("density", "feature"))

    here, left, right = (count(float(fraction) + off) for off in (0.0, -BESIDE, BESIDE))
    found = (here >= COUNT) & (here >= 2 * left) & (here >= 2 * right)
    return found.where(values.notnull().any(("density", "feature")))


def half_is_line(ds: xr.Dataset) -> xr.DataArray:
    return is_line(ds, 0.5)


def others_are_lines(ds: xr.Dataset) -> xr.DataArray:
    """The same of each other published fraction."""
    labels = xr.DataArray([str(each) for each in OTHERS], dims="fraction", name="fraction")
    return xr.concat([is_line(ds, float(each)) for each in OTHERS], labels)


def near_fractions(ds: xr.Dataset) -> xr.DataArray:
    """Share of a sweep's represented features within .02 of a published fraction below 1."""
    values = own(ds).where(of_weights(geometry.represented, ds.w) == 1)
    apart = [abs(values - float(each)) for each in (*OTHERS, FRACTIONS["digon"])]
    near = xr.concat(apart, "fraction").min("fraction") < 0.02
    return near.where(values.notnull()).mean(("density", "feature"))


# --- controls -------------------------------------------------------------------------------------


def _as_polytopes(ds: xr.Dataset) -> xr.DataArray:
    return ds.w * np.sqrt(d_stars(ds) / curve(ds, SMALL))


AS_POLYTOPES = replaced("as long as in the best small polytopes", w=_as_polytopes)
