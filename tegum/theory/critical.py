"""Critical points of the one-active loss, and the k-gons among them.

Symbols: n features in m dimensions, one active at a time; L = (1/n) Σ_i E ‖x - ReLU(WᵀWx + b)‖². In the plane the k-gon
with n - k features left out has L(k, n) = (k l_k + (n - k)/3)/n with l_k the loss of `polytope_losses.kgon`. A feature
left out whose bias is 1/(2n) answers with the mean of what it is to give, and saves 1/(4n²). A vertex switched off by a
negative bias costs 1/(3n). So critical points are named k^{σ+,φ-}: k vertices of which φ are off, and σ features
besides with positive bias; those with neither are not named.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input
from tegum.theory.float64 import gram
from tegum.theory.multistart import levels, starts
from tegum.theory.one_active import LAWS, ray_moments
from tegum.theory.polytope_losses import kgon
from tegum.theory.search import minimise

FLAT = 1e-6  # of the greatest curvature: less is none
HEARD = 0.25  # least length² and least answer of an output that serves its own feature
LARGEST = 24


class CriticalPoint(NamedTuple):
    """A point where the gradient vanishes, and how the loss curves there."""

    loss: float
    k: int
    spare: int  # σ: features without a direction whose bias is positive
    off: int  # φ: vertices switched off
    gradient_norm: float
    negative_modes: int  # the Hessian's index: 0 at a minimum
    zero_modes: int
    restarts: int  # that came to this loss
    w: Float[np.ndarray, "hidden features"]
    b: Float[np.ndarray, " features"]

    @property
    def label(self) -> str:
        """k^{σ+,φ-}, such as 4^{2+,1-}; without what is 0."""
        marks = [f"{count}{sign}" for count, sign in ((self.spare, "+"), (self.off, "-")) if count]
        return f"{self.k}^{{{','.join(marks)}}}" if marks else str(self.k)

    @property
    def learning_coefficient(self) -> float:
        """Half the number of curved directions: λ of singular learning theory where the others are flat for good."""
        return (self.w.size + self.b.size - self.zero_modes) / 2


def critical_points(
    n_features: int,
    n_hidden: int = 2,
    restarts: int = 64,
    key: Array | None = None,
    *,
    saddles: bool = False,
    tolerance: float = 1e-8,
) -> tuple[CriticalPoint, ...]:
    """The critical levels of the one-active loss that restarts come to, least first.

    Args:
        n_features: n, at most 24.
        n_hidden: m, at least 1.
        restarts: random starts.
        key: a jax key of the starts; a fixed one if left out.
        saddles: descend ‖∇L‖² instead of L, which ends at saddles too, and keep what ends at a gradient of 0.
        tolerance: on the norm of the gradient.

    Returns:
        One point a level, with the number of restarts that landed on it. Points of one loss need not be of one kind.
        Minima are k-gons with the losses of `kgon_level`; saddles may have k vertices in other arrangements.

    Raises:
        BadInputError: on sizes out of range.
    Source:
        Chen et al. 2023, "Dynamical versus Bayesian phase transitions in a toy model of superposition", arXiv
        2310.06301.
    """
    if not 1 <= n_features <= LARGEST:
        raise bad_input("n_features", n_features, f"1 to {LARGEST} features")
    if not 1 <= n_hidden <= LARGEST:
        raise bad_input("n_hidden", n_hidden, f"1 to {LARGEST} dimensions")
    if restarts < 1:
        raise bad_input("restarts", restarts, "at least 1")
    w0 = starts(n_features, n_hidden, 2 * restarts, key, np.ones(n_features))[::2]
    b0 = np.zeros((restarts, n_features))
    if saddles:
        found = minimise(w0, b0, loss=_half_squared_slope, tolerance=tolerance / 10, max_steps=1000)
        still = np.sqrt(2 * np.maximum(found.loss, 0)) <= 10 * tolerance
        found = minimise(
            found.w[still], found.b[still], loss=one_active, tolerance=tolerance, max_steps=1
        )
    else:
        found = minimise(w0, b0, loss=one_active, tolerance=tolerance)
    return tuple(critical_point(level.w, level.b, level.restarts) for level in levels(found))


def critical_point(
    w: Float[Array, "hidden features"], b: Float[Array, " features"], restarts: int = 1
) -> CriticalPoint:
    """What kind of point of the one-active loss a model is at; `gradient_norm` says how near it is to critical.

    Where a piece of the loss begins just here (b = 0, right angles) the Hessian is the one of the piece the formula
    takes: curvature to the other side may differ, as it does at the 4-gons.

    Args:
        w: weights.
        b: biases.
        restarts: to hand through.
    """
    w, b = as_float64(w), as_float64(b)
    if (
        w.ndim != 2
        or b.shape != (w.shape[1],)
        or not (np.isfinite(w).all() and np.isfinite(b).all())
    ):
        raise bad_input(
            "w, b",
            (w.shape, b.shape),
            "finite weights, hidden x features, and one bias per feature",
        )
    with jax.enable_x64(True):
        loss, slope, hessian = (
            np.asarray(value) for value in _curvature(np.append(w.ravel(), b), w.shape[1])
        )
    curvature = np.linalg.eigvalsh(hessian)
    flat = FLAT * max(np.abs(curvature).max(), 1e-12)
    negative, zero_modes = int(np.sum(curvature < -flat)), int(np.sum(np.abs(curvature) <= flat))
    k, spare, off = _counted(w, b)
    return CriticalPoint(
        float(loss),
        k,
        spare,
        off,
        float(np.linalg.norm(slope)),
        negative,
        zero_modes,
        restarts,
        w,
        b,
    )


def kgon_level(k: int, n_features: int, spare: int = 0, off: int = 0) -> float:
    """The one-active loss of k^{σ+,φ-} in the plane, n features: (k l_k + (n - k)/3)/n - σ/(4n²), and φ vertices off.

    Switching off a vertex is critical up to k = 4 only, where the others lose nothing with it or without.

    Args:
        k: vertices, 0 to n.
        n_features: n.
        spare: σ, features besides with bias 1/(2n).
        off: φ, vertices switched off.
    """
    if not 0 <= k <= n_features:
        raise bad_input("k", k, f"0 to n_features = {n_features} vertices")
    if not 0 <= spare <= n_features - k:
        raise bad_input(
            "spare", spare, f"at most the {n_features - k} features that are no vertices"
        )
    if not 0 <= off <= (k if k <= 4 else 0):
        raise bad_input("off", off, "0, or at most k where k is at most 4")
    lost = k * (kgon(k).loss if k else 0.0) + (n_features - k + off) / 3
    return lost / n_features - spare / (4 * n_features**2)


def one_active(
    w: Float[Array, "hidden features"], b: Float[Array, " features"]
) -> Float[Array, ""]:
    """`tegum.theory.one_active.one_active_loss` for programs that run in float64 themselves."""
    n, law = b.shape[0], LAWS["unit"]
    squared, weighted = ray_moments(gram(w), jnp.broadcast_to(b[:, None], (n, n)), law)
    return (jnp.sum(squared) - 2 * jnp.sum(jnp.diagonal(weighted))) / n + law.second_moment


def _counted(w: np.ndarray, b: np.ndarray) -> tuple[int, int, int]:
    """k, σ and φ. Up to 2 m vertices have room without loss, so fewer that are heard count as some of those."""
    size = np.sum(w**2, axis=0)
    heard = (size > HEARD) & (size + b > HEARD)
    spare = ~heard & (b > 0)
    silent = int(np.sum(~heard & ~spare))
    off = min(max(2 * len(w) - int(heard.sum()), 0), silent)
    return int(heard.sum()) + off, int(spare.sum()), off


def _half_squared_slope(w: Array, b: Array) -> Array:
    by_w, by_b = jax.grad(one_active, argnums=(0, 1))(w, b)
    return (jnp.sum(by_w**2) + jnp.sum(by_b**2)) / 2


def _flat_loss(v: Array, n: int) -> Array:
    return one_active(v[:-n].reshape(-1, n), v[-n:])


@jax.jit(static_argnums=1)
def _curvature(v: Array, n: int) -> tuple[Array, Array, Array]:
    loss, slope = jax.value_and_grad(_flat_loss)(v, n)
    return loss, slope, jax.hessian(_flat_loss)(v, n)
