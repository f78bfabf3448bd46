"""Figures: vulnerability over features per dimension, ascent, typical interference, training."""

from typing import Any

import numpy as np
import xarray as xr

from tegum.plots import marks
from tegum.plots.bands import SHADED, median_band
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, SERIES, drawing
from tegum.studies import core
from tegum.studies.computation.adversarial import readings

TICKS = (1, 2, 5, 10, 20, 50, 100)


def _over_sparsity(axis: Any, ds: xr.Dataset) -> np.ndarray:
    x = 1 / ds.density.values
    ticks = [tick for tick in TICKS if tick <= 1.05 * x.max()]
    axis.set(xscale="log", xlabel="1 / (1 - S)")
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    return x


@core.takeaway(
    "Vulnerability follows features per dimension (rank correlation [follows]). On the plateau it "
    "is [digons], √2 in theory; at most it is [rises] times that of a model without superposition."
)
def over_features_per_dimension(ds: xr.Dataset) -> core.Exhibit:
    ds = ds.sortby("density", ascending=False)
    shown = {
        "vulnerability": readings.vulnerability(ds),
        "closed_form": readings.ceiling(ds),
        "features_per_dimension": readings.features_per_dimension(ds),
    }
    v, closed, f = (each.transpose("density", "seed") for each in shown.values())
    with drawing(1, 2, width=8.8, height=3.6) as (figure, axes):
        left, right = axes[0]
        x = _over_sparsity(left, ds)
        median_band(left, x, v, colour=BLUE, label="worst output, mean over inputs", marker=".")
        marks.theory(left, x, closed.median("seed"), label="while it is active: max ‖G_i‖")
        root = np.sqrt(f.median("seed"))
        left.plot(x, root, color=ORANGE, ls="--", label="√(features per dimension)")
        left.axhline(1, color=FAINT, lw=0.8, zorder=0)
        left.set(ylabel="vulnerability (1: without superposition)", ylim=(0, None))
        every = np.ravel(f.values), np.ravel(v.values)
        right.plot(*every, ".", color=BLUE, ms=4, alpha=0.6)
        right.plot(np.ravel(f.values), np.ravel(closed.values), "_", color=INK, ms=5, mew=0.8)
        ends = np.linspace(0, float(f.max()), 200)
        right.plot(ends, np.sqrt(ends), color=ORANGE, ls="--")
        right.set(xlabel="features per dimension ‖W‖² / m", ylabel="vulnerability")
        right.set(xlim=(0, None), ylim=(0, None))
        marks.legend_below(figure, left, columns=3)
    return core.exhibit(
        figure,
        xr.Dataset(shown),
        "How far an attack of 0.1 of the mean input norm moves the output that it moves most, "
        f"over the same of a model with a dimension each for m features. Left: {SHADED}. Right: a "
        "dot for each model; dashes, the closed form.",
    )


@core.takeaway(
    "No ascent beats the closed form on one output, or stays short of it (by [ascent-agrees] at "
    "most); on the sum of outputs the closed form's attack does [sum-of-outputs] of what ascent "
    "finds."
)
def closed_form_and_ascent(ds: xr.Dataset) -> core.Exhibit:
    names = {"own_error": "attack along the feature", "ascended_error": "ascent"}
    closed = ds.closed_error.transpose("robust_density", "strength", "seed", "input")
    with drawing(1, 2, width=8.6, height=3.6, width_ratios=[1, 1.2]) as (figure, axes):
        left, right = axes[0]
        for (name, words), colour in zip(names.items(), (ORANGE, BLUE), strict=True):
            y = ds[name].transpose(*closed.dims)
            style = {"ms": 2.5, "alpha": 0.5, "rasterized": True}
            left.plot(np.ravel(closed), np.ravel(y), ".", color=colour, label=words, **style)
        top = float(closed.max())
        left.plot([0, top], [0, top], color=INK, lw=0.8, zorder=0)
        left.set(xlabel="greatest error of an output, closed form", ylabel="found", aspect="equal")
        left.set_xticks(left.get_yticks()[:-1])
        left.set(xlim=(0, 1.04 * top), ylim=(0, 1.04 * top))
        left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, markerscale=3)
        share = (ds.closed_sum / ds.ascended_sum).sel(strength=0.0)
        edges = np.linspace(0.5, 1.0001, 26)
        for p, colour in zip(ds.robust_density.values, SERIES, strict=False):
            of = np.ravel(share.sel(robust_density=p))
            of = np.clip(of[np.isfinite(of)], 0.5, 1)
            counts = np.histogram(of, edges)[0] / max(1, len(of))
            right.stairs(counts, edges, color=colour, lw=1.5, label=f"density {p:g}")
        right.set(xlabel="summed error: closed form / ascent", ylabel="share of inputs")
        right.legend(loc="upper left")
    table = ds[["closed_error", *names, "closed_sum", "ascended_sum"]]
    return core.exhibit(
        figure,
        table,
        "Left: squared error of the output that can be made worst, an input each of all models "
        "trained with and without an attack; black: equal. Right: the error summed over outputs, "
        "of models trained without: the closed form's attack is for one output, and ascent begins "
        "at it, too (0.5 and less: at the left end).",
    )


@core.takeaway(
    "Typical interference is [typical-below-worst]/√n of the worst at equal norm, or less, since "
    "inputs are independent. The signs of ε make it smaller by a factor of [signs-cancel] only, "
    "at the density where that is least."
)
def interference(ds: xr.Dataset) -> core.Exhibit:
    ds = ds.sortby("density", ascending=False)
    own, factor = (
        of.transpose("density", "seed") for of in (readings.typical(ds), readings.cancelled(ds))
    )
    n, there = ds.sizes["feature"], own.notnull().any("seed").values
    some, factors = own[there], factor[there]
    with drawing(1, 2, width=8.8, height=3.4) as (figure, axes):
        left, right = axes[0]
        every = _over_sparsity(left, ds)
        x = every[there]
        median_band(left, x, some / np.sqrt(n), colour=BLUE, label="ε as learned", marker=".")
        one = some * factors / np.sqrt(n)
        median_band(left, x, one, colour=ORANGE, label="all ε of one sign", marker=".")
        left.axhline(1 / np.sqrt(n), color=INK, ls="--", lw=0.8, label="signs by chance: 1/√n")
        varies = np.sqrt((1 - 0.75 / every) / n)
        marks.theory(left, every, varies, label="what varies, at any W", color=GREEN)
        left.set(ylabel="typical / worst interference", ylim=(0, None))
        _over_sparsity(right, ds)
        median_band(right, x, factors, colour=BLUE, label="", marker=".")
        right.axhline(1, color=FAINT, lw=0.8, zorder=0)
        right.set(ylabel="by what factor signs make it smaller", ylim=(0, None))
        marks.legend_below(figure, left)
    return core.exhibit(
        figure,
        xr.Dataset({"typical_times_root_n": own, "factor_of_signs": factor}),
        "Left: root mean square of Σ G_ij x_j over j ≠ i (exact moments), over its worst case at "
        "equal root mean square of ‖x‖; mean over represented features (left out where there "
        f"are none), {SHADED}. Right: the same with all ε = G_ij of one sign over that with their "
        "own signs.",
    )


@core.takeaway(
    "Trained under the strongest attack models have [fewer-features] of the features per dimension "
    "that they have without, and [clean-loss-rises] of the clean loss; under the test's own attack "
    "[robust-loss-falls] of the attacked loss."
)
def training_under_attack(ds: xr.Dataset) -> core.Exhibit:
    ds = ds.sortby("robust_density", ascending=False)
    f = readings.robust_features_per_dimension(ds)
    panels = {
        "features per dimension": f,
        "clean loss / without": ds.clean_loss / ds.clean_loss.sel(strength=0.0),
        "attacked loss / without": ds.robust_loss / ds.robust_loss.sel(strength=0.0),
    }
    x = ds.strength.values
    with drawing(1, 3, width=9.6, height=3.2) as (figure, axes):
        for axis, (name, of) in zip(axes[0], panels.items(), strict=True):
            for p, colour in zip(ds.robust_density.values, SERIES, strict=False):
                y = of.sel(robust_density=p).transpose("strength", "seed")
                median_band(axis, x, y, colour=colour, label=f"density {p:g}", marker=".")
            axis.set(xlabel="λ in training / mean ‖x‖", ylabel=name)
        for axis in axes[0, 1:]:
            axis.axhline(1, color=FAINT, lw=0.8, zorder=0)
        axes[0, 0].set_ylim(0, None)
        marks.legend_below(figure, axes)
    data = {"features_per_dimension": f, "clean_loss": ds.clean_loss, "robust_loss": ds.robust_loss}
    return core.exhibit(
        figure,
        xr.Dataset(data),
        "Models trained at attacked inputs, against the strength of the attack: features per "
        "dimension, exact loss without an attack, and loss under the worst attack on one output "
        f"with λ = 0.1 of the mean input norm, over those of models trained without. {SHADED}.",
    )
