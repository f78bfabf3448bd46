"""The split of a loss, against the exact loss, quadrature and cases done by hand."""

import numpy as np
import pytest
from jaxtyping import TypeCheckError
from numpy.testing import assert_allclose

from tegum.errors import BadInputError
from tegum.theory.activity import at_most_one, bias_excess, linear_split, one_active_split
from tegum.theory.expected import expected_loss

N, M = 6, 3
IMPORTANCE = 0.8 ** np.arange(N)


def model(seed: int, *models: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(*models, M, N)) * 0.6, rng.normal(size=(*models, N)) * 0.3


@pytest.mark.parametrize("density", [1.0, 0.3, 0.01])
def test_shortfall_interference_and_bias_make_the_exact_loss_of_a_linear_model(density: float):
    w, b = model(1)
    split = linear_split(w, IMPORTANCE)
    variance = density / 3 - density**2 / 4
    made = variance * sum(split) + bias_excess(w, b, density, IMPORTANCE)
    exact = expected_loss(w, b, density, IMPORTANCE, activation="linear")
    assert_allclose(made, exact, rtol=1e-12)


def test_one_active_feature_costs_what_quadrature_says():
    w, b = model(2)
    x, step = np.linspace(0, 1, 200_001, retstep=True)
    g, own, others = w.T @ w, 0.0, 0.0
    for i in range(N):
        for j in range(N):
            error = (x * (i == j) - np.maximum(g[i, j] * x + b[i], 0)) ** 2
            area = IMPORTANCE[i] * step * (error.sum() - (error[0] + error[-1]) / 2)
            own, others = own + area * (i == j), others + area * (i != j)
    assert_allclose(one_active_split(w, b, IMPORTANCE), (own, others), rtol=1e-8)


def test_at_tiny_density_at_most_one_active_feature_makes_the_exact_loss():
    w, b = model(3)
    rest = []
    for density in (1e-4, 1e-5):
        parts = at_most_one(w, b, density, IMPORTANCE)
        rest.append(expected_loss(w, b, density, IMPORTANCE) - sum(parts))
    assert 0 < rest[0] < N * (N - 1) * 1e-8 * 4
    assert_allclose(rest[0] / rest[1], 100, rtol=1e-2)  # two at a time: p²


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("density", [0.9, 0.3, 0.05])
def test_two_or_more_active_features_never_add_less_than_nothing(seed: int, density: float):
    w, b = model(seed)
    parts = at_most_one(w, b, density, IMPORTANCE)
    assert min(parts) >= 0
    assert sum(parts) <= expected_loss(w, b, density, IMPORTANCE)


def test_an_antipodal_pair_without_bias_costs_nothing_and_an_aligned_one_a_third():
    pair, zero = np.array([[1.0, -1.0]]), np.zeros(2)
    assert_allclose(one_active_split(pair, zero, np.ones(2)), (0, 0), atol=1e-15)
    assert linear_split(pair, np.ones(2)) == (0, 2)
    assert linear_split(pair, np.ones(2), positive=True) == (0, 0)
    assert_allclose(one_active_split(abs(pair), zero, np.ones(2)), (0, 2 / 3))


def test_without_bias_only_positive_interference_is_felt_and_a_lower_bias_feels_less():
    w, b = model(5)
    third = linear_split(w, IMPORTANCE, positive=True).interference / 3
    assert_allclose(one_active_split(w, 0 * b, IMPORTANCE).interference, third)
    assert one_active_split(w, -abs(b), IMPORTANCE).interference < third


def test_models_are_split_one_by_one():
    w, b = model(6, 2, 3)
    many = (*one_active_split(w, b, IMPORTANCE), *linear_split(w, IMPORTANCE))
    for each in np.ndindex(2, 3):
        one = (*one_active_split(w[each], b[each], IMPORTANCE), *linear_split(w[each], IMPORTANCE))
        assert_allclose([part[each] for part in many], one)


def test_shapes_that_do_not_match_are_refused():
    w, b = model(7)
    with pytest.raises((BadInputError, TypeCheckError), match="b"):
        one_active_split(w, b[:-1], IMPORTANCE)
    with pytest.raises((BadInputError, TypeCheckError), match="importance"):
        linear_split(w, IMPORTANCE[:-1])


def test_models_may_have_densities_of_their_own():
    w, b = model(8, 2)
    densities = np.array([0.1, 0.5])
    for function in (at_most_one, bias_excess):
        both = np.stack(function(w, b, densities, IMPORTANCE), axis=-1)
        each = [function(w[k], b[k], p, IMPORTANCE) for k, p in enumerate(densities)]
        assert_allclose(both if function is at_most_one else both.ravel(), each)
