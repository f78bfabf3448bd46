"""The study `reachable-loss`: what it measures (`study`), what it claims of it, and how it draws it."""

from tegum.studies.toys.reachable.study import STUDY

__all__ = ["STUDY"]
