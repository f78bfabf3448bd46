"""k-gons: one feature at a time, descent ends on a ladder of polygons, and training pauses there.

Exactly one of n features is active, x = v e_i with v uniform on [0, 1]; a ReLU model
x' = ReLU(WᵀWx + b) holds them in m = 2 dimensions. Its population loss L (mean over which feature
is active) is a polynomial piece by piece in G = WᵀW and b, so it is known exactly. Theory: at its
minima k of the columns form a regular k-gon and the other n - k are 0. A k-gon alone costs h_k / 3,
with h_k = 0 up to k = 4 (digons and triangles interfere in no way that ReLU lets through). A spare
feature is either off (b ≤ 0; it answers 0) or answers its mean with b = 1/(2n), which saves
1/(4n²). So

    L(k, s) = (h_k + n - k) / (3n) - s / (4n²),   s of n - k spares with b > 0: "5", "5+", "4++".

A spare that is off has no gradient at all: those levels are flat shelves. Part one descends the
exact loss from random restarts and asks whether each ends on a level. Part two trains on samples
and asks whether the loss waits at levels on its way down. From n = 7 on there are minima besides
these, and restarts find them: several features in one direction of a k-gon.
"""

import numpy as np
import xarray as xr
from pandas import DataFrame

from tegum.analysis.nulls import coin_share
from tegum.analysis.pauses import ENDING
from tegum.errors import bad_input
from tegum.plots.ladders import curves_and_levels
from tegum.plots.planes import columns_by_level
from tegum.studies import core
from tegum.studies.core import Claim, Derived, Measured, controls
from tegum.studies.core.measures import at, below, extreme, number, share
from tegum.studies.dynamics.k_gons.rungs import (
    MODELS,
    Descents,
    Trainings,
    four_gon,
    levels_of_trained,
    near_level,
    of_each_n,
    on_level,
    pauses,
    reached,
    time_at_levels,
    time_elsewhere,
    time_from_four,
)
from tegum.theory.ladder import KNOWN, ON_LEVEL


class Config(Trainings, Descents):
    """Polygons in the plane, one feature active."""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if min(self.n_features) < 5 or self.trained_features not in self.n_features:
            among = f"trained_features = {self.trained_features} among them"
            raise bad_input("n_features", self.n_features, f"numbers of at least 5, {among}")


# --- readings -----------------------------------------------------------------------------------


def from_known(ds: xr.Dataset) -> xr.DataArray:
    known = xr.DataArray(list(KNOWN.values()), {"polygon": list(KNOWN)})
    return abs(ds.level - known)


def others_on_shared(ds: xr.Dataset) -> xr.DataArray:
    """Of those off the k-gons' levels, whether each is on one of k-gons with shared directions."""
    return on_level(ds, "shared_level", "shared").where(on_level(ds) == 0)


def levels_reached(ds: xr.Dataset) -> xr.DataArray:
    """How many different levels restarts of one n reach."""
    return (abs(ds.loss - ds.level) < ON_LEVEL).any("restart").sum("polygon")


def stays(ds: xr.Dataset) -> xr.DataArray:
    return below(abs(ds.loss_again - ds.loss), ON_LEVEL).rename(restart="seed")


def at_best_level(ds: xr.Dataset) -> xr.DataArray:
    return below(ds.loss - ds.level.min("polygon"), ON_LEVEL).rename(restart="seed")


def ends_near_level(ds: xr.Dataset) -> xr.DataArray:
    return near_level(ds, ds.trained_loss.isel(step=-1))


def lowest_gap(ds: xr.Dataset) -> float:
    """How far the best end, of descents or trainings, lies above the lowest level."""
    sampled = ds.trained_loss.isel(step=-1).min() - levels_of_trained(ds).min()
    descended = (ds.loss.min("restart") - ds.level.min("polygon")).min()
    return float(np.nanmin([sampled, descended]))


def by_chance(ds: xr.Dataset, found: Measured) -> float:
    """What the share of pauses near a level stays at or below in 95 %, pauses being anywhere.

    Evenly in the logarithm of the loss, from the ends up to the start.
    """
    first, last = (ds.trained_loss.isel(step=at) for at in (0, -1))
    everywhere = np.geomspace(float(last.min()) * ENDING, float(first.median()), 20_000)
    covered = float(near_level(ds, xr.DataArray(everywhere, dims="loss")).mean())
    return coin_share(found.count, chance=covered)


def most_elsewhere(ds: xr.Dataset, _: Measured) -> float:
    """What the mean training's time within 1 % of other losses stays below, for 95 % of these."""
    return float(time_elsewhere(ds, four_gon(ds)).mean("seed").quantile(0.95))


FEW = at(on_level, n_features=lambda n: n <= 6)
MORE = at(on_level, n_features=lambda n: n > 6)

# --- claims -------------------------------------------------------------------------------------

CHEN = "k-gon classification of the exact potential, Chen et al. 2023"
BEFORE = controls.replaced(
    "before the descent", loss=lambda ds: ds.start_loss, slope=lambda ds: ds.start_slope
)

CLAIMS = (
    Claim(
        "descents-finish",
        "Every descent of the exact loss ends at a critical point: the greatest norm of its "
        "gradient is below {high}.",
        "definition of a critical point, in float64",
        extreme(lambda ds: ds.slope, "greatest"),
        high=1e-8,
        control=BEFORE,
    ),
    Claim(
        "levels-as-published",
        "The computed levels of n = 6 are those that theory names, to six digits (greatest error).",
        "piecewise polynomial potential, one feature active; Chen et al. 2023",
        extreme(at(from_known, n_features=6), "greatest"),
        high=1e-6,
        control=controls.shuffled("level", "polygon", "levels of other polygons"),
    ),
    Claim(
        "restarts-on-levels",
        "For n = 5 and 6 every random restart lands on a level L(k, s), to 1e-6 ({low%} at each "
        "n).",
        CHEN,
        share(FEW, "least", note=of_each_n(FEW)),
        low=1.0,
        control=BEFORE,
    ),
    Claim(
        "restarts-on-levels-of-more",
        "For n = 7 and 8 too every random restart lands on a level L(k, s) ({low%} at each n). "
        "(Not expected: there are other minima, of shared directions.)",
        "k-gon classification of the exact potential, taken beyond n = 6",
        share(MORE, "least", note=of_each_n(MORE)),
        low=1.0,
        kind="open",
    ),
    Claim(
        "others-share-directions",
        "Whatever ends off those levels is a k-gon with several features in some of its "
        "directions. (Some are not: beside a pentagon a spare may be off, b < -‖W_i‖², and yet "
        "not 0, which lowers the cost of one that is on.)",
        "minima of the exact potential, from each such symmetric form and not from restarts",
        share(others_on_shared, note="restarts are the seeds here"),
        low=1.0,
        kind="open",
    ),
    Claim(
        "ends-are-minima",
        "Descents end at minima: nudged by 1e-3 in every weight and bias and descended again, at "
        "least {low%} end at the same loss.",
        "saddles are left from almost every nudge; theory finds no negative modes at 6, 5+ and 5",
        share(stays),
        low=0.99,
        control=BEFORE,
    ),
    Claim(
        "several-levels",
        "At every n restarts land on more than one level: a ladder, not a bowl (the least number).",
        CHEN,
        extreme(levels_reached, "least"),
        low=2,
        control=controls.replaced(
            "the best restart only", loss=lambda ds: ds.loss.min("restart") + 0 * ds.loss
        ),
    ),
    Claim(
        "pauses-are-at-levels",
        "Where a sampled training pauses on its way down (its speed falls to a quarter and rises "
        "fourfold again) its loss is within 1 % of a level, in a greater share of pauses than "
        "{low}.",
        "null: pauses anywhere, evenly in the logarithm of the loss. What counts as a pause was "
        "settled on runs of some first seeds, so this is shown and not judged",
        share(lambda ds: near_level(ds, pauses(ds))),
        low=Derived("the 95 % of chance", by_chance),
        kind="open",
    ),
    Claim(
        "time-at-levels",
        "The mean training spends more of its way down (its logarithmic time) within 1 % of a "
        "level of k ≥ 4 than within 1 % of {low}. (Few trainings pause: this turns on the seed.)",
        "the levels from 4 with all spares off down; null: windows of equal width elsewhere",
        share(time_from_four),
        low=Derived("95 % of the losses of that range that keep clear of levels", most_elsewhere),
        kind="open",
    ),
    Claim(
        "training-ends-on-levels",
        "At least {low%} of sampled trainings end within 1 % of a level.",
        "levels of the exact potential; precision asked of training by stochastic gradients",
        share(ends_near_level),
        low=0.95,
        control=controls.reversed_along("step", "before training"),
    ),
    Claim(
        "none-below-the-best-level",
        "Nothing found, by descent or by training, lies below the lowest level (least gap to it).",
        "the lowest level is the best loss known",
        number(lowest_gap),
        low=-1e-8,
        control=controls.noisy(("loss", "trained_loss"), 0.01),
    ),
    Claim(
        "restarts-find-the-best",
        "At every n at least {low%} of restarts find the lowest level. (The hope behind taking "
        "one training's end for the optimum.)",
        "no theory: a hope",
        share(at_best_level, "least", note=of_each_n(at_best_level)),
        low=0.5,
        kind="open",
    ),
)

# --- figures ------------------------------------------------------------------------------------

SHOWN = 8
"""levels of each n"""


@core.takeaway(
    "Up to six features [restarts-on-levels of descents] end on the k-gons' levels, beyond that "
    "[restarts-on-levels-of-more of descents], and the lowest level is found by "
    "[restarts-find-the-best of descents]: each at the n where the share is least."
)
def ends(ds: xr.Dataset) -> core.Exhibit:
    data = reached(ds)
    shapes = {f"n = {n}": commonest(ds, data, int(n)) for n in ds.n_features.values}
    return core.exhibit(
        columns_by_level(shapes),
        data.drop(columns="example"),
        f"Where exact descents from random restarts end, the {SHOWN} commonest levels, best on "
        "the left: columns of W (orange where several share a direction), the level's name (k "
        "vertices, or how many features each direction holds; + for each spare feature with a "
        "positive bias), the share of restarts that end there and its loss. Spare features are "
        "short or 0.",
    )


def commonest(ds: xr.Dataset, data: DataFrame, n: int) -> list[tuple[str, np.ndarray]]:
    chosen = data[data.n_features == n].nlargest(SHOWN, "share").sort_values("loss")
    w = ds.w.sel(n_features=n).transpose("restart", "hidden", "feature").values[:, :, :n]
    titles = [f"{of.level}   {of.share:.1%}\nL = {of.loss:.4f}" for of in chosen.itertuples()]
    return list(zip(titles, w[chosen.example], strict=True))


@core.takeaway(
    "In training on samples [training-ends-on-levels of models] end within 1 % of a level, and "
    "[pauses-are-at-levels of pauses] on their way down are within 1 % of one."
)
def pauses_(ds: xr.Dataset) -> core.Exhibit:
    n, highest = core.config_in(ds)["trained_features"], 0.26
    times = {"elsewhere": time_elsewhere, "at a level": time_at_levels}
    figure = curves_and_levels(
        ds.trained_loss.isel(step=slice(1, None)),
        pauses(ds),
        levels_of_trained(ds),
        {name: of(ds, highest).mean("seed") for name, of in times.items()},
        highest,
    )
    return core.exhibit(
        figure,
        ds.trained_loss,
        f"Left: exact loss of {ds.sizes['seed']} models of n = {n} features as sampled training "
        "goes on, a curve each; dashed, the predicted levels, of which the lower ones are named at "
        "the right; circles, pauses. Right: share of the way down (its logarithmic time, up to the "
        "level where a training ends) that the mean training spends within 1 % of each level "
        "(blue), and of losses that keep clear of levels (grey).",
    )


QUICK = Config(n_features=(6, 7), restarts=128, models=48, steps=6000, looks=160)
PAPER = Config(restarts=5000, models=200, steps=50_000, looks=400)

STUDY = core.Study(
    name="k-gons",
    group="toy-models",
    question="With one feature active at a time, does learning end on a ladder of polygons, and "
    "pause on its rungs?",
    finding="Up to six features [restarts-on-levels of descents] end on the ladder's levels, "
    "beyond that [restarts-on-levels-of-more of descents] (at the n with the fewest). In training "
    "on samples [training-ends-on-levels of models] end within 1 % of a level.",
    sources=("chen2023",),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.3, "default": 0.5, "paper": 5},
    claims=CLAIMS,
    figures=(ends, pauses_),
)
