"""Samples of every law agree with its exact moments, and what cannot be a law is refused in one line."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegum.errors import BadInputError
from tegum.features import (
    AbstractFeatures,
    AnticorrelatedSets,
    CorrelatedSets,
    Hierarchy,
    OneActive,
    PartlyCorrelatedSets,
    SparseFeatures,
    Topics,
)

LAWS = {
    "dense": SparseFeatures(4, 1.0),
    "sparse, each its own density": SparseFeatures(4, [0.02, 0.1, 0.5, 0.9]),
    "symmetric": SparseFeatures(4, 0.3, values="symmetric"),
    "binary": SparseFeatures(4, 0.3, values="one"),
    "one active": OneActive(5),
    "one active, binary": OneActive(5, values="one"),
    "correlated": CorrelatedSets((2, 3), [0.2, 0.6]),
    "correlated, symmetric": CorrelatedSets((2, 3), 0.2, values="symmetric"),
    "partly correlated": PartlyCorrelatedSets((2, 3), [0.2, 0.6], [0.7, 0.3]),
    "partly correlated, symmetric": PartlyCorrelatedSets((2, 3), 0.2, 0.5, values="symmetric"),
    "hierarchy": Hierarchy(2, [0.2, 0.5], [0.5, 0.3]),
    "hierarchy, symmetric, not strict": Hierarchy(2, 0.3, 0.6, 0.1, values="symmetric"),
    "topics": Topics([[0.0, 0.3, 1.0], [0.5, 0.2, 0.0]], [0.25, 0.75]),
    "topics apart, symmetric": Topics.apart((1, 3), 0.4, values="symmetric"),
    "anticorrelated": AnticorrelatedSets((2, 3), [0.2, 0.6]),
    "anticorrelated, always on": AnticorrelatedSets((4,), 1.0, values="one"),
}


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_samples_agree_with_the_exact_moments(law: AbstractFeatures):
    x = np.asarray(law.sample(jax.random.key(0), 200_000), np.float64)
    products = x[:, :, None] * x[:, None, :]
    for samples, exact in ((x, law.mean), (products, law.second_moment)):
        standard_error = samples.std(axis=0) / np.sqrt(len(x))
        # A moment without variance, such as E x of "always on", must be met to rounding.
        assert np.all(np.abs(samples.mean(axis=0) - np.asarray(exact)) <= 4 * standard_error + 1e-6)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_sample_is_draw_with_the_batch_first(law: AbstractFeatures):
    key = jax.random.key(1)
    assert np.array_equal(law.sample(key, 10), law.draw(key, 10).T)
    assert law.sample(key, 10).shape == (10, law.n_features)


def test_exactly_one_feature_is_active():
    x = OneActive(7, values="one").sample(jax.random.key(0), 5000)
    assert np.array_equal(np.count_nonzero(x, axis=1), np.ones(5000))


def test_members_of_a_correlated_set_are_on_and_off_together():
    x = np.asarray(CorrelatedSets((3, 2), 0.4).sample(jax.random.key(0), 5000)) != 0
    assert np.array_equal(x[:, 0], x[:, 1])
    assert np.array_equal(x[:, 0], x[:, 2])
    assert np.array_equal(x[:, 3], x[:, 4])
    assert not np.array_equal(x[:, 0], x[:, 3])


@pytest.mark.parametrize("rho", [0.0, 0.3, 1.0])
def test_whether_members_of_a_partly_correlated_set_are_on_has_that_correlation(rho: float):
    law = PartlyCorrelatedSets((2, 1), 0.3, rho)
    on = np.asarray(law.sample(jax.random.key(0), 100_000)) != 0
    found = np.corrcoef(on.T)
    assert found[0, 1] == pytest.approx(rho, abs=0.02)
    assert found[0, 2] == pytest.approx(0, abs=0.02)


def test_full_and_no_correlation_have_the_moments_of_sets_and_of_independent_features():
    full, none = (PartlyCorrelatedSets((2, 3), 0.3, rho) for rho in (1.0, 0.0))
    np.testing.assert_allclose(full.second_moment, CorrelatedSets((2, 3), 0.3).second_moment)
    np.testing.assert_allclose(none.second_moment, SparseFeatures(5, 0.3).second_moment, rtol=1e-6)


def test_members_of_an_anticorrelated_set_are_never_on_together():
    x = np.asarray(AnticorrelatedSets((3, 2), 0.9).sample(jax.random.key(0), 5000)) != 0
    assert x[:, :3].sum(axis=1).max() == 1
    assert x[:, 3:].sum(axis=1).max() == 1


def test_one_active_is_one_anticorrelated_set_that_is_always_on():
    one, always = OneActive(4), AnticorrelatedSets((4,), 1.0)
    np.testing.assert_allclose(one.mean, always.mean)
    np.testing.assert_allclose(one.second_moment, always.second_moment)


@given(density=st.floats(1e-4, 1.0), seed=st.integers(0, 2**16))
@settings(deadline=None, max_examples=30)
def test_active_values_stay_in_range_at_any_density(density: float, seed: int):
    x = np.asarray(SparseFeatures(3, density).sample(jax.random.key(seed), 2000))
    assert x.min() >= 0
    assert x.max() <= 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: SparseFeatures(3, 0.0),
            "density: got 0.0, expected the chance that a feature is active, in (0, 1]",
        ),
        (lambda: SparseFeatures(3, 1.5), "density: got 1.5"),
        (lambda: SparseFeatures(3, float("nan")), "density: got nan"),
        (lambda: SparseFeatures(0, 0.5), "n_features: got 0, expected at least 1"),
        (
            lambda: SparseFeatures(3, 0.5, [1.0, 2.0]),
            "importance: got (2,), expected one number, or 3 of them",
        ),
        (lambda: SparseFeatures(3, 0.5, -1.0), "importance: got -1.0"),
        (
            lambda: SparseFeatures(3, 0.5, values="unitt"),
            "unknown values 'unitt'; did you mean unit?",
        ),
        (lambda: CorrelatedSets((), 0.5), "sizes: got ()"),
        (lambda: AnticorrelatedSets((2, 0), 0.5), "sizes: got (2, 0)"),
        (lambda: PartlyCorrelatedSets((2,), 0.5, 1.1), "correlation: got 1.1, expected of members"),
    ],
)
def test_a_bad_law_is_refused_in_one_line(make, says: str):
    with pytest.raises(BadInputError) as error:
        make()
    assert str(error.value).startswith(says)
    assert "\n" not in str(error.value)


def test_a_child_is_active_only_where_its_parent_is():
    x = np.asarray(Hierarchy(2, 0.4, 0.5, values="one").sample(jax.random.key(0), 5000)) != 0
    assert not (x[:, 1::2] & ~x[:, ::2]).any()
    assert (x[:, ::2] & ~x[:, 1::2]).any()


def test_a_child_of_equal_chances_is_independent_and_one_of_chance_one_always_comes_along():
    independent = Hierarchy(2, 0.3, 0.2, 0.2)
    exact = SparseFeatures(4, [0.3, 0.2, 0.3, 0.2]).second_moment
    np.testing.assert_allclose(independent.second_moment, exact, rtol=1e-6)
    together = CorrelatedSets((2, 2), 0.3).second_moment
    np.testing.assert_allclose(Hierarchy(2, 0.3, 1.0).second_moment, together, rtol=1e-6)


def test_chances_of_a_child_are_from_zero_to_one():
    with pytest.raises(BadInputError, match="given: got 1.5"):
        Hierarchy(2, 0.3, 1.5)


def test_topics_apart_leave_all_features_but_one_topics_off():
    law = Topics.apart((3, 2, 4), 0.6)
    x, topic = (np.asarray(each) for each in law.draw_with_topic(jax.random.key(0), 5000))
    own = np.repeat(np.arange(3), (3, 2, 4))
    assert not x[own[:, None] != topic].any()
    assert np.allclose(np.bincount(topic) / 5000, 1 / 3, atol=4 * np.sqrt(2 / 9 / 5000))
    assert np.array_equal(law.draw(jax.random.key(0), 5000), x)


def test_topics_with_equal_rows_have_the_moments_of_independent_features():
    law, alone = Topics(np.full((4, 6), 0.1)), SparseFeatures(6, 0.1)
    np.testing.assert_allclose(law.mean, alone.mean, rtol=1e-5)
    np.testing.assert_allclose(law.second_moment, alone.second_moment, rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Topics([0.1, 0.2]), r"density: got \(2,\), expected topics x features"),
        (lambda: Topics([[0.1, 1.2]]), "chances in \\[0, 1\\]"),
        (lambda: Topics([[0.1], [0.2]], [0.5, 0.6]), "1 together"),
        (lambda: Topics.apart((), 0.5), "one or more sets"),
    ],
)
def test_what_makes_no_topics_is_refused(make, says):
    with pytest.raises(BadInputError, match=says):
        make()
