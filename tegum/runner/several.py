"""Running several studies: side by side, each in a process of its own as soon as one is free.

Tracing, drawing and judging keep Python busy, and threads would wait for each other there. Studies
that read one measurement stay together, so that it is made once.
"""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from tegum.cores import cores
from tegum.runner.failures import UnfinishedError
from tegum.runner.finding import known_studies
from tegum.runner.measuring import (
    SPAWN,
    Engine,
    Progress,
    Watch,
    check_engine,
    executor_of,
    processes,
)
from tegum.runner.result import Run
from tegum.runner.running import is_concluded, run
from tegum.studies.core import Study

MOST = 4
"""processes at a time: each holds a jax of its own, up to a gigabyte"""


def run_all(
    studies: Sequence[Study],
    preset: str = "default",
    *,
    store: Path | str = "runs",
    workers: int = 1,
    engine: Engine = "here",
    address: str | None = None,
    watch: Watch = lambda _: None,
    **fields: Any,
) -> list[Run]:
    """Run several studies, side by side where there are cores for it.

    As all that starts processes, in a script it belongs under `if __name__ == "__main__":`.

    Args and Raises as in `run`; with more than one worker, or a cluster, studies run one after the
    other, as do those that another process could not find by their names. One that could not be
    finished costs the others nothing.
    """
    check_engine(engine, address, workers)
    asked: dict[str, Any] = {"preset": preset, "store": store, **fields}
    jobs = sharing([study for study in studies if not is_concluded(study, **asked)])
    count = min(cores(), len(jobs), MOST)
    known = known_studies()
    left: dict[str, UnfinishedError] = {}
    here = engine == "here"
    if here and workers == 1 and count > 1 and all(study in known for study in studies):
        # The longest first: short ones fill what is left at the end.
        jobs.sort(key=lambda job: _minutes(job, preset), reverse=True)
        left = _side_by_side(jobs, count, asked, watch)
    runs = []
    shared = engine if jobs else "here"  # one cluster for all; what is finished is only read
    with executor_of(1 if shared == "here" else workers, None, shared, address) as pool:
        for study in studies:
            if study.name not in left:
                try:
                    runs.append(run(study, workers=workers, executor=pool, watch=watch, **asked))
                except UnfinishedError as error:
                    left[study.name] = error
    if left:
        raise _unfinished(left, len(studies))
    return runs


def _unfinished(left: Mapping[str, UnfinishedError], studies: int) -> UnfinishedError:
    name, first = next(iter(left.items()))
    said = f"{len(left)} of {studies} studies are not finished, first {name}: {first}"
    error = UnfinishedError(said)
    for note in getattr(first, "__notes__", ()):
        error.add_note(note)
    return error


def sharing(studies: Sequence[Study]) -> list[list[Study]]:
    """The studies in jobs, those together that read a measurement in common, if through others."""
    jobs: list[list[Study]] = []
    for study in studies:
        met = [job for job in jobs if any(_read(study) & _read(other) for other in job)]
        jobs = [job for job in jobs if job not in met]
        jobs.append([other for job in met for other in job] + [study])
    return jobs


def _minutes(job: Sequence[Study], preset: str) -> float:
    each = [{str(name): minutes for name, minutes in study.minutes.items()} for study in job]
    return sum(minutes.get(preset, 0.0) for minutes in each)


def _read(study: Study) -> set[str]:
    return {each.name for each in study.measurements}


def _side_by_side(
    jobs: Sequence[Sequence[Study]], count: int, asked: Mapping[str, Any], watch: Watch
) -> dict[str, UnfinishedError]:
    """Run the jobs in processes, and tell here what they say there; which could not be finished."""
    told: Queue[Progress | None] = SPAWN.Queue()

    def listen() -> None:
        for progress in iter(told.get, None):
            watch(progress)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        with processes(count, _tell, told) as pool:
            names = [[study.name for study in job] for job in jobs]
            futures = [pool.submit(_run_in_turn, each, asked) for each in names]
            return {name: error for future in futures for name, error in future.result().items()}
    except BrokenExecutor as error:
        raise UnfinishedError(
            "run: a process died, killed or out of memory; what is finished is kept, and the same "
            "command goes on from there"
        ) from error
    finally:
        told.put(None)
        listener.join()
        told.close()


_TOLD: list["Queue[Progress | None]"] = []


def _tell(told: "Queue[Progress | None]") -> None:
    """In a process of the pool: whom to tell how far its studies are."""
    _TOLD.append(told)


def _run_in_turn(names: Sequence[str], asked: Mapping[str, Any]) -> dict[str, UnfinishedError]:
    left = {}
    for name in names:
        try:
            run(name, watch=_TOLD[0].put, **asked)
        except UnfinishedError as error:
            left[name] = error
    return left
