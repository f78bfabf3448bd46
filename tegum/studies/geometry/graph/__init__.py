"""The graph of features: islands (names and sizes, read off W), figures, study."""

from tegum.studies.geometry.graph.study import STUDY

__all__ = ["STUDY"]
