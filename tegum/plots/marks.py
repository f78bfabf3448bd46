"""What figures of results over seeds are made of: dots, bands of chance, lines of theory, legends.

Every function draws on matplotlib axes and takes plain arrays, labelled ones, or lists.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from tegum.arrays import Array
from tegum.plots.style import FAINT, INK

CLOUD = 60
"""more dots than this are drawn as a picture inside a vector figure, which stays small"""


def sparsity_ticks(axis: Any, densities: Sequence[float] | Array) -> np.ndarray:
    """Evenly spaced places along x, one a density p, each labelled S = 1 - p; returns the places."""
    places, many = np.arange(len(densities)), len(densities) > 6
    labels = [_three_digits(round(1 - float(p), 6)) for p in densities]
    axis.set_xticks(places, labels=labels, rotation=45 if many else 0)
    axis.set_xlabel("sparsity S = 1 - density")
    return places


def _three_digits(sparsity: float) -> str:
    """A sparsity, not rounded up to 1."""
    short = f"{sparsity:.3g}"
    return f"{sparsity:g}" if short == "1" else short


def named_ticks(
    axis: Any, names: Sequence[object] | Array, turned: float | int = 0.0
) -> np.ndarray:
    """Evenly spaced places along x with names, perhaps turned by an angle; returns the places."""
    places = np.arange(len(names))
    axis.set_xticks(
        places,
        labels=[f"{name:g}" if isinstance(name, float) else str(name) for name in names],
        rotation=turned,
        ha="right" if turned else "center",
    )
    return places


def dots(
    axis: Any,
    x: Sequence[float] | Array,
    y: Array,
    *,
    colour: Any,
    label: str | None = None,
    shift: float = 0.0,
    width: float = 0.0,
    **style: Any,
) -> None:
    """One dot a model.

    Args:
        axis: matplotlib axes.
        x: places.
        y: places first, then seeds and whatever else each has; NaN is left out.
        colour, label: of the dots.
        shift: to the right of their place, so that several kinds stand side by side.
        width: over which the dots of a place are spread, in their order.
        **style: further properties of matplotlib's `plot`.
    """
    values = np.asarray(y, float).reshape(len(x), -1)
    spread = np.linspace(-width / 2, width / 2, values.shape[1]) if values.shape[1] > 1 else 0.0
    places = np.asarray(x, float)[:, None] + shift + spread + np.zeros_like(values)
    options = {"ms": 3, "alpha": 0.6, "rasterized": values.size > CLOUD} | style
    axis.plot(places.ravel(), values.ravel(), ".", color=colour, label=label, **options)


def chance(axis: Any, q95: float, mean: float | None = None, *, label: str = "chance") -> None:
    """A grey band up to what chance stays below in 95 %; dashed, its mean."""
    axis.axhspan(0, q95, color=FAINT, alpha=0.35, lw=0, label=f"{label}, 95 %")
    if mean is not None:
        axis.axhline(mean, color=INK, ls="--", lw=0.8, label=f"{label}, mean")


def theory(
    axis: Any, x: Sequence[float] | Array, y: Array, *, label: str = "theory", **style: Any
) -> None:
    """What theory says: a thin dark line, or with `marker="_"` and `ls=""` a dash at each place."""
    options = {"color": INK, "lw": 1.2, "zorder": 3} | style
    axis.plot(np.asarray(x), np.asarray(y), label=label, **options)


def legend_below(figure: Figure, axes: Any, columns: int = 4) -> None:
    """One legend for all axes of a figure, under them; what has the same name stands once."""
    named: dict[str, Any] = {}
    for axis in np.asarray(axes).ravel():
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            named.setdefault(label, handle)
    columns = min(columns, len(named))
    legend = figure.legend(
        named.values(), named.keys(), loc="outside lower center", ncols=columns, markerscale=2
    )
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(1)
