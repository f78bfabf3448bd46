"""The four behaviours: models (measured), readings, figures, study."""

from tegum.studies.attention.behaviours.study import STUDY

__all__ = ["STUDY"]
