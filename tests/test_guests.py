"""Studies of one's own: written, found in files and in installed packages, listed and reported."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tegum.cli import main
from tegum.errors import BadInputError
from tegum.runner import find_study, finding, groups, load, run, runs
from tegum.studies.template import write_study
from tests.coin import STUDY


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    yield
    finding.installed_studies.cache_clear()


def brings(monkeypatch: pytest.MonkeyPatch, *places: str) -> None:
    each = [EntryPoint(f"e{k}", value, finding.ENTRY_POINTS) for k, value in enumerate(places)]
    monkeypatch.setattr(finding, "entry_points", lambda group: each)
    finding.installed_studies.cache_clear()


def test_a_new_study_runs_and_is_listed_shown_claimed_and_reported(
    capsys: pytest.CaptureFixture[str],
):
    assert main(["new", "my-pairs"]) == 0
    assert capsys.readouterr().out.startswith("my_pairs.py: a study that runs.")
    assert main(["list", "./my_pairs.py"]) == 0
    assert "my-pairs" in capsys.readouterr().out
    assert main(["show", "./my_pairs.py"]) == 0
    arguments = ["run", "./my_pairs.py", "--preset", "quick", "--seeds", "2", "--steps", "2"]
    assert main(arguments) in (0, 1)
    [folder] = Path("runs").glob("my-pairs-*")
    assert (Path("runs") / "tasks" / "my-pairs").is_dir()
    capsys.readouterr()
    assert main(["claims", "my-pairs"]) in (0, 1)
    assert "best-is-antipodal" not in capsys.readouterr().err
    assert main(["runs"]) == 0
    assert f"{folder.name}  finished" in capsys.readouterr().out
    assert main(["report", "-o", "page.html"]) == 0
    page = Path("page.html").read_text()
    assert f'<section id="{folder.name}">' in page
    assert load("my-pairs", "./my_pairs.py").study.name == "my-pairs"


@pytest.mark.parametrize("name", ["My", "a b", "", "-x", "x/y", "../x", "1st"])
def test_a_name_that_no_file_or_command_can_have_is_refused(name: str, tmp_path: Path):
    with pytest.raises(BadInputError, match="name: got"):
        write_study(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_or_shadowed(tmp_path: Path):
    (tmp_path / "mine.py").write_text("kept")
    for taken in ("mine", "numpy"):
        with pytest.raises(BadInputError, match=f"name: got '{taken}', expected another name"):
            write_study(taken, tmp_path)
    assert (tmp_path / "mine.py").read_text() == "kept"


def test_installed_packages_bring_studies_by_name_and_group(monkeypatch: pytest.MonkeyPatch):
    brings(monkeypatch, "tests.coin:STUDY")
    assert find_study("coin") is STUDY
    assert groups()["test"] == [STUDY]


def test_a_package_that_brings_no_study_is_said_and_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    brings(monkeypatch, "nowhere_at_all:STUDY", "tests.coin:CLAIMS", "tests.coin:STUDY")
    assert finding.installed_studies() == (STUDY,)
    said = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1] for line in said] == [
        " left out the installed studies of e0 (nowhere_at_all",
        " left out the installed studies of e1 (tests.coin",
    ]


def test_no_package_takes_the_name_of_a_study_that_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    brings(monkeypatch, "tests.coin:STUDY", "tests.coin:STUDY")
    assert finding.installed_studies() == (STUDY,)
    assert "got 'coin', expected one that no other study has" in capsys.readouterr().err


def test_runs_are_a_table_and_one_is_loaded_by_the_beginning_of_its_name():
    assert runs().empty
    done = run(STUDY, "quick")
    table = runs()
    assert list(table.index) == [done.folder.name]
    assert table.loc[done.folder.name, "study"] == "coin"
    assert bool(table.loc[done.folder.name, "complete"])
    assert load("coin", STUDY).claims == done.claims
    assert load(done.folder.path, STUDY).config == done.config
    run(STUDY, "quick", seed=1)
    with pytest.raises(BadInputError, match="'coin' is the beginning of several in runs"):
        load("coin", STUDY)
