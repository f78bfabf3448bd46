"""Times at which something happened, one a model, on an axis that has a place for "never"."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from tegum.arrays import Array
from tegum.plots import marks
from tegum.plots.style import BLUE, INK, RED, drawing

ROOM = 10
"""how far the axis goes on beyond the marks for "never": there is written what its sides mean"""


def median_mark(axes: Any, times: Float[Array, " seeds"], *, colour: Any, end: float) -> None:
    """A dashed vertical line at the median over seeds.

    None where it is infinite: most seeds never got there.

    Args:
        axes: matplotlib axes, time along x.
        times: infinite for a seed that never got there, NaN for one that is left out.
        colour: of the line.
        end: the last time looked at; a median beyond it is not drawn.
    """
    known = times[~np.isnan(times)]
    middle = np.median(known) if known.size else np.inf
    if middle <= end:
        axes.axvline(middle, color=colour, ls="--", lw=1)


def dots_or_never(
    axes: Any,
    x: float,
    differences: Float[Array, " seeds"],
    *,
    colour: Any,
    never: tuple[float, float],
) -> None:
    """One dot a model at its difference of two times, side by side.

    Triangles stand where one of the two never came.

    Args:
        axes: matplotlib axes, the difference along y.
        x: where this group of models stands.
        differences: minus infinity where the second time never came, infinity where the first did
            not; NaN is left out.
        colour: of the dots.
        never: where on the y axis minus infinity and infinity are put.
    """
    known = np.sort(differences[~np.isnan(differences)])
    spread = x + np.linspace(-0.25, 0.25, known.size) if known.size > 1 else np.array([x])
    finite = np.isfinite(known)
    axes.plot(spread[finite], known[finite], "o", ms=3, alpha=0.7, color=colour)
    for sign, place, marker in ((-1, never[0], "v"), (1, never[1], "^")):
        there = np.isinf(known) & (np.sign(known) == sign)
        axes.plot(
            spread[there],
            np.full(int(there.sum()), place),
            marker,
            ms=4,
            alpha=0.7,
            color=colour,
            mfc="none",
        )


def turn_line(
    axis: Any, places: Array, values: Array, turn: tuple[str, float], colour: Any = RED
) -> None:
    """A dashed vertical line between settings drawn at equal distances; none beyond them.

    Args:
        axis: matplotlib axes.
        places: where along x the settings stand.
        values: of the settings, positive and rising; in between, the line keeps to their logarithm.
        turn: name and value of the line.
        colour: of the line.
    """
    label, value = turn
    if values[0] <= value <= values[-1]:
        between = float(np.interp(np.log(value), np.log(values), places))
        axis.axvline(between, color=colour, ls="--", lw=1, label=label)


def order_of(
    one: xr.DataArray,
    other: xr.DataArray,
    *,
    panel: str,
    x: str,
    titles: Mapping[str, str],
    xlabel: str,
    ylabel: str,
    end: float,
    turn: tuple[str, float] | None = None,
    sides: tuple[str, str] = ("", ""),
) -> Figure:
    """Which of two times came first: one mark a model at their difference, panel by panel.

    Args:
        one, other: with axes panel, x and "seed"; models in which neither came are left out.
        panel: the axis with a panel for each value.
        x: the axis of settings, drawn at equal distances; its labels are positive numbers.
        titles: of the panels, by their values, in order.
        xlabel, ylabel: of the settings and of the difference.
        end: the last time looked at; marks for "never" stand beyond it.
        turn: name of a value of x at which theory has the order turn, and the value.
        sides: what it means to stand below zero, and above; written at either edge.
    """
    difference = (one - other).transpose(panel, x, "seed")
    edge, values = 2 * end, difference[x].values
    size = {"width": 3.4 * len(titles) + 0.6, "height": 3.2}
    with drawing(1, len(titles), **size, sharey=True) as (figure, axes):
        for axis, (value, title) in zip(axes[0], titles.items(), strict=True):
            axis.axhline(0, color=INK, lw=0.8)
            places = marks.named_ticks(axis, [float(each) for each in values])
            for place, at_x in zip(places, difference.sel({panel: value}), strict=True):
                dots_or_never(axis, float(place), at_x.values, colour=BLUE, never=(-edge, edge))
            axis.set_yscale("symlog", linthresh=10)
            axis.set(ylim=(-ROOM * edge, ROOM * edge), title=title, xlabel=xlabel)
            for words, at, grows in zip(sides, (0.01, 0.99), ("bottom", "top"), strict=True):
                axis.text(0.01, at, words, transform=axis.transAxes, va=grows, fontsize=8)
            if turn is not None:
                turn_line(axis, places, values, turn)
        axes[0, 0].set_ylabel(ylabel)
        if axes[0, 0].get_legend_handles_labels()[0]:
            marks.legend_below(figure, axes)
    return figure
