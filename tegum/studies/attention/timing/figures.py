"""The figures of head-timing, each with the numbers that it shows."""

import numpy as np
import xarray as xr
from matplotlib.colors import to_hex

from tegum.analysis.nulls import chance_quantile
from tegum.plots.bands import SHADED, median_band
from tegum.plots.crossings import dots_or_never, median_mark
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, RED, house_style, shades, sheet
from tegum.studies.attention.timing.claims import (
    SETTLED_AT,
    alignment,
    bound_in,
    dimensionality,
    escape,
    first_to_stay,
    leverage,
    times,
)
from tegum.studies.study import Exhibit, config_in


def _curves(ds: xr.Dataset) -> Exhibit:
    fresh = ds.sel(start="fresh")
    curves = xr.Dataset(
        {
            "alignment": alignment(fresh),
            "leverage": leverage(fresh),
            "dimensionality": dimensionality(fresh),
            "dual": abs(fresh.dual_cosine).min("side").where(fresh.finite),
        }
    ).transpose("lam", "step", "seed")
    styles = {
        "alignment": (BLUE, "alignment |cos(u, W_i)|"),
        "leverage": (ORANGE, "leverage P_ii"),
        "dimensionality": (GREEN, "dimensionality D_i"),
    }
    null = chance_quantile(0.95, int(config_in(ds)["n_hidden"]))
    columns = min(3, ds.sizes["lam"])
    rows = -(-ds.sizes["lam"] // columns)
    end = float(ds.step[-1])
    with house_style():
        figure, axes = sheet(
            rows,
            columns,
            width=2.3 * columns + 0.5,
            height=2.0 * rows + 0.5,
            sharex=True,
            sharey=True,
        )
        for axis in axes.flat[ds.sizes["lam"] :]:
            axis.set_axis_off()
        for axis, lam in zip(axes.flat, ds.lam.values, strict=False):
            axis.axhspan(0, null, color=FAINT, alpha=0.35, lw=0)
            for name, (colour, label) in styles.items():
                values = curves[name].sel(lam=lam).values
                median_band(axis, curves.step.values[1:], values[1:], colour=colour, label=label)
                median_mark(
                    axis, first_to_stay(curves[name].sel(lam=lam)).values, colour=colour, end=end
                )
            middle = curves.dual.sel(lam=lam).median("seed")
            axis.plot(curves.step[1:], middle[1:], color=INK, lw=0.9, ls=":", label="|cos(u, d_i)|")
            axis.set(xscale="log", ylim=(0, 1.03), title=f"λ = {lam:g}")
        for axis in axes[-1]:
            axis.set_xlabel("step")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return Exhibit(
        figure,
        curves.to_dataframe().reset_index(),
        f"Joint training from random weights, the worse side of the pair: {SHADED}. Dashed: "
        f"median step from which each stays above {SETTLED_AT}; no line where most models never get there. "
        "Dotted: |cos| with d_i, where the best head on the W of that step stands, median. Grey: chance, 95 %.",
    )


def _losses(ds: xr.Dataset) -> Exhibit:
    shown = ds[["L1", "L2"]].sel(start="fresh").where(ds.finite.sel(start="fresh"))
    power = config_in(ds)["density"] ** 2
    shown = (
        shown.assign(L2_share=shown.L2 / power)
        .isel(step=slice(1, None))
        .transpose("lam", "step", "seed")
    )
    with house_style():
        figure, axes = sheet(1, 2, width=6.6, height=2.7)
        for shade, lam in zip(shades(ds.sizes["lam"]), ds.lam.values, strict=True):
            for axis, name in zip(axes[0], ("L1", "L2_share"), strict=True):
                values = shown[name].sel(lam=lam).values
                median_band(
                    axis, shown.step.values, values, colour=to_hex(shade), label=f"λ = {lam:g}"
                )
        axes[0, 0].set(xscale="log", yscale="log", xlabel="step", ylabel="L1, summed over features")
        axes[0, 1].set(xscale="log", yscale="log", xlabel="step", ylabel="L2 / E s²")
        axes[0, 1].axhline(7 / 16, color=INK, ls=":", lw=1)
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center")
    return Exhibit(
        figure,
        shown.to_dataframe().reset_index(),
        "The two losses in joint training from random weights (sampled, mean since the last look): "
        f"{SHADED}. Dotted: 7/16, what a product of the two features' exact values would leave of E s².",
    )


def _differences(ds: xr.Dataset) -> Exhibit:
    aligned, orthogonal = times(ds)
    same = np.isinf(aligned) & np.isinf(orthogonal)
    difference = (aligned.where(~same) - orthogonal.where(~same)).rename("difference")
    edge = float(ds.step[-1]) * 2
    bound = float(
        np.interp(
            np.log(bound_in(ds)),
            np.log(ds.lam.values),
            np.arange(ds.sizes["lam"]),
            left=np.nan,
            right=np.nan,
        )
    )
    with house_style():
        figure, axes = sheet(1, 2, width=7.4, height=3.2, sharey=True)
        for axis, start in zip(axes[0], ("fresh", "settled"), strict=True):
            axis.axhline(0, color=INK, lw=0.8)
            axis.axvline(bound, color=RED, ls="--", lw=1)
            for x, lam in enumerate(ds.lam.values):
                values = difference.sel(start=start, lam=lam).values
                dots_or_never(axis, float(x), values, colour=BLUE, never=(-edge, edge))
            axis.set(
                yscale="symlog",
                ylim=(-1.6 * edge, 1.6 * edge),
                xlabel="λ",
                title={"fresh": "from random weights", "settled": "from antipodes"}[start],
                xticks=range(ds.sizes["lam"]),
                xticklabels=[f"{lam:g}" for lam in ds.lam.values],
            )
            axis.set_yscale("symlog", linthresh=10)
        axes[0, 0].set_ylabel("t_align - t_orth, steps")
        if np.isfinite(bound):
            axes[0, 0].annotate(
                "λ*",
                (bound, 0.97),
                xycoords=("data", "axes fraction"),
                color=RED,
                ha="right",
                va="top",
            )
    data = xr.Dataset({"t_align": aligned, "t_orth": orthogonal, "difference": difference})
    return Exhibit(
        figure,
        data.drop_vars("step", errors="ignore").to_dataframe().reset_index(),
        "t_align - t_orth, one mark a model: below 0 the singular vectors align first. Triangles at the lower edge: "
        "aligned, but never orthogonal; at the upper edge: orthogonal, but never aligned to stay. Models with neither "
        "are left out. Dashed: λ*, beyond which theory wants a dimension for each attended feature.",
    )


def _sweep(ds: xr.Dataset) -> Exhibit:
    end = ds.isel(step=-1, drop=True)
    lams = ds.lam.values
    shown = xr.Dataset(
        {
            "leverage": end.leverage.where(end.finite),
            "alignment": abs(end.cosine).where(end.finite),
            "partner_norm": end.partner_norm.where(end.finite),
            "partner_cosine": end.partner_cosine.where(end.finite),
        }
    ).transpose("start", "lam", "seed", "side")
    with house_style():
        figure, axes = sheet(1, 2, width=7.4, height=3.3)
        for start, colour, label in (
            ("fresh", BLUE, "from random weights"),
            ("settled", ORANGE, "from antipodes"),
        ):
            values = shown.leverage.sel(start=start).min("side", skipna=False).values
            median_band(
                axes[0, 0],
                lams,
                values,
                colour=colour,
                label=f"attended, {label}",
                marker="o",
                ms=3,
            )
        axes[0, 0].axhline(0.5, color=FAINT, lw=1, zorder=0)
        axes[0, 0].set(ylabel="leverage of the attended", ylim=(0.4, 1.03))
        settled = shown.sel(start="settled")
        for name, colour, label in (
            ("partner_norm", GREEN, "former antipode: length"),
            ("partner_cosine", RED, "former antipode: cosine"),
        ):
            values = settled[name].mean("side").values
            median_band(axes[0, 1], lams, values, colour=colour, label=label, marker="o", ms=3)
        axes[0, 1].axhline(0, color=FAINT, lw=1, zorder=0)
        axes[0, 1].set(ylabel="the former antipode", ylim=(-1.1, 1.3))
        for axis in axes[0]:
            axis.axvline(bound_in(ds), color=INK, ls="--", lw=1, label="λ* = cost / gain")
            axis.set(xscale="log", xlabel="λ, weight of the head's loss")
        shown_in = [axis.get_legend_handles_labels() for axis in axes[0]]
        handles, labels = ([*one, *other[:-1]] for one, other in zip(*shown_in, strict=True))
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return Exhibit(
        figure,
        shown.to_dataframe().reset_index(),
        f"The end of joint training against λ: {SHADED}. Left: leverage of the attended features, the worse side; 1/2 "
        "in an antipodal pair. Right: what becomes of the features that were their antipodes before the head came, "
        "mean of the two. Dashed: above λ* it pays even to drop them.",
    )


def _random(ds: xr.Dataset) -> Exhibit:
    found = ds.grown_cosine.where(ds.grown_finite)
    names = {
        "W": (BLUE, "W_i, the feature"),
        "a": (ORANGE, "a_i, first moment"),
        "d": (GREEN, "d_i, dual"),
    }
    count = ds.sizes["random_density"]
    with house_style():
        figure, axes = sheet(1, count, width=3.3 * count + 0.4, height=3.1, sharey=True)
        for axis, density in zip(axes[0], ds.random_density.values, strict=True):
            for name, (colour, label) in names.items():
                worse = found.sel(random_density=density, direction=name).min("side")
                values = worse.transpose("head_step", "seed").values
                median_band(axis, ds.head_step.values[1:], values[1:], colour=colour, label=label)
            said = (
                ds.direction_cosine.sel(random_density=density, direction="d").min("side").median()
            )
            axis.axhline(float(said), color=BLUE, ls=":", lw=1)
            looks = escape(ds.sel(random_density=density)).values
            axis.axvline(np.median(ds.head_step.values[looks]), color=INK, ls="--", lw=1)
            axis.set(
                xscale="log",
                ylim=(0, 1.03),
                xlabel="step of gradient descent",
                title=f"S = {1 - density:.3g}",
            )
        axes[0, 0].set_ylabel("|cos(first singular vector, ·)|")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return Exhibit(
        figure,
        found.rename("cosine").to_dataframe().reset_index(),
        "A head that grows from small weights on a random dictionary, by gradient descent on its exact loss, the "
        f"worse side: {SHADED}. Dashed: median escape, 10 % explained. Dotted: |cos(d_i, W_i)|, where theory has "
        "alignment with the feature end.",
    )


def _strip(ds: xr.Dataset) -> Exhibit:
    """W and the first singular vectors of one model at several looks, for each λ; the first seed that stayed finite."""
    seed = int(np.argmax(ds.plane_finite.all("plane_lam").values))
    model = ds[["plane_w", "plane_vector"]].isel(seed=seed)
    looks = np.unique(np.linspace(0, ds.sizes["step"] - 1, 7).round().astype(int))
    rows = ds.sizes["plane_lam"]
    reach = 1.15 * float(max(1.0, abs(model.plane_w.isel(step=looks)).max()))
    colours = (BLUE, ORANGE, FAINT, FAINT)
    with house_style():
        figure, axes = sheet(
            rows, len(looks), width=1.25 * len(looks) + 0.4, height=1.5 * rows + 0.4
        )
        for row, lam in zip(axes, ds.plane_lam.values, strict=True):
            for axis, look in zip(row, looks, strict=True):
                at = model.sel(plane_lam=lam).isel(step=look)
                for side, colour in (("left", BLUE), ("right", ORANGE)):
                    x, y = at.plane_vector.sel(side=side).transpose("axis").values * 2 * reach
                    axis.plot([-x, x], [-y, y], color=colour, ls=":", lw=1.2)
                for corner, colour in zip(ds.corner.values, colours, strict=True):
                    x, y = at.plane_w.sel(corner=corner).transpose("axis").values
                    axis.plot([0, x], [0, y], color=colour, lw=1.5)
                    axis.plot([x], [y], "o", color=colour, ms=4)
                axis.set(
                    xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[], aspect="equal"
                )
                axis.spines[:].set_visible(True)
                axis.spines[:].set_color(FAINT)
                axis.set_title(f"step {int(ds.step[look])}")
            row[0].set_ylabel(f"λ = {lam:g}")
    return Exhibit(
        figure,
        model.isel(step=looks).to_dataframe().reset_index(),
        "One model of four features in two dimensions over joint training, one row for each λ. Solid: columns of W, "
        "the two attended in blue (left) and orange (right), the others grey. Dotted: the first singular vectors, as "
        "axes.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {
        "training-curves": _curves(ds),
        "losses": _losses(ds),
        "order": _differences(ds),
        "threshold": _sweep(ds),
        "random-dictionary": _random(ds),
        "strip": _strip(ds),
    }
