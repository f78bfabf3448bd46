"""Studies by name: of the catalogue, or in a file of one's own."""

import importlib
import sys
from pathlib import Path

from tegum.errors import BadInputError, bad_input, unknown_name
from tegum.studies.catalogue import CATALOGUE
from tegum.studies.core import Study


def find_study(name: str) -> Study:
    """The study of this name in the catalogue, or the one in a file such as "./mine.py".

    Raises:
        BadInputError: no study of this name, with a suggestion; or no such file, or none in it.
    """
    if name.endswith(".py"):
        return _study_in(Path(name))
    found = {study.name: study for study in CATALOGUE}
    if name in groups():
        members = ", ".join(study.name for study in groups()[name])
        raise bad_input("study", name, f"one study of that group: {members}")
    if name not in found:
        raise unknown_name("study", name, [*found, *groups()])
    return found[name]


def groups() -> dict[str, list[Study]]:
    """The studies of the catalogue by group."""
    names = dict.fromkeys(study.group for study in CATALOGUE)
    return {name: [study for study in CATALOGUE if study.group == name] for name in names}


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
