"""What drives an answer."""

import numpy as np
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.inputs import Input, Inputs
from lpo_analysis.methods.sensitivity import sobol_indices, tornado


def normal(name, low, high):
    return Input(name, name.upper(), "x", low, high, "normal", 4, "by hand")


INPUTS = Inputs((normal("a", -1.0, 1.0), normal("b", -3.0, 3.0), normal("c", 0.0, 0.0)))


def linear(values):
    return 10 + values["a"] - values["b"] + values["c"]


def test_a_tornado_moves_one_input_at_a_time_and_shows_the_widest_first():
    frame = tornado(linear, INPUTS).set_index("input")
    assert frame.index.tolist() == ["b", "a", "c"]
    assert frame["base"].tolist() == pytest.approx([10.0] * 3)
    assert frame.loc["a", ["at_low", "at_high", "width"]].tolist() == pytest.approx([9.0, 11.0, 2.0])
    assert frame.loc["b", ["at_low", "at_high", "width"]].tolist() == pytest.approx([13.0, 7.0, 6.0])
    assert frame.loc["c", "width"] == 0


def test_a_tornado_of_another_level_uses_other_quantiles():
    narrow = tornado(linear, INPUTS, level=0.5).set_index("input")
    assert narrow.loc["a", "width"] < tornado(linear, INPUTS).set_index("input").loc["a", "width"]


def test_shares_of_a_sum_are_its_variances():
    frame = sobol_indices(linear, INPUTS, groups={"a": ["a"], "b": ["b"], "c": ["c"], "all": ["a", "b", "c"]}, seed=2)
    frame = frame.set_index("group")
    assert frame["first"].tolist() == pytest.approx([0.1, 0.9, 0.0, 1.0], abs=0.01)
    assert frame["total"].tolist() == pytest.approx([0.1, 0.9, 0.0, 1.0], abs=0.01)


def test_a_product_acts_together_so_totals_exceed_first_shares():
    frame = sobol_indices(lambda v: v["a"] * v["b"], INPUTS, groups={"a": ["a"], "b": ["b"]}, seed=2)
    assert frame["first"].abs().max() < 0.05
    assert frame["total"].min() > 0.9


def test_an_empty_group_explains_nothing():
    frame = sobol_indices(linear, INPUTS, groups={"none": []}, draws=256)
    assert frame.loc[0, ["first", "total"]].tolist() == [0, 0]


def test_an_output_that_does_not_vary_has_no_shares():
    frame = sobol_indices(lambda v: np.ones_like(v["a"]), INPUTS, groups={"a": ["a"]}, draws=256)
    assert frame[["first", "total"]].isna().all(axis=None)


def test_an_unknown_input_in_a_group_is_refused():
    with pytest.raises(ParameterError, match="group 'g': no input is called 'z'; there are a, b, c"):
        sobol_indices(linear, INPUTS, groups={"g": ["a", "z"]})


def test_the_same_seed_gives_the_same_shares():
    first, again = (sobol_indices(linear, INPUTS, groups={"a": ["a"]}, draws=256, seed=0) for _ in range(2))
    assert first.equals(again)
