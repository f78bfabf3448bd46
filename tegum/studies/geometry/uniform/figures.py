"""Figures of uniform-superposition: D* beside theory, D_i of all features, lines, hulls."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from tegum.plots import marks
from tegum.plots.bands import median_band
from tegum.plots.dimensionalities import FRACTIONS
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, RED, drawing
from tegum.studies.core import Control
from tegum.studies.geometry.uniform.models import LONGER
from tegum.studies.geometry.uniform.readings import (
    BESIDE,
    CANDIDATES,
    COUNT,
    HALF,
    NARROW_CODES,
    SMALL,
    WIDE_CODES,
    curve,
    d_stars,
    least_loss,
    longer,
    own,
)
from tegum.theory.maxwell import maxwell

LOOKS: dict[str, Any] = {
    SMALL: {"color": ORANGE, "ls": "-"},
    NARROW_CODES: {"color": GREEN, "ls": "-"},
    WIDE_CODES: {"color": INK, "ls": "--"},
}
"""of the theories, by what they know"""
TICKS = (1, 2, 3, 5, 10, 20, 30, 50, 100)
SMALL_TEXT = 7.5


def _sparsity_axis(axis: Any, p: np.ndarray) -> None:
    """1/(1 - S) along x, on a logarithmic scale with round numbers."""
    ticks = [tick for tick in TICKS if tick <= 1.05 / p.min()]
    axis.set(xscale="log", xlabel="1 / (1 - S)")
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()


def over_density(ds: xr.Dataset) -> tuple[Figure, xr.Dataset]:
    """D* over 1/(1 - S) beside theory, and exact losses over theory's."""
    ds = ds.sortby("density", ascending=False)
    trained = d_stars(ds).transpose("density", "seed")
    again = longer(ds).transpose("density", "seed").dropna("density", how="all")
    x = 1 / ds.density.values
    data = xr.Dataset({"d_star": trained, "longer_d_star": again})
    with drawing(1, 2, width=9.4, height=3.9) as (figure, axes):
        left, right = axes[0]
        for level in (1.0, 0.5):
            left.axhline(level, color=FAINT, lw=0.8, zorder=0)
        right.axhline(1.0, color=FAINT, lw=0.8, zorder=0)
        for name, look in LOOKS.items():
            label, ratio = f"theory: {name}", ds.loss / least_loss(ds, name)
            data[f"d_star, {name}"], data[f"loss over that of {name}"] = curve(ds, name), ratio
            marks.theory(left, x, curve(ds, name), label=label, **look)
            marks.theory(right, x, ratio.median("seed"), label=label, marker=".", **look)
        some = trained.dropna("density", how="all")
        look = {"colour": BLUE, "label": "trained", "marker": ".", "zorder": 4}
        median_band(left, 1 / some.density.values, some, **look)
        ring = {"ls": "", "marker": "o", "ms": 9, "mfc": "none", "zorder": 5}
        middle = 1 / again.density.values, again.median("seed")
        left.plot(*middle, color=RED, label=f"{LONGER} times longer", **ring)
        for axis in (left, right):
            _sparsity_axis(axis, ds.density.values)
        left.set(ylim=(0, None), ylabel="D* = m / ‖W‖²", title="dimensions per feature")
        right.set(ylabel="trained / theory", title="exact loss")
        marks.legend_below(figure, left, columns=3)
    return figure, data


def of_every_feature(ds: xr.Dataset) -> tuple[Figure, xr.Dataset]:
    """D_i of each feature over 1/(1 - S), with D* and the published fractions."""
    ds = ds.sortby("density", ascending=False)
    values = own(ds).transpose("density", "seed", "feature")
    places = np.arange(ds.sizes["density"])
    with drawing(width=9.6, height=4.6) as (figure, axes):
        axis = axes[0, 0]
        for name, fraction in FRACTIONS.items():
            axis.axhline(float(fraction), color=FAINT, lw=0.8, zorder=0)
            grows = {"pentagon": "bottom", "square antiprism": "top"}.get(name, "center")
            at, right = (1.01, float(fraction)), axis.get_yaxis_transform()
            axis.text(*at, f"{fraction} {name}", transform=right, va=grows, fontsize=8)
        marks.dots(axis, places, values, colour=BLUE, width=0.7, ms=2.2, alpha=0.3)
        middle = d_stars(ds).median("seed").sel(density=ds.density)
        axis.plot(places, middle, color=RED, lw=1.5, label="D*, median", zorder=3)
        axis.set_xticks(places, [f"{1 / p:.3g}" for p in ds.density.values], rotation=45)
        axis.set(xlim=(-0.6, len(places) - 0.4), ylim=(-0.02, 1.06))
        axis.set(xlabel="1 / (1 - S)", ylabel="dimensionality $D_i$")
        axis.legend(loc="upper right")
    return figure, xr.Dataset({"dimensionality": values})


def about_fractions(ds: xr.Dataset, control: Control) -> tuple[Figure, pd.DataFrame]:
    """Histograms of a sweep's D_i about each fraction below 1, beside a control's."""
    shown = {"trained": (own(ds), BLUE), control.name: (own(control.spoil(ds)), FAINT)}
    edges = np.arange(-3.5, 4) * 2 * HALF
    chosen = [(name, float(f)) for name, f in FRACTIONS.items() if f < 1][::-1]
    rows = []
    with drawing(1, len(chosen), width=9.6, height=3.0, sharey=True) as (figure, axes):
        for axis, (name, fraction) in zip(axes[0], chosen, strict=True):
            axis.axvspan(-HALF, HALF, color=ORANGE, alpha=0.3, lw=0)
            for side in (-BESIDE, BESIDE):
                axis.axvspan(side - HALF, side + HALF, color=ORANGE, alpha=0.1, lw=0)
            for label, (values, colour) in shown.items():
                every = values.values[np.isfinite(values.values)]
                counts = np.histogram(every - fraction, edges)[0] / ds.sizes["seed"]
                style = {"lw": 1.8, "label": label}
                axis.stairs(counts, edges, color=colour, **style)
                middles = (edges[1:] + edges[:-1]) / 2 + fraction
                rows += [(label, name, at, n) for at, n in zip(middles, counts, strict=True)]
            axis.axhline(COUNT, color=INK, ls="--", lw=0.8)
            axis.set_title(f"{FRACTIONS[name]} {name}")
            axis.set(xlabel=f"$D_i$ - {FRACTIONS[name]}", yscale="symlog")
            axis.set_xticks([-0.03, 0, 0.03])
        top = 1.5 * max(COUNT, *(row[-1] for row in rows))
        axes[0, 0].set_ylim(0, top)
        ticks = [t for t in (0, 1, 10, 100, 1000) if t <= top]
        axes[0, 0].set_yticks(ticks, [str(t) for t in ticks])
        axes[0, 0].set_ylabel("features of a sweep")
        marks.legend_below(figure, axes)
    return figure, pd.DataFrame(rows, columns=["weights", "fraction", "D_i", "features"])


def hulls(ds: xr.Dataset) -> tuple[Figure, pd.DataFrame]:
    """The Maxwell construction on the plateau and far from it, with the trained models' point."""
    p = ds.density.values
    chosen = [float(p[abs(np.log(p * level)).argmin()]) for level in (3.0, 20.0)]
    mean, rows = ds.sizes["hidden"] / ds.sizes["feature"], []
    with drawing(1, 2, width=9.4, height=3.9) as (figure, axes):
        for axis, density in zip(axes[0], chosen, strict=True):
            left_out = density / 3 - density**2 / 4
            for name, look in LOOKS.items():
                hull = maxwell(density, CANDIDATES[name])
                x, y = np.array([(v.dimension, v.loss / left_out) for v in hull.vertices]).T
                axis.plot(x, y, lw=1.2, label=f"theory: {name}", **look)
            points = [(v.name, v.dimension, v.loss / left_out) for v in hull.candidates]
            rows += [(density, *point) for point in points]
            axis.plot(*np.array([point[1:] for point in points]).T, ".", color=INK, ms=5)
            inner = maxwell(density, CANDIDATES[SMALL]).vertices
            for vertex in dict.fromkeys((*hull.vertices, *inner)):
                low = vertex in hull.vertices and vertex.dimension > 0
                look = (
                    {"xytext": (-5, -2), "ha": "right", "va": "top"} if low else {"xytext": (5, 3)}
                )
                at = vertex.dimension, vertex.loss / left_out
                size = {"fontsize": SMALL_TEXT, "textcoords": "offset points"}
                axis.annotate(vertex.name, at, **size, **look)
            loss = float(ds.loss.sel(density=density).median("seed")) / ds.sizes["feature"]
            rows.append((density, "trained", mean, loss / left_out))
            axis.plot(mean, loss / left_out, "x", color=BLUE, ms=9, mew=2, label="trained")
            axis.set(xlabel="dimensions that a feature takes", ylabel="loss / loss if left out")
            axis.set(title=f"1 / (1 - S) = {1 / density:.3g}", ylim=(-0.12, 1.1))
            axis.set_xlim(-0.02, 1.04)
        marks.legend_below(figure, axes, columns=4)
    return figure, pd.DataFrame(rows, columns=["density", "arrangement", "dimensions", "loss"])
