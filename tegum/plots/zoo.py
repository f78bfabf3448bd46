"""A polytope of features with a head's singular vectors as axes through it, in up to three dimensions."""

from typing import Any

import numpy as np
from jaxtyping import Float

from tegum.plots.style import FAINT, INK, SERIES

# Where the eye stands for three dimensions: a slight turn and tilt, so that no two vertices of a
# simplex coincide.
_TURN, _TILT = 0.5, 0.35

_APART = 0.26  # rad between a label and the next axis, and how far a label is moved for it


def polytope_with_axes(
    axes: Any,
    features: Float[np.ndarray, "dimensions features"],
    slices: Float[np.ndarray, "dimensions slices"],
    predicted: Float[np.ndarray, "dimensions predicted"],
    attended: tuple[int, ...] = (),
) -> None:
    """Draw features as arrows, slices as wide axes under them and predicted ones as thin dashes.

    A singular vector has no sign, so its axis runs both ways; its length is the vector's part in
    this space. Axes have labels for a legend.

    Args:
        axes: matplotlib axes, without ticks afterwards.
        features: directions in the polytope's own space of 1, 2 or 3 dimensions.
        slices, predicted: singular vectors in the same space, the strongest first.
        attended: features drawn boldly.
    """
    arrows, found, expected = (_flat(part) for part in (features, slices, predicted))
    lines = np.concatenate([found, expected], axis=1)
    for k, end in enumerate(arrows.T):
        line, word = (INK, INK) if k in attended else (FAINT, "#666666")
        arrow = {"arrowstyle": "-|>", "color": line, "lw": 1.5, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", xy=end, xytext=(0, 0), arrowprops=arrow, zorder=4)
        style = {"ha": "center", "va": "center", "fontsize": 9, "zorder": 5}
        axes.text(*_beside(end, lines), str(k), color=word, **style)
    for k, (end, colour) in enumerate(zip(found.T, SERIES, strict=False)):
        look = {"color": colour, "lw": 7, "alpha": 0.55, "zorder": 2, "solid_capstyle": "butt"}
        axes.plot(*_both_ways(1.2 * end), "-", label=f"slice {k + 1}, trained", **look)
    for end in expected.T:
        look = {"color": INK, "lw": 1.0, "zorder": 3, "label": "predicted"}
        axes.plot(*_both_ways(1.38 * end), "--", **look)
    axes.set(xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _both_ways(end: Float[np.ndarray, " 2"]) -> Float[np.ndarray, "2 ends"]:
    return np.stack([-end, end], axis=-1)


def _beside(
    end: Float[np.ndarray, " 2"], lines: Float[np.ndarray, "2 lines"]
) -> Float[np.ndarray, " 2"]:
    """Where the label of an arrow stands: beyond its tip, turned until no axis runs through it."""
    angle, reach = np.arctan2(end[1], end[0]), np.linalg.norm(end) + 0.17
    along = np.arctan2(lines[1], lines[0])[np.linalg.norm(lines, axis=0) > 0.3]
    for turn in _APART * np.array([0, 1, -1, 2, -2]):
        # Axes run both ways: angles between lines are at most a quarter turn.
        away = np.abs((angle + turn - along + np.pi / 2) % np.pi - np.pi / 2)
        if np.all(away > 0.75 * _APART):
            break
    return reach * np.array([np.cos(angle + turn), np.sin(angle + turn)])


def _flat(vectors: Float[np.ndarray, "dimensions count"]) -> Float[np.ndarray, "2 count"]:
    """On the page: as they are in two dimensions, seen from `_TURN` and `_TILT` in three."""
    padded = np.zeros((max(2, vectors.shape[0]), vectors.shape[1]))
    padded[: vectors.shape[0]] = vectors
    if len(padded) == 2:
        return padded
    across = np.array([np.cos(_TURN), np.sin(_TURN), 0.0])
    up = np.array([-np.sin(_TURN) * np.sin(_TILT), np.cos(_TURN) * np.sin(_TILT), np.cos(_TILT)])
    return np.stack([across, up]) @ padded
