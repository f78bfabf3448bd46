"""What theory refuses, with the way out, and what it takes from PyTorch."""

from functools import partial

import numpy as np
import pytest

from tegum.theory.expected import (
    expected_loss,
    expected_loss_and_gradient,
    expected_losses,
    one_active_loss,
    one_hot_loss,
)
from tegum.theory.known import RELU, best_known_loss, exact_losses_and_gaps
from tegum.theory.optima import critical_point, linear_optimum
from tegum.theory.optimal_heads import head_loss, optimal_head, pair_cosine
from tests.refusals import Tensor, line_of

W, B = np.eye(2, 5) + 0.1, np.full(5, -0.1)
STACK = np.stack([W, 2 * W]), np.stack([B, B])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: expected_loss(*STACK, 0.1),
            "w: got (2, 2, 5), expected the weights of one model, a shape of hidden x features; "
            "`expected_losses` takes a stack of ReLU models",
        ),
        (lambda: expected_loss(W[0], B, 0.1), "w: got (5,), expected the weights of one model"),
        (
            lambda: expected_loss(W.T, B, 0.1),
            "b: got (5,), expected one bias per feature of w, shape (2,); "
            "w is hidden x features: transpose it, w.T",
        ),
        (lambda: expected_losses(W, B, 0.1), "; `expected_loss` takes one model"),
        (
            lambda: expected_losses(*STACK, np.full(3, 0.1)),
            "density: got (3,), expected a shape that broadcasts to models x features, (2, 5)",
        ),
        (lambda: one_active_loss(W.T, B), "transpose it: w.T"),
        (lambda: one_hot_loss(STACK[0]), "w: got (2, 2, 5), expected the weights of one model"),
        (
            lambda: best_known_loss(3, 0.1, np.ones(7)),
            "n_features, n_hidden, importance: got (7, 3, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]), "
            "expected a size and an importance of feature k that are listed: "
            "(20, 5) with 0.7^k, (20, 10) with 0.9^k, ",
        ),
        (lambda: best_known_loss(2, 0.1, 0.5 ** np.arange(5)), "(5, 2) with 1.0^k"),
        (lambda: best_known_loss(3, 0.1, np.ones(7)), "; `tegum.theory.optima.best_loss` searches"),
        (
            lambda: best_known_loss(2, 0.2, np.ones(5)),
            "density: got 0.2, expected one listed for this size: 0.1; `tegum.theory.optima.best",
        ),
        (lambda: best_known_loss(2, 0.1, 1.0), "importance: got 1.0, expected one number for each"),
    ],
)
def test_what_theory_cannot_answer_is_refused_with_the_way_out(call, says: str) -> None:
    assert says in line_of(call)


def test_all_that_is_listed_is_found_and_all_else_has_no_gap() -> None:
    for (n, m, decay), losses in RELU.items():
        importance = decay ** np.arange(n)
        for density, loss in losses.items():
            assert best_known_loss(m, density, importance) == loss
    assert best_known_loss(2, 0.2, np.ones(5), "linear") == linear_optimum(2, 0.2, np.ones(5)).loss
    losses, gaps = exact_losses_and_gaps(*STACK, 0.1, np.ones(5))
    np.testing.assert_allclose(gaps, losses / RELU[5, 2, 1.0][0.1] - 1)
    losses, gaps = exact_losses_and_gaps(*STACK, 0.2, np.ones(5))
    assert np.isfinite(losses).all()
    assert np.isnan(gaps).all()


PAIR = np.zeros((5, 5))
PAIR[0, 1] = 1.0


@pytest.mark.parametrize(
    "of",
    [
        lambda w, b: expected_loss(w, b, 0.1),
        lambda w, b: expected_loss_and_gradient(w, b, 0.1)[1],
        lambda w, b: one_active_loss(w, b),
        lambda w, b: one_hot_loss(w, "gelu", b),
        lambda w, b: critical_point(w, b).gradient_norm,
        lambda w, b: pair_cosine(w, 0.1, 2),
        lambda w, b: optimal_head(w, 0.1, PAIR),
        lambda w, b: head_loss(np.eye(2), w, 0.1, PAIR),
    ],
)
def test_a_tensor_that_requires_grad_is_as_good_as_its_values(of) -> None:
    found, expected = of(Tensor(W), Tensor(B)), of(W, B)
    for one, other in zip(_parts(found), _parts(expected), strict=True):
        np.testing.assert_array_equal(one, other)


def test_stacked_tensors_that_require_grad_are_as_good_as_their_values() -> None:
    tensors = map(Tensor, STACK)
    of = partial(expected_losses, density=0.1)
    np.testing.assert_array_equal(of(*tensors), of(*STACK))


def _parts(value: object) -> tuple:
    return value if isinstance(value, tuple) else (value,)
