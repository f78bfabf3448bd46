"""The studies. CATALOGUE names every one of them; nothing registers itself."""

from tegum.studies.attention import one_pair
from tegum.studies.study import Study
from tegum.studies.toys import demonstrating

CATALOGUE: tuple[Study, ...] = (demonstrating.STUDY, one_pair.STUDY)
