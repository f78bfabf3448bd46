"""Figures of feature-graph: the graphs, the shares of polytopes over density, polytopes found."""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from pandas import DataFrame

from tegum.analysis import geometry
from tegum.analysis.nulls import chance_cdf
from tegum.analysis.polytopes import UNKNOWN, Factor
from tegum.plots import marks
from tegum.plots.arrows import arrows, explained
from tegum.plots.bands import median_band
from tegum.plots.islands import islands
from tegum.plots.outcomes import swatches
from tegum.plots.stacks import stacked_shares
from tegum.plots.style import BLUE, GREEN, ORANGE, RED, drawing
from tegum.studies.geometry.graph.islands import (
    EPS,
    KINDS,
    islands_of,
    of_features,
    predicted,
)

OTHER = "other polytope"
COLOURS: dict[str, Any] = {
    "single": "#7f7f7f",
    "digon": BLUE,
    "triangle": "#56b4e9",
    "tetrahedron": GREEN,
    "pentagon": ORANGE,
    "square antiprism": RED,
    "icosahedron": "#cc79a7",
    OTHER: "#e6d800",
    UNKNOWN: "#c9c9c9",
}
"""of the polytopes that theory holds best somewhere; all others share one"""
TICKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)
PANELS = 8
CHANGING = (1.3, 12.0)
"""1/(1 - S) between which most graphs are drawn"""
ACROSS = 4
SMALL = 7
"""points; the least size of letters"""


def times(p: Any) -> str:
    """A density as it is written along x."""
    return f"{1 / float(p):.3g}"


def graphs_over_density(ds: xr.Dataset) -> tuple[Figure, xr.Dataset]:
    """One model's graph at each of several densities, from dense to sparse."""
    ordered = ds.sortby("density", ascending=False)
    places = shown(ordered.density.values)
    ordered = ordered.isel(density=places)
    down = -(-len(places) // ACROSS)
    with drawing(down, ACROSS, width=9.6, height=2.2 * down + 0.4) as (figure, axes):
        for axis in axes.flat[len(places) :]:
            axis.set_axis_off()
        for axis, p in zip(axes.flat, ordered.density.values, strict=False):
            w = a_sound_one(ordered.w.sel(density=p))
            found = islands_of(w)
            named = [COLOURS.get(island.name, COLOURS[OTHER]) for island in found]
            islands(axis, w, [island.features for island in found], named, eps=EPS)
            count = sum(len(island.features) for island in found)
            axis.set_title(f"1/(1 - S) = {times(p)}: {count} of {w.shape[1]}")
        swatches(figure, axes[0, 0], COLOURS, columns=5)
    return figure, of_features(ordered)


def shown(p: np.ndarray) -> list[int]:
    """Places of falling densities to draw: where islands change, and some up to the last."""
    changing = (1 / p >= CHANGING[0]) & (1 / p <= CHANGING[1])
    inside, sparser = np.flatnonzero(changing), np.flatnonzero(1 / p > CHANGING[1])
    inside = inside[_evenly(inside.size, PANELS - min(1, sparser.size))]
    sparser = sparser[::-1][_evenly(sparser.size, PANELS - inside.size)]
    chosen = [*inside, *sparser] or _evenly(p.size, PANELS)
    return sorted(map(int, chosen))


def _evenly(size: int, most: int) -> np.ndarray:
    """At most so many places among `size`, the first one with them."""
    return np.unique(np.linspace(0, size - 1, min(most, size)).round().astype(int))


def shares_over_density(ds: xr.Dataset) -> tuple[Figure, xr.Dataset]:
    """Shares of the kinds, and how large islands are and how many neighbours a feature has."""
    ordered = ds.sortby("density", ascending=False)
    data, foretold = of_features(ordered), predicted(ordered)
    of_models = coloured(data.kind).stack(model=("seed", "feature"))
    with drawing(1, 3, width=9.6, height=3.6) as (figure, axes):
        left, middle, right = axes[0]
        stacked_shares(
            left,
            of_models.drop_vars(["model", "seed", "feature"]).rename(model="seed"),
            x="density",
            colours=COLOURS,
            predicted=coloured(foretold),
            names=times,
        )
        left.set_title("share of represented features")
        places = np.arange(ordered.sizes["density"])
        for axis, value in ((middle, data["size"]), (right, data.degree)):
            rows = value.transpose("density", "seed", "feature").values.reshape(len(places), -1)
            some = np.isfinite(rows).any(axis=1)
            median_band(axis, places[some], rows[some], colour=BLUE, label="median feature")
        top = data["size"].max("feature").transpose("density", "seed")
        marks.dots(middle, places, top, colour=RED, label="largest island of each model", ms=6)
        marks.theory(right, places, degree_by_chance(ordered), label="random directions", ls="--")
        middle.set(title="features of its island", yscale="log")
        right.set(title="features that it is joined to", yscale="symlog", ylim=(-0.2, None))
        for axis in (middle, right):
            least, greatest = axis.get_ylim()
            axis.set_ylim(least, 3 * greatest)  # room for the legend
            ticks = [t for t in TICKS if least <= t <= greatest]
            axis.set_yticks(ticks, [str(t) for t in ticks])
            axis.minorticks_off()
        for axis in (left, middle, right):
            labels = [times(p) for p in ordered.density.values]
            axis.set_xticks(places, labels, rotation=60, fontsize=SMALL)
            axis.set_xlabel("1/(1 - S)")
            axis.set_xlim(-0.6, len(places) - 0.4)
        for axis in (middle, right):
            axis.legend(loc="upper left", fontsize=SMALL)
        swatches(figure, left, COLOURS, columns=5)
    return figure, data


class Found(NamedTuple):
    """One island of a run, and the weights it is from."""

    island: Factor
    density: float
    w: np.ndarray
    """its own features, in its own dimensions"""
    times: int
    """islands of this name and size in the run"""


def zoo(ds: xr.Dataset, most: int = 8) -> tuple[Figure, DataFrame]:
    """The truest island of each kind and size that fits into three dimensions, smallest first."""
    chosen = truest(ds)[:most]
    across = min(ACROSS, max(1, len(chosen)))
    down = max(1, -(-len(chosen) // across))
    size = {"width": 2.2 * across + 0.9, "height": 2.35 * down}
    with drawing(down, across, **size) as (figure, axes):
        for axis in axes.flat[len(chosen) :]:
            axis.set_axis_off()
        for axis, found in zip(axes.flat, chosen, strict=False):
            longest = float(geometry.norms(found.w).max())
            arrows(axis, found.w, reach=longest, numbered=False)
            near = f"r = {found.island.residual:.3f}" if np.isfinite(found.island.residual) else ""
            axis.set_title(
                f"{found.island.name}, {len(found.island.features)} in {len(found.w)}\n"
                f"1/(1 - S) = {times(found.density)}, {near}",
                fontsize=8,
            )
        explained(figure, axes)
    rows = [
        (f.island.name, len(f.island.features), len(f.w), f.density, f.island.residual, f.times)
        for f in chosen
    ]
    columns = ["polytope", "features", "dimensions", "density", "residual", "found"]
    return figure, DataFrame(rows, columns=columns)


def truest(ds: xr.Dataset) -> list[Found]:
    """Of the islands of each kind and size in at most three dimensions, that of least residual."""
    w = ds.w.transpose("density", "seed", "hidden", "feature")
    best: dict[tuple[int, str], Found] = {}
    for at, seed in np.ndindex(w.shape[:2]):
        for island in islands_of(w.values[at, seed]):
            inside = in_its_span(w.values[at, seed][:, list(island.features)])
            if len(inside) > 3:
                continue
            key = len(island.features), island.name
            old = best.get(key)
            count = 1 if old is None else 1 + old.times
            if old is None or island.residual < old.island.residual:
                best[key] = Found(island, float(w.density[at]), inside, count)
            else:
                best[key] = old._replace(times=count)
    return [best[key] for key in sorted(best, key=lambda key: (key[1] == UNKNOWN, *key))]


def in_its_span(w: np.ndarray) -> np.ndarray:
    """Features in the axes of their own span, of dimensions a tenth as wide as the widest."""
    axes, sizes, _ = np.linalg.svd(w, full_matrices=False)
    return axes[:, sizes > 0.1 * sizes[0]].T @ w


def coloured(kinds: xr.DataArray) -> xr.DataArray:
    """Kinds counted as COLOURS, those that share one together."""
    names = [kind if kind in COLOURS else OTHER for kind in KINDS]
    place = np.array([list(COLOURS).index(name) for name in names], float)
    return kinds.copy(data=place[kinds.fillna(0).astype(int)]).where(kinds.notnull())


def degree_by_chance(ds: xr.Dataset) -> np.ndarray:
    """To how many others a feature would be joined, were as many directions random."""
    count = of_features(ds).kind.notnull().sum("feature").mean("seed").values
    joined = 1 - float(chance_cdf(EPS, ds.sizes["hidden"]))
    return np.maximum(count - 1, 0) * joined


def a_sound_one(w: xr.DataArray) -> np.ndarray:
    """The first model's weights; the next one's where that diverged; nothing where all did."""
    models = w.transpose("seed", "hidden", "feature").values
    sound = np.flatnonzero(np.isfinite(models).all(axis=(1, 2)))
    return models[sound[0]] if sound.size else np.zeros(models.shape[1:])
