"""The glossary: every symbol of the docs is in it, and words lead to it without breaking HTML."""

import re
from pathlib import Path

import pytest
from markupsafe import Markup

from tegum.report import glossary
from tegum.studies.catalogue import CATALOGUE

ROOT = Path(__file__).parents[2]
NAMES = {term.name: f"#{glossary.anchor(term)}" for term in glossary.TERMS}


def links(text: str | Markup) -> list[str]:
    [found] = glossary.linked([text])
    return re.findall(r'href="(#term-\d+)"', found)


def test_every_symbol_of_the_docs_is_explained():
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/symbols.md").read_text(), re.MULTILINE)
    symbols = {symbol for row in rows[2:] for symbol in row.split(", ")}
    known = " ".join(f"{term.name} {term.meaning}" for term in glossary.TERMS)
    assert len(symbols) > 20
    assert [
        symbol for symbol in symbols if not re.search(rf"(?<!\w){re.escape(symbol)}", known)
    ] == []


def test_the_longer_symbol_wins_and_each_term_is_linked_once():
    assert links("beyond λ* the weight λ; λ again") == [NAMES["λ*"], NAMES["L1, L2, λ"]]
    assert links("Cov(h) Ω Cov(h)") == [NAMES["unwhitened"]]


def test_plain_words_are_terms_only_in_quotes():
    assert links("the target 'any' of any count") == [NAMES["any"]]


def test_text_is_escaped_and_html_keeps_its_links():
    [plain] = glossary.linked(["a <slice> & more"])
    assert "&lt;<a" in plain
    assert "&gt; &amp; more" in plain
    inner = Markup('<a href="#x">W &amp; slice</a> &amp; gauge')
    [found] = glossary.linked([inner])
    assert str(found).startswith('<a href="#x">W &amp; slice</a> &amp; <a class="term"')


@pytest.mark.parametrize("term", glossary.TERMS, ids=lambda term: term.name)
def test_an_entry_is_a_sentence_and_finds_itself(term: glossary.Term):
    assert term.meaning.endswith(".")
    assert all(re.compile(pattern) for pattern in term.patterns)


def test_every_study_speaks_in_terms_that_are_explained():
    for study in CATALOGUE:
        said = " ".join([study.question, study.finding, *(claim.words for claim in study.claims)])
        assert len(links(said)) >= 2, study.name
