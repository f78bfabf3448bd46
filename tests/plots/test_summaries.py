"""Summaries by density, agreement with theory, and marks on what models store: what is drawn."""

import numpy as np
import xarray as xr

from tegum.plots.dots import against_theory
from tegum.plots.panels import summaries_by_density
from tegum.plots.stored import features_side_by_side


def test_a_summary_runs_from_dense_to_sparse() -> None:
    values = xr.DataArray([[0.1, 0.9]], {"way": ["a"], "density": [0.1, 1.0]})
    shown = xr.Dataset({"share": values})
    figure = summaries_by_density(shown, {"share": "a share"}, series="way", names={"a": "first"})
    [axis] = figure.axes
    [line] = axis.lines
    assert line.get_ydata().tolist() == [0.9, 0.1]
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["0", "0.9"]


def test_agreement_draws_equality_and_a_dot_for_each_number() -> None:
    values = xr.DataArray([[1.0, 2.0], [1.1, np.nan]], {"way": ["theory", "found"], "seed": [0, 1]})
    options = {"along": "way", "theory": "theory", "measured": {"found": "trained"}}
    figure = against_theory({"σ": values}, **options, xlabel="theory", ylabel="trained")
    equality, dots = figure.axes[0].lines
    assert np.array_equal(equality.get_xdata(), equality.get_ydata())
    np.testing.assert_array_equal(dots.get_xdata(), [1.0, 2.0])
    np.testing.assert_array_equal(dots.get_ydata(), [1.1, np.nan])


def test_marked_features_have_a_triangle_at_their_row_and_biases_may_be_left_out() -> None:
    w = np.eye(2, 3)[None, None]
    figure = features_side_by_side(w, None, ["relu"], ["dense"], marked=[0, 2])
    matrix, bars = figure.axes[:2]
    assert len(matrix.images) == 1
    for axis in (matrix, bars):
        assert list(axis.lines[-1].get_ydata()) == [0, 2]
