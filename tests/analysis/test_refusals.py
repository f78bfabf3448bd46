"""What analysis refuses, with the way out, and what it takes from PyTorch and xarray."""

import numpy as np
import pytest
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.alternatives import contrast_of_samples, contrastive_covariance
from tegum.analysis.blocks import block_dimensions, block_tightness, tegum_blocks
from tegum.analysis.functional import (
    detector_auc,
    feature_coefficients,
    feature_interaction,
    floor_excess,
)
from tegum.analysis.gating import gated_match
from tegum.analysis.matching import cosines, matched_cosines
from tegum.analysis.pauses import paused
from tegum.analysis.spans import principal_angles, span_energy, used_projector
from tegum.analysis.spectra import svd_of
from tegum.analysis.statistics import missing
from tegum.arrays import as_numpy, namespace
from tests.refusals import Tensor, line_of

W = np.random.default_rng(0).normal(size=(2, 5))
U = np.eye(2)
OF_W = [
    geometry.norms,
    geometry.gram,
    geometry.directions,
    geometry.represented,
    geometry.interference,
    geometry.superposition,
    geometry.dimensionality,
    geometry.dimensions_per_feature,
    geometry.leverage,
    geometry.tegum_defect,
]


@pytest.mark.parametrize("of", OF_W)
def test_geometry_refuses_what_is_no_matrix_and_no_array(of) -> None:
    assert line_of(lambda: of(W[0])) == (
        "w: got (5,), expected a shape of hidden x features, or of models before these"
    )
    for came in (W.tolist(), xr.DataArray(W)):
        line = line_of(lambda came=came: of(came))
        assert "expected arrays of one library: NumPy, jax or PyTorch; numpy.asarray makes" in line
        assert np.array_equal(of(np.asarray(came)), of(W))  # the way out


@pytest.mark.parametrize("of", OF_W)
def test_more_hidden_dimensions_than_features_are_legal_mathematics(of) -> None:
    assert np.all(np.isfinite(of(W.T)))


@pytest.mark.parametrize(
    "of",
    [
        lambda w: cosines(U, w),
        lambda w: span_energy(U, w),
        lambda w: feature_interaction(U, w),
        lambda w: feature_coefficients(U, w),
        lambda w: matched_cosines(U, U, w, ((0, 1),)),
    ],
)
def test_weights_that_do_not_go_with_a_head_are_refused_transposed_ones_with_the_way_out(of):
    assert line_of(lambda: of(W.T)) == (
        "w: got (5, 2), expected hidden x features with 2 hidden dimensions; transpose it: w.T"
    )
    assert line_of(lambda: of(np.ones((3, 5)))) == (
        "w: got (3, 5), expected hidden x features with 2 hidden dimensions"
    )
    of(W)


def test_arrays_of_two_libraries_are_refused_by_name() -> None:
    import jax.numpy as jnp

    line = line_of(lambda: namespace(W, jnp.ones(3)))
    assert "'numpy.ndarray'" in line
    assert "ArrayImpl'" in line


PRESENT = np.arange(8) % 2 == 0
LABELS = np.array([0, 0, 1, 1, 1])


@pytest.mark.parametrize(
    "of",
    [
        lambda t: principal_angles(t(W[:, :1]), t(W[:, 1:2])),
        lambda t: used_projector(t(W)),
        lambda t: tegum_blocks(t(W)),
        lambda t: block_dimensions(t(W), t(LABELS)),
        lambda t: block_tightness(t(W), t(LABELS)),
        lambda t: detector_auc(t(np.arange(8.0)), t(PRESENT)),
        lambda t: floor_excess(t(np.array(2.0)), t(np.array(1.0)), t(np.array(4.0))),
        lambda t: svd_of(t(W))[1],
        lambda t: missing(t(W)),
        lambda t: paused(t(np.geomspace(2, 1, 9)), np.arange(1.0, 10.0)),
        lambda t: contrastive_covariance(t(W), t(np.full(5, 0.1)), (0, 1)),
        lambda t: contrast_of_samples(t(np.ones((8, 2))), t(np.ones((8, 2))), t(PRESENT)),
        lambda t: matched_cosines(t(U), t(U), t(W), ((0, 1),)).signed,
        lambda t: gated_match(t(U), t(np.ones(2)), t(U), t(W), ((0, 1),), 0.1).joint,
    ],
)
def test_what_is_computed_in_numpy_takes_the_values_of_a_tensor_that_requires_grad(of) -> None:
    np.testing.assert_array_equal(of(Tensor), of(np.asarray))


def test_pytorch_keeps_its_gradients_where_all_is_computed_in_kind() -> None:
    torch = pytest.importorskip("torch")
    w = torch.tensor(W, requires_grad=True)
    found = geometry.dimensionality(w)
    np.testing.assert_allclose(as_numpy(found), geometry.dimensionality(W), rtol=1e-12)
    found.sum().backward()
    assert bool(torch.isfinite(w.grad).all())
    assert as_numpy(w.bfloat16()).dtype == np.float32
    np.testing.assert_array_equal(tegum_blocks(w), tegum_blocks(W))
