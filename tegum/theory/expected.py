"""The population loss of a bottleneck model, without sampling: exact, or exact to a bound that is handed out with it.

Symbols: x' = f(WᵀWx + b) with f ReLU or linear; feature i is non-zero with probability p_i (its density, 1 - sparsity),
independently of the others, and then has a value from the law `values`; I_i is its importance. The loss is

    L = Σ_i I_i E (x_i - x'_i)²,

a sum over features, where training may take their mean. Three routes, chosen by the law and the number of features:
moments alone (linear), points that make the sum exact (`patterns`: few features), and a Fourier series (`fourier`: the
rest).
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Float

from tegum.arrays import Array, as_float64
from tegum.compiled import COMPILER_OPTIONS, in_blocks
from tegum.errors import bad_input, unknown_name
from tegum.theory.float64 import gram, in_float64, is_traced
from tegum.theory.fourier import (
    linear_term,
    series_terms,
    series_terms_and_slopes,
    truncation_bounds,
)
from tegum.theory.one_active import LAWS, UniformLaw, one_active_loss, one_hot_loss
from tegum.theory.patterns import has_few_points, point_terms, point_terms_and_slopes

__all__ = [
    "expected_loss",
    "expected_loss_and_bound",
    "expected_loss_and_gradient",
    "expected_losses",
    "loss_terms",
    "one_active_loss",
    "one_hot_loss",
]

ACTIVATIONS = ("linear", "relu")


def expected_loss(
    w: Float[Array, "hidden features"],
    b: Float[Array, " features"],
    density: float | Array,
    importance: float | Array | None = None,
    *,
    values: str = "unit",
    activation: str = "relu",
    per_feature: bool = False,
    terms: int = 1024,
) -> float | Array:
    """The population loss Σ_i I_i E (x_i - f(WᵀWx + b)_i)².

    With 1024 terms the series is within 1e-8 of the truth for weights of order 1 and up to 64 features; 1e-11 is usual,
    and the worst found is 2e-8, at p = 1, for an output shut off just at the end of its own feature. With `values`
    "one" it may be 1e-6 of the loss off. `expected_loss_and_bound` says how near it must be.

    Differentiable by w, b and importance under `jax.grad`, `jit` and `vmap`, in float32 programs too. A gradient by the
    series is some three digits less exact than the value, a second derivative three more. By density it refuses.

    Args:
        w: weights; column i is feature i's direction.
        b: bias of the output.
        density: p = 1 - S = P(x_i ≠ 0) in (0, 1], one number or one per feature.
        importance: I, at least 0, one number or one per feature; 1 if left out.
        values: law of an active feature: "unit" (uniform on [0, 1]), "symmetric" (uniform on [-1, 1]) or "one".
        activation: "relu" or "linear".
        per_feature: whether to give the n terms instead of their sum.
        terms: of the series, rounded up to a multiple of 32. Without effect where the loss is a finite sum: for
            "linear", for n ≤ 3, and for the value law "one" with n ≤ 16.

    Returns:
        A float, or float64 NumPy with `per_feature`; traced, in their own precision, if arguments are.

    Raises:
        BadInputError: on shapes that do not match, numbers out of range and unknown names.
    Source:
        The loss of Elhage et al. 2022, "Toy Models of Superposition"; `tegum.theory.fourier` derives the series.
    """
    options = _checked_options(values, activation, terms)
    loss = partial(_loss, per_feature=per_feature, **options)
    return in_float64(loss, *_checked_arrays(w, b, density, importance))


def expected_loss_and_bound(
    w: Float[Array, "hidden features"],
    b: Float[Array, " features"],
    density: float | Array,
    importance: float | Array | None = None,
    *,
    values: str = "unit",
    activation: str = "relu",
    per_feature: bool = False,
    terms: int = 1024,
) -> tuple[float | Array, float | Array]:
    """The population loss, and a rigorous bound on how far truncating the series may have moved it.

    The bound is 0 where no series is used. It leaves rounding out, some 1e-15 of the greatest x_i² and z_i². It is
    loose, by 10 to 10⁶ times, and for the value law "one" it falls only as 1/terms.

    Args, Returns and Raises as in `expected_loss`.
    """
    options = _checked_options(values, activation, terms)
    loss_and_bound = partial(_loss_and_bound, per_feature=per_feature, **options)
    return in_float64(loss_and_bound, *_checked_arrays(w, b, density, importance))


def expected_loss_and_gradient(
    w: Float[Array, "hidden features"],
    b: Float[Array, " features"],
    density: float | Array,
    importance: float | Array | None = None,
    *,
    values: str = "unit",
    activation: str = "relu",
    terms: int = 1024,
) -> tuple[float | Array, tuple[Array, Array]]:
    """The population loss and its gradient by w and by b, in float64.

    Args and Raises as in `expected_loss`.

    Returns:
        (loss, (by_w, by_b)): a float and float64 NumPy arrays of the shapes of w and b.
    """
    options = _checked_options(values, activation, terms)
    return in_float64(
        partial(_loss_and_gradient, **options), *_checked_arrays(w, b, density, importance)
    )


def expected_losses(
    w: Float[Array, "models hidden features"],
    b: Float[Array, "models features"],
    density: float | Array,
    importance: float | Array = 1.0,
    *,
    terms: int = 1024,
) -> Float[np.ndarray, " models"]:
    """The population losses of a stack of ReLU models on values in [0, 1], each summed over its features.

    Args:
        w, b, terms: as in `expected_loss`, models first. A model that is not finite loses infinitely much.
        density, importance: numbers or arrays that broadcast to models x features, so that models may differ.

    Raises:
        BadInputError: on shapes that do not match.
    """
    w, b = as_float64(w), as_float64(b)
    if w.ndim != 3 or b.shape != (len(w), w.shape[-1]):
        raise bad_input(
            "w, b",
            (w.shape, b.shape),
            "shapes models x hidden x features and models x features",
            "`expected_loss` takes one model" if w.ndim == 2 else "",
        )
    count, _, n = w.shape
    finite = np.isfinite(w).all(axis=(1, 2)) & np.isfinite(b).all(axis=1)
    p, weight = (
        _for_each_model(name, each, b.shape)
        for name, each in (("density", density), ("importance", importance))
    )
    if not (np.all(p > 0) and np.all(p <= 1)):
        raise bad_input(
            "density",
            density,
            "chances in (0, 1] that a feature is active",
            "density is 1 - sparsity",
        )
    if not (np.all(weight >= 0) and np.isfinite(weight).all()):
        raise bad_input("importance", importance, "finite weights of at least 0")
    _checked_options("unit", "relu", terms)
    if not count:
        return np.zeros(0)
    stack = np.nan_to_num(w), np.nan_to_num(b), p, weight
    block = int(np.clip(4096 // n**2, 1, 256))  # larger ones would only take memory
    with jax.enable_x64(True):
        found = in_blocks(lambda models: _losses(*models, terms=terms), stack, block)
    return np.where(finite, found, np.inf)


def loss_terms(
    w: Float[Array, "hidden features"],
    b: Float[Array, " features"],
    density: Float[Array, " features"],
    *,
    values: str = "unit",
    activation: str = "relu",
    terms: int = 1024,
) -> Float[Array, " features"]:
    """E (x_i - x'_i)² for each feature, unweighted: the pure core, for programs that run in float64 themselves.

    Nothing is checked or converted: call it under `jax.enable_x64(True)` with float64 arrays. Lift it over models with
    `vmap`, and block them with `lax.map`: with gradient a model keeps 16 n² `terms` bytes while it is worked on.

    Args as in `expected_loss`; `density` is one number per feature, and a derivative by it is refused.
    """
    g, law = gram(w), LAWS[values]
    if activation == "linear":
        rows = g, b, jnp.eye(b.shape[0], dtype=bool)
        return jax.vmap(partial(linear_term, density=density, law=law))(*rows)
    return relu_terms(g, b, density, law, terms)


@partial(jax.custom_jvp, nondiff_argnums=(3, 4))
def relu_terms(
    g: Float[Array, "features features"],
    b: Float[Array, " features"],
    density: Float[Array, " features"],
    law: UniformLaw,
    terms: int,
) -> Float[Array, " features"]:
    """E (x_i - ((Gx)_i + b_i)₊)² for each feature, for any square G: WᵀW, or a decoder times an encoder of its own."""
    if has_few_points(b.shape[0], law):
        return point_terms(g, b, density, law)
    return series_terms(g, b, density, law, terms)


def _relu_terms_jvp(
    law: UniformLaw,
    terms: int,
    primals: tuple[Array, Array, Array],
    tangents: tuple[Array, Array, Array],
) -> tuple[Array, Array]:
    (g, b, density), (g_dot, b_dot, density_dot) = primals, tangents
    if not isinstance(density_dot, SymbolicZero):
        raise TypeError(
            "the expected loss is not differentiable by density; wrap it in jax.lax.stop_gradient"
        )
    if has_few_points(b.shape[0], law):
        value, by_g, by_b = point_terms_and_slopes(g, b, density, law)
    else:
        value, by_g, by_b = series_terms_and_slopes(g, b, density, law, terms)
    tangent = jnp.zeros_like(value)
    if not isinstance(g_dot, SymbolicZero):
        tangent = tangent + jnp.sum(by_g * g_dot, axis=1)
    if not isinstance(b_dot, SymbolicZero):
        tangent = tangent + by_b * b_dot
    return value, tangent


relu_terms.defjvp(_relu_terms_jvp, symbolic_zeros=True)


@partial(jax.jit, static_argnames="terms", compiler_options=COMPILER_OPTIONS)
def _losses(w: Array, b: Array, density: Array, importance: Array, *, terms: int) -> Array:
    return jnp.sum(importance * jax.vmap(partial(loss_terms, terms=terms))(w, b, density), axis=-1)


@partial(jax.jit, static_argnames=("per_feature", "values", "activation", "terms"))
def _loss(
    w: Array, b: Array, density: Array, importance: Array, *, per_feature: bool, **options: Any
) -> Array:
    each = importance * loss_terms(w, b, density, **options)
    return each if per_feature else jnp.sum(each)


@partial(jax.jit, static_argnames=("per_feature", "values", "activation", "terms"))
def _loss_and_bound(
    w: Array, b: Array, density: Array, importance: Array, *, per_feature: bool, **options: Any
) -> tuple[Array, Array]:
    loss, law = (
        _loss(w, b, density, importance, per_feature=per_feature, **options),
        LAWS[options["values"]],
    )
    if options["activation"] == "linear" or has_few_points(b.shape[0], law):
        return loss, jnp.zeros_like(loss)
    each = importance * truncation_bounds(gram(w), b, density, law, options["terms"])
    return loss, each if per_feature else jnp.sum(each)


@partial(jax.jit, static_argnames=("values", "activation", "terms"))
def _loss_and_gradient(
    w: Array, b: Array, density: Array, importance: Array, **options: Any
) -> tuple[Array, tuple[Array, Array]]:
    loss = partial(_loss, per_feature=False, **options)
    return jax.value_and_grad(loss, argnums=(0, 1))(w, b, density, importance)


def _checked_options(values: str, activation: str, terms: int) -> dict[str, Any]:
    if values not in LAWS:
        raise unknown_name("values", values, LAWS)
    if activation not in ACTIVATIONS:
        raise unknown_name("activation", activation, ACTIVATIONS)
    if terms < 1:
        raise bad_input("terms", terms, "at least 1 term of the series")
    return {"values": values, "activation": activation, "terms": terms}


def _checked_arrays(
    w: Array, b: Array, density: float | Array, importance: float | Array | None
) -> tuple[Array, ...]:
    """The four arrays, with one density and one importance per feature; numbers are looked at where they are known."""
    w, b = (array if is_traced(array) else as_float64(array) for array in (w, b))
    if w.ndim != 2 or 0 in w.shape:
        stacked = w.ndim == 3
        raise bad_input(
            "w",
            w.shape,
            "the weights of one model, a shape of hidden x features",
            "`expected_losses` takes a stack of ReLU models" if stacked else "",
        )
    n = w.shape[1]
    if b.shape != (n,):
        transposed = b.shape == w.shape[:1]
        raise bad_input(
            "b",
            b.shape,
            f"one bias per feature of w, shape ({n},)",
            "w is hidden x features: transpose it, w.T" if transposed else "",
        )
    for name, array in (("w", w), ("b", b)):
        if not is_traced(array) and not np.isfinite(np.asarray(array)).all():
            raise bad_input(name, array, "finite numbers")
    density = _one_per_feature("density", density, n)
    if not is_traced(density) and not (np.all(density > 0) and np.all(density <= 1)):
        raise bad_input(
            "density",
            density,
            "chances in (0, 1] that a feature is active",
            "density is 1 - sparsity",
        )
    importance = _one_per_feature("importance", 1.0 if importance is None else importance, n)
    if not is_traced(importance) and not (
        np.all(importance >= 0) and np.isfinite(importance).all()
    ):
        raise bad_input("importance", importance, "finite weights of at least 0")
    return w, b, density, importance


def _for_each_model(name: str, value: float | Array, shape: tuple[int, ...]) -> np.ndarray:
    array = as_float64(value)
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        expected = f"a shape that broadcasts to models x features, {shape}"
        raise bad_input(name, array.shape, expected) from None


def _one_per_feature(name: str, value: float | Array, n: int) -> Array:
    array: Array = value if is_traced(value) else as_float64(value)
    if array.shape not in ((), (n,)):
        raise bad_input(name, array.shape, f"one number, or {n} of them, one per feature of w")
    return jnp.broadcast_to(array, (n,)) if is_traced(array) else np.broadcast_to(array, (n,))
