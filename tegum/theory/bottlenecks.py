"""Chains of affine maps with a bottleneck: which compute the same, and what none of them loses less than.

    h_0 = x,   h_k = f_k(W_k h_{k-1} + c_k)

Linear layers compose. n → 4f → f → 4f → n is the one affine map M = W_4 W_3 W_2 W_1 of rank f, and every n → f → n is
such a chain, its f units carried through the 4f: both can compute the same functions, so both have the same least loss.
A ReLU in the bottleneck is idle where its bias keeps every unit above 0, and the output bias takes the shift back: with
both biases n → f → ReLU → n computes, on bounded inputs, all that n → f → n computes.

What is linear in k units loses at least the variance beyond the first k principal components (Eckart and Young 1936),
and squared error of linear chains has no local minima but the global one (Baldi and Hornik 1989).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tegum.errors import bad_input
from tegum.models.slopes import f_and_slope


class Chain(NamedTuple):
    """Affine maps in float64, stacked models first, each followed by an activation.

    Attributes:
        weights: W_k, [*models outputs inputs] each, in order.
        biases: c_k, [*models outputs] each; 0 where there is none.
        activations: names of the f_k.
    """

    weights: tuple[Float[np.ndarray, "*models outputs inputs"], ...]
    biases: tuple[Float[np.ndarray, "*models outputs"], ...]
    activations: tuple[str, ...]


def layers(
    chain: Chain, x: Float[np.ndarray, "inputs batch"]
) -> tuple[Float[np.ndarray, "*models units batch"], ...]:
    """What every layer gives for these inputs, the output last."""
    found, h = [], x
    for w, c, name in zip(*chain, strict=True):
        h = f_and_slope(w @ h + c[..., None], name)[0]
        found.append(h)
    return tuple(found)


def composed(chain: Chain) -> Chain:
    """One affine map with the last activation: the same function, if all others are linear."""
    w, c = chain.weights[0], chain.biases[0]
    for after, shift in zip(chain.weights[1:], chain.biases[1:], strict=True):
        w, c = after @ w, (after @ c[..., None])[..., 0] + shift
    return Chain((w,), (c,), chain.activations[-1:])


def widened(chain: Chain, width: int) -> Chain:
    """An n → f → n as n → width → f → width → n: the first units of the wide layers carry the f.

    The same function if width ≥ f; below that only `width` of the f units are left.

    Raises:
        BadInputError: `chain` is no two layers of which the first is linear.
    """
    (w, v), (c, d) = _two_layers(chain)
    f = w.shape[-2]
    carried = np.eye(width, f)
    wide = [carried @ w, carried.T, carried, v @ carried.T]
    wide[1:3] = [np.broadcast_to(each, (*w.shape[:-2], *each.shape)) for each in wide[1:3]]
    none = np.zeros((*c.shape[:-1], width))
    activations = ("linear", "linear", "linear", chain.activations[-1])
    return Chain(tuple(wide), (none, c, none, d), activations)


def with_idle_relu(chain: Chain, *, shifted: bool = True) -> Chain:
    """The same with a ReLU in the bottleneck, which never acts on inputs from 0 to 1.

    Args:
        chain: two layers, the first linear.
        shifted: raise the bottleneck's bias so far, and let the output's take it back; else the
            ReLU is put there and nothing more.

    Raises:
        BadInputError: `chain` is no two layers of which the first is linear.
    """
    (w, v), (c, d) = _two_layers(chain)
    if shifted:
        up = np.maximum(0.0, -(c + np.minimum(w, 0.0).sum(axis=-1)))
        c, d = c + up, d - (v @ up[..., None])[..., 0]
    return Chain((w, v), (c, d), ("relu", chain.activations[-1]))


def principal_floor(covariance: Float[np.ndarray, "features features"], units: int) -> float:
    """The least squared error of anything that is linear in so many units, summed over features."""
    variances = np.linalg.eigvalsh(covariance)
    return float(np.maximum(variances[: max(0, len(variances) - units)], 0.0).sum())


def circle_cross_entropy(
    n: int, squared_radius: float | Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Cross-entropy of n one-hot inputs on a circle, read out by their own directions, no bias.

    log Σ_j exp(R² (cos 2πj/n - 1)): falls to 0 as R grows, whatever n.
    """
    gaps = np.cos(2 * np.pi * np.arange(n) / n) - 1
    return np.asarray(np.log(np.exp(np.multiply.outer(squared_radius, gaps)).sum(axis=-1)))


def _two_layers(chain: Chain) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    if len(chain.weights) != 2 or chain.activations[0] != "linear":
        raise bad_input("chain", chain.activations, "two layers, the first of them linear")
    return chain.weights, chain.biases
