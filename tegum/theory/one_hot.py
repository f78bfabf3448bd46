"""What the plane can hold of one-hot inputs: savings of equal directions, their bound, descent.

All inputs at once are the identity, x = e_j of value 1, and the model is x' = f(WᵀWx + b) with two
hidden dimensions. Its loss, summed over features and over the n inputs, is

    L = Σ_j ‖e_j - f(WᵀW e_j + b)‖² = Σ_i (1 - ‖W_i‖²)² + Σ_{j≠i} ReLU(W_i·W_j)²  (f = ReLU, b = 0).

Put the squared norms ‖W_i‖² on the circle as a measure μ of mass t. Then L = n - 2t + ∫∫ K dμ dμ,
K(θ) = cos²(θ)₊, and the best mass leaves L = n - 1/E, E = the least of ∫∫ K dν dν over probability
measures ν. So what a model saves of the n it begins with is one number, 1/E, the same for all n
that can hold the best ν; features that share a direction split its mass.

A fresh feature with the column u feels the gradient

    ∂L/∂u = 4 ‖u‖² u - 4 u + 4 M(u),    M(u) = Σ_j ReLU(u·W_j) W_j over the learned features j.

A learned feature i is at rest, which says exactly M(W_i) = W_i.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.optimize import linprog, minimize, minimize_scalar

from tegum.arrays import Array, as_float64
from tegum.models.activations import ACTIVATIONS
from tegum.models.slopes import f_and_slope
from tegum.theory.float64 import in_float64
from tegum.theory.polytopes import polygon

Plane = Float[np.ndarray, "2 features"]


def interference_sum(d: int) -> float:
    """c(d) = Σ_{|r| ≤ d/4} cos²(2πr/d): what d equal unit directions do to one, itself included."""
    r = np.arange(-(d // 4), d // 4 + 1)
    return float(np.sum(np.cos(2 * np.pi * r / d) ** 2))


PENTAGON_SAVING = 5 / interference_sum(5)
"""4.198213, the most that any W in the plane saves with ReLU and no bias"""


def certified_saving(frequencies: int = 24, points: int = 4000) -> float:
    """A number that no W in the plane can save more than, for any n, with ReLU and no bias.

    If h(θ) = Σ_k h_k cos kθ ≤ K(θ) with all h_k ≥ 0, then ∫∫ K dν dν ≥ h_0 for every ν, and nothing
    saves more than 1/h_0; the greatest h_0 is a linear program. h ≤ K is asked for on a grid only:
    between its points h - K rises above 0 by no more than the grid's spacing lets its curvature,
    and h_0 is lowered by that much.

    Args:
        frequencies: greatest k.
        points: of the grid, from 0 to π.
    """
    theta = np.linspace(0, np.pi, points)
    kernel = np.where(theta < np.pi / 2, np.cos(theta) ** 2, 0.0)
    k = np.arange(frequencies + 1)
    bounds = {"A_ub": np.cos(np.outer(theta, k)), "b_ub": kernel, "bounds": (0, None)}
    h = np.maximum(linprog(np.where(k == 0, -1.0, 0.0), **bounds, method="highs").x, 0)
    above = np.max(np.cos(np.outer(theta, k)) @ h - kernel)
    curvature = np.sum(h * k**2) + 2  # of h, and of K on either side of its joint at a right angle
    slack = max(0.0, above) + curvature * (theta[1] / 2) ** 2 / 2
    return float(1 / (h[0] - slack))


def gon_saving(d: int, activation: str) -> tuple[float, float]:
    """The most that d equal directions save of their d without a bias, and ‖W_i‖² there."""
    cosines = np.cos(2 * np.pi * np.arange(d) / d)
    own = np.arange(d) == 0

    def loss(squared: float) -> float:
        return d * float(np.sum((own - f_and_slope(squared * cosines, activation)[0]) ** 2))

    best = minimize_scalar(loss, bounds=(0.0, 3.0), method="bounded", options={"xatol": 1e-12})
    return d - float(best.fun), float(best.x)


def circle(n: int) -> tuple[Plane, Float[np.ndarray, " features"]]:
    """W and b that store n ≥ 2 one-hot features in the plane without loss.

    On a circle of radius R with R²(1 - cos 2π/n) = 1, and b = 1 - R².
    """
    squared = 1 / (1 - np.cos(2 * np.pi / n))
    return np.sqrt(squared) * polygon(n), np.full(n, 1 - squared)


def five_fold(w: Plane) -> float:
    """|Σ_i ‖W_i‖² e^{5iθ_i}| / Σ_i ‖W_i‖²: 1 when all W_i point to one regular pentagon's corners."""
    z = w[0] + 1j * w[1]
    mass = np.abs(z) ** 2
    return float(np.abs(np.sum(mass * np.exp(5j * np.angle(z)))) / mass.sum())


# --- a fresh feature beside a pentagon ----------------------------------------------------------


def fresh_pull(
    activation: str, lengths: Float[np.ndarray, " lengths"], degrees: Float[np.ndarray, " angles"]
) -> Float[np.ndarray, "lengths angles"]:
    """∂L/∂ε of a fresh feature of length ε beside a pentagon at rest, by automatic differentiation.

    Above 0 it pulls back to 0.

    Args:
        activation: without bias.
        lengths: ε.
        degrees: its angle from a learned direction.
    """
    pentagon = np.sqrt(gon_saving(5, activation)[1]) * polygon(5)
    radians = np.deg2rad(degrees)
    outwards = np.stack([np.cos(radians), np.sin(radians)], axis=-1)

    def loss(length: Array, direction: Array) -> Array:
        w = jnp.concatenate([pentagon, length * direction[:, None]], axis=1)
        return jnp.sum((jnp.eye(6) - ACTIVATIONS[activation](w.T @ w)) ** 2)

    def pull(lengths: Array, directions: Array) -> Array:
        each = jax.vmap(jax.grad(loss), in_axes=(None, 0))
        return jax.jit(jax.vmap(each, in_axes=(0, None)))(lengths, directions)

    return np.asarray(in_float64(pull, as_float64(lengths), outwards))


def relu_pull(
    lengths: Float[np.ndarray, " lengths"], degrees: Float[np.ndarray, " angles"]
) -> Float[np.ndarray, "lengths angles"]:
    """The same with ReLU in closed form: 4ε³ + 4ε(ρ Σ_j cos²(θ - θ_j)₊ - 1), ρ = ‖W_i‖².

    M is homogeneous of degree one, as ReLU is, so along a learned direction, where M(u) = u, only
    4ε³ is left: nothing to the first order.
    """
    theta = np.deg2rad(degrees)[:, None] - 2 * np.pi * np.arange(5) / 5
    crowd = np.sum(np.maximum(np.cos(theta), 0) ** 2, axis=1)
    return 4 * lengths[:, None] ** 3 + 4 * lengths[:, None] * (crowd / interference_sum(5) - 1)


def gelu_pull(squared_norm: float) -> float:
    """∂L/∂ε over ε as ε → 0 with GELU: 2(5ρ/4 - 1), ρ = ‖W_i‖², in every direction.

    GELU is z/2 near 0, so nothing cancels.
    """
    return 2 * (5 * squared_norm / 4 - 1)


def square_of_five(activation: str) -> Plane:
    """A square at rest and a fifth feature: with ReLU half of a corner's mass, with GELU at 0."""
    w = np.concatenate([np.sqrt(gon_saving(4, activation)[1]) * polygon(4), np.zeros((2, 1))], 1)
    if activation == "relu":
        w[:, [0, 4]] = w[:, [0]] / np.sqrt(2)
    return w


# --- descent ------------------------------------------------------------------------------------


def descended(
    start: Float[np.ndarray, " numbers"], n: int, activation: str
) -> tuple[float, Float[np.ndarray, " numbers"]]:
    """Where L-BFGS leads from W, row after row, and, if there are n numbers more, b: loss and place."""
    options = {"maxiter": 2000, "maxfun": 3000, "ftol": 1e-13, "gtol": 1e-8}
    at = {"args": (n, activation), "jac": True}
    found = minimize(loss_and_gradient, start, **at, method="L-BFGS-B", options=options)
    return float(found.fun), found.x


def losses(
    w: Float[np.ndarray, "*models 2 features"],
    activation: str,
    b: Float[np.ndarray, "*models features"] | None = None,
) -> Float[np.ndarray, "*models"]:
    """The losses of stacked models, without bias if b is left out."""
    z = np.swapaxes(w, -1, -2) @ w + (0.0 if b is None else b[..., None])
    error = f_and_slope(z, activation)[0] - np.eye(w.shape[-1])
    return np.sum(error**2, axis=(-1, -2))


def loss_and_gradient(
    numbers: Float[np.ndarray, " numbers"], n: int, activation: str
) -> tuple[float, Float[np.ndarray, " numbers"]]:
    """The loss of W and perhaps b, laid out as in `descended`, and its gradient."""
    w, b = numbers[: 2 * n].reshape(2, n), numbers[2 * n :]
    f, slope = f_and_slope(w.T @ w + (b[:, None] if b.size else 0.0), activation)
    error = f - np.eye(n)
    by_z = 2 * error * slope
    by_w = w @ (by_z + by_z.T)
    return float(np.sum(error**2)), np.concatenate([by_w.ravel(), by_z.sum(axis=1)[: b.size]])


def plain_start(n: int, rng: np.random.Generator) -> Float[np.ndarray, " numbers"]:
    """Gaussian W, no bias."""
    return rng.standard_normal(2 * n)


def nudged(w: Plane, rng: np.random.Generator) -> Float[np.ndarray, " numbers"]:
    """A random point near W, each number off by some 0.001."""
    return w.ravel() + 1e-3 * rng.standard_normal(w.size)


def ragged_circle(n: int, rng: np.random.Generator) -> Float[np.ndarray, " numbers"]:
    """W on a ragged circle, far out, with its biases: the lossless ones have norms of order n/4."""
    angles = 2 * np.pi * np.arange(n) / n + 0.3 * rng.standard_normal(n)
    radius = np.full(n, n / 2)
    return np.concatenate([radius * np.cos(angles), radius * np.sin(angles), 1 - radius**2])
