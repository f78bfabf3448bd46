"""A table learned by gradient descent: the loss and its gradient are those of ½ ‖Y - W2 W1‖²."""

import jax
import numpy as np

from tegum.models import Network
from tegum.training.engine import stack, train
from tegum.training.fixed_targets import FixedTargets
from tegum.training.recipe import SGD, Recipe, Sampled

RNG = np.random.default_rng(0)
W1, W2 = (RNG.normal(size=shape).astype(np.float32) for shape in ((3, 4), (5, 3)))
Y = RNG.normal(size=(5, 4)).astype(np.float32)
TABLE = FixedTargets(np.eye(4, dtype=np.float32), Y)
NETWORK = Network((W1, W2), (None, None), ("linear", "linear"))


def test_the_loss_is_half_the_squared_error_summed() -> None:
    loss, parts = TABLE.loss(NETWORK, jax.random.key(0), 1)
    np.testing.assert_allclose(loss, np.sum((W2 @ W1 - Y) ** 2) / 2, rtol=1e-5)
    np.testing.assert_allclose(parts["half_squared_error"], loss)


def test_a_step_of_descent_moves_each_layer_by_its_gradient() -> None:
    rate = 0.01
    ended = train(
        stack([NETWORK]),
        stack([TABLE]),
        Recipe(1, Sampled(1), optimizer=SGD()),
        seeds=[0],
        learning_rate=rate,
    )
    rest = Y - W2 @ W1
    first, second = ended.model.weights
    np.testing.assert_allclose(first[0], W1 + rate * W2.T @ rest, atol=1e-6)
    np.testing.assert_allclose(second[0], W2 + rate * rest @ W1.T, atol=1e-6)


def test_neither_key_nor_batch_has_a_say() -> None:
    each = [TABLE.loss(NETWORK, jax.random.key(k), k + 1)[0] for k in range(2)]
    assert each[0] == each[1]
