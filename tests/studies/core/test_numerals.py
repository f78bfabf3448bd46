"""Numbers for people: no digit that the interval does not support, shares in words."""

import pytest

from tegum.studies.core.numerals import counted, written


@pytest.mark.parametrize(
    ("value", "interval", "text"),
    [
        (0.83416, (0.79, 0.87), "0.83 [0.79, 0.87]"),
        (0.96231, (0.9611, 0.9642), "0.9623 [0.9611, 0.9642]"),
        (1234.0, (1100.0, 1400.0), "1230 [1100, 1400]"),
        (-0.5, (-1.0, 0.2), "−0.5 [−1.0, 0.2]"),
        (2.5e-5, (-1e-3, 1e-3), "0 [−0.0010, 0.0010]"),
        (1.286e-7, (1e-7, 2e-7), "1.3 × 10⁻⁷ [1 × 10⁻⁷, 2 × 10⁻⁷]"),
        (0.7, (0.7, 0.7), "0.7"),
        (0.3162276, (0.3162275, 0.3162277), "0.3162"),
        (0.999996, (0.99999, 1.0), "1.0000"),
    ],
)
def test_a_number_has_the_digits_that_its_interval_supports(value, interval, text):
    assert written(value, interval) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (2 / 3, "0.667"), (20.0, "20"), (12345.6, "12346"), (1.286e-7, "1.29 × 10⁻⁷")],
)
def test_without_an_interval_three_digits_are_shown(value, text):
    assert written(value) == text


@pytest.mark.parametrize(
    ("share", "interval", "text"),
    [
        (1.0, None, "all models"),
        (0.0, (0.0, 0.0), "no models"),
        (0.0, (0.0, 0.2), "0 % [0 %, 20 %] of models"),
        (0.94, (0.9, 0.97), "94 % [90 %, 97 %] of models"),
        (0.5, None, "50 % of models"),
        (0.99999, None, "99.999 % of models"),
    ],
)
def test_a_share_is_said_in_words_and_nearly_all_is_never_all(share, interval, text):
    assert counted(share, "models", interval) == text
