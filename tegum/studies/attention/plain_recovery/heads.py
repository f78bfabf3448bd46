"""Plain heads, each for one pair of features, trained with W or on a W that stays.

A plain head answers l = hᵀΩg, Ω = AᵀB, without a constant input, to the literal target "any": s = 1
iff feature i is active in the left token and feature j in the right one. Pairs are (i, i + apart),
counted round: each feature is asked for once on the left and once on the right.

What a head is asked for is always features 0 and 1 here: a model's features are renumbered so that
the two attended come first, with their importance, and W is put back in order where it is stored.
So one program trains all pairs.

λ: left and right tokens both count in L1, as (L1(x) + L1(y)) / 2 in `training.objectives`. Where
they are summed, L1(x) + L1(y) + λ L2 is twice (L1(x) + L1(y)) / 2 + (λ/2) L2: the same optima at
λ_mean = λ_sum / 2. `lam_of` says which is meant.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck, Head
from tegum.studies import core, populations
from tegum.studies.attention.slices import Asked, trained_heads
from tegum.training.engine import fresh, stack
from tegum.training.objectives import Pairs
from tegum.training.recipe import Recipe, Sampled, Schedule, log_spaced
from tegum.training.with_head import train_with_head

ASKED = Asked(((0, 1),), target="any")
LOOKS = 6
"""at which W and Ω are kept for drawing, spaced in the logarithm of the step"""


class Config(core.BottleneckConfig):
    """Bottlenecks with a plain head for one pair of features, every feature once on each side."""

    importance_decay: core.Share = 0.9
    rank: core.Count = 10
    """r, rank of the head, at most n_hidden"""
    densities: tuple[core.Density, ...] = (1.0, 0.95, 0.9, 0.7, 0.5, 0.3, 0.1, 0.03)
    """p = 1 - S, the chance that a feature is active; at 1 there is nothing to learn"""
    modes: tuple[core.Mode, ...] = ("joint", "two-stage")
    """train W, b, A, B together, or first W, b and then A, B"""
    apart: core.Count = 7
    """pairs are (i, i + apart), counted round"""
    stride: core.Count = 1
    """i = 0, stride, 2 stride, ...: every so manyth pair is asked for"""
    lam: core.Unsigned = 1.0
    """weight of the head's loss beside L1, which is summed over features; joint only"""
    lam_of: Literal["mean", "sum"] = "mean"
    """whether `lam` stands beside L1 averaged over both tokens, or summed (then half as heavy)"""
    seeds: core.Count = 5
    """models of each pair, and bottlenecks that all pairs' two-stage heads share"""
    steps: core.Count = 3000
    """training steps; dense heads lose their random start slowly, at half as many not yet"""
    batch: core.Count = 64
    """fresh tokens a step on each side; the head's loss sees all their pairings"""
    learning_rate: core.Unsigned = 2e-2
    """of AdamW with weight decay 0.01, falling to 0 as a cosine"""
    head_steps: core.Count = 1000
    """steps of two-stage heads, on the exact L2"""
    tokens: core.Count = 500
    """pairs of tokens with the attended pair, and as many without, that the head tells apart"""
    drawn: tuple[core.Index, ...] = (1, 6)
    """which pairs' slices are drawn, counted from 0"""
    sampled_density: core.Density = 0.5
    """where two ways to pair the tokens of a batch are compared"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.rank > self.n_hidden:
            raise bad_input("rank", self.rank, f"at most n_hidden = {self.n_hidden}")
        if self.apart % self.n_features == 0:
            raise bad_input("apart", self.apart, f"no multiple of n_features = {self.n_features}")
        if max(self.drawn) >= len(self.pairs):
            raise bad_input("drawn", self.drawn, f"places in a list of {len(self.pairs)} pairs")

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """(i, j), for left features i in rising order."""
        n = self.n_features
        return [(i, (i + self.apart) % n) for i in range(0, n, self.stride)]

    @property
    def lam_mean(self) -> float:
        """λ beside L1 averaged over both tokens."""
        return self.lam if self.lam_of == "mean" else self.lam / 2

    @property
    def samplings(self) -> tuple[str, ...]:
        """How L2 pairs the tokens of a batch."""
        return ("all pairings", "one each")


def order_of(pair: tuple[int, int], n_features: int) -> Int[np.ndarray, " features"]:
    """All features, the attended two first."""
    return np.array([*pair, *(k for k in range(n_features) if k not in pair)])


@dataclass(frozen=True)
class Attending:
    """Models of some pairs at looks, features renumbered, a sound one in place of each diverged.

    Attributes:
        w: in float64.
        a, b: of the head.
        steps: the looks.
        finite: which models did not diverge.
    """

    w: Float[np.ndarray, "models looks hidden features"]
    a: Float[np.ndarray, "models looks rank hidden"]
    b: Float[np.ndarray, "models looks rank hidden"]
    steps: tuple[int, ...]
    finite: Bool[np.ndarray, " models"]


def together(
    c: Config, density: float, pairs: list[tuple[int, int]], *, target: str = "count"
) -> Attending:
    """W and head jointly, for every seed and pair: models in that order.

    Args:
        c, density: as in the parts.
        pairs: of features.
        target: "count" meets every left token with every right one, "any" each with one. For a
            single pair both ask the same.
    """
    orders = np.stack([order_of(pair, c.n_features) for pair in pairs])
    laws = [SparseFeatures(c.n_features, density, c.importance[order]) for order in orders]

    def of_all_pairs(name: str) -> np.ndarray:
        return np.repeat(c.seeds_of(name, c.seeds), len(pairs))

    trained = train_with_head(
        fresh(partial(Bottleneck.init, c.n_features, c.n_hidden), of_all_pairs("W")),
        fresh(partial(Head.init, c.n_hidden, c.rank), of_all_pairs("heads")),
        stack(laws * c.seeds),
        stack([Pairs(ASKED.pairs, target=target)] * (c.seeds * len(pairs))),
        recipe(c),
        mode="joint",
        seeds=of_all_pairs("batches"),
        lam=c.lam_mean,
        learning_rate=c.learning_rate,
    )
    models = populations.with_stand_ins(trained.history, trained.finite)
    leaves = models.bottleneck.w, models.head.a, models.head.b
    w, a, b = (np.asarray(leaf, np.float64) for leaf in leaves)
    return Attending(w, a, b, trained.steps, trained.finite)


def recipe(c: Config) -> Recipe:
    looks = log_spaced(c.steps, LOOKS, first=min(10, c.steps))[:LOOKS]
    return Recipe(c.steps, Sampled(c.batch), schedule=Schedule("cosine"), snapshots=looks)


def in_two_stages(c: Config, density: float, pairs: list[tuple[int, int]]) -> Attending:
    """A bottleneck for every seed, then on it a head for every pair."""
    stage = Recipe(c.steps, Sampled(c.batch), schedule=Schedule("cosine"))
    of = c, c.n_hidden, density, c.importance
    alone = populations.bottlenecks(*of, recipe=stage)
    orders = np.stack([order_of(pair, c.n_features) for pair in pairs])
    w = np.concatenate([np.moveaxis(one[:, orders], 1, 0) for one in alone.w])
    seeds = np.repeat(c.seeds_of("heads", c.seeds), len(pairs))
    looks = log_spaced(c.head_steps, LOOKS, first=min(10, c.head_steps))[:LOOKS]
    options: dict[str, Any] = {"seeds": seeds, "steps": c.head_steps, "looks": looks}
    trained = trained_heads(w, density, ASKED, c.rank, **options)
    finite = np.repeat(alone.finite, len(pairs)) & trained.finite
    heads = populations.with_stand_ins(trained.history, finite)
    still = np.repeat(w[:, None], len(trained.steps), axis=1)
    still = populations.with_stand_ins(still, finite)
    a, b = (np.asarray(leaf, np.float64) for leaf in (heads.a, heads.b))
    return Attending(still, a, b, trained.steps, finite)


def in_order(
    c: Config, w: Float[np.ndarray, "models hidden features"]
) -> Float[np.ndarray, "seeds pairs hidden features"]:
    """Features of all pairs' models as they were before they were renumbered."""
    places = np.stack([np.argsort(order_of(pair, c.n_features)) for pair in c.pairs])
    each = w.reshape(c.seeds, len(places), *w.shape[1:])
    return np.take_along_axis(each, places[None, :, None, :], axis=-1)
