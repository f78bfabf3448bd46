"""Heads of several ranks at once, each asked its own, on weights that stay as they are.

What the studies of short ranks share, beside `studies.attention.heads`.
"""

from collections.abc import Sequence
from functools import partial

import jax
import numpy as np
from jaxtyping import Float

from tegum.analysis.functional import floor_excess
from tegum.models import Head
from tegum.studies.attention.heads import Asked
from tegum.theory.head_moments import second_moment, target_correlation, target_power
from tegum.theory.heads import head_floor, head_loss
from tegum.training.engine import Trained, fresh, train
from tegum.training.objectives import HeadOnMoments
from tegum.training.recipe import Adam, Recipe, Sampled, Schedule


def heads_of_ranks(
    w: Float[np.ndarray, "models hidden features"],
    density: float,
    asked: Sequence[Asked],
    ranks: Sequence[int] | np.ndarray,
    *,
    seeds: Sequence[int] | np.ndarray,
    steps: int,
) -> Trained:
    """Heads trained on their exact loss as in `trained_heads`, each asked its own and of a rank of its own.

    A head of rank r is one of full rank whose other rows of A and B begin as zeros. They stay zeros, since the gradient
    of a row of A is linear in that row of B, and the other way round. So one program serves all ranks.

    Args:
        w: one dictionary a model.
        density: p = 1 - S.
        asked: one a model, all of one target and input.
        ranks: one a model, at most hidden.
        seeds: one a model, of the initial A and B.
        steps: of training.
    """
    hidden, n = w.shape[-2:]
    first = asked[0]
    parts = []
    for one, each in zip(w, asked, strict=True):
        matrix = each.matrix(n)
        c = second_moment(one, density, first.bias)
        correlation = target_correlation(one, density, matrix, first.target, first.bias)
        parts.append((c, correlation, target_power(density, matrix, first.target)))
    objectives = HeadOnMoments(*(np.stack(part).astype(np.float32) for part in zip(*parts, strict=True)))
    own, place = np.unique(np.asarray(seeds), return_inverse=True)
    whole = fresh(partial(Head.init, hidden, hidden, constant_input=first.bias), own)
    kept = (np.arange(hidden) < np.asarray(ranks)[:, None])[..., None]
    heads = jax.tree.map(lambda rows: np.where(kept, rows[place], np.float32(0)), whole)
    recipe = Recipe(steps=steps, objective=Sampled(1), optimizer=Adam(b2=0.99), schedule=Schedule("cosine"))
    return train(heads, objectives, recipe, seeds=np.asarray(seeds), learning_rate=0.1)


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
