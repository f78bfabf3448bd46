"""Routed experts: models (what is trained and measured), readings, figures, study."""

from tegum.studies.computation.mixture.study import STUDY

__all__ = ["STUDY"]
