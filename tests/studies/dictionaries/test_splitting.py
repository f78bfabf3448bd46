"""Readings of sae-splitting on latents planted by hand."""

import json

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.models import SparseAutoencoder
from tegum.studies.dictionaries.autoencoders import Setting
from tegum.studies.dictionaries.splitting import pairs, study
from tegum.studies.dictionaries.splitting import readings as read

C = pairs.Pairs(pairs=1, hidden=(2,))
X = np.array([[1.0, 1, 0.5, 0], [0, 0.5, 1, 0]])


def planted(rows: list[list[float]], d: list[list[float]]) -> SparseAutoencoder:
    w_enc, w_dec = (jnp.array(each, jnp.float32) for each in (rows, d))
    return SparseAutoencoder(w_enc, jnp.zeros(len(rows)), w_dec, jnp.zeros(2))


def found(sae: SparseAutoencoder) -> dict[str, float | np.ndarray]:
    return pairs.readings(sae, Setting(C.law("hierarchical"), np.eye(2), 0.2, 0), X)


def test_a_latent_each_leans_nowhere_and_keeps_all() -> None:
    each = found(planted([[1, 0], [0, 1]], [[1, 0], [0, 1]]))
    assert (each["child_lean"], each["parent_lean"]) == ([0], [0])
    assert (each["absorbed"], each["kept"]) == (0, 1)
    assert (each["per_pair"], each["per_feature"], each["between"]) == (2, 1, 0)


def test_a_child_that_leans_by_45_degrees_is_seen_and_absorbs_where_it_is_the_stronger() -> None:
    half = np.sqrt(0.5)
    each = found(planted([[1, -1], [0, 1 / half]], [[1, half], [0, half]]))
    assert each["child_lean"] == pytest.approx([45])
    assert each["between"] == 0.5
    strong, weak = np.meshgrid(pairs.VALUES, pairs.VALUES, indexing="ij")
    assert each["absorbed"] == pytest.approx((weak >= strong).mean())


def test_a_dead_latent_is_in_nobodys_plane() -> None:
    each = found(planted([[1, 0], [0, 1], [-1, -1]], [[1, 0, 1], [0, 1, 1]]))
    assert (each["per_pair"], each["dead"]) == (2, pytest.approx(1 / 3))
    none = found(planted([[-1, -1]], [[1], [1]]))
    assert np.isnan([none["absorbed"], *none["child_lean"]]).all()


def test_angles_of_a_planes_latents_are_counted_once() -> None:
    each = found(planted([[1, 0], [0, 1]], [[1, 0], [0, 1]]))
    assert each["angles"].sum() == 2
    middles = (pairs.EDGES[1:] + pairs.EDGES[:-1]) / 2
    np.testing.assert_allclose(middles[each["angles"] > 0], [0, 90], atol=4)


def test_laws_have_the_chances_that_theory_is_asked_with() -> None:
    for law in pairs.LAWS:
        chances, exact = read.chances(law, 0.1, 0.5), C.law(law)
        assert chances[2] == pytest.approx(float(exact.density[0] * exact.given[0]))
        assert chances[1] == pytest.approx(float((1 - exact.density[0]) * exact.alone[0]))


def dataset(lean: dict[str, float]) -> xr.Dataset:
    """Leans of one pair with as many latents as features, by law; the same in two seeds."""
    values = np.tile(list(lean.values()), (2, 1))[:, :, None, None, None]
    dims = ("seed", "law", "width", "penalty", "pair")
    labels = {"law": list(lean), "width": [1.0], "penalty": [0.4]}
    ds = xr.Dataset(
        {"child_lean": (dims, values), "kept": (dims[:-1], 1 - values[..., 0] / 90)}, labels
    )
    config = {"pairs": 6, "density": 0.1, "given": 0.5}
    return ds.expand_dims(hidden=[12]).assign_attrs(config=json.dumps(config))


def test_leans_as_exact_are_near_zero_and_the_exchanged_ones_far_off() -> None:
    ds = dataset({"independent": 1.5, "hierarchical": 29.5})
    assert float(read.off_theory(ds).max()) < 1
    assert bool((read.leans_more(ds) == 1).all())
    assert bool((read.kept_less(ds) == 1).all())
    claims = {claim.id: claim for claim in study.CLAIMS}
    verdict = claims["lean-as-exact"].judge(ds)
    assert verdict.holds
    assert verdict.control is not None
    assert verdict.control.fails


def test_other_sizes_leave_theory_nothing_to_judge() -> None:
    ds = dataset({"independent": 1.5, "hierarchical": 29.5}).assign_coords(hidden=[8])
    assert read.lean(ds).isnull().all()


def test_sizes_must_hold_the_features_and_widths_the_case_of_theory() -> None:
    for fields, line in (({"hidden": (13,)}, "hidden: got"), ({"widths": (2.0,)}, "widths: got")):
        with pytest.raises(BadInputError, match=line):
            pairs.Pairs(**fields)
