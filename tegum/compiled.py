"""What keeps compilation rare and short: programs are compiled for few shapes, and no harder than pays."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from tegum.progress import stage

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
    parts = []
    with stage("computing", len(take)) as advance:
        for block in take:
            parts.append(program(jax.tree.map(lambda leaf: leaf[block], stack)))  # noqa: B023, used at once
            advance(1)
    return jax.tree.map(
        lambda *leaves: np.concatenate([np.asarray(leaf) for leaf in leaves])[:count], *parts
    )
