"""The settings in which one-hot inputs are learned, and their activations with slopes, for descent in float64."""

from typing import Literal

import numpy as np
from scipy.special import ndtr

Setting = Literal["relu", "gelu", "relu with bias"]
SETTINGS: tuple[Setting, ...] = ("relu", "gelu", "relu with bias")


def activation_of(setting: str) -> Literal["relu", "gelu"]:
    """The activation in a setting."""
    return "gelu" if setting == "gelu" else "relu"


def f_and_slope(z: np.ndarray, activation: str) -> tuple[np.ndarray, np.ndarray]:
    """f(z) and f'(z)."""
    if activation == "relu":
        return np.maximum(z, 0), (z > 0) * 1.0
    return z * ndtr(z), ndtr(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
