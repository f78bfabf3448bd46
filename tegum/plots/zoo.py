"""A polytope of features with a head's singular vectors as axes through it, in one, two or three dimensions."""

from typing import Any

import numpy as np
from jaxtyping import Float

from tegum.plots.style import FAINT, INK, SERIES

# Where the eye stands for three dimensions: a slight turn and tilt, so that no two vertices of a simplex coincide.
_TURN, _TILT = 0.5, 0.35


def polytope_with_axes(
    axes: Any,
    features: Float[np.ndarray, "dimensions features"],
    slices: Float[np.ndarray, "dimensions slices"],
    predicted: Float[np.ndarray, "dimensions predicted"],
    attended: tuple[int, ...] = (),
) -> None:
    """Draw features as arrows from the origin, slices as solid axes and what was predicted of them as dashed ones.

    A singular vector has no sign, so its axis runs both ways; its length is the vector's part in this space.

    Args:
        axes: matplotlib axes, without ticks afterwards.
        features: directions in the polytope's own space of 1, 2 or 3 dimensions.
        slices, predicted: singular vectors in the same space, the strongest first.
        attended: features drawn boldly.
    """
    flat = [_flat(part) for part in (features, slices, predicted)]
    for k, end in enumerate(flat[0].T):
        bold = k in attended
        axes.annotate(
            "",
            xy=end,
            xytext=(0, 0),
            arrowprops={"arrowstyle": "-|>", "color": INK if bold else FAINT, "lw": 1.5},
        )
        away = 1.17 * end if np.linalg.norm(end) > 0.3 else end + 0.15
        colour = INK if bold else "#888888"
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        axes.text(
            *away, str(k), ha="center", va="center", color=colour, fontsize=8, zorder=5, bbox=behind
        )
    for ends, style in ((flat[1], "-"), (flat[2], "--")):
        for end, colour in zip(ends.T, SERIES, strict=False):
            reach = 1.35 if style == "--" else 1.2
            width = 1.2 if style == "--" else 2.2
            line = reach * np.stack([-end, end])
            axes.plot(
                *line.T,
                style,
                color=INK if style == "--" else colour,
                lw=width,
                zorder=3 if style == "--" else 2,
            )
    axes.set(xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _flat(vectors: Float[np.ndarray, "dimensions count"]) -> Float[np.ndarray, "2 count"]:
    """On the page: as they are in two dimensions, seen from `_TURN` and `_TILT` in three."""
    padded = np.zeros((max(2, vectors.shape[0]), vectors.shape[1]))
    padded[: vectors.shape[0]] = vectors
    if len(padded) == 2:
        return padded
    across = np.array([np.cos(_TURN), np.sin(_TURN), 0.0])
    up = np.array([-np.sin(_TURN) * np.sin(_TILT), np.cos(_TURN) * np.sin(_TILT), np.cos(_TILT)])
    return np.stack([across, up]) @ padded
