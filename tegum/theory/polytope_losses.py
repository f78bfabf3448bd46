"""What one factor of a tegum loses: its vertices at the best common length, with the best common bias.

Symbols: unit vertices v_j, Y = Σ_j (v_i·v_j) x_j, p the density; with length² s = ‖W_i‖² and bias b = -s t output i
sees z = s (Y - t), and its loss

    E (x_i - (z)₊)² = p/3 - 2 s C(t) + s² A(t),    A = E (Y - t)₊²,    C = E x_i (Y - t)₊,

is least at s = C/A, where it is p/3 - C²/A: the search is for one number, t. A and C are series in t whose
coefficients, the characteristic function of Y, are found once for all t; `tegum.theory.fourier` derives them.
"""

import math
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize_scalar

from tegum.arrays import Array
from tegum.errors import bad_input, unknown_name
from tegum.theory.codes import CODES, row
from tegum.theory.moments import at_most_one_active, linear_term, smooth_part
from tegum.theory.one_active import LAWS
from tegum.theory.polytopes import (
    FREE_ANTIPRISM,
    NAMES,
    UNREPRESENTED,
    polygon,
    square_antiprism,
    unit_vertices,
    vertices,
)
from tegum.theory.waves import orders, tables, waves

UNIT = LAWS["unit"]
TERMS = 2048
SAME = 1e-9  # couplings nearer than this are one
LARGEST = 64
POINTS = 49  # at which A and C are taken at once
WIDTH = 12  # rows are filled up to the icosahedron's, so that all named polytopes share one program
WIDEST = max(code.vertices for code in CODES.values())  # and all codes share another


class PolytopeLoss(NamedTuple):
    """One feature's best: ‖W_i‖, its output bias, and its loss at this density."""

    norm: float
    bias: float
    loss: float


def polytope_loss(shape: str | Float[Array, "dimensions vertices"], density: float) -> PolytopeLoss:
    """The loss of one feature of a polytope at the best common length and the best common bias, exact to 1e-9 or so.

    Other factors of the tegum, being orthogonal, change nothing of it. Shapes whose vertices see each other by angles
    just short of 90° have less accuracy, 1e-7 p² or so.

    Args:
        shape: a name of `tegum.theory.polytopes.vertices`; "square antiprism of free height", of which the height is
            best too (it loses less than the tight one, .0061182 against .0063188 at p = 0.1); "unrepresented", which is
            length 0 and the mean as bias; a name of `tegum.theory.codes.CODES`; or vertices, of which only the
            directions count.
        density: p = P(x_i ≠ 0) in (0, 1].

    Returns:
        (norm, bias, loss): the length, not its square; loss is unweighted, E (x_i - x'_i)² averaged over the vertices.

    Raises:
        BadInputError: on an unknown name, vertices that are none or more than 64, or a density out of range.
    """
    p = _checked_density(density)
    return (
        _of_name(shape, p) if isinstance(shape, str) else _best_of_vertices(unit_vertices(shape), p)
    )


@lru_cache(maxsize=4096)
def _of_name(shape: str, p: float) -> PolytopeLoss:
    """Remembered: hulls of other candidates at the same density ask for the same ones."""
    if shape == UNREPRESENTED:
        return PolytopeLoss(0.0, p / 2, p / 3 - p**2 / 4)
    if shape == FREE_ANTIPRISM:
        return _best_of_vertices(square_antiprism(best_height(p)), p)
    if shape in CODES:
        seen = row(shape)
        filled = np.pad(seen, (0, WIDEST - len(seen)))
        return _best(filled[None], np.ones(1), p)
    if shape not in NAMES:
        raise unknown_name("polytope", shape, (*NAMES, FREE_ANTIPRISM, *CODES, UNREPRESENTED))
    return _best_of_vertices(vertices(shape), p)


def best_height(density: float) -> float:
    """The height of the square antiprism that loses least, in units of its squares' circumradius.

    Args:
        density: p in (0, 1].
    """
    p = _checked_density(density)
    found = minimize_scalar(
        lambda height: _best_of_vertices(square_antiprism(height), p).loss / p,
        bounds=(0.3, 1.2),
        method="bounded",
        options={"xatol": 1e-5},
    )
    return float(found.x)


class Kgon(NamedTuple):
    """A k-gon's best in the limit of one active feature: ‖W_i‖, bias, and loss of a feature over p."""

    norm: float
    bias: float
    loss: float


def kgon(k: int) -> Kgon:
    """The regular k-gon where one feature is active at a time, at its best common length and bias.

    Up to k = 4 it loses nothing, with length 1 and no bias. Beyond, ‖W_i‖² = C/A and b = -t C/A with

        C = (1 - t)² (2 + t) / 6,    A = Σ_{cos > t} (cos - t)³ / (3 cos)

    over the cosines between vertex i and all, where t makes C²/A greatest.

    Args:
        k: vertices, at least 1.

    Returns:
        (norm, bias, loss): the length, not its square; the loss is the limit of the loss per feature over p as p → 0,
        1/3 for a feature that is not represented. Σ_i E (x_i - x'_i)² with k = n and one feature active is the same.
    Source:
        Chen et al. 2023, arXiv 2310.06301.
    """
    if k < 1 or k != int(k):
        raise bad_input("k", k, "a whole number of at least 1 vertex")
    if k <= 4:
        return Kgon(1.0, 0.0, 0.0)
    cosines = polygon(k)[0]
    seen = cosines[cosines > SAME]

    def saved(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        above = np.maximum(seen - t[:, None], 0.0)
        return (1 - t) ** 2 * (2 + t) / 6, np.sum(above**3 / seen, axis=1) / 3

    low, high = 0.0, 1.0 - 1e-9
    for _ in range(12):
        t = np.linspace(low, high, 257)
        c, a = saved(t)
        best = int(np.argmax(c**2 / a))
        low, high = t[max(best - 1, 0)], t[min(best + 1, 256)]
    s = c[best] / a[best]
    return Kgon(math.sqrt(s), float(-s * t[best]), float(1 / 3 - c[best] ** 2 / a[best]))


def _best_of_vertices(shape: np.ndarray, p: float) -> PolytopeLoss:
    return _best(*_distinct_rows(shape), p)


def _best(rows: np.ndarray, shares: np.ndarray, p: float) -> PolytopeLoss:
    """The t whose gain C²/A is greatest: on a grid that is refined about its best point until rounding hides it.

    Args:
        rows: of the Gram matrix, own entry first.
        shares: how many vertices have each row, of all.
        p: the density.
    """
    density = np.where(rows != 0, p, 0.0)
    with jax.enable_x64(True):
        series = _coefficients(rows, density)

        def saved(t: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            filled = np.resize(t, POINTS)  # one shape, one program
            a, c = (
                np.asarray(shares @ value)[: len(t)]
                for value in _a_and_c(rows, density, series, filled)
            )
            return c, a, np.where((a > 0) & (c > 0), c**2 / np.where(a > 0, a, 1.0), 0.0)

        # Below the least Y lies the linear regime; far below it the loss is that of an unrepresented feature.
        least, greatest = (
            np.minimum(rows, 0.0).sum(axis=1).min(),
            np.maximum(rows, 0.0).sum(axis=1).max(),
        )
        low, high = 2 * least - greatest, greatest
        for _ in range(6):
            t = np.linspace(low, high, POINTS)
            best = int(np.argmax(saved(t)[2]))
            low, high = t[max(best - 1, 0)], t[min(best + 1, POINTS - 1)]
        # Where the top is a smooth parabola, two points at either side of it say better where it is highest; at p → 0
        # it has a kink instead, at t = 0. All else equal within rounding, the first of these is the most exact.
        reach = 1e-4 * (greatest - least)
        left, top, right = saved(t[best] + reach * np.array([-1.0, 0.0, 1.0]))[2]
        bend = left - 2 * top + right
        smooth = t[best] + (
            reach * np.clip((left - right) / (2 * bend), -1, 1) if bend < 0 else 0.0
        )
        t = np.array([smooth, 0.0, t[best]])
        c, a, gain = saved(t)
    best = int(np.argmax(gain >= gain.max() - 1e-15 * p))
    s = c[best] / a[best]
    return PolytopeLoss(math.sqrt(s), float(-s * t[best]), float(p / 3 - gain[best]))


def _distinct_rows(shape: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the Gram matrix that differ by more than order, own entry first, and what share of all each one is."""
    g = shape.T @ shape
    if len(g) > LARGEST:
        raise bad_input("vertices", shape.shape, f"at most {LARGEST} vertices")
    g[np.abs(g) < SAME] = 0.0
    others = np.sort(np.where(np.eye(len(g), dtype=bool), np.inf, g), axis=1)[:, :-1]
    _, first, counts = np.unique(
        np.round(others / SAME), axis=0, return_index=True, return_counts=True
    )
    rows = np.zeros((len(first), max(len(g), WIDTH)))
    rows[:, 0], rows[:, 1 : len(g)] = 1.0, others[first]
    return rows, counts / len(g)


@jax.jit
@jax.vmap
def _coefficients(row: Array, density: Array) -> tuple[Array, Array, Array]:
    """ω, and the coefficients of both series: E e^{ikωY} and E x_i e^{ikωY} over two active features or more."""
    omega = math.pi / jnp.sum(jnp.abs(row))
    k = orders(TERMS)

    def join(state: Any, feature: Any) -> tuple[Any, None]:
        none, one, more = state
        a, p = feature
        on = p * waves(*tables(a * omega / 2, TERMS), k * a * omega / 2, UNIT)[0]
        return (none * (1 - p), one * (1 - p) + none * on, more * (1 - p + on) + one * on), None

    zero = jnp.zeros(k.shape, jnp.complex128)
    (_, one, more), _ = jax.lax.scan(join, (jnp.ones(()), zero, zero), (row[1:], density[1:]))
    h0, h1, _ = waves(*tables(row[0] * omega / 2, TERMS), k * row[0] * omega / 2, UNIT)
    p = density[0]
    return omega, p * h0 * (one + more) + (1 - p) * more, p * h1 * (one + more)


@jax.jit
def _a_and_c(rows: Array, density: Array, series: Any, t: Array) -> tuple[Array, Array]:
    """A(t) and C(t), each rows x points."""
    own, s, k = jnp.arange(rows.shape[1]) == 0, jnp.array([1.0, 2.0]), orders(TERMS)

    def polynomial(row: Array, density: Array, omega: Array, t: Array, s: Array) -> Array:
        """The loss at s, without the series: p/3 - 2 s C + s² A."""
        few = at_most_one_active(s * row, -s * t, own, density, UNIT)
        mixed = few + smooth_part(s * row, -s * t, own, density, omega / s, UNIT)
        linear = linear_term(s * row, -s * t, own, density, UNIT)
        return jnp.where(jnp.sum(jnp.minimum(row, 0.0)) >= t, linear, mixed)

    def both(row: Array, density: Array, series: Any, t: Array) -> tuple[Array, Array]:
        omega, of_one, of_x = series
        one, two = jax.vmap(polynomial, in_axes=(None, None, None, None, 0))(
            row, density, omega, t, s
        )
        off = density[0] / 3
        turn = jnp.conj(jnp.outer(*tables(omega * t, TERMS)))
        a = -2 / (math.pi * omega**2) * jnp.sum(jnp.imag(turn * of_one) / k**3)
        c = -1 / (math.pi * omega) * jnp.sum(jnp.real(turn * of_x) / k**2)
        inside = jnp.sum(jnp.minimum(row, 0.0)) < t
        a, c = jnp.where(inside, a, 0.0), jnp.where(inside, c, 0.0)
        return (two - 2 * one + off) / 2 + a, (two - 4 * one + 3 * off) / 4 + c

    return jax.vmap(jax.vmap(both, in_axes=(None, None, None, 0)), in_axes=(0, 0, 0, None))(
        rows, density, series, t
    )


def _checked_density(density: float) -> float:
    if not (np.ndim(density) == 0 and 0 < density <= 1):
        raise bad_input(
            "density",
            density,
            "the chance that a feature is active, in (0, 1]",
            "it is 1 - sparsity",
        )
    return float(density)
