"""One-hot inputs, all of them at every step: an objective without chance."""

import jax.numpy as jnp
from jaxtyping import Float, Key

from tegum.arrays import Array
from tegum.models import Bottleneck
from tegum.models.activations import ACTIVATIONS
from tegum.training.objectives import AbstractObjective, Parts


class OneHot(AbstractObjective):
    """Give back each one-hot input; the loss is summed over inputs and features.

    Neither key nor batch is used. `biased` is 0 where b is to stay out of it, else 1.
    """

    biased: Float[Array, "*models"]

    def loss(
        self, model: Bottleneck, key: Key[Array, ""], batch: int
    ) -> tuple[Float[Array, ""], Parts]:
        del key, batch
        n = model.w.shape[-1]
        z = model.w.T @ model.w + self.biased * jnp.broadcast_to(model.b[:, None], (n, n))
        loss = jnp.sum((jnp.eye(n) - ACTIVATIONS[model.activation](z)) ** 2)
        return loss, {"L1": loss}
