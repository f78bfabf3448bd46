"""Models as spokes, shares of rungs, maps over density and ρ, losses of both strategies."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from tegum.plots import marks
from tegum.plots.outcomes import swatches
from tegum.plots.phase_diagrams import phase_diagram
from tegum.plots.spokes import spoke_grid
from tegum.plots.stacks import stacked_shares
from tegum.plots.style import BLUE, GREEN, INK, ORANGE, RED, drawing
from tegum.studies.correlation.pca_or_superposition.models import (
    FULL,
    best_trained,
    boundary,
    collapsed_pairs,
    exact_rung,
    excess,
    trained_rung,
)
from tegum.studies.correlation.pca_or_superposition.strategies import PAIRS

RUNGS = dict(
    zip((f"{k} collapsed" for k in range(PAIRS + 1)), (BLUE, GREEN, ORANGE, RED), strict=True)
)
ACROSS = 7
"""densities at most in a row of models"""
TICKS = (0.6, 0.3, 0.1, 0.03, 0.01)


def sparser(ds: xr.Dataset) -> xr.Dataset:
    return ds.sortby("density", ascending=False)


def both_ladders(ds: xr.Dataset) -> tuple[Figure, xr.Dataset]:
    """The best trained model and the exact optimum from dense to sparse, ρ = 1."""
    ordered = _few(sparser(ds))
    chosen = {"trained": best_trained(ordered), "exact": ordered.free_w.sel(correlation=FULL)}
    found = {name: collapsed_pairs(w) for name, w in chosen.items()}
    same = (collapsed_pairs(ordered.w) == found["trained"].drop_vars("seed")).sum("seed")
    counts = {
        "trained": [f"{int(k)} of {ds.sizes['seed']}" for k in same],
        "exact": ["" for _ in same],
    }
    said = [
        [f"{k:g} collapsed\n{n}".strip() for k, n in zip(found[of].values, counts[of], strict=True)]
        for of in chosen
    ]
    figure = spoke_grid(
        [list(w.transpose("density", "hidden", "feature").values) for w in chosen.values()],
        [np.repeat(np.arange(PAIRS), 2)] * 2,
        rows=["best trained", "exact optimum"],
        columns=[f"p = {p:g}" for p in ordered.density.values],
        said=said,
    )
    return figure, xr.Dataset(
        {name: w.drop_vars(["seed", "correlation"], errors="ignore") for name, w in chosen.items()}
    )


def _few(ordered: xr.Dataset) -> xr.Dataset:
    """So many densities as fit, first of all those at which another rung begins."""
    counts = np.stack([trained_rung(ordered), exact_rung(ordered)])
    steps = np.r_[True, (np.diff(counts) != 0).any(axis=0)]
    first, others = np.flatnonzero(steps)[:ACROSS], np.flatnonzero(~steps)
    room = min(ACROSS - len(first), len(others))
    evenly = np.linspace(0, len(others) - 1, room).round().astype(int)
    return ordered.isel(density=np.sort([*first, *others[evenly]]))


def shares_of_rungs(ds: xr.Dataset) -> tuple[Figure, xr.Dataset]:
    """How many pairs trained models collapse, in shares; above them the exact optimum's."""
    ordered = sparser(ds)
    seen, predicted = collapsed_pairs(ordered.w), exact_rung(ordered)
    width = 0.62 * ds.sizes["density"] + 1.4
    with drawing(width=width, height=3.0) as (figure, axes):
        axis = axes[0, 0]
        stacked_shares(axis, seen, x="density", colours=RUNGS, predicted=predicted)
        axis.set(xlabel="density p = 1 - S", ylabel="share of models")
        swatches(figure, axis, RUNGS, columns=4)
    shares = {name.replace(" ", "_"): (seen == k).mean("seed") for k, name in enumerate(RUNGS)}
    return figure, xr.Dataset(shares | {"exact": predicted})


def price_of_collapsing(ds: xr.Dataset) -> tuple[Figure, xr.Dataset]:
    """What collapsing costs in percent over density and ρ, and the boundary where it begins to."""
    price = (100 * excess(ds)).assign_attrs(long_name="price of collapsing (%)")
    figure = _over_both(price.round(1))  # what is worth nothing is 0
    at = boundary(ds).sortby("correlation")
    inside = at.where((at < 1) & (at > float(ds.density.min())))
    figure.axes[0].plot(at.correlation, inside, color=RED, lw=2, marker="o", ms=4)
    return figure, ds[["collapsed_loss", "free_loss"]].assign(price=price)


def rungs_of_the_best(ds: xr.Dataset) -> tuple[Figure, xr.Dataset]:
    """How many pairs the best model collapses over density and ρ > 0."""
    related = ds.sel(correlation=ds.correlation > 0)
    count = collapsed_pairs(related.free_w).assign_attrs(long_name="pairs collapsed")
    figure = _over_both(count)
    figure.axes[1].set_yticks(range(PAIRS + 1))  # of the colour bar
    return figure, count.to_dataset(name="pairs")


def _over_both(values: xr.DataArray) -> Figure:
    """A phase diagram over correlation and density, with each density at its row."""
    words = {"long_name": "correlation ρ of a pair's being on"}
    named = values.assign_coords(correlation=values.correlation.assign_attrs(words))
    figure = phase_diagram(named, x="correlation", y="density")
    p = values.density.values
    figure.axes[0].set_yticks(p, [f"{each:g}" for each in p])
    return figure


def losses_of_both(ds: xr.Dataset) -> tuple[Figure, xr.Dataset]:
    """The least losses of both strategies over density, and the floor, at three ρ at most."""
    ordered = ds.sortby(["density", "correlation"])
    every = ordered.correlation.values
    shown = every[np.unique(np.linspace(0, len(every) - 1, 3).round().astype(int))]
    kinds = {
        "collapsed_loss": ("best collapsed", ORANGE, 3.0),
        "free_loss": ("best of all", BLUE, 1.2),
    }
    p = ordered.density.values
    with drawing(1, len(shown), width=3.1 * len(shown), height=3.0, sharey=True) as (figure, axes):
        for axis, rho in zip(axes[0], shown, strict=True):
            one = ordered.sel(correlation=rho)
            axis.plot(p, one.floor / p, color=INK, ls=":", lw=1, label="floor of collapsed models")
            for name, (label, colour, lw) in kinds.items():
                axis.plot(p, one[name] / p, "o-", color=colour, lw=lw, ms=lw + 1.5, label=label)
            axis.set(xscale="log", title=f"ρ = {rho:g}", xlabel="density p = 1 - S", ylim=(0, None))
            axis.set_xticks([tick for tick in TICKS if p.min() <= tick <= p.max()])
            axis.xaxis.set_major_formatter("{x:g}")
            axis.minorticks_off()
            axis.invert_xaxis()
        axes[0, 0].set_ylabel("exact loss / p")
        marks.legend_below(figure, axes)
    return figure, ordered[["collapsed_loss", "free_loss", "floor"]]
