"""Figures of the author's notebook: slices, singular values, theory, dimensions, matrices."""

from typing import Any

import numpy as np
import xarray as xr

from tegum.plots import marks, panels
from tegum.plots.dots import against_theory, dots_by_case
from tegum.plots.panels import summaries_by_density
from tegum.plots.stored import features_side_by_side
from tegum.plots.style import FAINT, drawing
from tegum.studies import core
from tegum.studies.attention.notebook.two_pairs import (
    config_of,
    joint,
    lowest_leverage,
    none_empty,
    null_of,
    worse_side,
)

WAYS = {"raw": "Ω as it is", "used": "used part of Ω"}
BEST = "best head on the same W (median)"


@core.takeaway(
    "The used part of Ω has a slice for each pair (median |cos| [above-null] at the density and "
    "pair where it is least); of Ω as it is that is [raw-above-null]."
)
def alignment(ds: xr.Dataset) -> core.Exhibit:
    shown = worse_side(ds).rename("cosine")
    figure = panels.dots_by_density(
        shown.sel(way=list(WAYS)),
        shown.sel(way="theory", drop=True),
        panel="pair",
        series="way",
        names=lambda way: WAYS[str(way)],
        chance=null_of(ds),
        theory=BEST,
        ylabel="|cos| of the pair's slice, worse side",
        ylim=(min(null_of(ds), float(shown.min())) - 0.1, 1.02),
    )
    return core.exhibit(
        figure,
        shown,
        "How well each pair's slice aligns with its two features, one dot a model: of Ω as it is, "
        "and of Ω seen from the hidden directions that features use. Dashes: the best head on the "
        "same W. Grey: what the best of r random directions stays below in 95 %.",
    )


@core.takeaway(
    "The pairs' slices stand in the order of their weights in [in-order of models], at the density "
    "where these are fewest; σ is as theory has it to within [sigma-theory] (median, worst density "
    "and pair)."
)
def singular_values(ds: xr.Dataset) -> core.Exhibit:
    shown = joint(ds.spectrum).isel(k=slice(3)).rename("singular_value")
    shown = shown.sortby("density", ascending=False)
    best, trained = shown.sel(way="theory", drop=True).median("seed"), shown.sel(way=list(WAYS))
    weights = [*sorted(config_of(ds).pair_weights, reverse=True), 0.0]
    look: dict[str, Any] = {"series": "way", "names": lambda way: WAYS[str(way)], "theory": BEST}
    with drawing(1, shown.sizes["k"], width=7.6, height=3.2) as (figure, axes):
        for axis, k, weight in zip(axes[0], shown.k.values, weights, strict=False):
            dots_by_case(axis, "density", trained.sel(k=k), best.sel(k=k), **look)
            marks.sparsity_ticks(axis, shown.density)
            axis.axhline(weight, color=FAINT, lw=1, zorder=0)
            axis.set_title(f"σ_{k}")
        axes[0, 0].set_ylabel("singular value")
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        "The three largest singular values of jointly trained heads, one dot a model, each on a "
        "scale of its own. Lines: the weights T, and 0. Dashes: theory, which has two that are not "
        "zero. What else there is stems from Ω's random start, in directions that no feature uses "
        "(in Ω as it is), or hardly (in its used part, at S = 0).",
    )


@core.takeaway(
    "The used part of Ω is the best head on the same W, to within [matches-theory] in |cos| and "
    "[sigma-theory] of σ (medians at the worst density)."
)
def trained_against_theory(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset({"cosine": abs(joint(ds.cosine)), "sigma": joint(ds.sigma)})
    figure = against_theory(
        {"|cos|, both sides": shown.cosine, "σ": shown.sigma},
        along="way",
        theory="theory",
        measured=WAYS,
        xlabel="best head on the same W",
        ylabel="trained head",
    )
    return core.exhibit(
        figure,
        shown,
        "Trained heads against the best head on the same W, all densities and seeds: cosines and "
        "singular values of the slices matched to the pairs. Grey: equality. Used part: Ω seen "
        "from the hidden directions that features use.",
    )


TRAININGS = {"joint": "with the head", "alone": "alone"}


@core.takeaway(
    "Where it pays the head, its four features have a dimension each (least median leverage "
    "[own-dimension]); [no-empty-direction of models] trained with it use every direction, and "
    "[no-empty-direction-alone of those] trained alone."
)
def dimensions(ds: xr.Dataset) -> core.Exhibit:
    lowest = lowest_leverage(ds).median("seed")
    shown = xr.Dataset({"empty_share": 1 - none_empty(ds).mean("seed"), "lowest_leverage": lowest})
    labels = {
        "empty_share": "models with an empty direction",
        "lowest_leverage": "lowest leverage of the four (median)",
    }
    return core.exhibit(
        summaries_by_density(shown, labels, series="training", names=TRAININGS),
        shown,
        "What the head does to W. Left: share of models with a hidden direction that no feature "
        "uses (singular value of W below a tenth of the largest). Right: lowest leverage of the "
        "four attended features.",
    )


@core.takeaway(
    "Attended features take a dimension each where that pays the head (least median leverage "
    "[own-dimension]); when sparsest, [others-share] others share each dimension left (median)."
)
def matrices(ds: xr.Dataset) -> core.Exhibit:
    places = np.unique(np.linspace(0, ds.sizes["density"] - 1, 4).round().astype(int))
    sound = int(ds.finite.min(("training", "density")).argmax("seed"))
    shown = ds.w.sortby("density", ascending=False).isel(density=places, seed=sound)
    attended = sorted(np.ravel(config_of(ds).pairs).tolist())
    figure = features_side_by_side(
        shown.transpose("training", "density", "hidden", "feature"),
        None,
        row_labels=[TRAININGS[each] for each in ds.training.values],
        column_labels=[panels.sparsity(p) for p in shown.density.values],
        marked=attended,
    )
    return core.exhibit(
        figure,
        shown,
        "WᵀW, and the length of each feature coloured by superposition, of one seed trained with "
        "the head and alone; the most important on top. Triangles: the attended features "
        f"{', '.join(map(str, attended))}, which get a dimension each where that pays the head.",
    )


FIGURES = (alignment, singular_values, trained_against_theory, dimensions, matrices)
