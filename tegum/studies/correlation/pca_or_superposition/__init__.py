"""Three correlated pairs in the plane: strategies (exact), models (trained, readings), study."""

from tegum.studies.correlation.pca_or_superposition.study import STUDY

__all__ = ["STUDY"]
