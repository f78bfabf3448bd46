"""Tables as figures."""

import pytest

from tegum.errors import BadInputError
from tegum.plots.tables import Column, numerals, text_table


def test_a_table_has_its_names_cells_and_each_group_once():
    columns = [Column("x", ["1", "2"], 0.5, "both"), Column("y", ["3", "–"], 0.5, "both")]
    figure = text_table(["one", "two"], [*columns, Column("z", ["4", "5"], 0.5)])
    words = [text.get_text() for text in figure.axes[0].texts]
    assert sorted(words) == sorted(["one", "two", "x", "y", "z", "both", *"1234", "5", "–"])
    assert figure.get_figwidth() == pytest.approx(1.7 + 1.5)


def test_a_column_of_another_length_is_refused():
    with pytest.raises(BadInputError, match="one a line"):
        text_table(["one", "two"], [Column("x", ["1"], 0.5)])


def test_what_is_missing_is_a_dash():
    assert numerals([0.5, float("nan")], ".2f") == ["0.50", "–"]
