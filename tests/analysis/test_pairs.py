"""Cosines of pairs: the share of the largest few, and random directions."""

import numpy as np
import pytest

from tegum.analysis.geometry import directions, gram
from tegum.analysis.pairs import (
    chance_density,
    chance_top_share,
    of_pairs,
    pair_density,
    top_share,
)

RANDOM = gram(directions(np.random.default_rng(0).normal(size=(10, 300))))
EDGES = np.linspace(-1, 1, 21)


def test_each_pair_counts_once():
    assert of_pairs(np.arange(9.0).reshape(3, 3)).tolist() == [1, 2, 5]


def test_a_single_pair_that_is_not_orthogonal_holds_everything():
    cosines = np.eye(6)
    cosines[1, 4] = cosines[4, 1] = -0.3
    assert top_share(cosines) == pytest.approx(1)


def test_equal_cosines_share_equally():
    assert top_share(np.full((8, 8), 0.5), top=0.25) == pytest.approx(0.25)


def test_random_directions_have_the_share_and_the_density_of_chance():
    assert top_share(RANDOM) == pytest.approx(chance_top_share(10), abs=0.01)
    np.testing.assert_allclose(pair_density(RANDOM, EDGES), chance_density(EDGES, 10), atol=0.06)


def test_densities_are_of_all_pairs():
    width = np.diff(EDGES)
    assert np.sum(chance_density(EDGES, 40) * width) == pytest.approx(1)
    assert np.sum(pair_density(RANDOM, EDGES) * width) == pytest.approx(1)


def test_what_is_missing_is_nan():
    missing = np.full((4, 4), np.nan)
    assert np.isnan(top_share(missing))
    assert np.isnan(pair_density(missing, EDGES)).all()
