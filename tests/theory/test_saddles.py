"""Critical points by symmetry: they have no slope in any direction, and the losses that are known in closed form."""

import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.features import CorrelatedSets
from tegum.theory import saddles
from tegum.theory.expected import expected_loss, expected_loss_and_gradient
from tegum.theory.mixtures import mixture_losses
from tegum.theory.polytope_losses import polytope_loss
from tegum.theory.saddles import STAGES, line, line_costs, set_levels, set_stage

P, SPARE = 0.35, 5


@pytest.mark.parametrize("sides", [(1, 1), (1, 2), (2, 2), (1, SPARE - 1)])
def test_features_on_a_line_have_no_slope_in_any_weight_or_bias(sides: tuple[int, int]) -> None:
    found = line(P, *sides, SPARE)
    loss, slopes = expected_loss_and_gradient(found.w, found.b, P)
    assert found.loss == pytest.approx(float(loss), abs=1e-6)
    for slope in slopes:
        np.testing.assert_allclose(slope, 0, atol=2e-6)


def test_the_digon_loses_what_the_polytope_does_and_the_rest_their_variance() -> None:
    variance = P / 3 - P**2 / 4
    expected = 2 * polytope_loss("digon", P).loss + (SPARE - 2) * variance
    assert line(P, 1, 1, SPARE).loss == pytest.approx(expected, abs=1e-6)


def test_costs_rise_from_the_digon_to_an_empty_dimension_and_add_up_over_dimensions() -> None:
    costs = line_costs(P, SPARE)
    assert [*costs][:: len(costs) - 1] == ["1|1", "empty"]
    assert costs["1|1"] == 0
    assert min(np.diff(list(costs.values()))) > 0
    # A second dimension with a digon of other features beside each.
    w, b = np.zeros((2, SPARE + 2)), np.full(SPARE + 2, P / 2)
    digon, shared = line(P, 1, 1, SPARE), line(P, 1, 2, SPARE)
    w[1, -2:], b[-2:] = digon.w[0, :2], digon.b[:2]
    losses = []
    for saddle in (digon, shared):
        w[0, :SPARE], b[:SPARE] = saddle.w[0], saddle.b
        losses.append(float(expected_loss(w, b, P)))
    assert losses[1] - losses[0] == pytest.approx(costs["1|2"], abs=1e-6)


@pytest.mark.parametrize("name", STAGES)
def test_stages_of_sets_have_no_slope_and_the_loss_of_their_mixture(name: str) -> None:
    stage, law, rng = set_stage(name, 0.1), CorrelatedSets((3, 3), 0.1), np.random.default_rng(0)
    by = 1e-5 * rng.normal(size=(8, 3, 6)), 1e-5 * rng.normal(size=(8, 6))
    # A linear stage's outputs stand at the kink of ReLU, from which nothing can be gained by going down.
    there, back = (
        mixture_losses(stage.w + sign * by[0], stage.b + sign * by[1], law, terms=256)
        for sign in (1, -1)
    )
    exact = mixture_losses(stage.w[None], stage.b[None], law, terms=256)
    assert stage.loss == pytest.approx(float(exact[0]), abs=1e-5)
    np.testing.assert_allclose((there - back) / 2e-5, 0, atol=1e-3)


def test_stages_lose_less_and_less_and_the_first_two_what_principal_components_leave() -> None:
    p = 0.1
    levels = set_levels(p)
    assert [*levels][:: len(levels) - 1] == [saddles.ONE_LINE, saddles.OCTAHEDRON]
    moments = np.asarray(CorrelatedSets((3, 3), p).second_moment, float)
    left = np.cumsum(np.linalg.eigvalsh(moments))[::-1]
    assert levels[saddles.ONE_LINE] == pytest.approx(left[1], abs=1e-6)
    assert levels[saddles.TWO_LINES] == pytest.approx(left[2], abs=1e-6)


def test_what_makes_no_sense_is_refused() -> None:
    for arguments in ((0.0, 1, 1, 2), (0.3, 0, 1, 2), (0.3, 2, 2, 3)):
        with pytest.raises(BadInputError, match="density, up, down"):
            line(*arguments)
    with pytest.raises(BadInputError, match="spare"):
        line_costs(0.3, 3)
    with pytest.raises(BadInputError, match="stage"):
        set_stage("two lions", 0.1)
    with pytest.raises(BadInputError, match="density"):
        set_stage(saddles.OCTAHEDRON, 1.5)
