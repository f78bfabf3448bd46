"""The figures of `plain-factors`; each says above it what it shows."""

import numpy as np
import pandas as pd
import xarray as xr

from tegum.plots import marks
from tegum.plots.matrices import heat_map
from tegum.plots.panels import sparsity
from tegum.plots.style import BLUE, GREEN, INK, ORANGE, RED, drawing
from tegum.studies import core
from tegum.studies.attention.plain_factors import readings as read
from tegum.studies.attention.plain_factors.factors import (
    ANTIPRISM,
    DIGON,
    OTHER,
    PENTAGON,
    TETRAHEDRON,
    TRIANGLE,
)

OF_KIND = {DIGON: BLUE, TRIANGLE: ORANGE, TETRAHEDRON: "#cc79a7", PENTAGON: GREEN}
OF_KIND |= {ANTIPRISM: "#56b4e9", OTHER: "#999999"}
ASKED = "Heads answer 'any', without a constant input, of pairs (i, i); W trained alone"


@core.takeaway(
    "Pentagons form in [pentagons-form of models], triangles or tetrahedra in [simplices-form of "
    "models] of the setting that has most; the sparsest features at n ≥ 3m make several factors "
    "in [factors-when-sparse of models]."
)
def factors(ds: xr.Dataset) -> core.Exhibit:
    shown = ds.factors.mean("seed").rename("factors")
    panels, kinds = list(ds.n_features.values), list(ds.kind.values)
    wide = 2.2 * len(panels) + 0.9
    with drawing(2, len(panels), width=wide, height=5.6) as (figure, axes):
        for k, n in enumerate(panels):
            table = shown.sel(n_features=n).transpose("density", "kind").values
            image = heat_map(axes[0, k], table, low=0, high=6, colours="Blues")
            for (row, column), value in np.ndenumerate(table):
                colour = "white" if value > 3.5 else INK
                words = f"{value:.2g}" if value else ""
                axes[0, k].text(column, row, words, ha="center", va="center", size=7, color=colour)
            axes[0, k].set_xticks(range(len(kinds)), kinds, rotation=50, ha="right")
            labels = [sparsity(p) for p in ds.density.values] if k == 0 else []
            axes[0, k].set_yticks(range(len(ds.density)) if k == 0 else [], labels)
            axes[0, k].set_title(f"n = {n} = {n / core.config_in(ds)['n_hidden']:g} m")
            gram = ds.gram.sel(n_features=n).isel(density=0).values[:n, :n]
            seen = heat_map(axes[1, k], gram, low=-1, high=1, colours="RdBu_r")
            axes[1, k].set_title(f"WᵀW, {sparsity(float(ds.density[0]))}")
        figure.colorbar(image, ax=axes[0].tolist(), label="factors per model", shrink=0.8)
        figure.colorbar(seen, ax=axes[1].tolist(), label="W_i · W_j", shrink=0.8)
    return core.exhibit(
        figure,
        pd.concat([shown.to_dataframe().reset_index(), ds.gram.to_dataframe().reset_index()]),
        "Above: how many factors of each kind a trained W has, mean over seeds, by size n and "
        "sparsity; 'single' is a feature with a dimension of its own, 'antiprism' 8 features in 3 "
        "dimensions, 'other' any other factor. Below: WᵀW of the seed of most factors at the "
        "highest density, factor by factor, the largest first, those not represented last.",
    )


@core.takeaway(
    "Slices are sum and difference of the two members: |cos| to [contrasts], σ_2/σ_1 to "
    "[sigma-ratio] of what their cosine says (worst medians), where theory puts them near. In "
    "every factor alike the first slice is so to [contrasts-everywhere]."
)
def contrasts(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset({"c": ds.c, "ratio": read.trained(ds.ratio)})
    shown["cosine"] = read.trained(ds.cosine).mean("member")
    shown["near"] = read.near_ratio_error(ds).notnull()
    joint = xr.Dataset({"c": ds.joint_c, "ratio": read.trained(ds.joint_ratio)})
    joint["cosine"] = read.trained(ds.joint_cosine).mean("member")
    line = xr.DataArray(np.linspace(-1, 1, 401), dims="c")
    with drawing(1, 3, width=9.9, height=3.9) as (figure, axes):
        for axis, name in zip(axes[0], ("first slice", "second slice", "ratio"), strict=True):
            k = {"first slice": 1, "second slice": 2}.get(name)
            of, law = ("ratio", read.law_ratio(line, 0.0))
            if k:
                of, law = "cosine", read.law_cosines(line, 0.0).sel(slice=k)
            for kind, colour in OF_KIND.items():
                one = shown.sel(shared=kind)
                y = one[of].sel(slice=k) if k else one[of]
                x, y, near = xr.broadcast(one.c, y, one.near)
                if not np.isfinite(y).any():
                    continue
                for there, style in (
                    (near, {"alpha": 0.6}),
                    (~near, {"mfc": "none", "alpha": 0.5}),
                ):
                    look = {"ms": 3.5, "mew": 0.6, "rasterized": True, "label": kind} | style
                    at = np.where(there, y, np.nan).ravel()
                    axis.plot(x.values.ravel(), at, "o", color=colour, **look)
            y = joint[of].sel(slice=k) if k else joint[of]
            x, y = xr.broadcast(joint.c, y)
            look = {"ms": 4, "alpha": 0.6, "label": "joint", "rasterized": True}
            axis.plot(x.values.ravel(), y.values.ravel(), "^", color=RED, **look)
            marks.theory(axis, line, law, label="law, sparse features", lw=1)
            if not k:
                dense = float(ds.density.max())
                law = read.law_ratio(line, dense)
                marks.theory(axis, line, law, label=f"law, {sparsity(dense)}", lw=1, ls="--")
            axis.set(xlabel="cosine c of the two members", xlim=(-1.03, 1.0), ylim=(-0.03, 1.03))
        axes[0, 0].set(title="first slice", ylabel="|cos| with the members")
        axes[0, 1].set(title="second slice")
        axes[0, 2].set(title="σ_2 / σ_1")
        marks.legend_below(figure, axes, columns=5)
    return core.exhibit(
        figure,
        pd.concat([each.to_dataframe().reset_index() for each in (shown, joint)]),
        f"Two members of one factor are attended to. {ASKED} (round) or on with the head "
        "(triangles). One mark a head: the facing member of the factor's first feature, or the one "
        "beside it. Filled: theory puts the head near the law on this W; open: it does not, since "
        "the factor is not tight or W not balanced. |cos| is a mean of both members and sides. A "
        "digon has one slice; the second is what is left. Dashes: 'any' weakens the sum where "
        "features are dense.",
    )


@core.takeaway(
    "Slices stay in the factors that are attended to: for two members in [two-stay of cases], for "
    "all in [all-span of factors], for two factors in [both-span of models], nearer than 95 % of "
    "random spans."
)
def spans(ds: xr.Dataset) -> core.Exhibit:
    names = {"two_angle": "two members", "all_angle": "all members", "both_angle": "two factors"}
    nulls = {name: name.replace("angle", "null") for name in names}
    shown = ds[[*names, *nulls.values()]].sel(way="trained", drop=True)
    with drawing(1, 3, width=9.4, height=3.6, sharey=True) as (figure, axes):
        for axis, (name, title) in zip(axes[0], names.items(), strict=True):
            values = shown[name].where(shown[nulls[name]].notnull())
            along = "shared" if "shared" in values.dims else "n_features"
            places = marks.named_ticks(axis, values[along].values, 35 if along == "shared" else 0)
            each = values.transpose(along, ...).values.reshape(len(places), -1)
            marks.dots(axis, places, each, colour=BLUE, width=0.5, label="trained head", ms=4)
            null = shown[nulls[name]].transpose(along, ...).values.reshape(len(places), -1)
            style = {"marker": "_", "ms": 12, "ls": ""}
            with np.errstate(all="ignore"):
                least = pd.DataFrame(null).median(axis=1)
            marks.theory(axis, places, least, label="random spans, 5 %", **style)
            axis.set_xlim(-0.5, len(places) - 0.5)
            axis.set(title=title, yscale="log", xlabel="n" if along != "shared" else "")
            axis.set_ylim(1e-5, 3)  # some floor: where all models diverged there is no data
        axes[0, 0].set_ylabel("largest principal angle, rad")
        marks.legend_below(figure, axes)
    parts = [shown[[a, b]].to_dataframe().reset_index() for a, b in nulls.items()]
    return core.exhibit(
        figure,
        pd.concat(parts).dropna(subset=[*names], how="all"),
        f"How far slices leave the factors that the head attends to. {ASKED}. Left: two members, "
        "two slices (one in a digon); middle: all members, a slice for each dimension; right: all "
        "members of two factors, by n. One dot a head; dashes (median): what the angle of random "
        "slices stays above in 95 %. Factors that fill the space are left out.",
    )


@core.takeaway(
    "One slice goes to the greater leverage in [greater-leverage-first of models] where they "
    "differ; of like leverage the lesser still has [one-goes-without] (worst median). Slices for "
    "two factors of a kind mix (share of one factor [like-factors-apart], worst median)."
)
def too_few(ds: xr.Dataset) -> core.Exhibit:
    shown = ds[["served", "leverage", "purity", "alike"]].sel(way="trained", drop=True)
    difference = ds.leverage.sel(place=1) - ds.leverage.sel(place=2)
    colours = dict(zip(ds.n_features.values, (ORANGE, BLUE, GREEN, RED, INK), strict=False))
    with drawing(1, 2, width=7.4, height=3.6) as (figure, axes):
        left, right = axes[0]
        places = marks.named_ticks(right, ["of one kind", "of two kinds"])
        for n, colour in colours.items():
            one = shown.sel(n_features=n)
            x = difference.sel(n_features=n).values.ravel()
            y = one.served.sel(place=1).transpose(*difference.sel(n_features=n).dims).values.ravel()
            look = {"ms": 4, "alpha": 0.6, "rasterized": True, "label": f"n = {n}"}
            left.plot(x, y, "o", color=colour, **look)
            kept = [one.purity.where(one.alike == a).values.ravel() for a in (1, 0)]
            shift = 0.16 * (list(colours).index(n) - (len(colours) - 1) / 2)
            marks.dots(right, places, kept, colour=colour, shift=shift, width=0.1, ms=5)
        left.set(
            xlabel="P_ii - P_jj, difference of leverages",
            ylabel="energy of feature i in the only slice",
            title="a feature in each of two factors, r = 1",
        )
        right.set(title="two whole factors", ylabel="share of the worst slice in one factor")
        right.set(ylim=(0, 1.03), xlim=(-0.5, 1.5))
        left.locator_params(axis="x", nbins=5)
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        f"Two factors at once. {ASKED}. Left: one slice for a feature in each; right: a slice for "
        "each dimension of two whole factors, and how far the slice that does so least keeps to "
        "one of them. One dot a model.",
    )


FIGURES = (factors, contrasts, spans, too_few)
