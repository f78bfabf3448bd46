"""Maps of what becomes of something over two quantities: each outcome a colour, shares a mixture."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from tegum.plots.style import INK, drawing

Colours = Mapping[str, str]
Axis = tuple[str, str]


def outcome_maps(
    pictures: Mapping[str, tuple[xr.DataArray, Colours]],
    *,
    row: str,
    x: Axis,
    y: Axis,
    names: Callable[[Any], str] = str,
) -> Figure:
    """A row of maps for each value of one axis, on logarithmic axes, with one legend of colours.

    Args:
        pictures: by title, what is shown: outcomes counted from 0, or with an axis "outcome" their
            shares, which mix the colours; and the colour of each outcome, in order, by its name.
            NaN stays white, and a colour named "same" goes without a legend.
        row: the axis with a row for each value.
        x, y: name of the axis, and its label.
        names: how a value of `row` is written.
    """
    [(first, _), *_] = pictures.values()
    rows, columns = first[row].values, len(pictures)
    size = {"width": 1.92 * columns, "height": 1.9 * len(rows) + 0.6}
    with drawing(len(rows), columns, **size, sharex=True, sharey=True) as (figure, axes):
        for line, of in zip(axes, rows, strict=True):
            for axis, (title, (values, colours)) in zip(line, pictures.items(), strict=True):
                one = values.sel({row: of})
                picture = _mixed(one, (y[0], x[0]), colours)
                axis.pcolormesh(edges(one[x[0]].values), edges(one[y[0]].values), picture)
                axis.set(xscale="log", yscale="log")
                for ticks in (axis.xaxis, axis.yaxis):
                    ticks.set_major_formatter("{x:g}")
                    ticks.set_minor_formatter(NullFormatter())
                if of == rows[0]:
                    axis.set_title(title)
                if of == rows[-1]:
                    axis.set_xlabel(x[1])
            line[0].set_ylabel(f"{names(of)}\n{y[1]}")
        named = {name: c for _, colours in pictures.values() for name, c in colours.items()}
        named.pop("same", None)
        swatches(figure, axes[0, 0], named)
    return figure


def edges(centres: np.ndarray) -> np.ndarray:
    """Of cells around these places, which a logarithmic axis shows equally wide."""
    logs = np.log(centres)
    half = (logs[-1] - logs[0]) / (2 * (logs.size - 1)) if logs.size > 1 else 0.5
    return np.exp(np.append(logs - half, logs[-1] + half))


def swatches(figure: Figure, axis: Any, colours: Colours, columns: int = 5) -> None:
    """A legend below a figure: a square of each colour with its name."""
    squares = [
        axis.scatter([], [], color=colour, marker="s", ec=INK, lw=0.4, label=name)
        for name, colour in colours.items()
    ]
    figure.legend(handles=squares, loc="outside lower center", ncols=columns)


def _mixed(values: xr.DataArray, dims: tuple[str, str], colours: Colours) -> np.ndarray:
    """Colours [rows columns 3] of outcomes or of their shares; white where they are missing."""
    if "outcome" in values.dims:
        shares = values.transpose(*dims, "outcome").values
    else:
        codes = values.transpose(*dims).values.astype(float)[..., None]
        shares = np.where(np.isnan(codes), np.nan, codes == np.arange(len(colours)))
    mixed = shares @ np.array([to_rgb(colour) for colour in colours.values()])
    return np.clip(np.nan_to_num(mixed, nan=1.0), 0, 1)
