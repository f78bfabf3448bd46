"""Times at which several things happened to models in training, side by side; who came first."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from scipy.stats import binomtest

from tegum.analysis.statistics import median_interval
from tegum.plots import marks
from tegum.plots.style import FAINT, INK, SERIES, drawing


def times_by_case(
    times: Mapping[str, tuple[str, xr.DataArray]],
    *,
    panel: str,
    x: str,
    names: Callable[[Any], str],
    xlabel: str,
    end: float,
    never: str = "never",
) -> Figure:
    """One dot a model at each of its times, and their medians with intervals.

    A time that never came stands in a band above all others and counts as later than these, also in
    the medians.

    Args:
        times: by label, colour and times with axes panel, x and "seed": infinite where something
            never came, NaN where a model is left out.
        panel: the axis with a panel for each value.
        x: the axis of cases, drawn at equal distances.
        names: how a value of `panel` is written.
        xlabel: of the cases.
        end: the last time that counts.
        never: what is written in the band.
    """
    [(_, first), *_] = times.values()
    count, place, apart = first.sizes[panel], 1.9 * end, 0.8 / len(times)
    size = {"width": max(6.0, 2.15 * count + 0.7), "height": 3.6}
    known = np.concatenate([np.ravel(values) for _, values in times.values()])
    low = np.min(known[(known > 0) & (known < end)], initial=end)
    with drawing(1, count, **size, sharey=True) as (figure, axes):
        for axis, at in zip(axes[0], first[panel].values, strict=True):
            axis.axhspan(1.25 * end, 3.0 * end, color=FAINT, alpha=0.3, lw=0)
            places = marks.named_ticks(axis, first[x].values)
            for k, (label, (colour, values)) in enumerate(times.items()):
                shift = (k - (len(times) - 1) / 2) * apart
                one = values.sel({panel: at}).transpose(x, "seed").values
                shown = np.where(np.isinf(one), place, one)
                gone = np.where(np.isinf(one), shown, np.nan)
                came = np.where(np.isinf(one), np.nan, shown)
                look: dict[str, Any] = {"colour": colour, "shift": shift, "width": 0.6 * apart}
                look |= {"alpha": 0.5, "mew": 0}
                marks.dots(axis, places, came, ms=6, **look)
                marks.dots(axis, places, gone, ms=6, **look)
                middle = median_interval(shown)
                ends = np.stack([middle.median - middle.low, middle.high - middle.median])
                bar = {"fmt": "_", "ms": 8, "mew": 2, "lw": 1.6, "color": colour, "zorder": 3}
                axis.errorbar(places + shift, middle.median, ends, label=label, **bar)
            axis.set(yscale="log", ylim=(0.8 * low, 3.0 * end), title=names(at), xlabel=xlabel)
            axis.set_xlim(-0.6, len(places) - 0.4)
        axes[0, 0].text(0.02, 0.985, never, transform=axes[0, 0].transAxes, va="top", fontsize=8)
        axes[0, 0].set_ylabel("training step")
        marks.legend_below(figure, axes)
    return figure


def shares_by_case(
    truths: Mapping[str, xr.DataArray],
    *,
    x: str,
    series: str,
    ticks: Callable[[Any], str],
    names: Callable[[Any], str],
    xlabel: str,
    ylabel: str,
    sides: tuple[str, str],
) -> Figure:
    """Shares of models in which something holds, with exact 95 % intervals, beside a fair coin.

    Args:
        truths: by title of a panel: 1, 0 and NaN (left out) with axes x, series and "seed".
        x: the axis of cases, drawn at equal distances.
        series: the axis with a colour for each value.
        ticks, names: how a value of x and of `series` is written.
        xlabel, ylabel: of the cases and of the shares.
        sides: what a share near 0 means, and one near 1; written at either edge.
    """
    size = {"width": 2.7 * len(truths) + 0.7, "height": 3.4}
    with drawing(1, len(truths), **size, sharey=True) as (figure, axes):
        for axis, (title, truth) in zip(axes[0], truths.items(), strict=True):
            axis.axhline(0.5, color=INK, lw=0.8, ls="--", label="fair coin")
            places = marks.named_ticks(axis, [ticks(each) for each in truth[x].values])
            shifts = np.linspace(-0.22, 0.22, truth.sizes[series])
            for shift, colour, of in zip(shifts, SERIES, truth[series].values, strict=False):
                one = truth.sel({series: of}).transpose(x, "seed").values
                found = np.array([_share(each) for each in one])
                bar = {"fmt": "o", "ms": 4, "lw": 1.4, "color": colour, "label": names(of)}
                ends = np.stack([found[:, 0] - found[:, 1], found[:, 2] - found[:, 0]])
                axis.errorbar(places + shift, found[:, 0], ends, **bar)
            axis.set(title=title, xlabel=xlabel, ylim=(-0.16, 1.16), yticks=np.linspace(0, 1, 5))
            axis.set_xlim(-0.5, len(places) - 0.5)
            for words, at, grows in zip(sides, (0.01, 0.99), ("bottom", "top"), strict=True):
                axis.text(0.01, at, words, transform=axis.transAxes, va=grows, fontsize=8)
        axes[0, 0].set_ylabel(ylabel)
        marks.legend_below(figure, axes)
    return figure


def _share(truth: np.ndarray) -> tuple[float, float, float]:
    """A share with its Clopper-Pearson interval; NaN of nothing."""
    known = truth[~np.isnan(truth)]
    if not known.size:
        return np.nan, np.nan, np.nan
    ends = binomtest(int(known.sum()), known.size).proportion_ci(0.95)
    return float(known.mean()), float(ends.low), float(ends.high)
