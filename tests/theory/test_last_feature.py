"""n features in n - 1 dimensions: candidates by hand against closed forms, and the least losses."""

import numpy as np
import pytest

from tegum.theory.last_feature import candidates, forms, from_pair, optima, with_last
from tegum.theory.phases import boundary_point, phase_boundary


def test_forms_drop_each_feature_pair_each_two_and_close_a_triangle() -> None:
    assert len(forms(2)) == 2 + 1
    assert len(forms(3)) == 3 + 3 + 1
    for form in [*forms(2), *forms(3)]:
        lengths = np.linalg.norm(form, axis=0)
        assert np.all(np.isclose(lengths, 0) | np.isclose(lengths, 1))


def test_importances_are_one_but_for_the_last() -> None:
    assert with_last(3, np.array([0.1, 2.0])).tolist() == [[1, 1, 0.1], [1, 1, 2.0]]


@pytest.mark.parametrize("r", [0.3, 1.0, 4.0])
def test_candidates_of_two_features_are_the_closed_forms_and_change_at_their_boundary(
    r: float,
) -> None:
    p = phase_boundary(r, free=False) * np.array([1.05, 0.95])
    found = candidates(p, with_last(2, np.full(2, r)))
    dedicated, pair = min(1, r) * (p / 3 - p**2 / 4), (1 + r) * p**2 / 6
    assert found.loss == pytest.approx(np.minimum(dedicated, pair), rel=1e-9)
    assert found.loss[0] == pytest.approx(dedicated[0])
    assert found.loss[1] == pytest.approx(pair[1])
    assert found.w[1, 0, 0] == -found.w[1, 0, 1]


def test_the_optimum_drops_the_last_feature_above_the_boundary_and_pairs_it_below() -> None:
    known = boundary_point(0.3)
    p = known.density * np.array([1.01, 0.99])
    found = optima(p, with_last(2, np.full(2, 0.3)))
    assert found.loss[0] == pytest.approx(0.3 * (p[0] / 3 - p[0] ** 2 / 4), rel=1e-9)
    assert abs(found.w[0, 0, 1]) < 1e-3
    assert abs(found.w[1, 0, 1]) == pytest.approx(abs(known.w[0, 1]), abs=0.03)


@pytest.mark.parametrize("n", [2, 3])
def test_optima_lose_no_more_than_candidates(n: int) -> None:
    p, importance = np.array([0.05, 0.4, 0.9]), with_last(n, np.array([0.2, 0.9, 3.0]))
    assert np.all(optima(p, importance).loss <= candidates(p, importance).loss * (1 + 1e-9))


def test_descent_from_a_pair_is_no_better_than_the_optimum_and_equal_when_sparse() -> None:
    p, importance = np.array([0.05, 0.9]), with_last(2, np.array([0.5, 0.5]))
    least, pair = optima(p, importance).loss, from_pair(p, importance)
    assert np.all(pair >= least * (1 - 1e-9))
    assert pair[0] == pytest.approx(least[0], rel=1e-6)
