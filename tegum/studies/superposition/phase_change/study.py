"""phase-change: as features grow sparse, does the last get a direction at once or by degrees?

n = 2 features share m = 1 dimension, or n = 3 share m = 2. The last has importance r, the others 1;
all have density p = 1 - S. The last feature ends in one of three ways: not learned (‖W_n‖ < 1/2),
dedicated (a direction of its own) or superposed (a direction that it shares with features which are
learned too). Three maps over (r, p) are compared:

- sampled: ten models a point, as in the source, each ending known by its exact population loss;
- exact: the least exact loss over all W and b, by descent from every kind of start;
- candidate: the best of a few models with unit columns, and no bias where learned. For n = 2 its
  boundary is simple: dedicated costs q (p/3 - p²/4) with q = min(1, r), an antipodal pair
  (1 + r) p²/6, so p° = 4 q / (2 (1 + r) + 3 q).

With W and b free the boundary p* moves away from p°: 0.728 against 0.533 at r = 0.8, 0.376 against
0.343 at r = 0.3, 0.1023 against 0.0889 at r = 0.05. For 0.57 < r < 0.90 the last feature fades in
there, elsewhere its length jumps. The sign of W never counts: at S = 0 an aligned pair and an
antipodal one are the same model up to a shift of biases.

Two features that begin on the same side of one dimension seldom come apart: many models end without
the last feature where the optimum has it, here and there all of a point's. So boundaries are read
off the best models, and lie where the fewest places are exceptions. Where the feature fades in, the
loss is flat to fourth order in its length, so that short trainings lag behind the optimum there.
"""

from typing import Any, Literal

import numpy as np
import xarray as xr

from tegum.plots.outcomes import outcome_maps
from tegum.plots.panels import Curves, curves_in_rows
from tegum.plots.style import BLUE, FAINT, INK, ORANGE, RED
from tegum.studies import core
from tegum.studies.core import Claim, Derived, controls
from tegum.studies.core.measures import COIN, Measure, Reading, extreme, share
from tegum.studies.superposition.phase_change.last_feature import (
    MODELS,
    OUTCOMES,
    Lines,
    Maps,
    best,
    boundaries,
    greatest_step,
    length,
    listed,
    shares,
    step_at_onset,
)


class Config(Maps, Lines):
    """Maps of importance and density, and lines of density at chosen importances."""


# --- readings -----------------------------------------------------------------------------------

STEP = 0.4
"""of ‖W_n‖ in a cell: midway between a jump in theory (0.6 and more) and fading (0.2)"""


FADED = 1.042
"""ratio of densities at most, over all r that fade in, from p* to an optimum of length 0.15"""


def cells(ds: xr.Dataset, one: xr.DataArray, other: xr.DataArray) -> xr.DataArray:
    return abs(np.log(one / other)) / np.log(core.config_in(ds)["cell"])


def half_a_cell_and_fading(ds: xr.Dataset, _: core.Measured) -> float:
    return 0.5 + float(np.log(FADED) / np.log(core.config_in(ds)["cell"]))


def sampled_from(ds: xr.Dataset, other: str) -> xr.DataArray:
    """Cells between the sampled boundary and another one."""
    found = boundaries(ds)
    return cells(ds, found["sampled"], found[other])


def steps(ds: xr.Dataset, fading: bool) -> xr.DataArray:
    """How far ‖W_n‖ of the best models steps where it appears, on lines that fade in or jump."""
    return step_at_onset(length(ds)).where(ds.line_fades_in == float(fading))


def second_jump(ds: xr.Dataset, norm: xr.DataArray) -> xr.DataArray:
    """The greatest step of ‖W_n‖ along the line of the greatest r that fades in."""
    return greatest_step(norm).where(ds.line == ds.line.where(ds.line_fades_in == 1).max())


def half_of_exact(ds: xr.Dataset, _: core.Measured) -> float:
    return float(second_jump(ds, ds.line_exact_norm).max() / 2)


def evenly(ds: xr.Dataset) -> xr.DataArray:
    """Sampled lengths that rise from 0 to their greatest in equal steps."""
    return ds.line_sampled_norm.max() * ds.place / ds.place.max() + 0 * ds.line_sampled_norm


def unequal(ds: xr.Dataset, r: str = "importance") -> xr.DataArray:
    """Where features differ; at r = 1 chance decides which of them is left out."""
    return abs(ds[r] - 1) > 1e-9


def sides_with_exact(ds: xr.Dataset) -> xr.DataArray:
    """Whether the best sampled model ends as the exact optimum does, not as the candidate.

    At points of maps and lines, r = 1 aside, where those two differ and it is one of them.
    """
    told = []
    for prefix, r in (("", "importance"), ("line_", "line")):
        outcome = best(ds, prefix)[f"{prefix}sampled_outcome"]
        kinds = ("exact", "candidate")
        exact, candidate = (outcome == ds[f"{prefix}{kind}_outcome"] for kind in kinds)
        told.append(exact.where((exact != candidate) & unequal(ds, r)).values.ravel())
    points = xr.DataArray(np.concatenate(told).astype(float), dims="seed")
    known = points.dropna("seed")
    return known if known.size else points


def share_at_exact(ds: xr.Dataset) -> xr.DataArray:
    """Mean over a map of the share of models that end in the exact optimum's outcome."""
    at_exact = sum(shares(ds).isel(outcome=k) * (ds.exact_outcome == k) for k in range(3))
    return at_exact.where(unequal(ds)).mean(("importance", "density"))


def mirror_error(ds: xr.Dataset) -> xr.DataArray:
    """Relative deviation from L(1/r) = L(r) / r, n = 2."""
    loss = ds.exact_loss.sel(n_features=2)
    mirrored = loss.isel(importance=slice(None, None, -1)).assign_coords(importance=ds.importance)
    return abs(loss / (mirrored * ds.importance) - 1)


def gaps(ds: xr.Dataset, prefix: str = "") -> xr.DataArray:
    """The best sampled model's exact loss over the exact map's, less 1."""
    return ds[f"{prefix}sampled_loss"].min("seed") / ds[f"{prefix}exact_loss"] - 1


def all_gaps(ds: xr.Dataset) -> xr.DataArray:
    every = [gaps(ds).values.ravel(), gaps(ds, "line_").values.ravel()]
    return xr.DataArray(np.concatenate(every), dims="point")


# --- claims -------------------------------------------------------------------------------------


def worst(reading: Reading, which: Literal["least", "greatest"]) -> Measure:
    return extreme(reading, which, note=listed(reading))


FREE = "least exact loss over free W and b"
BY_HAND = controls.replaced(
    "the candidates in the exact optimum's place",
    line_exact_norm=lambda ds: ds.line_candidate_norm,
    exact_loss=lambda ds: ds.candidate_loss,
)
EXCHANGED = controls.replaced("the other lines", line_fades_in=lambda ds: 1 - ds.line_fades_in)

CLAIMS = (
    Claim(
        "exact-onset",
        "Along each line the exact optimum takes up the last feature at p*, within {high} (the "
        "worst line, in cells; where it fades in it is 0.15 long only 4.2 % further on).",
        "p* for free W and b: 0.727650, 0.375686, 0.102286 at r = 0.8, 0.3, 0.05",
        worst(lambda ds: cells(ds, boundaries(ds)["exact"], ds.line_boundary), "greatest"),
        high=Derived("half a cell and 4.2 %", half_a_cell_and_fading),
        control=BY_HAND,
    ),
    Claim(
        "trained-follows-free",
        "The sampled boundary (best of a point's models, with fewest exceptions) is the exact "
        "optimum's to within one grid cell, on the worst line.",
        FREE,
        worst(lambda ds: sampled_from(ds, "exact"), "greatest"),
        high=1.01,
        control=BY_HAND,
    ),
    Claim(
        "trained-leaves-candidate",
        "The candidate boundary p° = 4q/(2(1+r)+3q) is more than one grid cell from the sampled "
        "one, on the worst line.",
        "free theory, which puts p* 2.3 cells of 4 % or more from p°",
        worst(lambda ds: sampled_from(ds, "candidate"), "least"),
        low=1.01,
        control=controls.replaced(
            "the candidates in the sampled models' place",
            line_sampled_norm=lambda ds: ds.line_candidate_norm + 0 * ds.line_sampled_norm,
        ),
    ),
    Claim(
        "jumps-where-less-important",
        "Where theory has it jump (not 0.57 < r < 0.90) the last feature appears at once: its "
        "length steps by {low} or more in a cell (at most one from there, on the worst line).",
        "free theory: from 0 to 0.72 at r = 0.3, to 0.61 at r = 0.05; 0.4 is midway to fading",
        worst(lambda ds: steps(ds, fading=False), "least"),
        low=STEP,
        control=EXCHANGED,
    ),
    Claim(
        "fades-where-as-important",
        "Where 0.57 < r < 0.90 it fades in: its length steps by {high} or less in any cell where "
        "it appears (at most one from there, on the worst line).",
        "free theory: from 0 as a square root, 0.16 in a cell of 4 %; 0.4 is midway to a jump",
        worst(lambda ds: steps(ds, fading=True), "greatest"),
        high=STEP,
        control=EXCHANGED,
    ),
    Claim(
        "jumps-after-fading",
        "What fades in jumps further on: at the greatest r that fades in, the sampled models' "
        "length (medians of three places) steps by {low} in one cell.",
        "exact optimum along the line: two minima that both hold the feature cross",
        worst(lambda ds: second_jump(ds, length(ds)), "greatest"),
        low=Derived("at least half of the exact optimum's greatest step", half_of_exact),
        control=controls.replaced("lengths that rise evenly", line_sampled_norm=evenly),
    ),
    Claim(
        "map-agrees-with-exact",
        "Where the exact and the candidate outcome differ, r = 1 aside, the sampled one (best of "
        "a point's models) is the exact one, at more points of maps and lines than {low}.",
        f"{FREE}; null: fair coin between the two theories",
        share(sides_with_exact),
        low=COIN,
        control=controls.replaced(
            "exact and candidate outcomes exchanged",
            exact_outcome=lambda ds: ds.candidate_outcome,
            candidate_outcome=lambda ds: ds.exact_outcome,
            line_exact_outcome=lambda ds: ds.line_candidate_outcome,
            line_candidate_outcome=lambda ds: ds.line_exact_outcome,
        ),
    ),
    Claim(
        "all-models-agree-with-exact",
        "The published average agrees too: of a point's models without the worst, {low%} end in "
        "the exact optimum's outcome (mean over the worse map). (Two features that begin on the "
        "same side of one dimension seldom come apart.)",
        "Elhage et al. 2022: ten models, the worst dropped; nine tenths is no theory",
        worst(share_at_exact, "least"),
        low=0.9,
        kind="open",
    ),
    Claim(
        "mirror",
        "The exact map of n = 2 is the same at r and 1/r, losses times r (within {high}).",
        "exchanging the two features; precision asked of the descents",
        extreme(mirror_error, "greatest"),
        high=1e-6,
        control=controls.exchanged("n_features", 2, 3, "n = 3, where two features have 1"),
    ),
    Claim(
        "none-below-the-exact-map",
        "No sampled model has a lower exact loss than the best known one at its point (least "
        "relative gap, to rounding).",
        "the exact map is a minimum over many descents",
        extreme(all_gaps, "least", note=lambda ds: f"median {float(all_gaps(ds).median()):.2g}"),
        low=-1e-6,
        control=BY_HAND,
    ),
)

# --- figures ------------------------------------------------------------------------------------

DOTS = {"color": BLUE, "marker": "o", "ms": 3.5, "ls": ""}
OUTCOME_COLOURS = dict(zip(OUTCOMES, ("#f4f1ea", ORANGE, BLUE), strict=True))
DIFFERENCES = {"same": "#f5f5f5", "candidate differs": FAINT, "best sampled differs": RED}
NORMS: Curves = {
    "sampled_norm": ("every sampled model", {"color": FAINT, "marker": ".", "ms": 2.5, "ls": ""}),
    "exact_norm": ("exact optimum", {"color": INK}),
    "best_sampled_norm": ("best sampled", DOTS),
}
LOSSES: Curves = {
    "pair_loss": ("descended from a pair", {"color": FAINT, "lw": 1}),
    "exact_loss": ("exact optimum", {"color": INK}),
    "candidate_loss": ("candidate", {"color": ORANGE, "ls": "--"}),
    "best_sampled_loss": ("best sampled", DOTS),
}


@core.takeaway(
    "Where exact optimum and candidate differ, here or along the lines, the best sampled model "
    "sides with the exact one at [map-agrees-with-exact of points]; on the map where fewest do, "
    "[all-models-agree-with-exact of models] but for each point's worst end as the exact optimum."
)
def maps(ds: xr.Dataset) -> core.Exhibit:
    kinds = {"exact": ds.exact_outcome, "candidate": ds.candidate_outcome}
    kinds |= {"best sampled": best(ds).sampled_outcome}
    seen = unequal(ds) & kinds["best sampled"].notnull()
    differs = {name: (of != kinds["exact"]) & seen for name, of in kinds.items()}
    against = xr.where(differs["best sampled"], 2, xr.where(differs["candidate"], 1, 0))
    kept = shares(ds).rename("share")
    pictures = {"sampled, mean of all\nbut the worst": (kept, OUTCOME_COLOURS)}
    pictures |= {name: (of, OUTCOME_COLOURS) for name, of in kinds.items()}
    pictures |= {"against the exact map": (against, DIFFERENCES)}
    shown = xr.Dataset({**{k.replace(" ", "_"): v for k, v in kinds.items()}, "gap": gaps(ds)})
    names = [f"share_{name.replace(' ', '_')}" for name in OUTCOMES]
    each = {name: kept.isel(outcome=k) for k, name in enumerate(names)}
    return core.exhibit(
        outcome_maps(
            pictures,
            row="n_features",
            x=("importance", "importance r"),
            y=("density", "density = 1 - S"),
            names=lambda n: f"n = {n}, m = {n - 1}",
        ),
        shown.assign(each),
        "What becomes of the last of n features in m dimensions, of importance r where the others "
        "have 1. From the left: sampled models, colours mixed over all of a point's but the worst; "
        "the exact optimum; the best of the candidates, models of unit columns; the sampled model "
        "of least exact loss; and where the candidate (grey) or the best sampled model (red) "
        "differs from the exact optimum. At r = 1 the features are alike, which of them is left "
        "out is chance, and differences are not shown.",
    )


@core.takeaway(
    "In grid cells, the best sampled models take up the last feature [trained-follows-free] from "
    "where the exact optimum does (on the farthest line), and [trained-leaves-candidate] from "
    "where the candidate does (on its nearest line)."
)
def lines(ds: xr.Dataset) -> core.Exhibit:
    chosen = best(ds, "line_")
    without = np.minimum(1, ds.line) * (ds.line_density / 3 - ds.line_density**2 / 4)
    kinds = {"pair": ds.line_pair_loss, "exact": ds.line_exact_loss}
    kinds |= {"candidate": ds.line_candidate_loss, "best_sampled": chosen.line_sampled_loss}
    losses = {f"{kind}_loss": loss / without for kind, loss in kinds.items()}
    norms = {"exact_norm": ds.line_exact_norm, "sampled_norm": ds.line_sampled_norm}
    norms |= {"best_sampled_norm": chosen.line_sampled_norm}
    shown = xr.Dataset({"density": ds.line_density, **norms, **losses})
    marks = boundaries(ds)
    return core.exhibit(
        curves_in_rows(
            shown,
            {"‖W‖ of the last feature": NORMS, "exact loss / loss without it": LOSSES},
            x=("density", "density = 1 - S"),
            panel="line",
            names=lambda r: f"r = {r:g}",
            verticals={INK: marks["exact"], ORANGE: marks["candidate"]},
        ),
        shown.drop_vars("sampled_norm"),
        "Two features in one dimension, sparser to the right; a grid cell is a step from dot to "
        "dot. Top: length of the less important one; grey, every sampled model; blue, the one of "
        "least exact loss. Bottom: exact losses over that of a model without it; grey, the exact "
        "loss descended from an antipodal pair, elsewhere under the black line. Dotted: the "
        "boundary of the exact optimum (black) and of the candidates (orange). A blue dot may lie "
        "off the line in length where losses are all but equal; where its loss is far off as well, "
        "all models at that place ended without the feature.",
    )


QUICK = Config(points=8, models=8, steps=2000, line_points=16)
"""the fewest points at which enough of them lie between the two theories; lines as in default,
since shorter trainings lag behind where the feature fades in"""
LONG: dict[str, Any] = {"steps": 10_000, "line_steps": 10_000, "batch": 1024, "line_batch": 1024}
PAPER = Config(points=41, line_points=48, cell=1.02, **LONG)

STUDY = core.Study(
    name="phase-change",
    group="toy-models",
    question="As features grow sparse, where is the last taken up, and at once or by degrees?",
    finding="In grid cells, the best trained models take up the last feature "
    "[trained-follows-free] from where exact theory for free weights says (on the farthest line), "
    "and [trained-leaves-candidate] from where the published candidate does (on its nearest line).",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.4, "default": 1, "paper": 40},
    claims=CLAIMS,
    figures=(maps, lines),
)
