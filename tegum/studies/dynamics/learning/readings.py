"""What is read off: jumps of D_i, drops of the loss, and what moves between.

Late is when the loss is nearer to that of digons but for one dimension on which all that is left
crowds (1|all, `theory.saddles`) than to that with a dimension empty. Before, all moves at once.
"""

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from tegum.analysis.jumps import Jump, inside, jumps
from tegum.studies.core.study import config_in
from tegum.theory.saddles import CROWD, EMPTY, line_costs

LEAST = 1 / 8
"""by which D_i jumps at least: a quarter of the way from left out to half a dimension"""
PART = 1 / 4
"""of the least that a dimension which is no digon costs: what a drop of the loss has at least"""
REST, SHOULDER = 4.0, 1.5
"""by which speed falls where a curve comes to rest, and where one drop is told from the next"""
LEVELS = (0.0, 0.5)
NEAR = 1 / 16
"""of a level"""
DRAWS = 400


def costs(ds: xr.Dataset) -> dict[str, float]:
    """What one dimension that is no digon yet costs, beside digons in all others."""
    c = config_in(ds)
    return line_costs(c["density"], c["n_features"] - 2 * (c["n_hidden"] - 1))


def above_digons(ds: xr.Dataset) -> xr.DataArray:
    """The loss above that of digons in all dimensions."""
    c, p = config_in(ds), config_in(ds)["density"]
    return ds.loss - (c["n_features"] * (p / 3 - p**2 / 4) - c["n_hidden"] * costs(ds)[EMPTY])


def is_late(ds: xr.Dataset) -> Bool[np.ndarray, "seeds steps"]:
    edge = (costs(ds)[CROWD] + costs(ds)[EMPTY]) / 2
    low = above_digons(ds).transpose("seed", "step").values < edge
    return np.logical_or.accumulate(low, axis=1)


def longest(ds: xr.Dataset) -> float:
    """Steps in which Adam, which moves a weight by about its rate, turns a weight 1 into -1."""
    return 2 / config_in(ds)["learning_rate"]


def moves(ds: xr.Dataset) -> list[list[tuple[int, Jump]]]:
    """Every seed's late jumps of D_i, with the feature, in the order of time."""
    t, late = ds.step.values.astype(float), is_late(ds)
    found = []
    for d, when in zip(ds.d.transpose("seed", "feature", "step").values, late, strict=True):
        each = [(i, j) for i, x in enumerate(d) for j in _jumps(ds, x, LEAST)]
        kept = [(i, j) for i, j in each if when[np.searchsorted(t, j.peak)]]
        found.append(sorted(kept, key=lambda of: of[1].peak))
    return found


def drops(ds: xr.Dataset, factor: float = SHOULDER) -> list[list[Jump]]:
    """Every seed's late drops of the loss.

    Args:
        ds: the dataset.
        factor: by which it falls faster in a drop than before and after.
    """
    t, late, least = ds.step.values.astype(float), is_late(ds), PART * sorted(costs(ds).values())[1]
    found = []
    for loss, when in zip(ds.loss.transpose("seed", "step").values, late, strict=True):
        each = _jumps(ds, loss, least, factor)
        found.append([j for j in each if j.size < 0 and when[np.searchsorted(t, j.peak)]])
    return found


def _jumps(ds: xr.Dataset, curve: np.ndarray, least: float, factor: float = REST) -> list[Jump]:
    t = ds.step.values.astype(float)
    return jumps(curve, t, least=least, longest=longest(ds), factor=factor)


def jumping(ds: xr.Dataset) -> Bool[np.ndarray, "seeds steps"]:
    """Which steps lie in a late jump of any D_i."""
    return np.array([inside([j for _, j in each], ds.step.values) for each in moves(ds)])


def falls(ds: xr.Dataset) -> Float[np.ndarray, "seeds steps"]:
    """By how much the loss falls up to each late step from the one before; NaN before."""
    loss = ds.loss.transpose("seed", "step").values
    return _late_only(ds, np.diff(-loss, axis=1, prepend=-loss[:, :1]))


def movement(ds: xr.Dataset) -> Float[np.ndarray, "seeds steps"]:
    """Σ_i of D_i's change in an eighth of `longest` about each late step, squared; NaN before.

    Squared, and over that time, since D_i trembles from batch to batch all along.
    """
    t, d = ds.step.values.astype(float), ds.d.transpose("seed", "feature", "step").values
    half = longest(ds) / 16
    early, late = (np.clip(t + by, t[0], t[-1]) for by in (-half, half))

    def at(when: np.ndarray) -> np.ndarray:
        return np.apply_along_axis(lambda x: np.interp(when, t, x), -1, d)

    return _late_only(ds, np.sum((at(late) - at(early)) ** 2, axis=1))


def _late_only(ds: xr.Dataset, values: np.ndarray) -> np.ndarray:
    return np.where(is_late(ds), values, np.nan)


def _share(of: np.ndarray, where: np.ndarray) -> float:
    total = np.nansum(of)
    return float(np.nansum(of * where) / total) if total > 0 and np.isfinite(total) else np.nan


def of_seeds(values: list[float], ds: xr.Dataset) -> xr.DataArray:
    return xr.DataArray(values, {"seed": ds.seed}, ("seed",))


def falls_in_jumps(ds: xr.Dataset) -> xr.DataArray:
    """Share of the late fall of the loss that is in jumps."""
    return of_seeds(list(map(_share, falls(ds), jumping(ds))), ds)


def moves_in_jumps(ds: xr.Dataset) -> xr.DataArray:
    """Share of all late squared movement of D_i that is in jumps."""
    return of_seeds(list(map(_share, movement(ds), jumping(ds))), ds)


def time_in_jumps(ds: xr.Dataset) -> xr.DataArray:
    return of_seeds(list(map(_share, _late_only(ds, 0 * falls(ds) + 1), jumping(ds))), ds)


def drops_with_jumps(ds: xr.Dataset) -> xr.DataArray:
    """Share of drops of the loss in which a jump of D_i is fastest; NaN where none is."""
    both = zip(drops(ds), moves(ds), strict=True)
    return of_seeds([_met(each, _peaks(of)) for each, of in both], ds)


def _peaks(of: list[tuple[int, Jump]]) -> np.ndarray:
    return np.array([j.peak for _, j in of])


def _met(each: list[Jump], peaks: np.ndarray) -> float:
    hit = [bool(np.any((drop.start <= peaks) & (peaks <= drop.end))) for drop in each]
    return float(np.mean(hit)) if hit else np.nan


def shifted_falls(ds: xr.Dataset) -> Float[np.ndarray, "draws seeds"]:
    """`falls_in_jumps` with the jumps shifted around in the late time by chance."""
    return _shifted(ds, falls(ds))


def shifted_movement(ds: xr.Dataset) -> Float[np.ndarray, "draws seeds"]:
    """`moves_in_jumps` likewise."""
    return _shifted(ds, movement(ds))


def _shifted(ds: xr.Dataset, of: np.ndarray) -> np.ndarray:
    rng, where = np.random.default_rng(5), jumping(ds)
    found = np.full((DRAWS, len(of)), np.nan)
    for k, (values, mask) in enumerate(zip(of, where, strict=True)):
        late = np.isfinite(values)
        for draw, by in enumerate(rng.integers(0, max(1, late.sum()), DRAWS)):
            found[draw, k] = _share(values[late], np.roll(mask[late], by))
    return found


def shifted_drops(ds: xr.Dataset) -> Float[np.ndarray, "draws seeds"]:
    """`drops_with_jumps` with the jumps' times shifted around in the late time by chance."""
    rng, t = np.random.default_rng(5), ds.step.values.astype(float)
    found = np.full((DRAWS, ds.sizes["seed"]), np.nan)
    for k, (each, of, late) in enumerate(zip(drops(ds), moves(ds), is_late(ds), strict=True)):
        if each:
            first = t[late.argmax()]
            for draw, by in enumerate(rng.uniform(0, t[-1] - first, DRAWS)):
                peaks = first + (_peaks(of) - first + by) % (t[-1] - first)
                found[draw, k] = _met(each, peaks)
    return found


def to_levels(ds: xr.Dataset) -> xr.DataArray:
    """Share of late jumps that end near 0 or 1/2."""
    ends = [np.array([j.after for _, j in of]) for of in moves(ds)]
    near = [abs(end[:, None] - LEVELS).min(axis=1) <= NEAR if end.size else end for end in ends]
    return of_seeds([float(np.mean(of)) if of.size else np.nan for of in near], ds)


def together(ds: xr.Dataset) -> xr.DataArray:
    """How many features jump in a drop of the loss; mean over a model's drops."""
    found = []
    for each, of in zip(drops(ds), moves(ds), strict=True):
        many = [len({i for i, j in of if drop.start <= j.peak <= drop.end}) for drop in each]
        found.append(float(np.mean(many)) if many else np.nan)
    return of_seeds(found, ds)


def off_costs(ds: xr.Dataset) -> xr.DataArray:
    """How far drops from rest to rest are from what a dimension that is no digon costs; median.

    Relatively, from the nearest such cost.
    """
    cost = np.array([of for of in costs(ds).values() if of > 0])
    sizes = [[-drop.size for drop in each] for each in drops(ds, REST)]
    off = [[float(abs(of / cost - 1).min()) for of in each] for each in sizes]
    return of_seeds([float(np.median(of)) if of else np.nan for of in off], ds)
