"""The store: whole files or none, damage found and set aside, nothing of anyone's lost."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError, StoreError
from tegum.keys import key_of
from tegum.store import Manifest, RunFolder, Store, TaskFolder, digest, replacing

DATASET = xr.Dataset(
    {"w": (("seed", "feature"), np.arange(20.0).reshape(2, 10)), "finite": ("seed", [True, False])},
    coords={"seed": [3, 4], "mode": "joint"},
)
KEY = "0123456789ab"
TASK = f"{KEY}.nc"
EMPTY = Manifest(study="study", measurements={"m": 1})


def test_strings_of_several_files_survive_being_joined(tmp_path: Path):
    folder = Store(tmp_path).tasks("m")
    keys = {"in": "0" * 12, "between": "1" * 12}
    for name, key in keys.items():
        folder.write_dataset(
            f"{key}.nc", xr.Dataset({"x": ("mode", [1.0])}, coords={"mode": [name]})
        )
    both = xr.concat([folder.read_dataset(f"{key}.nc") for key in keys.values()], dim="mode")
    run = Store(tmp_path).folder("study", "key")
    run.write_dataset("result.nc", both)
    assert list(run.read_dataset("result.nc").mode.values) == ["in", "between"]


def test_the_key_depends_on_values_and_not_on_their_order():
    assert key_of({"a": 1, "b": [1.0, "x"]}) == key_of({"b": [1.0, "x"], "a": 1})
    assert key_of({"a": 1}) != key_of({"a": 2})
    assert len(key_of({})) == 12


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path):
    path = tmp_path / "claims.json"
    path.write_text("before")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["claims.json"]


def test_datasets_come_back_equal_and_equal_datasets_make_equal_files(tmp_path: Path):
    folder, tasks = RunFolder(tmp_path), TaskFolder(tmp_path)
    folder.write_dataset("result.nc", DATASET)
    tasks.write(KEY, DATASET.copy(deep=True), 1.0)
    xr.testing.assert_identical(folder.read_dataset("result.nc"), DATASET)
    assert digest(tmp_path / "result.nc") == digest(tmp_path / TASK)


DAMAGE = {
    "cut": lambda data: data[: len(data) // 2],
    "emptied": lambda data: b"",
    "one bit turned": lambda data: data[:999] + bytes([data[999] ^ 1]) + data[1000:],
    "not netCDF": lambda data: b"hello",
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_task_is_named_set_aside_and_not_returned(tmp_path: Path, how: str):
    folder = TaskFolder(tmp_path)
    folder.write(KEY, DATASET, 1.0)
    path = tmp_path / TASK
    damaged = DAMAGE[how](path.read_bytes())
    path.write_bytes(damaged)
    said: list[str] = []
    assert len(folder.damage()) == 1
    assert folder.read(KEY, said.append) is None
    assert len(said) == 1
    assert f"{KEY}.nc is damaged" in said[0]
    assert not path.exists()
    assert (tmp_path / f"{TASK}.damaged-1").read_bytes() == damaged


def test_a_tasks_hash_is_there_before_the_task_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """So no crash leaves a file whose damage could not be told."""
    order: list[str] = []
    rename = Path.replace
    monkeypatch.setattr(
        Path, "replace", lambda old, new: (order.append(Path(new).name), rename(old, new))
    )
    TaskFolder(tmp_path).write(KEY, DATASET, 1.0)
    assert order == [f"{KEY}.json", f"{KEY}.nc"]


def test_a_task_without_a_hash_is_not_believed(tmp_path: Path):
    folder = TaskFolder(tmp_path)
    folder.write(KEY, DATASET, 1.0)
    (tmp_path / f"{KEY}.json").unlink()
    said: list[str] = []
    assert folder.read(KEY, said.append) is None
    assert "its hash is not written down" in said[0]


def test_tasks_that_no_run_names_are_unused(tmp_path: Path):
    store = Store(tmp_path)
    for key in ("0" * 12, "1" * 12):
        store.tasks("m").write(key, DATASET, 1.0)
    store.folder("study", "key").write_manifest(EMPTY.changed(tasks={f"m/{'0' * 12}": None}))
    assert [(each.folder.name, each.key) for each in store.unused()] == [("m", "1" * 12)]
    assert store.tasks("m").remove("1" * 12) > 0
    assert store.unused() == []


def test_setting_aside_twice_keeps_both(tmp_path: Path):
    folder = RunFolder(tmp_path)
    for content in ("first", "second"):
        folder.write_text("x.nc", content)
        folder.set_aside("x.nc", "so")
    assert {p.read_text() for p in tmp_path.iterdir()} == {"first", "second"}


def test_verification_names_what_is_missing_changed_or_unknown(tmp_path: Path):
    folder = RunFolder(tmp_path)
    names = ("claims.json", "config.toml", "figures/a.csv")
    for name in names:
        folder.write_text(name, name)
    known = {name: digest(tmp_path / name) for name in names[:2]}
    folder.write_manifest(EMPTY.changed(complete=True, files=known))
    (tmp_path / "claims.json").unlink()
    (tmp_path / "config.toml").write_text("other")
    assert folder.damage() == [
        "claims.json: missing",
        "config.toml: its sha256 is not the one written down",
        "figures/a.csv: not in the manifest",
    ]


def test_an_unreadable_manifest_is_no_manifest(tmp_path: Path):
    (tmp_path / "manifest.json").write_text("{half")
    assert RunFolder(tmp_path).manifest() is None
    assert RunFolder(tmp_path).damage() == ["manifest.json: missing or unreadable"]


def test_a_store_that_cannot_be_written_says_so_in_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("")
    folder = Store(tmp_path / "file" / "store").folder("study", "key")
    with pytest.raises(
        StoreError, match="store: cannot write .* expected a writable folder"
    ) as error:
        folder.write_text("config.toml", "")
    assert "\n" not in str(error.value)


def test_runs_are_found_by_name_beginning_and_folder(tmp_path: Path):
    store = Store(tmp_path)
    for key in ("aaa", "aab"):
        store.folder("study", key).write_text("config.toml", "")
    assert [run.name for run in store.runs()] == ["study-aaa", "study-aab"]
    assert store.find("study-aab").name == "study-aab"
    assert store.find(str(tmp_path / "study-aaa")).name == "study-aaa"
    with pytest.raises(BadInputError, match="'study' is the beginning of several"):
        store.find("study")
    with pytest.raises(
        BadInputError, match="'other' not found .* runs there: study-aaa, study-aab"
    ):
        store.find("other")


def test_a_manifest_comes_back_equal_and_no_other_shape_is_one(tmp_path: Path):
    folder = RunFolder(tmp_path)
    folder.write_manifest(EMPTY)
    assert folder.manifest() == EMPTY
    written = json.loads((tmp_path / "manifest.json").read_text())
    for part, wrong in (
        ("study", 1),
        ("tasks", []),
        ("files", {"a": 1}),
        ("tasks", {"m/k": {"seconds": 1e99}}),
    ):
        (tmp_path / "manifest.json").write_text(json.dumps(written | {part: wrong}))
        assert folder.manifest() is None
    with pytest.raises(ValueError, match="finite"):
        EMPTY.changed(tasks={"m/k": {"seconds": float("nan"), "sha256": ""}})
