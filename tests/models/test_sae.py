"""A sparse autoencoder computes what its formulas say; lengths of decoder columns never count."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.models import SparseAutoencoder
from tegum.models.sae import THRESHOLD, above, jump
from tests.refusals import line_of

KEY = jax.random.key(0)
H = jnp.array([0.5, -1.0, 2.0])
KINDS = ({"kind": "relu"}, {"kind": "topk", "k": 2}, {"kind": "jumprelu"})


def moved(**options) -> SparseAutoencoder:
    """One of 3 hidden dimensions and 6 latents, with no parameter at its initial value."""
    sae = SparseAutoencoder.init(3, 6, KEY, **options)
    leaves, structure = jax.tree.flatten(sae)
    keys = jax.random.split(jax.random.key(1), len(leaves))
    return structure.unflatten(
        [a + 0.3 * jax.random.normal(k, a.shape) for a, k in zip(leaves, keys, strict=True)]
    )


def preactivation_by_hand(sae: SparseAutoencoder) -> np.ndarray:
    seen = np.asarray(H) - (np.asarray(sae.b_dec) if sae.centred else 0)
    return np.asarray(sae.w_enc) @ seen + np.asarray(sae.b_enc)


@pytest.mark.parametrize("centred", [True, False])
def test_relu_is_the_published_formula(centred: bool):
    sae = moved(centred=centred)
    z = np.maximum(preactivation_by_hand(sae), 0)
    columns = np.asarray(sae.w_dec) / np.linalg.norm(sae.w_dec, axis=0)
    np.testing.assert_allclose(sae.encode(H), z, rtol=1e-5)
    np.testing.assert_allclose(sae(H), columns @ z + sae.b_dec, rtol=1e-5)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_topk_keeps_the_k_largest_as_they_are(k: int):
    sae = SparseAutoencoder(
        w_enc=jnp.eye(6), b_enc=jnp.zeros(6), w_dec=jnp.eye(6), b_dec=jnp.zeros(6), kind="topk", k=k
    )
    u = np.array([0.3, 2.0, 0.1, 0.7, 0.5, 0.9])
    kept = np.argsort(u)[-k:]
    expected = np.zeros(6)
    expected[kept] = u[kept]
    np.testing.assert_allclose(sae.encode(jnp.asarray(u)), expected, rtol=1e-6)


def test_topk_of_fewer_positive_ones_keeps_them_alone():
    sae = moved(kind="topk", k=4)
    u = jnp.array([-1.0, 0.5, -0.2, 0.0, 2.0, -3.0])
    np.testing.assert_array_equal(sae.activate(u), [0, 0.5, 0, 0, 2, 0])


def test_jumprelu_keeps_what_is_above_its_threshold_unshrunk():
    sae = moved(kind="jumprelu")
    u, theta = preactivation_by_hand(sae), np.exp(sae.log_threshold)
    np.testing.assert_allclose(sae.threshold, theta, rtol=1e-6)
    np.testing.assert_allclose(sae.encode(H), np.where(u > theta, u, 0), rtol=1e-5)
    np.testing.assert_array_equal(sae.active(jnp.asarray(u)), u > theta)


def slopes_of(function, u: jax.Array, thetas: jax.Array, width: float) -> tuple:
    """By u and by theta, of each latent by itself: of their sum, then."""
    return jax.grad(lambda *both: function(*both, width).sum(), argnums=(0, 1))(u, thetas)


def test_the_straight_through_gradients_are_the_published_ones():
    """A triangle of inputs far below, just below, just above and far above theta."""
    theta, width = 0.5, 0.2
    u = jnp.array([0.1, 0.45, 0.55, 0.9])
    thetas = jnp.full(4, theta)
    inside = np.array([0, 1, 1, 0])
    towards = slopes_of(jump, u, thetas, width)
    np.testing.assert_array_equal(towards[0], [0, 0, 1, 1])
    np.testing.assert_allclose(towards[1], -theta / width * inside, rtol=1e-6)
    towards = slopes_of(above, u, thetas, width)
    np.testing.assert_array_equal(towards[0], np.zeros(4))
    np.testing.assert_allclose(towards[1], -1 / width * inside, rtol=1e-6)


def test_the_pseudo_gradient_of_the_number_active_is_that_of_its_mean():
    """For u uniform on [0, 1], E 1(u > theta) = 1 - theta falls with slope 1; so does its estimate at any width."""
    u = (jnp.arange(10_000) + 0.5) / 10_000
    for width in (0.05, 0.3):
        slope = jax.grad(
            lambda theta, width=width: above(u[None], theta[None, None], width).mean()
        )(jnp.float32(0.4))
        assert slope == pytest.approx(-1, rel=1e-2)


@pytest.mark.parametrize("options", KINDS)
def test_lengths_of_decoder_columns_change_nothing_and_get_no_gradient(options: dict):
    sae = moved(**options)
    longer = SparseAutoencoder(
        sae.w_enc,
        sae.b_enc,
        sae.w_dec * jnp.array([[2.0, 3.0, 0.5, 1.0, 7.0, 0.1]]),
        sae.b_dec,
        sae.log_threshold,
        sae.kind,
        sae.k,
    )
    np.testing.assert_allclose(longer(H), sae(H), rtol=1e-5)
    np.testing.assert_allclose(longer.canonical().w_dec, sae.canonical().w_dec, rtol=1e-5)
    gradient = jax.grad(lambda sae: jnp.sum((sae(H) - H) ** 2))(longer)
    along = jnp.sum(gradient.w_dec * longer.directions, axis=0)
    np.testing.assert_allclose(along, 0, atol=1e-5)
    assert np.any(np.abs(gradient.w_dec) > 1e-3)


def test_the_canonical_form_is_the_same_function_with_unit_columns():
    sae = moved()
    same = sae.canonical()
    np.testing.assert_allclose(np.linalg.norm(same.w_dec, axis=0), 1, rtol=1e-6)
    np.testing.assert_allclose(same(H), sae(H), rtol=1e-6)


def test_a_column_of_zeros_gives_zeros_and_a_finite_gradient():
    sae = SparseAutoencoder(jnp.ones((2, 3)), jnp.ones(2), jnp.zeros((3, 2)), jnp.zeros(3))
    np.testing.assert_array_equal(sae.directions, np.zeros((3, 2)))
    gradient = jax.grad(lambda sae: jnp.sum(sae(H)))(sae)
    assert np.all(np.isfinite(gradient.w_dec))


@pytest.mark.parametrize("options", KINDS)
def test_a_fresh_one_has_unit_columns_and_their_transpose_as_its_encoder(options: dict):
    sae = SparseAutoencoder.init(20, 400, KEY, **options)
    np.testing.assert_allclose(np.linalg.norm(sae.w_dec, axis=0), 1, rtol=1e-6)
    np.testing.assert_array_equal(sae.w_enc, sae.w_dec.T)
    assert not np.any(sae.b_enc)
    assert not np.any(sae.b_dec)
    # Directions of no preference: the mean of d d^T over many is the identity over the dimension.
    np.testing.assert_allclose(sae.w_dec @ sae.w_dec.T / 400, np.eye(20) / 20, atol=0.015)
    expected = THRESHOLD if sae.kind == "jumprelu" else 0
    np.testing.assert_allclose(sae.threshold, np.full(400, expected), rtol=1e-6)


@pytest.mark.parametrize("options", KINDS)
def test_a_batch_in_the_last_axis_equals_one_vector_at_a_time(options: dict):
    sae = moved(**options)
    batch = jax.random.normal(KEY, (3, 7))
    lifted = jax.vmap(sae, in_axes=-1, out_axes=-1)(batch)
    np.testing.assert_allclose(lifted, np.stack([sae(h) for h in batch.T], axis=-1), rtol=1e-4)
    u = jax.vmap(sae.preactivation, in_axes=-1, out_axes=-1)(batch)
    z = jax.vmap(sae.encode, in_axes=-1, out_axes=-1)(batch)
    np.testing.assert_array_equal(sae.activate(u), z)


def test_a_population_has_directions_and_thresholds_of_its_own_each_in_numpy_too():
    saes = jax.vmap(lambda key: SparseAutoencoder.init(3, 6, key, kind="jumprelu"))(
        jax.random.split(KEY, 4)
    )
    saes = jax.tree.map(np.asarray, saes)
    assert isinstance(saes.directions, np.ndarray)
    np.testing.assert_array_equal(saes.threshold.shape, (4, 6))
    one = jax.tree.map(lambda leaf: leaf[2], saes)
    np.testing.assert_array_equal(saes.directions[2], one.directions)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"n_latents": 0}, "n_latents: got 0, expected a whole number of at least 1"),
        ({"kind": "topk"}, "k: got None, expected a whole number from 1 to n_latents = 6"),
        ({"kind": "topk", "k": 7}, "k: got 7, expected a whole number from 1 to n_latents = 6"),
        ({"k": 3}, "k: got 3, expected none with 'relu'; kind='topk' has one"),
        ({"bandwidth": 0.0}, "bandwidth: got 0.0, expected a width above 0"),
        ({"key": 3}, "key: got 3, expected a jax random key; jax.random.key(3) makes one"),
    ],
)
def test_a_bad_one_is_refused_in_one_line(arguments: dict, says: str):
    given = {"n_hidden": 3, "n_latents": 6, "key": KEY, **arguments}
    assert line_of(lambda: SparseAutoencoder.init(**given)) == says


def test_an_unknown_kind_is_refused_with_the_nearest():
    with pytest.raises(BadInputError, match="unknown kind 'jumprelo'; did you mean jumprelu"):
        SparseAutoencoder.init(3, 6, KEY, kind="jumprelo")


def test_parameters_that_do_not_fit_are_refused():
    sae = moved()
    parts = (sae.w_enc, sae.b_enc, sae.w_dec, sae.b_dec)
    line = line_of(lambda: SparseAutoencoder(parts[0], parts[1], parts[2].T, parts[3]))
    assert line == (
        "w_dec: got (6, 3), expected hidden x latents, as w_enc, shape (3, 6); "
        "w_dec is hidden x latents: transpose it, w_dec.T"
    )
    line = line_of(lambda: SparseAutoencoder(*parts, log_threshold=jnp.zeros(6)))
    assert line.startswith("log_threshold: got (6,), expected thresholds with 'jumprelu'")
    line = line_of(lambda: SparseAutoencoder(*parts, kind="jumprelu"))
    assert line.startswith("log_threshold: got None")
    line = line_of(lambda: sae.encode(jnp.zeros((3, 7))))
    assert "a batch comes last: jax.vmap(sae, in_axes=-1, out_axes=-1)(h)" in line
