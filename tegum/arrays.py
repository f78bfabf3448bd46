"""Which arrays the pure functions take: NumPy, jax or PyTorch alike, computed in kind and in their own precision.

`Array` is deliberately any object with a shape and a dtype, so that weights may come from anywhere; the shape itself is
still stated, and checked in the tests, by jaxtyping: `Float[Array, "hidden features"]`.

What is computed in kind keeps PyTorch's gradients. What is computed in NumPy has none: `as_numpy` and `as_float64`
take a tensor's values there, whether it requires grad or not.
"""

from typing import Any, TypeAlias

import numpy as np
from array_api_compat import array_namespace
from jaxtyping import Float

from tegum.errors import bad_input

Array: TypeAlias = Any


def namespace(*arrays: Array) -> Any:
    """The array library (numpy, jax.numpy, a PyTorch one) that these arrays belong to.

    Raises:
        BadInputError: one is no array of these libraries, such as a list, or they are of different ones.
    """
    try:
        return array_namespace(*arrays)
    except TypeError:
        kinds = {f"{type(array).__module__}.{type(array).__name__}" for array in arrays}
        raise bad_input(
            "arrays",
            sorted(kinds),
            "arrays of one library: NumPy, jax or PyTorch",
            "numpy.asarray makes one of a list, and of an xarray variable",
        ) from None


def as_numpy(array: Array) -> np.ndarray:
    """The values as a NumPy array, in their own precision, wherever they are and whatever their gradients."""
    if hasattr(array, "detach"):
        array = array.detach().cpu()
        if str(array.dtype) == "torch.bfloat16":  # which NumPy has not
            array = array.float()
    return np.asarray(array)


def as_float64(array: Array) -> Float[np.ndarray, "*shape"]:
    """`as_numpy`, in float64."""
    return np.asarray(as_numpy(array), np.float64)


def check_weights(w: Array, hidden: int | None = None) -> None:
    """Refuse what cannot be a W, hidden x features, models first.

    Args:
        w: the weights.
        hidden: how many hidden dimensions it must have to go with what stands beside it; None for any number.

    Raises:
        BadInputError: no matrix, or another number of hidden dimensions; says so where w.T has the right one.
    """
    shape = tuple(w.shape)
    if len(shape) < 2:
        raise bad_input("w", shape, "a shape of hidden x features, or of models before these")
    if hidden is not None and shape[-2] != hidden:
        way_out = "transpose it: w.T" if len(shape) == 2 and shape[-1] == hidden else ""
        raise bad_input("w", shape, f"hidden x features with {hidden} hidden dimensions", way_out)
