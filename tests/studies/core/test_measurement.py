"""Measurements: a point is a task, a key holds what its result depends on, a table checks what comes."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies import core
from tegum.studies.core import joined, swept


class Common(core.StudyConfig):
    """What one part reads."""

    densities: tuple[core.Density, ...] = (0.5, 0.1)
    """p"""
    size: core.Count = 3
    """how many"""


class Config(Common):
    """What another part reads besides."""

    modes: tuple[core.Mode, ...] = ("joint", "two-stage")
    """modes"""
    more: core.Count = 1
    """read by `second` alone"""

    @property
    def sizes(self) -> tuple[int, ...]:
        return (1, self.size)


def first(c: Common, density: float) -> core.Variables:
    return {"x": np.full((2, c.size), density), "finite": [True, density > 0.2]}


def second(c: Config, mode: str, of_size: int) -> core.Variables:
    return {"y": float(c.more * of_size), "label": ["a", "b"], "z": np.zeros(2)}


FIRST = core.table(x=("seed feature", "what it is", "steps"), finite=("seed", "whether it trained"))
SECOND = core.table(y=("", "a number"), z=("label", "labelled"))
MEASURED = core.Measurement(
    "thing",
    version=1,
    parts=(
        core.Part(first, FIRST, density="densities"),
        core.Part(second, SECOND, mode="modes", of_size="sizes"),
    ),
)


def keys(**fields) -> list[str]:
    return [task.key for task in MEASURED.tasks(Config(**fields))]


def test_every_point_of_every_part_is_a_task():
    points = [(task.part.name, dict(task.point)) for task in MEASURED.tasks(Config())]
    assert points == [
        ("first", {"density": 0.5}),
        ("first", {"density": 0.1}),
        ("second", {"mode": "joint", "of_size": 1}),
        ("second", {"mode": "joint", "of_size": 3}),
        ("second", {"mode": "two-stage", "of_size": 1}),
        ("second", {"mode": "two-stage", "of_size": 3}),
    ]
    assert len(set(keys())) == 6


def test_a_key_holds_what_its_result_depends_on_and_nothing_more():
    here = keys()
    assert keys(densities=(0.5, 0.3, 0.1))[::2][:2] == here[:2]  # another density in the list
    assert keys(modes=("joint",))[2:] == here[2:4]
    assert keys(more=2)[:2] == here[:2]  # a field that the first part cannot read
    assert not set(keys(more=2)[2:]) & set(here[2:])
    assert not set(keys(seed=1)) & set(here)
    assert not set(keys(size=4)[:2]) & set(here[:2])
    newer = [task.key for task in replace(MEASURED, version=2).tasks(Config())]
    assert not set(newer) & set(here)


def greedy(c: Config, density: float) -> core.Variables:
    return {"x": max(c.densities) + c.seed}


def test_a_part_that_reads_its_siblings_points_is_refused():
    part = core.Part(greedy, core.table(x=("", "x")), density="densities")
    [task, _] = core.Measurement("greedy", 1, (part,)).tasks(Config())
    with pytest.raises(AttributeError, match="Config.densities is an axis: a part reads its own"):
        task.measure()


def unsaid(c, density):
    return {}


def test_a_part_says_which_config_it_reads():
    with pytest.raises(TypeError, match="annotate its first argument with its config class"):
        core.Part(unsaid, {}, density="densities").reads  # noqa: B018


def measured() -> xr.Dataset:
    return joined([(task, task.measure()) for task in MEASURED.tasks(Config())])


def test_parts_are_joined_along_their_axes_and_side_by_side():
    ds = measured()
    assert ds.x.dims == ("density", "seed", "feature")
    assert list(ds.density.values) == [0.5, 0.1]
    assert ds.y.dims == ("mode", "of_size")
    np.testing.assert_array_equal(ds.y.sel(mode="joint"), [1, 3])
    assert list(ds.label.values) == ["a", "b"]
    assert ds.x.attrs == {"long_name": "what it is", "units": "steps"}


def test_what_was_measured_of_a_model_that_diverged_is_missing():
    ds = measured()
    np.testing.assert_array_equal(ds.x.sel(density=0.5), np.full((2, 3), 0.5))
    np.testing.assert_array_equal(ds.x.sel(density=0.1)[:, 0], [0.1, np.nan])
    np.testing.assert_array_equal(ds.finite, [[1, 1], [1, 0]])


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ({"finite": [True, True]}, "part first: does not return 'x'"),
        ({"x": np.zeros((2, 3)), "finite": [1, 1], "u": 1}, "has no row in its table for 'u'"),
        (
            {"x": np.zeros(3), "finite": [1, 1]},
            r"'x' is of shape \(3,\), its table says \(seed, feature\)",
        ),
        ({"x": np.zeros((2, 3)), "finite": [1]}, "part first: axes disagree"),
        (None, "part first: returns NoneType, not its variables"),
        ({"x": np.zeros((2, 3), complex), "finite": [1, 1]}, "'x' is complex128, not real"),
        ({"x": np.full((2, 3), None), "finite": [1, 1]}, "'x' is object, not real numbers"),
    ],
)
def test_a_missing_or_mislabelled_variable_is_named_when_the_task_is_made(found, says: str):
    with pytest.raises(ValueError, match=says):
        MEASURED.parts[0].labelled(found, {"density": 0.5})


def test_a_grid_inside_a_part_is_stacked_and_labelled():
    found = swept(lambda rank, mode: {"x": np.full(2, rank)}, rank=[1, 2, 3], mode=["a", "b"])
    assert found["x"].shape == (3, 2, 2)
    np.testing.assert_array_equal(found["x"][:, 1, 0], [1, 2, 3])
    assert (found["rank"], found["mode"]) == ([1, 2, 3], ["a", "b"])
    with pytest.raises(BadInputError, match="axes: got"):
        swept(lambda rank: {}, rank=[])


def test_a_guests_code_is_part_of_its_key_and_tegums_is_watched_by_its_version():
    [task, *_] = MEASURED.tasks(Config())
    assert "code" in task.identity  # this file is not tegum's


def test_joined_values_are_the_same_whatever_was_measured_first():
    tasks = [(task, task.measure()) for task in MEASURED.tasks(Config(densities=(0.1, 0.5)))]
    xr.testing.assert_equal(joined(tasks).sortby("density"), measured().sortby("density"))


def third(c: Config) -> core.Variables:
    return {"u": np.zeros(3), "finite": [True, True, False]}


def test_several_parts_each_say_which_of_their_models_diverged():
    other = core.Part(third, core.table(u=("head", "zeros"), finite=("head", "whether")))
    both = replace(MEASURED, parts=(MEASURED.parts[0], other))
    ds = joined([(task, task.measure()) for task in both.tasks(Config())])
    assert ds.finite_first.dims == ("density", "seed")
    np.testing.assert_array_equal(ds.finite_third, [1, 1, 0])
    np.testing.assert_array_equal(ds.u, [0, 0, np.nan])


def test_an_axis_names_a_field_that_lists_values():
    for field in ("densitys", "size"):
        wrong = core.Measurement("wrong", 1, (core.Part(first, FIRST, density=field),))
        with pytest.raises(BadInputError, match=f"part first, axis density: got '{field}'"):
            wrong.tasks(Config())


@pytest.mark.parametrize("name", ["../evil", "a b", "", "-a", "A"])
def test_a_measurements_name_is_one_of_a_folder(name: str):
    with pytest.raises(BadInputError, match="measurement: got"):
        core.Measurement(name, 1, ())


def test_a_part_is_a_function_that_a_worker_can_import():
    for unnamed in (lambda c: {}, partial(first, density=0.5)):
        with pytest.raises(BadInputError, match="part: got .* top level of a module"):
            core.Part(unnamed, {})


def test_labels_come_in_the_tables_order():
    """Else bytes on disk would depend on how Python orders sets."""
    table = core.table(x=("b a", ""), y=("c a", ""))
    found = {
        "x": np.zeros((2, 3)),
        "y": np.zeros((1, 3)),
        "c": [0],
        "a": [1, 2, 3],
        "b": ["p", "q"],
    }
    assert list(core.Part(first, table).labelled(found, {}).coords) == ["b", "a", "c"]
