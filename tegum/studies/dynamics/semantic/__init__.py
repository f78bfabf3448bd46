"""A hierarchy learned level by level: networks (what is measured), readings, figures, pictures,
study.
"""

from tegum.studies.dynamics.semantic.study import STUDY

__all__ = ["STUDY"]
