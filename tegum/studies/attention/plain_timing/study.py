"""plain-timing: in the regime of dense features, when do the plain head's singular vectors align
with the attended features, before or after these become orthogonal?

Here n = 2m features of falling importance leave m that are stored orthogonally, head or none, so
that "before or after" has an answer. A bottleneck and a head for one pair of the m train together
on L1 + λ L2. Three times of each model are set side by side, alignment, orthogonal columns and
leverage (`orders`, which derives the bounds), and which came first.

Theory: leverage asks least. P_ii is 1 for any m independent columns, orthogonal or not, and never
below D_i; and on it alone, through the row space of W, depends what a head can reach. Orthogonal
columns ask most: where they are, the best head d_i is aligned. So of the three times the best
head's alignment must come before orthogonal columns, and leverage before these. Where a head in
training comes in between, no theory says: it follows d_i with a lag of its own, which hangs on the
optimiser, while how soon columns part hangs on how important the features are (`elsewhere`).
"""

import xarray as xr

from tegum.studies import populations
from tegum.studies.attention.pair import alignment
from tegum.studies.attention.plain_timing import figures
from tegum.studies.attention.plain_timing.orders import (
    before,
    best_when_orthogonal,
    between,
    by_setting,
    gain_of_places,
    gap_to_best_head,
    of_places,
    order_turns,
    strict_overlap,
    t_align,
    t_best,
    t_leverage,
    t_orth,
    wait_for_columns,
)
from tegum.studies.attention.plain_timing.training import TIMINGS, Timed
from tegum.studies.attention.timing.times import SETTLED_AT
from tegum.studies.core import Claim, Study, controls
from tegum.studies.core.measures import (
    COIN,
    above,
    at,
    below,
    chance,
    hidden_of,
    median,
    negated,
    share,
)

# --- readings -----------------------------------------------------------------------------------

aligns_first = before(t_align, t_orth)
aligns_before_leverage = before(t_align, t_leverage)
leverage_before_columns = before(t_leverage, t_orth)
best_before_columns = before(t_best, t_orth)
head_after_best = before(t_best, t_align)


def columns_first(ds: xr.Dataset) -> xr.DataArray:
    """Whether columns become orthogonal before the head aligns."""
    return negated(aligns_first(ds))


# --- claims -------------------------------------------------------------------------------------

ORTHOGONAL_FROM_THE_START = controls.constant("overlap", 0.0, "columns orthogonal from the start")
EXCHANGED = controls.replaced(
    "leverage and columns exchanged",
    leverage=lambda ds: below(ds.overlap, strict_overlap(hidden_of(ds))),
    overlap=lambda ds: negated(above(ds.leverage, SETTLED_AT)),
)
TIED = "of models without a tie; "
FURTHER = "alignment first at the further pairs (k, k + 1), "

CLAIMS = (
    Claim(
        "above-null",
        "At every S and λ the first singular vectors end aligned with both features beyond {low} "
        "(median).",
        "exact null: cos² of a random direction is Beta(1/2, (m-1)/2)",
        median(alignment, "least"),
        low=chance(),
        control=controls.random_cosines("cosine"),
    ),
    Claim(
        "ends-at-closed-form",
        "They end where the best head on that W is: |cos| is |cos(d_i, W_i)| to {high} (median, "
        "both sides).",
        "theory: Ω* ∝ d_i d_jᵀ; precision asked of training",
        median(gap_to_best_head, "greatest", over=("seed", "side")),
        high=0.03,
        control=controls.random_cosines("cosine"),
    ),
    Claim(
        "best-head-when-orthogonal",
        "When columns have become orthogonal, the best head on that W is aligned as it will be in "
        "the end, to 5 %: closeness at least {low} (median of all models that get there).",
        "theory: overlaps below c with m - 1 orthonormal columns leave √(1 - (m-1)c²) = 0.95",
        median(best_when_orthogonal, over=("seed", "density", "lam")),
        low=SETTLED_AT,
        control=controls.random_cosines("best_cosine"),
    ),
    Claim(
        "best-head-before-columns",
        "So the best head aligns before columns are orthogonal, in a share of models above {low}.",
        "theory as above: orthogonal columns suffice and are not needed; null: fair coin",
        share(best_before_columns),
        low=COIN,
        control=ORTHOGONAL_FROM_THE_START,
    ),
    Claim(
        "leverage-before-columns",
        "Leverage comes before orthogonal columns, in a share of models above {low}.",
        "theory: P_ii ≥ D_i, with P_ii = 1 for any m independent columns; null: fair coin",
        share(leverage_before_columns),
        low=COIN,
        control=ORTHOGONAL_FROM_THE_START,
    ),
    Claim(
        "between-the-two",
        "Models whose order depends on what is called orthogonal align after they have leverage "
        "and before their columns are orthogonal: a share above {low}.",
        "theory: leverage comes before orthogonal columns; null: fair coin",
        share(between),
        low=COIN,
        control=EXCHANGED,
    ),
    Claim(
        "order-depends-on-definition",
        "At the S and λ where it does so most, the order of alignment and orthogonality is another "
        "for leverage than for columns in a share of models above {low}.",
        "prediction; theory says which way it turns, not how often; null: fair coin",
        share(order_turns, "greatest", note=by_setting(order_turns)),
        low=COIN,
        kind="open",
    ),
    Claim(
        "aligns-first",
        "Alignment comes before orthogonal columns, all S and λ alike, in a share of models above "
        "{low}.",
        "open: it hangs on the head's lag, of which theory says nothing; null: fair coin",
        share(aligns_first, note=lambda ds: TIED + by_setting(aligns_first)(ds)),
        low=COIN,
        kind="open",
    ),
    Claim(
        "aligns-first-sparse",
        "At S ≥ 0.5 it does so at every λ, in a share above {low}.",
        "open as above; null: fair coin",
        share(at(aligns_first, density=lambda p: p <= 0.5), "least"),
        low=COIN,
        kind="open",
    ),
    Claim(
        "columns-first-dense",
        "At S ≤ 0.1 and λ ≤ 1 columns are orthogonal before the head aligns, in a share above "
        "{low}.",
        "open: nearly all of a dense target is constant, and a head fits that first; null: coin",
        share(at(columns_first, density=lambda p: p >= 0.9, lam=lambda lam: lam <= 1), "least"),
        low=COIN,
        kind="open",
    ),
    Claim(
        "aligns-before-leverage",
        "Alignment comes before leverage, all S and λ alike, in a share of models above {low}.",
        "open as above; null: fair coin",
        share(
            aligns_before_leverage, note=lambda ds: TIED + by_setting(aligns_before_leverage)(ds)
        ),
        low=COIN,
        kind="open",
    ),
    Claim(
        "head-lags",
        "The trained head aligns after the best head on the W of each step would, in a share of "
        "models above {low}: it waits for its own training, not for W.",
        "prediction: descent follows a moving optimum; null: fair coin",
        share(head_after_best, note=by_setting(head_after_best)),
        low=COIN,
        kind="open",
    ),
    Claim(
        "heavy-heads-want-leverage",
        "From leverage to orthogonal columns it is farther, as a ratio of times, at the greatest λ "
        "than at the least, in a share of models above {low}.",
        "theory: what a head can reach depends on W's row space alone, so that it asks for "
        "leverage and not for orthogonal columns; it speaks of losses, not of times; null: coin",
        share(wait_for_columns, note=by_setting(wait_for_columns)),
        low=COIN,
        kind="open",
    ),
    Claim(
        "less-important-align-first",
        "Of the least important further pair alignment comes first more often than of the pair "
        "itself: the difference of the shares, at one λ and all S, is above {low}.",
        "prediction: columns of less important features are pulled apart later, and a head sees "
        "no importance",
        share(gain_of_places, note=lambda ds: FURTHER + by_setting(aligns_first)(of_places(ds))),
        low=0.0,
        kind="open",
    ),
    populations.gap_claim("each S and λ (the price of a heavy head included)"),
)

QUICK = Timed(
    densities=(0.9, 0.3),
    lams=(0.1, 10.0),
    places=(8,),
    place_lam=0.1,
    seeds=8,
    steps=1200,
    learning_rate=1e-2,
    kept=2,
)
PAPER = Timed(
    n_features=100,
    n_hidden=50,
    rank=50,
    importance_decay=0.98,
    places=(40,),
    seeds=100,
    steps=6000,  # at S = 0.1 and λ = 10 heads align after 3400
    batch=128,
    kept=2,
)

STUDY = Study(
    name="plain-timing",
    group="attention-head",
    question="When the m most important features are stored orthogonally, do the plain head's "
    "singular vectors align before or after the columns of W become orthogonal?",
    finding="The two most important features align {aligns-first-sparse: before | not reliably "
    "before} columns are orthogonal at S ≥ 0.5 (at least [aligns-first-sparse of models]), "
    "{columns-first-dense: after | not reliably after} at S ≤ 0.1 and λ ≤ 1 (at least "
    "[columns-first-dense of models]); before leverage in [aligns-before-leverage of models].",
    sources=("franco2026", "elhage2022"),
    measurements=(TIMINGS,),
    presets={"quick": QUICK, "default": Timed(), "paper": PAPER},
    minutes={"quick": 0.2, "default": 0.9, "paper": 80},
    claims=CLAIMS,
    figures=(
        figures.times,
        figures.who_came_first,
        figures.training_curves,
        figures.slices_over_training,
    ),
)
