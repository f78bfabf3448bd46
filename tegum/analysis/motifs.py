"""The asymmetric motif: one neuron computes two features at once, and another takes back what that spoils.

A neuron that reads feature a with 2 and feature b with -1/2, and answers a with 1/2 and b with 2, gives both their
due (2 · 1/2 and 1/2 · 2). What b excites in a's output is small, 1/2 · 1/2; what a excites in b's is large, 2 · 2, and
would be wrong. A second neuron, which a excites too, inhibits b's output and takes it back. Signs of weights in are
free: |x_b| is |-x_b|.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_float64, check_weights

ASYMMETRY = 2.0
"""least ratio of the two weights in, and of the two weights out; 4 in the published example"""
DUE = (0.25, 1.5)
"""what the neuron must give to each of its features, where all neurons together give 1"""
TAKEN_BACK = 0.5
"""least share of what a excites in b's output that the inhibiting neuron takes back"""


class Motif(NamedTuple):
    """One asymmetric motif.

    Attributes:
        neuron: it reads `strong` strongly and answers `weak` strongly.
        strong, weak: features a and b.
        inhibitor: the neuron that takes back most of what a excites in b's output.
        excited: what a unit of a excites in b's output through the neuron alone.
        taken_back: share of it that the inhibitor takes back.
    """

    neuron: int
    strong: int
    weak: int
    inhibitor: int
    excited: float
    taken_back: float


def asymmetric_motifs(
    w: Float[Array, "hidden features"], w_out: Float[Array, "hidden features"]
) -> list[Motif]:
    """All asymmetric motifs of one model, those with the greatest excitation first.

    Args:
        w, w_out: weights in and out. Scaling a neuron up in one and down in the other changes nothing.
    """
    check_weights(w)
    w, v = as_float64(w), as_float64(w_out)
    size = np.abs(w)
    due = size * v  # what each neuron gives to each feature of its own
    fits = (due > DUE[0]) & (due < DUE[1])
    found = []
    for k, features in enumerate(map(np.flatnonzero, fits)):
        for a in features:
            for b in features:
                asymmetric = size[k, a] >= ASYMMETRY * size[k, b] and v[k, b] >= ASYMMETRY * v[k, a]
                if asymmetric:
                    found += _inhibited(k, int(a), int(b), w, v)
    return sorted(found, key=lambda motif: -motif.excited)


def _inhibited(
    k: int, a: int, b: int, w: Float[np.ndarray, "hidden features"], v: np.ndarray
) -> list[Motif]:
    """The motif, if some neuron that a excites with the same sign takes enough of it back."""
    excited = abs(w[k, a]) * v[k, b]
    of_each = np.maximum(w[:, a] * np.sign(w[k, a]), 0) * v[:, b]
    best = int(np.argmin(of_each))
    taken = -of_each[best] / excited
    return [Motif(k, a, b, best, float(excited), float(taken))] if taken >= TAKEN_BACK else []


def shuffled_signs(
    w_out: Float[Array, "*models hidden features"], seed: int | np.random.Generator
) -> Float[np.ndarray, "*models hidden features"]:
    """Weights out with their signs permuted within each neuron: sizes stay, what inhibits what does not."""
    rng, v = np.random.default_rng(seed), as_float64(w_out)
    return np.abs(v) * rng.permuted(np.where(v < 0, -1.0, 1.0), axis=-1)


def shuffled_columns(
    w_out: Float[Array, "*models hidden features"], seed: int | np.random.Generator
) -> Float[np.ndarray, "*models hidden features"]:
    """Weights out with features permuted within each neuron: what a neuron reads and answers no longer go together."""
    return np.random.default_rng(seed).permuted(as_float64(w_out), axis=-1)
