"""Answers: what studies say to a question; every number in it comes from a claim.

A text names claims in brackets, [claim] of its own study or [study/claim], and there the measured
number is put, with a mark where an expected claim did not hold. [claim of models] puts a share into
words: "all models", "94 % [90 %, 97 %] of models". {claim: words | other words} says the one where
the claim's bound is kept and the other where it is not. So a paragraph cannot say more than its
runs, nor what they refute.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tegum.errors import unknown_name
from tegum.studies.core.verdict import Verdict, Verdicts

_CLAIM = re.compile(r"\[(?:([a-z0-9-]+)/)?([a-z0-9-]+)(?: of ([^\]\[]+))?\]")
_EITHER = re.compile(r"\{(?:([a-z0-9-]+)/)?([a-z0-9-]+): ([^{}|]*)\|([^{}|]*)\}")


def claims_in(text: str, own: str = "") -> list[tuple[str, str]]:
    """The (study, claim) that a text leans on; `own` is for those without a study."""
    found = [*_CLAIM.findall(text), *_EITHER.findall(text)]
    return [(study or own, claim) for study, claim, *_ in found]


class Piece(NamedTuple):
    """A stretch of a text: words, or a claim's number with the claim that it is from."""

    words: str
    study: str = ""
    claim: str = ""


def pieces(text: str, verdicts: Mapping[str, Verdicts], own: str = "") -> list[Piece] | None:
    """The text with its numbers, in pieces; None where a study that it needs was not run."""
    if not {study for study, _ in claims_in(text, own)} <= verdicts.keys():
        return None

    def said(match: re.Match[str]) -> str:
        return match[3 if verdicts[match[1] or own][match[2]].holds else 4].strip()

    text, found, end = _EITHER.sub(said, text), [], 0
    for match in _CLAIM.finditer(text):
        study, claim = match[1] or own, match[2]
        number = _number(verdicts[study][claim], match[3])
        found += [Piece(text[end : match.start()]), Piece(number, study, claim)]
        end = match.end()
    return [*found, Piece(text[end:])]


def filled(text: str, verdicts: Mapping[str, Verdicts], own: str = "") -> str | None:
    """The text with its numbers; None where a study that it needs was not run."""
    found = pieces(text, verdicts, own)
    return None if found is None else "".join(piece.words for piece in found)


def checked(text: str, known: Mapping[str, list[str]], own: str = "") -> None:
    """Raise `BadInputError` where a text names a claim that is not known, by study."""
    every = [f"{study}/{claim}" for study, claims in known.items() for claim in claims]
    for study, claim in claims_in(text, own):
        if claim not in known.get(study, []):
            raise unknown_name("claim", f"{study}/{claim}", every)


@dataclass(frozen=True)
class Answer:
    """A question of a group of studies, what was found, and the paragraph behind it.

    Attributes:
        id: short name, such as "RQ1".
        question: one sentence.
        finding: one or two sentences, with [study/claim] where a measured number belongs.
        text: the paragraph, likewise.
    """

    id: str
    question: str
    finding: str
    text: str

    def found(self, verdicts: Mapping[str, Verdicts]) -> str | None:
        """The finding with its numbers; None where a study that it needs was not run."""
        return filled(self.finding, verdicts)

    def filled(self, verdicts: Mapping[str, Verdicts]) -> str | None:
        """The paragraph with its numbers; None where a study that it needs was not run."""
        return filled(self.text, verdicts)


def _number(verdict: Verdict, things: str | None) -> str:
    number = verdict.share_of(things) if things else verdict.number
    if verdict.fails:
        return f"{number} (expected {verdict.bounds}: FAILS)"
    # In the words of a table this is "empty"; beside a number it needs saying.
    undecided = verdict.judgement == "empty" and verdict.measured is not None
    return f"{number} (too few seeds to decide)" if undecided else number
