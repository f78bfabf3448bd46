"""Training on the exact loss: deterministic, to a stop, and never worse than where samples lead."""

from functools import partial

import jax
import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.features import OneActive, SparseFeatures
from tegum.models import Bottleneck
from tegum.theory.expected import expected_loss, expected_loss_and_gradient
from tegum.training.engine import fresh, repeat, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Expected, Recipe, Sampled

EXACT = Recipe(steps=500, objective=Expected())


def population(count: int = 3, densities: tuple[float, ...] = (0.3, 0.6, 0.9)):
    models = fresh(partial(Bottleneck.init, 3, 2), range(count))
    return models, stack([Reconstruction(SparseFeatures(3, p, [1.0, 1.0, 0.5])) for p in densities])


def test_every_model_comes_to_rest_at_its_own_density_and_importance():
    trained = train(*population(), EXACT)
    assert trained.history.w.shape == (3, 1, 2, 3)
    assert trained.history.w.dtype == np.float64
    for k, p in enumerate(
        np.array([0.3, 0.6, 0.9], np.float32)
    ):  # a population's densities are float32
        w, b = trained.model.w[k], trained.model.b[k]
        loss, (by_w, by_b) = expected_loss_and_gradient(w, b, float(p), [1.0, 1.0, 0.5])
        assert np.hypot(np.linalg.norm(by_w), np.linalg.norm(by_b)) <= 1e-8
        assert trained.losses["loss"][k, 0] == pytest.approx(loss, abs=1e-12)
    assert np.all(trained.losses["gradient_norm"] <= 1e-8)
    assert np.all(trained.finite)


def test_five_features_come_to_rest_by_the_full_series() -> None:
    models = fresh(partial(Bottleneck.init, 5, 2), [0])
    trained = train(models, stack([Reconstruction(SparseFeatures(5, 0.1))]), EXACT)
    p = float(np.float32(0.1))
    loss, (by_w, by_b) = expected_loss_and_gradient(trained.model.w[0], trained.model.b[0], p)
    assert np.hypot(np.linalg.norm(by_w), np.linalg.norm(by_b)) <= 1.1e-8
    assert trained.losses["loss"][0, 0] == pytest.approx(loss, abs=1e-12)


def test_it_is_deterministic_and_heeds_no_seed():
    one, other = (train(*population(), EXACT, seeds=seeds) for seeds in ((), (5, 6, 7)))
    np.testing.assert_array_equal(one.model.w, other.model.w)


def test_after_training_on_samples_it_only_goes_down():
    models, objectives = population()
    sampled = train(
        models,
        objectives,
        Recipe(steps=500, objective=Sampled(256)),
        seeds=range(3),
        learning_rate=1e-2,
    )
    polished = train(sampled.model, objectives, EXACT)
    before = [
        expected_loss(w, b, p, [1.0, 1.0, 0.5])
        for w, b, p in zip(sampled.model.w, sampled.model.b, (0.3, 0.6, 0.9), strict=True)
    ]
    assert np.all(polished.losses["loss"][:, 0] < before)


def test_what_theory_does_not_know_is_refused_in_one_line():
    models, objectives = population()
    others = stack([Reconstruction(OneActive(3))] * 3)
    with pytest.raises(
        BadInputError,
        match=r"objective: got 'Reconstruction', expected Reconstruction of SparseFeatures",
    ):
        train(models, others, EXACT)
    untied = stack([Bottleneck.init(3, 2, jax.random.key(0), tied=False)] * 3)
    with pytest.raises(BadInputError, match="models: .* expected tied Bottlenecks"):
        train(untied, objectives, EXACT)
    linear = repeat(stack([Bottleneck.init(3, 2, jax.random.key(0), activation="linear")]), 3)
    with pytest.raises(BadInputError, match="models: got .*linear output.* expected ReLU"):
        train(linear, objectives, EXACT)
