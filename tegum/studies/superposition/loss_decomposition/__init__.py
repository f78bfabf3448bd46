"""What a loss is made of: readings of models that another study trains, study."""

from tegum.studies.superposition.loss_decomposition.study import STUDY

__all__ = ["STUDY"]
