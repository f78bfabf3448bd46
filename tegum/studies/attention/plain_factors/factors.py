"""Factors of a trained W: how bottlenecks are trained, which factors they have, how far spans lie.

W is trained alone at equal importance, or trains on with the head; its factors are found in it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from tegum.analysis import geometry
from tegum.analysis.blocks import block_dimensions, tegum_blocks
from tegum.analysis.nulls import chance_quantile
from tegum.analysis.spans import principal_angles
from tegum.errors import bad_input
from tegum.studies import core
from tegum.training.recipe import Recipe, Sampled, Schedule

SINGLE, DIGON, TRIANGLE, TETRAHEDRON, PENTAGON, ANTIPRISM, OTHER = KINDS = (
    "single", "digon", "triangle", "tetrahedron", "pentagon", "antiprism", "other"
)  # fmt: skip
OF_SIZE = {(1, 1): SINGLE, (2, 1): DIGON, (3, 2): TRIANGLE, (4, 3): TETRAHEDRON, (5, 2): PENTAGON}
OF_SIZE |= {(8, 3): ANTIPRISM}
"""features and dimensions of a factor: its kind; all else is "other" """
SHARED = KINDS[1:]
FACING, BESIDE = PARTNERS = ("facing", "beside")
"""which other member is attended: that of the largest or of the least |cos| with the first"""
WAYS = ("trained", "closed form")
DRAWS = 2000
"""random spans for the null of principal angles"""


class Config(core.TrainingConfig):
    """Bottlenecks of several sizes at equal importance, and heads on their factors."""

    n_hidden: core.Count = 6
    """m, hidden dimensions"""
    sizes: tuple[core.Count, ...] = (9, 12, 18, 24)
    """n, features; 1.5 m, 2 m, 3 m, 4 m"""
    densities: tuple[core.Density, ...] = (0.25, 0.1, 0.03)
    """p = 1 - S; at m = 6 factors of many kinds form where n = 3 m and p = 1/4"""
    joint_size: core.Count = 18
    """n where W trains on with the head"""
    joint_density: core.Density = 0.25
    """p there"""
    lams: tuple[core.Unsigned, ...] = (0.3, 1.0, 10.0)
    """λ there, weights of the head's loss beside L1, which is summed over features"""
    seeds: core.Count = 20
    steps: core.Count = 2000
    """training steps of W, and as many more with the head"""
    batch: core.Count = 512
    learning_rate: core.Unsigned = 5e-3
    """of AdamW with weight decay 0.01, falling to 0 as a cosine"""
    head_steps: core.Count = 1000
    """training steps of heads on a W that stays, on their exact loss"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        for name, least in (("sizes", min(self.sizes)), ("joint_size", self.joint_size)):
            if least <= self.n_hidden:
                raise bad_input(name, least, f"more features than n_hidden = {self.n_hidden}")

    @property
    def stage(self) -> Recipe:
        return Recipe(self.steps, Sampled(self.batch), schedule=Schedule("cosine"))


# --- factors -------------------------------------------------------------------------------------


class Factor(NamedTuple):
    """One factor of a trained W: its features, and an orthonormal basis of its span."""

    kind: str
    features: Int[np.ndarray, " members"]
    basis: Float[np.ndarray, "hidden dimensions"]


def factors_of(w: Float[np.ndarray, "hidden features"]) -> list[Factor]:
    """The factors of one model, by their first feature."""
    labels = tegum_blocks(w)
    found = []
    for k, d in enumerate(block_dimensions(w, labels)):
        members = np.flatnonzero(labels == k)
        # Of a digon that is not quite straight the second direction is noise.
        basis = np.linalg.svd(w[:, members])[0][:, :d]
        found.append(Factor(OF_SIZE.get((members.size, int(d)), OTHER), members, basis))
    return found


def firsts(factors: Sequence[Factor]) -> dict[str, Factor]:
    """The first factor of each kind."""
    return {each.kind: each for each in reversed(factors)}


def two_of(factors: Sequence[Factor]) -> tuple[Factor, ...]:
    """Two factors, of different kinds where there are some; nothing where W is one factor."""
    kinds = list(firsts(factors).values())
    kinds.sort(key=lambda each: int(each.features[0]))
    rest = [each for each in factors if all(each is not other for other in kinds)]
    two = (*kinds, *rest)[:2]
    return tuple(two) if len(two) == 2 else ()


def partner_of(w: Float[np.ndarray, "hidden features"], factor: Factor, which: str) -> int:
    """The member that faces the factor's first one, or stands beside it."""
    close = np.abs(geometry.gram(geometry.directions(w[:, factor.features])))[0, 1:]
    chosen = close.argmax() if which == FACING else close.argmin()
    return int(factor.features[1 + chosen])


def largest_angle(
    u: Float[np.ndarray, "hidden rank"], basis: Float[np.ndarray, "hidden dimensions"], slices: int
) -> float:
    """The largest principal angle of the span of the first slices with another span, radians."""
    return float(principal_angles(u[:, :slices], basis)[-1])


@lru_cache
def angle_null(m: int, d: int, slices: int, seed: int) -> float:
    """What the largest principal angle of so many random slices with d of m dimensions stays above
    in 95 %; NaN where that is the whole space, in which all slices lie.
    """
    if d >= m:
        return np.nan
    if slices == d == 1:
        return float(np.arccos(chance_quantile(0.95, m)))
    random = np.random.default_rng(seed).normal(size=(DRAWS, m, slices))
    angles = principal_angles(random, np.broadcast_to(np.eye(m)[:, :d], (DRAWS, m, d)))
    return float(np.quantile(angles[:, -1], 0.05))


def cosine_of(w: Float[np.ndarray, "hidden features"], pair: Sequence[int]) -> float:
    """c, between two features."""
    return float(geometry.gram(geometry.directions(w[:, list(pair)]))[0, 1])


def between(w: Float[np.ndarray, "hidden features"]) -> float:
    """The largest |cos| between represented features of different factors; NaN for one factor."""
    labels = tegum_blocks(w)
    apart = (labels[:, None] != labels) & (labels[:, None] >= 0) & (labels >= 0)
    close = np.abs(geometry.gram(geometry.directions(w)))
    return float(close[apart].max()) if apart.any() else np.nan


def gram_in_order(
    w: Float[np.ndarray, "hidden features"], factors: Sequence[Factor]
) -> Float[np.ndarray, "features features"]:
    """WᵀW, features factor by factor, the largest first, then those not represented."""
    ordered = [i for f in sorted(factors, key=lambda f: -f.features.size) for i in f.features]
    ordered += sorted(set(range(w.shape[1])) - set(ordered))
    return geometry.gram(w[:, ordered])


COORDS = {"kind": KINDS, "shared": SHARED, "partner": PARTNERS, "way": WAYS, "slice": [1, 2]}
COORDS |= {"member": [1, 2], "place": [1, 2]}
