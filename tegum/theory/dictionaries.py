"""Dictionaries written down, not trained: orthonormal features, tegum products of named polytopes, random directions.

A dictionary is a W, hidden x features: column i is feature i's direction. A head that reads one of these tells what a
geometry alone does to it. All are turned at random, so that no coordinate axis is special.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from scipy.stats import ortho_group

from tegum.errors import bad_input
from tegum.theory.polytopes import vertices


def orthonormal(n_features: int, n_hidden: int, seed: int) -> Float[np.ndarray, "hidden features"]:
    """The first `n_hidden` features at unit length and right angles; features beyond them are not represented (0)."""
    if n_features < n_hidden:
        raise bad_input("n_features", n_features, f"at least n_hidden = {n_hidden}")
    return _turned(np.eye(n_hidden, n_features), seed)


def tegum_product(factors: Sequence[str], seed: int) -> Float[np.ndarray, "hidden features"]:
    """Independent polytopes in orthogonal subspaces: unit vertices of the first factor, then of the second, and so on.

    Args:
        factors: names such as "single", "digon", "triangle", as in `tegum.theory.polytopes.vertices`.
        seed: of the random rotation.
    """
    parts = [vertices(name) for name in factors]
    w = np.zeros((sum(part.shape[0] for part in parts), sum(part.shape[1] for part in parts)))
    row = column = 0
    for part in parts:
        w[row : row + part.shape[0], column : column + part.shape[1]] = part
        row, column = row + part.shape[0], column + part.shape[1]
    return _turned(w, seed)


def members(factors: Sequence[str]) -> list[range]:
    """Which features of `tegum_product` belong to each factor."""
    ends = np.cumsum([0, *(vertices(name).shape[1] for name in factors)])
    return [range(start, stop) for start, stop in pairwise(ends)]


def gaussian(n_features: int, n_hidden: int, seed: int) -> Float[np.ndarray, "hidden features"]:
    """Independent normal entries of variance 1 / n_hidden: lengths near 1, directions at random."""
    return np.random.default_rng(seed).normal(size=(n_hidden, n_features)) / np.sqrt(n_hidden)


def _turned(
    w: Float[np.ndarray, "hidden features"], seed: int
) -> Float[np.ndarray, "hidden features"]:
    return (
        w if len(w) == 1 else ortho_group.rvs(len(w), random_state=np.random.default_rng(seed)) @ w
    )
