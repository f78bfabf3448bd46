"""Features of factors that training made: factors, heads and joint (what is measured),
readings, figures, study.
"""

from tegum.studies.attention.plain_factors.study import STUDY

__all__ = ["STUDY"]
