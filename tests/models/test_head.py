"""The head is the bilinear form of its two matrices, with or without a constant input."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.models import Head

KEY = jax.random.key(0)
H, G = jnp.array([1.0, -2.0, 0.5]), jnp.array([0.2, 0.0, 3.0])


def test_the_logit_is_h_omega_g():
    head = Head.init(3, 2, KEY)
    np.testing.assert_allclose(head(H, G), H @ head.omega @ G, rtol=1e-5)
    assert np.linalg.matrix_rank(head.omega) == 2


def test_the_constant_input_comes_last():
    head = Head.init(3, 2, KEY, constant_input=True)
    assert head.omega.shape == (4, 4)
    np.testing.assert_allclose(
        head(H, G), np.append(H, 1) @ head.omega @ np.append(G, 1), rtol=1e-5
    )


def test_omega_of_a_population_is_each_models_own():
    heads = jax.vmap(lambda key: Head.init(3, 2, key))(jax.random.split(KEY, 4))
    np.testing.assert_allclose(heads.omega[2], heads.a[2].T @ heads.b[2], rtol=1e-6)


@pytest.mark.parametrize("rank", [0, 4])
def test_a_rank_out_of_range_is_refused(rank: int):
    with pytest.raises(
        BadInputError, match=f"rank: got {rank}, expected a whole number from 1 to n_hidden = 3"
    ):
        Head.init(3, rank, KEY)
