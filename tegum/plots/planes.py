"""Weights in the plane: the columns of W as spokes from the origin, alone or over training."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from tegum.plots.style import BLUE, FAINT, ORANGE, drawing

TOGETHER = 0.05
"""radians between columns that share a direction"""
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
    length = np.linalg.norm(w, axis=0)
    heard, angle = length > HEARD, np.arctan2(w[1], w[0])
    for k, column in enumerate(w.T):
        near = heard & (np.cos(angle - angle[k]) > np.cos(TOGETHER))
        shared = heard[k] and near.sum() > 1
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
    size = {"width": 1.2 * widest + 0.4, "height": 1.5 * len(shapes)}
    with drawing(len(shapes), widest, **size) as (figure, axes):
        for axis in axes.flat:
            blank_plane(axis)
        for line, (label, row) in zip(axes, shapes.items(), strict=True):
            line[0].set_ylabel(label)
            for axis, (title, w) in zip(line, row, strict=False):
                columns_in_plane(axis, w)
                axis.set_title(title, fontsize=8)
    return figure


def strips(
    w: xr.DataArray,
    axes_through: xr.DataArray,
    *,
    row: str,
    looks: int = 7,
    colours: Sequence[Any] = (BLUE, ORANGE),
    names: Callable[[Any], str] = str,
) -> Figure:
    """Columns of W as spokes, and directions as dotted axes through the origin, look by look.

    Args:
        w: of one model in each row, with axes row, "step", "axis" (x and y) and one of features.
        axes_through: unit vectors with axes row, "step", "axis" and one of vectors.
        row: the axis with a strip for each value.
        looks: how many pictures a strip has at most, evenly from the first look to the last.
        colours: of the first features and of their vectors; all further features are grey.
        names: how a value of `row` is written.
    """
    places = np.unique(np.linspace(0, w.sizes["step"] - 1, looks).round().astype(int))
    shown, through = (
        values.isel(step=places).transpose(row, "step", "axis", ...) for values in (w, axes_through)
    )
    reach = 1.15 * max(1.0, float(abs(shown).max()))
    rows, columns = shown.shape[:2]
    size = {"width": 1.25 * columns + 0.4, "height": 1.5 * rows}
    with drawing(rows, columns, **size) as (figure, axes):
        for (k, look), axis in np.ndenumerate(axes):
            blank_plane(axis, reach)
            axis.spines[:].set(visible=True, color=FAINT)
            for vector, colour in zip(through.values[k, look].T, colours, strict=False):
                axis.plot(*np.outer(vector, [-2 * reach, 2 * reach]), color=colour, ls=":", lw=1.2)
            for feature, spoke in enumerate(shown.values[k, look].T):
                colour = colours[feature] if feature < len(colours) else FAINT
                axis.plot(*np.outer(spoke, [0, 1]), color=colour, marker="o", ms=4, markevery=[1])
            axis.set_title(f"step {int(shown.step[look])}")
        for axis, value in zip(axes[:, 0], shown[row].values, strict=True):
            axis.set_ylabel(names(value))
    return figure
