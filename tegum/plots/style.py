"""One look for every figure: sizes, colours and a blank sheet to draw on, free of any global state.

Colours are Okabe and Ito's, told apart by colour-blind readers too.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

INK = "#222222"
FAINT = "#bbbbbb"
BLUE, ORANGE, GREEN, RED = "#0072b2", "#e69f00", "#009e73", "#d55e00"
SERIES = (BLUE, ORANGE, GREEN, RED, "#cc79a7", "#56b4e9")

_RC: dict[str, Any] = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.5,
    # An SVG then holds a matrix as it is, sharp at any size, and not as so many pixels.
    "image.interpolation": "none",
    "savefig.facecolor": "white",
}


class Sheet(Figure):
    """A figure that shows itself in a notebook; a plain one needs pyplot for that."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=120, facecolor="white", metadata={"Software": None})
        return buffer.getvalue()


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the house's style; the caller's own matplotlib settings come back afterwards."""
    settings: dict[Any, Any] = {**mpl.rcParamsDefault, "backend": mpl.rcParams["backend"], **_RC}
    with mpl.rc_context(settings):
        yield


def sheet(
    rows: int, columns: int, *, width: float, height: float, **subplots: Any
) -> tuple[Figure, Any]:
    """A figure of `width` x `height` inches and its rows x columns array of axes."""
    figure = Sheet(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **subplots)


@contextmanager
def drawing(
    rows: int = 1, columns: int = 1, *, width: float, height: float, **subplots: Any
) -> Iterator[tuple[Figure, Any]]:
    """A blank `sheet` in the house's style, which holds while its figure is drawn."""
    with house_style():
        yield sheet(rows, columns, width=width, height=height, **subplots)


def shades(count: int) -> list[Any]:
    """`count` colours in order, dark to bright, for a quantity with an order such as density."""
    return [mpl.colormaps["viridis"](0.9 * k / max(1, count - 1)) for k in range(count)]
