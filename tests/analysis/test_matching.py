"""Matching slices with pairs of features, for one model and for populations."""

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from tegum.analysis.matching import cosines, match_slices, matched_cosines
from tegum.analysis.spectra import svd_of, svd_of_product
from tegum.errors import BadInputError
from tegum.theory.head_moments import first_moments
from tegum.theory.optimal_heads import dual_directions, optimal_head, pair_cosine

PAIRS = ((0, 3), (1, 4))


def test_a_population_is_matched_as_each_of_its_models_is_alone():
    rng = np.random.default_rng(0)
    a, b, w = (
        rng.normal(size=(2, 3, 4, 6)),
        rng.normal(size=(2, 3, 4, 6)),
        rng.normal(size=(2, 3, 6, 8)),
    )
    u, _, v = svd_of_product(a, b)
    found = matched_cosines(u, v, w, PAIRS)
    for model in np.ndindex(2, 3):
        alone = match_slices(u[model], v[model], w[model], PAIRS)
        np.testing.assert_array_equal(found.slice[model], alone.slice)
        np.testing.assert_allclose(found.signed[model], alone.signed)
        np.testing.assert_allclose(
            found.worse[model], np.minimum(np.abs(alone.left), np.abs(alone.right))
        )


def test_a_pair_without_a_slice_scores_zero_and_a_model_that_diverged_nan():
    w = np.stack([np.eye(3)] * 2)
    u, _, v = svd_of_product(w[:, 1:2], w[:, 1:2])
    u = np.array([u[0], np.full_like(u[1], np.nan)])
    found = matched_cosines(u, v, w, ((0, 0), (1, 1)))
    assert found.slice.tolist() == [[-1, 0], [-1, -1]]
    np.testing.assert_allclose(found.signed, [[0, 1], [np.nan, np.nan]])


def test_the_best_head_for_one_pair_stands_exactly_in_the_dual_directions_and_as_predicted_in_the_features():
    w, density = np.random.default_rng(1).normal(size=(5, 9)), 0.3
    weights = np.zeros((9, 9))
    weights[0, 3] = 1
    u, _, v = svd_of(optimal_head(w, density, weights))
    dual = matched_cosines(u, v, dual_directions(w, density), ((0, 3),), by=w)
    np.testing.assert_allclose(dual.signed, 1)
    feature = matched_cosines(u, v, w, ((0, 3),))
    np.testing.assert_allclose(np.abs(feature.left), pair_cosine(w, density, 0))
    np.testing.assert_allclose(np.abs(feature.right), pair_cosine(w, density, 3))
    # Early in training a head grows along N = a_i a_jᵀ, which is another direction again.
    early = matched_cosines(u, v, first_moments(w, density), ((0, 3),), by=w)
    assert np.all(early.worse < 0.999)


def test_cosines_keep_their_sign():
    np.testing.assert_allclose(
        cosines(np.eye(2), np.array([[-2.0, 1.0], [0.0, 1.0]])), [[-1, 0.5**0.5], [0, 0.5**0.5]]
    )


@pytest.mark.parametrize("pairs", [(), ((0, 3),), ((-1, 0),)])
def test_pairs_of_features_that_are_not_there_are_refused(pairs):
    with pytest.raises(BadInputError, match="pairs: got"):
        matched_cosines(np.eye(3), np.eye(3), np.eye(3), pairs)
    with pytest.raises((BadInputError, TypeCheckError)):
        matched_cosines(np.eye(3), np.eye(3), np.eye(3), ((0, 1, 2),))
