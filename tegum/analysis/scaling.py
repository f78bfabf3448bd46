"""Multidimensional scaling: points in the plane whose distances are as near as can be to given ones.

By majorisation: stress Σ (d_ij - δ_ij)² is bounded from above by a quadratic that touches it, whose least point is the
next layout. No step makes it worse. The start is the classical scaling (the first two principal coordinates) with a
little of all further coordinates, in random directions, so that points which coincide there can part.

Source:
    De Leeuw 1977, "Applications of convex analysis to multidimensional scaling" (the Guttman transform).
"""

import numpy as np
from jaxtyping import Float

from tegum.errors import bad_input

LITTLE = 0.1
"""of further principal coordinates, at the start"""


def in_the_plane(
    points: Float[np.ndarray, "points dimensions"],
    start: Float[np.ndarray, "points 2"] | None = None,
    *,
    tries: int = 1,
    iterations: int = 300,
) -> Float[np.ndarray, "points 2"]:
    """A layout in the plane that keeps the points' distances; its mean is 0.

    Args:
        points: one a row.
        start: a layout to begin from; the classical scaling, as above, if left out.
        tries: random directions for that; the layout of least stress is given.
        iterations: of each try.

    Raises:
        BadInputError: fewer than two points.
    """
    if len(points) < 2:
        raise bad_input("points", points.shape, "at least two points, one a row")
    wanted = distances(points)
    if start is not None:
        return _majorised(start, wanted, iterations)
    left, extent, _ = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    rng, found = np.random.default_rng(0), []
    for _ in range(tries):
        onto = LITTLE * rng.normal(size=(extent.size, 2))
        onto[:2] = np.eye(min(2, extent.size), 2)
        found.append(_majorised(left * extent @ onto, wanted, iterations))
    return min(found, key=lambda layout: stress(layout, points))


def _majorised(layout: np.ndarray, wanted: np.ndarray, iterations: int) -> np.ndarray:
    for _ in range(iterations):
        apart = distances(layout)
        ratio = np.divide(wanted, apart, out=np.zeros_like(apart), where=apart > 0)
        layout = (ratio.sum(axis=1)[:, None] * layout - ratio @ layout) / len(layout)
    return layout - layout.mean(axis=0)


def distances(points: Float[np.ndarray, "points dimensions"]) -> Float[np.ndarray, "points points"]:
    return np.linalg.norm(points[:, None] - points, axis=-1)


def stress(
    layout: Float[np.ndarray, "points 2"], points: Float[np.ndarray, "points dimensions"]
) -> float:
    """Σ (d_ij - δ_ij)² / Σ δ_ij², 0 where the layout keeps all distances; of points in one place the sum itself."""
    wanted = distances(points)
    return float(np.sum((distances(layout) - wanted) ** 2) / (np.sum(wanted**2) or 1.0))
