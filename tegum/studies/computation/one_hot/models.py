"""One-hot inputs in the plane: descents to the least loss, trained models, and theory beside them.

Settings are ReLU and GELU without bias, and ReLU with a free one.
"""

from functools import partial

import numpy as np
import xarray as xr

from tegum.models import Bottleneck
from tegum.studies import core, populations
from tegum.studies.core.measures import above, below, both, negated
from tegum.theory import one_hot as theory
from tegum.theory.expected import one_hot_loss
from tegum.training.engine import fresh, stack, train
from tegum.training.one_hot import OneHot
from tegum.training.recipe import Adam, Recipe, Sampled, log_spaced

ACTIVATIONS = {"relu": "relu", "gelu": "gelu", "relu with bias": "relu"}
"""setting -> activation"""
UNBIASED, BIASED = ("relu", "gelu"), "relu with bias"


class Descents(core.StudyConfig):
    """Minimisation of the loss."""

    starts: core.Count = 20
    """random starts of each minimisation"""


class Trainings(core.StudyConfig):
    """Gradient descent as models are trained."""

    seeds: core.Count = 50
    """models trained for each n and setting"""
    steps: core.Count = 5000
    """training steps, each on the whole data set"""
    learning_rate: core.Unsigned = 3e-3
    """of Adam without weight decay, constant"""


def in_theory(c: core.StudyConfig) -> core.Variables:
    """What theory says without any n, and where descent leads from a square nudged."""
    gons, lengths, angles = np.arange(3, 13), np.geomspace(1e-3, 0.3, 11), np.linspace(0, 36, 13)

    def of(setting: str) -> core.Variables:
        saving, squared = zip(*(theory.gon_saving(int(d), setting) for d in gons), strict=True)
        pull = theory.fresh_pull(setting, lengths, angles)
        squares = np.stack([theory.square_of_five(setting)] * 40)
        found = {"gon_saving": saving, "gon_squared_norm": squared, "fresh_pull": pull}
        return found | {"square_loss": losses_once_nudged(c, squares, setting)}

    found = core.swept(of, setting=UNBIASED)
    axes = {"directions": gons, "length": lengths, "angle": angles}
    return found | axes | {"certified_saving": theory.certified_saving()}


def minimised(c: Descents, n: int) -> core.Variables:
    """Descents in float64 from random starts."""
    seeds = c.seeds_of("starts", c.starts)

    def of(setting: str) -> core.Variables:
        start = theory.ragged_circle if setting == BIASED else theory.plain_start
        starts = [start(n, np.random.default_rng(int(seed))) for seed in seeds]
        ends = [theory.descended(each, n, ACTIVATIONS[setting]) for each in starts]
        loss, best = min(ends, key=lambda end: end[0])
        return {"least_loss": loss, "least_w": best[: 2 * n].reshape(2, n)}

    w, b = theory.circle(n)
    circle = {"circle_loss": one_hot_loss(w, "relu", b), "unbiased_loss": one_hot_loss(w)}
    return core.swept(of, setting=list(ACTIVATIONS)) | circle | {"feature": range(n)}


def trained(c: Trainings, trained_n: int) -> core.Variables:
    """All seeds of all settings at one n."""
    looks = log_spaced(c.steps, 60)
    found = core.swept(partial(of_setting, c, trained_n, looks), setting=list(ACTIVATIONS))
    return found | {"step": looks, "feature": range(trained_n)}


def of_setting(c: Trainings, n: int, looks: tuple[int, ...], setting: str) -> core.Variables:
    """Models in one setting; where b is to stay out of it, a nudge shows which ended on saddles."""
    init = partial(Bottleneck.init, n, 2, activation=ACTIVATIONS[setting])
    seeds, biased = c.seeds_of("W", c.seeds), setting == BIASED
    ended = train(
        fresh(init, seeds),
        stack([OneHot(np.float32(biased))] * c.seeds),
        Recipe(c.steps, Sampled(1), Adam(), snapshots=looks),
        seeds=seeds,  # no batch is drawn
        learning_rate=c.learning_rate,
    )
    history = populations.with_stand_ins(ended.history, ended.finite)
    w, b = (np.asarray(part, float) for part in (history.w, history.b))
    loss = theory.losses(w, ACTIVATIONS[setting], b if biased else None)
    nudged = np.full(c.seeds, np.nan) if biased else losses_once_nudged(c, w[:, -1], setting)
    known = np.nan if biased or n < 5 else n - theory.gon_saving(5, setting)[0]
    return {
        "loss": loss,
        "nudged_loss": nudged,
        "gap_to_best": loss[:, -1] / known - 1,
        "w": w[:, -1],
        "finite": ended.finite,
    }


def losses_once_nudged(c: core.StudyConfig, w: np.ndarray, activation: str) -> np.ndarray:
    """Where descent leads from a random point near each model: away, if it stands on a saddle."""
    rngs = [np.random.default_rng(int(seed)) for seed in c.seeds_of("nudges", len(w))]
    starts = [theory.nudged(each, rng) for each, rng in zip(w, rngs, strict=True)]
    return np.array([theory.descended(each, w.shape[-1], activation)[0] for each in starts])


THEORY = core.table(
    certified_saving=("", "no W saves more with ReLU and no bias, for any n"),
    gon_saving=("setting directions", "n - L of d equal directions, no bias"),
    gon_squared_norm=("setting directions", "their ‖W_i‖²"),
    square_loss=("setting nudge", "from a square and a fifth feature, nudged: after descent"),
    fresh_pull=("setting length angle", "∂L/∂ε of a fresh feature beside a pentagon"),
)
MINIMA = core.table(
    least_loss=("setting", "least loss of all starts"),
    least_w=("setting hidden feature", "W of the least loss; NaN beyond feature n"),
    circle_loss=("", "loss of the circle with its bias"),
    unbiased_loss=("", "loss of the circle without"),
)
TRAINED = core.table(
    loss=("setting seed step", "loss over all inputs, summed over features"),
    nudged_loss=("setting seed", "after a random nudge of 0.001 and descent; NaN with a bias"),
    gap_to_best=("setting seed", "loss over the best pentagon's, less 1; NaN with a bias"),
    w=("setting seed hidden feature", "W at the end; NaN beyond feature n"),
    finite=("setting seed", populations.FINITE.long_name),
)
PARTS = (
    core.Part(in_theory, THEORY),
    core.Part(minimised, MINIMA, n="n_features"),
    core.Part(trained, TRAINED, trained_n="trained_features"),
)
MODELS = core.Measurement("one-hot", version=1, parts=PARTS)

# --- readings -----------------------------------------------------------------------------------


def saving(ds: xr.Dataset) -> xr.DataArray:
    """What trained models save at each look, n - L."""
    return ds.trained_n - ds.loss


def is_pentagon(ds: xr.Dataset, loss: xr.DataArray) -> xr.DataArray:
    """Whether a loss of n ≥ 5 features is the best pentagon's, to 0.01; NaN for fewer features.

    The next best critical point known saves 0.17 less.
    """
    best = ds.gon_saving.sel(directions=5, drop=True)
    return below(abs(ds.trained_n - loss - best), 0.01).where(ds.trained_n >= 5)


def ends_in_pentagon(ds: xr.Dataset) -> xr.DataArray:
    return is_pentagon(ds, ds.loss.isel(step=-1))


def lengths(ds: xr.Dataset) -> xr.DataArray:
    return np.sqrt((ds.w**2).sum("hidden", skipna=False))


def square_is_left(ds: xr.Dataset) -> xr.DataArray:
    """Whether descent leads from the square to the pentagon, of each nudge."""
    best = ds.gon_saving.sel(directions=5, drop=True)
    return below(abs(5 - ds.square_loss - best), 0.01).rename(nudge="seed")


def is_left_for_pentagon(ds: xr.Dataset) -> xr.DataArray:
    """Whether a nudge takes a model to the pentagon, of those that stopped short of it."""
    return is_pentagon(ds, ds.nudged_loss).where(ends_in_pentagon(ds) == 0)


def gelu_distance_from_one(ds: xr.Dataset) -> xr.DataArray:
    """|‖W_i‖ - 1| of GELU pentagons of five features, over the median of ReLU's."""
    distance = abs(lengths(ds) - 1).where(ends_in_pentagon(ds) == 1).where(ds.trained_n == 5)
    each = [distance.sel(setting=name, drop=True) for name in ("gelu", "relu")]
    return each[0] / each[1].median()


def is_all_or_nothing(ds: xr.Dataset) -> xr.DataArray:
    """Whether no feature of more than five has a length between 0.1 and 0.5."""
    between = both(above(lengths(ds), 0.1), below(lengths(ds), 0.5))
    return negated(between.max("feature")).where(ds.trained_n > 5)


def steps_to(ds: xr.Dataset, share: float) -> xr.DataArray:
    """Steps until a model has made this share of the saving that it ends with."""
    made = saving(ds) >= share * saving(ds).isel(step=-1)
    return ds.step.where(made).min("step")


def gelu_steps_over_relu(ds: xr.Dataset, share: float = 0.9) -> float:
    relu, gelu = (float(steps_to(ds, share).sel(setting=name).median()) for name in UNBIASED)
    return gelu / relu if relu else np.nan


def told_at_other_shares(ds: xr.Dataset) -> str:
    return ", ".join(f"{share:.0%}: {gelu_steps_over_relu(ds, share):.3g}" for share in (0.5, 0.99))


def stored_by_bias(ds: xr.Dataset) -> xr.DataArray:
    """Whether a model with a bias loses less than 0.01 on more than five features."""
    end = ds.loss.sel(setting=BIASED).isel(step=-1)
    return below(end, 0.01).where(ds.trained_n > 5)
