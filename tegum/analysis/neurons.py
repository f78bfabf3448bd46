"""Neurons of a layer with a privileged basis: how many features share one, and which neurons share features.

A neuron k is a row of W, and of V where weights out have their own (tied: V = W). What it gives feature i of its own
is |W_ki V_ki|, which is W_ki² when tied: its squared weights. As shares that sum to 1 these are spread over as many
features as their participation ratio says: 1 where one feature has it all. A neuron is monosemantic where one feature
has (almost) all, polysemantic where not. That a neuron is so by chance is what rotations of the same W tell: they
keep all that does not depend on the axes (`rotated`).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.sparse.csgraph import connected_components

from tegum.analysis.alternatives import haar_rotations
from tegum.arrays import Array, as_float64, check_weights

ALMOST_ALL = 0.9
"""of what a neuron gives: so much in one feature, the rest in one other, is just monosemantic"""
MOST_SHARED = 1 / (ALMOST_ALL**2 + (1 - ALMOST_ALL) ** 2)
"""the participation ratio up to which a neuron is monosemantic"""
SILENT = 0.02
"""of the strongest neuron's strength; weaker neurons do nothing, and mean nothing"""
LINKED = 0.3
"""of a feature's length; a smaller weight on a neuron is no part of how the feature is stored"""


def participation(
    w: Float[Array, "*models hidden features"],
    w_out: Float[Array, "*models hidden features"] | None = None,
) -> Float[np.ndarray, "*models hidden"]:
    """Participation ratio (Σ_i g_i)² / Σ_i g_i² of what each neuron gives, g_i = |W_ki V_ki|: of how many features.

    Args:
        w: weights in.
        w_out: weights out; None when tied, then g_i is the squared weight.

    Returns:
        From 1, one feature, to the number of features; NaN for a neuron that gives nothing.
    """
    check_weights(w)
    given = np.abs(as_float64(w) * as_float64(w if w_out is None else w_out))
    # Scaled first: squares of small weights must not vanish.
    most = given.max(axis=-1, keepdims=True)
    shares = given / np.where(most > 0, most, np.nan)
    return shares.sum(axis=-1) ** 2 / (shares**2).sum(axis=-1)


def strength(
    w: Float[Array, "*models hidden features"],
    w_out: Float[Array, "*models hidden features"] | None = None,
) -> Float[np.ndarray, "*models hidden"]:
    """‖W_k‖ ‖V_k‖ of each neuron k, weights in and out, V = W when tied: the same however they are balanced."""
    norm_in = np.linalg.norm(as_float64(w), axis=-1)
    return norm_in**2 if w_out is None else norm_in * np.linalg.norm(as_float64(w_out), axis=-1)


def monosemantic(
    w: Float[Array, "*models hidden features"],
    w_out: Float[Array, "*models hidden features"] | None = None,
) -> Float[np.ndarray, "*models hidden"]:
    """1 for a monosemantic neuron, 0 for a polysemantic one, NaN for a silent one.

    Args:
        w, w_out: weights in and out, as in `participation`.
    """
    of_each = strength(w, w_out)
    heard = of_each > SILENT * of_each.max(axis=-1, keepdims=True)
    return np.where(heard, participation(w, w_out) <= MOST_SHARED, np.nan)


def rotated(
    w: Float[Array, "*models hidden features"], rotations: int, seed: int | np.random.Generator = 0
) -> Float[np.ndarray, "rotations *models hidden features"]:
    """R W for random rotations R of the hidden space, the same ones for all models: nothing of the axes is left."""
    w = as_float64(w)
    turns = haar_rotations(w.shape[-2], seed, (rotations,))
    return turns.reshape(rotations, *(1,) * (w.ndim - 2), *turns.shape[1:]) @ w


class Block(NamedTuple):
    """Neurons and features that are linked, and linked to no others."""

    features: tuple[int, ...]
    neurons: tuple[int, ...]


def neuron_blocks(w: Float[Array, "hidden features"], threshold: float = 0.5) -> list[Block]:
    """Which features are stored in which neurons: connected parts of the graph of neurons and features.

    A feature is linked to a neuron that bears more than `LINKED` of its length. "Three features in two neurons" is a
    block of that many.

    Args:
        w: one model's weights.
        threshold: shorter features are not represented, and in no block.

    Returns:
        By first feature. Neurons without a represented feature are in none.
    """
    check_weights(w)
    w = as_float64(w)
    hidden, features = w.shape
    lengths = np.linalg.norm(w, axis=0)
    linked = (np.abs(w) > LINKED * lengths) & (lengths > threshold)
    graph = np.zeros((features + hidden, features + hidden))
    graph[:features, features:] = linked.T
    _, label = connected_components(graph, directed=False)
    of_feature, of_neuron = label[:features], label[features:]
    return [
        Block(tuple(np.flatnonzero(of_feature == part)), tuple(np.flatnonzero(of_neuron == part)))
        for part in dict.fromkeys(of_feature[lengths > threshold])
    ]
