"""Weights in the plane in a canonical position: rotated and reflected so that equal shapes look equal.

x' = f(WᵀWx + b) does not change under W → QW, Q orthogonal: training leaves a random Q in W, and a
row of pictures needs one that is the same for the same shape. Symbols: W is 2 x n, column i at the
angle φ_i from the first axis, counted to the left.
"""

import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input

HEARD = 0.5
"""columns shorter than this share of the longest do not choose the position"""
ALIKE = 1e-6
"""angles and lengths nearer than this, in radians and shares of the longest, are equal"""
_MIRROR = np.array([[-1.0], [1.0]])


def canonical(
    w: Float[Array, "..."], *, exchangeable: bool = False
) -> Float[np.ndarray, "2 features"]:
    """QW, Q orthogonal, so that W and any rotation or reflection of it become the same.

    With numbered features the first one that is long (half the longest or more) points up, and the
    first one, long ones first, that is neither with it nor against it points to the left. With
    exchangeable ones (of equal importance and density) columns come in the order of their angle,
    counted from up to the left, short ones after the long; which long one points up, and which way
    the others follow, is chosen so that the angles, then the lengths, are least in lexicographic
    order. Then any permutation of the columns becomes the same, too. Idempotent, to rounding.

    Args:
        w: 2 x features, finite.
        exchangeable: whether the features' numbers mean nothing.

    Raises:
        BadInputError: on another shape, or numbers that are not finite.
    """
    w = as_float64(w)
    if w.ndim != 2 or len(w) != 2 or not np.isfinite(w).all():
        raise bad_input("w", w.shape, "finite weights of shape 2 x features")
    length = np.linalg.norm(w, axis=0)
    longest = length.max(initial=0.0)
    if longest == 0:
        return w.copy()
    long: list[int] = np.flatnonzero(length >= HEARD * longest).tolist()
    if not exchangeable:
        turned = _upright(w, long[0])
        others = (k for k in range(w.shape[1]) if k not in long)
        aside = [k for k in (*long, *others) if abs(turned[0, k]) > ALIKE * longest]
        return turned * _MIRROR if aside and turned[0, aside[0]] > 0 else turned
    every = [_upright(w, k) * side for k in long for side in (1.0, _MIRROR)]
    return min((_in_order(one, longest) for one in every), key=lambda one: _rank(one, longest))


def _upright(w: np.ndarray, k: int) -> np.ndarray:
    """Rotated so that column k points up."""
    x, y = w[:, k] / np.hypot(*w[:, k])
    return np.array([[y, -x], [x, y]]) @ w


def _places(w: np.ndarray, longest: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether columns are short, their angle from up to the left, and length; in whole ALIKEs."""
    length = np.linalg.norm(w, axis=0) / longest
    angle = np.arctan2(-w[0], w[1]) % (2 * np.pi)
    # What points up but for rounding has 0, and so has what is too short to point anywhere.
    angle = np.where((2 * np.pi - angle < ALIKE) | (length < ALIKE), 0.0, angle)
    return length < HEARD, np.round(angle / ALIKE), np.round(-length / ALIKE)


def _in_order(w: np.ndarray, longest: float) -> np.ndarray:
    short, angle, length = _places(w, longest)
    return w[:, np.lexsort((length, angle, short))]


def _rank(w: np.ndarray, longest: float) -> tuple[float, ...]:
    short, angle, length = _places(w, longest)
    count = int(np.sum(~short))
    return (*angle[:count], *length[:count], *angle[count:], *length[count:])
