"""Dictionaries written down: their frames, and what theory says of heads that read them."""

import numpy as np
import pytest

from tegum.analysis.geometry import dimensionality, gram, norms, tegum_defect
from tegum.errors import BadInputError
from tegum.theory.dictionaries import gaussian, members, orthonormal, tegum_product
from tegum.theory.optimal_heads import pair_cosine

FACTORS = ("single", "digon", "triangle", "tetrahedron", "pentagon")


def test_orthonormal_features_have_a_dimension_each_and_the_others_none():
    w = orthonormal(5, 3, seed=1)
    np.testing.assert_allclose(gram(w), np.diag([1, 1, 1, 0, 0]), atol=1e-12)


def test_a_tegum_product_has_the_dimensionalities_of_its_factors():
    w = tegum_product(FACTORS, seed=2)
    assert w.shape == (1 + 1 + 2 + 3 + 2, 1 + 2 + 3 + 4 + 5)
    expected = np.repeat([1, 1 / 2, 2 / 3, 3 / 4, 2 / 5], [1, 2, 3, 4, 5])
    np.testing.assert_allclose(dimensionality(w), expected, atol=1e-12)
    assert abs(tegum_defect(w)) < 1e-12


def test_members_are_those_of_each_factor_and_orthogonal_to_the_others():
    w = tegum_product(FACTORS, seed=3)
    groups = members(FACTORS)
    assert [len(group) for group in groups] == [1, 2, 3, 4, 5]
    block = np.concatenate([np.full(len(group), k) for k, group in enumerate(groups)])
    across = gram(w)[block[:, None] != block[None, :]]
    np.testing.assert_allclose(across, 0, atol=1e-12)


def test_another_seed_is_another_rotation_of_the_same_geometry():
    one, other = tegum_product(FACTORS, seed=4), tegum_product(FACTORS, seed=5)
    assert not np.allclose(one, other)
    np.testing.assert_allclose(gram(one), gram(other), atol=1e-12)


def test_random_features_have_lengths_near_one():
    assert norms(gaussian(50, 400, seed=0)).mean() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("density", [0.9, 0.3, 0.01])
def test_in_a_balanced_tegum_the_best_heads_slice_is_the_feature(density: float):
    w = tegum_product(("digon", "triangle", "tetrahedron", "pentagon"), seed=6)
    assert all(
        pair_cosine(w, density, feature) == pytest.approx(1, abs=1e-9)
        for feature in range(w.shape[1])
    )


def test_fewer_features_than_dimensions_are_refused():
    with pytest.raises(BadInputError, match="n_features: got 2, expected at least n_hidden = 3"):
        orthonormal(2, 3, seed=0)
