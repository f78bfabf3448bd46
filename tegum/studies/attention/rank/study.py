"""head-rank: a head is asked for every feature at once. Which features get slices of their own, at full and short rank?

Feature i of the left token is paired with the next one, i + 1, of the right token, with weight t_i. W holds m
orthonormal features, or was trained on dense data. A head of rank r keeps the r largest singular values τ_k of its
whitened task (`tegum.theory.optimal_heads`). For m orthonormal features that gives:

    r = m, equal t       Ω is an isometry on them: learned whole, while its singular vectors are any basis at all;
    r = m, distinct t    one slice a feature, once σ of neighbours differ by more than the noise in Ω (Wedin);
    r < m                first ONE slice for all, along Σ W_i, as long as what features share is worth more than what
                         sets them apart; then the largest t in order, or, at equal t, a subspace that chance chooses.

At equal t τ_1/τ_2 is (S + pm)² / (S² (1 + 3pm/(1+3S))) for "count" and 1 + 3pm/(1+3S) for "product": features win by
their weights alone only where pm is small. At full rank "product", and "count" with a constant input, are free of that
shared slice, and "count" without is not.
"""

from functools import partial

import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.analysis import geometry
from tegum.analysis.spectra import cosines, gated_match
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck, Head
from tegum.studies.attention.bottlenecks import trained_dictionaries
from tegum.studies.attention.rank import claims, figures
from tegum.studies.attention.rank.claims import APART, ISOLATED, SAMPLED
from tegum.studies.attention.slices import (
    Asked,
    Slices,
    heads_of_ranks,
    optimal_slices,
    slices_of,
    trained_heads,
)
from tegum.studies.attention.slices import excess as excess_of
from tegum.studies.config import Count, Density, Frozen, Share, StudyConfig, Unsigned
from tegum.studies.diverged import as_missing
from tegum.studies.gaps import IN_WORDS
from tegum.studies.study import Study
from tegum.theory.dictionaries import orthonormal
from tegum.theory.optimal_heads import whitened_values
from tegum.training.engine import Trained, fresh, stack, train
from tegum.training.objectives import HeadOnFrozen, Pairs
from tegum.training.recipe import Adam, Recipe, Sampled, Schedule

VARIANTS = {
    "product": ("product", False),
    "count": ("count", False),
    "count, [h; 1]": ("count", True),
}
WEIGHTS = {"equal": 0.0, "graded": 0.2}  # gaps, where a sweep of them would be too much


class Config(StudyConfig):
    """A head asked for all features of orthonormal and of trained dictionaries, with equal and graded weights."""

    n_hidden: Count = 20
    """m, hidden dimensions and features of the planted dictionaries at full rank; 10 or more, because of chance"""
    densities: tuple[Density, ...] = (0.2, 0.05)
    """p = 1 - S, the chance that a feature is active, of the planted dictionaries"""
    gaps: tuple[Unsigned, ...] = (0.0, 0.002, 0.01, 0.05, 0.5)
    """difference of neighbouring pairs' weights, as a share of the smallest weight; 0 is equal weights"""
    seeds: Count = 20
    """dictionaries, and heads, in each setting"""
    head_steps: Count = 1500
    """training steps of heads; dense features and a constant input ask for the most"""
    batch: Count = 256
    """fresh tokens a step on each side, where heads are trained on samples"""
    short_hidden: Count = 10
    """m where ranks are short"""
    short_densities: tuple[Density, ...] = (0.1, 0.001)
    """p where ranks are short: one where pm is large, one where it is not"""
    ranks: tuple[Count, ...] = (1, 2, 4, 7)
    """r, short ranks, in increasing order"""
    n_features: Count = 20
    """n, features of the trained dictionaries; the most important `short_hidden` of them are asked for"""
    trained_density: Density = 0.7
    """p of the trained dictionaries: dense, so that each dimension goes to one feature"""
    importance_decay: Share = 0.9
    """importance of feature k of the trained dictionaries is this to the power k"""
    steps: Count = 2000
    """training steps of the dictionaries"""
    learning_rate: Unsigned = 5e-3
    """of the dictionaries, AdamW with weight decay 0.01, constant"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if list(self.ranks) != sorted(set(self.ranks)) or self.ranks[-1] > self.short_hidden:
            raise bad_input(
                "ranks", self.ranks, f"increasing, at most short_hidden = {self.short_hidden}"
            )
        if self.n_features < self.short_hidden:
            raise bad_input(
                "n_features", self.n_features, f"at least short_hidden = {self.short_hidden}"
            )
        if 0.0 not in self.gaps or max(self.gaps) < ISOLATED:
            raise bad_input("gaps", self.gaps, f"0 (equal weights) and one of at least {ISOLATED}")


class Full(Frozen):
    """Heads of full rank on orthonormal features, at one density."""

    config: Config
    density: Density


class Short(Frozen):
    """Heads of short rank on orthonormal features, at one density."""

    config: Config
    density: Density


class OnTrained(Frozen):
    """Heads of full rank on trained dictionaries."""

    config: Config


def plan(config: Config) -> list[Full | Short | OnTrained]:
    return [
        *(Full(config=config, density=density) for density in config.densities),
        *(Short(config=config, density=density) for density in config.short_densities),
        OnTrained(config=config),
    ]


def measure(task: Full | Short | OnTrained) -> xr.Dataset:
    if isinstance(task, Full):
        return _full(task.config, task.density)
    if isinstance(task, Short):
        return _short(task.config, task.density)
    return _on_trained(task.config)


def _everyone(count: int, gap: float, variant: str) -> Asked:
    """Each of `count` features with the next; the weights fall evenly, the largest is 1."""
    weights = 1 + gap * np.arange(count)[::-1]
    pairs = tuple((i, (i + 1) % count) for i in range(count))
    return Asked(pairs, tuple(float(t) for t in weights / weights[0]), *VARIANTS[variant])


def _sides(
    slices: Slices, w: np.ndarray, asked: Asked
) -> Float[np.ndarray, "side models rank pairs"]:
    """|cos| of every slice with every pair's feature, left and right."""
    both = zip((slices.u, slices.v), np.transpose(asked.pairs), strict=True)
    return np.stack([np.abs(cosines(part, w))[..., features] for part, features in both])


def _recovery(slices: Slices, w: np.ndarray, asked: Asked) -> Float[np.ndarray, " models"]:
    """|cos| of a feature's best slice, the worse side, on average over the features asked for."""
    return _sides(slices, w, asked).min(0).max(-2).mean(-1)


# --- full rank ------------------------------------------------------------------------------------------------------


def _full(c: Config, density: float) -> xr.Dataset:
    seeds, m = c.model_seeds(c.seeds), c.n_hidden
    w = np.stack([orthonormal(m, m, int(seed)) for seed in seeds])
    variants = [*VARIANTS, SAMPLED]
    shape = (1, len(variants), len(c.gaps), c.seeds)
    names = (
        "recovery",
        "recovery_theory",
        "error",
        "least_gap",
        "gated",
        "gated_alone",
        "gated_none",
    )
    found = {name: np.full(shape, np.nan) for name in names}
    for v, variant in enumerate(variants):
        if variant == SAMPLED and density != max(c.densities):
            continue  # noise is studied at one density
        for k, gap in enumerate(c.gaps):
            asked = _everyone(m, gap, variant.removesuffix(", sampled"))
            if variant == SAMPLED:
                heads = _sampled_heads(c, w, density, asked)
            else:
                heads = trained_heads(w, density, asked, m, seeds=seeds, steps=c.head_steps)
            slices, best = slices_of(heads.model, m), optimal_slices(w, density, asked, m)[0]
            error = np.linalg.norm(slices.omega - best.omega, 2, axis=(-2, -1))
            values = (
                _recovery(slices, w, asked),
                _recovery(best, w, asked),
                error / best.s[:, 0],
                np.min(best.s[:, :-1] - best.s[:, 1:], axis=-1) / best.s[:, 0],
                *_gated(slices, best, w, asked, error),
            )
            for name, value in zip(names, values, strict=True):
                # A head that diverged has no values.
                found[name][0, v, k] = (
                    value if name == "recovery_theory" else np.where(heads.finite, value, np.nan)
                )
    return xr.Dataset(
        {name: (("density", "variant", "gap", "seed"), value) for name, value in found.items()},
        coords={"density": [density], "variant": variants, "gap": list(c.gaps), "seed": seeds},
    )


def _gated(
    slices: Slices, best: Slices, w: np.ndarray, asked: Asked, error: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of clusters of slices that stand apart by more than 4 ‖Ω - Ω*‖, one number a model.

    Returns the least score of a pair with a cluster, worse side; the share of pairs whose cluster is one slice; and the
    share whose σ in Ω* drowns in the noise, so that no cluster can be asked for it.
    """
    match = gated_match(slices.u, slices.s, slices.v, w, asked.pairs, APART * error[:, None])
    scored = (match.size > 0) & (
        best.s > (APART + 1) * error[:, None]
    )  # pairs come by falling weight, as σ does
    least = np.min(np.where(scored, np.minimum(match.left, match.right), np.inf), axis=-1)
    return np.where(scored.any(-1), least, np.nan), (match.size == 1).mean(-1), (~scored).mean(-1)


def _sampled_heads(c: Config, w: np.ndarray, density: float, asked: Asked) -> Trained:
    """Heads trained on fresh batches, so that Ω stays noisy."""
    count, m, n = w.shape
    seeds = c.model_seeds(c.seeds)
    heads = fresh(partial(Head.init, m, m, constant_input=asked.bias), seeds)
    still = Bottleneck(w.astype(np.float32), np.zeros((count, n), np.float32))
    objectives = HeadOnFrozen(
        stack([SparseFeatures(n, density)] * count),
        stack([Pairs(asked.pairs, np.array(asked.weights), asked.target)] * count),
        still,
    )
    recipe = Recipe(
        steps=c.head_steps,
        objective=Sampled(c.batch),
        optimizer=Adam(),
        schedule=Schedule("cosine", end=0.1),
    )
    return train(heads, objectives, recipe, seeds=seeds, learning_rate=3e-2)


# --- short rank -----------------------------------------------------------------------------------------------------


def _short(c: Config, density: float) -> xr.Dataset:
    seeds, m = c.model_seeds(c.seeds), c.short_hidden
    w = np.stack([orthonormal(m, m, int(seed)) for seed in seeds])
    variants = ("product", "count")
    shape = (len(variants), len(WEIGHTS), len(c.ranks), c.seeds)
    energy, predicted = np.full((*shape, m), np.nan), np.full((*shape[:3], m), np.nan)
    shared, excess = np.full(shape, np.nan), np.full(shape, np.nan)
    overlap = np.full((len(variants), len(c.ranks)), np.nan)
    tau_ratio = np.full((2, len(variants)), np.nan)
    for v, variant in enumerate(variants):
        for k, gap in enumerate(WEIGHTS.values()):
            asked = _everyone(m, gap, variant)
            every, ranks = np.tile(w, (len(c.ranks), 1, 1)), np.repeat(c.ranks, c.seeds)
            questions = [asked] * len(every)
            each = np.tile(seeds, len(c.ranks))
            heads = heads_of_ranks(
                every, density, questions, ranks, seeds=each, steps=c.head_steps
            ).model
            slices, omega = slices_of(heads, m), np.asarray(heads.omega, np.float64)
            own = _sides(slices, every, asked)
            for r, rank in enumerate(c.ranks):
                at = slice(r * c.seeds, (r + 1) * c.seeds)
                energy[v, k, r] = np.sum(own[:, at, :rank] ** 2, axis=-2).mean(0)
                best = optimal_slices(w[:1], density, asked, rank)[0]
                predicted[v, k, r] = np.sum(_sides(best, w[:1], asked) ** 2, axis=-2).mean(0)[0]
                spans = slices.u[at][..., :rank]
                together = geometry.directions(w.sum(-1, keepdims=True))
                shared[v, k, r] = np.linalg.norm(cosines(spans, together), axis=(-2, -1))
                excess[v, k, r] = excess_of(omega[at], w, density, asked, rank)
                if gap == 0:
                    overlap[v, r] = _overlap(np.swapaxes(w, -1, -2) @ spans)
        equal = _everyone(m, 0.0, variant)
        tau = whitened_values(w[0], density, equal.matrix(m), equal.target)
        tau_ratio[:, v] = tau[0] / tau[1], _tau_ratio(m, density, variant)
    dims = ("short_variant", "weights", "rank", "seed")
    dataset = xr.Dataset(
        {
            "energy": (
                (*dims, "pair"),
                energy,
                {"long_name": "share of the pair's features in the slices' span"},
            ),
            "energy_theory": (("short_variant", "weights", "rank", "pair"), predicted),
            "shared": (dims, shared, {"long_name": "cos of Σ W_i with the slices' span"}),
            "excess": (dims, excess, {"long_name": "(L2 - floor) / E s²"}),
            "overlap": (
                ("short_variant", "rank"),
                overlap,
                {"long_name": "of two seeds' spans besides Σ W_i, equal weights"},
            ),
            "tau_ratio": (
                ("way", "short_variant"),
                tau_ratio,
                {"long_name": "τ_1/τ_2 at equal weights"},
            ),
        },
        coords={
            "short_variant": list(variants),
            "weights": list(WEIGHTS),
            "rank": list(c.ranks),
            "seed": seeds,
            "pair": np.arange(m),
            "way": ["numeric", "formula"],
        },
    )
    return dataset.expand_dims(short_density=[density])


def _overlap(left: Float[np.ndarray, "seeds features slices"]) -> float:
    """How far two seeds' spans agree besides one direction in all of them: mean of (‖U_aᵀU_b‖² - 1) / (slices - 1)."""
    count, _, slices = left.shape
    if slices == 1 or count == 1:
        return np.nan
    both = np.einsum("afk,bfl->abkl", left, left) ** 2
    return float((both.sum((-2, -1))[np.triu_indices(count, 1)].mean() - 1) / (slices - 1))


def _tau_ratio(m: int, p: float, variant: str) -> float:
    s = 1 - p
    common = 1 + 3 * p * m / (1 + 3 * s)
    return common if variant == "product" else (s + p * m) ** 2 / (s**2 * common)


# --- trained dictionaries -------------------------------------------------------------------------------------------


def _on_trained(c: Config) -> xr.Dataset:
    seeds, m = c.model_seeds(c.seeds), c.short_hidden
    trained = trained_dictionaries(
        c.n_features,
        m,
        c.trained_density,
        c.importance_decay,
        seeds=seeds,
        steps=c.steps,
        batch=2 * c.batch,
        learning_rate=c.learning_rate,
    )
    w = trained.w
    found = np.full((2, len(VARIANTS), len(WEIGHTS), c.seeds, m), np.nan)
    for v, variant in enumerate(VARIANTS):
        for k, gap in enumerate(WEIGHTS.values()):
            asked = _everyone(m, gap, variant)
            heads = trained_heads(
                w, c.trained_density, asked, m, seeds=seeds, steps=c.head_steps
            ).model
            for way, slices in enumerate(
                (slices_of(heads, m), optimal_slices(w, c.trained_density, asked, m)[0])
            ):
                found[way, v, k] = _sides(slices, w, asked).min(0).max(-2)
    dataset = xr.Dataset(
        {
            "on_trained": (("trained_way", "trained_variant", "weights", "seed", "pair"), found),
            "leverage": (("seed", "pair"), geometry.leverage(w)[:, :m]),
            "gap_to_best": ("seed", trained.gap_to_best, IN_WORDS),
        },
        coords={
            "trained_way": ["trained", "closed form"],
            "trained_variant": list(VARIANTS),
            "weights": list(WEIGHTS),
            "seed": seeds,
            "pair": np.arange(m),
        },
    )
    return as_missing(dataset, trained.finite)


STUDY = Study(
    name="head-rank",
    group="attention-head",
    question="A head is asked for every feature: are all recovered at full rank, and which get slices at short rank?",
    sources=("franco2026",),
    version=2,
    presets={
        "quick": Config(
            n_hidden=10,
            densities=(0.2,),
            gaps=(0.0, 0.002, 0.2),
            seeds=8,
            ranks=(1, 2, 4),
            head_steps=1000,
            steps=1500,
        ),
        "default": Config(),
        "paper": Config(
            n_hidden=50,
            densities=(0.05,),
            gaps=(0.0, 0.002, 0.01, 0.05, 0.2),
            seeds=100,
            head_steps=2000,
            short_hidden=50,
            ranks=(1, 5, 15, 35),
            n_features=100,
            importance_decay=0.98,
        ),
    },
    minutes={"quick": 0.25, "default": 0.5, "paper": 16},
    plan=plan,
    measure=measure,
    claims=claims.CLAIMS,
    figures=figures.figures,
)
