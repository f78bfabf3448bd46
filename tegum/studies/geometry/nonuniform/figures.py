"""The arrangements along the axis, both curves of loss, what training ends in, the deformation."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from tegum.plots import marks
from tegum.plots.spokes import spoke_grid
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, RED, drawing
from tegum.studies import core
from tegum.studies.core.study import Drawn, config_in
from tegum.studies.geometry.nonuniform.branches import BRANCHES, FEATURES, Varied
from tegum.studies.geometry.nonuniform.claims import BASE, LESS, PUBLISHED
from tegum.studies.geometry.nonuniform.readings import (
    DIGONS,
    OTHER,
    PENTAGON,
    PLACES,
    alive,
    angle_to_next,
    branch_of,
    lengths,
)

COLOURS = dict(zip(BRANCHES, (BLUE, ORANGE), strict=True))
FROM = {"pentagon": BLUE, "two digons": ORANGE, "fresh": GREEN}
NOW = {PENTAGON: "now a pentagon", DIGONS: "now two digons", OTHER: "now another"}
WIDEST = 7
"""columns of arrangements, so that a figure is no wider than 10 inches"""


def drawn(varied: Varied) -> tuple[Drawn, ...]:
    less = LESS[varied]
    said = (
        (
            arrangements,
            f"Two digons lose less once the feature is [exchange] times {less}; the best of fresh "
            "models change with them, right at [best-follows of ratios].",
        ),
        (
            losses,
            f"Two curves that cross: at [exchange] times {less} the slope of the least loss falls "
            "by [slope-jumps] of the steeper one.",
        ),
        (
            hysteresis,
            "Models stay where they began: [pentagon-stays of those begun as a pentagon] beyond "
            "the exchange, [digons-stay of those begun as two digons] before it; beyond it "
            "[fresh-beyond of fresh ones] are two digons (each at its worst ratio).",
        ),
        (
            deformation,
            "The feature does not shrink away: it is [snaps] long where the pentagon ends, which "
            "is [outlives-exchange] times further than the exchange.",
        ),
    )
    return tuple(core.takeaway(text)(figure) for figure, text in said)


# --- drawings -----------------------------------------------------------------------------------


def arrangements(ds: xr.Dataset) -> core.Exhibit:
    """Exact minima and the best trained model, a column for each ratio."""
    chosen = np.linspace(0, ds.sizes["ratio"] - 1, min(WIDEST, ds.sizes["ratio"]))
    at = ds.sortby("ratio", ascending=False).isel(ratio=np.unique(chosen.round().astype(int)))
    fresh = at.sel(start="fresh")
    best = fresh.isel(seed=fresh.loss.fillna(np.inf).argmin("seed"))
    places = branch_of(at.branch_w)
    own = at.branch_loss.where(places == PLACES)
    rows: dict[str, tuple[xr.DataArray, list[str]]] = {}
    for name in BRANCHES:
        words = []
        for ratio in at.ratio:
            loss = float(own.sel(branch=name, ratio=ratio))
            least = ", least" if loss == own.sel(ratio=ratio).min() else ""
            now = NOW[float(places.sel(branch=name, ratio=ratio))]
            words.append(now if np.isnan(loss) else f"{1000 * loss:.2f}{least}")
        rows[f"{name},\nfollowed"] = at.branch_w.sel(branch=name), words
    rows["best of\nfresh models"] = (
        best.w,
        ["" if np.isnan(loss) else f"{1000 * float(loss):.2f}" for loss in best.loss],
    )
    groups = np.minimum(np.arange(FEATURES), 1)
    figure = spoke_grid(
        [list(w.transpose("ratio", "hidden", "feature").values) for w, _ in rows.values()],
        [groups] * len(rows),
        rows=list(rows),
        columns=[_times(float(ratio), _varied(ds)) for ratio in at.ratio],
        said=[words for _, words in rows.values()],
    )
    shown = xr.Dataset({"branch_w": at.branch_w, "branch_loss": at.branch_loss, "fresh_w": best.w})
    return core.exhibit(
        figure,
        shown.assign(fresh_loss=best.loss).drop_vars(("start", "seed"), errors="ignore"),
        "Columns of W as spokes, thinner one by one, the varied feature blue, turned so that it "
        "(or the next, where it is dropped) points up; dotted circle: length 1. Two upper rows: "
        "where exact descents from both branches at equal features end; last: of models trained "
        "from fresh weights, that of least exact loss. Numbers: exact loss, times 1000.",
    )


def losses(ds: xr.Dataset) -> core.Exhibit:
    """Loss and slope of both branches over the ratio."""
    there, found = alive(ds.exact_w), branch_of(ds.w)
    exact = ds[["exact_loss", "exact_slope"]].where(there)
    with drawing(1, 2, width=8.6, height=3.6) as (figure, axes):
        left, right = axes[0]
        for axis in axes[0]:
            _times_along(axis, ds)
        for name, place in zip(BRANCHES, PLACES, strict=True):
            style = {"color": COLOURS[name], "label": f"{name}, exact"}
            left.plot(1 / ds["at"], 1000 * exact.exact_loss.sel(branch=name), **style)
            right.plot(1 / ds["at"], 1000 * exact.exact_slope.sel(branch=name), **style)
            dots = ds.loss.where(found == place).transpose("ratio", ...)
            label = f"{name}, trained"
            marks.dots(left, 1 / ds.ratio, 1000 * dots, colour=COLOURS[name], label=label, ms=5)
        other = ds.loss.where(found == OTHER).transpose("ratio", ...)
        marks.dots(left, 1 / ds.ratio, 1000 * other, colour=FAINT, label="others, trained", ms=5)
        right.plot([1 / ds.crossing] * 2, 1000 * ds.crossing_slope, color=INK, lw=2.5)
        left.set(yscale="log", ylabel="exact loss, times 1000")
        right.set(yscale="log", ylabel="its slope by the ratio, times 1000")
        _plain(left.yaxis, [2, 3, 5, 10, 20, 30, 50, 100])
        _plain(right.yaxis, [0.5, 1, 2, 5, 10, 20])
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        exact.assign(loss=ds.loss),
        "Left: exact losses of both branches as long as each is a minimum, and of all trained "
        "models; others drop another feature. Right: the slopes of both curves; that of the least "
        "loss jumps along the thick line.",
    )


def hysteresis(ds: xr.Dataset) -> core.Exhibit:
    """Shares of models that are a pentagon, by start; and the exchange over the others' density."""
    found = branch_of(ds.w)
    share = (found == PENTAGON).where(found.notnull()).mean("seed")
    digons = (found == 1 - PENTAGON).where(found.notnull()).mean("seed")
    there = alive(ds.exact_w).all("branch")
    both = 1 / ds["at"].values[there.values]
    with drawing(1, 2, width=8.6, height=3.6, width_ratios=(1.5, 1)) as (figure, axes):
        left, right = axes[0]
        _times_along(left, ds)
        left.axvspan(both.min(), both.max(), color=FAINT, alpha=0.3, lw=0, label="both are minima")
        for name, colour in FROM.items():
            words = "fresh weights" if name == "fresh" else f"a {name.removeprefix('two ')}"
            words = "two digons" if name == "two digons" else words
            style = {"color": colour, "marker": "o", "ms": 3.5, "label": f"from {words}"}
            left.plot(1 / ds.ratio, share.sel(start=name), **style)
        left.set(ylabel="share of models that are a pentagon", ylim=(-0.04, 1.04))
        right.plot(ds.base, 1 / ds.crossing_of_base, color=INK, marker="o", ms=3)
        right.plot(BASE, PUBLISHED, "*", color=RED, ms=9)
        config = config_in(ds)
        right.plot(config["density"], 1 / ds.crossing, "o", color=INK, mfc="white", ms=6)
        right.set(xscale="log", xlabel="density of the other four")
        right.set_ylabel(f"curves cross, times {LESS[_varied(ds)]}")
        _plain(right.xaxis, [0.01, 0.02, 0.05, 0.1, 0.2])
        marks.legend_below(figure, axes, columns=6)
    return core.exhibit(
        figure,
        xr.Dataset({"pentagons": share, "digons": digons, "crossing_of_base": ds.crossing_of_base}),
        "Left: shares of trained models that are a pentagon, by what they began near. Grey: ratios "
        "at which both branches are minima; from ratio 1 on two digons attract from near only. "
        "Right: where they lose the same, by exact theory, over the density of the other features "
        "(open circle: this run's; star: published).",
    )


def deformation(ds: xr.Dataset) -> core.Exhibit:
    """Length and angle of the varied feature in pentagons, exact and trained."""
    exact, found = ds.exact_w.where(alive(ds.exact_w)), branch_of(ds.w)
    trained = xr.concat([ds.w.where(found == place) for place in PLACES], PLACES.branch)
    shown = {"exact_length": lengths(exact).isel(feature=0), "exact_angle": angle_to_next(exact)}
    shown |= {"length": lengths(trained).isel(feature=0), "angle": angle_to_next(trained)}
    with drawing(1, 2, width=8.6, height=3.5) as (figure, axes):
        for axis, each, names in zip(
            axes[0], ("length", "angle"), (BRANCHES, BRANCHES[:1]), strict=True
        ):
            _times_along(axis, ds)
            for name in names:
                dots = shown[each].sel(branch=name).transpose("ratio", ...)
                label = f"{name}, trained"
                marks.dots(axis, 1 / ds.ratio, dots, colour=COLOURS[name], label=label, ms=4)
                line = shown[f"exact_{each}"].sel(branch=name)
                axis.plot(1 / ds["at"], line, color=COLOURS[name], label=f"{name}, exact")
        axes[0, 1].axhline(360 / FEATURES, color=FAINT, lw=0.8, zorder=0)
        axes[0, 0].set(ylabel="length of the varied feature")
        axes[0, 1].set(ylabel="degrees to the nearest feature")
        marks.legend_below(figure, axes, columns=3)
    return core.exhibit(
        figure,
        xr.Dataset(shown),
        "The varied feature on both branches, followed exactly as long as each is a minimum, and "
        "in all trained models that are on one; dots between have not come to rest. Right: that of "
        "pentagons; grey: the regular one's 72 degrees.",
    )


# --- details ------------------------------------------------------------------------------------


def _varied(ds: xr.Dataset) -> Varied:
    varied: Varied = config_in(ds)["varied"]
    return varied


def _times(ratio: float, varied: Varied) -> str:
    """A ratio in words: 2.5 times sparser."""
    if ratio == 1:
        return "equal"
    more = {"density": "denser", "importance": "more important"}[varied]
    less = {"density": "sparser", "importance": "less important"}[varied]
    return f"{1 / ratio:.3g} times\n{less}" if ratio < 1 else f"{ratio:.3g} times\n{more}"


def _times_along(axis: Any, ds: xr.Dataset) -> None:
    """An axis of 1/ratio, with where the curves cross and where they are published to."""
    axis.axvline(1 / ds.crossing, color=INK, ls="--", lw=0.9, label="curves cross")
    axis.axvline(PUBLISHED, color=RED, ls=":", lw=1.2, label="published")
    axis.set(xscale="log", xlabel=f"times {LESS[_varied(ds)]} than the others")
    _plain(axis.xaxis, [0.1, 0.2, 0.5, 1, 2, 5, 10])


def _plain(axis: Any, ticks: Sequence[float | int]) -> None:
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FixedFormatter([f"{tick:g}" for tick in ticks]))
    axis.set_minor_locator(NullLocator())
