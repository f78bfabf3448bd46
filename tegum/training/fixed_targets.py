"""A fixed table of inputs and targets, all of it at every step: an objective without chance."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Float, Key

from tegum.arrays import Array
from tegum.models.lifting import over_samples
from tegum.training.objectives import AbstractObjective, Parts


class FixedTargets(AbstractObjective):
    """Half the squared error, summed over samples and outputs: its gradient by the outputs is y - target.

    Trains any model that is called on one input. Neither key nor batch is used.
    """

    inputs: Float[Array, "*models inputs samples"]
    targets: Float[Array, "*models outputs samples"]

    def loss(self, model: Any, key: Key[Array, ""], batch: int) -> tuple[Float[Array, ""], Parts]:
        del key, batch
        output = over_samples(model)(self.inputs)
        loss = jnp.sum((output - self.targets) ** 2) / 2
        return loss, {"half_squared_error": loss}
