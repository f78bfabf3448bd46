"""The figures of `head-simplex`; each says above it what it shows."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from tegum.plots import marks
from tegum.plots.bands import SHADED, median_band
from tegum.plots.dots import dots_by_case
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, RED, SERIES, drawing
from tegum.plots.zoo import polytope_with_axes
from tegum.studies import core
from tegum.studies.attention.simplex import polytope
from tegum.studies.attention.simplex.polytope import (
    CASES,
    MATCHED,
    ONE_TO_ONE,
    predicted,
)
from tegum.theory import contrasts as theory
from tegum.theory.merging import merging_pays
from tegum.theory.polytopes import vertices


@core.takeaway(
    "Slices of trained heads lie along the difference and the sum of the two attended features: "
    "|cos| with the predicted one is [slices-are-contrasts] (median over seeds, worst setting)."
)
def geometry_zoo(ds: xr.Dataset) -> core.Exhibit:
    shown = ["digon", *MATCHED]
    one = ds.isel(target=0, drop=True).sel(case=shown).dropna("seed", subset=["own"], how="all")
    with drawing(2, 3, width=7.2, height=5.2) as (figure, axes):
        for axis, name in zip(axes.flat, shown, strict=False):
            case, ratio = CASES[name], float(one.sigma_ratio.sel(case=name).median())
            v, (dashed, there) = vertices(case.polytope), polytope.contrast_axes(case)
            u = one.own.isel(seed=0).sel(case=name).values[: len(v), there]
            polytope_with_axes(axis, v, u, dashed, attended=case.attended)
            axis.set_title(f"{name}\nσ_2/σ_1 = {ratio:.3f}")
        axes[1, 2].set_axis_off()
        for colour, label in ((INK, "attended feature"), (FAINT, "other feature")):
            axes[0, 0].plot([], [], color=colour, marker=">", label=label)
        named = dict(zip(*reversed(axes[0, 1].get_legend_handles_labels()), strict=True))
        named |= dict(zip(*reversed(axes[0, 0].get_legend_handles_labels()), strict=True))
        axes[1, 2].legend(named.values(), named.keys(), loc="center", fontsize=9)
    return core.exhibit(
        figure,
        one[["own", "sigma_ratio"]],
        "Two equal pairs inside one polytope, the left side: two attended features and the others, "
        "numbered from 0, as arrows. Wide axes: the left singular vectors of one trained head, in "
        "the polytope's own space, the strongest first; dashed: the contrasts that theory "
        "predicts. The tetrahedron is seen from aside. A digon has one slice only. σ_2/σ_1: median "
        "over seeds.",
    )


@core.takeaway(
    "Slices and singular values are those of the contrasts: |cos| with a feature to "
    "[cosines-of-contrasts], σ_2/σ_1 to [sigma-ratio] (medians over seeds, worst settings)."
)
def contrasts(ds: xr.Dataset) -> core.Exhibit:
    found, expected = ds.cosine.mean("member"), predicted("contrast_cosines", "side", "slice")
    slices = partial(dots_by_case, series="slice", names="slice {}, trained".format, turned=40)
    with drawing(1, 3, width=9.6, height=3.6, sharey=True) as (figure, axes):
        for axis, side in zip(axes[0], ds.side.values, strict=False):
            wanted = expected.sel(side=side)
            shown = found.sel(side=side).where(wanted.notnull())
            slices(axis, "case", shown, wanted)
            axis.set(title=f"slices, {side} side", ylim=(-0.04, 1.05))
        ratios = partial(dots_by_case, colours=(GREEN,), names=str, turned=40)
        ratios(axes[0, 2], "case", ds.sigma_ratio, predicted("sigma_ratio"))
        axes[0, 0].set_ylabel("|cos| with an attended feature")
        axes[0, 2].set(title="singular values", ylabel="σ_2 / σ_1")
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        ds[["cosine", "sigma_ratio"]],
        "Two equal pairs inside one polytope: each slice's |cos| with the two attended features "
        "(their mean), and the ratio of the singular values; one dot a head, dashes: the predicted "
        "contrasts. 'to two': the right features lie in different digons. A slice that the theory "
        "leaves free, as where a digon is on either side, is not shown.",
    )


@core.takeaway(
    "Slices come as near to the features as contrasts do, |cos| [slices-are-features] (median, "
    "best of four cases), not as orthogonal vectors could; in a triangle at weights 1 and 1/2 the "
    "worse slice has [graded-weights-mend]."
)
def ceiling(ds: xr.Dataset) -> core.Exhibit:
    c, weights = np.linspace(-1, 1, 201), np.linspace(0.02, 1, 99)
    with drawing(1, 2, width=8.4, height=3.9) as (figure, axes):
        left, right = axes[0]
        most = [theory.ceiling(k) for k in c]
        marks.theory(left, c, most, label="most that orthogonal vectors can", ls=":")
        marks.theory(left, c, [theory.mean_cosine(k) for k in c], label="predicted")
        for colour, name in zip(SERIES[2:], MATCHED, strict=True):  # in a digon slice 2 is free
            values = ds.achieved.sel(case=name).values.reshape(1, -1)
            marks.dots(left, [CASES[name].cosines[0]], values, colour=colour, label=name, ms=10)
        label = "|cos| of matched slices, mean"
        left.set(xlabel="cosine c of the two attended features", ylabel=label)
        left.set(title="two equal pairs", ylim=(0.3, 1.03))
        for colour, k in zip((BLUE, ORANGE), ds.slice.values, strict=True):
            own = ds.graded.sel(slice=k).transpose("weight", ...)
            marks.dots(right, own.weight, own, colour=colour, label=f"slice {k}", ms=10)
        lines = [theory.graded_cosines(-0.5, t) for t in weights]
        marks.theory(right, weights, lines, label="predicted")
        label = "|cos| of slice k with feature k"
        right.set(xlabel="weight of pair 2, that of pair 1 is 1", ylabel=label)
        right.set(title="triangle, two weights", ylim=(0.3, 1.03))
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        pd.concat([ds[name].to_dataframe().reset_index() for name in ("achieved", "graded")]),
        "How near slices come to the features; one dot a head and side. Left: two features at "
        "cosine c, each matched with a slice of its own; lines: what the contrasts give, and the "
        "most that any two orthogonal vectors could. Right: neighbours in a triangle, against the "
        "weight of the second pair.",
    )


@core.takeaway(
    "One to one, a polytope has as many equal σ as dimensions, above all others by "
    "[full-polytope-isometry] σ_1; all to one, L2 stays at [all-to-one-cancels] of E s² (medians "
    "over seeds, worst settings)."
)
def whole_polytopes(ds: xr.Dataset) -> core.Exhibit:
    with drawing(1, 3, width=9.6, height=3.7) as (figure, axes):
        left, *others = axes[0]
        sigma = ds.sigma.sel(question=ONE_TO_ONE)
        dots_by_case(left, "k", sigma, series="polytope", colours=SERIES[2:])
        left.set(xlabel="slice k", ylabel="σ_k / σ_1", ylim=(-0.05, 1.1))
        left.set_title(f"{ONE_TO_ONE}: singular values")
        for axis, question in zip(others, ds.question.values, strict=True):
            rows = ds.unexplained.sel(question=question)
            names = "asked: {}".format
            dots_by_case(axis, "polytope", rows, series="target", names=names, turned=35)
            axis.axhline(1, color=INK, ls="--", lw=1, zorder=0, label="the head Ω = 0")
            axis.set(title=f"{question}: what is left", ylabel="L2 / E s²", ylim=(0, 1.1))
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        ds[["sigma", "unexplained"]],
        "Heads asked for all vertices of a polytope, one to one with those of another or all with "
        "the same one; one dot a head. Left: singular values by slice. Middle and right: the exact "
        "loss L2 over E s², what a head that does nothing would lose; 'count' asks how many pairs "
        "are present, 'product' for the sum of their products.",
    )


CURVES: dict[str, tuple[str, Callable[[xr.Dataset], xr.DataArray], float]] = {
    "leverage of the two, mean": (BLUE, lambda ds: ds.leverage[..., :2].mean("feature"), 4),
    "leverage of their target": (GREEN, lambda ds: ds.leverage[..., 2], 1.5),
    "length of the target's antipode": (RED, lambda ds: ds.norm[..., 3], 1.5),
}


@core.takeaway(
    "From ten times the λ at which merging pays the two features are parallel in [merging-above of "
    "models], below it in [no-merging-below of models] (at the worst λ on either side)."
)
def merging(ds: xr.Dataset) -> core.Exhibit:
    p, count = core.config_in(ds)["joint_density"], ds.sizes["target"]
    with drawing(2, count, width=3.4 * count + 1.2, height=5.4, sharex=True, sharey="row") as sheet:
        figure, axes = sheet
        for (above, below), target in zip(axes.T, ds.target.values, strict=True):
            one = ds.sel(target=target).transpose("lam", "seed", ...)
            spread = np.exp(np.linspace(-0.12, 0.12, one.sizes["seed"]))
            x = np.multiply.outer(one.lam.values, spread).ravel()
            look = {"ms": 6, "alpha": 0.5, "color": INK, "label": "cosine, one model each"}
            above.plot(x, one.between.values.ravel(), ".", **look)
            above.set(title=f"asked: {target}", ylim=(-1.3, 1.3), yticks=[-1, -0.5, 0, 0.5, 1])
            for label, (colour, reading, width) in CURVES.items():
                style: dict[str, Any] = {"colour": colour, "label": label, "marker": "."}
                median_band(below, one.lam, reading(one), lw=width, **style)
            for axis in (above, below):
                pays = merging_pays(str(target)) / p
                axis.axvline(pays, color=INK, ls="--", lw=0.8, label="merging pays from here on")
            limits = (0.6 * float(ds.lam.min()), 1.7 * float(ds.lam.max()))
            below.set(xscale="log", xlabel="λ", xlim=limits, ylim=(-0.08, 1.25))
        axes[0, 0].set_ylabel("cos(W_0, W_1)")
        axes[1, 0].set_ylabel("leverage, length")
        marks.legend_below(figure, axes, columns=2 if count == 1 else 3)
    return core.exhibit(
        figure,
        ds[["between", "leverage", "norm"]],
        f"Joint training from two digons (n = 4, m = 2, S = {1 - p:.3g}): both members of one "
        "digon, W_0 and W_1, are asked for with the same target W_2, whose antipode is W_3; λ is "
        "the weight of the head's loss. Above: the cosine between the two. Below: leverage, the "
        "share of a dimension that a feature is given, and ‖W_3‖; "
        f"{SHADED}. Just above the dashed line training may stop half-way, near the -1/2 of a "
        "triangle.",
    )


# Of 480 trainings at λ = 600 all have merged after 4000 steps, after 2000 three had not.


FIGURES = (geometry_zoo, contrasts, ceiling, whole_polytopes, merging)
