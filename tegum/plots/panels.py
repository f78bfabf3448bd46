"""Figures of labelled results, a panel for each value of one axis: dots, curves, lines.

Every function takes labelled arrays (xarray), asks which axis is which, and gives a whole figure.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tegum.plots import marks
from tegum.plots.bands import median_band
from tegum.plots.style import SERIES, drawing, shades

Labels = Callable[[Any], str]


def dots_by_density(
    values: xr.DataArray,
    lines: xr.DataArray | None = None,
    *,
    panel: str,
    series: str,
    ylabel: str,
    chance: float | None = None,
    theory: str = "theory (median)",
    names: Labels = str,
    ylim: tuple[float | int, float | int] = (0.0, 1.03),
    columns: int | None = None,
    spread: float = 0.2,
    ms: float | int = 3,
) -> Figure:
    """Every model's number against sparsity: one dot a model, dark dashes where theory has it.

    Args:
        values: with axes "density", those below, and any others, whose values are all dots.
        lines: what theory says, of the same axes or fewer; the median of all others is drawn.
        panel: the axis with a panel for each value.
        series: the axis with a colour for each value.
        ylabel: of the panels.
        chance: what chance stays below in 95 %.
        theory: what the dashes are called.
        names: how a value of `series` is written.
        ylim: of the panels.
        columns: how many panels in a row; None for all of them.
        spread: how far the series of one density lie to its left and right at most.
        ms: size of the dots.
    """
    ordered = values.sortby("density", ascending=False)
    many, across = ordered.sizes[series], columns or ordered.sizes[panel]
    down = -(-ordered.sizes[panel] // across)
    size = {"width": (2.9 if columns is None else 4.4) * across + 0.8, "height": 2.7 * down + 0.6}
    shifts = np.linspace(-spread, spread, many) if many > 1 else np.zeros(1)
    with drawing(down, across, **size, sharey=True) as (figure, axes):
        for axis in axes.flat[ordered.sizes[panel] :]:
            axis.set_axis_off()
        for axis, at in zip(axes.flat, ordered[panel].values, strict=False):
            x = marks.sparsity_ticks(axis, ordered.density)
            if chance is not None:
                marks.chance(axis, chance)
            for shift, colour, of in zip(shifts, SERIES, ordered[series].values, strict=False):
                one = ordered.sel({panel: at, series: of}).transpose("density", ...)
                marks.dots(axis, x, one, colour=colour, shift=shift, label=names(of), ms=ms)
                if lines is not None:
                    where = {d: v for d, v in ((panel, at), (series, of)) if d in lines.dims}
                    line = lines.sel(where).sel(density=ordered.density)
                    line = line.median([dim for dim in line.dims if dim != "density"])
                    style = {"marker": "_", "ms": 9, "ls": "", "mew": 1.4}
                    marks.theory(axis, x + shift, line, label=theory, **style)
            axis.set(title=str(at), xlim=(-0.5, len(x) - 0.5), ylim=ylim)
        for axis in axes[:, 0]:
            axis.set_ylabel(ylabel)
        marks.legend_below(figure, axes)
    return figure


def curves_over(
    x: str,
    curves: xr.Dataset,
    styles: Mapping[str, tuple[str, str]],
    *,
    panels: Iterable[tuple[str, Mapping[str, Any]]],
    columns: int = 4,
    chance: float | None = None,
    decorate: Callable[[Any, xr.Dataset], None] | None = None,
    **look: Any,
) -> Figure:
    """Median curves with bands over seeds along an axis such as "step", panel by panel.

    Args:
        x: the axis along which the curves run; drawn logarithmically, so without its 0.
        curves: variables with axes x, "seed" and those that the panels name.
        styles: colour and label of each variable.
        panels: title and place of each, such as ("λ = 1", {"lam": 1.0}).
        columns: how many panels in a row.
        chance: what chance stays below in 95 %.
        decorate: draws more on a panel's axes, from the data at its place.
        **look: further properties of all axes, such as `ylabel`.
    """
    shown = list(panels)
    columns = min(columns, len(shown))
    rows = -(-len(shown) // columns)
    size = {"width": 2.2 * columns + 0.6, "height": 2.0 * rows + 0.6}
    with drawing(rows, columns, **size, sharex=True, sharey=True) as (figure, axes):
        for axis in axes.flat[len(shown) :]:
            axis.set_axis_off()
        for axis, (title, place) in zip(axes.flat, shown, strict=False):
            at = curves.sel(place)
            at = at.isel({x: np.flatnonzero(at[x].values > 0)})
            if chance is not None:
                marks.chance(axis, chance)
            for name, (colour, label) in styles.items():
                median_band(axis, at[x], at[name].transpose(x, "seed"), colour=colour, label=label)
            if decorate is not None:
                decorate(axis, at)
            axis.set(**({"xscale": "log", "ylim": (0, 1.03), "title": title} | look))
        for axis in axes[-1]:
            axis.set_xlabel(x.replace("_", " "))
        marks.legend_below(figure, axes)
    return figure


def lines_over(
    x: str,
    values: xr.DataArray,
    *,
    panel: str,
    series: str,
    ylabel: str,
    names: Labels = str,
    **look: Any,
) -> Figure:
    """Medians over all other axes along x, one line for each value of `series`, dark to bright.

    Args:
        x: the axis along which the lines run.
        values: with axes x, panel and series.
        panel, series, ylabel, names: as in `dots_by_density`.
        **look: further properties of all axes, such as `yscale`.
    """
    median = values.median([dim for dim in values.dims if dim not in (x, panel, series)])
    count = values.sizes[panel]
    with drawing(1, count, width=2.9 * count + 1.2, height=2.9, sharey=True) as (figure, axes):
        for axis, at in zip(axes[0], values[panel].values, strict=True):
            for colour, of in zip(shades(values.sizes[series]), values[series].values, strict=True):
                one = median.sel({panel: at, series: of})
                axis.plot(values[x], one, ".-", color=colour, lw=1, label=names(of))
            axis.set(**({"title": str(at), "xlabel": x} | look))
        axes[0, 0].set_ylabel(ylabel)
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center")
    return figure


def sparsity(p: float) -> str:
    """A density as "S = ...", for titles and legends."""
    return f"S = {1 - float(p):.4g}"


def summaries_by_density(
    shown: xr.Dataset,
    labels: Mapping[str, str],
    *,
    series: str,
    names: Mapping[str, str],
    ylim: tuple[float | int, float | int] = (-0.03, 1.03),
) -> Figure:
    """A line for each setting, from dense to sparse; the first ones wider, to be seen under others.

    Args:
        shown: variables with the axes "density" and `series`.
        labels: variable -> title of its panel.
        series: the axis with a line for each value.
        names: these values, and how they are written.
        ylim: of all panels.
    """
    ordered, count = shown.sortby("density", ascending=False), len(labels)
    with drawing(1, count, width=3.6 * count, height=3.2) as (figure, axes):
        for axis, (name, label) in zip(axes[0], labels.items(), strict=True):
            x = marks.sparsity_ticks(axis, ordered.density)
            widths = np.linspace(3.0, 1.5, len(names))
            for (of, words), colour, lw in zip(names.items(), SERIES, widths, strict=False):
                line = ordered[name].sel({series: of})
                axis.plot(x, line, "o-", ms=2 + 1.2 * lw, lw=lw, color=colour, label=words)
            axis.set(title=label, ylim=ylim)
        marks.legend_below(figure, axes)
    return figure


Curves = Mapping[str, tuple[str, Mapping[str, Any]]]


def curves_in_rows(
    data: xr.Dataset,
    rows: Mapping[str, Curves],
    *,
    x: tuple[str, str],
    panel: str,
    names: Callable[[Any], str] = str,
    verticals: Mapping[str, xr.DataArray] | None = None,
    ticks: int = 3,
) -> Figure:
    """Curves along x, which is a variable with places of its own in each column, falling.

    Args:
        data: x and the curves, with axes "place" and `panel`; further ones are drawn as points.
        rows: by label of a row's y axes, its curves: variable -> (label, properties of `plot`).
        x: variable and label; drawn logarithmically, the greatest value on the left.
        panel: the axis with a column for each value.
        names: how a value of `panel` is written.
        verticals: colour -> where along x a dotted line stands in each column.
        ticks: about how many along x, at round numbers.
    """
    count = data.sizes[panel]
    size = {"width": 2.9 * count, "height": 2.2 * len(rows) + 0.6}
    with drawing(len(rows), count, **size, sharex="col", sharey="row") as (figure, axes):
        for column, at in zip(axes.T, data[panel].values, strict=True):
            one = data.sel({panel: at})
            places = one[x[0]].values
            for axis, curves in zip(column, rows.values(), strict=True):
                for name, (label, style) in curves.items():
                    axis.plot(places, one[name].transpose("place", ...), label=label, **style)
                for colour, of in (verticals or {}).items():
                    axis.axvline(float(of.sel({panel: at})), color=colour, lw=0.8, ls=":")
            column[0].set_title(names(at))
            low, high = places.min(), places.max()
            column[-1].set(xscale="log", xlabel=x[1], xlim=(high, low))
            shown = MaxNLocator(ticks + 1, steps=[1, 2, 5, 10]).tick_values(low, high)
            shown = shown[(shown >= low) & (shown <= high)]
            column[-1].set_xticks(shown, [f"{tick:g}" for tick in shown])
            column[-1].minorticks_off()
        for axis, label in zip(axes[:, 0], rows, strict=True):
            axis.set_ylabel(label)
        marks.legend_below(figure, axes, columns=5)
    return figure
