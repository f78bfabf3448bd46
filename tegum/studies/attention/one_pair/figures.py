"""The figures of head-one-pair, each with the numbers that it shows."""

import numpy as np
import xarray as xr

from tegum.plots.bands import SHADED, median_band
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, house_style, shades, sheet
from tegum.studies.attention.one_pair.claims import final, null_in
from tegum.studies.study import Exhibit


def _alignment_against_sparsity(ds: xr.Dataset) -> Exhibit:
    ordered = ds.sortby("density", ascending=False)
    trained = abs(final(ordered).cosine).transpose("mode", "density", "seed", "side")
    theory = ordered.theory_cosine.transpose("mode", "density", "seed", "side")
    x = np.arange(ds.sizes["density"])
    with house_style():
        figure, axes = sheet(1, ds.sizes["mode"], width=3.7 * ds.sizes["mode"], height=3.1, sharey=True)
        for axis, mode in zip(axes[0], ds.mode.values, strict=True):
            axis.axhspan(0, null_in(ds), color=FAINT, alpha=0.35, lw=0, label="chance, 95 %")
            for side, colour, shift in (("left", BLUE, -0.12), ("right", ORANGE, 0.12)):
                dots = trained.sel(mode=mode, side=side).values
                axis.plot(
                    np.repeat(x + shift, dots.shape[1]),
                    dots.ravel(),
                    ".",
                    ms=3,
                    alpha=0.6,
                    color=colour,
                    label=f"{side} vector, each seed",
                )
            line = theory.sel(mode=mode).median(("seed", "side"))
            axis.plot(x, line, color=INK, lw=1.2, marker="_", ms=12, label="theory at the trained W (median)")
            sparsity = [f"{1 - p:g}" for p in np.round(ordered.density.values, 6)]
            axis.set(title=str(mode), xlabel="sparsity S = 1 - density", ylim=(0, 1.03), xticks=x, xticklabels=sparsity)
        axes[0, 0].set_ylabel("|cos(first singular vector, feature)|")
        axes[0, 0].legend(loc="lower right")
    data = xr.Dataset({"cosine": trained, "theory": theory}).drop_vars("step").to_dataframe().reset_index()
    return Exhibit(
        figure,
        data.assign(null_95=null_in(ds)),
        "Alignment of the head's first singular vectors with the two attended features. Dots: seeds. Line: the closed "
        "form |cos(d_i, W_i)|, evaluated at the weights each model ended with. Grey: what one random direction stays "
        "below in 95 %.",
    )


def _training_curves(ds: xr.Dataset) -> Exhibit:
    shown = sorted(ds.density.values, reverse=True)
    shown = [shown[k] for k in np.unique(np.linspace(0, len(shown) - 1, min(4, len(shown))).round().astype(int))]
    curves = (
        xr.Dataset(
            {
                "alignment": abs(ds.cosine).min("side"),
                "orthogonality": 1 - ds.superposition.max("side"),
                "leverage": ds.leverage.min("side"),
            }
        )
        .sel(density=shown)
        .transpose("mode", "density", "step", "seed")
    )
    styles = {
        "alignment": (BLUE, "alignment: |cos|"),
        "orthogonality": (GREEN, "orthogonality: 1 - √Σ(Ŵ_i·W_j)²"),
        "leverage": (ORANGE, "leverage P_ii"),
    }
    with house_style():
        figure, axes = sheet(
            ds.sizes["mode"],
            len(shown),
            width=1.9 * len(shown) + 0.6,
            height=2.1 * ds.sizes["mode"] + 0.4,
            sharex=True,
            sharey=True,
        )
        for row, mode in zip(axes, ds.mode.values, strict=True):
            for axis, density in zip(row, shown, strict=True):
                axis.axhspan(0, null_in(ds), color=FAINT, alpha=0.35, lw=0)
                for name, (colour, label) in styles.items():
                    values = curves[name].sel(mode=mode, density=density).values[1:]
                    median_band(axis, curves.step.values[1:], values, colour=colour, label=label)
                axis.set(xscale="log", ylim=(0, 1.03), title=f"{mode}, S = {1 - density:.4g}")
        for axis in axes[-1]:
            axis.set_xlabel("step")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return Exhibit(
        figure,
        curves.to_dataframe().reset_index(),
        f"Training curves of the worse side of the pair: {SHADED}. Alignment of the first "
        "singular vectors; how orthogonal the attended features are to all others; their leverage. Grey: chance, 95 %. "
        "In two-stage training W is fixed while the head learns.",
    )


def _spectrum(ds: xr.Dataset) -> Exhibit:
    ordered = final(ds).sortby("density", ascending=False).drop_vars("step")
    share = (ordered.singular_value / ordered.singular_value.max("slice")).transpose("mode", "density", "slice", "seed")
    share = share.assign_coords(slice=np.arange(1, ds.sizes["slice"] + 1))
    with house_style():
        figure, axes = sheet(1, ds.sizes["mode"], width=3.4 * ds.sizes["mode"], height=2.7, sharey=True)
        colours = shades(ds.sizes["density"])
        for axis, mode in zip(axes[0], ds.mode.values, strict=True):
            for colour, density in zip(colours, ordered.density.values, strict=True):
                values = share.sel(mode=mode, density=density).median("seed")
                axis.plot(share.slice, values, ".-", color=colour, lw=1, label=f"S = {1 - density:.4g}")
            axis.set(title=str(mode), xlabel="slice k", yscale="log", ylim=(1e-4, 1.5))
        axes[0, 0].set_ylabel("σ_k / σ_1 (median over seeds)")
        axes[0, -1].legend(ncols=2)
    return Exhibit(
        figure,
        share.rename("relative_singular_value").to_dataframe().reset_index(),
        "Singular values of Ω relative to the first. Theory: one is not zero; what is left of the others is noise of "
        "training.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {
        "alignment": _alignment_against_sparsity(ds),
        "training-curves": _training_curves(ds),
        "spectrum": _spectrum(ds),
    }
