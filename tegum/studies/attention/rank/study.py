"""head-rank: a head is asked for every feature at once. Which get slices, at full and short rank?

Feature i of the left token is paired with the next one, i + 1, of the right token, with weight t_i.
W holds m orthonormal features, or was trained on dense data. A head of rank r keeps the r largest
singular values τ_k of its whitened task (`tegum.theory.optimal_heads`). For m orthonormal features:

    r = m, equal t      Ω is an isometry on them: learned whole, its singular vectors are any basis;
    r = m, distinct t   one slice a feature, once neighbours' σ differ by more than the noise in Ω;
    r < m               first ONE slice for all, along Σ W_i, as long as what features share is
                        worth more than what sets them apart; then the largest t in order, or, at
                        equal t, a subspace that chance chooses.

At equal t τ_1/τ_2 is (S+pm)² / (S² (1 + 3pm/(1+3S))) for "count" and 1 + 3pm/(1+3S) for "product":
features win by their weights alone only where pm is small. At full rank "product", and "count" with
a constant input, are free of that shared slice, and "count" without is not.
"""

from typing import Any

import numpy as np
import xarray as xr

from tegum.analysis.nulls import best_slice, chance_quantile
from tegum.plots import marks
from tegum.plots.bands import SHADED, bands_of
from tegum.plots.matrices import heat_maps
from tegum.plots.panels import sparsity
from tegum.plots.style import BLUE, GREEN, INK, ORANGE, RED, drawing
from tegum.studies import core, populations
from tegum.studies.attention.rank import everyone
from tegum.studies.attention.rank.everyone import FREE, HEADS, SHORT, WEIGHTS, Config
from tegum.studies.attention.rank.scores import APART, EXACT, SAMPLED, VARIANTS
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, at, extreme, hidden_of, median, number, share
from tegum.theory.short_rank import wedin_cosine

# --- claims -------------------------------------------------------------------------------------

TRAINING = "precision asked of training"
EQUAL = controls.reversed_along("gap", "weights of the other end of the gaps")
RANDOM = controls.random_cosines(["recovery", "gated"], slices=10, name="best of 10 random slices")
OTHER_PAIRS = controls.shuffled("energy", "pair")

CLAIMS = (
    Claim(
        "functional-recovery",
        "At r = m descent on the exact loss finds Ω* itself, ‖Ω - Ω*‖ / ‖Ω*‖ (median) within "
        "{high}, at all weights, targets and inputs (the denser, the more steps it takes).",
        f"theory: the exact quadratic has no bad minima at full rank; {TRAINING}",
        median(at(lambda ds: ds.error, variant=lambda names: names != SAMPLED), "greatest"),
        high=0.01,
        control=controls.constant("error", 1.0, "Ω = 0"),
    ),
    Claim(
        "equal-is-chance",
        "With equal weights a feature's best slice aligns with it as chance does (mean within 4 "
        "standard errors), although Ω is learned: 'product', and 'count' with a constant input.",
        "theory: equal σ leave the basis free; null: the largest of m coordinates at random",
        everyone.farthest_from_chance,
        low=everyone.chance_and(-4),
        high=everyone.chance_and(4),
        control=EQUAL,
    ),
    Claim(
        "graded-is-one",
        "With weights that differ by 5 % or more all m features get slices of their own (median "
        "|cos| at least {low}).",
        "theory: T is a permutation with distinct weights, Ω* = D T Dᵀ with orthogonal D; "
        f"{TRAINING}",
        median(at(everyone.recovery, **everyone.OF_FREE, **everyone.DISTINCT), "least"),
        low=0.99,
        control=EQUAL,
    ),
    Claim(
        "count-is-theory",
        "For 'count' without a constant input recovery is the closed form's (median to {high}).",
        f"theory: Ω* = D T Dᵀ, where d_i leans to Σ W_k; {TRAINING}",
        median(at(everyone.error_of("recovery"), variant="count", **everyone.DISTINCT), "greatest"),
        high=0.02,
        control=controls.shuffled("recovery_theory", "variant", "closed forms of other targets"),
    ),
    Claim(
        "noise-asks-for-gaps",
        "At the smallest gap heads trained on samples recover features less than those trained on "
        "the exact loss (share above {low}).",
        "theory: Wedin 1972; null: fair coin, 95 %",
        share(everyone.exact_is_better, note=everyone.about_noise),
        low=COIN,
        control=controls.exchanged("variant", EXACT, SAMPLED, "exact and sampled exchanged"),
    ),
    Claim(
        "wedin",
        "Every head whose σ lie 4 ‖Ω - Ω*‖ or more apart recovers features: |cos| at least {low}.",
        "theory: Wedin 1972, sin ≤ ‖E‖ / (gap - ‖E‖) = 1/3",
        extreme(at(everyone.recovery_apart, **everyone.OF_FREE_OR_NOISY), "least"),
        low=wedin_cosine(APART),
        control=RANDOM,
    ),
    Claim(
        "gated-recovery",
        "Scored by what can be told apart, every feature is recovered at every gap: it lies in the "
        "span of its cluster of slices (those nearer to each other than 4 ‖Ω - Ω*‖) within Wedin's "
        "bound, |cos| at least {low}, on both sides.",
        "theory: Wedin's sine theorem for spans",
        extreme(
            at(lambda ds: abs(ds.gated), **everyone.OF_FREE_OR_NOISY),
            "least",
            note=everyone.about_clusters,
        ),
        low=wedin_cosine(APART),
        control=RANDOM,
    ),
    Claim(
        "tau-ratio",
        "At equal weights τ_1/τ_2 is (S+pm)²/(S²(1+3pm/(1+3S))) for 'count', 1+3pm/(1+3S) for "
        "'product' (to {high}).",
        "theory, to the rounding of float64 arithmetic",
        number(everyone.ratio_error, note="greatest relative error"),
        high=1e-6,
        control=controls.exchanged("short_variant", *SHORT),
    ),
    Claim(
        "largest-weights-first",
        "With graded weights and features so sparse that p m ≪ 1 a head of rank r spans the r "
        "features of largest weight, no others (median error of energies at most {high}).",
        f"theory: reduced-rank regression, τ_k → t_k times a constant; {TRAINING}",
        median(at(everyone.error_of_largest_first, **everyone.SPARSE), "greatest"),
        high=0.02,
        control=OTHER_PAIRS,
    ),
    Claim(
        "energies-are-theory",
        "With graded weights each feature's energy in the span of r slices is the closed form's "
        "(median error at most {high}).",
        f"theory: reduced-rank regression; {TRAINING}",
        median(at(everyone.error_of("energy"), weights="graded"), "greatest"),
        high=0.02,
        control=OTHER_PAIRS,
    ),
    Claim(
        "shared-slice-first",
        "At equal weights, where p m is not small, the sum of all features lies in the span of "
        "every head of every rank (|cos| at least {low}): at r = 1 it is the slice.",
        f"theory: the whitened task has u_1 ∝ Σ W_i; {TRAINING}",
        extreme(at(lambda ds: abs(ds.shared), weights="equal", **everyone.CROWDED), "least"),
        low=0.99,
        control=controls.random_cosines("shared", hidden=lambda ds: ds.sizes["pair"]),
    ),
    Claim(
        "rest-is-chance",
        "The further slices span what chance chooses: two seeds' spans overlap as random ones "
        "(mean within {high} standard errors, at the worst rank).",
        "null: ‖UᵀV‖² of uniformly random spans of r - 1 in m - 1 dimensions",
        extreme(everyone.overlap_errors, "greatest"),
        high=4,
        control=controls.constant("overlap", 1.0, "all seeds span the same"),
    ),
    Claim(
        "descent-reaches-floor",
        "Descent reaches the floor of L2 at every short rank, to {high} of E s² (median).",
        f"theory: Eckart and Young in whitened coordinates; {TRAINING}",
        median(lambda ds: ds.L2 - ds.L2_floor, "greatest"),
        high=0.01,
        control=controls.shuffled("L2_floor", "rank", "floors of other ranks"),
    ),
    Claim(
        "trained-w-is-theory",
        "On W trained on dense data recovery with graded weights is the closed form's (median "
        "error at most {high}).",
        f"theory: Ω* = D T Dᵀ at the trained W; {TRAINING}",
        median(
            at(everyone.error_of("on_trained"), weights="graded"), "greatest", over=("seed", "pair")
        ),
        high=0.02,
        control=controls.shuffled("on_trained", "weights", "heads of equal weights"),
    ),
    Claim(
        "dense-all-recovered",
        "r = m, dense features, trained W, equal weights, no constant input: slices recover all m "
        "features (mean |cos|, median over seeds, at least {low}).",
        "the hypothesis as first stated; fails: one slice is shared and the others are free",
        everyone.mean_on_trained("count", "equal"),
        low=0.95,
        kind="open",
    ),
    Claim(
        "dense-all-recovered-graded",
        "The same with graded weights and a constant input.",
        "theory for exactly orthonormal features; those beyond the first m leak into trained W",
        everyone.mean_on_trained(EXACT, "graded"),
        low=0.95,
        kind="open",
    ),
    Claim(
        "largest-weights-first-crowded",
        "Where p m is not small, too, r slices span the r features of largest weight, no others "
        "(median error of energies at most {high}).",
        "the rule τ ∝ t √(P_ii P_jj) taken literally; fails: the first slice goes to all features",
        median(at(everyone.error_of_largest_first, **everyone.CROWDED), "greatest"),
        high=0.02,
        kind="open",
    ),
    Claim(
        "one-feature-wins",
        "With r = 1 and equal weights one feature takes the slice: more than half of it lies there "
        "(median of the largest share).",
        "the naive expectation; fails: the slice is shared by all, 1/m each",
        median(
            at(everyone.largest_energy, short_variant="count", weights="equal", **everyone.CROWDED),
            "greatest",
        ),
        low=0.5,
        kind="open",
    ),
    Claim(
        "graded-count-recovered",
        "Distinct weights make dense 'count' heads without a constant input recover all features, "
        "too (median |cos| at the best gap at least {low}).",
        "the naive expectation; fails: what all features share is worth more than what differs",
        median(
            at(
                everyone.recovery,
                variant="count",
                density=lambda p: p == p.max(),
                gap=lambda g: g > 0,
            ),
            "greatest",
        ),
        low=0.95,
        kind="open",
    ),
    populations.gap_claim("those trained on dense data"),
)

# --- figures ------------------------------------------------------------------------------------

COLOURS = dict(zip((*VARIANTS, SAMPLED), (ORANGE, BLUE, GREEN, RED), strict=True))


def weight_gap(ds: xr.Dataset) -> core.Exhibit:
    m, densities = hidden_of(ds), np.sort(ds.density.values)[::-1]
    shown = ds[["recovery", "recovery_theory", "gated", "error", "least_gap"]]
    look: dict[str, Any] = {
        "x": "gap",
        "series": "variant",
        "colours": COLOURS,
        "dashed": ["product"],
    }
    size = {"width": 2.9 * len(densities) + 2.9, "height": 3.6}
    with drawing(1, len(densities) + 1, **size, sharey=True) as (figure, (axes,)):
        for axis, p in zip(axes, densities, strict=False):
            one = shown.sel(density=p)
            theory = one.recovery_theory.where(one.gap > 0)
            bands_of(axis, one.recovery, theory, names=lambda gap: f"{100 * gap:.3g}", **look)
            spans = one.gated.sel(variant=SAMPLED).median("seed")
            options = {"ms": 5, "zorder": 4, "label": "the same, spans of clusters"}
            axis.plot(range(spans.size), spans, "x", color=RED, **options)
            axis.set(title=sparsity(p), xlabel="gap of neighbouring weights, %")
        recovery_by_separation(axes[-1], shown.where(shown.gap > 0))
        for axis in axes:
            marks.chance(axis, chance_quantile(0.95, m, m), best_slice(m)[0])
        axes[0].set(ylabel="|cos| of a feature's best slice", ylim=(0.2, 1.03))
        marks.legend_below(figure, axes, columns=3)
    return core.exhibit(
        figure,
        shown,
        f"All m = {m} features at once, r = m, orthonormal. Left: recovery against the gap between "
        f"neighbours' weights ({SHADED}); at gap 0 every Ω is learned and no feature is recovered. "
        "Crosses: the worst feature's |cos| with the span of its cluster of slices, those that "
        "differ by less than 4 ‖Ω - Ω*‖. Right: the same heads against the gap of σ in units of "
        "the error in Ω, and Wedin's bound.",
    )


def recovery_by_separation(axis: Any, shown: xr.Dataset) -> None:
    for variant in (*FREE, SAMPLED):
        one = shown.sel(variant=variant)
        x, y = (values.values.ravel() for values in (one.least_gap / one.error, one.recovery))
        axis.plot(x, y, ".", ms=3, alpha=0.5, color=COLOURS[variant])
    gaps = np.geomspace(2.01, 1e6, 200)
    marks.theory(axis, gaps, [wedin_cosine(float(gap)) for gap in gaps], label="Wedin's bound")
    axis.set(xscale="log", xlabel="least gap of σ / ‖Ω - Ω*‖")


def energies_by_rank(ds: xr.Dataset) -> core.Exhibit:
    shown = ds[["energy", "energy_theory"]].sel(weights="graded")
    shown = shown.sortby("short_density", ascending=False)
    both = {"closed form": shown.energy_theory, "trained": shown.energy.median("seed")}
    titled = {
        f"{variant}, {way}": values.sel(short_variant=variant, drop=True)
        for variant in SHORT
        for way, values in both.items()
    }
    maps = xr.Dataset(titled).to_array("title")
    label = "energy in the slices' span"
    axes = {"y": "pair", "x": "rank", "rows": "sparsity", "columns": "title"}
    maps = maps.assign_coords(short_density=[sparsity(p) for p in maps.short_density.values])
    return core.exhibit(
        heat_maps(maps.rename(short_density="sparsity"), **axes, label=label),
        shown,
        "Which features a head of short rank reads, pairs from the largest weight: the share of "
        "each pair's features in the span of its r slices, beside the closed form; m orthonormal "
        "features. Where p m is large the first slice is spent on all of them; sparse features get "
        "slices in the order of their weights.",
    )


def equal_weights(ds: xr.Dataset) -> core.Exhibit:
    p, m, ranks = float(ds.short_density.max()), ds.sizes["pair"], ds["rank"].values
    shown = ds[["shared", "overlap", "energy"]].sel(weights="equal", short_density=p)
    ordered = -np.sort(-shown.energy.isel(rank=0).transpose(..., "pair"), axis=-1)
    first = shown.energy.isel(rank=0, drop=True).transpose(..., "pair").copy(data=ordered)
    first = first.assign_coords(pair=np.arange(1, m + 1))
    labels = "cos(Σ W_i, span of the slices)", "overlap with other seeds' spans"
    with drawing(1, 3, width=8.6, height=2.9) as (figure, (axes,)):
        for axis, name, label in zip(axes, ("shared", "overlap"), labels, strict=False):
            x = marks.named_ticks(axis, ranks)
            for shift, variant in zip((-0.1, 0.1), SHORT, strict=True):
                values = shown[name].sel(short_variant=variant).transpose("rank", "seed")
                marks.dots(axis, x, values, colour=COLOURS[variant], shift=shift)
            axis.set(xlabel="rank r", ylabel=label, ylim=(0, 1.05), xlim=(-0.5, ranks.size - 0.5))
        random = np.where(ranks > 1, (ranks - 1) / (m - 1), np.nan)
        marks.theory(axes[1], x, random, label="random spans", marker="_", ms=9, ls="", mew=1.4)
        bands_of(axes[2], first, x="pair", series="short_variant", colours=COLOURS)
        axes[2].axhline(1 / m, color=INK, ls="--", lw=0.8, zorder=9, label="1/m")
        axes[2].set(ylabel=f"energy at r = {ranks[0]}", xlabel="feature, in its head's order")
        axes[2].set_ylim(0, 0.5)
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        f"Equal weights, {sparsity(p)}. Left: cos of the sum of all features with the span of r "
        "slices. Middle: how far each seed agrees with the others on what it spans besides, and "
        "random spans. Right: what the first slice gives each feature; dashed: 1/m.",
    )


def trained_dictionaries(ds: xr.Dataset) -> core.Exhibit:
    shown, m = ds[["on_trained", "on_trained_theory"]], ds.sizes["pair"]
    graded = shown.on_trained_theory.where(shown.weights == "graded")
    look: dict[str, Any] = {"x": "pair", "series": "trained_variant", "colours": COLOURS}
    with drawing(1, len(WEIGHTS), width=7.2, height=3.3, sharey=True) as (figure, (axes,)):
        for axis, weights in zip(axes, WEIGHTS, strict=True):
            found, theory = (of.sel(weights=weights) for of in (shown.on_trained, graded))
            bands_of(axis, found, theory, **look)
            marks.chance(axis, chance_quantile(0.95, m, m), best_slice(m)[0])
            axis.set(title=f"{weights} weights", xlabel="feature, from most important")
        axes[0].set(ylabel="|cos| of the feature's best slice", ylim=(0, 1.03))
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        f"Dictionaries trained on dense data ({sparsity(core.config_in(ds)['trained_density'])}), "
        f"asked for their m most important features at r = m: {SHADED}. Dotted: the closed form at "
        "the trained W.",
    )


QUICK = Config(
    n_hidden=10,
    densities=(0.2,),
    gaps=(0.0, 0.002, 0.2),
    seeds=8,
    ranks=(1, 2, 4),
    head_steps=1000,
    steps=1500,
)
PAPER = Config(
    n_hidden=50,
    densities=(0.05,),
    gaps=(0.0, 0.002, 0.01, 0.05, 0.2),
    seeds=100,
    head_steps=2000,
    short_hidden=50,
    ranks=(1, 5, 15, 35),
    n_features=100,
    importance_decay=0.98,
)

STUDY = core.Study(
    name="head-rank",
    group="attention-head",
    question="A head is asked for every feature: are all recovered at full rank, and which get "
    "slices at short rank?",
    finding="Only where the pairs' weights differ: then every feature has a slice (median |cos| "
    "[graded-is-one]). At equal weights best slices align as chance has it (mean |cos| "
    "[equal-is-chance]), and a short head spends its first slice on what all features "
    "share.",
    sources=("franco2026",),
    measurements=(HEADS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.25, "default": 0.5, "paper": 16},
    claims=CLAIMS,
    figures=(weight_gap, energies_by_rank, equal_weights, trained_dictionaries),
)
