"""feature-graph: features of equal importance fall apart into polytopes, until all hang together.

Every feature is a node, and two are joined where |Ŵ_i·Ŵ_j| > .15. If W is a tegum product, its
factors are the connected components of that graph: islands, each with dimensions of its own. It is
named by the polytope that its features come near to, up to rotation, reflection, permutation and
scale, if the relative distance (its residual) is at most .15; if not, it is unknown. That is less
than half the way between any two polytopes here with as many vertices, more than the .06 by which
the best square antiprism differs from the one that is a tight frame, and of random directions in
five dimensions or more fewer than one set in a hundred comes as near.

A square and an octahedron are digons at right angles, a triangular bipyramid is a triangle and a
digon (D = 2/3 three times, and 1/2 twice at its poles): as islands they are what they consist of.

Theory takes the best product of known polytopes (a Maxwell construction, `theory.maxwell`). It
holds as long as features are islands. Where these have grown together, trained models lose less
than any such product: what they learn there is one frame for all dimensions. Where features are
dense, below 1/(1 - S) = 2, islands are loose: at S = 0 any W with orthonormal rows is as good.
"""

import numpy as np
import xarray as xr

from tegum.analysis.nulls import chance_cdf
from tegum.studies import core
from tegum.studies.core import Claim, Derived, Measured, controls
from tegum.studies.core.measures import at, extreme, median, share
from tegum.studies.geometry.graph import figures
from tegum.studies.geometry.graph.islands import (
    EPS,
    JITTERED,
    UNEQUAL,
    as_predicted,
    at_fraction,
    far_beyond,
    from_plateau_on,
    holds_together,
    in_kind,
    in_named,
    joins_up,
    largest,
    neither_nor,
    over_polytopes,
)
from tegum.studies.geometry.uniform.controls import RANDOM
from tegum.studies.geometry.uniform.models import MODELS, PAPER, QUICK, Config, on_plateau

# --- claims -------------------------------------------------------------------------------------


def tenth_of_chance(ds: xr.Dataset, _: Measured) -> float:
    """A tenth of the share of random directions' |cos| between 2/3 and 4/3 of EPS."""
    low, high = chance_cdf(np.array([2, 4]) / 3 * EPS, ds.sizes["hidden"])
    return float(high - low) / 10


def nothing_kept(ds: xr.Dataset) -> xr.DataArray:
    return ds.sizes["feature"] * (ds.density / 3 - ds.density**2 / 4)


def of_digons(ds: xr.Dataset) -> xr.DataArray:
    return in_kind(ds, "digon")


MAXWELL = "Maxwell construction over known polytopes"
PLATEAU = {"density": on_plateau}
SUPERPOSED = {"density": from_plateau_on}
SPARSE = {"density": far_beyond}
PUBLISHED = "Elhage et al. 2022, feature geometry graph"

CLAIMS = (
    Claim(
        "digons-on-the-plateau",
        "Where D* sticks at 1/2 (1/(1 - S) from 2.2 to 3.5) features are islands of two: at least "
        "{low%} of those represented are in digons (mean over models, at the density with fewest).",
        f"{MAXWELL}: digons alone; 38 of 40 at four levels in the authors' notebook",
        share(at(of_digons, **PLATEAU), "least"),
        low=0.95,
        control=JITTERED,
    ),
    Claim(
        "islands-are-tiny-at-first",
        "There no island has more than {high} features (the greatest of all models).",
        "the largest of the polytopes named, an icosahedron; a reader of the source: tiny islands",
        extreme(at(largest, **PLATEAU), "greatest"),
        high=12,
        control=RANDOM,
    ),
    Claim(
        "joined-or-orthogonal",
        "There two features are joined or orthogonal: the share of pairs with |cos| between .1 and "
        ".2 is less than {high} (median over models, at the density with most).",
        "tegum product: 0; null: exact law of |cos| of random directions",
        median(at(neither_nor, **PLATEAU), "greatest"),
        high=Derived("a tenth of random directions'", tenth_of_chance),
        control=RANDOM,
    ),
    Claim(
        "names-tell-the-fraction",
        "There a feature in a polytope of k vertices in d dimensions has D_i = d/k, to half the "
        "distance of 2/5 and 3/8: {low%} or more of them (mean over models and densities).",
        "tight frames: D_i = d/k; 38 of 40 in the authors' notebook, to ± .01",
        share(at(at_fraction, **PLATEAU)),
        low=0.95,
        control=UNEQUAL,
    ),
    Claim(
        "islands-join-up",
        "At the sparsest density a greater share of features is in the largest island than "
        "anywhere on the plateau, in every model (share of models).",
        f"{PUBLISHED}: geometry grows more complex as features grow sparse",
        share(joins_up),
        low=1.0,
        control=RANDOM,
    ),
    Claim(
        "one-continent",
        "From 1/(1 - S) = 10 on one island holds {low%} or more of the features, even if only "
        "|cos| > .3 joins them (mean over models, at the density where it holds least).",
        "no theory: half is most of them",
        share(at(holds_together, **SPARSE), "least"),
        low=0.5,
        kind="open",
    ),
    Claim(
        "continents-beat-polytopes",
        "There models lose less than any tegum product of known polytopes can: the greatest exact "
        "loss over the least of these is below {high}.",
        f"{MAXWELL}, which bounds such products from below",
        extreme(at(over_polytopes, **SPARSE), "greatest"),
        high=1.0,
        control=controls.replaced(
            "models without any feature",
            loss=lambda ds: (
                0 * ds.loss + ds.sizes["feature"] * (ds.density / 3 - ds.density**2 / 4)
            ),
        ),
    ),
    Claim(
        "named-throughout",
        "From 1/(1 - S) = 2.2 on {low%} or more of represented features are in a polytope with a "
        "name (mean over models, at the density with fewest).",
        f"{PUBLISHED}: clusters that are solutions of the Thomson problem; half is no theory",
        share(at(in_named, **SUPERPOSED), "least"),
        low=0.5,
        kind="open",
    ),
    Claim(
        "as-maxwell",
        "From 1/(1 - S) = 2.2 on most represented features are in the polytope that most are in by "
        "theory, in every model at every density (share of models).",
        MAXWELL,
        share(at(as_predicted, **SUPERPOSED)),
        low=1.0,
        kind="open",
    ),
)

# --- figures ------------------------------------------------------------------------------------


@core.takeaway(
    "On the plateau [digons-on-the-plateau of represented features] are in digons, islands of two; "
    "from 1/(1 - S) = 10 on one island holds [one-continent of features]. (Each at its "
    "worst density.)"
)
def graphs(ds: xr.Dataset) -> core.Exhibit:
    figure, data = figures.graphs_over_density(ds)
    return core.exhibit(
        figure,
        data,
        "The graph of features, of one model at each of several densities, with how many features "
        f"are represented: a node for each, a line where |cos| > {EPS:g}, darker the greater it "
        "is. Each island stands apart, the largest first: small ones as the polytopes that they "
        "are, seen from where vertices hide each other least, others in the plane of their two "
        "widest directions. The colour is the polytope that gives the name.",
    )


@core.takeaway(
    "From 1/(1 - S) = 2.2 on most represented features are in the polytope of the best product of "
    "known ones in [as-maxwell of models], all densities counted; at the density with fewest, "
    "[named-throughout] are in any polytope."
)
def shares(ds: xr.Dataset) -> core.Exhibit:
    figure, data = figures.shares_over_density(ds)
    return core.exhibit(
        figure,
        data,
        "Left: what represented features are in; squares above, the polytope that most are in by "
        "the Maxwell construction over known polytopes. Middle: features in the island of the "
        "median feature with quartiles over features and models, and in the largest island. Right: "
        f"to how many others a feature is joined by |cos| > {EPS:g}; dashed, in the mean, were as "
        "many directions random.",
    )


@core.takeaway(
    "The name tells the fraction: in the polytopes on the plateau [names-tell-the-fraction of "
    "features] have D_i = d/k."
)
def zoo(ds: xr.Dataset) -> core.Exhibit:
    figure, data = figures.zoo(ds)
    return core.exhibit(
        figure,
        data,
        "Islands as they were learned, in their own span: of each polytope found, and of each "
        "number of features without a name, the one of least residual r, if it fits into three "
        "dimensions. Arrows are features, coloured by D_i, with their convex hull. Without an r: "
        "no polytope here has as many vertices.",
    )


STUDY = core.Study(
    name="feature-graph",
    group="toy-models",
    question="Do features of equal importance fall apart into small polytopes, and into which?",
    finding="At first: where D* sticks at 1/2, [digons-on-the-plateau of represented features] are "
    "in digons, at the worst density. From 1/(1 - S) = 10 on one island holds [one-continent of "
    "features], and loses {continents-beat-polytopes: less | not less} than any product of known "
    "polytopes.",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.2, "default": 1, "paper": 60},
    claims=CLAIMS,
    figures=(graphs, shares, zoo),
)
