"""The study `head-recovery`: what it measures (`study`), what it claims of it, and how it draws it."""

from tegum.studies.attention.recovery.study import STUDY

__all__ = ["STUDY"]
