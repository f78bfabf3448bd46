"""The plain head asked for one pair, swept over all features: heads, measured, removal, claims."""

from tegum.studies.attention.plain_recovery.study import STUDY

__all__ = ["STUDY"]
