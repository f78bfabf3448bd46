"""What the command line takes: a frozen value for each command, and complaints in one line."""

import io
import re
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import tyro
from tyro.conf import Positional, arg, subcommand

from tegum.errors import BadInputError

T = TypeVar("T")
Preset = Literal["quick", "default", "paper"]

HELP = (
    "A laboratory for superposition: run a study by name, get an answer, figures, and a verdict "
    "with a number for each claim. `tegum --version` prints the version."
)


@dataclass(frozen=True)
class List:
    """Every study by group: its question, and its minutes at each preset."""

    files: Positional[tuple[Path, ...]] = ()
    """files of studies of your own to list as well, such as ./mine.py"""
    json: bool = False
    """print JSON"""


@dataclass(frozen=True)
class Show:
    """A study's question, its config as TOML, its claims and where they come from."""

    study: Positional[str]
    """the name of a study, or of a group, as `tegum list` prints it"""
    preset: Preset = "default"
    """whose config to print"""


@dataclass(frozen=True)
class RunOptions:
    """Run a study, or every study of a group; resumes what was interrupted, and only reads what
    is finished.

    Any field of the study's config is a flag: `tegum run STUDY --help` lists them.
    """

    preset: Preset = "default"
    """quick: seconds; default: minutes; paper: the source's own sizes"""
    config: Path | None = None
    """a TOML file of config fields, over the preset"""
    store: Path = Path("runs")
    """the folder of runs"""
    workers: int = 1
    """processes; one already uses all cores for training"""
    engine: Literal["here", "dask"] = "here"
    """who computes; dask: workers that may be killed, on this machine or a cluster"""
    address: str | None = None
    """of Dask's scheduler, such as tcp://10.0.0.1:8786; without it dask runs on this machine"""
    keep_programs: bool = True
    """keep compiled programs in your cache folder and use those kept; changes no result"""
    verbose: bool = False
    """print every claim, not the answer and the tally alone"""
    json: bool = False
    """print one JSON object with run_dir and claims"""


@dataclass(frozen=True)
class GroupOptions(RunOptions):
    """Run every study of a group, and write one report of them."""

    seed: int | None = None
    """start of all random numbers, of every study"""


@dataclass(frozen=True)
class RunHelp(RunOptions):
    """As `RunOptions`, with the name that decides which flags there are."""

    study: Positional[str] = ""
    """the name of a study, or of a group, as `tegum list` prints it"""


@dataclass(frozen=True)
class Claims:
    """Every claim of a finished run: its verdict, number, control, and where it comes from."""

    run: Positional[str]
    """a run's name, its beginning, or its folder"""
    store: Path = Path("runs")
    """the folder of runs"""


@dataclass(frozen=True)
class Runs:
    """What the store holds: runs, and the tasks that they share."""

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
class Export:
    """The models of a finished run as safetensors: a file for each point of its axes, all seeds
    in it; `tegum.load_model` reads one, and so does PyTorch.
    """

    run: Positional[str]
    """a run's name, its beginning, or its folder"""
    output: Annotated[Path | None, arg(aliases=["-o"])] = None
    """the folder to write to; models/ and the run's name if left out"""
    store: Path = Path("runs")
    """the folder of runs"""


@dataclass(frozen=True)
class New:
    """Write a study of your own: a whole one that runs, in a file, to begin from."""

    name: Positional[str]
    """its name, of small letters, digits and hyphens"""


@dataclass(frozen=True)
class Cite:
    """BibTeX of what a study, or a group of studies, reproduces or tests."""

    study: Positional[str]
    """the name of a study, or of a group, as `tegum list` prints it"""


Command = (
    Annotated[List, subcommand("list")]
    | Annotated[Show, subcommand("show")]
    | Annotated[RunHelp, subcommand("run")]
    | Annotated[Claims, subcommand("claims")]
    | Annotated[Runs, subcommand("runs")]
    | Annotated[Verify, subcommand("verify")]
    | Annotated[Prune, subcommand("prune")]
    | Annotated[Report, subcommand("report")]
    | Annotated[Export, subcommand("export")]
    | Annotated[Cite, subcommand("cite")]
    | Annotated[New, subcommand("new")]
)


def parsed(kind: Any, arguments: Sequence[str], program: str, **options: Any) -> Any:
    """The arguments as `kind`.

    Raises:
        BadInputError: with the parser's explanation in one line.
    """
    complaint = io.StringIO()
    try:
        with redirect_stderr(complaint):
            return tyro.cli(kind, args=list(arguments), prog=program, description=HELP, **options)
    except SystemExit as stop:
        if not stop.code:
            raise
    said = _in_one_line(complaint.getvalue())
    raise BadInputError(said or f"cannot read {' '.join(arguments)!r}")


def flag(arguments: Sequence[str], name: str, default: T) -> str | T:
    """The value of `--name VALUE` or `--name=VALUE`, before the rest can be parsed."""
    for k, argument in enumerate(arguments):
        if argument == name and k + 1 < len(arguments):
            return arguments[k + 1]
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return default


def _in_one_line(boxed: str) -> str:
    """The first part of a boxed complaint: what is wrong and what was perhaps meant."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", boxed).splitlines()[1:]
    text = " ".join(line for line in (row.strip("│╭╮╰╯─ ") for row in plain) if line)
    text = re.split(r"Argument helptext:|For full helptext", text)[0].strip()
    return re.sub(r"^Error parsing (fields|config): ", "", text)
