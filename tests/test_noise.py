"""The fast generator is good enough for what it is used for: every test here also passes with jax's own generator."""

import jax
import numpy as np
import pytest
from scipy.stats import chi2, kstest

from tegum.noise import uniform, words

SHAPE = (20, 4096)


def draws(count: int = 32, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """As a training draws: one key, folded with the step's number."""
    key = jax.random.key(7)
    return np.stack(
        [np.asarray(uniform(jax.random.fold_in(key, step), shape)) for step in range(count)]
    )


def test_numbers_lie_in_the_half_open_unit_interval():
    u = draws()
    assert u.min() >= 0
    assert u.max() < 1
    assert u.dtype == np.float32


def test_equal_keys_give_equal_numbers_and_other_keys_others():
    a, b = jax.random.split(jax.random.key(0))
    assert np.array_equal(words(a, (100,)), words(a, (100,)))
    assert np.mean(np.asarray(words(a, (1000,))) == np.asarray(words(b, (1000,)))) < 0.01


def test_numbers_are_uniform():
    assert kstest(draws().ravel(), "uniform").pvalue > 1e-3


def test_every_bit_is_fair():
    w = np.asarray(words(jax.random.key(3), (2**18,)))
    ones = np.array([np.mean((w >> bit) & 1) for bit in range(32)])
    assert np.all(np.abs(ones - 0.5) < 4.5 * 0.5 / np.sqrt(w.size))


@pytest.mark.parametrize("axis", [0, 1, 2], ids=["steps", "features", "samples"])
@pytest.mark.parametrize("lag", [1, 2, 7])
def test_neighbours_are_uncorrelated(axis: int, lag: int):
    u = np.moveaxis(draws(), axis, 0) - 0.5
    product = u[lag:] * u[:-lag]
    standard_error = (1 / 12) / np.sqrt(product.size)
    assert abs(product.mean()) < 4.5 * standard_error


def test_pairs_of_neighbours_fill_the_square_evenly():
    u = draws()
    first, second = u[:, :-1].ravel(), u[:, 1:].ravel()
    cells = 16
    counts = np.histogram2d(first, second, bins=cells, range=[[0, 1], [0, 1]])[0]
    expected = first.size / cells**2
    statistic = np.sum((counts - expected) ** 2 / expected)
    assert chi2.sf(statistic, cells**2 - 1) > 1e-3


def test_streams_of_different_steps_share_no_run_of_words():
    """A generator that only shifted its counter by the key would repeat one step's words in another."""
    key = jax.random.key(0)
    streams = [np.asarray(words(jax.random.fold_in(key, step), (2**14,))) for step in range(64)]
    together = np.concatenate(streams)
    repeats = together.size - np.unique(together).size
    by_chance = together.size**2 / 2 / 2**32
    assert repeats < by_chance + 5 * np.sqrt(by_chance)
