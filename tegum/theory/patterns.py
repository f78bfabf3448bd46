"""Few features: the population loss as a finite sum that is exact, over points laid out for each output.

Output i sees z = Σ_j a_j x_j + b_i, and its error (x_i - (z)₊)² is a polynomial on either side of z = 0. Integrate one
feature after the other: given the features before it, the integrand over x_j changes its polynomial only where z with
every later feature at an end of its support (or off) crosses 0. Between such breaks a Gauss-Legendre rule of two or
three nodes is exact. The points number 5, 35 and 560 for n = 1, 2 and 3 features on [0, 1], and then grow too fast; for
the constant value 1 they are the 2ⁿ patterns of active features themselves.
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from tegum.arrays import Array
from tegum.theory.one_active import UniformLaw


def has_few_points(n_features: int, law: UniformLaw) -> bool:
    """Whether this route is quicker than the series, for a spread law, or feasible, for a constant one."""
    return n_features <= (3 if law.half_width else 16)


def point_terms(
    g: Float[Array, "features features"],
    b: Float[Array, " features"],
    density: Float[Array, " features"],
    law: UniformLaw,
) -> Float[Array, " features"]:
    """E (x_i - (z_i)₊)² for each feature i, exactly. Arguments as in `tegum.theory.expected.relu_terms`."""
    return point_terms_and_slopes(g, b, density, law)[0]


def point_terms_and_slopes(
    g: Float[Array, "features features"],
    b: Float[Array, " features"],
    density: Float[Array, " features"],
    law: UniformLaw,
) -> tuple[Float[Array, " features"], Float[Array, "features features"], Float[Array, " features"]]:
    """The terms, and the derivative of term i by G_ij and by b_i.

    The sum is the integral wherever the breaks lie, so moving them adds nothing to a first derivative.
    """
    rows = jnp.arange(b.shape[0])
    if not law.half_width:
        x, weight = _patterns(density)
        return jax.vmap(_row, in_axes=(0, 0, 0, None, None))(g, b, rows, x, weight)
    x, weight = jax.vmap(_row_points, in_axes=(0, 0, None, None))(g, b, density, law)
    return jax.vmap(_row)(g, b, rows, x, weight)


def _row(a: Array, b: Array, i: Array, x: Array, weight: Array) -> tuple[Array, Array, Array]:
    z = jnp.sum(x * a[None], axis=1) + b
    residual = x[:, i] - jnp.where(z > 0, z, 0.0)
    slope = jnp.where(z > 0, -2 * weight * residual, 0.0)
    return jnp.sum(weight * residual**2), jnp.sum(slope[:, None] * x, axis=0), jnp.sum(slope)


def _patterns(density: Array) -> tuple[Array, Array]:
    """All 2ⁿ patterns of active features, of value 1, and their probabilities."""
    x = np.array(list(itertools.product((0.0, 1.0), repeat=density.shape[0])))
    return jnp.asarray(x), jnp.prod(jnp.where(x == 1, density[None], 1 - density[None]), axis=1)


def _row_points(a: Array, b: Array, density: Array, law: UniformLaw) -> tuple[Array, Array]:
    """Points, as points x features, and weights that integrate one output's error exactly."""
    n = density.shape[0]
    x, weight, z = jnp.zeros((1, 0)), jnp.ones(1), b[None]
    for j in range(n):
        value, chance = _nodes(z, a[j], a[j + 1 :], density[j], law)  # points x nodes
        shape = value.shape
        x = jnp.concatenate([jnp.repeat(x, shape[1], axis=0), value.reshape(-1, 1)], axis=1)
        weight = (weight[:, None] * chance).ravel()
        z = (z[:, None] + a[j] * value).ravel()
    return x, weight


def _nodes(z: Array, a: Array, later: Array, p: Array, law: UniformLaw) -> tuple[Array, Array]:
    """Values of one feature and their weights, given z so far: off, or on at the nodes between the breaks."""
    ends = sorted({0.0, law.low, law.high})
    corners = jnp.sum(
        np.array(list(itertools.product(ends, repeat=later.shape[0]))) * later[None], axis=1
    )
    breaks = -(z[:, None] + corners[None]) / jnp.where(a == 0, 1.0, a)
    edges = jnp.pad(jnp.sort(jnp.clip(breaks, law.low, law.high), axis=1), ((0, 0), (1, 1)))
    edges = edges.at[:, 0].set(law.low).at[:, -1].set(law.high)
    # With k features still to integrate the integrand has degree k + 1; g nodes are exact to degree 2g - 1.
    node, gauss = np.polynomial.legendre.leggauss((later.shape[0] + 4) // 2)
    width = jnp.diff(edges, axis=1)[..., None]
    value = edges[:, :-1, None] + width * (1 + node[None, None]) / 2
    chance = p * width * gauss[None, None] / (2 * (law.high - law.low))
    off = jnp.zeros((z.shape[0], 1))
    return (
        jnp.concatenate([off, value.reshape(z.shape[0], -1)], axis=1),
        jnp.concatenate([off + (1 - p), chance.reshape(z.shape[0], -1)], axis=1),
    )
