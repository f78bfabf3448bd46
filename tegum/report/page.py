"""Finished runs -> one self-contained HTML page: question, claims with numbers and verdicts, figures, config,
provenance.

Everything is inside the file (figures as data URIs), so it opens offline and can be sent to someone.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from tegum.errors import bad_input
from tegum.html import html
from tegum.runner import Run, as_toml
from tegum.store import Manifest, replacing
from tegum.studies.core import Answer
from tegum.studies.core.sources import SOURCES


@dataclass(frozen=True)
class _Section:
    """What the template shows of one run."""

    run: Run
    claims: str
    config: str
    figures: tuple[tuple[str, str, str], ...]  # name, data URI, caption
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
        answers: of a group of studies; those whose studies are all among the runs close the page.

    Returns:
        The path written.

    Raises:
        StoreError: the file cannot be written.
    """
    if not runs:
        raise bad_input("runs", runs, "at least one finished run")
    verdicts = {run.study.name: run.claims for run in runs}
    closing = [
        (answer, text) for answer in answers if (text := answer.filled(verdicts)) is not None
    ]
    template = files("tegum.report").joinpath("page.html.jinja").read_text(encoding="utf-8")
    page = html(template, title=title, sections=[_section(run) for run in runs], closing=closing)
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def _section(run: Run) -> _Section:
    manifest = run.folder.manifest()
    assert manifest is not None  # as of every run that was loaded
    return _Section(
        run,
        run.claims._repr_html_(),
        as_toml(run.config),
        tuple(_figure(run, name, caption) for name, caption in manifest.captions.items()),
        manifest,
        tuple(SOURCES[key] for key in run.study.sources),
    )


def _figure(run: Run, name: str, caption: str) -> tuple[str, str, str]:
    """An SVG of its own in a data URI: inlined, the ids of one figure would collide with another's."""
    svg = run.folder.file(f"figures/{name}.svg").read_bytes()
    return name, f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}", caption
