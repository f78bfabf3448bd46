"""Heads for weights that stay as they are, and their slices: what the studies of attention heads share.

A head is asked for pairs of features (`Asked`) and sees a W that was trained, or written down. It is either computed
("closed-form": the population optimum, no training) or trained ("exact": gradient descent on the exact quadratic loss,
free of sampling noise, where rare pairs cost nothing). Both come back as slices: the singular vectors of the part of Ω
that sees h.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
from jaxtyping import Float

from tegum.analysis.spectra import svd_of_product
from tegum.models import Head
from tegum.theory.head_moments import second_moment, target_correlation, target_power
from tegum.theory.heads import optimal_head
from tegum.training.engine import Trained, fresh, train
from tegum.training.objectives import HeadOnMoments, Pairs
from tegum.training.recipe import Adam, Recipe, Sampled, Schedule


@dataclass(frozen=True)
class Asked:
    """What a head is asked: pairs (i, j) with weights, the target, and whether it sees a constant 1 besides h."""

    pairs: tuple[tuple[int, int], ...]
    weights: tuple[float, ...] = (1.0,)
    target: str = "count"
    bias: bool = False

    def matrix(self, n_features: int) -> Float[np.ndarray, "features features"]:
        """T, the pair weights."""
        return Pairs(self.pairs, np.array(self.weights)).matrix(n_features)


@dataclass(frozen=True)
class Slices:
    """Singular vectors (columns of u and v) and values of heads, largest first; models first, then perhaps looks."""

    u: Float[np.ndarray, "*models hidden rank"]
    s: Float[np.ndarray, "*models rank"]
    v: Float[np.ndarray, "*models hidden rank"]

    @property
    def omega(self) -> Float[np.ndarray, "*models hidden hidden"]:
        """Ω = u diag(s) vᵀ, of the part that sees h."""
        return (self.u * self.s[..., None, :]) @ np.swapaxes(self.v, -1, -2)


def optimal_slices(
    w: Float[np.ndarray, "models hidden features"], density: float, asked: Asked, rank: int
) -> tuple[Slices, Float[np.ndarray, "models inputs inputs"]]:
    """The best head of this rank for each W, in closed form: its slices, and Ω whole."""
    matrix = asked.matrix(w.shape[-1])
    omega = np.stack([optimal_head(one, density, matrix, asked.target, asked.bias, rank) for one in w])
    hidden = w.shape[-2]
    u, s, vt = np.linalg.svd(omega[:, :hidden, :hidden])
    return Slices(u[..., :rank], s[..., :rank], np.swapaxes(vt, -1, -2)[..., :rank]), omega


def trained_heads(
    w: Float[np.ndarray, "models hidden features"],
    density: float,
    asked: Asked,
    rank: int,
    *,
    seeds: Sequence[int] | np.ndarray,
    steps: int,
    learning_rate: float = 0.1,
    looks: tuple[int, ...] = (),
    scale: float = 1.0,
) -> Trained:
    """A head for each W, trained on the exact L2 by Adam with a cosine schedule, from Xavier-normal A and B.

    The gradient has no noise to average away, so Adam's second moment is given a short memory (0.99): that took heads
    at full and short rank, dense and sparse, to within 1e-4 of the floor in 1500 steps, where 0.999 left some at 1 %.

    Args:
        w: one dictionary a model.
        density: p = 1 - S.
        asked: what the heads are asked.
        rank: r.
        seeds: [models], of the initial A and B.
        steps, learning_rate, looks: as in `Recipe`.
        scale: of the initial A and B; well below 1 the head grows from nothing, the strongest direction first.
    """
    matrix = asked.matrix(w.shape[-1])
    moments = [
        (
            second_moment(one, density, asked.bias),
            target_correlation(one, density, matrix, asked.target, asked.bias),
            target_power(density, matrix, asked.target),
        )
        for one in w
    ]
    objectives = HeadOnMoments(*(np.stack(part).astype(np.float32) for part in zip(*moments, strict=True)))
    heads = fresh(partial(Head.init, w.shape[-2], rank, constant_input=asked.bias), seeds)
    heads = jax.tree.map(lambda leaf: leaf * np.float32(scale), heads)
    recipe = Recipe(
        steps=steps, objective=Sampled(1), optimizer=Adam(b2=0.99), schedule=Schedule("cosine"), snapshots=looks
    )
    return train(heads, objectives, recipe, seeds=np.asarray(seeds), learning_rate=learning_rate)


def slices_of(head: Head, n_hidden: int) -> Slices:
    """The slices of trained heads, of the part of Ω that sees h."""
    a, b = (np.asarray(part, np.float64)[..., :n_hidden] for part in (head.a, head.b))
    return Slices(*svd_of_product(a, b))
