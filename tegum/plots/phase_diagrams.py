"""A sweep's results as a heat map over two of its axes."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from tegum.analysis.geometry import norms, represented
from tegum.errors import bad_input, unknown_name
from tegum.plots.outcomes import swatches
from tegum.plots.style import drawing

Reading: TypeAlias = Callable[[xr.Dataset], xr.DataArray]

FEW = 64
"""at most so many numbers are written into their cells"""
MISSING = "#e4e4e4"
LABELS = {"density": "density p = 1 - S"}


def number_represented(dataset: xr.Dataset) -> xr.DataArray:
    """How many features are longer than 1/2 in each model of a sweep's `w`; NaN where it diverged.

    Raises:
        BadInputError: no `w` with axes "hidden" and "feature".
    """
    if "w" not in dataset or not {"hidden", "feature"} <= set(dataset["w"].dims):
        expected = 'a w with axes "hidden" and "feature"'
        raise bad_input("dataset", list(dataset), expected, "name a variable: value=...")
    w = dataset["w"].transpose(..., "hidden", "feature")
    known = np.isfinite(norms(w.values)).all(axis=-1)
    count = np.where(known, represented(w.values).sum(axis=-1), np.nan)
    words = {"long_name": "number of features represented"}
    return w.isel(hidden=0, feature=0, drop=True).copy(data=count).assign_attrs(words)


def phase_diagram(
    dataset: xr.Dataset | xr.DataArray,
    *,
    x: str,
    y: str,
    value: str | Reading = number_represented,
    label: str | None = None,
) -> Figure:
    """The median of a quantity over seeds and all other axes, in every cell of two axes.

    Density runs from dense to sparse and logarithmically, as do positive numbers over a decade or
    more. Models that are missing or diverged are left out; a cell without any stays grey.

    Args:
        dataset: such as `tegum.sweep` gives, or one variable of it.
        x, y: the axes, with labels.
        value: a variable of the dataset, or a function of the dataset that gives one; a variable
            that is given alone is itself the value.
        label: of the colours; if left out, the variable's `long_name`, or its name.

    Raises:
        BadInputError: an unknown axis or variable, no numbers, or none but missing ones.
    """
    values = _values(dataset, value)
    for argument, axis_name in (("x", x), ("y", y)):
        if axis_name not in values.dims:
            raise unknown_name(f"axis {argument}", axis_name, map(str, values.dims))
    if x == y:
        raise bad_input("y", y, "another axis than x")
    others = [dim for dim in values.dims if dim not in (x, y)]
    median = values.astype(float).median(others, skipna=True).transpose(y, x)
    median = median.sortby([name for name in (x, y) if _is_number(median[name])])
    if median.isnull().all():
        raise bad_input("value", values.name or "values", "numbers, of which not all are missing")
    cells = median.sizes[x], median.sizes[y]
    size = {"width": np.clip(0.5 * cells[0], 2.4, 7) + 2, "height": np.clip(0.4 * cells[1], 2, 5)}
    with drawing(width=float(size["width"]), height=float(size["height"]) + 0.8) as (figure, axes):
        axis = axes[0, 0]
        places = {"x": _axis(axis, "x", median[x]), "y": _axis(axis, "y", median[y])}
        edges = {
            side: _edges(at, getattr(axis, f"get_{side}scale")()) for side, at in places.items()
        }
        image = axis.pcolormesh(*edges.values(), np.ma.masked_invalid(median.values))
        axis.set_facecolor(MISSING)
        for side, name in (("x", x), ("y", y)):
            ends = edges[side][[0, -1]]
            axis.set(**{f"{side}lim": ends[::-1] if name == "density" else ends})
        if median.size <= FEW:
            _numbers(axis, image, median.values, places["x"], places["y"])
        if median.isnull().any():
            swatches(figure, axis, {"missing": MISSING})
        axis.spines[:].set_visible(False)
        words = label or values.attrs.get("long_name") or str(values.name or "value")
        over = f"\nmedian over {', '.join(map(str, others))}" if others else ""
        bar = figure.colorbar(image, ax=axis, label=f"{words}{over}", pad=0.02)
        bar.outline.set_visible(False)
    return figure


def _values(dataset: xr.Dataset | xr.DataArray, value: str | Reading) -> xr.DataArray:
    """The variable to show."""
    if isinstance(dataset, xr.DataArray):
        values = dataset
    elif not hasattr(dataset, "data_vars"):
        expected = "an xarray Dataset or DataArray"
        raise bad_input("dataset", type(dataset).__name__, expected, "tegum.sweep gives one")
    elif isinstance(value, str):
        if value not in dataset:
            raise unknown_name("value", value, map(str, dataset))
        values = dataset[value]
    else:
        values = value(dataset)
    if values.dtype.kind not in "biuf":
        raise bad_input("value", values.dtype.name, "numbers")
    return values


def _axis(axis: Any, side: str, labels: xr.DataArray) -> Float[np.ndarray, " cells"]:
    """Set scale, ticks and words of the x or y axis; returns the places of its cells."""
    words = labels.attrs.get("long_name") or LABELS.get(str(labels.name))
    axis.set(**{f"{side}label": words or str(labels.name).replace("_", " ")})
    values, put = labels.values, getattr(axis, f"set_{side}ticks")
    if not _is_number(labels):
        put(range(len(values)), labels=[str(value) for value in values])
        return np.arange(len(values), dtype=float)
    low, high = float(values.min()), float(values.max())
    if low > 0 and (labels.name == "density" or high >= 10 * low):
        axis.set(**{f"{side}scale": "log"})
    shown = values[np.unique(np.linspace(0, len(values) - 1, 8).round().astype(int))]
    put([], minor=True)
    put(shown, labels=[f"{value:.3g}" for value in shown])
    return values.astype(float)


def _is_number(labels: xr.DataArray) -> bool:
    return labels.dtype.kind in "iuf"


def _edges(places: Float[np.ndarray, " cells"], scale: str) -> Float[np.ndarray, " edges"]:
    """Where cells end: midway between their places, on the scale of the axis."""
    at = np.log(places) if scale == "log" else places
    steps = np.diff(at) if len(at) > 1 else np.ones(1)
    ends = np.array([at[0] - steps[0] / 2, *(at[:-1] + at[1:]) / 2, at[-1] + steps[-1] / 2])
    return np.exp(ends) if scale == "log" else ends


def _numbers(axis: Any, image: Any, values: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    """Write each number into its cell."""
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            ink = "white" if np.mean(image.cmap(image.norm(value))[:3]) < 0.5 else "black"
            style = {"ha": "center", "va": "center", "color": ink, "fontsize": 8}
            axis.text(x[column], y[row], f"{value:.3g}", **style)
