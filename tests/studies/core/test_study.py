"""Studies: what would fail only after all training is refused when the study is made."""

from dataclasses import replace

import pytest

from tegum.errors import BadInputError
from tegum.studies.core import StudyConfig
from tests.coin import STUDY, Config, means

ONE = STUDY.claims[0]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"presets": {"quick": Config()}}, "study coin, presets: got ['quick'], expected a config"),
        (
            {"presets": {**STUDY.presets, "paper": StudyConfig()}},
            "study coin, presets: got ['quick', 'default', 'paper'], expected a config of one class",
        ),
        (
            {"sources": ("elhage202",)},
            "unknown source of study coin 'elhage202'; did you mean elhage2022",
        ),
        ({"claims": (*STUDY.claims, ONE)}, "study coin, claims: got ['means'], expected a name of"),
        ({"figures": (means, means)}, "study coin, figures: got ['means'], expected a name of"),
        (
            {"claims": (replace(ONE, control=None), *STUDY.claims[1:])},
            "study coin, claim means, control: got None, expected what an expected claim must fail",
        ),
        (
            {"claims": (replace(ONE, high=None), *STUDY.claims[1:])},
            "study coin, claim means, bounds: got None, expected a bound, low or high",
        ),
        ({"name": "../coin"}, "study: got '../coin', expected a name of small letters"),
        ({"finding": "It is [meens]."}, "unknown claim 'coin/meens'; did you mean coin/means?"),
    ],
)
def test_a_study_that_does_not_fit_together_is_refused_at_once(fields, says: str):
    with pytest.raises(BadInputError) as error:
        replace(STUDY, **fields)
    assert str(error.value).startswith(says)
    assert "\n" not in str(error.value)


def test_a_claim_of_another_kind_is_refused():
    """Without the type checks of these tests, as a user would meet it."""
    odd = replace(ONE)
    object.__setattr__(odd, "kind", "maybe")
    with pytest.raises(BadInputError, match="claim means, kind: got 'maybe', expected expected or"):
        replace(STUDY, claims=(odd, *STUDY.claims[1:]))
