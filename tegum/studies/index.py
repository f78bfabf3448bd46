"""The catalogue's index: what `tegum list` prints, without the seconds that importing it takes.

`index.json` is written from the catalogue (`python -m tegum.studies.index`), and a test compares
the two.
"""

import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tegum.studies.core import Study

ENTRY_POINTS = "tegum.studies"
"""the group of entry points by which installed packages make their studies known"""


def read() -> list[dict[str, Any]]:
    """The index, as written: for each study its name, group, question, sources and minutes."""
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


if __name__ == "__main__":
    from tegum.studies.catalogue import CATALOGUE

    text = json.dumps(described(CATALOGUE), indent=2, ensure_ascii=False)
    Path(__file__).with_name("index.json").write_text(text + "\n", encoding="utf-8")
