"""Dense to sparse, stored features, factors over density, and the partners of sets."""

import numpy as np
import xarray as xr
from matplotlib.colors import to_rgba

from tegum.analysis import geometry
from tegum.plots import marks, panels
from tegum.plots.outcomes import swatches
from tegum.plots.stored import features_side_by_side
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, RED, drawing
from tegum.studies import core
from tegum.studies.attention.behaviours.readings import (
    EPS,
    GAP,
    KINDS,
    alike,
    apart,
    boundary,
    count,
    kinds,
    largest_cosine,
    orthogonal,
    partners,
    tolerated,
)
from tegum.studies.core.measures import of_weights

CHANCES = {2: 2 / 3, 3: 8 / 15}
"""sets -> share of pairings into digons that keep all partners apart"""


@core.takeaway(
    "Dense: the largest |cos| among the top m is [dense-is-orthogonal] (median, worst density "
    "above p*); most models keep exactly these down to density [dense-ends-at]."
)
def dense_to_sparse(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset({"represented": count(ds), "largest_cosine": largest_cosine(ds)})
    shown = shown.sortby("density", ascending=False)
    places = np.arange(ds.sizes["density"])
    last = float(np.sum(shown.density.values > boundary(ds))) - 0.5
    with drawing(1, 2, width=7.6, height=3.2) as (figure, axes):
        for axis, name, colour in zip(axes[0], shown, (GREEN, BLUE), strict=True):
            marks.sparsity_ticks(axis, shown.density)
            y = shown[name].transpose("density", "seed")
            marks.dots(axis, places, y, colour=colour, width=0.5, ms=5)
            median_of = {"marker": "_", "ms": 12, "ls": "", "mew": 1.6}
            marks.theory(axis, places, y.median("seed"), label="median", **median_of)
            style = {"color": RED, "ls": ":", "lw": 1.2}
            axis.axvline(last, **style, label="left of it no antipodal pair pays")
        axes[0, 0].axhline(ds.sizes["hidden"], color=FAINT, lw=1, zorder=0, label="m, or the bound")
        axes[0, 1].axhline(tolerated(ds), color=FAINT, lw=1, zorder=0)
        axes[0, 0].set(title="features represented", ylim=(0, None))
        axes[0, 1].set(title="largest |cos| among the top m", ylim=(-0.03, 1.05))
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        "One dot a model, importance falling by a constant factor. Left: features longer than 1/2; "
        "grey, m. Right: the largest |cos| between two of the m most important; grey, from where "
        "on it costs more than keeping a wrong feature; 1 is an antipodal pair.",
    )


@core.takeaway(
    "Sparser means more features: at densities up to 0.5 at least [sparse-is-superposed] of them "
    "(median), more than dimensions."
)
def stored(ds: xr.Dataset) -> core.Exhibit:
    places = np.unique(np.linspace(0, ds.sizes["density"] - 1, 5).round().astype(int))
    ordered = ds.sortby("density", ascending=False).isel(density=places)
    best = ordered.isel(seed=ordered.loss.fillna(np.inf).argmin("seed")).drop_vars("seed")
    figure = features_side_by_side(
        best.w.transpose("density", "hidden", "feature").values[None],
        None,
        row_labels=["least loss"],
        column_labels=[panels.sparsity(p) for p in best.density.values],
    )
    return core.exhibit(
        figure,
        of_weights(geometry.norms, best.w).rename("norm"),
        "WᵀW of the model of least exact loss, red above 0 and blue below. Bars: length of each "
        "feature, the most important on top, dark with directions of its own, bright in "
        "superposition.",
    )


COLOURS = dict(
    zip(KINDS, (INK, ORANGE, GREEN, BLUE, "#56b4e9", "#cc79a7", RED, "#e3e3e3"), strict=True)
)


@core.takeaway(
    "Equally important features form simplices ([factors-are-simplices of features in "
    "superposition] at the worst setting from 0.28 to 0.5); with most features and sparsest it is "
    "[sparser-stays-a-product of these]."
)
def factors_by_density(ds: xr.Dataset) -> core.Exhibit:
    ordered = ds.sortby("alike_density", ascending=False)
    mean, w = kinds(ordered).mean("seed"), alike(ordered)
    x, rows = np.arange(ordered.sizes["alike_density"]), ds.n.values
    with drawing(len(rows), 2, width=7.6, height=2.5 * len(rows) + 0.5) as (figure, axes):
        for (bars, strip), n in zip(axes, rows, strict=True):
            below_it = np.zeros(x.size)
            for kind, colour in COLOURS.items():
                part = mean.sel(n=n, kind=kind).values
                bars.bar(x, part, bottom=below_it, color=colour, width=0.8)
                below_it = below_it + np.nan_to_num(part)
            bars.set(title=f"{n} features in {ds.sizes['hidden']} dimensions", ylim=(0, 1))
            bars.set_ylabel("share of represented")
            first = w.sel(n=n).isel(seed=0).transpose("alike_density", "hidden", "feature").values
            for place, one in zip(x, first, strict=True):
                hat = geometry.directions(one[:, geometry.norms(one) > 0.5])
                cosines = abs(geometry.gram(hat))[np.triu_indices(hat.shape[-1], 1)]
                marks.dots(strip, [place], cosines[None], colour=BLUE, width=0.6)
            strip.axhspan(*GAP, color=to_rgba(FAINT, 0.4), lw=0)
            strip.set(title="|cos| of all pairs, one model", ylim=(-0.03, 1.05))
            for axis in (bars, strip):
                marks.sparsity_ticks(axis, ordered.alike_density)
        swatches(figure, axes[0, 0], COLOURS, columns=4)
    return core.exhibit(
        figure,
        mean.rename("share"),
        "Equal importance. Left: in which factor represented features are, mean of all models; "
        "named where the Gram residual is at most 0.15. Right: cosines of all pairs of the first "
        "seed; grey, the gap in which a product of simplices of up to 4 vertices has none.",
    )


@core.takeaway(
    "Partners are orthogonal in [partners-are-orthogonal of models] at the worst setting, and when "
    "sparsest in different factors in [partners-in-different-factors of models]."
)
def sets_of_two(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset(
        {"cosine": partners(ds), "orthogonal": orthogonal(ds), "apart": apart(ds)}
    ).stack(setting=("count", "set_density"), create_index=False)
    labels = [
        f"{int(k)} sets\np = {float(p):g}"
        for k, p in zip(shown["count"], shown.set_density, strict=True)
    ]
    nulls = [CHANCES.get(int(k), np.nan) for k in shown["count"]]
    with drawing(1, 3, width=9.6, height=3.3) as (figure, axes):
        for shift, colour, law in zip((-0.2, 0.2), (BLUE, ORANGE), ds.law.values, strict=True):
            one = shown.sel(law=law)
            x = marks.named_ticks(axes[0, 0], labels)
            y = one.cosine.transpose("setting", ...)
            marks.dots(axes[0, 0], x, y, colour=colour, label=str(law), shift=shift, width=0.3)
            for axis, name in zip(axes[0, 1:], ("orthogonal", "apart"), strict=True):
                marks.named_ticks(axis, labels)
                axis.bar(x + shift, one[name].mean(("seed", "copy")), width=0.38, color=colour)
        for axis in axes[0, 1:]:
            look = {"marker": "_", "ms": 12, "ls": "", "mew": 1.4}
            marks.theory(axis, x, nulls, label="pairing at random", **look)
            axis.set_ylim(0, 1.03)
        axes[0, 0].set(title="cos of partners", ylim=(-1.05, 1.05))
        axes[0, 1].set_title(f"all partners |cos| < {EPS}: share")
        axes[0, 2].set_title("all in different factors: share")
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown.drop_vars("cosine"),
        "Sets of two features in as many dimensions as sets, of models that represent all. Left: "
        "cosine of each set's two members; -1 is an antipodal pair. Dashes: partners apart where "
        "digons are paired at random.",
    )
