"""Matrices as heat maps, with labels on both sides and, where they are few, their numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from tegum.arrays import Array


def heat_map(
    axis: Any,
    values: Float[Array, "rows columns"],
    *,
    rows: Sequence[object] | Array | None = None,
    columns: Sequence[object] | Array | None = None,
    low: float = 0.0,
    high: float = 1.0,
    numbers: bool = False,
    colours: str = "viridis",
) -> Any:
    """Draw a matrix; returns the image, for `figure.colorbar`.

    Args:
        axis: matplotlib axes.
        values: NaN stays white.
        rows, columns: labels; none if left out.
        low, high: ends of the colours.
        numbers: write each number into its cell.
        colours: a colour map of matplotlib; "RdBu_r" from -high to high shows signs.
    """
    matrix = np.asarray(values, float)
    image = axis.imshow(matrix, cmap=colours, vmin=low, vmax=high, aspect="auto")
    for labels, put in ((rows, axis.set_yticks), (columns, axis.set_xticks)):
        if labels is None:
            put([])
        else:
            put(range(len(labels)), labels=[str(label) for label in labels])
    axis.spines[:].set_visible(False)
    if numbers:
        for (row, column), value in np.ndenumerate(matrix):
            shade = np.mean(image.cmap(image.norm(value))[:3]) if np.isfinite(value) else 1.0
            ink = "black" if shade > 0.5 else "white"
            axis.text(column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize=8)
    return image
