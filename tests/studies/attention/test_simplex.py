"""What head-simplex reads off its measurements, on datasets made by hand, and what diverged heads leave."""

import json
from dataclasses import replace

import jax
import numpy as np
import pytest
import xarray as xr

from tegum.studies.attention.simplex import alike, polytope
from tegum.studies.attention.simplex import study as simplex
from tegum.studies.attention.simplex.polytope import ALL_TO_ONE, CASES, ONE_TO_ONE
from tegum.theory.merging import merging_pays

LABELS = {"case": list(CASES), "side": ["left", "right"], "slice": [1, 2]}
NAN = np.nan


def by_case(values: xr.DataArray, seeds: int = 2) -> xr.DataArray:
    """The same for all seeds but the last, which diverged."""
    lost = xr.DataArray([0.0] * (seeds - 1) + [NAN], dims="seed")
    return values + lost


def joint(between: object, **more: object) -> xr.Dataset:
    """One target, λ = 1 and 1000 at p = 0.05, three seeds."""
    labels = {"target": ["count"], "lam": [1.0, 1000.0]}
    axes = ("target", "lam", "seed")
    variables = {"between": (axes, np.array([between]))}
    variables |= {name: ((*axes, "feature"), np.array([each])) for name, each in more.items()}
    return xr.Dataset(variables, labels, {"config": json.dumps({"joint_density": 0.05})})


def test_slices_at_the_cosines_of_contrasts_have_no_error_and_free_ones_do_not_count():
    expected = polytope.predicted("contrast_cosines", "side", "slice")
    ds = xr.Dataset({"cosine": by_case(expected.fillna(0.3) + 0.01)})
    error = polytope.cosine_error(ds)
    assert error.sel(case="triangle").isel(seed=0).values == pytest.approx(0.01 * np.ones((2, 2)))
    assert error.sel(case=["digon", "digon to two"], slice=2).isnull().all()
    assert error.isel(seed=1).isnull().all()


def test_each_slice_is_held_against_the_contrast_that_it_must_be():
    """In a triangle first the difference, between neighbours in a pentagon first the sum."""
    wanted = polytope.predicted("contrast_slices", "slice", "of")
    found = polytope.contrast_found(xr.Dataset({"contrast": by_case(wanted.fillna(0.5))}))
    assert found.isel(seed=0).sel(case="triangle").values.tolist() == [1, 1]
    assert found.sel(case="digon", slice=2).isnull().all()
    assert found.isel(seed=1).isnull().all()
    first = wanted.sel(slice=1, of="difference")
    assert float(first.sel(case="triangle")) == 1
    assert float(first.sel(case="pentagon, next")) == 0
    swapped = polytope.contrast_found(xr.Dataset({"contrast": by_case(1 - wanted.fillna(0.5))}))
    assert swapped.isel(seed=0).sel(case="triangle").values.tolist() == [0, 0]


def test_ratios_of_polytopes_are_those_of_their_vertices():
    ratio = polytope.predicted("sigma_ratio")
    known = {"digon": 0, "triangle": 1 / 3, "tetrahedron": 1 / 2, "triangle to two": 3**-0.5}
    for case, value in known.items():
        assert float(ratio.sel(case=case)) == pytest.approx(value, abs=1e-6)
    error = polytope.ratio_error(xr.Dataset({"sigma_ratio": by_case(ratio + 0.1)}))
    assert error.isel(seed=0).values == pytest.approx(0.1 * np.ones(len(CASES)))
    assert error.isel(seed=1).isnull().all()


def test_a_polytope_has_as_many_equal_values_as_dimensions():
    rows = [[1, 1, 0, 0, 0], [1, 1, 0.3, 0, 0], [1, 0.2, 0, 0, 0], [NAN] * 5]
    axes = ("polytope", "question", "seed", "k")
    labels = {"polytope": ["triangle"], "question": [ONE_TO_ONE], "k": range(1, 6)}
    gap = polytope.isometry(xr.Dataset({"sigma": (axes, np.array([[rows]]))}, labels))
    np.testing.assert_allclose(gap.values[0], [1, 0.7, 0.2, NAN])


def test_the_best_axis_of_a_random_basis_of_the_plane_has_a_known_law():
    mean, deviation = polytope.best_of_basis(2)
    assert mean == pytest.approx(2 * np.sqrt(2) / np.pi, abs=1e-5)
    assert deviation**2 == pytest.approx(1 / 2 + 1 / np.pi - 8 / np.pi**2, abs=1e-5)


def test_distance_from_chance_is_in_standard_errors_of_the_seeds_that_count():
    mean, deviation = polytope.best_of_basis(2)
    best = np.array([[[mean] * 5], [[mean, mean + deviation, mean, mean, NAN]]])
    labels = {"polytope": ["digon", "triangle"], "question": [ONE_TO_ONE]}
    ds = xr.Dataset({"best": (("polytope", "question", "seed"), best)}, labels)
    away = polytope.from_chance(ds)
    assert away.polytope.values.tolist() == ["triangle"]  # one dimension has one basis
    np.testing.assert_allclose(away.values[0], [0, 2, 0, 0, NAN], atol=1e-9)


def test_merging_pays_from_the_threshold_of_its_target():
    lam = merging_pays("count") / 0.05
    ds = joint([[0, 0, 0], [0, 0, 0]]).assign_coords(lam=[lam, 10 * lam])
    np.testing.assert_allclose(alike.paying(ds).transpose("target", "lam").values, [[1, 10]])


def test_merged_models_are_counted_where_merging_pays_and_where_not():
    ds = joint([[0.95, -1, NAN], [0.95, 0.5, NAN]])
    unpaid, paid = alike.merged_unpaid(ds), alike.merged_paid(ds)
    np.testing.assert_array_equal(unpaid.values[0], [[1, 0, NAN], [NAN, NAN, NAN]])
    np.testing.assert_array_equal(paid.values[0], [[NAN, NAN, NAN], [1, 0, NAN]])
    assert alike.merged_shares(ds) == "merged by λ, count 1: 0.5, 1000: 0.5"


def test_only_merged_models_share_a_dimension_and_the_farther_one_counts():
    leverage = np.full((2, 3, 4), 0.5)
    leverage[1, 0, :2] = 0.5, 0.7
    norm = np.zeros((2, 3, 4))
    norm[..., 3] = 0.25
    ds = joint([[-1, -1, NAN], [0.99, 0.95, NAN]], leverage=leverage, norm=norm)
    np.testing.assert_allclose(alike.from_half(ds).values[0], [[NAN] * 3, [0.2, 0, NAN]])
    assert "length 0.25" in alike.evicted(ds)


def test_the_axes_of_a_case_are_orthonormal_and_a_digon_has_one():
    axes, there = polytope.contrast_axes(CASES["tetrahedron"])
    np.testing.assert_allclose(axes.T @ axes, np.eye(2), atol=1e-12)
    assert there.tolist() == [True, True]
    axes, there = polytope.contrast_axes(CASES["digon"])
    assert (axes.shape, there.tolist()) == ((1, 1), [True, False])


def test_a_head_that_diverged_costs_its_own_numbers_only(monkeypatch: pytest.MonkeyPatch):
    def second_diverged(*args, **options):
        found = trained(*args, **options)
        broken = jax.tree.map(
            lambda leaf: np.concatenate([leaf[:1], NAN * leaf[1:]]), found.history
        )
        return replace(found, history=broken, finite=np.array([True, False]))

    trained = polytope.trained_heads
    monkeypatch.setattr(polytope, "trained_heads", second_diverged)
    c = simplex.Config(seeds=2, head_steps=20)
    found = polytope.two_pairs(c, "triangle", "count") | polytope.graded(c, 0.5, "count")
    found |= polytope.whole(c, "digon", ALL_TO_ONE, "product")
    for name in set(polytope.PAIRED | polytope.GRADED | polytope.WHOLE):
        known = np.isfinite(np.reshape(found[name], (2, -1)))
        assert known[0].any()
        assert not known[1].any()


def test_a_bottleneck_that_diverged_leaves_nothing_of_joint_training(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(alike, "DIGONS", np.array([[1.0, -1.0, 0, 0], [0, 0, 1.0, -1.0]]) * 1e20)
    config = simplex.STUDY.config("quick", seeds=2, lams=(1.0,), steps=3)
    task = simplex.STUDY.tasks(config)[-1]
    found = task.measure()
    assert task.part.name == "joint"
    assert not found.finite.any()
    assert found.between.isnull().all()
    assert found.leverage.isnull().all()
