"""A table as a figure: a line for each thing, columns in groups, the lightest of rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from tegum.errors import bad_input
from tegum.plots.style import FAINT, INK, drawing

LINE = 0.2
"""inches a line takes"""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        title: above it; may have several lines.
        cells: a text for each line.
        width: in inches.
        group: what stands above neighbours of the same group, once; nothing if empty.
    """

    title: str
    cells: Sequence[str]
    width: float
    group: str = ""


def text_table(
    names: Sequence[str],
    columns: Sequence[Column],
    *,
    width: float = 1.7,
    rules: Sequence[int] = (),
    fontsize: float | int = 7,
) -> Figure:
    """Draw a table.

    Args:
        names: of the lines, to the left.
        columns: in order.
        width: of the names, in inches.
        rules: lines above which a thin rule stands.
        fontsize: of all text.

    Raises:
        BadInputError: a column has not one cell a line.
    """
    for column in columns:
        if len(column.cells) != len(names):
            raise bad_input(column.title, f"{len(column.cells)} cells", f"{len(names)}, one a line")
    full = width + sum(column.width for column in columns)
    tall = LINE * (len(names) + 4)
    with drawing(width=full, height=tall) as (figure, axes):
        axis = axes[0, 0]
        axis.set(xlim=(0, full), ylim=(len(names) + 0.2, -3.8))
        axis.set_axis_off()
        look = {"va": "center", "fontsize": fontsize, "color": INK}
        for row, name in enumerate(names):
            axis.text(0.02, row, name, ha="left", **look)
        groups: dict[str, list[float]] = {}
        left = width
        for column in columns:
            middle = left + column.width / 2
            axis.text(middle, -1.4, column.title, ha="center", **look)
            for row, cell in enumerate(column.cells):
                axis.text(middle, row, cell, ha="center", **look)
            ends = groups.setdefault(column.group, [left, left])
            left = ends[1] = left + column.width
        for group, (start, end) in groups.items():
            if group:
                axis.text((start + end) / 2, -3.3, group, ha="center", weight="bold", **look)
                axis.plot([start + 0.05, end - 0.05], [-2.75, -2.75], color=INK, lw=0.8)
        axis.plot([0, full], [-0.6, -0.6], color=INK, lw=0.8)
        for row in rules:
            axis.plot([0, full], [row - 0.5, row - 0.5], color=FAINT, lw=0.8)
    return figure


def numerals(values: Iterable[float], form: str) -> list[str]:
    """Numbers by a format such as ".2f"; a dash for what is missing."""
    return [format(value, form) if value == value else "–" for value in values]
