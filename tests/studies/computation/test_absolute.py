"""Readings on networks made by hand, claims that fail on their controls, theory of one neuron."""

import json

import jax
import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.computation.absolute import models, readings, study
from tegum.studies.computation.absolute.figures import clearest
from tegum.theory.hidden_relu import losses

CLAIMS = {claim.id: claim for claim in study.CLAIMS}
DENSITIES = [1.0, 0.03, 0.01]
N, M, SEEDS = 12, 8, 4


def pairs(count: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Neurons 2k and 2k + 1 for both signs of feature k; the others do nothing."""
    w = np.zeros((M, N))
    for k in range(2 * count):
        w[k, k // 2] = 1 - 2 * (k % 2)
    return w, abs(w)


def with_shared() -> tuple[np.ndarray, np.ndarray]:
    """Pairs for two features; four neurons that three others share, with an asymmetric motif."""
    w, v = pairs(2)
    w[4:], v[4:] = 0, 0
    w[4, [2, 3]], v[4, [2, 3]] = [2, -0.5], [0.5, 2]
    w[5, 2], v[5, 3] = 1, -4
    w[5, 4], v[5, 4] = 0.8, 1
    w[6, [2, 4]], v[6, [2, 4]] = [-1, -1], [1, 1]
    w[7, [3, 4]], v[7, [3, 4]] = [1, 0.9], [1, 0.1]
    return w, v


def dataset() -> xr.Dataset:
    rng = np.random.default_rng(1)
    dense, sparse = pairs(), with_shared()
    # From fresh weights all neurons are shared; with four asymmetric motifs, features 0 to 7.
    w, v = (np.zeros((M, N)) for _ in range(2))
    for k in range(4):
        w[2 * k, [k, k + 4]], v[2 * k, [k, k + 4]] = [2, -0.5], [0.5, 2]
        w[2 * k + 1, [k, k + 4]], v[2 * k + 1, k + 4] = [1, 1e-9], -4
        w[2 * k + 1, (k + 1) % 4] = 0.9
        v[2 * k + 1, [k, (k + 1) % 4]] = 1
    fresh = w, v
    of = {"fresh": [dense, fresh, fresh], "pairs": [dense, sparse, sparse]}
    shape = (3, 2, SEEDS)
    weights = [np.stack([[[of[s][d][k]] * SEEDS for s in of] for d in range(3)]) for k in range(2)]
    error = np.ones((*shape, N))
    for d, start, count in ((0, 0, 3), (0, 1, 4), (1, 0, 5), (1, 1, 5), (2, 0, 6), (2, 1, 5)):
        error[d, start, :, :count] = 0.05
    ratio = np.array([[3.0, 1.01], [2.5, 0.6], [2.2, 0.5]])[..., None]
    wide = ("density", "start", "seed")
    small_w = np.concatenate([np.eye(3), -np.eye(3)])
    exact_loss = np.full((2, 8), 1e-7)
    exact_loss[1, :4] = 0.3
    dims = ("exact_start", "small_seed", "exact_hidden", "exact_feature")
    return xr.Dataset(
        {
            "w": ((*wide, "hidden", "feature"), weights[0]),
            "w_out": ((*wide, "hidden", "feature"), weights[1]),
            "b": ((*wide, "feature"), np.zeros((*shape, N))),
            "error": ((*wide, "feature"), error),
            "variance": ("density", np.ones(3)),
            "loss": (wide, ratio * (1 + 0.001 * rng.random(shape))),
            "apart": ("density", np.ones(3)),
            "power": ("density", np.full(3, 40.0)),
            "ideal_loss": ("density", np.zeros(3)),
            "one_sided_loss": ("density", np.ones(3)),
            "exact_w": (dims, np.tile(small_w, (2, 8, 1, 1))),
            "exact_w_out": (dims, np.tile(abs(small_w), (2, 8, 1, 1))),
            "exact_loss": (dims[:2], exact_loss),
            "exact_power": ((), 0.3),
            "half_w": (
                ("small_seed", "half_hidden", "half_feature"),
                np.tile(sparse[0], (8, 1, 1)),
            ),
            "half_w_out": (
                ("small_seed", "half_hidden", "half_feature"),
                np.tile(sparse[1], (8, 1, 1)),
            ),
        },
        {
            "density": DENSITIES,
            "start": ["fresh", "pairs"],
            "seed": range(SEEDS),
            "exact_start": ["fresh", "usual"],
        },
        {"config": json.dumps({"n_hidden": M})},
    )


GOOD = dataset()
OF_MANY = {"important-monosemantic"}  # five features are too few for its bound


@pytest.mark.parametrize(
    "name", [name for name, of in CLAIMS.items() if of.kind == "expected" and name not in OF_MANY]
)
def test_a_claim_holds_on_what_it_describes_and_fails_on_its_control(name: str) -> None:
    verdict = CLAIMS[name].judge(GOOD)
    assert verdict.judgement == "holds", verdict
    assert verdict.control is not None
    assert verdict.control.fails


def test_open_claims_say_what_is_met() -> None:
    assert CLAIMS["trained-exact-share"].judge(GOOD).measured == 1
    assert not CLAIMS["fresh-pays"].judge(GOOD).holds
    assert not CLAIMS["both-kinds-fresh"].judge(GOOD).holds
    assert CLAIMS["motif-of-half"].judge(GOOD).measured == 1


def test_importance_and_meaning_go_together_where_important_features_have_neurons_alone() -> None:
    w, v = np.concatenate([np.eye(20), -np.eye(20)]), np.tile(np.eye(20), (2, 1))
    for k in range(10, 20, 2):  # the less important half shares, two by two
        rows = [k, k + 1, k + 20, k + 21]
        w[rows, k], w[rows, k + 1], v[rows, k], v[rows, k + 1] = 1, -1, 1, 1
    dims = ("seed", "hidden", "feature")
    ds = xr.Dataset(
        {
            "w": (dims, w[None]),
            "w_out": (dims, v[None]),
            "error": (("seed", "feature"), np.zeros((1, 20))),
            "variance": ((), 1.0),
        }
    )
    np.testing.assert_allclose(readings.from_monosemantic(ds)[0], np.repeat([1, 0], 10))
    # Spearman with ties: ranks against a half of ones is √(3/4) nearly.
    found = float(readings.importance_and_meaning(ds).squeeze())
    assert found == pytest.approx(np.sqrt(0.75) * np.sqrt(19), rel=0.01)
    turned = ds.isel(feature=slice(None, None, -1))
    assert float(readings.importance_and_meaning(turned).squeeze()) < -study.Q95
    worse = ds.assign(error=ds.error + 0.9)  # nothing is computed
    assert bool(readings.importance_and_meaning(worse).isnull().all())


def test_one_neuron_that_reads_a_feature_alone_explains_half_of_it_at_most() -> None:
    slopes, biases = np.meshgrid(np.linspace(0, 2, 41), np.linspace(-0.5, 0.6, 45))
    w = np.ones((slopes.size, 1, 1))
    for p in (0.01, 0.3, 0.7, 1.0):
        found = losses(
            w, biases.reshape(-1, 1), p, np.ones(1), w_out=slopes.reshape(-1, 1, 1),
            values="symmetric", function="absolute",
        )  # fmt: skip
        assert 1 - found.loss.min() / models.variance(p) <= 0.5 + 1e-9
    assert readings.COMPUTED > 0.5


def test_the_clearest_motif_is_shown_with_equal_strong_weights() -> None:
    found = clearest(GOOD.sel(start="pairs"))
    assert found is not None
    w, v, density, pair = found
    assert density < 1
    assert pair == [2, 3]
    np.testing.assert_allclose(w[0], [2, -0.5])
    np.testing.assert_allclose(v[0], [0.5, 2])
    assert clearest(GOOD.sel(start="pairs", density=[1.0])) is None


def test_pairs_begin_near_two_neurons_each() -> None:
    model = models._begun(10, 6, "pairs", jax.random.key(0))
    w = np.asarray(model.w)
    np.testing.assert_array_equal(abs(w).argmax(axis=1), [0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(np.sign(w[np.arange(6), [0, 0, 1, 1, 2, 2]]), [1, -1] * 3)
    np.testing.assert_allclose(model.w_out, abs(w))


def test_parts_measure_what_their_tables_say() -> None:
    c = study.STUDY.config(
        "quick", densities=(0.3,), n_features=6, n_hidden=4, seeds=2, steps=20, batch=16,
        samples=300, small_seeds=2, small_steps=20,
    )  # fmt: skip
    ds = xr.merge([task.measure() for task in models.MODELS.tasks(c)], compat="override")
    assert ds.w.shape == (1, 2, 2, 4, 6)
    assert ds.exact_w.shape == (2, 2, 6, 3)
    assert ds.half_w.shape == (2, 10, 20)
    assert float(ds.ideal_loss.squeeze()) == pytest.approx(0, abs=1e-15)
    assert float(ds.power.squeeze()) == pytest.approx((0.8 ** np.arange(6)).sum() * 0.0775)


def test_networks_without_superposition_are_refused() -> None:
    with pytest.raises(BadInputError, match="n_hidden"):
        models.Config(n_features=4, n_hidden=4)
