"""What one output's loss takes from polynomials alone, with no series: moments, and at most one active feature.

Symbols: output i sees z = Σ_j a_j x_j + b, and its error is (x_i - (z)₊)². `own` marks feature i among all; p_j is the
density of feature j, k counts the active features. Each sum over k ≥ 2 is built from chances that some OTHER feature is
active, never as a whole moment less its first two parts, so that its relative accuracy lasts as p → 0.
"""

import math

import jax.numpy as jnp
from jaxtyping import Bool, Float

from tegum.arrays import Array
from tegum.theory.one_active import UniformLaw, ray_moments


def linear_term(
    a: Float[Array, " features"],
    b: Float[Array, ""],
    own: Bool[Array, " features"],
    density: Float[Array, " features"],
    law: UniformLaw,
) -> Float[Array, ""]:
    """E (x_i - z)², without the ReLU: the squared mean and the variance of Σ_j (δ_ij - a_j) x_j - b."""
    d = own - a
    mean = density * law.centre
    variance = density * law.second_moment - mean**2
    return (jnp.sum(d * mean) - b) ** 2 + jnp.sum(d * d * variance)


def at_most_one_active(
    a: Float[Array, " features"],
    b: Float[Array, ""],
    own: Bool[Array, " features"],
    density: Float[Array, " features"],
    law: UniformLaw,
) -> Float[Array, ""]:
    """E (x_i - (z)₊)² over the inputs with no or one active feature."""
    squared, weighted = ray_moments(a, jnp.broadcast_to(b, a.shape), law)
    error = squared + jnp.where(own, law.second_moment - 2 * weighted, 0.0)
    nobody = jnp.prod(1 - density) * jnp.where(b > 0, b, 0.0) ** 2
    return nobody + jnp.sum(density * without_each(1 - density) * error)


def smooth_part(
    a: Float[Array, " features"],
    b: Float[Array, ""],
    own: Bool[Array, " features"],
    density: Float[Array, " features"],
    omega: Float[Array, ""],
    law: UniformLaw,
) -> Float[Array, ""]:
    """The polynomial part of E (x_i - (z)₊)² over the inputs with two active features or more.

    (z)₊ = (z + |z|)/2 and (z)₊² = (z² + z|z|)/2, where |z| and z|z| stand for the polynomials of their Bernoulli series
    in θ = ωz, |z| ≈ π/(3ω) + ωz²/(2π) and z|z| ≈ 2πz/(3ω) + ωz³/(3π).
    """
    some_other = 1 - without_each(1 - density)
    first, second, third = (
        density * moment for moment in (law.centre, law.second_moment, law.third_moment)
    )
    y1, y2, y3 = _moments_of_sum(a, some_other, first, second, third)
    several = _chance_of_two(density)
    z1 = b * several + y1
    z2 = b**2 * several + 2 * b * y1 + y2
    z3 = b**3 * several + 3 * b**2 * y1 + 3 * b * y2 + y3

    # With feature i active, two or more means: at least one other. r and r2 are Σ_{j≠i} a_j x_j and its square.
    (own_a, x1, x2, x3, chance) = (
        jnp.sum(jnp.where(own, c, 0.0)) for c in (a, first, second, third, some_other)
    )
    others = [jnp.where(own, 0.0, moment) for moment in (first, second)]
    r, r2 = jnp.sum(others[0] * a), jnp.sum(others[1] * a**2) + _distinct_pairs(others[0] * a)
    x_z = (b * x1 + own_a * x2) * chance + x1 * r
    x_z2 = (
        (b**2 * x1 + 2 * b * own_a * x2 + own_a**2 * x3) * chance
        + 2 * (b * x1 + own_a * x2) * r
        + x1 * r2
    )
    return x2 * chance + _smooth(omega, x1 * chance, z1, z2, z3, x_z, x_z2)


def series_error_alone(
    a: Float[Array, ""],
    b: Float[Array, ""],
    p: Float[Array, ""],
    omega: Float[Array, ""],
    some: Float[Array, ""],
    several: Float[Array, ""],
    law: UniformLaw,
) -> Float[Array, ""]:
    """What the smooth part misses where feature i is heard alone, z = a x_i + b, with given chances of that.

    Args:
        a: the output's coupling to its own feature.
        b: its bias.
        p: the density of its own feature.
        omega: ω of the series.
        some: the chance that other features are active but not heard; counts where feature i is active.
        several: the same of two others or more; counts where it is not.
        law: of an active value.
    """
    squared, weighted = ray_moments(a, b, law)
    second, third = law.second_moment, law.third_moment
    z, z2 = a * law.centre + b, a**2 * second + 2 * a * b * law.centre + b**2
    z3 = a**3 * third + 3 * a**2 * b * second + 3 * a * b**2 * law.centre + b**3
    x_z, x_z2 = a * second + b * law.centre, a**2 * third + 2 * a * b * second + b**2 * law.centre
    on = squared - 2 * weighted - _smooth(omega, law.centre, z, z2, z3, x_z, x_z2)
    off = jnp.where(b > 0, b, 0.0) ** 2 - _smooth(omega, 0.0, b, b**2, b**3, 0.0, 0.0)
    return p * some * on + (1 - p) * several * off


def _smooth(
    omega: Array,
    x: Array | float,
    z: Array,
    z2: Array,
    z3: Array,
    x_z: Array | float,
    x_z2: Array | float,
) -> Array:
    """(z)₊² - 2 x (z)₊ with the polynomials of both series for z|z| and |z|, from the moments of x and z."""
    return z2 / 2 - x_z + math.pi / (3 * omega) * (z - x) + omega / (6 * math.pi) * (z3 - 3 * x_z2)


def without_each(factors: Float[Array, " features"]) -> Float[Array, " features"]:
    """Π_{l≠j} factors_l for each j, without dividing: any of them may be 0."""
    return _before_each(factors) * _before_each(factors[::-1])[::-1]


def _before_each(factors: Array) -> Array:
    """Π_{l<j} factors_l for each j."""
    return jnp.cumprod(jnp.concatenate([jnp.ones(1, factors.dtype), factors[:-1]]))


def _chance_of_two(density: Array) -> Array:
    """P(two or more features are active): the last of them is j, and some feature before it is active."""
    off = 1 - density
    return jnp.sum(density * (1 - _before_each(off)) * _before_each(off[::-1])[::-1])


def _moments_of_sum(
    a: Array, some_other: Array, first: Array, second: Array, third: Array
) -> tuple[Array, Array, Array]:
    """E y, E y², E y³ of y = Σ_j a_j x_j over two active features or more; distinct pairs always have two."""
    q, u, r = first * a, second * a**2, third * a**3
    pairs = _distinct_pairs(q)
    triples = jnp.sum(q) ** 3 - 3 * jnp.sum(q) * jnp.sum(q**2) + 2 * jnp.sum(q**3)
    mixed = jnp.sum(u) * jnp.sum(q) - jnp.sum(u * q)
    return (
        jnp.sum(q * some_other),
        jnp.sum(u * some_other) + pairs,
        jnp.sum(r * some_other) + 3 * mixed + triples,
    )


def _distinct_pairs(q: Array) -> Array:
    return jnp.sum(q) ** 2 - jnp.sum(q**2)
