"""Runs on disk: a file is there whole, or it is not there.

    <root>/<study>-<key>/   config.toml, tasks/<key>.nc, result.nc, claims.json, figures/, manifest.json

Everything is written under a temporary name beside its place, synced, and renamed. A damaged file is never deleted: it
is set aside under another name, and reported. The store knows nothing of studies; it keeps what it is given.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from tegum.errors import BadInputError, StoreError

MANIFEST = "manifest.json"


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


@dataclass(frozen=True)
class RunFolder:
    """One run's folder. Reading and writing of its files, and nothing about what they mean."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    def write_text(self, name: str, text: str) -> None:
        """Put a text file in its place, whole."""
        with replacing(self.path / name) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def write_bytes(self, name: str, data: bytes) -> None:
        """Put a file in its place, whole."""
        with replacing(self.path / name) as temporary:
            temporary.write_bytes(data)

    def write_dataset(self, name: str, dataset: xr.Dataset) -> None:
        """Put a netCDF file in its place, whole, with a checksum on every array so that damage is found on reading."""
        numbers = [name for name, v in dataset.variables.items() if v.ndim and v.size and v.dtype.kind in "biuf"]
        encoding = {name: {"fletcher32": True} for name in numbers}  # HDF5 cannot do that for strings
        with replacing(self.path / name) as temporary:
            dataset.to_netcdf(temporary, engine="h5netcdf", encoding=encoding)

    def read_dataset(self, name: str) -> xr.Dataset:
        """A netCDF file, read whole into memory.

        Raises:
            FileNotFoundError: it is not there.
            OSError, ValueError, KeyError: it is there, but damaged.
        """
        path = self.path / name
        if not path.exists():
            raise FileNotFoundError(path)
        # How a file was encoded says nothing of the next: the width of its strings would cut longer ones off.
        return xr.load_dataset(path, engine="h5netcdf").drop_encoding()

    def read_task(self, key: str, on_damage: Callable[[str], None]) -> xr.Dataset | None:
        """A finished task's dataset, or None where it must be computed. A damaged file is named and set aside."""
        name = f"tasks/{key}.nc"
        known = self.manifest().get("tasks", {}).get(key, {}).get("sha256")
        try:
            if known and digest(self.path / name) != known:
                raise ValueError("its sha256 is not the one written down")
            return self.read_dataset(name)
        except FileNotFoundError:
            return None
        except Exception as error:  # h5py and xarray raise many types on damaged files
            on_damage(
                f"{self.path / name} is damaged ({_short(error)}); kept as {self.set_aside(name)}, computing anew"
            )
            return None

    def set_aside(self, name: str) -> str:
        """Rename a damaged file out of the way; returns its new name. Nothing is lost."""
        path = self.path / name
        count = 1
        while (aside := path.with_name(f"{path.name}.damaged-{count}")).exists():
            count += 1
        path.rename(aside)
        return aside.name

    def manifest(self) -> dict[str, Any]:
        """What is written down of the run: versions, device, seconds and sha256 of its files; empty if nothing is."""
        try:
            found = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_manifest(self, content: Mapping[str, Any]) -> None:
        """Write the manifest down, whole."""
        self.write_text(MANIFEST, json.dumps(content, indent=2, allow_nan=False) + "\n")

    def files(self) -> list[str]:
        """The run's own files by name, without the manifest, temporary files and those set aside."""
        inside = (p.relative_to(self.path) for p in self.path.rglob("*") if p.is_file())
        return sorted(p.as_posix() for p in inside if p.name != MANIFEST and _is_ours(p.name))

    def changed(self) -> list[str]:
        """The files whose bytes are not those that the manifest knows."""
        known = self.manifest().get("files", {})
        return [name for name, sha in known.items() if (self.path / name).exists() and digest(self.path / name) != sha]

    def damage(self) -> list[str]:
        """Every file re-hashed against the manifest: one line for each that is missing, changed or unknown."""
        written = self.manifest()
        if not written:
            return [f"{MANIFEST}: missing or unreadable"]
        known = written.get("files", {})
        missing = [f"{name}: missing" for name in known if not (self.path / name).exists()]
        changed = [f"{name}: its sha256 is not the one written down" for name in self.changed()]
        unknown = [f"{name}: not in the manifest" for name in self.files() if name not in known]
        return missing + changed + (unknown if written.get("complete") else [])


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
        known = ", ".join(run.name for run in near or self.runs()) or "none yet"
        what = "is the beginning of several" if near else "not found"
        raise BadInputError(f"run: {name!r} {what} in {self.root}; runs there: {known}")


def _is_run(path: Path) -> bool:
    return any((path / name).is_file() for name in ("config.toml", MANIFEST))


def _is_ours(name: str) -> bool:
    return not name.startswith(".") and ".damaged-" not in name


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__
