"""What is read off six features in two sets: pauses of the loss, their names, how they end."""

import itertools
from functools import cache

import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.analysis import polytopes
from tegum.analysis.pauses import paused
from tegum.studies.core.study import config_in
from tegum.studies.dynamics.learning.readings import of_seeds
from tegum.theory.polytopes import vertices
from tegum.theory.saddles import OCTAHEDRON, STAGES, set_levels, set_stage

CLOSE = 0.15
"""relative distance of Grams up to which a shape has a stage's name"""
SAME = 0.05
"""of one level, relatively, are pauses no farther apart"""


def levels(ds: xr.Dataset) -> dict[str, float]:
    """Exact losses of the stages that theory knows."""
    return set_levels(config_in(ds)["set_density"])


def pauses(ds: xr.Dataset) -> xr.DataArray:
    """Where the loss pauses on its way down, once at each level; NaN for models that diverged."""
    loss = ds.set_loss.transpose("seed", "set_step").isel(set_step=slice(1, None))
    found = np.zeros(loss.shape)
    for k, curve in enumerate(loss.values):
        last = np.inf
        for at in np.flatnonzero(paused(curve, ds.set_step.values[1:])):
            if curve[at] < (1 - SAME) * last:
                found[k, at], last = 1, curve[at]
    return loss.copy(data=found).where(loss.notnull())


@cache
def _orders() -> np.ndarray:
    """All ways to number the features of two sets anew, 72 x 6."""
    three = list(itertools.permutations(range(3)))
    pairs = [(*one, *(k + 3 for k in other)) for one in three for other in three]
    return np.array(pairs + [pair[3:] + pair[:3] for pair in pairs])


def distances(w: Float[np.ndarray, "hidden 6"], density: float) -> dict[str, float]:
    """How far a model's Gram is from that of each stage, relatively, however numbered."""
    gram, found = w.T @ w, {}
    for name in STAGES:
        shape = set_stage(name, density).w
        like = shape.T @ shape
        each = np.stack([gram[np.ix_(of, of)] for of in _orders()])
        off = np.linalg.norm(each - like, axis=(1, 2)).min()
        found[name] = float(off / np.linalg.norm(like))
    return found


def name_of(w: Float[np.ndarray, "hidden 6"], density: float) -> str:
    """The stage that a model is at, by its weights alone; empty if none is near."""
    off = distances(w, density)
    nearest = min(off, key=lambda name: off[name])
    return nearest if off[nearest] <= CLOSE else ""


def names(ds: xr.Dataset) -> list[dict[int, str]]:
    """Every seed's pauses: place along "set_step" -> name of the stage, empty if unknown."""
    p, there = config_in(ds)["set_density"], pauses(ds).values == 1
    w = ds.set_w.transpose("seed", "set_step", "set_hidden", "member").values
    return [
        {int(k) + 1: name_of(of[k + 1], p) for k in np.flatnonzero(when)}
        for of, when in zip(w, there, strict=True)
    ]


def stages(ds: xr.Dataset) -> xr.DataArray:
    """How many pauses there are before the end."""
    return pauses(ds).sum("set_step", skipna=False)


def named(ds: xr.Dataset) -> xr.DataArray:
    """Share of them that have a name."""
    each = [list(of.values()) for of in names(ds)]
    return of_seeds([float(np.mean([bool(n) for n in of])) if of else np.nan for of in each], ds)


def unnamed_note(ds: xr.Dataset) -> str:
    """What models lose at pauses without a name."""
    loss = ds.set_loss.transpose("seed", "set_step").values
    each = [loss[k, at] for k, of in enumerate(names(ds)) for at, name in of.items() if not name]
    return f"the {len(each)} others lose {np.median(each):.4f} (median)" if each else ""


def off_levels(ds: xr.Dataset) -> xr.DataArray:
    """How far the loss is from theory's at pauses with a name, relatively; the worst of a model."""
    level, loss = levels(ds), ds.set_loss.transpose("seed", "set_step").values
    found = []
    for of, curve in zip(names(ds), loss, strict=True):
        off = [abs(curve[k] / level[name] - 1) for k, name in of.items() if name]
        found.append(float(max(off)) if off else np.nan)
    return of_seeds(found, ds)


def is_octahedron(ds: xr.Dataset) -> xr.DataArray:
    """Whether the six features end as an octahedron's vertices; NaN for one that diverged."""
    shape, found = vertices(OCTAHEDRON), []
    for w in ds.set_w.isel(set_step=-1).transpose("seed", "set_hidden", "member").values:
        near = polytopes.fit(w, shape).residual if np.isfinite(w).all() else np.nan
        found.append(float(near <= polytopes.WITHIN) if np.isfinite(near) else np.nan)
    return of_seeds(found, ds)
