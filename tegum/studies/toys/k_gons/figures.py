"""The figures of k-gons, each with the numbers that it shows."""

from typing import Any

import numpy as np
import xarray as xr
from pandas import DataFrame

from tegum.plots.style import BLUE, FAINT, INK, ORANGE, SERIES, house_style, sheet
from tegum.studies.study import Exhibit, config_in
from tegum.studies.toys.k_gons.claims import occupancy, pauses, trained_levels
from tegum.studies.toys.k_gons.levels import ON_LEVEL


def _named_levels(ds: xr.Dataset, n: int) -> dict[str, float]:
    """Every level of n, those with shared directions too, by name."""
    of_n = ds.sel(n_features=n)
    named = [(of_n.level, "polygon"), (of_n.shared_level, "shared")]
    return {
        str(name): float(value)
        for levels, dim in named
        for name, value in zip(levels[dim].values, levels.values, strict=True)
        if np.isfinite(value)
    }


def _ends(ds: xr.Dataset) -> Exhibit:
    """Where restarts land: a shape and a count for each level reached."""
    rows = []
    for n in ds.n_features.values:
        loss = ds.loss.sel(n_features=n).values
        for name, level in _named_levels(ds, int(n)).items():
            there = np.flatnonzero(np.abs(loss - level) < ON_LEVEL)
            if there.size:
                rows.append((int(n), name, level, there.size / loss.size, int(there[0])))
    data = DataFrame(rows, columns=["n_features", "level", "loss", "share", "example"])
    data = data.sort_values(["n_features", "loss"]).reset_index(drop=True)
    widest = min(8, int(data.groupby("n_features").size().max()))
    with house_style():
        figure, axes = sheet(
            ds.sizes["n_features"],
            widest,
            width=1.5 * widest + 0.4,
            height=1.75 * ds.sizes["n_features"],
        )
        for axis in axes.ravel():
            axis.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), xticks=[], yticks=[], aspect="equal")
            axis.spines[:].set_visible(False)
        for line, n in zip(axes, ds.n_features.values, strict=True):
            line[0].set_ylabel(f"n = {n}")
            chosen = _commonest(data[data.n_features == n], widest)
            for axis, found in zip(line, chosen.itertuples(), strict=False):
                _draw_columns(axis, ds.w.sel(n_features=n).values[found.example, :, :n])
                axis.set_title(f"{found.level}   {found.share:.1%}\nL = {found.loss:.5f}")
    return Exhibit(
        figure,
        data.drop(columns="example"),
        "Where exact descents from random restarts end, the eight commonest levels, best on the left: columns of W, "
        "the level's name (k vertices, or how many features each direction holds; + for each spare feature with a "
        "positive bias), the share of restarts that end there and its loss. Spare features are short or 0.",
    )


def _commonest(found: DataFrame, count: int) -> DataFrame:
    return found.nlargest(count, "share").sort_values("loss")


def _draw_columns(axis: Any, w: np.ndarray) -> None:
    doubled = [np.sum(np.linalg.norm(w - column[:, None], axis=0) < 0.05) > 1 for column in w.T]
    for column, twice in zip(w.T, doubled, strict=True):
        shared = twice and np.linalg.norm(column) > 0.1
        axis.plot(
            [0, column[0]],
            [0, column[1]],
            color=ORANGE if shared else BLUE,
            marker="o",
            ms=4,
            markevery=[1],
        )


def _curves(ds: xr.Dataset) -> Exhibit:
    levels = trained_levels(ds)
    names = {
        value: name for name, value in _named_levels(ds, config_in(ds)["trained_features"]).items()
    }
    curves = ds.trained_loss.isel(step=slice(1, None))
    low, high = 0.93 * levels.min(), 0.26
    with house_style():
        figure, axes = sheet(1, 2, width=7.4, height=3.8, width_ratios=[3, 1], sharey=True)
        left, right = axes[0]
        for k, curve in enumerate(curves.values):
            left.plot(curves.step.values, curve, color=SERIES[k % len(SERIES)], lw=0.7, alpha=0.8)
        paused = np.array(pauses(ds)).reshape(-1, 2)
        left.plot(*paused.T, "o", mfc="none", mec=INK, ms=4, label="pauses")
        left.legend(loc="upper right")
        for level in levels[levels < high]:
            left.axhline(level, color=FAINT, lw=0.7, ls="--", zorder=0)
        for level in levels[levels < 0.12]:
            right.text(
                1.02,
                level,
                names[level],
                transform=right.get_yaxis_transform(),
                va="center",
                color=INK,
                size=8,
            )
        at, time, places, control = occupancy(ds, high)
        right.plot(100 * control, places, ".", color=FAINT, ms=3, label="elsewhere")
        right.plot(100 * time, at, "o", color=BLUE, ms=4, label="at a level")
        left.set(
            xscale="log",
            yscale="log",
            ylim=(low, high),
            xlabel="training step",
            ylabel="exact loss",
        )
        right.set(xlabel="% of the way down\n(logarithmic time)")
        right.legend(loc="upper right")
        ticks = [0.05, 0.07, 0.1, 0.15, 0.2]
        left.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        left.minorticks_off()
    return Exhibit(
        figure,
        ds.trained_loss.to_dataframe().reset_index(),
        f"Left: exact loss of {ds.sizes['seed']} models of n = {config_in(ds)['trained_features']} features as sampled "
        "training goes on; dashed, the predicted levels; circles, pauses. Right: share of the way down (its "
        "logarithmic time, up to the level where a training ends) spent within 1 % of each level, and of places that "
        "keep clear of levels.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {"ends": _ends(ds), "pauses": _curves(ds)}
