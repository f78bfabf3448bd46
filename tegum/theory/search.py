"""Many small models brought to rest together: the BFGS method, in lockstep over a stack, in float64.

Symbols: each model is one vector v = (W, b) of P = n (m + 1) numbers, with loss f, gradient g and an estimate H of the
inverse Hessian. Its step is v - t H g; t shrinks until the loss falls, and H then learns the curvature along the step:

    H ← (1 - ρ s yᵀ) H (1 - ρ y sᵀ) + ρ s sᵀ,    s = change of v, y = change of g, ρ = 1 / s·y.

In one round every model is tried at one point, whether it steps on or shrinks t. Rounds run many at a time inside one
compiled program; between, models that have come to rest leave the stack. Nothing is drawn at random, and no model sees
another. Newton's method would save nothing at the end: at n = 5, m = 2 an exact Hessian costs as much as 7 gradients by
32 terms and 15 by 1024, and BFGS takes 27 gradients in all from a slope of 1e-2 to one of 1e-8.

Where the loss is a series, a short one can lead: a longer one then begins where the shorter came to rest, with the H
that was learned there, so that few of its rounds are left.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from tegum.arrays import Array, as_float64
from tegum.compiled import COMPILER_OPTIONS, in_blocks
from tegum.errors import bad_input
from tegum.theory.expected import loss_terms
from tegum.theory.one_active import LAWS
from tegum.theory.patterns import has_few_points

ROUNDS = 32  # before those at rest leave the stack
NEAR = 1e-6  # tolerance of series that lead; below, the slope of a short one need not be that of its value
LARGEST = 2048  # numbers in one model: H is dense, 8 P² bytes a model

LossOfWeights = Callable[[Array, Array], Array]


class Minima(NamedTuple):
    """Where each model of a stack came to rest."""

    w: Float[np.ndarray, "models hidden features"]
    b: Float[np.ndarray, "models features"]
    loss: Float[np.ndarray, " models"]
    gradient_norm: Float[np.ndarray, " models"]
    steps: Int[np.ndarray, " models"]  # evaluations of loss and gradient, by all series
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
    terms: int | Sequence[int] = 1024,
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
        max_steps: evaluations that one model may take, by each series.
        terms: of the series, as in `expected_loss`; or of several series, each of which leads the next.

    Raises:
        BadInputError: on shapes that do not match, numbers out of range, or models too large for a dense H.
    """
    w0, b0 = as_float64(w0), as_float64(b0)
    _check_start(w0, b0, tolerance, max_steps)
    models, hidden, n = w0.shape
    lengths = np.atleast_1d(terms).tolist()
    if not lengths or min(lengths) < 1:
        raise bad_input("terms", terms, "at least 1 term of the series, or several such numbers")
    if loss is not None or has_few_points(n, LAWS["unit"]):
        lengths = lengths[-1:]  # no series is used
    if loss is None:
        if density is None:
            raise bad_input(
                "density",
                density,
                "the chance in (0, 1] that a feature is active",
                "or give a loss",
            )
        p = _for_each_feature("density", density, models, n)
        weight = _for_each_feature(
            "importance", 1.0 if importance is None else importance, models, n
        )
        scale = np.minimum(1.0, np.max(p * weight, axis=1, initial=0.0))
        extra: tuple[np.ndarray, ...] = (p, weight)
    else:
        if density is not None or importance is not None:
            raise bad_input(
                "loss", loss, "a loss of (w, b) alone", "bind density and importance inside it"
            )
        scale, extra = np.ones(models), ()
    scale = np.where(scale > 0, scale, 1.0)
    if not models:
        return Minima(w0, b0, np.zeros(0), np.zeros(0), np.zeros(0, int), np.zeros(0, bool))
    state, steps = _State.at(w0, b0), np.zeros(models, int)
    block = _block(models, n, loss is not None)
    with jax.enable_x64(True):
        for k, length in enumerate(lengths, 1):
            program = _program(loss, n, hidden, length)
            near = tolerance if k == len(lengths) else max(tolerance, NEAR)
            end = _descend(program, state, (*extra, scale), near, max_steps, block)
            state, steps = end.anew(), steps + end.steps
    w, b = end.v[:, : hidden * n].reshape(w0.shape), end.v[:, hidden * n :]
    slope = np.linalg.norm(end.g, axis=1)
    return Minima(w, b, end.f * scale, slope * scale, steps, slope <= tolerance)


class _State(NamedTuple):
    """One model on its way; of a stack, models first."""

    v: Array
    f: Array
    g: Array
    h: Array
    t: Array
    fresh: Array  # whether H has learned nothing yet
    fails: Array  # tries since a step was last taken
    steps: Array  # evaluations so far
    resting: Array

    @classmethod
    def at(cls, w: np.ndarray, b: np.ndarray) -> "_State":
        v = np.concatenate([w.reshape(len(w), -1), b], axis=1)
        h = np.broadcast_to(np.eye(v.shape[1]), (*v.shape, v.shape[1]))
        none, no = np.zeros(len(v)), np.zeros(len(v), int)
        return cls(v, none + np.inf, np.zeros_like(v), h, none, none == 0, no, no, none > 0)

    def anew(self) -> "_State":
        """From here by another loss: what was learned of the curvature is kept."""
        none = np.zeros_like(self.steps)
        return self._replace(fails=none, steps=none, resting=none > 0)


def _descend(
    program: Callable[..., _State],
    state: _State,
    extra: tuple[np.ndarray, ...],
    tolerance: float,
    max_steps: int,
    block: int,
) -> _State:
    """Where descent ends. Every so many rounds, models that have come to rest leave the stack."""
    ended = jax.tree.map(np.array, state)
    rows = np.arange(len(state.v))
    while rows.size:
        state = in_blocks(
            lambda stack: program(*stack, tolerance, max_steps), (state, extra), block
        )
        for into, value in zip(ended, state, strict=True):
            into[rows] = value
        going = np.flatnonzero(~state.resting & (state.steps < max_steps))
        rows = rows[going]
        state, extra = jax.tree.map(partial(np.take, indices=going, axis=0), (state, extra))
    return ended


def _round(
    evaluate: Callable[[Array], tuple[Array, Array]], state: _State, tolerance: Array
) -> _State:
    """One evaluation of one model: the first at its start, the others where it would step."""
    v, f, g, h, t, fresh, fails, steps, _ = state
    begins, size = steps == 0, v.shape[0]
    d = -(h @ g)
    down = g @ d
    lost = ~begins & ((fails > 25) | ~(down < 0))
    h, d = jnp.where(lost, jnp.eye(size), h), jnp.where(lost, -g, d)
    down, fresh, fails = jnp.where(lost, -(g @ g), down), fresh | lost, jnp.where(lost, 0, fails)
    t = jnp.where(lost, _first_length(g), t)

    s = jnp.where(begins, 0.0, t * d)
    f1, g1 = evaluate(v + s)
    down1 = g1 @ d
    # Near the end losses differ by rounding alone; there the slope along the step decides.
    falls = f1 <= f + 1e-4 * t * down
    level = (f1 <= f + 1e-14 * jnp.abs(f) + 1e-15) & (jnp.abs(down1) <= 0.9 * jnp.abs(down))
    # On a flat shelf f1 = f passes for a fall; without a smaller gradient either it leads nowhere.
    gains = (f - f1 > 1e-15 * jnp.abs(f)) | (jnp.linalg.norm(g1) < 0.999 * jnp.linalg.norm(g))
    taken = begins | ((falls | level) & gains & jnp.all(jnp.isfinite(g1)))

    y = g1 - g
    sy = s @ y
    curved = taken & (sy > 1e-12 * jnp.linalg.norm(s) * jnp.linalg.norm(y))
    h = _learned(h * jnp.where(curved & fresh, sy / (y @ y), 1.0), s, y, sy, curved)
    # The least of the parabola through f, its slope and f1; a step that still falls steeply is followed by a longer.
    curve = 2 * (f1 - f - t * down)
    shorter = jnp.where(
        jnp.isfinite(curve) & (curve > 0), -(t * down) / jnp.where(curve > 0, curve, 1.0), 0.1
    )
    longer = jnp.where(down1 < 0.9 * down, jnp.minimum(2 * t, 1e3), 1.0)
    t = jnp.where(taken, longer, t * jnp.clip(shorter, 0.1, 0.5))
    t = jnp.where(begins, jnp.where(fresh, _first_length(g1), 1.0), t)
    v, f, g = jnp.where(taken, v + s, v), jnp.where(taken, f1, f), jnp.where(taken, g1, g)
    fresh, fails = fresh & ~curved, jnp.where(taken, 0, fails + 1)
    # Twice in a row no step helps, even along the gradient: rounding, or a kink.
    resting = ~jnp.isfinite(f) | (jnp.linalg.norm(g) <= tolerance) | (fresh & (fails > 25))
    return _State(v, f, g, h, t, fresh, fails, steps + 1, resting)


def _first_length(g: Array) -> Array:
    return 1 / jnp.maximum(1.0, jnp.linalg.norm(g))


def _learned(h: Array, s: Array, y: Array, sy: Array, curved: Array) -> Array:
    """H after the BFGS update, where the step showed positive curvature."""
    rho = 1 / jnp.where(curved, sy, 1.0)
    hy = h @ y
    cross = rho * jnp.outer(hy, s)
    return jnp.where(curved, h + (rho + rho**2 * (y @ hy)) * jnp.outer(s, s) - cross - cross.T, h)


def _rounds(
    loss: Callable[..., Array],
    state: _State,
    extra: tuple[Array, ...],
    tolerance: Array,
    max_steps: Array,
) -> _State:
    """Up to ROUNDS rounds of one model. `loss` is of its vector and of `extra`."""
    evaluate = jax.value_and_grad(lambda v: loss(v, *extra))
    last = jnp.minimum(state.steps + ROUNDS, max_steps)

    def going(state: _State) -> Array:
        return ~state.resting & (state.steps < last)

    return jax.lax.while_loop(going, lambda state: _round(evaluate, state, tolerance), state)


@cache
def _program(loss: LossOfWeights | None, n: int, hidden: int, terms: int) -> Callable[..., _State]:
    """`_rounds` of a stack, compiled once for each loss and shape."""

    def of_vector(v: Array, *extra: Array) -> Array:
        w, b = v[: hidden * n].reshape(hidden, n), v[hidden * n :]
        if loss is not None:
            return loss(w, b)
        density, importance, scale = extra
        return jnp.sum(importance * loss_terms(w, b, density, terms=terms)) / scale

    @partial(jax.jit, compiler_options=COMPILER_OPTIONS)
    def program(
        state: _State, extra: tuple[Array, ...], tolerance: Array, max_steps: Array
    ) -> _State:
        return jax.vmap(partial(_rounds, of_vector), in_axes=(0, 0, None, None))(
            state, extra, tolerance, max_steps
        )

    return program


def _block(models: int, n: int, cheap: bool) -> int:
    """How many models one call of the program takes: of few sizes, as each is compiled.

    A series keeps the processor busy by itself: in company its models would only wait for the slowest.
    """
    if models == 1 or not (cheap or n <= 3):
        return 1
    if n == 3 and not cheap:
        return 16
    return 64 if models <= 64 else 1024


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
        raise bad_input(
            "w0",
            w0.shape,
            f"models of at most {LARGEST} weights and biases",
            "train larger ones instead",
        )
    if not tolerance > 0:
        raise bad_input("tolerance", tolerance, "a norm above 0")
    if max_steps < 1:
        raise bad_input("max_steps", max_steps, "at least 1")


def _for_each_feature(name: str, value: float | Array, models: int, n: int) -> np.ndarray:
    array = as_float64(value)
    try:
        each = np.broadcast_to(array, (models, n))
    except ValueError:
        raise bad_input(
            name, array.shape, f"a shape that broadcasts to models x features, {(models, n)}"
        ) from None
    if name == "density" and not (np.all(each > 0) and np.all(each <= 1)):
        raise bad_input(
            name, value, "chances in (0, 1] that a feature is active", "density is 1 - sparsity"
        )
    if not (np.all(each >= 0) and np.isfinite(each).all()):
        raise bad_input(name, value, "finite weights of at least 0")
    return each
