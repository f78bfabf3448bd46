"""Running one study; loading what is finished."""

from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from pandas import DataFrame

from tegum.errors import StoreError
from tegum.keys import key_of
from tegum.runner import concluding
from tegum.runner.configs import as_toml, chosen_config, read_toml
from tegum.runner.finding import find_study
from tegum.runner.measuring import (
    Engine,
    Progress,
    Watch,
    check_engine,
    executor_of,
    join,
    measured,
)
from tegum.runner.result import Run, finished_manifest
from tegum.store import Manifest, RunFolder, Store
from tegum.studies.core import Study, StudyConfig
from tegum.visible import visible


def run(
    study: Study | str,
    preset: str = "default",
    *,
    config: StudyConfig | Path | str | None = None,
    store: Path | str = "runs",
    workers: int = 1,
    engine: Engine = "here",
    address: str | None = None,
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
        engine: "here", or "dask" for a cluster: see docs/scaling.md.
        address: of a Dask scheduler; without it the cluster is of `workers` processes, here.
        executor: in place of all these, any executor.
        watch: told after every task.
        **fields: fields of the study's config, over the file, over the preset.

    Raises:
        BadInputError: an unknown name or a value that does not fit.
        StoreError: the store cannot be written.
        UnfinishedError: tasks failed, or who computes them did; the others are kept.
    """
    study = find_study(study) if isinstance(study, str) else study
    chosen = chosen_config(study, preset, config, fields)
    check_engine(engine, address, workers)
    where = Store(Path(store))
    folder = where.folder(study.name, key_of(study.identity(chosen)))
    finished = Run(study, chosen, folder)
    written = folder.manifest()
    sound = _is_sound(folder, written)

    def mend() -> None:
        for line in folder.set_damaged_aside():
            watch(Progress(study.name, 0, 1, line))
        folder.write_text("config.toml", as_toml(chosen))

    if written is not None and (sound or folder.is_whole("result.nc")):
        if not sound:
            mend()
        if not sound or written.concluded_by != concluding.source_of(study):
            concluding.conclude(finished, written)
        watch(Progress(study.name, 1, 1))
        return finished
    with executor_of(workers, executor, engine, address) as pool:
        mend()
        parts, manifest = measured(finished, where, pool, watch)
    watch(Progress(study.name, len(parts), len(parts), stage="judging and drawing"))
    join(finished, parts)
    concluding.conclude(finished, manifest)
    watch(Progress(study.name, len(parts), len(parts)))
    return finished


def is_concluded(study: Study, preset: str, *, store: Path | str = "runs", **fields: Any) -> bool:
    """Whether `run` would only read: all is there, whole, and concluded by the source that stands."""
    config = chosen_config(study, preset, None, fields)
    folder = Store(Path(store)).folder(study.name, key_of(study.identity(config)))
    written = folder.manifest()
    return (
        written is not None
        and written.concluded_by == concluding.source_of(study)
        and _is_sound(folder, written)
    )


def runs(store: Path | str = "runs") -> DataFrame:
    """What a store holds: a row a run, by its name.

    Returns:
        Its study, whether it is finished, how many tasks it has and how many of them failed, the
        seconds they took to compute, and the size of its folder in bytes.
    """
    rows = []
    for folder in Store(Path(store)).runs():
        written = folder.manifest()
        rows.append(
            {
                "run": folder.name,
                "study": "" if written is None else written.study,
                "complete": written is not None and written.complete,
                "tasks": 0 if written is None else len(written.tasks),
                "failed": 0 if written is None else len(written.failed),
                "seconds": 0.0 if written is None else written.seconds,
                "bytes": folder.size(),
            }
        )
    columns = ["run", "study", "complete", "tasks", "failed", "seconds", "bytes"]
    return DataFrame(rows, columns=columns).set_index("run")


def load(
    run: RunFolder | Path | str, study: Study | str | None = None, *, store: Path | str = "runs"
) -> Run:
    """A finished run.

    Args:
        run: its name, the beginning of it such as the study's name, its path, or its folder.
        study: found by its name; give it, or its file, where it is your own.
        store: the folder of runs.

    Raises:
        BadInputError: there is none, or several; it is unfinished, or of no known study.
        StoreError: it holds another run than its name says.
    """
    folder = run if isinstance(run, RunFolder) else Store(Path(store)).find(str(run))
    written = finished_manifest(folder)
    if written.run not in ("", folder.name):
        said = f"is of another run, {visible(written.run)}; take the copy away"
        raise StoreError(f"store: {visible(folder.path)} {said}")
    study = find_study(study or written.study) if not isinstance(study, Study) else study
    return Run(study, study.config_type(**read_toml(folder.file("config.toml"))), folder)


def _is_sound(folder: RunFolder, written: Manifest | None) -> bool:
    return written is not None and written.complete and not folder.damage()
