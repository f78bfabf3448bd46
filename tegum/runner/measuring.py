"""Measuring: every task of a run, read where it is finished and computed where it is not.

Tasks go to any `concurrent.futures.Executor`; each result is committed by this process the moment
it arrives. So an interrupted run goes on where it stopped, studies that read one measurement share
its tasks, and no result depends on who computed it. A task that fails costs itself only: the others
are computed, then the run says which are missing.
"""

import json
import multiprocessing
import os
import platform
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
)
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from typing import Literal, TypeAlias

import xarray as xr

from tegum.compilation import programs_kept, use_programs
from tegum.cores import cores, limit_cores
from tegum.errors import BadInputError, StoreError, bad_input, unknown_name
from tegum.progress import heard_by
from tegum.runner import cluster
from tegum.runner.configs import as_json
from tegum.runner.failures import Failure, UnfinishedError, failure_of, named, unfinished
from tegum.runner.result import Run
from tegum.runner.versions import versions
from tegum.store import Manifest, Store, TaskRecord
from tegum.studies.core import joined
from tegum.studies.core.measurement import Task
from tegum.visible import visible

Engine: TypeAlias = Literal["here", "dask"]
"""who computes: this process and those it spawns, or a cluster"""

ATTEMPTS = 3
"""at each task in a pool; in this process an error would only come again"""


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


def check_engine(engine: str, address: str | None, workers: int) -> None:
    """Raise `BadInputError` for what does not fit together, before anything is started."""
    if engine not in ("here", "dask"):
        raise unknown_name("engine", engine, ["here", "dask"])
    if workers < 1:
        raise bad_input("workers", workers, "a whole number of at least 1")
    if address is not None and engine != "dask":
        raise bad_input("address", address, "none with engine 'here'", "add --engine dask")
    if address is not None and workers != 1:
        raise bad_input("workers", workers, "none with an address: that cluster has its own")


@contextmanager
def executor_of(
    workers: int,
    executor: Executor | None,
    engine: Engine = "here",
    address: str | None = None,
) -> Iterator[Executor | None]:
    """The executor to use; None means: here, one task after the other."""
    if executor is not None or (engine == "here" and workers == 1):
        yield executor
    elif engine == "dask":
        with cluster.dask(address, workers) as pool:
            yield pool
    else:
        with processes(workers) as pool:
            yield pool


SPAWN = multiprocessing.get_context("spawn")  # a forked jax deadlocks


@contextmanager
def processes(
    count: int, begin: Callable[..., object] | None = None, *args: object
) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes that share the cores; each calls `begin(*args)` first."""
    shared = max(1, cores() // count), programs_kept()
    started, others = (*shared, begin, args), multiprocessing.active_children()
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


def _begin(
    threads: int,
    programs: Path | None,
    begin: Callable[..., object] | None,
    args: Sequence[object],
) -> None:
    limit_cores(threads)
    use_programs(programs)
    if begin is not None:
        begin(*args)


def measured(
    run: Run, store: Store, pool: Executor | None, watch: Watch
) -> tuple[list[tuple[Task, xr.Dataset]], Manifest]:
    """Every task with its dataset, in order: read where finished, computed where not."""
    tasks = {name_of(task): task for task in run.study.tasks(run.config)}
    done: dict[str, TaskRecord | None] = {}

    def on_note(line: str) -> None:
        watch(Progress(run.study.name, len(done), len(tasks), line))

    for name, task in tasks.items():
        kept = store.tasks(task.measurement.name)
        if kept.read(task.key, on_note, _described(task)) is not None:
            done[name] = kept.record(task.key)
    watch(Progress(run.study.name, len(done), len(tasks)))
    missing = {name: task for name, task in tasks.items() if name not in done}
    manifest = _manifest(run, dict.fromkeys(tasks) | done)
    run.folder.write_manifest(manifest)  # from now on the store knows that its tasks are needed

    def on_stage(stage: str, share: float) -> None:
        watch(Progress(run.study.name, len(done), len(tasks), stage=stage, share=share))

    failed: dict[str, Failure] = {}
    with heard_by(on_stage):
        for name, outcome in _outcomes(missing, store, pool, on_note):
            if isinstance(outcome, Failure):
                failed[name] = outcome
            else:
                done[name] = outcome
                watch(Progress(run.study.name, len(done), len(tasks)))
    if failed:
        errors = {name: failed[name].error for name in tasks if name in failed}
        known = {name: done.get(name) for name in tasks}
        run.folder.write_manifest(manifest.changed(tasks=known, failed=errors))
        raise unfinished(failed, len(tasks))
    # What is joined is what is on disk, read back: all who read a task see the same bytes.
    read = [(task, store.tasks(task.measurement.name)) for task in tasks.values()]
    parts = [(task, kept.read_dataset(f"{task.key}.nc")) for task, kept in read]
    return parts, manifest.changed(tasks={name: done[name] for name in tasks})


def name_of(task: Task) -> str:
    """What a task is called in manifests: measurement/key."""
    return f"{task.measurement.name}/{task.key}"


def _outcomes(
    missing: Mapping[str, Task],
    store: Store,
    pool: Executor | None,
    on_note: Callable[[str], None],
) -> Iterator[tuple[str, TaskRecord | Failure | None]]:
    """Compute what is missing, here or in a pool, and put each result into the store at once."""
    if pool is not None:
        yield from _outcomes_of(pool, missing, store, on_note)
        return
    for name, task in missing.items():
        kept = store.tasks(task.measurement.name)
        found: Outcome | None = None
        with _alone_at(kept.path / task.key):
            # Another study of this process may have computed it meanwhile.
            if kept.read(task.key, on_note, _described(task)) is None:
                found = _attempted(task, 1)
                if not isinstance(found, Failure):
                    _commit(task, store, *found)
        if isinstance(found, Failure):
            on_note(found.error)
            yield name, found
        else:
            yield name, kept.record(task.key)


def _outcomes_of(
    pool: Executor,
    missing: Mapping[str, Task],
    store: Store,
    on_note: Callable[[str], None],
) -> Iterator[tuple[str, TaskRecord | Failure]]:
    """As `_outcomes`, in a pool, in the order in which tasks end. What is committed is let go."""
    ended: SimpleQueue[Future[Outcome]] = SimpleQueue()
    at_work: dict[Future[Outcome], tuple[str, int]] = {}

    def submit(name: str, attempt: int) -> None:
        future = pool.submit(_attempted, missing[name], attempt)
        at_work[future] = name, attempt
        future.add_done_callback(ended.put)

    try:
        for name in missing:
            submit(name, 1)
        while at_work:
            future = ended.get()
            name, attempt = at_work.pop(future)
            found, final = _result_of(future, missing[name])
            del future
            if not isinstance(found, Failure):
                yield name, _commit(missing[name], store, *found)
                continue
            final = final or attempt == ATTEMPTS
            on_note(
                found.error + ("" if final else f"; attempt {attempt + 1} of {ATTEMPTS} follows")
            )
            if final:
                yield name, found
            else:
                submit(name, attempt + 1)
    except BrokenExecutor as error:
        raise UnfinishedError(
            "run: a worker process died, killed or out of memory, and its pool with it; what is "
            "finished is kept, and the same command goes on from there"
        ) from error
    finally:
        for future in at_work:
            future.cancel()


def _result_of(future: "Future[Outcome]", task: Task) -> tuple["Outcome", bool]:
    """What came of a task, and whether its pool says that trying it again is no use."""
    try:
        return future.result(), False
    except (BadInputError, BrokenExecutor):
        raise
    except CancelledError as error:
        raise UnfinishedError(
            "run: the cluster's scheduler is gone; what is finished is kept, and the same command "
            "goes on from there with another"
        ) from error
    except Exception as error:
        if count := cluster.deaths(error):
            died = f"{count} workers died of it, killed or out of memory"
            return Failure(f"{named(task)}: {died}"), True
        # A task's own errors come as values: this one is of the pool, and all tasks' alike.
        raise UnfinishedError(
            f"run: the workers cannot compute {failure_of(task, error).error}; what is finished "
            "is kept, and the same command goes on from there"
        ) from error


def _commit(task: Task, store: Store, dataset: xr.Dataset, seconds: float) -> TaskRecord:
    dataset.attrs["task"] = _described(task)
    kept = store.tasks(task.measurement.name)
    _check_room(kept.path, dataset)
    return kept.write(task.key, dataset, seconds)


MARGIN = 2**20
"""bytes that stay free: for what is written beside a dataset, and its names"""


def _check_room(folder: Path, dataset: xr.Dataset) -> None:
    """Refuse to begin a file that the disk cannot hold: HDF5 can end the process in the middle."""
    there = next(place for place in (folder, *folder.resolve().parents) if place.exists())
    free, wanted = shutil.disk_usage(there).free, int(1.1 * dataset.nbytes) + MARGIN
    if free < wanted:
        said = f"{free / 1e6:.1f} MB are left on its disk, expected {wanted / 1e6:.1f}"
        way_out = "make room, and the same command goes on from what is finished"
        raise StoreError(f"store: cannot write to {visible(folder)}: {said}; {way_out}")


def _described(task: Task) -> str:
    """What a task's file says of itself."""
    return json.dumps(task.identity, sort_keys=True)


_AT_WORK: dict[str, threading.Lock] = {}


def _alone_at(task: Path) -> threading.Lock:
    """The lock of one task of one store, for all studies that run in this process."""
    return _AT_WORK.setdefault(str(task.resolve()), threading.Lock())


Outcome: TypeAlias = tuple[xr.Dataset, float] | Failure
"""what a task gave and the seconds that it took, or its error"""


def _attempted(task: Task, attempt: int) -> Outcome:
    """Compute a task. Dask takes equal calls for one, so the number of the attempt comes along."""
    start = time.perf_counter()
    try:
        return task.measure(), time.perf_counter() - start
    except BadInputError:
        raise  # it is the run's, and would come again
    except Exception as error:
        return failure_of(task, error)


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
    _check_room(run.folder.path, result)
    run.folder.write_dataset("result.nc", result)


def _manifest(run: Run, tasks: Mapping[str, TaskRecord | None]) -> Manifest:
    import jax

    return Manifest(
        study=run.study.name,
        run=run.folder.name,
        measurements=run.study.versions,
        versions=versions(),
        device={
            "platform": jax.default_backend(),
            "kind": jax.devices()[0].device_kind,
            "system": platform.platform(),
            "cores": os.cpu_count(),
        },
        tasks=dict(tasks),
    )
