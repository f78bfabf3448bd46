"""The study `phase-change`: what it measures (`study`), what it claims of it, and how it draws it."""

from tegum.studies.toys.phase_change.study import STUDY

__all__ = ["STUDY"]
