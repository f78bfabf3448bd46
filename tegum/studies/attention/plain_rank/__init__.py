"""A plain head for m pairs at once: heads (what is trained and measured), readings, study."""

from tegum.studies.attention.plain_rank.study import STUDY

__all__ = ["STUDY"]
