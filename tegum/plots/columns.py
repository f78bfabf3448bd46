"""Weights in the plane: the columns of W as spokes from the origin."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from tegum.plots.style import BLUE, ORANGE, drawing

TOGETHER = 0.05
"""columns this near each other share a direction"""
HEARD = 0.1
"""shorter ones share nothing that counts"""


def columns_in_plane(axis: Any, w: Float[np.ndarray, "2 features"], reach: float = 1.6) -> None:
    """Draw each column of W as a spoke; those that share their direction in another colour.

    Args:
        axis: matplotlib axes, without ticks and frame afterwards.
        w: columns of n features in the plane.
        reach: of the axes from the origin.
    """
    blank_plane(axis, reach)
    for column in w.T:
        near = np.linalg.norm(w - column[:, None], axis=0) < TOGETHER
        shared = near.sum() > 1 and np.linalg.norm(column) > HEARD
        spoke = np.stack([np.zeros(2), column])
        colour = ORANGE if shared else BLUE
        axis.plot(*spoke.T, color=colour, marker="o", ms=4, markevery=[1])


def blank_plane(axis: Any, reach: float = 1.6) -> None:
    """Make axes a square piece of the plane, without ticks and frame."""
    around = (-reach, reach)
    axis.set(xlim=around, ylim=around, xticks=[], yticks=[], aspect="equal")
    axis.spines[:].set_visible(False)


def columns_by_level(shapes: Mapping[str, Sequence[tuple[str, np.ndarray]]]) -> Figure:
    """A row of shapes for each label, each with a title: `columns_in_plane`."""
    widest = max(map(len, shapes.values()))
    size = {"width": 1.5 * widest + 0.4, "height": 1.75 * len(shapes)}
    with drawing(len(shapes), widest, **size) as (figure, axes):
        for axis in axes.flat:
            blank_plane(axis)
        for line, (label, row) in zip(axes, shapes.items(), strict=True):
            line[0].set_ylabel(label)
            for axis, (title, w) in zip(line, row, strict=False):
                columns_in_plane(axis, w)
                axis.set_title(title)
    return figure
