"""Which slice of a head stands for which pair of features: signed cosines, matched left and right jointly.

Symbols: u_k, v_k are left and right singular vectors of Ω; a head attends to pairs (i, j) of features, W_i on the left
and W_j on the right. a_i = E[h f_i] and d_i = C⁺ a_i are what theory puts in place of W_i, early and late in training.

Singular vectors come in pairs with a common sign: (u_k, v_k) and (-u_k, -v_k) are the same. So a slice stands for a
pair of features only if both cosines are large AND of equal sign.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from tegum.analysis.geometry import directions
from tegum.arrays import Array, as_float64, as_numpy, check_weights, namespace
from tegum.errors import bad_input

Pairs = tuple[tuple[int, int], ...]


def cosines(
    slices: Float[Array, "*models hidden rank"], w: Float[Array, "*models hidden features"]
) -> Float[Array, "*models rank features"]:
    """Signed cosine of every singular vector with every feature's direction; 0 where a feature has no direction.

    The columns of `w` may as well be the a_i or d_i of theory.

    Raises:
        BadInputError: if `w` has other hidden dimensions than the slices.
    """
    xp = namespace(slices, w)
    check_weights(w, hidden=slices.shape[-2])
    return xp.matmul(xp.matrix_transpose(slices), directions(w))


@dataclass(frozen=True)
class Match:
    """Which slice stands for which feature pair. Arrays run over the pairs that got a slice.

    Attributes:
        pair: positions in the list of pairs, in increasing order.
        slice: the slice matched with each.
        left, right: signed cosines of u_k with W_i and of v_k with W_j.
    """

    pair: Int[np.ndarray, " matched"]
    slice: Int[np.ndarray, " matched"]
    left: Float[np.ndarray, " matched"]
    right: Float[np.ndarray, " matched"]

    @property
    def signed(self) -> Float[np.ndarray, " matched"]:
        """Left · right: the joint score. Negative means that one side points against its feature."""
        return self.left * self.right


def match_slices(
    u: Float[Array, "hidden rank"],
    v: Float[Array, "hidden rank"],
    w: Float[Array, "hidden features"],
    pairs: Pairs,
) -> Match:
    """Give each feature pair a slice of its own, left and right jointly, so that Σ |cos left| |cos right| is greatest.

    Args:
        u, v: singular vectors, as from `svd_of_product`.
        w: the features' directions.
        pairs: (i, j): feature i on the left, j on the right.

    Returns:
        One slice a pair, or one pair a slice if there are fewer slices.

    Raises:
        BadInputError: if a pair names a feature that is not there.

    Source:
        Hungarian assignment, `scipy.optimize.linear_sum_assignment`.
    """
    left_of, right_of = pair_columns(pairs, np.shape(w)[-1])
    left = as_numpy(cosines(u, w))[:, left_of].T
    right = as_numpy(cosines(v, w))[:, right_of].T
    pair, chosen = linear_sum_assignment(-np.abs(left * right))
    return Match(pair, chosen, left[pair, chosen], right[pair, chosen])


@dataclass(frozen=True)
class MatchedCosines:
    """The slices that stand for each pair, for a whole population.

    Attributes:
        slice: the slice matched with each pair, -1 for a pair without one.
        left, right: signed cosines on the two sides; 0 for a pair without a slice, nan for a model that is not finite.
    """

    slice: Int[np.ndarray, "*models pairs"]
    left: Float[np.ndarray, "*models pairs"]
    right: Float[np.ndarray, "*models pairs"]

    @property
    def signed(self) -> Float[np.ndarray, "*models pairs"]:
        """Left · right: near 1 where the slice stands for the pair, negative where one side points away."""
        return self.left * self.right

    @property
    def worse(self) -> Float[np.ndarray, "*models pairs"]:
        """The lesser |cos| of the two sides."""
        return np.minimum(np.abs(self.left), np.abs(self.right))


def matched_cosines(
    u: Float[Array, "*models hidden rank"],
    v: Float[Array, "*models hidden rank"],
    w: Float[Array, "*models hidden features"],
    pairs: Pairs,
    by: Float[Array, "*models hidden features"] | None = None,
) -> MatchedCosines:
    """`match_slices` for a whole population, and for other directions than those that decide the match.

    Args:
        u, v: singular vectors.
        w: directions to take cosines with: the features', or the a_i or d_i of theory.
        pairs: (i, j): feature i on the left, j on the right.
        by: directions that decide which slice belongs to which pair; None for `w`.

    Raises:
        BadInputError: if a pair names a feature that is not there.
    """
    u, v, w = (as_float64(part) for part in (u, v, w))
    by = w if by is None else as_float64(by)
    left_of, right_of = pair_columns(pairs, w.shape[-1])
    left, right = (
        np.swapaxes(cosines(part, w), -1, -2)[..., of, :]
        for part, of in ((u, left_of), (v, right_of))
    )  # [*models pairs rank]
    models = left.shape[:-2]
    found = MatchedCosines(
        np.full((*models, len(pairs)), -1),
        np.zeros((*models, len(pairs))),
        np.zeros((*models, len(pairs))),
    )
    for model in np.ndindex(models):
        if not all(np.all(np.isfinite(part[model])) for part in (u, v, w, by)):
            found.left[model] = found.right[model] = np.nan
            continue
        match = match_slices(u[model], v[model], by[model], pairs)
        found.slice[model][match.pair] = match.slice
        found.left[model][match.pair] = left[model][match.pair, match.slice]
        found.right[model][match.pair] = right[model][match.pair, match.slice]
    return found


def pair_columns(
    pairs: Pairs, n_features: int
) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
    """The left and the right features of some pairs, checked."""
    columns = np.asarray(pairs)
    if columns.ndim != 2 or columns.shape[1] != 2 or columns.dtype.kind not in "iu":
        raise bad_input("pairs", pairs, "at least one pair (i, j) of whole numbers")
    if not (np.all(columns >= 0) and np.all(columns < n_features)):
        raise bad_input("pairs", pairs, f"features from 0 to features - 1 = {n_features - 1}")
    return columns[:, 0], columns[:, 1]
