"""Panels in rows and columns: a row for each kind of quantity, a column for each setting."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from tegum.plots import marks
from tegum.plots.style import drawing

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
        ticks: how many along x.
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
            shown = np.geomspace(high, low, ticks + 2)[1:-1]
            column[-1].set_xticks(shown, [f"{tick:.2g}" for tick in shown])
            column[-1].minorticks_off()
        for axis, label in zip(axes[:, 0], rows, strict=True):
            axis.set_ylabel(label)
        marks.legend_below(figure, axes, columns=5)
    return figure
