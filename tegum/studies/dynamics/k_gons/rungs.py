"""Models in the plane with one feature active: exact descents from random restarts, beside the
levels on which they may end, and trainings on samples that pass those levels on their way down.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from pandas import DataFrame

from tegum.analysis import pauses as of_curves
from tegum.features import OneActive
from tegum.models import Bottleneck
from tegum.studies import core
from tegum.studies.core.measures import Reading, below
from tegum.studies.populations import FINITE
from tegum.theory.expected import one_active_loss
from tegum.theory.ladder import (
    ON_LEVEL,
    descended_again,
    losses_and_slopes,
    minima,
    polygon_levels,
    shared_levels,
)
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import SGD, Recipe, Sampled, log_spaced


class Descents(core.StudyConfig):
    """Exact descents from random restarts."""

    n_features: tuple[core.Count, ...] = (5, 6, 7, 8)
    """n, features in two dimensions, for the exact descents"""
    restarts: core.Count = 400
    """exact descents for each n, from Xavier-normal weights and zero biases"""


class Trainings(core.StudyConfig):
    """Training on samples."""

    trained_features: core.Count = 6
    """n of the models trained on samples; one of `n_features`"""
    models: core.Count = 64
    """models trained on samples"""
    steps: core.Count = 20_000
    """training steps, of plain stochastic gradient descent"""
    batch: core.Count = 256
    """fresh samples a step"""
    learning_rate: core.Unsigned = 0.05
    """constant"""
    looks: core.Count = 240
    """moments, evenly spaced in the logarithm of the step, at which the exact loss is read"""


def descended(c: Descents, n_features: int) -> core.Variables:
    """Where exact descents end, at one n, beside the levels."""
    shape = c.restarts, 2, n_features
    start = (
        c.rng("restarts").normal(size=shape) * np.sqrt(2 / (n_features + 2)),
        np.zeros(shape[::2]),
    )
    ends = minima(*start)
    start_loss, start_slope = losses_and_slopes(*start)
    levels = polygon_levels(n_features)
    shared = shared_levels(n_features, c.rng("nudges of levels"))
    return {
        "feature": range(n_features),
        "polygon": list(levels),
        "shared": list(shared),
        "w": ends.w,
        "b": ends.b,
        "loss": ends.loss,
        "slope": ends.gradient_norm,
        "loss_again": descended_again(ends, c.rng("nudges")),
        "start_loss": start_loss,
        "start_slope": start_slope,
        "level": list(levels.values()),
        "shared_level": list(shared.values()),
    }


def trained(c: Trainings) -> core.Variables:
    """The exact loss of models on their way, trained on samples."""
    n, count = c.trained_features, c.models
    looks = log_spaced(c.steps, c.looks, first=10)
    ended = train(
        fresh(partial(Bottleneck.init, n, 2), c.seeds_of("W", count)),
        stack([Reconstruction(OneActive(n))] * count),
        Recipe(c.steps, Sampled(c.batch), optimizer=SGD(), snapshots=looks),
        seeds=c.seeds_of("batches", count),
        learning_rate=c.learning_rate,
    )
    exact = jax.jit(jax.vmap(jax.vmap(one_active_loss)))
    w, b = (jnp.asarray(part) for part in (ended.history.w, ended.history.b))
    loss = np.asarray(exact(w, b), np.float64)
    return {"step": ended.steps, "trained_loss": loss, "finite": ended.finite}


ENDS = core.table(
    w=("restart hidden feature", "weights where the descent ended"),
    b=("restart feature", "biases where the descent ended"),
    loss=("restart", "exact loss, mean over which feature is active"),
    slope=("restart", "norm of the exact gradient"),
    loss_again=("restart", "exact loss, descended again from a nudge away"),
    start_loss=("restart", "exact loss before the descent"),
    start_slope=("restart", "norm of the exact gradient before the descent"),
    level=("polygon", "L(k, s), the predicted loss"),
    shared_level=("shared", "loss of a k-gon with shared directions, where that is a minimum"),
)
CURVES = core.table(trained_loss=("seed step", "exact loss of the weights at that step"))

PARTS = (
    core.Part(descended, ENDS, n_features="n_features"),
    core.Part(trained, CURVES | {"finite": FINITE}),
)
MODELS = core.Measurement("k-gons", version=1, parts=PARTS)

# --- readings -----------------------------------------------------------------------------------

PAUSE = 0.01
"""half width of the window around a level in which a training counts as pausing, relative"""


def on_level(ds: xr.Dataset, level: str = "level", names: str = "polygon") -> xr.DataArray:
    """Whether each restart ended on a level; a restart is the unit of replication here."""
    distance = abs(ds.loss - ds[level]).min(names).fillna(np.inf)
    return below(distance.where(ds.loss.notnull()), ON_LEVEL).rename(restart="seed")


def levels_of_trained(ds: xr.Dataset) -> xr.DataArray:
    """L(k, s) of the n that models are trained for, in rising order, under their names."""
    levels = ds.level.sel(n_features=core.config_in(ds)["trained_features"], drop=True)
    return levels.dropna("polygon").sortby(levels.dropna("polygon"))


def near_level(ds: xr.Dataset, loss: xr.DataArray) -> xr.DataArray:
    """Whether losses are within PAUSE of a level, relatively."""
    return below(abs(loss / levels_of_trained(ds) - 1).min("polygon"), PAUSE)


def pauses(ds: xr.Dataset) -> xr.DataArray:
    """Losses at which trainings pause on their way down, before the end; NaN elsewhere."""
    curves = ds.trained_loss.transpose("seed", "step").isel(step=slice(1, None))
    return curves.where(np.array([of_curves.paused(curve, curves.step) for curve in curves.values]))


def time_near(ds: xr.Dataset, centres: np.ndarray) -> xr.DataArray:
    """Share of its way down that each training spends within PAUSE of each loss it passes."""
    curves = ds.trained_loss.transpose("seed", "step").values
    rows = [of_curves.time_near(curve, centres, PAUSE) for curve in curves]
    return xr.DataArray(rows, {"loss": centres}, dims=("seed", "loss"))


def time_at_levels(ds: xr.Dataset, highest: float) -> xr.DataArray:
    levels = levels_of_trained(ds)
    return time_near(ds, levels.values[levels.values < highest * (1 + PAUSE)])


def time_elsewhere(ds: xr.Dataset, highest: float) -> xr.DataArray:
    """The same at losses of that range that keep clear of levels."""
    levels = levels_of_trained(ds).values
    places = np.geomspace(levels.min(), highest * (1 + 2 * of_curves.CLEAR), 400)
    clear = (abs(places[:, None] / levels - 1) >= of_curves.CLEAR).all(axis=1)
    return time_near(ds, places[clear])


def four_gon(ds: xr.Dataset) -> float:
    """The level "4": above it columns still have room to grow unhindered."""
    return float(levels_of_trained(ds).sel(polygon="4"))


def time_from_four(ds: xr.Dataset) -> xr.DataArray:
    return time_at_levels(ds, four_gon(ds))


def reached(ds: xr.Dataset) -> DataFrame:
    """Each level that restarts reach: its share of them, and one that ended there."""
    rows = []
    for n in ds.n_features.values:
        of_n = ds.sel(n_features=n)
        for levels, names in ((of_n.level, "polygon"), (of_n.shared_level, "shared")):
            for level in levels.dropna(names):
                there = np.flatnonzero(abs(of_n.loss - level) < ON_LEVEL)
                if there.size:
                    of_all = there.size / of_n.loss.size
                    rows.append((int(n), str(level[names].item()), float(level), of_all, there[0]))
    found = DataFrame(rows, columns=["n_features", "level", "loss", "share", "example"])
    return found.sort_values(["n_features", "loss"]).reset_index(drop=True)


def of_each_n(reading: Reading) -> Callable[[xr.Dataset], str]:
    """A note with the share of restarts for each n."""

    def note(ds: xr.Dataset) -> str:
        shares = reading(ds).mean("seed")
        pairs = zip(shares.n_features.values, shares.values, strict=True)
        return ", ".join(f"n = {n}: {value:.1%}" for n, value in pairs)

    return note
