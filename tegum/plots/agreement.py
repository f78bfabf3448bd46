"""What was measured against what theory says of the same, dot by dot."""

from collections.abc import Mapping

import xarray as xr
from matplotlib.figure import Figure

from tegum.plots import marks
from tegum.plots.style import FAINT, SERIES, drawing


def against_theory(
    quantities: Mapping[str, xr.DataArray],
    *,
    along: str,
    theory: str,
    measured: Mapping[str, str],
    xlabel: str,
    ylabel: str,
) -> Figure:
    """One dot for each number, theory along x; on the grey line the two are equal.

    Args:
        quantities: by title of a panel, values of no sign. One in 200 may lie beyond its axes.
        along: their axis of which one label is theory and others were measured.
        theory: that label.
        measured: those labels, and how they are written.
        xlabel, ylabel: of theory and of what was measured.
    """
    count = len(quantities)
    with drawing(1, count, width=3.2 * count + 0.4, height=3.9) as (figure, axes):
        for axis, (title, values) in zip(axes[0], quantities.items(), strict=True):
            high = 1.05 * float(values.quantile(0.995))
            axis.plot([0, high], [0, high], color=FAINT, lw=1, zorder=0)
            x = values.sel({along: theory}).values.ravel()
            for (label, words), colour in zip(measured.items(), SERIES, strict=False):
                y = values.sel({along: label}).values.ravel()
                axis.plot(x, y, ".", ms=3, alpha=0.4, color=colour, label=words)
            axis.set(title=title, xlabel=xlabel, xlim=(0, high), ylim=(0, high), aspect="equal")
        axes[0, 0].set_ylabel(ylabel)
        marks.legend_below(figure, axes)
    return figure
