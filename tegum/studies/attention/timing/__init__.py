"""When singular vectors align: together (joint training), growing (heads on random W), times."""

from tegum.studies.attention.timing.study import STUDY

__all__ = ["STUDY"]
