"""The rooms of the house: who may import whom. Imports point down only; the arrow that does not is named."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tegum"

# Each room with the rooms below that it may enter. Those of COMMON are open to all.
COMMON = {"errors", "arrays", "cores", "compiled", "visible", "keys", "grids", "progress"}
MAY_ENTER = {
    "cli": {"report", "runner", "store", "studies", "compilation"},
    "report": {"runner", "store", "studies", "html"},
    "runner": {"studies", "exchange", "store", "models", "html", "compilation"},
    "studies": {
        "plots",
        "analysis",
        "theory",
        "training",
        "losses",
        "models",
        "features",
        "noise",
        "html",
        "fingerprint",
    },
    "training": {"theory", "losses", "models", "features"},
    "losses": {"models", "features"},
    "theory": {"models", "features"},
    "plots": {"analysis"},
    "features": {"noise"},
    "models": set(),
    "analysis": set(),
    "exchange": {"store", "models"},
    "store": {"netcdf"},
    "netcdf": set(),
    "html": set(),
    "sweeps": {"training", "theory", "analysis", "models", "features"},
    "visible": set(),
    "keys": set(),
    "progress": set(),
    "grids": set(),
    "fingerprint": set(),
    "noise": set(),
    "errors": set(),
    "arrays": set(),
    "cores": set(),
    "compiled": set(),
    "compilation": set(),
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [
                f"{node.module}.{alias.name}" if node.module == "tegum" else node.module
                for alias in node.names
            ]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("tegum.")}
    return found


MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_down_only(path: Path):
    room = room_of(path)
    assert room in MAY_ENTER, (
        f"a new room {room!r}: give it its place in the house, here and in docs/house.md"
    )
    wrong = imported_rooms(path) - MAY_ENTER[room] - COMMON - {room}
    assert not wrong, (
        f"{path.relative_to(PACKAGE)}: the arrow {room} -> {', '.join(sorted(wrong))} points up"
    )


def test_there_is_no_relative_import_and_no_pickle_and_no_eval():
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: relative import"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec"}, f"{path}: {node.func.id}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", "")}
                assert not names & {"pickle", "dill", "joblib", "requests", "urllib.request"}, (
                    f"{path}: {names}"
                )
