"""Pauses of curves that fall: where they slow down, and how long they stay near given values."""

import numpy as np
from jaxtyping import Bool, Float, Num
from scipy.signal import find_peaks

from tegum.arrays import Array, as_float64

ENDING = 1.05
"""a curve that is this near its end, as a ratio, is no longer on its way down"""
CLEAR = 0.03
"""a curve's way down ends where it first comes this near its own end, relatively"""
SLOWEST = 1e-3
"""slower than this, in powers of the time, counts as standing still"""


def paused(
    curve: Num[Array, " times"], times: Num[Array, " times"], factor: float = 4.0
) -> Bool[np.ndarray, " times"]:
    """Where -dlog(curve)/dlog(time) is least, and less than before and after by a factor.

    Args:
        curve: falling, above 0; no pause is seen in one that is not finite.
        times: above 0.
        factor: by which the speed falls, and rises again.
    """
    value = as_float64(curve)
    found = np.zeros(value.shape, bool)
    if np.isfinite(value).all():
        speed = -np.gradient(np.log(value), np.log(times))
        slow, _ = find_peaks(-np.log(np.maximum(speed, SLOWEST)), prominence=np.log(factor))
        found[slow] = True
    return found & (value > value[-1] * ENDING)


def time_near(
    curve: Num[Array, " times"], centres: Float[Array, " centres"], width: float
) -> Float[np.ndarray, " centres"]:
    """Share of its way down that a curve spends near each value; NaN for those it does not pass.

    Args:
        curve: falling, at the times that are counted, all alike.
        centres: values; passed are those well above the end of the way down.
        width: how near, relatively.
    """
    value, centre = as_float64(curve), as_float64(centres)
    way = value[: int(np.argmax(abs(value / value[-1] - 1) < CLEAR))]
    if not way.size:
        return np.full(len(centre), np.nan)
    passed = (way[0] > centre) & (centre > value[-1] * (1 + 2 * CLEAR))
    return np.where(passed, (abs(way[:, None] / centre - 1) < width).mean(axis=0), np.nan)
