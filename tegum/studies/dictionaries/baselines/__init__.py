"""What else finds features: methods (that give directions), measured, study."""

from tegum.studies.dictionaries.baselines.study import STUDY

__all__ = ["STUDY"]
