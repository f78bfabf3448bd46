"""Shapes side by side, how far models are from them, and what they lose."""

import numpy as np
import xarray as xr

from tegum.plots import marks
from tegum.plots.arrows import arrows, point_of_view
from tegum.plots.dots import dots_by_case
from tegum.plots.style import INK, drawing, shades
from tegum.studies import core
from tegum.studies.geometry.thomson import models
from tegum.studies.geometry.thomson.charges import NAMES, turned_onto
from tegum.studies.geometry.thomson.models import (
    best,
    excess,
    kept,
    of_points,
    predicted_kept,
    residual,
)

WIDEST = 9
"""columns of shapes, so that a figure is no wider than 10 inches"""


@core.takeaway(
    "What the best model keeps is Thomson's arrangement at [thomson-when-dense of numbers N] when "
    "densest, at [thomson-when-sparse of numbers N] when sparsest; up to N = 6 digons and "
    "dedicated features at [digons-up-to-six of settings]."
)
def shapes(ds: xr.Dataset) -> core.Exhibit:
    counts = ds.n_features.values[-WIDEST:]
    ends = [float(ds.density.max()), float(ds.density.min())]
    ends = list(dict.fromkeys(ends))
    chosen = best(ds)
    rows = {"Thomson": ds.points.sel(problem="thomson"), "Tammes": ds.points.sel(problem="tammes")}
    rows |= {f"best model,\ndensity {p:g}": chosen.w.sel(density=p) for p in ends}
    reach = float(np.sqrt((chosen.w.fillna(0) ** 2).sum("hidden")).max())
    width = 1.05 * len(counts) + 0.4
    with drawing(len(rows), len(counts), width=width, height=1.02 * len(rows) + 0.6) as (
        figure,
        axes,
    ):
        for line, (title, w) in zip(axes, rows.items(), strict=True):
            for axis, n in zip(line, counts, strict=True):
                charges = of_points(ds, "thomson")[int(n)]
                of_n = np.nan_to_num(w.sel(n_features=n).transpose("hidden", "feature").values)
                of_n = of_n[:, np.linalg.norm(of_n, axis=0) > models.HELD]
                # All of one N are seen from one place, turned onto each other.
                of_n = turned_onto(of_n, charges, np.random.default_rng(0))
                arrows(axis, of_n, reach=reach, numbered=False, view=point_of_view(charges))
            line[0].set_ylabel(title, fontsize=8, visible=True)
        for axis, n in zip(axes[0], counts, strict=True):
            first, _, second = NAMES[int(n)].partition(" ")
            axis.set_title(f"N = {n}\n{first}\n{second}", fontsize=7.5)
    shown = xr.Dataset({"points": ds.points, "best_w": chosen.w})
    return core.exhibit(
        figure,
        shown.sel(n_features=counts),
        "Points on the sphere of least energy (Thomson; their names above) and of least largest "
        "cosine (Tammes; for N = 5 it is not unique), and the features of the model of least exact "
        "loss, each turned onto Thomson's as well as can be and seen from one place; bright where "
        "they share a dimension, dashed: edges at the back. Features of no length are left out.",
    )


@core.takeaway(
    "At the least density models of 7 to 11 features are nearer to Tammes's arrangement in "
    "[nearer-to-tammes of models]."
)
def distances(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset({p: residual(ds, p) for p in models.PROBLEMS})
    shown = shown.sortby("density", ascending=False)
    both = shown.to_dataarray("problem").transpose("problem", ...)
    names = {"thomson": "from Thomson's", "tammes": "from Tammes's"}
    count, two = ds.sizes["density"], ds.sizes["density"] > 2
    down, across = (2, -(-count // 2)) if two else (1, count)
    with drawing(down, across, width=7.6, height=2.3 * down + 0.5, sharey=True, sharex=True) as (
        figure,
        axes,
    ):
        for axis in axes.flat[count:]:
            axis.set_axis_off()
        for axis, p in zip(axes.flat, shown.density.values, strict=False):
            at = both.sel(density=p)
            dots_by_case(axis, "n_features", at, series="problem", names=lambda of: names[of])
            axis.axhline(models.SAME, color=INK, ls="--", lw=0.8)
            axis.set(title=f"density {p:g}", ylim=(-0.01, None))
        for axis in axes[-1]:
            axis.set_xlabel("features N")
        for axis in axes[:, 0]:
            axis.set_ylabel("residual cosine")
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        "How far the features that a model keeps are from the arrangement of as many points, one "
        "dot a model: root mean square difference of cosines, rows sorted and paired. Below the "
        "dashes it counts as that shape. Where both colours lie together, both arrangements are "
        "one, or the model is neither; for N = 5 "
        "Tammes's are many, and none is shown.",
    )


@core.takeaway(
    "Thomson's arrangement never loses less than the best model (least excess "
    "[never-below-the-best-model]); the number kept is what exact losses say at "
    "[kept-as-predicted of settings]."
)
def losses(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset({"excess": excess(ds), "kept": kept(best(ds))})
    shown = shown.assign(predicted_kept=predicted_kept(ds)).sortby("density", ascending=False)
    colours = shades(ds.sizes["density"])
    with drawing(1, 2, width=8.0, height=3.4) as (figure, axes):
        for colour, p in zip(colours, shown.density.values, strict=True):
            at = shown.sel(density=p)
            of = {"color": colour, "marker": "o", "ms": 3, "label": f"density {p:g}"}
            axes[0, 0].plot(at.n_features, 100 * at.excess, **of)
            shift = 0.12 * (list(shown.density.values).index(p) - len(colours) / 2)
            axes[0, 1].plot(at.n_features + shift, at.kept, "o", color=colour, ms=4)
            style = {"marker": "_", "ls": "", "ms": 9, "color": INK, "label": "predicted"}
            axes[0, 1].plot(at.n_features + shift, at.predicted_kept, **style)
        axes[0, 0].set(
            xlabel="features N", ylabel="excess loss, %", title="Thomson's, over the best model"
        )
        axes[0, 1].set(xlabel="features N", ylabel="features kept", title="by the best model")
        for axis in axes[0]:
            axis.xaxis.get_major_locator().set_params(integer=True)
        marks.legend_below(figure, axes, columns=4)
    return core.exhibit(
        figure,
        shown,
        "Left: exact loss of Thomson's arrangement, each feature with its best length and bias, "
        "over that of the model of least exact loss, less 1 (N > 3; below, models lose next to "
        "nothing). Right: features that this model keeps, colours as left; dashes, what exact "
        "losses of Thomson's arrangements of K ≤ N points say.",
    )
