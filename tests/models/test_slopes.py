"""Activations with slopes: the same values as jax's, and the slope of these."""

import jax
import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.models.activations import ACTIVATIONS
from tegum.models.slopes import f_and_slope


@pytest.mark.parametrize("name", ["linear", "relu", "gelu"])
def test_values_and_slopes_are_those_of_the_activation(name: str):
    z = np.linspace(-3, 3, 41) + 0.01
    with jax.enable_x64(True):
        f, slope = jax.vmap(jax.value_and_grad(ACTIVATIONS[name]))(z)
    found = f_and_slope(z, name)
    np.testing.assert_allclose(found[0], f, atol=1e-12)
    np.testing.assert_allclose(found[1], slope, atol=1e-12)


def test_an_unknown_activation_is_refused():
    with pytest.raises(BadInputError, match="relu"):
        f_and_slope(np.zeros(2), "relo")
