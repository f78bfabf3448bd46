"""Uniform superposition: models (shared by several studies), readings, figures, study."""

from tegum.studies.geometry.uniform.study import STUDY

__all__ = ["STUDY"]
