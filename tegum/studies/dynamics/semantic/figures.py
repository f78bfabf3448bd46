"""Courses of the modes with the closed form drawn over, their times, false credit."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.plots import marks
from tegum.plots.bands import SHADED, median_band
from tegum.plots.dots import dots_by_case
from tegum.plots.style import INK, SERIES, drawing, shades
from tegum.studies import core
from tegum.studies.core.numerals import written
from tegum.studies.dynamics.semantic import readings
from tegum.studies.dynamics.semantic.networks import NETS
from tegum.studies.dynamics.semantic.readings import level_of_mode, of
from tegum.theory.deep_linear import level_strengths, time_to_learn

TITLES = {
    "decoupled": "hidden layer, decoupled start",
    "random": "hidden layer, random start",
    "relu": "ReLU, the same random start",
    "one layer": "one layer",
}
CLOSED = "closed form"


def smallest(ds: xr.Dataset) -> xr.Dataset:
    """All at the smallest start strength, where stages are clearest."""
    return ds.sel(start=ds.start.min())


def levels_of(ds: xr.Dataset) -> tuple[Float[np.ndarray, " levels"], Any]:
    """Singular value of every level, and its colour."""
    config = core.config_in(ds)
    s = level_strengths((config["per_node"],) * (config["depth"] + 1))
    return s, shades(len(s))


def learned_by(ds: xr.Dataset) -> Float[np.ndarray, " levels"]:
    """Times at which the closed form learns the levels from the smallest start, in τ."""
    return time_to_learn(levels_of(ds)[0], float(ds.start.min()), 1.0)


def kin(ds: xr.Dataset, split: int) -> str:
    """Whose property it is, by the level that tells its item apart."""
    depth = core.config_in(ds)["depth"]
    near = {depth + 1: "its own", depth: "its sibling's"}
    return near.get(split, f"parted at level {split}")


@core.takeaway(
    "From random starts adjacent levels are learned in order in [strongest-first of cases], times "
    "within [random-alone] of the sigmoid's (worst median); in one layer all modes within "
    "[one-layer-together] of τ ln 2."
)
def courses(ds: xr.Dataset) -> core.Exhibit:
    at = smallest(ds)
    with drawing(2, 3, width=9.6, height=5.8) as (figure, axes):
        for axis, net in zip(axes.flat, NETS, strict=False):
            _strengths(axis, at, net)
        _kept(axes[1, 1], ds)
        _distances(axes[1, 2], at)
        marks.legend_below(figure, axes, columns=3)
    table = xr.Dataset(
        {
            "strength": at.strength,
            "kept": ds.kept,
            "level": level_of_mode(ds),
            "s": readings.singular_values(ds),
        }
    ).median("seed")
    return core.exhibit(
        figure,
        table,
        f"Strength of the modes of each level in time ({SHADED}), at the smallest start; dashed, "
        "the closed form of each mode by itself, from the networks' own starts (for ReLU, as if "
        "it were linear). Level 0 is what all items share, level 1 the first split. Fifth panel: "
        "what linear networks of few hidden units have of each mode at the end, over s. Sixth: "
        "mean squared distance of two items' hidden vectors, by the level that tells them apart, "
        "random start; dashed, the closed form.",
    )


def _strengths(axis: Any, at: xr.Dataset, net: str) -> None:
    s, colours = levels_of(at)
    tau = readings.rate_of(at)
    closed = readings.strength_by(at, net).median("seed")
    each = of(at, "strength", net).groupby(level_of_mode(at))
    for level, values in each:
        pooled = values.stack(one=("seed", "mode")).transpose("step", "one").values
        name = f"level {level}, s = {s[level]:.2f}"
        median_band(axis, at.step * tau, pooled, colour=colours[level], label=name)
    for level in range(len(s)):
        line = closed.isel(mode=level_of_mode(at).values == level).median("mode")
        marks.theory(axis, at.step * tau, line, label=CLOSED, ls="--", lw=0.9)
    end = 1.35 * learned_by(at)[-1]
    axis.set(xlim=(0, end), ylim=(0, 1.05 * s[0]), title=TITLES[net], xlabel="t / τ")
    axis.set_ylabel("strength of mode")


def _kept(axis: Any, ds: xr.Dataset) -> None:
    widths = ds.width.values
    kept = ds.kept.median("seed")
    places = np.arange(1, ds.sizes["mode"] + 1)
    for height, width in enumerate(widths):
        row = np.clip(kept.sel(width=width).values, 0.02, None)
        axis.scatter(places, np.full(row.size, height), s=46 * row, c=INK, lw=0)
        axis.plot([width + 0.5] * 2, [height - 0.35, height + 0.35], color=SERIES[3], lw=1.4)
    axis.set_yticks(range(len(widths)), labels=[str(width) for width in widths])
    axis.set(xlabel="mode, strongest first", ylabel="hidden units", ylim=(-0.6, len(widths) - 0.4))
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.set_title("modes kept by few units (area: a / s)")


def _distances(axis: Any, at: xr.Dataset) -> None:
    _, colours = levels_of(at)
    tau = readings.rate_of(at)
    closed = readings.distance_by(at, "random").median("seed")
    for split in at.split.values[:-1]:
        values = of(at, "distance", "random").sel(split=split).transpose("step", "seed").values
        median_band(axis, at.step * tau, values, colour=colours[split], label=f"_{split}")
        line = closed.sel(split=split)
        marks.theory(axis, at.step * tau, line, label=CLOSED, ls="--", lw=0.9)
    axis.set(xlim=(0, 1.35 * learned_by(at)[-1]), ylim=(0, None), xlabel="t / τ")
    axis.set(ylabel="squared distance of items", title="items, by the level that parts them")


@core.takeaway(
    "Decoupled modes reach half strength within [decoupled-times] of the sigmoid's time, random "
    "starts within [random-alone] (median, worst level and start), ReLU within [relu-times]."
)
def times(ds: xr.Dataset) -> core.Exhibit:
    late = {
        "decoupled": readings.late_by(ds, "decoupled"),
        "random": readings.late_by(ds, "random"),
        "together": readings.late_by_coupled(ds),
        "relu": readings.late_by(ds, "relu"),
    }
    titles = {**TITLES, "together": "random start, modes together"}
    level = level_of_mode(ds)
    by_level = {
        name: 100 * values.groupby(level).median().transpose("level", "start", "seed")
        for name, values in late.items()
    }
    with drawing(1, len(late), width=9.6, height=3.4, sharey=True) as (figure, axes):
        for axis, (name, values) in zip(axes[0], by_level.items(), strict=True):
            axis.axhline(0, color=INK, lw=0.8, ls="--", label=CLOSED)
            finite = values.where(np.isfinite(values))
            dots_by_case(
                axis,
                "level",
                finite,
                series="start",
                names=lambda start: f"start a₀ = {written(start)}",
                apart=0.25,
            )
            axis.set_title(titles[name], fontsize=8)
            axis.set_yscale("symlog", linthresh=1.0)
            axis.set_xlabel("level")
        ticks = (-30, -10, -3, -1, 0, 1, 3, 10, 30)
        axes[0, 0].set_yticks(ticks, [f"{tick:g}".replace("-", "−") for tick in ticks])
        axes[0, 0].minorticks_off()
        axes[0, 0].set(ylim=(-60, 60), ylabel="late by, %")
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        xr.Dataset({f"late_{name}": values for name, values in by_level.items()}),
        "How much later than the closed form says, from the network's own start, a mode passes "
        "half its singular value, in % of that time; one dot a network (median over the modes of a "
        "level), at each start strength a₀; linear between -1 and 1, logarithmic beyond. The "
        "closed form takes each mode by itself, in the third panel all of "
        "them together (the Riccati equation's solution).",
    )


@core.takeaway(
    "What an item is falsely credited with rises and falls: the height is as the closed form says "
    "within [illusion-random] from random starts, within [relu-illusion] with ReLU (medians, worst "
    "start)."
)
def illusions(ds: xr.Dataset) -> core.Exhibit:
    at, nets = smallest(ds), ("random", "relu", "one layer")
    tau = readings.rate_of(at)
    colours = shades(at.sizes["split"])
    with drawing(1, len(nets), width=9.4, height=3.3, sharey=True) as (figure, axes):
        for axis, net in zip(axes[0], nets, strict=True):
            closed = readings.attributed_by(at, net).median("seed")
            for colour, split in zip(colours, at.split.values, strict=True):
                one = of(at, "attributed", net).sel(split=split).transpose("step", "seed").values
                name = kin(at, int(split))
                median_band(axis, at.step * tau, one, colour=colour, label=name)
            for line in closed.transpose("split", "step"):
                marks.theory(axis, at.step * tau, line, label=CLOSED, ls="--", lw=0.9)
            axis.set(xlim=(0, 1.35 * learned_by(at)[-1]), ylim=(-0.05, 1.05), xlabel="t / τ")
            axis.set_title(TITLES[net])
        axes[0, 0].set_ylabel("output for a leaf's property")
        marks.legend_below(figure, axes, columns=6)
    return core.exhibit(
        figure,
        at.attributed.sel(net=list(nets)).median("seed"),
        f"How far a network credits an item with a property that one item alone has ({SHADED}): "
        "its own, its sibling's, and so on to those of the other half of the tree; dashed, the "
        "closed form (for ReLU, as if it were linear). To be learned are 1 for its own and 0 for "
        "all others.",
    )
