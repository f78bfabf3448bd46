"""The graph of features: a node for each, an edge where two share a direction, an island for what hangs together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.collections import LineCollection

from tegum.analysis.geometry import directions, gram
from tegum.plots.arrows import point_of_view
from tegum.plots.style import INK

APART = 0.7
"""room between islands, in units of the radius that one node takes"""
FEW = 12
"""features of an island in up to three dimensions that are drawn as the polytope that they are"""
DRAWN = 1500
"""edges of one island at most; the strongest are shown"""


def islands(
    axis: Any,
    w: Float[np.ndarray, "hidden features"],
    groups: Sequence[Sequence[int]],
    colours: Sequence[Any],
    *,
    eps: float,
    wide: float = 1.4,
) -> None:
    """Draw features as nodes, island by island, the largest first, with edges where |cos| > eps.

    A small island in up to three dimensions is seen from where its vertices hide each other least; others in the plane
    of their two widest directions. An edge is the darker, the greater |cos| is.

    Args:
        axis: matplotlib axes, without ticks and frame afterwards.
        w: one model's weights, finite.
        groups: features of each island; others are not drawn.
        colours: one for each island.
        eps: the least |cos| of an edge.
        wide: the picture's width over its height, about.
    """
    axis.set(aspect="equal", xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    if not groups:
        return
    order = sorted(range(len(groups)), key=lambda k: -len(groups[k]))
    radii = np.array([np.sqrt(max(len(groups[k]), 2.0)) for k in order])
    hat, ends = directions(w), [np.zeros(2)]
    for k, radius, centre in zip(order, radii, packed(radii + APART, wide), strict=True):
        own = hat[:, list(groups[k])]
        places = centre[:, None] + radius * flattened(own)
        cosines = np.triu(abs(gram(own)), 1)
        first, second = np.nonzero(cosines > eps)
        strongest = np.argsort(cosines[first, second])[-DRAWN:]
        first, second = first[strongest], second[strongest]
        strength = np.clip(cosines[first, second], 0, 1)
        many = len(groups[k]) > FEW
        lines = LineCollection(
            list(np.stack([places[:, first].T, places[:, second].T], axis=1)),
            colors=[(*_INK, a) for a in (0.3 if many else 0.9) * strength**1.5],
            linewidths=0.4 if many else 1.0,
            zorder=1,
            rasterized=many,
        )
        axis.add_collection(lines)
        node = {"s": 10 if many else 14, "ec": "white", "lw": 0.3, "zorder": 2, "rasterized": many}
        axis.scatter(*places, color=colours[k], **node)
        ends += [centre - radius - APART, centre + radius + APART]
    low, high = np.min(ends, axis=0), np.max(ends, axis=0)
    axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))


def flattened(
    hat: Float[np.ndarray, "hidden features"],
) -> Float[np.ndarray, "2 features"]:
    """Directions of one island in the plane, inside the unit circle."""
    axes, sizes, _ = np.linalg.svd(hat, full_matrices=False)
    spanned = int(np.sum(sizes > 0.25 * sizes[0]))
    inside = axes[:, :spanned].T @ hat
    if spanned == 3 and hat.shape[1] <= FEW:
        inside = point_of_view(inside)[:2] @ inside
    flat = np.zeros((2, hat.shape[1]))
    rows = inside[:2]
    flat[: len(rows)] = rows
    if hat.shape[1] == 1:
        return np.zeros((2, 1))
    if spanned == 1:  # slanted, so that pairs side by side are told apart
        flat = np.array([[0.8, -0.6], [0.6, 0.8]]) @ flat
    return flat / np.linalg.norm(flat, axis=0).max()


def packed(radii: Float[np.ndarray, " circles"], wide: float) -> Float[np.ndarray, "circles 2"]:
    """Centres of circles in rows from the top left, none over another; about `wide` times as wide as high."""
    room = 2 * radii
    row = max(np.sqrt(wide * np.sum(room**2)), room.max(initial=0.0))
    centres, x, y, high = np.zeros((len(radii), 2)), 0.0, 0.0, 0.0
    for k, (radius, side) in enumerate(zip(radii, room, strict=True)):
        if x > 0 and x + side > row * (1 + 1e-9):
            x, y, high = 0.0, y - high, 0.0
        centres[k] = x + radius, y - radius
        x, high = x + side, max(high, side)
    return centres


_INK = tuple(int(INK[k : k + 2], 16) / 255 for k in (1, 3, 5))
