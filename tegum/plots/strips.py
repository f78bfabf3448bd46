"""Models of features in the plane over training: a strip of pictures for each setting."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from tegum.plots.columns import blank_plane
from tegum.plots.style import BLUE, FAINT, ORANGE, drawing


def strips(
    w: xr.DataArray,
    axes_through: xr.DataArray,
    *,
    row: str,
    looks: int = 7,
    colours: Sequence[str] = (BLUE, ORANGE),
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
