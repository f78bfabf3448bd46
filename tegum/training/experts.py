"""Training of routed experts: give back the input, and keep the experts equally busy.

    loss = L1 + balance · (k Σ_e f_e s̄_e - 1)

f_e is the share of the batch that goes to expert e, s̄_e the mean of the router's s_e. The second term is 0 where all
experts are equally busy; without it a router may send everything to whichever expert was first to learn.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, Key

from tegum.arrays import Array
from tegum.features import AbstractFeatures
from tegum.losses import reduced, squared_error
from tegum.models.experts import Experts
from tegum.models.lifting import over_samples
from tegum.training.objectives import AbstractObjective, Parts


class RoutedReconstruction(AbstractObjective):
    """Give back the input through routed experts. Trains `Experts`.

    Attributes:
        features: law of the inputs.
        balance: weight of the term that keeps experts equally busy, in units of L1; 0 for none.
        frozen: leave the router as it is, a random one: what experts reach whose router learns nothing.

    Source:
        The balancing term: Fedus et al. 2022, "Switch Transformers".
    """

    features: AbstractFeatures
    balance: Float[Array, "*models"]
    frozen: Bool[Array, "*models"]

    def loss(
        self, model: Experts, key: Key[Array, ""], batch: int
    ) -> tuple[Float[Array, ""], Parts]:
        x = self.features.draw(key, batch)
        shares = over_samples(model.shares)(x)
        shares = jnp.where(self.frozen, jax.lax.stop_gradient(shares), shares)
        gates = over_samples(model.gates)(shares)
        answers = over_samples(model.answers)(x)
        output = jnp.einsum("eb,efb->fb", gates, answers)
        l1 = reduced(squared_error(x, output, self.features.importance))
        busy = (gates > 0).astype(x.dtype).mean(axis=1)
        unbalance = jnp.where(
            model.hard, shares.shape[0] * jnp.sum(busy * shares.mean(axis=1)) - 1, 0.0
        )
        return l1 + self.balance * unbalance, {"L1": l1, "unbalance": unbalance}
