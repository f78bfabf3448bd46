"""The command line: parse, make one public call, print. Nothing is decided here.

Results go to stdout; progress and complaints go to stderr. Exit codes: 0 every expected claim holds, 1 one fails, 2 bad
input (one line), 130 interrupted (the same command resumes). Heavy imports wait until a command needs them.
"""

import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, make_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import tyro
from tyro.conf import OmitArgPrefixes, Positional, arg, subcommand

from tegum.errors import BadInputError, StoreError
from tegum.visible import visible, visible_json

if TYPE_CHECKING:
    from tegum.runner import Progress, Run
    from tegum.store import RunFolder

T = TypeVar("T")
Preset = Literal["quick", "default", "paper"]

HELP = "A laboratory for superposition: run a study by name, get figures, and a verdict with a number for each claim."


@dataclass(frozen=True)
class List:
    """Every study: name, group, question, minutes at each preset."""

    json: bool = False
    """print JSON"""


@dataclass(frozen=True)
class Show:
    """A study's question, its config as TOML, its claims and where they come from."""

    study: Positional[str]
    """a study's name, as `tegum list` prints it"""
    preset: Preset = "default"
    """whose config to print"""


@dataclass(frozen=True)
class RunOptions:
    """Run a study, or every study of a group; resumes what was interrupted, and only reads what is finished.

    Any field of the study's config is a flag: `tegum run STUDY --help` lists them.
    """

    study: Positional[str]
    """a study's or a group's name, as `tegum list` prints it"""
    preset: Preset = "default"
    """quick: seconds; default: minutes; paper: the source's own sizes"""
    config: Path | None = None
    """a TOML file of config fields, over the preset"""
    store: Path = Path("runs")
    """the folder of runs"""
    workers: int = 1
    """processes; one already uses all cores for training"""
    json: bool = False
    """print one JSON object with run_dir and claims"""


@dataclass(frozen=True)
class GroupOptions(RunOptions):
    """Run every study of a group, and write one report of them."""

    seed: int | None = None
    """start of all random numbers, of every study"""


@dataclass(frozen=True)
class Runs:
    """What the store holds."""

    store: Path = Path("runs")
    """the folder of runs"""
    json: bool = False
    """print JSON"""


@dataclass(frozen=True)
class Prune:
    """Remove finished tasks that no run refers to, after listing them and asking."""

    store: Path = Path("runs")
    """the folder of runs"""
    yes: bool = False
    """do not ask"""


@dataclass(frozen=True)
class Verify:
    """Re-hash a run's files, or every run's and all tasks', and say what is damaged."""

    run: Positional[str | None] = None
    """a run's name, its beginning, or its folder; all runs if left out"""
    store: Path = Path("runs")
    """the folder of runs"""


@dataclass(frozen=True)
class Report:
    """One self-contained HTML page about runs; it opens offline."""

    runs: Positional[tuple[str, ...]] = ()
    """runs' names, their beginnings, or their folders; every finished run if left out"""
    output: Annotated[Path, arg(aliases=["-o"])] = Path("report.html")
    """the file to write"""
    store: Path = Path("runs")
    """the folder of runs"""


@dataclass(frozen=True)
class Cite:
    """BibTeX of what a study reproduces or tests."""

    study: Positional[str]
    """a study's name, as `tegum list` prints it"""


Command = (
    Annotated[List, subcommand("list")]
    | Annotated[Show, subcommand("show")]
    | Annotated[RunOptions, subcommand("run")]
    | Annotated[Runs, subcommand("runs")]
    | Annotated[Verify, subcommand("verify")]
    | Annotated[Prune, subcommand("prune")]
    | Annotated[Report, subcommand("report")]
    | Annotated[Cite, subcommand("cite")]
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if arguments[:1] == ["run"] and len(arguments) > 1 and not arguments[1].startswith("-"):
            return _run(arguments[1:])
        if arguments[:1] == ["run"] and any(
            not argument.startswith("-") for argument in arguments[1:]
        ):
            raise BadInputError(
                f"run: got {arguments[1]} first, expected the name of a study or group before its options, "
                "such as `tegum run head-one-pair --preset quick`"
            )
        command = _parsed(Command, arguments or ["--help"], "tegum")
        return _COMMANDS[type(command)](command)
    except (BadInputError, StoreError) as error:
        print(f"tegum: {visible(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "tegum: interrupted; finished tasks are kept, and the same command goes on from them",
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        return 0


def _parsed(kind: Any, arguments: Sequence[str], program: str, **options: Any) -> Any:
    """The arguments as `kind`; what does not fit raises `BadInputError` with tyro's explanation in one line."""
    complaint = io.StringIO()
    try:
        with redirect_stderr(complaint):
            return tyro.cli(kind, args=list(arguments), prog=program, description=HELP, **options)
    except SystemExit as stop:
        if not stop.code:
            raise
    raise BadInputError(
        _in_one_line(complaint.getvalue()) or f"cannot read {' '.join(arguments)!r}"
    )


def _in_one_line(boxed: str) -> str:
    """The first part of tyro's boxed complaint, as one line: what is wrong and what was perhaps meant."""
    lines = [
        line.strip("│╭╮╰╯─ ") for line in re.sub(r"\x1b\[[0-9;]*m", "", boxed).splitlines()[1:]
    ]
    text = " ".join(line for line in lines if line)
    text = re.split(r"Argument helptext:|For full helptext", text)[0].strip()
    return re.sub(r"^Error parsing (fields|config): ", "", text)


# --- commands -------------------------------------------------------------------------------------------------------


def _list(command: List) -> int:
    from tegum.studies.catalogue import CATALOGUE

    if command.json:
        print(visible_json([_described(study) for study in CATALOGUE]))
        return 0
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("study", "group", "question", "minutes: quick / default / paper"):
        table.add_column(heading, no_wrap=heading == "study")
    for study in CATALOGUE:
        minutes = " / ".join(f"{study.minutes[preset]:g}" for preset in study.presets)
        table.add_row(*map(Text, (study.name, study.group, study.question, minutes)))
    _console().print(table)
    return 0


def _described(study: Any) -> dict[str, Any]:
    return {
        "name": study.name,
        "group": study.group,
        "question": study.question,
        "source": list(study.sources),
        "minutes": dict(study.minutes),
    }


def _show(command: Show) -> int:
    from tegum.runner import as_toml, find_study

    study = find_study(command.study)
    print(
        f"# {study.name}, of the group {study.group}\n# {study.question}\n# preset {command.preset}:\n"
    )
    print(as_toml(study.config(command.preset)))
    for claim in study.claims:
        print(f"# {claim.id} ({claim.kind}): {claim.words}\n#     from: {claim.source}")
    return 0


def _run(arguments: Sequence[str]) -> int:
    """`tegum run NAME ...`, where the study decides which flags there are."""
    from tegum.runner import groups

    if arguments[0] in groups():
        return _run_group(_parsed(GroupOptions, arguments, "tegum run"))
    from tegum.runner import find_study, read_toml, run

    study = find_study(arguments[0])
    # What the preset and the file say are the defaults that `--help` shows, so they are read first.
    preset = _flag(arguments, "--preset", "default")
    file = _flag(arguments, "--config", None)
    base = study.config(preset, **(read_toml(Path(file)) if file else {}))
    kind = make_dataclass(
        "Run",
        [("fields", Annotated[type(base), OmitArgPrefixes], base)],
        bases=(RunOptions,),
        frozen=True,
        namespace={"__doc__": study.question},
    )
    options = _parsed(kind, arguments, "tegum run")
    with _progress() as watch:
        finished = run(
            study, config=options.fields, store=options.store, workers=options.workers, watch=watch
        )
    if options.json:
        print(visible_json(_as_json(finished)))
    else:
        _print_claims(finished)
    return 0 if finished.holds else 1


def _run_group(options: GroupOptions) -> int:
    from tegum.report.page import write_report
    from tegum.runner import groups, read_toml, run_all
    from tegum.studies.catalogue import ANSWERS

    fields = read_toml(options.config) if options.config else {}
    if options.seed is not None:
        fields["seed"] = options.seed
    studies = groups()[options.study]
    with _progress() as watch:
        finished = run_all(
            studies,
            options.preset,
            store=options.store,
            workers=options.workers,
            watch=watch,
            **fields,
        )
    if not options.json:
        for each in finished:
            _print_claims(each)
    page = options.store / f"{options.study}.html"
    write_report(finished, page, title=options.study, answers=ANSWERS.get(options.study, ()))
    if options.json:
        runs = [_as_json(each) for each in finished]
        print(visible_json({"group": options.study, "report": str(page), "runs": runs}))
    else:
        print(f"report: {visible(page)}")
    return 0 if all(each.holds for each in finished) else 1


def _runs(command: Runs) -> int:
    from tegum.store import Store

    store = Store(command.store)
    states = [_state(run) for run in store.runs()]
    measured = [(each.name, len(each.finished()), each.size()) for each in store.measured()]
    if command.json:
        named = [dict(zip(("measurement", "tasks", "bytes"), row, strict=True)) for row in measured]
        print(visible_json({"runs": states, "measured": named}))
        return 0
    for state in states:
        done = "finished" if state["complete"] else "unfinished"
        took = f"{state['tasks']} tasks, {state['seconds']:.0f} s, {_size(state['bytes'])}"
        print(visible(f"{state['run']}  {done}, {took}"))
    for name, tasks, size in measured:
        print(visible(f"tasks/{name}  {tasks} tasks, {_size(size)}"))
    if not states:
        print(f"no runs in {command.store}", file=sys.stderr)
    return 0


def _state(run: "RunFolder") -> dict[str, Any]:
    written = run.manifest()
    return {
        "run": run.name,
        "complete": written is not None and written.complete,
        "tasks": 0 if written is None else len(written.tasks),
        "seconds": 0.0 if written is None else written.seconds,
        "bytes": run.size(),
    }


def _prune(command: Prune) -> int:
    from tegum.store import Store

    unused = Store(command.store).unused()
    for folder, key, size in unused:
        print(visible(f"tasks/{folder.name}/{key}  {_size(size)}"))
    if not unused:
        print("every task in the store belongs to a run", file=sys.stderr)
        return 0
    total = f"{len(unused)} tasks, {_size(sum(each.size for each in unused))}"
    if not command.yes and not _agreed(f"remove these {total}, which no run refers to? [y/N] "):
        print("nothing removed", file=sys.stderr)
        return 0
    for folder, key, _ in unused:
        folder.remove(key)
    print(f"removed {total}")
    return 0


def _agreed(question: str) -> bool:
    """Whether the user says yes; where nobody can be asked that is no."""
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _verify(command: Verify) -> int:
    from tegum.store import TASKS, Store

    store = Store(command.store)
    if command.run:
        found = {(run := store.find(command.run)).name: run.damage()}
    else:
        found = {run.name: run.damage() for run in store.runs()}
        found |= {f"{TASKS}/{each.name}": each.damage() for each in store.measured()}
    for name, lines in found.items():
        for line in lines or ["whole"]:
            print(visible(f"{name}: {line}"))
    return 1 if any(found.values()) else 0


def _report(command: Report) -> int:
    from tegum.report.page import write_report
    from tegum.runner import load
    from tegum.store import Store
    from tegum.studies.catalogue import ANSWERS

    store = Store(command.store)
    folders = [store.find(name) for name in command.runs] or [
        r for r in store.runs() if r.is_complete()
    ]
    if not folders:
        raise BadInputError(f"runs: none finished in {command.store}; `tegum run STUDY` makes one")
    runs = []
    for folder in folders:
        try:
            if damage := folder.damage():
                raise BadInputError(
                    f"run: {folder.name} is damaged ({damage[0]}); run it again to mend it, or leave it out"
                )
            run = load(folder)
            _ = run.claims  # read here, so that a run without any is left out as well
            runs.append(run)
        except (BadInputError, StoreError) as error:
            if command.runs or len(folders) == 1:
                raise
            # Damaged, or of a study of the user's own.
            print(f"tegum: left out {visible(folder.name)}: {visible(error)}", file=sys.stderr)
    if not runs:
        raise BadInputError(
            f"runs: none that is whole and of a study of the catalogue in {command.store}"
        )
    answers = [answer for group in ANSWERS.values() for answer in group]
    print(visible(write_report(runs, command.output, answers=answers)))
    return 0


def _cite(command: Cite) -> int:
    from tegum.runner import find_study
    from tegum.studies.core.sources import SOURCES

    print("\n\n".join(SOURCES[key] for key in find_study(command.study).sources))
    return 0


_COMMANDS: dict[type, Callable[[Any], int]] = {
    List: _list,
    Show: _show,
    Runs: _runs,
    Verify: _verify,
    Prune: _prune,
    Report: _report,
    Cite: _cite,
}


# --- printing -------------------------------------------------------------------------------------------------------


def _flag(arguments: Sequence[str], name: str, default: T) -> str | T:
    """The value of `--name VALUE` or `--name=VALUE`, before the rest can be parsed."""
    for k, argument in enumerate(arguments):
        if argument == name and k + 1 < len(arguments):
            return arguments[k + 1]
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return default


def _size(size: int) -> str:
    """Bytes, for people."""
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.0f} KiB"


def _console(**options: Any) -> Any:
    from rich.console import Console

    return Console(highlight=False, **options)


def _as_json(run: "Run") -> dict[str, Any]:
    return {
        "study": run.study.name,
        "run_dir": str(run.folder.path),
        "holds": run.holds,
        "claims": [verdict.as_json() for verdict in run.claims],
    }


def _print_claims(run: "Run") -> None:
    from rich.table import Table
    from rich.text import Text

    colours = {"holds": "green", "FAILS": "bold red", "open": "yellow", "empty": "dim"}
    # Texts, not strings: in a string rich would follow markup, and a store's words may hold some.
    table = Table(title=Text(run.study.name), title_justify="left", box=None)
    for heading in ("", "claim", Text("measured ").append("[95 %]", "dim"), "required"):
        table.add_column(heading)
    for verdict in run.claims:
        mark = Text(verdict.judgement, colours[verdict.judgement])
        said = [verdict.note, *([verdict.control.shown] if verdict.control else [])]
        note = "; ".join(part for part in said if part)
        statement = Text(visible(verdict.statement)).append(f" ({visible(note)})", "dim")
        table.add_row(mark, statement, Text(verdict.number), Text(verdict.bounds))
    console = _console()
    console.print(table)
    console.print(Text(f"run: {visible(run.folder.path)}"), soft_wrap=True)


@contextmanager
def _progress() -> Iterator[Callable[["Progress"], None]]:
    """A bar a study with the time left, on stderr; only notes where stderr is no terminal."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    console = _console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        rows: dict[str, Any] = {}

        def watch(progress: "Progress") -> None:
            if progress.study not in rows:
                rows[progress.study] = bar.add_task(progress.study, total=None)
            bar.update(rows[progress.study], completed=progress.done, total=progress.total)
            if progress.note:
                print(f"tegum: {visible(progress.note)}", file=sys.stderr)

        yield watch


def entry_point() -> None:
    """What the installed command `tegum` calls."""
    code = main()
    if code in (
        2,
        130,
    ):  # another study of a group may still be at work; what it has committed is whole
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
