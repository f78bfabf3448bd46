"""What the engine costs over doing the tasks here, and what 100 nodes would take: `python -m benchmarks.cluster`.

    python -m benchmarks.cluster --write       also fills in docs/scaling.md
    python -m benchmarks.cluster --json FILE   also writes the numbers

Overhead: a study of tasks that each sleep a fixed time and give a small array, so that workers do not compete for
cores. What a run takes beyond tasks x seconds / workers is handing out, fetching, and, in every row, the same commits
to disk: the row without workers has nothing else. Starting the workers is counted apart. Throughput: a population of a
catalogue's size trained on one core. The estimate is made of these two, and of nothing else.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.tables import fill_in
from tegum.runner import cluster, measuring
from tegum.runner.measuring import measured
from tegum.runner.result import Run
from tegum.store import Store
from tegum.studies import core

PAGE = Path(__file__).parents[1] / "docs" / "scaling.md"

WORKERS = (0, 1, 2, 4)  # 0: in this process
TASKS, SECONDS = 100, 0.1

FEATURES, HIDDEN, MODELS, STEPS, BATCH = 20, 5, 100, 1000, 1024
NODES, CORES, WANTED, LONG = 100, 48, 10**6, 10_000  # LONG: steps of each of the models wanted
TOGETHER = 1000  # of these models in a task


class Config(core.StudyConfig):
    """Tasks of a fixed cost."""

    tasks: tuple[int, ...] = tuple(range(TASKS))
    seconds: float = SECONDS


def slept(c: Config, task: int) -> core.Variables:
    """A task of which it is known how long it takes."""
    time.sleep(c.seconds)
    return {"x": np.random.default_rng(task).normal(size=1000)}


SLEEPS = core.Measurement(
    "benchmark-sleeps",
    version=1,
    parts=(core.Part(slept, core.table(x=("sample", "some numbers")), task="tasks"),),
)
STUDY = core.Study(
    name="benchmark-sleeps",
    group="benchmark",
    question="What does the engine cost?",
    finding="",
    sources=(),
    measurements=(SLEEPS,),
    presets={name: Config() for name in ("quick", "default", "paper")},
    minutes={"quick": 0.2, "default": 0.2, "paper": 0.2},
    claims=(),
    figures=(),
)


@dataclass(frozen=True)
class Cost:
    """What the tasks took.

    Attributes:
        workers: 0 for this process itself.
        starting: seconds to have workers, each of which has done one task.
        tasks: seconds for all tasks.
        overhead: of these, in milliseconds a task, what is beyond tasks x seconds / workers.
    """

    workers: int
    starting: float
    tasks: float
    overhead: float


def cost(workers: int) -> Cost:
    """Run the study once, in a store of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        began = time.perf_counter()
        pool = stack.enter_context(cluster.dask(None, workers)) if workers else None
        warm = replace(STUDY, name="warm")
        others = tuple(range(TASKS, TASKS + max(1, 4 * workers)))
        first = Config(tasks=others, seconds=0.2)
        if pool is not None:
            timed(warm, first, Store(folder / "warm"), pool)
        starting = time.perf_counter() - began
        took = timed(STUDY, STUDY.config("default"), Store(folder / "runs"), pool)
        ideal = TASKS * SECONDS / max(1, workers)
        return Cost(workers, starting, took, 1e3 * (took - ideal) / TASKS)


def timed(
    study: core.Study, config: core.StudyConfig, store: Store, pool: measuring.Executor | None
) -> float:
    """Seconds of the runner's own path, to the last result read back from the disk."""
    run = Run(study, config, store.folder(study.name, "0" * 12))
    began = time.perf_counter()
    measured(run, store, pool, lambda _: None)
    return time.perf_counter() - began


def models_times_steps() -> float:
    """Models x training steps a second of one core, compiled before."""
    code = "from benchmarks.cluster import throughput; print(throughput())"
    alone = os.environ | {"TEGUM_THREADS": "1"}
    command = [*pinned(), sys.executable, "-c", code]
    found = subprocess.run(command, check=True, capture_output=True, text=True, env=alone)
    return float(found.stdout.split()[-1])


def pinned() -> list[str]:
    """What keeps a program on one core, where the system has it."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    return ["taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))]


def throughput() -> float:
    """As `models_times_steps`, of all cores that this process has."""
    from functools import partial

    from tegum.features import SparseFeatures
    from tegum.models import Bottleneck
    from tegum.training.engine import fresh, stack, train
    from tegum.training.objectives import Reconstruction
    from tegum.training.recipe import Recipe, Sampled

    seeds = range(MODELS)
    models = fresh(partial(Bottleneck.init, FEATURES, HIDDEN), seeds)
    objective = stack([Reconstruction(SparseFeatures(FEATURES, 0.1))] * MODELS)
    recipe, best = Recipe(steps=STEPS, objective=Sampled(BATCH)), float("inf")
    for _ in range(3):  # the first one compiles
        began = time.perf_counter()
        train(models, objective, recipe, seeds=seeds)
        best = min(best, time.perf_counter() - began)
    return MODELS * STEPS / best


@dataclass(frozen=True)
class Measured:
    """All that the page says."""

    system: str
    cores: int
    costs: tuple[Cost, ...]
    rate: float

    @property
    def computing(self) -> float:
        """Seconds for WANTED models of LONG steps each, on all cores of all nodes."""
        return WANTED * LONG / (self.rate * NODES * CORES)

    @property
    def tasks_a_second(self) -> float:
        """That one client handed out, fetched and committed at least."""
        return max(TASKS / cost.tasks for cost in self.costs)

    @property
    def minutes(self) -> float:
        """The estimate: the slower of workers and client, and the last task, which nothing follows."""
        tasks = WANTED / TOGETHER
        last = TOGETHER * LONG / (self.rate * CORES)
        return (max(self.computing, tasks / self.tasks_a_second) + last) / 60


def table(found: Measured) -> str:
    """As Markdown."""
    lines = [
        f"{TASKS} tasks of {SECONDS:g} s, on {found.cores} cores ({found.system}):",
        "",
        "| workers | starting, s | all tasks, s | overhead of a task, ms |",
        "|---|---|---|---|",
    ]
    for each in found.costs:
        who = f"{each.workers}" if each.workers else "none, in process"
        start = f"{each.starting:.1f}" if each.workers else "-"
        lines.append(f"| {who} | {start} | {each.tasks:.2f} | {each.overhead:.1f} |")
    population = f"{FEATURES} -> {HIDDEN}, batch {BATCH}, {MODELS} models together"
    done = f"{WANTED:,} models of {LONG:,} steps".replace(",", " ")
    tasks = WANTED // TOGETHER
    return "\n".join(
        [
            *lines,
            "",
            f"One core trains {found.rate:.0f} models x steps a second ({population}).",
            f"So {done} take {found.computing * NODES * CORES / 3600:.0f} core hours,",
            f"{found.computing:.0f} s on {NODES} nodes of {CORES} such cores.",
            f"In {tasks} tasks of {TOGETHER} models, one worker a node, the one client commits",
            f"{found.tasks_a_second:.0f} tasks a second, {tasks / found.tasks_a_second:.0f} s for all:",
            f"**{found.minutes:.1f} minutes**, once the workers are there.",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(prog="benchmarks.cluster")
    parser.add_argument("--write", action="store_true", help="fill in docs/scaling.md")
    parser.add_argument("--json", type=Path, help="write the numbers into this file")
    asked = parser.parse_args(arguments)
    found = Measured(
        f"{platform.system()}, {platform.machine()}",
        os.cpu_count() or 1,
        tuple(map(cost, WORKERS)),
        models_times_steps(),
    )
    print(table(found))
    if asked.json:
        asked.json.write_text(
            json.dumps(asdict(found) | {"minutes": found.minutes}, indent=2) + "\n"
        )
    if asked.write:
        fill_in(PAGE, "cluster", table(found))


if __name__ == "__main__":
    from benchmarks import cluster as by_name  # workers find its functions there, not in __main__

    by_name.main()
