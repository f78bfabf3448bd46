"""The catalogue: every study, named explicitly; nothing registers itself."""

from tegum.studies.attention import answers, draft, one_pair, rank, simplex, subspaces, timing
from tegum.studies.core import Answer, Study
from tegum.studies.superposition import demonstrating

CATALOGUE: tuple[Study, ...] = (
    demonstrating.STUDY,
    one_pair.STUDY,
    timing.STUDY,
    rank.STUDY,
    subspaces.STUDY,
    simplex.STUDY,
    draft.STUDY,
)

ANSWERS: dict[str, tuple[Answer, ...]] = {"attention-head": answers.ANSWERS}
"""what a group of studies says to the questions it was made for"""
