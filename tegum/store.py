"""Runs on disk: a file is there whole, or it is not there.

    <root>/<study>-<key>/   config.toml, tasks/<key>.nc, result.nc, claims.json, figures/, manifest.json

Everything is written under a temporary name beside its place, synced, and renamed. A damaged file is never deleted: it
is set aside under another name, and reported. The store knows nothing of studies; it keeps what it is given.

A store may come from someone else. So what is read is a plain file inside the run's folder, of a name
that a run folder has (`RunFolder.file`); whatever a store names beside that is damage, and not touched.
"""

import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from tegum.errors import BadInputError, StoreError
from tegum.netcdf import check_structure
from tegum.visible import visible

MANIFEST = "manifest.json"
FOLDERS = ("tasks", "figures")
KINDS = re.compile(
    r"config\.toml|manifest\.json|result\.nc|claims\.json"
    r"|tasks/[0-9a-f]{12}\.nc|figures/\w[\w .,+=()-]*\.(svg|png|csv)"
)


def key_of(value: Any) -> str:
    """The first 12 hex digits of the sha256 of a value's canonical JSON: sorted keys, no spaces, no NaN."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def digest(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path to write to; on success it is synced and becomes `path`, on failure it vanishes.

    Raises:
        StoreError: the folder cannot be written to; `path`, if it was there, is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise _cannot_write(path.parent, error) from error
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _cannot_write(path: Path, error: OSError) -> StoreError:
    why = error.strerror or error
    return StoreError(f"store: cannot write {path} ({why}), expected a writable folder; choose another with --store")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_MISSING, _NO_MANIFEST, _UNKNOWN = "missing", "missing or unreadable", "not in the manifest"


@dataclass(frozen=True)
class RunFolder:
    """One run's folder. Reading and writing of its files, and nothing about what they mean."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    def file(self, name: str) -> Path:
        """Where a file of this run lies, whether or not it is there: all that is read goes through here.

        Raises:
            StoreError: a run folder has no such file, or it is not a plain file inside this folder.
        """
        if why := self._misfit(name):
            raise StoreError(f"store: {visible(name)} in {visible(self.path)} is {why}")
        return self.path / name

    def _misfit(self, name: str) -> str:
        """Why a name is not that of a file to read; empty if it is, or if nothing lies there."""
        if not KINDS.fullmatch(name) or not _is_ours(name):
            return "not a file that a run folder has"
        path = self.path / name
        try:
            if not path.resolve().is_relative_to(self.path.resolve()):
                return "a link that leads outside the run folder"
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except (OSError, RuntimeError):  # such as links in a circle
            return "not readable"
        return "" if stat.S_ISREG(mode) else "not a plain file"

    def _place(self, name: str) -> Path:
        """Where to write, or what to rename: an entry of this folder itself, whatever a link there leads to."""
        path = self.path / name
        inside = path.parent.resolve().is_relative_to(self.path.resolve())
        if not inside or ".." in Path(name).parts:
            raise StoreError(f"store: {visible(name)} is not inside {visible(self.path)}")
        return path

    def _entries(self) -> list[str]:
        """All that lies in the folder and in its two folders, but what is hidden or set aside; links not followed."""
        found = []
        folders = [f for f in FOLDERS if (self.path / f).is_dir() and not (self.path / f).is_symlink()]
        for folder in ("", *folders):
            place = self.path / folder
            if place.is_dir():
                inside = [path for path in place.iterdir() if _is_ours(path.name)]
                found += [path.relative_to(self.path).as_posix() for path in inside]
        return sorted(set(found) - set(folders))

    def read_text(self, name: str) -> str:
        """A text file; raises `StoreError` where it is no file of this run."""
        return self.file(name).read_text(encoding="utf-8")

    def write_text(self, name: str, text: str) -> None:
        """Put a text file in its place, whole."""
        with replacing(self._place(name)) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def write_bytes(self, name: str, data: bytes) -> None:
        """Put a file in its place, whole."""
        with replacing(self._place(name)) as temporary:
            temporary.write_bytes(data)

    def write_dataset(self, name: str, dataset: xr.Dataset) -> None:
        """Put a netCDF file in its place, whole, with a checksum on every array so that damage is found on reading."""
        numbers = [name for name, v in dataset.variables.items() if v.ndim and v.size and v.dtype.kind in "biuf"]
        encoding = {name: {"fletcher32": True} for name in numbers}  # HDF5 cannot do that for strings
        with replacing(self._place(name)) as temporary:
            dataset.drop_encoding().to_netcdf(temporary, engine="h5netcdf", encoding=encoding)

    def read_dataset(self, name: str) -> xr.Dataset:
        """A netCDF file, read whole into memory.

        Raises:
            FileNotFoundError: it is not there.
            OSError, ValueError, KeyError: it is there, but damaged, or declares more than it holds.
        """
        path = self.file(name)
        if not path.exists():
            raise FileNotFoundError(path)
        check_structure(path)
        # How a file was encoded says nothing of the next: the width of its strings would cut longer ones off.
        return xr.load_dataset(path, engine="h5netcdf").drop_encoding()

    def read_task(self, key: str, on_damage: Callable[[str], None]) -> xr.Dataset | None:
        """A finished task's dataset, or None where it must be computed. A damaged file is named and set aside."""
        name = f"tasks/{key}.nc"
        known = self.manifest().get("tasks", {}).get(key, {}).get("sha256")
        try:
            if known and digest(self.file(name)) != known:
                raise ValueError("its sha256 is not the one written down")
            return self.read_dataset(name)
        except FileNotFoundError:
            return None
        except Exception as error:  # h5py and xarray raise many types on damaged files
            on_damage(self._kept(name, _short(error)))
            return None

    def set_aside(self, name: str) -> str:
        """Rename a damaged file out of the way; returns its new name. Nothing is lost."""
        path = self._place(name)
        count = 1
        while os.path.lexists(aside := path.with_name(f"{path.name}.damaged-{count}")):
            count += 1
        path.rename(aside)
        return aside.name

    def set_damaged_aside(self) -> list[str]:
        """Rename all that is damaged out of the way, so that it is made anew; one line for each.

        What the manifest names outside this folder is said, and left alone.
        """
        there, lines = set(self._entries()), []
        for name, why in self._damaged().items():
            if name in there and why != _UNKNOWN:
                lines.append(self._kept(name, why))
            elif name not in there and why not in (_MISSING, _NO_MANIFEST):
                lines.append(f"{visible(self.path)}: {MANIFEST} names {visible(name)}: {why}; left alone")
        return lines

    def _kept(self, name: str, why: str) -> str:
        aside = visible(self.set_aside(name))
        return f"{visible(self.path / name)} is damaged ({why}); kept as {aside}, computing anew"

    def manifest(self) -> dict[str, Any]:
        """What is written down of the run: versions, device, seconds and sha256 of its files; empty if nothing is."""
        try:
            found = json.loads(self.read_text(MANIFEST))
        except (FileNotFoundError, NotADirectoryError, StoreError, ValueError, RecursionError):
            return {}
        return found if _is_manifest(found) else {}

    def write_manifest(self, content: Mapping[str, Any]) -> None:
        """Write the manifest down, whole."""
        self.write_text(MANIFEST, json.dumps(content, indent=2, allow_nan=False) + "\n")

    def files(self) -> list[str]:
        """The run's own files by name, without the manifest, temporary files and those set aside."""
        return [name for name in self._entries() if name != MANIFEST and not self._misfit(name)]

    def damage(self) -> list[str]:
        """Every file held against the manifest: one line for each that is missing, changed, unknown or no run's."""
        return [f"{visible(name)}: {why}" for name, why in self._damaged().items()]

    def _damaged(self) -> dict[str, str]:
        """What is wrong, by name. Arrays are held against their file's size even where its hash is right."""
        written = self.manifest()
        complete = bool(written.get("complete"))
        tasks = {f"tasks/{key}.nc": task.get("sha256", "") for key, task in written.get("tasks", {}).items()}
        known = written.get("files", {}) if complete else tasks
        wrong = {} if written else {MANIFEST: _NO_MANIFEST}
        wrong |= {name: why for name, sha in known.items() if (why := self._fault(name, sha))}
        for name in (f"figures/{caption}.svg" for caption in written.get("captions", {})):
            if name not in known:
                wrong[name] = self._misfit(name) or "has a caption, but is not in the manifest"
        for name in self._entries():
            if name not in known and name != MANIFEST:
                why = self._misfit(name) or (_UNKNOWN if complete else "")
                wrong |= {name: why} if why else {}
        return wrong

    def _fault(self, name: str, sha: str) -> str:
        """What is wrong with a file that the manifest knows; empty if nothing is."""
        if why := self._misfit(name):
            return why
        path = self.path / name
        try:
            if digest(path) != sha:
                return "its sha256 is not the one written down"
            if path.suffix == ".nc":
                check_structure(path)
        except FileNotFoundError:
            return _MISSING
        except Exception as error:  # h5py raises many types on damaged files
            return _short(error)
        return ""


@dataclass(frozen=True)
class Store:
    """A folder of runs."""

    root: Path

    def folder(self, study: str, key: str) -> RunFolder:
        """The folder of one run, whether or not it is there yet."""
        return RunFolder(self.root / f"{study}-{key}")

    def runs(self) -> list[RunFolder]:
        """Every run in the store, by name."""
        if not self.root.is_dir():
            return []
        return [RunFolder(path) for path in sorted(self.root.iterdir()) if _is_run(path)]

    def find(self, name: str) -> RunFolder:
        """The run of this name, or of a path to it; raises `BadInputError` where there is none, or more than one."""
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


def _is_ours(name: str) -> bool:
    return not name.startswith(".") and ".damaged-" not in name


def _is_manifest(found: Any) -> bool:
    """Whether JSON has the shape of a manifest: only then it is looked into."""

    def is_texts(value: Any) -> bool:
        return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())

    def is_task(value: Any) -> bool:
        if not isinstance(value, dict) or not isinstance(value.get("sha256", ""), str):
            return False
        seconds = value.get("seconds", 0)
        return isinstance(seconds, int | float) and 0 <= seconds < 1e12

    if not isinstance(found, dict) or not isinstance(found.get("device", {}), dict):
        return False
    tasks = found.get("tasks", {})
    texts = all(is_texts(found.get(part, {})) for part in ("files", "captions", "versions"))
    return texts and isinstance(tasks, dict) and all(map(is_task, tasks.values()))


def _short(error: Exception) -> str:
    return visible(" ".join(str(error).split()))[:100] or type(error).__name__
