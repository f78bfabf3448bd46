"""Shapes of five features in the plane: exact losses, where they cross, and a tilt."""

import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.theory.expected import expected_loss
from tegum.theory.plane_shapes import (
    SHAPES,
    first_crossing,
    linear_bias,
    shape_loss,
    tilted_loss,
)
from tegum.theory.polytope_losses import polytope_loss
from tegum.theory.polytopes import polygon


@pytest.mark.parametrize("density", [0.1, 0.5, 1.0])
def test_two_features_lose_the_variance_of_the_three_dropped(density: float):
    variance = density / 3 - density**2 / 4
    assert shape_loss("two features", density) == pytest.approx(3 * variance)


def test_a_pentagon_loses_what_its_model_loses():
    norm, bias, _ = polytope_loss("pentagon", 0.1)
    exact = expected_loss(norm * polygon(5), np.full(5, bias), 0.1)
    assert shape_loss("pentagon", 0.1) == pytest.approx(exact, rel=1e-6)


def test_an_unknown_shape_is_refused():
    with pytest.raises(BadInputError, match="triangle"):
        shape_loss("triangel", 0.1)


def test_two_shapes_lose_the_same_where_they_cross():
    p = first_crossing("two digons", "pentagon", points=9)
    assert shape_loss("two digons", p) == pytest.approx(shape_loss("pentagon", p), rel=1e-4)


def test_shapes_that_never_cross_have_no_crossing():
    assert np.isnan(first_crossing("two features", "pentagon", points=5))
    assert set(SHAPES) >= {"two features", "pentagon"}


def test_without_a_tilt_two_pairs_are_two_digons_and_a_tilt_to_either_side_costs_the_same():
    assert tilted_loss(0.0, 0.25) == pytest.approx(shape_loss("two digons", 0.25))
    assert tilted_loss(10.0, 0.25) == pytest.approx(tilted_loss(-10.0, 0.25))
    assert tilted_loss(10.0, 0.25) > tilted_loss(0.0, 0.25)


def test_a_dense_projector_with_its_linear_bias_loses_a_twelfth_for_each_dimension_less():
    w = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 2)))[0].T
    exact = expected_loss(w, linear_bias(w), 1.0, activation="linear")
    assert exact == pytest.approx(3 / 12)
    assert linear_bias(np.eye(2, 5)).tolist() == [0, 0, 0.5, 0.5, 0.5]
