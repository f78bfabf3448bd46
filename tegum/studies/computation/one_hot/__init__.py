"""One-hot inputs: models (what is trained and read), study."""

from tegum.studies.computation.one_hot.study import STUDY

__all__ = ["STUDY"]
