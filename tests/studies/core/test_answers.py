"""Answers: paragraphs whose numbers come from claims, and that say so where a claim failed."""

from dataclasses import replace

import pytest

from tegum.errors import BadInputError
from tegum.studies.catalogue import ANSWERS, CATALOGUE
from tegum.studies.core.answers import Answer, checked, claims_in, filled
from tegum.studies.core.verdict import Verdict, Verdicts


def verdicts(value: float, holds: bool, kind: str = "expected") -> dict[str, Verdicts]:
    return {"coin": Verdicts([Verdict("means", kind, "", value, None, 4.5, holds, "", "")])}


TEXT = "They do, within [coin/means] standard errors."
ANSWER = Answer("Q", "Do coins fall?", "Within [coin/means].", TEXT)


def test_numbers_are_put_where_claims_are_named():
    assert ANSWER.filled(verdicts(1.23456, holds=True)) == "They do, within 1.23 standard errors."


def test_a_claim_that_failed_is_not_hidden():
    assert "9 (expected ≤ 4.5: FAILS)" in str(ANSWER.filled(verdicts(9.0, holds=False)))
    assert "within 9 standard" in str(ANSWER.filled(verdicts(9.0, holds=False, kind="open")))


def test_without_its_study_there_is_no_answer():
    assert ANSWER.filled({}) is None


def test_a_finding_is_filled_likewise_and_a_study_may_leave_its_own_name_out():
    assert ANSWER.found(verdicts(1.5, holds=True)) == "Within 1.5."
    assert filled("Within [means].", verdicts(1.5, holds=True), own="coin") == "Within 1.5."


def test_a_sentence_has_a_variant_for_the_other_side_of_its_claim():
    text = "{coin/means: They do | They do not, by [coin/means] errors}."
    assert filled(text, verdicts(1.5, holds=True)) == "They do."
    assert filled(text, verdicts(9.0, holds=False, kind="open")) == "They do not, by 9 errors."
    assert ("coin", "means") in claims_in("{means: yes | no}", own="coin")
    with pytest.raises(BadInputError, match="unknown claim 'coin/mean'"):
        checked("{coin/mean: yes | no}", {"coin": ["means"]})


def test_shares_are_put_into_words():
    assert filled("[means of coins] do.", verdicts(1.0, holds=True), own="coin") == "all coins do."


def test_what_so_few_seeds_leave_undecided_is_said_to_be():
    found = verdicts(9.0, holds=False)["coin"][0]
    undecided = {"coin": Verdicts([replace(found, decided=False)])}
    assert filled("[means]", undecided, own="coin") == "9 (too few seeds to decide)"


def test_a_claim_that_nobody_makes_is_refused():
    checked("[coin/means] and [means]", {"coin": ["means"]}, own="coin")
    with pytest.raises(
        BadInputError, match=r"unknown claim 'coin/means'; did you mean coin/mean\?"
    ):
        checked("[coin/means]", {"coin": ["mean"]})


KNOWN = {study.name: [claim.id for claim in study.claims] for study in CATALOGUE}


def test_every_answer_of_the_catalogue_leans_on_claims_that_are_made():
    for answers in ANSWERS.values():
        for answer in answers:
            for text in (answer.finding, answer.text):
                checked(text, KNOWN)
                assert claims_in(text)


def judged(study, holds: bool) -> Verdicts:
    """All claims of a study, as if they came out so."""
    return Verdicts(
        Verdict(claim.id, "open", "", 0.5, 0.0, None, holds, "", "") for claim in study.claims
    )


@pytest.mark.parametrize("holds", [True, False])
def test_every_answer_of_the_catalogue_is_short_whichever_way_its_claims_fall(holds: bool):
    every = {study.name: judged(study, holds) for study in CATALOGUE}
    for answers in ANSWERS.values():
        for answer in answers:
            finding, text = answer.found(every), answer.filled(every)
            assert len(finding.split()) <= 55, answer.id
            assert len(f"{finding} {text}".split()) <= 90, answer.id


@pytest.mark.parametrize("study", CATALOGUE, ids=lambda study: study.name)
def test_every_finding_of_the_catalogue_is_short_and_leans_on_its_own_claims(study):
    checked(study.finding, KNOWN, study.name)
    assert {name for name, _ in claims_in(study.finding, study.name)} == {study.name}
    for holds in (True, False):
        found = filled(study.finding, {study.name: judged(study, holds)}, study.name)
        assert len(found.split()) <= 50
