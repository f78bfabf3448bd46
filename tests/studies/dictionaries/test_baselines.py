"""Methods on planted hidden vectors whose features are plain, and readings of their scores."""

import sys

import numpy as np
import pytest
import xarray as xr

from tegum.analysis import recovered
from tegum.errors import BadInputError
from tegum.studies.core import Verdict
from tegum.studies.dictionaries.baselines import methods, study
from tegum.studies.dictionaries.baselines.measured import METHODS, Baselines, baselines
from tegum.theory.dictionaries import tegum_product

pytest.importorskip("sklearn")


def vectors(w: np.ndarray, density: float, count: int = 6000) -> np.ndarray:
    rng = np.random.default_rng(0)
    shape = w.shape[1], count
    return w @ (rng.uniform(size=shape) * (rng.uniform(size=shape) < density))


def matched(dictionary: np.ndarray, w: np.ndarray) -> float:
    return recovered.recovery(recovered.latent_cosines(dictionary, w)).matched


def test_ica_finds_antipodal_pairs_and_pca_does_not() -> None:
    w = tegum_product(["digon"] * 3, 1)
    h = vectors(w, 0.2)
    assert matched(methods.independent_components(h, 0), w) > 0.98
    assert matched(methods.principal(h), w) < 0.95


def test_pca_finds_orthogonal_features_of_different_power() -> None:
    w = np.diag([3.0, 2.0, 1.0])
    assert matched(methods.principal(vectors(w, 0.2)), w) > 0.98


def test_dictionary_learning_finds_features_that_are_active_one_at_a_time() -> None:
    w = tegum_product(["single", "single", "single"], 2)
    rng = np.random.default_rng(1)
    h = w[:, rng.integers(3, size=1000)] * rng.uniform(size=1000)
    assert matched(methods.learned(h, 3, 0.1, 0, passes=10), w) > 0.95


def test_a_component_counts_with_both_signs() -> None:
    assert methods.both_signs(np.eye(2)).tolist() == [[1, 0, -1, 0], [0, 1, 0, -1]]


def test_without_scikit_learn_the_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(BadInputError, match=r"pip install 'tegum\[baselines\]'"):
        baselines(Baselines(), 0.1)


def dataset(scores: dict[str, float]) -> xr.Dataset:
    values = np.array([scores.get(name, 0.4) for name in METHODS])
    dims = ("density", "seed", "source", "finder")
    full = np.broadcast_to(values, (1, 8, 3, len(METHODS)))
    labels = {
        "density": [0.1],
        "source": ["antipodal", "random", "trained"],
        "finder": list(METHODS),
    }
    ds = xr.Dataset({"matched": (dims, full), "chance": (dims, 0 * full + 0.4)}, labels)
    return ds.assign(basis_ceiling=(dims[:3], np.full((1, 8, 3), 0.5)))


def assert_sound(verdict: Verdict) -> None:
    """It holds, and its control fails."""
    assert verdict.holds
    assert verdict.control is not None
    assert verdict.control.fails


def test_claims_hold_on_scores_of_their_kind_and_fail_on_their_controls() -> None:
    ds = dataset({"ICA": 0.99, "SAE": 0.999, "PCA": 0.41})
    claims = {claim.id: claim for claim in study.CLAIMS}
    found = claims["ica-finds-antipodal"].judge(ds)
    assert_sound(found)
    beyond = dataset({"ICA": 0.45, "SAE": 0.8})
    for name in ("sae-beyond-any-basis", "sae-over-ica"):
        found = claims[name].judge(beyond)
        assert_sound(found)
    assert claims["sae-beyond-any-basis"].judge(beyond).measured == pytest.approx(1.6)
    assert claims["pca-near-chance"].judge(ds).measured == pytest.approx(0.01)


def test_pairs_need_an_even_number_of_features_with_room() -> None:
    for n in (21, 8):
        with pytest.raises(BadInputError, match="n_features: got"):
            Baselines(n_features=n)
