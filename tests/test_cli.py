"""The command line is a contract: what it prints where, and how it exits."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import tomllib
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

import tegum.studies.catalogue
from tegum.cli import main
from tegum.cores import cores
from tegum.errors import BadInputError
from tegum.store import Store
from tegum.studies import index
from tests.coin import STUDY, mean

FALSE = replace(STUDY.claims[0], id="never", statement="Coins never fall.", measure=mean, high=0.0)
CATALOGUE = (STUDY, replace(STUDY, name="bad-coin", claims=(*STUDY.claims, FALSE)))


@pytest.fixture(autouse=True)
def _only_coins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tegum.studies.catalogue, "CATALOGUE", CATALOGUE)
    monkeypatch.setattr(index, "read", lambda: index.described(CATALOGUE))
    monkeypatch.chdir(tmp_path)


def test_list_names_every_study(capsys: pytest.CaptureFixture[str]):
    assert main(["list"]) == 0
    assert "coin" in capsys.readouterr().out
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [set(study) for study in listed] == [
        {"name", "group", "question", "source", "minutes"}
    ] * 2


def test_show_prints_a_config_that_run_takes_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    assert main(["show", "coin"]) == 0
    shown = capsys.readouterr().out
    assert tomllib.loads(shown)["tosses"] == 1000
    assert STUDY.question in shown
    assert all(claim.words in shown and claim.source in shown for claim in STUDY.claims)
    Path("config.toml").write_text(shown)
    assert main(["run", "coin", "--config", "config.toml", "--json"]) == 0
    assert main(["run", "coin", "--json"]) == 0
    assert len(list(Path("runs").glob("coin-*"))) == 1


def test_run_prints_verdicts_and_exits_0_or_1(capsys: pytest.CaptureFixture[str]):
    assert main(["run", "coin", "--preset", "quick"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("Do coins fall as they should?\n  They do, within ")
    assert "2 claims: 1 hold, 1 open and not met\n" in captured.out
    assert "every claim: tegum claims runs/coin-" in captured.out
    assert captured.err == ""
    assert main(["run", "bad-coin", "--preset", "quick"]) == 1
    assert "FAILS  bad-coin/never: 0." in capsys.readouterr().out


def test_every_claim_is_shown_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]):
    assert main(["run", "coin", "--preset", "quick", "--verbose"]) == 0
    whole = capsys.readouterr().out
    for words in (*(claim.words for claim in STUDY.claims), "control, density reversed: "):
        assert words in whole
    assert main(["claims", "coin"]) == 0
    assert all(line in whole for line in capsys.readouterr().out.splitlines()[1:])
    assert main(["claims", "con"]) == 2


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"tegum {version('tegum')}\n"


def test_show_and_cite_take_groups(capsys: pytest.CaptureFixture[str]):
    assert main(["show", "test"]) == 0
    assert "# never (expected): Coins never fall." in capsys.readouterr().out
    assert main(["cite", "test"]) == 0
    assert capsys.readouterr().out.count("@article{elhage2022") == 1


def test_run_as_json_prints_one_object(capsys: pytest.CaptureFixture[str]):
    assert (
        main(["run", "coin", "--tosses", "50", "--densities", "0.5", "--seed", "3", "--json"]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert {"run_dir", "claims"} <= found.keys()
    config = tomllib.loads((Path(found["run_dir"]) / "config.toml").read_text())
    assert (config["tosses"], config["densities"], config["seed"]) == (50, [0.5], 3)


def test_a_flag_stands_over_the_file_and_the_file_over_the_preset(
    capsys: pytest.CaptureFixture[str],
):
    Path("config.toml").write_text("tosses = 60\nseed = 4\n")
    assert (
        main(
            ["run", "coin", "--preset", "quick", "--config", "config.toml", "--seed", "5", "--json"]
        )
        == 0
    )
    config = tomllib.loads(
        (Path(json.loads(capsys.readouterr().out)["run_dir"]) / "config.toml").read_text()
    )
    assert (config["tosses"], config["seed"], config["densities"]) == (60, 5, [0.25, 0.5, 0.75])


def test_a_group_runs_all_its_studies_and_writes_one_report(capsys: pytest.CaptureFixture[str]):
    assert main(["run", "test", "--preset", "quick"]) == 1
    said = capsys.readouterr().out
    assert "report: runs/test.html" in said
    assert len(said.splitlines()) <= 40
    assert "Coins never fall." in Path("runs/test.html").read_text()
    assert main(["run", "test", "--preset", "quick", "--seed", "2", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["runs"]
    assert all(
        tomllib.loads((Path(one["run_dir"]) / "config.toml").read_text())["seed"] == 2
        for one in found
    )
    assert [one["study"] for one in found] == ["coin", "bad-coin"]


def test_runs_verify_and_report(capsys: pytest.CaptureFixture[str]):
    main(["run", "coin", "--preset", "quick", "--json"])
    folder = Path(json.loads(capsys.readouterr().out)["run_dir"])
    assert main(["runs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{folder.name}  finished, 3 tasks")
    assert lines[1].startswith("tasks/coins  3 tasks, ")
    assert main(["runs", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["runs"][0]["complete"]
    assert found["runs"][0]["bytes"] == sum(p.stat().st_size for p in folder.rglob("*.*"))
    assert main(["verify"]) == 0
    assert capsys.readouterr().out == f"{folder.name}: whole\ntasks/coins: whole\n"
    assert main(["report", folder.name, "-o", "page.html"]) == 0
    assert capsys.readouterr().out == "page.html\n"
    assert main(["report"]) == 0
    assert Path("report.html").read_text() == Path("page.html").read_text()
    (folder / "claims.json").write_text("[]")
    assert main(["verify", "coin"]) == 1
    assert "claims.json: its sha256 is not the one written down" in capsys.readouterr().out


def test_prune_lists_tasks_that_no_run_needs_asks_and_removes_them_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    assert main(["run", "coin", "--densities", "0.25", "0.5"]) == 0
    assert main(["run", "coin", "--densities", "0.5"]) == 0
    assert main(["prune"]) == 0
    assert "every task in the store belongs to a run" in capsys.readouterr().err
    both = next(run for run in Store(Path("runs")).runs() if len(run.manifest().tasks) == 2)
    shutil.rmtree(both.path)
    monkeypatch.setattr(sys, "stdin", io.StringIO("no\n"))
    assert main(["prune"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("tasks/coins/")
    assert len(said.out.splitlines()) == 1
    assert "nothing removed" in said.err
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert main(["prune"]) == 0
    assert "removed 1 tasks" in capsys.readouterr().out
    assert main(["verify"]) == 0
    assert len(Store(Path("runs")).tasks("coins").finished()) == 1


def test_cite_prints_bibtex(capsys: pytest.CaptureFixture[str]):
    assert main(["cite", "coin"]) == 0
    assert capsys.readouterr().out.startswith("@article{elhage2022")


def test_a_report_refuses_a_damaged_run_and_needs_no_study_to_show_its_run(
    capsys: pytest.CaptureFixture[str],
):
    main(["run", "coin", "--preset", "quick", "--json"])
    folder = Path(json.loads(capsys.readouterr().out)["run_dir"])
    foreign = folder.with_name("own-0123456789ab")
    shutil.copytree(folder, foreign)
    manifest = json.loads((foreign / "manifest.json").read_text())
    (foreign / "manifest.json").write_text(
        json.dumps(manifest | {"study": "own", "run": foreign.name})
    )
    assert main(["report", "-o", "page.html"]) == 0
    assert 'id="own-0123456789ab"' in Path("page.html").read_text()
    (folder / "claims.json").unlink()
    assert main(["report", folder.name, "-o", "other.html"]) == 2
    assert "is damaged (claims.json: missing)" in capsys.readouterr().err
    assert not Path("other.html").exists()
    (folder / "config.toml").unlink()
    assert main(["verify", folder.name]) == 1


def test_a_task_that_is_gone_is_missed_and_a_broken_manifest_protects_its_tasks(
    capsys: pytest.CaptureFixture[str],
):
    main(["run", "coin", "--preset", "quick"])
    store = Store(Path("runs"))
    [folder] = store.runs()
    key = store.tasks("coins").finished()[0]
    store.tasks("coins").remove(key)
    capsys.readouterr()
    assert main(["verify"]) == 1
    assert f"tasks/coins: {key}.nc: missing" in capsys.readouterr().out
    (folder.path / "manifest.json").write_text("{")
    assert main(["prune", "--yes"]) == 2
    assert "has no readable manifest, so its tasks are not known" in capsys.readouterr().err
    assert len(store.tasks("coins").finished()) == 2


@pytest.mark.parametrize("limit", ["abc", "0", "-1"])
def test_a_limit_of_cores_that_is_no_number_is_refused(limit: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEGUM_THREADS", limit)
    with pytest.raises(BadInputError, match="TEGUM_THREADS: got"):
        cores()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "coyn"], "unknown study 'coyn'; did you mean coin?"),
        (["show", "coyn"], "unknown study 'coyn'; did you mean coin?"),
        (["run", "coin", "--preset", "quik"], "unknown preset 'quik'; did you mean quick?"),
        (["run", "coin", "--toses", "3"], "--tosses"),
        (["run", "coin", "--tosses", "0"], "tosses: got 0, expected greater than or equal to 1"),
        (["run", "coin", "--tosses", "few"], "tosses"),
        (
            ["run", "coin", "--densities", "1.5"],
            "densities.0: got 1.5, expected less than or equal to 1",
        ),
        (["run", "coin", "--densities"], "densities: got (), expected at least one value"),
        (
            ["run", "coin", "--densities", "0.5", "0.5"],
            "densities: got (0.5, 0.5), expected at least one",
        ),
        (
            ["run", "--preset", "quick", "coin"],
            "run: got --preset first, expected the name of a study or group",
        ),
        (["run", "coin", "--config", "bad.toml"], "config: bad.toml is not TOML"),
        (
            ["run", "coin", "--config", "key.toml"],
            "unknown key of coin 'toses'; did you mean tosses?",
        ),
        (["run", "coin", "--config", "nowhere.toml"], "config: cannot read nowhere.toml"),
        (["run", "coin", "--store", "file"], "store: cannot write"),
        (["run", "coin", "--workers", "0"], "workers: got 0"),
        (["run"], "run: no study named, expected `tegum run STUDY`"),
        (["verify", "--store", "nosuch"], "store: no folder nosuch, expected a folder of runs"),
        (["prune", "--store", "nosuch"], "store: no folder nosuch, expected a folder of runs"),
        (["report", "-o", "page.html"], "runs: none finished"),
        (["cite", "coyn"], "unknown study 'coyn'; did you mean coin?"),
        (["lst"], "list"),
    ],
)
def test_bad_input_exits_2_with_one_line(arguments, says: str, capsys: pytest.CaptureFixture[str]):
    Path("bad.toml").write_text("tosses: 3\n")
    Path("key.toml").write_text("toses = 3\n")
    Path("file").write_text("")
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("tegum: ")
    assert says in captured.err
    assert captured.err.count("\n") == 1
    assert not Path("runs").exists()


def test_help_lists_every_field_of_the_studys_config(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stop:
        main(["run", "coin", "--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert "--tosses" in said
    assert "how often each coin is tossed" in said


def test_help_loads_nothing_heavy():
    script = "import sys, tegum.cli; sys.exit(bool({'jax', 'xarray', 'matplotlib', 'scipy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_interrupted_it_exits_130_and_can_be_resumed(tmp_path: Path):
    script = textwrap.dedent("""
        import signal, sys, tegum.studies.catalogue
        from tests.coin import STUDY
        tegum.studies.catalogue.CATALOGUE = (STUDY,)
        from tegum.cli import main
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background inherits that it is ignored
        sys.exit(main(["run", "coin", "--preset", "quick", "--seconds", "1.0", "--log", "log"]))
    """)
    root = Path(__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(root)},
        stderr=subprocess.PIPE,
        text=True,
    )
    log, deadline = tmp_path / "log", time.monotonic() + 60
    while (
        not log.exists() or len(log.read_text().split()) < 2
    ):  # the first is finished, the second is being measured
        assert time.monotonic() < deadline, "the first task never finished"
        time.sleep(0.02)
    assert list(tmp_path.glob("runs/tasks/*/[!.]*.nc"))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert (
        said
        == "tegum: interrupted; finished tasks are kept, and the same command goes on from them\n"
    )
    assert main(["run", "coin", "--preset", "quick", "--seconds", "1.0", "--log", "log"]) == 0


OWN = """
import dataclasses
from tests.coin import STUDY as COIN
STUDY = dataclasses.replace(COIN, name="own-coin")
"""


def test_a_study_in_a_file_of_ones_own_runs_and_its_claims_are_shown(
    capsys: pytest.CaptureFixture[str],
):
    Path("own_coins.py").write_text(OWN)
    assert main(["run", "./own_coins.py", "--preset", "quick", "--tosses", "50"]) == 0
    assert "2 claims: " in capsys.readouterr().out
    assert main(["claims", "own-coin"]) == 0
    assert "central limit" not in (said := capsys.readouterr().out)
    assert "Every share of heads" in said


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("STUDY = 3", "STUDY of ./odd.py: got 'int', expected a Study; see docs/add-a-study.md"),
        ("1/0", "study: ./odd.py cannot be imported (ZeroDivisionError: division by zero)"),
        (None, "study: no file odd.py, expected a Python file that ends in a STUDY"),
    ],
)
def test_a_file_without_a_study_is_refused_in_one_line(
    source: str | None, says: str, capsys: pytest.CaptureFixture[str]
):
    sys.modules.pop("odd", None)
    if source is not None:
        Path("odd.py").write_text(source)
    assert main(["run", "./odd.py"]) == 2
    said = capsys.readouterr().err
    assert says.replace("./", "") in said.replace("./", "")
    assert said.count("\n") == 1
