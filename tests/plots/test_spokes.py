"""Spokes end where the columns of W do, in the colours of their groups."""

import numpy as np

from tegum.plots.spokes import spoke_grid, spokes
from tegum.plots.style import SERIES, drawing


def test_each_column_has_a_spoke_of_its_length_in_the_colour_of_its_group() -> None:
    w, groups = np.array([[0.0, 0.5, 0.0], [1.0, 0.0, -0.8]]), np.array([0, 0, 1])
    with drawing(width=2.0, height=2.0) as (_, axes):
        spokes(axes[0, 0], w, groups)
    lines = axes[0, 0].lines
    ends = [np.hypot(*line.get_xydata()[1]) for line in lines]
    np.testing.assert_allclose(ends, [1.0, 0.5, 0.8])
    assert [line.get_color() for line in lines] == [SERIES[0], SERIES[0], SERIES[1]]


def test_a_model_that_diverged_is_said_to_have() -> None:
    with drawing(width=2.0, height=2.0) as (_, axes):
        spokes(axes[0, 0], np.full((2, 2), np.nan), np.array([0, 1]))
    assert not axes[0, 0].lines
    assert [text.get_text() for text in axes[0, 0].texts] == ["diverged"]


def test_a_grid_has_a_panel_for_each_model_with_its_words() -> None:
    models = [[np.eye(2), -np.eye(2)], [np.ones((2, 3)), np.ones((2, 3))]]
    figure = spoke_grid(
        models,
        [np.array([0, 1]), np.array([0, 0, 1])],
        rows=["two features", "three"],
        columns=["a", "b"],
        said=[["one", ""], ["", "other"]],
    )
    assert [axis.get_title() for axis in figure.axes] == ["a", "b", "", ""]
    assert [axis.get_xlabel() for axis in figure.axes] == ["one", "", "", "other"]
    assert [axis.get_ylabel() for axis in figure.axes] == ["two features", "", "three", ""]
