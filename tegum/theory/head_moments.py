"""Everything a bilinear head's squared loss knows of its data: a few moments, all of them exact.

Symbols: a left token x and a right token y are independent and of one law, x_k = 0 with probability S_k = 1 - p_k, else
uniform on [0, 1]; μ_k = p_k/2 and v_k = p_k/3 - p_k²/4 are its mean and variance. The head sees h = Wx and g = Wy, or
[h; 1] and [g; 1] (`bias`, the constant LAST). It should answer the target s, made of what it is asked of the features,

    "count"      f_k = 1 if x_k > 0    s = Σ T_ij f_i(x) f_j(y), how many pairs are present, weighted,
    "product"    f_k = x_k             s = Σ T_ij f_i(x) f_j(y) again, how strongly they are present,
    "any"        f_k = 1 if x_k > 0    s = 1 if some pair with T_ij ≠ 0 is present, else 0: T only marks the pairs.

The loss of l = hᵀΩg is a quadratic, E (s - l)² = E s² - 2⟨N, Ω⟩ + tr(C Ω C Ωᵀ), of which this module gives C = E hhᵀ,
N = E[s h gᵀ] and E s². For "count" and "product" N = a T aᵀ, where column i of a is a_i = E[h f_i].
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse.csgraph import connected_components

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input, unknown_name

TARGETS = ("any", "count", "product")

# "any" goes through all patterns of the smaller side of each connected group of pairs: 2^16 take a tenth of a second.
MOST_ENUMERATED = 16


def hidden_mean(
    w: Float[Array, "hidden features"], density: float | Array
) -> Float[np.ndarray, " hidden"]:
    """E h = W μ."""
    w, p = _checked(w, density)
    return w @ (p / 2)


def hidden_covariance(
    w: Float[Array, "hidden features"], density: float | Array
) -> Float[np.ndarray, "hidden hidden"]:
    """Cov h = W diag(v) Wᵀ."""
    w, p = _checked(w, density)
    return (w * _variance(p)) @ w.T


def second_moment(
    w: Float[Array, "hidden features"], density: float | Array, bias: bool = False
) -> Float[np.ndarray, "inputs inputs"]:
    """C = E hhᵀ = Cov h + E h E hᵀ, of what the head sees.

    Args:
        w: weights; column i is feature i's direction.
        density: p in (0, 1], one number or one per feature.
        bias: whether the head sees a constant 1 besides.

    Returns:
        hidden x hidden, or one row and column more with `bias`.
    """
    mean = _seen_mean(w, density, bias)
    spread = hidden_covariance(w, density)
    return np.pad(spread, (0, int(bias))) + np.outer(mean, mean)


def first_moments(
    w: Float[Array, "hidden features"],
    density: float | Array,
    target: str = "count",
    bias: bool = False,
) -> Float[np.ndarray, "inputs features"]:
    """The columns a_i = E[h f_i] = E f_i E h + Cov(x_i, f_i) W_i; with `bias` a last row E f_i.

    At one density p, with w̄ = Σ_k W_k and μ = p/2: a_i = μ (S W_i + p w̄) for "count" and "any", and v W_i + μ² w̄ for
    "product".

    Args:
        w: weights; column i is feature i's direction.
        density: p in (0, 1], one number or one per feature.
        target: "any", "count" or "product".
        bias: whether the head sees a constant 1 besides.
    """
    asked = _asked(_densities(w, density), target)
    directions = np.pad(_weights(w), ((0, int(bias)), (0, 0)))
    return directions * asked.with_value + np.outer(_seen_mean(w, density, bias), asked.mean)


def asked_power(
    n_features: int, density: float | Array, target: str = "count"
) -> Float[np.ndarray, " features"]:
    """E f_i², the power of what the head is asked of each feature: p_i, or p_i/3 for "product"."""
    asked = _asked(_spread_out(density, n_features), target)
    return asked.variance + asked.mean**2


def target_correlation(
    w: Float[Array, "hidden features"],
    density: float | Array,
    pair_weights: Float[Array, "left right"],
    target: str = "count",
    bias: bool = False,
) -> Float[np.ndarray, "inputs inputs"]:
    """N = E[s h gᵀ], of what the head sees.

    Args:
        w: weights; column i is feature i's direction.
        density: p in (0, 1], one number or one per feature.
        pair_weights: T, features x features; T_ij weighs feature i of the left token with feature j of the right one.
        target: "any", "count" or "product".
        bias: whether the head sees a constant 1 besides.
    """
    p = _densities(w, density)
    weights = _pair_weights(pair_weights, p.size)
    if _known(target) != "any":
        a = first_moments(w, density, target, bias)
        return a @ weights @ a.T
    # The constant is one more source, beside the features: always 1, and in no pair.
    sources = np.append(p / 2, 1.0) if bias else p / 2
    dictionary = np.pad(_weights(w), (0, 1)) if bias else _weights(w)
    if bias:
        dictionary[-1, -1] = 1.0
    absent = _without_any_pair(sources, p, weights != 0).moments
    return dictionary @ (np.outer(sources, sources) - absent) @ dictionary.T


def target_power(
    density: float | Array, pair_weights: Float[Array, "left right"], target: str = "count"
) -> float:
    """E s², the loss of the head Ω = 0.

    Args:
        density: p in (0, 1], one number or one per feature.
        pair_weights: T, features x features.
        target: "any", "count" or "product".
    """
    weights = _pair_weights(pair_weights, len(pair_weights))
    p = _spread_out(density, len(weights))
    if _known(target) == "any":
        return 1.0 - _without_any_pair(p / 2, p, weights != 0).chance
    asked = _asked(p, target)
    power = np.outer(asked.mean, asked.mean) + np.diag(asked.variance)  # E f fᵀ
    return float(np.sum((weights.T @ power @ weights) * power))


# --- the law of one feature -----------------------------------------------------------------------------------------


class _Asked(NamedTuple):
    """Moments of f_k, what the target asks of feature k."""

    mean: Float[np.ndarray, " features"]
    variance: Float[np.ndarray, " features"]
    with_value: Float[np.ndarray, " features"]  # Cov(x_k, f_k)


def _variance(p: Float[np.ndarray, " features"]) -> Float[np.ndarray, " features"]:
    return p / 3 - p**2 / 4


def _asked(p: Float[np.ndarray, " features"], target: str) -> _Asked:
    if _known(target) == "product":
        return _Asked(p / 2, _variance(p), _variance(p))
    return _Asked(p, p * (1 - p), p * (1 - p) / 2)


def _seen_mean(w: Array, density: float | Array, bias: bool) -> Float[np.ndarray, " inputs"]:
    mean = hidden_mean(w, density)
    return np.append(mean, 1.0) if bias else mean


# --- "any": the event that no pair is present -----------------------------------------------------------------------


class _Absent(NamedTuple):
    """The event that none of some pairs is present."""

    chance: float
    moments: Float[np.ndarray, "sources sources"]  # E[x_k y_l 1(event)]


def _without_any_pair(
    means: Float[np.ndarray, " sources"],
    p: Float[np.ndarray, " features"],
    marked: Bool[np.ndarray, "features features"],
) -> _Absent:
    """The moments of all sources where no marked pair is present.

    Groups of pairs that share no feature on either side are independent, and so is every source in no pair. So all is a
    product over groups, except for x_k and y_l of the same group.
    """
    left, right, chance, blocks = means.copy(), means.copy(), 1.0, []
    for rows, columns in _groups(marked):
        group = _absent_group(p[rows], p[columns], marked[np.ix_(rows, columns)])
        if group.chance == 0:  # density 1: some pair is always present
            return _Absent(0.0, np.zeros((means.size, means.size)))
        chance *= group.chance
        left[rows], right[columns] = group.left / group.chance, group.right / group.chance
        blocks.append((np.ix_(rows, columns), group.both / group.chance))
    moments = np.outer(left, right)
    for place, both in blocks:
        moments[place] = both
    return _Absent(chance, chance * moments)


def _groups(
    marked: Bool[np.ndarray, "features features"],
) -> Iterator[tuple[Int[np.ndarray, " rows"], Int[np.ndarray, " columns"]]]:
    """Left and right features of each connected part of the graph whose edges are the marked pairs."""
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    edges = np.zeros((rows.size + columns.size,) * 2)
    edges[: rows.size, rows.size :] = marked[np.ix_(rows, columns)]
    count, label = (
        connected_components(edges, directed=False) if edges.size else (0, np.zeros(0, int))
    )
    for part in range(count):
        yield rows[label[: rows.size] == part], columns[label[rows.size :] == part]


class _AbsentGroup(NamedTuple):
    """One connected group of pairs: the chance that none is present, and E[x 1], E[y 1], E[x yᵀ 1] over that event."""

    chance: float
    left: Float[np.ndarray, " rows"]
    right: Float[np.ndarray, " columns"]
    both: Float[np.ndarray, "rows columns"]


def _absent_group(
    p_left: Float[np.ndarray, " rows"],
    p_right: Float[np.ndarray, " columns"],
    marked: Bool[np.ndarray, "rows columns"],
) -> _AbsentGroup:
    """Sum over what may be active on the smaller side; on the other, all partners of that must then be inactive."""
    if p_left.size > p_right.size:
        chance, right, left, both = _absent_group(p_right, p_left, marked.T)
        return _AbsentGroup(chance, left, right, both.T)
    if p_left.size > MOST_ENUMERATED:
        raise bad_input(
            "pair_weights",
            f"a connected group of pairs with {p_left.size} features on its smaller side",
            f'at most {MOST_ENUMERATED} for target "any"',
            'use target "count", which differs by O(p²)',
        )
    active = np.arange(2**p_left.size)[:, None] >> np.arange(p_left.size) & 1 == 1
    silent = active @ marked
    weight = np.prod(np.where(active, p_left, 1 - p_left), axis=1) * np.prod(
        np.where(silent, 1 - p_right, 1.0), axis=1
    )
    left, right = active / 2, np.where(silent, 0.0, p_right / 2)
    return _AbsentGroup(
        float(weight.sum()), weight @ left, weight @ right, (weight[:, None] * left).T @ right
    )


# --- input checks ---------------------------------------------------------------------------------------------------


def _known(target: str) -> str:
    if target not in TARGETS:
        raise unknown_name("target", target, TARGETS)
    return target


def _checked(
    w: Array, density: float | Array
) -> tuple[Float[np.ndarray, "hidden features"], Float[np.ndarray, " features"]]:
    return _weights(w), _densities(w, density)


def _weights(w: Array) -> Float[np.ndarray, "hidden features"]:
    w = as_float64(w)
    if w.ndim != 2:
        raise bad_input(
            "w", w.shape, "the weights of one model, hidden x features", "loop over models"
        )
    if not np.all(np.isfinite(w)):
        raise bad_input("w", w, "finite weights", "leave out models that diverged")
    return w


def _densities(w: Array, density: float | Array) -> Float[np.ndarray, " features"]:
    return _spread_out(density, _weights(w).shape[1])


def _spread_out(density: float | Array, n_features: int) -> Float[np.ndarray, " features"]:
    p = as_float64(density)
    if p.shape not in ((), (n_features,)):
        raise bad_input("density", p.shape, f"one number, or {n_features} of them (features)")
    if not (np.all(p > 0) and np.all(p <= 1)):
        raise bad_input(
            "density",
            density,
            "the chance that a feature is active, in (0, 1]",
            "density is 1 - sparsity",
        )
    return np.broadcast_to(p, (n_features,))


def _pair_weights(pair_weights: Array, n_features: int) -> Float[np.ndarray, "features features"]:
    weights = as_float64(pair_weights)
    if weights.shape != (n_features, n_features):
        raise bad_input(
            "pair_weights", weights.shape, f"features x features, ({n_features}, {n_features})"
        )
    if not np.all(np.isfinite(weights)):
        raise bad_input("pair_weights", pair_weights, "finite weights")
    return weights
