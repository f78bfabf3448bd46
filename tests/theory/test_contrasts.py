"""Two pairs inside one polytope: closed forms against singular value decompositions."""

import numpy as np
import pytest

from tegum.analysis.spans import alignment_ceiling
from tegum.errors import BadInputError
from tegum.theory.contrasts import (
    ceiling,
    contrast_cosines,
    contrast_slices,
    contrast_values,
    graded_cosines,
    mean_cosine,
    sigma_ratio,
)

SIDES = [(-0.5, -0.5), (0.3, 0.3), (-0.8, 0.0), (0.6, -0.2), (0.0, 0.4)]


def two(c: float) -> np.ndarray:
    return np.array([[1.0, c], [0.0, np.sqrt(1 - c**2)]])


@pytest.mark.parametrize(("c", "c_right"), SIDES)
def test_contrasts_are_what_a_decomposition_finds(c: float, c_right: float) -> None:
    left, right = two(c), two(c_right)
    u, s, vt = np.linalg.svd(left @ right.T)
    assert np.sort(contrast_values(c, c_right))[::-1] == pytest.approx(s)
    assert sigma_ratio(c, c_right) == pytest.approx(s[1] / s[0])
    for side, (part, w) in enumerate(((u, left), (vt.T, right))):
        for feature in (0, 1):
            found = np.abs(part.T @ w[:, feature])
            np.testing.assert_allclose(contrast_cosines(c, c_right)[side], found)
        both = np.stack([w[:, 0] - w[:, 1], w[:, 0] + w[:, 1]], axis=-1)
        aligned = np.abs(part.T @ (both / np.linalg.norm(both, axis=0)))
        np.testing.assert_allclose(contrast_slices(c, c_right), aligned, atol=1e-9)


def test_polytopes_have_the_ratios_that_their_cosines_say() -> None:
    assert sigma_ratio(-0.5, -0.5) == pytest.approx(1 / 3)
    assert sigma_ratio(-1 / 3, -1 / 3) == pytest.approx(1 / 2)
    assert sigma_ratio(-1.0, -1.0) == sigma_ratio(-1.0, 0.0) == 0
    assert sigma_ratio(-0.5, 0.0) == pytest.approx(np.sqrt(1 / 3))


def test_in_a_digon_the_second_slice_is_free_and_of_equal_values_both_are() -> None:
    cosines = contrast_cosines(-1.0, 0.0)
    np.testing.assert_allclose(cosines[:, 0], [1.0, np.sqrt(0.5)])
    assert np.isnan(cosines[:, 1]).all()
    assert np.isnan(contrast_cosines(0.0, 0.0)).all()
    assert np.isnan(contrast_cosines(0.4, -0.4)).all()


@pytest.mark.parametrize("c", [-0.99, -0.5, 0.0, 0.3, 1.0])
def test_no_orthonormal_vectors_come_nearer_than_the_ceiling(c: float) -> None:
    assert ceiling(c) == pytest.approx(float(alignment_ceiling(two(c))))
    assert mean_cosine(c) <= ceiling(c)
    if 0 < abs(c) < 1:
        assert mean_cosine(c) == pytest.approx(contrast_cosines(c, c)[0].mean())


@pytest.mark.parametrize("c", [-0.5, 0.3])
def test_equal_weights_give_contrasts_and_a_vanishing_weight_the_first_feature(c: float) -> None:
    np.testing.assert_allclose(graded_cosines(c, 1.0), contrast_cosines(c, c)[0])
    np.testing.assert_allclose(graded_cosines(c, 1e-9), [1.0, np.sqrt(1 - c**2)], atol=1e-6)


def test_a_cosine_beyond_one_is_refused() -> None:
    with pytest.raises(BadInputError, match="cosines"):
        contrast_values(1.5, 0.0)
