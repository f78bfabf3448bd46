"""The L2 attack that moves one output of a bottleneck most, in closed form.

    y_i = (u_i)₊,   u_i = G_i·x + b_i,   G = WᵀW

An attack is δ with ‖δ‖ ≤ λ, added to the input. u_i moves by G_i·δ, which lies between -λ‖G_i‖ and
λ‖G_i‖ and takes these ends at δ = ∓ and ± λ G_i/‖G_i‖ (Cauchy and Schwarz). The ReLU rises with u_i,
so y_i takes exactly the values from (u_i - λ‖G_i‖)₊ to (u_i + λ‖G_i‖)₊, at any input and on either
side of its kink:

- the greatest change of y_i is (u_i + λ‖G_i‖)₊ - (u_i)₊, upwards, since the ReLU is convex. It is
  λ‖G_i‖ where the output is active, less beyond the kink, 0 where it is out of reach;
- the greatest squared error (x_i - y_i)² is at one of the two ends.

This is optimal for each output alone, and the best of all outputs is optimal for "the worst of
outputs". It is not for the error summed over outputs, of which it gives a lower bound. The input may
leave [0, 1], as in the source. A model without superposition, G = 1 on m features and 0 elsewhere,
has ‖G_i‖ = 1 and active outputs on them: its worst output changes by λ at every input. So
‖G_i‖ = ‖W_i‖²/√D_i is the vulnerability beside that of such a model.

Everything here is float64 NumPy; models have leading axes.
"""

import numpy as np
from jaxtyping import Float
from scipy.special import erf

from tegum.arrays import Array, as_float64, check_weights
from tegum.errors import bad_input


def reach(w: Float[Array, "*models hidden features"]) -> Float[np.ndarray, "*models features"]:
    """‖G_i‖: how far an attack of norm 1 moves each output before its ReLU; ‖W_i‖²/√D_i."""
    check_weights(w)
    return np.linalg.norm(_gram(w), axis=-1)


def preactivations(
    w: Float[Array, "*models hidden features"],
    b: Float[Array, "*models features"],
    x: Float[Array, "... samples features"],
) -> Float[np.ndarray, "*models samples features"]:
    """Outputs before the ReLU, u = G x + b: of inputs that all models share, or each has its own."""
    check_weights(w)
    w, b, x = as_float64(w), as_float64(b), as_float64(x)
    return np.matmul(np.matmul(x, np.swapaxes(w, -1, -2)), w) + b[..., None, :]


def greatest_change(
    w: Float[Array, "*models hidden features"],
    b: Float[Array, "*models features"],
    x: Float[Array, "samples features"],
    norm: float,
) -> Float[np.ndarray, "*models samples features"]:
    """How far an attack of this norm can move each output at most, at each input; exact.

    Args:
        w, b: weights and output biases of tied bottlenecks with a ReLU at the output.
        x: inputs.
        norm: λ, at least 0.
    """
    _check(norm)
    u = preactivations(w, b, x)
    return np.maximum(u + norm * reach(w)[..., None, :], 0) - np.maximum(u, 0)


def strongest(
    w: Float[Array, "*models hidden features"],
    b: Float[Array, "*models features"],
    x: Float[Array, "samples features"],
    norm: float,
) -> Float[np.ndarray, "*models samples features"]:
    """The attack δ on each input that makes the worst squared error of a single output greatest.

    Of norm λ, or 0 where all weights are.
    """
    low, high = _errors_at_ends(w, b, x, norm)
    which = np.maximum(low, high).argmax(axis=-1)[..., None]
    sign = np.where(np.take_along_axis(high >= low, which, -1), 1.0, -1.0)
    rows = _unit(_gram(w))
    return norm * sign * np.take_along_axis(rows, np.broadcast_to(which, low.shape), -2)


def squared_errors(
    w: Float[Array, "*models hidden features"],
    b: Float[Array, "*models features"],
    x: Float[Array, "samples features"],
    norm: float,
) -> Float[np.ndarray, "*models samples features"]:
    """Squared errors (x_i - y_i)² of all outputs under the `strongest` attack; y is asked for x."""
    x = as_float64(x)
    u = preactivations(w, b, x + strongest(w, b, x, norm))
    return (x - np.maximum(u, 0)) ** 2


def greatest_error(
    w: Float[Array, "*models hidden features"],
    b: Float[Array, "*models features"],
    x: Float[Array, "samples features"],
    norm: float,
) -> Float[np.ndarray, "*models samples features"]:
    """The greatest squared error of each output alone under any attack of this norm; exact."""
    return _errors_at_ends(w, b, x, norm).max(axis=0)


def ascended(
    w: Float[Array, "*models hidden features"],
    b: Float[Array, "*models features"],
    x: Float[Array, "samples features"],
    norm: float,
    asked: Float[Array, "*models samples features"],
    start: Float[Array, "*models samples features"],
    steps: int = 60,
) -> Float[np.ndarray, "*models samples"]:
    """The error Σ_i a_i (x_i - y_i)² that projected gradient ascent finds, to check closed forms.

    Steps of λ/4 along the normalised gradient, each followed by a projection onto the ball ‖δ‖ ≤ λ.
    Where all outputs asked about are shut the gradient is 0 and nothing moves.

    Args:
        w, b, x, norm: as in `greatest_change`.
        asked: a; 1 for one output and 0 for the others, or 1 for all: their sum.
        start: δ at first.
        steps: of the ascent.
    """
    _check(norm)
    w, b, x, asked = (as_float64(each) for each in (w, b, x, asked))
    delta = as_float64(start)
    for _ in range(steps):
        u = preactivations(w, b, x + delta)
        slope = asked * (np.maximum(u, 0) - x) * (u > 0)
        slope = np.matmul(np.matmul(slope, np.swapaxes(w, -1, -2)), w)
        delta = delta + norm / 4 * _unit(slope)
        size = np.linalg.norm(delta, axis=-1, keepdims=True)
        delta = delta * np.minimum(1, norm / np.where(size == 0, 1, size))
    y = np.maximum(preactivations(w, b, x + delta), 0)
    return np.sum(asked * (x - y) ** 2, axis=-1)


def mean_input_norm(n_features: int, density: float) -> float:
    """E ‖x‖ of independent features, uniform on [0, 1] where active.

    From E √Q = ∫ (1 - E e^(-tQ)) t^(-3/2) dt / (2√π) over t > 0, with Q = Σ x_i².
    """
    if not 0 < density <= 1:
        raise bad_input("density", density, "the chance that a feature is active, in (0, 1]")
    s = np.linspace(-40, 40, 8001)  # t = eˢ: the integrand falls as e^(-|s|/2) on both sides
    root = np.exp(s / 2)
    shrunk = np.where(s > -35, np.sqrt(np.pi) * erf(root) / (2 * root), 1 - root**2 / 3)
    # 1 - (1 + p(a - 1))ⁿ, without cancellation where a is near 1.
    lost = np.where(s > -12, 1 - shrunk, root**2 / 3 - root**4 / 10)
    short = -np.expm1(n_features * np.log1p(-np.minimum(density * lost, 1 - 1e-300)))
    return float(np.sum(short / root) * (s[1] - s[0]) / (2 * np.sqrt(np.pi)))


def typical_over_worst(
    w: Float[Array, "*models hidden features"], density: float
) -> Float[np.ndarray, "*models features"]:
    """Root mean square of Σ_{j≠i} G_ij x_j over its worst case at equal root mean square of ‖x‖.

    Exact moments: with v = p/3 - p²/4, the square of it is

        (v Σ G_ij² + (p/2)² (Σ G_ij)²) / (n p/3 · Σ G_ij²)

    1/n where signs are as if by chance, (ΣG)² = ΣG². At any W the part that varies is √((1 - 3p/4)/n):
    inputs being independent, not signs, keep it small. NaN where nothing interferes.
    """
    g = _gram(w)
    n = g.shape[-1]
    off = g * (1 - np.eye(n))
    squares, sums = np.sum(off**2, axis=-1), np.sum(off, axis=-1)
    v = density / 3 - density**2 / 4
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt((v + density**2 / 4 * sums**2 / squares) / (n * density / 3))


def _errors_at_ends(
    w: Array, b: Array, x: Array, norm: float
) -> Float[np.ndarray, "2 *models samples features"]:
    _check(norm)
    u, step = preactivations(w, b, x), norm * reach(w)[..., None, :]
    return np.stack([(as_float64(x) - np.maximum(u + end, 0)) ** 2 for end in (-step, step)])


def _unit(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.where(length == 0, 1, length)


def _check(norm: float) -> None:
    if not (np.isfinite(norm) and norm >= 0):
        raise bad_input("norm", norm, "the length of an attack, at least 0")


def _gram(w: Float[np.ndarray, "*models hidden features"]) -> Float[np.ndarray, "*models n n"]:
    w = as_float64(w)
    return np.swapaxes(w, -1, -2) @ w
