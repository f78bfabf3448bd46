"""One of five features varied: branches (theory), models, readings, claims, figures, studies."""

from tegum.studies.geometry.nonuniform.study import IMPORTANCE, SPARSITY

__all__ = ["IMPORTANCE", "SPARSITY"]
