"""What goes wrong on the way: a task that failed, and a run that could not be finished."""

import inspect
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tegum.studies.core.measurement import Task

LONGEST = 300
"""characters of an error that a line takes"""


class UnfinishedError(RuntimeError):
    """A run that could not be finished; the message is one line, fit to print as it is.

    All that was finished is kept, and the same run again does what is left.
    """


@dataclass(frozen=True)
class Failure:
    """That a task failed. A value, and text: not every error can travel from another process.

    Attributes:
        error: which task, and its error, in one line.
        trace: where the error came from, in many; empty where nobody could say.
    """

    error: str
    trace: str = ""


def failure_of(task: Task, error: BaseException) -> Failure:
    """What is kept of an error: the innermost line of the part's own file is its place."""
    said = " ".join(f"{type(error).__name__}: {error}".split())
    said = said if len(said) <= LONGEST else f"{said[:LONGEST]}..."
    frames = traceback.extract_tb(error.__traceback__)
    own = getattr(inspect.unwrap(task.part.measure), "__code__", None)
    inside = [f for f in frames if own is not None and f.filename == own.co_filename] or frames
    place = f" ({Path(inside[-1].filename).name}:{inside[-1].lineno})" if inside else ""
    trace = "".join(traceback.format_exception(error))
    return Failure(f"{named(task)}: {said}{place}", trace)


def named(task: Task) -> str:
    """A task by what it measures and where, for people."""
    point = ", ".join(f"{axis}={value}" for axis, value in task.point.items())
    return f"{task.part.name}({point})"


def unfinished(failed: Mapping[str, Failure], tasks: int) -> UnfinishedError:
    """The error of a run whose tasks failed, at least one of them."""
    first = next(iter(failed.values()))
    count = f"{len(failed)} of {tasks} tasks failed"
    kept = "the others are kept, and the same command tries again what failed"
    error = UnfinishedError(f"run: {count}, first {first.error}; {kept}")
    if first.trace:
        error.add_note(first.trace)
    return error
