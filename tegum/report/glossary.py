"""Every symbol and word that pages use, and the way to link a text's words to it.

The symbols are those of docs/symbols.md; a test holds the two together.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from importlib.resources import files

from markupsafe import Markup, escape
from pydantic import TypeAdapter


@dataclass(frozen=True)
class Term:
    """An entry.

    Attributes:
        name: as the glossary prints it.
        meaning: one or two sentences.
        forms: how it occurs in texts, regular expressions.
        quoted: likewise, where it stands in quotes; plain English elsewhere.
    """

    name: str
    meaning: str
    forms: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()

    @property
    def patterns(self) -> tuple[str, ...]:
        """Find the term, whichever way it is written."""
        named = tuple(rf"(?<=['‘“\"]){word}(?=['’”\"])" for word in self.quoted)
        return (self.forms + named) or (re.escape(self.name),)


def _read() -> dict[str, tuple[Term, ...]]:
    text = files("tegum.report").joinpath("glossary.toml").read_text(encoding="utf-8")
    sections = TypeAdapter(dict[str, tuple[Term, ...]])
    return sections.validate_python(tomllib.loads(text))


SECTIONS = _read()
TERMS = tuple(term for terms in SECTIONS.values() for term in terms)


def anchor(term: Term) -> str:
    """Its place on the page."""
    return f"term-{TERMS.index(term)}"


_FORMS = sorted(
    ((form, k) for k, term in enumerate(TERMS) for form in term.patterns),
    key=lambda found: -len(found[0]),  # λ* before λ
)
_ANY = re.compile("|".join(rf"((?<!\w){form}(?!\w))" for form, _ in _FORMS))


def linked(texts: Sequence[str | Markup]) -> list[Markup]:
    """Texts whose words lead to the glossary, each term where it first occurs in them together.

    Args:
        texts: plain, or HTML whose own links stay as they are.
    """
    seen: set[int] = set()

    def words(text: str) -> Markup:
        found, end = Markup(), 0
        for match in _ANY.finditer(text):
            term = _FORMS[int(match.lastindex or 1) - 1][1]
            if term not in seen:
                seen.add(term)
                found += escape(text[end : match.start()])
                link = Markup('<a class="term" href="#term-{}">{}</a>')
                found += link.format(term, match[0])
                end = match.end()
        return found + escape(text[end:])

    def of_one(text: str | Markup) -> Markup:
        if not isinstance(text, Markup):
            return words(text)
        parts = _TAGS.split(str(text))
        # Odd parts are tags, and links with all they hold: a link in a link is none.
        each = (Markup(p) if k % 2 else words(unescape(p)) for k, p in enumerate(parts))
        return Markup().join(each)

    return [of_one(text) for text in texts]


_TAGS = re.compile(r"(<a\b.*?</a>|<[^>]*>)", re.DOTALL)
