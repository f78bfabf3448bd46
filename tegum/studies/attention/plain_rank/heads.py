"""Plain heads asked for the pairs (i, i) of the m first features, jointly with W or after it.

A plain head answers l = hᵀΩg, Ω = AᵀB, without a constant input. What it is asked is the literal
target "any" (s = 1 iff some pair is present), or "count", how many are. Weights only mark pairs for
"any", so there what can be graded is importance alone; for "count" the pairs' weights are, too:

    any                I falls from feature to feature,
    any, I equal       every feature is as important as another, attended or not,
    count              I falls, pairs weigh alike,
    count, t falls     I falls, and so do the pairs' weights.

Joint heads for "count" are trained on s / √(E s²), and Ω is taken back to s afterwards: its slices
do not change, and λ means the same for both targets, as E s² of "any" is all but 1. Left and right
tokens both count in L1, which is their mean. Two-stage heads are trained on the exact L2, those of
all ranks on the same W, each beside the closed form of its rank.
"""

from collections.abc import Sequence
from functools import partial

import jax
import numpy as np
from jaxtyping import Float

from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck, Head
from tegum.studies import core, populations
from tegum.studies.attention.plain_rank.scores import (
    Population,
    measured,
    share_of_first,
    target_gap,
)
from tegum.studies.attention.slices import Asked, heads_of_ranks
from tegum.theory.dictionaries import orthonormal
from tegum.theory.head_moments import target_power
from tegum.training.engine import fresh, stack
from tegum.training.objectives import Pairs
from tegum.training.recipe import Recipe, Sampled, Schedule
from tegum.training.with_head import train_with_head

ANY, ANY_EQUAL, COUNT, COUNT_FALLS = CASES = ("any", "any, I equal", "count", "count, t falls")


class Config(core.BottleneckConfig):
    """Bottlenecks with a plain head for the pairs (i, i) of the m most important features."""

    importance_decay: core.Share = 0.9
    densities: tuple[core.Density, ...] = (0.9, 0.7, 0.5)
    """p = 1 - S, the chance that a feature is active"""
    ranks: tuple[core.Count, ...] = tuple(range(1, 11))
    """r, ranks of two-stage heads, in increasing order, from 1 to n_hidden"""
    joint_ranks: tuple[core.Count, ...] = (1, 2, 5, 10)
    """r, ranks of joint heads, some of `ranks`, the least and the largest among them"""
    weight_gap: core.Unsigned = 0.2
    """difference of neighbouring pairs' weights where they fall, as a share of the smallest"""
    lam: core.Unsigned = 1.0
    """weight of the head's loss (for "count" over E s²) beside L1, which is summed over features"""
    seeds: core.Count = 10
    steps: core.Count = 1500
    """training steps of W, alone or with the head"""
    batch: core.Count = 256
    """fresh tokens a step on each side"""
    learning_rate: core.Unsigned = 1e-2
    """of AdamW with weight decay 0.01, falling to 0 as a cosine"""
    head_steps: core.Count = 1000
    """steps of two-stage heads, on the exact L2"""
    gap_densities: tuple[core.Density, ...] = (0.9, 0.7, 0.5, 0.3, 0.1, 0.03, 0.01, 0.003)
    """p at which "any" is compared with "count" on orthonormal features"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        m = self.n_hidden
        for name in ("ranks", "joint_ranks"):
            each = getattr(self, name)
            if list(each) != sorted(each) or (each[0], each[-1]) != (1, m):
                raise bad_input(name, each, f"increasing, from 1 to n_hidden = {m}")
        if other := sorted(set(self.joint_ranks) - set(self.ranks)):
            raise bad_input("joint_ranks", other, f"some of ranks = {self.ranks}")
        if self.n_features < m:
            raise bad_input("n_features", self.n_features, f"at least n_hidden = {m}")

    def importance_of(self, case: str) -> Float[np.ndarray, " features"]:
        return np.ones(self.n_features) if case == ANY_EQUAL else self.importance

    def asked(self, case: str) -> Asked:
        """The pairs (i, i) of the m first features."""
        falls = 1 + self.weight_gap * np.arange(self.n_hidden)[::-1]
        weights = falls / falls[0] if case == COUNT_FALLS else np.ones(self.n_hidden)
        pairs = tuple((i, i) for i in range(self.n_hidden))
        return Asked(pairs, tuple(map(float, weights)), case.partition(",")[0])


# --- parts ----------------------------------------------------------------------------------------


def two_stages(c: Config, density: float) -> core.Variables:
    """W alone, one for each kind of importance, then heads of every rank on the exact L2."""
    stage = Recipe(c.steps, Sampled(c.batch), schedule=Schedule("cosine"))
    ranks, seeds = c.ranks, c.seeds_of("heads", c.seeds)
    alone: dict[bool, populations.Bottlenecks] = {}
    found = []
    for case in CASES:
        equal, asked = case == ANY_EQUAL, c.asked(case)
        if equal not in alone:
            of = c, c.n_hidden, density, c.importance_of(case)
            alone[equal] = populations.bottlenecks(*of, recipe=stage)
        models = alone[equal]
        every = np.tile(models.w, (len(ranks), 1, 1))
        questions, each = [asked] * len(every), np.repeat(ranks, c.seeds)
        starts = np.tile(seeds, len(ranks))
        of_all = every, density, questions, each
        heads = heads_of_ranks(*of_all, seeds=starts, steps=c.head_steps)
        finite = heads.finite & np.tile(models.finite, len(ranks))
        head = populations.with_stand_ins(heads.model, finite)
        population = Population(every, np.tile(models.b, (len(ranks), 1)), head, finite)
        found.append(measured(population, ranks, asked, density, c.importance_of(case)))
    law = [share_of_first(orthonormal_w(c), density, c.asked(case)) for case in CASES]
    return {
        **_by_case(found, ranks, "two-stage"),
        "share_law": law,
        "any_gap_trained": [any_gap(c, one, density) for one in alone[False].w],
    }


def jointly(c: Config, density: float) -> core.Variables:
    """W and the head together, of all ranks of all cases of a target in one population."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for target in ("any", "count"):
        cases = [case for case in CASES if c.asked(case).target == target]
        for case, of in zip(cases, trained_together(c, density, cases), strict=True):
            ask = c.asked(case), density, c.importance_of(case)
            found[case] = measured(of, c.joint_ranks, *ask)
    return _by_case([found[case] for case in CASES], c.joint_ranks, "joint")


def trained_together(c: Config, density: float, cases: Sequence[str]) -> list[Population]:
    """The models of each case.

    A head of rank r is one of full rank whose other rows begin as zeros, and stay so.
    """
    ranks = np.repeat(c.joint_ranks, c.seeds)
    count = len(ranks) * len(cases)

    def of_all(stage: str) -> np.ndarray:
        return np.tile(c.seeds_of(stage, c.seeds), count // c.seeds)

    heads = fresh(partial(Head.init, c.n_hidden, c.n_hidden), of_all("joint heads"))
    kept = (np.arange(c.n_hidden) < np.tile(ranks, len(cases))[:, None])[..., None]
    units = [unit_of(c.asked(case), c.n_features, density) for case in cases]
    pairs: list[Pairs] = []
    laws: list[SparseFeatures] = []
    for case, unit in zip(cases, units, strict=True):
        asked = c.asked(case)
        each = Pairs(asked.pairs, np.array(asked.weights) / unit, asked.target)
        law = SparseFeatures(c.n_features, density, c.importance_of(case))
        pairs, laws = pairs + [each] * len(ranks), laws + [law] * len(ranks)
    trained = train_with_head(
        fresh(partial(Bottleneck.init, c.n_features, c.n_hidden), of_all("W")),
        jax.tree.map(lambda rows: np.where(kept, rows, np.float32(0)), heads),
        stack(laws),
        stack(pairs),
        Recipe(c.steps, Sampled(c.batch), schedule=Schedule("cosine")),
        mode="joint",
        seeds=of_all("batches"),
        lam=c.lam,
        learning_rate=c.learning_rate,
    )
    models = populations.with_stand_ins(trained.model, trained.finite)
    leaves = models.bottleneck.w, models.bottleneck.b, models.head.a, models.head.b
    whole = [np.split(np.asarray(leaf, np.float64), len(cases)) for leaf in leaves]
    finite = np.split(trained.finite, len(cases))
    return [
        Population(w, b, Head(unit * left, right), sound)
        for w, b, left, right, sound, unit in zip(*whole, finite, units, strict=True)
    ]


def unit_of(asked: Asked, n_features: int, density: float) -> float:
    """In which s is counted in joint training: √(E s²), or 1 where weights cannot scale s."""
    if asked.target == "any":
        return 1.0
    return target_power(density, asked.matrix(n_features), asked.target) ** 0.5


def orthonormal_targets(c: Config, gap_density: float) -> core.Variables:
    """How far the best heads for "any" and "count" are apart on m orthonormal features."""
    return {"any_gap": any_gap(c, orthonormal_w(c), gap_density)}


def orthonormal_w(c: Config) -> Float[np.ndarray, "hidden features"]:
    """As many orthonormal features as there are dimensions; all others are dropped."""
    return orthonormal(c.n_features, c.n_hidden, 0)


def any_gap(c: Config, w: Float[np.ndarray, "hidden features"], density: float) -> float:
    """How far the best heads for "any" and "count" are apart, pairs of equal weight."""
    return target_gap(w, density, c.asked(ANY), c.asked(COUNT))


def _by_case(
    found: Sequence[dict[str, np.ndarray]], ranks: Sequence[int] | np.ndarray, mode: str
) -> core.Variables:
    laid = {name: np.stack([one[name] for one in found])[None] for name in found[0]}
    pairs = list(range(found[0]["energy"].shape[-1]))
    return laid | {
        "mode": [mode],
        "case": list(CASES),
        "rank": list(map(int, ranks)),
        "pair": pairs,
    }


OF_MODEL = "mode case rank seed"
TABLE = core.table(
    energy=(f"{OF_MODEL} pair", "share of the feature in the span of the slices, mean of sides"),
    energy_theory=(f"{OF_MODEL} pair", "the same of the best head of this rank on this W"),
    best=(f"{OF_MODEL} pair", "|cos| of the feature's best slice, worse side"),
    best_theory=(f"{OF_MODEL} pair", "the same of the best head of this rank on this W"),
    apart=(OF_MODEL, "(τ_r² - τ_r+1²) / Σ τ_k² on this W: what a span gains on the next best"),
    L1=(OF_MODEL, "exact reconstruction loss, summed over features"),
    L2=(OF_MODEL, "exact loss of the head over E s²"),
    L2_floor=(OF_MODEL, "the least that a head of this rank can reach on this W, over E s²"),
    row_sum=(OF_MODEL, "κ/n: share of the sum of all features that W's row space holds"),
    leverage=(f"{OF_MODEL} feature", "leverage P_ii"),
    norm=(f"{OF_MODEL} feature", "‖W_i‖"),
    superposition=(f"{OF_MODEL} feature", "√Σ(Ŵ_i·W_j)² over j ≠ i, cut at 1"),
    w=("mode case rank hidden feature", "weights W of the first seed"),
    finite=(OF_MODEL, "1 for a model that trained, 0 for one that diverged"),
)
LAWS = core.table(
    share_law=("case", "τ_1²/Σ τ_k² of m orthonormal features"),
    any_gap_trained=("seed", "‖Ω_any - Ω_count‖ / ‖Ω_count‖ on W trained alone, I falls"),
)

MODELS = core.Measurement(
    "plain-rank",
    version=1,
    parts=(
        core.Part(two_stages, TABLE | LAWS, density="densities"),
        core.Part(jointly, TABLE, density="densities"),
        core.Part(
            orthonormal_targets,
            core.table(any_gap=("", "‖Ω_any - Ω_count‖ / ‖Ω_count‖ on orthonormal features")),
            gap_density="gap_densities",
        ),
    ),
)
