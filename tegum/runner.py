"""Runs a study: measure what is missing, join it, conclude.

Tasks go to any `concurrent.futures.Executor`; each result is committed by this process the moment
it arrives. So an interrupted run goes on where it stopped, a finished one is only read, studies
that read one measurement share its tasks, and no result depends on who computed it.

What is measured and what is concluded change apart. A run is concluded anew, from its stored
result, whenever the source that claims and figures come from is not what it was: an edited caption
redraws and an edited bound rejudges, and neither trains anything.
"""

import hashlib
import importlib
import io
import json
import multiprocessing
import os
import platform
import secrets
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tomli_w
import xarray as xr

from tegum.cores import cores, limit_cores
from tegum.errors import BadInputError, StoreError, bad_input, unknown_name
from tegum.html import html
from tegum.keys import key_of
from tegum.store import FIGURE_NAME, Manifest, RunFolder, Store, TaskRecord
from tegum.studies.catalogue import CATALOGUE
from tegum.studies.core import Exhibit, Study, StudyConfig, Verdicts, joined
from tegum.studies.core.answers import filled
from tegum.studies.core.measurement import Task
from tegum.visible import visible

DRAWING = threading.Lock()  # matplotlib's settings are the whole process's
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
class Run:
    """A finished run. `dataset`, `claims` and `figures` show themselves in a notebook."""

    study: Study
    config: StudyConfig
    folder: RunFolder

    @cached_property
    def dataset(self) -> xr.Dataset:
        """All that was measured, with named axes."""
        dataset = self.folder.read_dataset("result.nc")
        if dataset.attrs.get("config") != _as_json(self.config):
            where = visible(self.folder.path)
            raise StoreError(f"store: {where} holds the result of another config; set it aside")
        return dataset

    @cached_property
    def claims(self) -> Verdicts:
        """What became of each claim."""
        return claims_in(self.folder)

    @cached_property
    def figures(self) -> dict[str, Exhibit]:
        """The figures, drawn from the dataset."""
        return self.study.drawn(self.dataset)

    @property
    def finding(self) -> str:
        """What was found, one or two sentences with their numbers."""
        name = self.study.name
        return filled(self.study.finding, {name: self.claims}, name) or ""

    @property
    def holds(self) -> bool:
        """Whether every claim of kind "expected" holds for which there was something to judge."""
        return not any(verdict.fails for verdict in self.claims)

    def _repr_html_(self) -> str:
        return html(
            "<h3>{{ name }}</h3><p>{{ question }}</p><p><b>{{ finding }}</b></p>{{ claims }}",
            name=self.study.name,
            question=self.study.question,
            finding=self.finding,
            claims=self.claims._repr_html_(),
        )


@dataclass(frozen=True)
class Progress:
    """How far a run is, for those who watch. `note` is for people: a damaged file, say."""

    study: str
    done: int
    total: int
    note: str = ""


Watch = Callable[[Progress], None]


def run(
    study: Study | str,
    preset: str = "default",
    *,
    config: StudyConfig | Path | str | None = None,
    store: Path | str = "runs",
    workers: int = 1,
    executor: Executor | None = None,
    watch: Watch = lambda _: None,
    **fields: Any,
) -> Run:
    """Run a study, or finish or just read a run of it that is already in the store.

    Args:
        study: a study, or the name of one in the catalogue.
        preset: "quick" (seconds), "default" (minutes) or "paper" (the source's own sizes).
        config: a whole config in place of the preset, or a TOML file of fields to replace in it.
        store: the folder of runs.
        workers: processes; with 1 everything runs in this one, which trains on all cores anyway.
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
    where = Store(Path(store))
    folder = where.folder(study.name, key_of(study.identity(chosen)))
    finished = Run(study, chosen, folder)
    written = folder.manifest()
    if written is not None and written.complete and not folder.damage():
        if written.concluded_by != source_of(study):
            _conclude(finished, written)
        watch(Progress(study.name, 1, 1))
        return finished
    lines = folder.set_damaged_aside()
    for line in lines:
        watch(Progress(study.name, 0, 1, line))
    if written is not None and folder.is_whole("result.nc"):
        folder.write_text("config.toml", as_toml(chosen))
        _conclude(finished, written)
        watch(Progress(study.name, 1, 1))
        return finished
    folder.write_text("config.toml", as_toml(chosen))
    with _executor(workers, executor) as pool:
        measured, manifest = _measured(finished, where, pool, watch)
    _join(finished, measured)
    _conclude(finished, manifest)
    return finished


def run_all(
    studies: Sequence[Study],
    preset: str = "default",
    *,
    store: Path | str = "runs",
    workers: int = 1,
    watch: Watch = lambda _: None,
    **fields: Any,
) -> list[Run]:
    """Run several studies, two at a time where there are two cores: one computes, one compiles.

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
        # After an error: finished tasks are committed already.
        pool.shutdown(wait=False, cancel_futures=True)


def find_study(name: str) -> Study:
    """The study of this name in the catalogue, or the one in a file such as "./mine.py".

    Raises:
        BadInputError: no study of this name, with a suggestion; or no such file, or none in it.
    """
    if name.endswith(".py"):
        return _study_in(Path(name))
    found = {study.name: study for study in CATALOGUE}
    if name in groups():
        members = ", ".join(study.name for study in groups()[name])
        raise bad_input("study", name, f"one study of that group: {members}")
    if name not in found:
        raise unknown_name("study", name, [*found, *groups()])
    return found[name]


def _study_in(path: Path) -> Study:
    """The STUDY of a Python file. Its folder goes on the path, so that workers find it, too."""
    if not path.is_file():
        raise BadInputError(f"study: no file {path}, expected a Python file that ends in a STUDY")
    module, folder = path.stem, str(path.resolve().parent)
    taken = sys.modules.get(module)
    if taken is not None and Path(str(getattr(taken, "__file__", ""))) != path.resolve():
        raise bad_input("study", str(path), f"another name for the file: {module} is taken")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        found = getattr(importlib.import_module(module), "STUDY", None)
    except BadInputError:
        raise
    except Exception as error:  # whatever the file does
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        raise BadInputError(f"study: {path} cannot be imported ({why})") from error
    if not isinstance(found, Study):
        way_out = "see docs/add-a-study.md"
        raise bad_input(f"STUDY of {path}", type(found).__name__, "a Study", way_out)
    return found


def groups() -> dict[str, list[Study]]:
    """The studies of the catalogue by group."""
    names = dict.fromkeys(study.group for study in CATALOGUE)
    return {name: [study for study in CATALOGUE if study.group == name] for name in names}


def load(folder: RunFolder, study: Study | None = None) -> Run:
    """A finished run from its folder.

    Args:
        folder: of the run.
        study: looked up in the catalogue; give it for one that is not there, such as your own.

    Raises:
        BadInputError: it is unfinished or of no known study.
        StoreError: it holds another run than its name says.
    """
    written = folder.manifest()
    if written is None or not written.complete:
        way_out = "`tegum run` with its config.toml finishes it"
        raise BadInputError(f"run: {visible(folder.name)} is not finished; {way_out}")
    if written.run not in ("", folder.name):
        said = f"is of another run, {visible(written.run)}; take the copy away"
        raise StoreError(f"store: {visible(folder.path)} {said}")
    study = study or find_study(written.study)
    return Run(study, study.config_type(**read_toml(folder.file("config.toml"))), folder)


def claims_in(folder: RunFolder) -> Verdicts:
    """What became of each claim of a run, whosever study it is of.

    Raises:
        StoreError: there are none, or they are not readable.
    """
    try:
        return Verdicts.from_json(folder.read_text("claims.json"))
    except (FileNotFoundError, ValueError, RecursionError) as error:
        where = visible(folder.path / "claims.json")
        raise StoreError(f"store: {where} holds no claims; run it again to mend it") from error


def as_toml(config: StudyConfig) -> str:
    """The whole config, defaults written out."""
    return tomli_w.dumps(config.model_dump(mode="json", exclude_none=True))


def read_toml(path: Path) -> dict[str, Any]:
    """The fields of a config file; raises `BadInputError` where it is no readable TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        said = f"config: cannot read {path} ({error}), expected a TOML file"
        raise BadInputError(said) from error
    except tomllib.TOMLDecodeError as error:
        said = f"config: {path} is not TOML ({error}), expected lines such as `seed = 1`"
        raise BadInputError(said) from error


def _chosen_config(
    study: Study, preset: str, config: StudyConfig | Path | str | None, fields: dict[str, Any]
) -> StudyConfig:
    if isinstance(config, StudyConfig):
        if not isinstance(config, study.config_type):
            raise bad_input("config", type(config).__name__, study.config_type.__name__)
        return study.config_type(**{**config.model_dump(), **fields})
    from_file = {} if config is None else read_toml(Path(config))
    return study.config(preset, **{**from_file, **fields})


def _as_json(config: StudyConfig) -> str:
    return json.dumps(config.model_dump(mode="json"))


# --- measuring ----------------------------------------------------------------------------------


@contextmanager
def _executor(workers: int, executor: Executor | None) -> Iterator[Executor | None]:
    """The executor to use; None means: here, one task after the other."""
    if executor is not None or workers == 1:
        yield executor
        return
    threads = max(1, cores() // workers)
    spawn = multiprocessing.get_context("spawn")  # a forked jax deadlocks
    pool = ProcessPoolExecutor(
        workers, mp_context=spawn, initializer=limit_cores, initargs=(threads,)
    )
    try:
        yield pool
    except BaseException:
        # Finished tasks are committed; the others are dropped and computed by the next run.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _measured(
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


def _described(task: Task) -> str:
    """What a task's file says of itself."""
    return json.dumps(task.identity, sort_keys=True)


def _commit(task: Task, store: Store, dataset: xr.Dataset, seconds: float) -> TaskRecord:
    dataset.attrs["task"] = _described(task)
    return store.tasks(task.measurement.name).write(task.key, dataset, seconds)


_AT_WORK: dict[str, threading.Lock] = {}


def _alone_at(task: Path) -> threading.Lock:
    """The lock of one task of one store, for all studies that run in this process."""
    return _AT_WORK.setdefault(str(task.resolve()), threading.Lock())


def _timed(task: Task) -> tuple[xr.Dataset, float]:
    start = time.perf_counter()
    dataset = task.measure()
    return dataset, time.perf_counter() - start


def _join(run: Run, measured: Sequence[tuple[Task, xr.Dataset]]) -> None:
    """Write down the one dataset that claims and figures read."""
    result = joined([(task, part.drop_attrs(deep=False)) for task, part in measured])
    marks = [result[name] for name in result.data_vars if str(name).startswith("finite")]
    if marks and not any(bool((mark == 1).any()) for mark in marks):
        lower = "expected some that stay finite; lower it"
        raise BadInputError(f"learning_rate: all {marks[0].size} models diverged, {lower}")
    result.attrs = {
        "study": run.study.name,
        "measurements": json.dumps(run.study.versions),
        "config": _as_json(run.config),
        "tegum": version("tegum"),
    }
    run.folder.write_dataset("result.nc", result)


# --- concluding ---------------------------------------------------------------------------------


def _conclude(run: Run, manifest: Manifest) -> None:
    """Claims and figures from the stored result, then the manifest that makes the run complete."""
    result = run.dataset
    verdicts = [claim.judge(result).as_json() for claim in run.study.claims]
    text = json.dumps(verdicts, indent=2, ensure_ascii=False, allow_nan=False)
    run.folder.write_text("claims.json", text + "\n")
    with DRAWING:
        exhibits = run.study.drawn(result)
        for name, exhibit in exhibits.items():
            _write_exhibit(run.folder, name, exhibit)
    captions = {name: exhibit.caption for name, exhibit in exhibits.items()}
    _remove_other_figures(run.folder, captions)
    run.folder.write_manifest(
        manifest.changed(
            complete=True,
            concluded_by=source_of(run.study),
            captions=captions,
            files=run.folder.hashed(),
        )
    )
    run.__dict__.pop("claims", None)  # what was read before may be another conclusion


def _write_exhibit(folder: RunFolder, name: str, exhibit: Exhibit) -> None:
    import matplotlib as mpl

    if not FIGURE_NAME.fullmatch(name):
        raise bad_input("figure", name, "a name of letters, digits, blanks and .,+=()-")
    exhibit.figure.draw_without_rendering()
    exhibit.figure.set_layout_engine("none")  # it is laid out once, not for every format
    svg = io.BytesIO()
    # Fixed salt and no date: equal results give equal files.
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        blank = {"Date": None, "Creator": None}
        exhibit.figure.savefig(svg, format="svg", dpi=200, metadata=blank)
    folder.write_bytes(f"figures/{name}.svg", svg.getvalue())
    folder.write_bytes(f"figures/{name}.png", exhibit.png())
    table = exhibit.data.to_csv(index=False, lineterminator="\n")
    folder.write_text(f"figures/{name}.csv", table)


def _remove_other_figures(folder: RunFolder, names: Mapping[str, str]) -> None:
    """A figure that the study no longer draws would be taken for one of this run's."""
    for name in folder.files():
        if name.startswith("figures/") and Path(name).stem not in names:
            folder.file(name).unlink()


def source_of(study: Study) -> str:
    """The first 12 hex digits of the sha256 of all that a study's conclusions come from.

    Its claims' own values, and the source of whole packages: tegum's, and those that a study of
    one's own is made of. Where a source cannot be read, as in a notebook, no two calls agree.
    """
    functions = [*study.figures, *(part.measure for m in study.measurements for part in m.parts)]
    functions += [claim.measure for claim in study.claims]
    modules = {each.__module__ for each in (*functions, study.config_type)}
    tops = sorted({"tegum"} | {module.partition(".")[0] for module in modules})
    said = [repr(claim) + claim.words for claim in study.claims]
    whole = [study.question, study.finding, *said, *map(_source_digest, tops)]
    return hashlib.sha256("\0".join(whole).encode()).hexdigest()[:12]


@cache
def _package_digest(folder: Path) -> str:
    return _files_digest(sorted(folder.rglob("*.py")), folder)


def _source_digest(package: str) -> str:
    """Of a package's sources; of a single module, with all that was imported from beside it."""
    place = getattr(sys.modules.get(package), "__file__", None)
    if place is None:
        return secrets.token_hex()
    path = Path(place).resolve()
    if path.name == "__init__.py":
        return _package_digest(path.parent)
    loaded = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    beside = {Path(file).resolve() for file in loaded if file and str(file).endswith(".py")}
    return _files_digest(
        sorted({path} | {p for p in beside if p.parent == path.parent}), path.parent
    )


def _files_digest(files: Sequence[Path], folder: Path) -> str:
    known = hashlib.sha256()
    for file in files:
        known.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return known.hexdigest()


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
