"""Which features get slices: everyone (what is asked and measured), scores, study."""

from tegum.studies.attention.rank.study import STUDY

__all__ = ["STUDY"]
