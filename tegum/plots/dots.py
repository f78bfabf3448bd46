"""One dot a model: at named cases, above names, one quantity against another or against theory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from tegum.arrays import Array
from tegum.plots import marks
from tegum.plots.style import FAINT, SERIES, drawing


def dots_by_case(
    axis: Any,
    x: str,
    values: xr.DataArray,
    predicted: xr.DataArray | None = None,
    *,
    series: str | None = None,
    names: Callable[[Any], str] = str,
    theory: str = "predicted",
    turned: float | int = 0.0,
    colours: Sequence[Any] = SERIES,
    apart: float = 0.2,
) -> None:
    """One dot a model at each case, colours side by side, on axes that may show more.

    Args:
        axis: matplotlib axes.
        x: the axis of `values` whose labels are the cases.
        values: with x, perhaps `series`, and any others, whose values are all dots.
        predicted: what theory says, with x and perhaps `series`; NaN where it says nothing.
        series: the axis with a colour for each value.
        names: how a value of `series` is written.
        theory: what the dashes are called.
        turned: angle of the cases' names.
        colours: of the series.
        apart: how far the first and the last of several series lie from their case.
    """
    places = marks.named_ticks(axis, values[x].values, turned)
    wanted = [{}] if series is None else [{series: of} for of in values[series].values]
    shifts = np.linspace(-apart, apart, len(wanted)) if len(wanted) > 1 else np.zeros(1)
    width = min(apart, 2 * apart / len(wanted))
    for shift, colour, place in zip(shifts, colours, wanted, strict=False):
        label = None if series is None else names(place[series])
        one = values.sel(place).transpose(x, ...)
        marks.dots(axis, places, one, colour=colour, label=label, shift=shift, width=width, ms=5)
        if predicted is not None:
            where = {dim: of for dim, of in place.items() if dim in predicted.dims}
            dashes = predicted.sel(where).sel({x: values[x].values})
            style = {"marker": "_", "ms": 12, "ls": "", "mew": 1.0, "zorder": 1}
            marks.theory(axis, places + shift, dashes, label=theory, **style)


def dots_by_name(
    values: Mapping[str, xr.DataArray],
    *,
    series: str,
    ylabel: str = "",
    chance: Mapping[str, float] | None = None,
    bars: tuple[str, Array] | None = None,
    width: float = 2.7,
    **look: Any,
) -> Figure:
    """One dot a number above the name of what has it, a colour for each value of `series`.

    Args:
        values: by the panel's title: an array with `series` among its axes. The last axis is along
            x, its labels the names; all other axes' values are dots.
        series: the axis with a colour for each value.
        ylabel: of the panels.
        chance: what chance stays below in 95 %, by the panel's title.
        bars: what grey bars behind the dots mean, and their heights, alike in all panels.
        width: of a panel, in inches.
        **look: further properties of the dots, such as their size `ms`.
    """
    size = {"width": width * len(values) + 0.6, "height": 3.3}
    with drawing(1, len(values), **size, sharey=True) as (figure, axes):
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
                style = ({} if many else {"ms": 7, "alpha": 1.0}) | look
                marks.dots(axis, x, y, colour=colour, label=str(of), shift=shift, **style)
            axis.set(title=title, xlabel=along, ylim=(0, 1.04))
        axes[0, 0].set_ylabel(ylabel)
        marks.legend_below(figure, axes)
    return figure


@dataclass(frozen=True)
class Against:
    """What one panel shows.

    Attributes:
        x, y: with the same axes, every value a dot; NaN is left out.
        xlabel, ylabel: of these.
        title: of the panel.
        equal: where a grey line from the origin ends, on which the two are equal; None for no line.
    """

    x: xr.DataArray
    y: xr.DataArray
    xlabel: str
    ylabel: str = ""
    title: str = ""
    equal: float | None = None


def dots_against(
    panels: Sequence[Against],
    *,
    series: str,
    colours: Sequence[Any],
    names: Callable[[Any], str] = str,
    **look: Any,
) -> Figure:
    """A panel for each pair of quantities, and one legend for all.

    Args:
        panels: what they show.
        series: the axis of all quantities with a colour for each value.
        colours: at least one for each value.
        names: how a value of `series` is written.
        **look: further properties of all axes, such as `aspect`.
    """
    count = len(panels)
    with drawing(1, count, width=2.8 * count + 0.4, height=3.4) as (figure, axes):
        for axis, panel in zip(axes[0], panels, strict=True):
            for colour, of in zip(colours, panel.x[series].values, strict=False):
                x = panel.x.sel({series: of})
                y = panel.y.sel({series: of}).transpose(*x.dims).values
                style = {"colour": colour, "label": names(of), "alpha": 0.4}
                marks.dots(axis, np.ravel(x.values), np.ravel(y), **style)
            if panel.equal is not None:
                axis.plot([0, panel.equal], [0, panel.equal], color=FAINT, lw=1, zorder=0)
            axis.set(title=panel.title, xlabel=panel.xlabel, ylabel=panel.ylabel, **look)
        marks.legend_below(figure, axes, columns=6)
    return figure


def against_theory(
    quantities: Mapping[str, xr.DataArray],
    *,
    along: str,
    theory: str,
    measured: Mapping[str, str],
    xlabel: str,
    ylabel: str,
) -> Figure:
    """One dot for each number, theory along x; on the grey line the two are equal.

    Args:
        quantities: by title of a panel, values of no sign. Its axes begin at the least of them; one
            in 200 may lie beyond their ends.
        along: their axis of which one label is theory and others were measured.
        theory: that label.
        measured: those labels, and how they are written.
        xlabel, ylabel: of theory and of what was measured.
    """
    count = len(quantities)
    with drawing(1, count, width=3.2 * count + 0.4, height=3.9) as (figure, axes):
        for axis, (title, values) in zip(axes[0], quantities.items(), strict=True):
            low, high = float(values.min()), float(values.quantile(0.995))
            ends = (max(0.0, low - 0.05 * (high - low)), high + 0.05 * (high - low))
            axis.plot(ends, ends, color=FAINT, lw=1, zorder=0)
            x = values.sel({along: theory}).values.ravel()
            for (label, words), colour in zip(measured.items(), SERIES, strict=False):
                y = values.sel({along: label}).values.ravel()
                look = {"ms": 3, "alpha": 0.4, "rasterized": x.size > marks.CLOUD}
                axis.plot(x, y, ".", color=colour, label=words, **look)
            axis.set(title=title, xlabel=xlabel, xlim=ends, ylim=ends, aspect="equal")
        axes[0, 0].set_ylabel(ylabel)
        marks.legend_below(figure, axes)
    return figure
