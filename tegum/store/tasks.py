"""Task folders: what one measurement's tasks gave, each in a file that all studies may read.

A task's hash and time are written beside it before the file itself is put in its place, so that a
file is never there without the hash that tells whether it is whole.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import xarray as xr

from tegum.errors import StoreError
from tegum.store.files import Folder, short
from tegum.store.manifest import TaskRecord
from tegum.visible import visible

_KINDS = re.compile(r"[0-9a-f]{12}\.(nc|json)")


@final
@dataclass(frozen=True)
class TaskFolder(Folder):
    """The tasks of one measurement, by key."""

    @property
    def kinds(self) -> re.Pattern[str]:
        return _KINDS

    @property
    def folders(self) -> tuple[str, ...]:
        return ()

    def finished(self) -> list[str]:
        """The keys of all finished tasks."""
        return [name.removesuffix(".nc") for name in self.files() if name.endswith(".nc")]

    def record(self, key: str) -> TaskRecord | None:
        """What is written down of a task; None where nothing is, or it is not readable."""
        try:
            return TaskRecord.model_validate_json(self.read_text(f"{key}.json"))
        except (FileNotFoundError, NotADirectoryError, StoreError, ValueError, RecursionError):
            return None

    def write(self, key: str, dataset: xr.Dataset, seconds: float) -> TaskRecord:
        """Keep what a task gave, and what it took."""
        with self.writing_dataset(f"{key}.nc", dataset) as sha256:
            record = TaskRecord(seconds=round(seconds, 3), sha256=sha256)
            self.write_text(f"{key}.json", record.model_dump_json() + "\n")
        return record

    def read(
        self, key: str, on_damage: Callable[[str], None], task: str | None = None
    ) -> xr.Dataset | None:
        """What a finished task gave, or None where it must be computed.

        A file that is damaged, or of another task than its attribute "task" should say, is named
        and set aside.
        """
        name = f"{key}.nc"
        if not (self.path / name).exists():
            return None
        if why := self._fault_of(key):
            on_damage(self.set_aside(name, why))
            if no_file := self.misfit(f"{key}.json"):  # would be in the way of a new hash
                on_damage(self.set_aside(f"{key}.json", no_file))
            return None
        try:
            found = self.read_dataset(name)
            if task is not None and found.attrs.get("task") != task:
                raise ValueError("it is another task's")
            return found
        except Exception as error:  # h5py and xarray raise many types on damaged files
            on_damage(self.set_aside(name, short(error)))
            return None

    def remove(self, key: str) -> int:
        """Delete a task's files; returns the bytes that this frees."""
        freed = 0
        for name in (f"{key}.nc", f"{key}.json"):
            path = self.file(name)
            if path.exists():
                freed += path.stat().st_size
                path.unlink()
        return freed

    def size_of(self, key: str) -> int:
        """Bytes of a task's file."""
        return self.file(f"{key}.nc").stat().st_size

    def damage(self) -> list[str]:
        """A line for each task that is not as it was written, and each file that is none."""
        wrong = {name: why for name in self.entries() if (why := self.misfit(name))}
        wrong |= {f"{key}.nc": why for key in self.finished() if (why := self._fault_of(key))}
        return [f"{visible(name)}: {why}" for name, why in sorted(wrong.items())]

    def _fault_of(self, key: str) -> str:
        record = self.record(key)
        if record is None:
            return "its hash is not written down"
        return self.fault(f"{key}.nc", record.sha256)
