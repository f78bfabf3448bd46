"""Charges on a sphere beside what models learn: charges, models (all measured), figures, study."""

from tegum.studies.geometry.thomson.study import STUDY

__all__ = ["STUDY"]
