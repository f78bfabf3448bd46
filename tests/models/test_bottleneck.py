"""The bottleneck computes what its formula says, for one input; vmap lifts it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.models import Bottleneck

KEY = jax.random.key(0)
X = jnp.array([0.3, 0.0, 0.9])


def test_tied_relu_model_is_the_published_formula():
    model = Bottleneck.init(3, 2, KEY)
    w, b = np.asarray(model.w), np.asarray(model.b)
    np.testing.assert_allclose(model(X), np.maximum(w.T @ w @ X + b, 0), rtol=1e-6)


def test_untied_model_with_hidden_bias_and_activation():
    model = Bottleneck.init(
        3, 2, KEY, tied=False, hidden_bias=True, hidden_activation="relu", activation="linear"
    )
    hidden = np.maximum(np.asarray(model.w) @ X + model.b_hidden, 0)
    np.testing.assert_allclose(model(X), np.asarray(model.w_out).T @ hidden + model.b, rtol=1e-6)


def test_gelu_is_the_exact_one():
    model = Bottleneck(w=jnp.eye(3), b=jnp.zeros(3), activation="gelu")
    phi = 0.5 * (1 + jax.scipy.special.erf(X / np.sqrt(2)))
    np.testing.assert_allclose(model(X), X * phi, rtol=1e-5)


def test_a_batch_in_the_last_axis_equals_one_input_at_a_time():
    model = Bottleneck.init(3, 2, KEY)
    batch = jax.random.uniform(KEY, (3, 7))
    lifted = jax.vmap(model, in_axes=-1, out_axes=-1)(batch)
    np.testing.assert_allclose(lifted, np.stack([model(x) for x in batch.T], axis=-1), rtol=1e-5)


def test_initial_weights_have_xaviers_variance_and_biases_are_zero():
    model = Bottleneck.init(300, 100, KEY)
    assert np.var(model.w) == pytest.approx(2 / 400, rel=0.02)
    assert not np.any(model.b)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            {"n_features": 0, "n_hidden": 2},
            "n_features: got 0, expected a whole number of at least 1",
        ),
        (
            {"n_features": 2, "n_hidden": 0},
            "n_hidden: got 0, expected a whole number of at least 1",
        ),
        (
            {"n_features": 2, "n_hidden": 1, "activation": "rellu"},
            "unknown activation 'rellu'; did you mean relu or gelu?",
        ),
    ],
)
def test_a_bad_model_is_refused_in_one_line(arguments, says: str):
    with pytest.raises(BadInputError, match=says.replace("?", r"\?")):
        Bottleneck.init(**arguments, key=KEY)
