"""Clusters of singular values, and pairs scored in them."""

import numpy as np
import pytest

from tegum.analysis.alternatives import haar_rotations
from tegum.analysis.gating import clusters, gated_match, noise_level, relative_gaps
from tegum.analysis.matching import match_slices
from tegum.analysis.spectra import svd_of
from tegum.errors import BadInputError
from tests.analysis.test_geometry import simplex


def head(
    w: np.ndarray, pairs: tuple, weights: list[float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    left, right = np.transpose(pairs)
    return svd_of((w[:, left] * np.array(weights)) @ w[:, right].T)


def test_gaps_are_relative_and_sum_to_one():
    np.testing.assert_allclose(
        relative_gaps(np.array([[4.0, 3.0, 1.0], [0, 0, 0]])), [[0.25, 0.5, 0.25], [0, 0, 0]]
    )


def test_clusters_chain_neighbours_and_leave_out_what_cannot_be_told_from_zero():
    s = np.array([3.0, 2.9, 2.81, 1.0, 0.5, 0.05, 0.0])
    assert clusters(s, 0.11).tolist() == [0, 0, 0, 1, 2, -1, -1]
    assert clusters(s, 0.0).tolist() == [0, 1, 2, 3, 4, 5, -1]
    # Between neighbours the larger noise counts.
    assert clusters(np.array([3.0, 2.9, 1.0]), np.array([0.0, 0.2, 0.0])).tolist() == [0, 0, 1]
    assert clusters(np.full(2, np.nan), 0.1).tolist() == [-1, -1]


def test_noise_is_five_standard_deviations_over_the_last_looks():
    history = np.zeros((2, 50, 3))
    history[:, :30] = 7  # the transient is not noise
    history[:, 30:, 1] = np.tile([1.0, -1.0], 10)
    level = noise_level(history)
    np.testing.assert_allclose(level, [[0, 5 * np.sqrt(20 / 19), 0]] * 2)
    with pytest.raises(BadInputError, match="history: got '1 looks'"):
        noise_level(history[:, :1])


def test_where_all_slices_stand_apart_scores_are_the_matched_cosines():
    w = np.random.default_rng(0).normal(size=(6, 8))
    pairs = ((0, 3), (1, 4), (2, 5))
    u, s, v = head(w, pairs, [3, 2, 1])
    found = gated_match(u, s, v, w, pairs, noise=1e-9)
    alone = match_slices(u[:, :3], v[:, :3], w, pairs)
    np.testing.assert_array_equal(found.cluster, alone.slice)
    assert found.size.tolist() == [1, 1, 1]
    np.testing.assert_allclose(found.left, np.abs(alone.left))
    np.testing.assert_allclose(found.right, np.abs(alone.right))
    np.testing.assert_allclose(found.joint, alone.signed)


def test_equal_weights_hide_pairs_in_a_cluster_where_single_vectors_score_as_chance_and_the_span_scores_one():
    w, pairs = np.eye(8), ((0, 4), (1, 5), (2, 6), (3, 7))
    u, s, v = head(w, pairs, [2, 1, 1, 1])
    turn = np.zeros((8, 8))
    turn[0, 0], turn[1:4, 1:4], turn[4:, 4:] = 1, haar_rotations(3, 3), haar_rotations(4, 1)
    u, v = u @ turn, v @ turn  # as good a decomposition of the same matrix
    np.testing.assert_allclose((u * s) @ v.T, np.diag([2.0, 1, 1, 1], k=4)[:8, :8], atol=1e-12)
    assert np.min(np.abs(match_slices(u, v, w, pairs).left)) < 0.9
    found = gated_match(u, s, v, w, pairs, noise=0.01)
    assert found.cluster.tolist() == [0, 1, 1, 1]
    assert found.size.tolist() == [1, 3, 3, 3]
    for score in (found.left, found.right, found.joint):
        np.testing.assert_allclose(score, 1)


def test_a_span_joins_the_pairs_that_it_was_made_of_and_no_others():
    w, pairs = np.eye(4), ((0, 2), (1, 3))
    u, s, v = head(w, pairs, [1, 1])
    wrong = gated_match(u, s, v, w, ((0, 3), (1, 2)), noise=0.01)
    np.testing.assert_allclose(wrong.left, 1)  # both features are in the span,
    np.testing.assert_allclose(wrong.joint, 0, atol=1e-12)  # but it does not join them


def test_a_whole_simplex_joined_to_another_is_one_cluster_that_serves_more_pairs_than_it_has_slices():
    tetrahedra = np.kron(np.eye(2), simplex(4))
    pairs = tuple((k, k + 4) for k in range(4))
    u, s, v = head(tetrahedra, pairs, [1] * 4)
    found = gated_match(u, s, v, tetrahedra, pairs, noise=1e-6)
    assert found.size.tolist() == [3] * 4
    np.testing.assert_allclose(found.joint, 1)


def test_populations_are_gated_whole_and_slices_of_no_weight_serve_no_pair():
    w, pairs = np.stack([np.eye(3)] * 3), ((0, 1),)
    omega = np.zeros((3, 3, 3))
    omega[0, 0, 1], omega[1, 0, 1] = -1, np.nan
    found = gated_match(*svd_of(omega), w, pairs, noise=1e-6)
    np.testing.assert_allclose(found.joint[:, 0], [-1, np.nan, 0])
    assert found.size[:, 0].tolist() == [1, 0, 0]
