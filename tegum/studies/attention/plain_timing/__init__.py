"""When the plain head's singular vectors align: training (measured), orders (times), figures."""

from tegum.studies.attention.plain_timing.study import STUDY

__all__ = ["STUDY"]
