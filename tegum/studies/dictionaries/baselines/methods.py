"""Ways to get directions from hidden vectors; some are scikit-learn's, where it is installed.

A component of PCA, ICA or a singular vector has no sign: it and its opposite both count, as 2 m
directions. Atoms of a dictionary have one, as codes are positive.
"""

import warnings
from typing import Any

import numpy as np
from jaxtyping import Float

from tegum.analysis.geometry import directions
from tegum.errors import BadInputError


def scikit() -> Any:
    """scikit-learn's decompositions.

    Raises:
        BadInputError: it is not installed.
    """
    try:
        from sklearn import decomposition
    except ImportError:
        raise BadInputError(
            "scikit-learn is not installed: pip install 'tegum[baselines]'"
        ) from None
    return decomposition


def both_signs(d: Float[np.ndarray, "hidden count"]) -> Float[np.ndarray, "hidden twice"]:
    """Every direction and its opposite."""
    return np.hstack([d, -d])


def principal(h: Float[np.ndarray, "hidden inputs"]) -> Float[np.ndarray, "hidden twice"]:
    """PCA: the eigenvectors of the covariance."""
    return both_signs(np.linalg.svd(np.cov(h))[0])


def independent_components(
    h: Float[np.ndarray, "hidden inputs"], seed: int
) -> Float[np.ndarray, "hidden twice"]:
    """ICA: columns of the mixing matrix of FastICA, as many as dimensions."""
    model = scikit().FastICA(whiten="unit-variance", random_state=seed, max_iter=500)
    return both_signs(directions(_fitted(model, h).mixing_))


def learned(
    h: Float[np.ndarray, "hidden inputs"], atoms: int, penalty: float, seed: int, passes: int
) -> Float[np.ndarray, "hidden atoms"]:
    """Dictionary learning with positive codes, mini-batches and an L1 penalty.

    scikit-learn minimises ‖h - D z‖²/2 + α Σ z with unit D: α = λ/2. Its early stop, which leaves
    atoms half way, is off.
    """
    model = scikit().MiniBatchDictionaryLearning(
        n_components=atoms,
        alpha=penalty / 2,
        positive_code=True,
        fit_algorithm="cd",
        transform_algorithm="lasso_cd",
        batch_size=256,
        max_iter=passes,
        max_no_improvement=None,
        tol=0.0,
        random_state=seed,
    )
    return directions(_fitted(model, h[:, h.any(axis=0)]).components_.T)


def _fitted(model: Any, h: Float[np.ndarray, "hidden inputs"]) -> Any:
    """Fitted; that it stopped before it converged shows in its score, not in a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(h.T)


def unguided(hidden: int, count: int, seed: int) -> Float[np.ndarray, "hidden count"]:
    """Random directions."""
    return directions(np.random.default_rng(seed).normal(size=(hidden, count)))
