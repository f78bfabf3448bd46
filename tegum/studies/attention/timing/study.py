"""head-timing: when do singular vectors align with the attended features, before or after these
become orthogonal?

A bottleneck (n = 2m equal features, sparse, so that alone they would pair up as antipodes) and a
head for one pair (i, j), trained jointly on L1 + λ L2. Timed at looks: t_align, from which
|cos(first singular vector, feature)| stays above 0.95 on both sides; t_orth, from which both
leverages P_ii do (a linear map can tell the feature from all others); and, later still, from which
both D_i ≤ P_ii do (the columns of W themselves are orthogonal). "Fresh" trainings start from random
weights; "settled" ones add the head to a bottleneck that has its antipodes already, and see what
becomes of them.

Theory: a feature with a dimension to itself gains the head at least λ p² (3S²/(1+3S))² (1 - D²)
over one with D < 1 of a dimension. It costs at most v = p(1+3S)/12 for every feature dropped to
make room. So beyond λ* = cost / gain the attended features must be orthogonal; below, a head aligns
with features that never become so. Heads that grow on a W that stays: `growing`.
"""

import xarray as xr

from tegum.errors import bad_input
from tegum.studies import core, populations
from tegum.studies.attention.timing import growing
from tegum.studies.attention.timing.figures import FIGURES
from tegum.studies.attention.timing.times import (
    SETTLED_AT,
    at_end,
    came,
    comes_first,
    time_of,
    values_at,
)
from tegum.studies.attention.timing.together import (
    BOUND,
    IN_TWO_DIMENSIONS,
    MIDWAY,
    TRAININGS,
    alignment,
    antipode_dropped,
    antipode_turned,
    by_lam,
    dimensionality,
    dual_alignment,
    gap_to_unequal_digon,
    heavier,
    leverage,
    lighter,
    others_dropped,
    passes_at,
    where_settled,
)
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import (
    COIN,
    above,
    at,
    below,
    both,
    chance,
    median,
    number,
    share,
)


class Config(growing.Growing):
    """One pair of features to attend to, at several weights λ of the head's loss."""

    lams: tuple[core.Unsigned, ...] = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
    """λ beside the reconstruction loss, which is summed over features; in rising order"""
    plane_lams: tuple[core.Unsigned, ...] = (1.0, 100.0)
    """λ of the small models of four features in two dimensions that are drawn over training"""
    random_densities: tuple[core.Density, ...] = (0.1, 0.5)
    """densities for heads that grow from small weights on a random W"""

    def model_post_init(self, context: object) -> None:
        """Check what the fields must satisfy together."""
        super().model_post_init(context)
        for name in ("lams", "plane_lams"):
            values = getattr(self, name)
            if list(values) != sorted(values) or values[0] == 0:
                raise bad_input(name, values, "positive weights in rising order")


# --- readings -----------------------------------------------------------------------------------

aligns_first = at(comes_first(alignment, leverage), start="fresh")
orthogonal_first = at(comes_first(leverage, alignment), start="fresh")
columns_first = at(comes_first(dimensionality, alignment), start="fresh")


def aligned_in_superposition(ds: xr.Dataset) -> xr.DataArray:
    """Whether |cos| stays above 0.95 and yet a leverage ends below 3/4."""
    return both(came(time_of(alignment)(ds)), below(at_end(leverage)(ds), MIDWAY))


def nearer_to_dual_when_orthogonal(ds: xr.Dataset) -> xr.DataArray:
    """Whether the first vectors are nearer to d_i than to W_i at t_orth, where t_align is later."""
    aligned, orthogonal = time_of(alignment)(ds), time_of(leverage)(ds)
    dual, feature = (values_at(of(ds), orthogonal) for of in (dual_alignment, alignment))
    return above(dual, feature).where(orthogonal < aligned)


# --- claims -------------------------------------------------------------------------------------

LIGHT_FOR_HEAVY = controls.reversed_along("lam", "λ reversed: heavy heads for light ones")
THEORY = "theory: λ* p² (3S²/(1+3S))² (1 - D²) = (2n/m - 2) v"

CLAIMS = (
    Claim(
        "aligned-without-orthogonality",
        "Where the head weighs little (λ ≤ λ*/10) it aligns with features that stay in "
        "superposition: |cos| stays above 0.95 on both sides and a leverage ends below 3/4, in at "
        "least {low%} of models.",
        "theory: antipodes cost the head less than a dropped feature costs reconstruction, and in "
        "a balanced frame |cos(d_i, W_i)| = 1",
        share(lighter(at(aligned_in_superposition, start="fresh"), 0.1)),
        low=0.95,
        control=LIGHT_FOR_HEAVY,
    ),
    Claim(
        "aligns-first-below-threshold",
        "At λ ≤ λ* alignment comes before orthogonality in a share of models above {low}; features "
        "that never become orthogonal count as later.",
        "theory: a head aligns in any balanced frame; null: fair coin",
        share(lighter(aligns_first), note=by_lam(lighter(aligns_first))),
        low=COIN,
        control=LIGHT_FOR_HEAVY,
    ),
    Claim(
        "aligns-first",
        "Alignment comes before orthogonality at every λ alike, in a share of models above {low}.",
        "prediction; it fails at λ > λ*, where the head's loss shapes W before the head itself has "
        "settled; null: fair coin",
        share(aligns_first, note=by_lam(aligns_first)),
        low=COIN,
        kind="open",
    ),
    Claim(
        "orthogonal-first",
        "Attended features become orthogonal (leverage), then singular vectors align: at λ > λ* in "
        "a share of models above {low}.",
        "the hypothesis as first stated; theory speaks of the end, not of the order; null: coin",
        share(heavier(orthogonal_first), note=by_lam(heavier(orthogonal_first))),
        low=COIN,
        kind="open",
    ),
    Claim(
        "orthogonal-columns-first",
        "The same in the stricter sense that the attended columns of W are orthogonal to all "
        "others (D_i > 0.95), in a share above {low}.",
        "as above; leverage rises as soon as the attended columns are the longest, D_i only when "
        "the others turn away",
        share(heavier(columns_first), note=by_lam(heavier(columns_first))),
        low=COIN,
        kind="open",
    ),
    Claim(
        "head-ahead",
        "Where features have leverage but not yet alignment (t_orth < t_align, λ > λ*), the "
        "singular vectors at t_orth are nearer to d_i than to W_i in a share of models above {low}"
        ": the head waits for W, not W for the head.",
        "theory: Ω* ∝ d_i d_jᵀ, and d_i is parallel to W_i only once the other columns have turned "
        "away; that training follows its moving optimum is not promised",
        share(heavier(at(nearer_to_dual_when_orthogonal, start="fresh"))),
        low=COIN,
        kind="open",
    ),
    Claim(
        "above-null",
        "At every λ the first singular vectors align with both features beyond {low} (median).",
        "exact null: cos² of a random direction is Beta(1/2, (m-1)/2)",
        median(at(at_end(alignment), start="fresh"), "least"),
        low=chance(),
        control=controls.random_cosines("cosine"),
    ),
    Claim(
        "threshold",
        "The median leverage of the attended features passes 3/4 at a λ of at most {high}.",
        f"{THEORY}; an upper bound, as features may be packed, not dropped",
        number(passes_at("fresh"), note=where_settled("fresh")),
        high=BOUND,
        control=controls.constant("leverage", 0.5, "antipodes kept at every λ"),
    ),
    Claim(
        "orthogonal-above-threshold",
        "At λ > λ* the attended features end with a dimension each: leverage above {low} (median).",
        THEORY,
        median(heavier(at(at_end(leverage), start="fresh")), "least"),
        low=SETTLED_AT,
        control=LIGHT_FOR_HEAVY,
    ),
    Claim(
        "threshold-settled",
        "The median leverage passes 3/4 at a λ of at most {high} where features have antipodes "
        "already when the head comes, too.",
        "theory compares the ends; that training gets from one to the other is not promised",
        number(passes_at("settled"), note=where_settled("settled")),
        high=BOUND,
        kind="open",
    ),
    Claim(
        "first-response",
        "At λ ≤ λ* an attended feature only outgrows its antipode: "
        "P_ii = ‖W_i‖² / (‖W_i‖² + ‖W_p‖²), to {high} (median).",
        "theory: leverage in a digon of unequal lengths; exact where it is isolated",
        median(lighter(gap_to_unequal_digon), over=("seed", "lam", "side")),
        high=0.01,
        control=controls.replaced("digons of equal lengths", partner_norm=lambda ds: ds.norm),
    ),
    Claim(
        "antipode-evicted",
        "At λ > λ* the former antipode is dropped (shorter than 1/2), not turned away, in at least "
        "{low%} of cases.",
        "prediction from four features in two dimensions; with more dimensions the others can be "
        "packed closer instead",
        share(
            heavier(antipode_dropped),
            note=lambda ds: (
                f"kept, but turned beyond 60°: {float(heavier(antipode_turned)(ds).mean()):.0%}"
            ),
        ),
        low=0.5,
        kind="open",
    ),
    Claim(
        "evicted-without-room",
        "In two dimensions, at λ > λ*, the two features that are not attended to are dropped, in "
        "at least {low%} of models.",
        "theory: Σ P_ii = m = 2 is used up by the attended two; λ* as above",
        share(others_dropped),
        low=0.95,
        control=controls.reversed_along("plane_lam", "λ reversed: the lightest for the heaviest"),
    ),
    *growing.CLAIMS,
    populations.gap_claim("each λ and start (the price of a heavy head included)"),
)

# --- study ---

QUICK = Config(
    lams=(1.0, 10.0, 100.0), seeds=8, steps=600, learning_rate=1e-2, looks=30, head_steps=2000
)
PAPER = Config(
    n_features=100,
    n_hidden=50,
    rank=50,
    lams=(1.0, 10.0, 30.0, 100.0),
    seeds=100,
    steps=2500,
    batch=128,
    random_densities=(0.05, 0.15),
    head_steps=12_000,
)

STUDY = core.Study(
    name="head-timing",
    group="attention-head",
    question="When do singular vectors align with the attended features: before or after these "
    "become orthogonal?",
    finding="At λ ≤ λ* before: alignment comes first in [aligns-first-below-threshold of models "
    "without a tie]; at λ > λ* leverage does in [orthogonal-first of such models]. The median "
    "leverage passes 3/4 at λ = [threshold].",
    sources=("franco2026", "elhage2022"),
    measurements=(TRAININGS, IN_TWO_DIMENSIONS, growing.GROWING),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.3, "default": 0.5, "paper": 20},
    claims=CLAIMS,
    figures=FIGURES,
)
