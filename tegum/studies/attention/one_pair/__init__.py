"""The study `head-one-pair`: what it measures (`study`), what it claims of it, and how it draws it."""

from tegum.studies.attention.one_pair.study import STUDY

__all__ = ["STUDY"]
