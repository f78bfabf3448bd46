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
(`theory.merging`). The way there leads past a saddle, so just above that λ training stops half-way,
and of very many trainings under a heavy head a few are still under way when the steps are over.
"""

from typing import ClassVar, Literal

import numpy as np

from tegum.studies import core, populations
from tegum.studies.attention.simplex import alike, polytope
from tegum.studies.attention.simplex.figures import FIGURES
from tegum.studies.attention.simplex.polytope import (
    ALL_TO_ONE,
    CASES,
    MATCHED,
    ONE_TO_ONE,
)
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import at, median, share


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
        "feature, and √1/2 on a side whose two features are orthogonal, to within {high} (median "
        "over seeds, worst setting).",
        CONTRASTS,
        median(polytope.cosine_error, "greatest"),
        high=0.02,
        control=controls.shuffled("cosine", "case", "cosines of other polytopes"),
    ),
    Claim(
        "slices-are-contrasts",
        "The slices ARE the difference and the sum of the two features, the larger of these first "
        "(|cos| at least {low}, median over seeds, worst setting).",
        CONTRASTS,
        median(polytope.contrast_found, "least"),
        low=0.98,
        control=controls.exchanged("of", "difference", "sum"),
    ),
    Claim(
        "sigma-ratio",
        "σ_2/σ_1 is (1-|c|)/(1+|c|): 0 in a digon, 1/3 in a triangle, 1/2 in a tetrahedron, 0.53 "
        "and 0.11 in a pentagon; its root where only one side has c; to within {high} (median over "
        "seeds, worst case).",
        CONTRASTS,
        median(polytope.ratio_error, "greatest"),
        high=0.02,
        control=controls.shuffled("sigma_ratio", "case", "values of other polytopes"),
    ),
    Claim(
        "full-polytope-isometry",
        "All vertices one to one: as many equal σ as the polytope has dimensions, and no more "
        "(the least of these exceeds all others by at least {low} σ_1, median over seeds, worst "
        "setting).",
        FRAME,
        median(polytope.isometry, "least"),
        low=0.98,
        control=ONE_TARGET,
    ),
    Claim(
        "full-polytope-spanned",
        "Those slices span the polytope (energy of its worst vertex at least {low}, median over "
        "seeds, worst setting).",
        FRAME,
        median(at(lambda ds: ds.span, question=ONE_TO_ONE), "least"),
        low=0.98,
        control=ONE_TARGET,
    ),
    Claim(
        "full-polytope-free-basis",
        "Within it they are any basis: a vertex's best slice aligns as chance does there, to "
        "{high} standard errors (mean |cos| over seeds, setting farthest from chance).",
        "null: the largest of d coordinates of a random direction",
        share(polytope.from_chance, 0.0, note="mean over seeds, in standard errors from chance"),
        low=-4,
        high=4,
        control=ONE_TARGET,
    ),
    Claim(
        "all-to-one-cancels",
        "All vertices of a polytope to one target: there is nothing to learn, L2 stays at E s² "
        "(L2 / E s² at least {low}, median over seeds, worst setting).",
        f"theory: Σ W_i = 0, so Ω* = 0; {ASKED}",
        median(at(lambda ds: ds.unexplained, question=ALL_TO_ONE), "least"),
        low=0.999,
        control=controls.exchanged("question", ONE_TO_ONE, ALL_TO_ONE, "vertices one to one"),
    ),
    Claim(
        "no-merging-below",
        "In joint training two features attended alike become parallel in at most {high%} of "
        "models while merging costs more than it gives, at any λ p below 0.59 ('count') or 3 "
        "('product').",
        STATES,
        share(alike.merged_unpaid, "greatest", note=alike.merged_shares),
        high=0.05,
        control=OTHER_LAM,
    ),
    Claim(
        "merging-above",
        "From ten times that on they do, from cos -1 to above 0.9, in at least {low%} of models at "
        "every λ.",
        f"{STATES}; ten times, so that the antipodal start is no longer a local minimum",
        share(alike.merged_paid, "least", note=alike.merged_shares),
        low=0.9,
        control=OTHER_LAM,
    ),
    Claim(
        "merged-halves",
        "Merged features have leverage 1/2 each, to within {high} (the farther one, median over "
        "merged models).",
        "theory: two equal parallel features share one dimension",
        median(alike.from_half, over=("seed", "target", "lam"), note=alike.evicted),
        high=0.05,
        control=controls.reversed_along("feature", "the target and its antipode for them"),
    ),
    Claim(
        "slices-are-features",
        "Inside a polytope singular vectors are the features themselves (mean |cos| of matched "
        "slices at least {low}, median over heads, best of four cases).",
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
        "(|cos| at least {low}, median over heads and sides, the worse slice).",
        "the naive expectation; fails: weights turn the contrasts, the slices stay orthogonal",
        median(at(lambda ds: ds.graded, weight=0.5), "least", over=("seed", "side", "target")),
        low=0.95,
        kind="open",
    ),
    Claim(
        "attention-orthogonalises",
        "Heads make attended features orthogonal: |cos| between the two is at most {high} at the "
        "largest λ (median over models).",
        "the hypothesis as first stated; fails where both are attended alike: they become parallel",
        median(lambda ds: abs(ds.between.sel(lam=ds.lam.max())), over=("seed", "target")),
        high=0.3,
        kind="open",
    ),
    populations.gap_claim(
        "those with the lightest head", lambda ds: ds.gap_to_best.sel(lam=ds.lam.min())
    ),
)

# --- study ---

QUICK = Config(targets=("count",), seeds=5, lams=(1.0, 600.0), steps=4000, batch=256)

STUDY = core.Study(
    name="head-simplex",
    group="attention-head",
    question="When attended features lie inside one polytope, what are the singular vectors, and "
    "what does W do?",
    finding="They are contrasts, the difference and the sum of the two (|cos| "
    "[slices-are-contrasts], median over seeds, worst setting). At ten times the λ from which "
    "merging pays, features attended alike become parallel in [merging-above of models].",
    sources=("franco2026", "elhage2022"),
    measurements=(INSIDE,),
    presets={"quick": QUICK, "default": Config(), "paper": Config(n_hidden=50, seeds=100)},
    minutes={"quick": 0.12, "default": 0.4, "paper": 4},
    claims=CLAIMS,
    figures=FIGURES,
)
