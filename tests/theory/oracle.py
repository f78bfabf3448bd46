"""The truth for small models, to 40 digits: the population loss integrated pattern by pattern of active features.

With the features of a set active and uniform on [0, 1], E (b + Σ a_j x_j)₊^m is a sum over the corners v of the cube,

    m! / ((m + k)! Π a_j) Σ_v (-1)^(k - |v|) (b + a·v)₊^(m + k),

and E x_i (z)₊ follows by parts: x_i (z)₊ is x_i times the derivative of (z)₊²/(2 a_i) by x_i. It loses digits where
couplings are small, which is why the working precision is far above 40 digits, and why nobody would use it in float64.
"""

import itertools

import mpmath
import numpy as np

from tegum.arrays import Array

DIGITS = 120


def oracle_loss(
    w: Array,
    b: Array,
    density: float | Array,
    importance: float | Array = 1.0,
    values: str = "unit",
) -> float:
    """Σ_i I_i E (x_i - ReLU(WᵀWx + b)_i)²."""
    return float(np.sum(importance * oracle_terms(w, b, density, values)))


def oracle_terms(w: Array, b: Array, density: float | Array, values: str = "unit") -> np.ndarray:
    """E (x_i - ReLU(WᵀWx + b)_i)² for each feature i."""
    n = np.shape(w)[1]
    with mpmath.workdps(DIGITS):
        exact = mpmath.matrix(np.asarray(w, float).tolist())
        g = (exact.T * exact).tolist()
        bias, p = (
            [mpmath.mpf(float(entry)) for entry in np.broadcast_to(array, n)]
            for array in (b, density)
        )
        totals = [mpmath.mpf(0)] * n
        for active in itertools.product((False, True), repeat=n):
            chance = mpmath.fprod(p[j] if active[j] else 1 - p[j] for j in range(n))
            if chance:
                totals = [
                    total + chance * _error(i, g[i], bias[i], active, values)
                    for i, total in enumerate(totals)
                ]
        return np.array([float(total) for total in totals])


def _error(i: int, a: list, b: mpmath.mpf, active: tuple[bool, ...], values: str) -> mpmath.mpf:
    """E (x_i - (z)₊)² with the given features active."""
    if values == "one":
        z = b + mpmath.fsum(a[j] for j in range(len(a)) if active[j])
        return (int(active[i]) - max(z, 0)) ** 2
    scale, shift = (
        (1, 0) if values == "unit" else (2, -1)
    )  # x = scale u + shift with u uniform on [0, 1]
    b = b + shift * mpmath.fsum(a[j] for j in range(len(a)) if active[j])
    others = [scale * a[j] for j in range(len(a)) if active[j] and a[j] and j != i]
    own = scale * a[i] if active[i] else mpmath.mpf(0)
    everyone = [*others, own] if own else others
    squared = _mean_power(b, everyone, 2)
    if not active[i]:
        return squared
    mean = _mean_power(b, everyone, 1)
    with_u = (_mean_power(b + own, others, 2) - squared) / (2 * own) if own else mean / 2
    return mpmath.mpf(1) / 3 - 2 * (scale * with_u + shift * mean) + squared


def _mean_power(b: mpmath.mpf, a: list, m: int) -> mpmath.mpf:
    """E (b + Σ a_j u_j)₊^m."""
    k = len(a)
    total = mpmath.mpf(0)
    for corner in itertools.product((0, 1), repeat=k):
        z = b + mpmath.fsum(a_j for a_j, up in zip(a, corner, strict=True) if up)
        total += (-1) ** (k - sum(corner)) * max(z, 0) ** (m + k)
    return total * mpmath.factorial(m) / (mpmath.factorial(m + k) * mpmath.fprod(a))
