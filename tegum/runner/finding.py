"""Studies by name: of the catalogue, of installed packages, or in a file of one's own.

A package makes its studies known by an entry point of the group `tegum.studies` that leads to a
`Study`, or to several. One that cannot be loaded is left out, and said to be.
"""

import importlib
import sys
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from tegum.errors import BadInputError, bad_input, unknown_name
from tegum.studies import index
from tegum.studies.core import Study
from tegum.studies.index import ENTRY_POINTS
from tegum.visible import visible


def find_study(name: str) -> Study:
    """The study of this name, of the catalogue or installed, or that in a file "./mine.py".

    Raises:
        BadInputError: no study of this name, with a suggestion; or no such file, or none in it.
    """
    if name.endswith(".py"):
        return _study_in(Path(name))
    if alone := index.study_named(name):
        return alone
    found = {study.name: study for study in known_studies()}
    if name in groups():
        members = ", ".join(study.name for study in groups()[name])
        raise bad_input("study", name, f"one study of that group: {members}")
    if name not in found:
        raise unknown_name("study", name, [*found, *groups()])
    return found[name]


def groups() -> dict[str, list[Study]]:
    """The studies of the catalogue and of installed packages by group."""
    studies = known_studies()
    names = dict.fromkeys(study.group for study in studies)
    return {name: [study for study in studies if study.group == name] for name in names}


def group_names() -> set[str]:
    """As `groups`, only the names: without importing the catalogue."""
    catalogue = {study["group"] for study in index.read()}
    return catalogue | {study.group for study in installed_studies()}


def known_studies() -> tuple[Study, ...]:
    """The catalogue, then what installed packages bring."""
    from tegum.studies.catalogue import CATALOGUE  # importing all studies takes a second

    return (*CATALOGUE, *installed_studies())


@cache
def installed_studies() -> tuple[Study, ...]:
    """The studies that installed packages bring; what cannot be loaded is said on stderr."""
    taken, found = {study["name"] for study in index.read()}, dict[str, Study]()
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        try:
            brought = entry.load()
            for study in [brought] if isinstance(brought, Study) else list(brought):
                if not isinstance(study, Study):
                    raise bad_input("study", type(study).__name__, "a Study, or several")
                if study.name in taken or study.name in found:
                    raise bad_input("name", study.name, "one that no other study has")
                found[study.name] = study
        except Exception as error:  # whatever the package does
            why = visible(f"{type(error).__name__}: {error}").splitlines()[0]
            where = visible(f"{entry.name} ({entry.value})")
            print(f"tegum: left out the installed studies of {where}: {why}", file=sys.stderr)
    return tuple(found.values())


def _study_in(path: Path) -> Study:
    """The STUDY of a Python file. Its folder goes on the path, so that workers find it, too."""
    if not path.is_file():
        raise BadInputError(f"study: no file {path}, expected a Python file that ends in a STUDY")
    module, folder = path.stem, str(path.resolve().parent)
    taken = sys.modules.get(module)
    if taken is not None and Path(str(getattr(taken, "__file__", ""))) != path.resolve():
        raise bad_input("study", str(path), f"another name for the file: {module} is taken")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        found = getattr(importlib.import_module(module), "STUDY", None)
    except BadInputError:
        raise
    except Exception as error:  # whatever the file does
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        raise BadInputError(f"study: {path} cannot be imported ({why})") from error
    if not isinstance(found, Study):
        way_out = "see docs/add-a-study.md"
        raise bad_input(f"STUDY of {path}", type(found).__name__, "a Study", way_out)
    return found
