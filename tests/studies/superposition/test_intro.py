"""Shapes by name, which of them lose least, and the reader's two questions against exact theory."""

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.superposition.intro import figures, models, shapes, study
from tegum.studies.superposition.intro.shapes import FORMS, NAMES, form
from tegum.theory.plane_shapes import SHAPES, shape_loss
from tegum.theory.polytope_losses import UNREPRESENTED, polytope_loss

CLAIMS = {claim.id: claim for claim in study.CLAIMS}
RNG = np.random.default_rng(5)


def turned(w: np.ndarray, degrees: float, reflected: bool = False) -> np.ndarray:
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[c, -s], [s, c]]) @ np.diag([1.0, -1.0 if reflected else 1.0]) @ w


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("reflected", [False, True])
def test_a_shape_keeps_its_name_rotated_reflected_permuted_and_a_little_bent(
    name: str, reflected: bool
) -> None:
    w = form(name, 5)[:, RNG.permutation(5)]
    bent = turned(w, 77.0, reflected) * 0.8 + RNG.uniform(-0.03, 0.03, w.shape)
    found = shapes.shape_of(np.stack([w, bent]))
    np.testing.assert_array_equal(found, NAMES.index(name))


def test_what_is_bent_too_far_or_short_is_another_shape() -> None:
    angles = np.deg2rad([0, 90 + shapes.NEAR + 1])
    wide = np.array([np.cos(angles), np.sin(angles)])
    assert NAMES[int(shapes.shape_of(wide))] == "other"
    assert NAMES[int(shapes.shape_of(form("pentagon", 5) * np.array([1, 1, 1, 1, 0.4])))] == "other"
    assert NAMES[int(shapes.shape_of(np.zeros((2, 3))))] == "other"
    faint = form("two digons", 5) + 0.3 * np.eye(1, 5, 4)
    assert NAMES[int(shapes.shape_of(faint))] == "two digons"


def test_angles_of_shapes_differ_by_more_than_they_may_be_off() -> None:
    angles = [shapes.gaps(np.array(each, float)) for each in FORMS.values()]
    for k, one in enumerate(angles):
        for other in angles[:k]:
            if len(one) == len(other):
                assert abs(one - other).max() > 2 * shapes.NEAR


# --- theory -------------------------------------------------------------------------------------


def test_descent_ends_in_the_shape_that_it_began_near_at_its_exact_loss() -> None:
    names = ["digon and one", "triangle"]
    ends = shapes.descended(names, 3, np.array([0.2, 0.1]), np.ones(3))
    assert [NAMES[int(place)] for place in shapes.shape_of(ends.w)] == names
    expected = [2 * polytope_loss("digon", 0.2).loss, 3 * polytope_loss("triangle", 0.1).loss]
    np.testing.assert_allclose(ends.loss, expected, rtol=1e-6)


def test_triangle_and_digon_exchange_where_exact_theory_says_and_an_eighth_apart_when_sparse() -> (
    None
):
    found = models.triangle(study.QUICK)
    ds = xr.Dataset(
        {name: ("at", found[name]) for name in ("triangle_excess", "unit_excess")},
        {"at": found["at"]},
    )
    for name in ("triangle-crosses-digon", "sparse-triangle-is-worse"):
        verdict = CLAIMS[name].judge(ds)
        assert verdict.holds
        assert verdict.control is not None
        assert verdict.control.fails
    one = 3 * polytope_loss("triangle", study.CROSSING).loss
    other = 2 * polytope_loss("digon", study.CROSSING).loss
    assert one == pytest.approx(other, rel=1e-5)


def ten(loss: list[float]) -> xr.Dataset:
    dropped = polytope_loss(UNREPRESENTED, 0.9).loss
    w = np.stack([form("two features", 10)] * len(loss))
    return xr.Dataset(
        {
            "ten_shape_loss": ("of_shapes", [shape_loss(n, 0.9) + 5 * dropped for n in SHAPES]),
            "ten_loss": ("seed", loss),
            "ten_w": (("seed", "hidden", "of_ten"), w),
        },
        {"of_shapes": list(SHAPES)},
    )


def test_ten_features_nearly_tie_as_read_from_exact_theory_and_a_triangle_loses_less() -> None:
    ds = ten([0.779, 0.781])
    assert CLAIMS["ten-nearly-tie"].judge(ds).holds
    control = CLAIMS["ten-nearly-tie"].judge(ds).control
    assert control is not None
    assert control.fails
    losses = ds.ten_shape_loss.to_series()
    assert losses["two features"] == pytest.approx(8 * (0.3 - 0.81 / 4))
    assert losses.idxmin() == "triangle"
    assert losses["triangle"] == pytest.approx(0.77874, abs=5e-6)
    np.testing.assert_array_equal(models.below_two(ds), [1, 0])
    np.testing.assert_array_equal(study.two_of_ten(ds), [1, 1])
    assert study.two_long(ds).startswith("100%")


# --- readings -----------------------------------------------------------------------------------

DENSITIES = (1.0, 0.3, 0.05)
BEST = {
    5: ("two features", "two digons", "pentagon"),
    3: ("two features",) + 2 * ("digon and one",),
}


def plane(seeds: int = 6) -> xr.Dataset:
    """Every model in its setting's best shape, the first two features foremost."""
    sizes, decays = (5, 3), (0.9, 1.0)
    names = [[BEST[n] for _ in decays] for n in sizes]
    w = np.array([[[[form(name, 5)] * seeds for name in row] for row in rows] for rows in names])
    grid = ("n_features", "decay", "density")
    place = np.array([[[NAMES.index(name) for name in row] for row in rows] for rows in names])
    loss = np.full((*place.shape, len(FORMS)), np.nan)
    np.put_along_axis(loss, place[..., None], 1.0, axis=-1)
    return xr.Dataset(
        {
            "w": ((*grid, "seed", "hidden", "feature"), w),
            "loss": ((*grid, "seed"), np.ones(w.shape[:4])),
            "shape_loss": ((*grid, "shape"), loss),
            "exact_loss": (grid, np.ones(place.shape)),
            "exact_shape": (grid, place.astype(float)),
        },
        {
            "n_features": list(sizes),
            "decay": list(decays),
            "density": list(DENSITIES),
            "feature": range(5),
            "shape": list(FORMS),
        },
    )


TRAINED = (
    "dense-keeps-two",
    "best-model-has-best-shape",
    "sparse-is-pentagon",
    "sparse-three-is-digon-and-one",
)


@pytest.mark.parametrize("name", TRAINED)
def test_models_in_the_best_shapes_meet_the_claims_and_their_controls_fail(name: str) -> None:
    verdict = CLAIMS[name].judge(plane())
    assert verdict.judgement == "holds"
    assert verdict.control is not None
    assert verdict.control.fails


@pytest.mark.parametrize("name", TRAINED)
def test_without_those_sizes_and_importances_there_is_nothing_to_judge(name: str) -> None:
    other = plane().assign_coords(n_features=[6, 4], decay=[0.8, 0.7])
    assert CLAIMS[name].judge(other).judgement == "empty"


def test_open_claims_count_models_in_the_shape_that_clearly_leads() -> None:
    ds = plane(4)
    ds.w.loc[{"n_features": 5, "decay": 0.9, "density": 0.3, "seed": [0, 1, 2]}] = form(
        "digon and one", 5
    )
    assert CLAIMS["digons-where-best"].judge(ds).measured == 0.25
    assert CLAIMS["ends-in-best-shape"].judge(ds).measured == 0.25
    assert CLAIMS["reader-triangle"].judge(ds).measured == 0
    assert CLAIMS["triangle-where-best"].judge(ds).judgement == "empty"
    near = ds.copy(deep=True)
    near.shape_loss.loc[{"density": 0.3, "shape": "pentagon"}] = 1 + models.LEAD / 2
    assert CLAIMS["digons-where-best"].judge(near).judgement == "empty"


def test_diverged_models_are_left_out() -> None:
    ds = plane()
    ds.w[..., 0, :, :] = np.nan
    ds.loss[..., 0] = np.nan
    assert np.isnan(models.shape_seen(ds).isel(seed=0)).all()
    assert CLAIMS["sparse-is-pentagon"].judge(ds).measured == 1
    assert CLAIMS["best-model-has-best-shape"].judge(ds).measured == 1


def test_the_least_important_two_are_not_the_most_important() -> None:
    ds = plane()
    ds.w.loc[{"density": 1.0}] = ds.w.sel(density=1.0).isel(feature=slice(None, None, -1)).values
    assert CLAIMS["dense-keeps-two"].judge(ds).measured == 0


def test_the_commonest_shape_is_shown_by_its_model_of_least_loss() -> None:
    ds = plane(5)
    ds.w.loc[{"seed": [0, 1]}] = form("triangle", 5)
    ds.loss[..., 3] = 0.5
    ds.loss[..., 0] = 0.1
    most, count, best = figures.commonest(ds)
    assert int(most.sel(n_features=5, decay=0.9, density=0.05)) == NAMES.index("pentagon")
    assert set(count.values.ravel()) == {3}
    assert set(best.values.ravel()) == {3}


def test_two_features_cannot_be_too_many_for_the_plane() -> None:
    with pytest.raises(BadInputError, match="more than 2 features"):
        study.Config(sizes=(5, 2))
