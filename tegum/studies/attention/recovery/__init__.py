"""Whether slices are features: dictionaries (what is measured and read), baselines, study."""

from tegum.studies.attention.recovery.study import STUDY

__all__ = ["STUDY"]
