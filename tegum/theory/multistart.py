"""The best loss known for a model size: descent from many starts, gathered into the levels where it ends.

There is no certified lower bound for the ReLU loss: what is found is an upper bound on the optimum, and a distance to
it is a gap to the best known, never a gap to the optimum.
"""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input
from tegum.theory.search import LARGEST, Minima, minimise

ROUGH_TERMS = (
    256  # of the series on the way; the level that each restart comes to is settled with all terms
)


class Level(NamedTuple):
    """A loss on which restarts landed, how many did, and the model of one of them."""

    loss: float
    restarts: int
    w: Float[np.ndarray, "hidden features"]
    b: Float[np.ndarray, " features"]
    gradient_norm: float


class Best(NamedTuple):
    """The least loss found, its model, and all distinct levels, least first."""

    loss: float
    w: Float[np.ndarray, "hidden features"]
    b: Float[np.ndarray, " features"]
    minima: tuple[Level, ...]


def best_loss(
    n_features: int,
    n_hidden: int,
    density: float | Float[Array, " features"],
    importance: float | Float[Array, " features"] | None = None,
    restarts: int = 16,
    key: Array | None = None,
    *,
    tolerance: float = 1e-8,
    max_steps: int = 2000,
) -> Best:
    """The best model that restarts find on the exact population loss Σ_i I_i E (x_i - x'_i)².

    Every other start is random; the rest have each feature on some axis of the hidden space, either way, or left out,
    the more important ones first.

    Args:
        n_features: n, at most 64.
        n_hidden: m, at least 1.
        density: p in (0, 1], one number or one per feature.
        importance: I, one number or one per feature; 1 if left out.
        restarts: at least 1. One takes 0.1 s at n = 5 and a minute at n = 20, on one core.
        key: a jax key of the random starts; a fixed one if left out.
        tolerance: as in `tegum.theory.search.minimise`.
        max_steps: as there.

    Returns:
        loss, w, b, and `minima`: the distinct levels with the number of restarts that came to each.

    Raises:
        BadInputError: on sizes or numbers out of range.
    """
    if not 1 <= n_features <= 64:
        raise bad_input("n_features", n_features, "1 to 64 features", "train larger models instead")
    if not (n_hidden >= 1 and n_features * (n_hidden + 1) <= LARGEST):
        raise bad_input("n_hidden", n_hidden, f"at least 1, and n (m + 1) at most {LARGEST}")
    if restarts < 1:
        raise bad_input("restarts", restarts, "at least 1")
    p, weight = (
        as_float64(value) for value in (density, 1.0 if importance is None else importance)
    )
    for name, value in (("density", p), ("importance", weight)):
        if value.shape not in ((), (n_features,)):
            raise bad_input(
                name, value.shape, f"one number, or one per feature, shape ({n_features},)"
            )

    cost = np.broadcast_to(weight * (p / 3 - p**2 / 4), n_features)
    w0 = starts(n_features, n_hidden, restarts, key, cost)
    b0 = np.broadcast_to(p / 4, (restarts, n_features))
    rough = n_features > 3
    found = minimise(
        w0,
        b0,
        p,
        weight,
        tolerance=max(tolerance, 1e-5) if rough else tolerance,
        max_steps=max_steps,
        terms=ROUGH_TERMS,
    )
    if rough:
        found = _settled(found, p, weight, tolerance, max_steps)
    minima = levels(found)
    if not minima:
        raise bad_input(
            "importance", importance, "numbers with which some restart ends at a finite loss"
        )
    return Best(minima[0].loss, minima[0].w, minima[0].b, minima)


def starts(
    n_features: int,
    n_hidden: int,
    count: int,
    key: Array | None,
    cost: Float[np.ndarray, " features"],
) -> Float[np.ndarray, "models hidden features"]:
    """Weights to descend from, by turns on random axes and at random.

    Args:
        n_features: n.
        n_hidden: m.
        count: of models.
        key: a jax key.
        cost: what each feature would lose, were it left out: the dearest are given axes first.
    """
    seed = jax.random.bits(jax.random.key(0) if key is None else key, (4,), np.uint32)
    rng = np.random.default_rng(np.asarray(seed))
    w = rng.normal(size=(count, n_hidden, n_features)) * rng.uniform(0.3, 1.0, (count, 1, 1))
    for model in w[1::2]:
        kept = rng.integers(min(n_hidden, n_features), min(2 * n_hidden, n_features) + 1)
        order = np.lexsort((rng.random(n_features), -cost))[:kept]
        model *= 0.05
        axes = np.concatenate([rng.permutation(n_hidden), rng.permutation(n_hidden)])[:kept]
        model[axes, order] += np.where(np.arange(kept) < n_hidden, 1.0, -0.9)
    return w


def levels(found: Minima, nearness: float = 1e-6) -> tuple[Level, ...]:
    """Where restarts landed: losses that differ by less than `nearness` of themselves are one level, least first.

    Models that diverged are left out.
    """
    order = [
        i for i in np.argsort(found.loss, kind="stable").tolist() if np.isfinite(found.loss[i])
    ]
    groups: list[list[int]] = []
    for i in order:
        if (
            groups
            and found.loss[i] - found.loss[groups[-1][-1]] <= nearness * abs(found.loss[i]) + 1e-14
        ):
            groups[-1].append(i)
        else:
            groups.append([i])
    return tuple(_level(found, group) for group in groups)


def _level(found: Minima, group: list[int]) -> Level:
    best = group[int(np.argmin(found.gradient_norm[group]))]
    return Level(
        float(found.loss[best]),
        len(group),
        found.w[best],
        found.b[best],
        float(found.gradient_norm[best]),
    )


def _settled(
    found: Minima, p: np.ndarray, weight: np.ndarray, tolerance: float, max_steps: int
) -> Minima:
    """One model of each rough level brought to rest with all terms, and counted for all of its level."""
    rough = levels(found, 1e-5)
    w, b = np.array([level.w for level in rough]), np.array([level.b for level in rough])
    if not rough:
        return found
    fine = minimise(w, b, p, weight, tolerance=tolerance, max_steps=max_steps)
    again = np.repeat(np.arange(len(rough)), [level.restarts for level in rough])
    return Minima(*(value[again] for value in fine))
