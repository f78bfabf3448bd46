"""Scores of dictionaries whose answers are plain, and the law of random ones against draws."""

import numpy as np
import pytest

from tegum.analysis.recovered import (
    chance_recovery,
    coding,
    latent_cosines,
    latents_per_feature,
    random_best_cdf,
    random_best_mean,
    random_best_quantile,
    recovery,
    response,
)
from tests.refusals import line_of

EYE = np.eye(3)


def test_the_truth_in_any_order_and_length_scores_one_everywhere_and_shares_nothing() -> None:
    found = recovery(latent_cosines(5 * EYE[:, [2, 0, 1]], EYE))
    np.testing.assert_allclose(found, (1, 1, 1, 1, 0))


def test_a_latent_that_points_away_from_a_feature_has_not_found_it() -> None:
    found = recovery(latent_cosines(-EYE, EYE))
    assert found.feature == 0  # the others' right angles


def test_two_latents_of_one_feature_are_shared_and_leave_one_without_a_latent_of_its_own() -> None:
    found = recovery(latent_cosines(EYE[:, [0, 0, 1]], EYE))
    assert found.matched == pytest.approx(2 / 3)
    assert found.feature == pytest.approx(2 / 3)
    assert found.shared == pytest.approx(2 / 3)


def test_a_pair_latent_is_the_best_of_both_and_unique_for_one_only() -> None:
    found = recovery(latent_cosines((EYE[:, 0] + EYE[:, 1])[:, None], EYE[:, :2]))
    assert found.feature == pytest.approx(1 / np.sqrt(2))
    assert found.matched == pytest.approx(1 / np.sqrt(8))
    assert found.unique == 0.5


def test_dead_latents_and_features_that_are_not_there_are_left_out() -> None:
    w = np.array([[1.0, 0, 0], [0, 1, 0]])
    cosines = latent_cosines(np.eye(2), w, alive=np.array([True, False]))
    found = recovery(cosines)
    assert found.feature == 0.5
    np.testing.assert_equal(latents_per_feature(cosines, 0.9), [1, 0])
    assert recovery(latent_cosines(np.zeros((2, 2)), w)).matched == 0


def test_other_dimensions_are_refused() -> None:
    assert line_of(lambda: latent_cosines(np.eye(2), EYE)).startswith("dictionary")


def test_a_copy_explains_all_and_a_constant_mean_explains_nothing() -> None:
    h = np.array([[0.0, 1, 2]])
    z = np.array([[0.0, 1, 2], [0, 0, 0]])
    found = coding(h, h, z)
    assert (found.explained, found.active) == (1, pytest.approx(2 / 3))
    np.testing.assert_equal(found.alive, [True, False])
    assert coding(h, np.ones((1, 3)), z).explained == 0


def test_a_soft_threshold_has_slope_one_and_falls_short_by_it() -> None:
    x = np.linspace(0, 1, 101)
    found = response(x, np.maximum(x - 0.1, 0))
    assert found == (pytest.approx(1), pytest.approx(0.1))
    assert response(x, 0.5 * x).slope == pytest.approx(0.5)
    assert np.isnan(response(x, 0 * x).slope)


@pytest.mark.parametrize(("m", "k"), [(1, 1), (2, 3), (5, 20)])
def test_the_law_of_the_best_random_direction_is_that_of_draws(m: int, k: int) -> None:
    drawn = np.random.default_rng(0).normal(size=(20_000, k, m))
    best = (drawn[..., 0] / np.linalg.norm(drawn, axis=-1)).max(axis=1)
    assert random_best_mean(m, k) == pytest.approx(best.mean(), abs=0.02)
    if m > 1:
        q = random_best_quantile(0.95, m, k)
        assert (best < q).mean() == pytest.approx(0.95, abs=0.006)
        assert random_best_cdf(q, m, k) == pytest.approx(0.95)


def test_the_best_of_three_directions_of_the_plane_has_its_mean_in_closed_form() -> None:
    # The nearest of three even angles in [0, π]: density 3/π (1 - t/π)².
    t = np.linspace(0, np.pi, 100_001)
    exact = np.trapezoid(np.cos(t) * 3 / np.pi * (1 - t / np.pi) ** 2, t)
    assert random_best_mean(2, 3) == pytest.approx(exact, abs=1e-5)


def test_drawn_scores_agree_with_the_law_and_assignments_score_less() -> None:
    w = np.random.default_rng(1).normal(size=(5, 20))
    found = chance_recovery(w, 20, draws=400)
    assert found.feature == pytest.approx(random_best_mean(5, 20), abs=0.01)
    assert found.matched < found.feature < found.feature_q95
