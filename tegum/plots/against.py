"""One quantity against another, dot by dot, a colour for each value of an axis."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from tegum.plots import marks
from tegum.plots.style import FAINT, drawing


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
