"""One-hot inputs in the plane: closed forms against numbers, gradients, and the linear program."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from tegum.theory import one_hot as theory
from tegum.theory.expected import one_hot_loss
from tegum.theory.polytopes import polygon


def test_interference_sums_are_whole_where_they_should_be():
    assert [theory.interference_sum(d) for d in (1, 2, 3, 4)] == pytest.approx([1, 1, 1, 1])
    assert theory.interference_sum(5) == pytest.approx(1 + 2 * np.cos(np.deg2rad(72)) ** 2)
    assert pytest.approx(4.198213, abs=1e-6) == theory.PENTAGON_SAVING


@pytest.mark.parametrize("d", [3, 4, 5, 6, 9])
def test_equal_directions_save_d_over_c_with_the_squared_norm_1_over_c(d: int):
    saving, squared = theory.gon_saving(d, "relu")
    assert saving == pytest.approx(d / theory.interference_sum(d), abs=1e-9)
    assert squared == pytest.approx(1 / theory.interference_sum(d), abs=1e-5)
    assert d - one_hot_loss(np.sqrt(squared) * polygon(d)) == pytest.approx(saving, abs=1e-9)


def test_the_certificate_is_above_the_pentagon_and_tightens_with_more_cosines():
    coarse, fine = theory.certified_saving(4), theory.certified_saving()
    assert theory.PENTAGON_SAVING <= fine < theory.PENTAGON_SAVING + 1e-4
    assert fine < coarse


@pytest.mark.parametrize("n", [2, 3, 7, 12])
def test_a_circle_with_its_bias_stores_everything(n: int):
    w, b = theory.circle(n)
    assert one_hot_loss(w, "relu", b) == pytest.approx(0, abs=1e-20)
    assert one_hot_loss(w) > 0.1


def test_five_fold_order_is_1_for_a_pentagon_with_shared_corners_and_0_for_a_square():
    pentagon = np.concatenate([polygon(5), 0.3 * polygon(5)[:, :2]], axis=1)
    assert theory.five_fold(pentagon) == pytest.approx(1)
    assert theory.five_fold(polygon(4)) == pytest.approx(0, abs=1e-12)


def test_a_fresh_feature_is_pulled_as_the_closed_forms_say():
    lengths, degrees = np.array([1e-4, 0.1]), np.array([0.0, 20.0, 36.0])
    relu = theory.relu_pull(lengths, degrees)
    np.testing.assert_allclose(theory.fresh_pull("relu", lengths, degrees), relu, atol=1e-12)
    assert relu[1, 0] == pytest.approx(4e-3)
    rho = theory.gon_saving(5, "gelu")[1]
    gelu = theory.fresh_pull("gelu", lengths, degrees)[0] / lengths[0]
    np.testing.assert_allclose(gelu, theory.gelu_pull(rho), rtol=1e-4)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("numbers", [8, 12])
def test_the_gradient_is_that_of_the_loss(activation: str, numbers: int):
    at = np.random.default_rng(numbers).normal(size=numbers)
    loss, gradient = (
        lambda v, part=part: theory.loss_and_gradient(v, 4, activation)[part] for part in (0, 1)
    )
    assert check_grad(loss, gradient, at) < 1e-5


def test_losses_of_a_stack_are_those_of_each_model():
    rng = np.random.default_rng(0)
    w, b = rng.normal(size=(3, 2, 4)), rng.normal(size=(3, 4))
    alone = [one_hot_loss(one, "gelu", bias) for one, bias in zip(w, b, strict=True)]
    np.testing.assert_allclose(theory.losses(w, "gelu", b), alone)
    np.testing.assert_allclose(theory.losses(w, "relu"), [one_hot_loss(one) for one in w])


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_square_and_a_fifth_feature_are_at_rest(activation: str):
    w = theory.square_of_five(activation)
    loss, gradient = theory.loss_and_gradient(w.ravel(), 5, activation)
    assert np.abs(gradient).max() < 1e-5
    assert 5 - loss == pytest.approx(theory.gon_saving(4, activation)[0])


def test_descent_from_a_ragged_circle_finds_that_nothing_is_lost():
    start = theory.ragged_circle(6, np.random.default_rng(1))
    ends = [theory.descended(start, 6, "relu")[0], theory.descended(start[:12], 6, "relu")[0]]
    assert ends[0] < 1e-6
    assert ends[1] > 6 - theory.PENTAGON_SAVING - 1e-9
