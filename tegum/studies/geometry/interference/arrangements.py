"""Directions written down: tegum products of small polytopes, and random ones; how much they share.

Symbols: d dimensions, n directions, cos_ij between them. Of n directions in d dimensions the root
mean square of cos over pairs is at least √((n - d) / (d (n - 1))), the Welch bound, and equal to
it where they are a tight frame. Random directions have, over pairs,

    E |cos| = Γ(d/2) / (√π Γ((d+1)/2)) ≈ √(2/πd),   E cos² = 1/d,   var cos² = 2 (d-1) / (d² (d+2)),

and pairs are independent of each other two by two, so that the variances of means are exact.
"""

import math

import numpy as np
from jaxtyping import Float
from scipy.special import betaincinv, gammaln

from tegum.analysis.geometry import directions
from tegum.theory.dictionaries import tegum_product
from tegum.theory.polytopes import vertices

SIMPLEXES = ("digons", "triangles", "tetrahedra")
MIXED = "digons and singles"
KINDS = (*SIMPLEXES, "pentagons", MIXED)
"""tegum products; the mixed one has as many features as triangles, 3/2 a dimension"""
FACTOR = {"digons": "digon", "triangles": "triangle", "tetrahedra": "tetrahedron"} | {
    "pentagons": "pentagon"
}
STEP = 6
"""dimensions are multiples of this, into which all these polytopes fit"""


def tegum(kind: str, dimension: int) -> Float[np.ndarray, "dimension features"]:
    """The tegum product that fills so many dimensions, a multiple of `STEP`."""
    if kind == MIXED:
        return tegum_product(["digon", "single"] * (dimension // 2), 0)
    factor = FACTOR[kind]
    return tegum_product([factor] * (dimension // len(vertices(factor))), 0)


def random(
    count: int, dimension: int, rng: np.random.Generator
) -> Float[np.ndarray, "dimension features"]:
    """Directions uniform on the sphere."""
    return directions(rng.normal(size=(dimension, count)))


def of_pairs(cosines: Float[np.ndarray, "features features"]) -> tuple[float, float, float]:
    """Mean, root mean square and largest |cos| over pairs of different directions."""
    values = abs(cosines[np.triu_indices(len(cosines), 1)])
    return float(values.mean()), float(np.sqrt((values**2).mean())), float(values.max())


def welch(count: int, dimension: int) -> float:
    """The least root mean square |cos| of so many directions."""
    return math.sqrt(max(count - dimension, 0) / (dimension * (count - 1)))


def mean_cosine(dimension: int) -> float:
    """E |cos| of two random directions."""
    half = dimension / 2
    return math.exp(gammaln(half) - gammaln(half + 0.5)) / math.sqrt(math.pi)


def largest_cosine(count: int, dimension: int) -> float:
    """The |cos| that the largest of all pairs of random directions stays below as often as not.

    As if pairs were independent, which they are two by two: the law of the largest then differs
    little.
    """
    pairs = count * (count - 1) / 2
    return math.sqrt(betaincinv(0.5, (dimension - 1) / 2, 0.5 ** (1 / pairs)))


def random_count(largest: float, dimension: int) -> float:
    """How many random directions keep all |cos| below `largest`, as often as not."""
    from scipy.special import betainc

    beyond = 1 - betainc(0.5, (dimension - 1) / 2, largest**2)
    pairs = math.log(2) / beyond
    return (1 + math.sqrt(1 + 8 * pairs)) / 2
