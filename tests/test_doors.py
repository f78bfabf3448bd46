"""A store that comes from someone else: nothing outside is touched, nothing in it runs or hangs."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

import tegum.studies.catalogue
from tegum.cli import main
from tegum.html import html
from tegum.netcdf import check_structure
from tegum.runner import run
from tegum.store import RunFolder, Store, TaskFolder, TaskRecord, digest
from tegum.studies.core import Claim, Control, Exhibit, Measured
from tegum.visible import visible, visible_json
from tests.coin import STUDY, means

EVIL = '"><script>alert(1)</script>\x1b[31m\u202e\x9b[red]x[/red][link=http://a]b[/link]'
ODD = Control(EVIL, lambda ds: ds)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished run in a store, with a file beside the store that is nobody's business."""
    monkeypatch.setattr(tegum.studies.catalogue, "CATALOGUE", (STUDY,))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.svg").write_text("<svg>secret</svg>")
    return run(STUDY, "quick", store="runs").folder.path.resolve()


def rewritten(folder: Path, **parts) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    for part, more in parts.items():
        manifest[part] = {**manifest[part], **more}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def said_by(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(arguments)
    both = capsys.readouterr()
    return code, both.out + both.err


NAMES = ["../../secret.svg", "/dev/zero", "figures/../../../secret.svg", "notes.txt", "tasks", ""]


@pytest.mark.parametrize("part", ["files", "captions"])
@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_no_run_folder_has_is_damage_and_nothing_is_touched(folder, capsys, part, name):
    secret = Path("secret.svg").resolve()
    before = secret.stat()
    caption = part == "captions"
    rewritten(folder, **{part: {"../../../secret" if caption else name: "0" * 64}})
    code, said = said_by(capsys, "verify")
    assert code == 1
    assert len(said.splitlines()) == 2
    assert "not a file that such a folder has" in said.splitlines()[0]
    assert said.splitlines()[1] == "tasks/coins: whole"
    code, said = said_by(capsys, "report", "-o", "page.html")
    assert code == 2
    assert "is damaged" in said
    assert main(["run", "coin", "--preset", "quick"]) == 0
    assert secret.stat() == before
    assert said_by(capsys, "verify") == (0, f"{folder.name}: whole\ntasks/coins: whole\n")


def put(kind: str, path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    if kind == "link":
        path.symlink_to(Path("secret.svg").resolve())
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path.name)


@pytest.mark.parametrize("kind", ["link", "device", "pipe", "folder", "circle"])
@pytest.mark.parametrize("name", ["result.nc", "config.toml", "figures/means.svg", "manifest.json"])
def test_what_is_no_plain_file_inside_is_neither_read_nor_hashed(folder, capsys, kind, name):
    path = folder / name
    put(kind, path)
    code, said = said_by(capsys, "verify", str(folder))
    assert code == 1
    assert path.name in said
    code, said = said_by(capsys, "report", str(folder), "-o", "page.html")
    assert code == 2
    assert "secret" not in said
    assert main(["run", "coin", "--preset", "quick"]) == 0
    assert Path("secret.svg").read_text() == "<svg>secret</svg>"
    assert said_by(capsys, "verify") == (0, f"{folder.name}: whole\ntasks/coins: whole\n")


def test_a_folder_that_is_a_link_is_set_aside_and_not_written_through(folder):
    outside = folder.parents[1] / "outside"
    (folder / "figures").rename(outside)
    (folder / "figures").symlink_to(outside)
    before = {path.name: path.stat().st_mtime_ns for path in outside.iterdir()}
    assert main(["run", "coin", "--preset", "quick"]) == 0
    assert {path.name: path.stat().st_mtime_ns for path in outside.iterdir()} == before
    assert not (folder / "figures").is_symlink()
    assert RunFolder(folder).damage() == []


def test_a_report_leaves_a_damaged_run_out_and_says_so(folder, capsys):
    run(STUDY, "quick", store="runs", seed=1)
    rewritten(folder, captions={"../../../secret": "x"})
    code, said = said_by(capsys, "report", "-o", "page.html")
    assert code == 0
    assert f"left out {folder.name}" in said
    assert "captions" not in said
    assert folder.name not in Path("page.html").read_text()


def bomb(path: Path, kind: str) -> None:
    with h5py.File(path, "w") as file:
        if kind == "unwritten":
            file.create_dataset("x", (10**11,), "f8", chunks=(1000,))
        elif kind == "packed":
            file.create_dataset("x", data=np.zeros(10**6), compression="gzip")
        elif kind == "one great chunk":
            file.create_dataset("x", (1,), "f8", maxshape=(None,), chunks=(10**8,))
        elif kind == "outer link":
            file["x"] = h5py.ExternalLink("other.nc", "x")
        elif kind == "outer numbers":
            file.create_dataset("x", (4,), "u1", external=[("/dev/zero", 0, 4)])
        else:
            strings = h5py.string_dtype()
            file.create_dataset("x", (10**11,), strings, chunks=(1000,))
        if not kind.startswith("outer"):
            file["x"].make_scale("x")  # else it is no netCDF at all


BOMBS = ["unwritten", "packed", "one great chunk", "outer link", "outer numbers", "strings"]


@pytest.mark.parametrize("kind", BOMBS)
def test_a_file_that_declares_more_than_it_holds_is_damage_though_its_hash_is_right(
    folder, capsys, kind
):
    path = folder / "result.nc"
    bomb(path, kind)
    rewritten(folder, files={"result.nc": digest(path)})
    with pytest.raises((ValueError, OSError)):
        check_structure(path)
    code, said = said_by(capsys, "verify")
    assert code == 1
    assert "result.nc: it" in said
    assert said_by(capsys, "report", "-o", "page.html")[0] == 2
    assert main(["run", "coin", "--preset", "quick"]) == 0
    assert (folder / "result.nc.damaged-1").exists()
    assert said_by(capsys, "verify") == (0, f"{folder.name}: whole\ntasks/coins: whole\n")


@pytest.mark.parametrize("kind", ["link", "device", "pipe", "folder", "circle"])
@pytest.mark.parametrize("ending", ["nc", "json"])
def test_a_task_that_is_no_plain_file_is_neither_read_nor_hashed(folder, capsys, kind, ending):
    tasks = Store(folder.parent).tasks("coins")
    put(kind, tasks.path / f"{tasks.finished()[0]}.{ending}")
    code, said = said_by(capsys, "verify")
    assert code == 1
    assert f"{folder.name}: whole" in said
    shutil.rmtree(folder)
    assert main(["run", "coin", "--preset", "quick"]) == 0
    assert Path("secret.svg").read_text() == "<svg>secret</svg>"
    assert said_by(capsys, "verify") == (0, f"{folder.name}: whole\ntasks/coins: whole\n")


def test_a_task_that_declares_more_than_it_holds_is_damage_though_its_hash_is_right(tmp_path):
    tasks = TaskFolder(tmp_path)
    path = tmp_path / "0123456789ab.nc"
    bomb(path, "unwritten")
    record = TaskRecord(seconds=1.0, sha256=digest(path))
    tasks.write_text("0123456789ab.json", record.model_dump_json())
    said: list[str] = []
    assert tasks.read("0123456789ab", said.append) is None
    assert "declares 745 GiB" in said[0]


def test_all_that_is_honestly_written_is_read_back(tmp_path):
    folder = Store(tmp_path).folder("study", "key")
    rng = np.random.default_rng(0)
    dataset = xr.Dataset(
        {
            "large": (("a", "b"), rng.normal(size=(1001, 333))),
            "constant": ("a", np.zeros(1001)),
            "missing": ("b", np.full(333, np.nan)),
            "empty": (("none", "b"), np.zeros((0, 333))),
            "one": ((), 3),
            "yes": ("b", np.ones(333, bool)),
            "words": ("word", ["a", "β" * 500, ""]),
        },
        coords={"mode": "joint"},
    )
    folder.write_dataset("result.nc", dataset)
    xr.testing.assert_identical(folder.read_dataset("result.nc"), dataset)


def evil_means(ds: xr.Dataset) -> Exhibit:
    return replace(means(ds), caption=EVIL)


def test_nothing_runs_in_a_page_or_a_notebook_and_nothing_reaches_the_terminal(
    folder, capsys, monkeypatch
):
    evil = replace(
        STUDY,
        question=EVIL,
        finding=EVIL.replace("[", "("),
        claims=(Claim(EVIL, EVIL, EVIL, lambda _: Measured(0.0, note=EVIL), low=0.0, control=ODD),),
        figures=(evil_means,),
    )
    monkeypatch.setattr(tegum.studies.catalogue, "CATALOGUE", (evil,))
    done = run(evil, "quick", store="evil")
    main(["report", "--store", "evil", "-o", "page.html"])
    page = Path("page.html").read_text()
    shown = (
        page,
        done._repr_html_(),
        done.claims._repr_html_(),
        done.figures["evil-means"]._repr_html_(),
    )
    assert all("<script" not in text and "&lt;script" in text for text in shown)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in page
    monkeypatch.setenv("COLUMNS", "2000")
    for options in ((), ("--json",)):
        _, said = said_by(capsys, "run", "coin", "--preset", "quick", "--store", "evil", *options)
        assert not set(said) & set("\x1b\u202e\x9b")
        assert "[red]x[/red][link=http://a]b[/link]" in said
    rewritten(done.folder.path, files={EVIL: "x"})
    for command in (("verify",), ("report",), ("run", "coin", "--preset", "quick")):
        _, said = said_by(capsys, *command, "--store", "evil")
        assert not set(said) & set("\x1b\u202e\x9b")


@pytest.mark.parametrize(
    "manifest", [{"files": []}, {"tasks": {"a": 1}}, {"captions": {"a": 1}}, {"device": 1}]
)
def test_a_manifest_of_another_shape_is_none(folder, capsys, manifest):
    whole = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(whole | manifest))
    code, said = said_by(capsys, "verify")
    assert code == 1
    assert "manifest.json: missing or unreadable" in said
    assert main(["runs"]) == 0


def test_controls_are_written_out_and_json_stays_what_it_was():
    text = "a\n\t\x00\x1b[1m\x7f\x85\x9b\u202e\u2028\u2066\udc80ü≥"
    assert visible(text) == r"a\n\t\x00\x1b[1m\x7f\x85\x9b\u202e\u2028\u2066\udc80ü≥"
    assert visible(visible(text)) == visible(text)
    assert json.loads(visible_json({text: [text, "\U000e0001"]})) == {text: [text, "\U000e0001"]}
    assert not set(visible_json([text])) & set("\x1b\x7f\x9b\u202e\u2028")


def test_a_template_escapes_all_but_what_it_has_made_itself():
    inner = html("<b>{{ x }}</b>", x="<i>")
    assert html('<p title="{{ t }}">{{ inner }}</p>', t='"', inner=inner) == (
        '<p title="&#34;"><b>&lt;i&gt;</b></p>'
    )
