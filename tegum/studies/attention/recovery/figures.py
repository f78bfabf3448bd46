"""The figures of `head-recovery`; each says above it what it shows."""

from typing import Any

import numpy as np
import xarray as xr

from tegum.analysis.nulls import chance_quantile
from tegum.plots import marks, panels
from tegum.plots.dots import Against, dots_against
from tegum.plots.matrices import heat_map
from tegum.plots.style import BLUE, INK, RED, drawing, shades
from tegum.studies import core
from tegum.studies.attention.recovery import dictionaries as read
from tegum.studies.attention.recovery.baselines import WAYS
from tegum.studies.attention.recovery.dictionaries import BARE, PLANTED_HIDDEN, PRECISION
from tegum.theory.optimal_heads import orthonormal_cosine
from tegum.theory.recovery_laws import random_cosine_squared


@core.takeaway(
    "In a balanced tegum product singular vectors are the features (least median |cos| of all "
    "settings [balanced-is-exact]); in random dictionaries, with a constant input, |cos| is about "
    "√(1 - m/n) = 0.71 in theory and [any-dictionary] in the median."
)
def planted(ds: xr.Dataset) -> core.Exhibit:
    shown = ds[["planted_cosine", "planted_theory"]]
    laid = read.by_variant(shown)
    return core.exhibit(
        panels.dots_by_density(
            laid.planted_cosine,
            laid.planted_theory,
            panel="dictionary",
            series="variant",
            ylabel="|cos(first singular vector, feature)|",
            theory="closed form (median)",
            chance=chance_quantile(0.95, PLANTED_HIDDEN),
            columns=2,
            spread=0.3,
            ms=5,
        ),
        shown,
        f"One attended pair in m = {PLANTED_HIDDEN} dimensions: {PLANTED_HIDDEN} orthonormal "
        "features; 19 in balanced polytopes (a tegum product); an attended digon and 9 features "
        "with a dimension each; 20 random directions. count: is the pair present? product: of its "
        "activations. Heads see h = Wx, or [h; 1], with a constant 1. Dots: trained heads, every "
        "seed and side; none where s is constant and nothing can be learned. Dashes: closed form "
        "|cos(d_i, W_i)|. Grey: what one random direction stays below in 95 %.",
    )


@core.takeaway(
    "Of orthonormal features without a constant input, |cos| falls at density 1 to "
    "[dense-orthonormal-fails] (trained heads, median over seeds; theory: 1/√m)."
)
def orthonormal_law(ds: xr.Dataset) -> core.Exhibit:
    densities, sizes = np.linspace(0.01, 1, 100), (2, 5, 10, 20)
    values = [[orthonormal_cosine(m, p) for p in densities] for m in sizes]
    coords = {"n_hidden": list(sizes), "density": densities}
    theory = xr.DataArray(values, coords, ("n_hidden", "density"), "cosine")
    found = ds.planted_cosine.sel(BARE).median(("seed", "side"))
    with drawing(width=4.2, height=3.3) as (figure, axes):
        axis = axes[0, 0]
        for colour, m in zip(shades(len(sizes)), sizes, strict=True):
            axis.plot(1 - densities, theory.sel(n_hidden=m), color=colour, label=f"m = {m}")
        label = f"trained, m = {PLANTED_HIDDEN}"
        axis.plot(1 - ds.density, found, "o", color=INK, ms=4, label=label)
        axis.set(xlabel="sparsity S = 1 - density", ylim=(0, 1.03), title="orthonormal features")
        axis.set_ylabel("|cos(first singular vector, feature)|")
        axis.legend()
    return core.exhibit(
        figure,
        theory,
        "Orthonormal features, target 'is the pair present', no constant input. Lines: the closed "
        "form (S + β) / √((S + β)² + (m - 1) β²), β = p / (1 + 3S + 3pm). Dots: trained heads "
        "(median over seeds and sides).",
    )


@core.takeaway(
    "In random dictionaries the mean cos² of slice and feature keeps to the law within "
    "[random-dictionary-law] at every n: the nearer n is to m, the less slices are the features."
)
def random_law(ds: xr.Dataset) -> core.Exhibit:
    config, n = core.config_in(ds), ds.law_features.values
    m, fine = config["law_hidden"], np.linspace(n.min(), n.max(), 400)
    mean = ds.law_cosine_squared.mean("draw")
    error = ds.law_cosine_squared.std("draw") / np.sqrt(ds.sizes["draw"])
    aligned = read.not_constant(ds).baseline.sel(way="with constant").median("seed") ** 2
    ratio = np.full(aligned.size, config["n_hidden"] / config["n_features"])
    with drawing(width=4.2, height=3.6) as (figure, axes):
        axis = axes[0, 0]
        label = "1 - (m-1)/n, and 1 - (n-1)/m for n ≤ m"
        marks.theory(axis, m / fine, random_cosine_squared(fine, m), label=label)
        label = f"random dictionaries, m = {m}"
        axis.errorbar(m / n, mean, 2 * error, fmt="o", ms=3.5, color=BLUE, label=label)
        label = "trained W, median of each density below 1"
        axis.plot(ratio, aligned, "x", color=RED, label=label)
        axis.set(xlabel="m / n", ylabel="cos²(singular vector, feature)", xscale="log")
        axis.set(ylim=(-0.03, 1.05), title="random dictionaries")
        axis.set_xticks([0.2, 0.5, 1, 2, 5], labels=["0.2", "0.5", "1", "2", "5"])
        axis.minorticks_off()
        figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center")
    return core.exhibit(
        figure,
        xr.Dataset({"mean_cosine_squared": mean, "standard_error": error}),
        "Why it matters that W is trained, for heads with a constant input. Dots: mean of cos² "
        "over random dictionaries, with two standard errors. Line: the law. Crosses: the best "
        "slice of heads on trained W, whose features do not lie at random.",
    )


@core.takeaway(
    "On trained W trained heads do what the closed form says: their |cos| differ by "
    "[trained-matches-theory] (median over seeds and pairs, in the worst setting)."
)
def trained_against_theory(ds: xr.Dataset) -> core.Exhibit:
    shown = ds[["cosine", "theory"]].where(read.told_apart(ds))
    shown = shown.sortby("density", ascending=False)
    off = read.above(read.trained_error(ds), 2 * PRECISION)
    label = "trained: |cos| of the pair's slice"
    places = {str(question): shown.sel(question=question) for question in ds.question.values}
    each = [Against(p.theory, p.cosine, "closed form", label, q, 1.0) for q, p in places.items()]
    look: dict[str, Any] = {"xlim": (0, 1.03), "ylim": (0, 1.03)}
    look |= {"colours": shades(shown.sizes["density"]), "names": panels.sparsity}
    return core.exhibit(
        dots_against(each, series="density", **look),
        shown,
        "Trained heads on trained W against the closed-form head on the same W: |cos| of each "
        "pair's matched slice, the worse side, for every target, input, rank and seed. The three "
        f"pairs have weights 1, 3/4, 1/2. Of all dots {100 * float(off.mean()):.2g} % are more "
        f"than {2 * PRECISION:g} off the line: of short rank and dense features the loss hardly "
        "says which pair gets the last slice, and training takes long to find it.",
    )


@core.takeaway(
    "With a constant input, singular vectors are nearer to the pair than randomly turned rows of A "
    "and B in [beats-gauge-null of models] (without one in [beats-gauge-null-without-constant of "
    "models]); against a pair not asked for the median |cos| at density ≤ 0.3 is "
    "[wrong-pair-is-chance]."
)
def baselines(ds: xr.Dataset) -> core.Exhibit:
    shown = ds.baseline.sortby("density", ascending=False)
    median_of = shown.median("seed").sel(way=list(WAYS)).transpose("way", "density")
    with drawing(width=7.4, height=3.7) as (figure, axes):
        image = heat_map(axes[0, 0], median_of.values, rows=list(WAYS.values()), numbers=True)
        marks.sparsity_ticks(axes[0, 0], shown.density.values)
        axes[0, 0].set_title("where one looks for the pair")
        figure.colorbar(image, label="|cos|, median over seeds")
    return core.exhibit(
        figure,
        shown.rename("cosine"),
        "How near each way comes to the first of three attended pairs on trained W: |cos| of its "
        "best slice or row, the worse side. Heads see h or [h; 1]. Turned at random: A and B by "
        "one rotation, which changes no logit. Cov(h): covariance of h. No head: singular vectors "
        "of the difference between tokens with the pair and without.",
    )


@core.takeaway(
    "Singular values are those of the closed form to a relative error of [sigma-law], and σ‖W_i‖², "
    "what a slice contributes, is squared leverage to one of [contribution-is-leverage] (medians "
    "over features, seeds and densities)."
)
def singular_values(ds: xr.Dataset) -> core.Exhibit:
    shown = read.not_constant(ds)[["sigma", "sigma_theory", "leverage", "norm"]]
    shown = shown.where(shown.norm > 0.5).sortby("density", ascending=False)
    gain = read.scaled_by_gain(xr.ones_like(shown.density))
    shown["sigma_scaled"] = shown.sigma / gain
    shown["contribution"] = read.contribution(shown) / gain
    scale, high = "(6S/(1+3S))²", float(shown.sigma.max())
    each = (
        (shown.sigma_theory, shown.sigma, f"{scale} |G⁻¹W_i|²", "σ, trained", "closed form", high),
        (shown.norm, shown.sigma_scaled, "length ‖W_i‖", f"σ / {scale}", "length"),
        (shown.leverage**2, shown.contribution, "P_ii²", f"σ‖W_i‖² / {scale}", "leverage", 1.0),
    )
    colours = shades(shown.sizes["density"])
    return core.exhibit(
        dots_against(
            [Against(*panel) for panel in each],
            series="density",
            colours=colours,
            names=panels.sparsity,
        ),
        shown,
        "Singular values σ of heads for the pair (i, i), one head a feature with ‖W_i‖ > 1/2, "
        "constant input. Left: against the closed form, G = WWᵀ. Middle: against length. Right: "
        "the contribution σ‖W_i‖² against squared leverage. On grey lines the two are equal.",
    )


@core.takeaway(
    "The best head's logit tells tokens with its pair from others: the area under the ROC curve is "
    "[tells-tokens-apart], a median over seeds, at the worst density and input."
)
def detector(ds: xr.Dataset) -> core.Exhibit:
    shown = read.not_constant(ds).auc.sortby("density", ascending=False)
    figure = panels.dots_by_density(
        shown.expand_dims(of=["closed-form head"]),
        panel="of",
        series="input",
        ylabel="area under the ROC curve",
        names=lambda seen: f"head sees {seen}",
        ylim=(0.45, 1.01),
    )
    figure.axes[0].axhline(0.5, color=INK, ls="--", lw=0.8)
    return core.exhibit(
        figure,
        shown,
        "How often the best head's logit is larger for a token with the pair than for one without, "
        "one dot a model; dashed, a logit that knows nothing. Unlike L2 it does not depend on the "
        "logit's scale.",
    )


FIGURES = (
    planted,
    orthonormal_law,
    random_law,
    trained_against_theory,
    baselines,
    singular_values,
    detector,
)
