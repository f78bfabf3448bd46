"""What the studies of attention heads share: heads on fixed weights, and the ways that stand beside them."""

import numpy as np
import pytest

from tegum.models import Head
from tegum.studies.attention.recovery.baselines import baseline_scores, detector_scores
from tegum.studies.attention.slices import Asked, optimal_slices, slices_of, trained_heads
from tegum.theory.dictionaries import gaussian, orthonormal
from tegum.theory.optimal_heads import head_floor, head_loss

SEEDS = np.arange(3, dtype=np.uint64) + np.uint64(2**63)
RANDOM = np.stack([gaussian(7, 4, seed) for seed in range(3)])
TWO = ((0, 1), (2, 3)), (1.0, 0.5)
TWO_PAIRS = Asked(*TWO)


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


def test_baselines_are_cosines_and_orthonormal_features_are_found_with_a_constant_input():
    w = np.stack([orthonormal(8, 6, int(seed)) for seed in SEEDS])
    rng = np.random.default_rng(0)
    scores = baseline_scores(w, 0.2, *TWO, seeds=SEEDS, rng=rng, steps=1500)
    assert all(np.all((value >= 0) & (value <= 1 + 1e-9)) for value in scores.values())
    for way in ("with constant", "with constant, unwhitened"):
        np.testing.assert_allclose(scores[way], 1, atol=1e-3)
    np.testing.assert_allclose(scores["head"], scores["theory"], atol=1e-2)


def test_a_detector_ranks_positives_first_on_orthonormal_features_and_fewer_on_random_ones():
    w = np.stack([orthonormal(8, 6, int(seed)) for seed in SEEDS])
    clear = detector_scores(w, 0.1, (0, 1), seeds=SEEDS)
    mixed = detector_scores(
        np.stack([gaussian(8, 2, int(seed)) for seed in SEEDS]), 0.1, (0, 1), seeds=SEEDS
    )
    assert np.all(clear > 0.9)
    assert np.median(mixed) < np.median(clear)
    assert np.all(np.isnan(detector_scores(w, 1.0, (0, 1), seeds=SEEDS)))


def test_a_head_that_diverged_has_no_slices_and_leaves_the_others_theirs():
    heads = trained_heads(RANDOM, 0.3, TWO_PAIRS, 2, seeds=SEEDS, steps=10).model
    a = np.array(heads.a)
    a[1] = np.nan
    broken = slices_of(Head(a, heads.b), 4)
    sound = slices_of(heads, 4)
    for one, other in ((broken.u, sound.u), (broken.s, sound.s), (broken.v, sound.v)):
        assert np.all(np.isnan(one[1]))
        np.testing.assert_array_equal(one[[0, 2]], other[[0, 2]])
