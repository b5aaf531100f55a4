"""One matrix of uniforms that everything is computed from."""

import numpy as np
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import uniforms


def test_draws_lie_strictly_between_zero_and_one():
    values = uniforms("abcdef", draws=4096, seed=0).values
    assert values.shape == (4096, 6)
    assert values.min() > 0
    assert values.max() < 1


def test_the_same_seed_gives_the_same_draws_and_another_seed_others():
    first, again, other = (uniforms(["a", "b"], draws=64, seed=seed).values for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_zero_is_a_seed_like_any_other():
    assert np.array_equal(uniforms(["a"], draws=64, seed=0).values, uniforms(["a"], draws=64, seed=0).values)


def test_every_input_is_evenly_spread():
    values = np.sort(uniforms(["a", "b", "c"], draws=1024, seed=3).values, axis=0)
    cells = np.floor(values * 1024).astype(int)
    assert np.array_equal(cells, np.tile(np.arange(1024)[:, None], 3))


def test_an_input_is_found_by_its_name():
    drawn = uniforms(["a", "b"], draws=8, seed=1)
    assert np.array_equal(drawn["b"], drawn.values[:, 1])
    assert len(drawn) == 8
    assert repr(drawn) == "Uniforms(8 draws of 2 inputs, seed 1)"


def test_a_column_is_one_array_that_nobody_may_write_into():
    drawn = uniforms(["a", "b"], draws=8, seed=1)
    assert drawn["a"] is drawn["a"]
    with pytest.raises(ValueError, match="read-only"):
        drawn["a"][0] = 0.5


def test_an_unknown_input_is_refused_by_name():
    with pytest.raises(ParameterError, match=r"no column is called 'c'. Allowed: a, b."):
        uniforms(["a", "b"], draws=8)["c"]


@pytest.mark.parametrize(("draws", "nearest"), [(1000, "512 or 1024"), (0, "2 or 4"), (3, "2 or 4"), (-8, " or ")])
def test_a_number_of_draws_that_is_no_power_of_two_is_refused_with_the_nearest(draws, nearest):
    with pytest.raises(ParameterError, match=f"must be a power of two, got {draws}.*{nearest}"):
        uniforms(["a"], draws=draws)


def test_a_name_twice_is_refused():
    with pytest.raises(ParameterError, match="a name stands twice among a, b, a"):
        uniforms(["a", "b", "a"], draws=8)
