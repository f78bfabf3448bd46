"""Activations with their slopes in float64, for gradients written out by hand."""

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from tegum.models.activations import activation_name


def f_and_slope(
    z: Float[np.ndarray, "*shape"], activation: str
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """f(z) and f'(z) of an activation by name; at its kink ReLU has the slope 0.

    Raises:
        BadInputError: on an unknown activation.
    """
    name = activation_name(activation)
    if name == "linear":
        return z, np.ones_like(z)
    if name == "relu":
        return np.maximum(z, 0), (z > 0) * 1.0
    return z * ndtr(z), ndtr(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
