"""A model that diverges is marked and left out; the others go on, through every study of attention heads."""

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.models import Bottleneck
from tegum.runner import run
from tegum.studies.attention import draft, one_pair, rank, recovery, simplex, subspaces, timing
from tegum.studies.diverged import as_missing, with_stand_ins
from tegum.studies.study import Study

SMALL = {
    "head-one-pair": {"steps": 30, "densities": (0.5, 0.1)},
    "head-recovery": {"steps": 30, "head_steps": 30, "densities": (1.0, 0.1), "law_draws": 3},
    "head-timing": {"steps": 30, "head_steps": 50, "looks": 5},
    "head-rank": {"steps": 30, "head_steps": 30},
    "head-subspaces": {"steps": 30, "head_steps": 30},
    "head-draft": {"steps": 30, "densities": (1.0, 0.1)},
}
STUDIES = {study.STUDY.name: study.STUDY for study in (one_pair, recovery, timing, rank, subspaces, draft)}


@pytest.mark.parametrize("name", SMALL)
def test_a_study_goes_on_without_the_models_that_diverged(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Bottleneck, "init", classmethod(_broken_for_some(Bottleneck.init.__func__)))
    study: Study = STUDIES[name]
    done = run(study, "quick", store=tmp_path, seeds=6, **SMALL[name])
    if "finite" in done.dataset:
        marks = done.dataset.finite.astype(bool)
        assert 0 < int(marks.sum()) < marks.size
    assert {verdict.id for verdict in done.claims} == {claim.id for claim in study.claims}
    assert all((done.folder.path / "figures" / f"{name}.png").exists() for name in done.figures)


def _broken_for_some(init):
    """Models whose first weight is negative begin as NaN, about half of all."""

    def broken(cls, *args, **options):
        model = init(cls, *args, **options)
        return replace(model, w=jnp.where(model.w[0, 0] < 0, jnp.nan, model.w))

    return broken


def test_a_sound_model_stands_in_for_one_that_diverged_and_what_it_gave_is_missing():
    finite = np.array([False, True])
    model = Bottleneck(np.array([[[np.nan]], [[1.0]]]), np.array([[np.inf], [2.0]]))
    assert with_stand_ins(model, finite).w.tolist() == [[[1.0]], [[1.0]]]
    assert with_stand_ins(model, finite).b.tolist() == [[2.0], [2.0]]
    measured = xr.Dataset({"count": ("seed", [3, 3]), "law": ("n", [1, 2])})
    marked = as_missing(measured, finite)
    np.testing.assert_array_equal(marked["count"], [np.nan, 3.0])
    assert marked.law.dtype == int
    assert as_missing(measured, np.ones(2, bool))["count"].dtype == int


def test_if_all_diverge_there_is_nothing_to_study():
    with pytest.raises(BadInputError, match="learning_rate: all 2 models diverged"):
        with_stand_ins(np.zeros((2, 1)), np.zeros(2, bool))


def test_joint_training_inside_a_digon_marks_each_model_at_each_weight(monkeypatch: pytest.MonkeyPatch):
    digons = simplex.study._two_digons
    monkeypatch.setattr(simplex.study, "_two_digons", lambda *keys: _first_weight_nan(*digons(*keys)))
    config = simplex.STUDY.config("quick", seeds=6, joint_steps=20)
    found = simplex.study.measure(simplex.study.Joint(config=config, target="count"))
    assert 0 < int(found.finite.sum()) < found.finite.size
    assert np.array_equal(np.isnan(found.between), ~found.finite.astype(bool))


def _first_weight_nan(bottleneck: Bottleneck, head):
    return replace(bottleneck, w=np.where(bottleneck.w[0, 0] < 1, np.nan, bottleneck.w)), head
