"""A fixed data set in the place of fresh samples."""

import jax
from jaxtyping import Float, Key

from tegum.arrays import Array
from tegum.losses import reduced, squared_error
from tegum.models import Bottleneck
from tegum.models.lifting import over_samples
from tegum.training.objectives import AbstractObjective, Parts


class FixedSamples(AbstractObjective):
    """Give back inputs from a fixed data set: each batch is drawn from it, with replacement."""

    samples: Float[Array, "*models samples features"]
    importance: Float[Array, "*models features"]

    def loss(
        self, model: Bottleneck, key: Key[Array, ""], batch: int
    ) -> tuple[Float[Array, ""], Parts]:
        drawn = jax.random.randint(key, (batch,), 0, self.samples.shape[0])
        x = self.samples[drawn].T
        output = over_samples(model)(x)
        loss = reduced(squared_error(x, output, self.importance))
        return loss, {"L1": loss}
