"""Levels that training pauses at: rungs (what is measured and read), study."""

from tegum.studies.dynamics.k_gons.study import STUDY

__all__ = ["STUDY"]
