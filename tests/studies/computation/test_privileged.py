"""Readings on models made by hand, claims that fail on their controls, a training that ends soon."""

import itertools
import json

import numpy as np
import pytest
import xarray as xr

from tegum.analysis.neurons import rotated
from tegum.errors import BadInputError
from tegum.studies.computation.privileged import models, readings, study

CLAIMS = {claim.id: claim for claim in study.CLAIMS}
DENSITIES = [0.75, 0.35, 0.15, 0.04]
SEEDS, LINEAR = 12, 10


def apart() -> np.ndarray:
    """Five features, a neuron each."""
    return np.eye(5, 10)


def shared() -> np.ndarray:
    """Three features with a neuron each, and three in the two others."""
    w = np.eye(5, 10)
    w[3:, 3:6] = [[0.8, 0.8, -0.7], [0.8, -0.8, 0.7]]
    return w


def dataset() -> xr.Dataset:
    rng = np.random.default_rng(0)
    # Of sparse features every neuron is shared by all, alike.
    spread = np.sign(rng.normal(size=(2, SEEDS, 5, 10))) * 0.7
    w = np.concatenate([[[apart()] * SEEDS, [shared()] * SEEDS], spread])
    w += 0.01 * rng.normal(size=w.shape)
    loss = np.ones((4, SEEDS)) + 0.01 * rng.random((4, SEEDS))
    linear = np.stack([rotated(apart(), 2 * LINEAR, k) for k in range(4)])
    linear = linear.reshape(4, 2, LINEAR, 5, 10)
    flat = np.ones((4, 2, LINEAR))
    return xr.Dataset(
        {
            "w": (("density", "seed", "hidden", "feature"), w),
            "loss": (("density", "seed"), loss),
            "rotated_loss": (
                ("density", "seed", "rotation"),
                loss[..., None] * (2 + rng.random((4, SEEDS, 3))),
            ),
            "apart": ("density", np.ones(4)),
            "linear_w": (("density", "optimizer", "linear_seed", "hidden", "feature"), linear),
            "linear_loss": (("density", "optimizer", "linear_seed"), flat),
            "rotated_linear_loss": (
                ("density", "optimizer", "linear_seed", "rotation"),
                flat[..., None] + np.zeros(3),
            ),
        },
        {"density": DENSITIES, "optimizer": ["AdamW", "SGD"], "seed": range(SEEDS)},
        {"config": json.dumps({"n_hidden": 5})},
    )


GOOD = dataset()


@pytest.mark.parametrize("name", [name for name, of in CLAIMS.items() if of.kind == "expected"])
def test_a_claim_holds_on_what_it_describes_and_fails_on_its_control(name: str) -> None:
    verdict = CLAIMS[name].judge(GOOD)
    assert verdict.judgement == "holds", verdict
    assert verdict.control is not None
    assert verdict.control.fails


def test_blocks_of_the_best_model_are_named() -> None:
    verdict = CLAIMS["three-in-two"].judge(GOOD)
    assert verdict.holds
    assert "density 0.35: 3 in 2, 3 x 1 in 1" in verdict.note
    assert not CLAIMS["five-in-three"].judge(GOOD).holds
    assert not CLAIMS["pairs-of-neurons"].judge(GOOD).holds


def test_features_with_a_pair_of_neurons_each_are_told_from_those_that_share_one() -> None:
    w = np.full((5, 10), -0.5)
    for k, (i, j) in enumerate(itertools.combinations(range(5), 2)):
        w[[i, j], k] = 0.7
    model = xr.DataArray(w, dims=("hidden", "feature"))
    assert readings.share_in_pairs(model) == 1
    w[:, 1] = w[:, 0]
    assert readings.share_in_pairs(model) == 0.8
    assert readings.share_in_pairs(model.copy(data=apart())) == 0


def test_without_a_density_of_the_band_there_is_nothing_to_judge() -> None:
    assert CLAIMS["five-in-three"].judge(GOOD.sel(density=[0.75, 0.04])).judgement == "empty"


def test_the_best_model_alone_decides_what_is_said_of_it() -> None:
    one = GOOD.copy(deep=True)
    one.w[0, 3] = rotated(apart(), 1, 5)[0]
    one.loss[0, 3] = 0.5
    assert not CLAIMS["dense-monosemantic"].judge(one).holds
    one.loss[0, 3] = 2.0
    assert CLAIMS["dense-monosemantic"].judge(one).holds


def test_the_quantile_is_uniform_where_weights_know_no_axes() -> None:
    w = xr.DataArray(rotated(apart(), 400, 7), dims=("seed", "hidden", "feature"))
    found = readings.quantile(w)
    assert float(found.mean()) == pytest.approx(0.5, abs=0.05)
    assert float((found <= readings.LOWEST).mean()) < 0.1
    assert readings.quantile(w.isel(seed=[0]).copy(data=apart()[None])).item() == 0.01


def test_a_diverged_model_is_left_out() -> None:
    lost = GOOD.copy(deep=True)
    lost.w[:, 2], lost.loss[:, 2], lost.rotated_loss[:, 2] = np.nan, np.nan, np.nan
    assert CLAIMS["dense-monosemantic"].judge(lost).holds
    assert CLAIMS["dense-aligned"].judge(lost).holds


def test_parts_measure_what_their_tables_say_and_only_the_relu_minds_rotations() -> None:
    c = study.STUDY.config(
        "quick", densities=(0.3,), n_features=4, n_hidden=2, seeds=2, linear_seeds=2,
        steps=30, batch=16, samples=500, rotations=2,
    )  # fmt: skip
    ds = xr.merge([task.measure() for task in models.MODELS.tasks(c)], compat="override")
    assert ds.w.shape == (1, 2, 2, 4)
    assert ds.linear_w.shape == (1, 2, 2, 2, 4)
    assert float(readings.linear_change(ds).max()) < 1e-9
    assert float(abs(ds.rotated_loss / ds.loss - 1).min()) > 1e-6
    # Σ of 0.75^i over the dropped features, times the variance.
    assert float(ds.apart.squeeze()) == pytest.approx((0.5625 + 0.421875) * (0.1 - 0.0225))


def test_sizes_without_a_rotation_or_superposition_are_refused() -> None:
    for m in (1, 10):
        with pytest.raises(BadInputError, match="n_hidden"):
            models.Config(n_hidden=m)
