"""Summaries over seeds, such as shares and medians, against sparsity; a panel for each quantity."""

from collections.abc import Mapping

import xarray as xr
from matplotlib.figure import Figure

from tegum.plots import marks
from tegum.plots.style import SERIES, drawing


def summaries_by_density(
    shown: xr.Dataset,
    labels: Mapping[str, str],
    *,
    series: str,
    names: Mapping[str, str],
    ylim: tuple[float, float] = (-0.03, 1.03),
) -> Figure:
    """A line for each setting, from dense to sparse.

    Args:
        shown: variables with the axes "density" and `series`.
        labels: variable -> label of its panel.
        series: the axis with a line for each value.
        names: these values, and how they are written.
        ylim: of all panels.
    """
    ordered, count = shown.sortby("density", ascending=False), len(labels)
    with drawing(1, count, width=3.6 * count, height=3.2) as (figure, axes):
        for axis, (name, label) in zip(axes[0], labels.items(), strict=True):
            x = marks.sparsity_ticks(axis, ordered.density)
            for (of, words), colour in zip(names.items(), SERIES, strict=False):
                line = ordered[name].sel({series: of})
                axis.plot(x, line, "o-", ms=4, color=colour, label=words)
            axis.set(ylabel=label, ylim=ylim)
        marks.legend_below(figure, axes)
    return figure
