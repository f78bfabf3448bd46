"""Losses of models with a ReLU in the hidden layer: exact while at most one feature is active, sampled beyond.

    h = (W x)₊,   y = (Vᵀh + b)₊,   L = E Σ_i I_i (f(x_i) - y_i)²,   V = W when tied

Without a hidden bias the hidden layer is homogeneous: with x = s u e_j, s = ±1 and u ≥ 0, output i is (A^s_ij u + b_i)₊
with A^s_ij = Σ_k V_ki (s W_kj)₊, a straight line before the ReLU, so what no or one active feature loses is in closed
form. Two or more have none that is short; they are drawn, all models on the same inputs, and weighed with their chance.
When features are sparse nearly all of the loss is thus exact.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_float64, check_weights
from tegum.errors import bad_input, unknown_name
from tegum.theory.float64 import in_float64
from tegum.theory.one_active import LAWS, ray_moments

SIGNS = {"unit": (1,), "symmetric": (1, -1)}
"""law of values -> the signs that an active feature takes, equally often; its size is uniform on [0, 1]"""
FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda x: x,
    "absolute": np.abs,
}


class Estimate(NamedTuple):
    """What models lose, and what is not sure of it.

    Attributes:
        loss: summed over features, weighted by importance.
        standard_error: of the loss, by sampling; 0 where all of it is exact.
        of_feature: E (f(x_i) - y_i)² of each feature, without its importance.
    """

    loss: Float[np.ndarray, "*models"]
    standard_error: Float[np.ndarray, "*models"]
    of_feature: Float[np.ndarray, "*models features"]


def losses(
    w: Float[Array, "*models hidden features"],
    b: Float[Array, "*models features"],
    density: float,
    importance: Float[Array, " features"],
    *,
    w_out: Float[Array, "*models hidden features"] | None = None,
    values: str = "unit",
    function: str = "identity",
    samples: int = 16384,
    seed: int | np.random.Generator = 0,
) -> Estimate:
    """Losses of models with a ReLU in the hidden layer and at the output, and no hidden bias.

    Args:
        w, b: weights and output biases.
        density: p = 1 - S of every feature.
        importance: of each feature.
        w_out: V, where weights are not tied.
        values: "unit" (uniform on [0, 1]) or "symmetric" (uniform on [-1, 1]).
        function: f, "identity" or "absolute".
        samples: inputs with two or more active features, the same for all models.
        seed: of these.

    Raises:
        BadInputError: an unknown name, or a density that is none.
    """
    check_weights(w)
    w, b, importance = as_float64(w), as_float64(b), as_float64(importance)
    v = w if w_out is None else as_float64(w_out)
    if values not in SIGNS:
        raise unknown_name("values", values, SIGNS)
    if function not in FUNCTIONS:
        raise unknown_name("function", function, FUNCTIONS)
    if not 0 < density <= 1:
        raise bad_input("density", density, "the chance that a feature is active, in (0, 1]")
    n = w.shape[-1]
    chances = _chances_of_count(n, density)
    exact = _at_most_one(w, v, b, chances, values, function)
    of_feature, error = exact, np.zeros(w.shape[:-2])
    if n > 1:
        x = several_active(n, density, samples, values, seed)
        target = FUNCTIONS[function](x)
        sampled = np.empty_like(exact)
        for model in np.ndindex(w.shape[:-2]):
            squares = (target - outputs(w[model], v[model], b[model], x)) ** 2
            sampled[model] = squares.mean(axis=0)
            error[model] = (squares @ importance).std() / np.sqrt(samples)
        many = chances[2:].sum()
        of_feature, error = exact + many * sampled, many * error
    return Estimate(of_feature @ importance, error, of_feature)


def outputs(
    w: Float[np.ndarray, "hidden features"],
    w_out: Float[np.ndarray, "hidden features"],
    b: Float[np.ndarray, " features"],
    x: Float[np.ndarray, "batch features"],
) -> Float[np.ndarray, "batch features"]:
    """What one model answers, y = (Vᵀ(W x)₊ + b)₊, batch first."""
    return np.maximum(np.maximum(x @ w.T, 0) @ w_out + b, 0)


def slopes(
    w: Float[np.ndarray, "*models hidden features"],
    w_out: Float[np.ndarray, "*models hidden features"],
    sign: int,
) -> Float[np.ndarray, "*models features features"]:
    """A^s: row i, column j is what output i gets, before its bias, from x = s e_j alone."""
    return np.swapaxes(w_out, -1, -2) @ np.maximum(sign * w, 0)


def several_active(
    n_features: int, density: float, samples: int, values: str, seed: int | np.random.Generator
) -> Float[np.ndarray, "samples features"]:
    """Inputs given that two features or more are active, each of density p."""
    rng = np.random.default_rng(seed)
    chances = _chances_of_count(n_features, density)[2:]
    counts = rng.choice(np.arange(2, n_features + 1), size=samples, p=chances / chances.sum())
    places = np.argsort(rng.random((samples, n_features)), axis=1)  # any so many of them
    size = rng.random((samples, n_features))
    signs = rng.choice(SIGNS[values], size=(samples, n_features))
    return np.where(places < counts[:, None], signs * size, 0.0)


def _chances_of_count(n: int, p: float) -> Float[np.ndarray, " counts"]:
    """The chance that 0, 1, ... n features are active."""
    chances = np.zeros(n + 1)
    chances[0] = 1.0
    for _ in range(n):
        chances[1:] = chances[1:] * (1 - p) + chances[:-1] * p
        chances[0] *= 1 - p
    return chances


def _at_most_one(
    w: np.ndarray, v: np.ndarray, b: np.ndarray, chances: np.ndarray, values: str, function: str
) -> Float[np.ndarray, "*models features"]:
    """Chance-weighted squared error of each output where no or one feature is active."""
    none = chances[0] * np.maximum(b, 0) ** 2
    signs = SIGNS[values]
    each = chances[1] / w.shape[-1] / len(signs)  # of one feature with one sign
    total = none
    for sign in signs:
        a = slopes(w, v, sign)
        squared, weighted = in_float64(_moments, a, np.broadcast_to(b[..., None], a.shape))
        own = np.diagonal(weighted, axis1=-2, axis2=-1)  # E u y_i where i itself is active
        target = 1.0 if function == "absolute" else float(sign)
        second = LAWS["unit"].second_moment
        total = total + each * (squared.sum(axis=-1) - 2 * target * own + second)
    return total


def _moments(a: Array, b: Array) -> tuple[Array, Array]:
    return ray_moments(a, jnp.asarray(b), LAWS["unit"])
