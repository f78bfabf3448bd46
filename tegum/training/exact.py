"""Training without samples: descent of the exact population loss, to a stop.

The recipe's objective `Expected(tolerance)` asks for it. Models are bottlenecks that reconstruct independent sparse
features, whose loss theory knows; they go down together by a quasi-Newton method (`tegum.theory.search`) in float64,
deterministic, until the gradient is within the tolerance.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.theory.search import minimise
from tegum.training.objectives import AbstractObjective, Reconstruction

SERIES = (32, 128, 1024)  # terms; the short lead most of the way, at a fraction of the cost


def descend(
    models: Any, objectives: AbstractObjective, steps: int, tolerance: float
) -> tuple[Any, dict[str, np.ndarray]]:
    """The models at rest, and for each its exact "loss" (summed over features, also as "L1") and "gradient_norm"."""
    features = _features(models, objectives)
    density, importance = (
        np.asarray(part, np.float64) for part in (features.density, features.importance)
    )
    found = minimise(
        models.w,
        models.b,
        density,
        importance,
        tolerance=tolerance,
        max_steps=steps,
        terms=SERIES,
    )
    trained = replace(models, w=found.w, b=found.b)
    return trained, {"loss": found.loss, "L1": found.loss, "gradient_norm": found.gradient_norm}


def _features(models: Any, objectives: AbstractObjective) -> SparseFeatures:
    """The law of the inputs, where the loss of these models on it is known exactly."""
    if not isinstance(objectives, Reconstruction) or not isinstance(
        objectives.features, SparseFeatures
    ):
        raise bad_input(
            "objective",
            type(objectives).__name__,
            "Reconstruction of SparseFeatures for Expected()",
        )
    if (
        not isinstance(models, Bottleneck)
        or models.w_out is not None
        or models.b_hidden is not None
    ):
        raise bad_input(
            "models", type(models).__name__, "tied Bottlenecks without a hidden bias for Expected()"
        )
    if models.activation != "relu" or objectives.features.values != "unit":
        came = f"{models.activation} output, values {objectives.features.values!r}"
        raise bad_input(
            "models",
            came,
            "ReLU output and values 'unit' for Expected()",
            "linear optima are closed forms",
        )
    return objectives.features
