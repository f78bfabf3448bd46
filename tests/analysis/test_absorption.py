"""Absorption and leaning of latents, planted by hand."""

import numpy as np
import pytest

from tegum.analysis.absorption import absorbed, in_plane, kept, lean

PARENT, CHILD = np.eye(3)[:, 0], np.eye(3)[:, 1]
X = np.array([0.5, 1.0])
ALONE = X[None, :] * PARENT[:, None]
BOTH = ALONE + X[None, ::-1] * CHILD[:, None]


def relu(rows: np.ndarray, h: np.ndarray) -> np.ndarray:
    return np.maximum(rows @ h, 0)


def test_latents_of_their_own_absorb_nothing_and_keep_the_parent_as_it_is() -> None:
    rows = np.eye(3)[:2]
    found = relu(rows, ALONE), relu(rows, BOTH), rows @ PARENT
    assert absorbed(*found) == 0
    assert kept(*found) == 1


def test_a_latent_for_the_sum_absorbs_the_parent_where_the_child_is_as_strong() -> None:
    d = np.stack([PARENT, (PARENT + CHILD) / np.sqrt(2)], axis=1)
    rows = np.stack([PARENT - CHILD, np.sqrt(2) * CHILD])  # exact codes while x_j <= x_i
    found = relu(rows, ALONE), relu(rows, BOTH), d.T @ PARENT
    np.testing.assert_allclose(d @ found[1][:, 1:], BOTH[:, 1:])
    assert absorbed(*found) == 0.5  # the child is weaker on one of the two inputs
    assert kept(*found) == pytest.approx(0.5 / 1.5)


def test_silence_without_anyone_to_take_over_is_no_absorption() -> None:
    rows = np.stack([PARENT - 2 * CHILD, CHILD])
    found = relu(rows, ALONE), relu(rows, BOTH), np.array([1.0, 0.0])
    assert absorbed(*found) == 0
    assert np.isnan(absorbed(0 * found[0], found[1], found[2]))
    assert np.isnan(kept(0 * found[0], found[1], found[2]))


def test_a_latent_leans_by_its_angle_in_the_plane_whatever_its_length() -> None:
    angle = np.radians([0, 30, 90, -10])
    d = np.stack([np.cos(angle), np.sin(angle), np.zeros(4)])
    np.testing.assert_allclose(lean(3 * d, 2 * PARENT, CHILD), [0, 30, 90, -10], atol=1e-9)
    np.testing.assert_allclose(in_plane(d, PARENT, CHILD), 1)
    assert in_plane(np.eye(3)[:, 2:], PARENT, CHILD) == pytest.approx([0])


def test_between_features_that_are_not_orthogonal_half_way_is_45_degrees() -> None:
    other = (PARENT + CHILD) / np.sqrt(2)
    assert lean((PARENT + other)[:, None], PARENT, other) == pytest.approx([45])
