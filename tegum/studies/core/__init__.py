"""What a study is made of: config, measurement, measures, controls, claims, and the study itself.

The names here are those that a study's file needs.
"""

from tegum.studies.core.answers import Answer
from tegum.studies.core.claim import Claim, Control, Derived, Measured
from tegum.studies.core.config import (
    Activation,
    BottleneckConfig,
    Count,
    Density,
    Frozen,
    Index,
    Mode,
    Seed,
    Share,
    StudyConfig,
    Target,
    TrainingConfig,
    Unsigned,
)
from tegum.studies.core.measurement import Measurement, Part, Variables, joined, swept, table
from tegum.studies.core.study import Exhibit, Study, config_in, exhibit, takeaway
from tegum.studies.core.verdict import Verdict, Verdicts

__all__ = [
    "Activation",
    "Answer",
    "BottleneckConfig",
    "Claim",
    "Control",
    "Count",
    "Density",
    "Derived",
    "Exhibit",
    "Frozen",
    "Index",
    "Measured",
    "Measurement",
    "Mode",
    "Part",
    "Seed",
    "Share",
    "Study",
    "StudyConfig",
    "Target",
    "TrainingConfig",
    "Unsigned",
    "Variables",
    "Verdict",
    "Verdicts",
    "config_in",
    "exhibit",
    "joined",
    "swept",
    "table",
    "takeaway",
]
