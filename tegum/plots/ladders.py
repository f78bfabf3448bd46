"""Losses that fall past the levels of a ladder: curves, pauses, and time spent at each level."""

from collections.abc import Mapping

import xarray as xr
from matplotlib.figure import Figure

from tegum.plots import marks
from tegum.plots.style import BLUE, FAINT, INK, SERIES, drawing

TICKS = (0.05, 0.07, 0.1, 0.15, 0.2)
NAMED = 0.45
"""levels up to this share of the highest loss shown are named; those above stand too close"""


def curves_and_levels(
    curves: xr.DataArray,
    pauses: xr.DataArray,
    levels: xr.DataArray,
    times: Mapping[str, xr.DataArray],
    highest: float,
) -> Figure:
    """Curves over training steps with levels as dashed lines, and beside them times over losses.

    Args:
        curves: exact losses with axes "seed" and "step".
        pauses: those at pauses, NaN elsewhere.
        levels: in rising order, with their names as labels of their one axis.
        times: shares of the way down by "loss": the first, of anywhere else, in faint dots.
        highest: loss shown.
    """
    with drawing(1, 2, width=7.4, height=4.4, width_ratios=[3, 1], sharey=True) as (figure, axes):
        left, right = axes[0]
        for k, curve in enumerate(curves.transpose("seed", "step").values):
            left.plot(curves.step, curve, color=SERIES[k % len(SERIES)], lw=0.7, alpha=0.8)
        ring = {"marker": "o", "ls": "", "mfc": "none", "mec": INK, "ms": 4}
        left.plot(pauses.step, pauses.transpose("step", "seed"), **ring)
        left.plot([], [], label="pauses", **ring)
        [names] = levels.dims
        for level in levels[levels < highest]:
            left.axhline(float(level), color=FAINT, lw=0.7, ls="--", zorder=0)
        for level in levels[levels < NAMED * highest]:
            style = {"va": "center", "color": INK, "size": 8}
            name, place = str(level[names].item()), right.get_yaxis_transform()
            right.text(1.02, float(level), name, transform=place, **style)
        dots = ({"marker": ".", "color": FAINT, "ms": 3}, {"marker": "o", "color": BLUE, "ms": 4})
        for style, (label, time) in zip(dots, times.items(), strict=False):
            right.plot(100 * time, time.loss, ls="", label=label, **style)
        left.set(xscale="log", yscale="log", ylim=(0.93 * float(levels.min()), highest))
        left.set(xlabel="training step", ylabel="exact loss", title="training on samples")
        right.set(xlabel="% of the way down\n(logarithmic time)", title="time spent")
        left.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS])
        left.minorticks_off()
        marks.legend_below(figure, axes)
    return figure
