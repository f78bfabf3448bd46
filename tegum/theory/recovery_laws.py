"""Laws of the slices of the best heads, beside those that `theory.optimal_heads` computes from W.

Symbols: S = 1 - p; G = WWᵀ; P_ii = W_iᵀG⁻¹W_i, the leverage. All are for a head that sees [h; 1],
of the part that sees h, and for the target "count" unless said otherwise.
"""

import numpy as np
from jaxtyping import Float, Num

from tegum.arrays import Array, as_float64


def random_cosine_squared(
    n_features: int | Num[Array, "*sizes"], n_hidden: int
) -> Float[np.ndarray, "*sizes"]:
    """Mean of cos²(G⁻¹W_i, W_i) in random Gaussian dictionaries, exactly.

        1 - (m-1)/n for n ≥ m, which for many dimensions is 1 - m/n; 1 - (n-1)/m for n ≤ m.

    For n ≥ m: without feature i, G is a Wishart matrix independent of W_i, and the components of
    G⁻¹W_i across and along W_i are in the ratio of normal regression coefficients, so that
    tan² = χ²_{m-1} / χ²_{n-m+1}, and cos² is Beta((n-m+1)/2, (m-1)/2).

    Args:
        n_features: n.
        n_hidden: m.
    """
    n = as_float64(n_features)
    return np.asarray(1 - (np.minimum(n, n_hidden) - 1) / np.maximum(n, n_hidden))


def presence_gain(density: float | Float[Array, "*densities"]) -> Float[np.ndarray, "*densities"]:
    """(6S/(1+3S))²: what all singular values of heads that are asked for presence share.

    6S/(1+3S) = Cov(x, 1(x > 0)) / Var x, once on each side.
    """
    s = 1 - as_float64(density)
    return np.asarray((6 * s / (1 + 3 * s)) ** 2)


def self_pair_sigma(
    w: Float[Array, "*models hidden features"], density: float
) -> Float[np.ndarray, "*models features"]:
    """The one singular value of the best head for the pair (i, i): `presence_gain` · |G⁻¹W_i|².

    In a tight block |G⁻¹W_i| = P_ii/‖W_i‖: weak features have large σ, and σ ‖W_i‖² is the squared
    leverage times the gain.

    Args:
        w: weights.
        density: p of every feature.
    """
    w = as_float64(w)
    inverse = np.linalg.pinv(w @ np.swapaxes(w, -1, -2), hermitian=True)
    return presence_gain(density) * np.sum((inverse @ w) ** 2, axis=-2)


def any_from_count(pairs: int, density: float) -> float:
    """√(q(q-1)) p²: ‖Ω_any - Ω_count‖ / ‖Ω_count‖ of q equal pairs without a common feature.

    To leading order in p, for orthonormal features. The two targets differ where two pairs are
    present at once. Of the product of these two events bilinear answers keep p² times all four
    pairs that their features form, so T changes by p² ((q-2) 1 + 11ᵀ), against 1. It is below q p²,
    which leaves room for what it is where features share directions.
    """
    return float(np.sqrt(pairs * (pairs - 1))) * density**2
