"""Populations: every model trains as if it were alone, whatever its company."""

import os
import subprocess
import sys
from functools import partial

import jax
import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.theory.optima import linear_optimum
from tegum.training.engine import fresh, repeat, size, stack, train, words_of
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled
from tegum.training.restarts import best_of, evaluate

RECIPE = Recipe(steps=50, objective=Sampled(64), snapshots=(0, 10))


def population(count: int, activation: str = "relu", density: float = 0.5):
    models = stack(
        [Bottleneck.init(4, 2, jax.random.key(k), activation=activation) for k in range(count)]
    )
    objectives = stack(
        [Reconstruction(SparseFeatures(4, density, 0.5 ** np.arange(4.0))) for _ in range(count)]
    )
    return models, objectives


def test_a_model_alone_equals_itself_in_a_crowd_bit_for_bit():
    models, objectives = population(13)
    crowd = train(models, objectives, RECIPE, seeds=range(13))
    for k in (0, 6, 12):
        alone = jax.tree.map(lambda leaf, k=k: leaf[k : k + 1], (models, objectives))
        one = train(*alone, RECIPE, seeds=[k])
        assert np.array_equal(one.history.w[0], crowd.history.w[k])
        assert np.array_equal(one.losses["loss"][0], crowd.losses["loss"][k], equal_nan=True)


def test_fresh_models_are_those_of_their_seeds():
    models = fresh(partial(Bottleneck.init, 4, 2), [7, 3])
    np.testing.assert_array_equal(models.w[1], Bottleneck.init(4, 2, jax.random.key(3)).w)


def test_the_number_of_threads_changes_nothing():
    models, objectives = population(12)
    one, two = (
        train(models, objectives, RECIPE, seeds=range(12), threads=threads).model.w
        for threads in (1, 2)
    )
    assert np.array_equal(one, two)


def test_many_strips_of_blocks_are_the_models_one_after_the_other():
    """On one thread a strip is at most sixteen blocks of five: here are three strips, the last one not full."""
    models, objectives = population(172)
    crowd = train(models, objectives, RECIPE, seeds=range(172), threads=1)
    assert crowd.history.w.shape == (172, 3, 2, 4)
    for k in (0, 79, 80, 171):
        alone = jax.tree.map(lambda leaf, k=k: leaf[k : k + 1], (models, objectives))
        assert np.array_equal(train(*alone, RECIPE, seeds=[k]).model.w[0], crowd.model.w[k])


def test_a_population_is_spread_over_devices_and_the_same_on_all_of_them():
    code = """
import jax, numpy as np
from tests.training.test_engine import RECIPE, population, train
models, objectives = population(12)
print(len(jax.devices()), train(models, objectives, RECIPE, seeds=range(12)).model.w.tobytes().hex())
"""
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"JAX_NUM_CPU_DEVICES": devices, "PJRT_NPROC": "2"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        for devices in ("1", "3")
    ]
    assert [devices for devices, _ in told] == ["1", "3"]
    assert told[0][1] == told[1][1]


def test_looking_more_often_changes_nothing():
    models, objectives = population(2)
    often = train(
        models,
        objectives,
        Recipe(steps=50, objective=Sampled(64), snapshots=(1, 2, 30)),
        seeds=[0, 1],
    )
    once = train(models, objectives, Recipe(steps=50, objective=Sampled(64)), seeds=[0, 1])
    np.testing.assert_array_equal(often.model.w, once.model.w)


def test_histories_begin_with_the_initial_weights_when_asked():
    models, objectives = population(3)
    trained = train(models, objectives, RECIPE, seeds=range(3))
    assert trained.steps == (0, 10, 50)
    assert trained.history.w.shape == (3, 3, 2, 4)
    np.testing.assert_array_equal(trained.history.w[:, 0], models.w)
    np.testing.assert_array_equal(trained.history.w[:, -1], trained.model.w)
    assert np.all(np.isnan(trained.losses["loss"][:, 0]))
    assert np.all(np.isfinite(trained.losses["loss"][:, 1:]))


def test_each_model_has_its_own_density_and_learning_rate():
    models, _ = population(2)
    objectives = stack([Reconstruction(SparseFeatures(4, p)) for p in (1.0, 0.1)])
    mixed = train(models, objectives, RECIPE, seeds=[0, 1], learning_rate=[1e-3, 1e-2])
    for k, (density, rate) in enumerate([(1.0, 1e-3), (0.1, 1e-2)]):
        alike = stack([Reconstruction(SparseFeatures(4, density))] * 2)
        same = train(models, alike, RECIPE, seeds=[0, 1], learning_rate=rate)
        assert np.array_equal(mixed.model.w[k], same.model.w[k])


def test_a_model_that_diverges_is_marked_and_the_others_go_on():
    models, objectives = population(3)
    trained = train(models, objectives, RECIPE, seeds=range(3), learning_rate=[1e-3, 1e30, 1e-3])
    assert trained.finite.tolist() == [True, False, True]
    untouched = train(models, objectives, RECIPE, seeds=range(3))
    assert np.array_equal(trained.model.w[2], untouched.model.w[2])


def test_a_linear_model_reaches_the_closed_form_optimum():
    models, objectives = population(2, "linear")
    trained = train(
        models,
        objectives,
        Recipe(steps=3000, objective=Sampled(256)),
        seeds=[0, 1],
        learning_rate=3e-3,
    )
    optimum = linear_optimum(2, 0.5, 0.5 ** np.arange(4.0))
    gram = np.swapaxes(trained.model.w, 1, 2) @ trained.model.w
    np.testing.assert_allclose(
        gram, np.broadcast_to(optimum.w.T @ optimum.w, gram.shape), atol=0.05
    )
    np.testing.assert_allclose(trained.model.b, np.broadcast_to(optimum.b, (2, 4)), atol=0.05)
    np.testing.assert_allclose(evaluate(trained.model, objectives), optimum.loss, rtol=0.02)


def test_the_best_of_each_models_restarts_is_found_and_nan_never_wins():
    assert best_of(np.array([3.0, 1.0, 2.0, np.nan, 5.0, 4.0]), 3).tolist() == [1, 5]
    assert best_of(np.array([np.nan, np.nan]), 2).tolist() == [0]
    with pytest.raises(BadInputError, match="restarts: got 4, expected a divisor of the 6"):
        best_of(np.zeros(6), 4)


def test_repeat_lays_restarts_next_to_each_other():
    models, _ = population(2)
    again = repeat(models, 3)
    assert size(again) == 6
    assert np.array_equal(again.w[2], models.w[0])
    assert np.array_equal(again.w[3], models.w[1])


def test_evaluation_shows_every_model_the_same_samples():
    models, objectives = population(1)
    twice = repeat((models, objectives), 2)
    losses = evaluate(*twice, batch=128, batches=2)
    assert losses[0] == losses[1]


def test_populations_of_unequal_size_are_refused():
    models, objectives = population(3)
    with pytest.raises(
        BadInputError, match="seeds: got '2 seeds', expected one for each of the 3 models"
    ):
        train(models, objectives, RECIPE, seeds=[0, 1])
    with pytest.raises(
        BadInputError,
        match=r"population: got \[\(2, 2, 4\), .*\(3, 4\)\], expected arrays with one common leading",
    ):
        train(jax.tree.map(lambda leaf: leaf[:2], models), objectives, RECIPE, seeds=[0, 1])


def test_seeds_have_64_bits_and_below_32_they_are_jaxs_own():
    words = words_of(np.array([7, 2**32 - 1, 2**32 + 7, 2**64 - 1], np.uint64))
    for seed, word in zip((7, 2**32 - 1), words[:2], strict=True):
        assert np.array_equal(jax.random.key_data(jax.random.key(np.uint32(seed))), word)
    assert len(np.unique(words, axis=0)) == 4
    low, high = fresh(partial(Bottleneck.init, 4, 2), [7, 2**32 + 7]).w
    assert not np.array_equal(low, high)


@pytest.mark.parametrize("seeds", [[-1], np.array([0.5]), np.array(["0"])])
def test_a_seed_that_is_no_whole_number_is_refused(seeds):
    models, objectives = population(1)
    with pytest.raises(BadInputError, match="seeds: got"):
        train(models, objectives, RECIPE, seeds=seeds)
