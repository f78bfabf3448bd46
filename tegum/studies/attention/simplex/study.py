"""head-simplex: attended features lie inside ONE polytope of a tegum product. What are the singular
vectors then?

W is a balanced tegum product (`polytope`). There Σ W_k = 0 and d_i ∝ W_i, so Ω* is a multiple of
Σ t_ij W_i W_jᵀ at any density (`theory.optimal_heads`). Orthogonal vectors cannot be features with
a cosine c ≠ 0 between them (`theory.contrasts`):

    two equal pairs, c on both sides    slices are W_i ± W_j, with |cos| √((1±|c|)/2) to W_i, W_j;
                                        σ_2/σ_1 = (1-|c|)/(1+|c|)
    c on one side only                  σ_2/σ_1 = √((1-|c|)/(1+|c|)), the other side mixed at 45°
    all vertices, one to one            d equal σ that span the polytope's d dimensions, any basis
    all vertices to one target          nothing: Σ W_i = 0, Ω* = 0, L2 = E s²

Where W trains along, the last can be mended: with a weight λ of the head's loss large enough two
features attended alike leave their antipodal pair and become parallel, at the cost of
reconstruction. For sparse features merging pays from λ p = 16/27 ("count") or 3 ("product")
(`theory.merging`).
"""

from functools import partial
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
import xarray as xr

from tegum.plots import marks
from tegum.plots.bands import SHADED, median_band
from tegum.plots.dots import dots_by_case
from tegum.plots.style import BLUE, GREEN, INK, ORANGE, RED, SERIES, drawing
from tegum.plots.zoo import polytope_with_axes
from tegum.studies import core, populations
from tegum.studies.attention.simplex import alike, polytope
from tegum.studies.attention.simplex.polytope import (
    ALL_TO_ONE,
    CASES,
    MATCHED,
    ONE_TO_ONE,
    predicted,
)
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import at, median, share
from tegum.theory import contrasts as theory
from tegum.theory.merging import merging_pays
from tegum.theory.polytopes import vertices


class Config(polytope.PolytopeConfig, alike.AlikeConfig):
    """Heads that attend inside one polytope, and bottlenecks that train along with them."""

    targets: tuple[Literal["count", "product"], ...] = ("count", "product")
    """what heads are asked: how many pairs are present, or the sum of their products"""
    lams: tuple[core.Unsigned, ...] = (1.0, 6.0, 20.0, 60.0, 200.0, 600.0)
    """λ, weight of the head's loss beside the reconstruction loss, which is summed over features"""

    cases: ClassVar = tuple(CASES)
    weights: ClassVar = (1.0, 0.75, 0.5, 0.25, 0.1)
    polytopes: ClassVar = ("digon", "triangle", "tetrahedron", "pentagon")
    questions: ClassVar = (ONE_TO_ONE, ALL_TO_ONE)


WHOLE_AXES = {"polytope": "polytopes", "question": "questions", "target": "targets"}
INSIDE = core.Measurement(
    "inside-polytopes",
    version=1,
    parts=(
        core.Part(polytope.two_pairs, polytope.PAIRED, case="cases", target="targets"),
        core.Part(polytope.graded, polytope.GRADED, weight="weights", target="targets"),
        core.Part(polytope.whole, polytope.WHOLE, **WHOLE_AXES),
        core.Part(alike.joint, alike.JOINT, lam="lams", target="targets"),
    ),
)

# --- claims -------------------------------------------------------------------------------------

ASKED = "precision asked of training"
CONTRASTS = f"theory: the singular vectors of Σ W_i W_jᵀ; {ASKED}"
FRAME = f"theory: Σ W_i W'_iᵀ is a multiple of an isometry in a tight frame; {ASKED}"
STATES = f"theory: the two states' losses for sparse features; {ASKED}"
ONE_TARGET = controls.exchanged("question", ONE_TO_ONE, ALL_TO_ONE, "vertices all to one target")
OTHER_LAM = controls.reversed_along("lam", "heavy heads for light ones")

CLAIMS = (
    Claim(
        "cosines-of-contrasts",
        "For two equal pairs inside one polytope the slices have |cos| √((1±|c|)/2) with either "
        "feature, and √1/2 on a side whose two features are orthogonal (median to {high}).",
        CONTRASTS,
        median(polytope.cosine_error, "greatest"),
        high=0.02,
        control=controls.shuffled("cosine", "case", "cosines of other polytopes"),
    ),
    Claim(
        "slices-are-contrasts",
        "The slices ARE the difference and the sum of the two features, the larger of these first "
        "(median |cos| at least {low}).",
        CONTRASTS,
        median(polytope.contrast_found, "least"),
        low=0.98,
        control=controls.exchanged("of", "difference", "sum"),
    ),
    Claim(
        "sigma-ratio",
        "σ_2/σ_1 is (1-|c|)/(1+|c|): 0 in a digon, 1/3 in a triangle, 1/2 in a tetrahedron, 0.53 "
        "and 0.11 in a pentagon; its root where only one side has c (median to {high}).",
        CONTRASTS,
        median(polytope.ratio_error, "greatest"),
        high=0.02,
        control=controls.shuffled("sigma_ratio", "case", "values of other polytopes"),
    ),
    Claim(
        "full-polytope-isometry",
        "All vertices one to one: as many equal σ as the polytope has dimensions, and no more (the "
        "least of these exceeds all others by {low} σ_1, median).",
        FRAME,
        median(polytope.isometry, "least"),
        low=0.98,
        control=ONE_TARGET,
    ),
    Claim(
        "full-polytope-spanned",
        "Those slices span the polytope (energy of its worst vertex, median, at least {low}).",
        FRAME,
        median(at(lambda ds: ds.span, question=ONE_TO_ONE), "least"),
        low=0.98,
        control=ONE_TARGET,
    ),
    Claim(
        "full-polytope-free-basis",
        "Within it they are any basis: a vertex's best slice aligns as chance does there, to "
        "{high} standard errors.",
        "null: the largest of d coordinates of a random direction",
        share(polytope.from_chance, 0.0, note="mean over seeds, in standard errors from chance"),
        low=-4,
        high=4,
        control=ONE_TARGET,
    ),
    Claim(
        "all-to-one-cancels",
        "All vertices of a polytope to one target: there is nothing to learn, L2 stays at E s² "
        "(median of L2 / E s² at least {low}).",
        f"theory: Σ W_i = 0, so Ω* = 0; {ASKED}",
        median(at(lambda ds: ds.unexplained, question=ALL_TO_ONE), "least"),
        low=0.999,
        control=controls.exchanged("question", ONE_TO_ONE, ALL_TO_ONE, "vertices one to one"),
    ),
    Claim(
        "no-merging-below",
        "In joint training two features attended alike do not become parallel while merging costs "
        "more than it gives, λ p below 0.59 ('count') or 3 ('product') (share at most {high}).",
        STATES,
        share(alike.merged_unpaid, "greatest", note=alike.merged_shares),
        high=0.05,
        control=OTHER_LAM,
    ),
    Claim(
        "merging-above",
        "From ten times that on they do, from cos -1 to above 0.9 (share at least {low}).",
        f"{STATES}; ten times, so that the antipodal start is no longer a local minimum",
        share(alike.merged_paid, "least", note=alike.merged_shares),
        low=0.9,
        control=OTHER_LAM,
    ),
    Claim(
        "merged-halves",
        "Merged features have leverage 1/2 each (median to {high}).",
        "theory: two equal parallel features share one dimension",
        median(alike.from_half, over=("seed", "target", "lam"), note=alike.evicted),
        high=0.05,
        control=controls.reversed_along("feature", "the target and its antipode for them"),
    ),
    Claim(
        "slices-are-features",
        "Inside a polytope singular vectors are the features themselves (median |cos| ≥ {low}).",
        "the naive expectation; fails: orthogonal vectors cannot be, and the head's are contrasts",
        median(
            at(lambda ds: ds.achieved, case=lambda name: np.isin(name, MATCHED)),
            "greatest",
            over=("seed", "target"),
            note=polytope.ceilings,
        ),
        low=0.95,
        kind="open",
    ),
    Claim(
        "graded-weights-mend",
        "Distinct weights mend it: at weights 1 and 1/2 each slice is its feature in a triangle "
        "(median |cos| of the worse at least {low}).",
        "the naive expectation; fails: weights turn the contrasts, the slices stay orthogonal",
        median(at(lambda ds: ds.graded, weight=0.5), "least", over=("seed", "side", "target")),
        low=0.95,
        kind="open",
    ),
    Claim(
        "attention-orthogonalises",
        "Heads make attended features orthogonal: |cos| between the two falls below {high} at the "
        "largest λ (median).",
        "the hypothesis as first stated; fails where both are attended alike: they become parallel",
        median(lambda ds: abs(ds.between.sel(lam=ds.lam.max())), over=("seed", "target")),
        high=0.3,
        kind="open",
    ),
    populations.gap_claim(
        "those with the lightest head", lambda ds: ds.gap_to_best.sel(lam=ds.lam.min())
    ),
)

# --- figures ------------------------------------------------------------------------------------


def geometry_zoo(ds: xr.Dataset) -> core.Exhibit:
    shown = ["digon", *MATCHED]
    one = ds.isel(target=0, drop=True).sel(case=shown).dropna("seed", subset=["own"], how="all")
    with drawing(1, len(shown), width=1.95 * len(shown), height=2.5) as (figure, axes):
        for axis, name in zip(axes[0], shown, strict=True):
            case, ratio = CASES[name], float(one.sigma_ratio.sel(case=name).median())
            v, (dashed, there) = vertices(case.polytope), polytope.contrast_axes(case)
            u = one.own.isel(seed=0).sel(case=name).values[: len(v), there]
            polytope_with_axes(axis, v, u, dashed, attended=case.attended)
            axis.set_title(f"{name}\nσ_2/σ_1 = {ratio:.3f}")
    return core.exhibit(
        figure,
        one[["own", "sigma_ratio"]],
        "Two equal pairs inside one polytope (bold: the attended vertices, of the left side). "
        "Coloured axes: the first (blue) and second (orange) singular vector of one trained head, "
        "in the polytope's own space. Dashed: the predicted contrasts, difference and sum of the "
        "two. The tetrahedron is seen from aside. Median σ_2/σ_1.",
    )


def contrasts(ds: xr.Dataset) -> core.Exhibit:
    found, expected = ds.cosine.mean("member"), predicted("contrast_cosines", "side", "slice")
    slices = partial(dots_by_case, series="slice", names="slice {}, trained".format, turned=40)
    with drawing(1, 3, width=9.6, height=3.6, sharey=True) as (figure, axes):
        for axis, side in zip(axes[0], ds.side.values, strict=False):
            wanted = expected.sel(side=side)
            shown = found.sel(side=side).where(wanted.notnull())
            slices(axis, "case", shown, wanted)
            axis.set(title=f"{side} side", ylim=(-0.04, 1.05))
        ratios = partial(dots_by_case, colours=(GREEN,), turned=40)
        ratios(axes[0, 2], "case", ds.sigma_ratio, predicted("sigma_ratio"))
        axes[0, 0].set_ylabel("|cos| with an attended feature")
        axes[0, 2].set(title="both sides", ylabel="σ_2 / σ_1")
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        ds[["cosine", "sigma_ratio"]],
        "Slices of trained heads and the predicted contrasts, two equal pairs inside one polytope; "
        "'to two': the right features lie in different digons. A digon on either side leaves one "
        "slice only. Dots: seeds.",
    )


def ceiling(ds: xr.Dataset) -> core.Exhibit:
    c, weights = np.linspace(-1, 1, 201), np.linspace(0.02, 1, 99)
    with drawing(1, 2, width=7.6, height=3.9) as (figure, axes):
        left, right = axes[0]
        most = [theory.ceiling(k) for k in c]
        marks.theory(left, c, most, label="most that orthogonal vectors can")
        mean = [theory.mean_cosine(k) for k in c]
        marks.theory(left, c, mean, label="predicted", ls="--")
        for colour, name in zip(SERIES[2:], MATCHED, strict=True):  # in a digon slice 2 is free
            at_c, middle = CASES[name].cosines[0], float(ds.achieved.sel(case=name).median())
            left.plot(at_c, middle, "o", ms=4, color=colour, label=name, zorder=4)
        label = "|cos| of matched slices, mean"
        left.set(xlabel="cosine c of the two attended features", ylabel=label)
        left.set(title="two equal pairs", ylim=(0.3, 1.03))
        for colour, k in zip((BLUE, ORANGE), ds.slice.values, strict=True):
            own = ds.graded.sel(slice=k).transpose("weight", ...)
            rows = own.values.reshape(len(own), -1)
            median_band(right, own.weight, rows, colour=colour, label=f"slice {k}", marker=".")
        lines = [theory.graded_cosines(-0.5, t) for t in weights]
        marks.theory(right, weights, lines, label="predicted", ls="--")
        label = "|cos| of slice k with feature k"
        right.set(xlabel="weight of pair 2, that of pair 1 is 1", ylabel=label)
        right.set(title="triangle, two weights", ylim=(0.3, 1.03))
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        pd.concat([ds[name].to_dataframe().reset_index() for name in ("achieved", "graded")]),
        "Left: how near orthogonal slices come to two features at cosine c, trained (dots: median "
        "over seeds), what the contrasts give and the most that any basis can. Right: unequal "
        f"weights turn the slices, they do not make them features; {SHADED}.",
    )


def whole_polytopes(ds: xr.Dataset) -> core.Exhibit:
    sigma = ds.sigma.sel(question=ONE_TO_ONE).median(("seed", "target"))
    with drawing(1, 2, width=7.6, height=3.2) as (figure, axes):
        left, right = axes[0]
        for marker, name in zip("os^x", ds.polytope.values, strict=True):
            style = {"marker": marker, "ms": 5, "mfc": "none", "label": name}
            left.plot(ds.k, sigma.sel(polytope=name), color=INK, lw=0.8, **style)
        left.set(xlabel="slice k", ylabel="σ_k / σ_1", ylim=(-0.05, 1.08), title=ONE_TO_ONE)
        left.set_xticks(ds.k.values)
        rows = ds.unexplained.stack(asked=("question", "target"))
        dots_by_case(right, "polytope", rows, series="asked", names=", ".join)
        right.axhline(1, color=INK, ls="--", lw=1, label="the head Ω = 0")
        right.set(ylabel="L2 / E s²", ylim=(0, 1.1), title="what is left to explain")
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        ds[["sigma", "unexplained"]],
        "All vertices of a polytope. Left, one to one with another's: as many equal singular "
        "values as it has dimensions (medians). Right: asked for one target alike, vertices "
        "cancel, and no head explains anything.",
    )


CURVES = {
    "leverage of the two, mean": (BLUE, lambda ds: ds.leverage[..., :2].mean("feature")),
    "leverage of their target": (GREEN, lambda ds: ds.leverage[..., 2]),
    "length of the target's antipode": (RED, lambda ds: ds.norm[..., 3]),
}


def merging(ds: xr.Dataset) -> core.Exhibit:
    p, count = core.config_in(ds)["joint_density"], ds.sizes["target"]
    with drawing(2, count, width=3.4 * count + 1.2, height=5.2, sharex=True, sharey="row") as sheet:
        figure, axes = sheet
        for (above, below), target in zip(axes.T, ds.target.values, strict=True):
            one = ds.sel(target=target).transpose("lam", "seed", ...)
            spread = np.exp(np.linspace(-0.12, 0.12, one.sizes["seed"]))
            x = np.multiply.outer(one.lam.values, spread).ravel()
            above.plot(x, one.between.values.ravel(), ".", ms=4, alpha=0.6, color=BLUE)
            above.set(title=f"asked: {target}", ylim=(-1.15, 1.15))
            for label, (colour, reading) in CURVES.items():
                median_band(below, one.lam, reading(one), colour=colour, label=label, marker=".")
            for axis in (above, below):
                pays = merging_pays(str(target)) / p
                axis.axvline(pays, color=INK, ls="--", lw=0.8, label="merging pays")
            below.set(xscale="log", xlabel="λ", ylim=(-0.05, 1.15))
        axes[0, 0].set_ylabel("cos(W_0, W_1)")
        axes[1, 0].set_ylabel("leverage, length")
        marks.legend_below(figure, axes, columns=2)
    return core.exhibit(
        figure,
        ds[["between", "leverage", "norm"]],
        f"Joint training from two digons (n = 4, m = 2, S = {1 - p:.3g}): both members of one "
        "digon are asked for with the same target. Above: the angle between them, one dot a seed. "
        f"Below: {SHADED}. Dashed: from there on merged features have the lower loss. Just above "
        "it some stop half-way, near the -1/2 of a triangle.",
    )


QUICK = Config(targets=("count",), seeds=5, lams=(1.0, 600.0), steps=2000, batch=256)

STUDY = core.Study(
    name="head-simplex",
    group="attention-head",
    question="When attended features lie inside one polytope, what are the singular vectors, and "
    "what does W do?",
    finding="They are contrasts, the difference and the sum of the two (median |cos| "
    "[slices-are-contrasts]): orthogonal vectors cannot be features that are not. Under a "
    "heavy head features attended alike become parallel, in a share [merging-above].",
    sources=("franco2026", "elhage2022"),
    measurements=(INSIDE,),
    presets={"quick": QUICK, "default": Config(), "paper": Config(n_hidden=50, seeds=100)},
    minutes={"quick": 0.12, "default": 0.4, "paper": 4},
    claims=CLAIMS,
    figures=(geometry_zoo, contrasts, ceiling, whole_polytopes, merging),
)
