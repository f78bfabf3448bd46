"""Losses of models with a ReLU in the hidden layer, against closed forms, direct sums and plain sampling."""

import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.theory.hidden_relu import losses, outputs, several_active, slopes


def random_model(seed: int, m: int = 3, n: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(m, n)) * 0.6, rng.normal(size=(m, n)) * 0.6, rng.normal(size=n) * 0.2


def plain(w, v, b, p, values, function, count=400_000) -> tuple[float, float]:
    rng = np.random.default_rng(5)
    size = rng.random((count, w.shape[1]))
    size = size if values == "unit" else 2 * size - 1
    x = np.where(rng.random(size.shape) < p, size, 0.0)
    target = x if function == "identity" else abs(x)
    each = ((target - outputs(w, v, b, x)) ** 2).sum(axis=1)
    return each.mean(), each.std() / np.sqrt(count)


@pytest.mark.parametrize(("values", "function"), [("unit", "identity"), ("symmetric", "absolute")])
@pytest.mark.parametrize("p", [0.03, 0.4, 1.0])
def test_the_loss_is_that_of_plain_sampling(values: str, function: str, p: float) -> None:
    w, v, b = random_model(0)
    found = losses(w, b, p, np.ones(5), w_out=v, values=values, function=function, samples=200_000)
    mean, error = plain(w, v, b, p, values, function)
    assert abs(float(found.loss) - mean) < 4 * np.hypot(error, float(found.standard_error))
    np.testing.assert_allclose(found.of_feature.sum(), found.loss)


def test_with_one_feature_nothing_is_sampled() -> None:
    w, b = np.array([[1.0], [-1.0]]), np.zeros(1)
    exact = losses(w, b, 0.3, np.ones(1), w_out=abs(w), values="symmetric", function="absolute")
    np.testing.assert_allclose(exact.loss, 0, atol=1e-15)
    assert exact.standard_error == 0
    half = losses(w[:1], b, 0.3, np.ones(1), w_out=w[:1], values="symmetric", function="absolute")
    np.testing.assert_allclose(half.loss, 0.3 / 2 / 3)  # blind on one sign: p/2 E u²


def test_two_neurons_a_feature_compute_the_absolute_value_without_loss() -> None:
    w = np.concatenate([np.eye(3), -np.eye(3)])
    for p in (0.1, 1.0):
        found = losses(
            w, np.zeros(3), p, np.ones(3), w_out=abs(w), values="symmetric", function="absolute"
        )
        np.testing.assert_allclose(found.loss, 0, atol=1e-15)


def test_a_model_of_zeros_loses_the_power_of_its_target() -> None:
    w, b, importance = np.zeros((2, 4)), np.zeros(4), np.array([1.0, 0.5, 0.25, 0.0])
    found = losses(w, b, 0.2, importance)
    assert abs(float(found.loss) - 0.2 / 3 * 1.75) < 4 * float(found.standard_error)
    assert 0 < float(found.standard_error) < 0.002


def test_models_of_a_population_are_measured_on_the_same_inputs() -> None:
    models = [random_model(seed) for seed in range(3)]
    w, v, b = (np.stack(part) for part in zip(*models, strict=True))
    together = losses(w, b, 0.3, np.ones(5), w_out=v)
    for k in range(3):
        alone = losses(w[k], b[k], 0.3, np.ones(5), w_out=v[k])
        np.testing.assert_allclose(together.loss[k], alone.loss)


def test_slopes_are_outputs_to_one_active_feature() -> None:
    w, v, b = random_model(1)
    for sign in (1, -1):
        seen = outputs(w, v, b, sign * np.eye(5))
        np.testing.assert_allclose(np.maximum(slopes(w, v, sign).T + b, 0), seen)


def test_inputs_with_several_active_have_two_or_more_as_often_as_the_binomial_says() -> None:
    x = several_active(4, 0.5, 50_000, "symmetric", 0)
    active = (x != 0).sum(axis=1)
    assert active.min() == 2
    chances = np.array([6, 4, 1]) / 11
    np.testing.assert_allclose([np.mean(active == k) for k in (2, 3, 4)], chances, atol=0.01)
    assert abs(x[x != 0].mean()) < 0.01
    np.testing.assert_allclose(np.mean(x != 0, axis=0), np.mean(x != 0), atol=0.01)


def test_bad_input_is_named() -> None:
    w, b = np.zeros((2, 3)), np.zeros(3)
    with pytest.raises(BadInputError, match="values"):
        losses(w, b, 0.1, np.ones(3), values="one")
    with pytest.raises(BadInputError, match="function"):
        losses(w, b, 0.1, np.ones(3), function="sine")
    with pytest.raises(BadInputError, match="density"):
        losses(w, b, 0.0, np.ones(3))
