"""Measuring: every task of a run, read where it is finished and computed where it is not.

Tasks go to any `concurrent.futures.Executor`; each result is committed by this process the moment
it arrives. So an interrupted run goes on where it stopped, studies that read one measurement share
its tasks, and no result depends on who computed it.
"""

import json
import multiprocessing
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

import xarray as xr

from tegum.cores import cores, limit_cores
from tegum.errors import BadInputError
from tegum.progress import heard_by
from tegum.runner.configs import as_json
from tegum.runner.result import Run
from tegum.store import Manifest, Store, TaskRecord
from tegum.studies.core import joined
from tegum.studies.core.measurement import Task

RECORDED = (
    "tegum",
    "jax",
    "jaxlib",
    "equinox",
    "optax",
    "numpy",
    "scipy",
    "xarray",
    "matplotlib",
)


@dataclass(frozen=True)
class Progress:
    """How far a run is, for those who watch.

    Attributes:
        study: its name.
        done, total: tasks.
        note: for people: a damaged file, say.
        stage: what the task at work does, such as "training" or "compiling"; only of tasks that
            run in this process.
        share: of that stage, how much is done.
    """

    study: str
    done: int
    total: int
    note: str = ""
    stage: str = ""
    share: float = 0.0


Watch: TypeAlias = Callable[[Progress], None]


@contextmanager
def executor_of(workers: int, executor: Executor | None) -> Iterator[Executor | None]:
    """The executor to use; None means: here, one task after the other."""
    if executor is not None or workers == 1:
        yield executor
        return
    with processes(workers) as pool:
        yield pool


SPAWN = multiprocessing.get_context("spawn")  # a forked jax deadlocks


@contextmanager
def processes(
    count: int, begin: Callable[..., object] | None = None, *args: object
) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes that share the cores; each calls `begin(*args)` first."""
    started, others = (max(1, cores() // count), begin, args), multiprocessing.active_children()
    pool = ProcessPoolExecutor(count, mp_context=SPAWN, initializer=_begin, initargs=started)
    try:
        yield pool
    except BaseException:
        # Finished tasks are committed; the others are dropped and computed by the next run.
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            if process not in others:
                process.terminate()
        pool.shutdown()
        raise
    pool.shutdown()


def _begin(threads: int, begin: Callable[..., object] | None, args: Sequence[object]) -> None:
    limit_cores(threads)
    if begin is not None:
        begin(*args)


def measured(
    run: Run, store: Store, pool: Executor | None, watch: Watch
) -> tuple[list[tuple[Task, xr.Dataset]], Manifest]:
    """Every task with its dataset, in order: read where finished, computed where not."""
    tasks = {name_of(task): task for task in run.study.tasks(run.config)}
    done: dict[str, TaskRecord | None] = {}

    def on_damage(line: str) -> None:
        watch(Progress(run.study.name, len(done), len(tasks), line))

    for name, task in tasks.items():
        kept = store.tasks(task.measurement.name)
        if kept.read(task.key, on_damage, _described(task)) is not None:
            done[name] = kept.record(task.key)
    watch(Progress(run.study.name, len(done), len(tasks)))
    missing = {name: task for name, task in tasks.items() if name not in done}
    manifest = _manifest(run, dict.fromkeys(tasks) | done)
    run.folder.write_manifest(manifest)  # from now on the store knows that its tasks are needed

    def on_stage(stage: str, share: float) -> None:
        watch(Progress(run.study.name, len(done), len(tasks), stage=stage, share=share))

    with heard_by(on_stage):
        for name, record in _committed(missing, store, pool, on_damage):
            done[name] = record
            watch(Progress(run.study.name, len(done), len(tasks)))
    # What is joined is what is on disk, read back: all who read a task see the same bytes.
    read = [(task, store.tasks(task.measurement.name)) for task in tasks.values()]
    parts = [(task, kept.read_dataset(f"{task.key}.nc")) for task, kept in read]
    return parts, manifest.changed(tasks={name: done[name] for name in tasks})


def name_of(task: Task) -> str:
    """What a task is called in manifests: measurement/key."""
    return f"{task.measurement.name}/{task.key}"


def _committed(
    missing: Mapping[str, Task],
    store: Store,
    pool: Executor | None,
    on_damage: Callable[[str], None],
) -> Iterator[tuple[str, TaskRecord | None]]:
    """Compute what is missing, here or in a pool, and put each result into the store at once."""
    if pool is None:
        for name, task in missing.items():
            kept = store.tasks(task.measurement.name)
            with _alone_at(kept.path / task.key):
                # Another study of this process may have computed it meanwhile.
                if kept.read(task.key, on_damage, _described(task)) is None:
                    _commit(task, store, *_timed(task))
            yield name, kept.record(task.key)
        return
    futures = {pool.submit(_timed, task): name for name, task in missing.items()}
    for future in as_completed(futures):
        name = futures[future]
        yield name, _commit(missing[name], store, *future.result())


def _commit(task: Task, store: Store, dataset: xr.Dataset, seconds: float) -> TaskRecord:
    dataset.attrs["task"] = _described(task)
    return store.tasks(task.measurement.name).write(task.key, dataset, seconds)


def _described(task: Task) -> str:
    """What a task's file says of itself."""
    return json.dumps(task.identity, sort_keys=True)


_AT_WORK: dict[str, threading.Lock] = {}


def _alone_at(task: Path) -> threading.Lock:
    """The lock of one task of one store, for all studies that run in this process."""
    return _AT_WORK.setdefault(str(task.resolve()), threading.Lock())


def _timed(task: Task) -> tuple[xr.Dataset, float]:
    start = time.perf_counter()
    dataset = task.measure()
    return dataset, time.perf_counter() - start


def join(run: Run, measured: Sequence[tuple[Task, xr.Dataset]]) -> None:
    """Write down the one dataset that claims and figures read."""
    result = joined([(task, part.drop_attrs(deep=False)) for task, part in measured])
    marks = [result[name] for name in result.data_vars if str(name).startswith("finite")]
    if marks and not any(bool((mark == 1).any()) for mark in marks):
        lower = "expected some that stay finite; lower it"
        raise BadInputError(f"learning_rate: all {marks[0].size} models diverged, {lower}")
    result.attrs = {
        "study": run.study.name,
        "measurements": json.dumps(run.study.versions),
        "config": as_json(run.config),
        "tegum": version("tegum"),
    }
    run.folder.write_dataset("result.nc", result)


def _manifest(run: Run, tasks: Mapping[str, TaskRecord | None]) -> Manifest:
    import jax

    return Manifest(
        study=run.study.name,
        run=run.folder.name,
        measurements=run.study.versions,
        versions={"python": platform.python_version()} | {name: version(name) for name in RECORDED},
        device={
            "platform": jax.default_backend(),
            "kind": jax.devices()[0].device_kind,
            "system": platform.platform(),
            "cores": os.cpu_count(),
        },
        tasks=dict(tasks),
    )
