"""Fingerprints: they change with what a function may compute, and with nothing else."""

import importlib
import sys
from pathlib import Path

import pytest

import tegum.fingerprint
from tegum.fingerprint import fingerprint

SOURCE = '''"""A package."""
from guests import helpers
from guests.tables import RATE

UNUSED = 3

def part(c):
    """What it does."""
    # why
    return helpers.twice(c) + RATE

def another(c):
    return UNUSED
'''
HELPERS = "import numpy as np\n\ndef twice(x):\n    return _inner(x)\n\ndef _inner(x):\n    return 2 * x\n"
TABLES = "RATE = 0.1\nOTHER = 2\n"


@pytest.fixture
def of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The fingerprint of `part` with some of its package's sources edited."""
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = tmp_path / "guests"
    folder.mkdir()
    (folder / "__init__.py").write_text("")

    def taken(
        source: str = SOURCE, helpers: str = HELPERS, tables: str = TABLES, name="part"
    ) -> str:
        for file, text in (("study", source), ("helpers", helpers), ("tables", tables)):
            (folder / f"{file}.py").write_text(text)
        for module in [m for m in sys.modules if m.partition(".")[0] == "guests"]:
            del sys.modules[module]
        importlib.invalidate_caches()
        sys.dont_write_bytecode = True
        tegum.fingerprint._bindings.cache_clear()
        tegum.fingerprint._modules_named.cache_clear()
        return fingerprint(getattr(importlib.import_module("guests.study"), name))

    return taken


def test_it_changes_with_the_function_and_all_that_it_reaches(of):
    here = of()
    assert here == of()
    assert here != of(source=SOURCE.replace("+ RATE", "- RATE"))
    assert here != of(helpers=HELPERS.replace("2 * x", "3 * x"))
    assert here != of(tables=TABLES.replace("0.1", "0.2"))


def test_it_follows_relative_imports(of):
    relative = SOURCE.replace("from guests import", "from . import").replace(
        "from guests.", "from ."
    )
    here = of(source=relative)
    assert here != of(source=relative, helpers=HELPERS.replace("2 * x", "3 * x"))
    assert here != of(source=relative, tables=TABLES.replace("0.1", "0.2"))


def test_it_does_not_change_with_prose_layout_or_what_is_not_reached(of):
    here = of()
    prose = SOURCE.replace("What it does.", "Other words.").replace("# why", "# because")
    assert here == of(source=prose)
    assert here == of(source=SOURCE.replace("twice(c) + RATE", "twice(\n        c\n    ) + RATE"))
    assert here == of(source=SOURCE.replace("UNUSED = 3", "UNUSED = 4"))
    assert here == of(tables=TABLES.replace("OTHER = 2", "OTHER = 3"))
    assert here != of(name="another")
