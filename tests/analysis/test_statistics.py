"""Statistics over seeds, against enumeration, SciPy and their own promises."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from tegum.analysis.statistics import (
    bootstrap_interval,
    median_interval,
    missing,
    share_above,
    sign_test,
)
from tegum.errors import BadInputError


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_the_interval_is_that_of_all_resamples_there_are(n):
    x = np.random.default_rng(n).normal(size=n)
    every = np.sort([np.median(x[list(draw)]) for draw in itertools.product(range(n), repeat=n)])
    for level in (0.5, 0.8, 0.95):
        low, high = (
            every[int(np.ceil(edge * n**n - 1e-6)) - 1]
            for edge in ((1 - level) / 2, (1 + level) / 2)
        )
        found = median_interval(x, level=level)
        np.testing.assert_allclose(found, [np.median(x), low, high])


@pytest.mark.parametrize("n", [19, 20, 100, 501])
def test_the_interval_is_that_of_resampling_within_its_noise(n):
    x = np.random.default_rng(n).normal(size=n)
    _, low, high = median_interval(x)
    sampled = np.median(np.random.default_rng(0).choice(x, (4000, n)), axis=1)
    for end, edge in ((low, 0.025), (high, 0.975)):
        noise = 4 * np.sqrt(edge * (1 - edge) / 4000)
        assert np.mean(sampled < end) - noise <= edge <= np.mean(sampled <= end) + noise


def middle_of_resamples(n: int, resamples: int, seed: int) -> np.ndarray:
    """Ranks of the two middle ones of n draws, sampled: of n uniform numbers U they are the ⌈n U⌉.

    The middle ones of uniform numbers are of the beta law, so this draws two numbers and not n.
    """
    rng = np.random.default_rng(seed)
    low = rng.beta((n + 1) // 2, n + 1 - (n + 1) // 2, size=resamples)
    # Given the lower middle one, the h above it are uniform between it and 1; the next is their least.
    high = low + (1 - low) * rng.beta(1, n // 2, size=resamples) if n % 2 == 0 else low
    return np.ceil(n * np.stack([low, high])).astype(int) - 1


MANY = [2, 7, 64, 1029, 1030, 1031, 2000, 2001, 5000, 5001, 20_000, 99_999, 100_000]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("n", MANY)
def test_the_interval_is_that_of_resampling_for_many_seeds_odd_or_even(n: int, ties: bool):
    x = np.random.default_rng(n).normal(size=n)
    x = np.round(x, 1) if ties else x
    with_gaps = np.concatenate([x, [np.nan, np.inf, -np.inf]])
    median, low, high = median_interval(with_gaps)
    assert median == np.median(x)
    sampled = np.sort(x)[middle_of_resamples(n, 20_000, seed=n)].mean(axis=0)
    for end, edge in ((low, 0.025), (high, 0.975)):
        noise = 4.5 * np.sqrt(edge * (1 - edge) / 20_000)
        # A percentile: less than its share lies below it, at least its share up to it.
        assert np.mean(sampled < end) - noise <= edge <= np.mean(sampled <= end) + noise


@given(n=st.integers(2, 100_000), level=st.floats(0.05, 0.99))
@example(n=2, level=0.96875)
@settings(deadline=None, max_examples=40)
def test_intervals_are_as_wide_as_the_normal_limit_and_even_about_the_median(n: int, level: float):
    median, low, high = median_interval(np.arange(float(n)), level=level)
    assert median == (n - 1) / 2
    assert abs((median - low) - (high - median)) <= 1
    # No interval of order statistics is wider than the sample; widths come in steps of two.
    width = min(norm.ppf((1 + level) / 2) * np.sqrt(n), n - 1)
    assert high - low == pytest.approx(width, abs=2.5)


def test_few_even_and_odd_numbers_of_seeds_keep_their_intervals():
    """They are those of the whole table of pairs, before it was cut down to a window."""
    x = np.arange(100.0) ** 2
    known = {6: (0.5, 20.5), 10: (4.0, 50.0), 21: (36.0, 196.0), 100: (1600.0, 3482.0)}
    for n, ends in known.items():
        assert median_interval(x[:n])[1:] == ends


@pytest.mark.parametrize(("n", "share"), [(7, 0.871), (20, 0.933), (21, 0.918), (50, 0.95)])
def test_the_interval_covers_the_true_median_as_often_as_it_says(n, share):
    x = np.random.default_rng(0).exponential(size=(4000, n))
    _, low, high = median_interval(x)
    covered = np.mean((low <= np.log(2)) & (np.log(2) <= high))
    assert abs(covered - share) < 0.015  # 4 standard errors


def test_populations_are_taken_whole_along_any_axis_and_missing_seeds_are_left_out_and_counted():
    x = np.random.default_rng(1).normal(size=(3, 20, 4))
    x[0, :5, 1], x[1, 3, 2], x[2, :, 3] = np.nan, np.inf, np.nan
    found = median_interval(x, axis=1)
    assert missing(x, axis=1).tolist() == [[0, 5, 0, 0], [0, 0, 1, 0], [0, 0, 0, 20]]
    for place in np.ndindex(3, 4):
        column = x[place[0], :, place[1]]
        alone = median_interval(column[np.isfinite(column)]) if place != (2, 3) else (np.nan,) * 3
        np.testing.assert_array_equal([part[place] for part in found], alone)
        assert place == (2, 3) or found.median[place] == np.median(column[np.isfinite(column)])


def test_seeds_that_all_agree_have_an_interval_of_no_width():
    assert median_interval(np.full(20, 0.3)) == (0.3, 0.3, 0.3)
    for method in ("percentile", "BCa"):
        found = bootstrap_interval(np.array([0.3] * 20 + [np.nan]), method=method)
        assert (found.estimate, found.low, found.high, found.counted, found.missing) == (
            0.3,
            0.3,
            0.3,
            20,
            1,
        )


def test_without_finite_seeds_everything_is_nan_and_said_so():
    found = bootstrap_interval(np.array([np.nan, np.inf]))
    assert np.isnan([found.estimate, found.low, found.high]).all()
    assert (found.counted, found.missing) == (0, 2)
    assert np.isnan(median_interval(np.empty(0))).all()


@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_resampling_agrees_with_the_exact_interval_and_with_itself(method):
    x = np.random.default_rng(2).normal(size=20)
    found = bootstrap_interval(x, method=method, resamples=2000)
    assert found == bootstrap_interval(x, method=method, resamples=2000)
    exact = median_interval(x)
    assert found.estimate == exact.median
    assert found.low == pytest.approx(exact.low, abs=0.15)
    assert found.high == pytest.approx(exact.high, abs=0.15)


def test_the_corrected_interval_of_data_with_nearly_all_ties_is_still_finite():
    found = bootstrap_interval(np.array([1.0] * 19 + [2.0]), method="BCa", resamples=500)
    assert found.low == found.high == 1


def test_other_statistics_are_taken_too():
    x = np.random.default_rng(3).normal(size=50)
    found = bootstrap_interval(x, statistic=np.mean, resamples=4000)
    assert found.high - found.low == pytest.approx(2 * 1.96 * x.std() / np.sqrt(50), rel=0.1)


def test_the_share_above_counts_finite_seeds_only():
    x = np.array([[1, 2, 3, np.nan], [1, 1, 1, 1], [np.nan] * 4])
    np.testing.assert_allclose(share_above(x, 1.5), [2 / 3, 0, np.nan])
    np.testing.assert_allclose(
        share_above(x.T, np.array([2.5, 0.5, 0.0]), axis=0), [1 / 3, 1, np.nan]
    )


@given(wins=st.integers(0, 30), losses=st.integers(0, 30), ties=st.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_the_sign_test_is_the_exact_binomial_test(wins, losses, ties):
    x = np.concatenate([np.ones(wins), -np.ones(losses), np.zeros(ties), [np.nan]])
    for alternative in ("greater", "two-sided"):
        found = sign_test(x, np.zeros_like(x), alternative=alternative)
        assert (found.wins, found.losses) == (wins, losses)
        expected = (
            binomtest(wins, wins + losses, alternative=alternative).pvalue if wins + losses else 1.0
        )
        assert found.p == pytest.approx(expected)


def test_the_sign_test_takes_populations():
    x = np.stack([np.arange(20.0), -np.arange(20.0)])
    found = sign_test(x, np.full_like(x, 0.5))
    np.testing.assert_array_equal(found.wins, [19, 0])
    assert found.p[0] < 1e-4
    assert found.p[1] == 1


def test_impossible_questions_are_refused():
    for level in (0.0, 1.0):
        with pytest.raises(BadInputError, match="level: got"):
            median_interval(np.ones(3), level=level)
    with pytest.raises(BadInputError, match="y: got"):
        sign_test(np.ones(3), np.ones(4))
