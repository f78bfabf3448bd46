"""Two pairs inside one polytope: singular vectors of Σ_k W_k V_kᵀ for features at any angle.

With unit features at cosine c on the left (W_1, W_2) and at c' on the right (V_1, V_2), and equal
weights, the two pairs are a sum and a difference, W_1 V_1ᵀ + W_2 V_2ᵀ = ½ (s s'ᵀ + d d'ᵀ) with
s = W_1 + W_2 and d = W_1 - W_2. These are orthogonal whatever c is, ‖s‖² = 2 (1 + c) and
‖d‖² = 2 (1 - c). So the slices are the contrasts, with singular values √((1 + c)(1 + c')) and
√((1 - c)(1 - c')): features with a cosine between them cannot both be singular vectors.
"""

import numpy as np
from jaxtyping import Float

from tegum.errors import bad_input

SAME = 1e-6  # below which two singular values, or one and 0, count as the same


def contrast_values(c: float, c_right: float) -> Float[np.ndarray, " contrasts"]:
    """The singular values of the difference and of the sum, in this order.

    Args:
        c: cosine between the two left features, from -1 to 1.
        c_right: between the two right ones.
    """
    if not (abs(c) <= 1 + SAME and abs(c_right) <= 1 + SAME):
        raise bad_input("c", (c, c_right), "two cosines, from -1 to 1")
    both = np.clip([c, c_right], -1, 1)
    return np.sqrt([np.prod(1 - both), np.prod(1 + both)])


def contrast_slices(c: float, c_right: float) -> Float[np.ndarray, "slices contrasts"]:
    """Which contrast each slice is: 1 for the difference or the sum that it is, 0 for the other.

    NaN for a slice that the theory leaves free: of two equal values, or of none.
    """
    values = contrast_values(c, c_right)
    order = np.argsort(-values, kind="stable")
    chosen = np.eye(2)[order]
    chosen[values[order] < SAME] = np.nan
    return np.full((2, 2), np.nan) if np.ptp(values) < SAME else chosen


def contrast_cosines(c: float, c_right: float) -> Float[np.ndarray, "sides slices"]:
    """|cos| of each slice with either feature of its side: √((1 + c)/2) of a sum, √((1 - c)/2) of
    a difference, and √½ for both on a side whose features are orthogonal. NaN where it is free.
    """
    each = [[np.sqrt((1 - k) / 2), np.sqrt((1 + k) / 2)] for k in np.clip([c, c_right], -1, 1)]
    return np.einsum("kc,sc->sk", contrast_slices(c, c_right), each)


def sigma_ratio(c: float, c_right: float) -> float:
    """σ_2/σ_1 of two equal pairs; (1 - |c|)/(1 + |c|) where both sides have the same c."""
    low, high = np.sort(contrast_values(c, c_right))
    return float(low / high)


def ceiling(c: float) -> float:
    """The most that the mean |cos| of two orthonormal vectors with two features at cosine c can be."""
    return float((np.sqrt(1 + c) + np.sqrt(1 - c)) / 2)


def mean_cosine(c: float) -> float:
    """The mean |cos| of the two contrasts with the two features: the `ceiling` over √2."""
    return ceiling(c) / float(np.sqrt(2))


def graded_cosines(c: float, weight: float) -> Float[np.ndarray, " slices"]:
    """|cos| of slice k with feature k for pairs weighted 1 and `weight`, at cosine c on both sides.

    From the contrasts at weight 1 to feature 1 and what is orthogonal to it as the weight vanishes.
    """
    w = np.array([[1.0, c], [0.0, np.sqrt(1 - c**2)]])
    _, vectors = np.linalg.eigh((w * [1.0, weight]) @ w.T)
    return np.abs(np.diag(vectors[:, ::-1].T @ w))
