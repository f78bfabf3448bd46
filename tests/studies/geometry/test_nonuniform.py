"""Laws, branches and exchange against mathematics; readings on models and curves made by hand."""

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.core import Claim, Study
from tegum.studies.geometry.nonuniform import IMPORTANCE, SPARSITY, branches, readings
from tegum.studies.geometry.nonuniform.branches import BRANCHES, FEATURES, PLANE
from tegum.studies.geometry.nonuniform.claims import claims
from tegum.studies.geometry.nonuniform.models import STARTS, Config
from tegum.theory.expected import expected_losses
from tegum.theory.search import minimise

VARIED = pytest.mark.parametrize("varied", ["density", "importance"])
P = 0.05
AT = np.geomspace(0.1, 4, 30)
PENTAGON, DIGONS = (branches.regular(name, P)[0] for name in BRANCHES)
SLOPES, BEND = np.array([[0.005], [0.016]]), 5e-4
"""of the branches' losses where they cross, and how they bend, in a dataset made by hand"""


# --- theory -------------------------------------------------------------------------------------


def test_only_what_is_varied_of_feature_0_differs() -> None:
    ratio = np.array([0.5, 2.0])
    of_density, of_importance = (branches.laws(v, P, ratio) for v in ("density", "importance"))
    np.testing.assert_allclose(of_density.density[:, 0], [0.025, 0.1])
    np.testing.assert_allclose(of_importance.importance[:, 0], ratio)
    for same in (of_density.density[:, 1:], of_importance.density):
        np.testing.assert_allclose(same, P)
    for same in (of_density.importance, of_importance.importance[:, 1:]):
        np.testing.assert_allclose(same, 1)


@VARIED
def test_two_digons_lose_what_their_law_says(varied: branches.Varied) -> None:
    ratio = np.array([0.2, 0.5, 1.0, 4.0])
    law = branches.laws(varied, P, ratio)
    starts = [branches.regular("two digons", float(p)) for p in law.density[:, 0]]
    w, b = (np.stack(each) for each in zip(*starts, strict=True))
    # Digons lose least at a length and a bias near 1 and 0; descent finds them.
    found = minimise(w, b, *law, **branches.ROUGH)
    np.testing.assert_allclose(found.loss, branches.digons(varied, P, ratio), rtol=1e-6)


@VARIED
def test_the_loss_of_fixed_weights_is_a_straight_line_with_the_slope(
    varied: branches.Varied,
) -> None:
    w, b = (each[None] for each in branches.regular("pentagon", P))
    ratios = np.array([0.2, 1.0, 1.8])
    low, middle, high = (
        expected_losses(w, b, *branches.laws(varied, P, np.array([r])))[0] for r in ratios
    )
    assert middle == pytest.approx((low + high) / 2, rel=1e-9)
    slope = branches.slopes(varied, P, np.array([1.0]), w, b)
    assert slope[0] == pytest.approx((high - low) / 1.6, rel=1e-6)


def test_of_equal_features_the_importance_slope_is_a_fifth_of_the_loss() -> None:
    w, b = (each[None] for each in branches.regular("pentagon", P))
    loss = expected_losses(w, b, *branches.laws("importance", P, np.ones(1)))
    slope = branches.slopes("importance", P, np.ones(1), w, b)
    assert slope == pytest.approx(loss / FEATURES, rel=1e-6)


@VARIED
def test_both_branches_lose_the_same_at_their_exchange(varied: branches.Varied) -> None:
    found = branches.exchanges(varied, np.array([P]))
    ratios = found.ratio[:, 0]
    # Each tangent's meeting point is too large, and the next one less so.
    assert np.all(np.diff(ratios) < 0)
    assert abs(ratios[-1] / ratios[-2] - 1) < 1e-3
    assert found.slope[0, 0] < found.slope[1, 0]
    law = branches.laws(varied, P, ratios[-1:])
    w, b = branches.regular("pentagon", P)
    pentagon = minimise(w[None], b[None], *law, **branches.ROUGH)
    assert np.linalg.norm(pentagon.w[0, :, 0]) > readings.LONG
    assert pentagon.loss == pytest.approx(branches.digons(varied, P, ratios[-1:]), rel=1e-5)


def test_followed_branches_begin_in_the_middle_and_lie_under_their_tangents() -> None:
    outwards = np.array([1.0, 1.5, 2.0])
    found = branches.followed("importance", P, outwards)
    at = np.array([1 / 2, 1 / 1.5, 1.0, 1.5, 2.0])
    assert found.w.shape == (2, len(at), PLANE, FEATURES)
    np.testing.assert_allclose(found.loss[1, :4], branches.digons("importance", P, at)[:4])
    tangent = found.loss[0, 2] + found.slope[0, 2] * (at - 1)
    assert np.all(found.loss[0] <= tangent + 1e-9)
    assert found.loss[0, 0] < tangent[0] - 1e-5


# --- readings -----------------------------------------------------------------------------------


def made(crossing: float = 0.4, end: float = 0.2) -> xr.Dataset:
    """A pentagon that ends at a ratio, models that stay where they began, fresh ones on the better
    branch; losses are parabolas that cross.
    """
    ratio = np.array([0.1, 0.3, 0.5, 1.0])
    lines = {"branch": list(BRANCHES), "at": AT, "ratio": ratio, "start": list(STARTS)}
    shape = (len(STARTS), len(ratio), 20, PLANE, FEATURES)
    w = np.broadcast_to(PENTAGON, shape).copy()
    w[1] = DIGONS
    w[0, ratio < end] = DIGONS
    w[2, ratio < crossing] = DIGONS
    w[:, ratio == 1] = PENTAGON

    def followed(places: np.ndarray) -> np.ndarray:
        ends = (places < end)[:, None, None]
        return np.stack([np.where(ends, DIGONS, PENTAGON), np.where(~ends, DIGONS, DIGONS)])

    def curve(places: np.ndarray) -> np.ndarray:
        beyond = places - crossing
        both = 0.007 + SLOPES * beyond - BEND * beyond**2
        return np.where((places < end) & (np.arange(2) == 0)[:, None], both[1], both)

    return xr.Dataset(
        {
            "exact_w": (("branch", "at", "hidden", "feature"), followed(AT)),
            "exact_loss": (("branch", "at"), curve(AT)),
            "exact_slope": (("branch", "at"), SLOPES - 2 * BEND * (AT - crossing)),
            "digon_law": ("at", curve(AT)[1]),
            "crossing": crossing,
            "rigid_crossing": 1.2 * crossing,
            "crossing_slope": ("branch", SLOPES[:, 0]),
            "branch_w": (("branch", "ratio", "hidden", "feature"), followed(ratio)),
            "branch_loss": (("branch", "ratio"), curve(ratio)),
            "best_found": ("ratio", curve(ratio).min(0)),
            "w": (("start", "ratio", "seed", "hidden", "feature"), w),
            "loss": (("start", "ratio", "seed"), losses_of(w, curve(ratio))),
        },
        coords=lines,
    )


def losses_of(w: np.ndarray, curve: np.ndarray) -> np.ndarray:
    """Of each model, the loss of the branch that it is on."""
    short = np.linalg.norm(w[..., 0], axis=-1) < 0.5
    return np.where(short, curve[1][:, None], curve[0][:, None])


def test_a_model_is_on_the_branch_of_its_long_features_turned_or_not() -> None:
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    other = DIGONS[:, [1, 0, 2, 3, 4]]
    lost = np.full_like(DIGONS, np.nan)
    w = xr.DataArray(np.stack([turn @ PENTAGON, turn @ DIGONS, other, lost]), dims=("k", *"hf"))
    found = readings.branch_of(w.rename(h="hidden", f="feature"))
    np.testing.assert_array_equal(
        found, [readings.PENTAGON, readings.DIGONS, readings.OTHER, np.nan]
    )


def test_models_are_asked_only_where_the_question_applies() -> None:
    ds = made()
    assert readings.pentagon_stays(ds).notnull().any("seed").values.tolist() == [
        False, True, False, False,
    ]  # fmt: skip
    assert readings.pentagon_leaves(ds).notnull().any("seed").values.tolist() == [
        True, False, False, False,
    ]  # fmt: skip
    assert readings.digons_stay(ds).notnull().any("seed").values.tolist() == [
        False, False, True, False,
    ]  # fmt: skip
    lost = ds.assign(w=ds.w.where(ds.seed != 0))
    assert readings.pentagon_stays(lost).sel(ratio=0.3).isnull().sum() == 1


def test_the_angle_to_the_next_feature_of_a_pentagon_is_72_degrees() -> None:
    w = xr.DataArray(PENTAGON, dims=("hidden", "feature"))
    assert float(readings.angle_to_next(w)) == pytest.approx(72)


def test_numbers_of_curves_are_those_they_were_made_with() -> None:
    ds = made(crossing=0.4, end=0.2)
    assert readings.jump(ds) == pytest.approx(1 - 5 / 16)
    assert readings.outlasts(ds) == pytest.approx(1.2)
    last = AT[AT >= 0.2].min()
    assert readings.beyond_exchange(ds) == pytest.approx(0.4 / last)
    assert readings.last_length(ds) == pytest.approx(1.1)
    assert np.isnan(readings.beyond_exchange(made(end=0.01)))
    assert readings.off_law(ds) == 0
    assert readings.off_chords(ds) <= 0
    assert readings.missed(ds) == pytest.approx(0, abs=1e-9)
    assert float(abs(readings.off_curve(ds)).max()) == pytest.approx(0, abs=1e-9)


def test_a_curve_that_bends_upwards_is_seen() -> None:
    ds = made()
    bent = ds.assign(exact_loss=ds.exact_loss + 0.01 * ds["at"] ** 2)
    assert readings.off_chords(bent) > 0.1


def test_the_best_fresh_model_counts_and_not_the_most() -> None:
    ds = made()
    w, loss = ds.w.copy(), ds.loss.copy()
    others = {"start": 2, "ratio": 1, "seed": slice(1, None)}
    w[others], loss[others] = PENTAGON, ds.branch_loss.sel(branch="pentagon", ratio=0.3)
    most = ds.assign(w=w, loss=loss)
    assert readings.fresh_beyond(most).sel(ratio=0.3).mean() == pytest.approx(1 / 20)
    assert readings.best_on_lower(most) == 1
    loss[others | {"seed": 0}] = 1.0
    assert readings.best_on_lower(most.assign(loss=loss)) == 3 / 4


@pytest.mark.parametrize("claim", claims("density"), ids=lambda claim: claim.id)
def test_a_claim_holds_on_what_it_says_and_its_control_fails(claim: Claim) -> None:
    found = claim.judge(made())
    assert found.holds
    assert found.control is None or found.control.fails
    assert claim.kind == "open" or found.decided


# --- configs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reach": 1.0}, "reach"),
        ({"points": 2}, "points"),
        ({"ratios": (0.01, 1.0)}, "raise reach"),
        ({"ratios": (0.5,)}, "1 among them"),
        ({"density": 0.1}, "a density is a chance"),
        ({"density": 0.5}, "pentagon"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(fields: dict, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        Config(**fields)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("study", [SPARSITY, IMPORTANCE], ids=lambda study: study.name)
def test_presets_ask_on_both_sides_of_the_exchange(study: Study) -> None:
    crossing = 1 / 3.72 if study is SPARSITY else 1 / 2.72
    for config in study.presets.values():
        assert min(config.ratios) < crossing < readings.FAR
        assert any(crossing < ratio <= readings.FAR for ratio in config.ratios)
        assert 1.0 in config.ratios
