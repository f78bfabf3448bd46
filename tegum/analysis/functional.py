"""What a head does, whatever its singular vectors look like: its bilinear form on features, its loss, its detection.

Symbols: l = hᵀΩg with h = Wx, g = Wy; s the target; floor = the least L2 = E (s - l)² that any head reaches on this W.

All of these are the same for every gauge Ω = (RA)ᵀ(RB), and none needs a slice to be matched with anything.
"""

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import rankdata

from tegum.arrays import Array, as_float64, as_numpy, check_weights, namespace


def feature_interaction(
    omega: Float[Array, "*models hidden hidden"], w: Float[Array, "*models hidden features"]
) -> Float[Array, "*models features features"]:
    """WᵀΩW: what the logit makes of each product x_i y_j, for l = xᵀ(WᵀΩW)y.

    For the population-optimal head with a constant input it is P T P up to scale, with the projector P on W's rows and
    the pair weights T: interference shows beside the pairs asked for.
    """
    xp = namespace(omega, w)
    check_weights(w, hidden=omega.shape[-1])
    return xp.matmul(xp.matrix_transpose(w), xp.matmul(omega, w))


def feature_coefficients(
    omega: Float[Array, "*models hidden hidden"], w: Float[Array, "*models hidden features"]
) -> Float[Array, "*models features features"]:
    """K = W⁺ Ω W⁺ᵀ: how Ω is written in features, Ω = W K Wᵀ; of several K that of least norm."""
    xp = namespace(omega, w)
    check_weights(w, hidden=omega.shape[-1])
    inverse = xp.linalg.pinv(w)
    return xp.matmul(inverse, xp.matmul(omega, xp.matrix_transpose(inverse)))


def relative_error(
    omega: Float[Array, "*models rows columns"], reference: Float[Array, "*#models rows columns"]
) -> Float[Array, "*models"]:
    """‖Ω - Ω_ref‖_F / ‖Ω_ref‖_F: 0 where a head is the reference. Infinite, or nan for Ω = 0, if that is 0."""
    xp = namespace(omega, reference)
    away = xp.sqrt(xp.sum((omega - reference) ** 2, axis=(-2, -1)))
    return _ratio(away, xp.sqrt(xp.sum(reference**2, axis=(-2, -1))))


def floor_relative(loss: float | Array, floor: float | Array) -> Array:
    """L2 / floor: 1 for the best head on this W. A loss says nothing by itself, since its floor is never near 0.

    Args:
        loss: L2 of the head.
        floor: least L2 of any head of its rank on its W, as from `tegum.theory.optimal_heads.head_floor`; broadcasts.

    Returns:
        At least 1, if the loss is exact. Where the floor is 0: infinite, or nan if the loss is 0 too.
    """
    return _ratio(*np.broadcast_arrays(as_float64(loss), as_float64(floor)))


def floor_excess(loss: float | Array, floor: float | Array, power: float | Array) -> Array:
    """(L2 - floor) / E s²: how much of what the target has, a head leaves unexplained that it could explain.

    Unlike `floor_relative` it stays meaningful where the floor is 0. `power` is E s²; arguments broadcast.
    """
    loss, floor, power = np.broadcast_arrays(*(as_float64(part) for part in (loss, floor, power)))
    return _ratio(loss - floor, power)


def detector_auc(
    logits: Float[Array, "*models samples"], present: Bool[Array, "*#models samples"]
) -> Float[np.ndarray, "*models"]:
    """Area under the ROC curve: the chance that a sample with the pair gets a larger logit than one without it.

    It depends on the order of the logits only, so neither on their scale nor on a constant that the head lacks. Ties
    count half.

    Args:
        logits: any numbers.
        present: whether the pair is present in each sample.

    Returns:
        From 0 to 1, 1/2 for a detector that knows nothing; nan where all samples are of one class, or where a logit is
        nan.

    Source:
        Mann and Whitney's U over the number of sample pairs.
    """
    ranks = rankdata(as_float64(logits), axis=-1)
    positive = np.broadcast_to(np.asarray(as_numpy(present), bool), ranks.shape)
    count = positive.sum(axis=-1)
    pairs = count * (ranks.shape[-1] - count)
    wins = np.sum(np.where(positive, ranks, 0.0), axis=-1) - count * (count + 1) / 2
    # A nan spoils all ranks, but only those of the positives were summed.
    wins = np.where(np.isnan(ranks).any(axis=-1), np.nan, wins)
    return np.asarray(np.where(pairs > 0, wins / np.where(pairs > 0, pairs, 1), np.nan))


def _ratio(part: Array, whole: Array) -> Array:
    xp = namespace(part, whole)
    none = whole == 0
    return xp.where(none, xp.where(part > 0, xp.inf, xp.nan), part / xp.where(none, 1.0, whole))
