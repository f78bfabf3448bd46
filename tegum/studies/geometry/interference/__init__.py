"""How far directions interfere: arrangements, few_active (exact losses), measured, study."""

from tegum.studies.geometry.interference.study import STUDY

__all__ = ["STUDY"]
