"""Adversarial training: give back the input, though the worst attack on one output is added to it.

    δ = ± λ G_i/‖G_i‖, for the output i and the sign that make (x_i - y_i)² greatest
    loss = mean over the batch of Σ_i I_i (x_i - y_i(x + δ))²

The attack is in closed form (`tegum.theory.attacks`), one step in place of an inner ascent. Gradients
do not go through it: where the worst case is taken at one attack, its derivative is that of the loss
at that attack (Danskin).
"""

import jax
import jax.numpy as jnp
from jaxtyping import Float, Key

from tegum.arrays import Array
from tegum.features import AbstractFeatures
from tegum.losses import reduced, squared_error
from tegum.models import Bottleneck
from tegum.models.lifting import over_samples
from tegum.training.objectives import AbstractObjective, Parts


class Adversarial(AbstractObjective):
    """L1 at attacked inputs. Trains a tied `Bottleneck` with a ReLU at the output, no hidden bias.

    Attributes:
        features: the law of x.
        strength: λ, the norm of the attack, at least 0; at 0 this is `Reconstruction`.
    """

    features: AbstractFeatures
    strength: Float[Array, "*models"]

    def loss(
        self, model: Bottleneck, key: Key[Array, ""], batch: int
    ) -> tuple[Float[Array, ""], Parts]:
        x = self.features.draw(key, batch)
        moved = x + jax.lax.stop_gradient(worst_attack(model.w, model.b, x, self.strength))
        output = over_samples(model)(moved)
        loss = reduced(squared_error(x, output, self.features.importance))
        return loss, {"attacked": loss}


def worst_attack(
    w: Float[Array, "hidden features"],
    b: Float[Array, " features"],
    x: Float[Array, "features batch"],
    strength: Float[Array, ""],
) -> Float[Array, "features batch"]:
    """δ for every input, as `tegum.theory.attacks.strongest` gives it, in jax and the batch last."""
    second = w @ w.T  # ‖G_i‖² = W_iᵀ (W Wᵀ) W_i: no features x features matrix is made
    length = jnp.sqrt(jnp.maximum(jnp.sum(w * (second @ w), axis=0), 0.0))
    u = w.T @ (w @ x) + b[:, None]
    step = strength * length[:, None]
    low, high = ((x - jax.nn.relu(u + end)) ** 2 for end in (-step, step))
    worst = jnp.argmax(jnp.maximum(low, high), axis=0)
    # A product with ones and zeros, lifted over models, is faster than a look-up.
    chosen = worst[None, :] == jnp.arange(x.shape[0])[:, None]
    signed = jnp.where(high >= low, 1.0, -1.0) / jnp.where(length == 0, 1.0, length)[:, None]
    return strength * (w.T @ (w @ jnp.where(chosen, signed, 0.0)))
