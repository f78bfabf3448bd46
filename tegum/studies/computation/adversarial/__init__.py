"""Adversarial examples: models (what is trained under attack), readings, figures, study."""

from tegum.studies.computation.adversarial.study import STUDY

__all__ = ["STUDY"]
