"""What is read off the atlas: answers to single features, geometry, and one line a setup."""

from collections import Counter

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from tegum.analysis.polytopes import UNKNOWN, factors
from tegum.studies.computation.atlas.setups import BY_NAME, F, Setup
from tegum.studies.core.measures import above, below, both
from tegum.theory.one_hot import PENTAGON_SAVING
from tegum.theory.polytopes import polygon, vertices

AB = ("A→B", "A→B, no biases", "A→B, tied", "A→B, tied, no bias", "A→B through 4f")
"""setups that can compute nothing but what A→B can"""
GONS = ("single", "digon", "triangle", "square", "pentagon", "hexagon")
NAMED = {name: vertices(name) for name in GONS}
"""polytopes of the plane that have a name of their own"""
AREAS_SHOWN = ("own_auc", "direction_auc", "relu_auc")
SAME_DIRECTION = 0.05
"""radians"""


def own_answer(ds: xr.Dataset) -> xr.DataArray:
    """What each feature's own output answers to it alone; 1 is right."""
    answer = ds.answer.transpose(..., "output", "feature")
    own = np.diagonal(answer.values, axis1=-2, axis2=-1)
    return answer.isel(output=0, drop=True).copy(data=own)


def is_learned(ds: xr.Dataset) -> xr.DataArray:
    """Whether that is above one half."""
    return above(own_answer(ds), 0.5)


def loses_dead_outputs_only(ds: xr.Dataset) -> xr.DataArray:
    """Whether n times the one-hot loss is the number of outputs that stay 0 for their feature."""
    one = ds.sel(inputs="one-hot", drop=True)
    dead = below(own_answer(one), 0.01).sum("feature", skipna=False)
    return below(abs(one.sizes["feature"] * one.loss - dead), 0.05)


def is_told(ds: xr.Dataset) -> xr.DataArray:
    """Whether a feature alone is decoded right: no output answers as much as its own."""
    answer = ds.answer.transpose(..., "output", "feature")
    n = answer.sizes["feature"]
    others = np.where(np.eye(n, dtype=bool), -np.inf, answer.values).max(axis=-2)
    own = own_answer(ds)
    return above(own, own.copy(data=others) + 1e-6)


def codes(ds: xr.Dataset) -> xr.DataArray:
    """What each feature alone adds to the bottleneck."""
    return ds.code - ds.rest


def lengths(ds: xr.Dataset) -> xr.DataArray:
    """Length of each feature's code."""
    return (codes(ds) ** 2).sum("hidden", skipna=False) ** 0.5


def least_cosine(ds: xr.Dataset) -> xr.DataArray:
    """Least cosine between two features' bottlenecks, of those longer than 1e-6."""
    unit = ds.code / np.sqrt((ds.code**2).sum("hidden")).where(lambda length: length > 1e-6)
    pairs = xr.dot(unit, unit.rename(feature="other"), dim="hidden", optimize=False)
    return pairs.min(("feature", "other")).where(ds.loss.notnull())


def loss_left(ds: xr.Dataset) -> xr.DataArray:
    """Loss over that of the best answer that does not look: 1 learned nothing, 0 all."""
    return ds.loss / ds.untold_loss


def over_best(ds: xr.Dataset) -> xr.DataArray:
    """Loss over the least of all A→B models on the same data; NaN under cross-entropy."""
    best = ds.loss.sel(setup=[name for name in AB if name in ds.setup.values])
    squared = [BY_NAME[str(name)].loss == "squared error" for name in ds.setup.values]
    of_squares = xr.DataArray(squared, {"setup": ds.setup})
    return (ds.loss / best.min(("setup", "seed"))).where(of_squares)


def over_unbiased_floor(ds: xr.Dataset) -> xr.DataArray:
    """One-hot loss over n - 4.198 of n, which no tied ReLU model without bias goes below."""
    n = ds.sizes["feature"]
    return ds.loss.sel(inputs="one-hot", drop=True) / (1 - PENTAGON_SAVING / n)


def of_setup(values: xr.DataArray, setup: str) -> xr.DataArray:
    """One setup's values; NaN where this run has it not."""
    if setup in values.setup.values:
        return values.sel(setup=setup, drop=True)
    return values.isel(setup=0, drop=True).where(False)


def loss_ratio(ds: xr.Dataset, one: str, other: str) -> xr.DataArray:
    """Of the losses of two setups, from the same seeds."""
    return of_setup(ds.loss, one) / of_setup(ds.loss, other)


def detection_gain(ds: xr.Dataset) -> xr.DataArray:
    """Area of a feature's own output less that of the better linear read-out of the bottleneck."""
    return ds.own_auc - np.maximum(ds.linear_auc, ds.direction_auc)


def gain_over_relu(ds: xr.Dataset) -> xr.DataArray:
    """Area of a feature's own output less that of the best ReLU of a linear read-out."""
    return ds.own_auc - ds.relu_auc


def steps_to(ds: xr.Dataset, share: float = 0.9) -> xr.DataArray:
    """Steps until a model has made this share of what its loss falls by in all."""
    fallen = ds.curve.isel(step=0) - ds.curve
    done = fallen >= share * fallen.isel(step=-1)
    return ds.step.where(done).min("step")


def distance_from_one(ds: xr.Dataset) -> xr.DataArray:
    """|‖W_i‖ - 1| of the features that are told from all others."""
    return abs(lengths(ds) - 1).where(is_told(ds) == 1)


def is_alone(ds: xr.Dataset) -> xr.DataArray:
    """Whether a feature longer than 0.1 has a direction to itself, within 0.05 radians."""
    unit = codes(ds) / lengths(ds).where(lengths(ds) > 0.1)
    cosine = xr.dot(unit, unit.rename(feature="other"), dim="hidden", optimize=False)
    near = above(cosine, np.cos(SAME_DIRECTION)).sum("other")
    return both(1.0 - (near > 1), unit.isel(hidden=0, drop=True).notnull()).where(near > 0)


# --- geometry -----------------------------------------------------------------------------------


def geometry(
    code: Float[np.ndarray, "2 features"],
    rest: Float[np.ndarray, " 2"],
    told: Bool[np.ndarray, " features"],
    *,
    of: Setup,
    kind: str,
) -> str:
    """The polygon of the features that are decoded right, up to what the setup leaves free.

    A read-out of its own undoes any linear map of the bottleneck, so that untied codes are whitened
    first. A bias behind the bottleneck undoes any shift on one-hot inputs, if the read-out is not
    tied or the softmax takes what is left of it: there codes are taken from their middle.

    Args:
        code: the bottleneck for each feature alone.
        rest: that for none.
        told: which features are decoded right.
        of, kind: the setup and what it was trained on.
    """
    if not np.isfinite(code).all():
        return ""
    if told.sum() < 2:
        return "none" if told.sum() == 0 else "single"
    drifts = kind == "one-hot" and of.biases[of.bottleneck + 1]
    drifts &= not of.tied or of.loss == "cross-entropy"
    w = code - (code[:, told].mean(axis=1) if drifts else rest)[:, None]
    if not of.tied:
        left, sizes, _ = np.linalg.svd(w[:, told], full_matrices=False)
        if sizes[-1] < 1e-6 * sizes[0]:
            return "on a line"
        w = left.T @ w / sizes[:, None]
    shown = w[:, told] if drifts else _with_shared(w)[:, told]
    longest = np.linalg.norm(shown, axis=0).max()
    further = {f"{k}-gon": polygon(k) for k in range(7, shown.shape[1] + 1)}
    found = factors(shown / max(longest, 1e-12), NAMED | further, threshold=0.3)
    names = Counter(f"irregular {len(f.features)}" if f.name == UNKNOWN else f.name for f in found)
    words = [f"{count} {name}s" if count > 1 else name for name, count in names.items()]
    within = shown.shape[1] - sum(len(factor.features) for factor in found)
    return " + ".join(words + ([f"{within} in"] if within else []))


def _with_shared(w: Float[np.ndarray, "2 features"]) -> Float[np.ndarray, "2 features"]:
    """Each column as long as all that point its way together, in squares."""
    length = np.linalg.norm(w, axis=0)
    unit = w / np.maximum(length, 1e-12)
    near = unit.T @ unit > np.cos(SAME_DIRECTION)
    return unit * np.sqrt(near @ length**2)


def geometries(ds: xr.Dataset) -> xr.DataArray:
    """Of every model its geometry, in words; empty where there is none."""
    code, rest = (values.transpose("setup", "inputs", "seed", ...) for values in (ds.code, ds.rest))
    told = is_told(ds).transpose("setup", "inputs", "seed", "feature").values == 1
    found = np.full(code.shape[:3], "", dtype="U40")
    for (i, j, k), _ in np.ndenumerate(found):
        of, kind = BY_NAME[str(ds.setup.values[i])], str(ds.inputs.values[j])
        if kind in of.inputs:
            w, h = code.values[i, j, k], rest.values[i, j, k]
            found[i, j, k] = geometry(w, h, told[i, j, k], of=of, kind=kind)
    return xr.DataArray(found, {dim: ds[dim] for dim in ("setup", "inputs", "seed")})


def most_common(names: np.ndarray) -> str:
    """The commonest of some names, and in how many of them."""
    counted = Counter(str(name) for name in names if name)
    if not counted:
        return ""
    name, count = counted.most_common(1)[0]
    return f"{name}, {count}/{counted.total()}"


def table(ds: xr.Dataset) -> xr.Dataset:
    """A line for each setup and kind of inputs: medians over seeds, and the commonest geometry."""
    names = geometries(ds)
    common = [[most_common(cell) for cell in row] for row in names.values]
    learned = is_learned(ds).sum("feature").where(ds.loss.notnull())
    lines = {
        "learned": learned.median("seed"),
        "per_dimension": learned.median("seed") / F,
        "norm": lengths(ds).where(is_told(ds) == 1).median(("seed", "feature")),
        "geometry": (("setup", "inputs"), common),
        "loss_left": loss_left(ds).median("seed"),
        "over_best": over_best(ds).median("seed"),
        "told": is_told(ds).mean("feature", skipna=False).median("seed"),
    }
    sparse = xr.DataArray([1.0, np.nan], {"inputs": ["sparse", "one-hot"]}).sel(inputs=ds.inputs)
    for name in AREAS_SHOWN:
        lines[name] = ds[name].median(("seed", "feature")) * sparse
    return xr.Dataset(lines).transpose("setup", "inputs")
