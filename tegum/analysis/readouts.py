"""Has a network learned the real features? Each feature's own output tells alone whether it is active.

Symbols: a_i whether feature i is active, y_i its own output, h the bottleneck. The area under y_i's ROC curve is the
chance that y_i is larger where i is active than where it is not; 1/2 for what knows nothing. Beside it stands what
linear read-outs of the bottleneck tell: least squares of a on (h, 1), whose direction is Fisher's discriminant, and the
best of many directions, which need not be that one; and what one ReLU of a linear map tells. A network behind the
bottleneck that has learned the features does better than all of them.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import rankdata

from tegum.analysis.functional import detector_auc
from tegum.arrays import Array, as_float64


def own_output_auc(
    outputs: Float[Array, "*models features samples"], active: Bool[Array, "features samples"]
) -> Float[np.ndarray, "*models features"]:
    """Of every feature, the area under the ROC curve of its own output; ties count half.

    Args:
        outputs: y, or anything that rises with it.
        active: a; broadcasts over models.

    Returns:
        From 0 to 1; nan for a feature that is always, or never, active.
    """
    return detector_auc(outputs, active)


def linear_readout(
    h: Float[Array, "*models hidden samples"], active: Bool[Array, "features samples"]
) -> tuple[Float[np.ndarray, "*models features hidden"], Float[np.ndarray, "*models features"]]:
    """The affine map from h that fits a best in squares: its weights and its constants."""
    h, a = as_float64(h), as_float64(active)
    mean, rate = h.mean(axis=-1, keepdims=True), a.mean(axis=-1)
    centred = h - mean
    spread = centred @ np.swapaxes(centred, -1, -2)
    along = (a - rate[:, None]) @ np.swapaxes(centred, -1, -2)
    weights = along @ np.linalg.pinv(spread, hermitian=True)
    return weights, rate - (weights @ mean)[..., 0]


def linear_readout_auc(
    fitted: tuple[Float[Array, "*models hidden samples"], Bool[Array, "features samples"]],
    h: Float[Array, "*models hidden others"],
    active: Bool[Array, "features others"],
) -> Float[np.ndarray, "*models features"]:
    """The same area for the least-squares read-out of the bottleneck, fitted on other samples.

    Args:
        fitted: h and a of the samples that it is fitted on.
        h, active: of those that it is judged on.
    """
    weights, constant = linear_readout(*fitted)
    return own_output_auc(weights @ as_float64(h) + constant[..., None], active)


def best_direction_auc(
    fitted: tuple[Float[Array, "*models hidden samples"], Bool[Array, "features samples"]],
    h: Float[Array, "*models hidden others"],
    active: Bool[Array, "features others"],
    directions: Float[Array, "hidden directions"],
    clipped: Sequence[float] = (0.0,),
) -> Float[np.ndarray, "*models features"]:
    """The same area along the best of some directions, chosen for each feature on other samples.

    A ReLU that is 0 for most samples leaves them tied, and a tie counts half: that alone can raise the area where a
    feature is told by one end of a direction only. So what is nonlinear is to be held against ReLU(u·h + c), too.

    Args:
        fitted: h and a of the samples that it is chosen on.
        h, active: of those that it is judged on.
        directions: one a column, all of them that are to be tried; a fine circle where h is in the plane.
        clipped: shares of the samples that such a ReLU may be 0 on, each tried; 0 for none.
    """
    u, known = as_float64(directions).T, as_float64(fitted[1])
    along = u @ as_float64(fitted[0])
    ranks, count = rankdata(along, axis=-1), known.sum(axis=-1)
    lows = np.quantile(along, clipped, axis=-1)  # clips x models x directions
    tried = []
    for low in lows:
        tied = along <= low[..., None]
        middle = (tied.sum(axis=-1, keepdims=True) + 1) / 2
        wins = np.where(tied, middle, ranks) @ known.T - count * (count + 1) / 2
        tried.append(wins / np.maximum(count * (known.shape[-1] - count), 1))
    areas = np.concatenate(tried, axis=-2)  # *models x (clips directions) x features
    best = areas.argmax(axis=-2)
    judged = np.take_along_axis(u @ as_float64(h), best[..., None] % len(u), axis=-2)
    floors = np.concatenate(list(lows), axis=-1)
    return own_output_auc(
        np.maximum(judged, np.take_along_axis(floors, best, axis=-1)[..., None]), active
    )


def chance_auc(positives: float, negatives: float) -> float:
    """What the area of an output that knows nothing stays below in 95 %.

    Source:
        The normal limit of Mann and Whitney's U, whose variance is P N (P + N + 1) / 12.
    """
    deviation = np.sqrt((positives + negatives + 1) / (12 * positives * negatives))
    return float(0.5 + 1.6448536269514722 * deviation)
