"""Jumps of curves between levels: where something that had come to rest moves, and rests again.

Speed v is the difference of the curve over a short span of time. A jump is a peak of |v| from which it falls to a part
of itself on both sides: it begins and ends there. It counts if the curve then has moved by `least` within `longest`,
steadily one way. So a drift has none, however far it goes, for its speed has no peak; nor has a random walk of small
steps, which never gets far one way. `longest` should come from what a step of training can do at most.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Num
from scipy.signal import find_peaks

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input

SPAN = 1 / 8
"""of `longest`, over which speed is a difference"""


class Jump(NamedTuple):
    """A curve's way from one level to another.

    Attributes:
        start, peak, end: times at which it begins, is fastest, and has ended.
        before, after: the curve at its start and at its end.
    """

    start: float
    peak: float
    end: float
    before: float
    after: float

    @property
    def size(self) -> float:
        """How far it goes, signed."""
        return self.after - self.before


def jumps(
    curve: Num[Array, " times"],
    times: Num[Array, " times"],
    *,
    least: float,
    longest: float,
    factor: float = 4.0,
) -> list[Jump]:
    """The jumps of one curve, in the order of time; none in one that is not finite.

    Args:
        curve: any quantity.
        times: rising; the unit of `longest`.
        least: how far a jump goes at least.
        longest: the time that it takes at most.
        factor: by which speed rises from rest, and falls again.

    Raises:
        BadInputError: times that do not rise, or numbers out of range.
    """
    x, t = as_float64(curve), as_float64(times)
    if x.shape != t.shape or x.ndim != 1 or not (np.diff(t) > 0).all():
        raise bad_input("times", t.shape, f"rising times, one for each of {x.shape} values")
    if not (least > 0 and longest > 0 and factor > 1):
        wanted = "least and longest above 0, factor above 1"
        raise bad_input("least, longest, factor", (least, longest, factor), wanted)
    if not np.isfinite(x).all() or len(t) < 3:
        return []
    early, late = (np.clip(t + sign * SPAN * longest / 2, t[0], t[-1]) for sign in (-1, 1))
    speed = (np.interp(late, t, x) - np.interp(early, t, x)) / (late - early)
    # The slowest jump that counts is this fast at its peak; a part of that is rest.
    rest = least / longest / factor
    peaks, _ = find_peaks(np.log(np.maximum(abs(speed), rest)), prominence=np.log(factor))
    found = {}
    for peak in peaks:
        other_way = np.sign(speed) != np.sign(speed[peak])
        still = other_way | (abs(speed) <= max(abs(speed[peak]) / factor, rest))
        before, after = np.flatnonzero(still[:peak]), np.flatnonzero(still[peak:])
        if before.size and after.size:
            start, end = before[-1], peak + after[0]
            if abs(x[end] - x[start]) >= least and t[end] - t[start] <= longest:
                found[start, end] = Jump(*map(float, (t[start], t[peak], t[end], x[start], x[end])))
    return sorted(found.values())


def inside(moves: list[Jump], times: Num[Array, " times"]) -> np.ndarray:
    """Which times lie in one of some jumps, ends included."""
    t = as_float64(times)
    found = np.zeros(t.shape, bool)
    for jump in moves:
        found |= (t >= jump.start) & (t <= jump.end)
    return found
