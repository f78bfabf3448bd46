"""Compiled programs kept between processes: found again, never needed, and never someone else's."""

import os
import stat
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
from jax.experimental.compilation_cache import compilation_cache

import tegum.studies.catalogue
from tegum import compilation
from tegum.cli import main
from tegum.compilation import keep_programs, programs_kept
from tegum.errors import BadInputError
from tegum.runner.measuring import processes
from tegum.studies import index
from tegum.studies.attention import one_pair
from tests.coin import STUDY

SETTINGS = (
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
)


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing is kept before a test nor after it, and the user's own cache folder is not touched."""
    monkeypatch.delenv(compilation.WHERE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    before = {name: getattr(jax.config, name) for name in SETTINGS}
    jax.config.update("jax_compilation_cache_dir", None)
    yield
    for name, value in before.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()


@pytest.fixture
def events() -> Iterator[Counter[str]]:
    """How often jax looked for a program, found it, and compiled one by name."""
    found: Counter[str] = Counter()

    def count(event: str, **_: object) -> None:
        found[event.rsplit("/", 1)[-1]] += 1

    def timed(event: str, _: float, **told: object) -> None:
        if event.endswith("backend_compile_duration"):
            found[str(told.get("fun_name"))] += 1

    jax.monitoring.register_event_listener(count)
    jax.monitoring.register_event_duration_secs_listener(timed)
    yield found
    jax.monitoring.unregister_event_listener(count)
    jax.monitoring.unregister_event_duration_listener(timed)


def computed() -> float:
    """What a program gives that this process has not compiled, though another may have."""
    return float(jax.jit(lambda x: jnp.sin(x) * 3 + 1)(0.5))


def programs(folder: Path) -> list[Path]:
    return sorted(folder.glob("*-cache"))


# --- found again, in another process, with the same result --------------------------------------

TRAINED = """
import hashlib
import sys

import jax
import tegum

found = []
jax.monitoring.register_event_listener(lambda event, **_: found.append(event.rsplit("/", 1)[-1]))
if sys.argv[1] != "off":
    tegum.keep_programs(sys.argv[1])
ds = tegum.fit(n_features=5, n_hidden=2, density=0.3, seeds=3, steps=50)
print(hashlib.sha256(ds.w.values.tobytes() + ds.loss.values.tobytes()).hexdigest())
print(found.count("compile_requests_use_cache"), found.count("cache_hits"))
"""


def trained_apart(folder: str) -> tuple[str, int, int]:
    """A digest of what another process trains; programs that it asked for, and that it found."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", TRAINED, folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    digest, counts = done.stdout.splitlines()
    asked, hits = map(int, counts.split())
    return digest, asked, hits


def test_a_second_process_compiles_nothing_and_no_result_depends_on_what_is_kept(tmp_path: Path):
    without, _, none = trained_apart("off")
    first, asked, _ = trained_apart(str(tmp_path))
    second, again, found = trained_apart(str(tmp_path))
    assert none == 0
    assert first == without
    assert second == without
    assert found == again == asked > 0
    [place] = tmp_path.iterdir()
    for k, entry in enumerate(programs(place)):
        entry.write_bytes([b"", b"garbage", entry.read_bytes()[:-9]][k % 3])
    damaged, _, left = trained_apart(str(tmp_path))
    assert damaged == without
    assert left == 0
    assert trained_apart(str(tmp_path))[2] == asked


def test_processes_that_write_the_same_programs_at_once_all_compute_the_same(tmp_path: Path):
    command = [sys.executable, "-W", "error", "-c", TRAINED, str(tmp_path)]
    at_once = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate() for process in at_once]
    assert [error for _, error in said] == [""] * 3
    assert len({out.splitlines()[0] for out, _ in said}) == 1
    _, asked, found = trained_apart(str(tmp_path))
    assert found == asked


def test_importing_tegum_leaves_the_settings_of_jax_alone():
    look = "import tegum.runner, jax; print(jax.config.jax_compilation_cache_dir)"
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "None"


# --- what is damaged, and too much --------------------------------------------------------------


def test_an_entry_damaged_while_a_process_runs_is_compiled_again_without_a_word(
    tmp_path: Path, events: Counter[str], recwarn: pytest.WarningsRecorder
):
    place = keep_programs(tmp_path)
    assert place
    expected = computed()
    hostile = zlib.compress(b"\0\0\0\0" + bytes(range(256)) * 9)
    for content in (b"", b"garbage", hostile, programs(place)[0].read_bytes()[:-9]):
        for entry in programs(place):
            entry.write_bytes(content)
        events.clear()
        assert computed() == expected
        assert not events["cache_hits"]
    assert not list(recwarn)


def test_the_longest_unused_of_too_many_programs_go_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    place = keep_programs(tmp_path)
    assert place
    another = tmp_path / f"0.1.0-x86_64-{'0' * 12}"
    another.mkdir()
    names = [f"jit_f-{k:064x}-cache" for k in range(4)]
    for age, (folder, name) in enumerate(zip([place, another] * 2, names, strict=True)):
        entry = folder / name
        entry.write_bytes(zlib.compress(os.urandom(1000)))
        os.utime(entry, (1e9 - age, 1e9 - age))
    others = [tmp_path / "thesis.txt", tmp_path / names[0], place / "notes-cache"]
    for other in others:
        other.write_bytes(bytes(9000))
    monkeypatch.setattr(compilation, "MOST_BYTES", 2500)
    keep_programs(tmp_path)
    assert [f.joinpath(n).exists() for f, n in zip([place, another] * 2, names, strict=True)] == [
        True,
        True,
        False,
        False,
    ]
    assert all(other.exists() for other in others)


# --- where, and whose -----------------------------------------------------------------------------


def test_programs_lie_in_the_users_cache_folder_and_are_the_users_alone(tmp_path: Path):
    place = keep_programs()
    assert place is not None
    assert place == programs_kept()
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    if sys.platform == "linux":
        assert place.parent == (tmp_path / "cache" / "tegum" / "programs").resolve()
    computed()
    assert programs(place)


def test_the_variable_names_another_folder_or_turns_it_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv(compilation.WHERE, "off")
    assert keep_programs() is None
    assert programs_kept() is None
    monkeypatch.setenv(compilation.WHERE, str(tmp_path / "mine"))
    place = keep_programs()
    assert place is not None
    assert place.parent == (tmp_path / "mine").resolve()


def test_where_jax_was_told_to_keep_programs_it_goes_on_to(tmp_path: Path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "own"))
    assert keep_programs() == tmp_path / "own" == programs_kept()


def anyone_writes(place: Path) -> Path:
    place.chmod(0o707)
    return place


def a_group_writes(place: Path) -> Path:
    place.chmod(0o770)
    return place


def a_sticky_one(place: Path) -> Path:
    place.chmod(0o1777)
    return place


def a_link(place: Path) -> Path:
    place.rename(place.with_name("elsewhere"))
    place.symlink_to("elsewhere")
    return place


def anyone_writes_above(place: Path) -> Path:
    place.parent.chmod(0o707)
    return place.parent


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no owners and modes here")
@pytest.mark.parametrize(
    "spoil", [anyone_writes, a_group_writes, a_sticky_one, a_link, anyone_writes_above]
)
def test_a_folder_that_is_open_to_others_is_refused(spoil: Callable[[Path], Path], tmp_path: Path):
    root = tmp_path.resolve() / "programs"
    place = keep_programs(root)
    assert place
    spoiled = spoil(place)
    jax.config.update("jax_compilation_cache_dir", None)
    with pytest.raises(BadInputError, match=f"{spoiled} is open to others"):
        keep_programs(root)
    assert programs_kept() is None


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no owners here")
def test_a_folder_of_another_user_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    place = keep_programs(tmp_path / "programs")
    assert place
    if os.geteuid() == 0:
        os.chown(place, 12345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(BadInputError, match="is open to others"):
        keep_programs(tmp_path / "programs")


def test_a_folder_that_cannot_be_is_one_clear_line(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInputError, match="folder of compiled programs: got .*TEGUM_PROGRAMS"):
        keep_programs(tmp_path / "file")


# --- who turns it on ------------------------------------------------------------------------------


def test_processes_that_are_started_keep_their_programs_where_this_one_does(tmp_path: Path):
    place = keep_programs(tmp_path)
    with processes(1) as pool:
        assert pool.submit(programs_kept).result() == place


@pytest.fixture
def _coins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tegum.studies.catalogue, "CATALOGUE", (STUDY,))
    monkeypatch.setattr(index, "read", lambda: index.described((STUDY,)))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_coins")
def test_a_run_keeps_programs_unless_told_not_to(tmp_path: Path):
    assert main(["run", "coin", "--no-keep-programs", "--json"]) == 0
    assert programs_kept() is None
    assert not (tmp_path / "cache").exists()
    assert main(["run", "coin", "--json"]) == 0
    assert programs_kept() is not None


@pytest.mark.usefixtures("_coins")
def test_a_run_that_cannot_keep_programs_says_so_in_one_line_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(compilation.WHERE, str(tmp_path / "file"))
    assert main(["run", "coin", "--json"]) == 0
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("tegum: compiled programs are not kept; folder of compiled programs: ")
    assert programs_kept() is None


# --- few programs ---------------------------------------------------------------------------------


def test_no_training_is_compiled_again_for_another_density_seed_or_number_of_seeds(
    events: Counter[str],
):
    def programs_for(**fields: object) -> Counter[str]:
        few = {"steps": 7, "batch": 16, "n_features": 6, "n_hidden": 3, "rank": 2, "seeds": 3}
        config = one_pair.Config(**{**few, **fields})
        events.clear()
        one_pair.trained(config, "joint", config.densities[0])
        return Counter({name: n for name, n in events.items() if name.startswith("jit")})

    first = programs_for(densities=(0.5,))
    assert first
    assert not programs_for(densities=(0.25,), seed=5)
    # Cutting out what is asked of a block depends on how many are asked; what computes does not.
    cutting = {"jit(dynamic_slice)", "jit(gather)", "jit(slice)", "jit(stage)"}
    for seeds in (2, 9):
        assert not set(programs_for(densities=(0.5,), seeds=seeds)) - cutting
