"""Times, order, illusions and what narrow networks keep, read off courses made by hand from closed forms."""

import json

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.core.claim import Claim
from tegum.studies.dynamics.semantic import networks, pictures, readings, study
from tegum.theory import deep_linear

RATE, START, DEPTH = 0.01, 1e-4, 2
MODES = deep_linear.hierarchy_modes((1,) * (DEPTH + 1))
STEPS = np.unique(np.geomspace(1, 3000, 300).round())
COURSE = deep_linear.deep_course(STEPS, MODES.s[:, None], START, RATE)
TOGETHER = deep_linear.shallow_course(STEPS, MODES.s[:, None], 0.0, RATE)


def dataset(**courses: np.ndarray) -> xr.Dataset:
    """Two seeds of nets whose modes take some courses; those not given, the closed form's."""
    known = dict.fromkeys(("decoupled", "random", "relu"), COURSE) | {"one layer": TOGETHER}
    each = np.stack([(known | courses)[net] for net in networks.NETS])
    strength = np.stack([each, each], axis=1)[None]
    split = deep_linear.split_levels(DEPTH)
    output = np.einsum("pk,xnskt,ik->xnstpi", MODES.u, strength, MODES.v)
    gram = np.einsum("ik,xnskt,jk->xnstij", MODES.v, strength, MODES.v)
    own = np.einsum("...ii->...i", gram)
    apart = own[..., :, None] + own[..., None, :] - 2 * gram
    pairs = [split == level for level in range(1, DEPTH + 2)]
    start = np.full((1, 4, 2, MODES.s.size), START)
    start[:, -1] = 0
    by_pair = ("start", "net", "seed", "split", "step")
    return xr.Dataset(
        {
            "strength": (("start", "net", "seed", "mode", "step"), strength),
            "start_strength": (("start", "net", "seed", "mode"), start),
            "distance": (by_pair, np.stack([apart[..., p].mean(-1) for p in pairs], 3)),
            "attributed": (
                by_pair,
                np.stack([output[..., -4:, :][..., p].mean(-1) for p in pairs], 3),
            ),
            "coupled": (("start", "seed", "mode", "step"), strength[:, 1]),
            "left_out": (("start", "seed"), [[1e-4, 1e-4]]),
            "y": (("start", "property", "item"), deep_linear.hierarchy((1, 1, 1))[None]),
            "kept": (("width", "seed", "mode"), [[[1.0, 0, 0, 0]] * 2, [[1.0, 1, 0, 0]] * 2]),
            "narrow_loss": (("width", "seed"), [[3.0, 3.0], [2.0, 2.0]]),
            "least_loss": (("width",), [3.0, 2.0]),
        },
        {
            "start": [START],
            "net": list(networks.NETS),
            "mode": range(4),
            "split": [1, 2, 3],
            "step": STEPS,
            "width": [1, 2],
        },
        {"config": json.dumps({"depth": DEPTH, "per_node": 1, "learning_rate": RATE})},
    )


def claim(name: str) -> Claim:
    return next(each for each in study.CLAIMS if each.id == name)


def test_a_time_lies_between_looks_and_is_infinite_or_missing_where_there_is_none() -> None:
    course = xr.DataArray(
        [[0, 1, 3, 3], [0, 0, 0, 0], [0, np.nan, 1, 3]],
        {"step": [0, 10, 20, 30]},
        dims=("seed", "step"),
    )
    np.testing.assert_equal(readings.time_at(course, 2.0).values, [15, np.inf, np.nan])


def test_courses_of_the_closed_form_are_on_time_and_slower_ones_late() -> None:
    late = deep_linear.deep_course(STEPS / 1.2, MODES.s[:, None], START, RATE)
    ds = dataset(random=late)
    assert float(abs(readings.late_by(ds, "decoupled")).max()) < 2e-3
    np.testing.assert_allclose(readings.late_by(ds, "random"), 0.2, atol=2e-3)
    np.testing.assert_allclose(readings.late_by(ds, "one layer"), 0, atol=2e-3)
    np.testing.assert_allclose(readings.rises(ds, "random"), 0.2, atol=5e-3)
    assert float(readings.outside(ds).max()) == 0
    assert float(readings.outside(dataset(decoupled=late)).max()) > 0.1


def test_levels_are_in_order_where_strong_modes_are_first_and_ties_are_none() -> None:
    ds = dataset(relu=COURSE[::-1] * (MODES.s / MODES.s[::-1])[:, None])
    assert float(readings.in_order(ds, "random").min()) == 1
    assert float(readings.in_order(ds, "one layer").max()) == 0
    assert float(readings.in_order(ds, "relu").max()) == 0
    assert float(readings.differentiates(ds, "random").min()) == 1
    assert float(readings.differentiates(ds, "one layer").max()) == 0


def test_a_mode_that_is_never_learned_comes_after_all_others() -> None:
    never = COURSE.copy()
    never[1] *= 0.1
    assert readings.in_order(dataset(random=never), "random").isel(
        start=0, seed=0
    ).values.tolist() == [1, 0]


def test_closed_forms_give_the_distances_and_illusions_of_their_own_courses() -> None:
    ds = dataset()
    of_net = ds.sel(net="random", drop=True)
    xr.testing.assert_allclose(
        readings.distance_by(ds, "random").transpose(*of_net.distance.dims), of_net.distance
    )
    xr.testing.assert_allclose(
        readings.attributed_by(ds, "random").transpose(*of_net.attributed.dims), of_net.attributed
    )


def test_a_sibling_is_credited_with_up_to_half_on_the_way_and_never_by_one_layer() -> None:
    ds = dataset()
    assert 0.3 < float(readings.illusion_of(ds, "random").max()) < 0.5
    assert float(readings.illusion_of(ds, "one layer").max()) < 1e-9
    assert float(abs(readings.illusion_error(ds, "random")).max()) < 1e-9
    assert float(study.new_illusions(ds).max()) < 1e-9


def test_narrow_networks_keep_the_strongest_modes_whole() -> None:
    ds = dataset()
    short = xr.where((ds.width == 2) & (ds.mode == 1) & (ds.seed == 1), 0.1, 0.0)
    worse = ds.assign(kept=ds.kept - short, narrow_loss=1.1 * ds.narrow_loss)
    assert float(readings.keeps_the_strongest(ds).max()) == 0
    np.testing.assert_allclose(readings.keeps_the_strongest(worse), [[0, 0], [0, 0.1]], atol=1e-12)
    np.testing.assert_allclose(readings.excess_loss(worse), 0.1, atol=1e-12)


@pytest.mark.parametrize(
    "each", [c for c in study.CLAIMS if c.kind == "expected"], ids=lambda c: c.id
)
def test_every_expected_claim_holds_on_closed_forms_and_fails_on_its_control(each: Claim) -> None:
    ds = dataset()
    if each.id == "random-together":
        alone = deep_linear.deep_course(STEPS / 1.5, MODES.s[:, None], START, RATE)
        ds = dataset(random=alone)
    found = each.judge(ds)
    assert found.judgement == "holds", (found.measured, found.bounds)
    assert found.control is not None
    assert found.control.fails


def test_finite_steps_allow_more_at_a_greater_rate() -> None:
    ds = dataset()
    config = json.loads(ds.attrs["config"])
    faster = ds.assign_attrs(config=json.dumps(config | {"learning_rate": 0.1}))
    for allowed in (readings.rise_error, readings.illusion_allowed):
        assert 0 < allowed(ds) < allowed(faster)
    assert float(readings.step_error(ds).max()) == pytest.approx(RATE * MODES.s[0], rel=0.1)


def test_a_layout_of_paths_begins_in_one_place() -> None:
    grown = np.linspace(0, 1, 4)[:, None, None] * np.eye(4)
    found = pictures.layout(grown)
    assert found.shape == (4, 4, 2)
    np.testing.assert_allclose(found[0], 0, atol=0.05)
    assert np.linalg.norm(found[-1], axis=-1).min() > 0.3


def test_all_nets_are_measured_at_a_common_set_of_looks_and_narrow_ones_of_all_widths() -> None:
    config = study.Config(
        depth=1,
        n_hidden=3,
        seeds=2,
        steps=40,
        looks=8,
        learning_rate=0.05,
        starts=(1e-2,),
        widths=(1,),
    )
    trained, narrow = (task.measure() for task in networks.MODELS.tasks(config))
    assert trained.sizes["mode"] == 2
    np.testing.assert_allclose(trained.y.isel(start=0), [[1, 1], [1, 0], [0, 1]])
    assert float(trained.strength.sel(net="one layer").isel(step=-1).min()) > 0.5
    assert narrow.kept.dims == ("width", "seed", "mode")
    assert float(narrow.least_loss.item()) == pytest.approx(0.5)


def test_what_cannot_work_together_is_refused() -> None:
    for wrong, said in (
        ({"n_hidden": 8}, "a unit a mode"),
        ({"learning_rate": 0.2}, "learning rate"),
        ({"learning_rate": 0.0}, "above 0"),
        ({"starts": (0.5,)}, "a twentieth"),
        ({"widths": (3,)}, "powers of 2"),
    ):
        with pytest.raises(BadInputError, match=said):
            study.Config(**wrong)
