"""One step is the textbook's, and a training that is taken up again equals one that never stopped."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import SGD, Adam, AdamW, Recipe, Sampled, Schedule
from tegum.training.step import begin, step

KEY = jax.random.key(5)
MODEL = Bottleneck.init(4, 2, jax.random.key(0))
OBJECTIVE = Reconstruction(SparseFeatures(4, 0.5, [1.0, 0.8, 0.6, 0.4]))
RATE = jnp.float32(0.1)


def gradient_by_differences(parameters, rebuild, key, batch: int) -> np.ndarray:
    """Central differences of the loss on the very batch that the step draws."""

    def loss(p):
        return float(OBJECTIVE.loss(rebuild(p), key, batch)[0])

    h = 1e-2
    return np.array(
        [
            (loss(parameters + h * e) - loss(parameters - h * e)) / (2 * h)
            for e in np.eye(parameters.size)
        ]
    )


def test_an_sgd_step_goes_down_the_gradient():
    recipe = Recipe(steps=10, objective=Sampled(512), optimizer=SGD())
    state, rebuild = begin(MODEL, recipe)
    after, info = step(state, OBJECTIVE, recipe, rebuild, RATE, KEY)
    key = jax.random.fold_in(KEY, 0)
    expected = gradient_by_differences(state.parameters, rebuild, key, 512)
    np.testing.assert_allclose((state.parameters - after.parameters) / RATE, expected, atol=2e-3)
    np.testing.assert_allclose(info.loss, OBJECTIVE.loss(MODEL, key, 512)[0], rtol=1e-6)
    assert info.parts.keys() == {"L1"}


@pytest.mark.parametrize("optimizer", [Adam(), AdamW(weight_decay=0.0)])
def test_the_first_adam_step_moves_every_parameter_by_the_learning_rate(optimizer):
    recipe = Recipe(steps=10, objective=Sampled(512), optimizer=optimizer)
    state, rebuild = begin(MODEL, recipe)
    after, _ = step(state, OBJECTIVE, recipe, rebuild, RATE, KEY)
    np.testing.assert_allclose(np.abs(after.parameters - state.parameters), RATE, rtol=1e-3)


def test_weight_decay_is_decoupled_as_in_pytorch():
    recipes = [
        Recipe(steps=10, objective=Sampled(64), optimizer=AdamW(weight_decay=decay))
        for decay in (0.0, 0.5)
    ]
    ends = []
    for recipe in recipes:
        state, rebuild = begin(MODEL, recipe)
        ends.append(step(state, OBJECTIVE, recipe, rebuild, RATE, KEY)[0].parameters)
    np.testing.assert_allclose(ends[0] - ends[1], RATE * 0.5 * state.parameters, atol=1e-6)


def test_a_training_taken_up_again_equals_an_unbroken_one_bit_for_bit():
    recipe = Recipe(steps=20, objective=Sampled(64), schedule=Schedule("cosine", warm_up=5))

    def advance(state, updates: int):
        for _ in range(updates):
            state, _ = jax.jit(lambda s: step(s, OBJECTIVE, recipe, rebuild, RATE, KEY))(state)
        return state

    state, rebuild = begin(MODEL, recipe)
    unbroken = advance(state, 12)
    saved = [np.asarray(leaf) for leaf in jax.tree.leaves(advance(state, 5))]
    taken_up = advance(
        jax.tree.unflatten(jax.tree.structure(state), [jnp.asarray(leaf) for leaf in saved]), 7
    )
    for a, b in zip(jax.tree.leaves(unbroken), jax.tree.leaves(taken_up), strict=True):
        assert np.array_equal(a, b)


def test_rebuilding_gives_the_model_back():
    state, rebuild = begin(MODEL, Recipe(steps=1))
    rebuilt = rebuild(state.parameters)
    assert np.array_equal(rebuilt.w, MODEL.w)
    assert rebuilt.activation == MODEL.activation
