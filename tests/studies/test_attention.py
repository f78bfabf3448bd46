"""What the studies of attention heads share: heads on fixed weights, and the ways that stand beside them."""

import numpy as np
import pytest

from tegum.studies.attention.baselines import baseline_scores, detector_scores
from tegum.studies.attention.slices import Asked, optimal_slices, slices_of, trained_heads
from tegum.theory.dictionaries import gaussian, orthonormal
from tegum.theory.optimal_heads import head_floor, head_loss

SEEDS = np.arange(3)
RANDOM = np.stack([gaussian(4, 7, int(seed)) for seed in SEEDS])
TWO_PAIRS = Asked(((0, 1), (2, 3)), (1.0, 0.5))


@pytest.mark.parametrize("bias", [False, True])
def test_trained_heads_have_the_slices_of_the_closed_form(bias: bool):
    asked = Asked(TWO_PAIRS.pairs, TWO_PAIRS.weights, "product", bias)
    trained = slices_of(trained_heads(RANDOM, 0.3, asked, 4, seeds=SEEDS, steps=1500).model, 4)
    exact, _ = optimal_slices(RANDOM, 0.3, asked, 4)
    np.testing.assert_allclose(trained.s[:, :2], exact.s[:, :2], rtol=1e-2)
    for sides in ((trained.u, exact.u), (trained.v, exact.v)):
        overlap = np.abs(np.einsum("khr,khr->kr", *sides))[:, :2]
        np.testing.assert_allclose(overlap, 1, atol=1e-3)


def test_heads_of_short_rank_reach_the_floor_of_their_rank():
    heads = trained_heads(RANDOM, 0.3, TWO_PAIRS, 1, seeds=SEEDS, steps=1500).model
    matrix = TWO_PAIRS.matrix(7)
    for omega, w in zip(heads.omega, RANDOM, strict=True):
        floor = head_floor(w, 0.3, matrix, rank=1)
        assert floor <= head_loss(np.asarray(omega, float), w, 0.3, matrix) + 1e-9
        assert head_loss(np.asarray(omega, float), w, 0.3, matrix) < 1.001 * floor


def test_slices_give_omega_back():
    slices, omega = optimal_slices(RANDOM, 0.3, TWO_PAIRS, 4)
    np.testing.assert_allclose(slices.omega, omega, atol=1e-9)


def test_every_baseline_is_a_cosine_and_orthonormal_features_are_found_with_a_constant_input():
    w = np.stack([orthonormal(6, 8, int(seed)) for seed in SEEDS])
    scores = baseline_scores(w, 0.2, ((0, 1), (2, 3)), (1.0, 0.5), seeds=SEEDS, steps=1500)
    assert all(np.all((value >= 0) & (value <= 1 + 1e-9)) for value in scores.values())
    for way in ("with constant", "with constant, unwhitened"):
        np.testing.assert_allclose(scores[way], 1, atol=1e-3)
    np.testing.assert_allclose(scores["head"], scores["theory"], atol=1e-2)


def test_a_detector_on_orthonormal_features_ranks_almost_all_positives_first_and_random_ones_fewer():
    w = np.stack([orthonormal(6, 8, int(seed)) for seed in SEEDS])
    clear = detector_scores(w, 0.1, (0, 1), seeds=SEEDS)
    mixed = detector_scores(
        np.stack([gaussian(2, 8, int(seed)) for seed in SEEDS]), 0.1, (0, 1), seeds=SEEDS
    )
    assert np.all(clear > 0.9)
    assert np.median(mixed) < np.median(clear)
    assert np.all(np.isnan(detector_scores(w, 1.0, (0, 1), seeds=SEEDS)))
