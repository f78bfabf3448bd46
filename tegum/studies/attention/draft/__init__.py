"""The study `head-draft`: what it measures (`study`), what it claims of it, and how it draws it."""

from tegum.studies.attention.draft.study import STUDY

__all__ = ["STUDY"]
