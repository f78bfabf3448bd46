"""The polytopes that features form, as vertices of unit length, and how much room each takes.

A tegum product is made of independent polytopes in orthogonal subspaces. One factor with k vertices in d dimensions
takes d/k of a dimension for each feature. That is the feature's dimensionality D = ‖W_i‖² / Σ_j (Ŵ_i·W_j)² where the
vertices are a tight frame, Σ_i W_i W_iᵀ ∝ 1; where they are not, D is less, yet the room taken is the same.
"""

import math

import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_float64, as_numpy
from tegum.errors import bad_input, unknown_name

UNREPRESENTED = "unrepresented"
FREE_ANTIPRISM = "square antiprism of free height"
TIGHT_HEIGHT = 1 / math.sqrt(
    2
)  # of the square antiprism, in units of its squares' circumradius: Σ z² = Σ x² = Σ y²

SIMPLEXES = {"single": 1, "digon": 2, "triangle": 3, "tetrahedron": 4, "5-cell": 5}
POLYGONS = {"square": 4, "pentagon": 5, "hexagon": 6}
SOLIDS = ("octahedron", "icosahedron", "square antiprism")
NAMES = (*SIMPLEXES, *POLYGONS, *SOLIDS)


def vertices(name: str) -> Float[np.ndarray, "dimensions vertices"]:
    """The vertices of a named polytope: unit vectors, one a column, whose mean is 0 unless it is a single one.

    Args:
        name: "single", "digon", "triangle", "tetrahedron", "5-cell", "square", "pentagon", "hexagon", "octahedron",
            "icosahedron" or "square antiprism" (the tight one; `square_antiprism` has others).

    Raises:
        BadInputError: on another name.
    """
    if name in SIMPLEXES:
        return _simplex(SIMPLEXES[name])
    if name in POLYGONS:
        return polygon(POLYGONS[name])
    if name == "octahedron":
        return np.hstack([np.eye(3), -np.eye(3)])
    if name == "icosahedron":
        golden = (1 + math.sqrt(5)) / 2
        ring = np.array([[0.0, x, y] for x in (1, -1) for y in (golden, -golden)]).T
        every = np.hstack([np.roll(ring, shift, axis=0) for shift in range(3)])
        return every / np.linalg.norm(every, axis=0)
    if name == "square antiprism":
        return square_antiprism(TIGHT_HEIGHT)
    raise unknown_name("polytope", name, NAMES)


def polygon(k: int) -> Float[np.ndarray, "2 vertices"]:
    """The regular k-gon; for k = 2 a digon in the plane."""
    if k < 1:
        raise bad_input("k", k, "at least 1 vertex")
    angle = 2 * np.pi * np.arange(k) / k
    return np.array([np.cos(angle), np.sin(angle)])


def square_antiprism(height: float) -> Float[np.ndarray, "3 8"]:
    """Two squares, one turned by 45°, at ± `height` in units of their circumradius; lengths brought to 1.

    The tight frame has height 1/√2, which is z = 1/√3 at unit length, and D = 3/8; but it is not the best at storing
    features: see `tegum.theory.polytope_losses.polytope_loss`.
    """
    if not (math.isfinite(height) and height >= 0):
        raise bad_input("height", height, "a finite height of at least 0")
    angle = np.pi / 4 * np.arange(8)
    every = np.array([np.cos(angle), np.sin(angle), height * (-1.0) ** np.arange(8)])
    return every / math.sqrt(1 + height**2)


def room(shape: Float[Array, "dimensions vertices"]) -> float:
    """Dimensions that one feature takes: the rank of the vertices over their number; D for a tight frame."""
    return int(np.linalg.matrix_rank(as_numpy(shape))) / np.shape(shape)[1]


def dimensionality(shape: Float[Array, "dimensions vertices"]) -> Float[np.ndarray, " vertices"]:
    """D_i = ‖W_i‖² / Σ_j (Ŵ_i·W_j)² of each vertex, 0 for one of no length.

    Source:
        Elhage et al. 2022, "Toy Models of Superposition", feature dimensionality.
    """
    w = as_float64(shape)
    squares = np.sum(w**2, axis=0)
    shared = np.sum((w.T @ w) ** 2, axis=1)
    return np.where(shared > 0, squares**2 / np.where(shared > 0, shared, 1.0), 0.0)


def unit_vertices(
    shape: Float[Array, "dimensions vertices"],
) -> Float[np.ndarray, "dimensions vertices"]:
    """The directions of the columns.

    Raises:
        BadInputError: if it is no matrix of finite columns, none of them 0.
    """
    w = as_float64(shape)
    if w.ndim != 2 or 0 in w.shape:
        raise bad_input("vertices", w.shape, "a shape of dimensions x vertices")
    length = np.linalg.norm(w, axis=0)
    if not np.isfinite(w).all() or np.any(length == 0):
        raise bad_input("vertices", w, "finite columns, none of them 0")
    return w / length


def _simplex(k: int) -> np.ndarray:
    """Unit vectors, k of them in k - 1 dimensions, at one angle to each other; a single one for k = 1."""
    if k == 1:
        return np.ones((1, 1))
    basis = np.linalg.svd(np.eye(k) - 1 / k)[2][: k - 1]
    return basis / np.linalg.norm(basis, axis=0)
