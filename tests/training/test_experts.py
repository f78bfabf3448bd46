"""The objective of routed experts: reconstruction, the balancing term, and a router left as it is."""

import jax
import numpy as np
import pytest

from tegum.features import SparseFeatures, Topics
from tegum.models.experts import Experts
from tegum.training.experts import RoutedReconstruction

KEY = jax.random.key(3)
LAW = Topics.apart((2, 2), 0.5)


def objective(balance: float = 0.0, frozen: bool = False) -> RoutedReconstruction:
    return RoutedReconstruction(LAW, np.float32(balance), np.asarray(frozen))


@pytest.mark.parametrize("hard", [True, False])
def test_the_loss_is_that_of_reconstruction(hard: bool):
    model = Experts.init(3, 4, 2, KEY, hard)
    x = LAW.draw(KEY, 256)
    output = jax.vmap(model, in_axes=-1, out_axes=-1)(x)
    by_hand = np.sum((np.asarray(x) - np.asarray(output)) ** 2, axis=0).mean()
    loss, parts = objective().loss(model, KEY, 256)
    np.testing.assert_allclose([loss, parts["L1"]], by_hand, rtol=1e-5)


def test_balancing_costs_k_less_1_where_one_expert_has_all_and_nothing_where_all_have_as_much():
    sparse = RoutedReconstruction(SparseFeatures(4, 1.0), np.float32(1.0), np.asarray(False))
    model = Experts.init(2, 4, 2, KEY)
    sure = Experts(model.w, model.b, 0 * model.router, np.array([50.0, 0.0]), model.hard)
    even = Experts(
        model.w, model.b, 1e4 * np.array([[1.0, -1, 0, 0], [-1, 1, 0, 0]]), np.zeros(2), model.hard
    )
    for each, cost in ((sure, 1.0), (even, 0.0)):
        loss, parts = sparse.loss(each, KEY, 4096)
        assert parts["unbalance"] == pytest.approx(cost, abs=5e-3)
        assert loss == pytest.approx(float(parts["L1"] + parts["unbalance"]), rel=1e-5)


def test_soft_experts_are_not_balanced():
    soft = Experts.init(2, 4, 2, KEY, hard=False)
    assert objective(1.0).loss(soft, KEY, 64)[1]["unbalance"] == 0


def test_a_frozen_router_feels_no_slope_and_its_experts_do():
    model = Experts.init(2, 4, 2, KEY)

    def slopes(asked: RoutedReconstruction):
        def of(w, router):
            changed = Experts(w, model.b, router, model.router_bias, model.hard)
            return asked.loss(changed, KEY, 256)[0]

        return jax.grad(of, argnums=(0, 1))(model.w, model.router)

    by_w, by_router = slopes(objective(0.1, frozen=True))
    assert np.abs(by_w).max() > 0
    assert np.abs(by_router).max() == 0
    assert np.abs(slopes(objective(0.1))[1]).max() > 0
