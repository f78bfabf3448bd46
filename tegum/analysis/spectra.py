"""The singular vectors of a head, held against the features they might be.

Symbols: Ω = AᵀB, with A, B rank x hidden; u_k, v_k its left and right singular vectors, σ_k its singular values; a head
attends to pairs (i, j) of features, W_i on the left and W_j on the right.

Singular vectors come in pairs with a common sign: (u_k, v_k) and (-u_k, -v_k) are the same. So a slice stands for a
pair of features only if both cosines are large AND of equal sign.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from tegum.analysis.geometry import directions
from tegum.arrays import Array, namespace


def svd_of_product(
    a: Float[Array, "*models rank hidden"], b: Float[Array, "*models rank hidden"]
) -> tuple[Float[Array, "*models hidden rank"], Float[Array, "*models rank"], Float[Array, "*models hidden rank"]]:
    """Singular value decomposition of Ω = AᵀB, without forming Ω: two thin QRs and the SVD of a rank x rank core.

    Args:
        a, b: the head's two matrices, rank ≤ hidden.

    Returns:
        u, s, v with Ω = u diag(s) vᵀ; column k of u and v is slice k, s in decreasing order.
    """
    xp = namespace(a, b)
    left, left_core = xp.linalg.qr(xp.matrix_transpose(a))
    right, right_core = xp.linalg.qr(xp.matrix_transpose(b))
    core_u, s, core_vt = xp.linalg.svd(xp.matmul(left_core, xp.matrix_transpose(right_core)))
    return xp.matmul(left, core_u), s, xp.matmul(right, xp.matrix_transpose(core_vt))


def cosines(
    slices: Float[Array, "*models hidden rank"], w: Float[Array, "*models hidden features"]
) -> Float[Array, "*models rank features"]:
    """Signed cosine of every singular vector with every feature's direction; 0 where a feature has no direction."""
    xp = namespace(slices, w)
    return xp.matmul(xp.matrix_transpose(slices), directions(w))


def effective_rank(singular_values: Float[Array, "*models rank"]) -> Float[Array, "*models"]:
    """(Σ σ²)² / Σ σ⁴, the participation ratio: how many equal singular values would spread as widely. 0 for Ω = 0."""
    xp = namespace(singular_values)
    power = singular_values**2
    total, squares = xp.sum(power, axis=-1), xp.sum(power**2, axis=-1)
    return xp.where(squares > 0, total**2 / xp.where(squares > 0, squares, 1.0), 0.0)


@dataclass(frozen=True)
class Match:
    """Which slice stands for which feature pair. Arrays run over the pairs that got a slice.

    Attributes:
        pair: positions in the list of pairs, in increasing order.
        slice: the slice matched with each.
        left, right: signed cosines of u_k with W_i and of v_k with W_j.
    """

    pair: Int[np.ndarray, " matched"]
    slice: Int[np.ndarray, " matched"]
    left: Float[np.ndarray, " matched"]
    right: Float[np.ndarray, " matched"]

    @property
    def signed(self) -> Float[np.ndarray, " matched"]:
        """Left · right: the joint score. Negative means that one side points against its feature."""
        return self.left * self.right


def match_slices(
    u: Float[Array, "hidden rank"],
    v: Float[Array, "hidden rank"],
    w: Float[Array, "hidden features"],
    pairs: tuple[tuple[int, int], ...],
) -> Match:
    """Give each feature pair a slice of its own, left and right jointly, so that Σ |cos left| |cos right| is greatest.

    Args:
        u, v: singular vectors, as from `svd_of_product`.
        w: the features' directions.
        pairs: (i, j): feature i on the left, j on the right.

    Returns:
        One slice a pair, or one pair a slice if there are fewer slices.
    Source:
        Hungarian assignment, `scipy.optimize.linear_sum_assignment`.
    """
    left_of, right_of = np.transpose(pairs)
    left = np.asarray(cosines(u, w))[:, left_of].T
    right = np.asarray(cosines(v, w))[:, right_of].T
    pair, chosen = linear_sum_assignment(-np.abs(left * right))
    return Match(pair, chosen, left[pair, chosen], right[pair, chosen])
