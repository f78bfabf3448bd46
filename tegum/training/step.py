"""One training step of one model. The file to read first.

    state, info = step(state, objective, recipe, rebuild, learning_rate, key)

A model is trained as one flat vector of its parameters; `rebuild` turns the vector back into the model. Nothing here
knows of populations: `training.engine` lifts this function with `vmap`, and one vector per model instead of a tree of
small arrays is what keeps the lifted program fast.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Float, Int, Key

from tegum.arrays import Array
from tegum.training.objectives import AbstractObjective, Parts
from tegum.training.recipe import Recipe


class State(eqx.Module):
    """What the next step needs.

    Attributes:
        parameters: the model, flattened.
        memory: the optimiser's own state, such as Adam's two moments.
        step: how many updates were made.
    """

    parameters: Float[Array, " parameters"]
    memory: Any
    step: Int[Array, ""]


class Info(eqx.Module):
    """What the world may ask of a step: the loss before its update, on its batch, and the loss's parts."""

    loss: Float[Array, ""]
    parts: Parts


def begin(model: eqx.Module, recipe: Recipe) -> tuple[State, Callable[[Array], Any]]:
    """The state before the first step, and the function that rebuilds a model from its flat parameters."""
    trainable, rest = eqx.partition(model, eqx.is_inexact_array)
    parameters, unflatten = ravel_pytree(trainable)

    def rebuild(parameters: Float[Array, " parameters"]) -> Any:
        return eqx.combine(unflatten(parameters), rest)

    return State(parameters, recipe.optimizer.transform().init(parameters), jnp.int32(0)), rebuild


def step(
    state: State,
    objective: AbstractObjective,
    recipe: Recipe,
    rebuild: Callable[[Array], Any],
    learning_rate: Float[Array, ""],
    key: Key[Array, ""],
) -> tuple[State, Info]:
    """Draw a fresh batch, and descend the objective's loss on it once.

    The batch depends on `key` and the step's number alone, so a training that was interrupted and goes on from a saved
    state equals an unbroken one bit for bit.

    Args:
        state: from `begin`, or from the step before.
        objective: what the model is asked to do.
        recipe: batch size, optimiser and schedule.
        rebuild: from `begin`.
        learning_rate: the model's own, before the schedule's factor.
        key: the model's own, the same at every step.

    Returns:
        The next state, and the loss this step saw. A loss that is not finite makes parameters that are not: the caller
        finds them so, and no other model is touched.
    """

    def loss(parameters: Float[Array, " parameters"]) -> tuple[Float[Array, ""], Parts]:
        return objective.loss(
            rebuild(parameters), jax.random.fold_in(key, state.step), recipe.batch
        )

    (value, parts), gradient = jax.value_and_grad(loss, has_aux=True)(state.parameters)
    direction, memory = recipe.optimizer.transform().update(
        gradient, state.memory, state.parameters
    )
    rate = learning_rate * recipe.schedule.factor(recipe.steps)(state.step)
    return State(state.parameters - rate * direction, memory, state.step + 1), Info(value, parts)
