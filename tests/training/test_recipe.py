"""Recipes are hashable values; schedules and snapshots say what their names say."""

import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.training.recipe import AdamW, Expected, Recipe, Sampled, Schedule, log_spaced


def factors(schedule: Schedule, steps: int) -> np.ndarray:
    return np.array([float(schedule.factor(steps)(k)) for k in range(steps + 1)])


def test_equal_recipes_are_equal_and_hash_equal():
    assert Recipe(optimizer=AdamW(0.1)) == Recipe(optimizer=AdamW(0.1))
    assert hash(Recipe(schedule=Schedule("cosine"))) == hash(Recipe(schedule=Schedule("cosine")))


def test_schedules_have_their_shapes():
    assert np.all(factors(Schedule(), 10) == 1)
    np.testing.assert_allclose(factors(Schedule("linear"), 10), np.linspace(1, 0, 11), atol=1e-6)
    np.testing.assert_allclose(
        factors(Schedule("linear", end=0.5), 10), np.linspace(1, 0.5, 11), atol=1e-6
    )
    np.testing.assert_allclose(
        factors(Schedule("cosine"), 10), (1 + np.cos(np.pi * np.arange(11) / 10)) / 2, atol=1e-6
    )


def test_a_warm_up_rises_to_one_and_then_the_shape_begins():
    shape = factors(Schedule("linear", warm_up=4), 14)
    np.testing.assert_allclose(shape[:5], [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(shape[4:], np.linspace(1, 0, 11), atol=1e-6)


def test_looks_are_the_snapshots_in_order_and_the_end():
    assert Recipe(steps=10, snapshots=(5, 0, 5)).looks == (0, 5, 10)
    assert log_spaced(1000, 4) == (0, 1, 10, 100, 1000)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Recipe(steps=0), "steps: got 0, expected a whole number of at least 1"),
        (lambda: Recipe(objective=Sampled(-1)), "batch: got -1"),
        (lambda: Recipe(objective=Expected(0.0)), "tolerance: got 0.0, expected a norm above 0"),
        (
            lambda: Recipe(objective=Expected(), snapshots=(1,)),
            "snapshots: got (1,), expected none with Expected()",
        ),
        (
            lambda: Recipe(steps=5, snapshots=(6,)),
            "snapshots: got (6,), expected steps from 0 to steps = 5",
        ),
        (lambda: Schedule("cosin"), "unknown schedule 'cosin'; did you mean cosine?"),
        (lambda: Schedule(warm_up=-1), "warm_up: got -1"),
    ],
)
def test_a_bad_recipe_is_refused_in_one_line(make, says: str):
    with pytest.raises(BadInputError) as error:
        make()
    assert str(error.value).startswith(says)
