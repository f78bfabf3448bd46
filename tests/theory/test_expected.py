"""The population loss against exact integration to 40 digits, closed forms, sampling, and losses known from theory."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import TypeCheckError
from scipy.optimize import minimize
from scipy.stats import norm

from tegum import features
from tegum.arrays import Array
from tegum.errors import BadInputError
from tegum.theory.expected import (
    expected_loss,
    expected_loss_and_bound,
    expected_loss_and_gradient,
    expected_losses,
    loss_terms,
    one_active_loss,
    one_hot_loss,
)
from tegum.theory.fourier import series_terms_and_slopes
from tegum.theory.one_active import LAWS
from tegum.theory.patterns import point_terms_and_slopes
from tests.theory.oracle import oracle_loss, oracle_terms


def random_model(n: int, m: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(m, n)) * 0.7, rng.normal(size=n) * 0.3


def polygon(k: int) -> np.ndarray:
    angle = 2 * np.pi * np.arange(k) / k
    return np.array([np.cos(angle), np.sin(angle)])


def unit_columns(columns: list[tuple[float, ...]]) -> np.ndarray:
    w = np.array(columns, float).T
    return w / np.linalg.norm(w, axis=0)


def best_symmetric_loss(shape: np.ndarray, density: float) -> float:
    """Loss per feature of a polytope at its best common length and bias."""
    n = shape.shape[1]

    def loss_and_slopes(v: np.ndarray) -> tuple[float, np.ndarray]:
        loss, (by_w, by_b) = expected_loss_and_gradient(v[0] * shape, np.full(n, v[1]), density)
        return loss / n, np.array([np.sum(by_w * shape), by_b.sum()]) / n

    return minimize(loss_and_slopes, np.array([1.0, 0.0]), jac=True, tol=1e-14).fun


def best_loss_near(
    w: np.ndarray, b: np.ndarray, density: float, importance: Array | float = 1.0
) -> float:
    """The least loss that descent finds from here."""
    n = b.size

    def loss_and_slopes(v: np.ndarray) -> tuple[float, np.ndarray]:
        loss, (by_w, by_b) = expected_loss_and_gradient(
            v[:-n].reshape(w.shape), v[-n:], density, importance
        )
        return loss, np.concatenate([by_w.ravel(), by_b])

    return minimize(loss_and_slopes, np.concatenate([w.ravel(), b]), jac=True, tol=1e-14).fun


# Against exact integration


@pytest.mark.parametrize("values", ["unit", "symmetric", "one"])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 1), (3, 2), (5, 2)])
@pytest.mark.parametrize("density", [1.0, 0.3, 1e-4])
def test_each_term_is_the_exact_integral_and_the_bound_holds(
    n: int, m: int, values: str, density: float
) -> None:
    w, b = random_model(n, m)
    p = density if density == 1 else density * np.linspace(0.5, 1.5, n)
    truth = oracle_terms(w, b, p, values)
    loss, bound = expected_loss_and_bound(w, b, p, values=values, per_feature=True)
    np.testing.assert_allclose(loss, truth, rtol=1e-10, atol=1e-14 * density)
    assert np.all(np.abs(loss - truth) <= bound + 1e-14)


def test_six_features_are_exact_too() -> None:
    w, b = random_model(6, 3)
    assert expected_loss(w, b, 0.3) == pytest.approx(oracle_loss(w, b, 0.3), abs=1e-11)


@pytest.mark.parametrize("coupling", [0.0, 1e-6, 1e-3, 1e-2])
@pytest.mark.parametrize("bias", [0.0, -1e-3, -0.999, -1.0])
def test_where_the_series_is_slowest_it_errs_by_1e_8_and_stays_within_its_bound(
    coupling: float, bias: float
) -> None:
    # The kink at z = 0 meets an end of the output's own feature, and the other features hardly blur it.
    w, b = np.eye(5) + coupling * random_model(5, 5)[0], np.full(5, bias)
    truth = oracle_terms(w, b, 1.0)
    loss, bound = expected_loss_and_bound(w, b, 1.0, per_feature=True)
    assert np.abs(loss - truth).max() < 3e-8
    assert np.all(np.abs(loss - truth) <= bound + 1e-14)


@pytest.mark.parametrize("values", ["unit", "symmetric"])
@pytest.mark.parametrize("seed", range(4))
def test_a_short_series_errs_visibly_yet_within_its_bound(seed: int, values: str) -> None:
    w, b = random_model(5, 2, seed)
    truth = oracle_terms(w, b, 0.2, values)
    loss, bound = expected_loss_and_bound(w, b, 0.2, values=values, per_feature=True, terms=32)
    error = np.abs(loss - truth)
    assert error.max() > 1e-10
    assert np.all(error <= bound)


def test_sixty_four_features_are_settled_to_1e_8_at_1024_terms() -> None:
    w = random_model(64, 12)[0]
    w, b = w / np.linalg.norm(w, axis=0), np.full(64, -0.1)
    for density in (1.0, 0.05):
        long, bound = expected_loss_and_bound(w, b, density, terms=8192)
        assert expected_loss(w, b, density) == pytest.approx(long, abs=1e-8)
        assert bound < 1e-7


@pytest.mark.parametrize("values", ["unit", "symmetric"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_series_and_the_points_agree_on_few_features(n: int, values: str) -> None:
    w, b = random_model(n, 2, seed=5)
    with jax.enable_x64(True):
        arguments = [jnp.asarray(array) for array in (w.T @ w, b, np.linspace(0.4, 0.8, n))]
        law = LAWS[values]
        by_points = jax.jit(lambda *all: point_terms_and_slopes(*all, law))(*arguments)
        by_series = jax.jit(lambda *all: series_terms_and_slopes(*all, law, 2048))(*arguments)
    np.testing.assert_allclose(by_points[0], by_series[0], atol=1e-11)
    for points, series in zip(by_points, by_series, strict=True):
        np.testing.assert_allclose(points, series, atol=1e-7)


def test_beyond_sixteen_features_the_constant_value_has_an_honest_bound() -> None:
    w, b = random_model(16, 4)
    dead = np.zeros((4, 2))
    exact = expected_loss(w, b, 0.1, values="one", per_feature=True)
    loss, bound = expected_loss_and_bound(
        np.hstack([w, dead]), np.append(b, [0, 0]), 0.1, values="one", per_feature=True
    )
    error = np.abs(loss - np.append(exact, [0.1, 0.1]))
    assert np.all(error <= bound + 1e-12)
    assert error.max() < 1e-5


# Against closed forms


def test_a_model_of_zeros_loses_the_second_moments() -> None:
    zeros = np.zeros((2, 5)), np.zeros(5)
    assert expected_loss(*zeros, 0.3) == pytest.approx(5 * 0.3 / 3, rel=1e-15)
    assert expected_loss(*zeros, 0.3, values="one") == pytest.approx(5 * 0.3, rel=1e-15)
    _, (by_w, by_b) = expected_loss_and_gradient(*zeros, 0.3)
    assert not by_w.any()
    assert np.isfinite(by_b).all()


def test_a_feature_left_out_and_answered_by_its_mean_loses_its_variance() -> None:
    p = 0.4
    b = np.array([0.0, 0.0, p / 2, p / 2])
    loss = expected_loss(np.eye(2, 4), b, p, np.array([4.0, 3.0, 2.0, 1.0]))
    assert loss == pytest.approx(3 * (p / 3 - p**2 / 4), rel=1e-14)


def test_the_linear_model_is_blind_to_a_rotation_of_its_hidden_space() -> None:
    # Any m orthonormal rows keep the variance of m features; b = (1 - WᵀW) E x answers the rest by its mean.
    p = 0.4
    w = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 2)))[0].T
    b = (np.eye(6) - w.T @ w).sum(axis=1) * p / 2
    assert expected_loss(w, b, p, activation="linear") == pytest.approx(
        4 * (p / 3 - p**2 / 4), rel=1e-14
    )


@pytest.mark.parametrize("values", ["unit", "symmetric", "one"])
def test_the_linear_loss_comes_from_the_moments_of_the_features(values: str) -> None:
    w, b = random_model(7, 3)
    p, importance = np.linspace(0.1, 0.9, 7), np.linspace(1, 2, 7)
    law = features.SparseFeatures(7, p, values=values)
    d = np.eye(7) - w.T @ w
    mean, second = np.asarray(law.mean, float), np.asarray(law.second_moment, float)
    truth = importance @ (np.einsum("ij,jk,ik->i", d, second, d) - 2 * b * (d @ mean) + b**2)
    loss, bound = expected_loss_and_bound(w, b, p, importance, values=values, activation="linear")
    assert loss == pytest.approx(truth, rel=1e-6)  # the law of features is float32
    assert bound == 0


def test_a_relu_that_never_cuts_is_linear_and_one_that_always_cuts_is_silent() -> None:
    w = np.abs(random_model(8, 3)[0])
    high, low = np.full(8, 0.2), np.full(8, -50.0)
    loss, bound = expected_loss_and_bound(w, high, 0.3)
    assert loss == pytest.approx(expected_loss(w, high, 0.3, activation="linear"), rel=1e-14)
    assert bound == 0
    assert expected_loss(w, low, 0.3) == pytest.approx(8 * 0.1, rel=1e-14)


def test_the_laws_have_the_moments_of_the_features_that_are_drawn() -> None:
    for name, law in features.VALUES.items():
        assert law.mean == LAWS[name].centre
        assert law.second_moment == pytest.approx(LAWS[name].second_moment)


def test_a_vanishing_density_keeps_its_relative_accuracy() -> None:
    # A digon at the optimum loses p²/6 a feature as p → 0: k = 1 costs nothing, and all rests on two active features.
    w, b = np.hstack([np.eye(3), -np.eye(3)]), np.zeros(6)
    for p in (1e-2, 1e-4, 1e-6):
        assert expected_loss(w, b, p) == pytest.approx(p**2, rel=1e-10)


# Against sampling


@pytest.mark.parametrize(
    ("n", "values", "density"),
    [(12, "unit", 0.2), (12, "symmetric", 0.5), (64, "unit", 0.03), (20, "one", 0.3)],
)
def test_the_loss_is_within_four_standard_errors_of_sampling(
    n: int, values: str, density: float
) -> None:
    w, b = random_model(n, n // 3)
    p, importance = density * np.linspace(0.5, 1.5, n), np.linspace(2, 1, n)
    rng = np.random.default_rng(7)
    value = {
        "unit": rng.random((100_000, n)),
        "symmetric": rng.uniform(-1, 1, (100_000, n)),
        "one": 1.0,
    }[values]
    x = np.where(rng.random((100_000, n)) < p, value, 0.0)
    errors = (x - np.maximum(x @ (w.T @ w) + b, 0)) ** 2 @ importance
    loss = expected_loss(w, b, p, importance, values=values)
    assert abs(loss - errors.mean()) < 4 * errors.std() / np.sqrt(errors.size)


# Densities, importance, symmetry


def test_one_density_is_the_same_as_that_density_for_every_feature() -> None:
    w, b = random_model(5, 2)
    assert expected_loss(w, b, 0.3) == expected_loss(w, b, np.full(5, 0.3))


def test_features_may_be_renamed() -> None:
    w, b = random_model(5, 2)
    p, order = np.array([0.1, 0.9, 0.4, 1.0, 0.02]), np.array([3, 0, 4, 1, 2])
    terms = expected_loss(w, b, p, per_feature=True)
    renamed = expected_loss(w[:, order], b[order], p[order], per_feature=True)
    np.testing.assert_allclose(renamed, terms[order], atol=1e-12)


def test_a_feature_without_weights_leaves_the_others_alone_whatever_its_density() -> None:
    w, b = random_model(4, 2)
    alone = expected_loss(w, b, 0.3, per_feature=True)
    crowd = expected_loss(
        np.hstack([w, np.zeros((2, 1))]),
        np.append(b, 0.1),
        np.array([0.3, 0.3, 0.3, 0.3, 0.8]),
        per_feature=True,
    )
    np.testing.assert_allclose(crowd[:4], alone, atol=1e-10)
    assert crowd[4] == pytest.approx(0.8 / 3 - 2 * 0.1 * 0.8 / 2 + 0.01)


def test_the_sum_is_that_of_the_terms_weighted_by_importance() -> None:
    w, b = random_model(5, 2)
    importance = np.array([1.0, 0.5, 0.0, 2.0, 3.0])
    terms = expected_loss(w, b, 0.3, per_feature=True)
    assert expected_loss(w, b, 0.3, importance) == pytest.approx(terms @ importance)
    np.testing.assert_allclose(
        expected_loss(w, b, 0.3, importance, per_feature=True), terms * importance
    )


# Derivatives and transformations


@pytest.mark.parametrize(
    ("n", "values", "density", "activation"),
    [
        (2, "unit", 0.4, "relu"),
        (3, "symmetric", 0.4, "relu"),
        (5, "unit", 0.3, "relu"),
        (5, "symmetric", 1.0, "relu"),
        (5, "one", 0.4, "relu"),
        (5, "unit", 0.3, "linear"),
    ],
)
def test_the_gradient_is_that_of_finite_differences(
    n: int, values: str, density: float, activation: str
) -> None:
    w, b = random_model(n, 2)
    importance = np.linspace(1, 2, n)

    def loss(v: np.ndarray) -> float:
        return expected_loss(
            v[:-n].reshape(2, n), v[-n:], density, importance, values=values, activation=activation
        )

    value, (by_w, by_b) = expected_loss_and_gradient(
        w, b, density, importance, values=values, activation=activation
    )
    v = np.concatenate([w.ravel(), b])
    differences = [(loss(v + 1e-5 * e) - loss(v - 1e-5 * e)) / 2e-5 for e in np.eye(v.size)]
    assert value == pytest.approx(loss(v), rel=1e-13)
    np.testing.assert_allclose(np.concatenate([by_w.ravel(), by_b]), differences, atol=1e-7)


def test_the_gradient_is_finite_where_a_row_or_a_bias_is_zero() -> None:
    w = random_model(5, 2)[0]
    w[:, 0] = 0
    w[:, 1] = 1e-160
    for density in (1.0, 0.2):
        _, slopes = expected_loss_and_gradient(w, np.zeros(5), density)
        assert all(np.isfinite(slope).all() for slope in slopes)


def test_the_gradient_holds_where_a_factor_of_the_product_vanishes() -> None:
    # At p = 1 and couplings in the ratio of whole numbers h₀ is 0 at many frequencies.
    w, b = np.array([[1.0, 1.0, 2.0, 1.0], [1.0, -1.0, 0.0, 0.0]]), np.zeros(4)
    _, (by_w, _) = expected_loss_and_gradient(w, b, 1.0)
    for i, j in np.ndindex(2, 4):
        step = 1e-4 * np.eye(8)[4 * i + j].reshape(2, 4)
        difference = (oracle_loss(w + step, b, 1.0) - oracle_loss(w - step, b, 1.0)) / 2e-4
        assert by_w[i, j] == pytest.approx(difference, abs=1e-6)


@pytest.mark.parametrize("n", [2, 5])
def test_a_float32_program_may_differentiate_compile_and_vectorise_it(n: int) -> None:
    w, b = (jnp.asarray(array, jnp.float32) for array in random_model(n, 2))

    def loss(w: Array, b: Array) -> Array:
        return expected_loss(w, b, 0.3, terms=128)

    _, (truth, _) = expected_loss_and_gradient(w, b, 0.3, terms=128)
    two = jnp.stack([w, w]), jnp.stack([b, b])
    for gradient in (
        jax.grad(loss)(w, b),
        jax.jit(jax.grad(loss))(w, b),
        jax.grad(jax.jit(loss))(w, b),
        jax.vmap(jax.grad(jax.jit(loss)))(*two)[1],
    ):
        assert gradient.dtype == jnp.float32
        np.testing.assert_allclose(gradient, truth, rtol=1e-5, atol=1e-6)


def test_second_derivatives_are_those_of_the_gradient_even_in_a_float32_program() -> None:
    w, b = random_model(2, 2)
    hessian = jax.hessian(jax.jit(lambda w: expected_loss(w, b, 0.3)))(jnp.asarray(w, jnp.float32))

    def slopes(w: np.ndarray) -> np.ndarray:
        return expected_loss_and_gradient(w, b, 0.3)[1][0]

    for i, j in np.ndindex(2, 2):
        step = 1e-5 * np.eye(4)[2 * i + j].reshape(2, 2)
        difference = (slopes(w + step) - slopes(w - step)) / 2e-5
        np.testing.assert_allclose(hessian[i, j], difference, atol=1e-4)


def test_a_float64_program_keeps_its_precision() -> None:
    w, b = random_model(2, 1)
    with jax.enable_x64(True):
        traced = jax.jit(lambda w, b: expected_loss(w, b, 0.3))(w, b)
    assert traced.dtype == jnp.float64
    assert float(traced) == pytest.approx(expected_loss(w, b, 0.3), rel=1e-14)


@pytest.mark.parametrize("n", [2, 5])
def test_a_crowd_of_models_is_each_of_them_alone(n: int) -> None:
    models = [random_model(n, 2, seed) for seed in range(4)]
    densities = [np.full(n, p) for p in (0.05, 0.3, 0.7, 1.0)]
    w, b, p = (np.stack(arrays) for arrays in (*zip(*models, strict=True), densities))
    with jax.enable_x64(True):
        crowd = jax.jit(jax.vmap(loss_terms))(w, b, p)
    for i in range(4):
        alone = expected_loss(w[i], b[i], p[i], per_feature=True)
        np.testing.assert_allclose(crowd[i], alone, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("n", [3, 7])
def test_a_stack_of_losses_is_each_models_own_and_infinite_where_it_diverged(n: int) -> None:
    rng = np.random.default_rng(n)
    w, b = rng.normal(size=(5, 2, n)), rng.normal(size=(5, n)) / 4
    density, importance = rng.uniform(0.1, 1, (5, 1)), rng.uniform(0, 1, (5, n))
    w[3, 0, 0] = np.nan
    found = expected_losses(w, b, density, importance)
    assert found[3] == np.inf
    for k in (0, 1, 2, 4):
        assert found[k] == pytest.approx(
            expected_loss(w[k], b[k], density[k, 0], importance[k]), rel=1e-12
        )
    assert expected_losses(w[:0], b[:0], 0.5).shape == (0,)


def test_a_derivative_by_density_is_refused_rather_than_wrong() -> None:
    w, b = random_model(5, 2)
    with pytest.raises(TypeError, match="density"):
        jax.grad(lambda p: expected_loss(w, b, p))(0.3)


def test_rows_in_blocks_give_what_all_rows_at_once_give(monkeypatch: pytest.MonkeyPatch) -> None:
    w, b = random_model(7, 3)
    with jax.enable_x64(True):
        arguments = jnp.asarray(w.T @ w), jnp.asarray(b), jnp.full(7, 0.3)
        at_once = jax.jit(lambda *all: series_terms_and_slopes(*all, LAWS["unit"], 64))(*arguments)
        monkeypatch.setattr("tegum.theory.fourier.KEPT_NUMBERS", 3 * 7 * 64)
        in_blocks = jax.jit(lambda *all: series_terms_and_slopes(*all, LAWS["unit"], 64))(
            *arguments
        )
    for one, other in zip(at_once, in_blocks, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


# Losses known from theory


@pytest.mark.parametrize(
    ("density", "loss"),
    [(0.6, 0.0988863), (0.5, 0.0762824), (0.3, 0.0293104), (0.1, 0.0033195), (0.01, 3.3323e-5)],
)
def test_two_equal_features_in_one_dimension_are_best_as_a_digon(
    density: float, loss: float
) -> None:
    best = best_loss_near(np.array([[0.9, -0.9]]), np.array([0.1, 0.1]), density)
    assert best == pytest.approx(loss, rel=2e-6, abs=5e-8)


def test_the_best_digon_at_density_three_fifths() -> None:
    assert expected_loss(np.array([[0.8687, -0.8687]]), np.full(2, 0.2153), 0.6) == pytest.approx(
        0.0988863, abs=6e-8
    )


@pytest.mark.parametrize(
    ("ratio", "density", "w", "b", "loss"),
    [
        (0.8, 0.726245, [1.002, -0.02], [0.005, 0.370], 0.0881790),
        (0.3, 0.375686, [1.0453, -0.7242], [0.0183, 0.1303], 0.0269831),
        (0.05, 0.102286, [1.0139, -0.6056], [0.0006, 0.0344], 0.0015740),
    ],
)
def test_at_the_free_phase_boundary_the_digon_ties_with_the_single_feature(
    ratio: float, density: float, w: list[float], b: list[float], loss: float
) -> None:
    best = best_loss_near(np.array([w]), np.array(b), density, np.array([1.0, ratio]))
    assert best == pytest.approx(loss, abs=1e-7)
    assert best == pytest.approx(ratio * (density / 3 - density**2 / 4), abs=1e-6)


def test_three_equal_features_in_the_plane_are_a_triangle_when_dense() -> None:
    assert best_loss_near(0.88 * polygon(3), np.full(3, 0.323), 0.7) == pytest.approx(
        0.1022011, abs=1e-7
    )


def test_the_pentagon_of_five_features_in_the_plane() -> None:
    assert 5 * best_symmetric_loss(polygon(5), 0.1) == pytest.approx(0.0263051, abs=1e-7)


GOLDEN = (1 + 5**0.5) / 2
ICOSAHEDRON = [
    corner
    for s in (1, -1)
    for t in (GOLDEN, -GOLDEN)
    for corner in ((0.0, s, t), (s, t, 0.0), (t, 0.0, s))
]
# Its eight corners are a tight frame at height 1/√2 over unit circles: z = 1/√3 at unit length.
QUARTERS = np.pi / 2 * np.arange(4)
SQUARE_ANTIPRISM = [
    (np.cos(angle + turn), np.sin(angle + turn), height)
    for turn, height in ((0, 0.5**0.5), (np.pi / 4, -(0.5**0.5)))
    for angle in QUARTERS
]
TETRAHEDRON = [(1.0, 1.0, 1.0), (1.0, -1.0, -1.0), (-1.0, 1.0, -1.0), (-1.0, -1.0, 1.0)]


@pytest.mark.parametrize(
    ("shape", "loss"),
    [
        (np.array([[1.0, -1.0]]), 0.0016597),
        (polygon(3), 0.0012492),
        (unit_columns(TETRAHEDRON), 0.0009450),
        (polygon(5), 0.0052610),
        (polygon(6), 0.0099534),
        (unit_columns(SQUARE_ANTIPRISM), 0.0063188),
        (unit_columns(ICOSAHEDRON), 0.0146356),
    ],
    ids=["digon", "triangle", "tetrahedron", "pentagon", "hexagon", "antiprism", "icosahedron"],
)
def test_the_loss_per_feature_of_a_polytope_at_density_one_tenth(
    shape: np.ndarray, loss: float
) -> None:
    assert best_symmetric_loss(shape, 0.1) == pytest.approx(loss, abs=6e-8)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_simplex_in_k_dimensions_loses_2k_minus_1_over_6k_squared_p_squared_a_feature(
    k: int,
) -> None:
    p = 1e-3
    corners = np.linalg.svd(np.eye(k + 1) - 1 / (k + 1))[0][:, :k].T
    shape = corners / np.linalg.norm(corners, axis=0)
    assert best_symmetric_loss(shape, p) == pytest.approx((2 * k - 1) / (6 * k**2) * p**2, rel=2e-3)


# One active feature


@pytest.mark.parametrize(
    ("k", "norm2", "b", "loss"),
    [(5, 1.369976, -0.282297, 0.0158256), (6, 1.743790, -0.618135, 0.0481924)],
)
def test_polygons_lose_what_is_known_with_one_feature_active(
    k: int, norm2: float, b: float, loss: float
) -> None:
    w, bias = np.sqrt(norm2) * polygon(k), np.full(k, b)
    assert one_active_loss(w, bias) == pytest.approx(loss, abs=1e-7)
    sparse = expected_loss(w, bias, 1e-6) / (1e-6 * k)
    assert sparse == pytest.approx(one_active_loss(w, bias), rel=1e-4)


def test_the_one_active_loss_is_that_of_sampling() -> None:
    w, b = random_model(6, 2)
    rng = np.random.default_rng(3)
    x = rng.random((200_000, 1)) * np.eye(6)[rng.integers(6, size=200_000)]
    errors = np.sum((x - np.maximum(x @ (w.T @ w) + b, 0)) ** 2, axis=1)
    assert abs(one_active_loss(w, b) - errors.mean()) < 4 * errors.std() / np.sqrt(errors.size)


def test_the_levels_of_six_features_in_the_plane() -> None:
    square = np.hstack([polygon(4), np.zeros((2, 2))])
    assert one_active_loss(square, np.zeros(6)) == pytest.approx(1 / 9, rel=1e-14)
    # A spare feature answered by 1/(2n) whatever comes saves 1/(4n²).
    assert one_active_loss(square, np.array([0, 0, 0, 0, 1 / 12, 0])) == pytest.approx(
        1 / 9 - 1 / 144, rel=1e-14
    )
    assert one_active_loss(square, np.array([0, 0, 0, 0, 1 / 12, 1 / 12])) == pytest.approx(
        0.097222, abs=5e-7
    )
    pentagon = np.sqrt(1.369976) * np.hstack([polygon(5), np.zeros((2, 1))])
    bias = np.append(np.full(5, -0.282297), -1.0)
    assert one_active_loss(pentagon, bias) == pytest.approx(0.068744, abs=5e-7)
    bias[5] = 1 / 12
    assert one_active_loss(pentagon, bias) == pytest.approx(0.061799, abs=5e-7)


def test_the_hexagon_is_a_minimum_with_one_zero_mode_its_rotation() -> None:
    w, b = np.sqrt(1.743790) * polygon(6), np.full(6, -0.618135)

    def loss(v: Array) -> Array:
        return one_active_loss(v[:12].reshape(2, 6), v[12:])

    with jax.enable_x64(True):
        v = jnp.asarray(np.concatenate([w.ravel(), b]))
        slope, hessian = jax.jit(jax.grad(loss))(v), jax.jit(jax.hessian(loss))(v)
    np.testing.assert_allclose(slope, 0, atol=1e-6)
    modes = np.linalg.eigvalsh(hessian)
    assert abs(modes[0]) < 1e-5
    assert modes[1] > 1e-3


# One-hot inputs


def test_a_one_hot_loss_is_the_sum_over_its_inputs() -> None:
    w, b = random_model(5, 2)
    gram = w.T @ w
    off_diagonal = np.maximum(gram, 0) ** 2 * (1 - np.eye(5))
    assert one_hot_loss(w) == pytest.approx(
        np.sum((1 - np.diag(gram)) ** 2) + off_diagonal.sum(), rel=1e-14
    )
    assert one_hot_loss(w, "linear", b) == pytest.approx(
        np.sum((np.eye(5) - gram - b[:, None]) ** 2), rel=1e-14
    )
    assert one_hot_loss(np.zeros((2, 5)), "gelu") == 5


def test_a_gelu_is_the_exact_one() -> None:
    w = np.array([[1.2, -0.5]])
    z = w.T @ w
    assert one_hot_loss(w, "gelu") == pytest.approx(
        np.sum((np.eye(2) - z * norm.cdf(z)) ** 2), rel=1e-13
    )


@pytest.mark.parametrize(("d", "saving"), [(4, 4.0), (5, 4.198213), (6, 4.0), (9, 4.0287)])
def test_what_equal_directions_in_the_plane_save_of_a_one_hot_loss(d: int, saving: float) -> None:
    # With c = Σ_{|r| ≤ d/4} cos²(2πr/d) and the best common length ‖W‖² = 1/c they save d/c of the loss n.
    c = sum(np.cos(2 * np.pi * r / d) ** 2 for r in range(-(d // 4), d // 4 + 1))
    assert d - one_hot_loss(polygon(d) / np.sqrt(c)) == pytest.approx(d / c, rel=1e-12)
    assert d / c == pytest.approx(saving, abs=5e-5)


def test_with_a_bias_any_number_of_one_hot_inputs_fits_in_the_plane() -> None:
    # On a large circle a bias may cut off all but the own direction: R² + b = 1 and R² cos(2π/n) + b = 0.
    n = 11
    norm2 = 1 / (1 - np.cos(2 * np.pi / n))
    assert one_hot_loss(
        np.sqrt(norm2) * polygon(n), "relu", np.full(n, 1 - norm2)
    ) == pytest.approx(0, abs=1e-25)


# Input that cannot be used


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"density": 0.0}, "density"),
        ({"density": 1.1}, "density is 1 - sparsity"),
        ({"density": np.full(4, 0.5)}, "5 of them"),
        ({"importance": -1.0}, "importance"),
        ({"importance": np.ones(3)}, "importance"),
        ({"importance": np.nan}, "importance"),
        ({"w": np.full((2, 5), np.nan)}, "w: got"),
        ({"b": np.full(5, np.inf)}, "b: got"),
        ({"values": "units"}, "did you mean unit"),
        ({"activation": "relo"}, "did you mean relu"),
        ({"activation": "gelu"}, "unknown activation"),
        ({"terms": 0}, "terms"),
    ],
)
def test_bad_input_gets_one_clear_line(change: dict, message: str) -> None:
    w, b = random_model(5, 2)
    arguments = {"w": w, "b": b, "density": 0.3} | change
    for function in (expected_loss, expected_loss_and_bound, expected_loss_and_gradient):
        with pytest.raises(BadInputError, match=message) as error:
            function(**arguments)
        assert "\n" not in str(error.value)


def test_a_bias_of_another_length_is_refused() -> None:
    w, b = random_model(5, 2)
    for function in (
        lambda w, b: expected_loss(w, b, 0.3),
        one_active_loss,
        lambda w, b: one_hot_loss(w, "relu", b),
    ):
        with pytest.raises((BadInputError, TypeCheckError)):
            function(w, b[:4])


def test_the_three_losses_share_their_arguments() -> None:
    everything = list(inspect.signature(expected_loss).parameters)
    assert list(inspect.signature(expected_loss_and_bound).parameters) == everything
    assert [name for name in everything if name != "per_feature"] == list(
        inspect.signature(expected_loss_and_gradient).parameters
    )


def test_losses_with_one_feature_refuse_what_is_not_finite() -> None:
    w, b = np.eye(2, 3), np.zeros(3)
    for loss in (lambda weights: one_active_loss(weights, b), one_hot_loss):
        with pytest.raises(BadInputError, match="w: got array"):
            loss(w * np.nan)
