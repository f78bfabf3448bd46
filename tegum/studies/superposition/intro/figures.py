"""The starfish over densities, shares of shapes, exact losses of shapes, and ten features."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from tegum.analysis.canonical import canonical
from tegum.analysis.geometry import norms
from tegum.plots import marks
from tegum.plots.arrows import arrows, explained, no_arrows
from tegum.plots.bands import DASHES
from tegum.plots.outcomes import swatches
from tegum.plots.stacks import stacked_shares
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, RED, drawing
from tegum.studies.superposition.intro.models import shape_seen, weights
from tegum.studies.superposition.intro.shapes import NAMES, OTHER, shapes

COLOURS = dict(zip(NAMES, (INK, ORANGE, GREEN, "#cc79a7", BLUE, RED, "#e3e3e3"), strict=True))
ACROSS = 7
"""densities at most in a row of arrows"""
SMALL = 7
"""points; the least size of letters"""


def settings(ds: xr.Dataset) -> list[tuple[dict[str, Any], str]]:
    """Every n and decay of a run, and how it is written."""
    pairs = [(n, decay) for n in ds.n_features.values for decay in ds.decay.values]
    return [
        ({"n_features": n, "decay": d}, f"{n}→2, I = {'1' if d == 1 else f'{d:g}ⁱ'}")
        for n, d in pairs
    ]


def commonest(ds: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Of each setting the commonest shape, how many models have it, and its model of least loss.

    Of shapes equally common the one that comes first; the model as its place along "seed".
    """
    seen = shape_seen(ds)
    counts = xr.concat([(seen == place).sum("seed") for place in range(len(NAMES))], "place")
    most = counts.argmax("place")
    loss = ds.loss.where(seen == most).fillna(np.inf)
    return most, counts.max("place"), loss.argmin("seed")


def arrows_over_density(ds: xr.Dataset) -> tuple[Figure, xr.Dataset]:
    """A row for each setting: the commonest shape at each density, in its canonical position."""
    ordered = ds.sortby("density", ascending=False)
    places = np.unique(np.linspace(0, ordered.sizes["density"] - 1, ACROSS).round().astype(int))
    ordered = ordered.isel(density=places)
    most, count, best = commonest(ordered)
    chosen = weights(ordered).isel(seed=best).transpose(..., "hidden", "feature")
    reach, rows = float(np.nanmax(norms(chosen.values))), settings(ds)
    size = {"width": 1.29 * len(places) + 0.9, "height": 1.62 * len(rows) + 0.2}
    with drawing(len(rows), len(places), **size) as (figure, axes):
        for line, (at, name) in zip(axes, rows, strict=True):
            for axis, p in zip(line, ordered.density.values, strict=True):
                point = at | {"density": p}
                w = chosen.sel(point).values[:, : at["n_features"]]
                said = (
                    f"{NAMES[int(most.sel(point))]}\n{int(count.sel(point))} of {ds.sizes['seed']}"
                )
                axis.set_title(said, fontsize=SMALL)
                if not np.isfinite(w).all():
                    no_arrows(axis, 2, reach)
                    continue
                alike = bool(at["decay"] == 1)
                placed = canonical(w, exchangeable=alike)
                arrows(axis, placed, reach=reach, numbered=not alike, fontsize=SMALL)
                axis.set_xlabel("")  # short ones are told by their having no number
            line[0].set_ylabel(name)
        for axis, p in zip(axes[0], ordered.density.values, strict=True):
            axis.set_title(f"p = {p:.3g}\n{axis.get_title()}", fontsize=SMALL)
        explained(figure, axes)
    shape = xr.DataArray(np.array(NAMES)[most.values], most.coords, most.dims)
    return figure, xr.Dataset({"commonest": shape, "models": count, "norm": norms_of(chosen)})


def norms_of(w: xr.DataArray) -> xr.DataArray:
    return (w**2).sum("hidden") ** 0.5


def shares_over_density(ds: xr.Dataset) -> tuple[Figure, xr.Dataset]:
    """Stacked shares of shapes, setting by setting; squares: the shape of least exact loss."""
    ordered = ds.sortby("density", ascending=False)
    seen, rows = shape_seen(ordered), settings(ds)
    across = ds.sizes["decay"]
    size = {"width": 4.2 * across + 0.4, "height": 2.0 * ds.sizes["n_features"] + 0.7}
    with drawing(ds.sizes["n_features"], across, **size, sharey=True) as (figure, axes):
        for axis, (at, name) in zip(axes.flat, rows, strict=True):
            stacked_shares(
                axis,
                seen.sel(at),
                x="density",
                colours=COLOURS,
                predicted=ordered.exact_shape.sel(at),
                names=lambda p: f"{p:.2g}",
            )
            axis.set_title(name, pad=9)
        for axis in axes[:, 0]:
            axis.set_ylabel("share of models")
        for axis in axes[-1]:
            axis.set_xlabel("density p = 1 - S")
        swatches(figure, axes[0, 0], COLOURS, columns=7)
    shares = {name: (seen == place).mean("seed") for place, name in enumerate(NAMES)}
    return figure, xr.Dataset({name.replace(" ", "_"): share for name, share in shares.items()})


def losses_over_density(ds: xr.Dataset, crossing: float) -> tuple[Figure, xr.Dataset]:
    """Exact losses of minima over the best one's, trained models as dots (equal importance)."""
    sizes = [int(n) for n in ds.n_features.values]
    decay = 1.0 if 1.0 in ds.decay.values else float(ds.decay[-1])
    at = ds.sel(decay=decay).sortby("density")
    relative, trained = at.shape_loss / at.exact_loss, at.loss / at.exact_loss
    seen, top = shape_seen(at), 1.42
    with drawing(1, len(sizes), width=3.7 * len(sizes), height=3.4, sharey=True) as (figure, axes):
        for axis, n in zip(axes[0], sizes, strict=True):
            for place, (name, colour) in enumerate(COLOURS.items()):
                if place < OTHER:
                    line = relative.sel(n_features=n, shape=name)
                    if bool(line.notnull().any()):
                        axis.plot(at.density, line, color=colour, lw=0.8, alpha=0.4)
                        marks.theory(axis, at.density, line, label=name, **DASHES, color=colour)
                of = trained.where(seen == place).sel(n_features=n).transpose("density", "seed")
                marks.dots(axis, at.density.values, of, colour=colour if place < OTHER else FAINT)
            axis.set(xscale="log", xlabel="density p = 1 - S", ylim=(0.98, top))
            axis.set_title(f"{n}→2, I = {'1' if decay == 1 else f'{decay:g}ⁱ'}")
            axis.xaxis.set_major_formatter("{x:g}")
        if 3 in sizes and decay == 1:
            axis = axes[0, sizes.index(3)]
            axis.plot(ds["at"], np.maximum(1 + ds.triangle_excess, 1), color=GREEN, lw=1, ls=":")
            axis.axvline(crossing, color=INK, lw=0.8, ls=":")
            axis.set_xlim(0.009, 1.1)
        axes[0, 0].set_ylabel("exact loss / least exact loss")
        marks.legend_below(figure, axes, columns=6)
    return figure, xr.Dataset({"minimum": relative, "trained": trained})


def ten_features(ds: xr.Dataset) -> tuple[Figure, xr.Dataset]:
    """Trained models of ten features against the losses of shapes, and three of them as arrows."""
    kept = (norms_of(ds.ten_w) > 0.5).sum("of_ten").where(ds.ten_loss.notnull())
    order = np.argsort(ds.ten_loss.fillna(np.inf).values)
    count = max(1, int(ds.ten_loss.notnull().sum()))
    picked = {"least loss": 0, "median": count // 2, "greatest": count - 1}
    reach = max(1.0, float(np.nanmax(norms(ds.ten_w.transpose(..., "hidden", "of_ten").values))))
    widths = {"width_ratios": [2.2, 1, 1, 1]}
    with drawing(1, 4, width=8.8, height=2.9, gridspec_kw=widths) as (figure, axes):
        first = axes[0, 0]
        marks.dots(first, ds.ten_loss.values, kept.values, colour=BLUE, label="trained", ms=5)
        for name, loss in zip(ds.of_shapes.values, ds.ten_shape_loss.values, strict=True):
            colour = COLOURS[str(name)]
            first.axvline(float(loss), color=colour, lw=1.4, label=str(name), zorder=0)
        first.set(xlabel="exact loss", ylabel="features longer than 1/2")
        first.set_ylim(-0.4, float(kept.max()) + 0.4)
        first.yaxis.get_major_locator().set_params(integer=True)
        first.xaxis.get_major_locator().set_params(nbins=4)
        for axis, (name, place) in zip(axes[0, 1:], picked.items(), strict=True):
            w = ds.ten_w.isel(seed=int(order[place])).transpose("hidden", "of_ten").values
            if np.isfinite(w).all():
                arrows(axis, canonical(w, exchangeable=True), reach=reach, numbered=False)
            else:
                no_arrows(axis, 2, reach)
            axis.set_title(f"{name}: {float(ds.ten_loss[int(order[place])]):.5f}", fontsize=8)
        marks.legend_below(figure, axes, columns=5)
    shape = shapes(ds.ten_w.rename(of_ten="feature"))
    return figure, xr.Dataset({"loss": ds.ten_loss, "represented": kept, "shape_code": shape})
