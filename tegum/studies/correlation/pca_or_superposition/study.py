"""pca-or-superposition: should three correlated pairs be stored by their means, or each by itself?

Six features in three pairs go through two dimensions. With fully correlated pairs (ρ = 1) the two
members are on or off together, their values independent. A model may *collapse* a pair: both
columns alike, so that it keeps the pair's mean, its first principal component; the difference is
lost, p/12 a pair at least. Or it holds both by themselves, in superposition, and pays interference,
which falls as p². So collapsing pays when dense; in between, the best models collapse two pairs, or
one: a ladder, as published; but the best model leaves its last rung already near p = 0.08, where
trained ones still collapse a pair, not at 0.05.

The open question of the trade-off is answered by the exact losses of both strategies over density p
and correlation ρ, the chance that a pair's members share the draw whether they are on: where the
best of all models is a collapsed one, principal components win. Descents give upper bounds on both
losses; the floor under every collapsed model is a theorem.
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from tegum.plots import marks
from tegum.plots.outcomes import swatches
from tegum.plots.phase_diagrams import phase_diagram
from tegum.plots.spokes import spoke_grid
from tegum.plots.stacks import stacked_shares
from tegum.plots.style import BLUE, GREEN, INK, ORANGE, RED, drawing
from tegum.studies import core
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import number, share
from tegum.studies.core.verdict import Kind
from tegum.studies.correlation.pca_or_superposition.models import (
    FULL,
    MODELS,
    WORTH,
    Config,
    best_trained,
    between,
    boundary,
    collapsed_pairs,
    exact_rung,
    excess,
    trained_rung,
)
from tegum.studies.correlation.pca_or_superposition.strategies import PAIRS

# --- readings for claims ------------------------------------------------------------------------


def worst_rung(ds: xr.Dataset, low: float, high: float, wanted: int) -> core.Measured:
    """Collapsed pairs of the best trained model, where they are farthest from what is wanted."""
    found = trained_rung(between(ds, low, high)).values if ds.sizes["density"] else np.zeros(0)
    found = found[np.isfinite(found)]
    if not found.size:
        return core.Measured.nothing(f"no density in ({low}, {high}] in this run")
    note = f"best trained models at {found.size} densities; farthest from {wanted}"
    return core.Measured(float(found[np.argmax(abs(found - wanted))]), note)


def as_exact(ds: xr.Dataset) -> xr.DataArray:
    """Whether a trained model collapses as many pairs as the best of all does."""
    found = collapsed_pairs(ds.w)
    return (found == exact_rung(ds)).astype(float).where(found.notnull())


def greatest_rise(ds: xr.Dataset) -> float:
    """The greatest rise of the exact optimum's collapsed pairs to the next lower density."""
    found = exact_rung(ds).sortby("density", ascending=False).values
    return float(np.diff(found).max())


def dearest_collapse(ds: xr.Dataset, *, above: float) -> float:
    """The greatest relative price of collapsing at densities above a bound, ρ = 1."""
    dense = between(ds, above, 1.0)
    return float(excess(dense).sel(correlation=FULL).max()) if dense.sizes["density"] else np.nan


def over_floor(ds: xr.Dataset) -> float:
    """The best loss of all over the floor of collapsed models, sparse and ρ = 1, at the worst."""
    sparse = between(ds, 0.0, 0.05).sel(correlation=FULL)
    return float((sparse.free_loss / sparse.floor).max()) if sparse.sizes["density"] else np.nan


def fall_of_boundary(ds: xr.Dataset) -> float:
    """The boundary at the least ρ over that at ρ = 1."""
    found = boundary(ds).sortby("correlation")
    return float(found[0] / found.sel(correlation=FULL))


# --- claims -------------------------------------------------------------------------------------

LADDER = "Elhage et al. 2022, PCA or superposition; the published ladder, read off its figure"
OTHER_PAIRS = controls.replaced(
    "features paired otherwise",
    w=lambda ds: ds.w.copy(data=ds.w.isel(feature=[0, 2, 1, 4, 3, 5]).values),
)
REVERSED = controls.reversed_along("density", "density reversed")


def rung(
    name: str, words: str, low: float, high: float, pairs: int, kind: Kind = "expected"
) -> Claim:
    """The published number of collapsed pairs at some densities."""
    where = (
        f"above {low:g}" if high == 1 else f"up to {high:g}" if low == 0 else f"{low:g}-{high:g}"
    )
    return Claim(
        name,
        f"At densities {where} the best trained model collapses {words}.",
        LADDER,
        lambda ds: worst_rung(ds, low, high, pairs),
        low=pairs,
        high=pairs,
        control=OTHER_PAIRS if pairs else REVERSED,
        kind=kind,
    )


CLAIMS = (
    rung("dense-all-collapsed", "all three pairs, as principal components do", 0.5, 1.0, 3),
    rung("two-collapsed", "two pairs", 0.15, 0.2, 2),
    rung("one-collapsed", "one pair", 0.05, 0.15, 1, kind="open"),
    rung("sparse-none-collapsed", "no pair (a hexagon)", 0.0, 0.05, 0),
    Claim(
        "exact-ladder-descends",
        "The best model of fully correlated pairs, too, never collapses more of them where they "
        "are sparser, from density to density.",
        f"{LADDER}; exact losses by descent",
        number(greatest_rise, note="pairs, the greatest rise"),
        high=0,
        control=REVERSED,
    ),
    Claim(
        "collapse-is-optimal",
        "Fully correlated and at densities above 0.5, principal components are the best there is: "
        "the best collapsed model loses no more than the best of all, to {high} of it.",
        "exact losses by descent; 1e-3 is what counts as better",
        number(lambda ds: dearest_collapse(ds, above=0.5), note="at the worst density"),
        high=WORTH,
        control=controls.exchanged("correlation", FULL, 0.0, "independent features"),
    ),
    Claim(
        "superposition-beats-the-floor",
        "Fully correlated and at densities up to 0.05 the best model loses less than any collapsed "
        "one can: p/12 a pair, and more.",
        "theorem: one number for both of a pair loses E (x - y)²/2",
        number(over_floor, note="over the floor, at the worst density"),
        high=1.0,
        control=controls.replaced(
            "the best collapsed models", free_loss=lambda ds: ds.collapsed_loss
        ),
    ),
    Claim(
        "floor-holds",
        "No collapsed model loses less than p/3 - (p² + ρ p (1 - p))/4 a pair, at any density and "
        "correlation (least ratio, to rounding).",
        "the same theorem",
        number(lambda ds: float((ds.collapsed_loss / ds.floor).min()), note="worst of the map"),
        low=1 - 1e-6,
        control=controls.replaced("the best of all", collapsed_loss=lambda ds: ds.free_loss),
    ),
    Claim(
        "correlation-lowers-the-boundary",
        "The more pairs are correlated, the sparser they may be for principal components to be "
        "best: the boundary at the least ρ lies at {low} times the density of that at ρ = 1.",
        "the reader's question; no theory says by how much",
        number(fall_of_boundary, note="1 where collapsing is never best"),
        low=1.05,
        kind="open",
    ),
    Claim(
        "models-on-the-best-rung",
        "{low%} of all trained models collapse as many pairs as the best model, at every density.",
        "nearly all is no theory",
        share(as_exact, "least"),
        low=0.9,
        kind="open",
    ),
)

# --- figures ------------------------------------------------------------------------------------

RUNGS = dict(
    zip((f"{k} collapsed" for k in range(PAIRS + 1)), (BLUE, GREEN, ORANGE, RED), strict=True)
)
ACROSS = 7
"""densities at most in a row of models"""
TICKS = (0.6, 0.3, 0.1, 0.03, 0.01)


def sparser(ds: xr.Dataset) -> xr.Dataset:
    return ds.sortby("density", ascending=False)


@core.takeaway(
    "As pairs grow sparse the best trained models collapse [dense-all-collapsed], then "
    "[two-collapsed], [one-collapsed] and [sparse-none-collapsed] of three pairs."
)
def ladder(ds: xr.Dataset) -> core.Exhibit:
    ordered = sparser(ds)
    places = np.unique(np.linspace(0, ds.sizes["density"] - 1, ACROSS).round().astype(int))
    ordered = ordered.isel(density=places)
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
    shown = xr.Dataset(
        {name: w.drop_vars(["seed", "correlation"], errors="ignore") for name, w in chosen.items()}
    )
    return core.exhibit(
        figure,
        shown,
        "Columns of W, a colour for each pair, thin on thick where they share a direction; dotted, "
        "length 1. Fully correlated pairs, sparser to the right. Top: the trained model of least "
        "exact loss, and how many of all models collapse as many pairs. Bottom: the best model "
        "that descents of the exact loss find.",
    )


@core.takeaway(
    "[models-on-the-best-rung of trained models] collapse as many pairs as the exact optimum, at "
    "the density where fewest do."
)
def rungs(ds: xr.Dataset) -> core.Exhibit:
    ordered = sparser(ds)
    seen, predicted = collapsed_pairs(ordered.w), exact_rung(ordered)
    width = 0.62 * ds.sizes["density"] + 1.4
    with drawing(width=width, height=3.0) as (figure, axes):
        axis = axes[0, 0]
        stacked_shares(axis, seen, x="density", colours=RUNGS, predicted=predicted)
        axis.set(xlabel="density p = 1 - S", ylabel="share of models")
        swatches(figure, axis, RUNGS, columns=4)
    shares = {name: (seen == k).mean("seed") for k, name in enumerate(RUNGS)}
    shown = xr.Dataset({n.replace(" ", "_"): of for n, of in shares.items()} | {"exact": predicted})
    return core.exhibit(
        figure,
        shown,
        "How many of the three pairs trained models collapse (bars); squares above: the best model "
        "that descents of the exact loss find.",
    )


@core.takeaway(
    "Collapsing costs nothing where pairs are dense and correlated, at most [collapse-is-optimal] "
    "of the loss above density 0.5 at ρ = 1; its boundary moves by a factor of "
    "[correlation-lowers-the-boundary] from the least ρ to 1."
)
def trade_off(ds: xr.Dataset) -> core.Exhibit:
    price = (100 * excess(ds)).round(3).assign_attrs(long_name="price of collapsing (%)")
    figure = over_both(price)
    at = boundary(ds).sortby("correlation")
    axis = figure.axes[0]
    inside = at.where((at < 1) & (at > float(ds.density.min())))
    axis.plot(at.correlation, inside, color=RED, lw=2, marker="o", ms=4)
    return core.exhibit(
        figure,
        xr.Dataset(
            {"price": price, "collapsed_loss": ds.collapsed_loss, "free_loss": ds.free_loss}
        ),
        "By how many percent the best collapsed model loses more than the best of all, both by "
        "descent on the exact loss. Red: the boundary, above which collapsing costs less than "
        "0.1 %; no mark where it always costs.",
    )


def over_both(values: xr.DataArray) -> Figure:
    """A phase diagram over correlation and density, with each density at its row."""
    words = {"long_name": "correlation ρ of a pair's being on"}
    named = values.assign_coords(correlation=values.correlation.assign_attrs(words))
    figure = phase_diagram(named, x="correlation", y="density")
    p = values.density.values
    figure.axes[0].set_yticks(p, [f"{each:g}" for each in p])
    return figure


@core.takeaway(
    "The ladder stands at lower correlations, too; fully correlated and sparse, the best model "
    "loses [superposition-beats-the-floor] of what collapsed ones must (at the worst density)."
)
def best_rungs(ds: xr.Dataset) -> core.Exhibit:
    related = ds.sel(correlation=ds.correlation > 0)
    count = collapsed_pairs(related.free_w).assign_attrs(long_name="pairs collapsed")
    figure = over_both(count)
    return core.exhibit(
        figure,
        count.to_dataset(name="pairs"),
        "How many of the three pairs the best model has in one direction; at ρ = 0, not shown, "
        "pairs mean nothing. At low ρ a weak feature may lie on its partner.",
    )


@core.takeaway(
    "No collapsed model comes below its floor: [floor-holds] of it at the least. Where the two "
    "lines part, superposition begins to pay."
)
def losses(ds: xr.Dataset) -> core.Exhibit:
    ordered = ds.sortby(["density", "correlation"])
    every = ordered.correlation.values
    shown = every[np.unique(np.linspace(0, len(every) - 1, 3).round().astype(int))]
    kinds = {
        "collapsed_loss": ("best collapsed", ORANGE, "o-"),
        "free_loss": ("best of all", BLUE, "o-"),
    }
    p = ordered.density.values
    with drawing(1, len(shown), width=3.1 * len(shown), height=3.0, sharey=True) as (figure, axes):
        for axis, rho in zip(axes[0], shown, strict=True):
            one = ordered.sel(correlation=rho)
            axis.plot(p, one.floor / p, color=INK, ls=":", lw=1, label="floor of collapsed models")
            for (name, (label, colour, style)), lw in zip(kinds.items(), (3.0, 1.5), strict=True):
                axis.plot(p, one[name] / p, style, color=colour, lw=lw, ms=2 * lw, label=label)
            axis.set(xscale="log", title=f"ρ = {rho:g}", xlabel="density p = 1 - S", ylim=(0, None))
            axis.set_xticks([tick for tick in TICKS if p.min() <= tick <= p.max()])
            axis.xaxis.set_major_formatter("{x:g}")
            axis.minorticks_off()
            axis.invert_xaxis()
        axes[0, 0].set_ylabel("exact loss / p")
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        ordered[["collapsed_loss", "free_loss", "floor"]],
        "Exact losses over p of the best model of each strategy. Dotted: what one number for both "
        "of a pair must lose.",
    )


QUICK = Config(
    densities=(0.7, 0.35, 0.18, 0.1, 0.03),
    correlations=(0.0, 0.5, 1.0),
    seeds=40,
    steps=3000,
    batch=256,
    learning_rate=4e-3,
)
DEFAULT = Config(seeds=60, steps=5000, batch=256, learning_rate=3e-3)
PAPER = Config(
    densities=(0.9, 0.75, 0.6, 0.5, 0.45, 0.4, 0.35, 0.3, 0.2, 0.15, 0.12, 0.1, 0.07, 0.05, 0.03),
    correlations=tuple(k / 10 for k in range(11)),
    seeds=100,
    starts=6,
)

STUDY = core.Study(
    name="pca-or-superposition",
    group="toy-models",
    question="Should three correlated pairs be stored by their means, or each feature by itself?",
    finding="By their means when dense: the best models collapse [dense-all-collapsed] pairs above "
    "density 0.5, then [two-collapsed], [one-collapsed], and [sparse-none-collapsed] when sparse. "
    "In exact losses, too, where collapsing costs [collapse-is-optimal] at most above 0.5.",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": DEFAULT, "paper": PAPER},
    minutes={"quick": 0.3, "default": 1.5, "paper": 12},
    claims=CLAIMS,
    figures=(ladder, rungs, trade_off, best_rungs, losses),
)
