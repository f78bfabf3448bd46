"""Cosines of all pairs of features: how few of them hold most, and what random directions give."""

import numpy as np
from jaxtyping import Float
from scipy.stats import beta


def of_pairs(cosines: Float[np.ndarray, "features features"]) -> Float[np.ndarray, " pairs"]:
    """Each pair once, without the diagonal."""
    return cosines[np.triu_indices(len(cosines), 1)]


def top_share(cosines: Float[np.ndarray, "features features"], top: float = 0.05) -> float:
    """The share of Σ cos² that the pairs with the largest cos² hold; NaN where one is missing.

    Args:
        cosines: of all features.
        top: which share of all pairs, at least one pair, counts as these.
    """
    squared = np.sort(of_pairs(cosines) ** 2)
    return float(squared[-max(1, int(top * len(squared))) :].sum() / squared.sum())


def chance_top_share(n_hidden: int, top: float = 0.05) -> float:
    """The same of random directions, in the limit of many: cos² is Beta(1/2, (m - 1)/2).

    Args:
        n_hidden: m, at least 2.
        top: as in `top_share`.
    """
    law = beta(0.5, (n_hidden - 1) / 2)
    return float(beta(1.5, (n_hidden - 1) / 2).sf(law.isf(top)))


def pair_density(
    cosines: Float[np.ndarray, "features features"], edges: Float[np.ndarray, " edges"]
) -> Float[np.ndarray, " bins"]:
    """The mean density of pairs over each bin of cos; NaN where one is missing."""
    pairs = of_pairs(cosines)
    if np.isnan(pairs).any():
        return np.full(len(edges) - 1, np.nan)
    return np.histogram(pairs, edges)[0] / (len(pairs) * np.diff(edges))


def chance_density(edges: Float[np.ndarray, " edges"], n_hidden: int) -> Float[np.ndarray, " bins"]:
    """The mean density of cos between two random directions over each bin.

    Args:
        edges: of the bins, from -1 to 1.
        n_hidden: m, at least 2.
    """
    below = np.sign(edges) * beta(0.5, (n_hidden - 1) / 2).cdf(edges**2) / 2
    return np.diff(below) / np.diff(edges)
