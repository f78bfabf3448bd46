"""What a slice adds to the logit. Its singular value does not say: that grows where features are short.

Symbols: l = hᵀΩg = Σ_k σ_k (h·u_k)(v_k·g) for independent tokens h and g; C = E hhᵀ. The mean square of one term is

    E [σ_k (h·u_k)(v_k·g)]² = σ_k² (u_kᵀ C u_k)(v_kᵀ C v_k).

Terms of different slices may be correlated: these are not shares of E l² = tr(C Ω C Ωᵀ) unless the slices are
orthogonal under C as well.
"""

import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_float64, namespace
from tegum.errors import bad_input


def slice_contribution(
    u: Float[Array, "*models inputs rank"],
    singular_values: Float[Array, "*models rank"],
    v: Float[Array, "*models inputs rank"],
    second_left: Float[Array, "*#models inputs inputs"],
    second_right: Float[Array, "*#models inputs inputs"] | None = None,
) -> Float[Array, "*models rank"]:
    """σ_k² (u_kᵀ C u_k)(v_kᵀ C' v_k): the mean square of what each slice adds to the logit.

    Given that a pair (i, j) is present, x_i > 0 and y_j > 0, the tokens are still independent: pass E[hhᵀ | x_i > 0]
    and E[ggᵀ | y_j > 0]. For independent features those are C at density 1 for that one feature.

    Args:
        u, singular_values, v: the slices; `inputs` is hidden, or one more for a head with a constant input.
        second_left: C = E hhᵀ, not centred.
        second_right: C' = E ggᵀ; None for the same.

    Returns:
        In units of l².
    """
    xp = namespace(u, singular_values, v, second_left)
    second_right = second_left if second_right is None else second_right
    left = xp.sum(u * xp.matmul(second_left, u), axis=-2)
    right = xp.sum(v * xp.matmul(second_right, v), axis=-2)
    return singular_values**2 * left * right


def rolls_tovee(activity: Float[Array, "*models slices"]) -> Float[np.ndarray, "*models"]:
    """(mean r)² / mean r²: the share of slices that are active, as if all active ones were equally so.

    Args:
        activity: r ≥ 0, such as contributions of slices.

    Returns:
        From 1/slices (one is active: sparse) to 1 (all alike: dense); nan where nothing is active.

    Raises:
        BadInputError: if an activity is negative.

    Source:
        Rolls and Tovee 1995, J. Neurophysiol. 73:713.
    """
    r = _non_negative(activity)
    mean, square = np.mean(r, axis=-1), np.mean(r**2, axis=-1)
    return np.asarray(np.where(square > 0, mean**2 / np.where(square > 0, square, 1.0), np.nan))


def n_recon(
    contribution: Float[Array, "*models slices"], share: float = 0.9
) -> Float[np.ndarray, "*models"]:
    """N_recon: the least number of slices that together make up this share of all contributions, the largest first.

    Args:
        contribution: at least 0 each, as from `slice_contribution`.
        share: in (0, 1], usually 0.7 or 0.9.

    Returns:
        From 1 to the number of slices; 0 where there is nothing to make up, nan for a model that is not finite.

    Raises:
        BadInputError: if a contribution is negative, or the share is out of range.
    """
    if not 0 < share <= 1:
        raise bad_input("share", share, "a share in (0, 1]")
    sorted_down = -np.sort(-_non_negative(contribution), axis=-1)
    total = np.cumsum(sorted_down, axis=-1)
    # A sum that should reach the share exactly may miss it by rounding.
    enough = share * total[..., -1:] * (1 - 1e-12)
    count = np.sum(total < enough, axis=-1) + (total[..., -1] > 0)
    return np.asarray(np.where(np.isfinite(total[..., -1]), count, np.nan))


def _non_negative(values: Array) -> Float[np.ndarray, "*models slices"]:
    values = as_float64(values)
    if np.any(values < 0):
        raise bad_input(
            "contribution",
            float(np.nanmin(values)),
            "numbers that are at least 0",
            "square them first",
        )
    return values
