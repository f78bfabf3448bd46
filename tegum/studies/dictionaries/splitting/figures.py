"""Figures of sae-splitting: latents over width, their angles, leaning, absorption."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from tegum.plots import marks
from tegum.plots.bands import SHADED, median_band
from tegum.plots.style import FAINT, INK, SERIES, drawing, shades
from tegum.studies import core
from tegum.studies.dictionaries.splitting import readings as read
from tegum.theory.sparse_coding import pair_cost


@core.takeaway(
    "The child's latent leans to its parent as the exact loss says, to [lean-as-exact] degrees "
    "(median, at the worst law and penalty)."
)
def leaning(ds: xr.Dataset) -> core.Exhibit:
    c, best = core.config_in(ds), read.predicted_lean(ds)
    found = read.lean(ds)
    angles = np.linspace(0, 50, 26)
    cost = xr.DataArray(
        [
            [_cost(str(law), float(lam), angles, c) for lam in ds.penalty.values]
            for law in ds.law.values
        ],
        {"law": ds.law, "penalty": ds.penalty, "lean": angles},
        ("law", "penalty", "lean"),
    )
    colours = shades(ds.sizes["penalty"])
    with drawing(1, 3, width=9.2, height=3.2, sharey=True) as (figure, axes):
        for axis, law in zip(axes[0], ds.law.values, strict=True):
            for colour, lam in zip(colours, ds.penalty.values, strict=True):
                line = cost.sel(law=law, penalty=lam)
                axis.plot(angles, line, color=colour, lw=1.2, label=f"λ = {lam:g}")
                at = found.sel(law=law, penalty=lam).values
                height = np.interp(at, angles, line)
                look = {"ms": 5, "alpha": 0.6, "mew": 0, "ls": "", "color": colour}
                axis.plot(at, height, "o", label="trained", **look)
                low = float(best.sel(law=law, penalty=lam))
                axis.plot(low, np.interp(low, angles, line), "|", ms=14, mew=1.6, color=INK)
            axis.axhline(1, color=FAINT, lw=0.8, zorder=0)
            axis.set(title=law, xlabel="lean of the child's latent, degrees", ylim=(0.75, 1.25))
        axes[0, 0].set_ylabel("exact cost / cost without lean")
        marks.legend_below(figure, axes, columns=6)
    return core.exhibit(
        figure,
        xr.Dataset({"lean": found, "predicted": best}),
        "Curves: exact cost of a pair of orthonormal features with a latent for each, the child's "
        "leaning towards its parent and the parent's as at the optimum, over the cost without any "
        "lean; bars, the optimum. Dots: lean of trained autoencoders (median over pairs, one dot a "
        "seed), with as many latents as features.",
    )


def _cost(law: str, penalty: float, angles: np.ndarray, c: Mapping[str, Any]) -> np.ndarray:
    chances = read.chances(law, c["density"], c["given"])
    tilt = read.best_pair(chances, penalty)[0]
    costs = [pair_cost((tilt, np.pi / 2 - np.radians(a)), chances, penalty) for a in angles]
    return np.array(costs) / costs[0]


@core.takeaway(
    "With the greatest width and penalty the parent's latent is silent, and another speaks for it, "
    "on [absorbed-in-hierarchy] of inputs with both in the hierarchy and on "
    "[absorbed-if-independent] where they are independent (medians)."
)
def absorption_over_width(ds: xr.Dataset) -> core.Exhibit:
    names = {"absorbed": "share absorbed", "kept": "kept by the parent's latent"}
    wide = read.enough(read.orthonormal(ds))
    colours = shades(ds.sizes["penalty"])
    laws = [law for law in ds.law.values if law != "together"]
    with drawing(1, 4, width=9.6, height=3.1) as (figure, axes):
        panels = [(name, law) for name in names for law in laws]
        for axis, (name, law) in zip(axes[0], panels, strict=True):
            for colour, lam in zip(colours, ds.penalty.values, strict=True):
                y = wide[name].sel(law=law, penalty=lam).transpose("width", "seed").values
                label = f"λ = {lam:g}"
                median_band(
                    axis, wide.width.values, y, colour=colour, label=label, marker="o", ms=3
                )
            axis.set(title=law, xscale="log", ylim=(-0.03, 1.1), xlabel="latents / features")
            _ticks(axis, wide.width.values)
        for axis, name in zip(axes[0, ::2], names.values(), strict=True):
            axis.set_ylabel(name)
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        wide[list(names)],
        "Left: share of exact inputs with parent and child on which the parent's latent is silent "
        "though it fires on the parent alone, and another latent that points to the parent fires. "
        "Right: its activation with the child over that without. Orthonormal features; lines: "
        f"{SHADED}.",
    )


@core.takeaway(
    "From as many latents as features to the greatest width the number of latents of a feature "
    "changes by a factor of [features-split] (median, at the law and penalty where least)."
)
def latents_over_width(ds: xr.Dataset) -> core.Exhibit:
    names = {"per_feature": "latents per feature", "per_pair": "latents per pair's plane"}
    hidden = [str(m) for m in ds.hidden.values]
    middle = ds.penalty.values[len(ds.penalty) // 2]
    count = len(hidden) * len(names)
    with drawing(1, count, width=max(6.0, 2.4 * count), height=3.1) as (figure, axes):
        panels = [(name, m) for name in names for m in ds.hidden.values]
        for axis, (name, m) in zip(axes[0], panels, strict=True):
            for colour, law in zip(SERIES, ds.law.values, strict=False):
                one = ds[name].sel(hidden=m, law=law, penalty=middle).transpose("width", "seed")
                look: dict[str, Any] = {"colour": colour, "label": str(law), "marker": "o", "ms": 3}
                median_band(axis, ds.width.values, one.values, **look)
            if name == "per_feature":
                null = ds.chance_per_feature.sel(hidden=m)
                axis.plot(ds.width, null, ":", color=INK, lw=1, label="random directions")
            axis.set(title=f"m = {m}", xscale="log", xlabel="latents / features", ylim=(0, None))
            axis.set_ylabel(names[name])
            _ticks(axis, ds.width.values)
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        ds[list(names)],
        "How many living latents have a cosine above 0.9 with a feature, and how many lie in the "
        f"plane of a pair, over the width, at λ = {middle:g}. Lines: {SHADED}. Dotted: random "
        "directions.",
    )


@core.takeaway(
    "Independent features keep their latents apart; of a hierarchy [leans-more of models] have the "
    "child's latent nearer to the parent."
)
def angles_of_latents(ds: xr.Dataset) -> core.Exhibit:
    one = read.orthonormal(ds).isel(penalty=-1)
    widths = [width for width in one.width.values if width >= 1]
    best = read.predicted_lean(ds).isel(penalty=-1)
    size = {"width": 2.9 * one.sizes["law"] + 0.5, "height": 1.5 * len(widths) + 0.8}
    with drawing(len(widths), one.sizes["law"], **size, sharex=True, sharey="row") as (
        figure,
        axes,
    ):
        for row, width in zip(axes, widths, strict=True):
            for axis, law in zip(row, one.law.values, strict=True):
                bars = one.angles.sel(width=width, law=law).mean("seed")
                apart = float(one.bin[1] - one.bin[0])
                axis.bar(one.bin, bars, width=0.9 * apart, color=SERIES[0])
                axis.axvline(90 - float(best.sel(law=law)), color=INK, lw=1, ls="--")
                axis.set(xlim=(-10, 100), xticks=[0, 45, 90])
            row[0].set_ylabel(f"{width:g} n latents\nper pair")
        for axis, law in zip(axes[0], one.law.values, strict=True):
            axis.set_title(law)
        for axis in axes[-1]:
            axis.set_xticks([0, 45, 90], ["parent", "45°", "child"])
    return core.exhibit(
        figure,
        one.angles,
        "Where the latents of a pair lie in its plane, from the parent's direction to the child's: "
        "mean number a pair, at the greatest penalty, by width (rows) and law (columns). "
        "Orthonormal features. Dashed: the child's latent at the exact optimum of two latents.",
    )


def _ticks(axis: Any, places: np.ndarray) -> None:
    axis.set_xticks(places, [f"{each:g}" for each in places])
    axis.minorticks_off()
