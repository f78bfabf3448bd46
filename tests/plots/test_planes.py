"""Columns in the plane, and maps: which spokes share a direction, where cells end."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from tegum.plots import outcomes
from tegum.plots.planes import columns_in_plane
from tegum.plots.style import BLUE, ORANGE, sheet


def colours(w: list[tuple[float, float]]) -> list[str]:
    """Of the spokes of some columns."""
    _, axes = sheet(1, 1, width=1.0, height=1.0)
    columns_in_plane(axes[0, 0], np.array(w).T)
    return [to_hex(line.get_color()) for line in axes[0, 0].lines]


def test_columns_share_a_direction_whatever_their_lengths_and_opposite_ones_do_not() -> None:
    assert colours([(1, 0), (0.3, 0), (0, 1), (0, -1)]) == [ORANGE, ORANGE, BLUE, BLUE]


def test_directions_are_the_same_across_the_negative_axis_and_a_short_column_shares_none() -> None:
    assert colours([(-1, 0.01), (-1, -0.01), (0, 1), (0, 0.05)]) == [ORANGE, ORANGE, BLUE, BLUE]


@pytest.mark.parametrize("places", [np.geomspace(0.1, 10, 3), np.geomspace(1, 0.01, 3)])
def test_cells_of_a_logarithmic_map_end_midway_and_are_equally_wide(places: np.ndarray) -> None:
    edges = outcomes.edges(places)
    np.testing.assert_allclose(np.sqrt(edges[1:] * edges[:-1]), places)
    np.testing.assert_allclose(np.diff(np.log(edges)), np.log(places[1] / places[0]))
