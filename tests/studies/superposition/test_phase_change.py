"""Where the last feature appears along a line, whom the best models side with, and what a map's
symmetry and the published average say, on datasets whose answers are plain.
"""

import json

import numpy as np
import pytest
import xarray as xr

from tegum.analysis import geometry
from tegum.studies.core import Measured
from tegum.studies.superposition.phase_change import last_feature, study
from tegum.theory.last_feature import optima, with_last
from tegum.theory.phases import boundary_point

NONE = np.nan


def line(lengths: list[float], r: float = 0.3, fades_in: float = 0.0) -> xr.Dataset:
    """One line with one model a place, densities falling by a tenth from place to place."""
    places = np.arange(len(lengths))
    density = 0.9**places
    seeds = np.array(lengths)[None, :, None]
    along = ("line", "place")
    return xr.Dataset(
        {
            "line_density": (along, density[None]),
            "line_sampled_norm": ((*along, "seed"), seeds),
            "line_sampled_loss": ((*along, "seed"), 1.0 + 0 * seeds),
            "line_sampled_outcome": ((*along, "seed"), 0 * seeds),
            "line_exact_norm": (along, seeds[..., 0]),
            "line_fades_in": ("line", [fades_in]),
        },
        {"line": [r], "place": places, "seed": [0]},
        {"config": json.dumps({"cell": 1 / 0.9})},
    )


def onset(lengths: list[float]) -> float:
    ds = line(lengths)
    return float(last_feature.onset(ds, ds.line_exact_norm).item())


def test_a_feature_appears_midway_between_the_places_without_it_and_with_it() -> None:
    assert onset([0, 0, 0.7, 0.8]) == pytest.approx(0.9**1.5)


def test_a_single_unlucky_place_far_from_the_boundary_does_not_move_it() -> None:
    assert onset([0, 0, 0, 0.7, 0.8, 0, 0.8]) == pytest.approx(0.9**2.5)
    assert onset([0, 0.7, 0, 0, 0.8, 0.8, 0.8]) == pytest.approx(0.9**3.5)


def test_an_unlucky_place_beside_the_boundary_moves_it_by_one_cell() -> None:
    assert onset([0, 0, 0.7, 0, 0.8, 0.8]) == pytest.approx(0.9**2.5)


def test_a_line_without_a_boundary_inside_has_it_at_its_end() -> None:
    assert onset([0, 0, 0]) == pytest.approx(0.9**2)
    assert onset([0.7, 0.7, 0.8]) == pytest.approx(1.0)


def test_places_at_which_all_diverged_are_no_evidence_and_a_line_of_them_has_no_boundary() -> None:
    assert onset([0, NONE, 0, 0.7, NONE, 0.8]) == pytest.approx(0.9**2.5)
    assert np.isnan(onset([NONE, NONE, NONE]))


@pytest.mark.parametrize("r", [0.65, 0.8, 0.88])
def test_a_feature_that_fades_in_has_appeared_at_most_that_far_from_the_boundary(r: float) -> None:
    known = boundary_point(r)
    assert known.continuous
    optimum = optima(np.array([known.density / study.FADED]), with_last(2, np.array([r])))
    assert geometry.norms(optimum.w)[0, -1] > last_feature.ONSET


def test_an_onset_may_lie_half_a_cell_and_that_far_from_the_boundary() -> None:
    ds = line([0.0]).assign_attrs(config=json.dumps({"cell": study.FADED**0.5}))
    assert study.half_a_cell_and_fading(ds, Measured(0.0)) == pytest.approx(2.5)


def test_distances_are_counted_in_cells() -> None:
    ds = line([0, 0, 0.7, 0.8]).assign(line_exact_norm=line([0, 0.7, 0.7, 0.8]).line_exact_norm)
    assert float(study.sampled_from(ds, "exact").item()) == pytest.approx(1)


def test_the_step_at_the_boundary_is_the_greatest_within_a_cell_of_it() -> None:
    ds = line([0, 0, 0.7, 0.75, 0.1, 0.9])
    assert float(study.steps(ds, fading=False).item()) == pytest.approx(0.7)
    assert np.isnan(study.steps(ds, fading=True).item())


def test_the_second_jump_is_read_where_the_greatest_importance_fades_in() -> None:
    fading = line([0, 0.2, 0.3, 0.3, 0.8, 0.8], r=0.8, fades_in=1.0)
    less = line([0, 0, 0, 0.2, 0.3, 0.4], r=0.6, fades_in=1.0)
    jumping = line([0, 0, 0, 0.9, 0.9, 0.9], r=0.99)
    ds = xr.concat([fading, less, jumping], "line")
    found = study.second_jump(ds, ds.line_exact_norm)
    assert found.sel(line=0.8).item() == pytest.approx(0.5)
    assert found.sel(line=[0.6, 0.99]).isnull().all()


def test_one_unlucky_place_makes_no_jump() -> None:
    ds = line([0.5, 0.5, 0, 0.5, 0.5, 0.5])
    assert float(last_feature.greatest_step(ds.line_exact_norm).item()) == 0


def test_lengths_that_rise_evenly_have_equal_steps_and_the_same_end() -> None:
    even = study.evenly(line([0, 0, 0.6, 0.9])).squeeze()
    np.testing.assert_allclose(even, [0, 0.3, 0.6, 0.9])


def grid(
    losses: list[float], outcomes: list[float], exact: int, candidate: int, on_line: int = 0
) -> xr.Dataset:
    """A map of one point at r = 2, with several models, and the same on a line of one place.

    There the candidate has outcome 0, and the exact optimum what is asked for.
    """
    point, along = ("n_features", "importance", "density"), ("line", "place")
    sampled = {"loss": losses, "norm": outcomes, "outcome": outcomes}
    return xr.Dataset(
        {f"sampled_{k}": ((*point, "seed"), np.array([[[v]]])) for k, v in sampled.items()}
        | {f"line_sampled_{k}": ((*along, "seed"), np.array([[v]])) for k, v in sampled.items()}
        | {
            "line_exact_outcome": (along, [[on_line]]),
            "line_candidate_outcome": (along, [[0]]),
            "exact_outcome": (point, [[[exact]]]),
            "candidate_outcome": (point, [[[candidate]]]),
            "exact_loss": (point, [[[1.0]]]),
        },
        {"n_features": [2], "importance": [2.0], "density": [0.5], "line": [0.3]},
    )


def test_the_best_model_is_the_one_of_least_loss_among_those_that_did_not_diverge() -> None:
    ds = grid([NONE, 3.0, 2.0], [NONE, 0.0, 1.0], exact=1, candidate=2)
    assert study.best(ds).sampled_outcome.item() == 1
    assert study.gaps(ds).item() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("outcome", "exact", "candidate", "told"),
    [(1, 1, 2, 1), (2, 1, 2, 0), (0, 1, 2, NONE), (1, 1, 1, NONE), (NONE, 1, 2, NONE)],
)
def test_a_model_sides_only_where_theories_differ_and_it_is_one_of_them(
    outcome: float, exact: int, candidate: int, told: float
) -> None:
    found = study.sides_with_exact(grid([1.0], [outcome], exact, candidate))
    np.testing.assert_equal(found.values, [NONE, NONE] if np.isnan(told) else [told])


def test_points_of_lines_are_told_like_those_of_maps() -> None:
    assert study.sides_with_exact(grid([1.0], [1.0], 1, 2, on_line=1)).values.tolist() == [1, 1]
    assert study.sides_with_exact(grid([1.0], [0.0], 1, 2, on_line=1)).values.tolist() == [0]
    at_one = grid([1.0], [1.0], 1, 2, on_line=1).assign_coords(line=[1.0])
    assert study.sides_with_exact(at_one).values.tolist() == [1]


def test_at_equal_importance_nothing_is_told() -> None:
    ds = grid([1.0], [1.0], exact=1, candidate=2).assign_coords(importance=[1.0])
    assert study.sides_with_exact(ds).isnull().all()


def test_the_published_average_drops_the_worst_and_counts_no_diverged_model() -> None:
    ds = grid([1.0, 1.1, 9.0, NONE], [1.0, 2.0, 0.0, NONE], exact=1, candidate=1)
    np.testing.assert_allclose(study.shares(ds).squeeze(), [0, 0.5, 0.5])
    assert study.share_at_exact(ds).item() == pytest.approx(0.5)


def test_a_map_of_which_one_half_is_the_other_times_r_has_no_mirror_error() -> None:
    r = np.geomspace(0.1, 10, 5)
    loss = np.where(r <= 1, r, 1.0)
    point = ("n_features", "importance", "density")
    ds = xr.Dataset({"exact_loss": (point, loss[None, :, None])})
    ds = ds.assign_coords(n_features=[2], importance=r, density=[0.5])
    assert float(study.mirror_error(ds).max()) < 1e-12
    assert float(study.mirror_error(ds.assign(exact_loss=ds.exact_loss**2)).max()) > 1


def test_outcomes_tell_absent_shared_and_dedicated_whatever_the_signs() -> None:
    w = np.array([[[1.0, 0.1]], [[1.0, -0.8]], [[1.0, 0.8]], [[0.0, 1.0]]])
    found = last_feature.last(last_feature.Found(w, np.zeros((4, 2)), np.zeros(4)))
    assert found["outcome"].tolist() == [0, 1, 1, 2]
