"""Which polytopes the factors of a tegum product are: a name for each, and how far it is from it.

Symbols: B holds one factor's k features as columns, V the k vertices of a polytope in d dimensions. Over isometries Q,
permutations P and a common scale s the residual is the least relative distance

    r = min ‖B - s Q V P‖_F / ‖B‖_F = √(1 - N²),    N = max_P ‖B (V P)ᵀ‖_* / (‖B‖_F ‖V‖_F),

0 for the polytope itself in any position and size, at most 1. By Procrustes the best Q is the polar factor of B (V P)ᵀ,
whose nuclear norm P has to make greatest. arccos N is a metric on shapes (Kendall's, up to permutation), so what lies
nearer to V than half the way from V to any other polytope is nearer to V than to all others.

How P is found: no P gives more than N = Σ σ_i(B) σ_i(V) / (‖B‖ ‖V‖), by von Neumann, which settles at once what is far
from V. Else d vertices that span the space are laid on d features, each d in turn. Every lie has its Q, every Q the P
that is best with it (a linear assignment), and the best of all is improved by turns of Q and P. Where r is small one of
the lies puts each vertex next to its own feature, and r is exact; where it is not, it is an upper bound.

Some polytopes are tegum products themselves, and no connected component: a square is two digons, an octahedron three, a
triangular bipyramid a triangle and a digon, a pentagonal one a pentagon and a digon. Features that form them are named
by what they fall apart into. Only a distorted one may hold together, and has its own name then.

Source:
    Elhage et al. 2022, "Toy Models of Superposition", feature geometry graph; Kendall 1984 for the metric.
"""

from collections.abc import Mapping
from itertools import permutations
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import qr
from scipy.optimize import linear_sum_assignment

from tegum.analysis.blocks import tegum_blocks
from tegum.arrays import Array, as_float64, check_weights
from tegum.errors import bad_input

UNKNOWN = "unknown"
WITHIN = 0.15
"""residual up to which a factor has a polytope's name. Half the way between the nearest two named polytopes, 5-cell and
triangular bipyramid, is .261, so none has two names. The square antiprism that stores features best differs by .06 from
the one that is a tight frame. Random directions in five dimensions or more come as near in less than one draw of a
hundred; in the plane, in a tenth to a digon and in a fiftieth to the others."""


class Factor(NamedTuple):
    """One factor of a tegum product.

    Attributes:
        name: of the polytope, or `UNKNOWN`.
        features: its members, rising.
        residual: relative distance from the nearest polytope with as many vertices; inf if there is none.
        nearest: that polytope, whether it is near enough to give the name or not; empty if there is none.
        vertices: for each member, which vertex of the nearest polytope it is.
    """

    name: str
    features: tuple[int, ...]
    residual: float
    nearest: str
    vertices: tuple[int, ...]


def factors(
    w: Float[Array, "hidden features"],
    shapes: Mapping[str, Float[Array, "_ _"]],
    *,
    eps: float = 0.15,
    threshold: float = 0.5,
    within: float = WITHIN,
) -> list[Factor]:
    """One model's factors, each a connected component of |Ŵ_i · Ŵ_j| > eps, with the names of their polytopes.

    Args:
        w: one model's weights.
        shapes: polytopes by name, dimensions x vertices, as of `tegum.theory.polytopes.vertices`.
        eps: cosines up to this count as orthogonal.
        threshold: weak features, those shorter than this, are in no factor.
        within: the greatest residual with which a factor has a polytope's name.

    Returns:
        In the order of their first features; none for a model that is not finite.

    Raises:
        BadInputError: `w` is no matrix of one model.
    """
    check_weights(w)
    w = as_float64(w)
    if w.ndim != 2:
        raise bad_input("w", w.shape, "one model's hidden x features", "take the models in turn")
    labels = tegum_blocks(w, eps, threshold)
    members = [np.flatnonzero(labels == block) for block in range(labels.max(initial=-1) + 1)]
    return [_named(w[:, those], those, shapes, within) for those in members]


class Fit(NamedTuple):
    """The least relative distance of features from a polytope, and which vertex each of them is."""

    residual: float
    vertices: Int[np.ndarray, " features"]


def fit(
    features: Float[Array, "hidden features"],
    shape: Float[Array, "dimensions features"],
    within: float = 1.0,
) -> Fit:
    """How near features come to a polytope, up to rotation, reflection, permutation and scale.

    Args:
        features: as columns, not all 0.
        shape: with as many vertices, which span its dimensions.
        within: a residual that is surely greater is not searched for; a lower bound on it is given.
    """
    b, v = _inside(as_float64(features), len(shape)), as_float64(shape)
    b, v = b / np.linalg.norm(b), v / np.linalg.norm(v)
    d, k = v.shape
    most = float(np.linalg.svd(b, compute_uv=False)[:d] @ np.linalg.svd(v, compute_uv=False))
    if _residual(most) > within:
        return Fit(_residual(most), np.arange(k))
    base = qr(v, pivoting=True, mode="r")[1][:d]
    lies = np.array(list(permutations(range(k), d)))
    tried = np.unique(_assigned(b, v, _turns(b[:, lies].swapaxes(0, 1), v[:, base])), axis=0)
    overlaps = _overlaps(b, v, tried)
    best, most = tried[overlaps.argmax()], overlaps.max()
    while True:
        turned = _assigned(b, v, _turns(b[None], v[:, best]))
        overlap = _overlaps(b, v, turned)[0]
        if overlap <= most + 1e-12:
            return Fit(_residual(most), best)
        best, most = turned[0], overlap


def _named(
    b: Float[np.ndarray, "hidden members"],
    members: Int[np.ndarray, " members"],
    shapes: Mapping[str, Float[Array, "_ _"]],
    within: float,
) -> Factor:
    alike = {name: shape for name, shape in shapes.items() if np.shape(shape)[1] == len(members)}
    fits = {name: fit(b, shape, within) for name, shape in alike.items()}
    those = tuple(map(int, members))
    if not fits:
        return Factor(UNKNOWN, those, np.inf, "", ())
    nearest = min(fits, key=lambda name: fits[name].residual)
    residual, vertices = fits[nearest]
    name = nearest if residual <= within else UNKNOWN
    return Factor(name, those, residual, nearest, tuple(map(int, vertices)))


def _inside(b: Float[np.ndarray, "hidden k"], least: int) -> Float[np.ndarray, "rank k"]:
    """The same features in their own span's axes, in at least so many dimensions."""
    _, sizes, rows = np.linalg.svd(b, full_matrices=False)
    inside = sizes[:, None] * rows
    return np.pad(inside, ((0, max(0, least - len(inside))), (0, 0)))


def _turns(
    b: Float[np.ndarray, "lies rank some"], v: Float[np.ndarray, "d some"]
) -> Float[np.ndarray, "lies rank d"]:
    """The isometries that bring these vertices nearest to those features, in their order."""
    left, _, right = np.linalg.svd(b @ v.T, full_matrices=False)
    return left @ right


def _assigned(
    b: Float[np.ndarray, "rank k"],
    v: Float[np.ndarray, "d k"],
    turns: Float[np.ndarray, "lies rank d"],
) -> Int[np.ndarray, "lies k"]:
    """For each turn, which vertex each feature is best taken for."""
    gains = np.swapaxes(turns @ v, -1, -2) @ b  # lies x vertices x features
    return np.array([linear_sum_assignment(gain.T, maximize=True)[1] for gain in gains])


def _overlaps(
    b: Float[np.ndarray, "rank k"],
    v: Float[np.ndarray, "d k"],
    vertices: Int[np.ndarray, "tried k"],
) -> Float[np.ndarray, " tried"]:
    """N of each assignment, for features and polytope of norm 1."""
    placed = np.moveaxis(v[:, vertices], 0, 1)  # tried x d x k
    return np.linalg.norm(b @ placed.swapaxes(-1, -2), ord="nuc", axis=(-2, -1))


def _residual(overlap: float) -> float:
    return float(np.sqrt(max(0.0, 1.0 - overlap**2)))
