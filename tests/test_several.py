"""Several studies at a time: together where they share, and what they find does not depend on it."""

from dataclasses import replace
from pathlib import Path

import pytest

from tegum.errors import BadInputError
from tegum.runner import Progress, find_study, run, run_all, several
from tegum.store import digest
from tests import coin


def test_studies_that_read_one_measurement_are_one_job_if_through_others():
    one, two, three = (replace(coin.TOSSES, name=name) for name in ("one", "two", "three"))

    def study(name: str, *read):
        return replace(coin.STUDY, name=name, measurements=read)

    a, b, c, d = study("a", one), study("b", two), study("c", three), study("d", one, two)
    jobs = several.sharing([a, b, c, d])
    assert [[each.name for each in job] for job in jobs] == [["c"], ["a", "b", "d"]]


def test_in_processes_of_their_own_they_leave_the_same_bytes_and_tell_how_far_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    names = ["loss-decomposition", "k-gons"]
    studies = [find_study(name) for name in names]
    monkeypatch.setattr(several, "cores", lambda: 2)
    told: list[Progress] = []
    found = run_all(studies, "quick", store=tmp_path / "processes", watch=told.append, steps=40)
    assert [each.study.name for each in found] == names  # as asked for, not as finished
    assert {each.study for each in told} == set(names)
    assert any(each.stage == "training" for each in told)
    alone = run(studies[0], "quick", store=tmp_path / "here", steps=40)
    for name in ("result.nc", "claims.json"):
        assert digest(found[0].folder.path / name) == digest(alone.folder.path / name)

    def never(*_: object) -> None:
        raise AssertionError("what is finished is read here, without processes")

    monkeypatch.setattr(several, "_side_by_side", never)
    again = run_all(studies, "quick", store=tmp_path / "processes", steps=40)
    assert [each.folder.path for each in again] == [each.folder.path for each in found]


def test_what_a_study_refuses_there_is_said_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(several, "cores", lambda: 2)
    studies = [find_study(name) for name in ("loss-decomposition", "k-gons")]
    with pytest.raises(BadInputError, match="seeds: got 0"):
        run_all(studies, "quick", store=tmp_path, seeds=0)


def test_a_study_that_no_other_process_would_find_runs_here(tmp_path: Path):
    other = replace(coin.STUDY, name="other")
    found = run_all([coin.STUDY, other], "quick", store=tmp_path)
    assert [each.study.name for each in found] == ["coin", "other"]
