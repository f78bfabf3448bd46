"""What models store: WᵀW as heat maps, and the length of each feature as bars coloured by superposition."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from tegum.analysis.geometry import gram, norms, superposition
from tegum.arrays import Array
from tegum.plots.style import FAINT, house_style, sheet


def features_side_by_side(
    w: Float[Array, "rows columns hidden features"],
    b: Float[Array, "rows columns features"],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
) -> Figure:
    """For every model of a grid: its matrix WᵀW with the bias beside it, and under it ‖W_i‖ for each feature.

    Bars are dark where a feature has its directions to itself and bright where it shares them; positive entries of the
    matrix are red, negative ones blue.

    Args:
        w, b: one model for each place of the grid.
        row_labels: such as the output activation.
        column_labels: such as the density.
    Source:
        After Elhage et al. 2022, "Toy Models of Superposition", demonstrating superposition.
    """
    w, b = np.asarray(w), np.asarray(b)
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
                model_w, model_b = w[row, column], b[row, column]
                matrix, bars = axes[2 * row, column], axes[2 * row + 1, column]
                image = matrix.imshow(gram(model_w), cmap="RdBu_r", vmin=-1, vmax=1)
                matrix.imshow(
                    model_b[:, None],
                    cmap="RdBu_r",
                    vmin=-1,
                    vmax=1,
                    extent=(n_features + 0.5, n_features + 2, n_features - 0.5, -0.5),
                )
                matrix.set(
                    xlim=(-0.5, n_features + 2),
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
                if row == 0:
                    matrix.set_title(column_labels[column])
                if column == 0:
                    matrix.set_ylabel(f"{row_labels[row]}\nWᵀW, b")
                    bars.set_ylabel("feature")
                if row == rows - 1:
                    bars.set_xlabel("‖W_i‖")
        figure.colorbar(image, ax=axes[0, :].tolist(), label="WᵀW and b", shrink=0.9, pad=0.01)
        scale = mpl.cm.ScalarMappable(mpl.colors.Normalize(0, 1), colours)
        figure.colorbar(scale, ax=axes[1, :].tolist(), label="superposition", shrink=0.9, pad=0.01)
    return figure
