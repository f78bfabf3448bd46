"""pca-or-superposition: should three correlated pairs be stored by their means, or each by itself?

Six features in three pairs go through two dimensions. With fully correlated pairs (ρ = 1) the two
members are on or off together, their values independent. A model may *collapse* a pair: both
columns alike, so that it keeps the pair's mean, its first principal component; the difference is
lost, p/12 a pair at least. Or it holds both by themselves, in superposition, and pays interference,
which falls as p². So collapsing pays when dense; in between, the best models collapse two pairs, or
one: a ladder, as published; but the best model opens its last pair between p = 0.1 and 0.07, where
trained ones still collapse a pair, not at 0.05.

The open question of the trade-off is answered by the exact losses of both strategies over density p
and correlation ρ, the chance that a pair's members share the draw whether they are on: where the
best of all models is a collapsed one, principal components win. Descents give upper bounds on both
losses; the floor under every collapsed model is a theorem.
"""

from functools import partial

import xarray as xr

from tegum.studies import core
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import extreme, number, share
from tegum.studies.core.verdict import Kind
from tegum.studies.correlation.pca_or_superposition import figures
from tegum.studies.correlation.pca_or_superposition.models import (
    FULL,
    MODELS,
    WORTH,
    Config,
    as_exact,
    dearest_collapse,
    fall_of_boundary,
    greatest_rise,
    over_best,
    over_floor,
    worst_rung,
)

# --- claims -------------------------------------------------------------------------------------

LADDER = "Elhage et al. 2022, PCA or superposition; the published ladder, read off its figure"
OTHER_PAIRS = controls.replaced(
    "features paired otherwise",
    w=lambda ds: ds.w.copy(data=ds.w.isel(feature=[0, 2, 1, 4, 3, 5]).values),
)
COLLAPSED = controls.replaced("the best collapsed models", free_loss=lambda ds: ds.collapsed_loss)
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
        partial(worst_rung, low=low, high=high, wanted=pairs),
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
        "no-model-is-better",
        "No trained model loses less than the best of fully correlated pairs that descents find "
        "(relatively, to rounding of {low}).",
        "exact losses: an optimum loses no more than any model",
        extreme(over_best, "least"),
        low=-WORTH,
        control=COLLAPSED,
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
        control=COLLAPSED,
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


@core.takeaway(
    "As pairs grow sparse the best trained models collapse [dense-all-collapsed], then "
    "[two-collapsed], [one-collapsed] and [sparse-none-collapsed] of three pairs."
)
def ladder(ds: xr.Dataset) -> core.Exhibit:
    return core.exhibit(
        *figures.both_ladders(ds),
        "Columns of W, a colour for each pair, thin on thick where they share a direction; dotted, "
        "length 1. Fully correlated pairs, sparser to the right, at seven densities at most. Top: "
        "the trained model of least exact loss, and how many of all models collapse as many pairs. "
        "Bottom: the best model that descents of the exact loss find.",
    )


@core.takeaway(
    "[models-on-the-best-rung of trained models] collapse as many pairs as the exact optimum, at "
    "the density where fewest do."
)
def rungs(ds: xr.Dataset) -> core.Exhibit:
    return core.exhibit(
        *figures.shares_of_rungs(ds),
        "How many of the three pairs trained models collapse (bars); squares above: the best model "
        "that descents of the exact loss find.",
    )


@core.takeaway(
    "Above density 0.5 and at ρ = 1 collapsing costs [collapse-is-optimal] of the loss at most; "
    "the boundary moves by a factor of [correlation-lowers-the-boundary] from the least ρ to 1."
)
def trade_off(ds: xr.Dataset) -> core.Exhibit:
    return core.exhibit(
        *figures.price_of_collapsing(ds),
        "By how many percent the best collapsed model loses more than the best of all, both by "
        "descent on the exact loss. Red: the boundary, above which collapsing costs less than "
        f"{100 * WORTH:g} %; no mark where it always costs.",
    )


@core.takeaway(
    "Fully correlated pairs, ever sparser: from density to density the best model collapses "
    "[exact-ladder-descends] pairs more at most."
)
def best_rungs(ds: xr.Dataset) -> core.Exhibit:
    return core.exhibit(
        *figures.rungs_of_the_best(ds),
        "How many of the three pairs the best model has in one direction; at ρ = 0, not shown, "
        "pairs mean nothing. At low ρ a weak feature may lie on its partner.",
    )


@core.takeaway(
    "No collapsed model comes below its floor, [floor-holds] of it at the least; fully correlated "
    "and sparse the best of all does: [superposition-beats-the-floor] of it, at the worst density."
)
def losses(ds: xr.Dataset) -> core.Exhibit:
    return core.exhibit(
        *figures.losses_of_both(ds),
        "Exact losses over p of the best model of each strategy; where the two lines part, "
        "superposition begins to pay. Dotted: what one number for both of a pair must lose.",
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
    "There the best of all loses [superposition-beats-the-floor] of what collapsed ones must.",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": DEFAULT, "paper": PAPER},
    minutes={"quick": 0.3, "default": 0.8, "paper": 12},
    claims=CLAIMS,
    figures=(ladder, rungs, trade_off, best_rungs, losses),
)
