"""The draft study: two_pairs (what is measured and read), study."""

from tegum.studies.attention.draft.study import STUDY

__all__ = ["STUDY"]
