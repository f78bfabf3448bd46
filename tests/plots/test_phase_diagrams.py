"""Sweeps and training: cells are medians at their own labels, pictures are looks in order."""

import numpy as np
import pytest
import xarray as xr

from tegum import plots
from tegum.errors import BadInputError
from tests.refusals import line_of

DENSITIES, DECAYS = [0.01, 1.0, 0.1], [0.7, 0.9]
RNG = np.random.default_rng(0)
SWEEP = xr.Dataset(
    {
        "w": (("density", "decay", "seed", "hidden", "feature"), RNG.normal(size=(3, 2, 5, 2, 4))),
        "loss": (("density", "decay", "seed"), RNG.normal(size=(3, 2, 5)), {"long_name": "exact"}),
        "words": (("density", "decay"), np.full((3, 2), "a")),
    },
    {"density": DENSITIES, "decay": DECAYS},
)


def cells(figure):
    """The numbers of a diagram, its rows and columns by rising label."""
    return np.asarray(figure.axes[0].collections[0].get_array().filled(np.nan))


def test_each_cell_is_the_median_over_seeds_at_its_labels():
    figure = plots.phase_diagram(SWEEP, x="density", y="decay", value="loss")
    expected = np.median(SWEEP.loss.values, axis=2)[[0, 2, 1]].T
    np.testing.assert_array_equal(cells(figure), expected)
    written = [text.get_text() for text in figure.axes[0].texts]
    assert written == [f"{number:.3g}" for number in expected.ravel()]
    assert figure.axes[1].get_ylabel() == "exact\nmedian over seed"


def test_density_is_logarithmic_from_dense_to_sparse_and_cells_end_midway():
    axis = plots.phase_diagram(SWEEP, x="density", y="decay", value="loss").axes[0]
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "linear")
    np.testing.assert_allclose(axis.get_xlim(), (10**0.5, 10**-2.5))
    np.testing.assert_allclose(axis.get_ylim(), (0.6, 1.0))
    assert sorted(axis.get_xticks()) == sorted(DENSITIES)
    turned = plots.phase_diagram(SWEEP, x="decay", y="density", value="loss").axes[0]
    assert (turned.get_xscale(), turned.get_yscale()) == ("linear", "log")


def test_represented_features_are_counted_and_diverged_models_left_out():
    one = SWEEP.copy(deep=True)
    one["w"][0, 0] = np.nan  # every seed
    one["w"][0, 1, :2] = np.nan
    expected = (np.linalg.norm(SWEEP.w.values, axis=-2) > 0.5).sum(-1).astype(float)
    expected[0, 0], expected[0, 1, :2] = np.nan, np.nan
    np.testing.assert_array_equal(plots.number_represented(one).values, expected)
    shown = cells(plots.phase_diagram(one, x="density", y="decay"))
    assert np.isnan(shown[0, 0])
    assert shown[1, 0] == np.median(expected[0, 1, 2:])


def test_a_variable_alone_a_function_and_words_as_labels_are_taken():
    labelled = SWEEP.loss.assign_coords(decay=["relu", "gelu"])
    figure = plots.phase_diagram(labelled, x="decay", y="density", label="loss")
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["relu", "gelu"]
    doubled = plots.phase_diagram(SWEEP, x="decay", y="density", value=lambda ds: 2 * ds.loss)
    np.testing.assert_array_equal(cells(doubled), 2 * cells(figure))
    assert plots.phase_diagram(SWEEP.isel(decay=[0]), x="decay", y="density").axes


def test_what_is_no_diagram_is_refused_in_a_line():
    def refused(dataset=SWEEP, x="density", y="decay", **other):
        with pytest.raises(BadInputError) as error:
            plots.phase_diagram(dataset, x=x, y=y, **other)
        return str(error.value)

    assert "did you mean density" in refused(x="densty")
    assert "did you mean loss" in refused(value="los")
    assert refused(y="density").startswith("y: got 'density', expected another axis")
    assert "expected numbers" in refused(value="words")
    assert "not all are missing" in refused(dataset=SWEEP.loss * np.nan)
    assert "tegum.sweep gives one" in line_of(
        lambda: plots.phase_diagram(np.zeros((2, 2)), x="a", y="b")
    )
    without = SWEEP.drop_vars("w")
    assert "name a variable: value=" in line_of(
        lambda: plots.phase_diagram(without, x="density", y="decay")
    )


def test_a_strip_shows_the_first_and_the_last_look_and_not_too_many_between():
    history = np.linspace(0.1, 1, 30)[:, None, None] * RNG.normal(size=(2, 5))
    figure = plots.strip(history, steps=10 * np.arange(30))
    titles = [axis.get_title() for axis in figure.axes if axis.get_title()]
    assert (len(titles), titles[0], titles[-1]) == (8, "step 0", "step 290")


def test_a_strip_of_more_dimensions_shows_gram_matrices_on_one_scale():
    history = RNG.normal(size=(3, 4, 6))
    axes = [axis for axis in plots.strip(history).axes if axis.images]
    for axis, w in zip(axes, history, strict=True):
        [image] = axis.images
        np.testing.assert_allclose(image.get_array(), w.T @ w)
        assert image.get_clim()[1] == (history**2).sum(1).max()
    assert [axis.get_title() for axis in axes] == ["look 0", "look 1", "look 2"]


def test_a_labelled_history_names_its_looks_and_one_model_is_asked_for():
    w = xr.DataArray(
        RNG.normal(size=(2, 2, 5)), coords={"step": [0, 50]}, dims=("step", "hidden", "feature")
    )
    figure = plots.strip(w.transpose("hidden", "feature", "step"))
    assert [axis.get_title() for axis in figure.axes[:2]] == ["step 0", "step 50"]
    assert "looks x hidden x features" in line_of(lambda: plots.strip(w.values[None]))
    assert "one for each of 2 looks" in line_of(lambda: plots.strip(w.values, steps=[1, 2, 3]))
