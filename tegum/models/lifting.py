"""From one input to many: a model is written for one, and trained on a batch that lies LAST.

Samples then stay contiguous, `w @ x` of a batch is one product, and a bias is added to rows. Plain `jax.vmap` along
the last axis says the same; but to add a bias that knows of no batch, it moves the batch to the front and back again,
and what was one product becomes two and four transposed copies: twice the time of a training step.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from tegum.arrays import Array


def over_samples(of_one: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one input, or of several, lifted to batches that lie last; what it gives, too.

    Args:
        of_one: a model, a method of one such as `model.encode`, or any function.

    Returns:
        A function of arrays with one axis more, the last, of one length. Equal to
        `jax.vmap(of_one, in_axes=-1, out_axes=-1)` up to rounding.
    """
    arrays, rest = eqx.partition(of_one, eqx.is_array)

    def lifted(*inputs: Array) -> Any:
        batch = jax.tree.leaves(inputs)[0].shape[-1]

        def beside(leaf: Array) -> Array:
            """A bias or a number, once for each sample: nothing is copied, it only says where the batch lies."""
            return jnp.broadcast_to(leaf[..., None], (*leaf.shape, batch))

        wide = jax.tree.map(lambda leaf: beside(leaf) if _is_small(leaf) else leaf, arrays)
        axes = jax.tree.map(lambda leaf: -1 if _is_small(leaf) else None, arrays)
        one = lambda arrays, *inputs: eqx.combine(arrays, rest)(*inputs)  # noqa: E731
        return jax.vmap(one, in_axes=(axes, *[-1] * len(inputs)), out_axes=-1)(wide, *inputs)

    return lifted


def _is_small(leaf: Array) -> bool:
    return leaf.ndim < 2
