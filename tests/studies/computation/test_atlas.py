"""Setups of the atlas as networks, and readings on datasets made by hand."""

import jax
import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.features import OneActive, SparseFeatures
from tegum.studies.computation.atlas import comparisons, models, readings, study
from tegum.studies.computation.atlas.setups import ALL, BY_NAME, COMPARED, INPUTS, SETUPS
from tegum.theory.bottlenecks import Chain, circle_cross_entropy, layers
from tegum.theory.polytopes import polygon

N = 10
SEEDS = 3


def by_hand(**values: float | np.ndarray) -> xr.Dataset:
    """All compared setups, with some variables, alike for all setups, inputs and seeds."""
    sizes = {"setup": len(COMPARED), "inputs": 2, "seed": SEEDS, "hidden": 2, "feature": N}
    sizes |= {"output": N, "step": 4}
    coords = {"setup": list(COMPARED), "inputs": list(INPUTS), "step": [0, 1, 10, 100]}
    ds = xr.Dataset(coords=coords)
    for name, row in models.TRAINED.items():
        dims = ("setup", *row.dims)
        shape = [sizes[dim] for dim in dims]
        ds[name] = (dims, np.array(np.broadcast_to(values.get(name, 1.0), shape), float))
    return ds


def put(ds: xr.Dataset, name: str, value: object, **place: object) -> xr.Dataset:
    """The same with one variable changed at some place."""
    changed = ds[name].copy(deep=True)
    changed.loc[place] = value
    return ds.assign({name: changed})


CONFIG = models.Trainings(n_features=N, seeds=2, samples=50)
CLAIMS = {claim.id: claim for claim in study.CLAIMS}


# --- setups -------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", SETUPS, ids=ALL)
def test_a_setup_in_float64_is_its_own_network(of):
    model = of.maker(N)(jax.random.key(0))
    stacked = jax.tree.map(lambda leaf: leaf[None], model)
    chain = models.chain_of(stacked)
    sizes = [chain.weights[0].shape[-1], *(len(w[0]) for w in chain.weights)]
    assert tuple(sizes) == of.sizes(N)
    x = np.random.default_rng(0).random((N, 7))
    direct = jax.vmap(model, in_axes=-1, out_axes=-1)(x.astype(np.float32))
    np.testing.assert_allclose(layers(chain, x)[-1][0], direct, atol=1e-5)
    assert len(layers(chain, x)[of.bottleneck][0]) == 2


def test_biases_are_there_where_the_setup_has_them():
    for of in SETUPS:
        model = of.maker(N)(jax.random.key(0))
        network = model.network if of.tied else model
        assert tuple(bias is not None for bias in network.biases) == of.biases


def test_what_the_output_is_linear_in_is_the_narrowest_layer_behind_the_last_kink():
    assert BY_NAME["A→B, linear"].linear_in(N) == 2
    assert BY_NAME["1→B"].linear_in(N) == 8
    assert BY_NAME["A→B"].linear_in(N) is None


def test_either_inputs_are_those_of_the_law_that_was_chosen():
    key = jax.random.key(1)
    laws = SparseFeatures(N, 0.3), OneActive(N, values="one")
    for chosen, law in zip((0.0, 1.0), laws, strict=True):
        both = models.EitherInputs(*laws, np.float32(chosen), np.ones(N, np.float32), "unit")
        np.testing.assert_array_equal(both.draw(key, 20), law.draw(key, 20))
        np.testing.assert_allclose(both.second_moment, law.second_moment)


def test_a_config_without_a_setup_that_is_compared_is_refused():
    with pytest.raises(BadInputError, match="all that claims compare"):
        study.Config(setups=("A→B",))
    with pytest.raises(BadInputError, match="A→B"):
        study.Config(setups=(*COMPARED, "A→C"))
    with pytest.raises(BadInputError, match="at least 10"):
        study.Config(n_features=8)


# --- what is measured ---------------------------------------------------------------------------


def untrained(name: str) -> Chain:
    model = BY_NAME[name].maker(N)(jax.random.key(0))
    return models.chain_of(jax.tree.map(lambda leaf: leaf[None], model))


def test_losses_are_those_of_their_names():
    y = np.log(np.array([[[0.5, 0.25], [0.5, 0.75]]]))
    x = np.eye(2)
    entropy, squares = BY_NAME["1→2"], BY_NAME["A→B"]
    np.testing.assert_allclose(models.losses(entropy, y, x), -np.log([0.5, 0.75]).mean())
    np.testing.assert_allclose(models.losses(squares, np.zeros((1, 2, 2)), x), 1.0)
    np.testing.assert_allclose(models.answers(entropy, y)[0], np.exp(y[0]))


def test_what_knows_nothing_is_told_from_the_inputs():
    of = BY_NAME["A→B, linear"]
    found = models.measured(of, untrained(of.name), models.inputs_of(CONFIG, "one-hot", "test"))
    assert found["untold_loss"] == pytest.approx(1 - 1 / N)
    assert found["linear_floor"] == pytest.approx((N - 3) / N)
    assert found["loss"] >= found["linear_floor"]
    assert found["idle_error"] < 1e-12 < found["unshifted_error"]


# --- readings -----------------------------------------------------------------------------------


def test_a_feature_is_learned_above_one_half_and_told_if_no_output_is_as_large():
    answer = 0.6 * np.eye(N)
    answer[1, 0] = 0.6  # as much as its own
    ds = by_hand(answer=answer)
    assert readings.is_learned(ds).all()
    told = readings.is_told(ds).isel(setup=0, inputs=0, seed=0)
    assert told.values.tolist() == [0.0] + [1.0] * (N - 1)
    assert not readings.is_learned(by_hand(answer=0.4 * np.eye(N))).any()
    assert readings.is_told(by_hand(answer=np.nan)).isnull().all()


def test_three_dead_outputs_of_ten_lose_three_tenths_and_nothing_else():
    own = np.diag([0.0] * 3 + [1.0] * 7)
    assert (readings.loses_dead_outputs_only(by_hand(answer=own, loss=0.3)) == 1).all()
    assert (readings.loses_dead_outputs_only(by_hand(answer=own, loss=0.32)) == 0).all()
    assert (readings.loses_dead_outputs_only(by_hand(answer=0.7 * np.eye(N), loss=0.9)) == 0).all()
    assert readings.loses_dead_outputs_only(by_hand(answer=np.nan, loss=np.nan)).isnull().all()


def test_a_pentagon_with_shared_directions_is_one_and_a_turned_one_too():
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(2, 2)))[0]
    w = turn @ np.concatenate([polygon(5), 0.4 * polygon(5)], axis=1)
    told = np.arange(N) < 5
    of = BY_NAME["A→B, tied, no bias"]
    assert readings.geometry(w, np.zeros(2), told, of=of, kind="one-hot") == "pentagon"


def test_untied_codes_are_named_up_to_linear_maps_and_biased_ones_up_to_shifts():
    skewed = np.array([[2.0, 0.7], [0.0, 0.6]]) @ polygon(N)
    told, origin = np.ones(N, bool), np.zeros(2)
    untied, tied = BY_NAME["1→2, no bias"], BY_NAME["1→2, tied, no bias"]
    assert readings.geometry(skewed, origin, told, of=untied, kind="one-hot") == "10-gon"
    assert readings.geometry(skewed, origin, told, of=tied, kind="one-hot") != "10-gon"
    away = polygon(N) + np.array([[5.0], [1.0]])
    biased = BY_NAME["1→2, tied"]
    assert readings.geometry(away, origin, told, of=biased, kind="one-hot") == "10-gon"
    assert readings.geometry(away, origin, told, of=tied, kind="one-hot") != "10-gon"
    of_squares = BY_NAME["A→B, tied"]
    assert readings.geometry(away, origin, told, of=of_squares, kind="one-hot") != "10-gon"


def test_a_decoded_feature_in_the_middle_is_said_to_be_in_it():
    w = np.concatenate([polygon(9), np.zeros((2, 1))], axis=1)
    named = readings.geometry(
        w, np.zeros(2), np.ones(N, bool), of=BY_NAME["1→2, tied"], kind="one-hot"
    )
    assert named == "9-gon + 1 in"


def test_codes_that_are_nothing_or_missing_have_no_shape():
    of, none = BY_NAME["A→B, tied"], np.zeros(N, bool)
    assert readings.geometry(polygon(N), np.zeros(2), none, of=of, kind="sparse") == "none"
    missing = np.full((2, N), np.nan)
    assert readings.geometry(missing, np.zeros(2), none, of=of, kind="sparse") == ""


def test_the_commonest_geometry_is_counted_among_those_there():
    assert readings.most_common(np.array(["pentagon", "", "square", "pentagon"])) == "pentagon, 2/3"
    assert readings.most_common(np.array(["", ""])) == ""


def test_a_feature_is_alone_unless_another_points_its_way():
    w = np.concatenate([polygon(5), 0.4 * polygon(5)[:, :1], np.zeros((2, 4))], axis=1)
    alone = readings.is_alone(by_hand(code=w, rest=0.0)).isel(setup=0, inputs=0, seed=0)
    np.testing.assert_array_equal(alone, [0, 1, 1, 1, 1, 0] + [np.nan] * 4)


def test_steps_are_counted_to_nine_tenths_of_the_fall():
    ds = by_hand(curve=np.array([1.0, 0.9, 0.25, 0.2]))
    assert (readings.steps_to(ds) == 10).all()
    ds = by_hand(curve=np.array([1.0, 0.9, 0.35, 0.2]))
    assert (readings.steps_to(ds) == 100).all()


def test_the_table_has_a_line_for_each_setup():
    ds = by_hand(answer=np.eye(N), code=polygon(N), rest=0.0)
    lines = readings.table(ds)
    assert lines.sizes == {"setup": len(COMPARED), "inputs": 2}
    assert (lines.learned == N).all()
    assert (lines.per_dimension == N / 2).all()
    row = lines.sel(setup="A→B, tied, no bias", inputs="one-hot")
    assert row.geometry.item() == "10-gon, 3/3"
    assert np.isnan(row.own_auc)
    assert np.isnan(lines.over_best.sel(setup="1→2")).all()


# --- claims -------------------------------------------------------------------------------------


def holds(name: str, ds: xr.Dataset) -> bool:
    found = CLAIMS[name].judge(ds.assign_attrs(config='{"samples": 8000, "density": 0.05}'))
    assert found.control is None or found.control.fails
    return found.holds


def test_same_functions_fail_where_one_error_is_large():
    small = by_hand(composed_error=1e-14, excess_rank=1e-15, widened_error=0.0)
    good = put(small, "composed_error", 3.0, setup="1→B")
    assert holds("same-functions", good)
    assert not holds("same-functions", put(good, "excess_rank", 0.1, setup=comparisons.DEEP))
    assert not holds("same-functions", put(good, "widened_error", 0.1, setup=comparisons.PLAIN))


def test_a_linear_model_ends_at_its_floor_and_never_below():
    ds = by_hand(loss=0.71, linear_floor=np.nan, untold_loss=0.9)
    ds = put(ds, "linear_floor", 0.7, setup=comparisons.LINEAR)
    ds = put(ds, "loss", 0.3, setup=comparisons.TIED)
    assert holds("linear-is-pca", ds)
    assert holds("linear-floor", ds)
    assert not holds("linear-floor", put(ds, "loss", 0.69, setup=comparisons.LINEAR, seed=1))
    assert not holds("linear-is-pca", put(ds, "loss", 0.8, setup=comparisons.LINEAR))


def test_no_tied_relu_model_without_a_bias_goes_below_the_pentagon():
    floor = 1 - readings.PENTAGON_SAVING / N
    ds = put(by_hand(loss=0.7), "loss", floor, setup=comparisons.UNBIASED)
    ds = put(ds, "loss", 0.2, setup=comparisons.TIED)
    assert holds("unbiased-floor", ds)
    assert holds("bias-beats-pentagon", ds)
    below = put(ds, "loss", 0.5, setup=comparisons.UNBIASED, seed=0)
    assert not holds("unbiased-floor", below)
    assert not holds("bias-beats-pentagon", put(ds, "loss", 0.6, setup=comparisons.TIED))


def test_all_must_be_told_by_every_setup_under_cross_entropy():
    ds = put(by_hand(answer=np.eye(N)), "answer", np.ones((N, N)) / N, setup=comparisons.UNBIASED)
    assert holds("entropy-tells-all", ds)
    assert not holds("entropy-tells-all", put(ds, "answer", 1 / N, setup="1→2, tied"))


def test_codes_in_a_quadrant_have_no_cosine_below_0():
    ds = put(by_hand(code=polygon(N)), "code", abs(polygon(N)), setup=comparisons.BENT_TIED)
    assert holds("quadrant", ds)
    assert not holds("quadrant", put(ds, "code", polygon(N), setup=comparisons.BENT_TIED))


def test_idle_relus_and_outputs_that_tell_fail_without_what_makes_them():
    assert holds("idle-relu", by_hand(idle_error=1e-14, unshifted_error=0.5))
    assert not holds("idle-relu", by_hand(idle_error=0.1, unshifted_error=0.5))
    assert holds("mlp-outputs-tell", by_hand(own_auc=0.9, shuffled_auc=0.5))
    assert not holds("mlp-outputs-tell", by_hand(own_auc=0.52, shuffled_auc=0.5))


def test_a_circle_is_as_good_as_itself():
    code = 3.0 * polygon(N)
    ds = by_hand(code=code, rest=0.0, loss=float(circle_cross_entropy(N, 9.0)))
    np.testing.assert_allclose(comparisons.as_circle(ds), 1.0)


def test_outputs_along_the_best_direction_tell_no_more_than_that_direction():
    c = models.Trainings(n_features=N, samples=400).narrowed(models.Trainings, "test", set())
    found = models.detection(c, BY_NAME["A→B, linear"], untrained("A→B, linear"))
    assert set(found) == set(models.AREAS)
    assert all(area.shape == (1, N) for area in found.values())
    assert np.abs(found["shuffled_auc"].mean() - 0.5) < 0.05
    assert found["relu_auc"].mean() > found["direction_auc"].mean() - 0.01
    assert found["direction_auc"].mean() > found["own_auc"].mean()


def test_a_part_gives_its_table_and_nothing_of_inputs_that_mean_nothing():
    tiny = study.Config(seeds=2, steps=3, batch=8, samples=40).narrowed(
        models.Trainings, "bottleneck-atlas", {"setups"}
    )
    part, name = study.STUDY.measurements[0].parts[0], "1→2, tied, no bias"
    ds = part.labelled(models.trained(tiny, name), {"setup": name})
    assert ds.loss.sel(inputs="sparse").isnull().all()
    assert ds.loss.sel(inputs="one-hot").notnull().all()
    assert ds.own_auc.isnull().all()
