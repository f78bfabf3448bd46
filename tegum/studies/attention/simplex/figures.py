"""The figures of head-simplex, each with the numbers that it shows."""

import numpy as np
import pandas as pd
import xarray as xr

from tegum.plots.bands import SHADED, median_band
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, RED, house_style, sheet
from tegum.plots.zoo import polytope_with_axes
from tegum.studies.attention.simplex.claims import (
    COSINES,
    PAYS,
    ceiling,
    predicted_cosines,
    predicted_ratios,
)
from tegum.studies.study import Exhibit, config_in

ATTENDED = {"pentagon, across": (0, 2)}  # all others attend to vertices 0 and 1


def _zoo(ds: xr.Dataset) -> Exhibit:
    shown = ["digon", "triangle", "tetrahedron", "pentagon, next", "pentagon, across"]
    drawn = ds[["drawn_w", "drawn_u", "sigma_ratio"]].isel(target=0).sel(case=shown)
    with house_style():
        figure, axes = sheet(1, len(shown), width=1.95 * len(shown), height=2.5)
        for axis, case in zip(axes[0], shown, strict=True):
            one = drawn.sel(case=case)
            w = one.drawn_w.dropna("axis", how="all").dropna("vertex", how="all").values
            u = one.drawn_u.dropna("axis", how="all").values
            i, j = ATTENDED.get(case, (0, 1))
            difference, sum_ = w[:, i] - w[:, j], w[:, i] + w[:, j]
            pair = (difference, sum_) if COSINES[case][0] < 0 else (sum_, difference)
            real = [v / np.linalg.norm(v) for v in pair if np.linalg.norm(v) > 1e-6]
            polytope_with_axes(axis, w, u[:, : len(real)], np.stack(real, axis=-1), attended=(i, j))
            ratio = float(one.sigma_ratio.median("seed"))
            axis.set_title(f"{case}\nσ_2/σ_1 = {ratio:.3f}")
    return Exhibit(
        figure,
        drawn.to_dataframe().reset_index().dropna(subset=["drawn_w"]),
        "Two equal pairs inside one polytope (bold: the attended vertices, of the left side). Coloured axes: the first "
        "(blue) and second (orange) singular vector of one trained head, in the polytope's own space. Dashed: the "
        "predicted contrasts, difference and sum of the two. The tetrahedron is seen from aside.",
    )


def _bars(ds: xr.Dataset) -> Exhibit:
    found = ds.cosine.mean("member")
    predicted = predicted_cosines().assign_coords(side=["left", "right"], slice=[1, 2])
    x = np.arange(ds.sizes["case"])
    with house_style():
        figure, axes = sheet(1, 3, width=9.6, height=3.5, width_ratios=[1, 1, 0.8])
        for axis, side in zip(axes[0], ("left", "right"), strict=False):
            for shift, k, colour in ((-0.2, 1, BLUE), (0.2, 2, ORANGE)):
                values = found.sel(side=side, slice=k)
                exists = predicted.sel(side=side, slice=k).notnull().sel(case=ds.case.values).values
                axis.bar(
                    x[exists] + shift,
                    values.median(("seed", "target"))[exists],
                    0.36,
                    color=colour,
                    alpha=0.7,
                )
                dashes = predicted.sel(side=side, slice=k, case=ds.case.values)
                axis.plot(x + shift, dashes, "_", color=INK, ms=14, mew=1.5)
            axis.set(title=f"{side} side", ylim=(0, 1.05))
        axes[0, 0].bar(0, 0, color=BLUE, alpha=0.7, label="first slice, trained")
        axes[0, 0].bar(0, 0, color=ORANGE, alpha=0.7, label="second slice, trained")
        axes[0, 0].plot([], [], "_", color=INK, ms=14, mew=1.5, label="predicted")
        axes[0, 2].bar(x, ds.sigma_ratio.median(("seed", "target")), 0.6, color=GREEN, alpha=0.7)
        axes[0, 2].plot(
            x, predicted_ratios().sel(case=ds.case.values), "_", color=INK, ms=14, mew=1.5
        )
        axes[0, 2].set(ylabel="σ_2 / σ_1", ylim=(0, 1.05))
        axes[0, 0].set_ylabel("|cos| with an attended feature")
        for axis in axes[0]:
            axis.set_xticks(x, labels=ds.case.values, rotation=40, ha="right")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return Exhibit(
        figure,
        ds[["cosine", "sigma_ratio"]].to_dataframe().reset_index(),
        "Slices of trained heads and the predicted contrasts, two equal pairs inside one polytope; 'to two': the right "
        "features lie in different digons. A digon on either side leaves one slice only.",
    )


def _ceiling(ds: xr.Dataset) -> Exhibit:
    c = np.linspace(-1, 1, 201)
    achieved = ds.achieved.sel(case=[case for case, both in COSINES.items() if both[0] == both[1]])
    with house_style():
        figure, axes = sheet(1, 2, width=7.4, height=3.0)
        left, right = axes[0]
        left.plot(
            c, [ceiling(k) for k in c], color=INK, lw=1, label="most that orthogonal vectors can"
        )
        mixed = (np.sqrt((1 + np.abs(c)) / 2) + np.sqrt((1 - np.abs(c)) / 2)) / 2
        left.plot(c, mixed, "--", color=INK, lw=1, label="contrasts, predicted")
        for case in achieved.case.values[1:]:  # in a digon the second slice is free
            middle = float(achieved.sel(case=case).median())
            left.plot(COSINES[case][0], middle, "o", color=BLUE, ms=5)
            place = {
                "triangle": (-14, -13),
                "tetrahedron": (2, 7),
                "pentagon, next": (-40, -13),
            }.get(case, (4, -12))
            left.annotate(
                case,
                (COSINES[case][0], middle),
                xytext=place,
                textcoords="offset points",
                fontsize=7,
            )
        left.set(
            xlabel="cosine c of the two attended features",
            ylabel="|cos| of matched slices, mean",
            ylim=(0.3, 1.03),
        )
        left.legend(loc="lower right")
        graded = ds.graded.transpose("ratio", "slice", "member", ...)
        x = graded.ratio.values
        for k, colour in ((0, BLUE), (1, ORANGE)):
            dots = graded.isel(slice=k, member=k).values.reshape(len(x), -1)
            median_band(
                right, x, dots, colour=colour, label=f"slice {k + 1}, its feature", marker="."
            )
        lines = right.plot(c[c >= 0], [_graded_theory(t) for t in c[c >= 0]], "--", color=INK, lw=1)
        lines[0].set_label("predicted")
        right.set(
            xlabel="weight of the second pair, first is 1", ylim=(0.4, 1.03), title="triangle"
        )
        right.legend(loc="lower left")
    return Exhibit(
        figure,
        pd.concat([achieved.to_dataframe().reset_index(), ds.graded.to_dataframe().reset_index()]),
        "Left: how near orthogonal slices come to two features at cosine c, trained (dots: median), what the contrasts "
        "give and the most that any basis can. Right: unequal weights turn the slices, they do not make them features.",
    )


def _graded_theory(ratio: float) -> np.ndarray:
    """|cos| of slice k with feature k in a triangle, weights 1 and `ratio`."""
    w = np.array([[1.0, -0.5], [0.0, np.sqrt(0.75)]])
    u, _, _ = np.linalg.svd(w @ np.diag([1.0, max(ratio, 1e-6)]) @ w.T)
    return np.abs(np.diag(u.T @ w))


def _full(ds: xr.Dataset) -> Exhibit:
    sigma = ds.full_sigma.median(("seed", "target"))
    with house_style():
        figure, axes = sheet(1, 2, width=7.4, height=2.9)
        for shift, colour, name in zip(
            (-0.06, 0, 0.06), (BLUE, ORANGE, GREEN), ds.polytope.values, strict=True
        ):
            axes[0, 0].plot(
                ds.k + shift, sigma.sel(polytope=name), "o-", ms=4, color=colour, label=name
            )
        axes[0, 0].set(
            xlabel="slice k",
            ylabel="σ_k / σ_1",
            ylim=(-0.03, 1.08),
            title="all vertices, one to one",
        )
        axes[0, 0].legend(loc="upper right")
        x = np.arange(ds.sizes["all_to_one"])
        axes[0, 1].bar(x, ds.unexplained.median(("seed", "target")), color=FAINT, width=0.6)
        axes[0, 1].axhline(1, color=INK, ls="--", lw=1)
        axes[0, 1].set(ylabel="L2 / E s²", ylim=(0, 1.1), title="all vertices to one target")
        axes[0, 1].set_xticks(x, labels=ds.all_to_one.values, rotation=20)
    return Exhibit(
        figure,
        pd.concat(
            [
                ds.full_sigma.to_dataframe().reset_index(),
                ds.unexplained.to_dataframe().reset_index(),
            ]
        ),
        "Whole polytopes. Left: as many equal singular values as the polytope has dimensions. Right: asked for one "
        "target, vertices cancel, and no head explains anything (dashed: the head Ω = 0).",
    )


def _merge(ds: xr.Dataset) -> Exhibit:
    data = ds[["between", "joint_leverage", "joint_norm"]].where(ds.finite == 1)
    p = float(config_in(ds)["joint_density"])
    with house_style():
        figure, axes = sheet(
            2, ds.sizes["target"], width=3.6 * ds.sizes["target"] + 0.6, height=4.8, sharex=True
        )
        for column, target in zip(axes.T, ds.target.values, strict=True):
            one = data.sel(target=target).transpose("lam", "seed", ...)
            lams = one.lam.values
            spread = np.exp(np.linspace(-0.12, 0.12, one.sizes["seed"]))
            column[0].plot(
                (lams[:, None] * spread).ravel(),
                one.between.values.ravel(),
                ".",
                ms=4,
                alpha=0.6,
                color=BLUE,
            )
            column[0].set(title=str(target), ylim=(-1.08, 1.08))
            first = one.joint_leverage.isel(feature=[0, 1]).mean("feature").values
            median_band(
                column[1], lams, first, colour=BLUE, label="leverage of each of the two", marker="."
            )
            target_leverage = one.joint_leverage.isel(feature=2).values
            median_band(
                column[1],
                lams,
                target_leverage,
                colour=GREEN,
                label="leverage of their target",
                marker=".",
            )
            evicted = one.joint_norm.isel(feature=3).values
            median_band(
                column[1],
                lams,
                evicted,
                colour=RED,
                label="length of the target's antipode",
                marker=".",
            )
            for axis in column:
                axis.axvline(PAYS[str(target)] / p, color=INK, ls="--", lw=0.8)
            column[1].set(xscale="log", xlabel="λ", ylim=(-0.03, 1.15))
        axes[0, 0].set_ylabel("cos(W_0, W_1)")
        axes[1, 0].set_ylabel("leverage, length")
        figure.legend(
            *axes[1, 0].get_legend_handles_labels(),
            loc="outside lower center",
            ncols=min(3, len(axes[0])),
        )
    return Exhibit(
        figure,
        data.to_dataframe().reset_index(),
        f"Joint training from two digons (n = 4, m = 2, S = {1 - p:.3g}): both members of one digon are asked for with "
        f"the same target. Above: the angle between them, one dot a seed. Below: {SHADED}. Dashed: from "
        "there on merged features have the lower loss. Just above it some stop half-way, near the -1/2 of a triangle.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {
        "geometry-zoo": _zoo(ds),
        "contrasts": _bars(ds),
        "ceiling": _ceiling(ds),
        "whole-polytopes": _full(ds),
        "merging": _merge(ds),
    }
