"""Two features in one dimension: where the second is dropped, and where the two form an antipodal pair.

Symbols: W = (W_1, W_2), importances 1 and r, density p of both, V = p/3 - p²/4 the variance of a feature. The less
important feature is dropped at high density: dedicated, W = (1, 0), b = (0, p/2), which loses r V. Below p* an
antipodal pair, W_1 W_2 < 0, loses less. The diagram is the same at r and 1/r, and losses there are r times.

For 0.57 < r < 0.90, about, the change is continuous: the second feature fades in. Elsewhere it jumps; from r = 0.989
or so the antipodal family is best up to p = 1. At S = 0 exactly, p = 1, a sign of W_2 can be traded for a shift of the
biases wherever no output is cut off.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq

from tegum.errors import bad_input
from tegum.theory.search import minimise

RESOLVED = 1e-5  # of importances
PAIRED = ((1.05, -0.7), (1.0, -0.55), (1.0, -0.85))  # weights of antipodal pairs to start from


class Boundary(NamedTuple):
    """Where both phases lose the same, and the antipodal one there."""

    density: float
    w: Float[np.ndarray, "1 2"]
    b: Float[np.ndarray, " 2"]
    loss: float
    continuous: bool  # whether the second feature fades in, W_2 → 0 at the boundary, or jumps


def phase_boundary(r: float, free: bool = True) -> float:
    """The density p* above which two features in one dimension are best served by dropping the less important one.

    With W and b free (`boundary_point` has more of it) it is 1 at r = 1: the antipodal family is best throughout. With
    the candidates fixed at |W_i| = 1 and b = 0 where a feature is kept, antipodal loses (1 + r) p²/6 and p* is
    4 q / (2 (1 + r) + 3 q), q = min(1, r).

    Args:
        r: importance of the second feature relative to the first, above 0.
        free: whether weights and biases are free, or fixed.

    Returns:
        p* in (0, 1]; p*/r → 4 (2 - √2) as r → 0 if free, 2 if fixed.

    Raises:
        BadInputError: on r that is not positive and finite.
    """
    if free:
        q = min(_checked(r), 1 / r)
        # Below, losses of the two phases differ by less than float64 resolves; the limit is as near as q.
        return 4 * (2 - float(np.sqrt(2))) * q if q < RESOLVED else boundary_point(r).density
    q = min(1.0, _checked(r))
    return 4 * q / (2 * (1 + r) + 3 * q)


def boundary_point(r: float) -> Boundary:
    """The free phase boundary at relative importance r, and the antipodal model there.

    The second feature fades in where W_2 = -ε first pays: `fading_density`. Beyond that density an antipodal pair of
    finite W_2 may still lose less, and then the change is a jump, at equal losses.

    Args:
        r: importance of the second feature relative to the first, above 0; over 1, the first is the one dropped, and
            losses are r times those at 1/r.

    Raises:
        BadInputError: on r outside [1e-5, 1e5], where float64 does not resolve the two phases.
    """
    q = min(_checked(r), 1 / r)
    if q < RESOLVED:
        raise bad_input(
            "r",
            r,
            f"from {RESOLVED:g} to {1 / RESOLVED:g}",
            "beyond, `phase_boundary` has its limit",
        )
    scale, order = (1.0, [0, 1]) if r <= 1 else (r, [1, 0])
    fades = fading_density(q)
    p, w, b = fades, np.array([[1.0, 0.0]]), np.array([0.0, fades / 2])
    # Antipodal pairs from far and near, at densities that close in on the last at which one is best.
    seeds = np.array([*PAIRED, *((1.0, -small) for small in (0.3, 0.1, 0.03))])
    low, high = fades, min(1.0, max(1.2 * fades, 4 * q))
    for _ in range(6):
        grid = low + (high - low) * np.arange(33) / 32
        w0 = np.tile(seeds, (33, 1))[:, None, :]
        every = np.repeat(grid, len(seeds))
        bias = np.stack([np.zeros_like(every), every / 2], axis=1)
        found = minimise(w0, bias, every[:, None], np.array([1.0, q]))
        gain = (q * _variance(every) - found.loss).reshape(33, -1)
        below = np.flatnonzero(gain.max(axis=1) > 1e-15)
        if not below.size:
            break
        last = int(below[-1])
        best = last * len(seeds) + int(np.argmax(gain[last]))
        p, w, b = grid[last], found.w[best], found.b[best]
        seeds = np.array([w[0] * np.sign(w[0, 0])])
        low, high = p, grid[min(last + 1, 32)]
    jumps = p - fades > 1e-6 * fades
    if not jumps:
        p, w, b = fades, np.array([[1.0, 0.0]]), np.array([0.0, fades / 2])
    return Boundary(float(p), w[:, order], b[order], float(scale * q * _variance(p)), not jumps)


def fading_density(r: float) -> float:
    """The density below which W_2 = -ε is better than W_2 = 0, in one dimension: the dedicated phase is stable above.

    To second order in ε, with b_1 = ε β and the best change of W_1 and b_2, the loss changes by ε² (Q - r V) with

        Q = min over β ≥ 0 of p V + p (β - p/2)²/4 + (1 - p)² β² + p (1 - p) β³/3.

    Args:
        r: importance of the second feature relative to the first, in (0, 1].
    """
    if not 0 < r <= 1:
        raise bad_input("r", r, "an importance relative to the greater one, in (0, 1]")

    def excess(p: float) -> float:
        # The least Q is where its derivative p (β - p/2)/2 + 2 (1 - p)² β + p (1 - p) β² is 0.
        square, linear, constant = p * (1 - p), p / 2 + 2 * (1 - p) ** 2, p**2 / 4
        beta = 2 * constant / (linear + np.sqrt(linear**2 + 4 * square * constant))
        spent = p * (beta - p / 2) ** 2 / 4 + (1 - p) ** 2 * beta**2 + square * beta**3 / 3
        return float(p - r + spent / _variance(p))

    return 1.0 if r == 1 else float(brentq(excess, 1e-3 * r, 1.0, xtol=1e-15, rtol=1e-14))


def _variance(p: float | np.ndarray) -> float | np.ndarray:
    return p / 3 - p**2 / 4


def _checked(r: float) -> float:
    if not (np.isfinite(r) and r > 0):
        raise bad_input("r", r, "a finite importance relative to the first feature's, above 0")
    return float(r)
