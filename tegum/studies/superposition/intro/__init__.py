"""The starfish: shapes (how they are named), models (what is measured and read), figures, study."""

from tegum.studies.superposition.intro.study import STUDY

__all__ = ["STUDY"]
