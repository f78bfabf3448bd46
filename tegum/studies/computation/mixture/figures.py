"""Figures of routed experts: losses over dimensions, superposition over k, matrices, routers."""

from typing import Any

import numpy as np
import xarray as xr

from tegum.plots import marks
from tegum.plots.bands import median_band
from tegum.plots.dots import dots_by_case
from tegum.plots.grams import greatest, matrix_and_bias
from tegum.plots.matrices import heat_map
from tegum.plots.style import FAINT, INK, SERIES, drawing
from tegum.studies import core
from tegum.studies.computation.mixture import readings
from tegum.studies.computation.mixture.models import LAWS

COLOURS = dict(
    zip(
        ("hard", "hard, m/k", "soft", "soft, m/k", "random router", "unbalanced"),
        SERIES,
        strict=True,
    )
)
SHAPES = {"hard": "o", "hard, m/k": "s", "soft": "^", "soft, m/k": "D"}
LEAST = 1e-4
"""the least relative loss that is shown; less is drawn there"""


@core.takeaway(
    "At equal active dimensions hard experts lose at most [no-worse-than-dense] times what a dense "
    "model does, at equal total dimensions up to [no-worse-in-all] times; and up to "
    "[as-good-as-all] of E‖x‖² more than a dense model of all their dimensions does (medians)."
)
def dimensions(ds: xr.Dataset) -> core.Exhibit:
    m, k = core.config_in(ds)["n_hidden"], ds.experts
    ours = readings.relative_loss(ds).sel(variant=list(SHAPES)).median("seed")
    dense = readings.dense_loss(ds).median("seed")
    one = xr.ones_like(k)
    wide = {"hard": (m * one, m * k), "hard, m/k": (m / k, m * one)}
    wide |= {"soft": (m * k, m * k), "soft, m/k": (m * one, m * one)}
    ticks = [2**e for e in range(1 + int(np.log2(m * int(k.max()))))]
    with drawing(2, 2, width=7.4, height=5.6, sharex=True, sharey=True) as (figure, axes):
        for (row, column), axis in np.ndenumerate(axes):
            law, counted = LAWS[row], ("active", "total")[column]
            line = dense.sel(law=law)
            axis.plot(line.width, line.clip(LEAST), "-", color=INK, lw=1, marker=".", label="dense")
            for name, shape in SHAPES.items():
                y = ours.sel(law=law, variant=name)
                x = wide[name][column].where(y.notnull())
                look = {"ls": ":", "lw": 1, "ms": 5, "color": COLOURS[name], "label": name}
                axis.plot(x, y.clip(LEAST), marker=shape, **look)
                if name == "hard" or float(x.max()) > float(x.min()):
                    _numbered(axis, x, y)
            axis.axvline(m, color=FAINT, lw=0.8, zorder=0)
            axis.set(xscale="log", yscale="log", ylim=(0.4 * LEAST, 1.4))
            axis.set_xticks(ticks, labels=[str(tick) for tick in ticks])
            axis.minorticks_off()
            axis.set_title(f"{law}, {counted} dimensions")
            if row:
                axis.set_xlabel(f"{counted} dimensions")
        for axis in axes[:, 0]:
            axis.set_ylabel("loss / E‖x‖²")
        marks.legend_below(figure, axes, columns=5)
    return core.exhibit(
        figure,
        xr.Dataset({"loss": ours, "dense": dense}),
        "Loss over that of answering 0, median over seeds, with features in topics (top) and "
        "independent ones (below). The same models stand on the left at the dimensions that one "
        "input uses, on the right at all that there are; small numbers: k experts. Grey: m. Black: "
        f"dense models; with n dimensions they lose nothing. Losses below {LEAST:g} are drawn "
        "there.",
    )


def _numbered(axis: Any, x: xr.DataArray, y: xr.DataArray) -> None:
    """Write k beside points that do not lie on each other."""
    there = y.experts.values[np.isfinite(y.values)]
    if len(there) > 1 and float(x.max()) == float(x.min()):
        apart = float(y.max()) > 2 * float(y.min())
        there = there[[0, -1]] if apart else there[-1:]
    for k in there:
        place = float(x.sel(experts=k)), max(float(y.sel(experts=k)), LEAST)
        at = {"textcoords": "offset points", "xytext": (5, -8), "fontsize": 7}
        axis.annotate(str(int(k)), place, **at)


@core.takeaway(
    "With as many experts as topics a hard expert holds [needs-none-in-topics] features per "
    "dimension where they come in topics and [needs-none-otherwise] where they are independent; "
    "each feature has [soft-experts-are-alone] of a dimension in a soft expert (medians)."
)
def superposition(ds: xr.Dataset) -> core.Exhibit:
    shown = {
        "loss / E‖x‖²": _from_dense(
            ds, readings.relative_loss(ds), readings.dense_loss(readings.dense_at(ds))
        ),
        "features / active dimension": _from_dense(
            ds, readings.crowding(ds), readings.dense_crowding(ds)
        ),
        "dimensions / feature, $D_i$": _from_dense(
            ds, readings.own_dimensions(ds), readings.dense_own(ds)
        ),
    }
    n, m = ds.sizes["feature"], core.config_in(ds)["n_hidden"]
    with drawing(2, 3, width=9.4, height=5.2, sharex=True) as (figure, axes):
        for row, law in enumerate(LAWS):
            for axis, (label, values) in zip(axes[row], shown.items(), strict=True):
                for name in ("soft", "random router", "hard"):
                    y = values.sel(law=law, variant=name).transpose("experts", "seed")
                    look: dict[str, Any] = {"label": name, "colour": COLOURS[name], "inner": 0.0}
                    median_band(axis, y.experts, y, marker="o", ms=3, **look)
                high = 1.05 if label.startswith("dim") else None
                axis.set(xscale="log", title=law, ylabel=label, ylim=(0, high))
                axis.set_xticks(values.experts, labels=[str(int(k)) for k in values.experts])
                axis.minorticks_off()
                if row:
                    axis.set_xlabel("k, experts of m dimensions")
            k = shown["loss / E‖x‖²"].experts
            axes[row, 1].plot(k, n / (m * k), ls="--", color=INK, lw=1, label="n / (k m)")
            for axis in axes[row, 1:]:
                axis.axhline(1, color=FAINT, lw=0.8, zorder=0)
        marks.legend_below(figure, axes, columns=5)
    return core.exhibit(
        figure,
        xr.Dataset(
            {
                "relative_loss": shown["loss / E‖x‖²"],
                "crowding": shown["features / active dimension"],
                "own_dimensions": shown["dimensions / feature, $D_i$"],
            }
        ),
        "Medians over seeds, with their 95 % interval; k = 1 is the dense model. "
        "Middle: ‖W_e‖²_F / m of the expert that an input goes to, of features which it sees; "
        "dashed, each of n features in one expert. Right: mean D_i of active features in the "
        "expert they go to. Grey: no superposition.",
    )


def _from_dense(ds: xr.Dataset, values: xr.DataArray, dense: xr.DataArray) -> xr.DataArray:
    """Values over k, the dense models' as those of one expert."""
    first = dense.drop_vars("width", errors="ignore").expand_dims(experts=[1])
    first = first.expand_dims(variant=ds.variant.values)
    return xr.concat([first, values], "experts", coords="minimal", compat="override")


@core.takeaway(
    "With as many experts as topics, the model of least loss is near the optimum 0 where features "
    "come in topics ([topics-cost-nothing] of E‖x‖² in the median), yet its experts do not serve "
    "one topic each; of independent features [left-in-pairs of those in an expert] have their "
    "opposite there (median)."
)
def expert_matrices(ds: xr.Dataset) -> core.Exhibit:
    config = core.config_in(ds)
    t, size = config["topics"], config["topic_size"]
    hard = ds.sel(variant="hard", experts=t)
    rows = []
    for law in LAWS:
        best = hard.sel(law=law).isel(seed=_least(hard.loss.sel(law=law)))
        one = readings.dense_at(ds).sel(law=law)
        dense = one.isel(seed=_least(one.dense_exact)).dense_w.transpose("hidden", "feature")
        rows.append((law, dense, best))
    shown = min(t, 6)
    high = max(
        greatest((w**2).sum("hidden").values) for _, dense, best in rows for w in (dense, best.w)
    )
    with drawing(2, shown + 1, width=1.55 * (shown + 1) + 0.9, height=4.0) as (figure, axes):
        for line, (law, dense, best) in zip(axes, rows, strict=True):
            each = [("dense", dense.dropna("hidden", how="all").values)]
            use = readings.share_of_use(best)
            for e in range(shown):
                w = best.w.sel(expert=e).transpose("hidden", "feature").dropna("hidden", how="all")
                each.append((f"expert {e}: {float(use.sel(expert=e)):.0%}", w.values))
            for axis, (title, w) in zip(line, each, strict=True):
                if not np.isfinite(w).all() or not w.size:
                    axis.set_axis_off()
                    continue
                image = matrix_and_bias(axis, w, None, high)
                axis.set_title(title)
                for edge in range(size, size * t, size):
                    axis.axhline(edge - 0.5, color=FAINT, lw=0.5)
                    axis.axvline(edge - 0.5, color=FAINT, lw=0.5)
            line[0].set_ylabel(law)
        if any(axis.images for axis in axes.ravel()):
            figure.colorbar(image, ax=axes.ravel().tolist(), label="WᵀW", shrink=0.8, pad=0.02)
    table = xr.concat([best.w for *_, best in rows], "law", coords="minimal", compat="override")
    return core.exhibit(
        figure,
        table.rename("w"),
        "WᵀW of the dense model and of the experts of the hard model of least loss, features topic "
        "by topic (lines part the topics); titles: the share of inputs that an expert gets. Top: "
        "features in topics; columns that an expert never sees stay as they began. Below: "
        "independent features.",
    )


def _least(loss: xr.DataArray) -> int:
    return int(loss.fillna(np.inf).argmin("seed"))


@core.takeaway(
    "The expert tells [one-topic-each] of the topic (median; 1 would be one expert each); without "
    "balancing [collapses-unbalanced of models] have an idle expert, at the k where fewest do."
)
def router_use(ds: xr.Dataset) -> core.Exhibit:
    t = core.config_in(ds)["topics"]
    at = ds.sel(law="topics", experts=t)
    kinds = ("hard", "random router", "unbalanced", "soft")
    told = xr.Dataset(
        {"specialisation": readings.specialisation(ds), "evenness": readings.evenness(ds)}
    ).sel(law="topics", variant=list(kinds))
    titles = "what the expert tells of the topic", "how evenly experts are used"
    with drawing(2, 4, width=9.0, height=5.0) as (figure, axes):
        for axis, kind in zip(axes[0], kinds, strict=True):
            one = at.sel(variant=kind)
            use = t * one.use.isel(seed=_least(one.loss)).transpose("topic", "expert")
            use = use.isel(expert=slice(t))
            rows = use.topic.values if kind == "hard" else None
            columns = use.expert.values
            image = heat_map(axis, use.values, rows=rows, columns=columns, numbers=t <= 4)
            axis.set(title=kind, xlabel="expert", aspect="equal")
        axes[0, 0].set_ylabel("topic")
        figure.colorbar(image, ax=axes[0].tolist(), label="share of inputs", shrink=0.8)
        grid = axes[1, 0].get_gridspec()
        for axis in axes[1]:
            axis.remove()
        for half, name, title in zip((slice(2), slice(2, 4)), told, titles, strict=True):
            axis = figure.add_subplot(grid[1, half])
            colours = [COLOURS[kind] for kind in kinds]
            dots_by_case(axis, "experts", told[name], series="variant", colours=colours, apart=0.3)
            axis.axhline(1, color=FAINT, lw=0.8, zorder=0)
            axis.set(xlabel="k, experts", ylim=(-0.03, 1.05), title=title)
        handles, names = axis.get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=4, markerscale=1.5)
    return core.exhibit(
        figure,
        told,
        "Features in topics. Top: the share of a topic's inputs that each expert gets, with as "
        "many experts as topics, in the model of least loss. Below, one dot a model: mutual "
        "information of expert and topic over log T, and entropy of the experts' use over log k.",
    )
