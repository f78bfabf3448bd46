"""Absolute values in superposition: models (what is trained), readings, figures, study."""

from tegum.studies.computation.absolute.study import STUDY

__all__ = ["STUDY"]
