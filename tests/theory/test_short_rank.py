"""What theory says of heads asked for every feature, against numbers and random draws."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from tegum.analysis.nulls import best_slice, chance_mean, random_overlap
from tegum.errors import BadInputError
from tegum.theory.dictionaries import orthonormal
from tegum.theory.optimal_heads import whitened_values
from tegum.theory.short_rank import first_slice_ratio, wedin_cosine


@pytest.mark.parametrize("target", ["count", "product"])
@pytest.mark.parametrize("density", [0.5, 0.1, 0.001])
def test_the_first_slice_is_worth_what_the_whitened_task_says(target: str, density: float):
    each_with_the_next = np.roll(np.eye(6), 1, axis=1)
    tau = whitened_values(orthonormal(6, 6, seed=1), density, each_with_the_next, target)
    assert tau[0] / tau[1] == pytest.approx(first_slice_ratio(6, density, target), rel=1e-9)
    np.testing.assert_allclose(tau[1:], tau[1], rtol=1e-9)


@pytest.mark.parametrize("target", ["count", "product"])
def test_sparse_features_share_nothing_that_is_worth_a_slice(target: str):
    assert first_slice_ratio(10, 1e-9, target) == pytest.approx(1, abs=1e-6)


def test_a_vector_apart_by_four_times_the_error_turns_by_at_most_a_third():
    assert wedin_cosine(4.0) == pytest.approx(np.sqrt(8 / 9))


def test_no_disturbance_turns_a_vector_beyond_wedins_bound():
    rng = np.random.default_rng(0)
    for _ in range(50):
        u, v = ortho_group.rvs(5, size=2, random_state=rng)
        error = rng.normal(size=(5, 5))
        error /= np.linalg.norm(error, 2)
        left, _, right = np.linalg.svd((u * np.array([20, 16, 12, 8, 4])) @ v.T + error)
        cosines = [*np.sum(left * u, axis=0), *np.sum(right.T * v, axis=0)]
        assert np.min(np.abs(cosines)) >= wedin_cosine(4.0)


def test_a_gap_of_twice_the_error_bounds_nothing():
    with pytest.raises(BadInputError, match="more than 2"):
        wedin_cosine(2.0)


@pytest.mark.parametrize("k", [1, 3, 6])
def test_random_spans_overlap_as_the_law_says(k: int):
    mean, deviation = random_overlap(6, k)
    spans = ortho_group.rvs(6, size=8000, random_state=np.random.default_rng(k))[:, :, :k]
    found = np.sum(spans[:, :k] ** 2, axis=(-2, -1)) / k  # with the span of the first k axes
    assert found.mean() == pytest.approx(mean, abs=4 * deviation / np.sqrt(8000) + 1e-12)
    assert found.std() == pytest.approx(deviation, rel=0.1, abs=1e-9)


def test_the_best_of_a_random_basis_has_the_mean_of_chance_and_in_the_plane_its_known_variance():
    assert best_slice(10)[0] == pytest.approx(chance_mean(10, 10), abs=1e-5)
    # max(|cos φ|, |sin φ|): mean 2√2/π, mean square 1/2 + 1/π.
    mean, deviation = best_slice(2)
    assert mean == pytest.approx(2 * np.sqrt(2) / np.pi, abs=1e-4)
    assert deviation == pytest.approx(np.sqrt(1 / 2 + 1 / np.pi - 8 / np.pi**2), abs=1e-3)
