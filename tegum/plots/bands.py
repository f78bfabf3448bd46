"""Curves with bands: a median over seeds, how sure it is, and the spread that seeds have."""

from typing import Any

import numpy as np
from jaxtyping import Num

from tegum.analysis.statistics import median_interval
from tegum.arrays import Array

SHADED = "median over seeds, with its 95 % bootstrap interval and, lightly, the quartiles"
"""what a band shows, for captions"""


def median_band(
    axes: Any,
    x: Num[Array, " points"],
    y: Num[Array, "points seeds"],
    *,
    colour: str,
    label: str,
    inner: float = 0.5,
    **line: Any,
) -> None:
    """Draw the median over seeds; shade its 95 % bootstrap interval.

    The central share `inner` of seeds is shaded lightly.

    Args:
        axes: matplotlib axes.
        x: positions.
        y: values; NaN (a seed without a value) is left out.
        colour, label: of the line.
        inner: 0.5 shades from the first to the third quartile, 1.0 all seeds.
        **line: further properties of the line.
    """
    low, high = np.nanquantile(y, [(1 - inner) / 2, (1 + inner) / 2], axis=1)
    middle = median_interval(np.asarray(y, float))
    axes.fill_between(x, low, high, color=colour, alpha=0.12, lw=0)
    axes.fill_between(x, middle.low, middle.high, color=colour, alpha=0.25, lw=0)
    axes.plot(x, middle.median, color=colour, label=label, **line)
