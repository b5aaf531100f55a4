"""Where an answer turns, against models that can be solved by hand."""

import numpy as np
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import uniforms
from lpo_analysis.methods.inputs import Input, Inputs
from lpo_analysis.methods.thresholds import frontier, threshold


def normal(name, low, high, kind="normal"):
    return Input(name, name, "x", low, high, kind, 4, "by hand")


INPUTS = Inputs((normal("price", 1.0, 9.0), normal("worth", 2.0, 5.0), normal("fixed", 3.0, 3.0, "point")))
DRAWS = INPUTS.draw(uniforms(INPUTS.names, draws=1024, seed=1))


def gain(v):
    return v["worth"] + v["fixed"] - v["price"]


def test_the_median_is_zero_where_the_price_is_the_median_of_the_rest():
    found = threshold(gain, INPUTS, "price", draws=DRAWS)
    (value,) = found.values
    assert value == pytest.approx(np.median(DRAWS["worth"]) + 3.0, abs=1e-6)
    assert found.probabilities == pytest.approx((float(INPUTS["price"].cdf(value)),), abs=1e-6)
    assert found.holds_below
    assert not threshold(gain, INPUTS, "worth", draws=DRAWS).holds_below


def test_another_target_and_statistic_are_another_value():
    found = threshold(gain, INPUTS, "price", draws=DRAWS, target=1.0, statistic=lambda y: float(np.quantile(y, 0.1)))
    assert found.values[0] == pytest.approx(np.quantile(DRAWS["worth"], 0.1) + 2.0, abs=1e-6)


def test_the_error_of_a_value_is_that_of_the_mean_over_its_slope():
    def error(values):
        return float(np.std(values, ddof=1) / np.sqrt(len(values)))

    found = threshold(
        lambda v: v["worth"] + v["fixed"] - 2 * v["price"],
        INPUTS,
        "price",
        draws=DRAWS,
        statistic=lambda y: float(y.mean()),
        error=error,
    )
    # The root is (mean worth + 3) / 2: half of what the draws leave open of that mean.
    assert found.values[0] == pytest.approx((DRAWS["worth"].mean() + 3) / 2, abs=1e-6)
    assert found.errors == pytest.approx((error(DRAWS["worth"]) / 2,), rel=1e-6)
    assert threshold(gain, INPUTS, "price", draws=DRAWS).errors == ()


def test_an_input_that_turns_nothing_has_no_value():
    assert threshold(gain, INPUTS, "fixed", draws=DRAWS).values == ()
    assert threshold(lambda v: 100 - v["price"], INPUTS, "price", draws=DRAWS).values == ()
    assert threshold(lambda v: 0 * v["price"], INPUTS, "price", draws=DRAWS).values == ()


def test_all_values_are_found_where_the_answer_turns_twice():
    found = threshold(lambda v: (v["price"] - 4) * (v["price"] - 7), INPUTS, "price", draws=DRAWS)
    assert found.values == pytest.approx((4.0, 7.0), abs=1e-6)


def test_a_value_beyond_all_that_the_input_can_be_is_not_told():
    top = float(INPUTS["price"].ppf(0.999))
    assert threshold(lambda v: v["price"] - top - 0.1, INPUTS, "price", draws=DRAWS).values == ()


def test_the_frontier_is_the_line_on_which_the_answer_turns():
    line = frontier(gain, INPUTS, ("worth", "price"), draws=DRAWS)
    assert line["y"].to_numpy() == pytest.approx(line["x"].to_numpy() + 3.0, abs=1e-6)
    assert len(line) == 25


def test_a_frontier_of_inputs_that_turn_nothing_is_empty():
    line = frontier(gain, INPUTS, ("price", "fixed"), draws=DRAWS)
    assert line.empty
    assert line.columns.tolist() == ["x", "y"]


def test_unknown_inputs_and_a_pair_of_one_are_refused():
    with pytest.raises(ParameterError, match=r"no input is called 'prize'. Did you mean 'price'"):
        threshold(gain, INPUTS, "prize", draws=DRAWS)
    with pytest.raises(ParameterError, match="no input is called 'x'"):
        frontier(gain, INPUTS, ("x", "price"), draws=DRAWS)
    with pytest.raises(ParameterError, match="a frontier needs two inputs"):
        frontier(gain, INPUTS, ("price", "price"), draws=DRAWS)
