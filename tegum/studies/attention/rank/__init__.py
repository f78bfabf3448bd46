"""The study `head-rank`: what it measures (`study`), what it claims of it, and how it draws it."""

from tegum.studies.attention.rank.study import STUDY

__all__ = ["STUDY"]
