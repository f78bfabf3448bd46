"""A study to begin from: the example of docs/add-a-study.md under a name of one's own."""

from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from tegum.errors import StoreError, bad_input
from tegum.studies.core.measurement import checked_name

_NAME = "antipodal-pairs"  # the example's, of the study and of its measurement alike


def write_study(name: str, folder: Path) -> Path:
    """Write the example into a file of its own.

    Args:
        name: of the study; the file takes it with underscores.
        folder: where the file goes.

    Returns:
        The file.

    Raises:
        BadInputError: no name for a study, or one that is taken by a file or an installed module.
        StoreError: the file cannot be written.
    """
    checked_name("name", name)
    module = name.replace("-", "_")
    file = folder / f"{module}.py"
    if not module.isidentifier() or file.exists() or find_spec(module) is not None:
        taken = f"{file} is there" if file.exists() else f"Python has a module {module}"
        way_out = "another name" if module.isidentifier() else "one that begins with a letter"
        raise bad_input("name", name, way_out, taken if module.isidentifier() else "")
    text = files("tegum.studies").joinpath("example.py").read_text(encoding="utf-8")
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text.replace(_NAME, name))
    except OSError as error:
        raise StoreError(f"name: cannot write {file} ({error.strerror})") from error
    return file
