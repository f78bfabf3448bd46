"""A task that fails costs itself only: the rest is computed, and the run says what is missing."""

import json
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from tegum.cli import main
from tegum.errors import BadInputError, StoreError
from tegum.runner import Progress, UnfinishedError, finding, measuring, run, runs
from tests.runner.mortal import STUDY, Config, attempts
from tests.test_guests import brings

Usage = namedtuple("Usage", "total used free")


def test_here_a_task_that_fails_is_tried_once_named_with_its_place_and_tried_again_by_the_next_run(
    tmp_path: Path,
):
    log, told = tmp_path / "log", list[Progress]()
    config = Config(log=str(log), errors=1)
    with pytest.raises(UnfinishedError) as error:
        run(STUDY, config=config, store=tmp_path / "runs", watch=told.append)
    assert attempts(log) == ["0.25", "0.5", "0.75"]
    where = r"tossed(density=0.5): RuntimeError: the coin rolled away (mortal.py:"
    assert str(error.value).startswith(f"run: 1 of 3 tasks failed, first {where}")
    assert "\n" not in str(error.value)
    assert "Traceback" in error.value.__notes__[0]
    assert [p.note.startswith(where) for p in told if p.note] == [True]
    [manifest] = tmp_path.glob("runs/mortal-coin-*/manifest.json")
    written = json.loads(manifest.read_text())
    [(name, said)] = written["failed"].items()
    assert said.startswith(where)
    assert not written["complete"]
    assert [each is None for each in written["tasks"].values()] == [False, True, False]
    assert written["tasks"][name] is None
    assert runs(tmp_path / "runs").failed.tolist() == [1]
    done = run(STUDY, config=config, store=tmp_path / "runs")
    assert attempts(log) == ["0.25", "0.5", "0.75", "0.5"]
    assert done.folder.manifest().failed == {}
    assert done.folder.damage() == []


def test_a_pool_whose_worker_dies_says_so_in_one_line_and_is_resumed(tmp_path: Path):
    log = tmp_path / "log"
    config = Config(log=str(log), deaths=1)
    with pytest.raises(UnfinishedError, match="^run: a worker process died, killed or out of mem"):
        run(STUDY, config=config, store=tmp_path / "runs", workers=2)
    kept = {path.stat().st_mtime_ns for path in tmp_path.glob("runs/tasks/*/[!.]*.nc")}
    done = run(STUDY, config=config, store=tmp_path / "runs")
    after = {path.stat().st_mtime_ns for path in tmp_path.glob("runs/tasks/*/[!.]*.nc")}
    assert kept < after
    assert done.folder.damage() == []


def test_what_a_config_is_refused_for_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    tried = []

    def refuse(task: measuring.Task) -> None:
        tried.append(task)
        raise BadInputError("tosses: got 100, expected fewer")

    monkeypatch.setattr(measuring.Task, "measure", refuse)
    with pytest.raises(BadInputError, match="^tosses: got 100"):
        run(STUDY, config=Config(log=str(tmp_path / "log")), store=tmp_path / "runs")
    assert len(tried) == 1


def test_a_full_disk_is_one_line_loses_nothing_and_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    log = tmp_path / "log"
    config = Config(log=str(log), deadly_at=0.0)
    left = iter([10**9, 10**5])
    usage = measuring.shutil.disk_usage
    monkeypatch.setattr(measuring.shutil, "disk_usage", lambda _: Usage(10**9, 0, next(left)))
    with pytest.raises(StoreError, match=r"0\.1 MB are left on its disk, expected 1\.0; make room"):
        run(STUDY, config=config, store=tmp_path / "runs")
    assert attempts(log) == ["0.25", "0.5"]
    monkeypatch.setattr(measuring.shutil, "disk_usage", usage)
    assert run(STUDY, config=config, store=tmp_path / "runs").folder.damage() == []
    assert attempts(log) == ["0.25", "0.5", "0.5", "0.75"]


@pytest.fixture
def _mortal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    brings(monkeypatch, "tests.runner.mortal:STUDY")
    monkeypatch.chdir(tmp_path)
    yield
    finding.installed_studies.cache_clear()


@pytest.mark.usefixtures("_mortal")
@pytest.mark.parametrize("whole", ["mortal-coin", "test"])
def test_the_command_line_exits_1_with_the_error_and_lists_what_failed(
    whole: str, capsys: pytest.CaptureFixture[str]
):
    Path("config.toml").write_text('log = "log"\nerrors = 1\n')
    arguments = ["run", whole, "--preset", "quick", "--config", "config.toml"]
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 2  # when it failed, and at the end
    assert "run: 1 of 3 tasks failed, first tossed(density=0.5)" in said.err.splitlines()[1]
    assert main(["runs"]) == 0
    assert "unfinished, 1 failed, 3 tasks" in capsys.readouterr().out
    assert main(arguments) == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"address": "tcp://a:1"}, "address: got 'tcp://a:1', expected none with engine 'here'"),
        (
            {"engine": "dask", "address": "tcp://a:1", "workers": 2},
            "workers: got 2, expected none with an address",
        ),
        ({"engine": "dask", "workers": 0}, "workers: got 0, expected a whole number"),
    ],
)
def test_engines_and_addresses_that_do_not_fit_are_refused_and_leave_nothing(
    tmp_path: Path, options: dict, says: str
):
    with pytest.raises(BadInputError) as error:
        run(STUDY, store=tmp_path, **options)
    assert str(error.value).startswith(says)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_engine_is_refused_with_what_was_perhaps_meant():
    with pytest.raises(BadInputError, match=r"unknown engine 'dusk'; did you mean dask\?"):
        measuring.check_engine("dusk", None, 1)
