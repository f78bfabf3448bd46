"""A ReLU in the hidden layer: models (what is trained), readings, figures, study."""

from tegum.studies.computation.privileged.study import STUDY

__all__ = ["STUDY"]
