"""Crowding, specialisation, use and losses of routed experts, on models made by hand."""

import json

import jax
import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.computation.mixture import models, readings, study
from tegum.studies.computation.mixture.models import LAWS, VARIANTS
from tegum.training.engine import stack

N, M, T = 8, 2, 4
CONFIG = {"topics": T, "topic_size": 2, "density": 0.1, "n_hidden": M}
CLAIMS = {claim.id: claim for claim in study.CLAIMS}
SEEDS = 6


def alone() -> tuple[np.ndarray, ...]:
    """An expert for each topic, without superposition: use, active, w."""
    use = np.eye(T) / T
    own = np.repeat(np.eye(T), N // T, axis=1)
    w = np.zeros((T, M, N))
    for e in range(T):
        w[e, :, 2 * e : 2 * e + 2] = np.eye(2)
    return use, own * 0.1, w


def mixed() -> tuple[np.ndarray, ...]:
    """Experts that are used alike whatever the topic, each with four antipodal pairs in the plane."""
    pairs = np.stack([np.tile([1.0, -1, 0, 0], 2), np.tile([0.0, 0, 1, -1], 2)])
    return np.full((T, T), 1 / T**2), np.full((T, N), 0.1 / T), np.tile(pairs, (T, 1, 1))


def dataset(kind: dict[str, tuple[np.ndarray, ...]], loss: dict | None = None) -> xr.Dataset:
    """Every variant and seed alike, by law; with their losses by law or by (law, variant)."""
    loss = {"topics": 1e-4, "independent": 0.1} | (loss or {})

    def of(law: str, variant: str) -> float:
        return loss.get((law, variant), loss[law])

    place = ("experts", "law", "variant", "seed")
    shape = (1, len(LAWS), len(VARIANTS), SEEDS)
    values = {}
    for k, (name, dims) in enumerate(
        {
            "use": ("topic", "expert"),
            "active": ("expert", "feature"),
            "w": ("expert", "hidden", "feature"),
        }.items()
    ):
        each = np.stack([kind[law][k] for law in LAWS])[None, :, None, None]
        values[name] = (place + dims, np.broadcast_to(each, shape + each.shape[4:]).copy())
    spread = 1 + 0.01 * np.arange(SEEDS)
    losses = np.array([[of(law, v) * spread for v in VARIANTS] for law in LAWS])[None]
    values["loss"] = (place, losses)
    values["other_loss"] = (place, 2 * losses)
    values["active_squared"] = values["active"]
    dense = np.array([0.2, 0.25])[None, :, None] * spread
    values["dense_exact"] = (("width", "law", "seed"), dense)
    values["dense_loss"] = (("width", "law", "seed"), dense * 1.001)
    values["dense_error"] = (("width", "law", "seed"), 0.001 * dense)
    values["dense_w"] = (
        ("width", "law", "seed", "hidden", "feature"),
        np.broadcast_to(mixed()[2][0], (1, 2, SEEDS, M, N)),
    )
    axes = {
        "experts": [T],
        "law": list(LAWS),
        "variant": list(VARIANTS),
        "seed": range(SEEDS),
        "width": [M],
        "expert": range(T),
        "topic": range(T),
        "hidden": range(M),
        "feature": range(N),
    }
    return xr.Dataset(values, axes, {"config": json.dumps(CONFIG)})


DS = dataset({"topics": alone(), "independent": mixed()})
POINT = {"experts": T, "variant": "hard", "seed": 0}


def at(values: xr.DataArray, law: str) -> float:
    return float(values.sel(**POINT, law=law))


def test_experts_of_one_topic_are_not_crowded_and_tell_the_topic():
    assert at(readings.crowding(DS), "topics") == pytest.approx(1)
    assert at(readings.own_dimensions(DS), "topics") == pytest.approx(1)
    assert at(readings.specialisation(DS), "topics") == pytest.approx(1)
    assert at(readings.evenness(DS), "topics") == pytest.approx(1)


def test_four_pairs_in_the_plane_are_four_features_a_dimension_and_tell_nothing():
    assert at(readings.crowding(DS), "independent") == pytest.approx(4)
    assert at(readings.own_dimensions(DS), "independent") == pytest.approx(1 / 4)
    assert at(readings.specialisation(DS), "independent") == pytest.approx(0)
    assert at(readings.paired(DS), "independent") == 1
    assert at(readings.paired(DS), "topics") == 0


def test_columns_that_an_expert_never_sees_do_not_count():
    use, active, w = alone()
    ds = dataset({"topics": (use, active, w + (active[:, None] == 0)), "independent": mixed()})
    assert at(readings.crowding(ds), "topics") == pytest.approx(1)
    assert at(readings.stored(ds), "topics") == pytest.approx(1 + N - 2)


def test_a_soft_expert_of_half_gates_and_longer_columns_is_as_crowded():
    soft = DS.assign(active_squared=DS.active / 2, w=np.sqrt(2) * DS.w)
    np.testing.assert_allclose(readings.crowding(soft), readings.crowding(DS))


def test_rows_beyond_the_width_are_no_dimensions():
    narrow = DS.assign(w=DS.w.where(DS.hidden == 0))
    assert at(readings.crowding(narrow), "topics") == pytest.approx(1)


def test_an_expert_with_less_than_a_tenth_of_its_share_is_idle():
    assert float(readings.idle(DS).max()) == 0
    use, active, w = mixed()
    few = use * np.array([0.05, 1.3, 1.3, 1.35])
    ds = dataset({"topics": (few, active, w), "independent": (few, active, w)})
    assert float(readings.idle(ds).min()) == 1
    assert at(readings.evenness(ds), "topics") < 0.9
    assert CLAIMS["collapses-unbalanced"].judge(ds).holds


def test_a_diverged_model_is_left_out():
    broken = DS.where(DS.seed != 0)
    for reading in (
        readings.crowding,
        readings.own_dimensions,
        readings.specialisation,
        readings.evenness,
        readings.idle,
        readings.paired,
    ):
        values = reading(broken)
        assert values.sel(seed=0).isnull().all()
        assert values.sel(seed=1).notnull().all()


def test_more_is_lost_than_the_least_of_the_code_or_it_is_told():
    least = readings.least_routed_loss(N, M, 0.1, T)
    found = readings.over_bits(DS).sel(experts=T, variant="hard", seed=0)
    assert float(found) == pytest.approx(0.1 / least)
    assert float(readings.over_bits(DS).sel(experts=T, variant="hard, m/k", seed=0)) < float(found)


EXPECTED = ("samples-are-exact", "not-below-the-bits", "no-worse-than-dense")
EXPECTED += ("topics-cost-nothing", "topics-help-more", "router-learns", "experts-differ")
AS_THEORY = dataset(
    {"topics": alone(), "independent": mixed()},
    {(law, v): loss for law in LAWS for v, loss in (("random router", 0.2), ("hard, m/k", 0.4))},
)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_claim_holds_where_theory_does_and_fails_on_its_control(name: str):
    verdict = CLAIMS[name].judge(AS_THEORY)
    assert verdict.holds
    assert verdict.control is not None
    assert verdict.control.fails


@pytest.mark.parametrize("name", EXPECTED[2:6])
def test_a_claim_fails_where_nothing_is_gained_from_topics(name: str):
    alike = dataset(
        {"topics": mixed(), "independent": mixed()},
        {"topics": 0.3, "independent": 0.2} | {(law, "random router"): 0.1 for law in LAWS},
    )
    assert CLAIMS[name].judge(alike).fails


def test_experts_for_each_topic_need_no_superposition_and_pairs_do():
    assert CLAIMS["needs-none-in-topics"].judge(DS).holds
    assert CLAIMS["one-topic-each"].judge(DS).holds
    assert not CLAIMS["needs-none-otherwise"].judge(DS).holds
    assert CLAIMS["left-in-pairs"].judge(DS).holds


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"density": 0.3}, "density"),
        ({"n_hidden": 3}, "n_hidden"),
        ({"n_hidden": 16}, "n_hidden"),
        ({"experts": (2, 8)}, "experts"),
        ({"experts": (1, 4)}, "experts"),
    ],
)
def test_what_cannot_work_together_is_refused(fields, says):
    with pytest.raises(BadInputError, match=says):
        models.Config(**fields)


def test_dense_widths_are_those_of_experts_below_n():
    assert models.Config(experts=(2, 4, 8)).widths == (1, 2, 4, 8)


def test_both_laws_have_the_same_power():
    c = models.Config()
    for name in LAWS:
        square = np.trace(np.asarray(c.law(name).second_moment))
        assert square == pytest.approx(c.power, rel=1e-5)


def test_measured_use_of_perfect_experts_is_one_each_and_their_loss_is_nothing():
    """A router that reads the topic, and an expert of one dimension for each feature of it."""
    c = models.Config(topics=4, topic_size=2, n_hidden=2, experts=(4,))
    *_, w = alone()
    router = 1e3 * np.repeat(np.eye(T), N // T, axis=1)
    model = models.Experts(w, np.zeros((T, N)), router, np.zeros(T), np.asarray(True))
    stacked, laws = stack([model]), stack([c.law("topics")])
    found = models.measured(stacked, laws, jax.random.key(0), 4096)
    assert float(found.loss[0]) < 1e-10
    assert float(found.other_loss[0]) > 0.1 * c.power
    use = np.asarray(found.use[0])
    # Inputs of which nothing is active go to expert 0, whatever the topic.
    empty = 0.6**2 / T
    expected = np.diag([1 / T, *[1 / T - empty] * 3])
    expected[1:, 0] = empty
    np.testing.assert_allclose(use, expected, atol=0.02)
