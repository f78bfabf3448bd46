"""What keeps compilation rare and short: programs are compiled for few shapes, and no harder than pays."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

# For `jax.jit`. XLA's last level of optimisation takes as long again to compile, and made no program here faster.
COMPILER_OPTIONS = {"xla_backend_optimization_level": 2}


def in_blocks(program: Callable[[Any], Any], stack: Any, size: int) -> Any:
    """`program(stack)` in blocks of one size, so that it is compiled once; the last one is filled up with copies.

    Args:
        program: takes a stack (a tree of arrays, each with the members first) and gives one.
        stack: at least one member.
        size: members of a block.
    """
    count = len(jax.tree.leaves(stack)[0])
    take = np.minimum(np.arange(-(-count // size) * size), count - 1).reshape(-1, size)
    parts = [program(jax.tree.map(lambda leaf: leaf[block], stack)) for block in take]  # noqa: B023, used at once
    return jax.tree.map(
        lambda *leaves: np.concatenate([np.asarray(leaf) for leaf in leaves])[:count], *parts
    )
