"""What models store: WᵀW as heat maps, and the length of each feature as bars.

The bars are coloured by superposition.
"""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from tegum.analysis.geometry import gram, norms, superposition
from tegum.arrays import Array
from tegum.plots.style import FAINT, INK, house_style, sheet


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
                image = matrix.imshow(gram(model_w), cmap="RdBu_r", vmin=-1, vmax=1)
                if b is not None:
                    matrix.imshow(
                        np.asarray(b)[row, column][:, None],
                        cmap="RdBu_r",
                        vmin=-1,
                        vmax=1,
                        extent=(n_features + 0.5, n_features + 2, n_features - 0.5, -0.5),
                    )
                matrix.set(
                    xlim=(-0.5, n_features + (2 if b is not None else -0.5)),
                    ylim=(n_features - 0.5, -0.5),
                    xticks=[],
                    yticks=[],
                    aspect="equal",
                )
                matrix.spines[:].set_visible(False)
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
                    matrix.set_ylabel(f"{row_labels[row]}\n{shown}")
                    bars.set_ylabel("feature")
                if row == rows - 1:
                    bars.set_xlabel("‖W_i‖")
        of = "WᵀW" if b is None else "WᵀW and b"
        figure.colorbar(image, ax=axes[0, :].tolist(), label=of, shrink=0.9, pad=0.01)
        scale = mpl.cm.ScalarMappable(mpl.colors.Normalize(0, 1), colours)
        figure.colorbar(scale, ax=axes[1, :].tolist(), label="superposition", shrink=0.9, pad=0.01)
    return figure


def _mark(axis: Any, features: Sequence[int]) -> None:
    """A small triangle just left of each of some rows."""
    if len(features):
        left = axis.get_yaxis_transform()  # x from 0 to 1 across the axes, y in rows
        style = {"color": INK, "ms": 3, "clip_on": False}
        axis.plot([-0.03] * len(features), features, ">", transform=left, **style)
