"""Columns of W in the plane as spokes, a colour for each group of features, in a grid of models."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from tegum.analysis.canonical import canonical
from tegum.plots.planes import blank_plane
from tegum.plots.style import FAINT, SERIES, drawing

SMALL = 7.5
"""points"""
REACH = 1.4
"""of a panel from its middle; further out nothing is drawn"""


def spokes(
    axis: Any, w: Float[np.ndarray, "2 features"], groups: Int[np.ndarray, " features"]
) -> None:
    """Draw the columns of W as spokes coloured by group, on a dotted circle of length 1.

    Spokes of one direction lie on each other: later ones are thinner, so that all are seen.

    Args:
        axis: matplotlib axes, without ticks and frame afterwards.
        w: columns in the plane; not finite for a model that diverged.
        groups: of the features, counted from 0.
    """
    blank_plane(axis, REACH)
    axis.add_patch(Circle((0, 0), 1, fill=False, ec=FAINT, ls=":", lw=0.8, zorder=0))
    if not np.isfinite(w).all():
        axis.text(0, 0, "diverged", ha="center", va="center", fontsize=SMALL)
        return
    widths = np.linspace(3.2, 1.2, w.shape[1])
    for (x, y), group, width in zip(canonical(w).T, groups, widths, strict=True):
        style = {"color": SERIES[group % len(SERIES)], "lw": width, "ms": 2.2 + 1.6 * width}
        axis.plot([0, x], [0, y], marker="o", markevery=[1], solid_capstyle="round", **style)


def spoke_grid(
    models: Sequence[Sequence[Float[np.ndarray, "2 _"]]],
    groups: Sequence[Int[np.ndarray, " _"]],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    said: Sequence[Sequence[str]],
) -> Figure:
    """A grid of models: `spokes`.

    Args:
        models: W row by row; rows may differ in how many features they have.
        groups: of the features, for each row.
        rows, columns: labels.
        said: under each model, a word or two; empty for nothing.
    """
    size = {"width": 1.3 * len(columns) + 0.7, "height": 1.55 * len(rows) + 0.3}
    with drawing(len(rows), len(columns), **size) as (figure, axes):
        for line, of, group, words in zip(axes, models, groups, said, strict=True):
            for axis, w, word in zip(line, of, words, strict=True):
                spokes(axis, w, group)
                axis.set_xlabel(word, fontsize=SMALL)
        for axis, label in zip(axes[0], columns, strict=True):
            axis.set_title(label, fontsize=SMALL + 1)
        for axis, label in zip(axes[:, 0], rows, strict=True):
            axis.set_ylabel(label, fontsize=SMALL + 1)
    return figure
