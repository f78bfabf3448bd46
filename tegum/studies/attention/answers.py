"""What the group `attention-head` says to its research questions; every number is a claim's."""

from tegum.studies.core import Answer

ANSWERS = (
    Answer(
        "RQ1",
        "Do singular vectors of Ω recover the feature representations?",
        "Yes, of the top m features with a dimension of their own, from S = "
        "[plain-recovery/recovered-from] on (least median |cos| "
        "[plain-recovery/own-dimension-recovered]). At S = 0 nothing can be learned (median "
        "|cos| [plain-recovery/dense-limit]). What is recovered exactly is the dual d_i.",
        "Heads match theory, to [plain-recovery/inside-matches-theory] (worst median). Features"
        " outside are {plain-recovery/outside-in-two-stages: found even | not found} on a W "
        "that trained alone ([plain-recovery/outside-in-two-stages]), "
        "{plain-recovery/outside-when-joint: found | not found} when W trains along "
        "([plain-recovery/outside-when-joint]; worst medians). In random dictionaries the "
        "median is [head-recovery/any-dictionary]. The slice is causal: without it "
        "[plain-recovery/first-slice-takes-all] of the logit is gone (least median).",
    ),
    Answer(
        "RQ2",
        "When in training do singular vectors align: before or after W's columns become "
        "orthogonal?",
        "It depends on S and what orthogonal means. The head aligns with the two most important"
        " features {plain-timing/aligns-first-sparse: before | not reliably before} their "
        "columns are orthogonal at S ≥ 0.5 (at least [plain-timing/aligns-first-sparse of "
        "models without a tie]), {plain-timing/columns-first-dense: after | not reliably after}"
        " at S ≤ 0.1 and λ ≤ 1 (at least [plain-timing/columns-first-dense of models]).",
        "It aligns before they have leverage in [plain-timing/aligns-before-leverage of "
        "models]. At equal importance, S = 0.9, it does in "
        "[head-timing/aligns-first-below-threshold of models] at λ ≤ λ*, and after in "
        "[head-timing/orthogonal-first of models] beyond.",
    ),
    Answer(
        "RQ3",
        "With r = m and low sparsity, are all features recovered? With r < m, which get the "
        "slices?",
        "{plain-rank/all-recovered: Yes | No}: at low sparsity and r = m the worst feature's "
        "best slice has a median |cos| of [plain-rank/all-recovered]. One slice serves all "
        "features at once, and W trains to fit their sum (in [plain-rank/w-takes-the-sum of "
        "models]).",
        "Rank 1 explains what rank m does, to [plain-rank/first-slice-serves-all] (worst "
        "median). The target 'any' is {plain-rank/any-is-count: nearly 'count' | not 'count'} "
        "there (best heads [plain-rank/any-is-count] apart, median). Of richer heads "
        "('product', 'count' with a constant input) features have slices where weights differ "
        "(least median |cos| [head-rank/graded-is-one]), not where they are equal (mean "
        "[head-rank/equal-is-chance], as chance).",
    ),
    Answer(
        "RQ4a",
        "When the head attends to features in different subspaces, do slices keep to them, and "
        "who goes without?",
        "Together they do: the slices span two attended factors in [plain-factors/both-span of "
        "models]. One slice for a feature in each of two goes to the factor of greater leverage, "
        "in [plain-factors/greater-leverage-first of models].",
        "Each slice {plain-factors/unlike-factors-apart: keeps | does not keep} to one of two "
        "unlike factors (share of the worst slice [plain-factors/unlike-factors-apart]), "
        "{plain-factors/like-factors-apart: and | not} to one of two alike "
        "([plain-factors/like-factors-apart]; worst medians). Of like leverage, one slice serves "
        "{plain-factors/one-goes-without: one alone | both} (energy of the lesser "
        "[plain-factors/one-goes-without], worst median). With a constant input and unequal "
        "weights slices keep to factors (least median [head-subspaces/one-factor-each]).",
    ),
    Answer(
        "RQ4b",
        "When the head attends to features in the same subspace, how do slices organise?",
        "As sum and difference of two attended features, not as the features: |cos| √((1±|c|)/2) "
        "in tight factors of a trained W (to [plain-factors/contrasts], worst median).",
        "σ_2/σ_1 is as their cosine says, (1-|c|)/(1+|c|) when sparse (to "
        "[plain-factors/sigma-ratio]). In looser factors the law "
        "{plain-factors/contrasts-everywhere: holds | fails} "
        "([plain-factors/contrasts-everywhere] off; worst medians). If all members are attended, "
        "slices span the factor, in [plain-factors/all-span of factors]. A heavy head gives two "
        "members of a pentagon a factor each, in [plain-factors/joint-parts of models]; with a "
        "constant input it merges them, in [head-simplex/merging-above of models].",
    ),
)
