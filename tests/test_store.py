"""The store: whole files or none, damage found and set aside, nothing of anyone's lost."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError, StoreError
from tegum.store import RunFolder, Store, digest, key_of, replacing

DATASET = xr.Dataset(
    {"w": (("seed", "feature"), np.arange(20.0).reshape(2, 10)), "finite": ("seed", [True, False])},
    coords={"seed": [3, 4], "mode": "joint"},
)
KEY = "0123456789ab"
TASK = f"tasks/{KEY}.nc"


def test_strings_of_several_files_survive_being_joined(tmp_path: Path):
    folder = Store(tmp_path).folder("study", "key")
    keys = {"in": "0" * 12, "between": "1" * 12}
    for name, key in keys.items():
        folder.write_dataset(f"tasks/{key}.nc", xr.Dataset({"x": ("mode", [1.0])}, coords={"mode": [name]}))
    both = xr.concat([folder.read_dataset(f"tasks/{key}.nc") for key in keys.values()], dim="mode")
    folder.write_dataset("result.nc", both)
    assert list(folder.read_dataset("result.nc").mode.values) == ["in", "between"]


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
    folder = RunFolder(tmp_path)
    folder.write_dataset("result.nc", DATASET)
    folder.write_dataset(TASK, DATASET.copy(deep=True))
    xr.testing.assert_identical(folder.read_dataset("result.nc"), DATASET)
    assert digest(tmp_path / "result.nc") == digest(tmp_path / TASK)


@pytest.mark.parametrize("how", ["cut", "emptied", "one bit turned", "not netCDF"])
def test_a_damaged_task_is_named_set_aside_and_not_returned(tmp_path: Path, how: str):
    folder = RunFolder(tmp_path)
    folder.write_dataset(TASK, DATASET)
    path = tmp_path / TASK
    folder.write_manifest({"tasks": {KEY: {"sha256": digest(path)}}})
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    damaged = {"cut": data[: len(data) // 2], "emptied": b"", "one bit turned": bytes(data), "not netCDF": b"hello"}[
        how
    ]
    path.write_bytes(damaged)
    said: list[str] = []
    assert folder.read_task(KEY, said.append) is None
    assert len(said) == 1
    assert f"{KEY}.nc is damaged" in said[0]
    assert not path.exists()
    assert (tmp_path / f"{TASK}.damaged-1").read_bytes() == damaged


def test_damage_in_the_numbers_is_found_even_where_no_hash_was_written_down(tmp_path: Path):
    """A run that was killed has no manifest yet for its last task: the file's own checksums stand in."""
    folder = RunFolder(tmp_path)
    folder.write_dataset(TASK, DATASET)
    path = tmp_path / TASK
    data = path.read_bytes()
    position = data.index(np.arange(20.0).tobytes()) + 8
    path.write_bytes(data[:position] + b"\xff" + data[position + 1 :])
    said: list[str] = []
    assert folder.read_task(KEY, said.append) is None
    assert said


def test_setting_aside_twice_keeps_both(tmp_path: Path):
    folder = RunFolder(tmp_path)
    for content in ("first", "second"):
        folder.write_text("x.nc", content)
        folder.set_aside("x.nc")
    assert {p.read_text() for p in tmp_path.iterdir()} == {"first", "second"}


def test_verification_names_what_is_missing_changed_or_unknown(tmp_path: Path):
    folder = RunFolder(tmp_path)
    names = ("claims.json", "config.toml", "figures/a.csv")
    for name in names:
        folder.write_text(name, name)
    known = {name: digest(tmp_path / name) for name in names[:2]}
    folder.write_manifest({"complete": True, "files": known})
    (tmp_path / "claims.json").unlink()
    (tmp_path / "config.toml").write_text("other")
    assert folder.damage() == [
        "claims.json: missing",
        "config.toml: its sha256 is not the one written down",
        "figures/a.csv: not in the manifest",
    ]


def test_an_unreadable_manifest_is_no_manifest(tmp_path: Path):
    (tmp_path / "manifest.json").write_text("{half")
    assert RunFolder(tmp_path).manifest() == {}
    assert RunFolder(tmp_path).damage() == ["manifest.json: missing or unreadable"]


def test_a_store_that_cannot_be_written_says_so_in_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("")
    folder = Store(tmp_path / "file" / "store").folder("study", "key")
    with pytest.raises(StoreError, match="store: cannot write .* expected a writable folder") as error:
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
    with pytest.raises(BadInputError, match="'other' not found .* runs there: study-aaa, study-aab"):
        store.find("other")


def test_manifests_are_strict_json(tmp_path: Path):
    folder = RunFolder(tmp_path)
    folder.write_manifest({"a": 1.5})
    assert json.loads((tmp_path / "manifest.json").read_text()) == {"a": 1.5}
    with pytest.raises(ValueError, match="Out of range float"):
        folder.write_manifest({"a": float("nan")})
