"""A chain of affine maps computes what its formula says, and refuses layers that do not fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.models import Bottleneck, Network
from tests.refusals import line_of

KEY = jax.random.key(0)
X = jnp.array([0.3, 0.0, 0.9])


def test_it_is_affine_maps_with_activations_in_turn():
    net = Network.init((3, 4, 2), KEY, activations=("relu", "linear"), biases=(True, False))
    (first, second), (bias, none) = net.weights, net.biases
    assert none is None
    hidden = np.maximum(np.asarray(first) @ X + bias, 0)
    np.testing.assert_allclose(net(X), np.asarray(second) @ hidden, rtol=1e-5)
    np.testing.assert_allclose(net.layers(X)[0], hidden, rtol=1e-5)


def test_an_untied_bottleneck_is_one_of_two_layers():
    model = Bottleneck.init(3, 2, KEY, tied=False, hidden_bias=True)
    assert model.w_out is not None
    net = Network((model.w, model.w_out.T), (model.b_hidden, model.b), ("linear", "relu"))
    np.testing.assert_allclose(net(X), model(X), rtol=1e-6)


def test_a_linear_chain_is_the_product_of_its_matrices():
    net = Network.init((3, 8, 2, 8, 3), KEY, biases=(False,) * 4)
    product = np.linalg.multi_dot([np.asarray(w) for w in reversed(net.weights)])
    np.testing.assert_allclose(net(X), product @ X, rtol=1e-4)
    assert np.linalg.matrix_rank(product, tol=1e-5) == 2


def test_every_layer_starts_with_xaviers_variance_and_its_own_numbers():
    first, second = Network.init((100, 100, 100), KEY).weights
    assert np.var(first) == pytest.approx(2 / 200, rel=0.05)
    assert not np.allclose(first, second)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Network.init((3,), KEY), "sizes: got (3,), expected at least two"),
        (lambda: Network.init((3, 0), KEY), "sizes: got 0, expected a whole number of at least 1"),
        (lambda: Network.init((3, 2), 0), "key: got 0, expected a jax random key"),
        (
            lambda: Network.init((3, 2), KEY, activations=("relu", "relu")),
            "activations: got ('relu', 'relu'), expected one a layer of weights, 1",
        ),
        (
            lambda: Network((np.ones((2, 3)), np.ones((3, 3))), (None, None), ("relu",) * 2),
            "weights[1]: got (3, 3), expected 2 columns, as layer 0 has units",
        ),
        (
            lambda: Network((np.ones((2, 3)),), (np.ones(3),), ("relu",)),
            "biases[0]: got (3,), expected one bias per row of its weights, shape (2,)",
        ),
        (
            lambda: Network((np.ones((2, 3)),), (), ("relu",)),
            "biases: got 0, expected one a layer, 1 of them",
        ),
        (lambda: Network.init((3, 2), KEY)(np.ones((3, 5))), "a batch comes last"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(make, says):
    assert says in line_of(make)


def test_an_unknown_activation_is_named_with_the_nearest():
    with pytest.raises(BadInputError, match="unknown activation 'relo'; did you mean relu"):
        Network.init((3, 2), KEY, activations=("relo",))
