"""The activation functions that a model may name, in one table."""

from collections.abc import Callable

import jax

from tegum.arrays import Array
from tegum.errors import unknown_name

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda z: z,
    "relu": jax.nn.relu,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
}


def activation_name(name: str) -> str:
    """`name` itself, or an error that suggests the nearest known activation."""
    if name not in ACTIVATIONS:
        raise unknown_name("activation", name, ACTIVATIONS)
    return name
