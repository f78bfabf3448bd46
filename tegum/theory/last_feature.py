"""n features in n - 1 dimensions, n = 2 or 3, the last of importance r: the best by hand, the best.

By hand: models of unit columns with a feature dropped, or two as an antipodal pair, or a triangle,
and no bias where a feature is kept. The best of all: descents of the exact loss from each of these.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tegum.theory.expected import expected_losses
from tegum.theory.polytopes import vertices
from tegum.theory.search import minimise


class Found(NamedTuple):
    """A model for each point, or for each kind and point where `kinds` come first."""

    w: Float[np.ndarray, "*kinds points hidden features"]
    b: Float[np.ndarray, "*kinds points features"]
    loss: Float[np.ndarray, "*kinds points"]

    def best(self) -> "Found":
        """Of several kinds the one of least loss at every point."""
        least = np.argmin(self.loss, axis=0), np.arange(self.loss.shape[1])
        return Found(*(part[least] for part in self))


def with_last(n: int, r: Float[np.ndarray, " points"]) -> Float[np.ndarray, "points features"]:
    """Importances [points features]: 1, and r of the last."""
    return np.column_stack([np.ones((r.size, n - 1)), r])


def forms(n: int) -> list[Float[np.ndarray, "hidden features"]]:
    """Models of unit columns: one feature dropped, two a pair, and for n = 3 the triangle."""
    dropped = [np.delete(np.eye(n), k, axis=0) for k in range(n)]
    paired = []
    for k in range(n):
        for other in range(k):
            pair = dropped[k].copy()  # k takes the direction opposite to the other's
            pair[:, k] = -pair[:, other]
            paired.append(pair)
    return [*dropped, *paired, *([vertices("triangle")] if n == 3 else [])]


def candidates(
    density: Float[np.ndarray, " points"], importance: Float[np.ndarray, "points features"]
) -> Found:
    """The best of the forms at every point, with bias 0, or p/2 for a feature that is dropped."""
    kinds = np.array(forms(importance.shape[1]))
    w = np.repeat(kinds[:, None], len(density), axis=1)
    b = np.where(np.linalg.norm(w, axis=-2) > 0, 0.0, density[:, None] / 2)
    at_kinds = np.tile(density, len(kinds))[:, None], np.tile(importance, (len(kinds), 1))
    loss = expected_losses(w.reshape(-1, *w.shape[2:]), b.reshape(-1, b.shape[-1]), *at_kinds)
    return Found(w, b, loss.reshape(w.shape[:2])).best()


def optima(
    density: Float[np.ndarray, " points"], importance: Float[np.ndarray, "points features"]
) -> Found:
    """The least exact loss found at every point, from each form and from it barely begun."""
    n = importance.shape[1]
    barely = np.append(np.ones(n - 1), 0.15)
    starts = []
    for form in forms(n):
        starts.append(0.95 * form)
        if n == 2 or np.all(np.linalg.norm(form, axis=-2) > 0):
            starts.append(form * barely)
    return _descended(np.array(starts), density, importance).best()


def from_pair(
    density: Float[np.ndarray, " points"], importance: Float[np.ndarray, "points features"]
) -> Float[np.ndarray, " points"]:
    """The loss that two features end at if they begin as an antipodal pair; less may be had."""
    return _descended(np.array([[[1.0, -0.95]]]), density, importance).loss[0]


def _descended(
    starts: Float[np.ndarray, "kinds hidden features"],
    density: Float[np.ndarray, " points"],
    importance: Float[np.ndarray, "points features"],
) -> Found:
    """Where descents of the exact loss end, from each start at every point."""
    w = np.repeat(starts[:, None], len(density), axis=1)
    b = 0.3 * density[:, None] * (1 - 0.9 * np.linalg.norm(w, axis=-2))
    # A nudge, the same everywhere, so that no start lies on a saddle by symmetry.
    w = w + 0.02 * np.cos(1 + np.arange(starts[0].size)).reshape(starts[0].shape)
    found = minimise(
        w.reshape(-1, *w.shape[2:]),
        b.reshape(-1, b.shape[-1]),
        np.tile(density, len(starts))[:, None],
        np.tile(importance, (len(starts), 1)),
    )
    return Found(
        found.w.reshape(w.shape), found.b.reshape(b.shape), found.loss.reshape(w.shape[:2])
    )
