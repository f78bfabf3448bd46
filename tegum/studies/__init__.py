"""The studies. CATALOGUE names every one of them; nothing registers itself."""

from tegum.studies.answers import Answer
from tegum.studies.attention import one_pair, recovery
from tegum.studies.study import Study
from tegum.studies.toys import demonstrating

CATALOGUE: tuple[Study, ...] = (demonstrating.STUDY, one_pair.STUDY, recovery.STUDY)

# What a group of studies says to the questions it was made for.
ANSWERS: dict[str, tuple[Answer, ...]] = {}
