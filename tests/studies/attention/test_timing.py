"""head-timing: what its claims read, on datasets made by hand."""

import json

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.attention.timing import growing, together
from tegum.studies.attention.timing.study import (
    STUDY,
    Config,
    aligned_in_superposition,
    nearer_to_dual_when_orthogonal,
)
from tegum.studies.attention.timing.times import (
    came,
    comes_first,
    crossing,
    earlier,
    first_above,
    first_to_stay,
    values_at,
)
from tegum.theory.head_thresholds import lam_bound

NAN, NEVER = np.nan, np.inf
CONFIG = json.dumps(Config().model_dump(mode="json"))


def over_steps(*rows: list[float]) -> xr.DataArray:
    """A row for each seed, looked at after 0, 10, 100 and 1000 steps."""
    return xr.DataArray(
        list(rows), {"seed": range(len(rows)), "step": [0, 10, 100, 1000]}, ("seed", "step")
    )


def trained(**rows: list[list[float]]) -> xr.Dataset:
    """Seeds of both sides alike, from random weights and λ = 1, from rows over steps."""
    found = {name: over_steps(*of).expand_dims(side=["left", "right"]) for name, of in rows.items()}
    return xr.Dataset(found).expand_dims(start=["fresh"], lam=[1.0]).assign_attrs(config=CONFIG)


def settled(**values: list[float]) -> xr.Dataset:
    """Models from antipodes at one look, a value for each λ, both sides and the one seed alike."""
    labels = {
        "start": ["settled"],
        "lam": [1.0, 100.0],
        "seed": [0],
        "step": [9],
        "side": ["l", "r"],
    }
    shape = [len(each) for each in labels.values()]
    found = {
        name: (list(labels), np.array(of)[None, :, None, None, None] * np.ones(shape))
        for name, of in values.items()
    }
    return xr.Dataset(found, labels).assign_attrs(config=CONFIG)


# --- times --------------------------------------------------------------------------------------


def test_a_time_is_the_look_from_which_values_stay_not_one_at_which_they_visit():
    values = over_steps([0.9, 0.1, 0.9, 0.9], [0.9] * 4, [0.9, 0.9, 0.9, 0.1], [NAN] * 4)
    assert first_to_stay(values, 0.5).values == pytest.approx([100, 0, NEVER, NAN], nan_ok=True)


def test_the_first_visit_comes_earlier():
    values = over_steps([0.1, 0.9, 0.1, 0.9], [0.1] * 4, [0.9, NAN, NAN, NAN])
    assert first_above(values, 0.5).values == pytest.approx([10, NEVER, NAN], nan_ok=True)


def test_what_never_came_is_later_than_all_and_two_that_never_came_tie():
    one = xr.DataArray([10.0, 10.0, 100.0, NEVER, 10.0, NAN], dims="seed")
    other = xr.DataArray([100.0, NEVER, 10.0, NEVER, 10.0, 10.0], dims="seed")
    assert earlier(one, other).values == pytest.approx([1, 1, 0, NAN, NAN, NAN], nan_ok=True)
    assert came(one).values == pytest.approx([1, 1, 1, 0, 1, NAN], nan_ok=True)


def test_each_model_is_read_at_its_own_time_and_not_at_all_where_that_never_came():
    values = over_steps([1, 2, 3, 4], [5, 6, 7, 8], [9, 9, 9, 9])
    times = xr.DataArray([10.0, 1000.0, NEVER], {"seed": range(3)}, "seed")
    assert values_at(values, times).values == pytest.approx([2, 8, NAN], nan_ok=True)


def test_a_crossing_lies_between_neighbours_in_the_logarithm():
    values = xr.DataArray([0.5, 0.5, 1.0], {"lam": [1.0, 10.0, 1000.0]}, "lam")
    assert crossing(values, 0.75) == pytest.approx(100)
    assert crossing(values, 0.4) == pytest.approx(1)
    assert np.isnan(crossing(values, 1.0))
    diverged = values.where(values.lam != 10)
    assert crossing(diverged, 0.75) == pytest.approx(1000**0.5)


# --- joint training -----------------------------------------------------------------------------


def test_a_model_counts_as_aligned_in_superposition_only_if_it_aligns_and_stays_there():
    aligned, not_yet, lost = [0.1, 0.99, 0.99, -0.99], [0.1, 0.2, 0.3, 0.4], [NAN] * 4
    ds = trained(
        cosine=[aligned, aligned, not_yet, lost],
        leverage=[[0.5] * 4, [0.5, 0.5, 0.9, 1.0], [0.5] * 4, [NAN] * 4],
    )
    assert aligned_in_superposition(ds).values.ravel() == pytest.approx([1, 0, 0, NAN], nan_ok=True)


def test_the_worse_side_says_when_a_model_is_aligned():
    ds = trained(cosine=[[0.1, 0.99, 0.99, 0.99]], leverage=[[0.1, 0.1, 0.99, 0.99]])
    worse = ds.cosine.where(ds.side == "left", 0.2)
    first = comes_first(together.alignment, together.leverage)
    assert float(first(ds).squeeze()) == 1
    assert float(first(ds.assign(cosine=worse)).squeeze()) == 0


def test_heads_are_ahead_if_nearer_to_the_dual_when_features_have_become_orthogonal():
    late, orthogonal = [0.1, 0.6, 0.7, 0.99], [0.5, 0.99, 0.99, 0.99]
    ds = trained(
        cosine=[late, late, orthogonal],
        dual_cosine=[[0.1, 0.9, 0.1, 0.1], [0.9, 0.5, 0.9, 0.9], [0.9] * 4],
        leverage=[orthogonal, orthogonal, late],
    )
    found = nearer_to_dual_when_orthogonal(ds).values.ravel()
    assert found == pytest.approx([1, 0, NAN], nan_ok=True)


def test_light_and_heavy_heads_are_told_apart_by_the_bound():
    ds = settled(leverage=[0.5, 1.0])
    assert ds.lam.values[0] < lam_bound(20, 10, 0.1) < ds.lam.values[1]
    light, heavy = (
        of(together.leverage)(ds).squeeze() for of in (together.lighter, together.heavier)
    )
    assert light.values == pytest.approx([0.5, NAN], nan_ok=True)
    assert heavy.values == pytest.approx([NAN, 1.0], nan_ok=True)
    assert together.passes_at("settled")(ds) == pytest.approx(10)


def test_an_unequal_digon_has_the_leverage_that_its_lengths_say_as_long_as_it_is_one():
    ds = settled(
        norm=[2.0, 2.0], partner_norm=[1.0, 1.0], leverage=[0.8, 0.8], partner_cosine=[-1, 0]
    )
    found = together.gap_to_unequal_digon(ds).squeeze().values
    assert found[0] == pytest.approx(0)
    assert np.isnan(found[1]).all()


def test_a_former_antipode_is_dropped_or_turned_or_neither():
    ds = settled(partner_norm=[0.2, 1.0], partner_cosine=[0.0, 0.1])
    assert together.antipode_dropped(ds).isel(side=0).squeeze().values.tolist() == [1, 0]
    assert together.antipode_turned(ds).isel(side=0).squeeze().values.tolist() == [0, 1]


def test_in_the_plane_both_others_must_be_short_and_diverged_models_do_not_count():
    w = np.zeros((2, 3, 1, 2, 4))
    w[:, 1, 0, 0, 3] = 0.9
    w[:, 2] = NAN
    labels = {"plane_lam": [1.0, 100.0], "seed": range(3), "step": [9], "corner": range(4)}
    dims = ("plane_lam", "seed", "step", "axis", "corner")
    ds = xr.Dataset({"plane_w": (dims, w)}, labels).assign_attrs(config=CONFIG)
    found = together.others_dropped(ds).values
    assert np.isnan(found[0]).all()
    assert found[1] == pytest.approx([1, 0, NAN], nan_ok=True)


# --- heads that grow ----------------------------------------------------------------------------


def grown() -> xr.Dataset:
    """A head that goes from a_i to d_i, one that never escapes, one that diverged; three looks."""
    cosine = np.zeros((3, 3, 3, 2))  # seed head_step direction side
    cosine[0] = np.array([[0.1, 0.1, 0.1], [0.8, 0.95, 0.4], [0.6, 0.5, 1.0]])[..., None]
    cosine[2] = NAN
    nearness = np.array([1.0, 0.8, 0.6])[:, None] * np.ones((3, 3, 2))
    variables = {
        "grown_cosine": (("seed", "head_step", "direction", "side"), cosine),
        "direction_cosine": (("seed", "direction", "side"), nearness),
        "explained": (("seed", "head_step"), [[0.0, 0.2, 1.0], [0.0, 0.01, 0.02], [NAN] * 3]),
    }
    labels = {"seed": range(3), "head_step": [0, 50, 999], "direction": ["W", "a", "d"]}
    return xr.Dataset(variables, labels)


def test_a_head_that_never_escapes_has_no_moment_of_escape():
    assert growing.escape(grown()).values == pytest.approx([50, NEVER, NAN], nan_ok=True)
    assert growing.nearer_to_moment(grown()).values == pytest.approx([1, NAN, NAN], nan_ok=True)


def test_alignment_falls_by_what_it_loses_after_the_escape():
    assert growing.fall(grown()).values == pytest.approx([0.2, NAN, NAN], nan_ok=True)
    assert growing.falls(grown()).values == pytest.approx([1, NAN, NAN], nan_ok=True)
    assert growing.falls_as_theory(grown()).values == pytest.approx([1, NAN, NAN], nan_ok=True)


def test_at_the_end_a_head_has_the_alignment_of_the_dual():
    assert growing.gap_to_dual(grown()).isel(side=0).values == pytest.approx(
        [0, 0.6, NAN], nan_ok=True
    )


# --- the study ----------------------------------------------------------------------------------


def test_features_that_need_not_share_or_lams_out_of_order_are_refused():
    for wrong in ({"n_features": 10}, {"pair": (1, 1)}, {"lams": (3.0, 1.0)}, {"lams": (0.0, 1.0)}):
        with pytest.raises(BadInputError):
            Config(**wrong)


def test_another_lam_leaves_all_other_tasks_as_they_are():
    before = {task.key for task in STUDY.tasks(Config(lams=(1.0, 10.0)))}
    after = {task.key for task in STUDY.tasks(Config(lams=(1.0, 3.0, 10.0)))}
    assert before < after
    assert len(after - before) == 2
