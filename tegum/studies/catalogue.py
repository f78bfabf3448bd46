"""The catalogue: every study, named explicitly; nothing registers itself."""

from tegum.studies.attention import (
    answers,
    behaviours,
    notebook,
    one_pair,
    plain_factors,
    plain_rank,
    plain_recovery,
    plain_timing,
    rank,
    recovery,
    simplex,
    subspaces,
    timing,
)
from tegum.studies.computation import absolute, adversarial, atlas, mixture, one_hot, privileged
from tegum.studies.core import Answer, Study
from tegum.studies.correlation import pca_or_superposition, sets
from tegum.studies.dictionaries import baselines, splitting
from tegum.studies.dictionaries import recovery as sae_recovery
from tegum.studies.dynamics import k_gons, learning, semantic
from tegum.studies.geometry import graph, interference, nonuniform, thomson, uniform
from tegum.studies.superposition import (
    demonstrating,
    hundred_to_forty,
    intro,
    loss_decomposition,
    phase_change,
    reachable,
)

CATALOGUE: tuple[Study, ...] = (
    intro.STUDY,
    demonstrating.STUDY,
    loss_decomposition.STUDY,
    phase_change.STUDY,
    reachable.STUDY,
    hundred_to_forty.STUDY,
    uniform.STUDY,
    graph.STUDY,
    thomson.STUDY,
    interference.STUDY,
    nonuniform.SPARSITY,
    nonuniform.IMPORTANCE,
    sets.CORRELATED,
    sets.ANTICORRELATED,
    pca_or_superposition.STUDY,
    k_gons.STUDY,
    one_hot.STUDY,
    learning.STUDY,
    semantic.STUDY,
    adversarial.STUDY,
    privileged.STUDY,
    absolute.STUDY,
    atlas.STUDY,
    mixture.STUDY,
    sae_recovery.STUDY,
    splitting.STUDY,
    baselines.STUDY,
    behaviours.STUDY,
    plain_recovery.STUDY,
    plain_timing.STUDY,
    plain_rank.STUDY,
    plain_factors.STUDY,
    one_pair.STUDY,
    recovery.STUDY,
    timing.STUDY,
    rank.STUDY,
    subspaces.STUDY,
    simplex.STUDY,
    notebook.STUDY,
)

ANSWERS: dict[str, tuple[Answer, ...]] = {"attention-head": answers.ANSWERS}
"""what a group of studies says to the questions it was made for"""
