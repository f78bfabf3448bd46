"""The polytope that features form: edges of the convex hull of their tips, in up to three dimensions."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.spatial import ConvexHull

FLAT = 0.02
"""points whose extent along an axis is less, as a share of the greatest, lie in its plane"""
FOLDED = np.cos(np.radians(6))
"""facets at a smaller angle are one face: what divides them is no edge"""


class Edge(NamedTuple):
    """Two points by their index, and the outward normals of the faces that meet there, of solids."""

    ends: tuple[int, int]
    normals: Float[np.ndarray, "faces dimensions"]


def edges(points: Float[np.ndarray, "dimensions points"]) -> list[Edge]:
    """The edges of the convex hull: of a solid, a polygon or a segment, whichever the points span.

    Args:
        points: finite, in at most three dimensions. Which lie inside the hull has no edge.
    """
    axes, extents, _ = np.linalg.svd(points - points.mean(axis=1, keepdims=True))
    if extents[0] < 1e-12:
        return []
    axes = axes[:, : np.sum(extents > FLAT * extents[0])]
    inside = axes.T @ points
    none = np.zeros((0, len(points)))
    if len(inside) == 1:
        return [Edge(_pair(inside[0].argmin(), inside[0].argmax()), none)]
    hull = ConvexHull(inside.T)
    if len(inside) == 2:
        return [Edge(_pair(*ends), none) for ends in hull.simplices]
    normals, found = hull.equations[:, :3] @ axes.T, []
    for one, (corners, across) in enumerate(zip(hull.simplices, hull.neighbors, strict=True)):
        for opposite, other in enumerate(across):
            if one < other and normals[one] @ normals[other] < FOLDED:
                found.append(Edge(_pair(*np.delete(corners, opposite)), normals[[one, other]]))
    return found


def outline(points: Float[np.ndarray, "2 points"]) -> Float[np.ndarray, "corners 2"]:
    """The corners of the convex hull of points of a plane, one after the other; none if it is flat."""
    if len(edges(points)) < 3:
        return np.zeros((0, 2))
    return points.T[ConvexHull(points.T).vertices]


def _pair(one: np.integer, other: np.integer) -> tuple[int, int]:
    return min(int(one), int(other)), max(int(one), int(other))
