"""Values of information against closed forms; see also tests/reference/test_information_normal.py."""

import numpy as np
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import uniforms
from lpo_analysis.methods.information import evpi, evppi
from lpo_analysis.methods.inputs import Input, Inputs

INPUTS = Inputs(tuple(Input(name, name, "", -1.0, 1.0, "normal", 4, "by hand") for name in "abc"))
DRAWS = INPUTS.draw(uniforms(INPUTS.names, draws=2048, seed=1))


def benefits(*options):
    return np.column_stack(np.broadcast_arrays(np.zeros(2048), *options))


def test_perfect_information_by_hand():
    value = evpi(np.array([[0.0, 4.0], [0.0, -2.0], [0.0, 1.0], [0.0, -1.0]]))
    # Always the second: 0.5 on average. Knowing: 4, 0, 1, 0, so 1.25; gains 0, 2, 0, 1.
    assert value.value == pytest.approx(0.75)
    assert value.std_error == pytest.approx(np.std([0, 2, 0, 1], ddof=1) / 2)


def test_what_never_changes_the_choice_is_worth_nothing():
    table = benefits(10 + DRAWS["a"])
    assert evpi(table).value == 0
    frame = evppi(table, DRAWS, groups={"a": ["a"], "b": ["b"]})
    assert frame["value"].tolist() == pytest.approx([0, 0], abs=1e-12)


def test_the_only_input_that_matters_is_worth_all_the_rest_nothing():
    table = benefits(DRAWS["a"] + 0.1)
    frame = evppi(table, DRAWS, groups={"a": ["a"], "b": ["b"], "all": list("abc")}).set_index("group")
    assert frame.loc["a", "value"] == pytest.approx(evpi(table).value, rel=1e-3)
    assert frame.loc["all", "value"] == pytest.approx(evpi(table).value, rel=1e-3)
    assert frame.loc["a", "explained"] == pytest.approx(1, abs=1e-4)
    assert frame.loc["b", "low"] == 0
    assert frame.loc["b", "value"] < 0.02 * frame.loc["a", "value"]


def test_values_do_not_add_up():
    """Of a difference of two inputs, knowing both is worth less than the sum; of a product of two, either alone is worth nothing."""
    together = evppi(benefits(DRAWS["a"] * DRAWS["b"] - 0.05), DRAWS, groups={"a": ["a"], "b": ["b"], "ab": ["a", "b"]})
    value = together.set_index("group")["value"]
    assert value["a"] + value["b"] < 0.1 * value["ab"]
    assert value["ab"] == pytest.approx(evpi(benefits(DRAWS["a"] * DRAWS["b"] - 0.05)).value, rel=0.01)
    sums = evppi(benefits(DRAWS["a"] - DRAWS["b"]), DRAWS, groups={"a": ["a"], "b": ["b"], "ab": ["a", "b"]})
    value = sums.set_index("group")["value"]
    assert value["a"] + value["b"] > 1.3 * value["ab"]


def test_a_shift_common_to_all_options_changes_nothing():
    table = benefits(DRAWS["a"] + DRAWS["b"], DRAWS["c"] - 0.2)
    frame, shifted = (evppi(t, DRAWS) for t in (table, table + 1e3 * DRAWS["b"][:, None]))
    assert shifted["value"].to_numpy() == pytest.approx(frame["value"].to_numpy(), rel=1e-6, abs=1e-9)
    assert evpi(table + 5.0).value == pytest.approx(evpi(table).value)


def test_the_order_of_the_options_changes_nothing_but_the_simulated_error():
    table = benefits(DRAWS["a"] + DRAWS["b"], DRAWS["c"] - 0.2)
    frame, turned = evppi(table, DRAWS), evppi(table[:, ::-1], DRAWS)
    assert turned["value"].to_numpy() == pytest.approx(frame["value"].to_numpy(), abs=0.002)


def test_a_constant_input_is_worth_nothing():
    frame = evppi(benefits(DRAWS["a"]), {"a": DRAWS["a"], "k": np.ones(2048)}, groups={"k": ["k"], "ak": ["a", "k"]})
    assert frame["value"].tolist() == pytest.approx([0.0, evpi(benefits(DRAWS["a"])).value], rel=1e-3)


def test_the_bias_of_an_irrelevant_input_is_upward_and_taken_off():
    rng = np.random.default_rng(1)
    noise = {"noise": rng.normal(size=2048)}
    frame = evppi(np.column_stack([np.zeros(2048), rng.normal(size=2048)]), noise)
    assert frame.loc[0, "bias"] > 0
    assert frame.loc[0, "low"] == 0


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (np.zeros((4, 1)), "two or more of each, got shape"),
        (np.zeros(4), "Doing nothing is an option"),
        (np.array([[0.0, np.inf], [0.0, 1.0]]), "1 of 4 values are not finite"),
    ],
)
def test_benefits_that_are_none_are_refused(table, said):
    with pytest.raises(ParameterError, match=f"net_benefit: .*{said}"):
        evpi(table)


def test_unknown_inputs_and_too_few_draws_are_refused():
    with pytest.raises(ParameterError, match="group 'g': no input is called 'z'; there are a, b, c"):
        evppi(benefits(DRAWS["a"]), DRAWS, groups={"g": ["z"]})
    with pytest.raises(ParameterError, match="draws: 20 are too few for a regression with 10 terms"):
        evppi(benefits(DRAWS["a"])[:20], {"a": DRAWS["a"][:20]})
