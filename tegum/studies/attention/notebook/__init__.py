"""The author's notebook: two_pairs (what is measured and read), figures, study."""

from tegum.studies.attention.notebook.study import STUDY

__all__ = ["STUDY"]
