"""Datasets laid out on the grid that they were measured on."""

from collections.abc import Sequence
from typing import Any

import xarray as xr


def on_grid(
    datasets: Sequence[xr.Dataset], axes: Sequence[str], shape: Sequence[int]
) -> xr.Dataset:
    """Datasets of single points as one: along all axes, in the order of their product.

    Args:
        datasets: one a point, the last axis running fastest, each with every axis at length 1.
        axes: their names; none for a single dataset without any.
        shape: how many points there are along each.

    Returns:
        With labels in the order given; what some points lack along other axes is NaN.
    """
    if not axes:
        return datasets[0]
    options: dict[str, Any] = {"data_vars": "all", "coords": "minimal", "compat": "override"}
    return xr.combine_nested(
        _nested(datasets, tuple(shape)),
        list(axes),
        join="outer",
        combine_attrs="override",
        **options,
    )


def _nested(datasets: Sequence[xr.Dataset], shape: tuple[int, ...]) -> list[Any]:
    """A row as lists within lists, the last axis innermost."""
    if len(shape) == 1:
        return list(datasets)
    width = len(datasets) // shape[0]
    rows = [datasets[start : start + width] for start in range(0, len(datasets), width)]
    return [_nested(row, shape[1:]) for row in rows]
