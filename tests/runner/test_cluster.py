"""Clusters: workers may be killed, tasks may fail; what is finished stands and is the same."""

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tegum.cli import main
from tegum.errors import BadInputError
from tegum.runner import UnfinishedError, cluster, finding, run, run_all
from tegum.runner.versions import code
from tegum.store import digest
from tests import coin
from tests.runner.mortal import STUDY, Config, attempts
from tests.test_guests import brings

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    """Two workers on this machine."""
    with cluster.dask(None, 2) as executor:
        yield executor


def bytes_of(folder: Path) -> dict[str, str]:
    names = ("result.nc", "claims.json", "figures/means.csv")
    return {name: digest(folder / name) for name in names}


def test_workers_killed_twice_cost_their_task_and_the_dataset_is_that_of_one_process(
    pool: Executor, tmp_path: Path
):
    log = tmp_path / "log"
    config = Config(log=str(log), deaths=2)
    many = run(STUDY, config=config, store=tmp_path / "many", executor=pool)
    assert attempts(log).count("0.5") == 3
    assert set(attempts(log)) == {"0.25", "0.5", "0.75"}
    one = run(STUDY, config=config, store=tmp_path / "one")
    assert bytes_of(many.folder.path) == bytes_of(one.folder.path)


def test_a_task_that_kills_its_workers_three_times_is_given_up_and_the_rest_is_kept(
    pool: Executor, tmp_path: Path
):
    log = tmp_path / "log"
    config = Config(log=str(log), deaths=3)
    said = r"first tossed\(density=0.5\): 3 workers died of it, killed or out of memory; the others"
    with pytest.raises(UnfinishedError, match=said):
        run(STUDY, config=config, store=tmp_path / "runs", executor=pool)
    assert attempts(log).count("0.5") <= 3
    assert set(attempts(log)) == {"0.25", "0.5", "0.75"}
    assert run(STUDY, config=config, store=tmp_path / "runs", executor=pool).folder.damage() == []


@pytest.mark.parametrize("errors", [2, 3])
def test_a_task_that_raises_is_tried_three_times_in_all(
    pool: Executor, tmp_path: Path, errors: int
):
    log = tmp_path / "log"
    options = {"config": Config(log=str(log), errors=errors), "store": tmp_path / "runs"}
    if errors < 3:
        assert run(STUDY, executor=pool, **options).folder.manifest().failed == {}
    else:
        with pytest.raises(UnfinishedError, match="RuntimeError: the coin rolled away"):
            run(STUDY, executor=pool, **options)
    assert attempts(log).count("0.5") == 3
    assert set(attempts(log)) == {"0.25", "0.5", "0.75"}


def test_the_command_line_runs_a_study_and_a_group_on_a_cluster(
    pool: Executor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    asked = []

    @contextmanager
    def lent(address: str | None, workers: int) -> Iterator[Executor]:
        asked.append((address, workers))
        yield pool

    brings(monkeypatch, "tests.coin:STUDY")
    monkeypatch.setattr(cluster, "dask", lent)
    monkeypatch.chdir(tmp_path)
    on_dask = ["--preset", "quick", "--engine", "dask", "--json"]
    assert main(["run", "coin", *on_dask, "--workers", "2"]) == 0
    assert main(["run", "coin", *on_dask, "--workers", "2"]) == 0  # only read: no cluster
    assert main(["run", "test", *on_dask, "--seed", "1", "--address", "tcp://a:1"]) == 0
    assert main(["run", "test", *on_dask, "--seed", "1", "--address", "tcp://a:1"]) == 0
    assert asked == [(None, 2), ("tcp://a:1", 1)]
    assert capsys.readouterr().err == ""
    finding.installed_studies.cache_clear()


def listening(answer: bytes) -> socket.socket:
    """Somebody at an address who is no scheduler; says this, or nothing."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        held = []
        try:
            while True:
                held.append(server.accept()[0])
                held[-1].sendall(answer)
        except OSError:
            for each in held:
                each.close()

    threading.Thread(target=serve, daemon=True).start()
    return server


@pytest.mark.parametrize("there", ["nobody", "silence", "another program", "no address"])
def test_an_address_where_no_scheduler_is_is_one_line_in_seconds_and_leaves_nothing(
    there: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    server = listening(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20 if there[0] == "a" else b"")
    address = "nowhere" if there == "no address" else f"tcp://127.0.0.1:{server.getsockname()[1]}"
    if there == "nobody":
        server.close()
    try:
        with pytest.raises(BadInputError) as error:
            run(STUDY, store=tmp_path, engine="dask", address=address)
    finally:
        server.shutdown(socket.SHUT_RDWR) if server.fileno() >= 0 else None
        server.close()
    wanted = "expected the address of a running Dask scheduler, such as tcp://10.0.0.1:8786; "
    assert str(error.value).startswith(f"address: got '{address}', {wanted}")
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_with_another_version_is_named_before_anything_is_computed(tmp_path: Path):
    other = tmp_path / "other" / "tegum-9.9.9.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: tegum\nVersion: 9.9.9\n")
    log = tmp_path / "log"
    options = ["--nthreads=1", "--no-dashboard", "--no-nanny", f"--local-directory={tmp_path}"]
    with distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as own:
        address = own.scheduler_address
        worker = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", address, *options],
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(other.parent), str(ROOT)])},
            stderr=subprocess.DEVNULL,
        )
        try:
            with distributed.Client(address) as client:
                client.wait_for_workers(1, timeout=60)
                [name] = client.scheduler_info()["workers"]
            says = f"address: the worker {name} has tegum 9.9.9, expected {code()['tegum']} as here"
            with pytest.raises(BadInputError, match=re.escape(says)):
                run(
                    STUDY,
                    config=Config(log=str(log)),
                    store=tmp_path / "runs",
                    engine="dask",
                    address=address,
                )
        finally:
            worker.kill()
            worker.wait()
    assert attempts(log) == []


def test_a_worker_that_comes_later_with_other_source_computes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool: Executor
):
    log = tmp_path / "log"
    monkeypatch.setattr(pool, "_code", code() | {"tegum's source": "0" * 12})
    with pytest.raises(BadInputError, match=r"tegum's source [0-9a-f]{12}, expected 000000000000"):
        run(STUDY, config=Config(log=str(log)), store=tmp_path / "runs", executor=pool)
    assert attempts(log) == []


def test_a_study_that_is_not_finished_costs_the_others_of_its_group_nothing(
    pool: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    @contextmanager
    def lent(address: str | None, workers: int) -> Iterator[Executor]:
        yield pool

    monkeypatch.setattr(cluster, "dask", lent)
    config = {"log": str(tmp_path / "log"), "seed": 5}
    wrong = STUDY.config("quick", deadly_at=0.5, errors=9, **config)
    monkeypatch.setitem(STUDY.presets, "quick", wrong)
    with pytest.raises(UnfinishedError, match="1 of 2 studies are not finished, first mortal-coin"):
        run_all([STUDY, coin.STUDY], "quick", store=tmp_path / "runs", engine="dask", **config)
    [done] = tmp_path.glob("runs/coin-*/claims.json")
    assert done.stat().st_size


def test_without_dask_the_way_to_get_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BadInputError, match=r'not installed, expected `pip install "tegum\[clust'):
        run(STUDY, store=tmp_path, engine="dask")
    assert list(tmp_path.iterdir()) == []
