"""Features in different factors: factors (what is measured and read), study."""

from tegum.studies.attention.subspaces.study import STUDY

__all__ = ["STUDY"]
