"""Answers: what a group of studies says to a question; every number in it comes from a claim.

A text names claims in brackets, [study/claim], and there the measured number is put, with a mark
where an expected claim did not hold. So a paragraph cannot say more than its runs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tegum.errors import unknown_name
from tegum.studies.core.claim import Verdict, Verdicts

_CLAIM = re.compile(r"\[([a-z0-9-]+)/([a-z0-9-]+)\]")


@dataclass(frozen=True)
class Answer:
    """A question of a group of studies, and the paragraph that answers it.

    Attributes:
        id: short name, such as "RQ1".
        question: one sentence.
        text: the paragraph, with [study/claim] where a measured number belongs.
    """

    id: str
    question: str
    text: str

    @property
    def claims(self) -> list[tuple[str, str]]:
        """The (study, claim) that the text leans on, in its order."""
        return _CLAIM.findall(self.text)

    def filled(self, verdicts: Mapping[str, Verdicts]) -> str | None:
        """The text with its numbers; None where a study that it needs is not among the verdicts."""
        if not {study for study, _ in self.claims} <= verdicts.keys():
            return None
        return _CLAIM.sub(lambda found: _number(verdicts[found[1]][found[2]]), self.text)

    def checked(self, known: Mapping[str, list[str]]) -> None:
        """Raise `BadInputError` where the text names a claim that is not known, by study."""
        for study, claim in self.claims:
            if claim not in known.get(study, []):
                raise unknown_name(
                    "claim", f"{study}/{claim}", [f"{s}/{c}" for s, cs in known.items() for c in cs]
                )


def _number(verdict: Verdict) -> str:
    return (
        f"{verdict.number} (expected {verdict.bounds}: FAILS)" if verdict.fails else verdict.number
    )
