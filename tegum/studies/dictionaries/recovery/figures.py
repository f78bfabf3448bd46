"""Figures of sae-recovery: scores by width, against explained variance and L0, losses, phases."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.lines import Line2D

from tegum.plots import marks
from tegum.plots.bands import median_band
from tegum.plots.matrices import heat_map
from tegum.plots.style import FAINT, INK, SERIES, drawing, shades
from tegum.studies import core
from tegum.studies.dictionaries.recovery import readings as read
from tegum.studies.dictionaries.recovery.one_latent import best_angle
from tegum.studies.dictionaries.recovery.sources import SOURCES

ACROSS = 3
"""panels in a row"""
LABELS = {"by_variance": "90 % of variance explained", "by_count": "L0 as features active"}


@core.takeaway(
    "With twice as many latents as features the mean best cosine on trained bottlenecks is "
    "[trained-found] (median) where the penalty keeps 90 % of the variance, and [found-by-count] "
    "where it makes as many latents active as features, each at the worst size and density."
)
def recovery_by_width(ds: xr.Dataset) -> core.Exhibit:
    rules = (read.by_variance, read.by_count)
    data = xr.concat(
        [read.of_relu(read.chosen(ds, "feature", rule)) for rule in rules],
        xr.DataArray(list(LABELS.values()), dims="rule"),
    )
    c = core.config_in(ds)
    places = [
        (size, source) for size in filter(None, (c["size"], c["large"])) for source in SOURCES
    ]
    there = [at for at in places if data.sel(size=at[0], source=at[1]).notnull().any()]
    rows = -(-len(there) // ACROSS)
    size = {"width": 2.6 * ACROSS + 0.8, "height": 2.4 * rows + 0.9}
    with drawing(rows, ACROSS, **size, sharey=True) as (figure, axes):
        for axis in axes.flat[len(there) :]:
            axis.set_axis_off()
        for axis, (of, source) in zip(axes.flat, there, strict=False):
            at = {"size": of, "source": source}
            _by_width(axis, ds.sel(at), data.sel(at))
            axis.set(title=f"{source}, {of.replace('-', '→')}", xlabel="latents / features")
        for axis in axes[:, 0]:
            axis.set_ylabel("mean best cosine")
        marks.legend_below(figure, axes, columns=3)
    return core.exhibit(
        figure,
        data.rename("mean_best_cosine"),
        "Mean over features of the best cosine of a latent with the feature's direction, ReLU "
        "autoencoders, by width: median over seeds with its 95 % interval and, lightly, their "
        "whole range. A colour each density; solid, the strictest penalty that explains 90 % of "
        "the variance, dashed, the one whose L0 is nearest to the number of active features. Grey: "
        "the mean of random dictionaries of the same size, and its 95 %.",
    )


def _by_width(axis: Any, ds: xr.Dataset, data: xr.DataArray) -> None:
    x = ds.width.values
    grey = {"color": "#888888", "lw": 1, "zorder": 0}
    for name, look in (("chance", "-"), ("chance_q95", ":")):
        line = ds[name].median(("seed", "density"))
        label = {"chance": "random directions, mean", "chance_q95": "their 95 %"}[name]
        axis.plot(x, line, look, marker=".", ms=4, label=label, **grey)
    for colour, p in zip(shades(ds.sizes["density"]), ds.density.values, strict=True):
        for rule, style in zip(data.rule.values, ("-", "--"), strict=True):
            y = data.sel(rule=rule, density=p).transpose("width", "seed").values
            there = np.isfinite(y).any(axis=1)
            if not there.any():
                continue
            band: dict[str, Any] = {"ls": style, "marker": "o", "ms": 3, "inner": 1.0}
            label = f"density {p:g}" if style == "-" else f"density {p:g}, L0 as features"
            median_band(axis, x[there], y[there], colour=colour, label=label, **band)
    axis.set(xscale="log", ylim=(0.3, 1.03), xlim=(0.85 * x[0], x[-1] / 0.85))
    axis.set_xticks(x, [f"{each:g}" for each in x])
    axis.minorticks_off()


@core.takeaway(
    "Over the strengths and widths on one dictionary the mean best cosine has a rank correlation "
    "of [variance-predicts] with explained variance and of [count-predicts] with how near L0 is to "
    "the number of active features (medians, each at the worst setting)."
)
def what_predicts(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset(
        {
            "explained": ds.explained,
            "active_over_true": ds.active / ds.true_active,
            "feature": ds.feature,
        }
    )
    shown = read.hard(read.enough_latents(shown))
    looks = dict(zip(ds.kind.values, ("o", "^", "s"), strict=False))
    colours = dict(zip(shown.source.values, SERIES, strict=False))
    with drawing(1, 2, width=8.0, height=3.4, sharey=True) as (figure, axes):
        for axis, name in zip(axes[0], ("explained", "active_over_true"), strict=True):
            for source, colour in colours.items():
                for kind, look in looks.items():
                    at = {"source": source, "kind": kind}
                    x, y = (shown[each].sel(at).values.ravel() for each in (name, "feature"))
                    axis.plot(x, y, look, color=colour, ms=3, alpha=0.45, mew=0)
        axes[0, 0].set(xlabel="share of variance explained", ylabel="mean best cosine")
        axes[0, 0].set_xlim(max(0.4, float(shown.explained.min()) - 0.02), 1.01)
        axes[0, 1].set(xscale="log", xlabel="L0 / number of active features")
        axes[0, 1].axvline(1, color=FAINT, lw=1, zorder=0)
        handles = [Line2D([], [], marker="o", ls="", color=c, label=s) for s, c in colours.items()]
        handles += [Line2D([], [], marker=m, ls="", color=INK, label=k) for k, m in looks.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=5)
    return core.exhibit(
        figure,
        shown,
        "One dot an autoencoder, with as many latents as features or more: the mean best cosine of "
        "its latents with the features against the share of variance that it explains, and against "
        "L0 over the true number of active features. Colours: where W is from; marks: the kind.",
    )


@core.takeaway(
    "No loss lies below the bound of theory: the least is [none-below-bound] of it. The "
    "reconstruction of an orthonormal feature alone falls short by [shrinkage] of half the penalty "
    "(median at the worst setting)."
)
def losses_and_shrinkage(ds: xr.Dataset) -> core.Exhibit:
    one = ds.sel(size=core.config_in(ds)["size"])
    ratio = read.over_bound(one).sel(width=ds.width.values[-1] if 2.0 not in ds.width else 2.0)
    truth = one.truth / one.bound
    penalty = one.strength_of.sel(kind="ReLU").values
    sources = one.source.values
    with drawing(1, len(sources) + 1, width=2.35 * (len(sources) + 1), height=3.2) as (
        figure,
        axes,
    ):
        for axis, source in zip(axes[0], sources, strict=False):
            axis.axhline(1, color=INK, lw=0.8, ls="--", label="bound of theory")
            for colour, p in zip(shades(one.sizes["density"]), one.density.values, strict=True):
                at = {"source": source, "density": p}
                y = ratio.sel(at).transpose("strength", "seed").values
                there = np.isfinite(y).any(axis=1)
                if not there.any():
                    continue
                look: dict[str, Any] = {"marker": "o", "ms": 3, "inner": 1.0}
                label = f"density {p:g}"
                median_band(axis, penalty[there], y[there], colour=colour, label=label, **look)
                line = truth.sel(at).median("seed")
                axis.plot(penalty, line, "_", color=colour, ms=11, mew=1.6, label=f"truth, {p:g}")
            axis.set(title=source, xscale="log", xlabel="penalty λ", ylim=(0.95, None))
            _ticks(axis, penalty[np.isfinite(penalty)])
        axes[0, 0].set_ylabel("loss / bound")
        last = axes[0, -1]
        for colour, kind in zip(SERIES, one.kind.values, strict=False):
            missing = read.enough_latents(one.shortfall.sel(source="orthonormal", kind=kind))
            missing = missing.stack(all=("seed", "density", "width"))
            y = missing.transpose("strength", "all").values
            if kind == "ReLU":
                marks.dots(last, penalty, y, colour=colour, label=kind)
        last.plot(penalty, penalty / 2, color=INK, lw=1, label="λ/2", zorder=0)
        last.set(title="orthonormal, alone", xlabel="penalty λ", ylabel="missing of a feature")
        marks.legend_below(figure, axes, columns=5)
    shown = xr.Dataset({"loss_over_bound": ratio, "truth_over_bound": truth})
    return core.exhibit(
        figure,
        shown,
        "Left: loss of ReLU autoencoders with 2 n latents over the least that any could have on "
        "the same sample (Huber's function of the length of h); dashes, the true dictionary with "
        "the best possible codes. Bands: interval of the median and range of seeds. Right: how "
        "much of an orthonormal feature that is active alone is missing in the reconstruction; "
        "line, theory.",
    )


def _ticks(axis: Any, places: np.ndarray) -> None:
    axis.set_xticks(places, [f"{each:g}" for each in places])
    axis.minorticks_off()


@core.takeaway(
    "One latent for two orthonormal features rests in a minimum of the exact loss, in "
    "[one-latent-at-a-minimum of latents]; it is the better one, feature or pair, at "
    "[single-or-pair of densities and penalties]."
)
def one_latent_phases(ds: xr.Dataset) -> core.Exhibit:
    angle = best_angle(ds).transpose("pair_density", "pair_penalty")
    ratio = ds.pair_over_single.transpose("pair_density", "pair_penalty")
    p, lam = ds.pair_density.values, ds.pair_penalty.values
    with drawing(1, 2, width=8.0, height=3.6) as (figure, axes):
        panels = (
            (angle, -45, 45, "PuOr", "angle, degrees", "trained"),
            (ratio, 0.92, 1.08, "RdBu", "pair / single", "exact loss"),
        )
        for axis, (values, low, high, colours, label, title) in zip(axes[0], panels, strict=True):
            image = heat_map(
                axis, values.values, rows=p, columns=lam, low=low, high=high, colours=colours
            )
            style = {"levels": [1.0], "colors": INK, "linewidths": 1.6}
            axis.contour(np.arange(len(lam)), np.arange(len(p)), ratio.values, **style)
            axis.set(title=title, xlabel="penalty λ", ylabel="density p = 1 - S")
            axis.invert_yaxis()
            figure.colorbar(image, ax=axis, label=label)
    return core.exhibit(
        figure,
        xr.Dataset({"angle": angle, "pair_over_single": ratio}),
        "Left: angle between the one latent (of least loss among the seeds) and the nearer of two "
        "orthonormal features: 0 is a feature, 45 degrees the pair, -45 the difference. Right: "
        "exact loss of the pair's direction over a single feature's, blue where a single feature "
        "is better. Line: where the two are equal.",
    )
