"""Optimal toy models: the best weights, biases and losses that theory knows.

Losses are population losses, SUMMED over features, of inputs that are 0 with probability S = 1 - p and else uniform on
[0, 1]; p is the density.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tegum.arrays import Array
from tegum.errors import bad_input


class Optimum(NamedTuple):
    """A best model: its weights [hidden features], its output biases [features], and its loss."""

    w: Float[np.ndarray, "hidden features"]
    b: Float[np.ndarray, " features"]
    loss: float


def linear_optimum(
    n_hidden: int, density: float | Float[Array, " features"], importance: Float[Array, " features"]
) -> Optimum:
    """The best linear model x' = WᵀWx + b: it keeps the features whose loss would be greatest, and drops the others.

    A kept feature has a dimension to itself and bias 0, and loses nothing; a dropped one is answered by its mean,
    b = E x = p/2, and loses its weighted variance I (p/3 - p²/4). Where weighted variances tie, any rotation inside
    the tied block is as good: at equal importance and density every W with orthonormal rows is optimal.

    Args:
        n_hidden: m, dimensions to keep features in; at least 1.
        density: p in (0, 1], one number or one per feature.
        importance: I, one number per feature.
    Source:
        Principal components of the weighted inputs; Elhage et al. 2022, linear model.
    """
    weight = np.asarray(importance, float)
    p = np.broadcast_to(np.asarray(density, float), weight.shape)
    if n_hidden < 1:
        raise bad_input("n_hidden", n_hidden, "at least 1")
    if not (np.all(p > 0) and np.all(p <= 1)):
        raise bad_input("density", density, "the chance that a feature is active, in (0, 1]")
    cost = weight * (p / 3 - p**2 / 4)
    kept = np.argsort(-cost, kind="stable")[:n_hidden]
    w = np.zeros((n_hidden, weight.size))
    w[np.arange(kept.size), kept] = 1
    dropped = np.ones(weight.size, bool)
    dropped[kept] = False
    return Optimum(w, np.where(dropped, p / 2, 0.0), float(cost[dropped].sum()))
