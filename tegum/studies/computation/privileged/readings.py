"""What is read off: mono- and polysemantic neurons, blocks of the best model, rotations."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from tegum.analysis import neurons
from tegum.studies.core import Measured
from tegum.studies.core.measures import Measure, above, below, of_weights

NULL = 99
"""rotations of the same weights that a model's neurons are compared with"""
LOWEST = 0.05
"""a model is aligned if at most this share of rotations have as few features to a neuron"""
CHANGED = 1e-6
"""relative; a loss that changes by less is the same but for rounding"""

# --- neurons ------------------------------------------------------------------------------------


def monosemantic_share(ds: xr.Dataset) -> xr.DataArray:
    """Share of a model's neurons that are monosemantic; silent ones are left out."""
    return of_weights(neurons.monosemantic, ds.w, per="hidden").mean("hidden")


def best(ds: xr.Dataset) -> xr.Dataset:
    """The model of least loss at each density, from dense to sparse."""
    ordered = ds.sortby("density", ascending=False)
    return ordered.isel(seed=ordered.loss.fillna(np.inf).argmin("seed")).drop_vars("seed")


def participation(ds: xr.Dataset) -> xr.DataArray:
    """How many features share a neuron, mean over a model's neurons."""
    return of_weights(neurons.participation, ds.w, per="hidden").mean("hidden")


# --- rotations ----------------------------------------------------------------------------------


def quantile(w: xr.DataArray) -> xr.DataArray:
    """Share of rotations of the same W in which no more features share a neuron than in W itself.

    Anything is as likely where W knows no axes; near 0 it is aligned to them.
    """
    return of_weights(_quantile, w, per=None)


def _quantile(w: np.ndarray) -> np.ndarray:
    own = neurons.participation(w).mean(axis=-1)
    null = neurons.participation(neurons.rotated(w, NULL)).mean(axis=-1)
    return (np.sum(null <= own, axis=0) + 1) / (NULL + 1)


def aligned(ds: xr.Dataset) -> xr.DataArray:
    """Whether a model with a hidden ReLU is aligned to its axes."""
    return below(quantile(ds.w), LOWEST + 1e-9)


def linear_aligned(ds: xr.Dataset) -> xr.DataArray:
    """Whether a model without one is."""
    return below(linear_quantile(ds), LOWEST + 1e-9)


def linear_quantile(ds: xr.Dataset) -> xr.DataArray:
    return quantile(ds.linear_w).rename(linear_seed="seed")


def rises(ds: xr.Dataset) -> xr.DataArray:
    """Whether a rotation makes the loss of a model with a hidden ReLU rise."""
    return above(ds.rotated_loss / ds.loss - 1, CHANGED)


def factor(ds: xr.Dataset) -> xr.DataArray:
    """Loss after a rotation over loss before."""
    return ds.rotated_loss / ds.loss


def linear_change(ds: xr.Dataset) -> xr.DataArray:
    """Relative change by a rotation of the exact loss without a hidden ReLU."""
    return abs(ds.rotated_linear_loss / ds.linear_loss - 1)


# --- blocks -------------------------------------------------------------------------------------


def blocks_of_best(ds: xr.Dataset) -> dict[float, list[neurons.Block]]:
    """Which features are stored in which neurons, in the best model at each density."""
    models = best(ds)
    return {
        float(p): neurons.neuron_blocks(w)
        for p, w in zip(
            models.density.values,
            models.w.transpose("density", "hidden", "feature").values,
            strict=True,
        )
        if np.isfinite(w).all()
    }


def in_words(blocks: list[neurons.Block]) -> str:
    """Such as "3 in 2, 3 x 1 in 1": features in neurons, the largest block first."""
    sizes = sorted(((len(of.features), len(of.neurons)) for of in blocks), reverse=True)
    counts = {size: sizes.count(size) for size in dict.fromkeys(sizes)}
    return ", ".join(
        (f"{many} x " if many > 1 else "") + f"{features} in {neurons_}"
        for (features, neurons_), many in counts.items()
    )


def of_best(holds: Callable[[xr.DataArray], float], low: float, high: float) -> Measure:
    """What is found of the best model's W, 1 where it holds; mean of the densities in a range.

    No statistic of seeds: the best of many is one model.
    """

    def measure(ds: xr.Dataset) -> Measured:
        models = best(ds).w.transpose("density", "hidden", "feature")
        shown = {
            float(w.density): w for w in models if low <= w.density <= high and w.notnull().all()
        }
        if not shown:
            return Measured.nothing(f"no density from {low:g} to {high:g} in this run")
        words = (
            f"density {p:g}: {in_words(neurons.neuron_blocks(w.values))}" for p, w in shown.items()
        )
        share = np.mean([holds(w) for w in shown.values()])
        return Measured(float(share), "best models, features in neurons: " + "; ".join(words))

    return measure


def all_monosemantic(w: xr.DataArray) -> bool:
    """Whether all neurons of one model are monosemantic."""
    return bool((neurons.monosemantic(w.values) == 1).all())


def stores(features: int | None, neurons_: int) -> Callable[[xr.DataArray], bool]:
    """Whether a model stores so many features in so many neurons, which store no others.

    With `features` None: whether so many neurons share a block, whatever they store.
    """

    def holds(w: xr.DataArray) -> bool:
        blocks = neurons.neuron_blocks(w.values)
        return any(
            len(of.neurons) == neurons_ and features in (None, len(of.features)) for of in blocks
        )

    return holds


def share_in_pairs(w: xr.DataArray) -> float:
    """Of a model's features, the share that are stored in a pair of neurons each to itself.

    A feature is stored where its weight is above half of its greatest; weights below 0 inhibit.
    m neurons have m (m - 1)/2 pairs: with five neurons ten, as many as there are features.
    """
    values = w.transpose("hidden", "feature").values
    kept = values[:, np.linalg.norm(values, axis=0) > 0.5]
    where = [tuple(np.flatnonzero(of > 0.5 * of.max())) for of in kept.T if of.max() > 0]
    alone = [len(pair) == 2 and where.count(pair) == 1 for pair in where]
    return float(np.mean(alone)) if alone else 0.0
