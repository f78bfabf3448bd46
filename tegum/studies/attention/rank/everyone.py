"""Heads asked for every feature: config, what is measured of them, and how it is read.

The study `head-rank` says what for.
"""

from operator import attrgetter

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.nulls import best_slice, random_overlap
from tegum.errors import bad_input
from tegum.studies import core, populations
from tegum.studies.attention.rank import scores
from tegum.studies.attention.rank.scores import APART, EXACT, SAMPLED, VARIANTS, asked_for_all
from tegum.studies.attention.slices import trained_heads
from tegum.studies.core.measures import Measure, Reading, above, at, hidden_of, median, share
from tegum.theory.optimal_heads import whitened_values
from tegum.theory.short_rank import first_slice_ratio
from tegum.training.recipe import Recipe, Sampled

SHORT = ("product", "count")
"""variants at short rank"""
WEIGHTS = {"equal": 0.0, "graded": 0.2}
"""gaps of weights, where a sweep of them would be too much"""
ISOLATED = 0.05
"""gap of weights from which neighbours count as distinct"""


class Config(core.BottleneckConfig):
    """A head asked for all features of orthonormal and of trained dictionaries."""

    n_hidden: core.Count = 20
    """m, hidden dimensions and features of the planted dictionaries at full rank"""
    densities: tuple[core.Density, ...] = (0.2, 0.05)
    """p = 1 - S, the chance that a feature is active, of the planted dictionaries at full rank"""
    gaps: tuple[core.Unsigned, ...] = (0.0, 0.002, 0.01, 0.05, 0.5)
    """difference of neighbouring pairs' weights, as a share of the smallest; 0 is equal weights"""
    head_steps: core.Count = 1500
    """training steps of heads; dense features and a constant input ask for the most"""
    batch: core.Count = 256
    """fresh tokens a step on each side, where heads train on samples; dictionaries take double"""
    short_hidden: core.Count = 10
    """m where ranks are short, and of the trained dictionaries"""
    short_densities: tuple[core.Density, ...] = (0.1, 0.001)
    """p where ranks are short: one where pm is large, one where it is not"""
    ranks: tuple[core.Count, ...] = (1, 2, 4, 7)
    """r, short ranks, in increasing order"""
    n_features: core.Count = 20
    """n, features of the trained dictionaries; the `short_hidden` most important are asked for"""
    trained_density: core.Density = 0.7
    """p of the trained dictionaries: dense, so that each dimension goes to one feature"""
    importance_decay: core.Share = 0.9
    """importance of feature k of the trained dictionaries is this to the power k"""
    steps: core.Count = 2000
    """training steps of the dictionaries"""
    learning_rate: core.Unsigned = 5e-3

    @property
    def densest(self) -> tuple[float, ...]:
        """Where heads train on samples, too."""
        return (max(self.densities),)

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        m = self.short_hidden
        if list(self.ranks) != sorted(self.ranks) or self.ranks[-1] > m:
            raise bad_input("ranks", self.ranks, f"increasing, at most short_hidden = {m}")
        if self.n_features < m:
            raise bad_input("n_features", self.n_features, f"at least short_hidden = {m}")
        if 0.0 not in self.gaps or max(self.gaps) < ISOLATED:
            raise bad_input("gaps", self.gaps, f"0 (equal weights) and one of at least {ISOLATED}")


# --- parts --------------------------------------------------------------------------------------


def exact_heads(c: Config, density: float, gap: float) -> core.Variables:
    """Heads of full rank on orthonormal features, trained on the exact loss."""
    m, seeds = c.n_hidden, c.seeds_of("heads", c.seeds)
    w = scores.planted(m, c.seeds_of("planted", c.seeds))

    def of(variant: str) -> core.Variables:
        asked = asked_for_all(m, gap, variant)
        heads = trained_heads(w, density, asked, m, seeds=seeds, steps=c.head_steps)
        return scores.beside_optimum(heads, w, density, asked)

    return core.swept(of, variant=tuple(VARIANTS))


def sampled_heads(c: Config, density: float, gap: float) -> core.Variables:
    """Those with a constant input from the same start, on fresh samples, so that Ω stays noisy."""
    w = scores.planted(c.n_hidden, c.seeds_of("planted", c.seeds))
    seeds, batches = c.seeds_of("heads", c.seeds), c.seeds_of("tokens", c.seeds)

    def of(variant: str) -> core.Variables:
        asked = asked_for_all(c.n_hidden, gap, variant.removesuffix(", sampled"))
        heads = scores.heads_on_samples(
            w, density, asked, steps=c.head_steps, batch=c.batch, seeds=seeds, batches=batches
        )
        return scores.beside_optimum(heads, w, density, asked)

    return core.swept(of, variant=(SAMPLED,))


def short_heads(c: Config, short_density: float) -> core.Variables:
    """Heads of short rank on orthonormal features, trained on the exact loss."""
    m, p = c.short_hidden, short_density
    w = scores.planted(m, c.seeds_of("short planted", c.seeds))
    seeds = c.seeds_of("short heads", c.seeds)

    def of(short_variant: str, weights: str) -> core.Variables:
        asked = asked_for_all(m, WEIGHTS[weights], short_variant)
        return scores.at_short_ranks(w, p, asked, c.ranks, seeds=seeds, steps=c.head_steps)

    equal = [asked_for_all(m, 0.0, variant) for variant in SHORT]
    tau = np.array([whitened_values(w[0], p, each.matrix(m), each.target) for each in equal])
    return core.swept(of, short_variant=SHORT, weights=tuple(WEIGHTS)) | {
        "rank": c.ranks,
        "pair": range(m),
        "tau_ratio": tau[:, 0] / tau[:, 1],
    }


def on_trained(c: Config) -> core.Variables:
    """Heads of full rank on dictionaries trained on dense data."""
    m, p, seeds = c.short_hidden, c.trained_density, c.seeds_of("heads on trained", c.seeds)
    recipe = Recipe(c.steps, Sampled(2 * c.batch))
    models = populations.bottlenecks(c, m, p, c.importance, recipe=recipe)

    def of(trained_variant: str, weights: str) -> core.Variables:
        asked = asked_for_all(m, WEIGHTS[weights], trained_variant)
        heads = trained_heads(models.w, p, asked, m, seeds=seeds, steps=c.head_steps)
        return scores.best_beside_optimum(heads, models.w, p, asked)

    return core.swept(of, trained_variant=tuple(VARIANTS), weights=tuple(WEIGHTS)) | {
        "pair": range(m),
        "leverage": geometry.leverage(models.w)[:, :m],
        "gap_to_best": models.gap_to_best,
        "finite": models.finite,
    }


FULL = core.table(
    recovery=("variant seed", "|cos| of a feature's best slice, worse side, mean over features"),
    recovery_theory=("variant seed", "the same of Ω*"),
    error=("variant seed", "‖Ω - Ω*‖ / ‖Ω*‖"),
    least_gap=("variant seed", "least gap of neighbouring σ of Ω*, over σ_1"),
    gated=("variant seed", "least |cos| of a feature with its cluster of slices, worse side"),
    gated_alone=("variant seed", "share of pairs whose cluster is one slice"),
    gated_none=("variant seed", "share of pairs whose σ drowns in the noise"),
)
SHORT_RANK = core.table(
    energy=("short_variant weights rank seed pair", "share of the pair's features in the span"),
    energy_theory=("short_variant weights rank pair", "the same of the best head of this rank"),
    shared=("short_variant weights rank seed", "cos of Σ W_i with the span"),
    overlap=("short_variant weights rank seed", "of the span with other seeds', besides Σ W_i"),
    L2=("short_variant weights rank seed", "exact loss over E s²"),
    L2_floor=("short_variant weights rank", "the least that any head of this rank can reach"),
    tau_ratio=("short_variant", "τ_1/τ_2 at equal weights, numerically"),
)
TRAINED = core.table(
    on_trained=("trained_variant weights seed pair", "|cos| of the feature's best slice"),
    on_trained_theory=("trained_variant weights seed pair", "the same of Ω*"),
    leverage=("seed pair", "leverage P_ii"),
) | {"gap_to_best": populations.GAP_TO_BEST, "finite": populations.FINITE}

HEADS = core.Measurement(
    "rank",
    version=1,
    parts=(
        core.Part(exact_heads, FULL, density="densities", gap="gaps"),
        core.Part(sampled_heads, FULL, density="densest", gap="gaps"),
        core.Part(short_heads, SHORT_RANK, short_density="short_densities"),
        core.Part(on_trained, TRAINED),
    ),
)

# --- readings -----------------------------------------------------------------------------------

FREE = ["product", EXACT]  # in which nothing but t sets the slices apart
OF_FREE = {"variant": lambda names: np.isin(names, FREE)}
OF_FREE_OR_NOISY = {"variant": lambda names: np.isin(names, [*FREE, SAMPLED])}
DISTINCT = {"gap": lambda gaps: gaps >= ISOLATED}
CROWDED = {"short_density": lambda p: p == p.max()}  # where p m is largest
SPARSE = {"short_density": lambda p: p == p.min()}

recovery = attrgetter("recovery")


def error_of(name: str) -> Reading:
    """How far what training found is from the closed form."""
    return lambda ds: abs(ds[name] - ds[f"{name}_theory"])


def at_smallest_gap(ds: xr.Dataset, variant: str) -> xr.DataArray:
    """Recovery where weights differ least, at the density at which heads train on samples, too."""
    place = {"density": float(ds.density.max()), "gap": min(g for g in ds.gap.values if g > 0)}
    return ds.recovery.sel(variant=variant, **place, drop=True)


def exact_is_better(ds: xr.Dataset) -> xr.DataArray:
    """Whether the head trained on the exact loss recovers more than that trained on samples."""
    return above(at_smallest_gap(ds, EXACT), at_smallest_gap(ds, SAMPLED))


def recovery_apart(ds: xr.Dataset) -> xr.DataArray:
    """Recovery by heads in which every σ stands apart from the next by 4 ‖Ω - Ω*‖."""
    return abs(ds.recovery).where(ds.least_gap > APART * ds.error)


def ratio_error(ds: xr.Dataset) -> float:
    """Greatest relative error of τ_1/τ_2 against the closed form."""
    m, ratios = ds.sizes["pair"], ds.tau_ratio.stack(setting=("short_density", "short_variant"))
    theory = [first_slice_ratio(m, *setting) for setting in ratios.setting.values]
    return float(abs(ratios / theory - 1).max())


def error_of_largest_first(ds: xr.Dataset) -> xr.DataArray:
    """|energy - 1 for the r of largest weight, 0 for all others|."""
    return abs(ds.energy.sel(weights="graded") - (ds.pair < ds["rank"]))


def overlap_errors(ds: xr.Dataset) -> xr.DataArray:
    """|mean overlap of seeds' spans - that of random ones|, in standard errors, for each r > 1."""
    found = at(attrgetter("overlap"), weights="equal", rank=lambda r: r > 1, **CROWDED)(ds)
    law = [random_overlap(ds.sizes["pair"] - 1, int(r) - 1) for r in found["rank"]]
    mean, deviation = xr.DataArray(np.reshape(law, (-1, 2)), dims=("rank", "law")).T
    seeds = found.notnull().sum("seed")
    # Pairs of independent random spans are uncorrelated, even those that share one of the two.
    return abs(found.mean("seed") - mean) / deviation * np.sqrt(seeds * (seeds - 1) / 2)


def largest_energy(ds: xr.Dataset) -> xr.DataArray:
    """Of the feature that has most of the span, at the shortest rank."""
    return ds.energy.isel(rank=0, drop=True).max("pair", skipna=False)


def farthest_from_chance(ds: xr.Dataset) -> core.Measured:
    """Mean recovery at equal weights, in the setting where it is farthest from chance."""
    mean = best_slice(hidden_of(ds))[0]
    return share(at(recovery, gap=0.0, **OF_FREE), mean, note=f"chance: {mean:.3g}")(ds)


def chance_and(errors: int) -> core.Derived:
    """Mean |cos| of the best of m random slices, and so many of its standard errors."""

    def bound(ds: xr.Dataset, found: core.Measured) -> float:
        mean, deviation = best_slice(hidden_of(ds))
        # Features of one head vary together at most fully, so heads are what is counted.
        return mean + errors * deviation / np.sqrt(found.count)

    return core.Derived(f"chance {errors:+d} standard errors", bound)


def mean_on_trained(variant: str, weights: str) -> Measure:
    """The median of features' mean |cos| on trained W."""

    def found(ds: xr.Dataset) -> xr.DataArray:
        return ds.on_trained.sel(trained_variant=variant, weights=weights)

    def said(ds: xr.Dataset) -> str:
        high, least = float(above(found(ds), 0.95).mean()), float(ds.leverage.min())
        beyond = f"{high:.0%} of features above 0.95, leverages from {least:.3g}"
        return f"{beyond}; chance {best_slice(ds.sizes['pair'])[0]:.3g}"

    return median(lambda ds: found(ds).mean("pair", skipna=False), note=said)


def about_clusters(ds: xr.Dataset) -> str:
    seen = ds.sel(variant=[*FREE, SAMPLED])
    alone, none = float(seen.gated_alone.sel(gap=0.0).mean()), float(seen.gated_none.mean())
    single = f"at equal weights {alone:.0%} of pairs have a slice to themselves"
    return f"{single}; {none:.0%} of all have no σ above the noise"


def about_noise(ds: xr.Dataset) -> str:
    exact, noisy = (float(at_smallest_gap(ds, each).median()) for each in (EXACT, SAMPLED))
    return f"medians: {exact:.3g} exact, {noisy:.3g} sampled"
