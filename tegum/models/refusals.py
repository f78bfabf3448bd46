"""What a model refuses, in one line: parameters that are no arrays or do not fit each other, a batch for one input.

A model is a tree that jax fills with tracers, shapes, indices or None, and none of these come through its constructor:
what is refused there came from a caller. Shapes are known under tracing too, so looking at an input costs no run time.
"""

from typing import Any

import numpy as np

from tegum.arrays import Array
from tegum.errors import bad_input

PLAIN = (bool, int, float, complex, str, bytes, list, tuple, dict, set)
"""what is no array, whatever a tree may hold in the place of one"""

Shape = tuple[int, ...]


def check_size(name: str, size: object) -> None:
    """Refuse what is no number of features, dimensions and the like."""
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
        raise bad_input(name, size, "a whole number of at least 1")


def check_key(key: object) -> None:
    """Refuse a seed, or anything plain, in the place of a jax key."""
    if isinstance(key, PLAIN) or key is None:
        seed = key if isinstance(key, int) else 0
        raise bad_input("key", key, "a jax random key", f"jax.random.key({seed}) makes one")


def check_arrays(way_out: str, **parameters: object) -> None:
    """Refuse plain Python values as a model's parameters."""
    for name, value in parameters.items():
        if isinstance(value, PLAIN):
            raise bad_input(name, value, "an array", way_out)


def check_fits(name: str, value: object, expected: Shape, words: str, way_out: str = "") -> None:
    """Refuse a parameter of another shape; what has none is let through."""
    shape = shape_of(value)
    if shape is not None and shape != expected:
        raise bad_input(name, shape, f"{words}, shape {expected}", way_out)


def check_one(name: str, value: Any, length: int, lifted: str) -> None:
    """Refuse anything but one vector of this length.

    Args:
        name: of the argument.
        value: what came.
        length: what one input has.
        lifted: how it is lifted over a batch, with {} for the argument.
    """
    shape = np.shape(value)
    if shape == (length,):
        return
    batch = {(True, False): name, (True, True): name, (False, True): f"{name}.T"}
    as_last = batch.get((shape[0] == length, shape[1] == length)) if len(shape) == 2 else None
    way_out = f"a batch comes last: {lifted.format(as_last)}" if as_last else ""
    raise bad_input(name, shape, f"one input, shape ({length},)", way_out)


def check_one_model(name: str, weights: Array, arguments: str) -> None:
    """Refuse a population where one model is called with these arguments."""
    shape = shape_of(weights)
    if shape is not None and len(shape) > 2:
        raise bad_input(
            name,
            f"a population, weights of shape {shape}",
            "one model",
            f"jax.vmap(lambda {name}: {name}({arguments}))({name}s) calls each",
        )


def shape_of(value: object) -> Shape | None:
    """The shape, of what has one."""
    shape = getattr(value, "shape", None)
    return tuple(shape) if isinstance(shape, tuple) else None
