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

Single heads are slow where weights nearly tie or dense h hardly varies along a direction: with a
constant input a few are still 1 % or more from Ω* when training ends, and on trained W those of the
least important features, whose dimension is not theirs alone, are farthest from the closed form.
"""

from typing import Any

import numpy as np
import xarray as xr

from tegum.analysis.nulls import best_slice, chance_quantile
from tegum.plots import marks
from tegum.plots.bands import DASHES, SHADED, bands_of
from tegum.plots.matrices import heat_maps
from tegum.plots.panels import sparsity
from tegum.plots.style import BLUE, GREEN, ORANGE, RED, drawing
from tegum.studies import core, populations
from tegum.studies.attention.rank import everyone
from tegum.studies.attention.rank.everyone import FREE, HEADS, SHORT, WEIGHTS, Config
from tegum.studies.attention.rank.scores import APART, EXACT, SAMPLED, VARIANTS
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, above, at, extreme, hidden_of, median, number, share
from tegum.theory.short_rank import wedin_cosine

# --- claims -------------------------------------------------------------------------------------

TRAINING = "precision asked of training"
EQUAL = controls.reversed_along("gap", "weights of the other end of the gaps")
RANDOM = controls.random_cosines(["recovery", "gated"], slices=10, name="best of 10 random slices")
OTHER_PAIRS = controls.shuffled("energy", "pair")

CLAIMS = (
    Claim(
        "functional-recovery",
        "At r = m descent on the exact loss finds Ω* itself: ‖Ω - Ω*‖ / ‖Ω*‖ at most {high} "
        "(median over seeds, worst setting of weights, target, input and density).",
        f"theory: the exact quadratic has no bad minima at full rank; {TRAINING}",
        median(at(lambda ds: ds.error, variant=lambda names: names != SAMPLED), "greatest"),
        high=0.01,
        control=controls.constant("error", 1.0, "Ω = 0"),
    ),
    Claim(
        "equal-is-chance",
        "With equal weights a feature's best slice aligns with it as chance does, although Ω is "
        "learned: 'product', and 'count' with a constant input (mean |cos| within 4 standard "
        "errors, in the setting farthest from chance).",
        "theory: equal σ leave the basis free; null: the largest of m coordinates at random",
        everyone.farthest_from_chance,
        low=everyone.chance_and(-4),
        high=everyone.chance_and(4),
        control=EQUAL,
    ),
    Claim(
        "graded-is-one",
        "With weights that differ by 5 % or more all m features get slices of their own (|cos|, a "
        "head's mean over features, at least {low}; median over seeds, worst setting).",
        "theory: T is a permutation with distinct weights, Ω* = D T Dᵀ with orthogonal D; "
        f"{TRAINING}",
        median(at(everyone.recovery, **everyone.OF_FREE, **everyone.DISTINCT), "least"),
        low=0.99,
        control=EQUAL,
    ),
    Claim(
        "count-is-theory",
        "For 'count' without a constant input recovery is the closed form's (|cos| to {high}, "
        "median over seeds, worst setting of gaps from 5 % on).",
        f"theory: Ω* = D T Dᵀ, where d_i leans to Σ W_k; {TRAINING}",
        median(at(everyone.error_of("recovery"), variant="count", **everyone.DISTINCT), "greatest"),
        high=0.02,
        control=controls.shuffled("recovery_theory", "variant", "closed forms of other targets"),
    ),
    Claim(
        "noise-asks-for-gaps",
        "At the smallest gap heads trained on samples recover features less than those trained on "
        "the exact loss, in more models than {low}.",
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
        "features of largest weight, no others (error of energies at most {high}, median over "
        "seeds, worst pair and setting).",
        f"theory: reduced-rank regression, τ_k → t_k times a constant; {TRAINING}",
        median(at(everyone.error_of_largest_first, **everyone.SPARSE), "greatest"),
        high=0.02,
        control=OTHER_PAIRS,
    ),
    Claim(
        "energies-are-theory",
        "With graded weights each feature's energy in the span of r slices is the closed form's "
        "(error at most {high}, median over seeds, worst pair and setting).",
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
        "(mean within {high} standard errors, at every rank).",
        "null: ‖UᵀV‖² of uniformly random spans of r - 1 in m - 1 dimensions",
        extreme(everyone.overlap_errors, "greatest"),
        high=4,
        control=controls.constant("overlap", 1.0, "all seeds span the same"),
    ),
    Claim(
        "descent-reaches-floor",
        "Descent reaches the floor of L2 at every short rank, to {high} of E s² (median over "
        "seeds, worst setting).",
        f"theory: Eckart and Young in whitened coordinates; {TRAINING}",
        median(lambda ds: ds.L2 - ds.L2_floor, "greatest"),
        high=0.01,
        control=controls.shuffled("L2_floor", "rank", "floors of other ranks"),
    ),
    Claim(
        "trained-w-is-theory",
        "On W trained on dense data recovery with graded weights is the closed form's (error of "
        "|cos| at most {high}, median over seeds and features, worst target and input; with a "
        "constant input single features are farther off).",
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
        "(error of energies at most {high}, median over seeds, worst pair and setting).",
        "the rule τ ∝ t √(P_ii P_jj) taken literally; fails: the first slice goes to all features",
        median(at(everyone.error_of_largest_first, **everyone.CROWDED), "greatest"),
        high=0.02,
        kind="open",
    ),
    Claim(
        "one-feature-wins",
        "With r = 1 and equal weights one feature takes the slice: its share is at least {low} "
        "(largest share of a head, median over seeds).",
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
        "too (|cos| at least {low}, median over seeds, at the best gap).",
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


ASKED = (
    "'product': the sum of the pairs' products; 'count': how many pairs are present, each by its "
    "weight; [h; 1]: with a constant input"
)


@core.takeaway(
    "At equal weights a feature's best slice has a mean |cos| of [equal-is-chance], as chance has; "
    "from a gap of 5 % on it is [graded-is-one] (least median over seeds), without noise; with the "
    "noise of samples recovery at the smallest gap is less in [noise-asks-for-gaps of models]."
)
def weight_gap(ds: xr.Dataset) -> core.Exhibit:
    m, densities = hidden_of(ds), np.sort(ds.density.values)[::-1]
    shown = ds[["recovery", "recovery_theory", "gated", "error", "least_gap"]]
    look: dict[str, Any] = {
        "x": "gap",
        "series": "variant",
        "colours": COLOURS,
        "wide": ["product"],
    }
    size = {"width": 2.9 * len(densities) + 2.9, "height": 3.6}
    with drawing(1, len(densities) + 1, **size, sharey=True) as (figure, (axes,)):
        for axis, p in zip(axes, densities, strict=False):
            one = shown.sel(density=p)
            theory = one.recovery_theory.where(one.gap > 0)
            bands_of(axis, one.recovery, theory, names=lambda gap: f"{100 * gap:.3g}", **look)
            spans = one.gated.sel(variant=SAMPLED).median("seed")
            options = {"ms": 5, "zorder": 4, "label": "sampled: spans of clusters"}
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
        f"All m = {m} orthonormal features at once, r = m. {ASKED}; sampled: trained on samples, "
        "all others on the exact loss. By sparsity S: recovery, the mean over features, against "
        f"the gap between neighbours' weights ({SHADED}); product is drawn wide, under the others. "
        "Crosses: the worst feature's |cos| with the span of its cluster of slices, those whose σ "
        "differ by less than 4 ‖Ω - Ω*‖. Right: each head but those for 'count' without constant, "
        "against the least gap of σ in units of the error in Ω; Wedin's bound lies below them.",
    )


def recovery_by_separation(axis: Any, shown: xr.Dataset) -> None:
    for variant in (*FREE, SAMPLED):
        one = shown.sel(variant=variant)
        x, y = (values.values.ravel() for values in (one.least_gap / one.error, one.recovery))
        size = {"ms": 9, "zorder": 1.5} if variant == "product" else {"ms": 3}
        axis.plot(x, y, ".", alpha=0.5, color=COLOURS[variant], **size)
    gaps = np.geomspace(2.01, 1e6, 200)
    marks.theory(axis, gaps, [wedin_cosine(float(gap)) for gap in gaps], label="Wedin's bound")
    axis.set(xscale="log", xlabel="least gap of σ / ‖Ω - Ω*‖", title="every head, gap above 0")


@core.takeaway(
    "Energies are the closed form's to [energies-are-theory]; from slices in the order of weights "
    "they differ by [largest-weights-first] for sparse features, by "
    "[largest-weights-first-crowded] for denser ones (medians over seeds, worst pair and setting)."
)
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
        "Which features a head of short rank reads, pairs from the largest weight. Colour: the "
        "energy, that share of a pair's features which lies in the span of the head's r slices "
        f"(median over seeds), beside the closed form; {ds.sizes['pair']} orthonormal features, no "
        "constant input. 'product' and 'count' are what the head is asked.",
    )


@core.takeaway(
    "Every head of short rank spans the sum of all features (|cos| at least [shared-slice-first]); "
    "what else it spans is chance's: seeds overlap as random spans do, to within [rest-is-chance] "
    "standard errors."
)
def equal_weights(ds: xr.Dataset) -> core.Exhibit:
    p, m, ranks = float(ds.short_density.max()), ds.sizes["pair"], ds["rank"].values
    shown = ds[["shared", "overlap", "energy"]].sel(weights="equal", short_density=p)
    first = shown.energy.isel(rank=0, drop=True).assign_coords(pair=np.arange(m))
    titles = "the sum of all features", "the rest of the span", f"each feature, r = {ranks[0]}"
    labels = (
        "|cos(Σ W_i, span of slices)|",
        "overlap with other seeds",
        "energy in the slice's span",
    )
    with drawing(1, 3, width=9.4, height=3.1) as (figure, (axes,)):
        panels = zip(axes, (abs(shown.shared), shown.overlap, first), titles, labels, strict=True)
        for axis, array, title, label in panels:
            along = "pair" if array is first else "rank"
            x = marks.named_ticks(axis, array[along].values)
            for shift, variant in zip((-0.15, 0.15), SHORT, strict=True):
                values = array.sel(short_variant=variant).transpose(along, "seed")
                look: dict[str, Any] = {"colour": COLOURS[variant], "shift": shift, "ms": 5}
                marks.dots(axis, x, values, label=variant, **look)
            axis.set(title=title, xlabel="rank r", ylabel=label, xlim=(-0.5, len(x) - 0.5))
            axis.set_ylim(0, 1.05)
        random = np.where(ranks > 1, (ranks - 1) / (m - 1), np.nan)
        for axis, theory in zip(
            axes, (np.ones(ranks.size), random, np.full(m, 1 / m)), strict=True
        ):
            marks.theory(axis, range(theory.size), theory, **DASHES)
        axes[2].set(xlabel="feature, from 0", ylim=(0, 3 / m))
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        f"Heads of short rank, equal weights, {sparsity(p)}, m = {m}; one dot a head, 'product' "
        "and 'count' are what it is asked. Left: |cos| of the sum of all features with the span of "
        "its r slices. Middle: how far it agrees with other seeds on what it spans besides; "
        f"theory: random spans. Right: how much of each feature it spans at r = {ranks[0]}; "
        "theory: 1/m.",
    )


@core.takeaway(
    "On trained W graded weights give what the closed form says, to [trained-w-is-theory] (median, "
    "worst target and input); at equal weights and without a constant input 'count' heads recover "
    "[dense-all-recovered] (mean |cos| of features, median over seeds)."
)
def trained_dictionaries(ds: xr.Dataset) -> core.Exhibit:
    shown, m = ds[["on_trained", "on_trained_theory"]], ds.sizes["pair"]
    graded = shown.on_trained_theory.where(shown.weights == "graded")
    look: dict[str, Any] = {"x": "pair", "series": "trained_variant", "colours": COLOURS}
    off = above(everyone.error_of("on_trained")(ds).sel(weights="graded"), 0.02)
    with drawing(1, len(WEIGHTS), width=8.4, height=3.6, sharey=True) as (figure, (axes,)):
        for axis, weights in zip(axes, WEIGHTS, strict=True):
            found, theory = (of.sel(weights=weights) for of in (shown.on_trained, graded))
            wide = ["product"] if weights == "graded" else []
            bands_of(axis, found, theory, wide=wide, inner=0.0, **look)
            marks.chance(axis, chance_quantile(0.95, m, m), best_slice(m)[0])
            axis.set(title=f"{weights} weights", xlabel="feature, from most important")
        axes[0].set(ylabel="|cos| of the feature's best slice", ylim=(0, 1.03))
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        f"Dictionaries trained on dense data ({sparsity(core.config_in(ds)['trained_density'])}), "
        f"asked for their m = {m} most important features at r = m: median over seeds, with its "
        f"95 % bootstrap interval. {ASKED}. Right, product is drawn wide, under the others. "
        "Dashes: the closed form at the trained W, unique for graded weights only; there "
        f"{100 * float(off.mean()):.2g} % of all features are more than 0.02 off it. Grey: what "
        "the best of m random slices stays below in 95 %.",
    )


QUICK = Config(
    n_hidden=10,
    densities=(0.2,),
    gaps=(0.0, 0.002, 0.2),
    seeds=8,
    ranks=(1, 2, 4),
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
    finding="Only where the pairs' weights differ: then every feature has a slice (least median "
    "|cos| [graded-is-one]). At equal weights best slices align as chance has it (mean |cos| "
    "[equal-is-chance]), and a short head spans the sum of all features (|cos| at least "
    "[shared-slice-first]).",
    sources=("franco2026",),
    measurements=(HEADS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.3, "default": 0.5, "paper": 16},
    claims=CLAIMS,
    figures=(weight_gap, energies_by_rank, equal_weights, trained_dictionaries),
)
