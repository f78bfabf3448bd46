"""Where the last feature is taken up: last_feature (what is measured and read), study."""

from tegum.studies.superposition.phase_change.study import STUDY

__all__ = ["STUDY"]
