"""Answers: paragraphs whose numbers come from claims, and that say so where a claim failed."""

import pytest

from tegum.errors import BadInputError
from tegum.studies.catalogue import ANSWERS, CATALOGUE
from tegum.studies.core.answers import Answer
from tegum.studies.core.claim import Verdict, Verdicts


def verdicts(value: float, holds: bool, kind: str = "expected") -> dict[str, Verdicts]:
    return {"coin": Verdicts([Verdict("means", kind, "", value, None, 4.5, holds, "", "")])}


ANSWER = Answer("Q", "Do coins fall?", "They do, within [coin/means] standard errors.")


def test_numbers_are_put_where_claims_are_named():
    assert ANSWER.filled(verdicts(1.23456, holds=True)) == "They do, within 1.235 standard errors."


def test_a_claim_that_failed_is_not_hidden():
    assert "9 (expected ≤ 4.5: FAILS)" in str(ANSWER.filled(verdicts(9.0, holds=False)))
    assert "within 9 standard" in str(ANSWER.filled(verdicts(9.0, holds=False, kind="open")))


def test_without_its_study_there_is_no_answer():
    assert ANSWER.filled({}) is None


def test_a_claim_that_nobody_makes_is_refused():
    ANSWER.checked({"coin": ["means"]})
    with pytest.raises(
        BadInputError, match=r"unknown claim 'coin/means'; did you mean coin/mean\?"
    ):
        ANSWER.checked({"coin": ["mean"]})


def test_every_answer_of_the_catalogue_leans_on_claims_that_are_made():
    known = {study.name: [claim.id for claim in study.claims] for study in CATALOGUE}
    for answers in ANSWERS.values():
        for answer in answers:
            answer.checked(known)
            assert answer.claims
