"""Exact phase diagrams: the best small model at every density and relative importance of a grid.

Every point is searched from models of a few known phases and from random ones, all points in one stack; then each is
tried once more from the best of its neighbours, until none gains.
"""

from functools import partial
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input
from tegum.theory.search import minimise

# Columns to start from: dedicated, pairs, triangle. Not quite symmetric, so that no descent stays on a ridge.
ANGLES = 2 * np.pi * np.arange(3) / 3
STARTS = {
    (2, 1): np.array([[[1.0, -0.7]], [[0.7, -1.0]], [[1.0, 0.0]], [[0.0, 1.0]]]),
    (3, 2): np.array(
        [
            [np.cos(ANGLES), np.sin(ANGLES)],
            [[1.0, -0.05, -0.8], [0.05, 1.0, 0.0]],
            [[1.0, -0.8, -0.05], [0.05, 0.0, 1.0]],
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
        ]
    ),
}


class PhaseMap(NamedTuple):
    """The best model found at each point of a grid of densities x importances."""

    density: Float[np.ndarray, " densities"]
    importance: Float[np.ndarray, " importances"]
    loss: Float[np.ndarray, "densities importances"]
    w: Float[np.ndarray, "densities importances hidden features"]
    b: Float[np.ndarray, "densities importances features"]
    gradient_norm: Float[np.ndarray, "densities importances"]


def phase_map(
    densities: Float[Array, " densities"],
    importances: Float[Array, " importances"],
    restarts: int = 8,
    key: Array | None = None,
    *,
    n_features: int = 2,
    n_hidden: int = 1,
    tolerance: float = 1e-8,
) -> PhaseMap:
    """The best model at every point of a grid, by the exact loss: 2 features in 1 dimension, or 3 in 2.

    All features have importance 1 but the last, whose importance varies along the grid. 64 x 64 points with 8 restarts
    take some 15 s of one core for two features, and minutes for three.

    Args:
        densities: p in (0, 1].
        importances: r of the last feature, above 0.
        restarts: at each point; the first few are of known phases, the others random.
        key: of the random ones; any fixed one if left out.
        n_features: 2 or 3.
        n_hidden: one less.
        tolerance: as in `tegum.theory.search.minimise`.

    Returns:
        The least loss found, Σ_i I_i E (x_i - x'_i)², with its w and b: upper bounds on the optimum, as no certificate
        is known.

    Raises:
        BadInputError: on other sizes, empty grids, or numbers out of range.
    """
    p, r = as_float64(densities), as_float64(importances)
    if (n_features, n_hidden) not in STARTS:
        raise bad_input(
            "n_features, n_hidden",
            (n_features, n_hidden),
            "2 and 1, or 3 and 2",
            "else use best_loss",
        )
    if restarts < 1:
        raise bad_input("restarts", restarts, "at least 1")
    for name, grid in (("densities", p), ("importances", r)):
        if grid.ndim != 1 or not grid.size or not (np.all(grid > 0) and np.isfinite(grid).all()):
            raise bad_input(name, grid, "a list of numbers above 0")
    shape = p.size, r.size
    density = np.repeat(p, r.size)[:, None] * np.ones(n_features)
    importance = np.ones((p.size * r.size, n_features))
    importance[:, -1] = np.tile(r, p.size)

    known = STARTS[n_features, n_hidden][:restarts]
    with jax.enable_x64(True):
        key = jax.random.key(0) if key is None else key
        random = jax.random.normal(key, (max(0, restarts - len(known)), n_hidden, n_features)) * 0.7
    starts = np.concatenate([known, np.asarray(random)])
    points = len(density)
    descend = partial(minimise, tolerance=tolerance, max_steps=500)
    w0 = np.repeat(starts, points, axis=0)
    b0 = np.tile(density / 4, (len(starts), 1))
    each = len(starts), 1
    found = descend(w0, b0, np.tile(density, each), np.tile(importance, each))
    best = (
        np.argmin(np.nan_to_num(found.loss, nan=np.inf).reshape(len(starts), points), axis=0)
        * points
    )
    best += np.arange(points)
    w, b, loss, slope = (
        value[best] for value in (found.w, found.b, found.loss, found.gradient_norm)
    )

    for _ in range(5):
        gained = False
        for shift, axis in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
            near = np.roll(np.arange(points).reshape(shape), shift, axis).ravel()
            # A point whose neighbour is of its own kind would only come back to itself.
            other = np.flatnonzero(np.linalg.norm(w[near] - w, axis=(1, 2)) > 0.2)
            if not other.size:
                continue
            tried = descend(w[near[other]], b[near[other]], density[other], importance[other])
            gains = tried.loss < loss[other] * (1 - 1e-10)
            for into, value in (
                (w, tried.w),
                (b, tried.b),
                (loss, tried.loss),
                (slope, tried.gradient_norm),
            ):
                into[other[gains]] = value[gains]
            gained |= bool(gains.any())
        if not gained:
            break
    grids = (
        loss.reshape(shape),
        w.reshape(*shape, n_hidden, -1),
        b.reshape(*shape, -1),
        slope.reshape(shape),
    )
    return PhaseMap(p, r, *grids)
