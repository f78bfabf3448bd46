"""Runs: whole or not at all, resumed, never computed twice, the same whoever computes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError, StoreError
from tegum.runner import Progress, concluding, find_study, load, run, source_of
from tegum.store import Store, digest
from tegum.studies import core
from tests import coin
from tests.coin import STUDY, TOSSES, Config

COMMITTED = (
    "result.nc",
    "claims.json",
    "figures/means.csv",
    "figures/means.svg",
    "figures/means.png",
)


def bytes_of(folder: Path) -> dict[str, str]:
    return {name: digest(folder / name) for name in COMMITTED}


def test_a_run_leaves_the_folder_that_is_promised(tmp_path: Path):
    done = run(STUDY, "quick", store=tmp_path)
    folder = done.folder.path
    assert folder.name.startswith("coin-")
    assert len(list((tmp_path / "tasks" / "coins").glob("*.nc"))) == 3
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["complete"]
    assert {"versions", "device", "tasks", "files", "measurements"} <= manifest.keys()
    assert all(task["seconds"] >= 0 for task in manifest["tasks"].values())
    assert all((tmp_path / "tasks" / f"{name}.nc").exists() for name in manifest["tasks"])
    assert manifest["files"].keys() == {*COMMITTED, "config.toml"}
    assert done.folder.damage() == []
    records = json.loads((folder / "claims.json").read_text())
    promised = ["id", "kind", "statement", "measured", "low", "high", "holds", "source", "note"]
    promised += ["interval", "control", "decided"]
    assert list(records[0]) == promised
    assert [record["holds"] for record in records] == [True, False]
    assert records[0]["control"].keys() == {"name", "measured", "fails", "decides_from"}
    assert records[0]["control"]["fails"]
    assert done.holds  # what is open is shown, not judged


def test_a_finished_run_is_only_read(tmp_path: Path):
    log = tmp_path / "log"
    config = Config(log=str(log))
    first = run(STUDY, config=config, store=tmp_path / "runs")
    second = run(STUDY, config=config, store=tmp_path / "runs")
    assert log.read_text().splitlines() == ["0.25", "0.5", "0.75"]
    xr.testing.assert_identical(first.dataset, second.dataset)


def test_the_config_that_was_written_gives_the_same_run_back(tmp_path: Path):
    done = run(STUDY, "quick", store=tmp_path, seed=3, densities=(0.5,))
    again = run(STUDY, config=done.folder.path / "config.toml", store=tmp_path)
    assert again.folder == done.folder
    assert load(done.folder, STUDY).config == done.config


def tossed_again(c: Config, density: float) -> dict:
    return {"other_heads": np.zeros(c.tosses)}


def test_parts_at_equal_points_are_different_tasks_and_stand_side_by_side(tmp_path: Path):
    table = core.table(other_heads=("toss", "zeros"))
    other = core.Part(tossed_again, table, density="densities")
    both = replace(
        STUDY,
        measurements=(replace(TOSSES, parts=(*TOSSES.parts, other)),),
        claims=(),
        finding="",
        figures=(),
    )
    done = run(both, "quick", store=tmp_path)
    assert set(done.dataset.data_vars) == {"heads", "other_heads"}
    assert len(done.folder.manifest().tasks) == 6


def counted(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def test_one_density_more_is_the_only_one_that_is_measured(tmp_path: Path):
    log = tmp_path / "log"
    options = {"store": tmp_path / "runs", "log": str(log)}
    run(STUDY, densities=(0.25, 0.5), **options)
    more = run(STUDY, densities=(0.25, 0.3, 0.5), **options)
    assert counted(log) == ["0.25", "0.5", "0.3"]
    assert list(more.dataset.density.values) == [0.25, 0.3, 0.5]


def test_a_study_that_reads_a_finished_measurement_measures_nothing(tmp_path: Path):
    log = tmp_path / "log"
    options = {"store": tmp_path / "runs", "log": str(log)}
    first = run(STUDY, **options)
    other = replace(STUDY, name="other-coin", claims=STUDY.claims[:1], finding="", figures=())
    second = run(other, **options)
    assert len(counted(log)) == 3
    assert second.folder != first.folder
    xr.testing.assert_equal(first.dataset, second.dataset)


def edited_means(ds: xr.Dataset) -> core.Exhibit:
    return replace(coin.means(ds), caption="An edited caption, long enough to be read by someone.")


edited_means.__name__ = "means"


def test_an_edited_caption_or_bound_redraws_and_rejudges_and_measures_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    log = tmp_path / "log"
    options = {"store": tmp_path / "runs", "log": str(log)}
    run(STUDY, **options)
    strict = replace(STUDY.claims[0], high=1e-9)
    edited = replace(STUDY, claims=(strict,), finding="", figures=(edited_means,))
    # What a changed source does: the digest of all that conclusions come from is another.
    monkeypatch.setattr(concluding, "source_of", lambda study: f"edited {len(study.claims)}")
    again = run(edited, **options)
    assert len(counted(log)) == 3
    assert not again.holds
    assert again.folder.manifest().captions["means"].startswith("An edited caption")
    assert again.folder.damage() == []


def test_the_source_of_a_study_is_its_own_package_and_tegums(monkeypatch: pytest.MonkeyPatch):
    digests = {"tegum": "a", "tests": "b"}
    monkeypatch.setattr(concluding, "_source_digest", lambda top: digests[top])
    before = source_of(STUDY)
    for package in digests:
        changed = digests | {package: "c"}
        monkeypatch.setattr(concluding, "_source_digest", lambda top, c=changed: c[top])
        assert source_of(STUDY) != before


def test_a_copy_under_another_runs_name_is_no_run(tmp_path: Path):
    one, other = (run(STUDY, "quick", store=tmp_path, seed=seed) for seed in (1, 2))
    before = bytes_of(one.folder.path)
    shutil.rmtree(one.folder.path)
    shutil.copytree(other.folder.path, one.folder.path)
    assert "it is of another run" in one.folder.damage()[0]
    with pytest.raises(StoreError, match="is of another run"):
        load(one.folder, STUDY)
    again = run(STUDY, "quick", store=tmp_path, seed=1)
    assert bytes_of(again.folder.path) == before
    assert again.folder.damage() == []


def test_a_result_of_another_config_is_refused(tmp_path: Path):
    one, other = (run(STUDY, "quick", store=tmp_path, seed=seed) for seed in (1, 2))
    result = other.folder.path / "result.nc"
    (one.folder.path / "result.nc").write_bytes(result.read_bytes())
    with pytest.raises(StoreError, match="holds the result of another config"):
        load(one.folder, STUDY).dataset  # noqa: B018


def test_a_task_of_another_point_is_not_taken_for_this_one(tmp_path: Path):
    done = run(STUDY, "quick", store=tmp_path)
    tasks = Store(tmp_path).tasks("coins")
    one, other, _ = tasks.finished()
    for ending in ("nc", "json"):
        shutil.copy(tasks.path / f"{one}.{ending}", tasks.path / f"{other}.{ending}")
    before = bytes_of(done.folder.path)
    shutil.rmtree(done.folder.path)
    said: list[Progress] = []
    run(STUDY, "quick", store=tmp_path, watch=said.append)
    assert [p.note for p in said if "it is another task's" in p.note]
    assert bytes_of(done.folder.path) == before


def test_a_bound_of_another_value_is_another_conclusion(tmp_path: Path):
    """Whatever its source: two studies of one name in one process."""
    strict = replace(STUDY.claims[0], high=1e-9)
    other = replace(STUDY, claims=(strict, STUDY.claims[1]))
    assert source_of(other) != source_of(STUDY)
    assert run(STUDY, "quick", store=tmp_path).holds
    assert not run(other, "quick", store=tmp_path).holds


def test_a_guests_code_makes_another_run():
    identity = STUDY.identity(STUDY.config("quick"))
    assert identity["code"].keys() == {"toss"}
    study = find_study("head-one-pair")
    assert "code" not in study.identity(study.config("quick"))


def test_bytes_do_not_depend_on_how_python_orders_sets(tmp_path: Path):
    script = "from tegum.runner import run; from tests.coin import STUDY; run(STUDY, 'quick', store={!r})"
    for seed in ("1", "2", "3"):
        subprocess.run(
            [sys.executable, "-c", script.format(str(tmp_path / seed))],
            cwd=Path(__file__).parents[1],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
        )
    found = {tuple(digest(p) for p in sorted(tmp_path.glob(f"{s}/*/*/*.nc"))) for s in "123"}
    assert len(found) == 1


def test_every_field_of_the_config_makes_another_run(tmp_path: Path):
    folders = {
        run(STUDY, store=tmp_path, **fields).folder.name
        for fields in ({}, {"seed": 1}, {"tosses": 10})
    }
    assert len(folders) == 3


def test_a_measurement_that_fails_keeps_what_was_finished_and_the_next_run_goes_on(tmp_path: Path):
    log = tmp_path / "log"
    config = Config(log=str(log), fails_at=0.5)
    with pytest.raises(RuntimeError, match="rolled away"):
        run(STUDY, config=config, store=tmp_path / "runs")
    with pytest.raises(RuntimeError, match="rolled away"):
        run(STUDY, config=config, store=tmp_path / "runs")
    assert log.read_text().splitlines() == ["0.25", "0.5", "0.75", "0.5"]


def test_processes_threads_and_no_pool_at_all_give_the_same_bytes(tmp_path: Path):
    plain = run(STUDY, store=tmp_path / "one")
    spawned = run(STUDY, store=tmp_path / "two", workers=2)
    with ThreadPoolExecutor(2) as pool:
        threaded = run(STUDY, store=tmp_path / "three", executor=pool)
    assert (
        bytes_of(plain.folder.path)
        == bytes_of(spawned.folder.path)
        == bytes_of(threaded.folder.path)
    )


def test_killed_in_the_middle_and_run_again_it_keeps_finished_tasks_and_equals_an_unbroken_run(
    tmp_path: Path,
):
    log = tmp_path / "log"
    script = textwrap.dedent(f"""
        from tegum.runner import run
        from tests.coin import STUDY, Config
        run(STUDY, config=Config(log={str(log)!r}, seconds=1.0), store={str(tmp_path / "broken")!r})
    """)
    process = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[1])
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("broken/tasks/*/[!.]*.nc"))) < 1:
        assert time.monotonic() < deadline, "the first task never finished"
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    [kept] = tmp_path.glob("broken/tasks/*/[!.]*.nc")
    written = kept.stat().st_mtime_ns
    assert not list(tmp_path.glob("broken/*/result.nc"))

    config = Config(log=str(log), seconds=1.0)
    resumed = run(STUDY, config=config, store=tmp_path / "broken")
    assert kept.stat().st_mtime_ns == written
    assert log.read_text().splitlines().count("0.25") == 1
    unbroken = run(STUDY, config=config, store=tmp_path / "unbroken")
    assert bytes_of(resumed.folder.path) == bytes_of(unbroken.folder.path)


@pytest.mark.parametrize("name", ["result.nc", "claims.json", "figures/means.svg"])
def test_a_damaged_file_of_a_finished_run_is_named_set_aside_and_made_anew(
    tmp_path: Path, name: str
):
    log = tmp_path / "log"
    config = Config(log=str(log))
    done = run(STUDY, config=config, store=tmp_path)
    before = bytes_of(done.folder.path)
    path = done.folder.path / name
    path.write_bytes(path.read_bytes()[:50])
    said: list[Progress] = []
    again = run(STUDY, config=config, store=tmp_path, watch=said.append)
    assert bytes_of(again.folder.path) == before
    assert [note for note in said if f"{path.name} is damaged" in note.note]
    assert path.with_name(f"{path.name}.damaged-1").stat().st_size == 50
    assert again.folder.damage() == []
    assert len(counted(log)) == 3


def test_a_finished_run_is_readable_without_its_tasks(tmp_path: Path):
    done = run(STUDY, "quick", store=tmp_path)
    shutil.rmtree(tmp_path / "tasks")
    assert done.folder.damage() == []
    assert run(STUDY, "quick", store=tmp_path).holds
    assert not (tmp_path / "tasks").exists()


def test_a_run_of_another_version_is_not_taken_for_this_ones(tmp_path: Path):
    newer = replace(STUDY, measurements=(replace(TOSSES, version=2),))
    assert run(STUDY, store=tmp_path).folder != run(newer, store=tmp_path).folder
    assert len(Store(tmp_path).tasks("coins").finished()) == 6


def test_figures_and_claims_show_themselves_in_a_notebook(tmp_path: Path):
    done = run(STUDY, "quick", store=tmp_path)
    assert "data:image/png;base64," in done.figures["means"]._repr_html_()
    assert "<table" in done.claims._repr_html_()
    assert done.claims["means"].holds
    assert "coin" in done._repr_html_()
    with pytest.raises(BadInputError, match=r"unknown claim 'mean'; did you mean means\?"):
        done.claims["mean"]


def test_progress_is_told_task_by_task(tmp_path: Path):
    said: list[Progress] = []
    run(STUDY, store=tmp_path, watch=said.append)
    assert [(p.done, p.total, p.stage) for p in said] == [
        (0, 3, ""),
        (1, 3, ""),
        (2, 3, ""),
        (3, 3, ""),
        (3, 3, "judging and drawing"),
        (3, 3, ""),
    ]


def test_the_combined_result_has_named_axes_and_provenance(tmp_path: Path):
    dataset = run(STUDY, store=tmp_path, densities=(0.75, 0.25)).dataset
    assert dataset.heads.dims == ("density", "toss")
    assert np.array_equal(np.sort(dataset.density), [0.25, 0.75])
    assert dataset.attrs["study"] == "coin"
    assert json.loads(dataset.attrs["config"])["densities"] == [0.75, 0.25]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            {"study": "head-one-pairs"},
            "unknown study 'head-one-pairs'; did you mean head-one-pair?",
        ),
        ({"study": STUDY, "preset": "quik"}, "unknown preset 'quik'; did you mean quick?"),
        ({"study": STUDY, "toses": 3}, "unknown key of coin 'toses'; did you mean tosses?"),
        ({"study": STUDY, "tosses": 0}, "tosses: got 0, expected greater than or equal to 1"),
        (
            {"study": STUDY, "densities": (1.5,)},
            "densities.0: got 1.5, expected less than or equal to 1",
        ),
        ({"study": STUDY, "workers": 0}, "workers: got 0, expected a whole number of at least 1"),
        ({"study": STUDY, "config": "nowhere.toml"}, "config: cannot read nowhere.toml"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing_behind(tmp_path: Path, arguments, says: str):
    with pytest.raises(BadInputError) as error:
        run(**arguments, store=tmp_path)
    assert str(error.value).startswith(says)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_config_file_that_is_not_toml_is_refused(tmp_path: Path):
    bad = tmp_path / "bad.toml"
    bad.write_text("tosses: 3\n")
    with pytest.raises(BadInputError, match="config: .*bad.toml is not TOML"):
        run(STUDY, config=bad, store=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_store_that_cannot_be_written_is_refused_before_anything_is_computed(tmp_path: Path):
    (tmp_path / "file").write_text("")
    log = tmp_path / "log"
    with pytest.raises(StoreError, match="store: cannot write"):
        run(STUDY, config=Config(log=str(log)), store=tmp_path / "file")
    assert not log.exists()


def test_two_studies_at_once_compute_each_task_that_they_share_once(tmp_path: Path):
    log = tmp_path / "log"
    options = {"store": tmp_path / "runs", "log": str(log), "seconds": 0.2}
    other = replace(STUDY, name="other-coin")
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(run, study, **options) for study in (STUDY, other)]
        assert all(each.result().holds for each in both)
    assert sorted(counted(log)) == ["0.25", "0.5", "0.75"]
