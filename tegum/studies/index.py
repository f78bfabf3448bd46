"""The catalogue's index: what `tegum list` prints and where each study is, without the seconds that
importing them all takes.

`index.json` is written from the catalogue (`python -m tegum.studies.index`), and a test compares
the two.
"""

import json
import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tegum.studies.core import Study

ENTRY_POINTS = "tegum.studies"
"""the group of entry points by which installed packages make their studies known"""


def read() -> list[dict[str, Any]]:
    """The index, as written: for each study its name, group, question, sources and minutes."""
    return [{key: told for key, told in each.items() if key != "home"} for each in _written()]


def study_named(name: str) -> "Study | None":
    """The catalogue's study of this name, without importing the others; None where it has none."""
    home = {each["name"]: each.get("home") for each in _written()}.get(name)
    if home is None:
        return None
    module, _, variable = home.partition(":")
    return getattr(import_module(module), variable)


def _written() -> list[dict[str, Any]]:
    return json.loads(files("tegum.studies").joinpath("index.json").read_text(encoding="utf-8"))


def described(studies: Iterable["Study"]) -> list[dict[str, Any]]:
    """What the index says of studies."""
    return [
        {
            "name": study.name,
            "group": study.group,
            "question": study.question,
            "source": list(study.sources),
            "minutes": dict(study.minutes),
        }
        for study in studies
    ]


def _home_of(study: "Study") -> str:
    """Where a study stands, "module:variable"; of several places the shortest."""
    modules = [(n, m) for n, m in list(sys.modules.items()) if n.startswith("tegum.studies.")]
    homes = [
        f"{n}:{variable}" for n, m in modules for variable in vars(m) if vars(m)[variable] is study
    ]
    return min(homes, key=lambda home: (len(home), home))


if __name__ == "__main__":
    from tegum.studies.catalogue import CATALOGUE

    homes = [{"home": _home_of(study)} for study in CATALOGUE]
    told = [each | home for each, home in zip(described(CATALOGUE), homes, strict=True)]
    text = json.dumps(told, indent=2, ensure_ascii=False)
    Path(__file__).with_name("index.json").write_text(text + "\n", encoding="utf-8")
