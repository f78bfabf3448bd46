"""Files that are there whole or not at all, in folders that hold files of known names only.

Everything is written under a temporary name beside its place, synced, and renamed. A damaged file
is never deleted: it is set aside under another name, and reported.
"""

import hashlib
import os
import re
import stat
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from tegum.errors import StoreError
from tegum.netcdf import check_structure
from tegum.visible import visible

MISSING = "missing"


def digest(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path to write to; on success it is synced and becomes `path`, else it vanishes.

    Raises:
        StoreError: the folder cannot be written to; `path`, if it was there, is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent
        )
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
    if isinstance(error, StoreError):
        return error
    why = error.strerror or error
    way_out = "expected a writable folder; choose another with --store"
    return StoreError(f"store: cannot write {path} ({why}), {way_out}")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True)
class Folder(ABC):
    """A folder of a store: what lies in it is read only under a name that such a folder has."""

    path: Path

    @property
    @abstractmethod
    def kinds(self) -> re.Pattern[str]:
        """What the names of its files look like."""

    @property
    @abstractmethod
    def folders(self) -> tuple[str, ...]:
        """The folders inside it, by name."""

    @property
    def name(self) -> str:
        return self.path.name

    def file(self, name: str) -> Path:
        """Where a file lies, whether or not it is there: all that is read goes through here.

        Raises:
            StoreError: such a folder has no such file, or it is not a plain file inside it.
        """
        if why := self.misfit(name):
            raise StoreError(f"store: {visible(name)} in {visible(self.path)} is {why}")
        return self.path / name

    def misfit(self, name: str) -> str:
        """Why a name is not that of a file to read; empty if it is, or if nothing lies there."""
        if not self.kinds.fullmatch(name) or not is_ours(name):
            return "not a file that such a folder has"
        path = self.path / name
        try:
            if not path.resolve().is_relative_to(self.path.resolve()):
                return "a link that leads outside its folder"
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except (OSError, RuntimeError):  # such as links in a circle
            return "not readable"
        return "" if stat.S_ISREG(mode) else "not a plain file"

    def fault(self, name: str, sha256: str) -> str:
        """What is wrong with a file whose hash is known; empty if nothing is.

        Arrays are held against their file's size even where its hash is right.
        """
        if why := self.misfit(name):
            return why
        path = self.path / name
        try:
            if digest(path) != sha256:
                return "its sha256 is not the one written down"
            if path.suffix == ".nc":
                check_structure(path)
        except FileNotFoundError:
            return MISSING
        except Exception as error:  # h5py raises many types on damaged files
            return short(error)
        return ""

    def entries(self) -> list[str]:
        """All that lies in it, but what is hidden or set aside; links are not followed."""
        found = []
        inside = [f for f in self.folders if (self.path / f).is_dir()]
        inside = [folder for folder in inside if not (self.path / folder).is_symlink()]
        for folder in ("", *inside):
            place = self.path / folder
            if place.is_dir():
                ours = [path for path in place.iterdir() if is_ours(path.name)]
                found += [path.relative_to(self.path).as_posix() for path in ours]
        return sorted(set(found) - set(inside))

    def files(self) -> list[str]:
        """Its own files by name."""
        return [name for name in self.entries() if not self.misfit(name)]

    def size(self) -> int:
        """Bytes of its files."""
        return sum((self.path / name).stat().st_size for name in self.files())

    def read_text(self, name: str) -> str:
        """A text file; raises `StoreError` where it is no file of this folder."""
        return self.file(name).read_text(encoding="utf-8")

    def write_text(self, name: str, text: str) -> None:
        """Put a text file in its place, whole."""
        with replacing(self._place(name)) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def write_bytes(self, name: str, data: bytes) -> None:
        """Put a file in its place, whole."""
        with replacing(self._place(name)) as temporary:
            temporary.write_bytes(data)

    @contextmanager
    def writing_dataset(self, name: str, dataset: xr.Dataset) -> Iterator[str]:
        """Write a netCDF file; its sha256 is given before the file is put in its place.

        Every array of numbers has a checksum of its own.
        """
        variables = dataset.variables.items()
        numbers = [name for name, v in variables if v.ndim and v.size and v.dtype.kind in "biuf"]
        # HDF5 cannot do that for strings.
        encoding = {name: {"fletcher32": True} for name in numbers}
        with replacing(self._place(name)) as temporary:
            dataset.drop_encoding().to_netcdf(temporary, engine="h5netcdf", encoding=encoding)
            yield digest(temporary)

    def write_dataset(self, name: str, dataset: xr.Dataset) -> None:
        """Put a netCDF file in its place, whole."""
        with self.writing_dataset(name, dataset):
            pass

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
        # How a file was encoded says nothing of the next: the width of its strings would cut
        # longer ones off.
        return xr.load_dataset(path, engine="h5netcdf").drop_encoding()

    def set_aside(self, name: str, why: str) -> str:
        """Rename a damaged file out of the way; nothing is lost. Returns a line that says so."""
        path = self._place(name)
        count = 1
        while os.path.lexists(aside := path.with_name(f"{path.name}.damaged-{count}")):
            count += 1
        path.rename(aside)
        kept = f"kept as {visible(aside.name)}, computing anew"
        return f"{visible(path)} is damaged ({why}); {kept}"

    def _place(self, name: str) -> Path:
        """Where to write, or what to rename: an entry of this folder, not what a link leads to."""
        path = self.path / name
        inside = path.parent.resolve().is_relative_to(self.path.resolve())
        if not inside or ".." in Path(name).parts:
            raise StoreError(f"store: {visible(name)} is not inside {visible(self.path)}")
        return path


def is_ours(name: str) -> bool:
    """Whether a name is neither hidden, as temporary files are, nor of something set aside."""
    return not Path(name).name.startswith(".") and ".damaged-" not in name


def short(error: Exception) -> str:
    """What is wrong, in at most 100 characters."""
    return visible(" ".join(str(error).split()))[:100] or type(error).__name__
