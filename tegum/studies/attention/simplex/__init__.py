"""The study `head-simplex`: what it measures (`study`), what it claims of it, and how it draws it."""

from tegum.studies.attention.simplex.study import STUDY

__all__ = ["STUDY"]
