"""Figures: they draw what they are given and leave the caller's matplotlib alone."""

import matplotlib as mpl
import numpy as np

from tegum.plots.bands import median_band
from tegum.plots.features import features_side_by_side
from tegum.plots.style import house_style, shades, sheet


def test_the_house_style_ends_where_it_began():
    before = dict(mpl.rcParams)
    with house_style():
        assert mpl.rcParams["font.size"] == 9
    assert dict(mpl.rcParams) == before


def test_a_band_is_median_and_quartiles_and_leaves_nan_out():
    with house_style():
        _, axes = sheet(1, 1, width=2.0, height=2.0)
        y = np.array([[0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 2.0, 4.0, np.nan, np.nan]])
        median_band(axes[0, 0], np.array([0.0, 1.0]), y, colour="red", label="line")
    [line] = axes[0, 0].lines
    assert np.array_equal(line.get_ydata(), [2.0, 2.0])
    corners = axes[0, 0].collections[0].get_paths()[0].vertices
    assert {(0.0, 1.0), (0.0, 3.0), (1.0, 1.0), (1.0, 3.0)} <= {tuple(corner) for corner in corners}


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
