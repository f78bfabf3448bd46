"""Shares of models as stacked bars: what becomes of how many, setting by setting."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from tegum.plots import marks
from tegum.plots.style import INK


def stacked_shares(
    axis: Any,
    codes: xr.DataArray,
    *,
    x: str,
    colours: Mapping[str, Any],
    predicted: xr.DataArray | None = None,
    names: Callable[[Any], str] = str,
) -> None:
    """A bar for each value of x, cut by the shares of outcomes; a square above: what is predicted.

    Args:
        axis: matplotlib axes.
        codes: outcomes counted from 0 in the order of `colours`, with axes x and "seed"; NaN is
            left out.
        x: the axis with a bar for each value.
        colours: of the outcomes, by name, from the bottom.
        predicted: the code of one outcome for each x; NaN for none.
        names: how a value of x is written.
    """
    places = marks.named_ticks(axis, [names(each) for each in codes[x].values])
    seen = codes.transpose(x, "seed")
    counts = np.maximum(seen.notnull().sum("seed").values, 1)
    below = np.zeros(len(places))
    for code, colour in enumerate(colours.values()):
        share = (seen == code).sum("seed").values / counts
        axis.bar(places, share, bottom=below, color=colour, width=0.85)
        below += share
    if predicted is not None:
        known = predicted.sel({x: codes[x]}).values
        shown = [(at, int(of)) for at, of in zip(places, known, strict=True) if np.isfinite(of)]
        every = list(colours.values())
        style: dict[str, Any] = {"marker": "s", "s": 36, "ec": INK, "lw": 0.6, "clip_on": False}
        axis.scatter(
            [at for at, _ in shown], [1.09] * len(shown), c=[every[of] for _, of in shown], **style
        )
    axis.set(ylim=(0, 1.16), yticks=[0, 0.5, 1], xlim=(-0.6, len(places) - 0.4))
