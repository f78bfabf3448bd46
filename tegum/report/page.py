"""Finished runs -> one self-contained HTML page: answers first, then verdicts, then each study.

Everything is inside the file (figures as data URIs), so it opens offline and can be sent to
someone; it needs no script, and forbids itself all but its own style and pictures.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from tegum.errors import bad_input
from tegum.html import html
from tegum.runner import Run, as_toml
from tegum.store import Manifest, replacing
from tegum.studies.core import Answer, Verdict, Verdicts
from tegum.studies.core.answers import pieces
from tegum.studies.core.sources import SOURCES

MARKS = {"holds": "✓", "FAILS": "✗", "open": "○", "empty": "–"}
"""of a verdict in the grid; an open claim that is met is filled"""

_FINDING = """\
{% for piece in pieces %}{% if piece.claim %}\
<a href="#{{ anchors[piece.study] }}-{{ piece.claim }}">{{ piece.words }}</a>\
{% else %}{{ piece.words }}{% endif %}{% endfor %}"""


@dataclass(frozen=True)
class _Answer:
    """A question of a group, what was found, and the paragraph behind it."""

    id: str
    question: str
    finding: str
    text: str


@dataclass(frozen=True)
class _Figure:
    """A figure as the page shows it."""

    name: str
    uri: str
    caption: str


@dataclass(frozen=True)
class _Section:
    """What the template shows of one run."""

    run: Run
    anchor: str
    finding: str
    marks: tuple[tuple[Verdict, str], ...]
    config: str
    figures: tuple[_Figure, ...]
    manifest: Manifest
    sources: tuple[str, ...]


def write_report(
    runs: Sequence[Run], path: Path, title: str = "tegum report", answers: Sequence[Answer] = ()
) -> Path:
    """Write the page, whole or not at all.

    Args:
        runs: finished runs, at least one; the page keeps their order.
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
    verdicts = {run.study.name: run.claims for run in runs}
    anchors = {run.study.name: run.folder.name for run in runs}
    opening = [_answer(answer, verdicts, anchors) for answer in answers]
    page = html(
        files("tegum.report").joinpath("page.html.jinja").read_text(encoding="utf-8"),
        title=title,
        sections=[_section(run) for run in runs],
        answers=[answer for answer in opening if answer is not None],
        marks=MARKS,
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
    return _Answer(answer.id, answer.question, finding, text)


def _linked(
    text: str, verdicts: Mapping[str, Verdicts], anchors: Mapping[str, str], own: str = ""
) -> str | None:
    """A text whose numbers lead to their claims."""
    found = pieces(text, verdicts, own)
    return None if found is None else html(_FINDING, pieces=found, anchors=anchors)


def _section(run: Run) -> _Section:
    manifest, name = run.folder.manifest(), run.study.name
    assert manifest is not None  # as of every run that was loaded
    own = {name: run.folder.name}
    return _Section(
        run,
        run.folder.name,
        _linked(run.study.finding, {name: run.claims}, own, name) or "",
        tuple((verdict, _mark(verdict)) for verdict in run.claims),
        as_toml(run.config),
        tuple(_figure(run, each, caption) for each, caption in manifest.captions.items()),
        manifest,
        tuple(SOURCES[key] for key in run.study.sources),
    )


def _mark(verdict: Verdict) -> str:
    return "●" if verdict.judgement == "open" and verdict.holds else MARKS[verdict.judgement]


def _figure(run: Run, name: str, caption: str) -> _Figure:
    """An SVG of its own in a data URI: inlined, the ids of one would collide with another's."""
    svg = run.folder.read_text(f"figures/{name}.svg")
    return _Figure(name, f"data:image/svg+xml,{quote(_lighter(svg), safe=_PLAIN)}", caption)


_PLAIN = " !$&'()*+,-./:;=?@[]_{}|~"
"""what a data URI may hold as it is; percent-encoded text is a fifth shorter than base64"""


def _lighter(svg: str) -> str:
    """The same picture with coordinates to a hundredth of a point, and without line breaks."""
    attribute = re.compile(r'\b(d|x|y)="([^"]*)"')
    rounded = attribute.sub(lambda m: f'{m[1]}="{re.sub(_FURTHER, r"", m[2])}"', svg)
    return re.sub(r"\s*\n\s*", " ", rounded)


_FURTHER = re.compile(r"(?<=\.\d\d)\d+")
