"""D_i of every feature of any W, beside the fractions at which published polytopes stand."""

from fractions import Fraction

import numpy as np
from matplotlib.figure import Figure

from tegum.analysis.geometry import dimensionality as dimensionality_of
from tegum.plots import marks
from tegum.plots.arrows import COLOURS
from tegum.plots.style import FAINT, drawing
from tegum.plots.weights import Weights, models_of

FRACTIONS = {
    "single": Fraction(1),
    "tetrahedron": Fraction(3, 4),
    "triangle": Fraction(2, 3),
    "digon": Fraction(1, 2),
    "pentagon": Fraction(2, 5),
    "square antiprism": Fraction(3, 8),
}
"""dimensions over vertices of polytopes that the source names, as in `tegum.theory.polytopes`"""


def dimensionality(w: Weights, *, ordered: bool = False) -> Figure:
    """D_i of each feature as a dot, with lines where features of whole polytopes stand.

    One model has its features along x; several stand side by side, each a strip of its features.

    Args:
        w: hidden x features, of any size, as anything that `numpy.asarray` takes, a PyTorch tensor,
            or an xarray variable with axes "hidden" and "feature". Axes before these are models.
        ordered: features by falling D_i, and not by their number.

    Raises:
        BadInputError: no such array, or more hidden dimensions than features.

    Source:
        Elhage et al. 2022, "Toy Models of Superposition", feature dimensionality.
    """
    models = models_of(w, most=None)
    own = dimensionality_of(models.w)
    if ordered:
        own = -np.sort(-own, axis=-1)
    count, n_features = own.shape
    alone = count == 1
    wide = 0.2 * n_features + 2.0 if alone else 0.45 * count + 2.2
    with drawing(width=float(np.clip(wide, 3.6, 10)), height=3.2) as (figure, axes):
        axis = axes[0, 0]
        for name, fraction in FRACTIONS.items():
            axis.axhline(float(fraction), color=FAINT, lw=0.8, zorder=0)
            # 2/5 and 3/8 are so near each other that their names stand above and below.
            grows = {"pentagon": "bottom", "square antiprism": "top"}.get(name, "center")
            at, right = (1.02, float(fraction)), axis.get_yaxis_transform()
            axis.text(*at, f"{fraction} {name}", transform=right, va=grows, fontsize=8)
        if alone:
            axis.scatter(range(n_features), own[0], c=own[0], cmap=COLOURS, **_DOT)
            rank = "feature, by falling $D_i$" if ordered else "feature"
            axis.set(xlabel=rank, xlim=(-0.7, n_features - 0.3))
            axis.xaxis.get_major_locator().set_params(integer=True)
        else:
            spread = np.linspace(-0.3, 0.3, n_features) if n_features > 1 else np.zeros(1)
            places = np.arange(count)[:, None] + spread
            axis.scatter(places, own, c=own, cmap=COLOURS, **_DOT)
            apart = -(-count // 20)
            turned = 45 if max(map(len, models.names)) > 3 else 0
            marks.named_ticks(axis, models.names, turned)
            axis.set_xticks(axis.get_xticks()[::apart], labels=models.names[::apart])
            axis.set_xlim(-0.6, count - 0.4)
            for place in np.flatnonzero(~np.isfinite(own).all(axis=1)):
                axis.text(place, 0.5, "diverged", rotation=90, ha="center", va="center", fontsize=8)
        axis.set(ylim=(-0.03, 1.06), ylabel="dimensionality $D_i$")
    return figure


_DOT = {"s": 16, "vmin": 0, "vmax": 1, "ec": "white", "lw": 0.3, "zorder": 2}
