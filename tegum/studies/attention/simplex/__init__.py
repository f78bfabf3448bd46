"""Features inside one polytope: polytope (planted W), alike (joint training), study."""

from tegum.studies.attention.simplex.study import STUDY

__all__ = ["STUDY"]
