"""Finished runs -> one self-contained HTML page: answers first, then verdicts, then each study.

Everything is inside the file (figures and their data as data URIs), so it opens offline and can be
sent to someone; it needs no script, and forbids itself all but its own style and pictures.
"""

import base64
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

from tegum.errors import StoreError, bad_input
from tegum.html import html
from tegum.report import glossary
from tegum.report.svg import Picture, picture
from tegum.runner import Account
from tegum.store import replacing
from tegum.studies.core import Answer, Verdict, Verdicts
from tegum.studies.core.answers import claims_in, pieces
from tegum.studies.core.sources import entry_of

MARKS = {
    "hold": "✓",
    "fail": "✗",
    "open and met": "●",
    "open and not met": "○",
    "empty": "–",
}
"""of an outcome, in the grid of verdicts"""

_FINDING = """\
{% for piece in pieces %}{% if piece.claim %}\
<a href="#{{ anchors[piece.study] }}-{{ piece.claim }}">{{ piece.words }}</a>\
{% else %}{{ piece.words }}{% endif %}{% endfor %}"""


@dataclass(frozen=True)
class _Answer:
    """A question of a group, what was found, the paragraph behind it, and where it comes from."""

    id: str
    question: str
    finding: Markup
    text: Markup
    studies: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Figure:
    """A figure as the page shows it; `data` is the address of its CSV, packed."""

    name: str
    picture: Picture
    takeaway: Markup
    caption: Markup
    alt: str
    data: str


@dataclass(frozen=True)
class _Row:
    """A claim as the table shows it."""

    verdict: Verdict
    mark: str
    statement: Markup


@dataclass(frozen=True)
class _Section:
    """What the template shows of one run."""

    run: Account
    anchor: str
    question: Markup
    finding: Markup
    rows: tuple[_Row, ...]
    figures: tuple[_Figure, ...]
    sources: tuple[str, ...]

    @property
    def tally(self) -> str:
        """How many claims came out how, such as "10 hold, 2 open and not met"."""
        found = [row.verdict.outcome for row in self.rows]
        return ", ".join(f"{found.count(name)} {name}" for name in MARKS if name in found)


def write_report(
    runs: Sequence[Account], path: Path, title: str = "tegum report", answers: Sequence[Answer] = ()
) -> Path:
    """Write the page, whole or not at all.

    Args:
        runs: accounts of finished runs, at least one; the page keeps their order.
        path: the file to write.
        title: of the page.
        answers: of a group of studies; those whose studies are all among the runs open the page.

    Returns:
        The path written.

    Raises:
        StoreError: the file cannot be written.
    """
    if not runs:
        raise bad_input("runs", runs, "at least one finished run")
    verdicts = {run.study: run.claims for run in runs}
    anchors = {run.study: run.folder.name for run in runs}
    opening = [_answer(answer, verdicts, anchors) for answer in answers]
    page = html(
        files("tegum.report").joinpath("page.html.jinja").read_text(encoding="utf-8"),
        style=Markup(files("tegum.report").joinpath("page.css").read_text(encoding="utf-8")),
        title=title,
        sections=[_section(run) for run in runs],
        answers=[answer for answer in opening if answer is not None],
        marks=MARKS,
        glossary=glossary,
    )
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def _answer(
    answer: Answer, verdicts: Mapping[str, Verdicts], anchors: Mapping[str, str]
) -> _Answer | None:
    """None where a study that it leans on is not on the page."""
    finding, text = (_linked(part, verdicts, anchors) for part in (answer.finding, answer.text))
    if finding is None or text is None:
        return None
    studies = dict.fromkeys(study for study, _ in claims_in(answer.finding + answer.text))
    finding, text = glossary.linked([finding, text])
    places = tuple((study, anchors[study]) for study in studies)
    return _Answer(answer.id, answer.question, finding, text, places)


def _linked(
    text: str, verdicts: Mapping[str, Verdicts], anchors: Mapping[str, str], own: str = ""
) -> Markup | None:
    """A text whose numbers lead to their claims."""
    found = pieces(text, verdicts, own)
    return None if found is None else html(_FINDING, pieces=found, anchors=anchors)


def _section(run: Account) -> _Section:
    found = _own(run, run.said.finding)
    question, finding = glossary.linked([run.said.question, found])
    statements = glossary.linked([verdict.statement for verdict in run.claims])
    return _Section(
        run,
        run.folder.name,
        question,
        finding,
        tuple(
            _Row(verdict, MARKS[verdict.outcome], words)
            for verdict, words in zip(run.claims, statements, strict=True)
        ),
        tuple(_figure(run, *each) for each in run.manifest.captions.items()),
        tuple(entry for source in run.said.sources if (entry := entry_of(source))),
    )


def _own(run: Account, text: str) -> Markup:
    """A text of a study's own, whose numbers lead to its claims."""
    anchors = {run.study: run.folder.name}
    return _linked(text, {run.study: run.claims}, anchors, run.study) or Markup()


def _figure(run: Account, name: str, caption: str) -> _Figure:
    shown = _own(run, run.said.takeaways.get(name, ""))
    takeaway, how = glossary.linked([shown, caption])
    table = run.folder.read_text(f"figures/{name}.csv").encode()
    packed = base64.b64encode(gzip.compress(table, 9, mtime=0)).decode()
    try:
        image = picture(run.folder.read_text(f"figures/{name}.svg"))
    except ValueError as error:
        raise StoreError(f"store: {run.folder.name}, figure {name}: {error}") from error
    alt = shown.striptags() or caption
    return _Figure(name, image, takeaway, how, alt, f"data:application/gzip;base64,{packed}")
