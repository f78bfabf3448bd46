"""Initial weights."""

import math

import jax
from jaxtyping import Float, Key

from tegum.arrays import Array


def xavier_normal(key: Key[Array, ""], rows: int, columns: int) -> Float[Array, "rows columns"]:
    """Normal weights of variance 2 / (rows + columns), as the original notebook starts from.

    Source:
        Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
    """
    count = rows * columns
    # Drawn in a few lengths only, since each is compiled for the better part of a second; the first ones are the same.
    length = max(1024, 4 ** math.ceil(math.log(count, 4)))
    drawn = jax.random.normal(key, (length,))[:count].reshape(rows, columns)
    return math.sqrt(2 / (rows + columns)) * drawn
