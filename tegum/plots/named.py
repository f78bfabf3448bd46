"""Dots above names: what each of several named things has, series side by side, panel by panel."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from tegum.arrays import Array
from tegum.plots import marks
from tegum.plots.style import FAINT, SERIES, drawing


def dots_by_name(
    values: Mapping[str, xr.DataArray],
    *,
    series: str,
    ylabel: str = "",
    chance: Mapping[str, float] | None = None,
    bars: tuple[str, Array] | None = None,
) -> Figure:
    """One dot a number above the name of what has it, a colour for each value of `series`.

    Args:
        values: by the panel's title: an array with `series` among its axes. The last axis is along
            x, its labels the names; all other axes' values are dots.
        series: the axis with a colour for each value.
        ylabel: of the panels.
        chance: what chance stays below in 95 %, by the panel's title.
        bars: what grey bars behind the dots mean, and their heights, alike in all panels.
    """
    width = 2.7 * len(values) + 0.6
    with drawing(1, len(values), width=width, height=3.3, sharey=True) as (figure, axes):
        for axis, (title, array) in zip(axes[0], values.items(), strict=True):
            along, each = str(array.dims[-1]), array[series].values
            names = array[along].values
            x = marks.named_ticks(axis, names, turned=35.0 if names.dtype.kind in "UO" else 0.0)
            if bars is not None:
                axis.bar(x, np.asarray(bars[1]), color=FAINT, width=0.75, label=bars[0])
            if chance is not None and title in chance:
                marks.chance(axis, chance[title])
            shifts = np.linspace(-0.22, 0.22, len(each)) if len(each) > 1 else np.zeros(1)
            for shift, colour, of in zip(shifts, SERIES, each, strict=False):
                y = array.sel({series: of}).transpose(along, ...)
                many = y.size > len(names)
                look = {} if many else {"ms": 7, "alpha": 1.0}
                marks.dots(axis, x, y, colour=colour, label=str(of), shift=shift, **look)
            axis.set(title=title, xlabel=along, ylim=(0, 1.04))
        axes[0, 0].set_ylabel(ylabel)
        marks.legend_below(figure, axes)
    return figure
