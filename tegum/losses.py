"""What models are trained on: errors left unreduced, and the one place where they are reduced.

Everywhere in tegum a loss is the mean over the batch of the SUM over features. (The original notebook averages over
features too; Adam's steps do not see the constant factor, but a learning rate of SGD and the weight lambda of the
head's loss are only comparable under one convention.)
"""

import jax.numpy as jnp
from jaxtyping import Float

from tegum.arrays import Array


def squared_error(
    x: Float[Array, "features batch"],
    output: Float[Array, "features batch"],
    importance: Float[Array, " features"],
) -> Float[Array, "features batch"]:
    """I_i (x_i - x'_i)^2 for every feature and sample."""
    return importance[:, None] * (x - output) ** 2


def cross_entropy(
    x: Float[Array, "features batch"], logits: Float[Array, "features batch"]
) -> Float[Array, "features batch"]:
    """-x_i log softmax(logits)_i for every feature and sample; x is a distribution over features, such as one-hot."""
    shifted = logits - logits.max(axis=0, keepdims=True)
    return -x * (shifted - jnp.log(jnp.exp(shifted).sum(axis=0, keepdims=True)))


def reduced(errors: Float[Array, "features batch"]) -> Float[Array, ""]:
    """Mean over the batch of the sum over features."""
    return errors.sum(axis=0).mean()


def head_squared_error(
    left: Float[Array, "rank batch"],
    right: Float[Array, "rank batch"],
    left_target: Float[Array, "pairs batch"],
    right_target: Float[Array, "pairs batch"],
    pair_weights: Float[Array, " pairs"],
) -> Float[Array, ""]:
    """Mean of (s - l)^2 over ALL batch^2 pairings of left tokens with right tokens, in time linear in the batch.

    Logit and target are both bilinear, l = u.v and s = sum_k t_k f_k f'_k, so with phi = (f, u) and psi = (t f', -v)
    the error is phi.psi, and the mean of its square over all pairings is the inner product of the two Gram matrices.
    Where a pair is rarely present (density p: p^2 of pairings) this sees batch times more positives than pairing
    tokens one to one would, and remains unbiased because left and right tokens are independent.

    Args:
        left: u = A h, for each left token.
        right: v = B g, for each right token.
        left_target: f_k, what pair k asks of the left token, such as 1 where its feature is active.
        right_target: f'_k, likewise for the right token.
        pair_weights: t_k.

    Returns:
        L2, not divided by the number of pairs.
    """
    phi = jnp.concatenate([left_target, left])
    psi = jnp.concatenate([pair_weights[:, None] * right_target, -right])
    return jnp.sum((phi @ phi.T) * (psi @ psi.T)) / (phi.shape[1] * psi.shape[1])
