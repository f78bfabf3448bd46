"""Heads asked for a pair in each of several factors of a tegum product: what theory says of slices.

In whitened coordinates (`theory.optimal_heads`) such pairs are nearly orthogonal when features are
sparse, and pair (i, j) explains τ → t √(P_ii P_jj), t its weight, times a constant of the target,
with the leverage P. So slices that are too few go to the factors of greatest leverage. Where σ are
equal, Ω leaves the basis of their span free, and each slice is a random mixture of the factors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.integrate import quad
from scipy.special import erf

from tegum.errors import bad_input
from tegum.theory.dictionaries import members, tegum_product
from tegum.theory.polytopes import room, vertices


@dataclass(frozen=True)
class AskedProduct:
    """A tegum product of some factors and further dedicated features, with a pair in each factor.

    Attributes:
        factors: of the whole product, the attended ones first.
        pairs: the first two features of each attended factor, left and right; of a dedicated
            feature itself and the first dedicated one behind the attended factors.
        left, right: the attended factor in which each feature stands on this side of its pair,
            counted from 0; -1 for all others.
    """

    factors: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    left: Int[np.ndarray, " features"]
    right: Int[np.ndarray, " features"]

    def weights(
        self, seeds: Sequence[int] | np.ndarray
    ) -> Float[np.ndarray, "models hidden features"]:
        """The product, turned anew for each seed."""
        return np.stack([tegum_product(self.factors, int(seed)) for seed in seeds])


def asked_product(factors: Sequence[str], n_hidden: int) -> AskedProduct:
    """These factors, attended, and a dedicated feature in each dimension that they leave free.

    Raises:
        BadInputError: if they leave none, though a dedicated feature among them needs a partner.
    """
    free = n_hidden - sum(len(vertices(name)) for name in factors)
    if free < 1:
        raise bad_input("n_hidden", n_hidden, f"more than the {n_hidden - free} of the factors")
    whole = (*factors, *["single"] * free)
    blocks = members(whole)
    lefts, spare = blocks[: len(factors)], blocks[len(factors)]
    rights = [block if len(block) > 1 else spare for block in lefts]
    pairs = tuple((i[0], j[min(1, len(j) - 1)]) for i, j in zip(lefts, rights, strict=True))
    left, right = (_labels(each, blocks[-1].stop) for each in (lefts, rights))
    return AskedProduct(whole, pairs, left, right)


def _labels(blocks: Sequence[range], n_features: int) -> Int[np.ndarray, " features"]:
    labels = np.full(n_features, -1)
    for k, block in enumerate(blocks):
        labels[block] = k
    return labels


def sparse_ratios(factors: Sequence[str]) -> Float[np.ndarray, " factors"]:
    """τ over the largest τ in the limit of sparse features, for a pair in each tight factor.

    It is the leverage over the largest: 1, 3/4, 2/3, 1/2, 2/5 for "single", "tetrahedron",
    "triangle", "digon", "pentagon". Both features of a pair are of one kind, the weights equal.
    At density p corrections are of order p.
    """
    leverage = np.array([room(vertices(name)) for name in factors])
    return leverage / leverage.max()


def largest_share(directions: int) -> tuple[float, float]:
    """Mean and standard deviation of the largest squared coordinate of a random unit vector.

    It is how far a random mixture of so many orthogonal directions keeps to one of them.

    Source:
        For k independent normal numbers the squares' shares are independent of their sum, so with M
        the largest of k squares the moments are E M / k and E M² / (k (k + 2)).
    """
    k = directions
    if k < 1:
        raise bad_input("directions", directions, "at least 1")

    def beyond(square: float) -> float:
        return 1 - float(erf(np.sqrt(square / 2))) ** k

    first = quad(beyond, 0, np.inf)[0] / k
    second = quad(lambda x: 2 * x * beyond(x), 0, np.inf)[0] / (k * (k + 2))
    return first, float(np.sqrt(max(second - first**2, 0.0)))
