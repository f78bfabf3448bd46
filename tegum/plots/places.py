"""Bands and heat maps of labelled results (xarray) over settings, for figures of several kinds."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from tegum.plots import marks
from tegum.plots.bands import median_band
from tegum.plots.matrices import heat_map
from tegum.plots.style import drawing


def bands_of(
    axis: Any,
    values: xr.DataArray,
    theory: xr.DataArray | None = None,
    *,
    x: str,
    series: str,
    colours: Mapping[str, str],
    names: Callable[[Any], str] | None = None,
    dashed: Sequence[str] = (),
) -> None:
    """Medians with bands over seeds, a line for each of some settings; dotted, what theory says.

    Args:
        axis: matplotlib axes.
        values: with axes x, series and "seed"; a setting without any value is left out.
        theory: of the same axes; the median over seeds is drawn.
        x: the axis along which the lines run.
        series: the axis with a line for each value.
        colours: of these values, in the order of the legend.
        names: how a value of x is written, for places at equal distances; None for x as numbers.
        dashed: which settings have a dashed line, drawn on top: those that lie upon others.
    """
    labels = values[x].values
    places = labels if names is None else marks.named_ticks(axis, [names(each) for each in labels])
    for name in (name for name in colours if name in values[series].values):
        one = values.sel({series: name}).transpose(x, "seed")
        if one.isnull().all():
            continue
        look: dict[str, Any] = {"ls": "--", "zorder": 2.5} if name in dashed else {}
        median_band(axis, places, one, colour=colours[name], label=name, marker=".", **look)
        if theory is not None:
            line = theory.sel({series: name}).median("seed")
            marks.theory(axis, places, line, label="closed form", ls=":")


def heat_maps(
    values: xr.DataArray,
    *,
    y: str,
    x: str,
    row: str,
    column: str,
    label: str,
    ylabel: str,
    names: Callable[[Any], str] = str,
) -> Figure:
    """A grid of heat maps of numbers from 0 to 1.

    Args:
        values: with these four axes.
        y, x: axes of each heat map, from the top and from the left.
        row, column: axes with a row and a column of heat maps for each value; columns are titled.
        label: of the colours.
        ylabel: of y, below the row's own name.
        names: how a value of `row` is written.
    """
    rows, columns = values.sizes[row], values.sizes[column]
    size = {"width": 2.0 * columns + 0.8, "height": 2.5 * rows}
    with drawing(rows, columns, **size, sharey=True) as (figure, axes):
        for place, at_row in zip(values[row].values, axes, strict=True):
            for title, axis in zip(values[column].values, at_row, strict=True):
                one = values.sel({row: place, column: title}).transpose(y, x)
                image = heat_map(axis, one, columns=values[x].values)
                axis.set_title(str(title))
            at_row[0].set_ylabel(f"{names(place)}\n{ylabel}")
        for axis in axes[-1]:
            axis.set_xlabel(x)
        figure.colorbar(image, ax=axes.ravel().tolist(), label=label)
    return figure
