"""Objectives on whole data sets: all one-hot inputs at once, and fixed samples."""

import jax
import numpy as np
import pytest

from tegum.models import Bottleneck
from tegum.theory.expected import one_hot_loss
from tegum.training.fixed_samples import FixedSamples
from tegum.training.one_hot import OneHot

KEY = jax.random.key(0)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_the_loss_is_that_of_all_one_hot_inputs(activation: str):
    model = Bottleneck.init(5, 2, KEY, activation=activation)
    model = Bottleneck(model.w, np.linspace(-1, 1, 5, dtype=np.float32), activation=activation)
    unbiased, biased = (OneHot(np.float32(on)).loss(model, KEY, 1)[0] for on in (0, 1))
    assert unbiased == pytest.approx(one_hot_loss(model.w, activation), rel=1e-5)
    assert biased == pytest.approx(one_hot_loss(model.w, activation, model.b), rel=1e-5)


def test_fixed_samples_are_drawn_from_the_data_set_alone():
    model = Bottleneck(np.zeros((2, 3), np.float32), np.zeros(3, np.float32))
    one = FixedSamples(np.array([[1.0, 2.0, 0.0]], np.float32), np.ones(3, np.float32))
    assert one.loss(model, KEY, 4)[0] == pytest.approx(5)
    two = FixedSamples(np.array([[1, 0, 0], [0, 2, 0]], np.float32), np.ones(3, np.float32))
    assert two.loss(model, KEY, 4000)[0] == pytest.approx(2.5, abs=0.1)
