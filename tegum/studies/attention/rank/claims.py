"""What head-rank claims: each with its bound from theory, a null, or the precision that training is asked for."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import xarray as xr

from tegum.analysis.nulls import chance_cdf, chance_mean, chance_quantile, coin_share
from tegum.studies.claims import Claim, Measured
from tegum.studies.gaps import gap_claim
from tegum.studies.over_seeds import mean, median
from tegum.studies.study import config_in

SAMPLED = "count, [h; 1], sampled"
ISOLATED = 0.05  # gap from which neighbours count as distinct
APART = (
    4.0  # times ‖Ω - Ω*‖: σ that differ by more are told apart; a sine is then at most 1 / (4 - 1)
)
PRECISION = 0.02  # of cosines and energies: how near gradient descent on the exact loss must come to its minimum
WEDIN = np.sqrt(1 - 1 / (APART - 1) ** 2)  # the cosine that goes with that sine
FREE = ["product", "count, [h; 1]"]  # the variants in which nothing but t sets the slices apart


class Null(NamedTuple):
    """The law of the best of m orthonormal slices: mean, standard deviation, 95 %."""

    mean: float
    deviation: float
    q95: float


def chance(m: int) -> Null:
    """Of |cos| between a fixed direction and the best of m random orthonormal ones in m dimensions."""
    c = np.linspace(0, 1, 2001)
    mean, square = chance_mean(m, m), np.trapezoid(2 * c * (1 - chance_cdf(c, m, m)), c)
    return Null(mean, float(np.sqrt(square - mean**2)), chance_quantile(0.95, m, m))


def _functional(ds: xr.Dataset) -> Measured:
    error = ds.error.sel(variant=[v for v in ds.variant.values if v != SAMPLED])
    return median(
        error, "greatest", high=0.01, note="‖Ω - Ω*‖ / ‖Ω*‖, median over seeds, worst setting"
    )


def _equal_is_chance(ds: xr.Dataset) -> Measured:
    null = chance(int(config_in(ds)["n_hidden"]))
    found = ds.recovery.sel(variant=FREE, gap=0.0)
    error = null.deviation / np.sqrt(
        ds.sizes["seed"]
    )  # features of one head vary together at most fully
    return mean(
        found,
        null.mean,
        low=null.mean - 4 * error,
        high=null.mean + 4 * error,
        note=f"farthest of {found.size // ds.sizes['seed']} settings; mean over seeds",
    )


def _graded_is_one(ds: xr.Dataset) -> Measured:
    distinct = ds.recovery.sel(variant=FREE, gap=[g for g in ds.gap.values if g >= ISOLATED])
    return median(distinct, "least", low=0.99, note="median over seeds, worst setting")


def _count_is_theory(ds: xr.Dataset) -> Measured:
    distinct = ds.sel(variant="count", gap=[g for g in ds.gap.values if g >= ISOLATED])
    gap = abs(distinct.recovery - distinct.recovery_theory)
    least = float(distinct.recovery.median("seed").min())
    note = f"worst setting; the least recovery among them is {least:.3g}"
    return median(gap, "greatest", high=PRECISION, note=note)


def _noise(ds: xr.Dataset) -> Measured:
    gap = min(g for g in ds.gap.values if g > 0)
    both = ds.recovery.sel(density=float(ds.density.max()), gap=gap)
    exact, noisy = (
        both.sel(variant="count, [h; 1]", drop=True),
        both.sel(variant=SAMPLED, drop=True),
    )
    note = f"share of seeds at a gap of {gap:.1%}; medians {_medians(both)}"
    return mean((exact > noisy).where(noisy.notnull()), low=coin_share(ds.sizes["seed"]), note=note)


def _medians(both: xr.DataArray) -> str:
    exact, noisy = (float(both.sel(variant=v).median()) for v in ("count, [h; 1]", SAMPLED))
    return f"{exact:.3g} exact, {noisy:.3g} sampled"


def _wedin(ds: xr.Dataset) -> Measured:
    """With a gap of 4 ‖E‖ the sine is at most ‖E‖ / (gap - ‖E‖) = 1/3."""
    apart = ds.recovery.sel(variant=[*FREE, SAMPLED]).where(ds.least_gap > APART * ds.error)
    return Measured(
        float(apart.min()), low=WEDIN, note=f"least of {int(apart.notnull().sum())} heads"
    )


def _gated(ds: xr.Dataset) -> Measured:
    """The same of spans: of clusters of slices that stand apart, at every gap, equal weights and noisy heads too."""
    found = ds.sel(variant=[*FREE, SAMPLED])
    equal = found.sel(gap=0.0)
    alone, none = float(equal.gated_alone.mean()), float(found.gated_none.mean())
    note = (
        f"least pair of {int(found.gated.notnull().sum())} heads; at equal weights {alone:.0%} of pairs have a slice "
        f"to themselves; {none:.0%} of all have no σ above the noise"
    )
    return Measured(float(found.gated.min()), low=WEDIN, note=note)


def _tau_formula(ds: xr.Dataset) -> Measured:
    numeric, formula = ds.tau_ratio.sel(way="numeric"), ds.tau_ratio.sel(way="formula")
    crowded = numeric.sel(short_density=float(ds.short_density.max()))
    values = ", ".join(
        f"{float(r):.3g} ({v})" for v, r in zip(ds.short_variant.values, crowded, strict=True)
    )
    return Measured(
        float(abs(numeric / formula - 1).max()), high=1e-6, note=f"relative; τ_1/τ_2 = {values}"
    )


def _crowded(ds: xr.Dataset) -> xr.Dataset:
    """Short ranks at the density where p m is largest."""
    return ds.sel(short_density=float(ds.short_density.max()))


def _largest_first(ds: xr.Dataset) -> Measured:
    return _first_by_weight(ds, float(ds.short_density.min()))


def _largest_first_crowded(ds: xr.Dataset) -> Measured:
    return _first_by_weight(ds, float(ds.short_density.max()))


def _first_by_weight(ds: xr.Dataset, density: float) -> Measured:
    """Worst error of 'the r of largest weight wholly, the others not at all'."""
    energy = ds.energy.sel(weights="graded", short_density=density)
    error = abs(energy - (ds.pair < ds["rank"]))
    return median(
        error, "greatest", high=PRECISION, note=f"density {density:g}, worst target, pair and rank"
    )


def _energies(ds: xr.Dataset) -> Measured:
    gap = abs(ds.energy - ds.energy_theory).sel(weights="graded")
    return median(
        gap, "greatest", high=PRECISION, note="median over seeds, worst target, rank and pair"
    )


def _shared_first(ds: xr.Dataset) -> Measured:
    shared = _crowded(ds).shared.sel(weights="equal")
    return Measured(
        float(shared.min()), low=0.99, note=f"least over {shared.size} heads of all ranks"
    )


def _rest_is_chance(ds: xr.Dataset) -> Measured:
    """Overlaps of different seeds' further slices, in standard errors of what uniformly random spans have."""
    overlap = _crowded(ds).overlap.dropna("rank")
    k, m = overlap["rank"].values - 1, ds.sizes["pair"] - 1
    variance = 2 * (m - k) ** 2 / (m**2 * (m - 1) * (m + 2))  # of ‖U_aᵀU_b‖²/k for random spans
    pairs = ds.sizes["seed"] * (ds.sizes["seed"] - 1) / 2
    away = ((overlap - k / m) / np.sqrt(variance / pairs)).values.ravel()
    found = overlap.sel(short_variant="count").values
    note = "; ".join(
        f"r = {r}: {o:.3g}, chance {e:.3g}" for r, o, e in zip(k + 1, found, k / m, strict=True)
    )
    return Measured(float(away[np.argmax(np.abs(away))]), -4, 4, f"'count': {note}")


def _floor(ds: xr.Dataset) -> Measured:
    return median(
        ds.excess,
        "greatest",
        high=0.01,
        note="(L2 - floor) / E s², median over seeds, worst setting",
    )


def _on_trained_share(variant: str, weights: str) -> Callable[[xr.Dataset], Measured]:
    def measure_share(ds: xr.Dataset) -> Measured:
        m = int(config_in(ds)["short_hidden"])
        null = chance(m)
        found = ds.on_trained.sel(
            trained_way="trained", trained_variant=variant, weights=weights
        ).where(ds.finite)
        above = (found > 0.95).where(found.notnull()).mean()
        note = (
            f"mean over features (chance {null.mean:.3g}, its 95 % {null.q95:.3g}), median over seeds; "
            f"{float(above):.0%} of features above 0.95; leverages from {float(ds.leverage.min()):.3g}"
        )
        return median(found.mean("pair"), low=0.95, note=note)

    return measure_share


def _trained_is_theory(ds: xr.Dataset) -> Measured:
    graded = ds.on_trained.sel(weights="graded").where(ds.finite)
    gap = abs(graded.sel(trained_way="trained") - graded.sel(trained_way="closed form"))
    note = "median over seeds and features, worst target and input"
    return median(gap, "greatest", over=("seed", "pair"), high=PRECISION, note=note)


def _one_wins(ds: xr.Dataset) -> Measured:
    first = _crowded(ds).energy.isel(rank=0).sel(short_variant="count", weights="equal").max("pair")
    note = f"median over seeds of the largest share at r = {int(ds['rank'][0])}; 1/m = {1 / ds.sizes['pair']:.3g}"
    return median(first, low=0.5, note=note)


def _graded_count(ds: xr.Dataset) -> Measured:
    dense = ds.recovery.sel(
        variant="count", density=float(ds.density.max()), gap=[g for g in ds.gap.values if g > 0]
    )
    return median(dense, "greatest", low=0.95, note="median over seeds, at the best gap")


CLAIMS = (
    Claim(
        "functional-recovery",
        "At r = m gradient descent finds Ω* itself to within 1 %, for all weights, targets and inputs at the densities "
        "here (the denser, the more steps a head with a constant input takes).",
        "theory: the exact quadratic has no bad minima at full rank",
        _functional,
    ),
    Claim(
        "equal-is-chance",
        "With equal weights the best slice of a feature aligns with it just as chance does (within 4 standard errors), "
        "although Ω is learned: 'product', and 'count' with a constant input.",
        "theory: equal σ leave the basis free; null: the largest of m coordinates of a random direction",
        _equal_is_chance,
    ),
    Claim(
        "graded-is-one",
        "With weights that differ by 5 % or more all m features get slices of their own (|cos| ≥ 0.99).",
        "theory: T is a weighted permutation with distinct weights, Ω* = D T Dᵀ with orthogonal D",
        _graded_is_one,
    ),
    Claim(
        "count-is-theory",
        "For 'count' without a constant input recovery is that of the closed form, to within 0.02, less than 1.",
        "theory: Ω* = D T Dᵀ, where d_i leans to Σ W_k",
        _count_is_theory,
    ),
    Claim(
        "noise-asks-for-gaps",
        "At the smallest gap heads trained on samples recover features less than those trained on the exact loss.",
        "theory: Wedin 1972; null: fair coin, 95 %",
        _noise,
    ),
    Claim(
        "wedin",
        "Every head with a gap in σ of at least 4 ‖Ω - Ω*‖ recovers features with |cos| ≥ √(8/9).",
        "theory: Wedin 1972, sin ≤ ‖E‖ / (gap - ‖E‖)",
        _wedin,
    ),
    Claim(
        "gated-recovery",
        "Scored by what can be told apart, every feature is recovered at every gap: it lies in the span of its cluster "
        "of slices (those nearer to each other than 4 ‖Ω - Ω*‖) within Wedin's bound, |cos| ≥ √(8/9), on both sides.",
        "theory: Wedin's sine theorem for spans",
        _gated,
    ),
    Claim(
        "tau-ratio",
        "At equal weights τ_1/τ_2 is (S+pm)²/(S²(1+3pm/(1+3S))) for 'count', 1+3pm/(1+3S) for 'product'.",
        "theory, to the rounding of float64 arithmetic",
        _tau_formula,
    ),
    Claim(
        "largest-weights-first",
        "With graded weights and features so sparse that p m ≪ 1 a head of rank r spans the r features of largest "
        "weight, no others (energies to within 0.02).",
        "theory: reduced-rank regression, τ_k → t_k times a constant",
        _largest_first,
    ),
    Claim(
        "energies-are-theory",
        "With graded weights each feature's energy in the span of r slices is that of the closed form, to within 0.02.",
        "theory: reduced-rank regression",
        _energies,
    ),
    Claim(
        "shared-slice-first",
        "At equal weights, where p m is not small, the sum of all features lies in the slices' span (|cos| ≥ 0.99) in"
        " every head of every rank: at r = 1 it is the slice.",
        "theory: the whitened task has u_1 ∝ Σ W_i",
        _shared_first,
    ),
    Claim(
        "rest-is-chance",
        "The further slices span what chance chooses: two seeds' spans overlap as random ones (in standard errors).",
        "null: E ‖U_aᵀU_b‖² of uniformly random spans of r - 1 in m - 1 dimensions",
        _rest_is_chance,
    ),
    Claim(
        "descent-reaches-floor",
        "Gradient descent reaches the floor of L2 at every short rank, to within 1 % of E s².",
        "theory: Eckart and Young in whitened coordinates",
        _floor,
    ),
    Claim(
        "trained-w-is-theory",
        "On W trained on dense data recovery with graded weights is that of the closed form, to within 0.02.",
        "theory: Ω* = D T Dᵀ at the trained W",
        _trained_is_theory,
    ),
    Claim(
        "dense-all-recovered",
        "r = m, dense features, trained W, equal weights, no constant input: slices recover all m features.",
        "the hypothesis as first stated; fails: one slice is shared and the others are free",
        _on_trained_share("count", "equal"),
        kind="open",
    ),
    Claim(
        "dense-all-recovered-graded",
        "The same with graded weights and a constant input.",
        "theory for exactly orthonormal features; trained W are so only nearly, features beyond the first m leak in",
        _on_trained_share("count, [h; 1]", "graded"),
        kind="open",
    ),
    Claim(
        "largest-weights-first-crowded",
        "The largest weights come first, too, where p m is not small: r slices span the r features of largest weight, "
        "no others (energies to within 0.02).",
        "the rule τ ∝ t √(P_ii P_jj) taken literally; fails: the first slice goes to what all features share",
        _largest_first_crowded,
        kind="open",
    ),
    Claim(
        "one-feature-wins",
        "With r = 1 and equal weights one feature takes the slice (more than half of it lies in the slice).",
        "the naive expectation; fails: the slice is shared by all, 1/m each",
        _one_wins,
        kind="open",
    ),
    Claim(
        "graded-count-recovered",
        "Distinct weights make dense 'count' heads without a constant input recover all features, too.",
        "the naive expectation; fails: what all features share is worth more than what sets them apart",
        _graded_count,
        kind="open",
    ),
    gap_claim("those trained on dense data"),
)
