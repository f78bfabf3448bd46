"""WᵀW as a heat map: what a linear decoder makes of each feature alone; for weights of any size."""

from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from tegum.analysis.geometry import gram as gram_of
from tegum.plots.style import drawing
from tegum.plots.weights import Weights, biases_of, models_of

ACROSS = 4
"""models in a row"""


def gram(w: Weights, b: Weights | None = None) -> Figure:
    """WᵀW of every model, with the bias as a column beside it: red positive, blue negative.

    All have one scale, the same on either side of 0.

    Args:
        w: hidden x features, of any size, as anything that `numpy.asarray` takes, a PyTorch tensor,
            or an xarray variable with axes "hidden" and "feature". Axes before these are models, at
            most 12.
        b: output biases, one for each feature of each model.

    Raises:
        BadInputError: no such array; more hidden dimensions than features; more models.
    """
    models = models_of(w)
    biases = None if b is None else biases_of(b, models)
    both = [np.sum(np.square(models.w), axis=1)] + ([] if biases is None else [np.abs(biases)])
    high = max(map(greatest, both))
    count, n_features = len(models.w), models.w.shape[-1]
    across = min(ACROSS, count)
    down = -(-count // across)
    side = 3.0 if count == 1 else 2.2
    with drawing(down, across, width=side * across + 0.9, height=side * down + 0.35) as (
        figure,
        axes,
    ):
        for axis in axes.flat[count:]:
            axis.set_axis_off()
        for k, (axis, one) in enumerate(zip(axes.flat, models.w, strict=False)):
            bias = None if biases is None else biases[k]
            image = matrix_and_bias(axis, one, bias, high)
            apart = max(1, -(-n_features // 10))
            places = range(0, n_features, apart)
            axis.set(title=models.names[k], xticks=places, yticks=places)
            axis.tick_params(length=2, labelsize=8)
            if not np.isfinite(one).all():
                middle = (n_features - 1) / 2
                axis.text(middle, middle, "diverged", ha="center", va="center")
            if k % across == 0:
                axis.set_ylabel("feature")
            if k + across >= count:
                axis.set_xlabel("feature")
        of = "WᵀW" if b is None else "WᵀW, and right of it b"
        figure.colorbar(image, ax=axes.ravel().tolist(), label=of, pad=0.02, shrink=1 / down)
    return figure


def matrix_and_bias(
    axis: Any,
    w: Float[np.ndarray, "hidden features"],
    b: Float[np.ndarray, " features"] | None,
    high: float,
) -> Any:
    """Draw one model's WᵀW, and to its right its bias; returns the image, for `figure.colorbar`.

    Args:
        axis: matplotlib axes, without ticks and frame afterwards.
        w, b: the model's.
        high: what the strongest red stands for; the strongest blue, for the opposite.
    """
    n = w.shape[1]
    colours: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -high, "vmax": high}
    image = axis.imshow(gram_of(w), **colours)
    right = n - 0.5
    if b is not None:
        left = n - 0.5 + max(0.5, 0.05 * n)
        right = left + max(0.8, 0.075 * n)
        axis.imshow(b[:, None], extent=(left, right, n - 0.5, -0.5), **colours)
    axis.set(xlim=(-0.5, right), ylim=(n - 0.5, -0.5), xticks=[], yticks=[], aspect="equal")
    axis.spines[:].set_visible(False)
    return image


def greatest(values: Float[np.ndarray, "*shape"]) -> float:
    """The greatest finite number, as the end of a scale; 1 where there is none above 0."""
    return float(values[np.isfinite(values)].max(initial=0.0)) or 1.0
