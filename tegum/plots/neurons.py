"""Stack plots of neurons: what each reads, or answers, as a stack of its weights, feature by feature.

Weights above 0 stack upwards and those below 0 downwards, the most important feature next to the axis. A neuron is
scaled so that its largest weight in is 1, and its weights out the other way round: a ReLU does not see the difference.
"""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from jaxtyping import Float, Int

from tegum.analysis.neurons import monosemantic, participation
from tegum.arrays import Array, as_float64
from tegum.plots.style import BLUE, INK, ORANGE

SMALLEST = 0.08
"""of the largest weight in; what is smaller is left out of a stack"""
SHADE = "#e3eef6"
"""behind monosemantic neurons"""


def feature_colours(count: int) -> list[Any]:
    """A colour for each feature, dark for the most important."""
    return [mpl.colormaps["viridis"](0.96 * k / max(1, count - 1)) for k in range(count)]


def by_meaning(
    w: Float[Array, "hidden features"], w_out: Float[Array, "hidden features"] | None = None
) -> Int[np.ndarray, " hidden"]:
    """Neurons in the order of a figure: monosemantic, polysemantic, silent, by their main feature."""
    kind = monosemantic(w, w_out)
    rank = np.where(np.isnan(kind), 2, 1 - np.nan_to_num(kind))
    out = w if w_out is None else w_out
    main = np.argmax(np.abs(as_float64(w) * as_float64(out)), axis=-1)
    # Among the polysemantic, those with few features first.
    spread = np.where(rank == 1, np.nan_to_num(participation(w, w_out)), 0.0)
    return np.lexsort((main, spread, rank))


def scaled(
    w: Float[Array, "hidden features"], w_out: Float[Array, "hidden features"]
) -> tuple[Float[np.ndarray, "hidden features"], Float[np.ndarray, "hidden features"]]:
    """Weights in and out of the same model, each neuron with 1 as its largest |weight in|."""
    w, v = as_float64(w), as_float64(w_out)
    largest = np.abs(w).max(axis=-1, keepdims=True)
    return w / np.where(largest > 0, largest, 1), v * largest


def neuron_stacks(
    axis: Any,
    weights: Float[Array, "hidden features"],
    colours: Sequence[Any],
    *,
    shaded: Float[Array, " hidden"] | None = None,
    smallest: float = SMALLEST,
    names: Sequence[str] | None = None,
    named: float = 0.2,
) -> None:
    """One stack for each neuron, in the order they come.

    Args:
        axis: matplotlib axes.
        weights: in or out, scaled already.
        colours: of the features.
        shaded: 1 for neurons with a shade behind them, such as the monosemantic ones.
        smallest: weights below it are left out.
        names: of the features, written into their segments.
        named: weights from which on segments are tall enough for that.
    """
    weights = as_float64(weights)
    for k, row in enumerate(weights):
        if shaded is not None and shaded[k] == 1:
            axis.axvspan(k - 0.5, k + 0.5, color=SHADE, lw=0, zorder=0)
        ends = {1: 0.0, -1: 0.0}
        for i in np.flatnonzero(np.abs(row) >= smallest).tolist():
            sign = 1 if row[i] > 0 else -1
            axis.bar(k, row[i], bottom=ends[sign], color=colours[i], width=0.84, ec="white", lw=0.3)
            if names is not None and abs(row[i]) >= named:
                dark = np.mean(mpl.colors.to_rgb(colours[i])) < 0.5
                place = (k, ends[sign] + row[i] / 2)
                style = {"ha": "center", "va": "center", "fontsize": 7}
                axis.text(*place, names[i], color="white" if dark else INK, **style)
            ends[sign] += row[i]
    axis.axhline(0, color=INK, lw=0.6)
    axis.set(xlim=(-0.6, len(weights) - 0.4), xticks=[])
    axis.spines[["bottom"]].set_visible(False)


def motif_diagram(
    axis: Any,
    weights_in: Float[Array, "neurons features"],
    weights_out: Float[Array, "neurons features"],
    *,
    features: Sequence[str],
    neurons: Sequence[str],
    outputs: Sequence[str],
) -> None:
    """A few features, neurons and outputs as a graph, each arrow with its weight: blue above 0, orange below.

    Args:
        axis: matplotlib axes.
        weights_in, weights_out: of these neurons, on these features.
        features, neurons, outputs: what the nodes are called, from the top.
    """
    columns = [list(features), list(neurons), list(outputs)]
    nodes = [
        [(x, y) for y in np.linspace(1, 0, len(names))] if len(names) > 1 else [(x, 0.5)]
        for x, names in zip((0.0, 1.0, 2.0), columns, strict=True)
    ]
    largest = max(np.abs(weights_in).max(), np.abs(weights_out).max())
    for start, stop, matrix in (
        (nodes[0], nodes[1], np.transpose(weights_in)),
        (nodes[1], nodes[2], np.asarray(weights_out)),
    ):
        for (i, j), weight in np.ndenumerate(matrix):
            if abs(weight) < 0.02 * largest:
                continue
            (x0, y0), (x1, y1) = start[i], stop[j]
            colour = BLUE if weight > 0 else ORANGE
            axis.plot(
                [x0, x1], [y0, y1], color=colour, lw=0.6 + 4 * abs(weight) / largest, alpha=0.75,
                solid_capstyle="round", zorder=1,
            )  # fmt: skip
            # Off the middle, so that the labels of arrows that cross stay apart.
            at = 0.3 if start is nodes[0] else 0.7
            place = (x0 + at * (x1 - x0), y0 + at * (y1 - y0))
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
            axis.text(*place, f"{weight:.2f}", ha="center", va="center", fontsize=7.5, bbox=box)
    for column, names in zip(nodes, columns, strict=True):
        for (x, y), name in zip(column, names, strict=True):
            axis.plot(x, y, "o", ms=26, color="white", mec=INK, mew=0.8, zorder=2)
            axis.text(x, y, name, ha="center", va="center", fontsize=8, zorder=3)
    axis.set(xlim=(-0.25, 2.25), ylim=(-0.3, 1.3), xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
