"""The levels on which descent may end, by name: L(k, s), and those of k-gons that hold several features in a direction.

They come from symmetric starts and never from restarts, which are held against them. The descents of the exact loss
that both need are here too.
"""

from itertools import combinations_with_replacement

import numpy as np

from tegum.theory.expected import one_active_loss
from tegum.theory.polytopes import polygon
from tegum.theory.search import Minima, minimise

BLOCK = 128
"""descents made together"""
ON_LEVEL = 1e-6
"""how near a level a finished descent must be, in loss: levels of n ≤ 8 are 3e-4 apart or more where restarts end"""
NUDGE = 1e-3
"""spread of the random nudge from which a descent starts again, to tell minima from saddles"""


def minima(w: np.ndarray, b: np.ndarray) -> Minima:
    """Descents from each start; those that a kink stopped short of 1e-9 go on with a fresh estimate of curvature."""
    count = len(w)
    rows = (
        -(-count // BLOCK) * BLOCK
    )  # whole blocks, filled up with copies, so that one compilation serves each n
    found = Minima(
        np.resize(w, (rows, *w.shape[1:])),
        np.resize(b, (rows, *b.shape[1:])),
        *[np.zeros(rows)] * 4,
    )
    for _ in range(4):
        found = minimise(found.w, found.b, loss=one_active_loss, tolerance=1e-9, max_steps=250)
        if found.converged.all():
            break
    return Minima(*(part[:count] for part in found))


def ladder(n: int) -> dict[str, float]:
    """L(k, s) by name; h_k by descent from a k-gon, which stays one."""
    levels: dict[str, float] = {}
    for k in range(1, n + 1):
        h = 0.0 if k <= 4 else 3 * k * minima(1.2 * polygon(k)[None], np.full((1, k), -0.3)).loss[0]
        levels |= {
            f"{k}{'+' * s}": (h + n - k) / (3 * n) - s / (4 * n**2) for s in range(n - k + 1)
        }
    return levels


def shared_levels(n: int, rng: np.random.Generator) -> dict[str, float]:
    """Minima in which some directions of a k-gon hold several features; further spares answer their mean.

    Every way to share directions, up to turning and reflecting the k-gon, is descended from its symmetric form, which
    the gradient respects. It is kept where it stays so, and a nudge does not make it leave.
    """
    ways = [way for k in range(4, n) for way in _ways_to_share(k, n - k)]
    if not ways:
        return {}
    w, b = np.zeros((len(ways), 2, n)), np.full((len(ways), n), 1 / (2 * n))
    for row, way in enumerate(ways):
        held = np.repeat(np.arange(len(way)), way)
        w[row, :, : held.size] = 1.25 * polygon(len(way))[:, held] / np.sqrt(np.sqrt(way))[held]
        b[row, : held.size] = -0.3
    end = minima(w, b)
    again = descended_again(end, rng)
    levels = {}
    for row, way in enumerate(ways):
        used = end.w[row, :, : sum(way)]
        together = np.allclose(used, np.repeat(used[:, np.cumsum(way) - 1], way, axis=1), atol=1e-4)
        if (
            together
            and np.linalg.norm(used, axis=0).min() > 0.5
            and abs(again[row] - end.loss[row]) < ON_LEVEL
        ):
            levels["".join(map(str, way)) + "+" * (n - sum(way))] = float(end.loss[row])
    return levels


def descended_again(ends: Minima, rng: np.random.Generator) -> np.ndarray:
    """The losses that descents from a nudge away come to: the same at a minimum, lower from a saddle."""
    nudged = [end + NUDGE * rng.normal(size=end.shape) for end in (ends.w, ends.b)]
    return minima(*nudged).loss


def _ways_to_share(k: int, spare: int) -> list[tuple[int, ...]]:
    """How many features each direction of a k-gon holds, up to its symmetry, with 1 to `spare` more than k in all."""
    found = set()
    for extra in range(1, spare + 1):
        for places in combinations_with_replacement(range(k), extra):
            way = tuple(1 + places.count(place) for place in range(k))
            turns = [way[turn:] + way[:turn] for turn in range(k)]
            found.add(max([*turns, *(turned[::-1] for turned in turns)]))
    return sorted(found)
