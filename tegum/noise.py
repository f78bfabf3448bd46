"""Uniform random numbers made from a counter by an integer hash: what training batches are drawn with.

A key's two words enter a bijective hash of 0, 1, 2, ...: the first shifts the counter, the second is mixed in half-way,
so that streams of different keys are not shifts of one another. On a CPU this costs about a twentieth of jax's default
generator, which otherwise takes over half of a training step. Seeds and initial weights use jax's own keys; here only
speed and the absence of visible structure matter (tests/test_noise.py, docs/generator.md), not cryptographic strength.

Keys must be hashed ones, as `jax.random.fold_in` or `split` gives: the raw keys of neighbouring seeds, `key(0)` and
`key(1)`, differ in one bit, and their streams are correlated.
"""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Float, Key, UInt32

from tegum.arrays import Array


def words(key: Key[Array, ""], shape: tuple[int, ...]) -> UInt32[Array, "..."]:
    """Random 32-bit words, reproducible from the key alone.

    Args:
        key: a jax random key out of `jax.random.fold_in` or `split`; use one key for one draw.
        shape: shape of the result, at most 2^32 numbers.
    Source:
        The finaliser is `triple32` of C. Wellons' hash prospector (public domain), a bijection with very low bias.
    """
    first, second = jax.random.key_data(key)
    x = jax.lax.iota(jnp.uint32, math.prod(shape)).reshape(shape) + first
    x = (x ^ (x >> 17)) * jnp.uint32(0xED5AD4BB)
    x = (x ^ (x >> 11)) * jnp.uint32(0xAC4C1B51) ^ second
    x = (x ^ (x >> 15)) * jnp.uint32(0x31848BAB)
    return x ^ (x >> 14)


def uniform(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
    """Independent uniform numbers in [0, 1), float32, on the grid of multiples of 2^-24."""
    return (words(key, shape) >> 8).astype(jnp.float32) * jnp.float32(2**-24)
