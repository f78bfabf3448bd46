"""Routed experts are bottlenecks that a router chooses from or mixes, and refuse what does not fit."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tegum.models import Bottleneck
from tegum.models.experts import Experts
from tests.refusals import line_of

KEY = jax.random.key(0)
X = jnp.array([0.3, 0.0, 0.9, 0.5])
HARD = Experts.init(3, 4, 2, KEY)
SOFT = replace(HARD, hard=np.asarray(False))


def bottleneck(model: Experts, e: int) -> Bottleneck:
    return Bottleneck(model.w[e], model.b[e])


def test_one_expert_is_the_toy_model_hard_or_soft():
    for hard in (True, False):
        model = Experts.init(1, 4, 2, KEY, hard)
        np.testing.assert_allclose(model(X), bottleneck(model, 0)(X), rtol=1e-6)


def test_a_hard_model_answers_as_the_expert_of_the_greatest_share_alone():
    shares = HARD.shares(X)
    np.testing.assert_allclose(shares.sum(), 1, rtol=1e-6)
    np.testing.assert_allclose(HARD(X), bottleneck(HARD, int(shares.argmax()))(X), rtol=1e-6)
    assert sorted(HARD.gates(shares).tolist()) == [0, 0, 1]


def test_a_soft_model_mixes_its_experts_by_their_shares():
    each = np.stack([bottleneck(SOFT, e)(X) for e in range(3)])
    np.testing.assert_allclose(SOFT(X), np.asarray(SOFT.shares(X)) @ each, rtol=1e-5)


def test_the_router_reads_the_input_itself():
    logits = np.asarray(HARD.router) @ np.asarray(X)
    np.testing.assert_allclose(HARD.shares(X), np.exp(logits) / np.exp(logits).sum(), rtol=1e-5)


def test_the_slope_of_hard_gates_is_that_of_soft_ones():
    """A hard choice has no slope of its own; the router would learn nothing."""
    shares = HARD.shares(X)
    np.testing.assert_allclose(jax.jacobian(HARD.gates)(shares), np.eye(3))
    np.testing.assert_allclose(jax.jacobian(SOFT.gates)(shares), np.eye(3))


def test_experts_of_one_key_differ():
    assert not np.allclose(HARD.w[0], HARD.w[1])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Experts.init(0, 4, 2, KEY), "n_experts: got 0"),
        (lambda: Experts.init(3, 4, 0, KEY), "n_hidden: got 0"),
        (lambda: Experts.init(3, 4, 2, 0), "key: got 0, expected a jax random key"),
        (lambda: replace(HARD, b=np.zeros(4)), "one bias per expert and feature of w"),
        (lambda: replace(HARD, router=np.zeros((3, 5))), "one row per expert"),
        (lambda: replace(HARD, router_bias=np.zeros(2)), "one per expert of w"),
        (lambda: replace(HARD, w=[1.0]), "expected an array"),
        (lambda: HARD(np.zeros((4, 7))), "a batch comes last"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(make, says):
    assert says in line_of(make)
