"""Tables of benchmarks in Markdown, and pages that hold them: what was measured stands between two marks, from code."""

from collections.abc import Sequence
from pathlib import Path


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; the first column is text, the others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def fill_in(page: Path, name: str, text: str) -> None:
    """Put `text` between the marks `<!-- measured: name -->` and `<!-- end -->` of a page."""
    page.write_text(filled(page.read_text(encoding="utf-8"), name, text), encoding="utf-8")


def filled(page: str, name: str, text: str) -> str:
    """The page's text with its measured part replaced."""
    before, mark, rest = page.partition(f"<!-- measured: {name} -->\n")
    _, end, after = rest.partition("<!-- end -->")
    if not mark or not end:
        raise SystemExit(f"the page has no place for what was measured of {name!r}")
    return f"{before}{mark}\n{text}\n\n{end}{after}"
