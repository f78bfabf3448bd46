"""Losses, against their definitions written out."""

import jax
import numpy as np

from tegum.losses import cross_entropy, head_squared_error, reduced, squared_error

RNG = np.random.default_rng(0)


def test_squared_error_is_weighted_and_reduced_to_a_mean_over_the_batch_of_a_sum_over_features():
    x, output, importance = RNG.random((4, 6)), RNG.random((4, 6)), RNG.random(4)
    errors = squared_error(x, output, importance)
    np.testing.assert_allclose(errors[2, 3], importance[2] * (x[2, 3] - output[2, 3]) ** 2)
    by_hand = np.mean(
        [sum(importance[i] * (x[i, k] - output[i, k]) ** 2 for i in range(4)) for k in range(6)]
    )
    np.testing.assert_allclose(reduced(errors), by_hand)


def test_cross_entropy_of_one_hot_targets_is_minus_log_of_the_softmax():
    logits = RNG.normal(size=(5, 5)) * 30
    losses = reduced(cross_entropy(np.eye(5), logits))
    np.testing.assert_allclose(
        losses, -np.mean(np.diag(jax.nn.log_softmax(logits, axis=0))), rtol=1e-6
    )


def test_the_heads_error_is_the_mean_over_all_pairings_of_left_and_right_tokens():
    left, right = RNG.normal(size=(3, 8)), RNG.normal(size=(3, 8))
    f, g, t = RNG.random((2, 8)), RNG.random((2, 8)), np.array([1.0, 2.0])
    logits, target = left.T @ right, f.T @ np.diag(t) @ g
    error = head_squared_error(*(np.float32(a) for a in (left, right, f, g, t)))
    np.testing.assert_allclose(error, np.mean((target - logits) ** 2), rtol=1e-5)
