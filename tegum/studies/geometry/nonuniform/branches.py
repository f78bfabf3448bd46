"""Both minima of five features in the plane, followed exactly while one feature is made another.

The loss of given weights is a straight line in the density of any one feature (it is active, or it
is not) and in its importance. So along a branch of minima (W, b)(r), r the ratio of the varied
feature's density or importance to the others',

    dL/dr = ∂L/∂r at fixed (W, b),    d²L/dr² ≤ 0:

each branch is concave, and all of it lies below its tangents. Two digons with the feature dropped
lose, in closed form, four times a digon's loss and I (p/3 - p²/4), I and p of the dropped feature.

A branch is followed as long as descent stays on it: the pentagon ceases to be a minimum at some
ratio below 1, two digons at some ratio above it.
"""

from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float

from tegum.analysis.geometry import norms
from tegum.theory.expected import expected_losses
from tegum.theory.optima import polytope_loss
from tegum.theory.search import minimise

Varied: TypeAlias = Literal["density", "importance"]

FEATURES, PLANE = 5, 2
BRANCHES = ("pentagon", "two digons")
ROUGH: dict[str, Any] = {"tolerance": 1e-7, "terms": 256}
"""of descents; what they end at is evaluated with all terms, and is off by the square of theirs"""
NUDGE = 1e-3
"""added to weights at each step: what has become a saddle is left, a minimum is come back to"""
TANGENTS = 4
"""enough: the error is squared by each, and the first leaves a fifth or less"""


class Laws(NamedTuple):
    """Densities and importances of all features, feature 0 the varied one."""

    density: Float[np.ndarray, "ratios features"]
    importance: Float[np.ndarray, "ratios features"]


def laws(
    varied: Varied,
    density: float | Float[np.ndarray, " ratios"],
    ratio: Float[np.ndarray, " ratios"],
) -> Laws:
    """Five features, equal but for feature 0.

    Args:
        varied: what of feature 0 is `ratio` times the others'.
        density: p of the others, whose importance is 1.
        ratio: of feature 0's to the others'.
    """
    ratio = np.asarray(ratio, float)
    p = np.repeat((density + 0 * ratio)[:, None], FEATURES, axis=1)
    both = Laws(p, np.ones_like(p))
    (both.density if varied == "density" else both.importance)[:, 0] *= ratio
    return both


def regular(
    branch: str, density: float
) -> tuple[Float[np.ndarray, "2 5"], Float[np.ndarray, " 5"]]:
    """W and b near the minimum of a branch at ratio 1, at small densities.

    Args:
        branch: one of `BRANCHES`.
        density: p of feature 0, which two digons answer by its mean p/2. From a larger answer
            descent may overshoot to one below 0, where the output is dead.
    """
    if branch == "pentagon":
        angle = 2 * np.pi * np.arange(FEATURES) / FEATURES
        return 1.1 * np.stack([-np.sin(angle), np.cos(angle)]), np.full(FEATURES, -0.1)
    w = np.zeros((PLANE, FEATURES))
    w[0, 1:3], w[1, 3:5] = (1, -1), (1, -1)
    return w, np.where(norms(w) > 0, 0.0, density / 2)


def nudged(w: Float[np.ndarray, "*models 2 5"]) -> Float[np.ndarray, "*models 2 5"]:
    """Weights with all symmetry broken a little."""
    return w + NUDGE * np.cos(1 + np.arange(PLANE * FEATURES)).reshape(PLANE, FEATURES)


def slopes(
    varied: Varied,
    density: float | Float[np.ndarray, " ratios"],
    ratio: Float[np.ndarray, " ratios"],
    w: Float[np.ndarray, "ratios 2 5"],
    b: Float[np.ndarray, "ratios 5"],
) -> Float[np.ndarray, " ratios"]:
    """∂L/∂ratio at fixed weights: a difference, exact since L is a straight line."""
    one, other = (
        expected_losses(w, b, *laws(varied, density, each)) for each in (ratio, ratio / 2)
    )
    return (one - other) / (ratio / 2)


class Followed(NamedTuple):
    """Both branches along the axis of ratios, from 1 outwards, each minimum begun at the last."""

    w: Float[np.ndarray, "branches ratios 2 5"]
    loss: Float[np.ndarray, "branches ratios"]
    slope: Float[np.ndarray, "branches ratios"]


def followed(varied: Varied, density: float, outwards: Float[np.ndarray, " steps"]) -> Followed:
    """Follow both branches to ratios above 1 and below, all four at once.

    Args:
        varied, density: as in `laws`.
        outwards: ratios from 1 up; followed to these and to one over these.
    """
    starts = [regular(branch, density) for branch in BRANCHES for _ in range(2)]
    w, b = (np.stack(each) for each in zip(*starts, strict=True))
    ends: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for step in outwards:
        ratio = np.array([step, 1 / step] * len(BRANCHES))
        law = laws(varied, density, ratio)
        found = minimise(w, b, *law, **ROUGH)
        loss = expected_losses(found.w, found.b, *law)
        ends.append((found.w, loss, slopes(varied, density, ratio, found.w, found.b)))
        w, b = nudged(found.w), found.b
    along = [np.stack(each, axis=1) for each in zip(*ends, strict=True)]
    # Chains come as up, down of one branch, then of the other.
    w, loss, slope = (np.concatenate([each[1::2, :0:-1], each[::2]], axis=1) for each in along)
    return Followed(w, loss, slope)


def digons(
    varied: Varied,
    density: float | Float[np.ndarray, " ratios"],
    ratio: Float[np.ndarray, " ratios"],
) -> Float[np.ndarray, " ratios"]:
    """What two digons lose that drop feature 0 and answer it by its mean."""
    p, weight = (each[:, 0] for each in laws(varied, density, ratio))
    four = [4 * polytope_loss("digon", float(each)).loss for each in np.atleast_1d(density)]
    return np.array(four) + weight * (p / 3 - p**2 / 4)


class Exchange(NamedTuple):
    """Where both branches lose the same.

    Attributes:
        ratio: nearer with each tangent; each is too large, and the first that of a rigid pentagon.
        slope: derivatives of both branches' losses there, by the ratio.
    """

    ratio: Float[np.ndarray, "tangents bases"]
    slope: Float[np.ndarray, "branches bases"]


def exchanges(varied: Varied, density: Float[np.ndarray, " bases"]) -> Exchange:
    """Where the pentagon's curve meets that of two digons, from ratio 1 on.

    The tangent at ratio 1 is the loss of a rigid pentagon. The next one is drawn where that meets
    the digons' curve, and so on: Newton's method, which concavity keeps on one side.

    Args:
        varied: as in `laws`.
        density: p of the four other features, each a case of its own.
    """
    starts = [regular("pentagon", float(p)) for p in density]
    w, b = (np.stack(each) for each in zip(*starts, strict=True))
    ratio, met = np.ones(len(density)), []
    for _ in range(TANGENTS):
        law = laws(varied, density, ratio)
        found = minimise(w, b, *law, **ROUGH)
        w, b, loss = found.w, found.b, expected_losses(found.w, found.b, *law)
        slope = slopes(varied, density, ratio, w, b)
        ratio = _meets(varied, density, ratio, loss, slope)
        met.append(ratio)
    half = ratio / 2  # a difference over both sides is exact of a parabola
    rise = digons(varied, density, ratio + half) - digons(varied, density, ratio - half)
    return Exchange(np.array(met), np.array([slope, rise / ratio]))


def _meets(
    varied: Varied, density: np.ndarray, at: np.ndarray, loss: np.ndarray, slope: np.ndarray
) -> np.ndarray:
    """The ratio at which a straight line meets the curve of two digons, a parabola at most."""
    start, middle, end = (digons(varied, density, each + 0 * at) for each in (0.0, 0.5, 1.0))
    curve = 2 * (start - 2 * middle + end)
    rise, below = end - start - curve - slope, loss - slope * at - start
    return 2 * below / (rise + np.sqrt(rise**2 + 4 * curve * below))
