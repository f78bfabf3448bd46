"""Weights from anywhere as what the plots of weights draw: one stack of models, each with its title."""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.arrays import as_numpy, check_weights
from tegum.errors import bad_input

Weights: TypeAlias = Any
"""what `numpy.asarray` takes, a PyTorch tensor that requires grad, or an xarray variable"""

MOST = 12
"""models that one figure draws side by side"""


class Models(NamedTuple):
    """Models in a row, NaN throughout if they have diverged, and what each is called: nothing if it
    is alone.
    """

    w: Float[np.ndarray, "models hidden features"]
    names: tuple[str, ...]


def models_of(w: Weights, most: int | None = MOST) -> Models:
    """W of one model or of many, in float64.

    Args:
        w: hidden x features; any axes before these are models. Axes of an xarray variable go by
            their names "hidden" and "feature", and its labels name the models.
        most: how many models at most; None for any number.

    Raises:
        BadInputError: no such array, more hidden dimensions than features, or too many models.
    """
    if hasattr(w, "w"):  # a model, or the Dataset of `fit`
        raise bad_input(
            "w", type(w).__name__, "an array, hidden x features", "give its weights: .w"
        )
    array, names = _labelled(w) if isinstance(w, xr.DataArray) else (numbers("w", w), None)
    check_weights(array)
    shape = array.shape
    if 0 in shape:
        raise bad_input("w", shape, "at least one model, hidden dimension and feature")
    if shape[-2] > shape[-1]:
        turned = "w.T" if len(shape) == 2 else "numpy.swapaxes(w, -1, -2)"
        expected = "hidden x features with at most as many hidden dimensions as features"
        raise bad_input("w", shape, expected, f"transpose it: {turned}")
    models = array.reshape(-1, *shape[-2:])
    if most is not None and len(models) > most:
        expected = f"at most {most} models side by side"
        raise bad_input("w", len(models), expected, f"choose some, such as w[:{most}]")
    if names is None:
        names = [
            f"model {', '.join(map(str, place))}" if place else ""
            for place in np.ndindex(*shape[:-2])
        ]
    finite = np.isfinite(models).all(axis=(1, 2), keepdims=True)
    return Models(np.where(finite, models, np.nan), tuple(names))


def biases_of(b: Weights, models: Models) -> Float[np.ndarray, "models features"]:
    """The biases that go with some models, in float64.

    Raises:
        BadInputError: not one for each feature of each model.
    """
    if isinstance(b, xr.DataArray) and "feature" in b.dims:
        b = b.transpose(..., "feature")
    array = numbers("b", b)
    count, _, n_features = models.w.shape
    if array.shape[-1:] != (n_features,) or array.size != count * n_features:
        wanted = f"{n_features} biases" + (f" for each of {count} models" if count > 1 else "")
        raise bad_input("b", array.shape, wanted)
    return array.reshape(count, n_features)


def numbers(argument: str, values: Weights) -> Float[np.ndarray, "*shape"]:
    """Real numbers as a float64 array.

    Raises:
        BadInputError: there is no array of real numbers in it.
    """
    try:
        array = as_numpy(values)
        if array.dtype.kind in "cOUSMm":  # not "V" as well: that is bfloat16 of jax
            raise TypeError
        return array.astype(np.float64)
    except (TypeError, ValueError):
        raise bad_input(argument, values, "an array of real numbers") from None


def _labelled(w: xr.DataArray) -> tuple[np.ndarray, list[str]]:
    """The values in the order of axes that all have here, and the models' names by their labels."""
    if not {"hidden", "feature"} <= set(w.dims):
        way_out = 'rename them, such as w.rename(neuron="hidden")'
        raise bad_input("w", w.dims, 'axes called "hidden" and "feature"', way_out)
    ordered = w.transpose(..., "hidden", "feature")
    axes = ordered.dims[:-2]
    labels = {axis: ordered[axis].values for axis in axes}
    names = [
        ", ".join(f"{axis} {_short(labels[axis][k])}" for axis, k in zip(axes, place, strict=True))
        for place in np.ndindex(*ordered.shape[:-2])
    ]
    return numbers("w", ordered.values), names


def _short(label: object) -> str:
    return f"{label:.4g}" if isinstance(label, float | int | np.number) else str(label)
