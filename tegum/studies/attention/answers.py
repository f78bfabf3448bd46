"""What the group `attention-head` says to its research questions; every number is a claim's."""

from tegum.studies.core import Answer

ANSWERS = (
    Answer(
        "RQ1",
        "Do singular vectors of Ω recover the feature representations?",
        "On trained sparse W yes: attended pairs that share no direction have slices of their own "
        "(least median |cos| [head-recovery/three-pairs-above-null]). Of dense orthogonal features "
        "no (median [head-recovery/dense-orthonormal-fails]). What is recovered exactly is the "
        "dual d_i.",
        "They recover d_i = C⁺ a_i, the dual of the feature, and the feature itself only where the "
        "two are parallel. Trained heads match this closed form: the median difference in |cos| "
        "is, in the worst setting, [head-recovery/planted-matches-theory] in dictionaries that "
        "were written down, [head-recovery/trained-matches-theory] on trained W and "
        "[head-one-pair/matches-theory] when everything is trained together; single heads are "
        "farther off where the loss hardly tells slices apart. So in balanced tegum products, "
        "superposition or not, singular vectors are the features (least median |cos| "
        "[head-recovery/balanced-is-exact]), and on trained sparse W the slices of pairs that "
        "share no direction are near to them (least median |cos| "
        "[head-recovery/three-pairs-above-null]). The hypothesis fails in two places. For dense "
        "orthogonal features and the target 'is the pair present' the median |cos| is "
        "[head-recovery/dense-orthonormal-fails]: the head uses the mean of h for the constant "
        "that it lacks, and a constant input mends it (least median |cos| "
        "[head-recovery/constant-input-mends]). And in random dictionaries the median |cos| is "
        "[head-recovery/any-dictionary]; there, as in every dictionary, Cov(h) Ω Cov(h) gives the "
        "features back (least median |cos| [head-recovery/unwhitening-is-exact]). In the draft's "
        "own setting the used part of Ω aligns with a least median |cos| of "
        "[head-draft/above-null].",
    ),
    Answer(
        "RQ2",
        "When in training do singular vectors align: before or after W's columns become "
        "orthogonal?",
        "Before, as long as the head weighs less than reconstruction: alignment comes first in "
        "[head-timing/aligns-first-below-threshold of models] at λ ≤ λ*. At λ > λ* orthogonality "
        "comes first in [head-timing/orthogonal-first of models].",
        "Before, where the head weighs less than reconstruction: alignment comes first in "
        "[head-timing/aligns-first-below-threshold of models] at λ ≤ λ*, and it does not need "
        "orthogonality: in [head-timing/aligned-without-orthogonality of models] with a light head "
        "(λ ≤ λ*/10) features stay in superposition and are aligned with all the same. Attention "
        "makes its features orthogonal only beyond a threshold, which lies at λ = "
        "[head-timing/threshold], where theory bounds it by λ*; beyond λ* orthogonality comes "
        "first in [head-timing/orthogonal-first of models]. A growing head starts along a_i "
        "([head-timing/early-first-moment of heads] are nearer to it than to d_i) and ends in d_i "
        "(median |cos| [head-timing/late-dual]), so in a random dictionary alignment can peak "
        "early and fall.",
    ),
    Answer(
        "RQ3",
        "With r = m and low sparsity, are all features recovered? With r < m, which get the "
        "slices?",
        "Only where weights differ: then every feature has a slice (least median |cos| "
        "[head-rank/graded-is-one]). At equal weights slices align as chance has it (mean |cos| "
        "[head-rank/equal-is-chance]), and short heads span the sum of all features (at least "
        "[head-rank/shared-slice-first]).",
        "Ω is found (median relative error in the worst setting [head-rank/functional-recovery]), "
        "but its singular vectors are the features only if the pairs' weights differ: with gaps of "
        "5 % or more every feature has a slice (least median |cos| [head-rank/graded-is-one]), "
        "with equal weights each aligns as chance does (mean |cos| of the best slice "
        "[head-rank/equal-is-chance]), and only the span of what noise leaves apart is theirs "
        "(|cos| with it at least [head-rank/gated-recovery], at every gap). On W trained on dense "
        "data, with equal weights and no constant input, the features' mean |cos| is "
        "[head-rank/dense-all-recovered] (median over seeds), where the hypothesis asks for 0.95. "
        "When slices are few, the largest whitened values τ win: with graded weights and sparse "
        "features those of the largest weight (energies to [head-rank/largest-weights-first], "
        "median in the worst setting), with equal weights one slice for all of them: the sum of "
        "all features lies in every span (|cos| at least [head-rank/shared-slice-first]), and what "
        "the others span is left to chance (at most [head-rank/rest-is-chance] standard errors "
        "from it). So one slice for many is the rule, and single features win only where weight or "
        "leverage breaks the tie.",
    ),
    Answer(
        "RQ4a",
        "When the head attends to features in different subspaces, do slices keep to them, and who "
        "goes without?",
        "With a constant input and σ that differ they do (least median block energy "
        "[head-subspaces/one-factor-each]). With too few slices the factors of greatest leverage "
        "win, in [head-subspaces/order-of-leverage of heads].",
        "With a constant input, a slice for each and σ that differ, each slice keeps to one factor "
        "of the tegum (least median block energy [head-subspaces/one-factor-each]); factors of the "
        "same kind and equal weight are mixed as random directions are (mean block energy "
        "[head-subspaces/equal-digons-mix]). With too few slices they go to the factors of "
        "greatest leverage, dedicated, tetrahedron, triangle, digon, pentagon, in "
        "[head-subspaces/order-of-leverage of heads]. On trained W "
        "[head-subspaces/trained-w-above-null of slices] keep to one factor beyond chance.",
    ),
    Answer(
        "RQ4b",
        "When the head attends to features in the same subspace, how do slices organise?",
        "As contrasts: for two features of one polytope the slices are their difference and sum "
        "(least median |cos| [head-simplex/slices-are-contrasts]), not the features.",
        "As contrasts: orthogonal singular vectors cannot be features that are not orthogonal. For "
        "two equal pairs inside one polytope they are the difference and the sum of the two (least "
        "median |cos| [head-simplex/slices-are-contrasts]), with σ in the ratio (1-|c|)/(1+|c|) to "
        "[head-simplex/sigma-ratio] (median, worst setting). All vertices one to one give equal σ: "
        "the slices span the polytope (least median energy of its worst vertex "
        "[head-simplex/full-polytope-spanned]) in a basis left to chance. All vertices to one "
        "target cancel: L2 stays at [head-simplex/all-to-one-cancels] of E s² (least median). "
        "Trained jointly and weighed enough, two features attended alike do not become orthogonal "
        "but parallel, in [head-simplex/merging-above of models] at the worst weight.",
    ),
)
