"""Exact theory is computed in float64, whatever precision the rest of the package runs in.

jax's switch to float64 is thrown for the one call only: concrete arrays come back as NumPy, traced ones come back
traced, in the precision they came in. A derivative is taken inside the call as well, as a Jacobian that is then brought
out: were it left to the caller's program, jax would transpose float64 operations where its switch is off, and truncate
them. For the same reason the functions given here hold no dot products: `vmap` of a jitted caller would rewrite those,
and truncate them too.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Float

from tegum.arrays import Array, as_float64


def is_traced(*arrays: object) -> bool:
    """Whether any of these is a value of which jax knows only the shape."""
    return any(isinstance(array, jax.core.Tracer) for array in arrays)


def in_float64(function: Callable[..., Any], *arrays: Array) -> Any:
    """`function(*arrays)`, computed in float64.

    Args:
        function: takes float64 jax arrays, returns a tree of them.
        arrays: from any library, or traced by jax.

    Returns:
        The same tree; scalars as Python floats and arrays as float64 NumPy, or all of it traced if any argument was.
    """
    if is_traced(*arrays):
        precision = jnp.result_type(*(array for array in arrays if is_traced(array)))
        return _traced_in_float64(function, precision, *arrays)
    with jax.enable_x64(True):
        result = function(*(as_float64(array) for array in arrays))
        return jax.tree.map(lambda leaf: np.asarray(leaf) if leaf.ndim else float(leaf), result)


def gram(w: Float[Array, "hidden features"]) -> Float[Array, "features features"]:
    """G = WᵀW, as a plain sum of products."""
    return jnp.sum(w[:, :, None] * w[:, None, :], axis=0)


def _traced_in_float64(function: Callable[..., Any], precision: np.dtype, *arrays: Array) -> Any:
    @jax.custom_jvp
    def call(*arrays: Array) -> Any:
        with jax.enable_x64(True):
            result = function(*(jnp.asarray(array).astype(jnp.float64) for array in arrays))
            return jax.tree.map(lambda leaf: leaf.astype(precision), result)

    def differentiate(arrays: Sequence[Array], tangents: Sequence[Array]) -> tuple[Any, Any]:
        # By the arguments that move only: a function need not be differentiable by the others.
        moving = tuple(
            i for i, tangent in enumerate(tangents) if not isinstance(tangent, SymbolicZero)
        )
        with_value = jax.jacrev(
            lambda *arrays: (function(*arrays),) * 2, argnums=moving, has_aux=True
        )
        jacobian, value = _traced_in_float64(with_value, precision, *arrays)
        return value, jax.tree.map(
            lambda _, slopes: _along(slopes, [tangents[i] for i in moving]), value, jacobian
        )

    call.defjvp(differentiate, symbolic_zeros=True)
    return call(*arrays)


def _along(slopes: Sequence[Array], tangents: Sequence[Array]) -> Array:
    """The derivative of one leaf in the direction of all tangents, from its derivative by each argument."""
    each = zip(slopes, tangents, strict=True)
    return sum(
        jnp.tensordot(slope, tangent, axes=tangent.ndim, precision="highest")
        for slope, tangent in each
    )
