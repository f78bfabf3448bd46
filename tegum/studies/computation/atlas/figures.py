"""The atlas as one table, its codes in the plane, and what outputs tell beside the bottleneck."""

from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.patches import Circle

from tegum.plots import marks
from tegum.plots.planes import columns_in_plane
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, drawing
from tegum.plots.tables import Column, numerals, text_table
from tegum.studies import core
from tegum.studies.computation.atlas import readings
from tegum.studies.computation.atlas.setups import BY_NAME, INPUTS

NUMBERS = {
    "learned": ("learned (per\ndimension)", ".3g", 0.7),
    "norm": ("norm", ".2f", 0.42),
    "geometry": ("geometry", "", 1.28),
    "loss_left": ("loss\nleft", ".3f", 0.44),
    "over_best": ("over\nbest", ".2f", 0.42),
    "told": ("decoded", ".2f", 0.52),
}
AREAS = {
    "own_auc": ("area\nown", ".2f", 0.38),
    "direction_auc": ("area\nlinear", ".2f", 0.4),
    "relu_auc": ("area\nReLU", ".2f", 0.38),
}


@core.takeaway(
    "With squared error and one-hot inputs a tied model with a bias is left with "
    "[bias-beats-pentagon] of the least loss without; under cross-entropy all inputs are decoded "
    "right (share: [entropy-tells-all])."
)
def table(ds: xr.Dataset) -> core.Exhibit:
    lines = readings.table(ds)
    setups = [str(name) for name in lines.setup.values]
    columns = []
    for kind in INPUTS:
        one = lines.sel(inputs=kind)
        for name, (title, form, width) in (NUMBERS | (AREAS if kind == "sparse" else {})).items():
            cells = one[name].values
            shown = [str(cell) or "–" for cell in cells] if not form else numerals(cells, form)
            if name == "learned":
                each = numerals(one.per_dimension.values, form)
                shown = [f"{a} ({b})" if a != "–" else a for a, b in zip(shown, each, strict=True)]
            columns.append(Column(title, shown, width, f"{kind} inputs"))
    losses = [BY_NAME[name].loss for name in setups]
    rules = [k + 1 for k, (one, other) in enumerate(pairwise(losses)) if one != other]
    figure = text_table(setups, columns, width=1.27, rules=rules, fontsize=7)
    return core.exhibit(
        figure,
        lines,
        "Medians over seeds. Learned: features to which alone their own output answers more than "
        "1/2. Norm: of what a decoded feature adds to the bottleneck. Geometry: of the decoded "
        "features, up to what the setup leaves free (untied: linear maps; one-hot and biased: "
        "shifts), the commonest and how common; in: shorter than 0.3 of the longest. Loss left: "
        "over that of the best answer that does not look. Over best: over the least loss of all "
        "A→B models. Decoded: share of features whose own output is the largest. Areas: under the "
        "ROC curve of a feature's own output, of the best direction of the bottleneck, and of the "
        "best ReLU of one. Below the rule: cross-entropy.",
    )


@core.takeaway(
    "The same ten features in the plane: without a bias tied ReLU models share five directions; a "
    "ReLU in the bottleneck leaves a quadrant (least cosine [quadrant])."
)
def planes(ds: xr.Dataset) -> core.Exhibit:
    best = ds.loss.fillna(np.inf).argmin("seed")
    shown = readings.codes(ds).isel(seed=best)
    told = readings.is_told(ds).isel(seed=best)
    names = readings.geometries(ds).isel(seed=best)
    panels = [(name, kind) for name in ds.setup.values for kind in BY_NAME[str(name)].inputs]
    across = 8
    down = -(-len(panels) // across)
    with drawing(down, across, width=9.8, height=1.8 * down) as (figure, axes):
        for axis in axes.flat[len(panels) :]:
            axis.set_axis_off()
        for axis, (name, kind) in zip(axes.flat, panels, strict=False):
            place = {"setup": name, "inputs": kind}
            w = shown.sel(place).transpose("hidden", "feature").values
            _plane(axis, w)
            count = int(told.sel(place).sum())
            title = str(name).replace(", tied, no bias", ",\ntied, no bias")
            title = title if "\n" in title else title.replace(", ", ",\n", 1)
            axis.set_title(f"{title}\n" if "\n" not in title else title, fontsize=7, weight="bold")
            axis.set_xlabel(f"{kind}, {count} decoded\n{names.sel(place).item()}", fontsize=7)
    return core.exhibit(
        figure,
        shown.to_dataset(name="code"),
        "What each feature alone adds to the bottleneck, in the model of least loss; each panel "
        "has its own scale, dashed: length 1. Orange: several share a direction.",
    )


def _plane(axis: Any, w: np.ndarray) -> None:
    reach = 1.1 * max(float(np.nanmax(np.linalg.norm(w, axis=0), initial=0.0)), 1.0)
    columns_in_plane(axis, w if np.isfinite(w).all() else np.zeros_like(w), reach)
    axis.add_patch(Circle((0, 0), 1, fill=False, color=FAINT, ls="--", lw=0.8))


@core.takeaway(
    "1→B, behind an MLP, tells a feature by its own output (area [mlp-outputs-tell]), by "
    "[mlp-beats-linear] more than linear read-outs of the bottleneck, and by [mlp-beats-relu] "
    "more than one ReLU of them."
)
def areas(ds: xr.Dataset) -> core.Exhibit:
    squared = [name for name in ds.setup.values if "sparse" in BY_NAME[str(name)].inputs]
    shown = (
        ds[["own_auc", "direction_auc", "linear_auc", "shuffled_auc"]]
        .sel(setup=squared)
        .mean("feature")
    )
    looks = {
        "own_auc": (BLUE, -0.26, "own output"),
        "direction_auc": (ORANGE, 0.0, "best direction of the bottleneck"),
        "relu_auc": (GREEN, 0.26, "best ReLU of a direction"),
        "shuffled_auc": (FAINT, 0.0, "own output, labels shuffled"),
    }
    shown = ds[list(looks)].sel(setup=squared).mean("feature")
    with drawing(width=8.2, height=3.6) as (figure, axes):
        axis = axes[0, 0]
        for name, (colour, aside, label) in looks.items():
            values = shown[name].transpose("setup", "seed")
            for k, row in enumerate(values.values):
                x = np.full(row.size, k + aside)
                axis.plot(x, row, "o", ms=3, color=colour, alpha=0.6, mew=0)
                axis.plot(
                    [k + aside - 0.11, k + aside + 0.11],
                    [np.nanmedian(row)] * 2 if np.isfinite(row).any() else [np.nan] * 2,
                    color=colour,
                    lw=2,
                    label=label if k == 0 else None,
                )
        axis.axhline(0.5, color=INK, lw=0.8, ls=":")
        labels = [str(name).replace(", ", ",\n") for name in squared]
        axis.set_xticks(range(len(squared)), labels=labels, fontsize=7, rotation=40, ha="right")
        axis.set(ylabel="area under the ROC curve", ylim=(0.42, 1.0))
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        "How well a feature's own output tells by itself whether it is active, sparse inputs: one "
        "dot a model, mean over features; bars: medians. Directions and ReLUs are the best of many "
        "on other inputs. A ReLU that is 0 for most inputs leaves them tied, which alone can "
        "raise the area. Dotted: what knows nothing.",
    )


@core.takeaway(
    "Through 4f the same functions are computed, but training ends elsewhere, at "
    "[deep-trains-alike] of A→B's loss; one-hot, [dead-outputs of models] of both lose dead "
    "outputs only. A ReLU in the bottleneck, tied: [relu-in-f-loses] times the loss."
)
def losses(ds: xr.Dataset) -> core.Exhibit:
    left = readings.loss_left(ds)
    floor = ds.linear_floor / ds.untold_loss
    squared = [name for name in ds.setup.values if "sparse" in BY_NAME[str(name)].inputs]
    with drawing(1, 2, width=9.4, height=3.4) as (figure, axes):
        for axis, kind in zip(axes[0], INPUTS, strict=True):
            rows = list(squared)[::-1]
            for k, name in enumerate(rows):
                place = {"setup": name, "inputs": kind}
                values = left.sel(place).values
                axis.plot(
                    values, np.full(values.size, k), "o", ms=3.5, color=BLUE, alpha=0.5, mew=0
                )
                axis.plot([np.nanmedian(values)] * 2, [k - 0.3, k + 0.3], color=INK, lw=1.5)
                bound = float(floor.sel(place))
                axis.plot([bound] * 2, [k - 0.4, k + 0.4], color=ORANGE, lw=2)
            words = [str(name) for name in rows] if kind == INPUTS[0] else []
            axis.set_ylabel(" ")  # room for long tick labels
            axis.set_yticks(range(len(words)), labels=words, fontsize=7)
            axis.set(
                xlim=(0, 1.05),
                ylim=(-0.7, len(rows) - 0.3),
                title=f"{kind} inputs",
                xlabel="loss left",
            )
        unbiased = float(1 - readings.PENTAGON_SAVING / ds.sizes["feature"])
        axes[0, 1].axvline(unbiased / (1 - 1 / ds.sizes["feature"]), color=INK, lw=0.8, ls="--")
    return core.exhibit(
        figure,
        left.rename("loss_left"),
        "Loss over that of the best answer that does not look at the input: one dot a model, "
        "median as a bar. Orange: what no output that is linear in so many units goes below. "
        "Dashed: the least loss of tied ReLU models without bias.",
    )
