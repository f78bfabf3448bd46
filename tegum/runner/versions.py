"""What computes: the versions and the source that decide, with a config, what a result is."""

import hashlib
import platform
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

import tegum

RECORDED = (
    "tegum",
    "jax",
    "jaxlib",
    "equinox",
    "optax",
    "numpy",
    "scipy",
    "xarray",
    "matplotlib",
)


def versions() -> dict[str, str]:
    """Of Python and of the packages that results come from, by name."""
    return {"python": platform.python_version()} | {name: version(name) for name in RECORDED}


def code() -> dict[str, str]:
    """As `versions`, with a digest of tegum's own source, which changes between its versions."""
    return versions() | {"tegum's source": package_digest(Path(tegum.__path__[0]))[:12]}


@cache
def package_digest(folder: Path) -> str:
    """The sha256 of all sources of a package, read once."""
    return files_digest(sorted(folder.rglob("*.py")), folder)


def files_digest(files: Sequence[Path], folder: Path) -> str:
    """The sha256 of files, in order, with their names inside the folder."""
    known = hashlib.sha256()
    for file in files:
        known.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return known.hexdigest()
