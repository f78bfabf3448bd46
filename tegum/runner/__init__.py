"""Runs a study: measure what is missing, join it, conclude.

finding -> configs -> measuring (tasks, the only expensive part) -> concluding -> result;
several studies at a time: several; on other machines: cluster; models of a finished run, to
files: exporting
"""

from tegum.runner.account import Account, account_of
from tegum.runner.concluding import source_of
from tegum.runner.configs import as_toml, read_toml
from tegum.runner.exporting import Exported, export
from tegum.runner.failures import UnfinishedError
from tegum.runner.finding import find_study, groups
from tegum.runner.measuring import Progress
from tegum.runner.result import Run, claims_in
from tegum.runner.running import load, run, runs
from tegum.runner.several import run_all

__all__ = [
    "Account",
    "Exported",
    "Progress",
    "Run",
    "UnfinishedError",
    "account_of",
    "as_toml",
    "claims_in",
    "export",
    "find_study",
    "groups",
    "load",
    "read_toml",
    "run",
    "run_all",
    "runs",
    "source_of",
]
