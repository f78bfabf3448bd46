"""Optimal toy models: the best weights, biases and losses that theory knows. The door to all modules on optima.

Losses are population losses of inputs that are 0 with probability S = 1 - p and else uniform on [0, 1]; p is the
density. Those of models are SUMMED over features; those of polytopes are of one feature.

    linear models            `linear_optimum`
    polytopes, k-gons        `polytope_loss`, `kgon`, `maxwell`, `d_star`
    two or three features    `phase_boundary`, `boundary_point`, `phase_map`
    any small model          `minimise`, `best_loss`
    one active feature       `critical_points`, `critical_point`, `kgon_level`
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input
from tegum.theory.critical import CriticalPoint, critical_point, critical_points, kgon_level
from tegum.theory.maxwell import Hull, Mixture, Phase, d_star, maxwell
from tegum.theory.multistart import Best, Level, best_loss
from tegum.theory.phase_maps import PhaseMap, phase_map
from tegum.theory.phases import Boundary, boundary_point, phase_boundary
from tegum.theory.polytope_losses import Kgon, PolytopeLoss, kgon, polytope_loss
from tegum.theory.search import Minima, minimise

__all__ = [
    "Best",
    "Boundary",
    "CriticalPoint",
    "Hull",
    "Kgon",
    "Level",
    "Minima",
    "Mixture",
    "Optimum",
    "Phase",
    "PhaseMap",
    "PolytopeLoss",
    "best_loss",
    "boundary_point",
    "critical_point",
    "critical_points",
    "d_star",
    "kgon",
    "kgon_level",
    "linear_optimum",
    "maxwell",
    "minimise",
    "phase_boundary",
    "phase_map",
    "polytope_loss",
]


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
    weight = as_float64(importance)
    p = np.broadcast_to(as_float64(density), weight.shape)
    if n_hidden < 1:
        raise bad_input("n_hidden", n_hidden, "at least 1")
    if not (np.all(p > 0) and np.all(p <= 1)):
        raise bad_input("density", density, "the chance that a feature is active, in (0, 1]")
    if not (np.all(weight >= 0) and np.isfinite(weight).all()):
        raise bad_input("importance", importance, "finite weights of at least 0, one per feature")
    cost = weight * (p / 3 - p**2 / 4)
    kept = np.argsort(-cost, kind="stable")[:n_hidden]
    w = np.zeros((n_hidden, weight.size))
    w[np.arange(kept.size), kept] = 1
    dropped = np.ones(weight.size, bool)
    dropped[kept] = False
    return Optimum(w, np.where(dropped, p / 2, 0.0), float(cost[dropped].sum()))
