"""Restarts: train each model from several starts, keep the best by the loss on samples common to all."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from tegum.arrays import Array
from tegum.errors import bad_input
from tegum.training.objectives import AbstractObjective


def evaluate(
    models: Any,
    objectives: AbstractObjective,
    *,
    seed: int = 0,
    batch: int = 4096,
    batches: int = 16,
) -> Float[np.ndarray, " models"]:
    """The loss of each model on batch x batches fresh samples, the same random numbers for every model.

    Args:
        models: stacked models.
        objectives: one a model, stacked.
        seed: of the samples.
        batch: samples drawn at a time; memory grows with it.
        batches: how many times.

    Returns:
        Mean losses; common random numbers make their differences far more exact than the losses themselves.
    """
    return np.asarray(_evaluate(models, objectives, jax.random.key(seed), batch, batches))


def best_of(losses: Float[np.ndarray, " models"], restarts: int) -> Int[np.ndarray, " groups"]:
    """Which of every `restarts` models in a row has the least loss; NaN counts as worst.

    Args:
        losses: final losses, the restarts of one model next to each other, as `training.engine.repeat` lays them.
        restarts: how many there are of each, at least 1.

    Returns:
        Positions in `losses`, one a group.
    """
    if restarts < 1 or len(losses) % restarts:
        raise bad_input("restarts", restarts, f"a divisor of the {len(losses)} models trained")
    grouped = np.nan_to_num(np.reshape(losses, (-1, restarts)), nan=np.inf)
    return grouped.argmin(axis=1) + restarts * np.arange(len(grouped))


@partial(jax.jit, static_argnames=("batch", "batches"))
def _evaluate(
    models: Any, objectives: AbstractObjective, key: Array, batch: int, batches: int
) -> Array:
    def one(pair: tuple[Any, AbstractObjective]) -> Array:
        model, objective = pair
        return jnp.mean(
            jax.lax.map(
                lambda k: objective.loss(model, k, batch)[0], jax.random.split(key, batches)
            )
        )

    return jax.lax.map(one, (models, objectives))
