"""Whether latents split or absorb features: pairs (what is measured), readings, figures, study."""

from tegum.studies.dictionaries.splitting.study import STUDY

__all__ = ["STUDY"]
