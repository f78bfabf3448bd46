"""The columns of any W as arrows, model by model, or look by look over training."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from tegum.analysis.geometry import norms
from tegum.arrays import Array
from tegum.errors import bad_input
from tegum.plots.arrows import arrows, explained, no_arrows
from tegum.plots.grams import greatest, matrix_and_bias
from tegum.plots.style import drawing
from tegum.plots.weights import Models, Weights, models_of, numbers

ACROSS = 4
"""models in a row"""
LOOKS = 8
"""pictures in a strip"""


def features(w: Weights) -> Figure:
    """Every feature as an arrow, with the polytope that they span: for 1, 2 or 3 hidden dimensions.

    Arrows are numbered, and dark where a feature has a dimension to itself; the dotted circle is at
    length 1. Features of hardly any length are named below. All models have one scale.

    Args:
        w: hidden x features, as anything that `numpy.asarray` takes, a PyTorch tensor, or an xarray
            variable with axes "hidden" and "feature". Axes before these are models, at most 12.

    Raises:
        BadInputError: no such array; more than 3 hidden dimensions or than features; more models.
    """
    models = models_of(w)
    _check_dimensions(models)
    reach, dimensions = _longest(models), models.w.shape[1]
    across = min(ACROSS, len(models.w))
    down = -(-len(models.w) // across)
    size = {"width": 2.3 * across + 0.9, "height": (1.0 if dimensions == 1 else 2.4) * down + 0.6}
    with drawing(down, across, **size) as (figure, axes):
        for axis in axes.flat[len(models.w) :]:
            axis.set_axis_off()
        for axis, one, name in zip(axes.flat, models.w, models.names, strict=False):
            _arrows_or_none(axis, one, reach)
            axis.set_title(name)
        explained(figure, axes)
    return figure


def strip(history_w: Weights, steps: Array | None = None) -> Figure:
    """One model's W over training, at most 8 looks evenly from the first to the last.

    In the plane as arrows, as `features` draws them; else as the matrix WᵀW, red where positive.

    Args:
        history_w: looks x hidden x features, as `features` takes it.
        steps: the step of each look; if left out, the labels of an xarray variable, or else the
            looks are counted from 0.

    Raises:
        BadInputError: no such array, or not one step for each look.
    """
    looks = _looks(history_w, steps)
    shown = np.unique(np.linspace(0, len(looks.w) - 1, LOOKS).round().astype(int))
    w, names = looks.w[shown], [looks.names[k] for k in shown]
    dimensions, across = w.shape[1], len(w)
    size = {"width": 1.35 * across + 0.8, "height": 1.9 if dimensions == 2 else 1.75}
    with drawing(1, across, **size) as (figure, axes):
        if dimensions == 2:
            reach = _longest(looks)
            for k, (axis, one) in enumerate(zip(axes[0], w, strict=True)):
                _arrows_or_none(axis, one, reach, numbered=k == across - 1, fontsize=7)
            explained(figure, axes)
        else:
            high = greatest(np.square(norms(looks.w)))
            for axis, one in zip(axes[0], w, strict=True):
                image = matrix_and_bias(axis, one, None, high)
            figure.colorbar(image, ax=axes.ravel().tolist(), label="WᵀW", pad=0.02)
        for axis, name in zip(axes[0], names, strict=True):
            axis.set_title(name)
    return figure


def _looks(history_w: Weights, steps: Array | None) -> Models:
    """The looks as models, named by their steps."""
    looks = models_of(history_w, most=None)
    if np.ndim(history_w) != 3:
        expected = "looks x hidden x features of one model"
        raise bad_input("history_w", np.shape(history_w), expected, "choose a model first")
    if steps is None:
        if isinstance(history_w, xr.DataArray):
            return looks
        return Models(looks.w, tuple(f"look {k}" for k in range(len(looks.w))))
    places = numbers("steps", steps)
    if places.shape != (len(looks.w),):
        raise bad_input("steps", places.shape, f"one for each of {len(looks.w)} looks")
    return Models(looks.w, tuple(f"step {step:.10g}" for step in places))


def _check_dimensions(models: Models) -> None:
    shape = models.w.shape[1:]
    if shape[0] > 3:
        raise bad_input("w", shape, "at most 3 hidden dimensions", "plots.gram shows any size")


def _longest(models: Models) -> float:
    """The length of the longest column of all, to make room for; of nothing, 1."""
    return greatest(norms(models.w))


def _arrows_or_none(
    axis: Any, w: Float[np.ndarray, "hidden features"], reach: float, **look: Any
) -> None:
    if np.isfinite(w).all():
        arrows(axis, w, reach=reach, **look)
    else:
        no_arrows(axis, len(w), reach)
