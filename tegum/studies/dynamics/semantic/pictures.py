"""What one network believes on the way, as tables, and the paths that items take."""

from typing import Any

import numpy as np
import xarray as xr

from tegum.analysis.scaling import in_the_plane
from tegum.plots.matrices import heat_map
from tegum.plots.style import FAINT, INK, SERIES, drawing
from tegum.studies import core
from tegum.studies.dynamics.semantic import readings
from tegum.studies.dynamics.semantic.figures import TITLES, learned_by, smallest
from tegum.studies.dynamics.semantic.readings import of

SHOWN = ("random", "relu", "one layer")


@core.takeaway(
    "A linear network credits items with their siblings' own properties, as much as the closed "
    "form says within [illusion-as-predicted], before it takes it back; ReLU within "
    "[relu-illusion] (medians, worst start); one layer never does."
)
def tables(ds: xr.Dataset) -> core.Exhibit:
    at = smallest(ds)
    times = learned_by(ds)
    between = [*np.sqrt(times[:-1] * times[1:]), 1.5 * times[-1]]
    tau = readings.rate_of(ds)
    moments = [int(np.argmin(abs(at.moment_step.values * tau - when))) for when in between]
    shown, nets = at.output.isel(moment=moments), SHOWN
    per_node, depth = (core.config_in(ds)[name] for name in ("per_node", "depth"))
    height = 1.35 * len(nets) + 1.2
    with drawing(len(nets), len(moments) + 1, width=9.6, height=height) as (figure, axes):
        for row, net in zip(axes, nets, strict=True):
            believed = shown.sel(net=net)
            pictures = [*believed.transpose("moment", "property", "item").values, at.y.values]
            for axis, values in zip(row, pictures, strict=True):
                image = heat_map(axis, values, low=-1, high=1, colours="RdBu_r")
                for k in range(1, depth + 1):
                    axis.axhline(per_node * (2**k - 1) - 0.5, color=FAINT, lw=0.6)
            row[0].set_ylabel({"random": "linear", "relu": "ReLU"}.get(net, net))
        for axis in axes[-1]:
            _tree(axis.inset_axes((0, -0.34, 1, 0.32)), depth)
        for axis, moment in zip(axes[0], moments, strict=False):
            axis.set_title(f"t = {float(at.moment_step[moment]) * tau:.2g} τ")
        axes[0, -1].set_title("to be learned")
        figure.colorbar(image, ax=axes.ravel().tolist(), label="output", shrink=0.7)
    return core.exhibit(
        figure,
        shown.sel(net=list(nets)),
        "Output for every item (columns, in the order of the tree below) and property (rows, from "
        "that of all items down to those of one item, grey lines between depths) of the first "
        "seed, between the times at which the closed form learns one level and the next; linear "
        "and ReLU network begin alike, at the smallest start.",
    )


def _tree(axis: Any, depth: int) -> None:
    """The tree of the items, leaves on top, where they stand along x."""
    for k in range(depth):
        half = 2 ** (depth - k - 2)
        for node in range(2**k):
            middle = (node + 0.5) * 2 ** (depth - k) - 0.5
            across = [middle - half, middle - half, middle + half, middle + half]
            axis.plot(across, [k + 1, k, k, k + 1], color=INK, lw=0.7)
    axis.set(xlim=(-0.5, 2**depth - 0.5), ylim=(-0.5, depth), xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def layout(hidden: np.ndarray) -> np.ndarray:
    """All moments' items in the plane, [moments items 2], from where the ends lie untangled."""
    ends = in_the_plane(hidden[-1], tries=20)
    flat = hidden.reshape(-1, hidden.shape[-1])
    path = in_the_plane(flat, flat @ np.linalg.pinv(hidden[-1]) @ ends)
    path = path.reshape(*hidden.shape[:2], 2)
    return path - path[0].mean(axis=0)


@core.takeaway(
    "Items of different branches part before those within, adjacent levels in order in "
    "[broad-before-fine of cases] of linear and [relu-broad-before-fine of cases] of ReLU networks "
    "(the level with the fewest)."
)
def paths(ds: xr.Dataset) -> core.Exhibit:
    at, nets = smallest(ds), SHOWN
    items = ds.sizes["item"]
    colours = [SERIES[k] for k in (0, 5, 3, 1)]
    found = []
    with drawing(1, len(nets), width=9.4, height=3.5) as (figure, axes):
        for axis, net in zip(axes[0], nets, strict=True):
            hidden = of(at, "hidden", net).transpose("moment", "item", "unit").values
            hidden = hidden - hidden.mean(axis=1, keepdims=True)
            path = layout(np.nan_to_num(hidden))
            found.append(path)
            for item in range(items):
                colour = colours[4 * item // items]
                axis.plot(*path[:, item].T, "-", color=colour, lw=1.0, alpha=0.8)
                axis.plot(*path[:, item].T, ".", color=colour, ms=2.5)
                axis.plot(*path[-1, item], "o", color=colour, ms=5)
            axis.set(title=TITLES[net], xticks=[], yticks=[], aspect="equal")
            axis.margins(0.06)
            axis.spines[:].set_visible(False)
    table = xr.DataArray(
        np.stack(found),
        {"net": list(nets), "moment_step": at.moment_step.values},
        dims=("net", "moment_step", "item", "axis"),
        name="place",
    )
    return core.exhibit(
        figure,
        table,
        "Paths of the items' hidden vectors (outputs, of one layer) of the first seed, less their "
        "mean over items, in the plane by multidimensional scaling, which keeps their distances "
        "as well as a plane can; a dot a moment, large at the end. Colours: the four "
        "grandchildren of the root. The first split is blues against the others.",
    )
