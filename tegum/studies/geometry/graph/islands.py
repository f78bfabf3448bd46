"""What each feature is in the graph of features: its island's polytope and size, and its degree.

Two features are joined where |cos| between them exceeds EPS; an island is what hangs together. A
feature is weak where it is shorter than half, and then in no island.
"""

from functools import lru_cache

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.blocks import tegum_blocks
from tegum.analysis.polytopes import UNKNOWN, Factor, factors
from tegum.studies.core.controls import replaced
from tegum.studies.core.measures import below, of_weights
from tegum.studies.geometry.uniform.controls import jittered
from tegum.studies.geometry.uniform.models import PLATEAU, SLACK, on_plateau
from tegum.theory.maxwell import Mixture, d_star, maxwell
from tegum.theory.polytopes import FREE_ANTIPRISM, UNREPRESENTED, room, vertices

EPS = 0.15
"""between 0 and the least |cos| of neighbours in the polytopes, 1/4 of the 5-cell"""


def bipyramid(base: str) -> np.ndarray:
    """A polygon and a digon through its middle, at right angles: a tegum product of the two."""
    across, through = vertices(base), vertices("digon")
    return np.block(
        [
            [across, np.zeros((len(across), 2))],
            [np.zeros((1, across.shape[1])), through],
        ]
    )


COMPONENTS = (
    "single",
    "digon",
    "triangle",
    "tetrahedron",
    "5-cell",
    "pentagon",
    "hexagon",
    "square antiprism",
    "icosahedron",
)
"""polytopes that are no tegum products of others"""
PRODUCTS = {
    "square": vertices("square"),
    "octahedron": vertices("octahedron"),
    "triangular bipyramid": bipyramid("triangle"),
    "pentagonal bipyramid": bipyramid("pentagon"),
}
"""these hold together only where they are distorted"""
SHAPES = {name: vertices(name) for name in COMPONENTS} | PRODUCTS
KINDS = (*SHAPES, UNKNOWN)
"""a feature's kind is counted in this order"""
NEAR = 1 / 80
"""half the distance of the nearest two fractions, the pentagon's 2/5 and the antiprism's 3/8"""
SPARSE = 10.0
"""1/(1 - S) from which on polytopes are said to be past"""


def islands_of(w: np.ndarray) -> tuple[Factor, ...]:
    """One model's islands. Remembered: claims, controls and figures ask for the same ones."""
    w = np.ascontiguousarray(w, np.float64)
    return _islands(w.tobytes(), w.shape)


@lru_cache(maxsize=2048)
def _islands(raw: bytes, shape: tuple[int, int]) -> tuple[Factor, ...]:
    return tuple(factors(np.frombuffer(raw).reshape(shape), SHAPES, eps=EPS))


def of_features(ds: xr.Dataset) -> xr.Dataset:
    """Of every feature, NaN where it is weak: kind, size, rank and residual of its island, degree.

    `rank` is the island's place from the largest, 0 for that itself; `room` the dimensions over the
    vertices of the polytope that it is named by.
    """
    w = ds.w.transpose(..., "hidden", "feature")
    rows = ("kind", "size", "rank", "residual", "room", "degree")
    found = np.full((len(rows), *w.shape[:-2], w.shape[-1]), np.nan)
    for model in np.ndindex(w.shape[:-2]):
        one = w.values[model]
        islands = sorted(islands_of(one), key=lambda island: -len(island.features))
        if not islands:
            continue
        hat = geometry.directions(one)
        there = np.concatenate([island.features for island in islands])
        joined = abs(geometry.gram(hat[:, there])) > EPS
        found[(5, *model)][there] = joined.sum(axis=0) - 1
        for place, island in enumerate(islands):
            taken = room(SHAPES[island.name]) if island.name in SHAPES else np.nan
            told = KINDS.index(island.name), len(island.features), place, island.residual, taken
            found[(slice(5), *model)][:, list(island.features)] = np.array(told)[:, None]
    dims = w.isel(hidden=0).dims
    coords = {name: ds[name] for name in dims if name in ds.coords}
    return xr.Dataset({name: (dims, of) for name, of in zip(rows, found, strict=True)}, coords)


# --- readings -----------------------------------------------------------------------------------


def from_plateau_on(p: np.ndarray) -> np.ndarray:
    return 1 / p > PLATEAU[0] - SLACK


def far_beyond(p: np.ndarray) -> np.ndarray:
    return 1 / p > SPARSE - SLACK


def in_kind(ds: xr.Dataset, kind: str) -> xr.DataArray:
    """Share of a model's represented features that are in polytopes of a kind."""
    kinds = of_features(ds).kind
    return (kinds == KINDS.index(kind)).where(kinds.notnull()).mean("feature")


def in_named(ds: xr.Dataset) -> xr.DataArray:
    """Share of a model's represented features that are in a polytope with a name."""
    return 1 - in_kind(ds, UNKNOWN)


def largest(ds: xr.Dataset) -> xr.DataArray:
    """How many features the largest island has."""
    return of_features(ds)["size"].max("feature")


def in_largest(ds: xr.Dataset) -> xr.DataArray:
    """Share of a model's represented features that are in its largest island."""
    place = of_features(ds)["rank"]
    return (place == 0).where(place.notnull()).mean("feature")


def holds_together(ds: xr.Dataset) -> xr.DataArray:
    """As `in_largest`, where features are joined at twice the bar only."""

    def of_largest(labels: np.ndarray) -> float:
        there = labels[labels >= 0]
        return np.bincount(there).max() / there.size if there.size else np.nan

    return xr.apply_ufunc(
        lambda w: np.apply_along_axis(of_largest, -1, tegum_blocks(w, 2 * EPS)),
        ds.w,
        input_core_dims=[["hidden", "feature"]],
    )


def at_fraction(ds: xr.Dataset) -> xr.DataArray:
    """Share of a model's features in named polytopes that have D_i = d/k to within NEAR."""
    own, taken = of_weights(geometry.dimensionality, ds.w), of_features(ds).room
    return below(abs(own - taken), NEAR).mean("feature")


def neither_nor(ds: xr.Dataset) -> xr.DataArray:
    """Share of pairs of represented features that are neither joined nor orthogonal.

    |cos| from 2/3 to 4/3 of the bar at which they count as joined.
    """
    w = ds.w.transpose(..., "hidden", "feature")
    found = np.full(w.shape[:-2], np.nan)
    for model in np.ndindex(w.shape[:-2]):
        there = geometry.represented(w.values[model])
        cosines = abs(geometry.gram(geometry.directions(w.values[model][:, there])))
        pairs = cosines[np.triu_indices(len(cosines), 1)]
        if pairs.size:
            found[model] = np.mean((pairs > EPS * 2 / 3) & (pairs < EPS * 4 / 3))
    return xr.DataArray(found, ds.w.isel(hidden=0, feature=0, drop=True).coords, w.dims[:-2])


def joins_up(ds: xr.Dataset) -> xr.DataArray:
    """Whether the largest island's share is greater at the sparsest density than on the plateau."""
    share = in_largest(ds)
    sparsest = share.isel(density=int(ds.density.argmin("density")), drop=True)
    there = xr.DataArray(on_plateau(ds.density.values), dims="density")
    plateau = share.where(there)
    return below(plateau.max("density"), sparsest)


@lru_cache(maxsize=256)
def best_product(n: int, m: int, p: float) -> Mixture:
    """The best mixture of the polytopes. Remembered: it is asked for often, and takes a while."""
    return d_star(n, m, p, maxwell(p, (*COMPONENTS, FREE_ANTIPRISM)))


def predicted(ds: xr.Dataset) -> xr.DataArray:
    """The polytope that most represented features are in by the Maxwell construction, as a kind."""
    n, m = ds.sizes["feature"], ds.sizes["hidden"]
    kinds = []
    for p in ds.density.values:
        every = best_product(n, m, float(p)).shares
        shares = [one for one in every if one.name != UNREPRESENTED]
        name = max(shares, key=lambda one: one.fraction).name
        kinds.append(KINDS.index("square antiprism" if name == FREE_ANTIPRISM else name))
    return xr.DataArray(np.array(kinds, float), {"density": ds.density}, ("density",))


def as_predicted(ds: xr.Dataset) -> xr.DataArray:
    """Whether most represented features are in the polytope of the Maxwell construction."""
    kinds = of_features(ds).kind
    there = kinds.notnull()
    share = (kinds == predicted(ds)).where(there).mean("feature")
    return below(0.5 + 0 * share, share)


def over_polytopes(ds: xr.Dataset) -> xr.DataArray:
    """Exact loss over the least of any tegum product of the polytopes, by Maxwell's construction.

    Its mixture leaves out that polytopes come whole, so no such product loses less.
    """
    n, m = ds.sizes["feature"], ds.sizes["hidden"]
    least = [n * best_product(n, m, float(p)).loss for p in ds.density.values]
    return ds.loss / xr.DataArray(least, {"density": ds.density}, ("density",))


# --- controls -----------------------------------------------------------------------------------


def _other_lengths(ds: xr.Dataset) -> xr.DataArray:
    w = ds.w.transpose("hidden", ...)
    return w * np.exp(0.15 * np.random.default_rng(20220914).normal(size=w.shape[1:]))


JITTERED = jittered(0.3)
UNEQUAL = replaced("lengths off by 15 %", w=_other_lengths)
