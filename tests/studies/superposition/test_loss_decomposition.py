"""The terms of losses, on models made by hand whose exact losses are known."""

import json

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose

from tegum.errors import BadInputError
from tegum.studies.superposition.loss_decomposition import readings, study
from tegum.theory.expected import expected_loss

DENSITIES = (1.0, 0.1, 0.001)
CONFIG = {"n_features": 4, "n_hidden": 2, "importance_decay": 0.5}
CLAIMS = {claim.id: claim for claim in study.CLAIMS}
IMPORTANCE = 0.5 ** np.arange(4)
KEPT, PAIRED = np.eye(2, 4), np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])


def models(relu: dict[float, tuple[np.ndarray, np.ndarray]], seeds: int = 6) -> xr.Dataset:
    """ReLU models, as given for each density, and the best linear ones, alike at every seed."""
    w, b, loss = np.zeros((2, 3, seeds, 2, 4)), np.zeros((2, 3, seeds, 4)), np.zeros((2, 3, seeds))
    for k, p in enumerate(DENSITIES):
        made = {"linear": (KEPT, np.array([0, 0, p / 2, p / 2])), "relu": relu[p]}
        for row, (kind, (one, bias)) in enumerate(made.items()):
            w[row, k], b[row, k] = one, bias
            loss[row, k] = expected_loss(one, bias, p, IMPORTANCE, activation=kind)
    axes = ("activation", "density", "seed")
    return xr.Dataset(
        {
            "w": ((*axes, "hidden", "feature"), w),
            "b": ((*axes, "feature"), b),
            "loss": (axes, loss),
        },
        {"activation": ["linear", "relu"], "density": list(DENSITIES)},
        {"config": json.dumps(CONFIG)},
    )


ZERO = np.zeros(4)
DENSE = KEPT, np.array([0, 0, 0.5, 0.5])
TIGHT = PAIRED * 1.05, ZERO - 0.02
GROWING = models({1.0: DENSE, 0.1: (PAIRED, ZERO), 0.001: TIGHT})


def relu(values: xr.DataArray) -> np.ndarray:
    return values.sel(activation="relu").isel(seed=0).values


def test_linear_models_are_their_two_terms_and_antipodal_pairs_are_charged_for_nothing_they_lose():
    linear = readings.left_over(GROWING).sel(activation="linear")
    assert float(linear.max()) < 1e-12
    charged = readings.interference_charged(GROWING)
    assert float(charged.sel(activation="linear").max()) == 0
    p = 0.1
    variance, exact = p / 3 - p**2 / 4, float(GROWING.loss.sel(activation="relu", density=p)[0])
    assert_allclose(relu(charged)[1], variance * 2 * IMPORTANCE.sum() / 2 / exact)


def test_all_interference_of_antipodal_pairs_is_negative_and_none_without_signs():
    assert_allclose(relu(readings.negative_share(GROWING))[1:], 1)
    unsigned = GROWING.assign(w=abs(GROWING.w))
    assert_allclose(relu(readings.negative_share(unsigned))[1:], 0)


def test_what_biases_let_through_is_all_without_any_and_less_below():
    aligned = abs(PAIRED)
    for bias, wanted in ((0.0, 1.0), (-0.5, 0.125), (-1.0, 0.0)):  # 3 ∫ (x + b)² from -b to 1
        ds = models({1.0: DENSE, 0.1: (PAIRED, ZERO), 0.001: (aligned, ZERO + bias)})
        assert_allclose(readings.sparsest(readings.of_relu(readings.let_through))(ds), wanted)


def test_own_error_is_told_over_the_linear_model_of_the_same_start():
    found = relu(readings.own_over_linear(GROWING))
    assert found[0] == 1
    assert found[1] == 0


def test_two_or_more_features_carry_what_is_left_and_everything_where_all_are_active():
    shares = readings.carried(GROWING).isel(seed=0)
    assert_allclose(shares.to_dataarray().sum("variable"), 1)
    assert_allclose(shares["two or more"].sel(density=[1.0, 0.1]), 1)  # pairs alone err in pairs
    assert 0 < float(shares["two or more"].sel(density=0.001)) < 0.5


@pytest.mark.parametrize("name", CLAIMS)
def test_each_claim_holds_on_models_that_grow_as_published_and_its_control_fails(name: str):
    ds = GROWING
    if name == "bias-shuts-off-the-rest":
        ds = models({1.0: DENSE, 0.1: (PAIRED, ZERO), 0.001: (abs(PAIRED), ZERO - 0.5)})
    if name == "few-carry-more":
        loose = PAIRED, np.array([0.05, 0.0, 0.0, 0.0])
        ds = models({1.0: DENSE, 0.1: loose, 0.001: TIGHT})
    if name == "shortfall-falls":
        short = PAIRED * np.array([1, 1, 0.5, 0.5]), ZERO
        ds = models({1.0: DENSE, 0.1: short, 0.001: (PAIRED, ZERO)})
    verdict = CLAIMS[name].judge(ds)
    assert verdict.holds, verdict
    assert verdict.kind == "open" or verdict.control.fails


def test_models_that_share_nothing_are_refuted():
    ds = models({p: (KEPT, np.array([0, 0, p / 2, p / 2])) for p in DENSITIES})
    refuted = ("relu-charged-too-much", "interference-is-negative")
    assert not any(CLAIMS[name].judge(ds).holds for name in refuted)


def test_diverged_models_are_left_out():
    ds = GROWING.copy(deep=True)
    for name in ("w", "b", "loss"):
        ds[name][:, :, 0] = np.nan
    assert np.isnan(readings.carried(ds)["none"].isel(seed=0)).all()
    assert readings.one_active(ds).felt.isel(seed=1).notnull().all()
    assert CLAIMS["interference-grows"].judge(ds).holds


@pytest.mark.parametrize("fields", [{"activations": ("relu",)}, {"densities": (1.0,)}])
def test_models_of_one_kind_or_dense_ones_alone_are_refused(fields: dict):
    with pytest.raises(BadInputError, match=next(iter(fields))):
        readings.Config(**fields)
