"""plain-timing: its bounds against mathematics, its readings and claims on datasets made by hand."""

import json

import numpy as np
import pytest
import xarray as xr
from scipy.stats import beta

from tegum.analysis.spectra import cosines, svd_of_product
from tegum.errors import BadInputError
from tegum.plots.times import shares_by_case, times_by_case
from tegum.studies.attention.plain_timing import orders
from tegum.studies.attention.plain_timing.study import STUDY, head_after_best
from tegum.studies.attention.plain_timing.training import (
    Timed,
    best_cosines,
    elsewhere,
    looks_of,
    overlaps,
    timed,
)
from tegum.theory.optimal_heads import orthonormal_cosine

NAN, NEVER = np.nan, np.inf
STEPS = [0, 10, 100, 1000, 2000]
M = 10


def looked_at(**rows: list[list[float]]) -> xr.Dataset:
    """A row of five looks for each seed; both sides alike, at one S and λ, m = 10."""
    labels = {"density": [0.5], "lam": [1.0], "side": ["left", "right"], "step": STEPS}
    found = {
        name: xr.DataArray(of, dims=("seed", "step")).expand_dims(
            density=[0.5], lam=[1.0], side=labels["side"]
        )
        for name, of in rows.items()
    }
    config = json.dumps(Timed(n_hidden=M).model_dump(mode="json"))
    return xr.Dataset(found, labels).assign_attrs(config=config)


def read(reading, **rows):
    return reading(looked_at(**rows)).squeeze(("density", "lam")).values


# --- the bound on overlaps ------------------------------------------------------------------------


@pytest.mark.parametrize("m", [2, 5, 10, 50])
def test_columns_that_all_overlap_by_the_bound_leave_an_alignment_of_95_percent(m):
    c = orders.strict_overlap(m)
    w = np.eye(m)
    w[1:, 0] = c
    w[0, 0] = np.sqrt(1 - (m - 1) * c**2)
    dual = np.linalg.inv(w).T[:, 0]
    assert overlaps(w)[0] == pytest.approx(c)
    assert dual @ w[:, 0] / np.linalg.norm(dual) == pytest.approx(0.95)


def test_one_column_alone_may_overlap_by_the_looser_bound():
    c = orders.loose_overlap()
    w = np.array([[np.sqrt(1 - c**2), 0.0], [c, 1.0]])
    dual = np.linalg.inv(w).T[:, 0]
    assert dual @ w[:, 0] / np.linalg.norm(dual) == pytest.approx(0.95)
    assert orders.strict_overlap(2) == pytest.approx(c)


@pytest.mark.parametrize("m", [5, 10, 50])
def test_random_columns_stay_below_the_bound_in_less_than_one_case_in_twenty(m):
    one = beta.cdf(orders.strict_overlap(m) ** 2, 1 / 2, (m - 1) / 2)
    assert one ** (m - 1) < 0.05


# --- what is measured -----------------------------------------------------------------------------


def test_the_largest_overlap_is_with_another_feature_that_is_represented():
    w = np.array([[1.0, 0.0, 0.6, 0.3], [0.0, 1.0, 0.8, 0.0]])
    assert overlaps(w) == pytest.approx([0.6, 0.8, 0.8, 1.0])
    assert overlaps(np.array([[1.0, 0.4]])) == pytest.approx([0.0, 1.0])


def test_the_best_head_on_orthonormal_columns_is_aligned_as_the_closed_form_says():
    w = np.concatenate([np.eye(4), np.zeros((4, 2))], axis=1)
    found = best_cosines(np.stack([[w, w]]), 0.3)
    assert found.shape == (1, 2, 6)
    assert found[..., :4] == pytest.approx(orthonormal_cosine(4, 0.3))


def test_looks_begin_where_something_can_have_happened_and_end_with_training():
    assert looks_of(2500, 40)[:2] == (0, 10)
    assert looks_of(2500, 40)[-1] == 2500
    assert len(looks_of(2500, 40)) == 41
    assert looks_of(3, 40) == (0, 1, 2, 3)


def test_what_is_stored_gives_back_what_was_read_off():
    c = Timed(n_features=4, n_hidden=2, rank=2, places=(1,), steps=4, batch=8, seeds=2, kept=1)
    seen = c.narrowed(Timed, "plain-timing", {"densities", "lams", "places"})
    found = timed(seen, density=0.5, lam=1.0)
    assert found["w"].shape == (1, len(found["step"]), 2, 4)
    u, _, _ = svd_of_product(found["a"].astype(float), found["b"].astype(float))
    again = cosines(u, found["w"].astype(float))[..., 0, 0]
    assert abs(again[0]) == pytest.approx(abs(found["cosine"][0, :, 0]), abs=1e-5)


# --- times ----------------------------------------------------------------------------------------


def test_alignment_is_timed_against_the_value_that_the_head_itself_ends_with():
    low_end = [0.1, 0.2, 0.79, 0.82, 0.82]
    overshoots = [0.1, 0.9, 0.99, 0.81, 0.82]
    cosine = [low_end, overshoots, [0.1, 0.2, 0.9, 0.5, 0.9], [NAN] * 5]
    found = read(orders.t_align, cosine=cosine)
    assert found == pytest.approx([100, 1000, NEVER, NAN], nan_ok=True)


def test_the_sign_of_a_cosine_does_not_matter_and_the_worse_side_does():
    ds = looked_at(cosine=[[0.1, -0.8, -0.9, -0.9, -0.9]])
    assert float(orders.t_align(ds).squeeze()) == 100
    late = ds.assign(cosine=ds.cosine.where((ds.side == "left") | (ds.step != 100), 0.5))
    assert float(orders.t_align(late).squeeze()) == 1000


def test_a_head_that_ends_within_chance_is_not_aligned_however_steady():
    assert read(orders.t_align, cosine=[[0.5] * 5, [0.7] * 5]) == pytest.approx([NEVER, 0])


def test_columns_are_orthogonal_once_all_overlaps_stay_below_the_bound():
    c = orders.strict_overlap(M)
    overlap = [
        [0.6, c - 0.01, c + 0.01, c - 0.01, 0.0],
        [0.6, 0.6, 0.6, 0.6, 0.0],
        [0.0] * 5,
        [0.6, 0.2, 0.2, 0.2, 0.2],
    ]
    assert read(orders.t_orth, overlap=overlap) == pytest.approx([1000, NEVER, 0, NEVER])
    assert read(orders.t_loose, overlap=overlap) == pytest.approx([10, NEVER, 0, 10])


def test_leverage_that_falls_at_the_last_look_was_never_kept():
    leverage = [[0.4, 0.9, 0.96, 1.0, 1.0], [0.4, 1.0, 1.0, 1.0, 0.9]]
    assert read(orders.t_leverage, leverage=leverage) == pytest.approx([100, NEVER])


# --- orders ---------------------------------------------------------------------------------------

AT_10, AT_100, AT_1000 = (
    [0.1] * k + [0.96] * (5 - k) for k in (1, 2, 3)
)  # a cosine or a leverage that comes at such a look


def falls(rises: list[float]) -> list[float]:
    """The overlap that is gone when that comes."""
    return [0.6 if value < 0.5 else 0.0 for value in rises]


def test_the_order_turns_where_alignment_lies_between_leverage_and_columns():
    ds = looked_at(
        cosine=[AT_100, AT_10, AT_1000, AT_100],
        leverage=[AT_10, AT_100, AT_10, AT_100],
        overlap=[falls(AT_1000), falls(AT_1000), falls(AT_100), falls(AT_1000)],
    )
    turned = orders.order_turns(ds).squeeze().values
    assert turned == pytest.approx([1, 0, 0, NAN], nan_ok=True)
    assert orders.between(ds).squeeze().values == pytest.approx([1, NAN, NAN, NAN], nan_ok=True)


def test_the_best_head_is_read_when_columns_become_orthogonal():
    ds = looked_at(
        best_cosine=[[0.1, 0.4, 0.8, 0.9, 1.0], [0.2] * 5],
        overlap=[falls(AT_100), [0.6] * 5],
    )
    found = orders.best_when_orthogonal(ds).squeeze().values
    assert found == pytest.approx([0.8, NAN], nan_ok=True)


def test_a_trained_head_lags_if_it_aligns_after_the_best_one():
    ds = looked_at(cosine=[AT_100, AT_10, AT_10], best_cosine=[AT_10, AT_100, AT_10])
    assert head_after_best(ds).squeeze().values == pytest.approx([1, 0, NAN], nan_ok=True)


def test_the_wait_from_leverage_to_columns_is_compared_between_the_ends_of_lam():
    def at_lam(lam: float, leverage: list[list[float]], orth: list[list[float]]) -> xr.Dataset:
        overlap = [falls(each) for each in orth]
        return looked_at(leverage=leverage, overlap=overlap).assign_coords(lam=[lam])

    never = [0.1] * 5
    light = at_lam(0.1, [AT_10, AT_10, never], [AT_100, AT_100, AT_100])
    heavy = at_lam(10.0, [AT_10, AT_100, AT_10], [never, AT_100, AT_100])
    ds = xr.concat([light, heavy], "lam", combine_attrs="override")
    assert orders.wait_for_columns(ds).squeeze().values == pytest.approx([1, 0, NAN], nan_ok=True)


def test_further_pairs_are_compared_with_the_pair_in_equal_seeds_at_their_lam():
    ds = looked_at(cosine=[AT_1000, AT_10, AT_10], overlap=[falls(AT_100)] * 3)
    rows = {"cosine": [AT_10, AT_10, AT_100], "overlap": [falls(AT_100)] * 3}
    other = looked_at(**rows).isel(lam=0, drop=True).expand_dims(place=[8])
    names = {name: f"place_{name}" for name in rows}
    both = xr.merge([ds, other.rename(names)], combine_attrs="override")
    both = both.assign(place_leverage=both.place_cosine)
    assert orders.gain_of_places(both).squeeze().values == pytest.approx([1, 0, NAN], nan_ok=True)
    note = orders.by_setting(orders.before(orders.t_align, orders.t_orth))
    assert note(orders.of_places(both)) == "by S, for pairs from = 8 in order: S = 0.5: 100%"


def test_further_pairs_are_pairs_of_features_that_there_are():
    with pytest.raises(BadInputError, match="places"):
        elsewhere(Timed(), density=0.5, place=19)


def test_a_note_lists_the_shares_by_setting_and_says_where_there_are_none():
    ds = looked_at(cosine=[AT_100, AT_1000], best_cosine=[AT_10, AT_10])
    assert orders.by_setting(head_after_best)(ds) == "by S, for λ = 1 in order: S = 0.5: 100%"
    tied = ds.assign(best_cosine=ds.cosine)
    assert orders.by_setting(head_after_best)(tied).endswith("S = 0.5: -")


# --- claims ---------------------------------------------------------------------------------------


def as_theory_has_it() -> xr.Dataset:
    """Twenty models that get leverage, then align after the best head, then orthogonal columns."""
    best = [0.1, 0.96, 0.97, 0.97, 0.97]
    aligned = [0.1, 0.2, 0.95, 0.96, 0.97]
    leverage = [0.4, 0.96, 1.0, 1.0, 1.0]
    overlap = [0.6, 0.5, 0.2, 0.01, 0.01]
    shaken = np.random.default_rng(0).normal(scale=1e-3, size=(20, 5))
    rows = {"cosine": aligned, "best_cosine": best, "leverage": leverage, "overlap": overlap}
    return looked_at(**{name: np.array(of) + shaken for name, of in rows.items()})


EXPECTED = [claim for claim in STUDY.claims if claim.kind == "expected"]


@pytest.mark.parametrize("claim", EXPECTED, ids=lambda claim: claim.id)
def test_an_expected_claim_holds_where_theory_does_and_fails_on_its_control(claim):
    verdict = claim.judge(as_theory_has_it())
    assert verdict.holds
    assert verdict.decided
    assert verdict.control.fails


def test_columns_that_come_before_leverage_refute_the_claim_about_them():
    ds = as_theory_has_it()
    verdict = STUDY_CLAIMS["leverage-before-columns"].judge(ds.assign(overlap=0 * ds.overlap))
    assert verdict.fails


def test_a_head_far_from_the_closed_form_refutes_its_claim():
    ds = as_theory_has_it()
    verdict = STUDY_CLAIMS["ends-at-closed-form"].judge(ds.assign(cosine=0.9 * ds.cosine))
    assert verdict.fails


STUDY_CLAIMS = {claim.id: claim for claim in STUDY.claims}


def test_another_lam_leaves_all_other_tasks_as_they_are():
    before = {task.key for task in STUDY.tasks(Timed(lams=(1.0,)))}
    after = {task.key for task in STUDY.tasks(Timed(lams=(1.0, 3.0)))}
    assert before < after
    assert len(after - before) == len(Timed().densities)


# --- figures --------------------------------------------------------------------------------------


def test_a_time_that_never_came_is_drawn_above_all_others_and_counts_as_later():
    values = xr.DataArray(
        [[[10.0, 20.0, NEVER, NEVER, NEVER, NAN]]],
        {"density": [0.5], "lam": [1.0]},
        ("density", "lam", "seed"),
    )
    figure = times_by_case(
        {"t": ("k", values)}, panel="density", x="lam", names=str, xlabel="λ", end=1000.0
    )
    [axis] = figure.axes
    came, gone, *_ = (line.get_ydata() for line in axis.lines)
    assert came[:2] == pytest.approx([10, 20])
    assert np.isnan(came[2:]).all()
    assert np.nanmin(gone) > 1000
    [bar] = axis.containers
    assert bar.lines[0].get_ydata() == pytest.approx([np.nanmax(gone)])


def test_times_of_which_none_came_are_drawn_all_the_same():
    values = xr.DataArray(
        [[[NEVER, NAN]]], {"density": [0.5], "lam": [1.0]}, ("density", "lam", "seed")
    )
    words = {"names": str, "xlabel": "λ", "end": 1000.0}
    figure = times_by_case({"t": ("k", values)}, panel="density", x="lam", **words)
    assert figure.axes[0].get_ylim()[0] > 0


def test_shares_are_drawn_with_their_exact_interval():
    truth = xr.DataArray(
        np.append(np.zeros(10), NAN)[None, None],
        {"density": [0.5], "lam": [1.0]},
        ("density", "lam", "seed"),
    )
    words = {"xlabel": "S", "ylabel": "share", "sides": ("below", "above")}
    figure = shares_by_case(
        {"title": truth}, x="density", series="lam", ticks=str, names=str, **words
    )
    [bar] = figure.axes[0].containers
    [segment] = bar.lines[2][0].get_segments()
    assert segment[:, 1] == pytest.approx([0, 1 - 0.025 ** (1 / 10)])
