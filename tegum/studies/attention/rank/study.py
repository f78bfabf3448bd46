"""head-rank: a head is asked for every feature at once. Which get slices, at full and short rank?

Feature i of the left token is paired with the next one, i + 1, of the right token, with weight t_i.
W holds m orthonormal features, or was trained on dense data. A head of rank r keeps the r largest
singular values τ_k of its whitened task (`tegum.theory.optimal_heads`). For m orthonormal features:

    r = m, equal t      Ω is an isometry on them: learned whole, its singular vectors are any basis;
    r = m, distinct t   one slice a feature, once neighbours' σ differ by more than the noise in Ω;
    r < m               first ONE slice for all, along Σ W_i, as long as what features share is
                        worth more than what sets them apart; then the largest t in order, or, at
                        equal t, a subspace that chance chooses.

At equal t τ_1/τ_2 is (S+pm)² / (S² (1 + 3pm/(1+3S))) for "count" and 1 + 3pm/(1+3S) for "product":
features win by their weights alone only where pm is small. At full rank "product", and "count" with
a constant input, are free of that shared slice, and "count" without is not.

Single heads are slow where weights nearly tie or dense h hardly varies along a direction: with a
constant input a few are still 1 % or more from Ω* when training ends, and on trained W those of the
least important features, whose dimension is not theirs alone, are farthest from the closed form.
"""

from tegum.studies import core, populations
from tegum.studies.attention.rank import everyone
from tegum.studies.attention.rank.everyone import HEADS, SHORT, Config
from tegum.studies.attention.rank.figures import FIGURES
from tegum.studies.attention.rank.scores import APART, EXACT, SAMPLED
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, at, extreme, median, number, share
from tegum.theory.short_rank import wedin_cosine

# --- claims -------------------------------------------------------------------------------------

TRAINING = "precision asked of training"
EQUAL = controls.reversed_along("gap", "weights of the other end of the gaps")
RANDOM = controls.random_cosines(["recovery", "gated"], slices=10, name="best of 10 random slices")
OTHER_PAIRS = controls.shuffled("energy", "pair")

CLAIMS = (
    Claim(
        "functional-recovery",
        "At r = m descent on the exact loss finds Ω* itself: ‖Ω - Ω*‖ / ‖Ω*‖ at most {high} "
        "(median over seeds, worst setting of weights, target, input and density).",
        f"theory: the exact quadratic has no bad minima at full rank; {TRAINING}",
        median(at(lambda ds: ds.error, variant=lambda names: names != SAMPLED), "greatest"),
        high=0.01,
        control=controls.constant("error", 1.0, "Ω = 0"),
    ),
    Claim(
        "equal-is-chance",
        "With equal weights a feature's best slice aligns with it as chance does, although Ω is "
        "learned: 'product', and 'count' with a constant input (mean |cos| within 4 standard "
        "errors, in the setting farthest from chance).",
        "theory: equal σ leave the basis free; null: the largest of m coordinates at random",
        everyone.farthest_from_chance,
        low=everyone.chance_and(-4),
        high=everyone.chance_and(4),
        control=EQUAL,
    ),
    Claim(
        "graded-is-one",
        "With weights that differ by 5 % or more all m features get slices of their own (|cos|, a "
        "head's mean over features, at least {low}; median over seeds, worst setting).",
        "theory: T is a permutation with distinct weights, Ω* = D T Dᵀ with orthogonal D; "
        f"{TRAINING}",
        median(at(everyone.recovery, **everyone.OF_FREE, **everyone.DISTINCT), "least"),
        low=0.99,
        control=EQUAL,
    ),
    Claim(
        "count-is-theory",
        "For 'count' without a constant input recovery is the closed form's (|cos| to {high}, "
        "median over seeds, worst setting of gaps from 5 % on).",
        f"theory: Ω* = D T Dᵀ, where d_i leans to Σ W_k; {TRAINING}",
        median(at(everyone.error_of("recovery"), variant="count", **everyone.DISTINCT), "greatest"),
        high=0.02,
        control=controls.shuffled("recovery_theory", "variant", "closed forms of other targets"),
    ),
    Claim(
        "noise-asks-for-gaps",
        "At the smallest gap heads trained on samples recover features less than those trained on "
        "the exact loss, in more models than {low}.",
        "theory: Wedin 1972; null: fair coin, 95 %",
        share(everyone.exact_is_better, note=everyone.about_noise),
        low=COIN,
        control=controls.exchanged("variant", EXACT, SAMPLED, "exact and sampled exchanged"),
    ),
    Claim(
        "wedin",
        "Every head whose σ lie 4 ‖Ω - Ω*‖ or more apart recovers features: |cos| at least {low}.",
        "theory: Wedin 1972, sin ≤ ‖E‖ / (gap - ‖E‖) = 1/3",
        extreme(at(everyone.recovery_apart, **everyone.OF_FREE_OR_NOISY), "least"),
        low=wedin_cosine(APART),
        control=RANDOM,
    ),
    Claim(
        "gated-recovery",
        "Scored by what can be told apart, every feature is recovered at every gap: it lies in the "
        "span of its cluster of slices (those nearer to each other than 4 ‖Ω - Ω*‖) within Wedin's "
        "bound, |cos| at least {low}, on both sides.",
        "theory: Wedin's sine theorem for spans",
        extreme(
            at(lambda ds: abs(ds.gated), **everyone.OF_FREE_OR_NOISY),
            "least",
            note=everyone.about_clusters,
        ),
        low=wedin_cosine(APART),
        control=RANDOM,
    ),
    Claim(
        "tau-ratio",
        "At equal weights τ_1/τ_2 is (S+pm)²/(S²(1+3pm/(1+3S))) for 'count', 1+3pm/(1+3S) for "
        "'product' (to {high}).",
        "theory, to the rounding of float64 arithmetic",
        number(everyone.ratio_error, note="greatest relative error"),
        high=1e-6,
        control=controls.exchanged("short_variant", *SHORT),
    ),
    Claim(
        "largest-weights-first",
        "With graded weights and features so sparse that p m ≪ 1 a head of rank r spans the r "
        "features of largest weight, no others (error of energies at most {high}, median over "
        "seeds, worst pair and setting).",
        f"theory: reduced-rank regression, τ_k → t_k times a constant; {TRAINING}",
        median(at(everyone.error_of_largest_first, **everyone.SPARSE), "greatest"),
        high=0.02,
        control=OTHER_PAIRS,
    ),
    Claim(
        "energies-are-theory",
        "With graded weights each feature's energy in the span of r slices is the closed form's "
        "(error at most {high}, median over seeds, worst pair and setting).",
        f"theory: reduced-rank regression; {TRAINING}",
        median(at(everyone.error_of("energy"), weights="graded"), "greatest"),
        high=0.02,
        control=OTHER_PAIRS,
    ),
    Claim(
        "shared-slice-first",
        "At equal weights, where p m is not small, the sum of all features lies in the span of "
        "every head of every rank (|cos| at least {low}): at r = 1 it is the slice.",
        f"theory: the whitened task has u_1 ∝ Σ W_i; {TRAINING}",
        extreme(at(lambda ds: abs(ds.shared), weights="equal", **everyone.CROWDED), "least"),
        low=0.99,
        control=controls.random_cosines("shared", hidden=lambda ds: ds.sizes["pair"]),
    ),
    Claim(
        "rest-is-chance",
        "The further slices span what chance chooses: two seeds' spans overlap as random ones "
        "(mean within {high} standard errors, at every rank).",
        "null: ‖UᵀV‖² of uniformly random spans of r - 1 in m - 1 dimensions",
        extreme(everyone.overlap_errors, "greatest"),
        high=4,
        control=controls.constant("overlap", 1.0, "all seeds span the same"),
    ),
    Claim(
        "descent-reaches-floor",
        "Descent reaches the floor of L2 at every short rank, to {high} of E s² (median over "
        "seeds, worst setting).",
        f"theory: Eckart and Young in whitened coordinates; {TRAINING}",
        median(lambda ds: ds.L2 - ds.L2_floor, "greatest"),
        high=0.01,
        control=controls.shuffled("L2_floor", "rank", "floors of other ranks"),
    ),
    Claim(
        "trained-w-is-theory",
        "On W trained on dense data recovery with graded weights is the closed form's (error of "
        "|cos| at most {high}, median over seeds and features, worst target and input; with a "
        "constant input single features are farther off).",
        f"theory: Ω* = D T Dᵀ at the trained W; {TRAINING}",
        median(
            at(everyone.error_of("on_trained"), weights="graded"), "greatest", over=("seed", "pair")
        ),
        high=0.02,
        control=controls.shuffled("on_trained", "weights", "heads of equal weights"),
    ),
    Claim(
        "dense-all-recovered",
        "r = m, dense features, trained W, equal weights, no constant input: slices recover all m "
        "features (mean |cos|, median over seeds, at least {low}).",
        "the hypothesis as first stated; fails: one slice is shared and the others are free",
        everyone.mean_on_trained("count", "equal"),
        low=0.95,
        kind="open",
    ),
    Claim(
        "dense-all-recovered-graded",
        "The same with graded weights and a constant input.",
        "theory for exactly orthonormal features; those beyond the first m leak into trained W",
        everyone.mean_on_trained(EXACT, "graded"),
        low=0.95,
        kind="open",
    ),
    Claim(
        "largest-weights-first-crowded",
        "Where p m is not small, too, r slices span the r features of largest weight, no others "
        "(error of energies at most {high}, median over seeds, worst pair and setting).",
        "the rule τ ∝ t √(P_ii P_jj) taken literally; fails: the first slice goes to all features",
        median(at(everyone.error_of_largest_first, **everyone.CROWDED), "greatest"),
        high=0.02,
        kind="open",
    ),
    Claim(
        "one-feature-wins",
        "With r = 1 and equal weights one feature takes the slice: its share is at least {low} "
        "(largest share of a head, median over seeds).",
        "the naive expectation; fails: the slice is shared by all, 1/m each",
        median(
            at(everyone.largest_energy, short_variant="count", weights="equal", **everyone.CROWDED),
            "greatest",
        ),
        low=0.5,
        kind="open",
    ),
    Claim(
        "graded-count-recovered",
        "Distinct weights make dense 'count' heads without a constant input recover all features, "
        "too (|cos| at least {low}, median over seeds, at the best gap).",
        "the naive expectation; fails: what all features share is worth more than what differs",
        median(
            at(
                everyone.recovery,
                variant="count",
                density=lambda p: p == p.max(),
                gap=lambda g: g > 0,
            ),
            "greatest",
        ),
        low=0.95,
        kind="open",
    ),
    populations.gap_claim("those trained on dense data"),
)

# --- study ---

QUICK = Config(
    n_hidden=10,
    densities=(0.2,),
    gaps=(0.0, 0.002, 0.2),
    seeds=8,
    ranks=(1, 2, 4),
    steps=1500,
)
PAPER = Config(
    n_hidden=50,
    densities=(0.05,),
    gaps=(0.0, 0.002, 0.01, 0.05, 0.2),
    seeds=100,
    head_steps=2000,
    short_hidden=50,
    ranks=(1, 5, 15, 35),
    n_features=100,
    importance_decay=0.98,
)

STUDY = core.Study(
    name="head-rank",
    group="attention-head",
    question="A head is asked for every feature: are all recovered at full rank, and which get "
    "slices at short rank?",
    finding="Only where the pairs' weights differ: then every feature has a slice (least median "
    "|cos| [graded-is-one]). At equal weights best slices align as chance has it (mean |cos| "
    "[equal-is-chance]), and a short head spans the sum of all features (|cos| at least "
    "[shared-slice-first]).",
    sources=("franco2026",),
    measurements=(HEADS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.3, "default": 0.5, "paper": 16},
    claims=CLAIMS,
    figures=FIGURES,
)
