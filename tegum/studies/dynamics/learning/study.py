"""learning-dynamics: D_i jump from level to level as the loss drops; six features in stages.

Uniform models on the digons' plateau end with two opposite features in each dimension. Late in
training nearly all dimensions are so; the others hold three features or more, and wait. When one
is settled a feature or two jump to D_i = 1/2, their rivals to 0, and the loss drops by what such a
dimension costs more than a digon (`theory.saddles`).

Two correlated sets of three features in three dimensions start from small weights and wait where
a symmetry of the loss holds them: one line for all six, or a line for each set, orthogonal or
opposite. They end as an octahedron. Stages are found as pauses of log loss in log time, and named
by the weights alone. The last pause before the end, near twice its loss, is at none of the shapes
that theory lists: each set has begun to open into its members.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from tegum.studies import core
from tegum.studies.core import Claim, Derived, controls
from tegum.studies.core.measures import COIN, median, share
from tegum.studies.dynamics.learning import figures, readings, sets
from tegum.studies.dynamics.learning.models import HISTORIES, PAPER, QUICK, Config

ELHAGE = "Elhage et al. 2022, learning dynamics"


def chance(of: Callable[[xr.Dataset], np.ndarray], statistic: Callable[..., np.ndarray]) -> Derived:
    """Half, or what a statistic over seeds stays below in 95 % with the jumps shifted in time."""

    def bound(ds: xr.Dataset, _: core.Measured) -> float:
        each = of(ds)
        each = each[:, np.isfinite(each).any(axis=0)]
        by_chance = float(np.quantile(statistic(each, axis=1), 0.95)) if each.size else 0.0
        return max(0.5, by_chance)

    return Derived("half, or 95 % of what jumps at shifted times give", bound)


def half_later(ds: xr.Dataset) -> xr.DataArray:
    """D_i as if it were half of training later, the end first."""
    return ds.d.roll(step=ds.sizes["step"] // 2, roll_coords=False)


def evenly(ds: xr.Dataset) -> xr.DataArray:
    """D_i on their way from first to last without a stop."""
    first, last = (ds.d.isel(step=k, drop=True) for k in (0, -1))
    return (first + (last - first) * ds.step / ds.step[-1]).transpose(*ds.d.dims)


def steadily(ds: xr.Dataset) -> xr.DataArray:
    """A loss that falls as a power of time, as far as it does."""
    first, last = (ds.set_loss.isel(set_step=k) for k in (1, -1))
    t = np.log(ds.set_step.where(ds.set_step > 0, ds.set_step[1]))
    part = (t - t.min()) / (t.max() - t.min())
    return (first * (last / first) ** part).transpose(*ds.set_loss.dims)


EVENLY = controls.replaced("all D_i moving evenly all along", d=evenly)
SHIFTED = controls.replaced("D_i shifted by half of training", d=half_later)

CLAIMS = (
    Claim(
        "drops-have-jumps",
        "In late drops of the loss a D_i jumps (mean share over seeds; more than {low}).",
        f"{ELHAGE}; null: jumps at shifted times",
        share(readings.drops_with_jumps),
        low=chance(readings.shifted_drops, np.nanmean),
        control=EVENLY,
    ),
    Claim(
        "falls-in-jumps",
        "Jumps of D_i hold most of the late fall of the loss (median over seeds; more than {low}).",
        f"{ELHAGE}; null: jumps at shifted times",
        median(readings.falls_in_jumps, note=figures.time_note),
        low=chance(readings.shifted_falls, np.nanmedian),
        control=SHIFTED,
    ),
    Claim(
        "moves-in-jumps",
        "Between jumps little else moves: jumps hold {low%} or more of all late squared movement "
        "of D_i (median over seeds).",
        f"{ELHAGE}; a reader: one thing at a time; more than all else together",
        median(readings.moves_in_jumps, note=figures.time_note),
        low=0.5,
        control=EVENLY,
    ),
    Claim(
        "to-levels",
        "More than {low%} of late jumps end within 1/16 of D_i = 0 or 1/2 (mean over seeds).",
        "theory: digons and nothing else; a third of even values would",
        share(readings.to_levels),
        low=0.5,
        control=controls.reversed_along("step", "time reversed"),
    ),
    Claim(
        "few-at-a-time",
        "In a late drop of the loss at most {high} features jump (median over seeds of the mean).",
        f"{ELHAGE}: one thing at a time; two that settle and two that give way",
        median(readings.together),
        high=4.0,
        kind="open",
    ),
    Claim(
        "drops-cost",
        "Late drops from rest to rest are as large as what a dimension that is no digon costs, to "
        "{high} (relative; median over seeds of the median).",
        "theory.saddles: 1|2, 2|2, 1|all or an empty dimension against 1|1; a tenth",
        median(readings.off_costs),
        high=0.1,
        kind="open",
    ),
    Claim(
        "octahedron",
        "Six features of two sets in three dimensions end as an octahedron in more models than "
        "{low}.",
        ELHAGE,
        share(sets.is_octahedron),
        low=COIN,
        control=controls.replaced(
            "weights as at the start", set_w=lambda ds: ds.set_w.isel(set_step=0) + 0 * ds.set_w
        ),
    ),
    Claim(
        "in-stages",
        "On the way their loss pauses at least {low} times (median over seeds).",
        f"{ELHAGE}: stages, more than one",
        median(sets.stages),
        low=2,
        control=controls.replaced("a loss that falls as a power of time", set_loss=steadily),
    ),
    Claim(
        "stage-losses",
        "At pauses named by their weights the loss is the exact one of that stage to {high} "
        "(relative; median over seeds of a model's worst).",
        "theory.saddles: least losses among shapes of that symmetry; a twentieth",
        median(sets.off_levels),
        high=0.05,
        control=controls.replaced(
            "weights as at the end", set_w=lambda ds: ds.set_w.isel(set_step=-1) + 0 * ds.set_w
        ),
    ),
    Claim(
        "stages-known",
        "Of the pauses {low%} or more are at a stage that theory knows (mean over seeds).",
        "theory.saddles: symmetric critical points; no theory says that all are: nine tenths",
        share(sets.named, note=sets.unnamed_note),
        low=0.9,
        kind="open",
    ),
)

STUDY = core.Study(
    name="learning-dynamics",
    group="dynamics",
    question="Do features jump between levels as the loss drops, one thing at a time?",
    finding="Yes, late in training: jumps of D_i hold [falls-in-jumps] of the loss's fall and "
    "[moves-in-jumps] of all squared movement (medians). Six features in two sets end as an "
    "octahedron ([octahedron of models]), after [in-stages] pauses in the median.",
    sources=("elhage2022",),
    measurements=(HISTORIES,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.2, "default": 0.8, "paper": 20},
    claims=CLAIMS,
    figures=(
        figures.jumps_and_drops,
        figures.coincidence,
        figures.stages,
        figures.arrangements,
    ),
)
