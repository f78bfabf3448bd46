"""What is read off the networks: when modes are learned, in which order, what is believed on the
way.

Times are steps, between looks by interpolation; infinite where a share was never reached, NaN for a
network that diverged. All closed forms are of the run's own table and each network's own start.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from tegum.studies import core
from tegum.studies.core.measures import below
from tegum.theory import deep_linear
from tegum.theory.deep_linear import Modes, deep_course, hierarchy_modes, split_levels

EARLY, HALF, LATE = 0.1, 0.5, 0.9
"""shares of its singular value that a mode passes"""
SOONER = 1.01
"""what comes before another thing does so by a hundredth of its time: ties are no order"""


def modes_of(ds: xr.Dataset) -> Modes:
    config = core.config_in(ds)
    return hierarchy_modes((config["per_node"],) * (config["depth"] + 1))


def rate_of(ds: xr.Dataset) -> float:
    return float(core.config_in(ds)["learning_rate"])


def singular_values(ds: xr.Dataset) -> xr.DataArray:
    return xr.DataArray(modes_of(ds).s, {"mode": ds.mode.values})


def level_of_mode(ds: xr.Dataset) -> xr.DataArray:
    return xr.DataArray(modes_of(ds).level, {"mode": ds.mode.values}, name="level")


def lifted(function: Callable[..., np.ndarray], *of: xr.DataArray | float) -> xr.DataArray:
    """A closed form of labelled arrays, which are broadcast by name."""
    return xr.apply_ufunc(function, *of)


def of(ds: xr.Dataset, name: str, net: str) -> xr.DataArray:
    """One variable of one net."""
    return ds[name].sel(net=net, drop=True)


# --- times --------------------------------------------------------------------------------------


def time_at(course: xr.DataArray, share: xr.DataArray | float) -> xr.DataArray:
    """The step at which a course first passes a value, along "step"."""
    target = share + 0 * course.isel(step=0, drop=True)
    y, wanted = course.transpose(..., "step").values, target.transpose(*course.dims[:-1]).values
    steps = np.asarray(course.step.values, float)
    there = y >= wanted[..., None]
    after = np.maximum(there.argmax(axis=-1), 1)[..., None]
    low, high = (np.take_along_axis(y, k, axis=-1)[..., 0] for k in (after - 1, after))
    ends = steps[after[..., 0] - 1], steps[after[..., 0]]
    with np.errstate(invalid="ignore", divide="ignore"):
        found = ends[0] + (wanted - low) / (high - low) * (ends[1] - ends[0])
    found = np.where(there.any(axis=-1), found, np.inf)
    return target.transpose(*course.dims[:-1]).copy(
        data=np.where(np.isnan(y).any(axis=-1), np.nan, found)
    )


def learned_at(ds: xr.Dataset, net: str, share: float = HALF) -> xr.DataArray:
    """When each mode of a net passes a share of its singular value."""
    course = of(ds, "strength", net).transpose(..., "step")
    return time_at(course, share * singular_values(ds))


def predicted_at(ds: xr.Dataset, net: str, share: float = HALF) -> xr.DataArray:
    """The same by the closed form, each mode by itself, from the network's own start."""
    s, start = singular_values(ds), of(ds, "start_strength", net)
    if net == "one layer":
        return lifted(np.log, (1 - start / s) / (1 - share)) / rate_of(ds)
    return lifted(deep_linear.time_to_learn, s, start, rate_of(ds), share)


def coupled_at(ds: xr.Dataset, share: float = HALF) -> xr.DataArray:
    """The same of "random" by the Riccati equation, all modes together."""
    return time_at(ds.coupled.transpose(..., "step"), share * singular_values(ds))


def late_by(ds: xr.Dataset, net: str) -> xr.DataArray:
    """Time at half strength over that of the closed form, less 1."""
    return learned_at(ds, net) / predicted_at(ds, net) - 1


def late_by_coupled(ds: xr.Dataset) -> xr.DataArray:
    return learned_at(ds, "random") / coupled_at(ds) - 1


def step_error(ds: xr.Dataset) -> xr.DataArray:
    """How far off a finite step may bring the time of each mode, relatively."""
    slow, fast = paces(ds)
    return lifted(np.maximum, 1 / slow - 1, 1 - 1 / fast)


def paces(ds: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Of every mode, `deep_linear.paces`."""
    s = singular_values(ds)
    slow, fast = (s.copy(data=pace) for pace in deep_linear.paces(s.values, rate_of(ds)))
    return slow, fast


def share_of_step_error(ds: xr.Dataset) -> xr.DataArray:
    return abs(late_by(ds, "decoupled")) / step_error(ds)


def share_of_start_error(ds: xr.Dataset) -> xr.DataArray:
    """Error of the Riccati equation's times over what step and start allow to first order."""
    allowed = step_error(ds) + ds.left_out / singular_values(ds)
    return abs(late_by_coupled(ds)) / allowed


def outside(ds: xr.Dataset) -> xr.DataArray:
    """How far decoupled courses come to lie outside the two that bound them, over s; 0 inside."""
    s, start = singular_values(ds), of(ds, "start_strength", "decoupled")
    slow, fast = paces(ds)
    course = of(ds, "strength", "decoupled")
    low, high = (
        lifted(deep_course, ds.step * pace, s, start, rate_of(ds)) for pace in (slow, fast)
    )
    beyond = lifted(np.maximum, low - course, course - high) / s
    return beyond.where(beyond > 0, 0 * beyond)


def rises(ds: xr.Dataset, net: str) -> xr.DataArray:
    """Steps from a tenth to nine tenths, over the sigmoid's own τ ln(81) / 2s, less 1."""
    took = learned_at(ds, net, LATE) - learned_at(ds, net, EARLY)
    own = np.log(LATE / EARLY * (1 - EARLY) / (1 - LATE)) / (2 * singular_values(ds) * rate_of(ds))
    return took / own - 1


def rise_error(ds: xr.Dataset) -> float:
    """The most that a finite step may change `rises` by."""
    slow, fast = paces(ds)
    late, early = (predicted_at(ds, "decoupled", share) for share in (LATE, EARLY))
    stretched = late * (1 / slow - 1) + early * (1 - 1 / fast)
    shrunk = late * (1 - 1 / fast) + early * (1 / slow - 1)
    return float((np.maximum(stretched, shrunk) / (late - early)).max())


def strength_by(ds: xr.Dataset, net: str) -> xr.DataArray:
    """`strength` by the closed form, each mode by itself, from the network's own start."""
    course = deep_linear.shallow_course if net == "one layer" else deep_course
    start = of(ds, "start_strength", net)
    return lifted(course, ds.step, singular_values(ds), start, rate_of(ds))


# --- order --------------------------------------------------------------------------------------


def in_order(ds: xr.Dataset, net: str) -> xr.DataArray:
    """Whether all modes of each level are at half strength before any of the next."""
    levels = learned_at(ds, net).groupby(level_of_mode(ds))
    earlier, later = levels.max().isel(level=slice(-1)), levels.min().isel(level=slice(1, None))
    return below(SOONER * earlier, later.assign_coords(level=earlier.level.values))


def apart_at(ds: xr.Dataset, net: str) -> xr.DataArray:
    """When the squared distance of items told apart by each level is at half its end."""
    distance = of(ds, "distance", net).sel(split=slice(None, core.config_in(ds)["depth"]))
    return time_at(distance.transpose(..., "step"), distance.isel(step=-1, drop=True) / 2)


def distance_by(ds: xr.Dataset, net: str) -> xr.DataArray:
    """`distance` of a net with a hidden layer by the closed form: W1ᵀW1 = V diag(a) Vᵀ."""
    split, v = split_levels(core.config_in(ds)["depth"]), modes_of(ds).v
    each = (v[:, None, :] - v[None, :, :]) ** 2
    rows = [each[split == level].mean(axis=0) for level in ds.split.values]
    apart = xr.DataArray(rows, {"split": ds.split.values, "mode": ds.mode.values})
    return (apart * strength_by(ds, net)).sum("mode", skipna=False)


def differentiates(ds: xr.Dataset, net: str) -> xr.DataArray:
    """Whether items of each level part before those of the next."""
    times = apart_at(ds, net)
    earlier, later = times.isel(split=slice(-1)), times.isel(split=slice(1, None))
    return below(SOONER * earlier, later.assign_coords(split=earlier.split.values))


# --- illusions ----------------------------------------------------------------------------------


def shares_of_modes(ds: xr.Dataset) -> xr.DataArray:
    """Weight of every mode in `attributed`: mean of u v over an item and a leaf's property."""
    config, modes = core.config_in(ds), modes_of(ds)
    items = len(modes.v)
    u = modes.u[-items * config["per_node"] :].reshape(items, config["per_node"], -1).mean(axis=1)
    each = u[:, None, :] * modes.v[None, :, :]
    split = split_levels(config["depth"])
    rows = [each[split == level].mean(axis=0) for level in ds.split.values]
    return xr.DataArray(rows, {"split": ds.split.values, "mode": ds.mode.values})


def attributed_by(ds: xr.Dataset, net: str) -> xr.DataArray:
    """`attributed` by the closed form."""
    return (shares_of_modes(ds) * strength_by(ds, net)).sum("mode", skipna=False)


def illusion(ds: xr.Dataset, attributed: xr.DataArray) -> xr.DataArray:
    """The most that an item is credited with its sibling's own property, which it has not."""
    return attributed.sel(split=core.config_in(ds)["depth"], drop=True).max("step", skipna=False)


def illusion_of(ds: xr.Dataset, net: str) -> xr.DataArray:
    return illusion(ds, of(ds, "attributed", net))


def illusion_error(ds: xr.Dataset, net: str) -> xr.DataArray:
    """Greatest false credit less that of the closed form."""
    return illusion_of(ds, net) - illusion(ds, attributed_by(ds, net))


def illusion_allowed(ds: xr.Dataset) -> float:
    """The most that a finite step may change an output by: each mode between its two courses."""
    s, start = singular_values(ds), of(ds, "start_strength", "decoupled")
    slow, fast = paces(ds)
    low, high = (
        lifted(deep_course, ds.step * pace, s, start, rate_of(ds)) for pace in (slow, fast)
    )
    moved = (abs(shares_of_modes(ds)) * (high - low)).sum("mode")
    return float(moved.sel(split=core.config_in(ds)["depth"]).max())


# --- narrow networks ----------------------------------------------------------------------------


def keeps_the_strongest(ds: xr.Dataset) -> xr.DataArray:
    """Greatest difference of a mode's a / s from 1 (of the strongest m) or 0 (of all others)."""
    return abs(ds.kept - (ds.mode < ds.width)).max("mode", skipna=False)


def excess_loss(ds: xr.Dataset) -> xr.DataArray:
    return ds.narrow_loss / ds.least_loss - 1


def table_error(ds: xr.Dataset) -> float:
    """Greatest entry of Y less its closed form U S Vᵀ."""
    modes = modes_of(ds)
    y = ds.y.transpose("property", "item", ...).values.reshape(len(modes.u), len(modes.v), -1)
    return float(abs(y[..., 0] - modes.u * modes.s @ modes.v.T).max())
