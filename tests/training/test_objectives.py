"""What the objectives ask of any model that is called on one input."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.features import OneActive, SparseFeatures
from tegum.models import Bottleneck, Network
from tegum.training import Computation, CrossEntropy, Reconstruction

KEY = jax.random.key(0)
SIGNED = SparseFeatures(3, 0.5, values="symmetric")


def absolute_values() -> Network:
    """|x| = ReLU(x) + ReLU(-x), two hidden units a feature."""
    split = np.vstack([np.eye(3), -np.eye(3)])
    return Network((split, split.T * np.sign(split.T)), (None, None), ("relu", "linear"))


def test_absolute_values_are_computed_without_error_by_two_units_a_feature():
    loss, parts = Computation(SIGNED, "absolute").loss(absolute_values(), KEY, 256)
    assert loss == pytest.approx(0, abs=1e-12)
    assert parts["L1"] == loss


def test_the_loss_of_giving_nothing_is_the_second_moment_of_what_is_asked():
    silent = Network((np.zeros((3, 3)),), (None,), ("linear",))
    loss, _ = Computation(SIGNED, "absolute").loss(silent, KEY, 200_000)
    assert loss == pytest.approx(3 * 0.5 / 3, rel=0.02)  # sum over features of p E v^2


def test_computing_the_identity_is_reconstruction():
    law, model = SparseFeatures(3, 0.5, importance=[1.0, 0.5, 0.25]), Bottleneck.init(3, 2, KEY)
    same = Computation(law, "identity").loss(model, KEY, 64)[0]
    assert same == Reconstruction(law).loss(model, KEY, 64)[0]


@pytest.mark.parametrize(("scale", "expected"), [(0.0, np.log(3)), (100.0, 0.0)])
def test_cross_entropy_is_the_logarithm_of_the_choices_left_open(scale: float, expected: float):
    net = Network((scale * jnp.eye(3),), (None,), ("linear",))
    loss, _ = CrossEntropy(OneActive(3, values="one")).loss(net, KEY, 64)
    assert loss == pytest.approx(expected, abs=1e-5)


def test_an_unknown_function_is_refused():
    with pytest.raises(BadInputError, match="unknown function 'abs'"):
        Computation(SIGNED, "abs")
