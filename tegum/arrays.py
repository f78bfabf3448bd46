"""Which arrays the pure functions take: NumPy, jax or PyTorch alike, computed in kind and in their own precision.

`Array` is deliberately any object with a shape and a dtype, so that weights may come from anywhere; the shape itself is
still stated, and checked in the tests, by jaxtyping: `Float[Array, "hidden features"]`.
"""

from typing import Any, TypeAlias

from array_api_compat import array_namespace

Array: TypeAlias = Any


def namespace(*arrays: Array) -> Any:
    """The array library (numpy, jax.numpy, a PyTorch one) that these arrays belong to."""
    return array_namespace(*arrays)
