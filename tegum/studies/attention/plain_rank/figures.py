"""The figures of `plain-rank`; each says above it what it shows."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.nulls import best_slice, chance_quantile
from tegum.plots import marks
from tegum.plots.bands import DASHES, SHADED, bands_of
from tegum.plots.dots import dots_by_case
from tegum.plots.matrices import heat_map, heat_maps
from tegum.plots.panels import sparsity
from tegum.plots.style import BLUE, GREEN, INK, ORANGE, RED, drawing
from tegum.studies import core
from tegum.studies.attention.plain_rank import readings as read
from tegum.studies.attention.plain_rank.heads import ANY, ANY_EQUAL, CASES, COUNT, COUNT_FALLS
from tegum.studies.attention.plain_rank.readings import ALONE, JOINT
from tegum.theory.recovery_laws import any_from_count

OF_CASE = dict(zip(CASES, (RED, ORANGE, BLUE, GREEN), strict=True))
OF_MODE = {JOINT: RED, ALONE: BLUE}
MARKER = {ALONE: "o", JOINT: "^"}
STANDING = ("leverage", "norm", "superposition")
"""how attended features stand in W"""
ASKED = (
    "'any': is some pair present? 'count': how many are; I (importance) falls with the feature "
    "unless it is said to be equal, pairs weigh alike unless t falls"
)


@core.takeaway(
    "One slice serves all: heads of rank 1 explain what they do on orthonormal features, to "
    "[first-slice-serves-all], and no feature has more than [one-feature-wins] of the slice "
    "(largest median). 'any' and 'count' are [any-is-count] of the latter apart at the densest."
)
def first_slice(ds: xr.Dataset) -> core.Exhibit:
    shares = read.falling(read.share_of_first(ds)).rename("share_of_first")
    first = ds.energy.isel(rank=0, drop=True).rename("energy_of_first")
    m, places = ds.sizes["pair"], np.arange(ds.sizes["density"])
    attended = {name: ds[name].isel(rank=0, feature=slice(0, m), drop=True) for name in STANDING}
    of_w = xr.Dataset(attended).rename(feature="pair").assign_coords(pair=ds.pair)
    # In rows below each other: the product of all axes would be a million of them.
    parts = [shares, ds.share_law], [first, of_w], [ds.any_gap], [ds.any_gap_trained]
    tables = [xr.merge(part, join="outer").to_dataframe().reset_index() for part in parts]
    shown = pd.concat(tables, ignore_index=True)
    with drawing(1, 4, width=9.9, height=3.4) as (figure, axes):
        one, two, three, four = axes[0]
        for k, (mode, case) in enumerate((o, c) for o in MARKER for c in shares.case.values):
            shift = 0.11 * (k - 2.5)
            values = shares.sel(mode=mode, case=case).transpose("density", "seed")
            dots: dict[str, Any] = {"color": OF_CASE[case], "ms": 3, "alpha": 0.6, "ls": ""}
            one.plot(places + shift, values, marker=MARKER[mode], **dots)
            law = ds.share_law.sel(case=case)
            marks.theory(
                one, places + shift, law, **DASHES | {"ms": 7}, label="orthonormal, r = 1 of m"
            )
        marks.sparsity_ticks(one, ds.density.values)
        one.set(title="first slice of m", ylabel="share of what r = m explains")
        for mode, case in ((o, c) for o in MARKER for c in (ANY, COUNT_FALLS)):
            values = first.sel(case=case, mode=mode).isel(density=0).median("seed")
            name = f"{case}, {mode}"
            look: dict[str, Any] = {"color": OF_CASE[case], "marker": MARKER[mode], "ms": 4}
            two.plot(range(m), values, label=name, lw=0.8, **look)
            of = {"case": case, "mode": mode}
            found = first.sel(of).isel(density=-1).transpose("pair", "seed").values.ravel()
            x = of_w.leverage.sel(of).isel(density=-1).transpose("pair", "seed")
            look = {"color": OF_CASE[case], "ms": 3, "alpha": 0.5, "rasterized": True}
            three.plot(x.values.ravel(), found, MARKER[mode], **look)
        for axis, k in ((two, 0), (three, -1)):
            axis.axhline(1 / m, color=INK, lw=1, ls=":", label="1/m")
            axis.set(title=f"r = 1, {sparsity(float(ds.density[k]))}", ylim=(0, None))
        two.set(
            xlabel="feature, from 0",
            ylabel="share of it in the slice",
            xticks=range(0, m, -(-m // 5)),
        )
        three.set(xlabel="leverage P_ii")
        p = ds.gap_density.values
        four.loglog(p, ds.any_gap, "o", color=GREEN, ms=4, label="orthonormal features")
        marks.theory(four, p, [any_from_count(m, each) for each in p], label="√(q(q-1)) p²")
        trained = ds.any_gap_trained.median("seed")
        four.plot(ds.density, trained, "x", color=RED, ms=5, label="trained W")
        four.set(title="'any' from 'count'", xlabel="density p = 1 - S")
        four.set(ylabel="‖Ω_any - Ω_count‖ / ‖Ω_count‖")
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        f"{ASKED}. Round: two-stage; triangles: joint; blue: 'count'. Left: what heads of rank 1 "
        f"explain of E s² over what those of rank m = {m} do, one mark a seed (joint ones have a "
        "W each, so it may exceed 1); dashes: orthonormal features. Middle: how much of each "
        "attended feature lies in the slice of a head of rank 1, by feature (importance falls, "
        "and t where it does; median over seeds) and by leverage (every model). Right: the "
        "relative distance of the best heads for 'any' and 'count', m pairs of equal weight.",
    )


@core.takeaway(
    "Where the loss tells spans apart, two-stage energies are the closed form's, to "
    "[energies-are-theory] (median over seeds, worst feature); slices in the order of falling "
    "weights would differ from them by [largest-weights-first]."
)
def energies_by_rank(ds: xr.Dataset) -> core.Exhibit:
    shown = ds[["energy", "energy_theory"]].sel(mode=ALONE, case=[ANY, COUNT_FALLS])
    both = {"closed form": shown.energy_theory, "trained": shown.energy}
    titled = {
        f"{case}\n{way}": values.sel(case=case, drop=True).median("seed")
        for case in shown.case.values
        for way, values in both.items()
    }
    maps = xr.Dataset(titled).to_array("title")
    maps = maps.assign_coords(density=[sparsity(p) for p in maps.density.values])
    return core.exhibit(
        heat_maps(
            maps.rename(density="sparsity", pair="feature"),
            rows="sparsity",
            columns="title",
            y="feature",
            x="rank",
            label="energy in the slices' span",
        ),
        shown,
        "Which of the m attended features a two-stage head of rank r reads, from the most "
        "important, which for falling weights is that of largest weight, too. Colour: the energy, "
        "that share of a feature which lies in the span of the r slices, median over seeds; "
        "trained on the exact L2, beside the best head of that rank on the same W.",
    )


@core.takeaway(
    "At r = m the worst feature's best slice has |cos| [all-recovered] for 'any' at the densest, "
    "and in the best of all settings [all-recovered-somewhere]; the best of m random slices stays "
    "below the grey in 95 %."
)
def best_slices(ds: xr.Dataset) -> core.Exhibit:
    shown = read.full(ds[["best", "best_theory"]])
    m, count = ds.sizes["pair"], ds.sizes["density"]
    look: dict[str, Any] = {"x": "pair", "series": "case", "colours": OF_CASE, "inner": 0.0}
    with drawing(2, count, width=2.9 * count + 0.6, height=5.4, sharey=True, sharex=True) as (
        figure,
        axes,
    ):
        for mode, row in zip((ALONE, JOINT), axes, strict=True):
            for p, axis in zip(ds.density.values, row, strict=True):
                one = shown.sel(mode=mode, density=p)
                bands_of(axis, one.best, **look)
                marks.chance(axis, chance_quantile(0.95, m, m), best_slice(m)[0])
                axis.set(title=f"{mode}, {sparsity(p)}", ylim=(0, 1.03))
            row[0].set_ylabel("|cos| of the feature's best slice")
        for axis in axes[-1]:
            axis.set_xlabel("feature, from most important")
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        f"Heads of rank r = m = {m}: the |cos| of each attended feature's best slice, worse side; "
        f"{SHADED.partition(' and,')[0]}. {ASKED}. Grey: what the best of m random slices stays "
        "below in 95 %, and its mean.",
    )


@core.takeaway(
    "With the head W holds more of the sum of all features in [w-takes-the-sum of models] ('any'), "
    "and the head gains in [head-gains of models]; reconstruction pays in "
    "[reconstruction-pays of models]. Attended features' share of the dimensions is "
    "[attended-get-dimensions] where importance is equal (least median)."
)
def with_and_without(ds: xr.Dataset) -> core.Exhibit:
    own = ds.L2_floor.where(ds["mode"] == ALONE, ds.L2)
    quantities = {
        "row_sum": ds.row_sum,
        "of_attended": read.of_attended(ds),
        "L1": ds.L1,
        "L2": own,
    }
    shown = read.full(xr.Dataset(quantities))
    words = ("κ/n, the sum in the row space", "Σ P_ii of attended / m", "L1", "L2 / E s²")
    names = [sparsity(p) for p in ds.density.values]
    cases = (ANY, ANY_EQUAL, COUNT)
    with drawing(3, 4, width=9.8, height=6.6, sharex=True) as (figure, axes):
        for case, row in zip(cases, axes, strict=True):
            for name, word, axis in zip(quantities, words, row, strict=True):
                values = shown[name].sel(case=case, mode=[ALONE, JOINT])
                values = values.assign_coords(density=names)
                dots_by_case(
                    axis, "density", values, series="mode", colours=[OF_MODE[ALONE], OF_MODE[JOINT]]
                )
                if name != "L1":
                    axis.set_ylim(0, 1.05 if name in ("row_sum", "of_attended") else None)
                if case == ANY:
                    axis.set_title(word)
            row[0].set_ylabel(case)
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        f"What joint training makes of W, beside W trained alone; r = m, λ = "
        f"{core.config_in(ds)['lam']:g}, one dot a model. {ASKED}. κ/n: how much of the sum of all "
        "features can be read off h; P_ii: leverage, of which attended features have their share; "
        "L1: exact, summed over features; L2: of the joint head, and of the best head on W alone.",
    )


@core.takeaway(
    "Where importance is equal, W alone can be antipodal pairs, which a plain head cannot read "
    "(floor of L2 [alone-is-readable] of E s², worst median)."
)
def grams(ds: xr.Dataset) -> core.Exhibit:
    shown = read.full(ds[["w"]]).sel(case=[ANY, ANY_EQUAL])
    columns = [(case, mode) for case in shown.case.values for mode in (ALONE, JOINT)]
    count = ds.sizes["density"]
    with drawing(count, 4, width=8.6, height=1.9 * count + 0.4) as (figure, axes):
        for k, (row, p) in enumerate(zip(axes, ds.density.values, strict=True)):
            for axis, (case, mode) in zip(row, columns, strict=True):
                w = shown.w.sel(density=p, case=case, mode=mode)
                gram = geometry.gram(w.transpose("hidden", "feature").values)
                image = heat_map(axis, gram, low=-1, high=1, colours="RdBu_r")
                axis.axhline(ds.sizes["pair"] - 0.5, color=INK, lw=0.6)
                axis.axvline(ds.sizes["pair"] - 0.5, color=INK, lw=0.6)
                if k == 0:
                    axis.set_title(f"{case}\n{mode}")
            row[0].set_ylabel(sparsity(p))
        figure.colorbar(image, ax=axes.ravel().tolist(), label="W_i · W_j", shrink=0.7)
    return core.exhibit(
        figure,
        shown,
        "WᵀW of the first seed, features from the first; those before the line are attended. "
        "Importance falls on the left and is equal on the right; two-stage is W trained alone, "
        "joint W trained with a head of rank m for 'any'.",
    )
