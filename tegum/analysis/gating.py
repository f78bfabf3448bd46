"""Score a singular vector by itself only if its singular value stands apart; else score the span it belongs to.

Symbols: s_1 ≥ s_2 ≥ ... singular values of Ω; gap_k = (s_k - s_{k+1})/s_1.

When singular values are nearer to each other than the noise of training, their vectors are any basis of a span, and
their cosines with features are those of chance. Merged into one cluster c, with U_c and V_c its vectors, they still
say which pairs the head joins: none of the following changes when both U_c and V_c are turned by one rotation,

    left ‖U_cᵀ Ŵ_i‖,    right ‖V_cᵀ Ŵ_j‖,    joint Ŵ_iᵀ U_c V_cᵀ Ŵ_j;

for a slice by itself they are |cos|, |cos| and the product of the two cosines.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from tegum.analysis.matching import Pairs, cosines, pair_columns
from tegum.arrays import Array, as_float64, namespace
from tegum.errors import bad_input


def relative_gaps(singular_values: Float[Array, "*models rank"]) -> Float[Array, "*models rank"]:
    """(s_k - s_{k+1})/s_1, with 0 after the last one; they sum to 1, or are all 0 for Ω = 0."""
    xp = namespace(singular_values)
    after = xp.concat([singular_values[..., 1:], xp.zeros_like(singular_values[..., :1])], axis=-1)
    largest = singular_values[..., :1]
    return xp.where(
        largest > 0, (singular_values - after) / xp.where(largest > 0, largest, 1.0), 0.0
    )


def noise_level(
    history: Float[Array, "*models looks rank"], looks: int = 20, times: float = 5.0
) -> Float[np.ndarray, "*models rank"]:
    """How far apart singular values must be to be told apart: `times` their standard deviation over the last looks.

    Args:
        history: singular values over training, at a steady learning rate.
        looks: how many of the last ones to take.
        times: how many standard deviations.

    Raises:
        BadInputError: if there are fewer than two looks.
    """
    last = as_float64(history)[..., -looks:, :] if looks > 0 else np.empty((0, 1))
    if last.shape[-2] < 2:
        raise bad_input(
            "history", f"{last.shape[-2]} looks", "at least 2 looks to take a standard deviation of"
        )
    return times * np.std(last, axis=-2, ddof=1)


def clusters(
    singular_values: Float[Array, "*models rank"], noise: float | Array
) -> Int[np.ndarray, "*models rank"]:
    """Which singular values cannot be told apart: neighbours not further from each other than the noise.

    Args:
        singular_values: in decreasing order.
        noise: in units of the singular values, one number or one for each of them; see `noise_level`. Between two
            neighbours the larger one counts.

    Returns:
        0 for the cluster of the largest, 1 for the next, and so on; -1 for those that cannot be told from 0.
    """
    s = as_float64(singular_values)
    level = np.broadcast_to(as_float64(noise), s.shape)
    apart = s[..., :-1] - s[..., 1:] > np.maximum(level[..., :-1], level[..., 1:])
    label = np.concatenate([np.zeros_like(s[..., :1], int), np.cumsum(apart, axis=-1)], axis=-1)
    return np.where(s > level, label, -1)


@dataclass(frozen=True)
class GatedMatch:
    """Which cluster of slices stands for each pair, for a whole population.

    Attributes:
        cluster: its label in `clusters`; -1 for a pair without one.
        size: its number of slices; 1 is a slice by itself, 0 a pair without any. Chance depends on it: the squared
            scores of a random span are Beta(size/2, (hidden - size)/2), `nulls.chance_energy_quantile`.
        left, right: ‖U_cᵀ Ŵ_i‖ and ‖V_cᵀ Ŵ_j‖ in [0, 1]; for a slice by itself |cos|. 0 for a pair without a slice.
        joint: Ŵ_iᵀ U_c V_cᵀ Ŵ_j in [-1, 1], near 1 if the head joins W_i to W_j there.

    Scores of a model that is not finite are nan.
    """

    cluster: Int[np.ndarray, "*models pairs"]
    size: Int[np.ndarray, "*models pairs"]
    left: Float[np.ndarray, "*models pairs"]
    right: Float[np.ndarray, "*models pairs"]
    joint: Float[np.ndarray, "*models pairs"]


def gated_match(
    u: Float[Array, "*models hidden rank"],
    singular_values: Float[Array, "*models rank"],
    v: Float[Array, "*models hidden rank"],
    w: Float[Array, "*models hidden features"],
    pairs: Pairs,
    noise: float | Array,
) -> GatedMatch:
    """Match pairs with slices that stand apart, one to one, and with merged clusters, so that Σ |joint| is greatest.

    A merged cluster may serve any number of pairs: a span of c dimensions can hold more than c features, as that of a
    simplex does. Slices that cannot be told from 0 serve none.

    Args:
        u, singular_values, v: slices, largest first.
        w: the features' directions.
        pairs: (i, j): feature i on the left, j on the right.
        noise: as in `clusters`.

    Raises:
        BadInputError: if a pair names a feature that is not there.
    """
    u, s, v, w = (as_float64(part) for part in (u, singular_values, v, w))
    left_of, right_of = pair_columns(pairs, w.shape[-1])
    label = clusters(s, noise)
    left, right = cosines(u, w)[..., left_of], cosines(v, w)[..., right_of]  # [*models rank pairs]
    shape = (*s.shape[:-1], len(pairs))
    found = GatedMatch(
        np.full(shape, -1), np.zeros(shape, int), *(np.zeros(shape) for _ in range(3))
    )
    for model in np.ndindex(s.shape[:-1]):
        if not all(np.all(np.isfinite(part[model])) for part in (u, s, v, w)):
            found.left[model] = found.right[model] = found.joint[model] = np.nan
            continue
        member = label[model] == np.arange(label[model].max() + 1)[:, None]  # [clusters rank]
        scores = member @ np.stack(
            [left[model] ** 2, right[model] ** 2, left[model] * right[model]]
        )
        size = member.sum(axis=-1)
        seat = np.repeat(np.arange(size.size), np.where(size > 1, len(pairs), 1))
        chosen, place = linear_sum_assignment(-np.abs(scores[2][seat]).T)
        cluster = seat[place]
        found.cluster[model][chosen], found.size[model][chosen] = cluster, size[cluster]
        found.left[model][chosen], found.right[model][chosen] = np.sqrt(scores[:2, cluster, chosen])
        found.joint[model][chosen] = scores[2, cluster, chosen]
    return found
