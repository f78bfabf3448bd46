"""The population loss where features come in sets: exact, as a mean over laws of independent features.

A law of sets is a mixture. Given which sets are on or off together, and in anticorrelated ones which member is on,
features are independent again: each is on for certain, off for certain, or on with its density. The loss is linear in
the law, so that with q_k the chance of part k and p_k its densities

    L = Σ_k q_k L(p_k),

where L(p) is the loss of `tegum.theory.expected`, for densities from 0 to 1. Three parts a set suffice, or one more
than members where these are anticorrelated; parts multiply over sets, so this is for few sets.
"""

import itertools
import math
from functools import partial, singledispatch
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input
from tegum.features import (
    AbstractFeatures,
    AnticorrelatedSets,
    CorrelatedSets,
    OneActive,
    PartlyCorrelatedSets,
    SparseFeatures,
)
from tegum.theory.expected import expected_losses, loss_terms

MOST_PARTS = 4096


class Mixture(NamedTuple):
    """A law as a mixture of laws of independent features: how likely each is, and its densities from 0 to 1."""

    chance: Float[np.ndarray, " parts"]
    density: Float[np.ndarray, "parts features"]


def mixture_of(features: AbstractFeatures) -> Mixture:
    """A law of inputs as a mixture of laws of independent features, as many parts whatever its densities.

    Raises:
        BadInputError: a law that is not known to be one, or one of more than 4096 parts.
    """
    sets = [list(each) for each in _sets(features)]
    count = math.prod(len(each) for each in sets)  # np.prod would overflow
    if count > MOST_PARTS:
        raise bad_input("features", f"{count} parts", f"sets that make {MOST_PARTS} at most")
    every = list(itertools.product(*sets))
    chance = np.array([np.prod([each for each, _ in part]) for part in every])
    density = np.array([np.concatenate([each for _, each in part]) for part in every])
    return Mixture(chance, density)


def mixture_losses(
    w: Float[Array, "models hidden features"],
    b: Float[Array, "models features"],
    features: AbstractFeatures,
    *,
    terms: int = 1024,
) -> Float[np.ndarray, " models"]:
    """The population losses of a stack of ReLU models on features in sets, each summed over its features.

    Args:
        w, b: weights and output biases, models first. A model that is not finite loses infinitely much.
        features: the law of the inputs, of values in [0, 1]: `CorrelatedSets` and its kin, or independent features.
        terms: of the series, as in `tegum.theory.expected.expected_loss`, which says how exact it is.

    Raises:
        BadInputError: on shapes that do not match, and as `mixture_of`.
    """
    w, b = as_float64(w), as_float64(b)
    if features.values != "unit":
        raise bad_input(
            "features", features.values, 'the value law "unit"', "`mixture_loss` takes others"
        )
    if w.ndim != 3 or b.shape != (len(w), w.shape[-1]) or w.shape[-1] != features.n_features:
        wanted = f"models x hidden x {features.n_features} and models x {features.n_features}"
        raise bad_input("w, b", (w.shape, b.shape), f"shapes {wanted}, as the law has features")
    chance, density = mixture_of(features)
    chance, density = chance[chance > 0], density[chance > 0]
    models, parts = len(w), len(chance)
    stacked_w, stacked_b = (np.repeat(each, parts, axis=0) for each in (w, b))
    # No feature has density 0 there; with the least positive number S = 1 all the same.
    p = np.tile(np.maximum(density, np.finfo(float).tiny), (models, 1))
    weight = as_float64(features.importance)
    each = expected_losses(stacked_w, stacked_b, p, weight, terms=terms)
    return each.reshape(models, parts) @ chance


def mixture_loss(
    w: Float[Array, "hidden features"],
    b: Float[Array, " features"],
    chance: Float[Array, " parts"],
    density: Float[Array, "parts features"],
    importance: Float[Array, " features"],
    *,
    values: str = "unit",
    terms: int = 1024,
) -> Float[Array, ""]:
    """The loss of one ReLU model under a `Mixture`: the pure core, for programs that run in float64 themselves.

    Differentiable by w, b and importance under `jax.grad` and `jit`. Nothing is checked or converted.
    """
    each = jax.vmap(partial(loss_terms, values=values, terms=terms), in_axes=(None, None, 0))
    return chance @ (each(w, b, jnp.asarray(density)) @ importance)


_Part = tuple[float, Float[np.ndarray, " members"]]
"""a chance, and its members' densities"""


@singledispatch
def _sets(features: AbstractFeatures) -> list[list[_Part]]:
    """Of each set, which are independent of each other, its parts."""
    known = "features that are independent given which sets are on"
    raise bad_input("features", type(features).__name__, known)


@_sets.register
def _(features: SparseFeatures) -> list[list[_Part]]:
    return [[(1.0, as_float64(features.density))]]


@_sets.register
def _(features: OneActive) -> list[list[_Part]]:
    n = features.n_features
    return [[(1 / n, member) for member in np.eye(n)]]


@_sets.register
def _(features: CorrelatedSets) -> list[list[_Part]]:
    each = zip(features.sizes, as_float64(features.density), strict=True)
    return [[(p, np.ones(size)), (1 - p, np.zeros(size))] for size, p in each]


@_sets.register
def _(features: PartlyCorrelatedSets) -> list[list[_Part]]:
    laws = as_float64(features.density), as_float64(features.correlation)
    return [
        [
            (rho * p, np.ones(size)),
            (rho * (1 - p), np.zeros(size)),
            (1 - rho, np.full(size, p)),
        ]
        for size, p, rho in zip(features.sizes, *laws, strict=True)
    ]


@_sets.register
def _(features: AnticorrelatedSets) -> list[list[_Part]]:
    each = zip(features.sizes, as_float64(features.density), strict=True)
    return [
        [(1 - p, np.zeros(size)), *((p / size, member) for member in np.eye(size))]
        for size, p in each
    ]
