"""A whole store: its runs, the tasks that they share, and which of these no run needs."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tegum.errors import BadInputError
from tegum.store.files import is_ours
from tegum.store.runs import MANIFEST, RunFolder
from tegum.store.tasks import TaskFolder
from tegum.visible import visible

TASKS = "tasks"
_MEASUREMENT = re.compile(r"[\w-]+")


class Unused(NamedTuple):
    """A task that no run refers to."""

    folder: TaskFolder
    key: str
    size: int


@dataclass(frozen=True)
class Store:
    """A folder of runs, and of tasks."""

    root: Path

    def folder(self, study: str, key: str) -> RunFolder:
        """The folder of one run, whether or not it is there yet."""
        return RunFolder(self.root / f"{study}-{key}")

    def tasks(self, measurement: str) -> TaskFolder:
        """The folder of one measurement's tasks, whether or not it is there yet."""
        return TaskFolder(self.root / TASKS / measurement)

    def runs(self) -> list[RunFolder]:
        """Every run in the store, by name."""
        if not self.root.is_dir():
            return []
        return [RunFolder(path) for path in sorted(self.root.iterdir()) if _is_run(path)]

    def measured(self) -> list[TaskFolder]:
        """Every folder of tasks in the store, by name."""
        inside = self.root / TASKS
        if not inside.is_dir() or inside.is_symlink():
            return []
        found = [path for path in sorted(inside.iterdir()) if path.is_dir()]
        ours = [p for p in found if _MEASUREMENT.fullmatch(p.name) and is_ours(p.name)]
        return [TaskFolder(path) for path in ours if not path.is_symlink()]

    def unused(self) -> list[Unused]:
        """The tasks that no run refers to, finished or not.

        Raises:
            BadInputError: a run's manifest is not readable, so that its tasks are not known.
        """
        needed: set[str] = set()
        for run in self.runs():
            manifest = run.manifest()
            if manifest is None:
                why = "has no readable manifest, so its tasks are not known"
                raise BadInputError(f"run: {visible(run.name)} {why}; run it again first")
            needed |= manifest.tasks.keys()
        return [
            Unused(folder, key, folder.size_of(key))
            for folder in self.measured()
            for key in folder.finished()
            if f"{folder.name}/{key}" not in needed
        ]

    def missing(self) -> dict[str, list[str]]:
        """The finished tasks that runs refer to and that are not there, by measurement."""
        found: dict[str, list[str]] = {}
        for run in self.runs():
            manifest = run.manifest()
            for name, record in ({} if manifest is None else manifest.tasks).items():
                measurement, _, key = name.partition("/")
                named = _MEASUREMENT.fullmatch(measurement) and re.fullmatch(r"[0-9a-f]{12}", key)
                if record and named and not (self.tasks(measurement).path / f"{key}.nc").exists():
                    found.setdefault(measurement, []).append(f"{key}.nc: missing")
        return found

    def find(self, name: str) -> RunFolder:
        """The run of this name, or of a path to it.

        Raises:
            BadInputError: there is none, or more than one begins so.
        """
        direct = Path(name)
        if _is_run(direct):
            return RunFolder(direct)
        near = [run for run in self.runs() if run.name.startswith(name)]
        exact = [run for run in near if run.name == name]
        if exact or len(near) == 1:
            return (exact or near)[0]
        known = ", ".join(visible(run.name) for run in near or self.runs()) or "none yet"
        what = "is the beginning of several" if near else "not found"
        raise BadInputError(f"run: {name!r} {what} in {self.root}; runs there: {known}")


def _is_run(path: Path) -> bool:
    return any((path / name).is_file() for name in ("config.toml", MANIFEST))
