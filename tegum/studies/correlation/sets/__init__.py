"""Sets of features in the plane: what is measured and read, figures, and two studies."""

from tegum.studies.correlation.sets.study import ANTICORRELATED, CORRELATED

__all__ = ["ANTICORRELATED", "CORRELATED"]
