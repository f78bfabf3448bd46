"""When merging pays: leading orders against exact losses at a small density."""

import numpy as np
import pytest

from tegum.theory.expected import expected_loss
from tegum.theory.merging import merging_cost, merging_gain, merging_pays
from tegum.theory.optimal_heads import head_floor

P = 1e-5
DIGONS = np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])
MERGED = np.array([[np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])


def asked() -> np.ndarray:
    pairs = np.zeros((4, 4))
    pairs[[0, 1], 2] = 1.0
    return pairs


def test_merging_costs_two_thirds_of_the_density() -> None:
    lost = [expected_loss(w, np.zeros(4), P, np.ones(4)) for w in (DIGONS, MERGED)]
    assert lost[1] - lost[0] == pytest.approx(merging_cost(P), rel=1e-3)


@pytest.mark.parametrize("target", ["count", "product"])
def test_merging_lets_the_head_explain_what_digons_do_not(target: str) -> None:
    floors = [head_floor(w, P, asked(), target) for w in (DIGONS, MERGED)]
    assert floors[0] - floors[1] == pytest.approx(merging_gain(P, target), rel=1e-3)


def test_merging_pays_from_sixteen_twentysevenths_and_from_three() -> None:
    assert merging_pays("count") == pytest.approx(16 / 27)
    assert merging_pays("product") == pytest.approx(3.0)
