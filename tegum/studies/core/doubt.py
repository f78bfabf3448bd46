"""Doubt: what so many seeds leave open, and how many it would take.

A number over n seeds is told from a bound only beyond t(1 - α/K, n-1) · s/√n, where s is the
spread from seed to seed and K the number of settings that compete to be the worst: of 108
settings one lies far off by chance. α = 5 %, whatever K (Bonferroni). The t quantile makes few
seeds careful; a median spreads √(π/2) times as far as a mean.
"""

import math

import numpy as np
import scipy.stats
from jaxtyping import Float

ALPHA = 0.05
MEDIAN = math.sqrt(math.pi / 2)
"""standard error of a normal sample's median in units of its mean's"""
FEWEST = 2
MOST = 10_000
"""seeds; what needs more is never decided"""


def half_widths(
    spread: Float[np.ndarray, " settings"], seeds: Float[np.ndarray, " settings"], settings: int
) -> Float[np.ndarray, " settings"]:
    """How far the number of each setting may lie from the truth; infinite for a single seed.

    Args:
        spread: standard deviation from seed to seed, times `MEDIAN` where medians are meant.
        seeds: how many count.
        settings: how many compete.
    """
    freedom = np.maximum(np.asarray(seeds) - 1, 1)
    quantile = scipy.stats.t.ppf(1 - ALPHA / settings, freedom)
    return np.where(np.asarray(seeds) < FEWEST, np.inf, quantile * spread / np.sqrt(freedom + 1))


def seeds_to_tell(distance: float, spread: float, settings: int) -> int | None:
    """The fewest seeds with which a number so far from a bound is told from it.

    None where it lies on the right side (distance not positive) or more than `MOST` are needed.
    """
    if not (distance > 0 and math.isfinite(spread)):
        return None
    seeds = np.arange(float(FEWEST), MOST + 1)
    told = half_widths(np.full(len(seeds), spread), seeds, settings) < distance
    return int(seeds[np.argmax(told)]) if told.any() else None
