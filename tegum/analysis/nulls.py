"""What chance alone gives: the exact law of |cos| between a fixed direction and random ones, and a fair coin's.

A uniformly random unit vector of R^m has squared coordinates that are Dirichlet(1/2, ..., 1/2); against one of its
orthonormal axes, cos² is Beta(1/2, (m - 1)/2), and the best of k axes is the largest of k coordinates. Its energy in
an r-dimensional span, the sum of r coordinates, is Beta(r/2, (m - r)/2). A bar such as |cos| > 0.75 is below chance for
the best of four vectors in four dimensions: always set thresholds from here.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq
from scipy.special import bdtr, betainc, betaincinv
from scipy.special import beta as beta_function

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(200)
# The law is tabulated over the angle φ with t = sin²φ, in which it is smooth at both ends; with nodes where it bends,
# at t = 1/j, from which on j coordinates can no longer all be that large.
_ANGLES = np.union1d(np.linspace(0, np.pi / 2, 801), np.arcsin(np.sqrt(1 / np.arange(1, 100))))


def chance_cdf(
    cosine: float | Float[Array, "..."], n_hidden: int, slices: int = 1
) -> Float[np.ndarray, "..."]:
    """P(max over `slices` orthonormal vectors of |cos| ≤ cosine) for a uniformly random direction in R^n_hidden.

    Args:
        cosine: in [0, 1].
        n_hidden: m, at least 1.
        slices: how many orthonormal vectors are tried, from 1 to m. One that was chosen beforehand counts as 1.
    """
    if not 1 <= slices <= n_hidden:
        raise bad_input("slices", slices, f"from 1 to n_hidden = {n_hidden}")
    squared = np.clip(as_float64(cosine) ** 2, 0.0, 1.0)
    return np.asarray(_largest_square(n_hidden, slices)(squared))


def chance_quantile(q: float, n_hidden: int, slices: int = 1) -> float:
    """The |cos| that chance stays below with probability q; the null's 95 % is q = 0.95.

    Args:
        q: in (0, 1).
        n_hidden, slices: as in `chance_cdf`.
    """
    if not 0 < q < 1:
        raise bad_input("q", q, "a probability strictly between 0 and 1")
    if n_hidden == 1:
        return 1.0
    return float(brentq(lambda c: float(chance_cdf(c, n_hidden, slices)) - q, 0.0, 1.0, xtol=1e-10))


def chance_mean(n_hidden: int, slices: int = 1) -> float:
    """E max over `slices` orthonormal vectors of |cos| for a uniformly random direction in R^n_hidden.

    2√2/π for both axes of the plane, 0.61 for all axes of R^10. Arguments as in `chance_cdf`.
    """
    beyond = 1 - chance_cdf(np.sin(_ANGLES), n_hidden, slices)
    return float(np.trapezoid(beyond * np.cos(_ANGLES), _ANGLES))


def chance_energy_cdf(
    energy: float | Float[Array, "..."], n_hidden: int, dimensions: int
) -> Float[np.ndarray, "..."]:
    """P(‖Uᵀw‖² ≤ energy) for a unit vector w and a random span U: Beta(d/2, (m - d)/2), with mean d/m.

    Args:
        energy: in [0, 1].
        n_hidden: m, at least 1.
        dimensions: d of the span, from 1 to m; in all m dimensions the energy is 1.
    """
    _checked_dimensions(n_hidden, dimensions)
    squared = np.clip(as_float64(energy), 0.0, 1.0)
    if dimensions == n_hidden:
        return np.asarray((squared >= 1).astype(float))
    return np.asarray(betainc(dimensions / 2, (n_hidden - dimensions) / 2, squared))


def chance_energy_quantile(q: float, n_hidden: int, dimensions: int) -> float:
    """The energy in a random span that chance stays below with probability q. Arguments as in `chance_energy_cdf`."""
    _checked_dimensions(n_hidden, dimensions)
    if not 0 < q < 1:
        raise bad_input("q", q, "a probability strictly between 0 and 1")
    if dimensions == n_hidden:
        return 1.0
    return float(betaincinv(dimensions / 2, (n_hidden - dimensions) / 2, q))


def random_overlap(n_hidden: int, dimensions: int) -> tuple[float, float]:
    """Mean and standard deviation of ‖UᵀV‖²/k for independent random spans of k in m dimensions.

    The mean is k/m; the variance 2 (m-k)² / (m² (m-1) (m+2)).

    Args:
        n_hidden: m, at least 2.
        dimensions: k, from 1 to m.

    Source:
        Second moments of a uniformly random projector (Weingarten calculus of the orthogonal group).
    """
    m, k = n_hidden, dimensions
    if m < 2 or not 1 <= k <= m:
        raise bad_input("dimensions", k, f"from 1 to n_hidden = {m}, which is at least 2")
    return k / m, float((m - k) / m * np.sqrt(2 / ((m - 1) * (m + 2))))


def best_slice(n_hidden: int) -> tuple[float, float]:
    """Mean and standard deviation of the best |cos| of a direction with a random orthonormal basis.

    `chance_cdf` integrated: E c = ∫ 1 - F, E c² = ∫ 2c (1 - F).
    """
    c = np.linspace(0, 1, 2001)
    beyond = 1 - chance_cdf(c, n_hidden, n_hidden)
    mean, square = np.trapezoid(beyond, c), np.trapezoid(2 * c * beyond, c)
    return float(mean), float(np.sqrt(max(square - mean**2, 0.0)))


def coin_share(trials: int, q: float = 0.95, chance: float = 0.5) -> float:
    """The share of heads that a coin stays at or below with probability q; a share must exceed it to mean more.

    Args:
        chance: of heads; a fair coin's by default.
    """
    heads = np.arange(trials + 1)
    below = bdtr(heads, trials, chance)
    return float(np.searchsorted(below, q) + 1) / trials if trials else np.nan


def _checked_dimensions(n_hidden: int, dimensions: int) -> None:
    if not 1 <= dimensions <= n_hidden:
        raise bad_input("dimensions", dimensions, f"from 1 to n_hidden = {n_hidden}")


@lru_cache(maxsize=1024)
def _largest_square(m: int, k: int) -> Callable[[np.ndarray], np.ndarray]:
    """CDF of the largest of the first k of m Dirichlet(1/2) coordinates, a function on [0, 1]."""
    if m == 1:
        return lambda t: (t >= 1).astype(float)
    if k == 1:
        return lambda t: betainc(1 / 2, (m - 1) / 2, t)
    table = PchipInterpolator(_ANGLES, _integral_over_first(np.sin(_ANGLES) ** 2, m, k))
    return lambda t: np.clip(table(np.arcsin(np.sqrt(t))), 0.0, 1.0)


def _integral_over_first(
    t: Float[np.ndarray, " points"], m: int, k: int
) -> Float[np.ndarray, " points"]:
    """P(all k coordinates ≤ t) = E[F(t / (1 - x)); x ≤ t], x the first: the rest are Dirichlet on what it left.

    With x = sin²θ the density of x becomes cos(θ)^(m - 2), smooth at both ends. F reaches 1 at t / (1 - x) = 1, which
    bends the integrand: the range is cut there, and Gauss-Legendre sees smooth pieces.
    """
    rest = _largest_square(m - 1, k - 1)
    top, bend = np.arcsin(np.sqrt(t)), np.arcsin(np.sqrt(1 - t))
    middle = np.minimum(top, bend)
    total = np.zeros_like(t)
    for low, high in ((np.zeros_like(t), middle), (middle, top)):
        theta = low[:, None] + (high - low)[:, None] * (_NODES + 1) / 2
        left = np.minimum(1.0, t[:, None] / np.cos(theta) ** 2)
        total += (high - low) / 2 * np.sum(_WEIGHTS * np.cos(theta) ** (m - 2) * rest(left), axis=1)
    return total / (beta_function(1 / 2, (m - 1) / 2) / 2)
