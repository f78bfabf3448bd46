"""Curves with a band: the median over seeds of something, and the spread it has."""

from typing import Any

import numpy as np
from jaxtyping import Num

from tegum.arrays import Array


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
    """Draw the median over seeds, and shade the central share `inner` of them.

    Args:
        axes: matplotlib axes.
        x: positions.
        y: values; NaN (a seed without a value) is left out.
        colour, label: of the line.
        inner: 0.5 shades from the first to the third quartile.
        **line: further properties of the line.
    """
    low, middle, high = np.nanquantile(y, [(1 - inner) / 2, 0.5, (1 + inner) / 2], axis=1)
    axes.fill_between(x, low, high, color=colour, alpha=0.2, lw=0)
    axes.plot(x, middle, color=colour, label=label, **line)
