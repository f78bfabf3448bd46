"""What models store: WᵀW as heat maps, and the length of each feature as bars.

The bars are coloured by superposition.
"""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from tegum.analysis.geometry import norms, superposition
from tegum.arrays import Array
from tegum.plots.grams import matrix_and_bias
from tegum.plots.style import FAINT, RED, house_style, sheet


def features_side_by_side(
    w: Float[Array, "rows columns hidden features"],
    b: Float[Array, "rows columns features"] | None,
    row_labels: Sequence[str] | Array,
    column_labels: Sequence[str] | Array,
    marked: Sequence[int] = (),
) -> Figure:
    """For every model of a grid: its matrix WᵀW, the bias beside it, and under it every ‖W_i‖.

    Bars are dark where a feature has its directions to itself and bright where it shares them;
    positive entries of the matrix are red, negative ones blue.

    Args:
        w, b: one model for each place of the grid; without b, matrices alone.
        row_labels: such as the output activation.
        column_labels: such as the density.
        marked: features with a triangle beside their row of the matrix and their bar.

    Source:
        After Elhage et al. 2022, "Toy Models of Superposition", demonstrating superposition.
    """
    w = np.asarray(w)
    rows, columns, _, n_features = w.shape
    colours = mpl.colormaps["viridis"]
    with house_style():
        figure, axes = sheet(
            2 * rows,
            columns,
            width=1.55 * columns + 1.0,
            height=3.1 * rows,
            height_ratios=[1.25, 1] * rows,
        )
        for row in range(rows):
            for column in range(columns):
                model_w = w[row, column]
                matrix, bars = axes[2 * row, column], axes[2 * row + 1, column]
                bias = None if b is None else np.asarray(b)[row, column]
                image = matrix_and_bias(matrix, model_w, bias, 1.0)
                bars.barh(
                    range(n_features),
                    norms(model_w),
                    color=colours(superposition(model_w)),
                    height=0.85,
                )
                bars.axvline(1, color=FAINT, lw=0.8, zorder=0)
                bars.set(xlim=(0, 1.35), ylim=(n_features - 0.5, -0.5), yticks=[], xticks=[0, 1])
                for axis in (matrix, bars):
                    _mark(axis, marked)
                if row == 0:
                    matrix.set_title(column_labels[column])
                if column == 0:
                    shown = "WᵀW" if b is None else "WᵀW, b"
                    pad = 9 if len(marked) else 4
                    matrix.set_ylabel(f"{row_labels[row]}\n{shown}", labelpad=pad)
                    bars.set_ylabel("feature", labelpad=pad)
                if row == rows - 1:
                    bars.set_xlabel("‖W_i‖")
        of = "WᵀW" if b is None else "WᵀW and b"
        figure.colorbar(image, ax=axes[0, :].tolist(), label=of, shrink=0.9, pad=0.01)
        scale = mpl.cm.ScalarMappable(mpl.colors.Normalize(0, 1), colours)
        figure.colorbar(scale, ax=axes[1, :].tolist(), label="superposition", shrink=0.9, pad=0.01)
    return figure


def _mark(axis: Any, features: Sequence[int]) -> None:
    """A small triangle in colour just left of each of some rows."""
    if len(features):
        left = axis.get_yaxis_transform()  # x from 0 to 1 across the axes, y in rows
        style = {"color": RED, "ms": 4.5, "mec": "none", "clip_on": False}
        axis.plot([-0.04] * len(features), features, ">", transform=left, **style)
