"""The author's notebook: two_pairs (what is measured and read), study."""

from tegum.studies.attention.draft.study import STUDY

__all__ = ["STUDY"]
