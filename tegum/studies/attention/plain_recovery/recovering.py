"""What plain heads recover: over S, inside and outside the top m, and what recovery goes with."""

from tegum.studies.attention.plain_recovery import readings as read
from tegum.studies.attention.plain_recovery.readings import POOLED, RECOVERED_AT, learning
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import Reading, at, chance, median

PRECISION = 0.03
"""asked of training, in |cos|"""
RANDOM = controls.random_cosines("cosine")
DUAL = "theory: Ω* = d_i d_jᵀ, d_i = C⁺ a_i; precision asked of training"
INNER, OWN = read.of_inner_pairs(read.cosine), read.of_own(read.cosine)


def from_30(reading: Reading) -> Reading:
    """A reading at S ≥ 0.3."""
    return learning(reading, densest=0.7)


def up_to_50(reading: Reading) -> Reading:
    """A reading at S ≤ 0.5."""
    return learning(reading, sparsest=0.5)


def two_stage(reading: Reading) -> Reading:
    """A reading of two-stage models."""
    return at(reading, mode="two-stage")


def joint(reading: Reading) -> Reading:
    """A reading of jointly trained models."""
    return at(reading, mode="joint")


RECOVERY = (
    Claim(
        "inside-matches-theory",
        "Of pairs inside the top m, |cos| of first singular vectors and features is |cos(d_i, "
        "W_i)| at the trained W, to {high} (median at every S > 0 and training).",
        DUAL,
        median(learning(read.of_inner_pairs(read.gap)), "greatest", over=POOLED),
        high=PRECISION,
        control=RANDOM,
    ),
    Claim(
        "outside-matches-theory",
        "Of features outside the top m it is so, too: |cos| is |cos(d_i, W_i)|, whether they are "
        "stored or not, to {high} (median at every S > 0 and training).",
        DUAL,
        median(learning(read.of_outside(read.gap)), "greatest", over=POOLED),
        high=PRECISION,
        control=RANDOM,
    ),
    Claim(
        "orthonormal-curve",
        "Where exactly the top m are stored and a feature has a dimension to itself (leverage "
        "above 0.95), two-stage heads' |cos| follows the orthonormal curve, to {high} (median).",
        "theory: closed form for m orthonormal features; precision asked of training",
        median(
            learning(two_stage(read.gap_to_curve)),
            0.0,
            over=POOLED,
            note=read.medians_by_density(learning(OWN)),
        ),
        low=-PRECISION,
        high=PRECISION,
        control=controls.reversed_along("density"),
    ),
    Claim(
        "joint-on-the-curve",
        "In joint training |cos| follows the orthonormal curve, too, to {high} (median, worst S).",
        "prediction; theory gives no W: the head changes it",
        median(
            learning(joint(read.gap_to_curve)),
            0.0,
            over=POOLED,
            note=read.medians_by_density(learning(OWN)),
        ),
        low=-PRECISION,
        high=PRECISION,
        kind="open",
    ),
    Claim(
        "own-dimension-recovered",
        "From S = 0.3 on a feature of the top m with a dimension to itself is recovered: |cos| at "
        "least {low} (median at every S and training).",
        "theory: at S = 0.3 |cos| of m orthonormal features is at least 0.952, 0.964 for m = 10, "
        "and grows with S",
        median(from_30(OWN), "least", over=POOLED),
        low=RECOVERED_AT,
        control=RANDOM,
    ),
    Claim(
        "recovered-from",
        "The least S of the run from which on features with a dimension to themselves have a "
        "median |cos| of at least 0.95 in both trainings is at most {high}.",
        "theory: for m = 10 the orthonormal curve passes 0.95 at S = 0.26",
        read.where_it_holds(OWN, 0.3),
        high=0.3,
        control=RANDOM,
    ),
    Claim(
        "pairs-recovered",
        "From S = 0.3 on every pair inside the top m is recovered: |cos| at least {low} (median at "
        "every S and training).",
        "the hypothesis; theory says it fails where W mixes digons with dimensions of their own",
        median(
            from_30(INNER),
            "least",
            over=POOLED,
            note=read.medians_by_density(INNER),
        ),
        low=RECOVERED_AT,
        kind="open",
    ),
    Claim(
        "pairs-recovered-from",
        "The least S of the run from which on pairs inside the top m have a median |cos| of at "
        "least 0.95 in both trainings is at most {high}.",
        "the hypothesis as observed: from S of about 0.3 on",
        read.where_it_holds(INNER, 0.3),
        high=0.3,
        kind="open",
    ),
    Claim(
        "dense-limit",
        "At S = 0, where s = 1 always and there is nothing to learn, pairs inside the top m are "
        "recovered beyond {low} (median).",
        "degenerate limit, shown only; theory: |cos| = 1/√m",
        median(at(INNER, density=1.0), "least", over=POOLED),
        low=chance(),
        kind="open",
    ),
)

OUTSIDE = (
    Claim(
        "outside-in-two-stages",
        "A head asked for features outside the top m finds them at S ≤ 0.5 on a W that trained "
        "alone, beyond {low} (median, worst S).",
        "prediction; what is not stored has no direction to find",
        median(two_stage(up_to_50(read.of_outside(read.cosine))), "least", over=POOLED),
        low=chance(),
        kind="open",
    ),
    Claim(
        "outside-when-joint",
        "Trained with W a head finds features outside the top m at S ≤ 0.5, beyond {low} (median, "
        "worst S).",
        "prediction; theory is silent on what W becomes",
        median(joint(up_to_50(read.of_outside(read.cosine))), "least", over=POOLED),
        low=chance(),
        kind="open",
    ),
    Claim(
        "joint-stores-what-it-asks",
        "Joint training gives features outside the top m more leverage than they have on a W that "
        "trained alone, by at least {low} (median at S ≤ 0.5, worst S).",
        "prediction; half a dimension is no theory",
        median(
            up_to_50(read.joint_less_two_stage(read.of_outside(lambda ds: ds.leverage))),
            "least",
            over=POOLED,
        ),
        low=0.5,
        kind="open",
    ),
    *(
        Claim(
            f"{mode}-{name}",
            f"{words}, |cos| goes with {of}: Spearman's ρ over features beyond {{low}} (median at "
            "S from above 0 to 0.5, worst S).",
            "exact null: features shuffled; theory gives |cos| for a W, not which W",
            median(
                up_to_50(at(read.rank_correlation(quantity), mode=mode)),
                "least",
                over=("seed", "side"),
            ),
            low=read.SHUFFLED,
            kind="open",
        )
        for mode, words in (("two-stage", "In two stages"), ("joint", "In joint training"))
        for name, of, quantity in (
            ("importance", "importance", read.importance_rank),
            ("norm", "‖W_i‖", lambda ds: ds.norm),
            ("leverage", "leverage", lambda ds: ds.leverage),
        )
    ),
)
