"""What the plane can hold of one-hot inputs: savings of equal directions, their bound, a fresh feature's pull.

The formulas are derived where the study is described (`tegum.studies.toys.one_hot`); nothing here is trained.
"""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float
from scipy.optimize import linprog, minimize_scalar

from tegum.arrays import Array
from tegum.models.activations import ACTIVATIONS
from tegum.studies.toys.one_hot.model import f_and_slope
from tegum.theory.float64 import in_float64
from tegum.theory.polytopes import polygon

DIRECTIONS = np.linspace(0, 36, 13)  # degrees from a learned direction to midway between two
LENGTHS = np.geomspace(1e-3, 0.3, 11)


def interference_sum(d: int) -> float:
    """c(d) = Σ_{|r| ≤ d/4} cos²(2πr/d): what d equal unit directions do to one of them, itself included."""
    r = np.arange(-(d // 4), d // 4 + 1)
    return float(np.sum(np.cos(2 * np.pi * r / d) ** 2))


PENTAGON_SAVING = 5 / interference_sum(5)  # 4.198213


def certified_saving(frequencies: int = 24, points: int = 4000) -> float:
    """A number that no W in the plane can save more than, for any n: 1/h_0 of the study's linear program.

    h ≤ K is asked for on a grid only; between its points h - K rises above 0 by no more than the grid's spacing lets
    its curvature, and h_0 is lowered by that much.
    """
    theta = np.linspace(0, np.pi, points)
    kernel = np.where(theta < np.pi / 2, np.cos(theta) ** 2, 0.0)
    k = np.arange(frequencies + 1)
    objective = np.zeros(frequencies + 1)
    objective[0] = -1
    found = linprog(
        objective, A_ub=np.cos(np.outer(theta, k)), b_ub=kernel, bounds=(0, None), method="highs"
    )
    h = np.maximum(found.x, 0)
    above = np.max(np.cos(np.outer(theta, k)) @ h - kernel)
    curvature = np.sum(h * k**2) + 2  # of h, and of K on either side of its joint at a right angle
    slack = max(0.0, above) + curvature * (theta[1] / 2) ** 2 / 2
    return float(1 / (h[0] - slack))


def gon_saving(d: int, activation: str) -> tuple[float, float]:
    """The most that d equal directions save of their d, and ‖W‖² there."""
    cosines = np.cos(2 * np.pi * np.arange(d) / d)
    own = np.arange(d) == 0

    def loss(squared: float) -> float:
        return d * float(np.sum((own - f_and_slope(squared * cosines, activation)[0]) ** 2))

    best = minimize_scalar(loss, bounds=(0.0, 3.0), method="bounded", options={"xatol": 1e-12})
    return d - float(best.fun), float(best.x)


def circle(n: int) -> tuple[Float[np.ndarray, "2 features"], Float[np.ndarray, " features"]]:
    """Weights and biases that store n ≥ 2 binary one-hot features in the plane without loss."""
    squared = 1 / (1 - np.cos(2 * np.pi / n))
    return np.sqrt(squared) * polygon(n), np.full(n, 1 - squared)


def _total(w: Array, activation: str) -> Array:
    """The loss of a model without bias on all inputs, for jax to differentiate."""
    return jnp.sum((jnp.eye(w.shape[1]) - ACTIVATIONS[activation](w.T @ w)) ** 2)


def fresh_gradients(activation: str) -> np.ndarray:
    """[length angle component]: by automatic differentiation, outwards and along the circle."""
    pentagon = np.sqrt(gon_saving(5, activation)[1]) * polygon(5)
    radians = np.deg2rad(DIRECTIONS)
    outwards = np.stack([np.cos(radians), np.sin(radians)])
    along = np.stack([-np.sin(radians), np.cos(radians)])
    columns = LENGTHS[:, None, None] * outwards.T  # length angle hidden

    def gradient(columns: Array) -> Array:
        total = lambda u: _total(jnp.concatenate([pentagon, u[:, None]], axis=1), activation)  # noqa: E731
        return jax.jit(jax.vmap(jax.vmap(jax.grad(total))))(columns)

    by_column = in_float64(gradient, columns)
    return np.stack(
        [np.einsum("lah,ha->la", by_column, frame) for frame in (outwards, along)], axis=-1
    )


def predicted_fresh_gradient(ds: xr.Dataset) -> xr.DataArray:
    """The study's formula for ReLU: 4ε³ + 4ε(ρ Σ_j cos²(θ - θ_j)₊ - 1) outwards."""
    rho = 1 / interference_sum(5)
    theta = np.deg2rad(ds.angle.values)[:, None] - 2 * np.pi * np.arange(5) / 5
    crowd = xr.DataArray(
        np.sum(np.maximum(np.cos(theta), 0) ** 2, axis=1), dims="angle", coords={"angle": ds.angle}
    )
    return 4 * ds.length**3 + 4 * ds.length * (rho * crowd - 1)
