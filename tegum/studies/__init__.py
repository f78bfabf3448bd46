"""The studies. CATALOGUE names every one of them; nothing registers itself."""

from tegum.studies.answers import Answer
from tegum.studies.attention import answers, draft, one_pair, rank, recovery, simplex, subspaces, timing
from tegum.studies.study import Study
from tegum.studies.toys import demonstrating, k_gons, one_hot, phase_change, reachable

CATALOGUE: tuple[Study, ...] = (
    demonstrating.STUDY,
    phase_change.STUDY,
    k_gons.STUDY,
    one_hot.STUDY,
    reachable.STUDY,
    one_pair.STUDY,
    recovery.STUDY,
    timing.STUDY,
    rank.STUDY,
    subspaces.STUDY,
    simplex.STUDY,
    draft.STUDY,
)

# What a group of studies says to the questions it was made for.
ANSWERS: dict[str, tuple[Answer, ...]] = {"attention-head": answers.ANSWERS}
