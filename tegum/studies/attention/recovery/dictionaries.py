"""Heads on dictionaries, written down or trained: the config, what is measured, readings.

Planted dictionaries are orthonormal features, a balanced tegum product of polytopes, dedicated
features beside a digon, and random directions. Trained ones come from bottlenecks. On each, heads
are computed in closed form and trained on their exact loss.
"""

from collections.abc import Callable

import numpy as np
import scipy.stats
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.alternatives import unwhitened
from tegum.analysis.matching import cosines, matched_cosines
from tegum.analysis.spectra import svd_of
from tegum.errors import bad_input
from tegum.studies import core, populations
from tegum.studies.attention.recovery.baselines import TOKENS, baseline_scores, detector_scores
from tegum.studies.attention.slices import (
    Asked,
    Slices,
    excess,
    optimal_slices,
    slices_of,
    trained_heads,
)
from tegum.studies.core.measures import above
from tegum.studies.populations import FINITE, GAP_TO_BEST
from tegum.theory import recovery_laws as laws
from tegum.theory.dictionaries import gaussian, orthonormal, tegum_product
from tegum.theory.head_moments import hidden_covariance
from tegum.theory.optimal_heads import pair_cosine

ONE_PAIR = ((0, 1),)
THREE_PAIRS = ((0, 1), (2, 3), (4, 5))
DISTINCT = (1.0, 0.75, 0.5)  # weights of three pairs, so that no two slices may be mixed
QUESTIONS = {"one pair": (ONE_PAIR, (1.0,)), "three pairs": (THREE_PAIRS, DISTINCT)}
INPUTS = {"h": False, "[h; 1]": True}
"""what a head sees, and whether a constant 1 is part of it"""


class Config(core.BottleneckConfig):
    """Planted and trained dictionaries, and heads on them."""

    n_features: core.Count = 20
    """n, features of the trained bottlenecks"""
    n_hidden: core.Count = 10
    """m, hidden dimensions of these; 10 or more, so that chance does not explain the cosines"""
    short_rank: core.Count = 2
    """a head rank below the number of pairs, beside full rank"""
    importance_decay: core.Share = 0.9
    densities: tuple[core.Density, ...] = (1.0, 0.9, 0.5, 0.3, 0.1, 0.03)
    """p = 1 - S, the chance that a feature is active"""
    targets: tuple[core.Target, ...] = ("any", "count", "product")
    """what heads are asked: is some pair present, how many are, or the sum of their products"""
    seeds: core.Count = 20
    """heads, and bottlenecks, for each density"""
    steps: core.Count = 2000
    """training steps of the bottlenecks"""
    batch: core.Count = 512
    """fresh samples a step, of the bottlenecks"""
    learning_rate: core.Unsigned = 5e-3
    """of the bottlenecks, AdamW with weight decay 0.01, constant"""
    head_steps: core.Count = 3000
    """training steps of the heads, on their exact loss; after 1500 many that are of short rank and
    see dense features were still on their way"""
    single_heads: core.Count = 20
    """features, the most important ones, that a head of their own is asked for"""
    law_hidden: core.Count = 20
    """m of the random dictionaries that the law of cos² is tested on"""
    law_draws: core.Count = 300
    """random dictionaries for each n"""

    @property
    def law_sizes(self) -> tuple[int, ...]:
        """Numbers of features n of the random dictionaries, from few to many."""
        ratios = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 6.0)
        return tuple(sorted({max(1, round(self.law_hidden * ratio)) for ratio in ratios}))

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.n_features < 6:
            raise bad_input("n_features", self.n_features, "at least 6, for three pairs")
        if self.short_rank > self.n_hidden:
            raise bad_input("short_rank", self.short_rank, f"at most n_hidden = {self.n_hidden}")
        if self.single_heads > self.n_features:
            wanted = f"at most n_features = {self.n_features}"
            raise bad_input("single_heads", self.single_heads, wanted)


# --- planted dictionaries -------------------------------------------------------------------------

PLANTED_HIDDEN = 10
PRECISION = 0.01
"""asked of training, in |cos|"""
BARE = {"dictionary": "orthonormal", "target": "count", "input": "h"}
BALANCED = ("pentagon", "triangle", "digon", "tetrahedron", "pentagon")  # 19 features
DIGON = ("digon", *["single"] * 9)

# Each puts the two attended features first: a triangle's and a pentagon's vertex in the balanced
# product, both members of the digon.
DICTIONARIES: dict[str, Callable[[int], np.ndarray]] = {
    "orthonormal": lambda seed: orthonormal(PLANTED_HIDDEN, PLANTED_HIDDEN, seed),
    "balanced tegum": lambda seed: with_first(tegum_product(BALANCED, seed), 5, 0),
    "dedicated + digon": lambda seed: tegum_product(DIGON, seed),
    "random": lambda seed: gaussian(20, PLANTED_HIDDEN, seed),
}


def with_first(w: np.ndarray, *features: int) -> np.ndarray:
    """The columns in another order: these first."""
    return np.concatenate([w[:, list(features)], np.delete(w, features, axis=1)], axis=1)


def planted(c: Config, density: float) -> core.Variables:
    """Heads for one pair in dictionaries that are written down."""
    seeds = c.seeds_of("dictionaries", c.seeds)
    built = {name: np.stack([of(int(s)) for s in seeds]) for name, of in DICTIONARIES.items()}

    def of(target: str, input: str, dictionary: str) -> core.Variables:
        asked, w = Asked(ONE_PAIR, (1.0,), target, INPUTS[input]), built[dictionary]
        return planted_cosines(c, w, density, asked)

    axes = {"target": ("count", "product"), "input": tuple(INPUTS)}
    return core.swept(of, **axes, dictionary=tuple(DICTIONARIES)) | {"side": ["left", "right"]}


def planted_cosines(c: Config, w: np.ndarray, density: float, asked: Asked) -> core.Variables:
    """|cos| [seed side] of a trained head's first slice, in closed form, and of Cov(h) Ω Cov(h)."""
    if nothing_to_learn(w, density, asked):
        return dict.fromkeys(PLANTED, np.full((len(w), 2), np.nan))
    m, seeds = w.shape[-2], c.seeds_of("planted heads", c.seeds)
    own = slices_of(trained_heads(w, density, asked, m, seeds=seeds, steps=c.head_steps).model, m)
    covariance = np.stack([hidden_covariance(one, density) for one in w])
    of = asked.target, asked.bias
    return {
        "planted_cosine": first_cosines(own, w),
        "planted_theory": [[pair_cosine(one, density, k, *of) for k in (0, 1)] for one in w],
        "planted_unwhitened": first_cosines(Slices(*svd_of(unwhitened(own.omega, covariance))), w),
    }


def nothing_to_learn(w: np.ndarray, density: float, asked: Asked) -> bool:
    """Whether s = 1 always, and a constant input or the mean of h (not 0) cannot tell a feature."""
    constant = asked.target == "count" and density == 1
    balanced = bool(np.all(np.linalg.norm(w.sum(-1), axis=-1) < 1e-6))
    return constant and (asked.bias or balanced)


def first_cosines(slices: Slices, w: np.ndarray) -> np.ndarray:
    """|cos| [seed side] of the first slice with features 0 and 1."""
    sides = [np.abs(cosines(part, w))[..., 0, k] for k, part in enumerate((slices.u, slices.v))]
    return np.stack(sides, axis=-1)


OF_PLANTED = "target input dictionary seed side"
PLANTED = core.table(
    planted_cosine=(OF_PLANTED, "|cos(first singular vector, feature)|"),
    planted_theory=(OF_PLANTED, "|cos(d_i, W_i)|"),
    planted_unwhitened=(OF_PLANTED, "|cos| of the first slice of Cov(h) Ω Cov(h)"),
)


def law(c: Config, law_features: int) -> core.Variables:
    """The closed form in many random dictionaries; with a constant input no density matters."""
    seeds = c.seeds_of("law", c.law_draws)
    drawn = (gaussian(law_features, c.law_hidden, int(seed)) for seed in seeds)
    return {"law_cosine_squared": [pair_cosine(w, 0.1, 0, bias=True) ** 2 for w in drawn]}


LAW = core.table(law_cosine_squared=("draw", "cos² of a slice and its feature, constant input"))

# --- trained dictionaries -------------------------------------------------------------------------


def trained(c: Config, density: float) -> core.Variables:
    """Heads on trained bottlenecks, and what stands beside them."""
    models = populations.bottlenecks(c, c.n_hidden, density, c.importance)
    w, ranks = models.w, {"full": c.n_hidden, "short": c.short_rank}

    def of(question: str, target: str, input: str, rank: str) -> core.Variables:
        asked = Asked(*QUESTIONS[question], target, INPUTS[input])
        return asked_on_trained(c, w, density, asked, ranks[rank])

    axes = {"question": tuple(QUESTIONS), "target": c.targets, "input": tuple(INPUTS)}
    scores = baseline_scores(
        *(w, density, THREE_PAIRS, DISTINCT),
        seeds=c.seeds_of("baseline heads", c.seeds),
        rng=c.rng("gauges"),
        steps=c.head_steps,
    )
    first = slice(c.single_heads)
    return core.swept(of, **axes, rank=tuple(ranks)) | {
        "way": list(scores),
        "baseline": np.stack(list(scores.values()), axis=-1),
        "auc": detector_scores(w, density, ONE_PAIR[0], seeds=c.seeds_of("tokens", c.seeds)),
        "any_gap": any_gap(w, density),
        "overlap": overlap(w, THREE_PAIRS),
        "leverage": geometry.leverage(w)[:, first],
        "norm": geometry.norms(w)[:, first],
        "sigma": single_sigmas(c, w, density),
        "sigma_theory": laws.self_pair_sigma(w, density)[:, first],
        "gap_to_best": models.gap_to_best,
        "finite": models.finite,
    }


def asked_on_trained(
    c: Config, w: np.ndarray, density: float, asked: Asked, rank: int
) -> core.Variables:
    """Trained heads beside the closed form: |cos| of each pair's slice, and exact losses."""
    seeds, of = c.seeds_of("heads", c.seeds), (w, density, asked, rank)
    head = trained_heads(*of, seeds=seeds, steps=c.head_steps).model
    omega = np.asarray(head.omega, np.float64)
    return {
        "cosine": matched(slices_of(head, c.n_hidden), w, asked.pairs),
        "theory": matched(optimal_slices(*of)[0], w, asked.pairs),
        "excess": excess(omega, *of),
        "excess_of_zero": excess(0 * np.nan_to_num(omega), *of),
    }


def matched(slices: Slices, w: np.ndarray, pairs: tuple[tuple[int, int], ...]) -> np.ndarray:
    """|cos| [seed pair] of each pair's own slice, worse side; 0 without one, NaN if not asked."""
    score = np.full((len(w), len(THREE_PAIRS)), np.nan)
    score[:, : len(pairs)] = matched_cosines(slices.u, slices.v, w, pairs).worse
    return score


def any_gap(w: np.ndarray, density: float) -> np.ndarray:
    """How far the best head for "any" is from that for "count", of three equal pairs."""
    asked = (Asked(THREE_PAIRS, (1.0,) * 3, target) for target in ("any", "count"))
    some, count = (optimal_slices(w, density, each, w.shape[-2])[1] for each in asked)
    return np.linalg.norm(some - count, axis=(-2, -1)) / np.linalg.norm(count, axis=(-2, -1))


def overlap(w: np.ndarray, pairs: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Greatest |cos| [seed pair] of a pair's feature with another pair's on the same side."""
    sides = [geometry.directions(w)[..., list(side)] for side in zip(*pairs, strict=True)]
    shared = np.max([np.abs(np.swapaxes(side, -1, -2) @ side) for side in sides], axis=0)
    return np.max(shared * (1 - np.eye(len(pairs))), axis=-1)


def single_sigmas(c: Config, w: np.ndarray, density: float) -> np.ndarray:
    """First singular value [seed feature] of a head for the pair (i, i), one for each feature."""
    everyone = np.concatenate([[with_first(one, i) for i in range(c.single_heads)] for one in w])
    seeds = np.repeat(c.seeds_of("single heads", c.seeds), c.single_heads)
    asked = Asked(((0, 0),), bias=True)
    heads = trained_heads(everyone, density, asked, 1, seeds=seeds, steps=c.head_steps)
    return slices_of(heads.model, c.n_hidden).s[:, 0].reshape(len(w), c.single_heads)


OF_HEAD = "question target input rank seed"
TRAINED = core.table(
    cosine=(f"{OF_HEAD} pair", "|cos| of the matched slice, worse side"),
    theory=(f"{OF_HEAD} pair", "the same, of the closed-form head"),
    excess=(OF_HEAD, "(L2 - floor) / E s²"),
    excess_of_zero=(OF_HEAD, "the same of a head that answers 0"),
    baseline=("seed way", "|cos| of other ways to the first pair, worse side of the best slice"),
    auc=("seed input", "area under the ROC curve of the closed-form logit"),
    any_gap=("seed", "‖Ω_any - Ω_count‖ / ‖Ω_count‖, three pairs of equal weight"),
    overlap=("seed pair", "greatest |cos| of a pair's feature with another pair's, same side"),
    leverage=("seed feature", "leverage P_ii"),
    norm=("seed feature", "length ‖W_i‖"),
    sigma=("seed feature", "σ of a trained head for the pair (i, i), constant input"),
    sigma_theory=("seed feature", "(6S/(1+3S))² |G⁻¹W_i|²"),
) | {"gap_to_best": GAP_TO_BEST, "finite": FINITE}

HEADS = core.Measurement(
    "recovery",
    version=1,
    parts=(
        core.Part(planted, PLANTED, density="densities"),
        core.Part(law, LAW, law_features="law_sizes"),
        core.Part(trained, TRAINED, density="densities"),
    ),
)

# --- readings -------------------------------------------------------------------------------------


def planted_error(ds: xr.Dataset) -> xr.DataArray:
    """How far trained |cos| are from the closed form, on the worse side."""
    return abs(ds.planted_cosine - ds.planted_theory).max("side", skipna=False)


def planted_alignment(ds: xr.Dataset) -> xr.DataArray:
    return ds.planted_cosine.min("side", skipna=False)


def by_variant(ds: xr.Dataset) -> xr.Dataset:
    """Targets and inputs of planted heads as one axis "variant", named in words."""
    variants = [(target, seen) for target in ("count", "product") for seen in INPUTS]
    names = [f"{target}, head sees {seen}" for target, seen in variants]
    each = [ds.sel(target=target, input=seen, drop=True) for target, seen in variants]
    return xr.concat(each, xr.DataArray(names, dims="variant", name="variant"))


def planted_back(ds: xr.Dataset) -> xr.DataArray:
    """|cos| after unwhitening, of heads with a constant input, on the worse side."""
    return ds.planted_unwhitened.sel(input="[h; 1]", drop=True).min("side", skipna=False)


def law_error(ds: xr.Dataset) -> xr.DataArray:
    """How far the mean of random dictionaries is from the law, for each number of features."""
    theory = laws.random_cosine_squared(ds.law_features.values, core.config_in(ds)["law_hidden"])
    return abs(ds.law_cosine_squared.mean("draw") - xr.DataArray(theory, dims="law_features"))


def told_apart(ds: xr.Dataset) -> xr.DataArray:
    """Where each pair has a slice of its own.

    Not where s is constant, nor where "any" weighs several pairs alike.
    """
    varies = (ds.density < 1) | (ds.target == "product")
    alike = (ds.target == "any") & (ds.question == "three pairs")
    return varies & ~alike


def trained_error(ds: xr.Dataset) -> xr.DataArray:
    return abs(ds.cosine - ds.theory).where(told_apart(ds))


def apart(ds: xr.Dataset) -> xr.DataArray:
    """Whether a pair shares no direction with another attended one.

    |cos| < 1/2, midway between orthogonal and opposite: slices are orthogonal, and so cannot be
    features that are not.
    """
    return ds.overlap < 0.5


def of_three_pairs(ds: xr.Dataset) -> xr.DataArray:
    """|cos| of each of three pairs that are apart, for full rank and a constant input."""
    place = {"question": "three pairs", "rank": "full", "input": "[h; 1]"}
    return abs(ds.cosine).sel(place, drop=True).where(apart(ds))


def any_beyond_count(ds: xr.Dataset) -> xr.DataArray:
    """The gap between the best heads for "any" and for "count", in units of q p²."""
    return ds.any_gap / (len(THREE_PAIRS) * ds.density**2)


def nearer(ds: xr.Dataset, way: str, other: str) -> xr.DataArray:
    """Whether one way is nearer to the first pair than another, where that pair is apart and s
    not constant.
    """
    shown = not_constant(ds)
    of = (shown.baseline.sel(way=each, drop=True) for each in (way, other))
    return above(*of).where(apart(shown).isel(pair=0))


def not_constant(ds: xr.Dataset) -> xr.Dataset:
    """At densities below 1, where the presence of a feature says something."""
    return ds.isel(density=np.flatnonzero(ds.density.values < 1))


def idle_area(ds: xr.Dataset, _: core.Measured) -> float:
    """What the area under the ROC curve of a logit that knows nothing stays below in 95 %.

    Where features are densest, and tokens without the pair the fewest.
    """
    densest = float(not_constant(ds).density.max())
    present, absent = TOKENS, TOKENS * (1 - densest**2)
    deviation = np.sqrt((present + absent + 1) / (12 * present * absent))
    return float(0.5 + scipy.stats.norm.ppf(0.95) * deviation)


def contribution(ds: xr.Dataset) -> xr.DataArray:
    """σ‖W_i‖², what the slice of a head for the pair (i, i) contributes."""
    return ds.sigma * ds.norm**2


def sigma_error(ds: xr.Dataset) -> xr.DataArray:
    """Relative error of the law of σ, for features that are represented (‖W_i‖ > 1/2)."""
    heads = not_constant(ds)
    return abs(heads.sigma / heads.sigma_theory - 1).where(heads.norm > 0.5)


def contribution_error(ds: xr.Dataset) -> xr.DataArray:
    """How far contributions are from squared leverage, relatively, for the same features."""
    heads = not_constant(ds)
    theory = scaled_by_gain(heads.leverage**2)
    return abs(contribution(heads) / theory - 1).where(heads.norm > 0.5)


def scaled_by_gain(values: xr.DataArray) -> xr.DataArray:
    """Times (6S/(1+3S))², of each density."""
    return values * xr.DataArray(laws.presence_gain(values.density.values), dims="density")
