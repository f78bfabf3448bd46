"""The figures of head-rank, each with the numbers that it shows."""

import numpy as np
import xarray as xr

from tegum.plots.bands import SHADED, median_band
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, RED, house_style, sheet
from tegum.studies.attention.rank.claims import FREE, SAMPLED, chance
from tegum.studies.study import Exhibit, config_in

COLOURS = dict(
    zip(("product", "count", "count, [h; 1]", SAMPLED), (ORANGE, BLUE, GREEN, RED), strict=True)
)


def _gap_figure(ds: xr.Dataset) -> Exhibit:
    data = ds[["recovery", "recovery_theory", "gated", "error", "least_gap"]]
    m = int(config_in(ds)["n_hidden"])
    null, x = chance(m), np.arange(ds.sizes["gap"])
    densities = sorted(ds.density.values, reverse=True)
    with house_style():
        figure, axes = sheet(
            1, len(densities) + 1, width=2.9 * (len(densities) + 1), height=3.4, sharey=True
        )
        for axis, density in zip(axes[0], densities, strict=False):
            for variant, colour in COLOURS.items():
                one = data.sel(variant=variant, density=density)
                if one.recovery.isnull().all():
                    continue
                line = "--" if variant == "product" else "-"  # "product" lies upon another
                order = 2.5 if variant == "product" else 2
                values = one.recovery.values
                median_band(
                    axis, x, values, colour=colour, label=variant, marker=".", ls=line, zorder=order
                )
                if variant == SAMPLED:
                    spans = one.gated.median("seed")
                    axis.plot(
                        x,
                        spans,
                        "x",
                        color=colour,
                        ms=6,
                        zorder=4,
                        label="sampled: spans that noise leaves apart",
                    )
                if variant == "count":
                    theory = one.recovery_theory.median("seed")
                    axis.plot(
                        x[1:], theory[1:], ":", color=INK, lw=1.2, label="closed form of 'count'"
                    )
            axis.set(title=f"S = {1 - density:.3g}", xticks=x)
            axis.set_xticklabels([f"{g:.3g}" for g in 100 * ds.gap.values])
            axis.set_xlabel("gap of neighbouring weights, %")
        last = axes[0, -1]
        for variant in (*FREE, SAMPLED):
            one = data.sel(variant=variant)
            ratio = (one.least_gap / one.error).where(one.gap > 0)
            last.plot(
                ratio.values.ravel(),
                one.recovery.values.ravel(),
                ".",
                ms=3,
                alpha=0.5,
                color=COLOURS[variant],
            )
        ratio = np.geomspace(2, 1e6, 200)
        last.plot(ratio, np.sqrt(1 - 1 / (ratio - 1) ** 2), color=INK, lw=1, label="Wedin's bound")
        last.set(xscale="log", xlabel="least gap of σ / ‖Ω - Ω*‖")
        for axis in axes[0]:
            axis.axhspan(0, null.q95, color=FAINT, alpha=0.3, lw=0, label="chance, 95 %")
            axis.axhline(null.mean, color=INK, ls="--", lw=0.8, label="chance, mean")
            axis.set_ylim(0.2, 1.03)
        axes[0, 0].set_ylabel("|cos| of a feature's best slice")
        named = {
            k: v for axis in axes[0] for v, k in zip(*axis.get_legend_handles_labels(), strict=True)
        }
        figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=4)
    return Exhibit(
        figure,
        data.to_dataframe().reset_index().dropna(),
        f"All m = {m} features at once, r = m, orthonormal. Left: recovery against the gap between neighbours' weights "
        f"({SHADED}); at gap 0 every Ω is learned and no feature is recovered. Crosses: the worst feature's |cos| with "
        "the span of its cluster of slices, those that differ by less than 4 ‖Ω - Ω*‖. Right: the same heads against "
        "the gap of σ in units of the error in Ω, and Wedin's bound.",
    )


def _energy_figure(ds: xr.Dataset) -> Exhibit:
    ordered = (
        ds[["energy", "energy_theory"]]
        .sel(weights="graded")
        .sortby("short_density", ascending=False)
    )
    variants, densities, ranks = (
        ds.short_variant.values,
        ordered.short_density.values,
        ds["rank"].values,
    )
    with house_style():
        figure, axes = sheet(
            len(densities),
            2 * len(variants),
            width=4 * len(variants) + 0.8,
            height=2.5 * len(densities),
            sharey=True,
        )
        for row, density in zip(axes, densities, strict=True):
            for k, variant in enumerate(variants):
                one = ordered.sel(short_variant=variant, short_density=density)
                shown = {"closed form": one.energy_theory, "trained": one.energy.median("seed")}
                for axis, (name, values) in zip(row[2 * k :], shown.items(), strict=False):
                    image = axis.imshow(
                        values.transpose("pair", "rank"),
                        cmap="viridis",
                        vmin=0,
                        vmax=1,
                        aspect="auto",
                    )
                    axis.set(
                        title=f"{variant}, {name}", xticks=range(len(ranks)), xticklabels=ranks
                    )
            row[0].set_ylabel(f"S = {1 - density:.3g}\npair, largest weight first")
        for axis in axes[-1]:
            axis.set_xlabel("rank r")
        figure.colorbar(image, ax=axes.ravel().tolist(), label="energy in the slices' span")
    return Exhibit(
        figure,
        ordered.to_dataframe().reset_index(),
        "Which features a head of short rank reads, with graded weights: the share of each pair's features in the span "
        "of its r slices, beside the closed form; m orthonormal features. Where p m is large the first slice is spent "
        "on all of them; sparse features get slices in the order of their weights.",
    )


def _shared_figure(ds: xr.Dataset) -> Exhibit:
    equal = ds[["shared", "overlap", "energy"]].sel(
        weights="equal", short_density=float(ds.short_density.max())
    )
    ranks, m = ds["rank"].values, ds.sizes["pair"]
    x = np.arange(len(ranks))
    with house_style():
        figure, axes = sheet(1, 3, width=8.6, height=2.8)
        axes[0, 1].plot(
            x[ranks > 1],
            (ranks[ranks > 1] - 1) / (m - 1),
            "_",
            ms=24,
            color=INK,
            label="random spans",
        )
        for shift, variant, colour in ((-0.1, "product", ORANGE), (0.1, "count", BLUE)):
            one = equal.sel(short_variant=variant)
            dots = one.shared.transpose("rank", "seed").values
            axes[0, 0].plot(
                np.repeat(x + shift, dots.shape[1]),
                dots.ravel(),
                ".",
                ms=3,
                alpha=0.6,
                color=colour,
            )
            axes[0, 1].plot(x + shift, one.overlap, "o", ms=4, color=colour, label=variant)
            first = np.sort(one.energy.isel(rank=0).values, axis=-1)[:, ::-1]
            median_band(
                axes[0, 2], np.arange(1, m + 1), first.T, colour=colour, label=variant, marker="."
            )
        axes[0, 2].axhline(1 / m, color=INK, ls="--", lw=0.8, zorder=9)
        axes[0, 0].set(ylabel="cos(Σ W_i, span of the slices)", ylim=(0, 1.05))
        axes[0, 1].set(ylabel="overlap of two seeds", ylim=(0, 1.05))
        axes[0, 2].set(
            ylabel=f"energy at r = {ranks[0]}", xlabel="feature, in its head's order", ylim=(0, 0.5)
        )
        for axis in axes[0, :2]:
            axis.set(xlabel="rank r", xticks=x, xticklabels=ranks)
        axes[0, 1].legend()
    return Exhibit(
        figure,
        equal.to_dataframe().reset_index(),
        f"Equal weights, S = {1 - float(equal.short_density):.3g}. Left: cos of the sum of all features with the "
        "span of r slices. Middle: how far two seeds agree on what they span besides, and random spans. Right: what "
        "the first slice gives each feature; dashed: 1/m.",
    )


def _trained_figure(ds: xr.Dataset) -> Exhibit:
    data = ds.on_trained.where(ds.finite)
    null = chance(int(config_in(ds)["short_hidden"]))
    with house_style():
        figure, axes = sheet(1, ds.sizes["weights"], width=7.2, height=3.2, sharey=True)
        for axis, weights in zip(axes[0], ds.weights.values, strict=True):
            axis.axhspan(0, null.q95, color=FAINT, alpha=0.3, lw=0, label="chance, 95 %")
            axis.axhline(null.mean, color=INK, ls="--", lw=0.8, label="chance, mean")
            for variant in ds.trained_variant.values:
                one = data.sel(weights=weights, trained_variant=variant).transpose(
                    "trained_way", "pair", "seed"
                )
                values = one.sel(trained_way="trained").values
                median_band(
                    axis, one.pair, values, colour=COLOURS[variant], label=variant, marker="."
                )
                if weights == "graded":
                    theory = one.sel(trained_way="closed form").median("seed")
                    axis.plot(one.pair, theory, ":", color=INK, lw=1)
            axis.set(
                title=f"{weights} weights", xlabel="feature, from most important", ylim=(0, 1.03)
            )
        axes[0, 0].set_ylabel("|cos| of the feature's best slice")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return Exhibit(
        figure,
        data.rename("cosine").to_dataframe().reset_index(),
        f"Dictionaries trained on dense data (S = {1 - config_in(ds)['trained_density']:.2g}), asked for their m most "
        f"important features at r = m: {SHADED}. Dotted: closed form at the trained W.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {
        "weight-gap": _gap_figure(ds),
        "energies-by-rank": _energy_figure(ds),
        "equal-weights": _shared_figure(ds),
        "trained-dictionaries": _trained_figure(ds),
    }
