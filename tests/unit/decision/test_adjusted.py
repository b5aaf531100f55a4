"""Saving less added loss: one set of draws for all models, and the sums they make."""

import numpy as np
import pytest

from lpo_analysis import savings
from lpo_analysis.decision.adjusted import LOSS, LossModel, adjusted
from lpo_analysis.decision.joint import joint
from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.inputs import Input, Inputs

BASE = {"draws": 512, "seed": 3}


def way(**changes):
    return savings.analyse(savings.Parameters.from_mapping({**BASE, **changes}))


WAYS = {"IND": way(), "PHL": way(location="PHL"), "in_house": way(delivery_model="ai_assisted", location="USA")}
# Made up for the test: two breaches a century of 50,000 to 5 million.
LOSSES = Inputs((Input("cost", "cost of a breach", "USD", 5e4, 5e6, "lognormal", 4, "by hand"),))


def loss(**changes):
    return LossModel(
        **({"inputs": LOSSES, "increment": lambda v: 0.02 * v["cost"], "currency": "USD", "price_year": 2024} | changes)
    )


ADJUSTED = adjusted(WAYS, loss())


def test_what_models_share_is_the_same_object_and_no_second_run():
    drawn = ADJUSTED.drawn
    assert drawn.shared()
    for name in drawn.shared():
        holders = [
            found[own]
            for model, found in drawn.draws.items()
            for own, called in drawn.names[model].items()
            if called == name
        ]
        assert len(holders) > 1
        assert all(held is holders[0] for held in holders)
    assert drawn.draws["IND"]["baseline_price"] is drawn.draws["PHL"]["baseline_price"]


def test_inputs_of_one_name_and_two_distributions_are_two_inputs():
    a = Inputs((Input("pay", "pay", "x", 1, 2, "uniform", 4, "by hand"), Input("other", "other", "x", 1, 2, "uniform", 4, "by hand")),
               correlations=(("pay", "other", 0.5),))  # fmt: skip
    b = Inputs((Input("pay", "pay", "x", 5, 6, "uniform", 4, "by hand"),))
    made = joint({"a": a, "b": b, "c": b}, draws=1024, seed=0)
    assert made.inputs.names == ("pay", "other", "pay@b")
    assert made.draws["b"]["pay"] is made.draws["c"]["pay"]
    assert abs(np.corrcoef(made.draws["a"]["pay"], made.draws["b"]["pay"])[0, 1]) < 0.1
    assert np.corrcoef(made.draws["a"]["pay"], made.draws["a"]["other"])[0, 1] == pytest.approx(0.5, abs=0.05)
    assert set(made.every) == set(made.inputs.names)


def test_saving_less_increment_is_what_the_models_say_of_the_same_draws():
    for name, analysis in WAYS.items():
        drawn = ADJUSTED.drawn.draws[name]
        plain = savings.costs(analysis.gathered.rates(drawn), analysis.terms).net_present_value
        np.testing.assert_array_equal(ADJUSTED.saving[name], plain)
        expected = 0.0 if name == "in_house" else 0.02 * ADJUSTED.drawn.draws[LOSS]["cost"] * analysis.terms.annuity
        np.testing.assert_allclose(ADJUSTED.net(name), plain - expected)


def test_each_way_keeps_the_distribution_it_has_alone():
    alone = np.median(WAYS["PHL"].costs.net_saving)
    made = savings.costs(WAYS["PHL"].gathered.rates(ADJUSTED.drawn.draws["PHL"]), WAYS["PHL"].terms)
    assert np.median(made.net_saving) == pytest.approx(alone, abs=0.08)


def test_the_result_tells_probabilities_that_go_together():
    table = ADJUSTED.result.table
    stay = float((ADJUSTED.benefits.argmax(axis=1) == 0).mean())
    assert table["p_best"].sum() + stay == pytest.approx(1)
    assert (table["p_best"] <= table["p_beats_staying"] + 1e-12).all()
    assert table["estimate"].is_monotonic_decreasing
    # Means, so that what is taken off a saving leaves what is told.
    np.testing.assert_allclose(table["estimate"], table["saving"] - table["increment"] - table["controls"])
    net = ADJUSTED.net(table["term"].iloc[0])
    assert table["estimate"].iloc[0] == pytest.approx(net.mean())
    assert table["median"].iloc[0] == pytest.approx(np.median(net), rel=0.02)
    assert "beats staying with a probability of" in ADJUSTED.result.text
    assert ADJUSTED.result.rows
    assert ADJUSTED.benefits.shape == (512, 4)


def test_a_loss_that_eats_every_saving_is_said():
    result = adjusted({"IND": WAYS["IND"]}, loss(increment=lambda v: 1e9 + 0 * v["cost"])).result
    assert "On average none of them beats staying" in result.text
    assert result.row("IND")["p_beats_staying"] == 0


def test_what_does_not_compose_is_refused_with_a_reason():
    with pytest.raises(ParameterError, match="b differs from the first in volume_hours"):
        adjusted({"a": WAYS["IND"], "b": way(volume_hours=100)}, loss())
    with pytest.raises(ParameterError, match="the loss is in USD of 2020, the saving in USD of 2024"):
        adjusted(WAYS, loss(price_year=2020))
    with pytest.raises(ParameterError, match="there is none to choose"):
        adjusted({}, loss())


def test_the_share_that_rests_on_weak_inputs_is_told_and_is_a_share():
    table = ADJUSTED.result.table
    assert table["weak_share"].between(0, 1).all()
    assert "rests on borrowed and assumed inputs" in ADJUSTED.result.text
    # A loss that is assumed and larger than all else leaves nothing to the others.
    large = adjusted({"IND": WAYS["IND"]}, loss(increment=lambda v: 1e3 * v["cost"]))
    assert large.weak_share("IND") > 0.95


def test_with_correlated_inputs_no_share_is_told():
    two = Inputs(
        (*LOSSES, Input("rate", "rate", "x", 0.01, 0.03, "lognormal", 4, "by hand")),
        correlations=(("cost", "rate", 0.5),),
    )
    made = adjusted({"IND": WAYS["IND"]}, loss(inputs=two, increment=lambda v: v["rate"] * v["cost"]))
    assert np.isnan(made.weak_share("IND"))
    assert "rests on borrowed" not in made.result.text
