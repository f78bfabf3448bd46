"""Blocks of tegum products made by hand."""

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from tegum.analysis.alternatives import haar_rotations
from tegum.analysis.blocks import (
    block_dimensions,
    block_energy,
    block_entropy,
    block_tightness,
    tegum_blocks,
)
from tegum.analysis.nulls import chance_energy_cdf
from tegum.errors import BadInputError
from tests.analysis.test_geometry import DIGON, polygon, simplex, tegum

W = tegum(simplex(4), polygon(5), DIGON, np.eye(1), np.zeros((1, 1)))
BLOCKS = [0] * 4 + [1] * 5 + [2] * 2 + [3] + [-1]


def test_the_factors_of_a_tegum_product_are_found_in_any_basis_and_any_order():
    rng = np.random.default_rng(0)
    turned = haar_rotations(8, 0) @ W
    assert tegum_blocks(turned).tolist() == BLOCKS
    order = rng.permutation(13)
    shuffled = tegum_blocks(turned[:, order])
    same = shuffled[:, None] == shuffled[None]
    expected = np.array(BLOCKS)[order]
    np.testing.assert_array_equal(same, expected[:, None] == expected[None])
    first = [int(np.flatnonzero(shuffled == k)[0]) for k in range(4)]
    assert first == sorted(first)  # numbered by first feature


def test_faint_overlap_does_not_join_blocks_and_a_square_is_two_digons():
    tilted = np.array([[1.0, 0.1], [0, 1]])
    assert tegum_blocks(tilted).tolist() == [0, 1]
    assert tegum_blocks(tilted, eps=0.05).tolist() == [0, 0]
    assert tegum_blocks(polygon(4)).tolist() == [0, 1, 0, 1]


def test_a_chain_joins_features_that_are_orthogonal_to_each_other():
    w = np.array([[1.0, 1, 0], [0, 1, 1]])
    assert tegum_blocks(w).tolist() == [0, 0, 0]


def test_dimensions_and_tightness_are_those_of_the_polytopes():
    blocks = tegum_blocks(W)
    assert block_dimensions(W, blocks).tolist() == [3, 2, 1, 1]
    np.testing.assert_allclose(block_tightness(W, blocks), 1)
    loose = tegum(polygon(3) * np.array([1.0, 1, 2]), np.eye(1))
    eigenvalues = np.linalg.eigvalsh(loose[:2] @ loose[:2].T)
    expected = eigenvalues.sum() ** 2 / (2 * np.sum(eigenvalues**2))
    np.testing.assert_allclose(block_tightness(loose, tegum_blocks(loose)), [expected, 1])


def test_energy_is_allocated_to_blocks_and_entropy_counts_them():
    blocks = tegum_blocks(W)
    slices = np.zeros((8, 4))
    slices[0, 0] = 1  # inside the tetrahedron's span
    slices[[3, 5], 1] = np.sqrt(0.5)  # half pentagon, half digon
    slices[7, 2] = 1  # in no block at all
    slices[[5, 7], 3] = np.sqrt([0.25, 0.75])
    energy = block_energy(slices, W, blocks)
    np.testing.assert_allclose(energy[:2], [[1, 0, 0, 0], [0, 0.5, 0.5, 0]], atol=1e-12)
    expected = [0, np.log(2), 0, -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))]
    np.testing.assert_allclose(block_entropy(energy), expected, atol=1e-12)


def test_energy_of_a_random_slice_in_a_block_follows_the_null():
    turned = haar_rotations(8, 1, (1500,)) @ W
    blocks = tegum_blocks(turned)
    slices = np.broadcast_to(np.eye(8)[:, :1], (1500, 8, 1))
    energy = block_energy(slices, turned, blocks)[:, 0]
    for block, d in enumerate((3, 2, 1, 1)):
        for level in (0.1, 0.3, 0.6):
            expected = float(chance_energy_cdf(level, 8, d))
            share = np.mean(energy[:, block] <= level)
            assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / 1500)


def test_populations_may_have_different_numbers_of_blocks_or_none():
    w = np.stack([np.eye(2), polygon(3)[:, :2], np.zeros((2, 2)), np.full((2, 2), np.nan)])
    blocks = tegum_blocks(w)
    assert blocks.tolist() == [[0, 1], [0, 0], [-1, -1], [-1, -1]]
    assert block_dimensions(w, blocks).tolist() == [[1, 1], [2, 0], [0, 0], [0, 0]]
    np.testing.assert_allclose(block_tightness(w, blocks)[:, 1], [1, np.nan, np.nan, np.nan])
    energy = block_energy(np.stack([np.eye(2)] * 4), w, blocks)
    assert energy.shape == (4, 2, 2)
    np.testing.assert_allclose(block_entropy(energy), 0, atol=1e-12)


def test_labels_that_do_not_fit_and_impossible_cosines_are_refused():
    with pytest.raises(BadInputError, match="eps: got 1.0"):
        tegum_blocks(W, eps=1.0)
    with pytest.raises((BadInputError, TypeCheckError)):
        block_dimensions(W, np.zeros(3, int))
