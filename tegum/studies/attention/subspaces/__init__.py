"""The study `head-subspaces`: what it measures (`study`), what it claims of it, and how it draws it."""

from tegum.studies.attention.subspaces.study import STUDY

__all__ = ["STUDY"]
