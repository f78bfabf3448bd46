"""Doubt: what so many seeds leave open, and how many it would take.

A number over n seeds is told from a bound only beyond t(1 - α/K, n-1) · s/√n, where s is the
spread from seed to seed and K the number of settings that compete to be the worst: of 108
settings one lies far off by chance. α = 5 %, whatever K (Bonferroni). The t quantile makes few
seeds careful; a median spreads √(π/2) times as far as a mean.
"""

import math
from collections.abc import Sequence

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


def seeds_to_tell(each: Sequence[tuple[float, float]]) -> int | None:
    """The fewest seeds with which one of some settings is told from a bound.

    Args:
        each: of every setting, how far its number lies beyond the bound and its spread.

    Returns:
        None where none lies beyond it, or more than `MOST` are needed.
    """
    wide = [spread / distance for distance, spread in each if distance > 0]
    finite = [ratio for ratio in wide if math.isfinite(ratio)]
    if not finite:
        return None
    seeds = np.arange(float(FEWEST), MOST + 1)
    told = half_widths(np.full(len(seeds), min(finite)), seeds, len(each)) < 1
    return int(seeds[np.argmax(told)]) if told.any() else None
