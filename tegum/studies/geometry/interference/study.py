"""interference-scaling: random directions against tegum products, over d; are two active features
needed to tell them apart?

A note on superposition: "Arranging features uniformly on the sphere gets on average interference
1/√d compared to 1/d if we go for a long tegum product of low dimensional polytopes. But this method
only fits a number of features that is linear in the dimension." Under the heading "2-sparse
features? Is it necessary?" it leaves the question open; its own inputs have one active feature of
value 1, and its model no bias.

- By mean |cos| it is so: √(2/πd) for random directions (1/√d is their root mean square), order 1/d
  for tegums, where most pairs are orthogonal. By the root mean square it is not: tegums meet the
  Welch bound √((n-d)/(d(n-1))), which falls as 1/√d too. Few pairs share much in place of many that
  share little. By the largest |cos| the order turns: a tegum's is its polytope's at any d.
- One active feature sees Σ ReLU(cos)²: 0 for digons, triangles, tetrahedra, (n-1)/2d for random
  directions. That tells tegums from random ones at any d. It cannot tell simplexes apart, nor see
  anything of their interference; two active features do, and what they see falls as 1/d. Which of
  two tegums of 3d/2 features is then better hangs on the values: per three features in two
  dimensions a triangle loses 3/8 where a digon and a single lose 1/3 for values uniform on [0, 1],
  3/2 where they lose 2 for values of 1.
"""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.ticker import LogLocator

from tegum.plots import marks
from tegum.plots.bands import median_band
from tegum.plots.style import FAINT, INK, SERIES, drawing
from tegum.studies import core
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import extreme, median, number
from tegum.studies.geometry.interference.arrangements import (
    KINDS,
    largest_cosine,
    mean_cosine,
    random_count,
)
from tegum.studies.geometry.interference.measured import (
    DIRECTIONS,
    Config,
    blind,
    digons_gain,
    errors_of_chance,
    farthest,
    from_largest,
    from_welch,
    slope,
    triangles_over_mixed,
    two_active,
)

# --- claims -------------------------------------------------------------------------------------

NOTE = "the note: 1/√d against 1/d"
RANDOM_INSTEAD = controls.replaced(
    "random directions in the tegums' place",
    tegum_mean=lambda ds: ds.random_mean.isel(seed=0, drop=True) + 0 * ds.tegum_mean,
    tegum_rms=lambda ds: ds.random_rms.isel(seed=0, drop=True) + 0 * ds.tegum_rms,
    tegum_loss=lambda ds: ds.random_loss.isel(seed=0, drop=True) + 0 * ds.tegum_loss,
)
DOUBLED = controls.replaced("labels of twice the dimensions", dimension=lambda ds: 2 * ds.dimension)

CLAIMS = (
    Claim(
        "chance",
        "Random directions have the mean |cos| and mean cos² of the exact law, within {high} "
        "standard errors (the worst over d).",
        "Γ(d/2)/(√π Γ((d+1)/2)) and 1/d; 4.5 standard errors of ten numbers: 1 in 10 000",
        number(errors_of_chance),
        high=4.5,
        control=DOUBLED,
    ),
    Claim(
        "welch-met",
        "Tegums of one polytope have the least rms cos that n directions can, to {high}.",
        "Welch bound, met by tight frames; rounding",
        extreme(lambda ds: abs(from_welch(ds)), "greatest"),
        high=1e-9,
        control=RANDOM_INSTEAD,
    ),
    Claim(
        "random-mean",
        "Mean |cos| of random directions falls as a power of d between {low} and {high} (median).",
        f"{NOTE}; exact law: √(2/πd)",
        median(lambda ds: slope(ds.random_mean)),
        low=-0.6,
        high=-0.4,
        control=controls.replaced("tegums' rise", random_mean=lambda ds: 1 / ds.random_mean),
    ),
    Claim(
        "tegum-mean",
        "Mean |cos| of tegums falls as a power of d between {low} and {high} (the farthest kind).",
        f"{NOTE}; digons: 1/(n - 1)",
        number(lambda ds: farthest(slope(ds.tegum_mean), -1.0)),
        low=-1.1,
        high=-0.9,
        control=RANDOM_INSTEAD,
    ),
    Claim(
        "tegum-rms",
        "By the root mean square it falls no faster than random directions' does, as a power "
        "between {low} and {high} (the farthest kind).",
        "Welch bound at n/d fixed: 1/√d",
        number(lambda ds: farthest(slope(ds.tegum_rms), -0.5)),
        low=-0.6,
        high=-0.4,
        control=controls.replaced("means in its place", tegum_rms=lambda ds: ds.tegum_mean),
    ),
    Claim(
        "random-largest",
        "The largest |cos| of random directions is what their law says of so many pairs, within "
        "{high%} (median, worst d).",
        "Beta law of cos², pairs taken as independent; a tenth for what they are not",
        median(from_largest, 0.0),
        low=-0.1,
        high=0.1,
        control=DOUBLED,
    ),
    Claim(
        "one-active-is-blind",
        "With one active feature tegums of simplexes lose nothing, whichever: {high} at most.",
        "no two of their directions are at an acute angle",
        extreme(blind, "greatest"),
        high=1e-9,
        control=controls.exchanged("active", 1, 2, "two active features"),
    ),
    Claim(
        "tegums-win",
        "Digons lose less than as many random directions at every draw, d and law, by {low} or "
        "more of what there is to lose, whether one feature is active or two.",
        "exact: 1 - 1/(1 + (n-1)/2d), 0.48 at n = 12, against 1/(n-1) or less; a fifth is safe",
        extreme(digons_gain, "least"),
        low=0.2,
        control=RANDOM_INSTEAD,
    ),
    Claim(
        "two-active-fall",
        "With two active features what tegums of simplexes lose falls as a power of d between "
        "{low} and {high} (the farthest kind and law).",
        "exact: the two are of one simplex with chance (k-1)/(n-1)",
        number(lambda ds: farthest(two_active(ds), -1.0)),
        low=-1.1,
        high=-0.9,
        control=RANDOM_INSTEAD,
    ),
    Claim(
        "values-decide-uniform",
        "Two active features tell triangles from digons and singles, as many: for values uniform "
        "on [0, 1] triangles lose more, {low} times as much or more (least over d).",
        "exact: 3/8 against 1/3, so 9/8 at large d; halfway from 1, since lengths adapt at small d",
        extreme(lambda ds: triangles_over_mixed(ds).sel(law="unit"), "least"),
        low=1.0625,
        control=controls.exchanged("law", "one", "unit"),
    ),
    Claim(
        "values-decide-ones",
        "For values of 1 triangles lose less, {high} times as much or less (greatest over d).",
        "exact: 3/2 against 2, so 3/4 at large d; halfway to 1",
        extreme(lambda ds: triangles_over_mixed(ds).sel(law="one"), "greatest"),
        high=0.875,
        control=controls.exchanged("law", "one", "unit"),
    ),
    Claim(
        "note-mean",
        "Mean |cos| of random directions is 1/√d, as the note has it: √d times it between {low} "
        "and {high} (median, worst d).",
        "the note, read to the letter; 5 % is no theory",
        median(lambda ds: ds.random_mean * np.sqrt(ds.dimension), 1.0),
        low=0.95,
        high=1.05,
        kind="open",
    ),
)

# --- figures ------------------------------------------------------------------------------------

COLOURS = dict(zip(KINDS, (*SERIES[1:4], SERIES[4], SERIES[5]), strict=True))
RANDOM = SERIES[0]
LEVEL = 0.5
"""of |cos|: what triangles keep to"""


def _over_d(axis: Any, ds: xr.Dataset, of: str) -> None:
    for kind, colour in COLOURS.items():
        y = ds[f"tegum_{of}"].sel(kind=kind)
        axis.plot(ds.dimension, y, color=colour, marker="o", ms=3, lw=1.2, label=kind)
    y = ds[f"random_{of}"].transpose("dimension", "seed")
    look: dict[str, Any] = {"inner": 1.0, "marker": "o", "ms": 3}
    median_band(axis, ds.dimension, y, colour=RANDOM, label="random, n = 2d", **look)


def few_ticks(axis: Any) -> None:
    """One, two and five of each power of ten along a logarithmic y, written out."""
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:g}")


@core.takeaway(
    "Mean |cos| falls as d to the power [random-mean] for random directions (median), [tegum-mean] "
    "for tegums; root mean squares, the tegums' at [tegum-rms], fall alike."
)
def cosines(ds: xr.Dataset) -> core.Exhibit:
    d = ds.dimension.values
    with drawing(1, 4, width=9.8, height=3.2) as (figure, axes):
        for axis, of in zip(axes[0], ("mean", "rms", "largest"), strict=False):
            _over_d(axis, ds, of)
            axis.set(title={"mean": "mean |cos|", "rms": "rms cos"}.get(of, "largest |cos|"))
        theory = {"ls": "--", "label": "law of random directions"}
        marks.theory(axes[0, 0], d, [mean_cosine(int(each)) for each in d], **theory)
        marks.theory(axes[0, 1], d, d**-0.5, **theory)
        largest = [largest_cosine(2 * int(each), int(each)) for each in d]
        marks.theory(axes[0, 2], d, largest, **theory)
        axes[0, 3].plot(d, 1.5 * d, color=COLOURS["triangles"], marker="o", ms=3)
        marks.theory(axes[0, 3], d, [random_count(LEVEL, int(each)) for each in d], **theory)
        axes[0, 3].set(title=f"features with |cos| ≤ {LEVEL:g}")
        for axis in axes[0]:
            axis.set(xscale="log", yscale="log", xlabel="dimensions d")
            axis.set_xticks(d, labels=[str(each) for each in d])
            axis.minorticks_off()
        for axis in axes[0, [0, 1, 3]]:
            few_ticks(axis)
        axes[0, 2].set(yscale="linear", ylim=(0, 1.05))
        marks.legend_below(figure, axes, columns=4)
    names = [f"{kind}_{of}" for kind in ("tegum", "random") for of in ("mean", "rms", "largest")]
    return core.exhibit(
        figure,
        ds[[*names, "count", "welch"]],
        "|cos| over all pairs of n directions in d dimensions: tegum products, and 2d random "
        "directions (median over draws and their whole range). Right: how many directions keep "
        "all |cos| below a half: triangles, 3d/2, and random ones, whose number grows "
        "exponentially but is the greater only in many dimensions.",
    )


@core.takeaway(
    "Random directions lose more than digons at every draw, by [tegums-win] at least. One active "
    "feature sees [one-active-is-blind] of what simplexes lose; with two it falls as d to the "
    "power [two-active-fall] (the farthest)."
)
def lost(ds: xr.Dataset) -> core.Exhibit:
    titles = {(1, "one"): "one active", (2, "one"): "two active, values of 1"}
    titles |= {(2, "unit"): "two active, values in [0, 1]"}
    floor = 1e-3
    with drawing(1, 3, width=9.0, height=3.4, sharey=True) as (figure, axes):
        for axis, ((active, law), title) in zip(axes[0], titles.items(), strict=True):
            at = ds.sel(active=active, law=law)
            for k, (kind, colour) in enumerate(COLOURS.items()):
                y = at.tegum_loss.sel(kind=kind).values
                axis.plot(
                    ds.dimension,
                    np.where(y > floor / 2, y, floor / 1.35**k),
                    color=colour,
                    marker="o",
                    ms=3,
                    lw=1.2,
                    label=kind,
                )
            y = at.random_loss.transpose("dimension", "seed")
            look: dict[str, Any] = {"inner": 1.0, "marker": "o", "ms": 3}
            median_band(axis, ds.dimension, y, colour=RANDOM, label="random, n = 2d", **look)
            axis.set(xscale="log", yscale="log", xlabel="dimensions d", title=title)
            axis.set_xticks(ds.dimension.values, labels=[str(d) for d in ds.dimension.values])
            axis.minorticks_off()
            axis.axhline(1.25 * floor, color=FAINT, lw=0.8)
        axes[0, 0].text(ds.dimension.values[0], 1.4 * floor, "below: 0", fontsize=8, color=INK)
        axes[0, 0].set_ylabel("loss / loss of a model of zeros")
        marks.legend_below(figure, axes, columns=4)
    return core.exhibit(
        figure,
        ds[["tegum_loss", "random_loss"]],
        "Exact loss of ReLU(s ŴᵀŴ x) at its best s, without bias, over that of a model of zeros, "
        "when exactly one or two features are active. With one, values of 1 and uniform ones give "
        "the same; losses of 0 lie below the grey line. On the right digons and triangles all but "
        "coincide.",
    )


STUDY = core.Study(
    name="interference-scaling",
    group="toy-models",
    question="How does interference fall with dimension, for random directions and for tegum "
    "products, and are two active features needed to see it?",
    finding="By mean |cos| as d^[random-mean] (random) and d^[tegum-mean] (tegums); by rms both as "
    "1/√d. One active feature already tells tegums from random ([tegums-win] of all loss); only "
    "two tell simplexes apart, and then their values decide.",
    sources=("elhage2022",),
    measurements=(DIRECTIONS,),
    presets={
        "quick": Config(dimensions=(6, 12, 24, 48)),
        "default": Config(),
        "paper": Config(dimensions=(6, 12, 24, 48, 96, 192), seeds=40),
    },
    minutes={"quick": 0.1, "default": 0.7, "paper": 30},
    claims=CLAIMS,
    figures=(cosines, lost),
)
