"""Many features: the population loss by a Fourier series whose coefficients are known in closed form.

Symbols: output i sees z = Σ_j a_j x_j + b with a = G_i., its error is (x_i - (z)₊)²; p_j is the density of feature j
and s_j = 1 - p_j. Inputs with two active features or more need z|z| and |z|, whose Bernoulli series hold for |θ| ≤ 2π:

    θ|θ| = (4/π) [π²θ/6 + θ³/12 - Σ_k sin(kθ)/k³],    |θ| = (2/π) [π²/6 + θ²/4 - Σ_k cos(kθ)/k²],    θ = ωz.

Features are independent, so E e^{itz} at t = kω is e^{ibt} Π_j φ_j with φ_j = s_j + p_j h₀(a_j t), and E x_i e^{itz}
has p_i h₁(a_i t) in the place of φ_i; h_q(u) = E v^q e^{iuv} over the value v of an active feature. Inputs with fewer
than two active features, exact by other means, are left out as the product is built up and not subtracted, so that
nothing cancels as p → 0.

The series ends at K terms. It converges worst where other features are active and hardly coupled, for these do not blur
the kink at z = 0. They are taken as not coupled at all, which is exact by other means too, and the series has the rest.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Float

from tegum.arrays import Array
from tegum.theory.moments import (
    at_most_one_active,
    linear_term,
    series_error_alone,
    smooth_part,
    without_each,
)
from tegum.theory.one_active import UniformLaw
from tegum.theory.waves import orders, rounded_up, step, tables, wave_bounds, waves

# Rows are taken so many at a time that what their gradient keeps, a complex number a feature and term, is 32 MB.
KEPT_NUMBERS = 2**21


def series_terms(
    g: Float[Array, "features features"],
    b: Float[Array, " features"],
    density: Float[Array, " features"],
    law: UniformLaw,
    terms: int,
) -> Float[Array, " features"]:
    """E (x_i - (z_i)₊)² for each feature i, with `terms`, K above, rounded up to whole blocks."""

    def row(a: Array, b: Array, own: Array) -> Array:
        held = _held(a, b, own, density, law, terms)
        mixed = _exact_part(a, b, held, law) + _wave_part(a, b, held, law, terms)[0]
        return _by_sign(a, b, law, _off(held, law), mixed, linear_term(a, b, own, density, law))

    return _for_each_row(row, g, b, terms)


def series_terms_and_slopes(
    g: Float[Array, "features features"],
    b: Float[Array, " features"],
    density: Float[Array, " features"],
    law: UniformLaw,
    terms: int,
) -> tuple[Float[Array, " features"], Float[Array, "features features"], Float[Array, " features"]]:
    """The terms, and the derivative of term i by G_ij and by b_i."""

    def row(a: Array, b: Array, own: Array) -> tuple[Array, tuple[Array, Array]]:
        held = _held(a, b, own, density, law, terms)
        exact = jax.value_and_grad(_exact_part, argnums=(0, 1))(a, b, held, law)
        mixed = jax.tree.map(jnp.add, exact, _wave_part_and_slopes(a, b, held, law, terms))
        above = jax.value_and_grad(linear_term, argnums=(0, 1))(a, b, own, density, law)
        below = _off(held, law), (jnp.zeros_like(a), jnp.zeros_like(b))
        return _by_sign(a, b, law, below, mixed, above)

    value, (by_g, by_b) = _for_each_row(row, g, b, terms)
    return value, by_g, by_b


def truncation_bounds(
    g: Float[Array, "features features"],
    b: Float[Array, " features"],
    density: Float[Array, " features"],
    law: UniformLaw,
    terms: int,
) -> Float[Array, " features"]:
    """How far each of `series_terms` may at most be from the truth, rounding aside; 0 for outputs whose sign is fixed.

    |h₀| and |h₁| have bounds that fall with k, so those at k = K + 1 serve for all terms left out, and
    Σ_{k>K} k⁻³ ≤ 1/(2K²), Σ_{k>K} k⁻² ≤ 1/K.
    """
    last = rounded_up(terms)

    def row(a: Array, b: Array, own: Array) -> Array:
        held = _held(a, b, own, density, law, terms)
        h0, h1 = wave_bounds(jnp.abs(a) * (last + 1) * held.omega, law)
        some, several = _others_damped(own, density, h0)
        some, several = some + held.some_unheard, several + held.several_unheard
        p = _own(held, density)
        for_z2 = (1 - p) * several + p * _own(held, h0) * some
        for_xz = p * _own(held, h1) * some
        bound = for_z2 / (math.pi * (held.omega * last) ** 2) + 2 * for_xz / (
            math.pi * held.omega * last
        )
        return _by_sign(a, b, law, jnp.zeros(()), bound, jnp.zeros(()))

    return jax.vmap(row)(g, b, jnp.eye(b.shape[0], dtype=bool))


class _Held(NamedTuple):
    """What is held while one output's a and b are differentiated: in full, the series would not depend on ω."""

    own: Array  # marks feature i among all
    density: Array
    omega: Array
    some_unheard: (
        Array  # chance that other features are active, coupled too weakly for K terms to tell
    )
    several_unheard: Array  # the same of two or more others


def _held(a: Array, b: Array, own: Array, density: Array, law: UniformLaw, terms: int) -> _Held:
    # ω = π / max|z| uses half of what the series allow: near |θ| = 2π too, the terms left out add up coherently.
    least, greatest = _range(a, b, law)
    widest = jnp.maximum(-least, greatest)
    omega = math.pi / jnp.where(widest > 0, widest, 1.0)
    # Smoothly from 1, for features whose waves have hardly turned at the last term, to 0.
    unresolved = 1 / (1 + (step(law) * a * omega * rounded_up(terms)) ** 2)
    return jax.lax.stop_gradient(
        _Held(own, density, omega, *_others_damped(own, density, unresolved))
    )


def _others_damped(own: Array, density: Array, damping: Array) -> tuple[Array, Array]:
    """Chances that some other feature, and that several others, are active, each counting only with its `damping`."""
    p = jnp.where(own, 0.0, density)
    nobody = jnp.ones(()), jnp.zeros(()), jnp.zeros(())
    (_, one, more), _ = jax.lax.scan(
        lambda state, j: (_joined(state, *j), None), nobody, (1 - p, p * damping)
    )
    return one + more, more


def _joined(state: Any, off: Array, on: Array) -> tuple[Array, Array, Array]:
    """Characteristic functions of a sum with none, one, and two or more active features, after one feature more."""
    none, one, more = state
    return none * off, one * off + none * on, more * (off + on) + one * on


def _for_each_row(row: Callable[..., Any], g: Array, b: Array, terms: int) -> Any:
    n = b.shape[0]
    rows = g, b, jnp.eye(n, dtype=bool)
    at_once = max(1, KEPT_NUMBERS // (n * rounded_up(terms)))
    if n <= at_once:
        return jax.vmap(row)(*rows)
    return jax.lax.map(lambda each: row(*each), rows, batch_size=at_once)


def _own(held: _Held, each: Array) -> Array:
    """The entry of feature i itself."""
    return jnp.sum(jnp.where(held.own, each, 0.0))


def _off(held: _Held, law: UniformLaw) -> Array:
    """E x_i²: the error of an output that is always 0."""
    return _own(held, held.density) * law.second_moment


def _range(a: Array, b: Array, law: UniformLaw) -> tuple[Array, Array]:
    """The least and the greatest z on the whole support."""
    ends = a * law.low, a * law.high
    return b + jnp.sum(jnp.minimum(0.0, jnp.minimum(*ends))), b + jnp.sum(
        jnp.maximum(0.0, jnp.maximum(*ends))
    )


def _by_sign(a: Array, b: Array, law: UniformLaw, below: Any, mixed: Any, above: Any) -> Any:
    """`below` or `above` where z has one sign on the whole support and its error is a polynomial; else `mixed`."""
    least, greatest = _range(a, b, law)
    return jax.tree.map(
        lambda x, y, z: jnp.where(least >= 0, z, jnp.where(greatest <= 0, x, y)),
        below,
        mixed,
        above,
    )


def _exact_part(a: Array, b: Array, held: _Held, law: UniformLaw) -> Array:
    own_a, own_p = _own(held, a), _own(held, held.density)
    alone = series_error_alone(
        own_a, b, own_p, held.omega, held.some_unheard, held.several_unheard, law
    )
    few = at_most_one_active(a, b, held.own, held.density, law)
    return few + smooth_part(a, b, held.own, held.density, held.omega, law) + alone


def _wave_part(
    a: Array, b: Array, held: _Held, law: UniformLaw, terms: int
) -> tuple[Array, tuple[Any, ...]]:
    """What the sums of both series give, as Re Σ_k (u₁ some + u₂ several), and what its derivatives need besides.

    `some` and `several` are Π_{j≠i} φ_j less its parts with no, and with at most one, other feature active.
    """
    k, scale = orders(terms), step(law) * held.omega
    features = *tables(scale * a, terms), scale * a, jnp.where(held.own, 0.0, held.density)

    def join(
        state: tuple[Array, ...], feature: tuple[Array, ...]
    ) -> tuple[tuple[Array, ...], Array]:
        *joined, product = state
        coarse, fine, angle, p = feature
        on = p * waves(coarse, fine, k * angle, law)[0]
        return (*_joined(joined, 1 - p, on), product * (1 - p + on)), product

    zero = jnp.zeros(k.shape, jnp.complex128)
    (_, one, more, _), before = jax.lax.scan(join, (jnp.ones(()), zero, zero, zero + 1), features)
    some, several = one + more - held.some_unheard, more - held.several_unheard

    p, angle = _own(held, held.density), scale * _own(held, a)
    h0, h1, h2 = waves(*tables(angle, terms), k * angle, law)
    phase = jnp.outer(*tables(b * held.omega, terms))
    for_z2, for_xz = -2 / (math.pi * held.omega**2 * k**3), 2 / (math.pi * held.omega * k**2)
    u1 = p * phase * (for_xz * h1 - 1j * for_z2 * h0)
    u2 = -1j * (1 - p) * phase * for_z2
    u1_by_a = p * phase * k * held.omega * (for_z2 * h1 + 1j * for_xz * h2)
    value = jnp.sum(jnp.real(u1 * some + u2 * several))
    return value, (some, several, u1, u2, u1_by_a, before, features)


def _wave_part_and_slopes(
    a: Array, b: Array, held: _Held, law: UniformLaw, terms: int
) -> tuple[Array, tuple[Array, Array]]:
    """What the sums of both series give, and its derivatives by a and by b."""
    value, (some, several, u1, u2, u1_by_a, before, features) = _wave_part(a, b, held, law, terms)
    k = orders(terms)
    t = k * held.omega

    # By a_j: φ_j gives way to its derivative i t p_j h₁(a_j t). The product of the others is that of those before j,
    # kept on the way out, and of those after it, built up on the way back; to divide by φ_j would fail where it is 0.
    def leave(after: Array, feature: tuple[Any, ...]) -> tuple[Array, Array]:
        (coarse, fine, angle, p), before, nobody_else = feature
        h0, h1, _ = waves(coarse, fine, k * angle, law)
        slope = -p * jnp.sum(t * jnp.imag(h1 * ((u1 + u2) * before * after - u2 * nobody_else)))
        return after * (1 - p + p * h0), slope

    nobody_else = without_each(1 - features[-1])
    _, by_others = jax.lax.scan(
        leave, jnp.ones_like(some), (features, before, nobody_else), reverse=True
    )
    by_own = jnp.sum(jnp.real(u1_by_a * some))
    by_b = -jnp.sum(t * jnp.imag(u1 * some + u2 * several))
    return value, (jnp.where(held.own, by_own, by_others), by_b)
