"""The figures of head-subspaces, each with the numbers that it shows."""

import numpy as np
import xarray as xr

from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, house_style, sheet
from tegum.studies.attention.subspaces.claims import AFFINE, KINDS, LEVERAGES, mixed_purity, purity
from tegum.studies.study import Exhibit

COLOURS = {"product": ORANGE, "count": BLUE, AFFINE: GREEN}
SHORT_NAMES = {"single": "dedicated", "tetrahedron": "tetrahedron", "triangle": "triangle"}


def _label(kind: str) -> str:
    return SHORT_NAMES.get(kind, kind)


def _by_rank(ds: xr.Dataset) -> Exhibit:
    density = sorted(ds.density.values)[min(1, ds.sizes["density"] - 1)]
    energy = ds.energy.median("seed").sel(density=density)
    with house_style():
        figure, axes = sheet(1, 2 * ds.sizes["variant"], width=9.6, height=2.6, sharey=True)
        for k, variant in enumerate(ds.variant.values):
            for axis, way in zip(axes[0, 2 * k :], ("closed form", "trained"), strict=False):
                values = energy.sel(variant=variant, way=way).transpose("kind", "rank").values
                image = axis.imshow(values, cmap="viridis", vmin=0, vmax=1, aspect="auto")
                ranks = ds["rank"].values
                axis.set(
                    title=f"{variant}\n{way}",
                    xlabel="rank r",
                    xticks=range(len(ranks)),
                    xticklabels=ranks,
                )
        axes[0, 0].set_yticks(range(len(KINDS)), labels=[_label(kind) for kind in KINDS])
        figure.colorbar(image, ax=axes.ravel().tolist(), label="energy in the span")
    return Exhibit(
        figure,
        ds.energy.to_dataframe().reset_index(),
        f"Too few slices: the share of the attended features of each factor in the span of r slices, at S = "
        f"{1 - density:.3g} and equal weights, beside the closed form (median over seeds). From 1 to 5 each slice more "
        "adds the next factor.",
    )


def _blocks(ds: xr.Dataset) -> Exhibit:
    density = float(ds.density.max())
    shown = ds.block_energy.sel(way="trained", density=density).isel(seed=0)
    with house_style():
        figure, axes = sheet(
            2, ds.sizes["setting"], width=8.4, height=4.2, sharex=True, sharey=True
        )
        for row, variant in zip(axes, (AFFINE, "count"), strict=True):
            for axis, setting in zip(row, ds.setting.values, strict=True):
                values = (
                    shown.sel(variant=variant, setting=setting).transpose("slice", "block").values
                )
                image = axis.imshow(values, cmap="viridis", vmin=0, vmax=1)
                axis.set(
                    xticks=range(5),
                    yticks=range(5),
                    xticklabels=range(1, 6),
                    yticklabels=range(1, 6),
                )
                if variant == AFFINE:
                    axis.set_title(setting)
            row[0].set_ylabel(f"{variant}\nslice")
        for axis in axes[-1]:
            axis.set_xlabel("factor")
        figure.colorbar(image, ax=axes.ravel().tolist(), label="block energy", shrink=0.8)
    return Exhibit(
        figure,
        shown.rename("block_energy").to_dataframe().reset_index(),
        f"Which factor each slice lies in, r = q = 5, one head each, dense (S = {1 - density:.3g}). The factors of "
        "'five kinds' are, in order, dedicated, tetrahedron, triangle, digon, pentagon. Digons of equal weights are "
        "mixed. Below: without a constant input.",
    )


def _purity(ds: xr.Dataset) -> Exhibit:
    ordered = purity(ds).sortby("density", ascending=False).mean("slice")
    x = np.arange(ds.sizes["density"])
    with house_style():
        figure, axes = sheet(1, ds.sizes["setting"], width=8.8, height=2.9, sharey=True)
        for axis, setting in zip(axes[0], ds.setting.values, strict=True):
            for shift, (variant, colour) in zip((-0.12, 0, 0.12), COLOURS.items(), strict=True):
                one = ordered.sel(setting=setting, variant=variant).transpose(
                    "way", "density", "seed"
                )
                dots = one.sel(way="trained").values
                axis.plot(
                    np.repeat(x + shift, dots.shape[1]),
                    dots.ravel(),
                    ".",
                    ms=3,
                    alpha=0.5,
                    color=colour,
                )
                if setting != "five digons, equal":
                    theory = one.sel(way="closed form").median("seed")
                    axis.plot(x + shift, theory, "_-", ms=10, lw=1, color=colour, label=variant)
            if setting == "five digons, equal":
                axis.axhline(mixed_purity()[0], color=INK, ls="--", lw=0.8)
            axis.set(title=setting, xticks=x, xlabel="sparsity S", ylim=(0, 1.04))
            axis.set_xticklabels([f"{1 - p:.3g}" for p in ordered.density.values])
        axes[0, 0].set_ylabel("purity of slices, mean of five")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return Exhibit(
        figure,
        ordered.rename("purity").to_dataframe().reset_index(),
        "How far slices keep to one factor: the largest block energy. Dots: seeds; lines: closed form; dashed: random "
        "mixtures of five orthogonal directions.",
    )


def _tau(ds: xr.Dataset) -> Exhibit:
    ordered = ds.tau.sortby("density", ascending=False)
    with house_style():
        figure, axes = sheet(
            1, ds.sizes["density"], width=2.5 * ds.sizes["density"] + 0.6, height=2.9, sharey=True
        )
        x = np.arange(len(KINDS))
        for axis, density in zip(axes[0], ordered.density.values, strict=True):
            axis.bar(x, LEVERAGES, color=FAINT, width=0.7, label="√(P_ii P_jj)")
            for shift, (variant, colour) in zip((-0.2, 0, 0.2), COLOURS.items(), strict=True):
                axis.plot(
                    x + shift,
                    ordered.sel(density=density, variant=variant),
                    "o",
                    ms=4,
                    color=colour,
                    label=variant,
                )
            axis.set(title=f"S = {1 - density:.3g}", xticks=x)
            axis.set_xticklabels([_label(kind) for kind in KINDS], rotation=40, ha="right")
        axes[0, 0].set_ylabel("τ_k / τ_1")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return Exhibit(
        figure,
        ordered.to_dataframe().reset_index(),
        "What the k-th slice explains, in closed form, beside the leverage of the k-th factor. The denser, the more "
        "the first slice takes of what all pairs share.",
    )


def _on_trained(ds: xr.Dataset) -> Exhibit:
    data = ds[["purity", "purity_null", "two_slices"]].where(ds.enough)
    with house_style():
        figure, axes = sheet(1, 2, width=6.6, height=3.2)
        left, right = axes[0]
        left.axhspan(
            0,
            float(data.purity_null.median()),
            color=FAINT,
            alpha=0.35,
            lw=0,
            label="chance, 95 % (median)",
        )
        for axis, values in ((left, data.purity), (right, data.two_slices)):
            x = np.arange(1, len(KINDS) + 1)
            for shift, way, colour in ((-0.12, "closed form", INK), (0.12, "trained", BLUE)):
                dots = values.sel(way=way).values.T
                places = np.repeat(x + shift, dots.shape[1])
                axis.plot(places, dots.ravel(), ".", ms=4, alpha=0.5, color=colour, label=way)
            axis.set(ylim=(0, 1.04), xticks=x)
        left.set(
            xlabel="slice", ylabel="largest block energy", title="r = 5, graded weights, [h; 1]"
        )
        right.set(ylabel="energy in the span of two slices", title="r = 2, equal weights")
        right.set_xticks(
            x, labels=["dedicated", "dedicated", "shared", "shared", "shared"], rotation=30
        )
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return Exhibit(
        figure,
        data.to_dataframe().reset_index(),
        "Trained W in which dedicated features and digons stand side by side; five factors found in it are asked for, "
        "one feature in each. Left: how far each slice keeps to one factor. Right: which features a head of two slices "
        "serves. One dot a seed.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {
        "energies-by-rank": _by_rank(ds),
        "block-energies": _blocks(ds),
        "purity": _purity(ds),
        "tau": _tau(ds),
        "trained-dictionaries": _on_trained(ds),
    }
