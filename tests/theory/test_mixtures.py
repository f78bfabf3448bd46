"""Losses where features come in sets: against samples, against independent features, against hand."""

import jax
import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.features import (
    AbstractFeatures,
    AnticorrelatedSets,
    CorrelatedSets,
    OneActive,
    PartlyCorrelatedSets,
    SparseFeatures,
)
from tegum.theory.expected import expected_losses, one_active_loss
from tegum.theory.mixtures import mixture_loss, mixture_losses, mixture_of

TERMS = 256
RNG = np.random.default_rng(3)
W, B = 0.7 * RNG.normal(size=(2, 2, 4)), 0.2 * RNG.normal(size=(2, 4))
IMPORTANCE = [1.0, 0.5, 2.0, 0.1]

LAWS = {
    "independent": SparseFeatures(4, [0.1, 0.2, 0.3, 1.0], IMPORTANCE),
    "one active": OneActive(4, IMPORTANCE),
    "correlated": CorrelatedSets((2, 2), [0.2, 0.6], IMPORTANCE),
    "partly correlated": PartlyCorrelatedSets((2, 2), [0.2, 0.6], [0.3, 0.9], IMPORTANCE),
    "anticorrelated": AnticorrelatedSets((2, 2), [0.2, 0.6], IMPORTANCE),
    "of unequal sizes": AnticorrelatedSets((3, 1), [0.9, 0.4], IMPORTANCE),
}


def losses(law: AbstractFeatures, w: np.ndarray = W, b: np.ndarray = B) -> np.ndarray:
    return mixture_losses(w, b, law, terms=TERMS)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_the_exact_loss_is_the_mean_over_samples(law: AbstractFeatures):
    x = np.asarray(law.sample(jax.random.key(5), 200_000), np.float64)
    for w, b, exact in zip(W, B, losses(law), strict=True):
        errors = ((x - np.maximum(x @ w.T @ w + b, 0)) ** 2) @ np.array(IMPORTANCE)
        assert abs(errors.mean() - exact) < 4 * errors.std() / np.sqrt(len(x))


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_a_mixture_has_the_law_s_moments(law: AbstractFeatures):
    chance, density = mixture_of(law)
    assert chance.sum() == pytest.approx(1)
    np.testing.assert_allclose(chance @ density / 2, law.mean, rtol=1e-6)
    together = np.einsum("k,ki,kj->ij", chance, density / 2, density / 2)
    apart = ~np.eye(4, dtype=bool)
    np.testing.assert_allclose(together[apart], np.asarray(law.second_moment)[apart], atol=1e-7)


@pytest.mark.parametrize(
    "law",
    [
        CorrelatedSets((1,) * 4, 0.3),
        AnticorrelatedSets((1,) * 4, 0.3),
        PartlyCorrelatedSets((1,) * 4, 0.3, 0.4),
        PartlyCorrelatedSets((2, 2), 0.3, 0.0),
    ],
    ids=["correlated", "anticorrelated", "partly", "pairs without correlation"],
)
def test_sets_of_one_are_independent_features(law: AbstractFeatures):
    np.testing.assert_allclose(losses(law), expected_losses(W, B, 0.3, terms=TERMS), rtol=1e-6)


def test_full_correlation_is_the_law_of_correlated_sets():
    one = losses(PartlyCorrelatedSets((2, 2), 0.3, 1.0))
    np.testing.assert_allclose(one, losses(CorrelatedSets((2, 2), 0.3)), rtol=1e-12)


def test_one_active_feature_agrees_with_its_closed_form():
    exact = [one_active_loss(w, b) for w, b in zip(W, B, strict=True)]
    np.testing.assert_allclose(losses(OneActive(4)), exact, rtol=1e-6)


def test_unit_digons_lose_what_is_worked_out_by_hand():
    digons = np.array([[[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, -1.0]]])
    partners = digons[..., [0, 2, 1, 3]]
    none, p = np.zeros((1, 4)), 0.3
    for law, apart, together in (
        (CorrelatedSets((2, 2), p), 2 * p**2 / 3, 2 * p / 3),
        (AnticorrelatedSets((2, 2), p), p**2 / 6, 0.0),
        (SparseFeatures(4, p), 2 * p**2 / 3, 2 * p**2 / 3),
    ):
        assert losses(law, digons, none)[0] == pytest.approx(apart, abs=1e-7)
        assert losses(law, partners, none)[0] == pytest.approx(together, abs=1e-7)


def test_the_pure_core_gives_the_same_loss_and_the_gradient_of_its_differences():
    law = LAWS["partly correlated"]
    with jax.enable_x64(True):
        parts, weight = mixture_of(law), np.asarray(law.importance, np.float64)

        def loss(w, b):
            return mixture_loss(w, b, *parts, weight, terms=TERMS)

        value, by_w = jax.jit(jax.value_and_grad(loss))(W[0], B[0])
    step = np.zeros_like(W[0])
    step[1, 2] = 1e-4
    ends = losses(law, np.stack([W[0] + step, W[0] - step]), B[[0, 0]])
    assert float(value) == pytest.approx(losses(law)[0], rel=1e-10)
    assert float(by_w[1, 2]) == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-5)


def test_a_law_of_too_many_parts_to_count_is_refused():
    with pytest.raises(BadInputError, match=f"features: got '{2**64} parts'"):
        mixture_of(CorrelatedSets((1,) * 64, 0.3))


def test_a_model_that_is_not_finite_loses_infinitely_much_and_the_others_do_not():
    found = losses(LAWS["correlated"], np.stack([W[0], np.full((2, 4), np.nan)]))
    assert np.isfinite(found[0])
    assert found[1] == np.inf


@pytest.mark.parametrize(
    ("law", "says"),
    [
        (CorrelatedSets((3, 2), 0.3), "w, b: got"),
        (CorrelatedSets((2, 2), 0.3, values="one"), "features: got 'one'"),
        (CorrelatedSets((1,) * 13, 0.3), "features: got '8192 parts'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(law: AbstractFeatures, says: str):
    w = np.zeros((1, 2, 13)) if law.n_features == 13 else W
    with pytest.raises(BadInputError) as error:
        mixture_losses(w, w[:, 0], law) if law.n_features == 13 else losses(law)
    assert str(error.value).startswith(says)
    assert "\n" not in str(error.value)
