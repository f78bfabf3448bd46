"""A hierarchy's modes against a numeric SVD, courses of learning against integrated equations and steps."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from tegum.errors import BadInputError
from tegum.theory.deep_linear import (
    Modes,
    aligned_part,
    coupled_course,
    deep_course,
    hierarchy,
    hierarchy_modes,
    left_out,
    level_strengths,
    paces,
    shallow_course,
    split_levels,
    time_to_learn,
)

TREES = ((1, 1, 1), (1, 1, 1, 1, 1), (0, 2, 1, 3), (2, 0, 0, 1))


def test_items_share_the_properties_of_their_common_ancestors() -> None:
    y = hierarchy((1, 1, 2))
    assert y.shape == (1 + 2 + 8, 4)
    np.testing.assert_array_equal(y.T @ y, [[4, 2, 1, 1], [2, 4, 1, 1], [1, 1, 4, 2], [1, 1, 2, 4]])


@pytest.mark.parametrize("properties", TREES)
def test_the_modes_are_a_singular_value_decomposition(properties: tuple[int, ...]) -> None:
    y, modes = hierarchy(properties), hierarchy_modes(properties)
    one = np.eye(modes.s.size)
    np.testing.assert_allclose(modes.u * modes.s @ modes.v.T, y, atol=1e-12)
    np.testing.assert_allclose(modes.u.T @ modes.u, one, atol=1e-12)
    np.testing.assert_allclose(modes.v.T @ modes.v, one, atol=1e-12)
    np.testing.assert_allclose(modes.s, np.linalg.svd(y, compute_uv=False), rtol=1e-12)


def test_strengths_of_one_property_a_node_are_known_and_fall_by_root_two_or_more() -> None:
    s = level_strengths((1,) * 5)
    np.testing.assert_allclose(s**2, [31, 15, 7, 3, 1])
    assert (s[:-1] / s[1:] > np.sqrt(2)).all()


def test_the_level_of_a_pair_is_that_of_its_first_mode_of_two_signs() -> None:
    v, level = hierarchy_modes((1,) * 4).v, hierarchy_modes((1,) * 4).level
    split = split_levels(3)
    for i in range(8):
        assert split[i, i] == 4
        for j in set(range(8)) - {i}:
            assert split[i, j] == level[np.flatnonzero(abs(v[i] - v[j]) > 1e-9)[0]]


def test_a_tree_has_leaves_with_properties() -> None:
    for wrong in ((1,), (1, 0), (1, -1, 1)):
        with pytest.raises(BadInputError, match="properties"):
            hierarchy(wrong)


def integrated(w1: np.ndarray, w2: np.ndarray, y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Gradient flow on ½ ‖Y - W2 W1‖² at τ = 1: W2 W1 at every time."""

    def slope(_: float, flat: np.ndarray) -> np.ndarray:
        first, second = flat[: w1.size].reshape(w1.shape), flat[w1.size :].reshape(w2.shape)
        rest = y - second @ first
        return np.concatenate([(second.T @ rest).ravel(), (rest @ first.T).ravel()])

    start = np.concatenate([w1.ravel(), w2.ravel()])
    ended = solve_ivp(slope, (0, t[-1]), start, t_eval=t, rtol=1e-10, atol=1e-12)
    first = ended.y[: w1.size].T.reshape(-1, *w1.shape)
    return ended.y[w1.size :].T.reshape(-1, *w2.shape) @ first


def strengths(product: np.ndarray, modes: Modes) -> np.ndarray:
    return np.einsum("pk,tpi,ik->tk", modes.u, product, modes.v)


TIMES = np.linspace(0, 8, 33)


def test_decoupled_modes_follow_the_sigmoid() -> None:
    y, modes = hierarchy((1, 1, 1)), hierarchy_modes((1, 1, 1))
    z = 0.1 * np.linalg.qr(np.random.default_rng(0).normal(size=(6, 4)))[0]
    found = strengths(integrated(z @ modes.v.T, modes.u @ z.T, y, TIMES), modes)
    predicted = deep_course(TIMES[:, None], modes.s, 0.01, 1.0)
    np.testing.assert_allclose(found, predicted, atol=1e-7)


def test_balanced_modes_that_overlap_follow_the_riccati_equation_and_no_sigmoid() -> None:
    y, modes = hierarchy((1, 1, 1)), hierarchy_modes((1, 1, 1))
    z = 0.1 * np.random.default_rng(1).normal(size=(5, 4))
    found = strengths(integrated(z @ modes.v.T, modes.u @ z.T, y, TIMES), modes)
    np.testing.assert_allclose(found, coupled_course(TIMES, modes.s, z, 1.0), atol=1e-7)
    alone = deep_course(TIMES[:, None], modes.s, np.sum(z**2, axis=0), 1.0)
    assert abs(found - alone).max() > 0.1


def test_what_a_start_leaves_out_bounds_how_late_it_is() -> None:
    y, modes = hierarchy((1, 1, 1)), hierarchy_modes((1, 1, 1))
    rng, t = np.random.default_rng(2), np.linspace(0, 10, 2001)
    w1, w2 = 0.1 * rng.normal(size=(8, 4)), 0.1 * rng.normal(size=(7, 8))
    found = strengths(integrated(w1, w2, y, t), modes)
    predicted = coupled_course(t, modes.s, aligned_part(w1, w2, modes), 1.0)
    when = [t[(course >= modes.s / 2).argmax(axis=0)] for course in (found, predicted)]
    late = abs(when[0] / when[1] - 1)
    assert (late < left_out(w1, w2, modes) / modes.s + 0.002).all()
    assert left_out(w1, w2, modes) < 0.2


def test_a_balanced_start_in_the_span_of_the_modes_leaves_nothing_out() -> None:
    modes = hierarchy_modes((1, 1, 1))
    z = np.random.default_rng(3).normal(size=(5, 4))
    w1, w2 = z @ modes.v.T, modes.u @ z.T
    np.testing.assert_allclose(aligned_part(w1, w2, modes), z, atol=1e-12)
    assert left_out(w1, w2, modes) < 1e-20
    assert left_out(w1, -w2, modes) > 1


def test_riccati_of_orthogonal_modes_is_the_sigmoid_and_needs_a_unit_a_mode() -> None:
    s = np.array([3.0, 1.0])
    z = 0.2 * np.eye(3, 2)
    predicted = deep_course(TIMES[:, None], s, 0.04, 0.5)
    np.testing.assert_allclose(coupled_course(TIMES, s, z, 0.5), predicted, rtol=1e-12)
    with pytest.raises(BadInputError, match="as many hidden units as modes"):
        coupled_course(TIMES, s, z[:1], 0.5)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_time_to_learn_is_when_the_course_passes_the_share(share: float) -> None:
    s = np.array([4.0, 1.0])
    t = time_to_learn(s, 1e-3, 0.01, share)
    np.testing.assert_allclose(deep_course(t, s, 1e-3, 0.01), share * s, rtol=1e-9)
    assert t[0] < t[1]


def test_a_start_beyond_the_end_has_no_time_to_learn() -> None:
    assert np.isnan(time_to_learn(1.0, 2.0, 0.1))


def test_one_layer_has_the_half_life_of_its_rate_whatever_the_mode() -> None:
    s = np.array([5.0, 0.5])
    np.testing.assert_allclose(shallow_course(np.log(2) / 0.01, s, 0.0, 0.01), s / 2)
    np.testing.assert_allclose(shallow_course(0.0, s, 0.3, 0.01), 0.3)


def stepped(s: float, start: float, rate: float) -> np.ndarray:
    """Strength of a decoupled mode after every step of gradient descent."""
    a = [start]
    for _ in range(int(12 / (rate * s))):
        a.append(a[-1] * (1 + rate * (s - a[-1])) ** 2)
    return np.array(a)


@pytest.mark.parametrize("eta_s", [0.01, 0.1, 0.4])
def test_steps_stay_between_flows_at_the_two_paces(eta_s: float) -> None:
    a, rate = stepped(2.0, 1e-4, eta_s / 2), eta_s / 2
    slow, fast = (pace.item() for pace in paces(np.array([2.0]), rate))
    assert (deep_course(slow * np.arange(a.size), 2.0, 1e-4, rate) <= a * (1 + 1e-9)).all()
    assert (deep_course(fast * np.arange(a.size), 2.0, 1e-4, rate) >= a * (1 - 1e-9)).all()


def test_the_slow_pace_is_slower_by_no_more_than_steps_are() -> None:
    a, rate = stepped(2.0, 1e-4, 0.005), 0.005
    [slow], _ = paces(np.array([2.0]), rate)
    less = 1 - 0.9 * (1 - slow)
    assert (deep_course(less * np.arange(a.size), 2.0, 1e-4, rate) > a).any()


def test_a_rate_at_which_steps_may_overshoot_is_refused() -> None:
    with pytest.raises(BadInputError, match="learning rate"):
        paces(np.array([1.0, 6.0]), 0.1)
