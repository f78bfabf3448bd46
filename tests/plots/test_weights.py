"""Plots of any weights: whatever holds them is taken, what cannot be a W is refused in one line."""

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from tegum import plots
from tegum.plots.weights import biases_of, models_of
from tests.refusals import Tensor, line_of

ANGLES = 2 * np.pi * np.arange(5) / 5
PENTAGON = np.stack([np.cos(ANGLES), np.sin(ANGLES)])
POPULATION = np.random.default_rng(0).normal(size=(3, 2, 5))


@pytest.mark.parametrize("kind", [list, jnp.asarray, Tensor, lambda w: w.astype(np.float32)])
def test_weights_come_from_lists_jax_torch_and_any_precision(kind):
    w = kind(PENTAGON.tolist() if kind is list else PENTAGON)
    np.testing.assert_allclose(models_of(w).w, PENTAGON[None], atol=1e-6)
    assert plots.gram(w).axes


def test_a_tensor_that_requires_grad_is_drawn():
    torch = pytest.importorskip("torch")
    w = torch.tensor(PENTAGON, requires_grad=True)
    np.testing.assert_array_equal(models_of(w).w, PENTAGON[None])


def test_an_xarray_variable_goes_by_the_names_of_its_axes_and_names_its_models():
    dims = ("seed", "hidden", "feature")
    w = xr.DataArray(POPULATION, coords={"seed": [7, 8, 9]}, dims=dims)
    turned = models_of(w.transpose("feature", "seed", "hidden"))
    np.testing.assert_array_equal(turned.w, POPULATION)
    assert turned.names == ("seed 7", "seed 8", "seed 9")
    b = xr.DataArray(np.arange(15.0).reshape(5, 3), dims=("feature", "seed"))
    np.testing.assert_array_equal(biases_of(b, turned), b.values.T)
    assert [axis.get_title() for axis in plots.features(w).axes[:3]] == list(turned.names)


@pytest.mark.parametrize("draw", [plots.features, plots.gram, plots.dimensionality])
def test_what_cannot_be_weights_is_refused_with_the_way_out(draw):
    assert line_of(lambda: draw(PENTAGON.T)) == (
        "w: got (5, 2), expected hidden x features with at most as many hidden dimensions as "
        "features; transpose it: w.T"
    )
    assert "transpose it: numpy.swapaxes" in line_of(lambda: draw(np.zeros((3, 5, 2))))
    assert "hidden x features" in line_of(lambda: draw([1.0, 2.0]))
    assert "an array of real numbers" in line_of(lambda: draw([[1.0, 2.0], [3.0]]))
    assert "an array of real numbers" in line_of(lambda: draw([["a", "b"]]))
    assert "an array of real numbers" in line_of(lambda: draw(1j * PENTAGON))
    assert "at least one" in line_of(lambda: draw(np.zeros((0, 2, 5))))
    named = xr.DataArray(PENTAGON, dims=("neuron", "feature"))
    assert 'rename(neuron="hidden")' in line_of(lambda: draw(named))
    assert "give its weights: .w" in line_of(lambda: draw(xr.Dataset({"w": named})))


@pytest.mark.parametrize("draw", [plots.features, plots.gram])
def test_more_models_than_can_be_seen_side_by_side_are_refused(draw):
    line = line_of(lambda: draw(np.zeros((13, 2, 5))))
    assert line == (
        "w: got 13, expected at most 12 models side by side; choose some, such as w[:12]"
    )
    assert len(plots.dimensionality(np.zeros((13, 2, 5))).axes) == 1


def test_more_dimensions_than_space_has_are_refused_by_arrows_and_shown_by_the_gram_matrix():
    w = np.random.default_rng(0).normal(size=(5, 20))
    assert "plots.gram shows any size" in line_of(lambda: plots.features(w))
    [image] = plots.gram(w).axes[0].images
    np.testing.assert_allclose(image.get_array(), w.T @ w)


def test_biases_that_do_not_go_with_the_weights_are_refused():
    assert "5 biases" in line_of(lambda: plots.gram(PENTAGON, np.zeros(4)))
    assert "5 biases for each of 3 models" in line_of(lambda: plots.gram(POPULATION, np.zeros(5)))


def test_a_gram_matrix_is_shown_beside_its_bias_on_one_scale_that_is_symmetric():
    figure = plots.gram(POPULATION, np.full((3, 5), -9.0))
    for axis, w in zip(figure.axes, POPULATION, strict=False):
        matrix, bias = axis.images
        np.testing.assert_allclose(matrix.get_array(), w.T @ w)
        np.testing.assert_array_equal(bias.get_array(), np.full((5, 1), -9.0))
        high = max(9.0, (POPULATION**2).sum(1).max())
        assert matrix.get_clim() == bias.get_clim() == (-high, high)
        assert bias.get_extent()[0] > matrix.get_extent()[1]


def test_each_feature_of_a_polytope_stands_on_its_line():
    figure = plots.dimensionality(np.concatenate([PENTAGON, np.zeros((1, 5))]))
    [dots] = figure.axes[0].collections
    np.testing.assert_allclose(dots.get_offsets()[:, 1], 2 / 5)
    assert any(np.allclose(line.get_ydata(), 2 / 5) for line in figure.axes[0].lines)


def test_features_can_be_ordered_by_their_dimensionality():
    w = np.array([[0.0, 1.0, -1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    for ordered, expected in ((False, [0, 0.5, 0.5, 1]), (True, [1, 0.5, 0.5, 0])):
        [dots] = plots.dimensionality(w, ordered=ordered).axes[0].collections
        np.testing.assert_allclose(dots.get_offsets()[:, 1], expected)


def test_several_models_are_strips_side_by_side():
    [dots] = plots.dimensionality(POPULATION).axes[0].collections
    places = np.round(dots.get_offsets()[:, 0].reshape(3, 5)).astype(int)
    np.testing.assert_array_equal(places, np.repeat([[0], [1], [2]], 5, axis=1))


@pytest.mark.parametrize("draw", [plots.features, plots.gram, plots.dimensionality])
def test_a_diverged_model_is_said_to_be_and_the_others_are_drawn(draw):
    diverged = PENTAGON.copy()
    diverged[0, 0] = np.inf
    figure = draw(np.stack([PENTAGON, diverged]))
    figure.draw_without_rendering()
    words = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert words.count("diverged") == 1


def test_a_figure_shows_itself_without_pyplot():
    picture = plots.gram(PENTAGON)._repr_png_()
    assert picture.startswith(b"\x89PNG")
    assert picture == plots.gram(PENTAGON)._repr_png_()
