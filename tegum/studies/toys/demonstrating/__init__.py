"""The study `demonstrating-superposition`: what it measures (`study`), what it claims of it, and how it draws it."""

from tegum.studies.toys.demonstrating.study import STUDY

__all__ = ["STUDY"]
