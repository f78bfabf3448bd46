"""The bound on routed codes meets what is known, and no model that is known falls below it."""

import math

import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.theory.optima import linear_optimum
from tegum.theory.routed_codes import least_routed_loss


@pytest.mark.parametrize("k", [1, 2, 8])
def test_of_one_dense_feature_and_no_number_it_is_shannons_bound_on_a_uniform_quantiser(k: int):
    quantiser = 1 / (12 * k**2)  # k equal cells, each answered by its middle
    assert least_routed_loss(1, 0, 1.0, k) == pytest.approx(quantiser * 12 / (2 * math.pi * math.e))


@pytest.mark.parametrize(("n", "m"), [(4, 1), (8, 4), (16, 15)])
def test_at_density_1_it_lies_below_the_best_linear_model(n: int, m: int):
    assert 0 < least_routed_loss(n, m, 1.0, 1) < linear_optimum(m, 1.0, np.ones(n)).loss


def test_it_falls_with_experts_and_dimensions_and_is_0_with_one_for_each_feature():
    by_experts = [least_routed_loss(8, 2, 0.5, k) for k in (1, 2, 4, 64)]
    by_dimensions = [least_routed_loss(8, m, 0.5, 2) for m in range(9)]
    for each in (by_experts, by_dimensions):
        assert np.all(np.diff(each) < 0)
    assert by_dimensions[-1] == 0


def test_inputs_with_no_more_active_features_than_numbers_cost_nothing():
    """So it is of the order p^(m+1)."""
    few = [least_routed_loss(6, 2, p, 4) for p in (1e-4, 1e-3)]
    assert few[1] / few[0] == pytest.approx(1e3, rel=0.02)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((0, 1, 0.5, 1), "n_features"),
        ((4, -1, 0.5, 1), "n_hidden"),
        ((4, 1, 0.0, 1), "density"),
        ((4, 1, 0.5, 0), "n_experts"),
    ],
)
def test_what_is_out_of_range_is_refused(given, says):
    with pytest.raises(BadInputError, match=says):
        least_routed_loss(*given)
