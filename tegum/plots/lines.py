"""Plain lines of labelled results on axes that may show more: one for each value of an axis."""

from collections.abc import Mapping
from typing import Any

import xarray as xr


def line_each(
    axis: Any, values: xr.DataArray, *, x: str, series: str, colours: Mapping[str, str], **look: Any
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
