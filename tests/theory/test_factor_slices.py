"""Which factors slices serve first, and what random mixtures keep to one of them."""

import numpy as np
import pytest

from tegum.analysis.nulls import chance_cdf
from tegum.errors import BadInputError
from tegum.theory.dictionaries import members, tegum_product
from tegum.theory.factor_slices import asked_product, largest_share, sparse_ratios
from tegum.theory.optimal_heads import whitened_values

KINDS = ("single", "tetrahedron", "triangle", "digon", "pentagon")


def test_ratios_of_known_polytopes():
    np.testing.assert_allclose(sparse_ratios(KINDS), [1, 3 / 4, 2 / 3, 1 / 2, 2 / 5], atol=1e-12)


def test_ratios_are_of_the_largest():
    np.testing.assert_allclose(sparse_ratios(("digon", "triangle")), [3 / 4, 1], atol=1e-12)


@pytest.mark.parametrize("singles", [1, 41])
@pytest.mark.parametrize(
    ("target", "bias"), [("product", False), ("count", False), ("count", True)]
)
def test_whitened_values_tend_to_these_ratios_in_proportion_to_density(target, bias, singles):
    factors = (*KINDS, *["single"] * singles)
    blocks, w = members(factors), tegum_product(factors, 0)
    pairs = np.zeros((w.shape[1], w.shape[1]))
    for block in blocks[:5]:
        pairs[block[0], block[1] if len(block) > 1 else blocks[5][0]] = 1
    for density in (0.02, 0.001):
        tau = whitened_values(w, density, pairs, target, bias)[:5]
        assert np.max(np.abs(tau / tau[0] - sparse_ratios(KINDS))) <= 2 * density


def test_the_largest_of_two_shares_is_that_of_an_angle():
    """max(cos², sin²) = (1 + |cos 2θ|) / 2."""
    mean, deviation = largest_share(2)
    assert mean == pytest.approx(1 / 2 + 1 / np.pi)
    assert deviation == pytest.approx(np.sqrt(1 / 8 - 1 / np.pi**2))


@pytest.mark.parametrize("k", [3, 5, 8])
def test_the_largest_share_has_the_moments_of_its_exact_law(k):
    square = np.linspace(0, 1, 4001)
    beyond = 1 - chance_cdf(np.sqrt(square), k, k)
    first, second = np.trapezoid(beyond, square), np.trapezoid(2 * square * beyond, square)
    assert largest_share(k) == pytest.approx((first, np.sqrt(second - first**2)), abs=1e-5)


def test_one_direction_is_all_there_is():
    assert largest_share(1) == pytest.approx((1.0, 0.0), abs=1e-4)


def test_no_direction_is_refused():
    with pytest.raises(BadInputError, match="directions"):
        largest_share(0)


def test_a_product_asks_for_two_features_of_each_factor_and_gives_a_dedicated_one_a_partner():
    product = asked_product(("single", "digon", "triangle"), 6)
    assert product.factors == ("single", "digon", "triangle", "single", "single")
    assert product.pairs == ((0, 6), (1, 2), (3, 4))
    assert product.left.tolist() == [0, 1, 1, 2, 2, 2, -1, -1]
    assert product.right.tolist() == [-1, 1, 1, 2, 2, 2, 0, -1]


def test_a_product_is_turned_anew_for_each_seed():
    product = asked_product(("digon", "triangle"), 4)
    one, again, other = product.weights(np.array([2**63 + 5, 2**63 + 5, 7], np.uint64))
    np.testing.assert_array_equal(one, again)
    assert not np.allclose(one, other)
    np.testing.assert_allclose(one.T @ one, other.T @ other, atol=1e-12)


def test_a_product_without_room_for_a_partner_is_refused():
    with pytest.raises(BadInputError, match="more than the 4"):
        asked_product(("single", "triangle", "digon"), 4)
