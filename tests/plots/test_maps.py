"""Grids of heat maps and dots above names: every number is drawn where its labels say."""

import numpy as np
import xarray as xr

from tegum.plots.dots import dots_by_name
from tegum.plots.matrices import heat_maps


def test_a_map_for_each_pair_of_labels_holds_its_own_matrix():
    values = xr.DataArray(
        np.arange(24.0).reshape(2, 2, 2, 3) / 24,
        coords={"way": ["a", "b"], "task": ["c", "d"], "x": [1, 2], "y": [1, 2, 3]},
        dims=("way", "task", "x", "y"),
    )
    figure = heat_maps(values, rows="way", columns="task", y="y", x="x", label="share")
    maps = [axis.images[0].get_array() for axis in figure.axes if axis.images]
    expected = [values.sel(way=w, task=t).values.T for w in "ab" for t in "cd"]
    np.testing.assert_array_equal(maps, expected)
    assert [axis.get_title() for axis in figure.axes[:4]] == ["c", "d", "", ""]


def test_names_of_rows_may_be_given():
    coords = {"a": [0], "b": [0], "x": [1], "y": ["one", "two"]}
    values = xr.DataArray(np.zeros((1, 1, 1, 2)), coords=coords, dims=list(coords))
    figure = heat_maps(
        values, rows="a", columns="b", y="y", x="x", label="", names=("first", "second")
    )
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["first", "second"]


def test_dots_stand_above_their_names_and_bars_behind_them():
    values = xr.DataArray(
        [[[0.1, 0.2], [0.3, np.nan]], [[0.5, 0.6], [0.7, 0.8]]],
        coords={"way": ["trained", "theory"], "kind": ["digon", "pentagon"]},
        dims=("way", "seed", "kind"),
    )
    bars = ("leverage", np.array([0.5, 0.4]))
    figure = dots_by_name({"one": values}, series="way", chance={"one": 0.3}, bars=bars)
    [axis] = figure.axes
    first, second = (line for line in axis.lines if len(line.get_ydata()) == 4)
    np.testing.assert_array_equal(first.get_ydata(), [0.1, 0.3, 0.2, np.nan])
    np.testing.assert_array_equal(second.get_ydata(), [0.5, 0.7, 0.6, 0.8])
    assert all(first.get_xdata() < second.get_xdata())
    assert {0.5, 0.4} <= {patch.get_height() for patch in axis.patches}
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["digon", "pentagon"]
