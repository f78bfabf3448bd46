"""How learning goes, jump by jump: models (what is measured), readings (of uniform
models), sets (readings of six features in two sets), figures, study.
"""

from tegum.studies.dynamics.learning.study import STUDY

__all__ = ["STUDY"]
