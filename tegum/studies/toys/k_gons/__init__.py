"""The study `k-gons`: what it measures (`study`), what it claims of it, and how it draws it."""

from tegum.studies.toys.k_gons.study import STUDY

__all__ = ["STUDY"]
