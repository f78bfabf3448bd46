"""The figures of head-recovery, each with the numbers that it shows."""

import numpy as np
import xarray as xr

from tegum.analysis.nulls import chance_quantile
from tegum.plots.style import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    RED,
    SERIES,
    house_style,
    shades,
    sheet,
)
from tegum.studies.attention.recovery.claims import law, told_apart
from tegum.studies.study import Exhibit, config_in
from tegum.theory.optimal_heads import orthonormal_cosine

VARIANTS = (
    ("count", False, BLUE),
    ("count", True, GREEN),
    ("product", False, ORANGE),
    ("product", True, RED),
)


def _input_name(bias: bool) -> str:
    return "[h; 1]" if bias else "h"


def _planted(ds: xr.Dataset) -> Exhibit:
    ordered = ds[["planted_cosine", "planted_theory"]].sortby("density", ascending=False)
    x = np.arange(ordered.sizes["density"])
    null = chance_quantile(0.95, 10)
    with house_style():
        figure, axes = sheet(
            1,
            ds.sizes["dictionary"],
            width=2.3 * ds.sizes["dictionary"] + 0.6,
            height=3.0,
            sharey=True,
        )
        for axis, dictionary in zip(axes[0], ds.dictionary.values, strict=True):
            axis.axhspan(0, null, color=FAINT, alpha=0.35, lw=0, label="chance, 95 %")
            for shift, (target, bias, colour) in zip(
                (-0.18, -0.06, 0.06, 0.18), VARIANTS, strict=True
            ):
                one = ordered.sel(dictionary=dictionary, target=target, bias=bias)
                dots = one.planted_cosine.transpose("density", "seed", "side").values.reshape(
                    len(x), -1
                )
                axis.plot(
                    np.repeat(x + shift, dots.shape[1]),
                    dots.ravel(),
                    ".",
                    ms=2,
                    alpha=0.4,
                    color=colour,
                )
                line = one.planted_theory.median(("seed", "side")).transpose("density")
                axis.plot(
                    x, line, color=colour, lw=1.2, label=f"{target}, sees {_input_name(bias)}"
                )
            axis.set(title=dictionary, xlabel="S = 1 - density", ylim=(0, 1.03), xticks=x)
            axis.set_xticklabels([f"{1 - p:.3g}" for p in ordered.density.values])
        axes[0, 0].set_ylabel("|cos(first singular vector, feature)|")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return Exhibit(
        figure,
        ordered.to_dataframe().reset_index().dropna(),
        "One pair, in dictionaries that were written down. Dots: trained heads, one for each seed and side. Lines: "
        "closed form |cos(d_i, W_i)|, median over seeds. Grey: what one random direction stays below in 95 %.",
    )


def _planted_table(ds: xr.Dataset) -> Exhibit:
    """Theory's table of |cos| for orthonormal features of several m, without a constant input."""
    densities = np.linspace(0.01, 1, 100)
    with house_style():
        figure, axes = sheet(1, 1, width=3.6, height=2.9)
        rows = []
        for colour, m in zip(shades(4), (2, 5, 10, 20), strict=True):
            values = [orthonormal_cosine(m, p) for p in densities]
            axes[0, 0].plot(1 - densities, values, color=colour, label=f"m = {m}")
            rows += [
                {"n_hidden": m, "density": p, "cosine": v}
                for p, v in zip(densities, values, strict=True)
            ]
        found = ds.planted_cosine.sel(dictionary="orthonormal", target="count", bias=False)
        axes[0, 0].plot(
            1 - ds.density,
            found.median(("seed", "side")),
            "o",
            color=INK,
            ms=4,
            label="trained, m = 10",
        )
        axes[0, 0].set(xlabel="sparsity S = 1 - density", ylabel="|cos|", ylim=(0, 1.03))
        axes[0, 0].legend()
    import pandas as pd

    return Exhibit(
        figure,
        pd.DataFrame(rows),
        "Orthonormal features, target 'is the pair present', no constant input: the closed form (S + β) / √((S + β)² +"
        " (m - 1) β²) with β = p / (1 + 3S + 3pm), and heads trained at m = 10 (median).",
    )


def _law(ds: xr.Dataset) -> Exhibit:
    m = int(config_in(ds)["law_hidden"])
    n = ds.law_features.values
    mean = ds.law_cosine_squared.mean("draw")
    error = ds.law_cosine_squared.std("draw") / np.sqrt(ds.sizes["draw"])
    fine = np.linspace(n.min(), n.max(), 400)
    below_one = [p for p in ds.density.values if p < 1]
    aligned = ds.baseline.sel(way="with constant", density=below_one).median("seed") ** 2
    with house_style():
        figure, axes = sheet(1, 1, width=4.2, height=3.6)
        axis = axes[0, 0]
        axis.plot(
            m / fine, law(fine, m), color=INK, lw=1, label="1 - m/n, and 1 - (n-1)/m for n ≤ m"
        )
        axis.errorbar(
            m / n,
            mean,
            2 * error,
            fmt="o",
            ms=3.5,
            color=BLUE,
            label=f"random dictionaries, m = {m}",
        )
        config = config_in(ds)
        ratio = config["n_hidden"] / config["n_features"]
        axis.plot(
            [ratio] * aligned.size, aligned, "x", color=RED, label="trained W, each density below 1"
        )
        axis.set(
            xlabel="m / n",
            ylabel="cos²(first singular vector, feature)",
            xscale="log",
            ylim=(-0.03, 1.05),
        )
        axis.set_xticks([0.2, 0.5, 1, 2, 5], labels=["0.2", "0.5", "1", "2", "5"])
        axis.minorticks_off()
        figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center")
    return Exhibit(
        figure,
        xr.Dataset({"mean_cosine_squared": mean, "standard_error": error})
        .to_dataframe()
        .reset_index(),
        "Why it matters that W is trained. In random dictionaries the best head's singular vectors are as far from the"
        " features as the law says (bars: two standard errors); on trained W they align. All with a constant input.",
    )


def _trained_against_theory(ds: xr.Dataset) -> Exhibit:
    data = ds[["cosine", "theory"]].where(told_apart(ds)).to_dataframe().reset_index().dropna()
    with house_style():
        figure, axes = sheet(
            1, len(ds.question), width=3.1 * len(ds.question), height=3.1, sharey=True
        )
        for axis, question in zip(axes[0], ds.question.values, strict=True):
            axis.plot([0, 1], [0, 1], color=FAINT, lw=1)
            for colour, target in zip(SERIES, ds.target.values, strict=False):
                one = data[(data.question == question) & (data.target == target)]
                axis.plot(one.theory, one.cosine, ".", ms=2, alpha=0.3, color=colour, label=target)
            axis.set(
                title=question, xlabel="closed form", xlim=(0, 1.02), ylim=(0, 1.02), aspect="equal"
            )
        axes[0, 0].set_ylabel("trained: |cos| of the pair's slice")
        legend = axes[0, -1].legend(loc="upper left", markerscale=4)
        for handle in legend.legend_handles:
            handle.set_alpha(1)
    return Exhibit(
        figure,
        data,
        "Trained heads on trained W against the closed-form head on the same W: |cos| of each pair's matched slice, the"
        " worse side, for every density, input, rank and seed. The three pairs have weights 1, 3/4, 1/2.",
    )


def _baselines(ds: xr.Dataset) -> Exhibit:
    ordered = ds.baseline.sortby("density", ascending=False)
    data = ordered.median("seed").transpose("way", "density")
    with house_style():
        figure, axes = sheet(1, 1, width=6.0, height=3.2)
        image = axes[0, 0].imshow(data, cmap="viridis", vmin=0, vmax=1, aspect="auto")
        for (row, column), value in np.ndenumerate(data.values):
            colour = "black" if value > 0.6 else "white"
            axes[0, 0].text(
                column, row, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=8
            )
        axes[0, 0].set(
            xlabel="sparsity S = 1 - density",
            xticks=range(data.shape[1]),
            yticks=range(data.shape[0]),
        )
        axes[0, 0].set_xticklabels([f"{1 - p:.3g}" for p in ordered.density.values])
        axes[0, 0].set_yticklabels(data.way.values)
        axes[0, 0].spines[:].set_visible(False)
        figure.colorbar(image, label="|cos|, median over seeds")
    return Exhibit(
        figure,
        ordered.rename("cosine").to_dataframe().reset_index(),
        "Other ways to find the pair on trained W (worse side, best slice). 'gauge' is the same head after a random "
        "rotation between A and B. 'unwhitened' is Cov(h) Ω Cov(h). 'contrast' is the covariance of positives minus "
        "that of negatives.",
    )


def _sigma(ds: xr.Dataset) -> Exhibit:
    shown = ds[["sigma", "sigma_theory", "leverage", "norm"]].sel(
        density=[p for p in ds.density.values if p < 1]
    )
    data = shown.to_dataframe().reset_index()
    data = data[data.norm > 0.5]
    scale = (
        6 * (1 - data.density) / (4 - 3 * data.density)
    ) ** 2  # (6S/(1+3S))², the same for all features
    data = data.assign(
        sigma_scaled=data.sigma / scale, contribution=data.sigma * data.norm**2 / scale
    )
    with house_style():
        figure, axes = sheet(1, 3, width=8.6, height=2.9)
        densities = sorted(data.density.unique(), reverse=True)
        for density, colour in zip(densities, shades(len(densities)), strict=True):
            one = data[data.density == density]
            style = {"ms": 3, "alpha": 0.5, "color": colour, "label": f"S = {1 - density:.3g}"}
            axes[0, 0].plot(one.sigma_theory, one.sigma, ".", **style)
            axes[0, 1].plot(one.norm, one.sigma_scaled, ".", **style)
            axes[0, 2].plot(one.leverage**2, one.contribution, ".", **style)
        for axis, high in ((axes[0, 0], float(data.sigma.max())), (axes[0, 2], 1.0)):
            axis.plot([0, high], [0, high], color=FAINT, lw=1, zorder=0)
        axes[0, 0].set(xlabel="(6S/(1+3S))² |G⁻¹W_i|²", ylabel="σ, trained")
        axes[0, 1].set(xlabel="length ‖W_i‖", ylabel="σ / (6S/(1+3S))²")
        axes[0, 2].set(xlabel="P_ii²", ylabel="contribution σ‖W_i‖² / (6S/(1+3S))²")
        axes[0, 2].legend(markerscale=3)
    return Exhibit(
        figure,
        data,
        "Singular values of heads for the pair (i, i), one head a feature. Left: the closed form. Middle: features of "
        "one length have slices of many sizes. Right: the contribution σ‖W_i‖² is the squared leverage.",
    )


def _detector(ds: xr.Dataset) -> Exhibit:
    ordered = ds.auc.sortby("density", ascending=False).sel(
        density=sorted([p for p in ds.density.values if p < 1])[::-1]
    )
    with house_style():
        figure, axes = sheet(1, 1, width=3.6, height=2.7)
        x = np.arange(ordered.sizes["density"])
        for bias, colour in ((False, BLUE), (True, GREEN)):
            values = ordered.sel(bias=bias)
            axes[0, 0].plot(
                x,
                values.median("seed"),
                "o-",
                ms=3,
                color=colour,
                label=f"head sees {_input_name(bias)}",
            )
        axes[0, 0].axhline(0.5, color=FAINT, ls="--", lw=1)
        axes[0, 0].set(
            xlabel="sparsity S = 1 - density",
            ylabel="area under the ROC curve",
            xticks=x,
            ylim=(0.45, 1.01),
        )
        axes[0, 0].set_xticklabels([f"{1 - p:.3g}" for p in ordered.density.values])
        axes[0, 0].legend(loc="lower right")
    return Exhibit(
        figure,
        ordered.to_dataframe().reset_index(),
        "How well the best head's logit tells tokens with the pair from tokens without (median over seeds; dashed: "
        "chance). Unlike L2 it does not depend on the logit's scale.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {
        "planted": _planted(ds),
        "orthonormal-law": _planted_table(ds),
        "random-law": _law(ds),
        "trained-against-theory": _trained_against_theory(ds),
        "baselines": _baselines(ds),
        "singular-values": _sigma(ds),
        "detector": _detector(ds),
    }
