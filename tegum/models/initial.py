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
    return math.sqrt(2 / (rows + columns)) * jax.random.normal(key, (rows, columns))
