"""The study `head-timing`: what it measures (`study`), what it claims of it, and how it draws it."""

from tegum.studies.attention.timing.study import STUDY

__all__ = ["STUDY"]
