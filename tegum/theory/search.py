"""Many small models brought to rest together: the BFGS method, in lockstep over a stack, in float64.

Symbols: each model is one vector v = (W, b) of P = n (m + 1) numbers, with loss f, gradient g and an estimate H of the
inverse Hessian. Its step is v - t H g; t shrinks until the loss falls, and H then learns the curvature along the step:

    H ← (1 - ρ s yᵀ) H (1 - ρ y sᵀ) + ρ s sᵀ,    s = change of v, y = change of g, ρ = 1 / s·y.

In one round every model is tried at one point, whether it steps on or shrinks t, so that one compiled program serves
all; models that have come to rest leave the stack. Nothing is drawn at random, and no model sees another.
"""

from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from tegum.arrays import Array
from tegum.errors import bad_input
from tegum.theory.expected import loss_terms

LARGEST = 2048  # numbers in one model: H is dense, 8 P² bytes a model

LossOfWeights = Callable[[Array, Array], Array]


class Minima(NamedTuple):
    """Where each model of a stack came to rest."""

    w: Float[np.ndarray, "models hidden features"]
    b: Float[np.ndarray, "models features"]
    loss: Float[np.ndarray, " models"]
    gradient_norm: Float[np.ndarray, " models"]
    steps: Int[np.ndarray, " models"]  # evaluations of loss and gradient that it took
    converged: Bool[np.ndarray, " models"]  # whether the gradient is within the tolerance


def minimise(
    w0: Float[Array, "models hidden features"],
    b0: Float[Array, "models features"],
    density: float | Array | None = None,
    importance: float | Array | None = None,
    *,
    loss: LossOfWeights | None = None,
    tolerance: float = 1e-8,
    max_steps: int = 2000,
    terms: int = 1024,
) -> Minima:
    """The local minima that descent from (w0, b0) comes to, one for each model of the stack.

    The loss is the exact population loss of `tegum.theory.expected.expected_loss`, or any other loss of one model. Some
    minima are not reached to the tolerance: where the loss has a kink, or falls for ever ever more slowly, or, by the
    series (n > 3), where its gradient is only good to some 1e-9. `gradient_norm` says how near each came.

    Args:
        w0: where each model starts.
        b0: its biases.
        density: p in (0, 1]: one number, or an array that broadcasts to models x features, so that models may differ.
        importance: I, the same; 1 if left out.
        loss: of (w, b) of one model, a scalar in jax, instead of the population loss; then leave out the density. Give
            the same function each time: a fresh one is compiled afresh.
        tolerance: on the norm of the gradient by (w, b); times the greatest p I of a model where that is below 1, since
            all of its loss is in proportion to it.
        max_steps: evaluations that one model may take.
        terms: of the series, as in `expected_loss`.

    Raises:
        BadInputError: on shapes that do not match, numbers out of range, or models too large for a dense H.
    """
    w0, b0 = np.asarray(w0, np.float64), np.asarray(b0, np.float64)
    _check_start(w0, b0, tolerance, max_steps)
    models, hidden, n = w0.shape
    if loss is None:
        if density is None:
            raise bad_input("density", density, "the chance in (0, 1] that a feature is active", "or give a loss")
        p = _for_each_feature("density", density, models, n)
        weight = _for_each_feature("importance", 1.0 if importance is None else importance, models, n)
        scale = np.minimum(1.0, np.max(p * weight, axis=1, initial=0.0))
        program, extra = _of_population(terms), [p, weight]
    else:
        if density is not None or importance is not None:
            raise bad_input("loss", loss, "a loss of (w, b) alone", "bind density and importance inside it")
        program, extra, scale = _of(loss), [], np.ones(models)
    scale = np.where(scale > 0, scale, 1.0)
    if not models:
        return Minima(w0, b0, np.zeros(0), np.zeros(0), np.zeros(0, int), np.zeros(0, bool))

    size = _block(models, n, loss is not None)

    def evaluate(v: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inputs = v[:, : hidden * n].reshape(-1, hidden, n), v[:, hidden * n :], *(each[rows] for each in extra)
        value, (by_w, by_b) = _in_blocks(program, inputs, size)
        return value / scale[rows], np.concatenate([by_w.reshape(len(v), -1), by_b], axis=1) / scale[rows, None]

    start = np.concatenate([w0.reshape(models, -1), b0], axis=1)
    with jax.enable_x64(True):
        v, f, slope, steps = _descend(evaluate, start, tolerance, max_steps)
    w, b = v[:, : hidden * n].reshape(w0.shape), v[:, hidden * n :]
    return Minima(w, b, f * scale, slope * scale, steps, slope <= tolerance)


def _descend(
    evaluate: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
    start: np.ndarray,
    tolerance: float,
    max_steps: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The points, losses and gradient norms where descent ends, and the evaluations it took."""
    models, size = start.shape
    rows = np.arange(models)
    v, (f, g) = start.copy(), evaluate(start, rows)
    ended = v.copy(), f.copy(), np.linalg.norm(g, axis=1), np.ones(models, int)
    h = np.broadcast_to(np.eye(size), (models, size, size)).copy()
    fresh, fails, t = np.ones(models, bool), np.zeros(models, int), 1 / np.maximum(1.0, np.linalg.norm(g, axis=1))

    for step in range(1, max_steps + 1):
        norm = np.linalg.norm(g, axis=1)
        # Twice in a row no step helps, even along the gradient: rounding, or a kink.
        going = np.isfinite(f) & (norm > tolerance) & ~(fresh & (fails > 25))
        for into, value in zip(ended, (v, f, norm, np.full(len(f), step)), strict=True):
            into[rows] = value
        if not going.any():
            break
        if not going.all():
            rows, v, f, g, h, fresh, fails, t = (each[going] for each in (rows, v, f, g, h, fresh, fails, t))

        d = -np.matmul(h, g[..., None])[..., 0]
        down = np.sum(g * d, axis=1)
        lost = (fails > 25) | ~(down < 0)
        if lost.any():
            h[lost], fresh[lost], fails[lost] = np.eye(size), True, 0
            d[lost], down[lost] = -g[lost], -np.sum(g[lost] ** 2, axis=1)
            t[lost] = 1 / np.maximum(1.0, np.sqrt(-down[lost]))
        f1, g1 = evaluate(v + t[:, None] * d, rows)
        down1 = np.sum(g1 * d, axis=1)
        # Near the end losses differ by rounding alone; there the slope along the step decides.
        falls = f1 <= f + 1e-4 * t * down
        level = (f1 <= f + 1e-14 * np.abs(f) + 1e-15) & (np.abs(down1) <= 0.9 * np.abs(down))
        taken = (falls | level) & np.all(np.isfinite(g1), axis=1)

        s, y = t[:, None] * d, g1 - g
        sy = np.sum(s * y, axis=1)
        curved = taken & (sy > 1e-12 * np.linalg.norm(s, axis=1) * np.linalg.norm(y, axis=1))
        first = curved & fresh
        h[first] *= (sy[first] / np.sum(y[first] ** 2, axis=1))[:, None, None]
        _learn(h, curved, s, y, sy)
        # The least of the parabola through f, its slope and f1; a step that still falls steeply is followed by a
        # longer one.
        curve = 2 * (f1 - f - t * down)
        shorter = np.where(np.isfinite(curve) & (curve > 0), -(t * down) / np.where(curve > 0, curve, 1.0), 0.1)
        longer = np.where(down1 < 0.9 * down, np.minimum(2 * t, 1e3), 1.0)
        v, f, g = np.where(taken[:, None], v + s, v), np.where(taken, f1, f), np.where(taken[:, None], g1, g)
        t = np.where(taken, longer, t * np.clip(shorter, 0.1, 0.5))
        fresh, fails = fresh & ~curved, np.where(taken, 0, fails + 1)
    return ended


def _learn(h: np.ndarray, rows: np.ndarray, s: np.ndarray, y: np.ndarray, sy: np.ndarray) -> None:
    """The BFGS update of H, in place, for the marked rows."""
    s, y, rho = s[rows], y[rows], 1 / sy[rows]
    hy = np.matmul(h[rows], y[..., None])[..., 0]
    grow = rho + rho**2 * np.sum(y * hy, axis=1)
    cross = rho[:, None, None] * hy[:, :, None] * s[:, None, :]
    h[rows] += grow[:, None, None] * s[:, :, None] * s[:, None, :] - cross - cross.transpose(0, 2, 1)


def _population_loss(w: Array, b: Array, density: Array, importance: Array, terms: int) -> Array:
    return jnp.sum(importance * loss_terms(w, b, density, terms=terms))


@cache
def _of_population(terms: int) -> Callable[..., Any]:
    return _of(partial(_population_loss, terms=terms))


@lru_cache(maxsize=32)
def _of(loss: Callable[..., Array]) -> Callable[..., Any]:
    """The compiled loss and gradient of a stack."""
    return jax.jit(jax.vmap(jax.value_and_grad(loss, argnums=(0, 1))))


def _block(models: int, n: int, cheap: bool) -> int:
    """How many models one call of the program takes: of few sizes, as each is compiled."""
    if cheap or n <= 2:
        return 64 if models <= 64 else 1024
    return 16 if n == 3 else 8 if n == 4 else 4 if n <= 6 else 1


def _in_blocks(program: Callable[..., Any], inputs: tuple[np.ndarray, ...], size: int) -> Any:
    """`program` over the stack, in blocks of one size, so that it is compiled once; the last is filled up."""
    count = len(inputs[0])
    take = np.minimum(np.arange(-(-count // size) * size), count - 1).reshape(-1, size)
    parts = [program(*(each[block] for each in inputs)) for block in take]
    return jax.tree.map(lambda *leaves: np.concatenate([np.asarray(leaf) for leaf in leaves])[:count], *parts)


def _check_start(w0: np.ndarray, b0: np.ndarray, tolerance: float, max_steps: int) -> None:
    if w0.ndim != 3 or 0 in w0.shape[1:]:
        raise bad_input("w0", w0.shape, "a shape of models x hidden x features")
    models, hidden, n = w0.shape
    if b0.shape != (models, n):
        raise bad_input("b0", b0.shape, f"one bias per model and feature, shape {(models, n)}")
    for name, array in (("w0", w0), ("b0", b0)):
        if not np.isfinite(array).all():
            raise bad_input(name, array, "finite numbers")
    if n * (hidden + 1) > LARGEST:
        raise bad_input("w0", w0.shape, f"models of at most {LARGEST} weights and biases", "train larger ones instead")
    if not tolerance > 0:
        raise bad_input("tolerance", tolerance, "a norm above 0")
    if max_steps < 1:
        raise bad_input("max_steps", max_steps, "at least 1")


def _for_each_feature(name: str, value: float | Array, models: int, n: int) -> np.ndarray:
    array = np.asarray(value, np.float64)
    try:
        each = np.broadcast_to(array, (models, n))
    except ValueError:
        raise bad_input(name, array.shape, f"a shape that broadcasts to models x features, {(models, n)}") from None
    if name == "density" and not (np.all(each > 0) and np.all(each <= 1)):
        raise bad_input(name, value, "chances in (0, 1] that a feature is active", "density is 1 - sparsity")
    if not (np.all(each >= 0) and np.isfinite(each).all()):
        raise bad_input(name, value, "finite weights of at least 0")
    return each
