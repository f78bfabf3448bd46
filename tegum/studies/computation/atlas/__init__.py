"""Bottleneck atlas: setups (values), models (trained and measured), readings, figures, study."""

from tegum.studies.computation.atlas.study import STUDY

__all__ = ["STUDY"]
