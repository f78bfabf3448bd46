"""Critical points of the one-active loss: the known levels of six features in the plane, and how they curve."""

import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.theory.one_active import one_active_loss
from tegum.theory.optima import critical_point, critical_points, kgon, kgon_level
from tegum.theory.polytopes import polygon

LEVELS = {
    "6": 0.048192,
    "5^{1+}": 0.061799,
    "5": 0.068744,
    "4^{2+}": 0.097222,
    "4^{1+}": 0.104167,
    "4": 0.111111,
}


@pytest.fixture(scope="module")
def found() -> tuple:
    return critical_points(6, 2, 160)


def test_restarts_land_on_the_known_levels_and_on_no_others(found: tuple) -> None:
    landed = {point.label: point.loss for point in found}
    assert landed == pytest.approx({label: LEVELS[label] for label in landed}, abs=6e-7)
    assert {"6", "5^{1+}", "5", "4^{2+}"} <= set(landed)
    assert sum(point.restarts for point in found) == 160


def test_minima_of_six_and_five_vertices_have_the_known_zero_modes_and_learning_coefficients(
    found: tuple,
) -> None:
    best = {point.label: point for point in found}
    for label, zero_modes, coefficient in (
        ("6", 1, 17 / 2),
        ("5^{1+}", 1, 17 / 2),
        ("5", 4, 14 / 2),
    ):
        point = best[label]
        assert (point.negative_modes, point.zero_modes) == (0, zero_modes)
        assert point.learning_coefficient == coefficient
        assert point.gradient_norm < 1e-8


def test_levels_follow_from_the_polygons() -> None:
    levels = [(6, 0), (5, 1), (5, 0), (4, 2), (4, 1), (4, 0)]
    assert [kgon_level(k, 6, spare) for k, spare in levels] == pytest.approx(
        list(LEVELS.values()), abs=6e-7
    )
    assert kgon_level(4, 6, off=1) - kgon_level(4, 6) == pytest.approx(1 / 18)
    assert kgon_level(4, 6, spare=1) - kgon_level(4, 6) == pytest.approx(-1 / 144)


def test_a_pentagon_written_down_is_critical_and_named() -> None:
    norm, bias, _ = kgon(5)
    w = np.hstack([norm * polygon(5), np.zeros((2, 1))])
    b = np.append(np.full(5, bias), 1 / 12)
    point = critical_point(w, b)
    assert (point.label, point.k, point.spare, point.off) == ("5^{1+}", 5, 1, 0)
    assert point.loss == pytest.approx(kgon_level(5, 6, spare=1), abs=1e-12)
    assert point.loss == pytest.approx(one_active_loss(w, b))
    assert point.gradient_norm < 1e-8


def test_a_square_with_one_vertex_switched_off_costs_an_eighteenth() -> None:
    w = np.hstack([polygon(4), np.zeros((2, 2))])
    b = np.array([0.0, 0.0, 0.0, -2.0, -1.0, 1 / 12])
    point = critical_point(w, b)
    assert point.label == "4^{1+,1-}"
    assert point.loss == pytest.approx(kgon_level(4, 6, spare=1, off=1), abs=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: critical_points(0), "n_features"),
        (lambda: critical_points(25), "n_features"),
        (lambda: critical_points(5, 0), "n_hidden"),
        (lambda: critical_points(5, 2, 0), "restarts"),
        (lambda: critical_point(np.full((2, 2), np.nan), np.zeros(2)), "finite"),
        (lambda: kgon_level(7, 6), "k: got 7"),
        (lambda: kgon_level(5, 6, spare=2), "spare"),
        (lambda: kgon_level(5, 6, off=1), "off"),
    ],
)
def test_what_cannot_be_used_is_named(call: object, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        call()
