"""Figures of hundred-to-forty: how near, what cosines show, what hindered, and density 1."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from scipy.stats import beta

from tegum.analysis.geometry import directions, gram, norms, represented
from tegum.analysis.pairs import chance_top_share
from tegum.plots import marks
from tegum.plots.dots import dots_by_case
from tegum.plots.matrices import heat_map
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, drawing
from tegum.studies import core
from tegum.studies.core.measures import of_weights
from tegum.studies.superposition.hundred_to_forty import readings as r
from tegum.studies.superposition.hundred_to_forty.models import ARMS

COLOURS = {"reader": ORANGE, "mended": BLUE}


def by_density(axis: Any, values: xr.DataArray, **look: Any) -> None:
    """One dot a model at each density, from dense to sparse, a colour for each training."""
    ordered = values.sortby("density", ascending=False).sel(arm=list(COLOURS))
    dots_by_case(axis, "density", ordered, series="arm", colours=tuple(COLOURS.values()))
    axis.set(xlabel="density = 1 - S", **look)


@core.takeaway(
    "The reader's training ends at [reader-is-far] times the least loss known, or more, at every "
    "density; at density 0.4 a mended one finds [blocks-are-pairs] blocks, where the pairs of "
    "largest cos² hold [sparse-for-pairs of Σ cos²], and at 0.01 [islands-remain] (medians)."
)
def outcomes(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset(
        {
            "loss_over_least_known": r.over_least_known(ds),
            "top_share": r.share_of_top(ds),
            "blocks": r.blocks(ds),
        }
    )
    with drawing(1, 3, width=9.6, height=3.2) as (figure, axes):
        loss, share, count = axes[0]
        by_density(loss, shown.loss_over_least_known, yscale="log", title="exact loss")
        loss.axhline(1, color=FAINT, ls="--", zorder=0)
        loss.set_ylabel("exact loss / least known")
        by_density(share, shown.top_share, ylim=(0, 1.04), title="sparse cosines")
        chance = chance_top_share(ds.sizes["hidden"])
        share.axhline(chance, color=INK, ls="--", lw=0.8, label="random directions")
        share.set_ylabel("Σ cos² in 5 % of pairs")
        by_density(count, shown.blocks, ylim=(0, None), title="blocks")
        count.axhline(ds.sizes["hidden"], color=FAINT, ls="--", zorder=0)
        count.set_ylabel("blocks of features")
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        "One dot a model. Left: exact population loss over the least known. Middle: the share of "
        "Σ cos² that the 5 % of pairs of represented features with the largest cos² hold. Right: "
        "blocks, joined by |cos| > 0.15; grey, the number of dimensions. Reader: his start and "
        "settings. Mended: small start, fresh samples, decaying rate.",
    )


@core.takeaway(
    "The picture that the reader drew: at no density do 5 % of his pairs hold more than "
    "[reader-sees-no-structure of Σ cos²] (median). Mended, pairs appear, and as features grow "
    "sparser every one comes to share with many."
)
def cosines(ds: xr.Dataset) -> core.Exhibit:
    ordered = ds.sortby("density", ascending=False)
    best = ordered.isel(seed=ordered.loss.fillna(np.inf).argmin("seed")).drop_vars("seed")
    across = best.sizes["density"]
    with drawing(2, across, width=1.5 * across + 1.0, height=3.3) as (figure, axes):
        for (row, column), axis in np.ndenumerate(axes):
            w = best.w.sel(arm=ARMS[row]).isel(density=column)
            matrix = w.transpose("hidden", "feature").values
            shown = matrix * represented(matrix)
            image = heat_map(axis, _cosines(shown), low=-1, high=1, colours="RdBu_r")
            axis.set(aspect="equal", xticks=[], yticks=[])
            if row == 0:
                axis.set_title(f"density {best.density.values[column]:g}")
            if column == 0:
                axis.set_ylabel(ARMS[row])
        figure.colorbar(image, ax=axes.ravel().tolist(), label="cosine", shrink=0.8)
    return core.exhibit(
        figure,
        of_weights(norms, best.w).rename("norm"),
        "Cosines of all pairs of features, of the model of least exact loss; features ordered so "
        "that those of large |cos| stand side by side, those shorter than 1/2 left blank. Above "
        "the reader's training, below the mended one.",
    )


def _cosines(w: Float[np.ndarray, "hidden features"]) -> Float[np.ndarray, "features features"]:
    """Of all pairs, like features side by side; NaN of a model that diverged."""
    if not np.isfinite(w).all():
        return np.full((w.shape[-1],) * 2, np.nan)
    return gram(directions(w[:, r.by_likeness(w)]))


@core.takeaway(
    "The reader's columns end at least [columns-too-long] times as long as those of the mended "
    "training, and nearer to the directions in which they began (medians)."
)
def hindrances(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset({"length": r.length(ds), "cosine_with_start": ds.kept})
    with drawing(1, 2, width=7.0, height=3.1) as (figure, axes):
        by_density(axes[0, 0], shown.length, title="length")
        axes[0, 0].set(ylabel="median ‖W_i‖", ylim=(0, 1.1 * ds.sizes["hidden"] ** 0.5))
        start = ds.sizes["hidden"] ** 0.5
        axes[0, 0].axhline(start, color=ORANGE, ls="--", lw=0.8, label="reader, at the start")
        by_density(axes[0, 1], shown.cosine_with_start, ylim=(0, 1.04), title="direction")
        axes[0, 1].set_ylabel("median cosine with its start")
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        "One dot a model. Left: median length of the columns at the end; dashed, √m, where the "
        "reader's begin. Right: median cosine of a feature's first and last direction.",
    )


@core.takeaway(
    "At density 1 a mended model keeps a projector, no few coordinates: Σ P_ii²/m is "
    "[no-few-coordinates], and two seeds' projectors overlap by [projectors-differ], about m/n. "
    "Outputs that died: [none-dead] (medians)."
)
def at_density_one(ds: xr.Dataset) -> core.Exhibit:
    n, m = r.sizes(ds)
    squared = r.dense(lambda ds: of_weights(norms, ds.w) ** 2)(ds)
    shown = xr.Dataset(
        {name: r.dense(reading)(ds) for name, reading in DENSE.items()} | {"squared_norm": squared}
    )
    with drawing(1, 3, width=9.6, height=3.0) as (figure, axes):
        lengths, common, lost = axes[0]
        edges = np.linspace(0, 1, 26)
        lengths.hist(squared.values.ravel(), edges, density=True, color=BLUE, alpha=0.7)
        x = np.linspace(0, 1, 301)
        law = beta(m / 2, (n - m) / 2).pdf(x)
        lengths.plot(x, law, color=INK, ls="--", lw=1.0, label="random projector")
        lengths.set(xlabel="‖W_i‖²", ylabel="density of features", title="lengths")
        places = np.arange(ds.sizes["seed"])
        marks.dots(common, places, shown.overlap.values, colour=BLUE, ms=8)
        common.axhline(m / n, color=INK, ls="--", lw=0.8)
        common.axhline(1, color=FAINT, lw=1.0, label="one projector")
        common.set(ylim=(0, 1.05), xlabel="seed", ylabel="overlap with the next seed's")
        common.set(title="projectors", xticks=[])
        count = np.arange(0, max(3, float(shown.dead.max()) + 1) + 1)
        lost.plot(count, (n - m) / 12 + count / 4, color=GREEN, label="(n - m)/12 + dead/4")
        marks.dots(lost, shown.dead.values, shown.loss.values, colour=BLUE, ms=8)
        lost.set(xlabel="outputs that died", ylabel="exact loss", title="loss")
        lost.xaxis.get_major_locator().set_params(integer=True)
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        "Mended models at density 1. Left: squared lengths of all features, where m coordinates "
        "would give 0 and 1; dashed, a random projector. Middle: tr P P'/m of the projectors on "
        "the rows of two seeds' W; dashed, m/n. Right: exact loss over the number of outputs that "
        "are 0 at the mean input; line: closed form.",
    )


DENSE: dict[str, Callable[[xr.Dataset], xr.DataArray]] = {
    "overlap": r.overlap,
    "dead": r.dead,
    "loss": lambda ds: ds.loss,
}
