"""Who bears the loss: parts of an event add up, and layers do what a contract says."""

from functools import cache

import numpy as np
import pytest

from lpo_analysis.evidence import load
from lpo_analysis.methods.compound import insured_loss
from lpo_analysis.methods.frequency import poisson
from lpo_analysis.methods.piecewise import Layer
from lpo_analysis.methods.severity import Points
from lpo_analysis.risk import Parameters, annual_loss, expected_loss_of, increment_of, who_bears
from lpo_analysis.risk.annual import compound
from lpo_analysis.risk.inputs import draw
from lpo_analysis.risk.insurance import split_event


@cache
def asked(**changes):
    return Parameters(**({"draws": 512} | changes))


@cache
def shares(**changes):
    return who_bears(load(), asked(**changes)).table.set_index("term")["estimate"]


def test_an_event_is_split_as_the_contract_says():
    # Provider to 500,000 first; the insurer 1,000,000 above 50,000 of what is left; the firm the rest.
    parts = split_event(np.array([2e4, 6e5, 3e6]), Parameters(), at_provider=True)
    assert parts["provider"].tolist() == [2e4, 5e5, 5e5]
    assert parts["insurer"].tolist() == [0.0, 5e4, 1e6]
    assert parts["firm"].tolist() == [0.0, 5e4, 1.5e6]
    own = split_event(np.array([2e4, 6e5, 3e6]), Parameters(), at_provider=False)
    assert own["provider"].tolist() == [0.0, 0.0, 0.0]
    assert own["insurer"].tolist() == [0.0, 5.5e5, 1e6]
    assert own["firm"].tolist() == [2e4, 5e4, 2e6]


def test_the_firms_year_is_that_of_the_general_layers():
    cost, p = Points(np.linspace(2e4, 3e6, 200)), Parameters()
    own = split_event(cost.values, p, at_provider=False)
    years = compound(np.array([0.4]), [Points(own["firm"])])
    layer = Layer(p.insurance_retention, p.insurance_limit)
    net = insured_loss(poisson(0.4), cost, per_event=[layer], step=years.grid.step, size=years.grid.size).net
    assert years.given[0].probabilities == pytest.approx(net.probabilities, abs=1e-9)


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("terms", [{}, {"insurance_limit": 0.0}, {"liability_cap": 0.0}, {"insurance_retention": 0.0}])
def test_the_parts_of_every_event_add_up(terms, there):
    cost = np.geomspace(1.0, 1e9, 200)
    parts = split_event(cost, Parameters(**terms), at_provider=there)
    assert parts["firm"] + parts["insurer"] + parts["provider"] == pytest.approx(cost)
    assert all((part >= 0).all() for part in parts.values())


def test_means_add_up_and_tails_of_parts_reach_no_less_than_the_tail_of_all():
    at = shares()
    assert at["firm_mean"] + at["insurer_mean"] + at["provider_mean"] == pytest.approx(at["all_mean"])
    # Tail means are subadditive (Acerbi and Tasche 2002).
    assert at["firm_tvar"] + at["insurer_tvar"] + at["provider_tvar"] >= at["all_tvar"] * (1 - 1e-6)
    assert at["insurer_tvar"] <= 2 * 1e6


def test_without_cover_and_liability_the_firm_bears_all():
    made = who_bears(load(), asked(insurance_limit=0.0, liability_cap=0.0))
    at = made.table.set_index("term")["estimate"]
    assert at["firm_tvar"] == pytest.approx(at["all_tvar"])
    assert at["insurer_mean"] == at["provider_mean"] == 0
    assert "the firm bears all" in made.text


def test_more_cover_leaves_less_to_the_firm():
    usual, other = shares(), shares(insurance_retention=1e9, liability_cap=5e6)
    assert other["insurer_mean"] == 0
    assert other["provider_mean"] > usual["provider_mean"]
    assert other["firm_mean"] > usual["firm_mean"]


def test_the_worst_years_with_the_provider_hold_no_more_than_all_it_adds():
    made = who_bears(load(), asked())
    (check,) = [check for check in made.checks if check.name == "Tails"]
    assert check.passed, check
    today = annual_loss(load(), asked()).row("tail_value_at_risk")["estimate"]
    added = increment_of(draw(load(), asked())[0], asked()).mean()
    assert 0.99 * today <= made.row("all_tvar")["estimate"] <= 1.01 * today + 100 * added


def test_the_expected_loss_of_all_is_todays_and_the_providers():
    values, p = draw(load(), asked())[0], asked()
    wanted = float((expected_loss_of(values, p) + increment_of(values, p)).mean())
    assert shares()["all_mean"] == pytest.approx(wanted, rel=1e-3)
