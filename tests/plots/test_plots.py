"""Figures: they draw what they are given and leave the caller's matplotlib alone."""

import matplotlib as mpl
import numpy as np
import pytest

from tegum.analysis.statistics import median_interval
from tegum.plots.bands import median_band
from tegum.plots.crossings import dots_or_never, median_mark
from tegum.plots.stored import features_side_by_side
from tegum.plots.style import house_style, shades, sheet
from tegum.plots.zoo import polytope_with_axes


def test_the_house_style_ends_where_it_began():
    before = dict(mpl.rcParams)
    with house_style():
        assert mpl.rcParams["font.size"] == 9
    assert dict(mpl.rcParams) == before


def test_a_band_is_median_interval_and_quartiles_and_leaves_nan_out():
    y = np.array([[0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 2.0, 4.0, np.nan, np.nan]])
    with house_style():
        _, axes = sheet(1, 1, width=2.0, height=2.0)
        median_band(axes[0, 0], np.array([0.0, 1.0]), y, colour="red", label="line")
    [line] = axes[0, 0].lines
    assert np.array_equal(line.get_ydata(), [2.0, 2.0])
    quartiles, interval = (
        {tuple(corner) for corner in c.get_paths()[0].vertices} for c in axes[0, 0].collections
    )
    assert {(0.0, 1.0), (0.0, 3.0), (1.0, 1.0), (1.0, 3.0)} <= quartiles
    known = median_interval(y)
    assert {
        (0.0, known.low[0]),
        (0.0, known.high[0]),
        (1.0, known.low[1]),
        (1.0, known.high[1]),
    } <= interval


def test_bars_have_the_features_lengths_and_the_superposition_colour():
    pair = np.array([[1.0, -1.0, 0.0], [0.0, 0.0, 0.5]])
    figure = features_side_by_side(pair[None, None], np.zeros((1, 1, 3)), ["relu"], ["dense"])
    bars = figure.axes[1].patches
    assert [bar.get_width() for bar in bars] == [1.0, 1.0, 0.5]
    viridis = mpl.colormaps["viridis"]
    assert [bar.get_facecolor() for bar in bars] == [viridis(1.0), viridis(1.0), viridis(0.0)]


def test_shades_go_from_dark_to_bright():
    brightness = [sum(colour[:3]) for colour in shades(5)]
    assert brightness == sorted(brightness)


def test_times_that_never_come_are_triangles_at_the_edge_and_missing_models_are_not_drawn():
    with house_style():
        _, axes = sheet(1, 1, width=2.0, height=2.0)
        differences = np.array([1.0, -np.inf, np.inf, np.nan, np.inf])
        dots_or_never(axes[0, 0], 3.0, differences, colour="red", never=(-9.0, 9.0))
    drawn = {line.get_marker(): list(line.get_ydata()) for line in axes[0, 0].lines}
    assert drawn == {"o": [1.0], "v": [-9.0], "^": [9.0, 9.0]}
    assert all(2.7 < x < 3.3 for line in axes[0, 0].lines for x in line.get_xdata())


@pytest.mark.parametrize(
    ("times", "marks"),
    [
        ([1.0, 5.0, 9.0], [5.0]),
        ([1.0, np.inf, np.inf], []),
        ([np.nan, 4.0, np.nan], [4.0]),
        ([np.nan], []),
    ],
)
def test_a_median_time_is_marked_where_most_models_got_there(times, marks):
    with house_style():
        _, axes = sheet(1, 1, width=2.0, height=2.0)
        median_mark(axes[0, 0], np.array(times), colour="red", end=10.0)
    assert [line.get_xdata()[0] for line in axes[0, 0].lines] == marks


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_an_axis_through_a_polytope_runs_both_ways_along_its_vector(dimensions):
    features = np.eye(dimensions)
    with house_style():
        _, axes = sheet(1, 1, width=2.0, height=2.0)
        polytope_with_axes(axes[0, 0], features, features[:, :1], features[:, :1], attended=(0,))
    lines = [np.stack(line.get_data()) for line in axes[0, 0].lines]
    assert [line.get_linestyle() for line in axes[0, 0].lines] == ["-", "--"]
    for line in lines:
        assert np.allclose(line[:, 0], -line[:, 1])
    # Slice and prediction are the same direction, so their axes lie on each other; in the plane, along that feature.
    assert abs(np.linalg.det(np.stack([lines[0][:, 0], lines[1][:, 0]]))) < 1e-12
    if dimensions < 3:
        assert np.allclose(lines[0][1], 0)
