"""The figures of `head-timing`; each says above it what it shows."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.ticker import LogLocator, NullFormatter

from tegum.plots import marks, panels
from tegum.plots.bands import SHADED, bands_of
from tegum.plots.crossings import median_mark, order_of, turn_line
from tegum.plots.dots import dots_by_case
from tegum.plots.planes import strips
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, RED, drawing, shades
from tegum.studies import core
from tegum.studies.attention.timing.growing import random_dictionary
from tegum.studies.attention.timing.times import (
    SETTLED_AT,
    at_end,
    first_to_stay,
    time_of,
)
from tegum.studies.attention.timing.together import (
    alignment,
    bound_of,
    dimensionality,
    dual_alignment,
    leverage,
)
from tegum.studies.core.measures import (
    chance_of,
)

CURVES = {
    "alignment": (BLUE, "alignment |cos(u, W_i)|"),
    "leverage": (ORANGE, "leverage P_ii"),
    "dimensionality": (GREEN, "dimensionality D_i"),
}
STARTS = {"fresh": "from random weights", "settled": "from antipodes"}


@core.takeaway(
    "At λ > λ* alignment comes after leverage in [orthogonal-first of models without a tie], and "
    "after columns of W orthogonal to all others in [orthogonal-columns-first of such models]."
)
def training_curves(ds: xr.Dataset) -> core.Exhibit:
    curves = (of(ds) for of in (alignment, leverage, dimensionality, dual_alignment))
    shown = xr.Dataset(dict(zip([*CURVES, "dual"], curves, strict=True))).sel(start="fresh")

    def decorate(axis: Any, at_lam: xr.Dataset) -> None:
        for name, (colour, _) in CURVES.items():
            times = first_to_stay(at_lam[name], SETTLED_AT).values
            median_mark(axis, times, colour=colour, end=float(at_lam.step[-1]))
        axis.plot(
            at_lam.step,
            at_lam.dual.median("seed"),
            color=INK,
            lw=0.9,
            ls=":",
            label="|cos(u, d_i)|",
        )

    at_each = [(f"λ = {lam:g}", {"lam": lam}) for lam in ds.lam.values]
    options: dict[str, Any] = {"panels": at_each, "columns": 3, "chance": chance_of(ds)}
    return core.exhibit(
        panels.curves_over("step", shown, CURVES, decorate=decorate, **options),
        shown,
        "Joint training from random weights, the worse side of the pair; u: the first singular "
        f"vectors; λ* = {bound_of(ds):.3g}: {SHADED}. Dashed: median step from which each stays "
        f"above {SETTLED_AT}; none where most never get there. Dotted: |cos| with d_i, where the "
        "best head on the W of that step stands, median. Grey: what |cos| of a random direction "
        "stays below in 95 %.",
    )


@core.takeaway(
    "What a heavy head gets, reconstruction pays: at the λ and start where that is most, L1 ends "
    "above the best loss known by [near-best-known] times that loss (median)."
)
def losses(ds: xr.Dataset) -> core.Exhibit:
    power = core.config_in(ds)["density"] ** 2
    shown = ds[["L1", "L2"]].sel(start="fresh", drop=True).isel(step=slice(1, None))
    shown = shown.assign(L2=shown.L2 / power)
    shown = shown.assign_coords(lam=[f"λ = {lam:g}" for lam in ds.lam.values])
    colours = dict(zip(shown.lam.values, shades(ds.sizes["lam"]), strict=True))
    with drawing(1, 2, width=7.2, height=3.2) as (figure, axes):
        for axis, name in zip(axes[0], ("L1", "L2"), strict=True):
            bands_of(axis, shown[name], x="step", series="lam", colours=colours)
            axis.set(xscale="log", yscale="log", xlabel="step")
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter("{x:g}")
            axis.yaxis.set_minor_formatter(NullFormatter())
        axes[0, 0].set(title="reconstruction", ylabel="L1, summed over features")
        axes[0, 1].set(title="head", ylabel="L2 / E s²")
        axes[0, 1].axhline(7 / 16, color=INK, ls=":", lw=1)
        marks.legend_below(figure, axes, columns=6)
    return core.exhibit(
        figure,
        shown,
        "The two losses in joint training from random weights (sampled, mean since the last look): "
        f"{SHADED}. Dotted: 7/16, what a product of the two features' exact values would leave of "
        "E s².",
    )


@core.takeaway(
    "At λ ≤ λ* singular vectors align first in [aligns-first-below-threshold of models without a "
    "tie]; at λ > λ* features get leverage first in [orthogonal-first of such models]."
)
def order(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset({"t_align": time_of(alignment)(ds), "t_orth": time_of(leverage)(ds)})
    labels = {"xlabel": "λ, weight of the head's loss", "ylabel": "t_align - t_orth, steps"}
    options: dict[str, Any] = labels | {"titles": STARTS, "end": float(ds.step[-1])}
    options["sides"] = "below 0: aligned first", "above 0: orthogonal first"
    turn = "λ*, beyond which each needs a dimension", bound_of(ds)
    return core.exhibit(
        order_of(shown.t_align, shown.t_orth, panel="start", x="lam", turn=turn, **options),
        shown,
        f"When |cos| of the first singular vectors (t_align) and leverage (t_orth) come to stay "
        f"above {SETTLED_AT}: the difference, one mark a model, those of one λ side by side in its "
        "order. Triangles: aligned, but never orthogonal (below), or orthogonal, but never aligned "
        "to stay (above). Models with neither are left out.",
    )


@core.takeaway(
    "The median leverage passes 3/4 at λ = [threshold] from random weights and at λ = "
    "[threshold-settled] from antipodes; at λ > λ* [antipode-evicted of former antipodes] are "
    "dropped."
)
def threshold(ds: xr.Dataset) -> core.Exhibit:
    end = ds.isel(step=-1, drop=True)
    opposed = end[["partner_norm", "partner_cosine"]].sel(start="settled", drop=True)
    opposed = opposed.mean("side", skipna=False)
    shown = opposed.assign(leverage=at_end(leverage)(ds))
    names = {"partner_norm": "former antipode: length", "partner_cosine": "former antipode: cosine"}
    left = shown.leverage.assign_coords(start=[f"attended, {STARTS[s]}" for s in ds.start.values])
    right = opposed.rename(names).to_dataarray("of")
    bound = "λ* = cost / gain", bound_of(ds)
    with drawing(1, 2, width=7.4, height=3.5) as (figure, axes):
        for axis, values, series, colours in (
            (axes[0, 0], left, "start", (BLUE, ORANGE)),
            (axes[0, 1], right, "of", (GREEN, RED)),
        ):
            options: dict[str, Any] = {"theory": "median over seeds", "apart": 0.12}
            middle = values.median("seed")
            dots_by_case(axis, "lam", values, middle, series=series, colours=colours, **options)
            turn_line(axis, axis.get_xticks(), ds.lam.values, bound, INK)
            axis.axhline(0.5 if series == "start" else 0, color=FAINT, lw=1, zorder=0)
            axis.set(xlabel="λ, weight of the head's loss")
        axes[0, 0].set(title="attended features", ylabel="leverage, worse side", ylim=(0.4, 1.03))
        axes[0, 1].set(title="their former antipodes", ylabel="length, cosine", ylim=(-1.1, 1.3))
        marks.legend_below(figure, axes, columns=3)
    return core.exhibit(
        figure,
        shown,
        "The end of joint training against λ, one dot a model. Left: leverage of the attended "
        "features; 1/2 in an antipodal pair. Right: what becomes of the features that opposed them "
        "before the head came, mean of the two. Dashed: above λ* it pays even to drop these.",
    )


@core.takeaway(
    "Without room to turn away, at λ > λ*, [evicted-without-room of models] drop both features "
    "that are not attended to."
)
def strip(ds: xr.Dataset) -> core.Exhibit:
    shown = ds[["plane_w", "plane_vector"]]
    sound = shown.plane_w.notnull().all(("plane_lam", "step", "axis", "corner"))
    shown = shown.isel(seed=int(np.argmax(sound.values)))
    names = "λ = {:g}".format
    return core.exhibit(
        strips(shown.plane_w, shown.plane_vector, row="plane_lam", names=names, looks=5),
        shown,
        "One model of four features in two dimensions over joint training, one row for each λ. "
        "Solid: columns of W, the two attended in blue (left) and orange (right), the others grey. "
        "Dotted: the first singular vectors, as axes.",
    )


FIGURES = (training_curves, losses, order, threshold, random_dictionary, strip)
