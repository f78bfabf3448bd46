"""Configs: inert, checked, and a source of seeds that never meet."""

import itertools

import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.studies import core


class Config(core.TrainingConfig):
    """Some."""

    seeds: core.Count = 7
    densities: tuple[core.Density, ...] = (0.5,)
    """p"""


def seen(measurement: str, **fields) -> Config:
    return Config(**fields).narrowed(Config, measurement, set())


def test_seeds_of_runs_measurements_and_stages_never_meet():
    found = [
        seen(measurement, seed=seed).seeds_of(stage, 1000)
        for seed, measurement, stage in itertools.product(
            (0, 1, 9999, 10_000, 65_535, 65_536, 2**32 - 1),
            ("one", "other"),
            ("W", "heads", "batches"),
        )
    ]
    assert len(np.unique(found)) == np.size(found)


def test_a_models_seed_does_not_depend_on_how_many_there_are():
    few, many = (seen("one").seeds_of("W", count) for count in (3, 50))
    np.testing.assert_array_equal(few, many[:3])


def test_generators_of_stages_differ_and_repeat():
    one, same, other = (seen("one").rng(stage).random() for stage in ("a", "a", "b"))
    assert one == same != other


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, "x", True])
def test_a_seed_is_a_whole_number_of_32_bits(seed):
    with pytest.raises(BadInputError, match="^seed: got "):
        Config(seed=seed)


def test_a_field_that_a_subclass_gives_another_default_keeps_its_description():
    assert (
        Config.model_fields["seeds"].description
        == core.TrainingConfig.model_fields["seeds"].description
    )


def test_importance_falls_by_its_factor():
    c = core.BottleneckConfig(n_features=3, importance_decay=0.5)
    np.testing.assert_allclose(c.importance, [1, 0.5, 0.25])


def test_lists_have_something_in_them_and_nothing_twice():
    for densities in ((), (0.5, 0.5)):
        with pytest.raises(BadInputError, match="densities: got .* at least one value, and none"):
            Config(densities=densities)
