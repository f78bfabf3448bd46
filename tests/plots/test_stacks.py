"""Stacked shares of models."""

import numpy as np
import xarray as xr

from tegum.plots.stacks import stacked_shares
from tegum.plots.style import drawing

COLOURS = {"one": "#ff0000", "two": "#00ff00"}


def test_bars_are_as_high_as_shares_of_models_that_count_and_stand_on_each_other() -> None:
    codes = xr.DataArray([[0, 0, 1, 1], [1, 1, 1, np.nan]], {"p": [1.0, 0.1]}, dims=("p", "seed"))
    with drawing(width=2.0, height=2.0) as (_, axes):
        predicted = xr.DataArray([1.0, np.nan], {"p": [1.0, 0.1]})
        stacked_shares(axes[0, 0], codes, x="p", colours=COLOURS, predicted=predicted)
    bars = [(bar.get_y(), bar.get_height()) for bar in axes[0, 0].patches]
    assert bars == [(0, 0.5), (0, 0), (0.5, 0.5), (0, 1)]
    [squares] = axes[0, 0].collections
    np.testing.assert_allclose(squares.get_offsets()[:, 0], [0])
    np.testing.assert_allclose(squares.get_facecolor()[0, :3], [0, 1, 0])
    assert [tick.get_text() for tick in axes[0, 0].get_xticklabels()] == ["1.0", "0.1"]


def test_where_all_diverged_no_bar_stands() -> None:
    codes = xr.DataArray(np.full((1, 3), np.nan), {"p": [1.0]}, dims=("p", "seed"))
    with drawing(width=2.0, height=2.0) as (_, axes):
        stacked_shares(axes[0, 0], codes, x="p", colours=COLOURS)
    assert [bar.get_height() for bar in axes[0, 0].patches] == [0, 0]
