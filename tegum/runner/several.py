"""Running several studies: side by side, each in a process of its own as soon as one is free.

Tracing, drawing and judging keep Python busy, and threads would wait for each other there. Studies
that read one measurement stay together, so that it is made once.
"""

import threading
from collections.abc import Mapping, Sequence
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from tegum.cores import cores
from tegum.runner.finding import known_studies
from tegum.runner.measuring import SPAWN, Progress, Watch, processes
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
    watch: Watch = lambda _: None,
    **fields: Any,
) -> list[Run]:
    """Run several studies, side by side where there are cores for it.

    As all that starts processes, in a script it belongs under `if __name__ == "__main__":`.

    Args and Raises as in `run`; with more than one worker, studies run one after the other, as do
    those that another process could not find by their names.
    """
    asked: dict[str, Any] = {"preset": preset, "store": store, **fields}
    jobs = sharing([study for study in studies if not is_concluded(study, **asked)])
    count = min(cores(), len(jobs), MOST)
    known = known_studies()
    if workers == 1 and count > 1 and all(study in known for study in studies):
        # The longest first: short ones fill what is left at the end.
        jobs.sort(key=lambda job: _minutes(job, preset), reverse=True)
        _side_by_side(jobs, count, asked, watch)
    # What is finished is only read.
    return [run(study, workers=workers, watch=watch, **asked) for study in studies]


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
) -> None:
    """Run the jobs in processes, and tell here what they say there."""
    told: Queue[Progress | None] = SPAWN.Queue()

    def listen() -> None:
        for progress in iter(told.get, None):
            watch(progress)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        with processes(count, _tell, told) as pool:
            names = [[study.name for study in job] for job in jobs]
            for future in [pool.submit(_run_in_turn, each, asked) for each in names]:
                future.result()
    finally:
        told.put(None)
        listener.join()
        told.close()


_TOLD: list["Queue[Progress | None]"] = []


def _tell(told: "Queue[Progress | None]") -> None:
    """In a process of the pool: whom to tell how far its studies are."""
    _TOLD.append(told)


def _run_in_turn(names: Sequence[str], asked: Mapping[str, Any]) -> None:
    for name in names:
        run(name, watch=_TOLD[0].put, **asked)
