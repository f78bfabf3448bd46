"""semantic-development: linear networks learn a hierarchy level by level, broad before fine.

Items are the leaves of a binary tree, one-hot; the properties of a node hold for all items below.
The singular modes of that table are Haar's: what all items share, then the first split, then the
next, each weaker than the last (`theory.deep_linear`). A linear network with a hidden layer learns
each in a sigmoid of its own, half done at (τ/2s) ln(s/a_0 - 1) from a start a_0, τ = 1/rate: the
stronger the mode, the earlier. So development has stages: items of different kingdoms part before
those of one family, and in between items are credited with what only their siblings have, for the
network knows the family and not yet the item. One layer of weights has no stages: all modes are
half done at τ ln 2.

For starts whose modes are decoupled the closed form is exact up to the step, whose effect is
bounded (`paces`). From small random starts modes overlap in the hidden units, by about 1/√m: each
is late by what stronger ones took of it, and the matrix Riccati equation knows that too. For ReLU
there is no closed form here: with one-hot items a unit that starts below 0 for an item never hears
of it, so that each unit learns from a table of its own, of about half the items.

Superposition: a linear network of m units ends with the m strongest modes whole and nothing of the
others, as linear bottlenecks keep the m most important features. It has no stage in which more are
stored than there are dimensions; that takes sparse inputs and a non-linearity.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from tegum.studies import core
from tegum.studies.core import Claim, Derived, Measured, controls
from tegum.studies.core.measures import extreme, median, number, share
from tegum.studies.dynamics.semantic import readings
from tegum.studies.dynamics.semantic.figures import courses, illusions, times
from tegum.studies.dynamics.semantic.networks import MODELS, Config
from tegum.studies.dynamics.semantic.pictures import paths, tables
from tegum.studies.dynamics.semantic.readings import (
    excess_loss,
    keeps_the_strongest,
    late_by,
    of,
    outside,
    rate_of,
    rise_error,
    share_of_start_error,
    step_error,
    table_error,
)

# --- readings -----------------------------------------------------------------------------------


def uncertain(ds: xr.Dataset, _: Measured) -> float:
    return float(step_error(ds).max())


def new_illusions(ds: xr.Dataset) -> xr.DataArray:
    """False credit of one layer beyond what it started with."""
    course = of(ds, "attributed", "one layer").sel(split=core.config_in(ds)["depth"], drop=True)
    return course.max("step", skipna=False) - np.maximum(course.isel(step=0, drop=True), 0)


def taken_from(net: str, *names: str) -> core.Control:
    """One net's measurements in the place of all others'."""

    def copied(name: str) -> Callable[[xr.Dataset], xr.DataArray]:
        return lambda ds: ds[name].sel(net=net, drop=True) + 0 * ds[name]

    return controls.replaced(f"those of {net!r}", **{name: copied(name) for name in names})


# --- claims -------------------------------------------------------------------------------------

SAXE = "Saxe, McClelland and Ganguli 2019; the closed form"
ALONE = controls.replaced(
    "modes taken one by one", coupled=lambda ds: readings.strength_by(ds, "random")
)
ONE_LAYER = taken_from("one layer", "strength")
EYE = "no theory: what reads as agreement"

CLAIMS = (
    Claim(
        "modes-are-haar",
        "The table's singular modes are Haar's on the tree, of strengths Σ_(k≥l) n_k 2^(D-k): "
        "greatest entry of Y - U S Vᵀ.",
        "exact; rounding of float64",
        number(table_error),
        high=1e-12,
        control=controls.shuffled("y", "item"),
    ),
    Claim(
        "decoupled-times",
        "Started decoupled, every mode is at half its strength when the sigmoid says, up to "
        "{high}: greatest relative error of all starts, seeds and modes.",
        f"{SAXE}; bound on what a finite step changes",
        extreme(lambda ds: abs(late_by(ds, "decoupled")), "greatest"),
        high=Derived("what a finite step changes at most", uncertain),
        control=ONE_LAYER,
    ),
    Claim(
        "decoupled-between",
        "Its whole course stays between the two sigmoids that bound it, up to {high} of s.",
        "comparison of a step with flows at two paces; rounding of float32",
        extreme(outside, "greatest"),
        high=1e-4,
        control=ONE_LAYER,
    ),
    Claim(
        "sigmoids",
        "A decoupled mode goes from a tenth to nine tenths in (τ/2s) ln 81, whatever its start, up "
        "to {high} (greatest relative error).",
        f"{SAXE}; bound on what a finite step changes",
        extreme(lambda ds: abs(readings.rises(ds, "decoupled")), "greatest"),
        high=Derived("what a finite step changes at most", lambda ds, _: rise_error(ds)),
        control=ONE_LAYER,
    ),
    Claim(
        "random-together",
        "From random starts every mode is at half its strength when the Riccati equation says: "
        "greatest relative error, over what step and imbalance of the start allow.",
        "Fukumizu 1998, exact for balanced starts; the rest to first order",
        extreme(share_of_start_error, "greatest"),
        high=1.0,
        control=ALONE,
    ),
    Claim(
        "random-alone",
        "So they are, within {high%}, by the sigmoid that takes each mode by itself (median over "
        "seeds, worst mode and start).",
        f"{SAXE}; {EYE}",
        median(lambda ds: abs(late_by(ds, "random")), "greatest"),
        high=0.05,
        kind="open",
    ),
    Claim(
        "strongest-first",
        "From random starts all modes of a level are at half their strength before any of the "
        "next, in every network (adjacent levels and start with the fewest).",
        f"{SAXE}: times go as ln(s/a_0)/s, and s falls by √2 or more from level to level",
        share(lambda ds: readings.in_order(ds, "random"), "least"),
        low=1.0,
        control=ONE_LAYER,
    ),
    Claim(
        "broad-before-fine",
        "Hidden vectors of items that an earlier level tells apart are half as far apart as they "
        "will be before those of the next, in every network (levels and start with the fewest).",
        f"{SAXE}: progressive differentiation",
        share(lambda ds: readings.differentiates(ds, "random"), "least"),
        low=1.0,
        control=taken_from("one layer", "distance"),
    ),
    Claim(
        "one-layer-together",
        "One layer learns all modes at once: each is at half its strength after τ ln 2, up to "
        "{high} (greatest relative error).",
        f"{SAXE}; a step of η",
        extreme(lambda ds: abs(late_by(ds, "one layer")), "greatest"),
        high=Derived("the step η", lambda ds, _: rate_of(ds)),
        control=taken_from("decoupled", "strength"),
    ),
    Claim(
        "illusion-as-predicted",
        "The most that an item is credited with its sibling's own property, which it has not, is "
        "what the sigmoids say, up to {high} (decoupled, greatest error).",
        f"{SAXE}; bound on what a finite step changes",
        extreme(lambda ds: abs(readings.illusion_error(ds, "decoupled")), "greatest"),
        high=Derived(
            "what a finite step changes at most", lambda ds, _: readings.illusion_allowed(ds)
        ),
        control=taken_from("one layer", "attributed"),
    ),
    Claim(
        "illusion-random",
        "So it is from random starts, within {high} (median over seeds, worst start).",
        f"{SAXE}; {EYE}",
        median(lambda ds: abs(readings.illusion_error(ds, "random")), "greatest"),
        high=0.02,
        kind="open",
    ),
    Claim(
        "one-layer-no-illusion",
        "One layer never credits an item with more of that than it started with (greatest excess).",
        "the closed form of one layer; rounding of float32",
        extreme(new_illusions, "greatest"),
        high=1e-6,
        control=taken_from("random", "attributed"),
    ),
    Claim(
        "narrow-keeps-strongest",
        "A linear network of m hidden units ends with the m strongest modes whole and nothing of "
        "the others: greatest difference of a / s from 1 or 0.",
        "Eckart and Young 1936; a hundredth for what training leaves",
        extreme(keeps_the_strongest, "greatest"),
        high=0.01,
        control=controls.reversed_along("mode", "modes reversed"),
    ),
    Claim(
        "narrow-is-best",
        "Its loss is the least of its rank, to {high%} (greatest excess).",
        "Eckart and Young 1936; a hundredth for what training leaves",
        extreme(excess_loss, "greatest"),
        high=0.01,
        control=controls.shuffled("least_loss", "width", "the optima of other widths"),
    ),
    Claim(
        "relu-in-order",
        "With ReLU too all modes of a level come before any of the next (share of networks; levels "
        "and start with the fewest).",
        "no theory: the linear network's",
        share(lambda ds: readings.in_order(ds, "relu"), "least"),
        low=1.0,
        kind="open",
    ),
    Claim(
        "relu-broad-before-fine",
        "With ReLU too items told apart by an earlier level part before those of the next.",
        "no theory: the linear network's",
        share(lambda ds: readings.differentiates(ds, "relu"), "least"),
        low=1.0,
        kind="open",
    ),
    Claim(
        "relu-times",
        "With ReLU modes are at half their strength within {high%} of the linear network's closed "
        "form (median over seeds, worst mode and start). (Not so: from small starts broad modes "
        "come later and fine ones earlier.)",
        "no theory: the linear network's",
        median(lambda ds: abs(late_by(ds, "relu")), "greatest"),
        high=0.1,
        kind="open",
    ),
    Claim(
        "relu-illusion",
        "With ReLU the greatest false credit is the linear closed form's, within {high} (median "
        "over seeds, worst start).",
        "no theory: the linear network's",
        median(lambda ds: abs(readings.illusion_error(ds, "relu")), "greatest"),
        high=0.02,
        kind="open",
    ),
)

QUICK = Config(
    depth=3,
    n_hidden=32,
    seeds=12,
    steps=4000,
    learning_rate=4e-3,
    starts=(1e-2, 1e-4),
    widths=(1, 2, 4),
)
PAPER = Config(depth=5, n_hidden=128, seeds=50, steps=16_000, learning_rate=1e-3, looks=400)

STUDY = core.Study(
    name="semantic-development",
    group="dynamics",
    question="Do networks learn broad distinctions before fine ones, in stages that a closed form "
    "foretells?",
    finding="Linear networks do: from random starts [strongest-first of adjacent levels] come in "
    "order, times within [random-alone] of the closed form's, relatively; one layer learns all at "
    "once. With ReLU [relu-in-order of adjacent levels] keep the order (worst of them), times are "
    "off by [relu-times].",
    sources=("saxe2019", "saxe2014"),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.2, "default": 0.4, "paper": 8},
    claims=CLAIMS,
    figures=(courses, tables, paths, times, illusions),
)
