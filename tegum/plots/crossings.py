"""Times at which something happened, one a model, on an axis that has a place for "never"."""

from typing import Any

import numpy as np
from jaxtyping import Float

from tegum.arrays import Array


def median_mark(axes: Any, times: Float[Array, " seeds"], *, colour: str, end: float) -> None:
    """A dashed vertical line at the median over seeds; none where it is infinite (most seeds never got there).

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
    colour: str,
    never: tuple[float, float],
) -> None:
    """One dot a model at its difference of two times, side by side; triangles where one of the two never came.

    Args:
        axes: matplotlib axes, the difference along y.
        x: where this group of models stands.
        differences: minus infinity where the second time never came, infinity where the first did not; NaN is left out.
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
