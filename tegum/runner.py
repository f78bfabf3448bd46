"""Runs a study: plan, measure what is missing, combine, conclude.

Tasks go to any `concurrent.futures.Executor`; each result is committed by this process the moment it arrives. So an
interrupted run goes on where it stopped, a finished one is only read, and the result does not depend on who computed
it.
"""

import io
import json
import multiprocessing
import os
import platform
import threading
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tomli_w
import xarray as xr

from tegum.cores import cores, limit_cores
from tegum.errors import BadInputError, StoreError, bad_input, unknown_name
from tegum.html import html
from tegum.store import KINDS, RunFolder, Store, digest, key_of
from tegum.studies import CATALOGUE
from tegum.studies.claims import Verdict, Verdicts
from tegum.studies.config import Frozen, StudyConfig
from tegum.studies.study import Exhibit, Study
from tegum.visible import visible

DRAWING = threading.Lock()  # matplotlib's settings are the whole process's
RECORDED = ("tegum", "jax", "jaxlib", "equinox", "optax", "numpy", "scipy", "xarray", "matplotlib")


@dataclass(frozen=True)
class Run:
    """A finished run. `dataset`, `claims` and `figures` show themselves in a notebook."""

    study: Study
    config: StudyConfig
    folder: RunFolder

    @cached_property
    def dataset(self) -> xr.Dataset:
        """All that was measured, with named axes."""
        return self.folder.read_dataset("result.nc")

    @cached_property
    def claims(self) -> Verdicts:
        """What became of each claim."""
        try:
            records = json.loads(self.folder.read_text("claims.json"))
            return Verdicts(Verdict.from_json(record) for record in records)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            where = visible(self.folder.path / "claims.json")
            raise StoreError(f"store: {where} holds no claims; run it again to mend it") from error

    @cached_property
    def figures(self) -> dict[str, Exhibit]:
        """The figures, drawn from the dataset."""
        return self.study.figures(self.dataset)

    @property
    def holds(self) -> bool:
        """Whether every claim of kind "expected" holds for which there was something to judge."""
        return not any(verdict.fails for verdict in self.claims)

    def _repr_html_(self) -> str:
        return html(
            "<h3>{{ name }}</h3><p>{{ question }}</p>{{ claims }}",
            name=self.study.name,
            question=self.study.question,
            claims=self.claims._repr_html_(),
        )


@dataclass(frozen=True)
class Progress:
    """How far a run is, for those who watch. `note` is for people: a damaged file that was set aside, say."""

    study: str
    done: int
    total: int
    note: str = ""


def run(
    study: Study | str,
    preset: str = "default",
    *,
    config: StudyConfig | Path | str | None = None,
    store: Path | str = "runs",
    workers: int = 1,
    executor: Executor | None = None,
    watch: Callable[[Progress], None] = lambda _: None,
    **fields: Any,
) -> Run:
    """Run a study, or finish or just read a run of it that is already in the store.

    Args:
        study: a study, or the name of one in the catalogue.
        preset: "quick" (seconds), "default" (minutes) or "paper" (the source's own sizes).
        config: a whole config in place of the preset, or a TOML file of fields to replace in the preset.
        store: the folder of runs.
        workers: processes; with 1 everything runs in this one, which uses all cores for training anyway.
        executor: in place of `workers`, any executor, such as Dask's `client.get_executor()`.
        watch: told after every task.
        **fields: fields of the study's config, over the file, over the preset.

    Raises:
        BadInputError: an unknown name or a value that does not fit.
        StoreError: the store cannot be written.
    """
    study = find_study(study) if isinstance(study, str) else study
    chosen = _chosen_config(study, preset, config, fields)
    if workers < 1:
        raise bad_input("workers", workers, "a whole number of at least 1")
    identity = {"study": study.name, "version": study.version, "config": chosen.model_dump(mode="json")}
    folder = Store(Path(store)).folder(study.name, key_of(identity))
    if folder.manifest().get("complete") and not folder.damage():
        watch(Progress(study.name, 1, 1))
        return Run(study, chosen, folder)
    for line in folder.set_damaged_aside():
        watch(Progress(study.name, 0, 1, line))
    folder.write_text("config.toml", as_toml(chosen))
    with _executor(workers, executor) as pool:
        parts = _measure_missing(study, chosen, folder, identity, pool, watch)
    _conclude(study, folder, identity, parts)
    return Run(study, chosen, folder)


def run_all(
    studies: Sequence[Study],
    preset: str = "default",
    *,
    store: Path | str = "runs",
    workers: int = 1,
    watch: Callable[[Progress], None] = lambda _: None,
    **fields: Any,
) -> list[Run]:
    """Run several studies, two at a time where there are two cores: one computes while another compiles or draws.

    Args and Raises as in `run`; with more than one worker, studies run one after the other.
    """

    def one(study: Study) -> Run:
        return run(study, preset, store=store, workers=workers, watch=watch, **fields)

    if workers > 1 or cores() == 1:
        return [one(study) for study in studies]
    pool = ThreadPoolExecutor(2)
    try:
        return [future.result() for future in [pool.submit(one, study) for study in studies]]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # after an error: finished tasks are committed already


def find_study(name: str) -> Study:
    """The study of this name in the catalogue; an unknown name gets a suggestion."""
    found = {study.name: study for study in CATALOGUE}
    if name in groups():
        raise bad_input("study", name, f"one study of that group: {', '.join(s.name for s in groups()[name])}")
    if name not in found:
        raise unknown_name("study", name, [*found, *groups()])
    return found[name]


def groups() -> dict[str, list[Study]]:
    """The studies of the catalogue by group."""
    names = dict.fromkeys(study.group for study in CATALOGUE)
    return {name: [study for study in CATALOGUE if study.group == name] for name in names}


def load(folder: RunFolder, study: Study | None = None) -> Run:
    """A finished run from its folder; raises `BadInputError` where it is unfinished or of no known study.

    `study` is looked up in the catalogue; give it for one that is not there, such as your own.
    """
    written = folder.manifest()
    if not written.get("complete"):
        raise BadInputError(
            f"run: {visible(folder.name)} is not finished; `tegum run` with its config.toml finishes it"
        )
    study = study or find_study(str(written.get("study")))
    return Run(study, study.config_type(**read_toml(folder.file("config.toml"))), folder)


def as_toml(config: StudyConfig) -> str:
    """The whole config, defaults written out."""
    return tomli_w.dumps(config.model_dump(mode="json", exclude_none=True))


def _chosen_config(
    study: Study, preset: str, config: StudyConfig | Path | str | None, fields: dict[str, Any]
) -> StudyConfig:
    if isinstance(config, StudyConfig):
        if not isinstance(config, study.config_type):
            raise bad_input("config", type(config).__name__, study.config_type.__name__)
        return study.config_type(**{**config.model_dump(), **fields})
    from_file = {} if config is None else read_toml(Path(config))
    return study.config(preset, **{**from_file, **fields})


def read_toml(path: Path) -> dict[str, Any]:
    """The fields of a config file; raises `BadInputError` where it cannot be read or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"config: cannot read {path} ({error}), expected a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise BadInputError(f"config: {path} is not TOML ({error}), expected lines such as `seed = 1`") from error


@contextmanager
def _executor(workers: int, executor: Executor | None) -> Iterator[Executor | None]:
    """The executor to use; None means: here, one task after the other."""
    if executor is not None or workers == 1:
        yield executor
        return
    threads = max(1, cores() // workers)
    spawn = multiprocessing.get_context("spawn")  # a forked jax deadlocks
    pool = ProcessPoolExecutor(workers, mp_context=spawn, initializer=limit_cores, initargs=(threads,))
    try:
        yield pool
    except BaseException:
        # Finished tasks are committed already; the others are dropped and computed by the next run.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _timed(measure: Callable[[Any], xr.Dataset], task: Frozen) -> tuple[xr.Dataset, float]:
    start = time.perf_counter()
    dataset = measure(task).load()
    return dataset, time.perf_counter() - start


def _measure_missing(
    study: Study,
    config: StudyConfig,
    folder: RunFolder,
    identity: dict[str, Any],
    pool: Executor | None,
    watch: Callable[[Progress], None],
) -> list[xr.Dataset]:
    """Every task's dataset in the plan's order: read where finished, computed and committed where not."""
    tasks = {_task_key(study, task): task for task in study.plan(config)}
    total = len(tasks)

    def on_damage(line: str) -> None:
        watch(Progress(study.name, len(done), total, line))

    done: dict[str, xr.Dataset] = {}
    for key in tasks:
        if (stored := folder.read_task(key, on_damage)) is not None:
            done[key] = stored
    watch(Progress(study.name, len(done), total))
    ledger = {k: v for k, v in folder.manifest().get("tasks", {}).items() if k in done}
    for key, dataset, seconds in _computed({k: t for k, t in tasks.items() if k not in done}, study, pool):
        dataset.attrs |= {"study": study.name, "version": study.version, "task": tasks[key].model_dump_json()}
        folder.write_dataset(f"tasks/{key}.nc", dataset)
        ledger[key] = {"seconds": round(seconds, 3), "sha256": digest(folder.file(f"tasks/{key}.nc"))}
        folder.write_manifest(_manifest(identity, ledger, complete=False))
        done[key] = dataset
        watch(Progress(study.name, len(done), total))
    # What is combined is what is on disk, read back: a resumed run and an unbroken one then see the same bytes.
    return [folder.read_dataset(f"tasks/{key}.nc") for key in tasks]


def _computed(
    missing: dict[str, Frozen], study: Study, pool: Executor | None
) -> Iterator[tuple[str, xr.Dataset, float]]:
    if pool is None:
        for key, task in missing.items():
            yield key, *_timed(study.measure, task)
        return
    futures = {pool.submit(_timed, study.measure, task): key for key, task in missing.items()}
    for future in as_completed(futures):
        yield futures[future], *future.result()


def _task_key(study: Study, task: Frozen) -> str:
    # With the kind of task: two kinds may well have equal fields.
    what = {"kind": type(task).__name__, "task": task.model_dump(mode="json")}
    return key_of({"study": study.name, "version": study.version, **what})


def _conclude(study: Study, folder: RunFolder, identity: dict[str, Any], parts: Sequence[xr.Dataset]) -> None:
    """Result, claims and figures from the tasks' datasets, then the manifest that makes the run complete."""
    result = study.combine([part.drop_attrs(deep=False) for part in parts])
    result.attrs |= {
        "study": study.name,
        "version": study.version,
        "question": study.question,
        "config": json.dumps(identity["config"]),
        "tegum": version("tegum"),
    }
    folder.write_dataset("result.nc", result)
    verdicts = [claim.judge(result).as_json() for claim in study.claims]
    folder.write_text("claims.json", json.dumps(verdicts, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    with DRAWING:
        exhibits = study.figures(result)
        for name, exhibit in exhibits.items():
            _write_exhibit(folder, name, exhibit)
    manifest = _manifest(identity, folder.manifest().get("tasks", {}), complete=True)
    captions = {name: exhibit.caption for name, exhibit in exhibits.items()}
    files = {name: digest(folder.file(name)) for name in folder.files()}
    folder.write_manifest(manifest | {"captions": captions, "files": files})


def _write_exhibit(folder: RunFolder, name: str, exhibit: Exhibit) -> None:
    import matplotlib as mpl

    if not KINDS.fullmatch(f"figures/{name}.svg"):
        raise bad_input("figure", name, "a name of letters, digits, blanks and .,+=()-")
    exhibit.figure.draw_without_rendering()
    exhibit.figure.set_layout_engine("none")  # it is laid out once, not for every format
    svg = io.BytesIO()
    # Fixed salt and no date: equal results give equal files.
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        exhibit.figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    folder.write_bytes(f"figures/{name}.svg", svg.getvalue())
    folder.write_bytes(f"figures/{name}.png", exhibit.png())
    folder.write_text(f"figures/{name}.csv", exhibit.data.to_csv(index=False, lineterminator="\n"))


def _manifest(identity: dict[str, Any], tasks: dict[str, Any], *, complete: bool) -> dict[str, Any]:
    import jax

    return {
        "study": identity["study"],
        "version": identity["version"],
        "complete": complete,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in RECORDED},
        "device": {
            "platform": jax.default_backend(),
            "kind": jax.devices()[0].device_kind,
            "system": platform.platform(),
            "cores": os.cpu_count(),
        },
        "tasks": tasks,
        "files": {},
    }
