"""What a loss is made of: features missed, and features that disturb others.

Symbols: x' = f(WᵀWx + b), G = WᵀW, I_i importance, and L = Σ_i I_i E (x_i - x'_i)² over inputs that
are 0 with chance S = 1 - p and else uniform on [0, 1]; V = p/3 - p²/4 is the variance of each.

Linear f. With the bias at its best, (1 - Σ_j G_ij) p/2, only the covariance V of the inputs counts:

    L = V (Σ_i I_i (1 - ‖W_i‖²)² + Σ_{i≠j} I_i (W_i·W_j)²),

shortfall (what feature benefit leaves) and interference; a bias off by d_i adds Σ_i I_i d_i².

ReLU. Nothing so simple is exact, but L = Sⁿ L_0 + p Sⁿ⁻¹ L_1 + what inputs with two or more active
features add, never negative. No feature active costs L_0 = Σ_i I_i (b_i)₊², and exactly one

    L_1 = Σ_i I_i ∫ (x - (‖W_i‖² x + b_i)₊)² dx + Σ_{i≠j} I_i ∫ (W_i·W_j x + b_i)₊² dx,

x from 0 to 1. At b = 0 the second sum is a third of Σ I_i (W_i·W_j)² over positive W_i·W_j alone;
a lower bias makes it less.

Source: Elhage et al. 2022, "Toy Models of Superposition", demonstrating superposition.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input
from tegum.theory.float64 import in_float64
from tegum.theory.one_active import LAWS, ray_moments


class Split(NamedTuple):
    """Two sums over features, of each model.

    Attributes:
        shortfall: each output's error at its own feature.
        interference: what each output answers to other features.
    """

    shortfall: Float[np.ndarray, "*models"]
    interference: Float[np.ndarray, "*models"]


class Activity(NamedTuple):
    """What inputs with few active features add to the exact loss of each model.

    Attributes:
        none: of inputs without any.
        own: of inputs with one active feature, at its own output.
        others: of these, at all other outputs.
    """

    none: Float[np.ndarray, "*models"]
    own: Float[np.ndarray, "*models"]
    others: Float[np.ndarray, "*models"]


def linear_split(
    w: Float[Array, "*models hidden features"],
    importance: Float[Array, " features"],
    *,
    positive: bool = False,
) -> Split:
    """Σ_i I_i (1 - ‖W_i‖²)² and Σ_{i≠j} I_i (W_i·W_j)²: times V, what a linear model loses.

    Args:
        w: weights of models; column i is feature i's direction.
        importance: of each feature.
        positive: count interference with W_i·W_j > 0 only.

    Raises:
        BadInputError: not one importance for each feature.
    """
    w = as_float64(w)
    weight = _weights(importance, w.shape[-1])
    g = np.swapaxes(w, -1, -2) @ w
    own = np.diagonal(g, axis1=-2, axis2=-1)
    felt = np.maximum(g, 0.0) if positive else g
    between = (felt**2).sum(-1) - own**2  # the diagonal is never negative
    return Split(((1 - own) ** 2) @ weight, between @ weight)


def bias_excess(
    w: Float[Array, "*models hidden features"],
    b: Float[Array, "*models features"],
    density: float | Float[Array, "*#models"],
    importance: Float[Array, " features"],
) -> Float[np.ndarray, "*models"]:
    """Σ_i I_i d_i²: what a linear model loses by a bias that is d_i away from its best.

    Args and Raises as in `at_most_one`.
    """
    w, b = _checked(w, b)
    weight = _weights(importance, w.shape[-1])
    onto_all = (w * w.sum(-1, keepdims=True)).sum(-2)  # Σ_j G_ij
    best = (1 - onto_all) * as_float64(density)[..., None] / 2
    return np.asarray((b - best) ** 2 @ weight)


def one_active_split(
    w: Float[Array, "*models hidden features"],
    b: Float[Array, "*models features"],
    importance: Float[Array, " features"],
) -> Split:
    """The two sums of L_1: what a ReLU model loses where exactly one feature is active.

    Both are sums over the n features that it may be, not means.

    Args and Raises as in `at_most_one`.
    """
    w, b = _checked(w, b)
    weight = _weights(importance, w.shape[-1])
    g = np.swapaxes(w, -1, -2) @ w
    squared, weighted = in_float64(_moments, g, b)
    itself = np.diagonal(squared, axis1=-2, axis2=-1)
    with_own = np.diagonal(weighted, axis1=-2, axis2=-1)
    own = LAWS["unit"].second_moment - 2 * with_own + itself
    return Split(own @ weight, (squared.sum(-1) - itself) @ weight)


def at_most_one(
    w: Float[Array, "*models hidden features"],
    b: Float[Array, "*models features"],
    density: float | Float[Array, "*#models"],
    importance: Float[Array, " features"],
) -> Activity:
    """What inputs with at most one active feature add to a ReLU model's exact loss.

    Args:
        w: weights of models; column i is feature i's direction.
        b: bias of the output.
        density: p = 1 - S, of every feature; one number, or one for each model.
        importance: of each feature.

    Raises:
        BadInputError: on shapes that do not match.
    """
    w, b = _checked(w, b)
    silent, n = 1 - as_float64(density), w.shape[-1]
    one = one_active_split(w, b, importance)
    none = np.maximum(b, 0.0) ** 2 @ _weights(importance, n)
    chance = (1 - silent) * silent ** (n - 1)
    return Activity(silent**n * none, chance * one.shortfall, chance * one.interference)


def _moments(g: Array, b: Array) -> tuple[Array, Array]:
    return ray_moments(g, jnp.broadcast_to(b[..., :, None], g.shape), LAWS["unit"])


def _checked(w: Array, b: Array) -> tuple[np.ndarray, np.ndarray]:
    w, b = as_float64(w), as_float64(b)
    wanted = (*w.shape[:-2], w.shape[-1])
    if b.shape != wanted:
        raise bad_input("b", b.shape, f"one bias for each feature of w, shape {wanted}")
    return w, b


def _weights(importance: Array, n: int) -> np.ndarray:
    weight = as_float64(importance)
    if weight.shape != (n,):
        raise bad_input("importance", weight.shape, f"one number for each of {n} features of w")
    return weight
