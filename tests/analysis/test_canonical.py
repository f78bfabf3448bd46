"""One position for all rotations, reflections and, if they mean nothing, orders of columns."""

import numpy as np
import pytest

from tegum.analysis.canonical import canonical
from tegum.errors import BadInputError
from tegum.theory.polytopes import polygon

RNG = np.random.default_rng(3)
SHAPES = {
    "any": RNG.normal(size=(2, 5)),
    "pentagon": 1.1 * polygon(5),
    "nearly a pentagon": polygon(5) + 0.01 * RNG.normal(size=(2, 5)),
    "two digons and one dropped": np.hstack([polygon(4), np.zeros((2, 1))]),
    "a digon and one": np.array([[1.0, -1.0, 0.0], [0.0, 0.0, 0.9]]),
    "two of one direction": np.array([[1.0, 0.5, 0.0], [0.0, 0.0, -1.0]]),
    "one": np.array([[0.0, 0.3], [0.0, -0.4]]),
}


def moved(w: np.ndarray, angle: float, reflected: bool) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.diag([1.0, -1.0 if reflected else 1.0]) @ np.array([[c, -s], [s, c]]) @ w


@pytest.mark.parametrize("exchangeable", [False, True])
@pytest.mark.parametrize("w", SHAPES.values(), ids=SHAPES)
def test_rotated_and_reflected_weights_become_the_same_and_stay_so(w, exchangeable) -> None:
    found = canonical(w, exchangeable=exchangeable)
    for angle in (0.0, 0.4, np.pi / 2, 3.0, 5.5):
        for reflected in (False, True):
            again = canonical(moved(w, angle, reflected), exchangeable=exchangeable)
            np.testing.assert_allclose(again, found, atol=1e-5)
    np.testing.assert_allclose(canonical(found, exchangeable=exchangeable), found, atol=1e-5)


@pytest.mark.parametrize("w", SHAPES.values(), ids=SHAPES)
def test_exchangeable_features_become_the_same_in_any_order(w) -> None:
    found = canonical(w, exchangeable=True)
    for seed in range(6):
        order = np.random.default_rng(seed).permutation(w.shape[1])
        again = canonical(moved(w[:, order], seed, seed % 2 == 0), exchangeable=True)
        np.testing.assert_allclose(again, found, atol=1e-5)


@pytest.mark.parametrize("w", SHAPES.values(), ids=SHAPES)
def test_numbered_features_keep_their_gram_matrix(w) -> None:
    found = canonical(w)
    np.testing.assert_allclose(found.T @ found, w.T @ w, atol=1e-12)


def test_the_first_feature_points_up_and_the_next_to_the_left() -> None:
    w = np.array([[0.0, 1.0, 1.0, 0.0], [0.01, 0.0, 1.0, 1.0]])
    found = canonical(w)
    np.testing.assert_allclose(found[:, 1], [0, 1], atol=1e-12)
    np.testing.assert_allclose(found[:, 3], [-1, 0], atol=1e-12)


def test_other_shapes_and_lengths_stay_apart() -> None:
    longer = polygon(5) * np.array([1.0, 1.0, 1.0, 1.0, 1.1])
    assert not np.allclose(
        canonical(longer, exchangeable=True), canonical(polygon(5), exchangeable=True), atol=0.01
    )


def test_nothing_and_no_features_stay_what_they_are() -> None:
    np.testing.assert_array_equal(canonical(np.zeros((2, 3))), np.zeros((2, 3)))
    assert canonical(np.zeros((2, 0))).shape == (2, 0)


@pytest.mark.parametrize("w", [np.zeros((3, 4)), np.zeros(2), np.full((2, 2), np.nan)])
def test_other_weights_are_refused_in_one_line(w) -> None:
    with pytest.raises(BadInputError, match="2 x features"):
        canonical(w)
