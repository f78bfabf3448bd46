"""Attacks in closed form: against ascent, random attacks, known models, and sampled moments."""

import numpy as np
import pytest

from tegum.analysis import geometry
from tegum.errors import BadInputError
from tegum.theory import attacks
from tegum.theory.dictionaries import orthonormal, tegum_product

N, M, P, NORM = 12, 4, 0.3, 0.2
RNG = np.random.default_rng(0)
W = RNG.normal(size=(2, M, N)) * 0.6
B = RNG.normal(size=(2, N)) * 0.2


def inputs(count: int, density: float = P, n: int = N, seed: int = 1) -> np.ndarray:
    u = np.random.default_rng(seed).random((count, n))
    return np.where(u < density, u / density, 0.0)


def outputs(w: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.maximum(x @ w.T @ w + b, 0)


def test_reach_is_the_squared_length_over_the_root_of_the_dimensionality() -> None:
    lengths, own = geometry.norms(W), geometry.dimensionality(W)
    np.testing.assert_allclose(attacks.reach(W), lengths**2 / np.sqrt(own))


@pytest.mark.parametrize(("factor", "expected"), [("digon", 2**0.5), ("triangle", 1.5**0.5)])
def test_reach_in_polytopes_is_the_root_of_features_per_dimension(
    factor: str, expected: float
) -> None:
    np.testing.assert_allclose(attacks.reach(tegum_product([factor] * 2, 0)), expected)


def test_no_random_attack_moves_an_output_further_than_the_closed_form() -> None:
    x, w, b = inputs(20), W[0], B[0]
    delta = RNG.normal(size=(3000, 1, N))
    delta *= NORM / np.linalg.norm(delta, axis=-1, keepdims=True)
    moved = abs(outputs(w, b, x + delta) - outputs(w, b, x)).max(axis=0)
    assert np.all(moved <= attacks.greatest_change(w, b, x, NORM) + 1e-12)


def test_the_greatest_change_is_reached_along_the_row_of_the_gram_matrix() -> None:
    x, w, b = inputs(20), W[0], B[0]
    rows = w.T @ w
    along = NORM * rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    for i, delta in enumerate(along):
        moved = (outputs(w, b, x + delta) - outputs(w, b, x))[:, i]
        np.testing.assert_allclose(moved, attacks.greatest_change(w, b, x, NORM)[:, i], atol=1e-12)


def test_a_shut_output_moves_less_and_one_out_of_reach_not_at_all() -> None:
    w, x = np.eye(2), np.zeros((1, 2))
    change = attacks.greatest_change(w, np.array([-0.05, -0.5]), x, 0.2)
    np.testing.assert_allclose(change, [[0.15, 0.0]])


def test_without_superposition_the_worst_output_moves_by_the_norm_at_every_input() -> None:
    w = np.eye(M, N)
    b = np.where(np.arange(N) < M, 0.0, P / 2)
    change = attacks.greatest_change(w, b, inputs(50), NORM)
    np.testing.assert_allclose(change.max(axis=-1), NORM)


def test_ascent_reaches_and_never_beats_the_greatest_error_of_an_output() -> None:
    x = inputs(30)
    greatest = attacks.greatest_error(W, B, x, NORM)
    worst = greatest.argmax(axis=-1)
    asked, starts = np.eye(N)[worst], RNG.normal(size=(5, 2, 30, N))
    starts *= NORM / np.linalg.norm(starts, axis=-1, keepdims=True)
    found = np.max([attacks.ascended(W, B, x, NORM, asked, of) for of in starts], axis=0)
    np.testing.assert_allclose(found, greatest.max(axis=-1), rtol=1e-6)


def test_the_strongest_attack_has_its_norm_and_makes_the_greatest_error_of_an_output() -> None:
    x = inputs(30)
    delta = attacks.strongest(W, B, x, NORM)
    np.testing.assert_allclose(np.linalg.norm(delta, axis=-1), NORM)
    errors = attacks.squared_errors(W, B, x, NORM)
    worst = attacks.greatest_error(W, B, x, NORM).max(axis=-1)
    np.testing.assert_allclose(errors.max(axis=-1), worst)


def test_ascent_on_the_sum_finds_no_less_than_where_it_starts() -> None:
    x = inputs(30)
    start = attacks.strongest(W, B, x, NORM)
    found = attacks.ascended(W, B, x, NORM, np.ones((2, 30, N)), start)
    closed = attacks.squared_errors(W, B, x, NORM).sum(axis=-1)
    assert np.mean(found >= closed - 1e-9) > 0.95
    assert np.mean(found > closed + 1e-6) > 0.5


@pytest.mark.parametrize(("n", "density"), [(1, 1.0), (20, 0.5), (60, 0.03)])
def test_the_mean_input_norm_is_that_of_samples(n: int, density: float) -> None:
    norms = np.linalg.norm(inputs(40_000, density, n), axis=-1)
    error = norms.std() / np.sqrt(len(norms))
    assert abs(attacks.mean_input_norm(n, density) - norms.mean()) < 4.5 * error


def test_the_mean_norm_of_one_feature_is_its_mean() -> None:
    assert attacks.mean_input_norm(1, 0.3) == pytest.approx(0.15, rel=1e-6)


def test_typical_interference_is_that_of_samples() -> None:
    off = W[0].T @ W[0] * (1 - np.eye(N))
    x = inputs(200_000)
    typical = np.sqrt(np.mean((x @ off) ** 2, axis=0))
    worst = np.linalg.norm(off, axis=-1) * np.sqrt(np.mean(np.sum(x**2, axis=-1)))
    np.testing.assert_allclose(attacks.typical_over_worst(W[0], P), typical / worst, rtol=0.02)


def test_in_digons_typical_interference_is_one_over_the_root_of_the_count() -> None:
    w = tegum_product(["digon"] * 3, 0)
    np.testing.assert_allclose(attacks.typical_over_worst(w, 0.4), 6**-0.5)


def test_features_that_share_nothing_have_no_ratio() -> None:
    assert np.isnan(attacks.typical_over_worst(orthonormal(3, 3, 0) * 0 + np.eye(3), 0.4)).all()


@pytest.mark.parametrize("norm", [-0.1, np.nan])
def test_a_norm_that_is_none_is_refused(norm: float) -> None:
    with pytest.raises(BadInputError, match="norm"):
        attacks.greatest_change(W, B, inputs(2), norm)


def test_a_density_that_is_none_is_refused() -> None:
    with pytest.raises(BadInputError, match="density"):
        attacks.mean_input_norm(3, 0.0)
