"""What both studies claim: the same of either variation, in its own words."""

import math
from collections.abc import Callable

import numpy as np
import xarray as xr

from tegum.studies.core import Claim, Measured, controls
from tegum.studies.core.measures import Measure, at, median, number, share
from tegum.studies.geometry.nonuniform.branches import FEATURES, Varied
from tegum.studies.geometry.nonuniform.readings import (
    FAR,
    best_on_lower,
    beyond_exchange,
    digons_stay,
    fresh_before,
    fresh_beyond,
    fresh_on_lower,
    jump,
    last_length,
    missed,
    off_chords,
    off_curve,
    off_law,
    outlasts,
    pentagon_leaves,
    pentagon_stays,
)

PUBLISHED = 2.5
"""times sparser"""
BASE = 0.05
"""density of the other features, as published"""
LESS: dict[Varied, str] = {"density": "sparser", "importance": "less important"}

# --- measures and controls ----------------------------------------------------------------------


def at_its_end(reading: Callable[[xr.Dataset], float]) -> Measure:
    """A number of the pentagon's branch where it ends; nothing to judge if it does not."""

    def measure(ds: xr.Dataset) -> Measured:
        value = reading(ds)
        if math.isnan(value):
            return Measured.nothing("the pentagon's branch does not end within reach")
        return Measured(value)

    return measure


def _shrunk(ds: xr.Dataset) -> xr.DataArray:
    """Where the pentagon's branch was: a regular one whose feature 0 shortens with its ratio."""
    regular = ds.exact_w.sel(at=1, method="nearest", drop=True)
    first = xr.DataArray(np.arange(FEATURES) == 0, dims="feature")
    return xr.where(first & (ds.branch == "pentagon"), np.minimum(ds["at"], 1) * regular, regular)


SHRINKS = controls.replaced("a feature that shrinks with its ratio", exact_w=_shrunk)
RIGID = controls.replaced("a rigid pentagon", crossing=lambda ds: ds.rigid_crossing)
ALIKE = controls.replaced(
    "the pentagon's slope for both",
    crossing_slope=lambda ds: ds.crossing_slope.isel(branch=0, drop=True) + 0 * ds.crossing_slope,
)
AT_THE_EXCHANGE = controls.replaced(
    "a pentagon that ends at the exchange", crossing=lambda ds: ds.crossing / beyond_exchange(ds)
)
UPPER = controls.replaced(
    "the branch that loses more",
    branch_loss=lambda ds: ds.branch_loss.max("branch") + 0 * ds.branch_loss,
)
SWAPPED = controls.exchanged("start", "pentagon", "two digons", "the other branch's models")
UNMOVED = controls.replaced(
    "models trained on equal features", w=lambda ds: ds.w.sel(ratio=1.0, drop=True) + 0 * ds.w
)

# --- claims -------------------------------------------------------------------------------------

ELHAGE = f"Elhage et al. 2022, one feature of five varied, others of density {BASE}"
CONCAVE = "the loss of fixed weights is a straight line in the ratio, so branches are concave"
MINIMA = "it is a minimum of the exact loss there; most: a half"
UNFORCED = "exact losses; not forced, for both are minima; a half is no theory"


def claims(varied: Varied) -> tuple[Claim, ...]:
    """Of the exact curves first, then of trained models, then what was published."""
    less = LESS[varied]
    return (
        Claim(
            "digons-law",
            "Two digons lose along their branch what the closed form says, to {high}, relatively.",
            "four digons' losses and I (p/3 - p²/4) for the feature dropped; truncated series",
            number(off_law),
            high=1e-5,
            control=controls.shuffled("digon_law", "at", "the closed form at other ratios"),
        ),
        Claim(
            "concave",
            "Both curves are concave with the slope at fixed weights: each chord lies between the "
            "slopes at its ends, beyond them by {high} of it at most.",
            f"{CONCAVE}; descents to a gradient of 1e-7",
            number(off_chords),
            high=1e-3,
            control=controls.shuffled("exact_slope", "at", "slopes of other ratios"),
        ),
        Claim(
            "no-better",
            "No descent from other starts comes below both branches by more than {high} of the "
            "loss (the greatest over ratios).",
            "exact descents, truncated series; no proof that there is none better",
            number(missed),
            high=1e-5,
            control=UPPER,
        ),
        Claim(
            "outlasts-rigid",
            "The pentagon that deforms gives way later than one that cannot, by a factor of {low} "
            "or more.",
            f"{CONCAVE}: above 1; a hundredth is beyond rounding",
            number(outlasts),
            low=1.01,
            control=RIGID,
        ),
        Claim(
            "slope-jumps",
            "The least loss changes by first order: where the branches exchange, its slope falls "
            "by {low%} or more of the steeper one.",
            f"{ELHAGE}: two curves that cross; a continuous change has 0; a tenth is no theory",
            number(jump),
            low=0.1,
            control=ALIKE,
        ),
        Claim(
            "outlives-exchange",
            f"The pentagon stays a minimum beyond the exchange, to a feature {{low}} times as much "
            f"{less} or more.",
            "change of first order: above 1; a twentieth, for steps along the axis",
            at_its_end(beyond_exchange),
            low=1.05,
            control=AT_THE_EXCHANGE,
        ),
        Claim(
            "snaps",
            "Where the pentagon ceases to be a minimum its varied feature is {low} long or longer.",
            f"{ELHAGE}: it snaps; what shrinks smoothly passes a half, where it counts as gone",
            at_its_end(last_length),
            low=0.75,
            control=SHRINKS,
        ),
        Claim(
            "pentagon-stays",
            "Beyond the exchange most models trained from a pentagon stay one while it is a "
            "minimum: at least {low%} (worst ratio).",
            MINIMA,
            share(pentagon_stays, "least"),
            low=0.5,
            control=SWAPPED,
        ),
        Claim(
            "digons-stay",
            f"Before it, up to ratio {FAR}, most models trained from two digons stay these: at "
            "least {low%} (worst ratio).",
            MINIMA,
            share(digons_stay, "least"),
            low=0.5,
            control=SWAPPED,
        ),
        Claim(
            "pentagon-leaves",
            "Where it is a minimum no more, most models trained from a pentagon drop the feature "
            "and keep the four others: at least {low%} (worst ratio).",
            f"{ELHAGE}: it snaps to two digons; most: a half",
            share(pentagon_leaves, "least"),
            low=0.5,
            control=UNMOVED,
        ),
        Claim(
            "fresh-pentagon",
            "Of equal features most models from fresh weights form a pentagon: at least {low%}.",
            f"{ELHAGE}, introduction: in nearly every one; most: a half",
            share(at(fresh_on_lower, ratio=1.0)),
            low=0.5,
            control=controls.untrained(),
        ),
        Claim(
            "fresh-before",
            "From fresh weights models end on the branch that loses less: between the exchange and "
            f"ratio {FAR} at least {{low%}} are a pentagon (worst ratio).",
            UNFORCED,
            share(fresh_before, "least"),
            low=0.5,
            kind="open",
        ),
        Claim(
            "fresh-beyond",
            "Beyond the exchange at least {low%} of them are two digons (worst ratio).",
            UNFORCED,
            share(fresh_beyond, "least"),
            low=0.5,
            kind="open",
        ),
        Claim(
            "best-follows",
            "At every ratio up to 1 that of least exact loss is on the branch that loses less.",
            "exact losses; not forced, for training may reach the other branch only",
            number(best_on_lower, note="share of ratios"),
            low=1.0,
            kind="open",
        ),
        Claim(
            "trained-on-curve",
            "Trained models lose within {high%} of the exact minimum of the branch that they are "
            "on (median; worst ratio and start).",
            "no theory says how near training must come; a hundredth is none",
            median(off_curve, "greatest"),
            high=0.01,
            kind="open",
        ),
        Claim(
            "exchange",
            f"Two digons lose less once the feature is about {PUBLISHED} times {less}: found at "
            "between {low} and {high} times.",
            f"{ELHAGE}: about {PUBLISHED} times, sparser or less important; a tenth about it",
            number(lambda ds: 1 / float(ds.crossing)),
            low=0.9 * PUBLISHED,
            high=1.1 * PUBLISHED,
            kind="open",
        ),
    )
