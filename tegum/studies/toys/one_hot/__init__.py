"""The study `one-hot-pentagon`: what it measures (`study`), what it claims of it, and how it draws it."""

from tegum.studies.toys.one_hot.study import STUDY

__all__ = ["STUDY"]
