"""Curves over seeds: the median of something, how sure it is, and the spread that seeds have."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Num

from tegum.analysis.statistics import median_interval
from tegum.arrays import Array
from tegum.plots import marks

SHADED = "median over seeds, with its 95 % bootstrap interval and, lightly, the quartiles"
"""what a band shows, for captions"""
DASHES: dict[str, Any] = {"marker": "_", "ms": 11, "ls": "", "mew": 1.4}


def median_band(
    axes: Any,
    x: Num[Array, " points"],
    y: Num[Array, "points seeds"],
    *,
    colour: Any,
    label: str,
    inner: float = 0.5,
    **line: Any,
) -> None:
    """Draw the median over seeds; shade its 95 % bootstrap interval.

    The central share `inner` of seeds is shaded lightly.

    Args:
        axes: matplotlib axes.
        x: positions.
        y: values; NaN (a seed without a value) is left out.
        colour, label: of the line.
        inner: 0.5 shades from the first to the third quartile, 1.0 all seeds.
        **line: further properties of the line.
    """
    low, high = np.nanquantile(y, [(1 - inner) / 2, (1 + inner) / 2], axis=1)
    middle = median_interval(np.asarray(y, float))
    axes.fill_between(x, low, high, color=colour, alpha=0.12, lw=0)
    axes.fill_between(x, middle.low, middle.high, color=colour, alpha=0.25, lw=0)
    axes.plot(x, middle.median, color=colour, label=label, **line)


def bands_of(
    axis: Any,
    values: xr.DataArray,
    theory: xr.DataArray | None = None,
    *,
    x: str,
    series: str,
    colours: Mapping[str, Any],
    names: Callable[[Any], str] | None = None,
    wide: Sequence[str] = (),
    inner: float = 0.5,
) -> None:
    """Medians with bands over seeds, a line for each of some settings; dashes: what theory says.

    Args:
        axis: matplotlib axes.
        values: with axes x, series and "seed"; a setting without any value is left out.
        theory: of the same axes; the median over seeds is drawn.
        x: the axis along which the lines run.
        series: the axis with a line for each value.
        colours: of these values, in the order of the legend.
        names: how a value of x is written, for places at equal distances; None for x as numbers.
        wide: which settings have a wide line under the others: those that lie where others do.
        inner: as in `median_band`; 0 shades the interval alone.
    """
    labels = values[x].values
    places = labels if names is None else marks.named_ticks(axis, [names(each) for each in labels])
    for name in (name for name in colours if name in values[series].values):
        one = values.sel({series: name}).transpose(x, "seed")
        if one.isnull().all():
            continue
        look: dict[str, Any] = {"lw": 4.5, "ms": 9, "zorder": 1.5} if name in wide else {}
        look |= {"inner": inner, "label": name}
        median_band(axis, places, one, colour=colours[name], marker=".", **look)
        if theory is not None:
            line = theory.sel({series: name}).median("seed")
            marks.theory(axis, places, line, label="closed form", **DASHES)


def line_each(
    axis: Any, values: xr.DataArray, *, x: str, series: str, colours: Mapping[str, Any], **look: Any
) -> None:
    """Draw a line along x for each of some settings; one without any value is left out.

    Args:
        axis: matplotlib axes.
        values: with exactly the axes x and series.
        x: the axis along which the lines run; its labels are their places.
        series: the axis with a line for each value.
        colours: of these values, by their name in the legend.
        **look: further properties of matplotlib's `plot`.
    """
    for name in (name for name in colours if name in values[series].values):
        one = values.sel({series: name})
        if not bool(one.isnull().all()):
            options: dict[str, Any] = {"marker": "o", "ms": 4, "label": name} | look
            axis.plot(one[x].values, one.values, color=colours[name], **options)
