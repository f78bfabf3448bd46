"""Readings of attacked models made by hand; each expected claim on what it says and its control."""

import json

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.computation.adversarial import figures, models, readings, study
from tegum.theory import attacks
from tegum.theory.dictionaries import tegum_product

N, M, SEEDS = 32, 8, 6
DENSITIES = (1.0, 0.5, 0.35, 0.3, 0.2, 0.1)
STRENGTHS = (0.0, 0.1, 0.4)
RNG = np.random.default_rng(0)


def digons(features_per_dimension: float = 2.0) -> np.ndarray:
    """2m features in digons of the length that gives so many features per dimension by norm."""
    pairs = np.hstack([tegum_product(["digon"] * M, 0), np.zeros((M, N - 2 * M))])
    return pairs * np.sqrt(features_per_dimension / 2)


def whole() -> xr.Dataset:
    """Digons, longer where sparser and of length 1 on the plateau; errors as theory has them."""
    w = np.stack([digons(f) for f in (1, 1.5, 2, 2, 3, 4)])
    w = np.repeat(w[:, None], SEEDS, axis=1)
    shape = (2, len(STRENGTHS), SEEDS)
    closed = RNG.uniform(0.5, 1.0, size=(*shape, 3))
    lost = np.array([1.0, 1.01, 1.2])[None, :, None] + RNG.uniform(0, 1e-3, shape)
    factor = np.array([1.0, 0.9, 0.5])[None, :, None, None, None]
    dims = ("robust_density", "strength", "seed")
    return xr.Dataset(
        {
            "w": (("density", "seed", "hidden", "feature"), w),
            "b": (("density", "seed", "feature"), np.zeros((len(w), SEEDS, N))),
            "robust_w": (
                (*dims, "hidden", "feature"),
                factor * np.broadcast_to(digons(), (*shape, M, N)),
            ),
            "clean_loss": (dims, lost),
            "robust_loss": (dims, np.array([1.0, 0.95, 1.1])[None, :, None] + 0 * lost),
            "closed_error": ((*dims, "input"), closed),
            "ascended_error": ((*dims, "input"), closed),
            "own_error": ((*dims, "input"), 0.8 * closed),
            "closed_sum": ((*dims, "input"), 0.95 * closed),
            "ascended_sum": ((*dims, "input"), closed),
        },
        {
            "density": list(DENSITIES),
            "seed": np.arange(SEEDS),
            "robust_density": [0.5, 0.1],
            "strength": list(STRENGTHS),
        },
        {"config": json.dumps({"attack": 0.1})},
    )


CLAIMS = {claim.id: claim for claim in study.CLAIMS}


@pytest.mark.parametrize("claim", study.CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_holds_on_what_it_says_and_fails_on_its_control(claim: study.Claim) -> None:
    verdict = claim.judge(whole())
    if claim.kind == "expected":
        assert verdict.holds
        assert verdict.decided
        assert verdict.control is not None
        assert verdict.control.fails
    else:
        assert verdict.measured is not None


def test_vulnerability_without_superposition_is_one() -> None:
    ds = whole()
    alone = ds.assign(w=study.alone(ds))
    np.testing.assert_allclose(readings.vulnerability(alone), 1.0)
    assert np.all(readings.follows(alone) == 0)


def test_vulnerability_is_at_most_its_closed_form_and_in_digons_the_root_of_two() -> None:
    ds = whole()
    assert np.all(readings.of_ceiling(ds) <= 1 + 1e-12)
    np.testing.assert_allclose(readings.vulnerability(ds).sel(density=0.35), np.sqrt(2))
    features = readings.features_per_dimension(ds).isel(seed=0)
    np.testing.assert_allclose(features, [1, 1.5, 2, 2, 3, 4])


def test_an_attack_on_one_output_adds_its_squared_norm_without_superposition() -> None:
    ds = whole().sel(density=[1.0])
    b = np.where(np.arange(N) < M, 0.0, 0.5)
    ds = ds.assign(w=study.alone(ds), b=0 * ds.b + xr.DataArray(b, dims="feature"))
    # The worst output may be one that is not represented, on which no attack acts.
    added = readings.added_loss(ds)
    assert float(added.max()) <= 1 + 1e-9


def test_shut_outputs_lower_vulnerability_and_not_its_closed_form() -> None:
    ds = whole()
    shut = ds.assign(b=ds.b - 10)
    assert float(readings.vulnerability(shut).max()) == 0
    xr.testing.assert_equal(readings.ceiling(shut), readings.ceiling(ds))


def test_ranks_that_run_opposite_have_correlation_minus_one() -> None:
    ds = whole()
    bias = xr.DataArray(np.linspace(0, -10, len(DENSITIES)) * [1, 0, 0, 0, 0, 1], dims="density")
    turned = ds.assign(b=ds.b + bias)
    assert float(readings.follows(turned).max()) < float(readings.follows(ds).min())


def test_one_epsilon_has_nothing_to_cancel_with() -> None:
    ds = whole().sel(density=[0.35, 0.3])
    np.testing.assert_allclose(readings.cancelled(ds), 1.0)
    np.testing.assert_allclose(readings.typical(ds), 1.0)


def test_epsilons_of_balanced_signs_cancel_in_the_mean() -> None:
    w = np.array([[1.0, 0.6, -0.6, 0.0]])  # of feature 0: ε = .6 and -.6
    first = attacks.typical_over_worst(w, 1.0)[0]
    assert first == pytest.approx(np.sqrt((1 - 3 / 4) / 4))
    ds = xr.Dataset(
        {
            "w": (("density", "seed", "hidden", "feature"), w[None, None]),
            "b": (("density", "seed", "feature"), np.zeros((1, 1, 4))),
        },
        {"density": [1.0], "seed": [0]},
        whole().attrs,
    )
    # In units of Σε², v = 1/12. Feature 1 sees (.6, -.36); 2 sees (-.6, -.36), all of one sign.
    all_one = 0.96**2 / 0.4896 / 4
    of = [(1 / 12, 2 / 4), (1 / 12 + 0.24**2 / 0.4896 / 4, all_one), (1 / 12 + all_one, all_one)]
    expected = np.mean([np.sqrt((1 / 12 + one) / own) for own, one in of])
    assert float(readings.cancelled(ds).squeeze()) == pytest.approx(expected)


def test_a_model_that_diverged_has_no_vulnerability() -> None:
    ds = whole()
    ds["w"] = ds.w.where((ds.seed != 2) | (ds.density != 0.5))
    v = readings.vulnerability(ds)
    assert int(v.isnull().sum()) == 1
    assert bool(v.sel(seed=2, density=0.5).isnull())


def test_the_test_finds_the_strength_nearest_to_its_own() -> None:
    ds = whole()
    np.testing.assert_allclose(study.tested(ds, ds.robust_loss), 0.95)


@pytest.mark.parametrize("strengths", [(0.1, 0.2), (0.0,), (0.2, 0.0)])
def test_strengths_without_zero_or_out_of_order_are_refused(strengths: tuple[float, ...]) -> None:
    with pytest.raises(BadInputError, match="strengths"):
        models.Config(strengths=strengths)


def test_more_checked_inputs_than_there_are_is_refused() -> None:
    with pytest.raises(BadInputError, match="checked"):
        models.Config(samples=10, checked=11)


def test_uniform_models_are_those_of_uniform_superposition() -> None:
    uniform = models.uniform
    ours = {task.key for task in uniform.MODELS.tasks(models.QUICK)}
    assert ours == {task.key for task in uniform.MODELS.tasks(uniform.QUICK)}


@pytest.mark.parametrize("figure", study.STUDY.figures)
def test_a_figure_shows_what_was_measured(figure: figures.core.study.Drawing) -> None:
    exhibit = figure(whole())
    assert len(exhibit.data)
    assert exhibit.caption
