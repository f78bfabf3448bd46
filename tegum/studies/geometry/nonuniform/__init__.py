"""One of five features varied: branches (theory), models (what is measured), figures, study."""

from tegum.studies.geometry.nonuniform.study import IMPORTANCE, SPARSITY

__all__ = ["IMPORTANCE", "SPARSITY"]
