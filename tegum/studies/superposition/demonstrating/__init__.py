"""Which features are kept: readings (what is measured and read), study."""

from tegum.studies.superposition.demonstrating.study import STUDY

__all__ = ["STUDY"]
