"""Labelled arrays as a grid of heat maps, one for each pair of values of two axes."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from tegum.plots.matrices import heat_map
from tegum.plots.style import drawing


def heat_maps(
    values: xr.DataArray,
    *,
    rows: str,
    columns: str,
    y: str,
    x: str,
    label: str,
    names: Sequence[str] = (),
) -> Figure:
    """A heat map for each pair of values of `rows` and `columns`, on one scale from 0 to 1.

    Args:
        values: with exactly these four axes; NaN stays white.
        rows, columns: the axes with a row or a column of panels for each value.
        y, x: the axes of each panel, both with labels.
        label: of the colours.
        names: what the labels along y are called, in order, in place of themselves.
    """
    down, across = values.sizes[rows], values.sizes[columns]
    width, height = 1.5 * across + 2.0, 1.7 * down + 0.8
    with drawing(down, across, width=width, height=height) as (figure, axes):
        for (k, j), axis in np.ndenumerate(axes):
            at_row, at_column = values[rows].values[k], values[columns].values[j]
            one = values.sel({rows: at_row, columns: at_column}).transpose(y, x)
            image = heat_map(
                axis,
                one.values,
                rows=(list(names) or one[y].values) if j == 0 else None,
                columns=one[x].values if k == down - 1 else None,
            )
            if k == 0:
                axis.set_title(str(at_column))
            if k == down - 1:
                axis.set_xlabel(x)
            if j == 0:
                axis.set_ylabel(f"{at_row}\n{y}")
        figure.colorbar(image, ax=axes.ravel().tolist(), label=label, shrink=0.9)
    return figure
