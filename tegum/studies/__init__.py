"""The studies. CATALOGUE names every one of them; nothing registers itself."""

from tegum.studies import demonstrating, head_one_pair
from tegum.studies.study import Study

CATALOGUE: tuple[Study, ...] = (demonstrating.STUDY, head_one_pair.STUDY)
