"""Shapes in the plane, named by how many features they hold and the angles between neighbours."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.analysis.geometry import norms, represented
from tegum.studies.core.measures import of_weights
from tegum.theory.search import Minima, minimise

FORMS: dict[str, tuple[float | int, ...]] = {
    "two features": (0, 90),
    "digon and one": (0, 90, 180),
    "triangle": (0, 120, 240),
    "folded triangle": (0, 60, 120),
    "two digons": (0, 90, 180, 270),
    "pentagon": (0, 72, 144, 216, 288),
}
"""where features point, in degrees; folded: a triangle with one direction turned round, which at
density 1 is as good but for what ReLU clips"""
OTHER = len(FORMS)
"""the place of whatever is none of these"""
NAMES = (*FORMS, "other")
NEAR = 10.0
"""degrees that an angle between neighbours may be off; those of different shapes differ by 18 or
more"""


def gaps(angles: Float[np.ndarray, " features"]) -> Float[np.ndarray, " features"]:
    """The angles from each direction to the next, in degrees, in rising order."""
    around = np.sort(np.mod(angles, 360.0))
    return np.sort(np.diff(around, append=around[:1] + 360.0))


def shape_of(w: Float[np.ndarray, "*models 2 features"]) -> Float[np.ndarray, "*models"]:
    """The place in NAMES of each model's shape: of the features longer than 1/2, others aside."""
    models = w.reshape(-1, *w.shape[-2:])
    found = [_place(one[:, kept]) for one, kept in zip(models, represented(models), strict=True)]
    return np.array(found, float).reshape(w.shape[:-2])


def _place(w: Float[np.ndarray, "2 kept"]) -> int:
    seen = gaps(np.degrees(np.arctan2(w[1], w[0])))
    for place, angles in enumerate(FORMS.values()):
        if len(angles) == len(seen) and np.all(abs(seen - gaps(np.array(angles, float))) <= NEAR):
            return place
    return OTHER


def shapes(w: xr.DataArray) -> xr.DataArray:
    """`shape_of` labelled weights, NaN for a model that diverged."""
    return of_weights(shape_of, w, per=None)


def is_shape(name: str, found: xr.DataArray) -> xr.DataArray:
    """1 for models of this shape, 0 for others, NaN for those that diverged."""
    return (found == NAMES.index(name)).where(found.notnull()).astype(float)


def form(name: str, n_features: int) -> Float[np.ndarray, "2 features"]:
    """Unit columns of a shape for the first features; the others 0."""
    angles = np.deg2rad(FORMS[name])
    w = np.zeros((2, n_features))
    w[:, : len(angles)] = [np.cos(angles), np.sin(angles)]
    return w


def descended(
    names: Sequence[str],
    n_features: int,
    density: Float[np.ndarray, " models"],
    importance: Float[np.ndarray, " features"],
) -> Minima:
    """Where exact descents end that begin near shapes.

    Args:
        names: of shapes that n features can form, one a model.
        n_features: n.
        density: p of each model.
        importance: of each feature.
    """
    w = np.stack([form(name, n_features) for name in names])
    b = density[:, None] * np.where(norms(w) > 0, 0.1, 0.5)
    # A nudge, the same everywhere, so that a start that is a saddle by symmetry is left.
    w = 0.98 * w + 0.01 * np.cos(1 + np.arange(w[0].size)).reshape(w[0].shape)
    return minimise(w, b, density[:, None], importance, tolerance=1e-6, terms=256)
