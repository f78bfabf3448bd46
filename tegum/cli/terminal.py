"""What the command line prints: answers first, then a tally, then what failed, then the way on.

Texts go through `visible`: a store's words may come from someone else.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tegum.visible import visible

if TYPE_CHECKING:
    from tegum.runner import Progress, Run
    from tegum.studies.core import Verdict

FAILURES = 8
"""how many are listed; the page has all"""


def console(**options: Any) -> Any:
    """A rich console that takes numbers for text."""
    from rich.console import Console

    return Console(highlight=False, **options)


def size(count: int) -> str:
    """Bytes, for people."""
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{count / 2**10:.0f} KiB"


def print_answers(answers: Iterable[tuple[str, str]]) -> None:
    """Each question, and under it what was found."""
    from rich.padding import Padding
    from rich.text import Text

    out = console()
    for question, finding in answers:
        out.print(Text(visible(question), "bold"))
        out.print(Padding(Text(visible(finding)), (0, 0, 0, 2)))


def print_tally(runs: Sequence["Run"]) -> None:
    """How many claims came out how, and every failure by study, claim and number."""
    from rich.text import Text

    from tegum.studies.core.verdict import OUTCOMES

    out = console()
    every = [(run.study.name, verdict) for run in runs for verdict in run.claims]
    found = Counter(verdict.outcome for _, verdict in every)
    counted = ", ".join(f"{found[name]} {name}" for name in OUTCOMES if found[name])
    out.print(Text(f"{len(every)} claims: {counted}"))
    failed = [(study, verdict) for study, verdict in every if verdict.fails]
    for study, verdict in failed[:FAILURES]:
        where = f"FAILS  {study}/{verdict.id}: "
        said = f"{verdict.number}, expected {verdict.bounds}"
        out.print(Text(visible(where), "bold red").append(visible(said), "default"))
    weak = [
        f"{study}/{verdict.id}"
        for study, verdict in every
        if verdict.kind == "expected" and verdict.control and not verdict.control.fails
    ]
    if weak:
        out.print(Text(f"controls that do not fail: {visible(', '.join(weak))}", "bold red"))
    if len(failed) > FAILURES:
        out.print(Text(f"and {len(failed) - FAILURES} more: see the page", "bold red"))


def print_claims(study: str, claims: Iterable["Verdict"]) -> None:
    """The whole table of a run's claims."""
    from rich.table import Table
    from rich.text import Text

    colours = {"holds": "green", "FAILS": "bold red", "open": "yellow", "empty": "dim"}
    # Texts, not strings: in a string rich would follow markup, and a store's words may hold some.
    table = Table(title=Text(visible(study)), title_justify="left", box=None)
    for heading in ("", "claim", Text("measured ").append("[95 %]", "dim"), "required"):
        table.add_column(heading)
    for verdict in claims:
        mark = Text(verdict.judgement, colours[verdict.judgement])
        said = [verdict.note, *([verdict.control.shown] if verdict.control else []), verdict.power]
        note = "; ".join(part for part in said if part)
        aside = f" ({visible(note)})" if note else ""
        statement = Text(visible(verdict.statement)).append(aside, "dim")
        table.add_row(mark, statement, Text(verdict.number), Text(verdict.bounds))
    console().print(table)


def print_line(text: str) -> None:
    """One line, whole however narrow the terminal is, so that a path can be copied."""
    from rich.text import Text

    console().print(Text(visible(text)), soft_wrap=True)


@contextmanager
def progress(minutes: Mapping[str, float]) -> Iterator[Callable[["Progress"], None]]:
    """A bar a study and, of several, one for all; on stderr, and only notes where that is no
    terminal.

    Args:
        minutes: about how long each study takes, by name: what the time left in all goes by.
    """
    from rich.progress import (
        BarColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    err = console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[stage]}", markup=False),
    )
    with Bar(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        rows: dict[str, Any] = {}
        shares: dict[str, float] = {}
        several = len(minutes) > 1
        whole = bar.add_task("all studies", total=sum(minutes.values()), stage="", visible=several)

        def watch(told: "Progress") -> None:
            if told.note:
                print(f"tegum: {visible(told.note)}", file=sys.stderr)
            if told.study not in rows:
                rows[told.study] = bar.add_task(told.study, total=None, stage="")
            # A stage is not the whole of its task: it counts for less than the next task's start.
            done = told.done + 0.9 * told.share * (told.done < told.total)
            done = max(done, shares.get(told.study, 0.0) * told.total)
            shares[told.study] = done / max(1, told.total)
            bar.update(
                rows[told.study],
                completed=done,
                total=told.total,
                stage=visible(told.stage),
                visible=told.done < told.total or bool(told.stage) or not several,
            )
            spent = sum(minutes.get(name, 0.0) * share for name, share in shares.items())
            bar.update(whole, completed=spent)

        yield watch
