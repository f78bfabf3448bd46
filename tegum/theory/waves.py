"""The characteristic function of one active feature, and of its first two powers, at many frequencies at once.

Symbols: v is the value of an active feature, h_q(u) = E v^q e^{iuv}. With v uniform on c ± d, v = c + d y, they follow
from spherical Bessel functions: E e^{iuy}, E y e^{iuy} and E y² e^{iuy} over y in [-1, 1] are j₀, i j₁ and (j₀ - 2
j₂)/3 at u.
"""

import math

import jax.numpy as jnp
from jaxtyping import Complex, Float

from tegum.arrays import Array
from tegum.theory.one_active import UniformLaw

# e^{ikθ} for k = 1 ... K is the outer product of two short tables: one sine and cosine in BLOCK terms.
BLOCK = 32


def rounded_up(terms: int) -> int:
    """`terms` as a whole number of blocks."""
    return -(-terms // BLOCK) * BLOCK


def orders(terms: int) -> Float[Array, "blocks block"]:
    """The numbers k = 1 ... K, in blocks."""
    return jnp.arange(1.0, rounded_up(terms) + 1).reshape(-1, BLOCK)


def step(law: UniformLaw) -> float:
    """What the angle of `waves` is in units of u: d, or c where the law is constant."""
    return law.half_width or law.centre


def tables(
    angle: Float[Array, "*shape"], terms: int
) -> tuple[Complex[Array, "*shape blocks"], Complex[Array, "*shape block"]]:
    """Two tables whose outer product is e^{i k angle} for k = 1 ... K."""
    turn = 1j * angle[..., None]
    ones = (1,) * angle.ndim
    coarse = BLOCK * jnp.arange(rounded_up(terms) // BLOCK).reshape(*ones, -1)
    return jnp.exp(turn * coarse), jnp.exp(turn * jnp.arange(1, BLOCK + 1).reshape(*ones, -1))


def waves(
    coarse: Complex[Array, " blocks"],
    fine: Complex[Array, " block"],
    angle: Float[Array, "blocks block"],
    law: UniformLaw,
) -> tuple[Array, Array, Array]:
    """h₀, h₁ and h₂ at u = angle / step(law), given the two tables of that angle."""
    turn = coarse[:, None] * fine[None, :]
    if not law.half_width:
        return turn, law.centre * turn, law.centre**2 * turn
    j0, j1, j2 = _spherical_bessel(angle, turn)
    c, d = law.centre, law.half_width
    h0, h1, h2 = j0, c * j0 + 1j * d * j1, c**2 * j0 + 2j * c * d * j1 + d**2 / 3 * (j0 - 2 * j2)
    # e^{icu}, which is `turn` where c = d and 1 where c = 0.
    return (turn * h0, turn * h1, turn * h2) if c else (h0, h1, h2)


def wave_bounds(
    u: Float[Array, "*shape"], law: UniformLaw
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    """Bounds on |h₀| and |h₁| at u > 0 that fall as u grows: |h₁| by parts. They do not fall for a constant value."""
    reach = jnp.maximum(law.half_width * u, 1.0)
    edge = (abs(law.low) + abs(law.high)) / 2
    return 1 / reach, jnp.minimum(law.mean_size, (edge + law.half_width) / reach)


def _spherical_bessel(v: Array, turn: Array) -> tuple[Array, Array, Array]:
    """j₀, j₁, j₂ at v, given turn = e^{iv}: by recursion, and by their power series where that would cancel."""
    small = jnp.abs(v) < 0.5
    safe = jnp.where(small, 1.0, v)
    j0 = jnp.imag(turn) / safe
    j1 = (j0 - jnp.real(turn)) / safe
    j2 = 3 * j1 / safe - j0
    j0, j1, j2 = (
        jnp.where(small, _near_zero(order, v), far) for order, far in enumerate((j0, j1, j2))
    )
    return j0, j1, j2


def _near_zero(order: int, v: Array) -> Array:
    """vⁿ Σ_m (-v²/2)^m / (m! (2n + 2m + 1)!!), to rounding for |v| < 1/2."""
    total = jnp.zeros_like(v)
    for m in reversed(range(8)):
        total = total * (-(v**2) / 2) + 1 / (
            math.factorial(m) * math.prod(range(1, 2 * order + 2 * m + 2, 2))
        )
    return v**order * total
