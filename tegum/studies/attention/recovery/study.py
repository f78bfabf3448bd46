"""head-recovery: do singular vectors recover the features that a head attends to? In which dictionaries, and how far?

Heads read two kinds of W. Planted ones are written down: orthonormal features, a balanced tegum product of polytopes,
dedicated features beside a digon, random directions. Trained ones come from bottlenecks. On each the head is computed
in closed form and trained on its exact loss, for the targets "any", "count" and "product", with and without a constant
input, at full and at short rank.

Theory (`tegum.theory.optimal_heads`): the best head for one pair is Ω* ∝ d_i d_jᵀ, with d_i = C⁺ a_i. So |cos| with W_i is

    1                 where W is balanced and tight, at any density, for any target;
    1                 for orthonormal features with a constant input, or for "product";
    → 1/√m            for orthonormal features without, for "count", as S → 0: the head must be a constant;
    ≈ √(1 - m/n)      in a random dictionary: there raw singular vectors do NOT recover features.

With a constant input, Cov(h) Ω Cov(h) gives W_i W_jᵀ back in any dictionary.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.spectra import cosines, match_slices, svd_of, unwhitened
from tegum.errors import bad_input
from tegum.studies.attention.baselines import baseline_scores, detector_scores
from tegum.studies.attention.bottlenecks import trained_dictionaries
from tegum.studies.attention.recovery import claims, figures
from tegum.studies.attention.slices import Asked, Slices, optimal_slices, slices_of, trained_heads
from tegum.studies.attention.slices import excess as excess_of
from tegum.studies.config import Count, Density, Frozen, Share, StudyConfig, Unsigned
from tegum.studies.diverged import as_missing
from tegum.studies.gaps import IN_WORDS
from tegum.studies.study import Study
from tegum.theory.dictionaries import gaussian, orthonormal, tegum_product
from tegum.theory.head_moments import hidden_covariance
from tegum.theory.optimal_heads import pair_cosine

Target = Literal["any", "count", "product"]

BALANCED = (
    "pentagon",
    "triangle",
    "digon",
    "tetrahedron",
    "pentagon",
)  # 10 dimensions, 19 features
ONE_PAIR = ((0, 1),)
THREE_PAIRS = ((0, 1), (2, 3), (4, 5))
THREE_WEIGHTS = (1.0, 0.75, 0.5)  # distinct, so that no two slices may be mixed
QUESTIONS = {"one pair": (ONE_PAIR, (1.0,)), "three pairs": (THREE_PAIRS, THREE_WEIGHTS)}


class Config(StudyConfig):
    """Planted and trained dictionaries, and heads on them."""

    n_features: Count = 20
    """n, features of the trained bottlenecks"""
    n_hidden: Count = 10
    """m, hidden dimensions of the trained bottlenecks; 10 or more, so that chance does not explain the cosines"""
    short_rank: Count = 2
    """a head rank below the number of pairs, beside full rank"""
    importance_decay: Share = 0.9
    """importance of feature k of the trained bottlenecks is this to the power k"""
    densities: tuple[Density, ...] = (1.0, 0.9, 0.5, 0.3, 0.1, 0.03)
    """p = 1 - S, the chance that a feature is active"""
    targets: tuple[Target, ...] = ("any", "count", "product")
    """what heads are asked: whether some pair is present, how many are, or the sum of their products"""
    seeds: Count = 20
    """heads, and bottlenecks, for each density"""
    steps: Count = 2000
    """training steps of the bottlenecks"""
    batch: Count = 512
    """fresh samples a step, of the bottlenecks"""
    learning_rate: Unsigned = 5e-3
    """of the bottlenecks, AdamW with weight decay 0.01, constant"""
    head_steps: Count = 1500
    """training steps of the heads, on their exact loss"""
    single_heads: Count = 20
    """features, the most important ones, that a head of their own is asked for, at most n_features"""
    law_hidden: Count = 20
    """m of the random dictionaries that the law 1 - m/n is tested on"""
    law_draws: Count = 300
    """random dictionaries for each n"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.n_features < 6:
            raise bad_input("n_features", self.n_features, "at least 6, for three pairs")
        if self.short_rank > self.n_hidden:
            raise bad_input("short_rank", self.short_rank, f"at most n_hidden = {self.n_hidden}")
        if self.single_heads > self.n_features:
            raise bad_input(
                "single_heads", self.single_heads, f"at most n_features = {self.n_features}"
            )


class Planted(Frozen):
    """Heads for one pair in dictionaries that are written down, at one density."""

    config: Config
    density: Density


class Law(Frozen):
    """The closed form in many random dictionaries."""

    config: Config
    n_features: Count


class OnTrained(Frozen):
    """Heads on trained bottlenecks, at one density."""

    config: Config
    density: Density


def plan(config: Config) -> list[Planted | Law | OnTrained]:
    m = config.law_hidden
    sizes = sorted(
        {
            max(1, round(m * share))
            for share in (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 6.0)
        }
    )
    return [
        *(Planted(config=config, density=density) for density in config.densities),
        *(Law(config=config, n_features=n) for n in sizes),
        *(OnTrained(config=config, density=density) for density in config.densities),
    ]


def measure(task: Planted | Law | OnTrained) -> xr.Dataset:
    if isinstance(task, Planted):
        return _on_planted(task.config, task.density)
    if isinstance(task, Law):
        return _law(task.config, task.n_features)
    return _on_trained(task.config, task.density)


# --- planted --------------------------------------------------------------------------------------------------------

# Each puts the two attended features first.
DICTIONARIES: dict[str, Callable[[int], np.ndarray]] = {
    "orthonormal": lambda seed: orthonormal(10, 10, seed),
    "balanced tegum": lambda seed: _first(
        tegum_product(BALANCED, seed), 5, 0
    ),  # a triangle's and a pentagon's vertex
    "dedicated + digon": lambda seed: tegum_product(
        ("digon", *["single"] * 9), seed
    ),  # both members of the digon
    "random": lambda seed: gaussian(10, 20, seed),
}


def _first(w: np.ndarray, *features: int) -> np.ndarray:
    """The columns in another order: these first."""
    return np.concatenate([w[:, list(features)], np.delete(w, features, axis=1)], axis=1)


def _on_planted(c: Config, density: float) -> xr.Dataset:
    seeds = c.model_seeds(c.seeds)
    found: dict[str, list[list[np.ndarray]]] = {
        "planted_cosine": [],
        "planted_theory": [],
        "planted_unwhitened": [],
    }
    for target in ("count", "product"):
        per_bias: dict[str, list[np.ndarray]] = {name: [] for name in found}
        for bias in (False, True):
            asked = Asked(ONE_PAIR, target=target, bias=bias)
            values = [
                _planted_scores(build, density, asked, seeds, c.head_steps)
                for build in DICTIONARIES.values()
            ]
            for name, part in zip(found, zip(*values, strict=True), strict=True):
                per_bias[name].append(np.stack(part))
        for name, parts in per_bias.items():
            found[name].append(parts)
    dims = ("density", "target", "bias", "dictionary", "seed", "side")
    return xr.Dataset(
        {name: (dims, np.array(values)[None]) for name, values in found.items()},
        coords={
            "density": [density],
            "target": ["count", "product"],
            "bias": [False, True],
            "dictionary": list(DICTIONARIES),
            "seed": seeds,
            "side": ["left", "right"],
        },
    )


def _planted_scores(
    build: Callable[[int], np.ndarray], density: float, asked: Asked, seeds: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """|cos| [seed side] of the trained head's first slice, its closed form, and that of Cov(h) Ω Cov(h)."""
    w = np.stack([build(int(seed)) for seed in seeds])
    shape = (len(seeds), 2)
    if asked.target == "count" and density == 1:
        # s = 1 always: with a constant input, or where the mean of h is 0, there is nothing to learn of any feature.
        balanced = np.linalg.norm(w.sum(-1), axis=-1) < 1e-6
        if asked.bias or balanced.all():
            return (np.full(shape, np.nan),) * 3
    heads = trained_heads(w, density, asked, w.shape[-2], seeds=seeds, steps=steps).model
    slices = slices_of(heads, w.shape[-2])
    theory = [[pair_cosine(one, density, k, asked.target, asked.bias) for k in (0, 1)] for one in w]
    omega = np.asarray(heads.omega, np.float64)
    covariance = np.stack([hidden_covariance(one, density) for one in w])
    back = Slices(*svd_of(unwhitened(omega, covariance)))
    return _first_cosines(slices, w), np.array(theory), _first_cosines(back, w)


def _first_cosines(slices: Slices, w: np.ndarray) -> np.ndarray:
    """|cos| [seed side] of the first slice with features 0 and 1."""
    sides = [np.abs(cosines(part, w))[..., 0, k] for k, part in enumerate((slices.u, slices.v))]
    return np.stack(sides, axis=-1)


# --- the law of random dictionaries ---------------------------------------------------------------------------------


def _law(c: Config, n_features: int) -> xr.Dataset:
    seeds = c.model_seeds(c.law_draws)
    # With a constant input the cosine does not depend on the density.
    values = [
        pair_cosine(gaussian(c.law_hidden, n_features, int(s)), 0.1, 0, bias=True) ** 2
        for s in seeds
    ]
    return xr.Dataset(
        {"law_cosine_squared": (("law_features", "draw"), np.array([values]))},
        coords={"law_features": [n_features], "draw": seeds},
    )


# --- trained --------------------------------------------------------------------------------------------------------


def _on_trained(c: Config, density: float) -> xr.Dataset:
    seeds = c.model_seeds(c.seeds)
    trained = trained_dictionaries(
        c.n_features,
        c.n_hidden,
        density,
        c.importance_decay,
        seeds=seeds,
        steps=c.steps,
        batch=c.batch,
        learning_rate=c.learning_rate,
    )
    w = trained.w
    ranks = {"full": c.n_hidden, "short": c.short_rank}
    shape = (len(QUESTIONS), len(c.targets), 2, len(ranks), c.seeds)
    cosine, theory = (np.full((*shape, len(THREE_PAIRS)), np.nan) for _ in range(2))
    excess = np.full(shape, np.nan)
    for q, (pairs, weights) in enumerate(QUESTIONS.values()):
        for t, target in enumerate(c.targets):
            for bias in (False, True):
                asked = Asked(pairs, weights, target, bias)
                for r, rank in enumerate(ranks.values()):
                    heads = trained_heads(
                        w, density, asked, rank, seeds=seeds, steps=c.head_steps
                    ).model
                    place = (q, t, int(bias), r)
                    cosine[place] = _matched(slices_of(heads, c.n_hidden), w, pairs)
                    theory[place] = _matched(optimal_slices(w, density, asked, rank)[0], w, pairs)
                    excess[place] = excess_of(
                        np.asarray(heads.omega, np.float64), w, density, asked, rank
                    )
    of_head = ("question", "target", "bias", "rank", "seed")
    dataset = xr.Dataset(
        {
            "cosine": (
                (*of_head, "pair"),
                cosine,
                {"long_name": "|cos| of the matched slice, worse side"},
            ),
            "theory": (
                (*of_head, "pair"),
                theory,
                {"long_name": "the same, of the closed-form head"},
            ),
            "excess": (of_head, excess, {"long_name": "(L2 - floor) / E s²"}),
            "gap_to_best": ("seed", trained.gap_to_best, IN_WORDS),
            "any_gap": (
                "seed",
                _any_gap(w, density),
                {"long_name": "‖Ω_any - Ω_count‖ / ‖Ω_count‖, three pairs"},
            ),
            "leverage": (("seed", "feature"), geometry.leverage(w)[:, : c.single_heads]),
            "norm": (("seed", "feature"), geometry.norms(w)[:, : c.single_heads]),
            "sigma": (("seed", "feature"), _sigmas(c, w, density, seeds)),
            "sigma_theory": (("seed", "feature"), _sigma_theory(w, density)[:, : c.single_heads]),
        },
        coords={
            "question": list(QUESTIONS),
            "target": list(c.targets),
            "bias": [False, True],
            "rank": list(ranks),
            "seed": seeds,
        },
    )
    scores = baseline_scores(
        w, density, THREE_PAIRS, THREE_WEIGHTS, seeds=seeds, steps=c.head_steps
    )
    dataset["baseline"] = (("seed", "way"), np.stack(list(scores.values()), axis=-1))
    areas = detector_scores(w, density, ONE_PAIR[0], seeds=seeds)
    dataset["auc"] = (
        ("seed", "bias"),
        areas,
        {"long_name": "area under the ROC curve of the closed-form logit"},
    )
    return as_missing(dataset.assign_coords(way=list(scores)), trained.finite).expand_dims(
        density=[density]
    )


def _matched(slices: Slices, w: np.ndarray, pairs: tuple[tuple[int, int], ...]) -> np.ndarray:
    """|cos| [seed pair] of each pair's own slice with its features, the worse side; 0 for a pair without a slice."""
    score = np.zeros((len(w), len(THREE_PAIRS)))
    score[:, len(pairs) :] = np.nan
    for k, (u, v, one) in enumerate(zip(slices.u, slices.v, w, strict=True)):
        match = match_slices(u, v, one, pairs)
        score[k, match.pair] = np.minimum(np.abs(match.left), np.abs(match.right))
    return score


def _any_gap(w: np.ndarray, density: float) -> np.ndarray:
    """How far the best head for "any" is from that for "count", of three pairs with equal weights."""
    omega = {
        t: optimal_slices(w, density, Asked(THREE_PAIRS, (1.0,) * 3, t), w.shape[-2])[1]
        for t in ("any", "count")
    }
    length = np.linalg.norm(omega["count"], axis=(-2, -1))
    return np.linalg.norm(omega["any"] - omega["count"], axis=(-2, -1)) / length


def _sigmas(c: Config, w: np.ndarray, density: float, seeds: np.ndarray) -> np.ndarray:
    """First singular value [seed feature] of a trained head for the pair (i, i), a head for each of the first ones."""
    features = range(c.single_heads)
    everyone = np.concatenate([np.stack([_first(one, i) for one in w]) for i in features])
    asked = Asked(((0, 0),), bias=True)
    each = np.tile(seeds, len(features))
    heads = trained_heads(everyone, density, asked, 1, seeds=each, steps=c.head_steps).model
    return slices_of(heads, c.n_hidden).s[:, 0].reshape(len(features), len(seeds)).T


def _sigma_theory(w: np.ndarray, density: float) -> np.ndarray:
    """(6S/(1+3S))² |G⁻¹W_i|², the one singular value of the best head with a constant input for the pair (i, i)."""
    s = 1 - density
    inverse = np.linalg.pinv(w @ np.swapaxes(w, -1, -2), hermitian=True)
    return (6 * s / (1 + 3 * s)) ** 2 * np.sum((inverse @ w) ** 2, axis=-2)


STUDY = Study(
    name="head-recovery",
    group="attention-head",
    question="Do the singular vectors of a head recover the features it attends to, and in which dictionaries?",
    sources=("franco2026", "elhage2022"),
    version=2,
    presets={
        "quick": Config(
            densities=(1.0, 0.1),
            targets=("count", "product"),
            seeds=5,
            steps=1500,
            batch=256,
            single_heads=8,
            law_draws=100,
        ),
        "default": Config(),
        "paper": Config(
            n_features=100,
            n_hidden=50,
            importance_decay=0.98,
            densities=(1.0, 0.3, 0.05),
            seeds=100,
            batch=256,
            head_steps=1200,
            single_heads=10,
            law_hidden=50,
        ),
    },
    minutes={"quick": 0.35, "default": 1.3, "paper": 35},
    plan=plan,
    measure=measure,
    claims=claims.CLAIMS,
    figures=figures.figures,
)
