"""The figures of reachable-loss, each with the numbers that it shows."""

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import beta

from tegum.plots.style import FAINT, SERIES, house_style, sheet
from tegum.studies.study import Exhibit
from tegum.studies.toys.reachable.claims import gaps
from tegum.studies.toys.reachable.puzzles import ARMS, PUZZLES
from tegum.studies.toys.reachable.shapes import PAIRS_AT, SHAPES


def _gap_figure(ds: xr.Dataset) -> Exhibit:
    ratio = 1 + gaps(ds)
    names = [name for name in PUZZLES if name in ds.puzzle.values]
    with house_style():
        figure, axes = sheet(1, len(names), width=2.6 * len(names), height=2.9, sharey=True)
        for axis, name, colour in zip(axes[0], names, SERIES, strict=False):
            for row, arm in enumerate(ARMS):
                values = ratio.sel(puzzle=name, arm=arm).values
                axis.plot(values, np.full(values.size, row), "o", ms=4, alpha=0.6, color=colour)
            puzzle = PUZZLES[name]
            axis.axvline(1, color=FAINT, ls="--", zorder=0)
            axis.set(
                xscale="log",
                xlabel="exact loss / best known",
                title=f"{name}, density 1 - S = {puzzle.density:g}",
            )
            axis.set_xlim(0.9, 1.3 * float(ratio.max()))
            axis.set_xticks([1, 2, 5, 10, 20], labels=["1", "2", "5", "10", "20"])
            axis.minorticks_off()
        axes[0, 0].set(yticks=range(len(ARMS)), yticklabels=ARMS)
        axes[0, 0].invert_yaxis()
    data = (
        xr.Dataset({"loss": ds.loss, "gap": gaps(ds), "length": ds.length})
        .to_dataframe()
        .reset_index()
        .dropna()
    )
    return Exhibit(
        figure,
        data,
        "Exact population loss over the best known, one dot a model. Reader: N(0, 1) start, 10 000 fixed samples, "
        "batch 64, Adam at 1e-3. Small start: the same from Xavier weights. Fresh samples: that, with new samples each "
        "step. Decaying rate: that, with Adam from 3e-3 to 0 in as many steps. Longer: that, in more steps. Notebook: "
        "AdamW at 1e-3, larger batches, trained for small puzzles only.",
    )


def _starfish_figure(ds: xr.Dataset) -> Exhibit:
    relative = ds.shape_loss / (5 * (ds.density / 3 - ds.density**2 / 4))
    cost = ds.tilt_loss / ds.tilt_loss.sel(tilt=0.0) - 1
    with house_style():
        figure, axes = sheet(1, 2, width=7.2, height=2.9)
        for shape, colour in zip(SHAPES, SERIES, strict=False):
            axes[0, 0].plot(
                ds.density, relative.sel(shape=shape), "o-", ms=3, color=colour, label=shape
            )
        axes[0, 0].axvline(float(ds.crossing), color=FAINT, ls="--", zorder=0)
        axes[0, 0].set(
            xlabel="density = 1 - S", ylabel="exact loss / loss of dropping all", ylim=(0, None)
        )
        axes[0, 0].legend()
        axes[0, 1].plot(ds.tilt, 100 * cost, "o-", ms=3, color=SERIES[2])
        axes[0, 1].set(xlabel="tilt from right angles (degrees)", ylabel="loss added (%)")
    shapes = relative.to_dataframe("value").reset_index().assign(shown="loss over dropping all")
    tilts = cost.to_dataframe("value").reset_index().assign(shown="relative loss added")
    return Exhibit(
        figure,
        pd.concat([shapes, tilts]),
        "Five features in the plane. Left: exact losses of four shapes, features that are not in the shape answered "
        "by their mean; dashed, where two digons and the pentagon cross. Right: what it costs when two antipodal pairs "
        f"are not at right angles, at density {PAIRS_AT:g} and the best length and bias for each tilt.",
    )


def _cosine_figure(ds: xr.Dataset) -> Exhibit:
    arms, m = ("reader", "small start", "longer"), PUZZLES["100→40"].m
    edges = np.linspace(-1, 1, 81)
    centres = (edges[1:] + edges[:-1]) / 2
    histograms = {}
    with house_style():
        figure, axes = sheet(1, 2, width=7.2, height=3.0)
        for arm, colour in zip(arms, SERIES, strict=False):
            cosines = ds.cosines.sel(arm=arm).values
            off = cosines[np.triu_indices(len(cosines), 1)]
            histograms[arm] = np.histogram(off, edges, density=True)[0]
            axes[0, 0].step(
                centres, np.maximum(histograms[arm], 1e-3), where="mid", color=colour, label=arm
            )
        tail = beta(0.5, (m - 1) / 2).cdf(edges**2) * np.sign(edges) / 2
        histograms["random directions"] = np.diff(tail) / np.diff(edges)
        axes[0, 0].plot(
            centres,
            np.maximum(histograms["random directions"], 1e-3),
            "k--",
            lw=1,
            label="random directions",
        )
        axes[0, 0].set(
            yscale="log",
            xlabel="cosine of two features",
            ylabel="density of pairs",
            ylim=(3e-3, 1000),
        )
        axes[0, 0].legend(loc="upper left")
        image = axes[0, 1].imshow(
            ds.cosines.sel(arm="longer").values, cmap="RdBu_r", vmin=-1, vmax=1
        )
        axes[0, 1].set(title="cosines, longer", xlabel="feature", ylabel="feature")
        figure.colorbar(image, ax=axes[0, 1], label="cosine")
    return Exhibit(
        figure,
        pd.DataFrame({"cosine": centres, **histograms}),
        "100→40 at density 1 - S = 0.01. Left: cosines of all pairs of features, first seed; dashed, random directions "
        "in 40 dimensions. Right: their matrix after the longer training.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {
        "gaps": _gap_figure(ds),
        "starfish": _starfish_figure(ds),
        "cosines": _cosine_figure(ds),
    }
