"""The figures of `head-rank`; each says above it what it shows."""

from typing import Any

import numpy as np
import xarray as xr

from tegum.analysis.nulls import best_slice, chance_quantile
from tegum.plots import marks
from tegum.plots.bands import DASHES, SHADED, bands_of
from tegum.plots.matrices import heat_maps
from tegum.plots.panels import sparsity
from tegum.plots.style import BLUE, GREEN, ORANGE, RED, drawing
from tegum.studies import core
from tegum.studies.attention.rank import everyone
from tegum.studies.attention.rank.everyone import FREE, SHORT, WEIGHTS
from tegum.studies.attention.rank.scores import SAMPLED, VARIANTS
from tegum.studies.core.measures import above, hidden_of
from tegum.theory.short_rank import wedin_cosine

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


FIGURES = (weight_gap, energies_by_rank, equal_weights, trained_dictionaries)
