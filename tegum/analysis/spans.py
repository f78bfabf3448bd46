"""Spans instead of single vectors: angles between them, features' energy in them, and what a basis can reach at all.

Symbols: U = [u_1 ... u_r] has orthonormal columns; Ŵ_i is feature i's direction; I a set of k attended features.

Singular vectors that belong to one singular value are an arbitrary basis of their span: only the span means anything.
And an orthonormal basis cannot point at features that are not orthogonal. The best it can do with a vector for each is

    max over orthonormal U of Σ_i |u_i · Ŵ_i| = ‖Ŵ_I‖_*,    the nuclear norm, reached by the polar factor of Ŵ_I.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from tegum.analysis.geometry import directions
from tegum.arrays import Array, as_float64, check_weights, namespace
from tegum.errors import bad_input


def principal_angles(
    left: Float[Array, "*models hidden left"], right: Float[Array, "*models hidden right"]
) -> Float[np.ndarray, "*models least"]:
    """The angles between the spans of two sets of columns, smallest first.

    Args:
        left, right: columns that span; they need be neither orthogonal nor independent.

    Returns:
        Radians, in [0, π/2]. As many as the lesser number of columns; nan at the end, where a span has fewer
        dimensions than it has columns, and for a model that is not finite.

    Source:
        Björck and Golub 1973; the angle from half chords (Kahan), which stays accurate when it is small.
    """
    left, right = as_float64(left), as_float64(right)
    first, second = _basis(left), _basis(right)
    least = min(first.shape[-1], second.shape[-1])
    ranks = [np.sum(np.any(basis != 0, axis=-2), axis=-1) for basis in (first, second)]
    x, _, yt = np.linalg.svd(np.swapaxes(first, -1, -2) @ second, full_matrices=False)
    one, other = first @ x, second @ np.swapaxes(yt, -1, -2)
    angles = 2 * np.arctan2(
        np.linalg.norm(one - other, axis=-2), np.linalg.norm(one + other, axis=-2)
    )
    there = np.arange(least) < np.minimum(*ranks)[..., None]
    finite = np.all(np.isfinite(left), axis=(-2, -1)) & np.all(np.isfinite(right), axis=(-2, -1))
    return np.where(
        there & finite[..., None], np.sort(np.where(there, angles, np.inf), axis=-1), np.nan
    )


def span_energy(
    slices: Float[Array, "*models hidden rank"], w: Float[Array, "*models hidden features"]
) -> Float[Array, "*models features"]:
    """‖Uᵀ Ŵ_i‖²: how much of each feature's direction lies in the span of the slices.

    Args:
        slices: orthonormal columns.
        w: the features' directions.

    Returns:
        In [0, 1]. A random span of rank dimensions has rank/hidden on average, `nulls.chance_energy_quantile` at most.

    Raises:
        BadInputError: if `w` has other hidden dimensions than the slices.
    """
    xp = namespace(slices, w)
    check_weights(w, hidden=slices.shape[-2])
    return xp.sum(xp.matmul(xp.matrix_transpose(slices), directions(w)) ** 2, axis=-2)


def excess_energy(
    slices: Float[Array, "*models hidden rank"], w: Float[Array, "*models hidden features"]
) -> Float[Array, "*models features"]:
    """`span_energy` minus rank/hidden, its mean for a random span: 0 is chance."""
    return span_energy(slices, w) - slices.shape[-1] / slices.shape[-2]


def used_projector(
    w: Float[Array, "*models hidden features"], least: float = 0.1
) -> Float[np.ndarray, "*models hidden hidden"]:
    """The projector onto the hidden directions that features use; its trace is how many they are.

    In the others h is all but zero: nothing trains Ω there, and C⁺ a_i would be rounding, enlarged.

    Args:
        w: weights.
        least: singular values of W up to this times the largest count as unused.
    """
    u, s, _ = np.linalg.svd(as_float64(w), full_matrices=False)
    kept = u * (s > least * s[..., :1])[..., None, :]
    return kept @ np.swapaxes(kept, -1, -2)


def alignment_ceiling(
    w: Float[Array, "*models hidden features"], features: Sequence[int] | None = None
) -> Float[Array, "*models"]:
    """‖Ŵ_I‖_* / k: the best mean |cos| between k features and an orthonormal vector for EACH of them.

    1 for orthogonal features, (√(1+c) + √(1-c))/2 for two with cosine c. It bounds a one-to-one matching, and
    some basis reaches it when k ≤ hidden; with more features than dimensions it still bounds, but need not be reached.
    It does NOT bound the best slice for each feature where two may claim the same one: one slice serves both of an
    antipodal pair with |cos| = 1, while their ceiling is √2/2.

    Args:
        w: the features' directions.
        features: I, the attended ones; None for all. A feature without direction counts with |cos| = 0.

    Returns:
        In [0, 1].

    Raises:
        BadInputError: if `features` is empty, repeats one or names one that is not there.
    """
    if features is not None:
        chosen = np.asarray(features)
        if (
            not chosen.size
            or len(set(features)) < chosen.size
            or chosen.min() < 0
            or chosen.max() >= w.shape[-1]
        ):
            raise bad_input(
                "features",
                features,
                f"different features from 0 to features - 1 = {w.shape[-1] - 1}",
            )
        w = w[..., chosen]
    xp = namespace(w)
    return xp.sum(xp.linalg.svdvals(directions(w)), axis=-1) / w.shape[-1]


def _basis(columns: Array) -> Float[np.ndarray, "*models hidden columns"]:
    """Orthonormal columns of the same span, zero columns after them; at most `hidden` in all."""
    columns = as_float64(columns)
    u, s, _ = np.linalg.svd(np.where(np.isfinite(columns), columns, 0.0), full_matrices=False)
    # The usual cut-off for a numerical rank, as in numpy.linalg.matrix_rank.
    cutoff = max(columns.shape[-2:]) * np.finfo(np.float64).eps * s[..., :1]
    return u * ((s > cutoff) & (s > 0))[..., None, :]
