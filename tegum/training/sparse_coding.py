"""What a sparse autoencoder is asked to do: to write the hidden vectors of a bottleneck as few directions.

    x from its law,  h = f_h(W x + b_h),  loss = E ||h - h'||^2 + penalty * E c(z)

c(z) is the sum of the latents for "relu" (their L1 norm), their number for "jumprelu" (L0, by a straight-through
gradient), nothing for "topk". h is taken as it is, in the units of the features: where a feature stands alone in h,
"relu" finds x_i ||W_i|| - penalty / 2. (To train on c h instead, give c W.) A planted dictionary is a bottleneck too,
`planted(D)`: h = D x.

The gradient is written out by hand beside the loss: a latents x batch array is then read while it is still in the
core's cache, and no product is formed that the gradient does not need. Derived, it takes 1.5 to 3 times as long.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Float, Key

from tegum.arrays import Array
from tegum.features import AbstractFeatures
from tegum.losses import reduced
from tegum.models import Bottleneck, SparseAutoencoder
from tegum.models.lifting import over_samples
from tegum.models.sae import near
from tegum.training.objectives import AbstractObjective, Parts
from tegum.training.pieces import pieces_of, summed

COSTS = {"relu": "sum", "jumprelu": "count"}  # what the penalty weighs, by its name among the parts


class SparseCoding(AbstractObjective):
    """Write hidden vectors as few directions. Trains a `SparseAutoencoder`.

    Parts: "error", E ||h - h'||^2, summed over hidden dimensions; for "relu" also "sum", E sum_k z_k; for "jumprelu"
    also "count", E of the number of active latents.

    Attributes:
        features: the law of x.
        bottleneck: gives h; is not trained.
        penalty: at least 0; without effect for "topk".
    """

    features: AbstractFeatures
    bottleneck: Bottleneck
    penalty: Float[Array, "*models"]

    def hidden(self, key: Key[Array, ""], batch: int) -> Float[Array, "hidden batch"]:
        """Fresh hidden vectors, the batch last."""
        x = self.features.draw(key, batch)
        return over_samples(self.bottleneck.encode)(x)

    def loss(
        self, model: SparseAutoencoder, key: Key[Array, ""], batch: int
    ) -> tuple[Float[Array, ""], Parts]:
        h = jax.lax.stop_gradient(self.hidden(key, batch))
        loss, *parts = coding_loss(model, h, self.penalty)
        error, cost = jax.lax.stop_gradient(parts)
        named = {"error": error}
        if model.kind in COSTS:
            named[COSTS[model.kind]] = cost
        return loss, named


def planted(dictionary: Float[Array, "*models hidden features"]) -> Bottleneck:
    """A bottleneck whose hidden vectors are h = D x, for planted directions: column i is feature i's."""
    w = jnp.asarray(dictionary, jnp.float32)
    return Bottleneck(w=w, b=jnp.zeros(w.shape[:-2] + w.shape[-1:]), activation="linear")


Three = tuple[Float[Array, ""], Float[Array, ""], Float[Array, ""]]


def plain_loss(
    sae: SparseAutoencoder, h: Float[Array, "hidden batch"], penalty: Float[Array, ""]
) -> Three:
    """Loss, error and cost of one autoencoder on hidden vectors; what `coding_loss` is, with a derived gradient."""
    seen = h - sae.b_dec[:, None] if sae.centred else h
    u = sae.w_enc @ seen + sae.b_enc[:, None]
    z = sae.activate(u)
    error = reduced((sae.directions @ z + sae.b_dec[:, None] - h) ** 2)
    cost = {"relu": z, "jumprelu": sae.active(u)}.get(sae.kind)
    cost = jnp.zeros(()) if cost is None else reduced(cost)
    return error + penalty * cost, error, cost


@jax.custom_vjp
def coding_loss(
    sae: SparseAutoencoder, h: Float[Array, "hidden batch"], penalty: Float[Array, ""]
) -> Three:
    """Loss, error and cost of one autoencoder on hidden vectors; only the loss has a gradient, and none towards h."""
    return plain_loss(sae, h, penalty)


def _with_gradient(
    sae: SparseAutoencoder, h: Float[Array, "hidden batch"], penalty: Float[Array, ""]
) -> tuple[Three, tuple[SparseAutoencoder, Float[Array, ""]]]:
    batch = h.shape[1]
    d, to_w_dec = jax.vjp(lambda w: eqx.tree_at(lambda s: s.w_dec, sae, w).directions, sae.w_dec)
    seen = h - sae.b_dec[:, None] if sae.centred else h
    offset = jnp.zeros(len(h)) if sae.centred else sae.b_dec  # of h' - h, beside D z - seen
    twice = 2 * d.T

    def of_piece(v: Float[Array, "hidden piece"]) -> tuple[Array | None, ...]:
        u = sae.w_enc @ v + sae.b_enc[:, None]
        z = sae.activate(u)
        r = d @ z - v + offset[:, None]
        pull = twice @ r  # d error / d z
        cost, for_threshold = jnp.zeros(()), None
        if sae.kind == "relu":
            cost, pull = jnp.sum(z), pull + penalty
        if sae.log_threshold is not None:
            cost = jnp.sum(z > 0).astype(h.dtype)
            theta = sae.threshold[:, None]
            slope = -(theta * pull + penalty) / sae.bandwidth
            for_threshold = jnp.sum(jnp.where(near(u, theta, sae.bandwidth), slope, 0.0), axis=1)
        g = jnp.where(z > 0, pull, 0.0)
        sums = (jnp.sum(r * r), cost, g @ v.T, jnp.sum(g, axis=1), z @ r.T, jnp.sum(r, axis=1))
        return *sums, for_threshold

    sums = summed(of_piece, seen, pieces_of(batch, len(sae.b_enc)))
    error, cost, w_enc, b_enc, for_d, r, for_threshold = jax.tree.map(lambda s: s / batch, sums)
    b_dec = 2 * r - b_enc @ sae.w_enc if sae.centred else 2 * r
    gradient = eqx.tree_at(
        lambda s: (s.w_enc, s.b_enc, s.w_dec, s.b_dec),
        sae,
        (w_enc, b_enc, to_w_dec(2 * for_d.T)[0], b_dec),
    )
    if sae.log_threshold is not None:
        gradient = eqx.tree_at(lambda s: s.log_threshold, gradient, for_threshold * sae.threshold)
    return (error + penalty * cost, error, cost), (gradient, cost)


def _forward(sae: SparseAutoencoder, h: Array, penalty: Array) -> tuple[Three, tuple]:
    values, gradients = _with_gradient(sae, h, penalty)
    return values, (gradients, h)


def _backward(kept: tuple, cotangents: Three) -> tuple[SparseAutoencoder, Array, Array]:
    (gradients, h), (of_loss, _, _) = kept, cotangents
    for_sae, for_penalty = jax.tree.map(lambda leaf: of_loss * leaf, gradients)
    return for_sae, jnp.zeros_like(h), for_penalty


coding_loss.defvjp(_forward, _backward)
