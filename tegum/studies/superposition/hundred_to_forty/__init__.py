"""The reader's 100→40 at every density: models, readings, study."""

from tegum.studies.superposition.hundred_to_forty.study import STUDY

__all__ = ["STUDY"]
