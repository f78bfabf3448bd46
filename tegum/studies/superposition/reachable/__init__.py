"""What training reaches: puzzles (what is trained and read), study."""

from tegum.studies.superposition.reachable.study import STUDY

__all__ = ["STUDY"]
