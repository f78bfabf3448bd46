"""Chains of affine maps: what computes the same, and what none of them loses less than."""

import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.theory.bottlenecks import (
    Chain,
    circle_cross_entropy,
    composed,
    layers,
    principal_floor,
    widened,
    with_idle_relu,
)

RNG = np.random.default_rng(0)
X = RNG.random((6, 40))


def chain(sizes: tuple[int, ...], activations: tuple[str, ...], models: int = 3) -> Chain:
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    weights = tuple(RNG.normal(size=(models, *shape)) for shape in shapes)
    return Chain(weights, tuple(RNG.normal(size=(models, out)) for out, _ in shapes), activations)


def apart(one: Chain, other: Chain) -> float:
    return float(np.abs(layers(one, X)[-1] - layers(other, X)[-1]).max())


def test_layers_are_affine_maps_and_their_activations():
    w, c = np.array([[[1.0, -2.0]]]), np.array([[0.5]])
    found = layers(Chain((w,), (c,), ("relu",)), np.array([[1.0, 1.0], [0.0, 1.0]]))
    np.testing.assert_allclose(found[-1], [[[1.5, 0.0]]])


def test_linear_layers_compose_to_one_of_the_rank_of_the_bottleneck():
    deep = chain((6, 8, 2, 8, 6), ("linear", "linear", "linear", "relu"))
    one = composed(deep)
    assert apart(one, deep) < 1e-9
    assert np.linalg.matrix_rank(one.weights[0]).tolist() == [2, 2, 2]


def test_with_a_relu_between_they_do_not():
    deep = chain((6, 2, 8, 6), ("linear", "relu", "linear"))
    assert apart(composed(deep), deep) > 0.1


def test_a_shallow_chain_is_a_deep_one_if_the_wide_layers_hold_the_bottleneck():
    shallow = chain((6, 2, 6), ("linear", "relu"))
    assert [len(w[0]) for w in widened(shallow, 8).weights] == [8, 2, 8, 6]
    assert apart(widened(shallow, 8), shallow) < 1e-12
    assert apart(widened(shallow, 1), shallow) > 0.1


def test_a_relu_that_its_bias_keeps_open_changes_nothing_on_inputs_from_0_to_1():
    shallow = chain((6, 2, 6), ("linear", "relu"))
    idle = with_idle_relu(shallow)
    assert apart(idle, shallow) < 1e-12
    assert layers(idle, X)[0].min() >= 0
    assert apart(with_idle_relu(shallow, shifted=False), shallow) > 0.1


def test_what_is_no_linear_bottleneck_is_refused():
    with pytest.raises(BadInputError, match="two layers"):
        widened(chain((6, 2, 6), ("relu", "relu")), 8)
    with pytest.raises(BadInputError, match="two layers"):
        with_idle_relu(chain((6, 4, 2, 6), ("linear",) * 3))


def test_principal_components_leave_the_least_variances():
    turn = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
    covariance = turn @ np.diag([4.0, 3.0, 2.0, 1.0]) @ turn.T
    assert [principal_floor(covariance, k) for k in range(5)] == pytest.approx([10, 6, 3, 1, 0])


def test_one_hot_inputs_leave_one_of_n_for_each_component_that_is_missing():
    n = 10
    covariance = np.cov(np.eye(n), bias=True)  # n - 1 components of 1/n
    assert principal_floor(covariance, 2) == pytest.approx((n - 3) / n)
    assert principal_floor(covariance, 8) == pytest.approx(1 / n)


def test_cross_entropy_of_a_circle_is_its_softmax_and_falls_to_0_whatever_n():
    for n in (3, 10, 40):
        angle = 2 * np.pi * np.arange(n) / n
        w = 1.7 * np.stack([np.cos(angle), np.sin(angle)])
        z = w.T @ w
        direct = np.log(np.exp(z).sum(axis=0)) - np.diag(z)
        np.testing.assert_allclose(direct, circle_cross_entropy(n, 1.7**2))
        assert circle_cross_entropy(n, 1e4) < 1e-10
        assert circle_cross_entropy(n, 0.0) == pytest.approx(np.log(n))
