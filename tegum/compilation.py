"""Compiled programs, kept on disk between processes.

jax compiles each of its programs anew in every process; here its own cache of them is put into the user's cache
folder. A library must not decide that, so only the command line and the runner's own processes call `keep_programs`;
a notebook may. No result needs it: what is kept is what the compiler would give, and what is damaged is compiled again.

What is loaded is run, so the folder is nobody else's: `keep_programs` refuses one that is open to others. Programs
are kept apart by jaxlib's version and by the processor, whose instructions they use; jax tells apart all else.
"""

import hashlib
import os
import platform
import re
import stat
import sys
import warnings
import zlib
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from tegum.errors import BadInputError, bad_input

WHERE = "TEGUM_PROGRAMS"
"""environment variable: the folder of compiled programs, or "off" to keep none"""

MOST_BYTES = 2**28
"""of all programs kept; beyond it the longest unused go"""

_CHECKED = ".checked"  # its time: up to when entries were looked through
_OURS = re.compile(r".+-[0-9a-f]{12}")
_ENTRY = re.compile(r"-[0-9a-f]{64}-cache$")
_ZSTANDARD = b"\x28\xb5\x2f\xfd"


def keep_programs(folder: Path | str | None = None) -> Path | None:
    """Keep what jax compiles from now on, and use what is kept; for this whole process.

    Args:
        folder: where; by default what the environment variable TEGUM_PROGRAMS says (a folder, or "off"), else where
            jax was told to keep its programs, else tegum's own place in the user's cache folder.

    Returns:
        The folder of this processor's programs; None where the variable says "off".

    Raises:
        BadInputError: the folder cannot be written, or is open to others.
    """
    said = folder or os.environ.get(WHERE, "")
    if said == "off":
        return None
    if not said and (told := programs_kept()):
        return told
    root = Path(said or _users_own() / "tegum" / "programs").expanduser().resolve()
    place = root / f"{version('jaxlib')}-{platform.machine()}-{_processor()}"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_others(place)
        _tidy(root, place)
    except OSError as error:
        raise _not_kept(place, error.strerror or str(error)) from error
    use_programs(place)
    return place


def use_programs(place: Path | None) -> None:
    """Keep programs in a folder that `keep_programs` gave, as a process does that another started; None: nowhere."""
    if place is None:
        return
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    compilation_cache.reset_cache()  # of another folder, if one was in use
    jax.config.update("jax_compilation_cache_dir", str(place))
    # Small programs are kept too: loading one takes a tenth of compiling it, and a study has dozens.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    # An entry that another process is just writing, or that a full disk cut off: compiled again, and not worth a word.
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache")


def programs_kept() -> Path | None:
    """Where this process keeps its programs, for `use_programs` in those that it starts; None where it does not."""
    import jax

    kept = jax.config.jax_compilation_cache_dir  # type: ignore[attr-defined]
    return Path(kept) if kept else None


def _not_kept(place: Path, why: str) -> BadInputError:
    way_out = f"{WHERE} names another folder, or is off"
    return bad_input("folder of compiled programs", str(place), f"one of your own ({why})", way_out)


def _users_own() -> Path:
    """The user's cache folder, where each system has it."""
    try:
        home = Path.home()
    except RuntimeError as error:  # a user without one
        raise _not_kept(Path("~"), str(error)) from error
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    name, usual = (
        ("LOCALAPPDATA", "AppData/Local") if os.name == "nt" else ("XDG_CACHE_HOME", ".cache")
    )
    given = Path(os.environ.get(name, ""))
    return given if given.is_absolute() else home / usual


def _processor() -> str:
    """The first 12 hex digits of the sha256 of what the processor is and which instructions it has."""
    told = platform.processor()
    with suppress(OSError):
        block = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
        fields = ("vendor", "model", "cpu family", "stepping", "flags", "CPU ", "Features", "isa")
        told = "\n".join(line for line in block.splitlines() if line.startswith(fields))
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _refuse_others(place: Path) -> None:
    """Refuse a folder that another user has access to, or could exchange for another.

    Around it a group may write, as in the home of a group of one; a sticky folder keeps others from renaming.
    """
    if not hasattr(os, "geteuid"):
        return
    for folder in (place, *place.parents):
        found = folder.lstat()  # of a link in the place of the folder itself, which is refused
        open_to = 0o077 if folder == place else 0o002 * (not found.st_mode & stat.S_ISVTX)
        if found.st_uid not in (os.geteuid(), 0) or found.st_mode & open_to:
            raise _not_kept(place, f"{folder} is open to others")


def _tidy(root: Path, place: Path) -> None:
    """Remove entries that are not whole, which jax would never replace, and the longest unused of too many."""
    checked = place / _CHECKED
    since = checked.stat().st_mtime if checked.exists() else 0.0
    checked.touch(mode=0o600)  # also tells whether the folder can be written
    for entry, found in _entries(place):
        with suppress(FileNotFoundError):
            if found.st_mtime >= since and not _is_whole(entry):
                entry.unlink()
    every = [
        each
        for folder in root.iterdir()
        if _OURS.fullmatch(folder.name)
        for each in _entries(folder)
    ]
    kept = sorted(
        (max(found.st_atime, found.st_mtime), found.st_size, entry) for entry, found in every
    )
    left = sum(size for _, size, _ in kept)
    for _, size, entry in kept:
        if left <= MOST_BYTES:
            break
        entry.unlink(missing_ok=True)
        left -= size


def _entries(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The programs in a folder; whatever else lies there is left alone."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        with suppress(FileNotFoundError):  # another process tidies too
            found = entry.lstat()
            if _ENTRY.search(entry.name) and stat.S_ISREG(found.st_mode):
                yield entry, found


def _is_whole(entry: Path) -> bool:
    """Whether it unpacks: jax packs a program with zlib, or with zstandard, and both know what is missing."""
    content = entry.read_bytes()
    if content.startswith(_ZSTANDARD):
        return True  # Python 3.11 cannot tell; a damaged one is compiled again each time
    try:
        zlib.decompress(content)
    except zlib.error:
        return False
    return True
