"""Heads for weights that stay as they are, and their slices: what studies of attention heads share.

A head is asked for pairs of features (`Asked`) and sees a W that was trained, or written down. It
is either computed ("closed-form": the population optimum, no training) or trained ("exact":
gradient descent on the exact quadratic loss, free of sampling noise, where rare pairs cost
nothing). Both come back as slices: the singular vectors of the part of Ω that sees h.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
from jaxtyping import Float

from tegum.analysis.functional import floor_excess
from tegum.analysis.spectra import svd_of_product
from tegum.models import Head
from tegum.theory.head_moments import second_moment, target_correlation, target_power
from tegum.theory.optimal_heads import head_floor, head_loss, optimal_head
from tegum.training.engine import Trained, fresh, train
from tegum.training.objectives import HeadOnMoments, Pairs
from tegum.training.recipe import Adam, Recipe, Sampled, Schedule


@dataclass(frozen=True)
class Asked:
    """What a head is asked.

    Attributes:
        pairs: (i, j), feature i on the left and j on the right.
        weights: of the pairs, T.
        target: "any", "count" or "product".
        bias: whether the head sees a constant 1 besides h.
    """

    pairs: tuple[tuple[int, int], ...]
    weights: tuple[float, ...] = (1.0,)
    target: str = "count"
    bias: bool = False

    def matrix(self, n_features: int) -> Float[np.ndarray, "features features"]:
        """T, the pair weights."""
        return Pairs(self.pairs, np.array(self.weights)).matrix(n_features)


@dataclass(frozen=True)
class Slices:
    """Singular vectors (columns of u and v) and values of heads, largest first.

    Models come first, then perhaps looks.
    """

    u: Float[np.ndarray, "*models hidden rank"]
    s: Float[np.ndarray, "*models rank"]
    v: Float[np.ndarray, "*models hidden rank"]

    @property
    def omega(self) -> Float[np.ndarray, "*models hidden hidden"]:
        """Ω = u diag(s) vᵀ, of the part that sees h."""
        return (self.u * self.s[..., None, :]) @ np.swapaxes(self.v, -1, -2)


# --- in closed form -------------------------------------------------------------------------------


def optimal_slices(
    w: Float[np.ndarray, "models hidden features"], density: float, asked: Asked, rank: int
) -> tuple[Slices, Float[np.ndarray, "models inputs inputs"]]:
    """The best head of this rank for each W, in closed form: its slices, and Ω whole."""
    matrix = asked.matrix(w.shape[-1])
    omega = np.stack(
        [optimal_head(one, density, matrix, asked.target, asked.bias, rank) for one in w]
    )
    hidden = w.shape[-2]
    u, s, vt = np.linalg.svd(omega[:, :hidden, :hidden])
    return Slices(u[..., :rank], s[..., :rank], np.swapaxes(vt, -1, -2)[..., :rank]), omega


# --- trained --------------------------------------------------------------------------------------


def trained_heads(
    w: Float[np.ndarray, "models hidden features"],
    density: float,
    asked: Asked,
    rank: int,
    *,
    seeds: Sequence[int] | np.ndarray,
    steps: int,
    looks: tuple[int, ...] = (),
) -> Trained:
    """A head for each W, trained on the exact L2 by Adam with a cosine schedule.

    A and B begin Xavier-normal. The gradient has no noise to average away, so Adam's second moment
    is given a short memory (0.99): that took heads at full and short rank, dense and sparse, to
    within 1e-4 of the floor in 1500 steps, where 0.999 left some at 1 %. The learning rate is
    0.3/√m, in proportion to the entries that A and B begin with, so that it suits every m.

    Args:
        w: one dictionary a model.
        density: p = 1 - S.
        asked: what the heads are asked.
        rank: r.
        seeds: [models], whole numbers below 2^64, of the initial A and B.
        steps, looks: as in `Recipe`.
    """
    heads = fresh(partial(Head.init, w.shape[-2], rank, constant_input=asked.bias), seeds)
    return _trained(heads, w, density, [asked] * len(w), seeds, steps, looks)


def heads_of_ranks(
    w: Float[np.ndarray, "models hidden features"],
    density: float,
    asked: Sequence[Asked],
    ranks: Sequence[int] | np.ndarray,
    *,
    seeds: Sequence[int] | np.ndarray,
    steps: int,
) -> Trained:
    """Heads trained as in `trained_heads`, each asked its own and of a rank of its own.

    A head of rank r is one of full rank whose other rows of A and B begin as zeros. They stay
    zeros, since the gradient of a row of A is linear in that row of B, and the other way round. So
    one program serves all ranks.

    Args:
        w: one dictionary a model.
        density: p = 1 - S.
        asked: one a model, all of one target and input.
        ranks: one a model, at most hidden.
        seeds: one a model, of the initial A and B.
        steps: of training.
    """
    hidden = w.shape[-2]
    own, place = np.unique(np.asarray(seeds), return_inverse=True)
    whole = fresh(partial(Head.init, hidden, hidden, constant_input=asked[0].bias), own)
    kept = (np.arange(hidden) < np.asarray(ranks)[:, None])[..., None]
    heads = jax.tree.map(lambda rows: np.where(kept, rows[place], np.float32(0)), whole)
    return _trained(heads, w, density, asked, seeds, steps)


def _trained(
    heads: Head,
    w: Float[np.ndarray, "models hidden features"],
    density: float,
    asked: Sequence[Asked],
    seeds: Sequence[int] | np.ndarray,
    steps: int,
    looks: tuple[int, ...] = (),
) -> Trained:
    recipe = Recipe(
        steps=steps,
        objective=Sampled(1),
        optimizer=Adam(b2=0.99),
        schedule=Schedule("cosine"),
        snapshots=looks,
    )
    rate = 0.3 / float(np.sqrt(w.shape[-2]))
    return train(
        heads, exact_losses(w, density, asked), recipe, seeds=np.asarray(seeds), learning_rate=rate
    )


def exact_losses(
    w: Float[np.ndarray, "models hidden features"], density: float, asked: Sequence[Asked]
) -> HeadOnMoments:
    """The exact L2 of a head on each W, each asked its own."""
    parts = []
    for one, each in zip(w, asked, strict=True):
        matrix = each.matrix(w.shape[-1])
        moment = second_moment(one, density, each.bias)
        correlation = target_correlation(one, density, matrix, each.target, each.bias)
        parts.append((moment, correlation, target_power(density, matrix, each.target)))
    return HeadOnMoments(*(np.stack(part).astype(np.float32) for part in zip(*parts, strict=True)))


# --- what became of them --------------------------------------------------------------------------


def excess(
    omega: Float[np.ndarray, "models inputs inputs"],
    w: Float[np.ndarray, "models hidden features"],
    density: float,
    asked: Asked,
    rank: int,
) -> Float[np.ndarray, " models"]:
    """How far each head's exact L2 is above the floor of its rank, in units of E s²."""
    matrix = asked.matrix(w.shape[-1])
    of = (density, matrix, asked.target, asked.bias)
    losses = np.array([head_loss(o, one, *of) for o, one in zip(omega, w, strict=True)])
    floors = np.array([head_floor(one, *of, rank) for one in w])
    return np.asarray(floor_excess(losses, floors, target_power(density, matrix, asked.target)))


def slices_of(head: Head, n_hidden: int) -> Slices:
    """The slices of trained heads, of the part of Ω that sees h; NaN for a head that diverged."""
    a, b = (np.asarray(part, np.float64)[..., :n_hidden] for part in (head.a, head.b))
    sound = np.all(np.isfinite(a) & np.isfinite(b), axis=(-2, -1), keepdims=True)
    u, s, v = svd_of_product(np.where(sound, a, 0.0), np.where(sound, b, 0.0))
    missing = np.where(sound, 0.0, np.nan)
    return Slices(u + missing, s + missing[..., 0], v + missing)
