"""One model's W as arrows from the origin, numbered, in the polytope that they span: n_hidden ≤ 3.

An arrow is dark where its feature has a dimension to itself and bright where it shares one. Three
dimensions are seen from where the arrows hide each other least; edges at the back are dashed.
"""

from itertools import chain
from typing import Any

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon
from matplotlib.patheffects import withStroke

from tegum.analysis.geometry import dimensionality, directions, norms
from tegum.plots.hulls import edges, outline
from tegum.plots.style import FAINT, INK

SHORT = 0.2
"""features shorter than this share of the reach are named below the arrows, and span nothing"""
NEAR = 0.13
"""labels nearer than this share of the reach are written as one"""
COLOURS = ListedColormap(mpl.colormaps["viridis"](np.linspace(0.92, 0, 256)), "own")
"""of dimensionality, from 0 to 1"""

_VIEWS = 200


def arrows(
    axis: Any,
    w: Float[np.ndarray, "hidden features"],
    *,
    reach: float,
    numbered: bool = True,
    fontsize: float | int = 8,
    view: Float[np.ndarray, "3 hidden"] | None = None,
) -> None:
    """Draw the columns of W as arrows and their convex hull.

    Args:
        axis: matplotlib axes, without ticks and frame afterwards.
        w: one model's, finite, of 1, 2 or 3 hidden dimensions.
        reach: the length to make room for, such as that of the longest of all models.
        numbered: write the features' numbers.
        fontsize: of the numbers.
        view: from where, as `point_of_view` gives it; its own if left out. For shapes side by side.
    """
    length, own = norms(w), dimensionality(w)
    shown = np.flatnonzero(length >= SHORT * reach)
    view = point_of_view(w[:, shown]) if view is None else view
    tips = view[:2] @ w
    _frame(axis, len(w), reach)
    if len(shown):
        _polytope(axis, w[:, shown], view)
    depth = view[2] @ w
    for k in np.argsort(depth):
        tip = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, "mutation_scale": 9, "lw": 1.6}
        tip |= {"color": COLOURS(own[k])}
        axis.annotate("", xy=tips[:, k], xytext=(0, 0), arrowprops=tip, zorder=3)
    if numbered:
        _numbers(axis, tips, shown, reach, fontsize, flat=len(w) == 1)
        left_out = np.setdiff1d(np.arange(w.shape[1]), shown)
        if len(left_out):
            axis.set_xlabel(f"short: {_list(left_out, most=6)}", fontsize=fontsize)


def no_arrows(axis: Any, dimensions: int, reach: float) -> None:
    """Say in their place that a model has diverged."""
    _frame(axis, dimensions, reach)
    axis.text(0, 0, "diverged", ha="center", va="center", color=INK)


def explained(figure: Figure, axes: Any) -> None:
    """Say beside a grid of axes what the colours of `arrows` mean, and below it what the circle."""
    scale = ScalarMappable(Normalize(0, 1), COLOURS)
    bar = figure.colorbar(
        scale, ax=axes.ravel().tolist(), shrink=1 / len(axes), aspect=20, pad=0.02
    )
    bar.set_label("dimensionality $D_i$")
    bar.set_ticks([0, 0.25, 0.5, 0.75, 1], labels=["0", "1/4", "1/2", "3/4", "1"])
    bar.outline.set_visible(False)
    if axes[0, 0].patches:
        figure.supxlabel("dotted circle: length 1", fontsize=7, color="#666666")


def point_of_view(w: Float[np.ndarray, "hidden features"]) -> Float[np.ndarray, "3 hidden"]:
    """Across, up, and towards the eye: unit vectors; the last is 0 in a plane, the second in a line.

    In three dimensions the eye stands where tips and middles of edges lie neither near each other
    nor near an arrow of another direction, as far as can be.
    """
    if len(w) < 3:
        return np.eye(3, len(w))
    middles = [w[:, edge.ends].mean(axis=1) for edge in edges(w)] if w.shape[1] else []
    points = np.stack([*w.T, *middles], axis=1)  # 3 x points
    hat, arrow = directions(points), directions(w)
    apart = hat.T @ arrow < 0.98  # those of one direction hide each other from anywhere
    k = np.arange(_VIEWS) + 0.5
    height, turn = k / _VIEWS * 0.8, np.pi * (1 + 5**0.5) * k  # spread evenly on half a sphere
    flat = np.sqrt(1 - height**2)
    eyes = np.stack([flat * np.cos(turn), flat * np.sin(turn), height], axis=-1)
    across = np.stack([-eyes[:, 1], eyes[:, 0], 0 * height], axis=-1) / flat[:, None]
    views = np.stack([across, np.cross(eyes, across), eyes], axis=1)
    at, tips = views[:, :2] @ points, views[:, :2] @ w  # views x 2 x points, features
    along = np.einsum("vki,vkj->vij", at, tips)
    squares = np.maximum(np.sum(tips**2, axis=1), 1e-12)[:, None, :]
    foot = np.clip(along / squares, 0, 1)  # where on arrow j point i comes nearest to it
    gap = np.sum((at[..., None] - foot[:, None] * tips[:, :, None, :]) ** 2, axis=1)
    room = np.where(apart, gap, np.inf).min(axis=(1, 2), initial=np.inf)
    other = np.sum((points[:, :, None] - points[:, None]) ** 2, axis=0) > 1e-4
    gap = np.sum((at[..., None] - at[:, :, None, :]) ** 2, axis=1)
    room = np.minimum(room, np.where(other, gap, np.inf).min(axis=(1, 2), initial=np.inf))
    return views[room.argmax()]


def _frame(axis: Any, dimensions: int, reach: float) -> None:
    """Axes for arrows up to a length, with a dotted circle at length 1."""
    side = 1.28 * reach
    axis.set(xlim=(-side, side), xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    if dimensions == 1:
        axis.set_ylim(-0.5, 0.5)
        axis.axhline(0, color=FAINT, lw=0.8, zorder=0)
        for at in (-1, 0, 1):
            if abs(at) <= side:
                axis.plot([at, at], [-0.06, 0.06], color=FAINT, lw=0.8, zorder=0)
                axis.text(at, -0.12, f"{at}", ha="center", va="top", color="#777777", fontsize=7)
        return
    axis.set(ylim=(-side, side), aspect="equal")
    if side > 1:
        axis.add_patch(Circle((0, 0), 1, fill=False, ec=FAINT, ls=":", lw=1, zorder=0))


def _polytope(
    axis: Any, w: Float[np.ndarray, "hidden features"], view: Float[np.ndarray, "3 hidden"]
) -> None:
    tips = view[:2] @ w
    corners = outline(tips)
    if len(corners):
        axis.add_patch(Polygon(corners, fc=FAINT, ec="none", alpha=0.22, zorder=0))
    for edge in edges(w):
        behind = len(edge.normals) > 0 and bool(np.all(edge.normals @ view[2] < 0))
        look = {"ls": (0, (3, 2)), "lw": 0.7} if behind else {"ls": "-", "lw": 1.0}
        axis.plot(*tips[:, edge.ends], color="#8a8a8a", zorder=1, **look)


def _numbers(
    axis: Any,
    tips: Float[np.ndarray, "2 features"],
    shown: np.ndarray,
    reach: float,
    fontsize: float | int,
    *,
    flat: bool,
) -> None:
    """The features' numbers beyond their tips; of those that would collide, one list."""
    beyond = tips + 0.12 * reach * tips / np.maximum(np.linalg.norm(tips, axis=0), 1e-12)
    near = NEAR * reach
    if flat:
        beyond, near = tips + np.array([[0.0], [0.13]]), 2 * near
    groups: list[list[int]] = []
    for k in shown:
        touched = [
            group
            for group in groups
            if np.linalg.norm(beyond[:, group] - beyond[:, [k]], axis=0).min() < near
        ]
        groups = [group for group in groups if group not in touched]
        groups.append([*chain(*touched), int(k)])
    halo = [withStroke(linewidth=2, foreground="white")]
    for level, group in enumerate(sorted(groups, key=lambda group: beyond[0, group].mean())):
        at = beyond[:, group].mean(axis=1)
        if flat and len(groups) > 2:  # lists are wide: neighbours stand at different heights
            at[1] += 0.17 * (level % 2)
        side = "center"
        if len(group) > 1 and not flat:  # a list grows away from the arrows
            side = "left" if at[0] > 0.3 * reach else "right" if at[0] < -0.3 * reach else "center"
        words = _list(np.sort(group), most=3)
        style = {"ha": side, "va": "center", "fontsize": fontsize, "color": INK, "zorder": 5}
        axis.text(*at, words, path_effects=halo, **style)


def _list(features: np.ndarray, most: int) -> str:
    """Numbers of features; after the first ones, how many more there are."""
    words = ", ".join(map(str, features[:most]))
    return words if len(features) <= most else f"{words} +{len(features) - most}"
