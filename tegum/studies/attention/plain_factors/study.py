"""plain-factors: W trains itself into factors; a plain head attends inside one, or across several.

At equal importance n = 1.5m to 4m features are trained into m dimensions, and the factors of W are
found as the connected parts of |Ŵ_i · Ŵ_j| > 0.15: digons, triangles, tetrahedra, pentagons, square
antiprisms, or others. The head answers "any", s = 1 iff one of the pairs (i, i) is present, of two
members of a factor, of all of them, or of all members of two factors.

Theory. Where factors are orthogonal and Σ W_k = 0, Ω* lies in the factors that are attended to:
slices span them. Two members at cosine c of a tight factor (`readings`, `theory.contrasts`):

    slices are W_i ± W_j, |cos| √((1±|c|)/2),    σ ∝ (1 + c)(1 - 2p²) and 1 - c,

so σ_2/σ_1 → (1-|c|)/(1+|c|) for sparse features; "any" weakens the sum, in which both are present.
One slice for a feature in each of two factors goes to the larger τ ∝ √(P_ii P_jj), the factor of
greater leverage; where leverages are alike "any" leaves the difference of the two, half to each.
What factors training gives no theory says for these sizes: it is shown.
"""

from tegum.studies import core
from tegum.studies.attention.plain_factors import readings as read
from tegum.studies.attention.plain_factors.factors import (
    PENTAGON,
    TETRAHEDRON,
    TRIANGLE,
    Config,
)
from tegum.studies.attention.plain_factors.figures import FIGURES
from tegum.studies.attention.plain_factors.joint import HEADS
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import median, share

LAW = "theory: Σ W_iW_iᵀ - p² ssᵀ, and Davis and Kahan's bound on slices of a W that is not exact"
INSIDE = "theory: Ω* lies in the span of attended factors that are orthogonal and balanced"
NULL = "null: largest principal angle of random spans"


def at_chance(angle: str, null: str) -> core.Control:
    """Spans that are as near to the factor as 5 % of random ones."""
    return controls.replaced(
        "spans at the 5 % of chance", **{angle: lambda ds: 0 * ds[angle].fillna(0) + ds[null]}
    )


CLAIMS = (
    Claim(
        "heads-are-theory",
        "On trained W the first slice of trained heads has the |cos| of the closed form's (to "
        "{high}, median over seeds, worst kind of factor, size and density).",
        "theory: Ω* = C⁺NC⁺ on the trained W; precision asked of training",
        median(read.theory_error, "greatest", note=read.kinds_found),
        high=0.02,
        control=controls.replaced(
            "slices of heads that see other members",
            cosine=lambda ds: ds.cosine.where(
                ds.way == "trained", ds.cosine.isel(slice=slice(None, None, -1)).values
            ),
        ),
    ),
    Claim(
        "contrasts",
        "Two members of a factor: slices have |cos| √((1±|c|)/2) with them, at the measured c (to "
        f"{{high}}, median over seeds, worst case, where theory lets them be {read.NEAR:g} rad "
        "off at most).",
        LAW,
        median(read.near_cosine_error, "greatest", note=read.judged_by_kind),
        high=read.NEAR,
        control=controls.replaced(
            "the sum for the difference",
            cosine=lambda ds: ds.cosine.copy(data=ds.cosine.isel(slice=[1, 0]).values),
        ),
    ),
    Claim(
        "sigma-ratio",
        "σ_2/σ_1 is that of sum and difference at the measured c, (1-|c|)/(1+|c|) for sparse "
        "features (to {high}, median over seeds, worst case, where theory lets it be "
        f"{read.NEAR:g} off at most).",
        "theory: (1 + c)(1 - 2p²) and 1 - c, and Weyl's inequality",
        median(read.near_ratio_error, "greatest"),
        high=read.NEAR,
        control=controls.shuffled("c", "partner", "c of the factor's other member"),
    ),
    Claim(
        "two-stay",
        "Two slices for two members (one in a digon) keep to their factor: the largest principal "
        "angle is below what 95 % of random spans exceed, in at least {low%} of cases.",
        f"{INSIDE}; {NULL}",
        share(read.two_stay, note=read.medians("two_angle")),
        low=0.95,
        control=at_chance("two_angle", "two_null"),
    ),
    Claim(
        "all-span",
        "All members attended: as many slices as the factor has dimensions span it, in at least "
        "{low%} of factors (largest principal angle, as above).",
        f"{INSIDE}; {NULL}",
        share(read.all_stay, note=read.medians("all_angle")),
        low=0.95,
        control=at_chance("all_angle", "all_null"),
    ),
    Claim(
        "both-span",
        "All members of two factors attended: the first slices span the two, in at least {low%} "
        "of models.",
        f"{INSIDE}; {NULL}",
        share(read.both_stay, note=read.medians("both_angle")),
        low=0.95,
        control=at_chance("both_angle", "both_null"),
    ),
    Claim(
        "greater-leverage-first",
        "One slice for a feature in each of two factors goes to the one of greater leverage, where "
        f"these differ by more than {read.TOLD:g}, in at least {{low%}} of models.",
        "theory: the largest τ ∝ √(P_ii P_jj) first",
        share(read.greater_served),
        low=0.95,
        control=controls.shuffled("served", "place", "the other feature's energy"),
    ),
    Claim(
        "joint-contrasts",
        "Where W trains on with the head and the two still share a factor, the first slice has the "
        "law's |cos| at the c that W ends with (to {high}, median over seeds, worst λ).",
        "theory: as for W trained alone; samples are noisy, W fits the head",
        median(read.joint_cosine_error, "greatest"),
        high=read.NEAR,
        control=controls.replaced("orthogonal members", joint_c=lambda ds: 0 * ds.joint_c),
    ),
    Claim(
        "unlike-factors-apart",
        "Slices for two whole factors of different kinds keep to one of them (share of the worst "
        "slice at least {low}, median over seeds, worst setting).",
        "in doubt: σ differ with the frame bounds, but by little",
        median(lambda ds: read.purity(ds, alike=False), "least"),
        low=0.9,
        kind="open",
    ),
    Claim(
        "like-factors-apart",
        "Of the same kind, too (share of the worst slice at least {low}, median over seeds, worst "
        "setting).",
        "the naive expectation; fails: equal σ leave the basis free",
        median(lambda ds: read.purity(ds, alike=True), "least"),
        low=0.9,
        kind="open",
    ),
    Claim(
        "one-goes-without",
        "One slice for a feature in each of two factors of like leverage goes to one alone (energy "
        "of the other at most {high}, median over seeds, worst setting).",
        "the naive expectation; fails: the best slice is the difference of the two",
        median(read.lesser_share, "greatest"),
        high=0.1,
        kind="open",
    ),
    Claim(
        "contrasts-everywhere",
        "The law holds in every factor that training gives (|cos| of the first slice to {high}, "
        "median over seeds, worst kind, size and density).",
        "in doubt: large factors are not tight, and dedicated features leak into the slices",
        median(read.first_slice_error, "greatest"),
        high=read.NEAR,
        kind="open",
    ),
    Claim(
        "pentagons-form",
        "Training gives pentagons, in more models than {low%} in the best setting.",
        "the seed text: factors are simple structures; no theory for these sizes",
        share(read.forms(PENTAGON), "greatest", note=read.kinds_found),
        low=0.5,
        kind="open",
    ),
    Claim(
        "simplices-form",
        "Training gives triangles or tetrahedra, in more models than {low%} in the best setting.",
        "the seed text: factors are often simplices; no theory for these sizes",
        share(read.forms(TRIANGLE, TETRAHEDRON), "greatest", note=read.kinds_found),
        low=0.5,
        kind="open",
    ),
    Claim(
        "factors-when-sparse",
        "Where n ≥ 3m W has several factors for the sparsest features, too, in at least {low%} of "
        "models.",
        "the seed text: as sparsity grows, tegum products; m is small here",
        share(read.several_when_sparse),
        low=0.5,
        kind="open",
    ),
    Claim(
        "joint-straightens",
        "A light head (least λ) turns two facing members of a pentagon further apart: c falls, in "
        "at least {low%} of models.",
        "in doubt: it asks for one slice that serves both",
        share(read.straightened),
        low=0.5,
        kind="open",
    ),
    Claim(
        "joint-parts",
        "A heavy head (greatest λ) gives each of them a factor of its own, in at least {low%} of "
        "models.",
        "in doubt: the head pays for leverage, reconstruction for superposition",
        share(read.parted),
        low=0.5,
        kind="open",
    ),
)

QUICK = Config(
    sizes=(12, 18),
    densities=(0.25, 0.03),
    lams=(0.3, 10.0),
    seeds=10,
    steps=1200,
    batch=256,
    head_steps=400,
)
PAPER = Config(
    n_hidden=50,
    sizes=(75, 100, 150, 200),
    joint_size=150,
    seeds=100,
    steps=10_000,
)

STUDY = core.Study(
    name="plain-factors",
    group="attention-head",
    question="A plain head attends to features of factors that training made: inside one, or in "
    "several. Do its slices keep to them, and how do they stand inside?",
    finding="They keep to them (in [all-span of factors]). Inside tight, balanced ones they are "
    "sum and difference of two attended members, σ_2/σ_1 as their cosine says (to [sigma-ratio], "
    "worst median). Too few slices go to the greater leverage in [greater-leverage-first of "
    "models].",
    sources=("franco2026", "elhage2022"),
    measurements=(HEADS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.2, "default": 1.0, "paper": 240},
    claims=CLAIMS,
    figures=FIGURES,
)
