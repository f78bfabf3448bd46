"""Every study of the catalogue, at quick: it runs, keeps its promises, and its expected claims hold."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tegum.runner import as_toml, read_toml, run
from tegum.studies import CATALOGUE
from tegum.studies.sources import SOURCES
from tegum.studies.study import Study

EVERY_STUDY = pytest.mark.parametrize("study", CATALOGUE, ids=lambda study: study.name)


@EVERY_STUDY
def test_at_quick_it_runs_and_its_expected_claims_hold(study: Study, tmp_path: Path):
    done = run(study, "quick", store=tmp_path)
    assert done.folder.damage() == []
    assert [(v.id, v.measured, v.bounds) for v in done.claims if v.kind == "expected" and not v.holds] == []
    assert all(v.statement and v.source and v.measured is not None for v in done.claims)
    for name, exhibit in done.figures.items():
        files = [done.folder.path / "figures" / f"{name}.{kind}" for kind in ("svg", "png", "csv")]
        assert all(file.stat().st_size > 100 for file in files)
        assert len(pd.read_csv(files[2])) == len(exhibit.data) > 0
        assert len(exhibit.caption) > 40
    assert all(str(name).isidentifier() for name in done.dataset.data_vars)
    if "finite" in done.dataset:
        assert bool(done.dataset.finite.all())


@EVERY_STUDY
def test_what_it_says_of_itself_is_whole(study: Study):
    assert study.question.endswith("?")
    assert "\n" not in study.question
    assert set(study.sources) <= SOURCES.keys()
    assert list(study.presets) == ["quick", "default", "paper"] == list(study.minutes)
    ids = [claim.id for claim in study.claims]
    assert len(set(ids)) == len(ids) > 0
    assert any(claim.kind == "expected" for claim in study.claims)
    assert all(claim.statement.endswith((".", ".)")) and claim.source for claim in study.claims)


@EVERY_STUDY
def test_its_configs_round_trip_and_every_field_is_described(study: Study, tmp_path: Path):
    for config in study.presets.values():
        file = tmp_path / "config.toml"
        file.write_text(as_toml(config))
        assert study.config_type(**read_toml(file)) == config
    fields = study.config_type.model_fields
    assert [name for name, field in fields.items() if not field.description] == []


@EVERY_STUDY
def test_its_plan_is_inert_and_its_tasks_differ(study: Study):
    for config in study.presets.values():
        tasks = study.plan(config)
        assert list(tasks) == list(study.plan(config))
        assert len({(type(task).__name__, task.model_dump_json()) for task in tasks}) == len(tasks) > 0


def test_names_are_unique_and_none_is_a_group():
    names = [study.name for study in CATALOGUE]
    assert len(set(names)) == len(names)
    assert not set(names) & {study.group for study in CATALOGUE}


def test_a_study_is_the_same_whichever_seed_it_begins_with_up_to_its_seeds():
    study = CATALOGUE[0]
    one, other = study.config("quick"), study.config("quick", seed=1)
    assert one.model_dump() | {"seed": 1} == other.model_dump()
    assert np.all([a != b for a, b in zip(study.plan(one), study.plan(other), strict=True)])
