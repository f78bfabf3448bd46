"""What each command does: one public call, and printing. Heavy imports wait until they are needed."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import make_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import OmitArgPrefixes

from tegum.cli import terminal
from tegum.cli.arguments import (
    Cite,
    Claims,
    Export,
    GroupOptions,
    List,
    New,
    Prune,
    Report,
    RunOptions,
    Runs,
    Show,
    Verify,
    flag,
    parsed,
)
from tegum.errors import BadInputError, StoreError
from tegum.visible import visible, visible_json

if TYPE_CHECKING:
    from tegum.runner import Run
    from tegum.store import Store
    from tegum.studies.core import Study


def _list(command: List) -> int:
    from tegum.studies.index import described, read

    studies = read()
    if guests := _guests(command):
        studies += described(guests)
    if command.json:
        print(visible_json(studies))
        return 0
    from rich.padding import Padding
    from rich.text import Text

    out = terminal.console()
    for group in dict.fromkeys(study["group"] for study in studies):
        out.print(Text(group, "bold"))
        for study in (study for study in studies if study["group"] == group):
            minutes = " / ".join(f"{each:g}" for each in study["minutes"].values())
            out.print(
                Padding(Text(study["name"], "cyan").append(f"  {minutes} min", "dim"), (0, 2))
            )
            out.print(Padding(Text(study["question"]), (0, 4)))
    out.print(Text("minutes: quick / default / paper, on two cores", "dim"))
    return 0


def _guests(command: List) -> "Sequence[Study]":
    """Studies that are not of the catalogue. Only they need the slow imports."""
    from importlib.metadata import entry_points

    from tegum.studies.index import ENTRY_POINTS

    if not command.files and not entry_points(group=ENTRY_POINTS):
        return ()
    from tegum.runner import find_study
    from tegum.runner.finding import installed_studies

    return (*installed_studies(), *(find_study(str(file)) for file in command.files))


def _named(name: str) -> "list[Study]":
    """The study of this name, or all of a group's."""
    from tegum.runner import find_study, groups

    return groups().get(name) or [find_study(name)]


def _show(command: Show) -> int:
    from tegum.runner import as_toml

    studies = _named(command.study)
    for study in studies:
        print(f"# {study.name}, of the group {study.group}\n# {study.question}")
        if len(studies) == 1:
            print(f"# preset {command.preset}:\n\n{as_toml(study.config(command.preset))}")
        for claim in study.claims:
            print(f"# {claim.id} ({claim.kind}): {claim.words}\n#     from: {claim.source}")
    return 0


def run(arguments: Sequence[str]) -> int:
    """`tegum run NAME ...`, where the study decides which flags there are."""
    from tegum.runner import UnfinishedError

    try:
        return _run(arguments)
    except UnfinishedError as error:
        print(f"tegum: {visible(error)}", file=sys.stderr)
        return 1


def _run(arguments: Sequence[str]) -> int:
    from tegum.runner.finding import group_names

    name, *rest = arguments
    program = f"tegum run {name}"
    if name in group_names():
        return _run_group(name, parsed(GroupOptions, rest, program))
    from tegum.runner import find_study, read_toml
    from tegum.runner import run as run_study

    study = find_study(name)
    # What the preset and the file say are the defaults that `--help` shows, so they come first.
    preset, file = flag(rest, "--preset", "default"), flag(rest, "--config", None)
    base = study.config(preset, **(read_toml(Path(file)) if file else {}))
    fields = ("fields", Annotated[type(base), OmitArgPrefixes], base)
    words = {"__doc__": study.question}
    kind = make_dataclass("Run", [fields], bases=(RunOptions,), frozen=True, namespace=words)
    options = parsed(kind, rest, program)
    _keep_programs(options)
    with terminal.progress({study.name: study.minutes[options.preset]}) as watch:
        finished = run_study(
            study,
            config=options.fields,
            store=options.store,
            workers=options.workers,
            engine=options.engine,
            address=options.address,
            watch=watch,
        )
    if options.json:
        print(visible_json(_as_json(finished)))
        return _code([finished])
    if options.verbose:
        terminal.print_claims(study.name, finished.claims)
    else:
        terminal.print_answers([(study.question, finished.finding)])
    terminal.print_tally([finished])
    if not options.verbose:
        terminal.print_line(f"every claim: tegum claims {finished.folder.path}")
    terminal.print_line(f"figures: {finished.folder.path / 'figures'}")
    return _code([finished])


def _run_group(group: str, options: GroupOptions) -> int:
    from tegum.report.page import write_report
    from tegum.runner import account_of, groups, read_toml, run_all
    from tegum.studies.catalogue import ANSWERS

    fields = read_toml(options.config) if options.config else {}
    if options.seed is not None:
        fields["seed"] = options.seed
    _keep_programs(options)
    studies, answers, began = groups()[group], ANSWERS.get(group, ()), time.monotonic()
    with terminal.progress({each.name: each.minutes[options.preset] for each in studies}) as watch:
        runs = run_all(
            studies,
            options.preset,
            store=options.store,
            workers=options.workers,
            engine=options.engine,
            address=options.address,
            watch=watch,
            **fields,
        )
    took = time.monotonic() - began
    accounts = [account_of(finished.folder) for finished in runs]
    page = write_report(accounts, options.store / f"{group}.html", title=group, answers=answers)
    if options.json:
        each = [_as_json(finished) for finished in runs]
        print(visible_json({"group": group, "report": str(page), "runs": each}))
        return _code(runs)
    if options.verbose:
        for finished in runs:
            terminal.print_claims(finished.study.name, finished.claims)
    verdicts = {finished.study.name: finished.claims for finished in runs}
    found = [(f"{a.id}. {a.question}", a.found(verdicts)) for a in answers]
    own = [(finished.study.question, finished.finding) for finished in runs]
    terminal.print_answers([(q, text) for q, text in found if text] or own)
    terminal.print_tally(runs)
    terminal.print_line(f"report: {page}")
    terminal.print_line(f"{len(runs)} studies in {took / 60:.1f} minutes")
    return _code(runs)


def _keep_programs(options: RunOptions) -> None:
    """Keep compiled programs if asked to; where that is not possible the run is only slower."""
    if options.keep_programs:
        from tegum.compilation import keep_programs

        try:
            keep_programs()
        except BadInputError as error:
            print(f"tegum: compiled programs are not kept; {visible(error)}", file=sys.stderr)


def _code(runs: "Sequence[Run]") -> int:
    return 0 if all(finished.holds for finished in runs) else 1


def _claims(command: Claims) -> int:
    from tegum.runner import claims_in
    from tegum.store import Store

    folder = Store(command.store).find(command.run)
    verdicts = claims_in(folder)
    terminal.print_claims(folder.name, verdicts)
    return 1 if any(verdict.fails for verdict in verdicts) else 0


def _runs(command: Runs) -> int:
    from tegum.runner import runs
    from tegum.store import Store

    states = runs(command.store).reset_index().to_dict("records")
    folders = Store(command.store).measured()
    measured = [(each.name, len(each.finished()), each.size()) for each in folders]
    if command.json:
        named = [dict(zip(("measurement", "tasks", "bytes"), row, strict=True)) for row in measured]
        print(visible_json({"runs": states, "measured": named}))
        return 0
    for state in states:
        done = "finished" if state["complete"] else "unfinished"
        done += f", {state['failed']} failed" if state["failed"] else ""
        took = f"{state['tasks']} tasks, {state['seconds']:.0f} s, {terminal.size(state['bytes'])}"
        print(visible(f"{state['run']}  {done}, {took}"))
    for name, tasks, size in measured:
        print(visible(f"tasks/{name}  {tasks} tasks, {terminal.size(size)}"))
    if not states:
        print(f"no runs in {command.store}", file=sys.stderr)
    return 0


def _prune(command: Prune) -> int:
    from tegum.store import Store

    unused = _existing(Store(command.store)).unused()
    for folder, key, size in unused:
        print(visible(f"tasks/{folder.name}/{key}  {terminal.size(size)}"))
    if not unused:
        print("every task in the store belongs to a run", file=sys.stderr)
        return 0
    total = f"{len(unused)} tasks, {terminal.size(sum(each.size for each in unused))}"
    if not command.yes and not _agreed(f"remove these {total}, which no run refers to? [y/N] "):
        print("nothing removed", file=sys.stderr)
        return 0
    for folder, key, _ in unused:
        folder.remove(key)
    print(f"removed {total}")
    return 0


def _existing(store: "Store") -> "Store":
    """The store; a folder that is not there is more often mistyped than empty."""
    if not store.root.is_dir():
        raise BadInputError(f"store: no folder {store.root}, expected a folder of runs")
    return store


def _agreed(question: str) -> bool:
    """Whether the user says yes; where nobody can be asked that is no."""
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _verify(command: Verify) -> int:
    from tegum.store import TASKS, Store

    store = _existing(Store(command.store))
    if command.run:
        found = {(folder := store.find(command.run)).name: folder.damage()}
    else:
        found = {folder.name: folder.damage() for folder in store.runs()}
        missing = store.missing()
        damage = {each.name: each.damage() for each in store.measured()}
        for name in sorted({*missing, *damage}):
            found[f"{TASKS}/{name}"] = damage.get(name, []) + sorted(set(missing.get(name, [])))
    for name, lines in found.items():
        for line in lines or ["whole"]:
            print(visible(f"{name}: {line}"))
    return 1 if any(found.values()) else 0


def _report(command: Report) -> int:
    from tegum.report.page import write_report
    from tegum.runner import account_of
    from tegum.store import Store
    from tegum.studies.catalogue import ANSWERS

    store = Store(command.store)
    named = [store.find(name) for name in command.runs]
    folders = named or [folder for folder in store.runs() if folder.is_complete()]
    if not folders:
        raise BadInputError(f"runs: none finished in {command.store}; `tegum run STUDY` makes one")
    runs = []
    for folder in folders:
        try:
            runs.append(account_of(folder))
        except (BadInputError, StoreError) as error:
            if named or len(folders) == 1:
                raise
            print(f"tegum: left out {visible(folder.name)}: {visible(error)}", file=sys.stderr)
    if not runs:
        raise BadInputError(f"runs: none that is whole in {command.store}")
    answers = [answer for group in ANSWERS.values() for answer in group]
    print(visible(write_report(runs, command.output, answers=answers)))
    return 0


def _export(command: Export) -> int:
    from tegum.runner import export

    for file in export(command.run, command.output, store=command.store):
        print(visible(f"{file.path}  {_models(file.models)}"))
        if file.left_out:
            left_out = f"{_models(file.left_out)} that diverged"
            print(visible(f"tegum: {file.path}: left out {left_out}"), file=sys.stderr)
    return 0


def _models(count: int) -> str:
    return "1 model" if count == 1 else f"{count} models"


def _cite(command: Cite) -> int:
    from tegum.studies.core.sources import entry_of

    keys = dict.fromkeys(key for study in _named(command.study) for key in study.sources)
    print("\n\n".join(map(entry_of, keys)))
    return 0


def _new(command: New) -> int:
    from tegum.studies.template import write_study

    file = write_study(command.name, Path())
    print(f"{file}: a study that runs. Edit it, and: tegum run ./{file} --preset quick")
    return 0


def _as_json(finished: "Run") -> dict[str, Any]:
    return {
        "study": finished.study.name,
        "run_dir": str(finished.folder.path),
        "holds": finished.holds,
        "finding": finished.finding,
        "claims": [verdict.as_json() for verdict in finished.claims],
    }


COMMANDS: dict[type, Callable[[Any], int]] = {
    List: _list,
    Show: _show,
    Claims: _claims,
    Runs: _runs,
    Verify: _verify,
    Prune: _prune,
    Report: _report,
    Export: _export,
    Cite: _cite,
    New: _new,
}
