"""The catalogue: every study, named explicitly; nothing registers itself."""

from tegum.studies.attention import one_pair
from tegum.studies.core import Answer, Study
from tegum.studies.superposition import demonstrating

CATALOGUE: tuple[Study, ...] = (
    demonstrating.STUDY,
    one_pair.STUDY,
)

# What a group of studies says to the questions it was made for.
ANSWERS: dict[str, tuple[Answer, ...]] = {}
