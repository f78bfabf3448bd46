"""Losses that are means over samples, worked out a piece of the batch at a time, while it is in the core's cache.

A wide model's features x batch array does not fit there, and each of the dozen passes that a gradient makes over it
would wait for memory. Of a mean, value and gradient are means of the pieces': one after the other, each is read and
written only in the cache. Small batches are one piece, and nothing changes.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Float

from tegum.arrays import Array

IN_CACHE = 2**19  # bytes of a rows x batch array that are worked on at a time


def mean_over_samples(
    loss: Callable[[Any, Array], Float[Array, ""]], model: Any, x: Float[Array, "rows batch"]
) -> Float[Array, ""]:
    """`loss(model, x)`, a mean over the batch, with its gradient by the model; piece by piece where x is large.

    Args:
        loss: of a model and a batch that lies last, a mean over it.
        model: by its floating-point arrays the loss is differentiated.
        x: the batch; no gradient goes to it where it is cut.
    """
    pieces = pieces_of(x.shape[-1], x.shape[0])
    if pieces == 1:
        return loss(model, x)
    trained, rest = eqx.partition(model, eqx.is_inexact_array)

    def with_gradient(trained: Any, x: Array) -> tuple[Array, Any]:
        of_piece = jax.value_and_grad(
            lambda trained, piece: loss(eqx.combine(trained, rest), piece)
        )
        total = summed(lambda piece: of_piece(trained, piece), x, pieces)
        return jax.tree.map(lambda sum_: sum_ / pieces, total)

    @jax.custom_vjp
    def mean(trained: Any, x: Array) -> Array:
        return with_gradient(trained, x)[0]

    def forward(trained: Any, x: Array) -> tuple[Array, tuple[Any, Array]]:
        value, gradient = with_gradient(trained, x)
        return value, (gradient, x)

    def backward(kept: tuple[Any, Array], cotangent: Array) -> tuple[Any, Array]:
        gradient, x = kept
        return jax.tree.map(lambda leaf: cotangent * leaf, gradient), jnp.zeros_like(x)

    mean.defvjp(forward, backward)
    return mean(trained, x)


def summed(of_piece: Callable[[Array], Any], x: Float[Array, "rows batch"], pieces: int) -> Any:
    """The sum of `of_piece`, a tree of arrays, over equal pieces of the batch."""
    if pieces == 1:
        return of_piece(x)
    length = x.shape[-1] // pieces

    def add(place: Array, total: Any) -> Any:
        piece = jax.lax.dynamic_slice_in_dim(x, place * length, length, axis=-1)
        return jax.tree.map(jnp.add, total, of_piece(piece))

    nothing = jax.tree.map(
        lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(of_piece, x[:, :length])
    )
    return jax.lax.fori_loop(0, pieces, add, nothing)


def pieces_of(batch: int, rows: int) -> int:
    """Into how many equal pieces a batch is cut, so that rows x piece stays in the core's cache."""
    pieces = 1
    while 4 * rows * batch // pieces > IN_CACHE and batch % (2 * pieces) == 0:
        pieces *= 2
    return pieces
