"""Figures: D_i and the loss with jumps marked, coincidence, stages, six features at each."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from tegum.plots import marks
from tegum.plots.arrows import arrows, explained
from tegum.plots.style import BLUE, FAINT, INK, ORANGE, SERIES, drawing
from tegum.studies import core
from tegum.studies.dynamics.learning import readings, sets

SHOWN = 3
"""models drawn one by one"""


def time_note(ds: xr.Dataset) -> str:
    """How much of the time jumps take."""
    part = readings.time_in_jumps(ds).median().item()
    return f"jumps take {part:.2g} of the late time"


def chosen(ds: xr.Dataset) -> list[int]:
    """The models with the greatest late drops of the loss."""
    fall = [sum(-drop.size for drop in each) for each in readings.drops(ds)]
    return [int(k) for k in np.argsort(-np.array(fall), kind="stable")[:SHOWN]]


@core.takeaway(
    "D_i wait, and jump to 0 or 1/2 ([to-levels] of late jumps) as the loss drops; in a drop "
    "[few-at-a-time] features jump."
)
def jumps_and_drops(ds: xr.Dataset) -> core.Exhibit:
    above, moves, drops = readings.above_digons(ds), readings.moves(ds), readings.drops(ds)
    costs, those = readings.costs(ds), chosen(ds)
    t, late = ds.step.values, readings.is_late(ds)
    with drawing(2, len(those), width=9.6, height=5.2, sharex=True, sharey="row") as (fig, axes):
        for k, (top, bottom) in zip(those, axes.T, strict=True):
            d = ds.d.isel(seed=k).transpose("feature", "step").values
            top.plot(t, d.T, color=FAINT, lw=0.5, rasterized=True)
            for n, i in enumerate(dict.fromkeys(i for i, _ in moves[k])):
                top.plot(t, d[i], color=SERIES[n % len(SERIES)], lw=1.1)
            for i, jump in moves[k]:
                at = np.interp(jump.peak, t, d[i])
                top.plot(jump.peak, at, "o", mfc="white", mec=INK, ms=4, zorder=4)
            for level in readings.LEVELS:
                top.axhline(level, color=INK, lw=0.6, ls=":", zorder=0)
            bottom.plot(t, above.isel(seed=k), color=INK, lw=1.3)
            for name, cost in list(costs.items())[:-1]:
                bottom.axhline(cost, color=FAINT, lw=0.8, ls="--", zorder=0)
                if k == those[-1]:
                    place = bottom.get_yaxis_transform()
                    bottom.text(1.02, cost, name, va="center", transform=place, fontsize=8)
            for drop in drops[k]:
                for axis in (top, bottom):
                    axis.axvspan(drop.start, drop.end, color=ORANGE, alpha=0.2, lw=0, zorder=0)
            for axis in (top, bottom):
                axis.axvline(t[late[k].argmax()], color=INK, lw=0.6, ls="--", zorder=0)
            top.set(title=f"seed {int(ds.seed[k])}")
            bottom.set(xlabel="training step", ylim=(-0.008, 2.6 * costs["1|all"]))
        top_of_all = float(ds.d.isel(seed=those).max())
        axes[0, 0].set(ylabel="dimensionality $D_i$", ylim=(-0.03, max(0.6, 1.03 * top_of_all)))
        axes[1, 0].set_ylabel("loss above that of digons")
    table = xr.Dataset({"d": ds.d, "above_digons": above}).isel(seed=those)
    return core.exhibit(
        fig,
        table,
        "The models with the greatest late drops of the loss. Above: D_i of each feature, in "
        "colour those that jump late, rings where they are fastest. Below: exact loss above that "
        "of digons in every dimension; dashes, what one dimension costs with other features in it "
        "(theory). Dark dashes: late from here on. Orange: drops of the loss, found without D_i.",
    )


@core.takeaway(
    "Jumps hold [falls-in-jumps] of the late fall of the loss and [moves-in-jumps] of movement; "
    "of drops of the loss [drops-have-jumps] have a jump. Jumps at shifted times hold less."
)
def coincidence(ds: xr.Dataset) -> core.Exhibit:
    shown: dict[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = {
        "fall of the loss": (readings.falls_in_jumps, readings.shifted_falls, np.nanmedian),
        "movement of $D_i$": (readings.moves_in_jumps, readings.shifted_movement, np.nanmedian),
        "drops with a jump": (readings.drops_with_jumps, readings.shifted_drops, np.nanmean),
    }
    table = {}
    with drawing(1, 2, width=9.0, height=3.6, width_ratios=[1.25, 1]) as (figure, axes):
        left, right = axes[0]
        places = marks.named_ticks(left, list(shown))
        for place, (name, (reading, shifted, middle)) in zip(places, shown.items(), strict=True):
            own, null, x = reading(ds), shifted(ds), [float(place)]
            null = null[:, np.isfinite(null).any(axis=0)]
            if own.notnull().any():
                look: dict[str, Any] = {"width": 0.28, "mew": 0}
                by_chance = middle(null, axis=1)
                marks.dots(left, x, by_chance[None], colour=FAINT, shift=0.2, ms=4, **look)
                marks.dots(left, x, own.values[None], colour=BLUE, shift=-0.2, ms=7, **look)
                left.plot([place - 0.36, place - 0.04], [middle(own)] * 2, color=INK, lw=1.5)
            table[name.replace("$", "").replace(" ", "_")] = own
        left.plot([], [], ".", color=BLUE, ms=8, label="a model")
        left.plot([], [], ".", color=FAINT, ms=8, label="all models, jumps at shifted times")
        left.set(ylabel="share inside jumps of $D_i$", ylim=(-0.04, 1.06), xlim=(-0.5, 2.5))
        for label, values, colour in (
            ("fall of the loss", readings.falls(ds), ORANGE),
            ("movement of $D_i$, squared", readings.movement(ds), BLUE),
        ):
            offset, around = _around(ds, values)
            right.plot(offset, around / (around.max() or 1.0), color=colour, label=label)
        right.axvline(0, color=FAINT, lw=0.8, zorder=0)
        right.set(xlabel="steps from where a drop is fastest", ylabel="mean speed / greatest")
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        xr.Dataset(table),
        "Left: shares late in training, a dot a model, dark their median (of drops the mean); "
        "grey, medians (means) of all models with their jumps shifted around in the late time. "
        "Right: how fast the loss falls and D_i move about the moment at which a drop of the loss "
        "is fastest, mean over all late drops.",
    )


def _around(ds: xr.Dataset, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of a quantity about the moments at which late drops are fastest."""
    t, reach = ds.step.values.astype(float), readings.longest(ds) / 4
    offset = np.linspace(-reach, reach, 41)
    rows = [
        np.interp(drop.peak + offset, t, curve, left=np.nan, right=np.nan)
        for curve, each in zip(values, readings.drops(ds), strict=True)
        for drop in each
    ]
    if not rows:
        return offset, np.zeros(offset.size)
    return offset, np.asarray(np.ma.masked_invalid(rows).mean(axis=0).filled(0.0))


@core.takeaway(
    "The loss of six features falls in stages, [in-stages] pauses in the median; those at shapes "
    "known to theory ([stages-known] of them) lie within [stage-losses] of its losses."
)
def stages(ds: xr.Dataset) -> core.Exhibit:
    loss, levels, found = (
        ds.set_loss.transpose("seed", "set_step"),
        sets.levels(ds),
        Counter[str](),
    )
    t = ds.set_step.values
    colours = dict(zip((*levels, ""), (*SERIES[:5], INK), strict=True))
    with drawing(1, 1, width=7.4, height=4.2) as (figure, axes):
        axis = axes[0, 0]
        axis.plot(t[1:], loss.values[:, 1:].T, color=FAINT, lw=0.7)
        for name, level in levels.items():
            axis.axhline(level, color=colours[name], lw=0.8, ls="--", zorder=0)
        for curve, each in zip(loss.values, sets.names(ds), strict=True):
            for k, name in each.items():
                style = {"mfc": "none" if not name else colours[name], "mec": colours[name]}
                axis.plot(t[k], curve[k], "o", ms=5, **style, zorder=3)
                found[name] += 1
        for name, level in levels.items():
            label = f"{name}, {level:.4f}; pauses: {found[name]}"
            axis.plot([], [], "o--", color=colours[name], lw=0.8, ms=5, label=label)
        label = f"elsewhere; pauses: {found['']}"
        axis.plot([], [], "o", mfc="none", mec=INK, ms=5, label=label)
        axis.set(xscale="log", yscale="log", xlabel="training step", ylabel="exact loss")
        ticks = [0.01, 0.02, 0.05, 0.1, 0.2]
        axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        marks.legend_below(figure, axes, columns=3)
    return core.exhibit(
        figure,
        loss.to_dataset(name="set_loss"),
        "Two correlated sets of three features in three dimensions: exact loss of every model, and "
        "where it pauses, in the colour of the stage that its weights name. Dashes: exact losses "
        "of these stages (theory).",
    )


@core.takeaway(
    "Sets are told apart first, then their members: from lines to an octahedron, "
    "[octahedron of models]."
)
def arrangements(ds: xr.Dataset) -> core.Exhibit:
    paths = paths_of(ds)
    w = ds.set_w.transpose("seed", "set_step", "set_hidden", "member").values
    loss = ds.set_loss.transpose("seed", "set_step").values
    columns = max((len(names) for names in paths), default=1)
    size = {"width": 1.9 * columns + 1.2, "height": 2.3 * max(1, len(paths))}
    with drawing(max(1, len(paths)), columns, **size) as (figure, axes):
        for axis in axes.flat:
            axis.set_visible(False)
        for row, (names, each) in zip(axes, paths.items(), strict=False):
            seed, places = each[0]
            for axis, at, name in zip(row[columns - len(names) :], places, names, strict=True):
                axis.set_visible(True)
                _, sizes, rows = np.linalg.svd(w[seed, at], full_matrices=False)
                arrows(axis, sizes[:, None] * rows, reach=1.05)
                step, said = ds.set_step.values[at], name or "unnamed"
                axis.set_title(f"{said}, {loss[seed, at]:.4f}\nstep {step}", fontsize=8)
            label = f"{len(each)} of {len(w)} models"
            row[columns - len(names)].set_ylabel(label)
        if paths:
            explained(figure, axes)
    those = [each[0][0] for each in paths.values()]
    return core.exhibit(
        figure,
        ds.set_w.isel(seed=those).to_dataset(),
        "The commonest paths, one model each: W as arrows at each pause and at the end (right), "
        "with the stage that its weights name, and its exact loss. Features 0, 1, 2 are one set, "
        "3, 4, 5 the other.",
    )


def paths_of(ds: xr.Dataset) -> dict[tuple[str, ...], list[tuple[int, list[int]]]]:
    """Names of stages up to the end -> the models that go so, with their looks; commonest first."""
    p, last = core.config_in(ds)["set_density"], ds.sizes["set_step"] - 1
    w = ds.set_w.transpose("seed", "set_step", "set_hidden", "member").values
    found: dict[tuple[str, ...], list[tuple[int, list[int]]]] = {}
    for k, each in enumerate(sets.names(ds)):
        if np.isfinite(w[k]).all():
            path = (*each.values(), sets.name_of(w[k, last], p))
            found.setdefault(path, []).append((k, [*each, last]))
    return dict(sorted(found.items(), key=lambda item: -len(item[1]))[:SHOWN])
