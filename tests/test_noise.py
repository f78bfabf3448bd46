"""The fast generator is good enough for what it is used for: jax's own passes every test here that plants no fault.

Whole batteries of tests are in docs/generator.md.
"""

from collections.abc import Callable
from functools import cache

import jax
import numpy as np
import pytest
from scipy.stats import chi2, kstest, norm

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


# Moments, serial and cross-stream correlation. What is summed has mean 0 and variance 1 by theory, not by estimate, so
# a mean of n products of independent numbers has variance 1/n exactly.

BY_CHANCE = 1e-4  # how often a perfect generator fails one of the tests below
P = 1 / 16  # density of active features; on the grid of `uniform`, so that P(u < P) is exact

READ: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "value": lambda u: (u - 0.5) * np.sqrt(12),
    "size": lambda u: ((u - 0.5) ** 2 - 1 / 12) * np.sqrt(180),
    "activity": lambda u: ((u < P) - P) / np.sqrt(P * (1 - P)),
}
"""what training reads off a number: its value, how far it is from the middle, whether the feature is active"""


def batches(keys: list[jax.Array], shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.stack([np.asarray(uniform(key, shape), np.float64) for key in keys])


def hashed(seed: int, step: int) -> jax.Array:
    """The key of a model's step, as training makes it."""
    return jax.random.fold_in(jax.random.key(seed), step)


def raw(first: int, second: int) -> jax.Array:
    """A key that was not hashed: what no training draws with, and what the tests below must find."""
    return jax.random.wrap_key_data(np.array([first, second], np.uint32))


def shifted(streams: int) -> np.ndarray:
    """Planted: each stream is the one before, seven numbers on."""
    return batches([raw(7 * k, 0) for k in range(streams)]).reshape(streams, -1)


STREAMS: dict[str, Callable[[], np.ndarray]] = {
    "seeds": lambda: batches([hashed(seed, 0) for seed in range(48)]),
    "distant seeds": lambda: batches([hashed(2**k, 3) for k in range(32)]),
    "steps": lambda: batches([hashed(7, step) for step in range(48)]),
    "features": lambda: batches([hashed(7, 0)], (48, 2**16))[0],
    "samples": lambda: batches([hashed(7, 0)], (2**16, 48))[0].T,
}
"""families of streams that should know nothing of one another, the first axis"""


@cache
def family_of(name: str) -> np.ndarray:
    """The streams of a family, a row each."""
    streams = STREAMS[name]()
    return streams.reshape(len(streams), -1)


def within(z: np.ndarray) -> bool:
    """Whether the worst of many standard normal numbers is one that chance brings about (Bonferroni)."""
    return bool(np.abs(z).max() < norm.isf(BY_CHANCE / 2 / z.size))


def as_many(squares: float, count: int) -> bool:
    """Whether squares of that many standard normal numbers sum to what chance makes of them, no more and no less."""
    return bool(min(chi2.cdf(squares, count), chi2.sf(squares, count)) > BY_CHANCE / 2)


def correlations(rows: np.ndarray) -> np.ndarray:
    """Of each two rows, in standard errors."""
    z = rows @ rows.T / np.sqrt(rows.shape[1])
    return z[np.triu_indices(len(z), 1)]


def correlations_at_all_shifts(rows: np.ndarray) -> np.ndarray:
    """Of each two rows, one of them shifted around by any number of places, in standard errors: [pairs, shifts]."""
    spectra = np.fft.rfft(rows)
    first, second = np.triu_indices(len(rows), 1)
    products = spectra[first] * spectra[second].conj()
    return np.fft.irfft(products, rows.shape[1]) / np.sqrt(rows.shape[1])


def serial_correlations(x: np.ndarray, lags: int) -> np.ndarray:
    """Of a row with itself, 1 to `lags` places on, in standard errors."""
    spectrum = np.abs(np.fft.rfft(x, 2 * x.size)) ** 2
    return np.fft.irfft(spectrum)[1 : lags + 1] / np.sqrt(x.size - np.arange(1, lags + 1))


@pytest.mark.parametrize("power", range(1, 9))
def test_moments_are_those_of_the_uniform_law(power: int):
    u = draws().astype(np.float64)
    spread = np.sqrt(1 / (2 * power + 1) - 1 / (power + 1) ** 2)
    assert within(np.sqrt(u.size) * (np.mean(u**power) - 1 / (power + 1)) / spread)


@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize("family", STREAMS)
def test_each_stream_has_the_moments_of_the_uniform_law(family: str, read: str):
    rows = READ[read](family_of(family))
    z = np.sqrt(rows.shape[1]) * rows.mean(axis=1)
    assert within(z)
    assert as_many(float(np.sum(z**2)), z.size)


@pytest.mark.parametrize("read", READ)
def test_numbers_are_uncorrelated_with_those_up_to_ten_thousand_places_on(read: str):
    z = serial_correlations(READ[read](draws().astype(np.float64).ravel()), 10_000)
    assert within(z)
    assert as_many(float(np.sum(z**2)), z.size)


@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize("family", STREAMS)
def test_streams_are_uncorrelated_with_one_another(family: str, read: str):
    z = correlations(READ[read](family_of(family)))
    assert within(z)
    assert as_many(float(np.sum(z**2)), z.size)


@pytest.mark.parametrize("family", STREAMS)
def test_no_stream_is_another_one_shifted(family: str):
    assert within(correlations_at_all_shifts(READ["value"](family_of(family)[:16, : 2**14])))


def test_these_tests_find_streams_that_are_shifts_of_one_another():
    rows = READ["value"](shifted(4))
    assert within(correlations(rows))  # at no shift there is nothing to be seen
    assert not within(correlations_at_all_shifts(rows[:, : 2**14]))
    assert not within(serial_correlations(rows.ravel(), rows.shape[1]))


def test_these_tests_find_keys_that_were_not_hashed():
    rows = READ["value"](batches([raw(0, seed) for seed in range(48)]).reshape(48, -1))
    assert not within(correlations(rows))


def test_these_tests_find_numbers_that_are_too_even():
    evenly = (np.arange(2**16) * 0.6180339887498949) % 1
    z = serial_correlations(READ["value"](evenly), 1000)
    assert not within(z)
    assert not as_many(float(np.sum(z**2)), z.size)
