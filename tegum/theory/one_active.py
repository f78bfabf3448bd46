"""One feature active at a time: every expectation is then a polynomial piece by piece, and in closed form.

With x = v e_j the pre-activation of output i is z = a v + b, where a = G_ij, G = WᵀW: a straight line over the support
of v, whose law is uniform on [low, high] = centre ± half_width (or one point). What lies above 0 is one segment of it.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input
from tegum.models.activations import ACTIVATIONS, activation_name
from tegum.theory.float64 import gram, in_float64, is_traced


class UniformLaw(NamedTuple):
    """The law of an active feature's value v: uniform on centre ± half_width, or constant where half_width is 0."""

    centre: float
    half_width: float

    @property
    def low(self) -> float:
        return self.centre - self.half_width

    @property
    def high(self) -> float:
        return self.centre + self.half_width

    @property
    def mean_size(self) -> float:
        """E |v|."""
        if self.low >= 0:
            return self.centre
        return (self.low**2 + self.high**2) / (2 * (self.high - self.low))

    @property
    def second_moment(self) -> float:
        return self.centre**2 + self.half_width**2 / 3

    @property
    def third_moment(self) -> float:
        return self.centre**3 + self.centre * self.half_width**2


LAWS = {
    "unit": UniformLaw(0.5, 0.5),
    "symmetric": UniformLaw(0.0, 1.0),
    "one": UniformLaw(1.0, 0.0),
}


def ray_moments(
    a: Float[Array, "*shape"], b: Float[Array, "*shape"], law: UniformLaw
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    """E (z)₊² and E v (z)₊ for z = a v + b.

    Nothing is divided by a, so both are as good at a = 0 as elsewhere, and so are their derivatives.

    Args:
        a: slope.
        b: value at v = 0.
        law: of v.
    """
    # Walk the line in the direction it rises, from the end `start` of the support to the end `stop`.
    rises = a >= 0
    start, stop = jnp.where(rises, law.low, law.high), jnp.where(rises, law.high, law.low)
    bottom, top = a * start + b, a * stop + b
    mixed = (bottom < 0) & (top > 0)
    length = jnp.where(
        mixed, top / jnp.where(mixed, top - bottom, 1.0), (bottom >= 0) * 1.0
    )  # of the part above 0
    # `where`, not `maximum`: at bottom = 0 the derivative must be that of the whole segment, not half of it.
    z0, z1 = jnp.where(bottom >= 0, bottom, 0.0), jnp.where(top > 0, top, 0.0)
    v0, v1 = stop + length * (start - stop), stop
    squared = length * (z0 * z0 + z0 * z1 + z1 * z1) / 3
    weighted = length * (v0 * (2 * z0 + z1) + v1 * (z0 + 2 * z1)) / 6
    return squared, weighted


def one_active_loss(
    w: Float[Array, "hidden features"], b: Float[Array, " features"]
) -> float | Array:
    """Mean squared error of ReLU(WᵀWx + b) when exactly one feature is active, each equally often.

    L = (1/n) Σ_j E ‖x - ReLU(WᵀWx + b)‖² with x = v e_j, v uniform on [0, 1]: polynomial piece by piece in G and b, and
    differentiable, to the second order too, wherever no piece begins.

    Args:
        w: weights; column i is feature i's direction.
        b: bias of the output.

    Returns:
        Dimensionless, from 0; 1/3 for a model of zeros. A float, or traced if an argument is.
    Source:
        Chen et al. 2023, "Dynamical versus Bayesian phase transitions in a toy model of superposition", arXiv
        2310.06301.
    """
    w, b = _checked(w, b)
    return in_float64(_one_active, w, b)


def _one_active(w: Array, b: Array) -> Array:
    n = w.shape[1]
    squared, weighted = ray_moments(gram(w), jnp.broadcast_to(b[:, None], (n, n)), LAWS["unit"])
    own = LAWS["unit"].second_moment - 2 * jnp.diagonal(weighted)
    return (jnp.sum(squared) + jnp.sum(own)) / n


def one_hot_loss(
    w: Float[Array, "hidden features"],
    activation: str = "relu",
    b: Float[Array, " features"] | None = None,
) -> float | Array:
    """Squared error of f(WᵀWx + b) summed over the n one-hot inputs x = e_j, whose active value is 1.

    Without bias and with ReLU it is Σ_i (1 - ‖W_i‖²)² + Σ_{j≠i} ReLU(W_i·W_j)².

    Args:
        w: weights; column i is feature i's direction.
        activation: f, a name of `tegum.models.activations.ACTIVATIONS`; "gelu" is the exact one, z Φ(z).
        b: bias of the output; none if left out.

    Returns:
        From 0; n for a model of zeros. A float, or traced if an argument is.

    Raises:
        BadInputError: on an unknown activation, or shapes that do not match.
    Source:
        The loss of Elhage et al. 2022, "Toy Models of Superposition", on one-hot inputs.
    """
    f = ACTIVATIONS[activation_name(activation)]
    w, own = _checked(w, b)

    def loss(w: Array, *b: Array) -> Array:
        n = w.shape[1]
        z = gram(w) + (jnp.broadcast_to(b[0][:, None], (n, n)) if b else 0.0)
        return jnp.sum((jnp.eye(n) - f(z)) ** 2)

    return in_float64(loss, w, *([] if b is None else [own]))


def _checked(w: Array, b: Array | None) -> tuple[Array, Array]:
    """Weights and biases as arrays of matching shapes, finite as far as that is known; no biases are zeros."""
    w = w if is_traced(w) else as_float64(w)
    if w.ndim != 2:
        raise bad_input(
            "w",
            w.shape,
            "the weights of one model, a shape of hidden x features",
            "loop over models",
        )
    b = np.zeros(w.shape[1]) if b is None else b if is_traced(b) else as_float64(b)
    if b.shape != (w.shape[1],):
        raise bad_input(
            "b",
            b.shape,
            f"one bias per feature of w, whose shape is {tuple(w.shape)}",
            "transpose it: w.T" if b.shape == w.shape[:1] else "",
        )
    for name, array in (("w", w), ("b", b)):
        if not is_traced(array) and not np.isfinite(array).all():
            raise bad_input(name, array, "finite numbers")
    return w, b
