"""Sharp codes against designs, coordinates, and the polytopes that they beat."""

import itertools

import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.theory.codes import CODES, row
from tegum.theory.maxwell import d_star, maxwell
from tegum.theory.polytope_losses import polytope_loss


def rectified_5_cell() -> np.ndarray:
    corners = np.eye(5) - 1 / 5
    pairs = itertools.combinations(corners, 2)
    _, s, rows = np.linalg.svd(np.array([one + other for one, other in pairs]).T)
    return s[:4, None] * rows[:4]


def demicube() -> np.ndarray:
    corners = itertools.product((1.0, -1.0), repeat=5)
    return np.array([corner for corner in corners if np.prod(corner) > 0]).T


@pytest.mark.parametrize("name", CODES)
def test_every_code_is_a_spherical_design_of_strength_three_or_more(name: str) -> None:
    """Averages of t, t², t³ over its cosines are those over the sphere: 0, 1/d, 0."""
    seen = row(name)
    assert len(seen) == CODES[name].vertices
    moments = [np.mean(seen**power) for power in (1, 2, 3)]
    expected = [0, 1 / CODES[name].dimensions, 0]
    # The rectified 5-cell alone is of strength two.
    strength = 2 if name == "rectified 5-cell" else 3
    np.testing.assert_allclose(moments[:strength], expected[:strength], atol=1e-15)


@pytest.mark.parametrize(
    ("name", "vertices"), [("rectified 5-cell", rectified_5_cell()), ("5-demicube", demicube())]
)
def test_a_code_loses_what_its_vertices_do(name: str, vertices: np.ndarray) -> None:
    by_name, by_vertices = (polytope_loss(shape, 0.1) for shape in (name, vertices))
    assert by_name.loss == pytest.approx(by_vertices.loss, rel=1e-8)
    assert by_name.norm == pytest.approx(by_vertices.norm, rel=1e-4)


def test_a_demicube_beats_small_polytopes_at_a_tenth_and_schlaflis_27_at_a_thirtieth() -> None:
    for density, name in ((0.1, "5-demicube"), (1 / 30, "Schläfli's 27")):
        assert d_star(200, 20, density).shares[-1].name == name


def test_codes_do_not_touch_the_plateau_of_digons() -> None:
    assert maxwell(0.3).names == ("unrepresented", "digon", "single")


def test_the_wider_a_code_the_less_is_lost_where_features_are_sparse() -> None:
    """100 in 22 and 27 in 6 take the same room, 22 % of a dimension."""
    assert polytope_loss("100 in 22", 0.05).loss < polytope_loss("Schläfli's 27", 0.05).loss


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(BadInputError, match="did you mean"):
        row("5-demicubes")
