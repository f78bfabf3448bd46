"""What the group `attention-head` says to its research questions; every number is a claim's."""

from tegum.studies.core import Answer

ANSWERS = (
    Answer(
        "RQ1",
        "Do singular vectors of Ω recover the feature representations?",
        "On trained sparse W yes: three attended pairs that share no direction have slices of "
        "their own (least median |cos| [head-recovery/three-pairs-above-null]). Of dense "
        "orthogonal features no ([head-recovery/dense-orthonormal-fails]). What is recovered "
        "exactly is the dual d_i.",
        "They recover d_i = C⁺ a_i, the dual of the feature, and the feature itself only where the "
        "two are parallel. Trained heads match this closed form: medians over seeds of the "
        "difference in |cos| reach, in the worst setting, [head-recovery/planted-matches-theory] "
        "in dictionaries that were written down, [head-recovery/trained-matches-theory] on trained "
        "W and [head-one-pair/matches-theory] when everything is trained together. So in balanced "
        "tegum products, superposition or not, singular vectors are the features (least median "
        "|cos| [head-recovery/balanced-is-exact]), and on trained sparse W they lie far above "
        "chance (least median |cos| [head-recovery/three-pairs-above-null]). The hypothesis fails "
        "in two places. For dense orthogonal features and the target 'is the pair present' |cos| "
        "falls to [head-recovery/dense-orthonormal-fails], below the null: the head uses the mean "
        "of h for the constant that it lacks, and a constant input mends it (least median |cos| "
        "[head-recovery/constant-input-mends]). And in random dictionaries |cos| is only "
        "[head-recovery/any-dictionary]; there Cov(h) Ω Cov(h) gives the features back (least "
        "median |cos| [head-recovery/unwhitening-is-exact]). In the draft's own setting the used "
        "part of Ω aligns with at least [head-draft/above-null].",
    ),
    Answer(
        "RQ2",
        "When in training do singular vectors align: before or after W's columns become "
        "orthogonal?",
        "Before, as long as the head weighs less than reconstruction: alignment comes first in a "
        "share [head-timing/aligns-first-below-threshold] of models at λ ≤ λ*. At λ > λ* leverage "
        "comes first in a share [head-timing/orthogonal-first].",
        "Before, where the head weighs less than reconstruction: alignment comes first in a share "
        "[head-timing/aligns-first-below-threshold] of models at λ < λ*, and it does not need "
        "orthogonality: in a share [head-timing/aligned-without-orthogonality] of models with a "
        "light head features stay in superposition and are aligned with all the same. Attention "
        "makes its features orthogonal only beyond a threshold, which lies at λ = "
        "[head-timing/threshold], below the bound λ* of theory; beyond λ* the order turns round in "
        "a share [head-timing/orthogonal-first] of models. A growing head starts along a_i (a "
        "share [head-timing/early-first-moment] of heads is nearer to it) and ends in d_i (|cos| "
        "[head-timing/late-dual]), so in a random dictionary alignment can peak early and fall.",
    ),
    Answer(
        "RQ3",
        "With r = m and low sparsity, are all features recovered? With r < m, which get the "
        "slices?",
        "Only where weights differ: then every feature has a slice (median |cos| "
        "[head-rank/graded-is-one]). At equal weights slices align as chance has it (mean "
        "[head-rank/equal-is-chance]), and short heads spend the first slice on what all features "
        "share.",
        "Ω is always found (relative error at most [head-rank/functional-recovery]), but its "
        "singular vectors are the features only if the pairs' weights differ: with gaps of 5 % or "
        "more every feature has a slice ([head-rank/graded-is-one]), with equal weights each "
        "aligns as chance does (mean |cos| of the best slice [head-rank/equal-is-chance], within "
        "the bounds of random directions), and only the span of what noise leaves apart is theirs "
        "(|cos| with it at least [head-rank/gated-recovery], at every gap). On W trained on dense "
        "data with equal weights recovery stays at [head-rank/dense-all-recovered], where the "
        "hypothesis asks for 0.95. When slices are short, the largest whitened values τ win: with "
        "graded weights and sparse features those of the largest weight (energies within "
        "[head-rank/largest-weights-first]), with equal weights one slice for all of them: the sum "
        "of all features lies in the slices' span (|cos| [head-rank/shared-slice-first]), and what "
        "the others span is left to chance ([head-rank/rest-is-chance] standard errors). So one "
        "slice for many is the rule, and single features win only where weight or leverage breaks "
        "the tie.",
    ),
    Answer(
        "RQ4a",
        "When the head attends to features in different subspaces, do slices keep to them, and who "
        "goes without?",
        "With a constant input and σ that differ they do (median block energy "
        "[head-subspaces/one-factor-each]). With too few slices the factors of greatest leverage "
        "win, in a share [head-subspaces/order-of-leverage] of heads.",
        "With a constant input, a slice for each and σ that differ, each slice keeps to one factor "
        "of the tegum (block energy at least [head-subspaces/one-factor-each]); factors of the "
        "same kind and equal weight are mixed as random directions are (block energy "
        "[head-subspaces/equal-digons-mix]). With too few slices they go to the factors of "
        "greatest leverage, dedicated, tetrahedron, triangle, digon, pentagon, in a share "
        "[head-subspaces/order-of-leverage] of heads. On trained W slices keep to one factor "
        "beyond chance in a share [head-subspaces/trained-w-above-null].",
    ),
    Answer(
        "RQ4b",
        "When the head attends to features in the same subspace, how do slices organise?",
        "As contrasts: for two features of one polytope the slices are their difference and sum "
        "(median |cos| [head-simplex/slices-are-contrasts]), not the features.",
        "As contrasts: orthogonal singular vectors cannot be features that are not orthogonal. For "
        "two equal pairs inside one polytope they are the difference and the sum of the two (|cos| "
        "at least [head-simplex/slices-are-contrasts]), with σ in the ratio (1-|c|)/(1+|c|) to "
        "within [head-simplex/sigma-ratio]. All vertices one to one give equal σ: the slices span "
        "the polytope ([head-simplex/full-polytope-spanned]) in a basis left to chance. All "
        "vertices to one target cancel: L2 stays at [head-simplex/all-to-one-cancels] of E s². "
        "Trained jointly and weighed enough, two features attended alike do not become orthogonal "
        "but parallel, in a share [head-simplex/merging-above] of models.",
    ),
)
