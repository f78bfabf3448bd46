"""nonuniform-sparsity, nonuniform-importance: one of five features in the plane is made another.

Five equal features of density p = 0.05 form a regular pentagon in m = 2 dimensions. As one grows
sparser, or less important, the pentagon deforms; then two digons (antipodal pairs) lose less that
drop that feature. Elhage et al. 2022 have this happen where it is about 2.5 times sparser, as a
change of first order: two curves of loss that cross.

Theory (`branches`). Each arrangement is a minimum (W, b)(r) of the exact loss, followed over the
ratio r of the varied feature's density or importance to the others'. The loss of fixed weights is a
straight line in r, so each curve L(r) is concave, and below its tangents; its slope is that of the
line. The tangent of the pentagon's curve at r = 1, the loss of a rigid pentagon, meets the curve
of two digons, which is known in closed form, at a ratio that is too large: the exchange comes
later. Both arrangements remain minima on either side of it, so that training ends in the one it
began near: there is hysteresis, and the pentagon snaps only where it ceases to be a minimum.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from tegum.studies import core
from tegum.studies.core import Claim, Control, Measured, controls
from tegum.studies.core.measures import Measure, at, extreme, median, number, share
from tegum.studies.geometry.nonuniform import figures
from tegum.studies.geometry.nonuniform.branches import Varied
from tegum.studies.geometry.nonuniform.models import (
    MODELS,
    Config,
    ImportanceConfig,
    SparsityConfig,
    base_of,
    digons_stay,
    fresh_on_lower,
    last_pentagon,
    lengths,
    off_chords,
    off_curve,
    pentagon_leaves,
    pentagon_stays,
)

PUBLISHED = 2.5
"""times sparser"""
BASE = 0.05
"""density of the other features, as published"""

# --- readings -----------------------------------------------------------------------------------


def off_law(ds: xr.Dataset) -> float:
    loss = ds.exact_loss.sel(branch="two digons")
    return float(abs(loss / ds.digon_law - 1).max())


def outlasts(ds: xr.Dataset) -> float:
    return float(ds.rigid_crossing / ds.crossing)


def jump(ds: xr.Dataset) -> float:
    """By how much the slope of the least loss falls at the exchange, over the steeper one."""
    pentagon, digons = (float(ds.crossing_slope.sel(branch=name)) for name in ds.branch.values)
    return 1 - pentagon / digons


def at_its_end(reading: Callable[[xr.Dataset, xr.Dataset], xr.DataArray]) -> Measure:
    """A number of the pentagon's branch where it was last seen; nothing if it never ended."""

    def measure(ds: xr.Dataset) -> Measured:
        last = last_pentagon(ds)
        if last is None:
            return Measured.nothing("the pentagon's branch does not end within reach")
        return Measured(float(reading(ds, last)))

    return measure


def missed(ds: xr.Dataset) -> xr.DataArray:
    """How far below both branches descents from other starts come, relatively."""
    return ds.branch_loss.min("branch") / ds.best_found - 1


# --- controls -----------------------------------------------------------------------------------


def _shrunk(ds: xr.Dataset) -> xr.DataArray:
    """A regular pentagon whose feature 0 shortens with its ratio, down to nothing."""
    regular = ds.exact_w.sel(branch="pentagon", at=1, method="nearest", drop=True)
    first = (ds.feature == 0) & (ds.branch == "pentagon")
    return xr.where(ds.branch == "pentagon", regular, ds.exact_w) * xr.where(
        first, np.minimum(ds["at"], 1), 1
    )


FEATURES = {"feature": range(5)}
SHRINKS = Control(
    "a feature that shrinks with its ratio",
    lambda ds: (labelled := ds.assign_coords(FEATURES)).assign(exact_w=_shrunk(labelled)),
)
RIGID = controls.replaced("a rigid pentagon", crossing=lambda ds: ds.rigid_crossing)
ALIKE = controls.replaced(
    "the pentagon's slope for both",
    crossing_slope=lambda ds: ds.crossing_slope.isel(branch=0, drop=True) + 0 * ds.crossing_slope,
)
UPPER = controls.replaced(
    "the branch that loses more",
    branch_loss=lambda ds: ds.branch_loss.max("branch") + 0 * ds.branch_loss,
)
SWAPPED = controls.exchanged("start", "pentagon", "two digons", "the other branch's models")

# --- claims -------------------------------------------------------------------------------------

ELHAGE = "Elhage et al. 2022, one feature of five varied, others of density 0.05"
CONCAVE = "the loss of fixed weights is a straight line in the ratio, so branches are concave"
MINIMA = "both branches are minima of the exact loss there; most: a half"


def claims(varied: Varied) -> tuple[Claim, ...]:
    less = "sparser" if varied == "density" else "less important"
    return (
        Claim(
            "digons-law",
            "Two digons lose along their whole branch what the closed form says, to {high}, "
            "relatively.",
            "4 digons of theory, and I (p/3 - p²/4) for the feature dropped; truncated series",
            number(off_law),
            high=1e-5,
            control=controls.exchanged("branch", "pentagon", "two digons", "the pentagon"),
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
            "outlasts-rigid",
            "The pentagon that deforms gives way later than one that cannot, by a factor of {low} "
            "or more.",
            f"{CONCAVE}: above 1; a hundredth more is no rounding",
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
            "snaps",
            "Where the pentagon's branch ends, its varied feature is still {low} long or longer.",
            f"{ELHAGE}: it snaps; what shrinks smoothly passes a half, where it counts as gone",
            at_its_end(lambda _, last: lengths(last.exact_w).isel(feature=0)),
            low=0.75,
            control=SHRINKS,
        ),
        Claim(
            "outlives-exchange",
            f"The pentagon stays a minimum beyond the exchange, to a feature {{low}} times as much "
            f"{less} or more.",
            "change of first order: above 1; a twentieth more than a step of the axis's is safe",
            at_its_end(lambda ds, last: ds.crossing / last["at"]),
            low=1.05,
            control=controls.replaced(
                "ending at the exchange", crossing=lambda ds: float(last_at(ds)) + 0 * ds.crossing
            ),
        ),
        Claim(
            "no-better",
            "No descent from other starts comes below both branches, by more than {high} of the "
            "loss (the greatest over ratios).",
            "exact descents, truncated series; not proven: there may be better ones",
            number(lambda ds: float(missed(ds).max())),
            high=1e-5,
            control=UPPER,
        ),
        Claim(
            "pentagon-stays",
            "Beyond the exchange most models trained from the pentagon stay one while it is a "
            "minimum: at least {low%} (worst ratio).",
            MINIMA,
            share(pentagon_stays, "least"),
            low=0.5,
            control=SWAPPED,
        ),
        Claim(
            "digons-stay",
            "On this side of it, below ratio 1, most models trained from two digons stay these: at "
            "least {low%} (worst ratio).",
            MINIMA,
            share(digons_stay, "least"),
            low=0.5,
            control=SWAPPED,
        ),
        Claim(
            "pentagon-leaves",
            "Where it is a minimum no more, most models trained from the pentagon drop the feature "
            "and are two digons: at least {low%} (worst ratio).",
            f"{ELHAGE}: it snaps to two digons; most: a half",
            share(pentagon_leaves, "least"),
            low=0.5,
            control=controls.replaced(
                "the pentagon at equal features", w=lambda ds: ds.w.sel(ratio=1.0) + 0 * ds.w
            ),
        ),
        Claim(
            "fresh-pentagon",
            "Of equal features most models from fresh weights form the pentagon: at least {low%}.",
            f"{ELHAGE}, introduction: in nearly every one; most: a half",
            share(at(fresh_on_lower, ratio=1.0)),
            low=0.5,
            control=controls.exchanged("start", "fresh", "two digons", "models begun as digons"),
        ),
        Claim(
            "fresh-before",
            "From fresh weights models end on the branch that loses less: before the exchange, "
            "below ratio 1, at least {low%} are a pentagon (worst ratio).",
            "exact losses; not forced, for both are minima; a half is no theory",
            share(
                lambda ds: fresh_on_lower(ds).where((ds.ratio > ds.crossing) & (ds.ratio < 1)),
                "least",
            ),
            low=0.5,
            kind="open",
        ),
        Claim(
            "fresh-beyond",
            "Beyond it at least {low%} are two digons (worst ratio).",
            "exact losses; not forced, for both are minima; a half is no theory",
            share(lambda ds: fresh_on_lower(ds).where(ds.ratio < ds.crossing), "least"),
            low=0.5,
            kind="open",
        ),
        Claim(
            "exchange",
            f"Two digons lose less once the feature is about {PUBLISHED} times {less}: found at "
            "between {low} and {high} times.",
            f"{ELHAGE}: about {PUBLISHED} times sparser, 'same with importance'; a tenth about it",
            number(lambda ds: 1 / float(ds.crossing)),
            low=0.9 * PUBLISHED,
            high=1.1 * PUBLISHED,
            kind="open",
        ),
        Claim(
            "published-base",
            f"The density of the other features at which they exchange at {PUBLISHED} times is the "
            f"published {BASE}: between {{low}} and {{high}}.",
            f"{ELHAGE}; a tenth about it",
            number(lambda ds: base_of(ds, PUBLISHED)),
            low=0.9 * BASE,
            high=1.1 * BASE,
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
    )


def last_at(ds: xr.Dataset) -> float:
    last = last_pentagon(ds)
    return float("nan") if last is None else float(last["at"])


# --- studies ------------------------------------------------------------------------------------


def study(varied: Varied, presets: dict[str, Config], minutes: dict[str, float]) -> core.Study:
    less, name = {
        "density": ("sparser", "nonuniform-sparsity"),
        "importance": ("less important", "nonuniform-importance"),
    }[varied]
    return core.Study(
        name=name,
        group="toy-models",
        question=f"What becomes of a pentagon as one of its five features grows {less}?",
        finding="It deforms, then two digons without the feature lose less: from [exchange] times "
        f"{less} on at density {BASE} (published: about {PUBLISHED}), by first order. Training "
        "does not follow: it stays where it began, and from fresh weights "
        "[fresh-before of models] are pentagons just before.",
        sources=("elhage2022",),
        measurements=(MODELS,),
        presets=presets,
        minutes=minutes,
        claims=claims(varied),
        figures=figures.drawn(less),
    )
