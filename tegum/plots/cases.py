"""Dots at cases: every model's number for each of several named cases, with dashes of theory."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from tegum.plots import marks
from tegum.plots.style import SERIES


def dots_by_case(
    axis: Any,
    x: str,
    values: xr.DataArray,
    predicted: xr.DataArray | None = None,
    *,
    series: str | None = None,
    names: Callable[[Any], str] = str,
    theory: str = "predicted",
    turned: float = 0.0,
    colours: tuple[str, ...] = SERIES,
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
    """
    places = marks.named_ticks(axis, values[x].values, turned)
    wanted = [{}] if series is None else [{series: of} for of in values[series].values]
    shifts = np.linspace(-0.2, 0.2, len(wanted)) if len(wanted) > 1 else np.zeros(1)
    for shift, colour, place in zip(shifts, colours, wanted, strict=False):
        label = None if series is None else names(place[series])
        one = values.sel(place).transpose(x, ...)
        marks.dots(axis, places, one, colour=colour, label=label, shift=shift, width=0.2, ms=5)
        if predicted is not None:
            where = {dim: of for dim, of in place.items() if dim in predicted.dims}
            dashes = predicted.sel(where).sel({x: values[x].values})
            style = {"marker": "_", "ms": 12, "ls": "", "mew": 1.0, "zorder": 1}
            marks.theory(axis, places + shift, dashes, label=theory, **style)
