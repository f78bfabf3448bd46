"""Dots at cases: where they stand, and where theory's dashes are."""

import numpy as np
import xarray as xr

from tegum.plots.dots import dots_by_case
from tegum.plots.style import house_style, sheet


def test_every_model_is_a_dot_at_its_case_and_theory_a_dash_beside_them():
    labels = {"case": ["digon", "triangle"], "slice": [1, 2]}
    values = xr.DataArray(np.arange(12.0).reshape(2, 2, 3), labels, ("case", "slice", "seed"))
    predicted = xr.DataArray([[0.0, 1.0], [2.0, np.nan]], labels, ("case", "slice"))
    with house_style():
        _, axes = sheet(1, 1, width=3.0, height=2.0)
        axis = axes[0, 0]
        dots_by_case(axis, "case", values, predicted, series="slice", names="slice {}".format)
    dots, dashes = axis.lines[::2], axis.lines[1::2]
    assert [line.get_label() for line in dots] == ["slice 1", "slice 2"]
    np.testing.assert_array_equal(dots[1].get_ydata(), [3, 4, 5, 9, 10, 11])
    np.testing.assert_array_equal(np.round(dots[1].get_xdata() - 0.2), [0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(dashes[1].get_ydata(), [1.0, np.nan])
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["digon", "triangle"]


def test_without_series_or_theory_dots_stand_at_their_case():
    values = xr.DataArray([[1.0], [2.0]], {"case": ["a", "b"]}, ("case", "seed"))
    with house_style():
        _, axes = sheet(1, 1, width=3.0, height=2.0)
        dots_by_case(axes[0, 0], "case", values)
    np.testing.assert_array_equal(axes[0, 0].lines[0].get_xdata(), [0, 1])
