"""Exact losses with one and two active features, and what directions share, against mathematics."""

import json
import math

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.core import joined
from tegum.studies.geometry.interference import arrangements, few_active, measured, study
from tegum.studies.geometry.interference.arrangements import FACTOR, KINDS, MIXED, SIMPLEXES


def cosines(kind: str, dimension: int = 6) -> np.ndarray:
    w = arrangements.tegum(kind, dimension)
    return w.T @ w


def by_quadrature(g: np.ndarray) -> float:
    """The least loss with two uniform values, by Gauss and Legendre on both triangles' kinks."""
    x, weight = np.polynomial.legendre.leggauss(80)
    x, weight = (x + 1) / 2, weight / 2
    n, a, c = len(g), 0.0, 0.0
    for i in range(n):
        for j in range(i + 1, n):
            z = np.maximum(g[:, i, None, None] * x[:, None] + g[:, j, None, None] * x, 0)
            a += np.einsum("kuv,u,v->", z**2, weight, weight)
            c += np.einsum("uv,u,v", z[i] * x[:, None] + z[j] * x, weight, weight)
    pairs = n * (n - 1) / 2
    return 1 - (c / pairs) ** 2 / (a / pairs * 2 / 3)


@pytest.mark.parametrize("kind", KINDS)
def test_two_uniform_values_lose_what_quadrature_says(kind: str) -> None:
    g = cosines(kind)
    assert few_active.relative_loss(g, 2, "unit") == pytest.approx(by_quadrature(g), abs=5e-4)


def test_random_directions_lose_what_quadrature_says_too() -> None:
    w = arrangements.random(5, 3, np.random.default_rng(0))
    g = w.T @ w
    assert few_active.relative_loss(g, 2, "unit") == pytest.approx(by_quadrature(g), abs=5e-4)


def test_two_values_of_one_lose_what_all_pairs_of_inputs_say() -> None:
    w = arrangements.random(7, 3, np.random.default_rng(1))
    g = w.T @ w
    inputs = np.array([np.eye(7)[i] + np.eye(7)[j] for i in range(7) for j in range(i)]).T
    outputs = np.maximum(g @ inputs, 0)
    c, a = (outputs * inputs).sum(), (outputs**2).sum()
    least = ((inputs - c / a * outputs) ** 2).sum() / (inputs**2).sum()
    assert few_active.relative_loss(g, 2, "one") == pytest.approx(least, rel=1e-12)


@pytest.mark.parametrize("kind", SIMPLEXES)
def test_one_active_feature_sees_no_loss_of_simplexes(kind: str) -> None:
    assert few_active.relative_loss(cosines(kind), 1, "unit") == pytest.approx(0, abs=1e-12)
    assert few_active.positive_part(cosines(kind)) == pytest.approx(0, abs=1e-12)


def test_one_active_feature_sees_a_pentagons_acute_angles() -> None:
    seen = 2 * math.cos(2 * math.pi / 5) ** 2
    assert few_active.positive_part(cosines("pentagons")) == pytest.approx(seen)
    lost = few_active.relative_loss(cosines("pentagons"), 1, "one")
    assert lost == pytest.approx(1 - 1 / (1 + seen))


def test_of_digons_two_ones_cancel_with_the_chance_that_they_are_partners() -> None:
    # E‖x‖² = 2; partners give nothing back, all others everything.
    assert few_active.relative_loss(cosines("digons"), 2, "one") == pytest.approx(1 / 11)


def test_in_many_dimensions_values_decide_between_triangles_and_digons() -> None:
    for law, ratio in (("unit", 9 / 8), ("one", 3 / 4)):
        triangles, mixed = (
            few_active.relative_loss(cosines(kind, 48), 2, law) for kind in ("triangles", MIXED)
        )
        assert triangles / mixed == pytest.approx(ratio, rel=0.01)


def test_an_unknown_law_or_number_of_active_features_is_refused() -> None:
    with pytest.raises(BadInputError, match="law"):
        few_active.relative_loss(np.eye(3), 1, "unti")
    with pytest.raises(BadInputError, match="active"):
        few_active.relative_loss(np.eye(3), 3, "unit")


@pytest.mark.parametrize("kind", FACTOR)
def test_tegums_of_one_polytope_meet_the_welch_bound_and_random_directions_do_not(
    kind: str,
) -> None:
    g = cosines(kind, 12)
    assert arrangements.of_pairs(g)[1] == pytest.approx(arrangements.welch(len(g), 12), rel=1e-12)
    w = arrangements.random(len(g), 12, np.random.default_rng(0))
    assert arrangements.of_pairs(w.T @ w)[1] > 1.1 * arrangements.welch(len(g), 12)


def test_the_mixed_tegum_has_as_many_features_as_triangles() -> None:
    assert cosines(MIXED).shape == cosines("triangles").shape == (9, 9)


def test_mean_cosines_of_the_plane_and_of_space_are_known() -> None:
    assert arrangements.mean_cosine(2) == pytest.approx(2 / math.pi)
    assert arrangements.mean_cosine(3) == pytest.approx(1 / 2)
    assert arrangements.mean_cosine(1000) == pytest.approx(math.sqrt(2 / math.pi / 1000), rel=1e-3)


def test_of_two_directions_in_space_the_cosine_is_uniform() -> None:
    assert arrangements.largest_cosine(2, 3) == pytest.approx(0.5)
    # and so many keep below it, since one pair does as often as not
    assert arrangements.random_count(0.5, 3) == pytest.approx(
        (1 + math.sqrt(1 + 16 * math.log(2))) / 2
    )


def dataset(**values: object) -> xr.Dataset:
    d = np.array([6, 12, 24, 48])
    ds = xr.Dataset(coords={"dimension": d, "kind": list(KINDS), "law": list(few_active.LAWS)})
    ds = ds.assign_coords(active=list(few_active.ACTIVE), seed=[0, 1])
    ones = xr.DataArray(np.ones(4), {"dimension": d}, dims="dimension")
    zero = 0.0 * ds.dimension
    base = {f"tegum_{k}": (ones / ones.dimension) + 0 * ds.kind.notnull() for k in ("mean", "rms")}
    base |= {f"random_{k}": ones.dimension**-0.5 + 0 * ds.seed for k in ("mean", "rms", "largest")}
    base["tegum_loss"] = zero + 0 * (ds.kind.notnull() + ds.active + ds.law.notnull())
    base["random_loss"] = 0.5 + zero + 0 * (ds.seed + ds.active + ds.law.notnull())
    base["welch"] = base["tegum_rms"]
    return ds.assign(base | values).assign_attrs(config=json.dumps({}))


def test_a_slope_is_the_exponent_of_a_power() -> None:
    ds = dataset()
    np.testing.assert_allclose(measured.slope(ds.tegum_mean), -1)
    np.testing.assert_allclose(measured.slope(3 * ds.random_mean), -0.5)


def test_the_farthest_counts_on_either_side() -> None:
    assert measured.farthest(xr.DataArray([-1.2, -1.0, -0.9]), -1.0) == -1.2
    assert measured.farthest(xr.DataArray([-1.0, -0.7]), -1.0) == -0.7


def test_errors_of_chance_are_in_standard_errors_of_all_pairs() -> None:
    d = np.array([6, 12, 24, 48])
    exact = xr.DataArray([arrangements.mean_cosine(int(k)) for k in d], dims="dimension")
    ds = dataset()
    pairs = 2 * 6 * 11  # two draws of 66 pairs
    off = exact + 3 * np.sqrt((1 / 6 - exact[0] ** 2) / pairs) * (ds.dimension == 6)
    ds = ds.assign(random_mean=off + 0 * ds.seed)
    assert measured.errors_of_chance(ds) == pytest.approx(3)


def test_welch_is_not_asked_of_the_mixed_tegum() -> None:
    ds = dataset()
    spoiled = ds.assign(tegum_rms=ds.tegum_rms * xr.where(ds.kind == MIXED, 2, 1))
    assert float(abs(measured.from_welch(spoiled)).max()) == 0
    spoiled = ds.assign(tegum_rms=ds.tegum_rms * xr.where(ds.kind == "digons", 2, 1))
    assert float(abs(measured.from_welch(spoiled)).max()) == pytest.approx(1)


def test_digons_gain_what_random_directions_lose_more() -> None:
    assert float(measured.digons_gain(dataset()).min()) == 0.5


def test_dimensions_that_polytopes_do_not_fill_are_refused() -> None:
    with pytest.raises(BadInputError, match="dimensions: got .* multiples of 6"):
        measured.Config(dimensions=(6, 10))
    with pytest.raises(BadInputError, match="at least two"):
        measured.Config(dimensions=(6,))


def test_every_expected_claim_holds_in_few_dimensions_and_its_control_fails() -> None:
    c = study.STUDY.config("quick", seeds=6)
    found = {part.measure.__name__: part for part in measured.DIRECTIONS.parts}
    assert set(found) == {"tegums", "randoms"}
    tasks = measured.DIRECTIONS.tasks(c)
    ds = joined([(task, task.measure()) for task in tasks])
    ds = ds.assign_attrs(config=c.model_dump_json())
    for claim in study.CLAIMS:
        verdict = claim.judge(ds)
        if claim.kind == "expected" and claim.id != "random-largest":  # few draws
            assert verdict.holds, claim.id
            assert verdict.control.fails, claim.id
