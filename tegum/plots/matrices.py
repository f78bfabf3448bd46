"""Matrices as heat maps, one or a grid of them, with labels and, where they are few, numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from tegum.arrays import Array
from tegum.plots.style import drawing


def heat_map(
    axis: Any,
    values: Float[Array, "rows columns"],
    *,
    rows: Sequence[object] | Array | None = None,
    columns: Sequence[object] | Array | None = None,
    low: float | int = 0,
    high: float | int = 1,
    numbers: bool = False,
    colours: str = "viridis",
) -> Any:
    """Draw a matrix; returns the image, for `figure.colorbar`.

    Args:
        axis: matplotlib axes.
        values: NaN stays white.
        rows, columns: labels; none if left out.
        low, high: ends of the colours.
        numbers: write each number into its cell.
        colours: a colour map of matplotlib; "RdBu_r" from -high to high shows signs.
    """
    matrix = np.asarray(values, float)
    image = axis.imshow(matrix, cmap=colours, vmin=low, vmax=high, aspect="auto")
    for labels, put in ((rows, axis.set_yticks), (columns, axis.set_xticks)):
        if labels is None:
            put([])
        else:
            put(range(len(labels)), labels=[str(label) for label in labels])
    axis.spines[:].set_visible(False)
    if numbers:
        for (row, column), value in np.ndenumerate(matrix):
            shade = np.mean(image.cmap(image.norm(value))[:3]) if np.isfinite(value) else 1.0
            ink = "black" if shade > 0.5 else "white"
            axis.text(column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize=8)
    return image


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
