"""The exact theory of heads, held against sums over all states, sampling, least squares, and known closed forms."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

from tegum.analysis.spectra import unwhitened
from tegum.errors import BadInputError
from tegum.theory.head_moments import (
    TARGETS,
    asked_power,
    first_moments,
    hidden_covariance,
    hidden_mean,
    second_moment,
    target_correlation,
    target_power,
)
from tegum.theory.optimal_heads import (
    decodability,
    dual_directions,
    head_floor,
    head_loss,
    optimal_head,
    orthonormal_cosine,
    pair_cosine,
    whitened_values,
)


def polygon(k: int) -> np.ndarray:
    angle = 2 * np.pi * np.arange(k) / k
    return np.stack([np.cos(angle), np.sin(angle)])


def simplex(k: int) -> np.ndarray:
    """Unit vectors, k of them in k - 1 dimensions with equal angles."""
    centred = np.eye(k) - 1 / k
    vertices = np.linalg.svd(centred)[0][:, : k - 1].T @ centred
    return vertices / np.linalg.norm(vertices, axis=0)


def tegum(*factors: np.ndarray) -> np.ndarray:
    """Polytopes in orthogonal subspaces."""
    rows, columns = np.sum([f.shape for f in factors], axis=0)
    w, row, column = np.zeros((rows, columns)), 0, 0
    for f in factors:
        w[row : row + f.shape[0], column : column + f.shape[1]] = f
        row, column = row + f.shape[0], column + f.shape[1]
    return w


ONE, DIGON, TRIANGLE, TETRAHEDRON, PENTAGON = (
    np.eye(1),
    simplex(2),
    polygon(3),
    simplex(4),
    polygon(5),
)
BALANCED = {
    "digon": DIGON,
    "triangle": TRIANGLE,
    "tetrahedron": TETRAHEDRON,
    "pentagon": PENTAGON,
    "mixed tegum": tegum(DIGON, TRIANGLE, PENTAGON),
}
MIXED = tegum(np.eye(4), DIGON)  # 4 features alone, and an antipodal pair


def random_weights(hidden: int, features: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(hidden, features)) / np.sqrt(hidden)


def pairs(features: int, *entries: tuple) -> np.ndarray:
    """T with the given (i, j) or (i, j, weight)."""
    weights = np.zeros((features, features))
    for i, j, *weight in entries:
        weights[i, j] = weight[0] if weight else 1.0
    return weights


def seen(h: np.ndarray, bias: bool) -> np.ndarray:
    return np.vstack([h, np.ones_like(h[:1])]) if bias else h


def target_of(x: np.ndarray, y: np.ndarray, weights: np.ndarray, target: str) -> np.ndarray:
    """The literal definition of s, of every x with every y."""
    if target == "product":
        return x.T @ weights @ y
    if target == "count":
        return (x > 0).T.astype(float) @ weights @ (y > 0)
    return ((x > 0).T.astype(int) @ (weights != 0) @ (y > 0) > 0).astype(float)


class AllStates:
    """Every state of a few features.

    Two Gauss nodes stand for the uniform value of an active feature; they give all its moments up to the third exactly,
    and no expectation here needs more than the second.
    """

    def __init__(self, density: np.ndarray) -> None:
        nodes = [0.0, 0.5 - 0.5 / np.sqrt(3), 0.5 + 0.5 / np.sqrt(3)]
        self.x = np.array(list(itertools.product(nodes, repeat=len(density)))).T
        self.chance = np.prod(
            [np.where(x > 0, p / 2, 1 - p) for x, p in zip(self.x, density, strict=True)], axis=0
        )

    def moments(self, w: np.ndarray, weights: np.ndarray, target: str, bias: bool) -> tuple:
        """C, N and E s²."""
        h, s = seen(w @ self.x, bias), target_of(self.x, self.x, weights, target)
        weighted = h * self.chance
        return weighted @ h.T, weighted @ s @ weighted.T, self.chance @ s**2 @ self.chance

    def loss(
        self, omega: np.ndarray, w: np.ndarray, weights: np.ndarray, target: str, bias: bool
    ) -> float:
        h, s = seen(w @ self.x, bias), target_of(self.x, self.x, weights, target)
        return float(self.chance @ (s - h.T @ omega @ h) ** 2 @ self.chance)


SETTINGS = {  # w, density, T
    "random": (random_weights(3, 5), np.full(5, 0.4), pairs(5, (0, 1), (2, 3, 2.0), (2, 1, -0.5))),
    "unequal densities": (
        random_weights(2, 5, 1),
        np.array([0.1, 1.0, 0.5, 0.9, 0.3]),
        pairs(5, (0, 0), (0, 3, 0.7), (4, 3, 1.5), (2, 4)),
    ),
    "digon and triangle": (
        tegum(DIGON, TRIANGLE),
        np.full(5, 0.2),
        pairs(5, (0, 2), (1, 3), (3, 4)),
    ),
    "orthonormal": (np.eye(4), np.full(4, 0.7), np.eye(4)),
    "all to all": (random_weights(3, 4, 2), np.array([0.2, 0.3, 0.4, 0.5]), np.ones((4, 4))),
}
every_setting = pytest.mark.parametrize("setting", SETTINGS)
every_target = pytest.mark.parametrize("target", TARGETS)
with_and_without_constant = pytest.mark.parametrize("bias", [False, True])


# --- moments --------------------------------------------------------------------------------------------------------


@every_setting
@every_target
@with_and_without_constant
def test_every_moment_is_its_sum_over_all_states(setting: str, target: str, bias: bool):
    w, p, weights = SETTINGS[setting]
    c, n, power = AllStates(p).moments(w, weights, target, bias)
    np.testing.assert_allclose(second_moment(w, p, bias), c, atol=1e-13)
    np.testing.assert_allclose(target_correlation(w, p, weights, target, bias), n, atol=1e-13)
    np.testing.assert_allclose(target_power(p, weights, target), power, rtol=1e-12)


@every_setting
@every_target
@with_and_without_constant
def test_first_moments_and_asked_power_are_their_sums_over_all_states(
    setting: str, target: str, bias: bool
):
    w, p, _ = SETTINGS[setting]
    states = AllStates(p)
    asked = states.x if target == "product" else (states.x > 0).astype(float)
    expected = seen(w @ states.x, bias) * states.chance @ asked.T
    np.testing.assert_allclose(first_moments(w, p, target, bias), expected, atol=1e-14)
    np.testing.assert_allclose(asked_power(p.size, p, target), asked**2 @ states.chance, rtol=1e-12)


@every_setting
def test_mean_and_covariance_are_their_sums_over_all_states(setting: str):
    w, p, _ = SETTINGS[setting]
    states = AllStates(p)
    h = w @ states.x
    mean = h @ states.chance
    np.testing.assert_allclose(hidden_mean(w, p), mean, atol=1e-14)
    np.testing.assert_allclose(
        hidden_covariance(w, p), (h * states.chance) @ h.T - np.outer(mean, mean), atol=1e-14
    )


def test_at_one_density_first_moments_are_the_published_forms():
    w, p = random_weights(4, 9), 0.3
    total = w.sum(axis=1, keepdims=True)
    mean, variance = p / 2, p / 3 - p**2 / 4
    np.testing.assert_allclose(first_moments(w, p), mean * ((1 - p) * w + p * total), atol=1e-14)
    np.testing.assert_allclose(
        first_moments(w, p, "product"), variance * w + mean**2 * total, atol=1e-14
    )


@pytest.mark.parametrize("seed", range(20))
@with_and_without_constant
def test_any_agrees_with_all_patterns_for_random_graphs_of_pairs(seed: int, bias: bool):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7))
    marked = rng.random((n, n)) < rng.uniform(0.1, 0.6)
    w, p = rng.normal(size=(3, n)), rng.uniform(0.05, 1.0, n)
    _, correlation, power = AllStates(p).moments(w, marked.astype(float), "any", bias)
    weights = marked * rng.normal(size=(n, n))  # only which pairs, not how heavy
    np.testing.assert_allclose(
        target_correlation(w, p, weights, "any", bias), correlation, atol=1e-12
    )
    np.testing.assert_allclose(target_power(p, weights, "any"), power, atol=1e-12)


@pytest.mark.parametrize("q", [1, 2, 4, 10])
@pytest.mark.parametrize("density", [0.05, 0.5, 0.9])
def test_any_of_disjoint_pairs_has_its_closed_form(q: int, density: float):
    w = random_weights(5, 2 * q + 3)
    left, right = w[:, :q], w[:, q : 2 * q]
    p, s, mean, absent = density, 1 - density, density / 2, 1 - density**2
    total, left_sum, right_sum = w.sum(axis=1), left.sum(axis=1), right.sum(axis=1)
    expected = mean**2 * (
        s**2 * absent ** (q - 2) * (left @ right.T - p**2 * np.outer(left_sum, right_sum))
        + s * p * absent ** (q - 1) * (np.outer(left_sum, total) + np.outer(total, right_sum))
        + (1 - absent**q) * np.outer(total, total)
    )
    weights = pairs(w.shape[1], *((k, q + k) for k in range(q)))
    np.testing.assert_allclose(target_correlation(w, p, weights, "any"), expected, atol=1e-12)
    np.testing.assert_allclose(target_power(p, weights, "any"), 1 - absent**q, rtol=1e-10)


def test_any_and_count_are_the_same_for_one_pair_and_agree_for_several_when_features_are_sparse():
    w = np.eye(8)
    one, four = pairs(8, (0, 4)), pairs(8, *((k, k + 4) for k in range(4)))
    np.testing.assert_allclose(
        optimal_head(w, 0.4, one, "any"), optimal_head(w, 0.4, one), atol=1e-12
    )

    def difference(sparsity: float) -> float:
        count = optimal_head(w, 1 - sparsity, four)
        return float(
            np.linalg.norm(optimal_head(w, 1 - sparsity, four, "any") - count)
            / np.linalg.norm(count)
        )

    found = [difference(s) for s in (0.3, 0.6, 0.9, 0.97)]
    np.testing.assert_allclose(found, [0.72, 0.36, 0.03, 0.003], atol=0.005)


def test_any_of_q_disjoint_pairs_has_one_rank_more_than_count():
    w, four = np.eye(8), pairs(8, *((k, k + 4) for k in range(4)))
    assert np.linalg.matrix_rank(optimal_head(w, 0.4, four), tol=1e-9) == 4
    assert np.linalg.matrix_rank(optimal_head(w, 0.4, four, "any"), tol=1e-9) == 5


def test_any_of_many_disjoint_pairs_is_not_enumerated():
    assert target_power(0.1, np.eye(300), "any") == pytest.approx(1 - 0.99**300)


# --- the optimum ----------------------------------------------------------------------------------------------------


@every_setting
@every_target
@with_and_without_constant
def test_the_optimal_head_is_the_least_squares_answer_over_all_states(
    setting: str, target: str, bias: bool
):
    w, p, weights = SETTINGS[setting]
    p, w, weights = p[:4], w[:, :4], weights[:4, :4]
    states = AllStates(p)
    h, s = seen(w @ states.x, bias), target_of(states.x, states.x, weights, target)
    root = np.sqrt(np.outer(states.chance, states.chance).ravel())
    design = np.einsum("is,jt->stij", h, h).reshape(root.size, -1) * root[:, None]
    answer = np.linalg.lstsq(design, s.ravel() * root, rcond=1e-10)[0].reshape(len(h), len(h))
    np.testing.assert_allclose(optimal_head(w, p, weights, target, bias), answer, atol=1e-9)


@pytest.mark.parametrize("setting", ["random", "unequal densities", "digon and triangle"])
@every_target
@with_and_without_constant
def test_the_optimal_head_and_its_loss_agree_with_regression_on_samples(
    setting: str, target: str, bias: bool
):
    w, p, weights = SETTINGS[setting]
    rng, samples = np.random.default_rng(7), 60_000
    x, y = (
        np.where(rng.random((p.size, samples)) < p[:, None], rng.random((p.size, samples)), 0.0)
        for _ in range(2)
    )
    f, g = (x, y) if target == "product" else ((x > 0).astype(float), (y > 0).astype(float))
    s = np.einsum("is,ij,js->s", f, weights, g)
    if target == "any":
        s = (np.einsum("is,ij,js->s", f, np.abs(weights), g) > 0).astype(float)
    design = np.einsum("is,js->sij", seen(w @ x, bias), seen(w @ y, bias)).reshape(samples, -1)
    inverse = np.linalg.inv(design.T @ design)
    answer = inverse @ design.T @ s
    scores = design * (s - design @ answer)[:, None]
    error = np.sqrt(
        np.diag(inverse @ (scores.T @ scores) @ inverse)
    )  # robust: the residual's spread varies with h
    optimum = optimal_head(w, p, weights, target, bias)
    assert np.all(np.abs(optimum.ravel() - answer) < 4 * error)
    squares = (s - design @ optimum.ravel()) ** 2
    floor = head_floor(w, p, weights, target, bias)
    assert abs(squares.mean() - floor) < 4 * squares.std() / np.sqrt(samples)


@every_setting
@every_target
@with_and_without_constant
def test_the_loss_of_any_head_is_its_sum_over_all_states(setting: str, target: str, bias: bool):
    w, p, weights = SETTINGS[setting]
    size = len(w) + bias
    omega = np.random.default_rng(3).normal(size=(size, size))
    expected = AllStates(p).loss(omega, w, weights, target, bias)
    assert head_loss(omega, w, p, weights, target, bias) == pytest.approx(expected, rel=1e-12)


@every_setting
@every_target
@with_and_without_constant
def test_the_floor_falls_with_rank_and_is_the_loss_of_the_optimal_head(
    setting: str, target: str, bias: bool
):
    w, p, weights = SETTINGS[setting]
    ranks = range(1, len(w) + bias + 1)
    heads = [optimal_head(w, p, weights, target, bias, rank) for rank in ranks]
    floors = [head_floor(w, p, weights, target, bias, rank) for rank in ranks]
    losses = [head_loss(head, w, p, weights, target, bias) for head in heads]
    np.testing.assert_allclose(losses, floors, atol=1e-12)
    assert np.all(np.diff(floors) <= 1e-15)
    assert floors[-1] == head_floor(w, p, weights, target, bias)
    np.testing.assert_allclose(heads[-1], optimal_head(w, p, weights, target, bias), atol=1e-9)
    for rank, head in zip(ranks, heads, strict=True):
        assert np.linalg.matrix_rank(head, tol=1e-9) <= rank


@pytest.mark.parametrize("setting", ["random", "unequal densities"])
@every_target
@with_and_without_constant
def test_no_head_near_the_optimum_of_rank_r_and_of_that_rank_is_better(
    setting: str, target: str, bias: bool
):
    w, p, weights = SETTINGS[setting]
    rng, rank = np.random.default_rng(5), 1
    u, s, vt = np.linalg.svd(optimal_head(w, p, weights, target, bias, rank))
    a, b = u[:, :rank] * s[:rank], vt[:rank]
    floor = head_floor(w, p, weights, target, bias, rank)
    for size in (1e-3, 1e-2, 0.1, 1.0):
        for _ in range(20):
            near = (a + size * rng.normal(size=a.shape)) @ (b + size * rng.normal(size=b.shape))
            assert head_loss(near, w, p, weights, target, bias) > floor


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize(
    ("target", "bias"), [("any", False), ("count", False), ("count", True), ("product", False)]
)
def test_gradient_descent_in_a_and_b_reaches_the_floor_of_rank_r_and_no_less(
    rank: int, target: str, bias: bool
):
    w, p, weights = SETTINGS["random"]
    c, n = second_moment(w, p, bias), target_correlation(w, p, weights, target, bias)
    power, shape = target_power(p, weights, target), (2, rank, len(c))

    def loss_and_gradient(flat: np.ndarray) -> tuple[float, np.ndarray]:
        a, b = flat.reshape(shape)
        omega = a.T @ b
        by_omega = 2 * (c @ omega @ c - n)
        return power + np.sum((c @ omega @ c - 2 * n) * omega), np.stack(
            [b @ by_omega.T, a @ by_omega]
        ).ravel()

    starts = np.random.default_rng(11).normal(size=(6, 2 * rank * len(c)))
    options = {"gtol": 1e-10, "ftol": 1e-15, "maxiter": 5000}
    reached = [
        minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", options=options).fun
        for start in starts
    ]
    floor = head_floor(w, p, weights, target, bias, rank)
    assert min(reached) == pytest.approx(floor, rel=1e-6)
    assert min(reached) > floor - 1e-12


def test_the_unbounded_optimum_is_made_of_the_dual_directions():
    for setting, bias, target in itertools.product(SETTINGS, (False, True), ("count", "product")):
        w, p, weights = SETTINGS[setting]
        dual = dual_directions(w, p, target, bias)
        np.testing.assert_allclose(
            optimal_head(w, p, weights, target, bias), dual @ weights @ dual.T, atol=1e-9
        )


@with_and_without_constant
def test_hidden_dimensions_that_no_feature_uses_are_left_alone(bias: bool):
    w, p, weights = random_weights(3, 5), 0.3, pairs(5, (0, 1), (2, 3))
    embed = np.linalg.qr(np.random.default_rng(2).normal(size=(6, 3)))[0]
    whole = np.zeros((7, 4))
    whole[:6, :3], whole[6, 3] = embed, 1.0
    full = whole if bias else embed
    lifted = optimal_head(embed @ w, p, weights, bias=bias)
    np.testing.assert_allclose(
        lifted, full @ optimal_head(w, p, weights, bias=bias) @ full.T, atol=1e-9
    )
    assert whitened_values(embed @ w, p, weights, bias=bias).shape == (6 + bias,)


@every_target
@with_and_without_constant
def test_whitened_values_do_not_change_when_the_hidden_layer_is_recoded(target: str, bias: bool):
    w, p, weights = SETTINGS["unequal densities"]
    recode = np.array([[2.0, 1.0], [-0.3, 0.5]])
    expected = whitened_values(w, p, weights, target, bias)
    np.testing.assert_allclose(
        whitened_values(recode @ w, p, weights, target, bias), expected, atol=1e-10
    )


def test_weights_may_come_as_float32_or_from_jax_and_density_as_a_list():
    w, p, weights = SETTINGS["random"]
    single = w.astype(np.float32)
    expected = optimal_head(single.astype(np.float64), p, weights)
    for came in (single, jnp.asarray(single)):
        found = optimal_head(came, p.tolist(), weights.astype(np.float32))
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, expected)


# --- dual directions and the cosine of one pair ---------------------------------------------------------------------


@pytest.mark.parametrize("sparsity", [0.0, 0.2, 0.5, 0.9, 0.99])
def test_dual_directions_have_the_sherman_morrison_closed_forms(sparsity: float):
    w, s, p = random_weights(4, 9), sparsity, 1 - sparsity
    inverse, total = np.linalg.inv(w @ w.T), w.sum(axis=1)
    pi, kappa = w.T @ inverse @ total, total @ inverse @ total
    beta = p * (1 + 3 * s - 3 * s * pi) / (1 + 3 * s + 3 * p * kappa)
    gamma = 3 * p * (1 - pi) / (1 + 3 * s + 3 * p * kappa)
    count = 6 / (1 + 3 * s) * inverse @ (s * w + np.outer(total, beta))
    product = inverse @ (w + np.outer(total, gamma))
    np.testing.assert_allclose(dual_directions(w, p), count, atol=1e-10)
    np.testing.assert_allclose(dual_directions(w, p, "product"), product, atol=1e-10)
    with_constant = dual_directions(w, p, bias=True)[:-1]
    np.testing.assert_allclose(with_constant, 6 * s / (1 + 3 * s) * inverse @ w, atol=1e-10)
    np.testing.assert_allclose(
        dual_directions(w, p, "product", bias=True)[:-1], inverse @ w, atol=1e-10
    )


@every_target
@with_and_without_constant
def test_dual_directions_are_the_pseudo_inverse_on_the_first_moments(target: str, bias: bool):
    for w, p, _ in SETTINGS.values():
        expected = np.linalg.pinv(second_moment(w, p, bias), hermitian=True) @ first_moments(
            w, p, target, bias
        )
        np.testing.assert_allclose(dual_directions(w, p, target, bias), expected, atol=1e-10)


def test_with_a_constant_and_densities_of_their_own_duals_are_whitened_by_the_covariance():
    w, p, _ = SETTINGS["unequal densities"]
    inverse = np.linalg.inv(hidden_covariance(w, p))
    np.testing.assert_allclose(
        dual_directions(w, p, bias=True)[:-1], inverse @ w * (p * (1 - p) / 2), atol=1e-12
    )


SPARSITIES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97)
TABLE = {
    "5 orthonormal": (np.eye(5), 0, (0.447, 0.798, 0.953, 0.984, 0.994, 0.999, 1.000)),
    "10 orthonormal": (np.eye(10), 0, (0.316, 0.810, 0.964, 0.987, 0.995, 0.999, 1.000)),
    "20 orthonormal": (np.eye(20), 0, (0.224, 0.854, 0.977, 0.992, 0.996, 0.999, 1.000)),
    "4 alone, 1 digon: of the digon": (MIXED, 4, (0.000, 0.250, 0.502, 0.648, 0.783, 0.948, 0.994)),
    "4 alone, 1 digon: alone": (MIXED, 0, (0.500, 0.804, 0.952, 0.984, 0.995, 0.999, 1.000)),
}


@pytest.mark.parametrize("row", TABLE)
def test_the_cosine_of_one_pair_has_these_numbers(row: str):
    w, feature, expected = TABLE[row]
    found = [pair_cosine(w, 1 - s, feature) for s in SPARSITIES]
    np.testing.assert_allclose(found, expected, atol=5.1e-4)


@pytest.mark.parametrize("name", BALANCED)
@pytest.mark.parametrize("sparsity", SPARSITIES)
@every_target
@with_and_without_constant
def test_in_a_balanced_tegum_the_head_is_the_feature_at_every_density(
    name: str, sparsity: float, target: str, bias: bool
):
    w = BALANCED[name]
    for feature in range(w.shape[1]):
        assert pair_cosine(w, 1 - sparsity, feature, target, bias) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("sparsity", SPARSITIES)
def test_orthonormal_features_have_the_closed_form_also_when_others_are_dropped(sparsity: float):
    for m in (1, 2, 5, 20):
        w = np.eye(m, m + 3)
        assert pair_cosine(w, 1 - sparsity, 0) == pytest.approx(
            orthonormal_cosine(m, 1 - sparsity), abs=1e-12
        )
        assert pair_cosine(w, 1 - sparsity, 0, bias=True) == pytest.approx(1.0, abs=1e-12)
        assert pair_cosine(w, 1 - sparsity, 0, "product") == pytest.approx(1.0, abs=1e-12)


def test_dense_orthonormal_features_are_answered_by_a_constant():
    for m in (1, 4, 25):
        assert orthonormal_cosine(m, 1.0) == pytest.approx(1 / np.sqrt(m), abs=1e-15)
    assert np.all(np.diff([orthonormal_cosine(10, p) for p in np.linspace(1, 0.01, 50)]) > 0)


def test_the_cosine_is_that_of_the_first_singular_vector_of_the_optimal_head():
    w, p = random_weights(4, 9), np.linspace(0.1, 0.9, 9)
    for target, bias in itertools.product(TARGETS, (False, True)):
        omega = optimal_head(w, p, pairs(9, (2, 5, 3.0)), target, bias)[:4, :4]
        u, s, vt = np.linalg.svd(omega)
        assert s[1] < 1e-12 * s[0]
        for vector, feature in ((u[:, 0], 2), (vt[0], 5)):
            expected = abs(vector @ w[:, feature]) / np.linalg.norm(w[:, feature])
            assert pair_cosine(w, p, feature, target, bias) == pytest.approx(expected, abs=1e-10)


def test_a_feature_without_direction_has_cosine_0():
    assert pair_cosine(np.eye(3, 5), 0.5, 4) == 0.0
    assert pair_cosine(np.eye(3, 5), 0.5, 4, bias=True) == 0.0


def test_interference_alone_tilts_no_further_than_the_condition_number_allows():
    for seed in range(20):
        w = random_weights(3, 8, seed)
        condition = np.linalg.cond(w @ w.T)
        worst = min(pair_cosine(w, 0.5, feature, bias=True) for feature in range(8))
        assert worst >= 2 * np.sqrt(condition) / (1 + condition)


@pytest.mark.parametrize(("m", "n"), [(10, 40), (20, 40), (40, 20), (40, 40)])
def test_random_dictionaries_align_by_the_ratio_of_dimensions_to_features(m: int, n: int):
    rng = np.random.default_rng(0)
    squares = np.array(
        [pair_cosine(rng.normal(size=(m, n)), 0.5, 0, bias=True) ** 2 for _ in range(200)]
    )
    expected = 1 - m / n if n > m else 1 - (n - 1) / m
    finite_size = 1 / m if n > m else 0.0  # exact in the mean only for n ≤ m
    assert abs(squares.mean() - expected) < 4 * squares.std() / np.sqrt(200) + finite_size


# --- what a head can reach ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sparsity", [0.0, 0.2, 0.5, 0.9])
def test_decodability_has_its_closed_form(sparsity: float):
    w, s, p = random_weights(4, 9), sparsity, 1 - sparsity
    inverse, total = np.linalg.inv(w @ w.T), w.sum(axis=1)
    leverage, pi, kappa = (
        np.sum(w * (inverse @ w), axis=0),
        w.T @ inverse @ total,
        total @ inverse @ total,
    )
    plain = s**2 * leverage + 2 * s * p * pi + p**2 * kappa
    shared = 3 * p / (1 + 3 * s + 3 * p * kappa) * (s * pi + p * kappa) ** 2
    np.testing.assert_allclose(decodability(w, p), 3 / (1 + 3 * s) * (plain - shared), atol=1e-10)
    with_constant = p + 3 * s**2 / (1 + 3 * s) * leverage
    np.testing.assert_allclose(decodability(w, p, bias=True), with_constant, atol=1e-10)


LEVERAGE = {"alone": 1, "tetrahedron": 3 / 4, "triangle": 2 / 3, "digon": 1 / 2, "pentagon": 2 / 5}
POLYTOPES = {"tetrahedron": TETRAHEDRON, "triangle": TRIANGLE, "digon": DIGON, "pentagon": PENTAGON}


@pytest.mark.parametrize("name", POLYTOPES)
@pytest.mark.parametrize("sparsity", [0.1, 0.5, 0.9, 0.999])
def test_decodability_of_a_balanced_polytope_is_its_leverage_times_what_a_value_says_of_presence(
    name: str, sparsity: float
):
    expected = 3 * sparsity**2 * LEVERAGE[name] / (1 + 3 * sparsity)
    np.testing.assert_allclose(decodability(POLYTOPES[name], 1 - sparsity), expected, rtol=1e-9)


@every_target
@with_and_without_constant
def test_the_floor_of_one_pair_is_what_neither_feature_can_be_decoded_from(target: str, bias: bool):
    w, p = random_weights(3, 6), np.linspace(0.2, 0.8, 6)
    share, power = decodability(w, p, target, bias), asked_power(6, p, target)
    weight = 1.0 if target == "any" else 3.0
    expected = weight**2 * power[1] * power[4] * (1 - share[1] * share[4])
    assert head_floor(w, p, pairs(6, (1, 4, weight)), target, bias) == pytest.approx(
        expected, rel=1e-10
    )


def test_even_perfect_weights_leave_seven_sixteenths_of_a_sparse_count_and_nothing_of_a_product():
    w, p, weights = np.eye(4), 1e-6, pairs(4, (0, 1))
    assert head_floor(w, p, weights) / p**2 == pytest.approx(7 / 16, rel=1e-4)
    assert head_floor(w, p, weights, "product") / target_power(p, weights, "product") < 1e-12


def test_a_sparse_product_is_answered_up_to_both_leverages():
    w, p, weights = tegum(TRIANGLE, DIGON), 1e-6, pairs(5, (0, 3))
    share = head_floor(w, p, weights, "product") / target_power(p, weights, "product")
    assert share == pytest.approx(1 - 2 / 3 * 1 / 2, rel=1e-4)


def test_weak_features_get_large_singular_values_but_no_larger_logits():
    s, p, length = 0.9, 0.1, 0.2
    w = tegum(ONE, ONE, length * DIGON, ONE)
    weak, strong = (
        optimal_head(w, p, pairs(5, pair), bias=True)[:4, :4] for pair in ((2, 4), (0, 4))
    )
    scale = (6 * s / (1 + 3 * s)) ** 2
    assert np.linalg.norm(strong, 2) == pytest.approx(scale)
    assert np.linalg.norm(weak, 2) == pytest.approx(scale * 0.5 / length)
    assert w[:, 2] @ weak @ w[:, 4] == pytest.approx(
        0.5 * scale
    )  # the logit: leverage, whatever the length


# --- several pairs --------------------------------------------------------------------------------------------------


def aligned(omega: np.ndarray, w: np.ndarray, features: tuple[int, ...]) -> np.ndarray:
    """|cos| of the left singular vectors (rows) with features (columns), as many of each."""
    u = np.linalg.svd(omega)[0][:, : len(features)]
    chosen = w[:, list(features)]
    return np.abs(u.T @ (chosen / np.linalg.norm(chosen, axis=0)))


CONTRASTS = {  # polytope, second vertex, cosine of the two, |cos| with the first and second slice, σ₂/σ₁
    "triangle": (TRIANGLE, 1, (0.866, 0.500), 0.333),
    "tetrahedron": (TETRAHEDRON, 1, (0.816, 0.577), 0.500),
    "pentagon, adjacent": (PENTAGON, 1, (0.809, 0.588), 0.528),
    "pentagon, not adjacent": (PENTAGON, 2, (0.951, 0.309), 0.106),
    "digon": (DIGON, 1, (1.000, 0.000), 0.000),
}


@pytest.mark.parametrize("name", CONTRASTS)
@pytest.mark.parametrize("target", ["count", "product"])
def test_two_equal_pairs_within_two_polytopes_give_sum_and_difference(name: str, target: str):
    polytope, other, cosines, ratio = CONTRASTS[name]
    n = polytope.shape[1]
    w = tegum(polytope, polytope)
    omega = optimal_head(w, 0.1, pairs(2 * n, (0, n), (other, n + other)), target)
    sigma = np.linalg.svd(omega, compute_uv=False)
    assert sigma[1] / sigma[0] == pytest.approx(ratio, abs=5.1e-4)
    np.testing.assert_allclose(
        aligned(omega, w, (0, other)), np.outer(cosines, [1, 1]), atol=5.1e-4
    )


def test_two_pairs_that_overlap_on_one_side_only_mix_the_orthogonal_side_one_to_one():
    w = tegum(TRIANGLE, DIGON, DIGON)
    omega = optimal_head(w, 0.1, pairs(7, (3, 0), (5, 1)))
    sigma = np.linalg.svd(omega, compute_uv=False)
    assert sigma[1] / sigma[0] == pytest.approx(np.sqrt(0.5 / 1.5))
    np.testing.assert_allclose(aligned(omega, w, (3, 5)), np.sqrt(0.5), atol=1e-9)


@pytest.mark.parametrize("target", ["count", "product"])
def test_a_simplex_attending_one_to_one_to_another_has_equal_singular_values(target: str):
    for k in (3, 4, 6):
        w = tegum(simplex(k), simplex(k))
        omega = optimal_head(w, 0.2, pairs(2 * k, *((i, k + i) for i in range(k))), target)
        sigma = np.linalg.svd(omega, compute_uv=False)
        np.testing.assert_allclose(sigma[: k - 1], sigma[0], rtol=1e-10)
        np.testing.assert_allclose(sigma[k - 1 :], 0, atol=1e-10)


def test_a_star_is_of_rank_one_and_spreads_over_its_ends():
    w = np.eye(12)
    omega = optimal_head(w, 0.1, pairs(12, (0, 1), (0, 2), (0, 3)))
    sigma = np.linalg.svd(omega, compute_uv=False)
    assert sigma[1] < 1e-12
    np.testing.assert_allclose(
        aligned(omega.T, w, (1, 2, 3))[0], 0.576, atol=5.1e-4
    )  # near 1/√3 = .577


def test_a_path_of_three_pairs_mixes_by_the_golden_ratio():
    w, path = np.eye(6), pairs(6, (0, 1), (0, 2), (3, 2))
    omega = optimal_head(w, 0.1, path, "product")
    golden = (1 + np.sqrt(5)) / 2
    sigma = np.linalg.svd(omega, compute_uv=False)
    assert sigma[1] / sigma[0] == pytest.approx(golden**-2)
    cosine, sine = golden / np.hypot(golden, 1), 1 / np.hypot(golden, 1)
    np.testing.assert_allclose(
        aligned(omega, w, (0, 3)), [[cosine, sine], [sine, cosine]], atol=1e-9
    )
    tilted = np.linalg.svd(optimal_head(w, 0.1, path), compute_uv=False)
    assert tilted[1] / tilted[0] == pytest.approx(0.355, abs=5e-4)


def test_distinct_weights_make_orthonormal_features_the_singular_vectors():
    graded = pairs(6, *((i, (i + 1) % 6, 1.25 - 0.05 * i) for i in range(6)))
    np.testing.assert_allclose(
        aligned(optimal_head(np.eye(6), 0.3, graded, "product"), np.eye(6), tuple(range(6))),
        np.eye(6),
        atol=1e-6,
    )
    tilted = aligned(
        optimal_head(np.eye(6), 0.1, pairs(6, (0, 1, 3.0), (2, 3, 2.0), (4, 5, 1.0))),
        np.eye(6),
        (0, 2, 4),
    )
    np.testing.assert_allclose(np.diag(tilted), [0.993, 0.992, 0.997], atol=5.1e-4)


def test_equal_weights_give_a_shared_slice_first_and_leave_the_rest_degenerate():
    omega = optimal_head(np.eye(6), 0.1, pairs(6, (0, 1), (2, 3), (4, 5)))
    sigma = np.linalg.svd(omega, compute_uv=False)
    np.testing.assert_allclose(sigma[:3] / sigma[0], [1, 0.886, 0.886], atol=5.1e-4)
    np.testing.assert_allclose(aligned(omega, np.eye(6), (0, 2, 4))[0], 0.576, atol=5.1e-4)


# --- features attended to interchangeably ---------------------------------------------------------------------------


def both_of_a_digon(features: int) -> np.ndarray:
    """Features 0 and 1, an antipodal pair, both with feature 2."""
    return pairs(features, (0, 2), (1, 2))


@every_target
def test_a_digon_attending_to_one_target_gives_no_head_if_all_weights_are_balanced(target: str):
    w = tegum(DIGON, DIGON)
    weights = both_of_a_digon(4)
    np.testing.assert_allclose(optimal_head(w, 0.1, weights, target), 0, atol=1e-12)
    assert head_floor(w, 0.1, weights, target) == pytest.approx(target_power(0.1, weights, target))


@every_target
def test_a_digon_attending_to_one_target_is_answered_by_the_mean_of_h_if_weights_are_not_balanced(
    target: str,
):
    w = tegum(DIGON, ONE, ONE)
    weights = both_of_a_digon(4)
    omega = optimal_head(w, 0.1, weights, target)
    assert np.linalg.norm(omega) > 0.1
    np.testing.assert_allclose(omega[0], 0, atol=1e-12)  # the digon's own dimension is not read
    assert head_floor(w, 0.1, weights, target) < 0.99 * target_power(0.1, weights, target)


@every_target
def test_with_a_constant_a_digon_attending_to_one_target_is_not_read_but_the_target_is(target: str):
    for w in (tegum(DIGON, DIGON), tegum(DIGON, ONE, ONE)):
        m, weights = len(w), both_of_a_digon(4)
        omega = optimal_head(w, 0.1, weights, target, bias=True)
        np.testing.assert_allclose(
            omega[:m], 0, atol=1e-12
        )  # nothing of h on the left, only its constant
        assert abs(omega[m, 1]) > 0.01
        assert head_floor(w, 0.1, weights, target, True) < 0.95 * target_power(0.1, weights, target)


# --- ranks too few for all pairs ------------------------------------------------------------------------------------

BLOCKS = (ONE, TETRAHEDRON, TRIANGLE, DIGON, PENTAGON)
TWO_OF_EACH = tegum(*BLOCKS, *BLOCKS)
FIRST_VERTICES = np.cumsum([0, 1, 4, 3, 2])
ONE_OF_EACH = pairs(30, *((i, i + 15) for i in FIRST_VERTICES))


@pytest.mark.parametrize(
    ("target", "ratios"),
    [("count", (1, 0.596, 0.531, 0.403, 0.324)), ("product", (1, 0.654, 0.583, 0.440, 0.353))],
)
def test_pairs_of_blocks_come_in_order_of_leverage_and_the_first_absorbs_the_shared_mean(
    target: str, ratios: tuple
):
    tau = whitened_values(TWO_OF_EACH, 0.1, ONE_OF_EACH, target)
    np.testing.assert_allclose(tau[:5] / tau[0], ratios, atol=5.1e-4)
    np.testing.assert_allclose(tau[5:], 0, atol=1e-12)


@pytest.mark.parametrize("target", ["count", "product"])
def test_with_the_mean_taken_off_whitened_values_are_the_leverages(target: str):
    omega = optimal_head(TWO_OF_EACH, 0.1, ONE_OF_EACH, target, bias=True)[:-1, :-1]
    value, vector = np.linalg.eigh(hidden_covariance(TWO_OF_EACH, 0.1))
    root = (vector * np.sqrt(value)) @ vector.T
    tau = np.linalg.svd(root @ omega @ root, compute_uv=False)[:5]
    np.testing.assert_allclose(tau / tau[0], [1, 3 / 4, 2 / 3, 1 / 2, 2 / 5], atol=1e-9)


def test_each_rank_adds_one_block_in_order_of_leverage():
    vertices = TWO_OF_EACH[:, FIRST_VERTICES]
    for rank in range(1, 6):
        u = np.linalg.svd(optimal_head(TWO_OF_EACH, 0.1, ONE_OF_EACH, rank=rank))[0][:, :rank]
        energy = np.sum((u.T @ vertices) ** 2, axis=0)
        assert np.all(energy[:rank] > 0.9)
        assert np.all(energy[rank:] < 0.04)


@pytest.mark.parametrize("sparsity", [0.5, 0.9, 0.99])
def test_a_permutation_of_all_features_has_its_shared_slice_first(sparsity: float):
    n, s, p = 10, sparsity, 1 - sparsity
    tau = whitened_values(np.eye(n), p, np.eye(n))
    expected = (s + p * n) ** 2 / (s**2 * (1 + 3 * p * n / (1 + 3 * s)))
    np.testing.assert_allclose(tau[0] / tau[1:], expected, rtol=1e-9)
    product = whitened_values(np.eye(n), p, np.eye(n), "product")
    np.testing.assert_allclose(product[0] / product[1:], 1 + 3 * p * n / (1 + 3 * s), rtol=1e-9)
    u = np.linalg.svd(optimal_head(np.eye(n), p, np.eye(n), rank=1))[0][:, 0]
    np.testing.assert_allclose(np.abs(u), 1 / np.sqrt(n), rtol=1e-9)


@pytest.mark.parametrize("name", BALANCED)
def test_balanced_blocks_attended_as_a_whole_are_all_equal_when_whitened(name: str):
    w, s, p = BALANCED[name], 0.9, 0.1
    tau = whitened_values(w, p, np.eye(w.shape[1]))
    np.testing.assert_allclose(tau, p * 3 * s**2 / (1 + 3 * s), rtol=1e-9)


# --- from the head back to the features -----------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["count", "product"])
def test_with_a_constant_unmixing_finds_the_attended_features_of_any_weights(target: str):
    for w, p, weights in SETTINGS.values():
        found = unwhitened(optimal_head(w, p, weights, target, bias=True), hidden_covariance(w, p))
        c = p / 3 - p**2 / 4 if target == "product" else p * (1 - p) / 2
        np.testing.assert_allclose(found, w @ (weights * np.outer(c, c)) @ w.T, atol=1e-10)


def test_without_a_constant_unmixing_still_comes_near_the_feature_where_the_head_does_not():
    raw, back = [], []
    for seed in range(40):
        w = random_weights(5, 10, seed)
        omega = optimal_head(w, 0.1, pairs(10, (0, 1)))
        raw.append(aligned(omega, w, (0,))[0, 0])
        back.append(aligned(unwhitened(omega, hidden_covariance(w, 0.1)), w, (0,))[0, 0])
    assert np.mean(raw) < 0.85
    assert np.mean(back) > 0.95


# --- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"density": 0.0}, "density: got 0.0"),
        ({"density": 1.5}, "density: got 1.5"),
        ({"density": float("nan")}, "density: got nan"),
        ({"density": [0.5, 0.5]}, r"density: got \(2,\), expected one number, or 4"),
        ({"pair_weights": np.ones((4, 3))}, r"pair_weights: got \(4, 3\)"),
        ({"pair_weights": np.full((4, 4), np.nan)}, "pair_weights: .* finite"),
        ({"w": np.full((3, 4), np.nan)}, "w: .* finite"),
        ({"target": "cuont"}, "unknown target 'cuont'; did you mean count"),
        ({"rank": 0}, "rank: got 0, expected a whole number from 1 to 3"),
        ({"rank": 4}, "rank: got 4"),
    ],
)
def test_bad_input_is_refused_in_one_clear_line(wrong: dict, message: str):
    good = {"w": np.eye(3, 4), "density": 0.5, "pair_weights": np.eye(4)}
    for function in (optimal_head, head_floor):
        with pytest.raises(BadInputError, match=message) as error:
            function(**(good | wrong))
        assert "\n" not in str(error.value)


def test_with_a_constant_a_head_may_have_one_rank_more():
    assert optimal_head(np.eye(3, 4), 0.5, np.eye(4), bias=True, rank=4).shape == (4, 4)


def test_a_head_of_the_wrong_size_is_refused_and_one_that_diverged_is_not():
    w, weights = np.eye(3, 4), np.eye(4)
    with pytest.raises(BadInputError, match=r"omega: got \(3, 3\), expected \(4, 4\)"):
        head_loss(np.eye(3), w, 0.5, weights, bias=True)
    assert np.isnan(head_loss(np.full((3, 3), np.nan), w, 0.5, weights))


def test_a_feature_or_a_number_of_dimensions_out_of_range_is_refused():
    with pytest.raises(BadInputError, match="feature: got 4"):
        pair_cosine(np.eye(3, 4), 0.5, 4)
    with pytest.raises(BadInputError, match="n_hidden: got 0"):
        orthonormal_cosine(0, 0.5)
    with pytest.raises(BadInputError, match="density: got 0"):
        orthonormal_cosine(5, 0.0)


def test_any_of_a_graph_too_large_to_enumerate_points_to_count():
    with pytest.raises(BadInputError, match=r'17 features on its smaller side.*"count"'):
        target_power(0.1, np.ones((17, 17)), "any")
