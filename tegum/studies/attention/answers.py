"""What the group `attention-head` says to its research questions; every number is a claim's."""

from tegum.studies.core import Answer

ANSWERS = (
    Answer(
        "RQ1",
        "Do singular vectors of Ω recover the feature representations?",
        "On trained sparse W yes: attended pairs that share no direction have slices of their "
        "own (least median |cos| [head-recovery/three-pairs-above-null]). Of dense orthogonal "
        "features no (median [head-recovery/dense-orthonormal-fails]). What is recovered "
        "exactly is the dual d_i.",
        "Trained heads match the closed form: the median difference in |cos| is, in the worst "
        "setting, [head-recovery/trained-matches-theory] on trained W. In balanced tegum "
        "products singular vectors are the features (least median |cos| "
        "[head-recovery/balanced-is-exact]); in random dictionaries they are not "
        "([head-recovery/any-dictionary]), yet Cov(h) Ω Cov(h) gives them back. Where dense "
        "features fail, a constant input mends it ([head-recovery/constant-input-mends]).",
    ),
    Answer(
        "RQ2",
        "When in training do singular vectors align: before or after W's columns become "
        "orthogonal?",
        "Before, as long as the head weighs less than reconstruction: alignment comes first in "
        "[head-timing/aligns-first-below-threshold of models] at λ ≤ λ*. At λ > λ* "
        "orthogonality comes first in [head-timing/orthogonal-first of models].",
        "Alignment does not need orthogonality: in [head-timing/aligned-without-orthogonality "
        "of models] with a light head (λ ≤ λ*/10) the features stay in superposition and are "
        "aligned with. Attention makes them orthogonal beyond a threshold, λ = "
        "[head-timing/threshold], which theory bounds by λ*. A growing head starts along a_i "
        "([head-timing/early-first-moment of heads] are nearer to it) and ends in d_i.",
    ),
    Answer(
        "RQ3",
        "With r = m and low sparsity, are all features recovered? With r < m, which get the "
        "slices?",
        "Only where weights differ: then every feature has a slice (least median |cos| "
        "[head-rank/graded-is-one]). At equal weights slices align as chance has it (mean |cos|"
        " [head-rank/equal-is-chance]), and short heads span the sum of all features (at least "
        "[head-rank/shared-slice-first]).",
        "Ω itself is found (median relative error in the worst setting "
        "[head-rank/functional-recovery]); its singular vectors are features only where the "
        "pairs' weights differ, by 5 % or more. With few slices the largest whitened values τ "
        "win: features of the largest weight, or at equal weights one slice for the sum of all."
        " On W trained on dense data, with equal weights and no constant input, the mean |cos| "
        "is [head-rank/dense-all-recovered].",
    ),
    Answer(
        "RQ4a",
        "When the head attends to features in different subspaces, do slices keep to them, and "
        "who goes without?",
        "With a constant input and σ that differ they do (least median block energy "
        "[head-subspaces/one-factor-each]). With too few slices the factors of greatest "
        "leverage win, in [head-subspaces/order-of-leverage of heads].",
        "Factors of one kind and equal weight are mixed as random directions are (mean block "
        "energy [head-subspaces/equal-digons-mix]). The order of leverage is dedicated, "
        "tetrahedron, triangle, digon, pentagon. On trained W "
        "[head-subspaces/trained-w-above-null of slices] keep to one factor beyond chance.",
    ),
    Answer(
        "RQ4b",
        "When the head attends to features in the same subspace, how do slices organise?",
        "As contrasts: for two features of one polytope the slices are their difference and sum"
        " (least median |cos| [head-simplex/slices-are-contrasts]), not the features.",
        "Orthogonal singular vectors cannot be features that are not orthogonal; σ come in the "
        "ratio (1-|c|)/(1+|c|) to [head-simplex/sigma-ratio] (median, worst setting). All "
        "vertices one to one give equal σ: the slices span the polytope "
        "([head-simplex/full-polytope-spanned] of its worst vertex) in a basis left to chance. "
        "Trained jointly and weighed enough, two features attended alike become parallel, in "
        "[head-simplex/merging-above of models] at the worst weight.",
    ),
)
