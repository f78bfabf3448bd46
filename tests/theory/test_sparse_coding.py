"""Costs of sparse codes against brute force, and the statements of the module on planted inputs."""

import numpy as np
import pytest
from scipy.optimize import nnls

from tegum.theory.sparse_coding import (
    best_pair,
    child,
    codes,
    coding_bound,
    coding_cost,
    huber,
    independent,
    least_crosstalk,
    lone_cost,
    one_latent_loss,
    one_latent_minima,
    pair_cost,
    pair_over_single,
    shrunk,
)
from tests.refusals import line_of

EYE = np.eye(2)


def unit(d: np.ndarray) -> np.ndarray:
    return d / np.linalg.norm(d, axis=-2, keepdims=True)


@pytest.mark.parametrize("length", [0.0, 0.05, 0.1, 0.7])
def test_hubers_cost_is_the_least_over_activations_and_is_reached_by_shrinking(
    length: float,
) -> None:
    z = np.linspace(0, 1, 100_001)
    costs = (length - z) ** 2 + 0.2 * z
    assert huber(length, 0.2) == pytest.approx(costs.min(), abs=1e-9)
    assert shrunk(length, 0.2) == pytest.approx(z[costs.argmin()], abs=1e-5)


@pytest.mark.parametrize(("length", "penalty"), [(1.0, 0.3), (0.1, 0.5), (0.8, 0.0), (0.0, 0.2)])
def test_the_cost_of_a_lone_feature_is_the_mean_of_hubers(length: float, penalty: float) -> None:
    x = (np.arange(100_000) + 0.5) / 100_000
    assert lone_cost(length, penalty) == pytest.approx(huber(length * x, penalty).mean(), abs=1e-9)


def test_codes_are_those_of_non_negative_least_squares() -> None:
    # λ Σ z joins the squares as one more row, with an ample constant: compare where λ = 0, and
    # elsewhere by the conditions of an optimum.
    rng = np.random.default_rng(0)
    d, h = unit(rng.normal(size=(4, 7))), rng.normal(size=(4, 30))
    z = codes(d, h, 0.0, tolerance=1e-12)
    exact = np.stack([nnls(d, one)[0] for one in h.T], axis=1)
    errors = [((h - d @ each) ** 2).sum(axis=0) for each in (z, exact)]
    np.testing.assert_allclose(*errors, atol=1e-8)
    z = codes(d, h, 0.4, tolerance=1e-12)
    slope = d.T @ (d @ z - h) + 0.2
    assert slope.min() > -1e-6
    assert abs(slope[z > 1e-9]).max() < 1e-6


def test_codes_of_many_models_are_those_of_each() -> None:
    rng = np.random.default_rng(1)
    d, h, lam = (
        unit(rng.normal(size=(3, 4, 6))),
        rng.normal(size=(3, 4, 5)),
        np.array([0.1, 0.3, 1]),
    )
    each = [coding_cost(*one, float(p)) for *one, p in zip(d, h, lam, strict=True)]
    np.testing.assert_allclose(coding_cost(d, h, lam), each, atol=1e-6)


def test_no_dictionary_codes_a_sample_below_the_bound() -> None:
    rng = np.random.default_rng(2)
    h = rng.normal(size=(3, 200))
    cost = min(float(coding_cost(unit(rng.normal(size=(3, 20))), h, 0.5)) for _ in range(5))
    assert coding_bound(h, 0.5) <= cost


def test_a_digon_meets_the_bound_at_every_density() -> None:
    rng = np.random.default_rng(3)
    x = rng.uniform(size=(2, 500)) * (rng.uniform(size=(2, 500)) < 0.9)
    x = np.hstack([x, x[::-1]])  # balanced: then b = 0 is best
    h = x[:1] - x[1:]
    cost = float(coding_cost(np.array([[1.0, -1.0]]), h, 0.3))
    assert coding_bound(h, 0.3) == pytest.approx(cost, abs=1e-6)


def test_features_that_balance_each_other_meet_it_one_at_a_time_but_not_two() -> None:
    w = np.hstack([EYE, -EYE])
    one = np.hstack([v * w for v in np.linspace(0, 1, 21)])
    cost = float(coding_cost(w, one, 0.4))
    assert coding_bound(one, 0.4) == pytest.approx(cost, abs=1e-6)
    two = np.hstack([one, w + np.roll(w, 1, axis=1)])
    assert coding_bound(two, 0.4) < float(coding_cost(w, two, 0.4)) - 1e-3


def test_crosstalk_is_nothing_for_orthogonal_features_and_a_closed_form_for_a_fan() -> None:
    np.testing.assert_allclose(least_crosstalk(np.eye(3))[0], -1)  # the end of the search
    # Three directions of a half-plane: the middle one is a mean of the others, scaled by 1/cos.
    angle = np.radians([-40, 0, 40])
    w = np.stack([np.cos(angle), np.sin(angle)])
    assert least_crosstalk(w)[1] == pytest.approx(np.cos(np.radians(40)))
    assert (least_crosstalk(w)[[0, 2]] <= 0).all()


def test_a_single_feature_has_no_crosstalk() -> None:
    assert line_of(lambda: least_crosstalk(np.ones((2, 1)))).startswith("w")


def test_the_cost_of_a_pair_is_that_of_codes_on_samples() -> None:
    rng = np.random.default_rng(4)
    x = rng.uniform(size=(2, 40_000)) * (rng.uniform(size=(2, 40_000)) < 0.4)
    angles = np.radians([10, 70])
    d = np.stack([np.cos(angles), np.sin(angles)])
    sampled = float(coding_cost(d, x, 0.3))
    assert pair_cost(angles, independent(0.4), 0.3) == pytest.approx(sampled, rel=0.01)


def test_right_angles_cost_what_two_lone_features_do() -> None:
    expected = 2 * 0.3 * float(lone_cost(1.0, 0.2))
    assert pair_cost([0.0, np.pi / 2], independent(0.3), 0.2) == pytest.approx(expected, rel=1e-3)


def test_sparse_features_hardly_tilt_dense_ones_do_and_a_child_leans() -> None:
    sparse, dense = (best_pair(independent(p), 0.4) for p in (0.03, 0.5))
    assert np.degrees(sparse[0]) < 1 < 3 < np.degrees(dense[0])
    assert dense[0] == pytest.approx(np.pi / 2 - dense[1], abs=1e-3)
    rare, often = (best_pair(child(p, 0.5), 0.4) for p in (0.01, 0.3))
    assert rare[1] == pytest.approx(often[1], abs=1e-3)
    assert np.degrees(rare[1]) < 65


def test_no_other_pair_of_angles_costs_less_than_the_best() -> None:
    rng = np.random.default_rng(5)
    chances = child(0.2, 0.5)
    least = pair_cost(best_pair(chances, 0.3), chances, 0.3)
    assert least <= min(pair_cost(rng.uniform(0, np.pi / 2, 2), chances, 0.3) for _ in range(40))


def test_one_latent_prefers_a_feature_where_sparse_and_the_pair_where_dense_and_dear() -> None:
    assert pair_over_single(0.05, 0.4) > 1.05
    assert pair_over_single(0.9, 0.6) < 0.995
    assert pair_over_single(0.3, 0.0) == pytest.approx(1, abs=1e-6)


def test_one_latent_on_one_feature_has_the_loss_of_a_best_bias_and_code() -> None:
    # The second feature never comes: all is along the first.
    rng = np.random.default_rng(6)
    x = rng.uniform(size=100_000) * (rng.uniform(size=100_000) < 0.5)
    biases = np.linspace(-0.2, 0.4, 61)
    costs = [((x - b) ** 2 - np.maximum(x - b - 0.2, 0) ** 2).mean() for b in biases]
    assert one_latent_loss(0.0, (0.5, 0.0, 0.0), 0.4) == pytest.approx(min(costs), rel=0.02)


def test_one_latents_minima_are_where_its_loss_is_less_than_beside_them() -> None:
    sparse, dense = independent(0.1), independent(0.9)
    assert one_latent_minima(sparse, 0.4).tolist() == [0.0]  # a single feature, and nothing else
    found = one_latent_minima(dense, 0.6)
    assert found[-1] == 45.0  # the pair
    assert len(found) == 2
    for degrees in found[:1]:
        here, *beside = (
            one_latent_loss(float(np.radians(degrees + step)), dense, 0.6) for step in (0, -2, 2)
        )
        assert here < min(beside)
