"""Rules, scores and readings of sae-recovery on data made by hand."""

import json

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.features import SparseFeatures
from tegum.models import SparseAutoencoder
from tegum.studies.dictionaries.autoencoders import Setting
from tegum.studies.dictionaries.recovery import readings as read
from tegum.studies.dictionaries.recovery.one_latent import best_angle, folded
from tegum.studies.dictionaries.recovery.scores import costs, nulls, scores
from tegum.studies.dictionaries.recovery.sources import Dictionaries, numbers

NONE = np.nan


def exact(d: np.ndarray, penalty: float = 0.0, kind: str = "relu") -> SparseAutoencoder:
    """An autoencoder that reads orthonormal directions as they are, shrunk by half the penalty."""
    d = jnp.asarray(d, jnp.float32)
    log = jnp.full(d.shape[1], -20.0) if kind == "jumprelu" else None
    bias = jnp.full(d.shape[1], -penalty / 2)
    return SparseAutoencoder(d.T, bias, d, jnp.zeros(len(d)), log, kind=kind)


def one_feature_at_a_time(n: int) -> np.ndarray:
    return np.hstack([v * np.eye(n) for v in np.linspace(0, 1, 41)])


def test_the_truth_scores_one_and_explains_all() -> None:
    setting = Setting(SparseFeatures(3, 0.1), np.eye(3), 0.0, 0)
    found = scores(exact(np.eye(3)), setting, one_feature_at_a_time(3))
    assert found["feature"] == found["matched"] == found["unique"] == 1
    assert found["explained"] == pytest.approx(1)
    assert (found["dead"], found["shared"], found["per_feature"]) == (0, 0, 1)
    assert (found["slope"], found["shortfall"]) == (pytest.approx(1), pytest.approx(0, abs=1e-6))


def test_shrinking_is_read_off_whole_reconstructions_also_where_two_latents_share_a_feature() -> (
    None
):
    setting = Setting(SparseFeatures(3, 0.1), np.eye(3), 0.4, 0)
    alone = scores(exact(np.eye(3), 0.4), setting, one_feature_at_a_time(3))
    assert alone["shortfall"] == pytest.approx(0.2, abs=1e-5)
    both = exact(np.eye(3)[:, [0, 0, 1, 2]], 0.4)
    half = SparseAutoencoder(
        both.w_enc * jnp.array([0.5, 0.5, 1, 1])[:, None],
        both.b_enc * jnp.array([0.5, 0.5, 1, 1]),
        both.w_dec,
        both.b_dec,
    )
    shared = scores(half, setting, one_feature_at_a_time(3))
    assert shared["shortfall"] == pytest.approx(0.2, abs=1e-5)
    assert shared["loss"] == pytest.approx(alone["loss"], rel=1e-5)


def test_losses_are_the_error_with_the_sum_or_the_number_of_latents() -> None:
    setting = Setting(SparseFeatures(2, 0.1), 0.6 * np.eye(2), 1.0, 0)
    for kind, cost in (("relu", 0.6), ("jumprelu", 1.0)):
        found = scores(exact(np.eye(2), kind=kind), setting, np.eye(2))
        assert found["loss"] - found["error"] == pytest.approx(cost)


def test_a_w_without_features_has_no_scores_and_breaks_nothing() -> None:
    setting = Setting(SparseFeatures(2, 0.1), 0.1 * np.eye(2), 0.1, 0)
    found = scores(exact(np.eye(2)), setting, np.eye(2))
    assert np.isnan([found["feature"], found["slope"]]).all()


def test_features_that_are_not_there_do_not_count() -> None:
    w = np.array([[1.0, 0, 0], [0, 1, 0.1]])
    setting = Setting(SparseFeatures(3, 0.1), w, 0.0, 0)
    assert scores(exact(np.eye(2)), setting, np.eye(3))["feature"] == 1


def test_the_truth_meets_its_own_cost_and_none_lies_below_the_bound() -> None:
    w = np.broadcast_to(np.eye(3), (1, 1, 1, 3, 3))
    x = one_feature_at_a_time(3)[None, None]
    found = costs(w, x, [0.4], 2)
    setting = Setting(SparseFeatures(3, 0.1), np.eye(3), 0.4, 0)
    loss = scores(exact(np.eye(3), 0.4), setting, x[0, 0])["loss"]
    assert found["truth"][0, 0, 0, 0] == pytest.approx(loss, rel=1e-4)
    assert found["bound"][0, 0, 0, 0] <= loss
    assert np.isnan(found["truth"][0, 0, 0, 1])


def test_random_dictionaries_score_more_the_wider_they_are() -> None:
    w = np.broadcast_to(np.eye(4), (1, 1, 1, 4, 4))
    found = nulls(w, [1.0, 4.0])
    assert 0.3 < found["chance"][0, 0, 0, 0] < found["chance"][0, 0, 0, 1] < 1


def dataset(**values: list[float]) -> xr.Dataset:
    """One seed, source, density and width of one kind, values over strengths."""
    dims = ("seed", "source", "density", "width", "kind", "strength")
    shaped = {name: (dims, np.reshape(each, (1,) * 5 + (-1,))) for name, each in values.items()}
    labels = {"source": ["random"], "density": [0.1], "width": [2.0], "kind": ["ReLU"]}
    return xr.Dataset(shaped, labels)


def test_the_rule_by_variance_takes_the_strictest_that_explains_enough_else_the_gentlest() -> None:
    ds = dataset(explained=[0.99, 0.93, 0.8], feature=[0.1, 0.2, 0.3])
    assert read.chosen(ds, "feature").item() == 0.2
    assert read.by_variance(dataset(explained=[0.7, 0.6, 0.5])).item() == 0


def test_the_rule_by_count_takes_the_nearest_l0_as_a_ratio() -> None:
    ds = dataset(active=[8.0, 3.0, 0.5], feature=[0.1, 0.2, 0.3])
    ds["true_active"] = ("seed", "source", "density"), np.full((1, 1, 1), 1.2)
    assert read.chosen(ds, "feature", read.by_count).item() == 0.3
    gone = ds.assign(active=ds.active.where(ds.active < 8))
    assert read.by_count(gone).item() == 2


def test_ranks_of_what_predicts_are_one_where_order_agrees_and_need_four() -> None:
    ds = dataset(explained=[0.9, 0.8, 0.7, 0.6], feature=[0.4, 0.3, 0.2, 0.1])
    assert read.variance_predicts(ds).item() == pytest.approx(1)
    assert read.variance_predicts(ds.isel(strength=slice(3))).isnull().all()


def test_shrinkage_counts_in_halves_of_the_penalty() -> None:
    ds = dataset(shortfall=[0.05, 0.1]).assign_coords(source=["orthonormal"])
    ds["strength_of"] = ("kind", "strength"), [[0.1, 0.4]]
    np.testing.assert_allclose(read.shrinkage(ds).values.ravel(), [1, 0.5])


def test_a_latent_is_as_exact_theory_says_and_near_ties_are_left_out() -> None:
    dims = ("seed", "pair_density", "pair_penalty")
    ds = xr.Dataset(
        {
            "angle": (dims, [[[1.0, 44.0, 44.0]], [[30.0, 2.0, 44.0]]]),
            "pair_loss": (dims, [[[1.0, 1.0, 1.0]], [[2.0, 0.5, NONE]]]),
            "pair_over_single": (dims[1:], [[1.05, 0.98, 1.0001]]),
        }
    )
    np.testing.assert_array_equal(best_angle(ds).values, [[1, 2, 44]])
    np.testing.assert_array_equal(read.as_exact(ds).values, [1, 0, NONE])


def test_a_feature_a_pair_and_a_difference_are_told_apart_by_their_angle() -> None:
    directions = np.array([[1.0, 0], [0, -1], [1, 1], [-2, -2], [1, -1]])
    np.testing.assert_allclose(folded(directions), [0, 0, 45, 45, -45])


def test_sizes_are_two_numbers_the_first_not_less() -> None:
    assert numbers("20-5") == (20, 5)
    for wrong in ("20", "5-20", "a-b", "0-0"):
        with pytest.raises(BadInputError, match="size: got"):
            numbers(wrong)


def test_what_cannot_work_together_is_refused_in_one_line() -> None:
    for fields, line in (
        ({"large": "20-5"}, "large: got"),
        ({"widths": (0.0,)}, "widths: got"),
        ({"widths": (1.0,), "other_widths": (2.0,)}, "other_widths: got"),
        ({"penalties": (0.4, 0.1)}, "penalties: got"),
        ({"ks": (1, 2)}, "ks: got"),
    ):
        with pytest.raises(BadInputError, match=line):
            Dictionaries(**fields)
    assert json.loads(Dictionaries(large="").model_dump_json())["large"] == ""


def test_a_latent_rests_in_a_minimum_or_not_and_missing_ones_do_not_count() -> None:
    dims = ("seed", "pair_density", "pair_penalty")
    ds = xr.Dataset(
        {
            "angle": (dims, [[[-13.0, 20.0, NONE]]]),
            "minima": ((*dims[1:], "minimum"), [[[-15.0, 45.0], [0.0, NONE], [0.0, NONE]]]),
        }
    )
    np.testing.assert_array_equal(read.at_a_minimum(ds).values, [[[1, 0, NONE]]])
