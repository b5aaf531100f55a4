"""Single sampling plans: exact probabilities, outgoing quality, the cheapest plan, and what is refused."""

from math import comb

import numpy as np
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.acceptance import (
    Plan,
    accept_probability,
    cheapest_plan,
    curves,
    design,
    outgoing_limit,
    standard_plan,
    worst_accepted,
)


def enumerated(n, c, lot, bad):
    ways = [comb(bad, d) * comb(lot - bad, n - d) for d in range(n + 1)]
    accept = sum(ways[: c + 1]) / comb(lot, n)
    left = sum((bad - d) * w for d, w in enumerate(ways[: c + 1])) / comb(lot, n) / lot
    return accept, left


@pytest.mark.parametrize("bad", [0, 1, 3, 7, 20])
def test_a_finite_lot_is_counted_exactly(bad):
    table = curves(Plan(8, 2, 20), shares=[bad / 20])
    accept, left = enumerated(8, 2, 20, bad)
    assert table["accept"][0] == pytest.approx(accept, abs=1e-12)
    assert table["outgoing"][0] == pytest.approx(left, abs=1e-12)
    assert table["inspected"][0] == pytest.approx(8 + (1 - accept) * 12)


@pytest.mark.parametrize("share", [0.005, 0.01, 0.02, 0.10])
def test_without_a_lot_the_binomial_holds(share):
    exact = (1 - share) ** 50 + 50 * share * (1 - share) ** 49
    assert accept_probability(Plan(50, 1), share) == pytest.approx(exact, rel=1e-12)


def test_the_limit_is_the_top_of_the_curve():
    every = curves(Plan(52, 2, 5000), shares=np.arange(5001) / 5000)
    assert outgoing_limit(Plan(52, 2, 5000))[0] == pytest.approx(every["outgoing"].max(), abs=1e-15)


def test_no_smaller_sample_keeps_both_risks():
    plan = cheapest_plan(aql=0.02, ltpd=0.10, lot=200)
    n, c = np.meshgrid(np.arange(1, plan.n), np.arange(plan.n), indexing="ij")
    keep = (
        [
            (a, b)
            for a, b in zip(n.ravel(), c.ravel(), strict=True)
            if b < a
            and accept_probability(Plan(int(a), int(b), 200), 0.02) >= 0.95
            and accept_probability(Plan(int(a), int(b), 200), 0.10) <= 0.10
            and b <= plan.c + 1
        ]
        if plan.n < 60
        else []
    )
    assert not keep
    assert accept_probability(plan, 0.02) >= 0.95
    assert accept_probability(plan, 0.10) <= 0.10


@pytest.mark.parametrize("lot", [None, 1000])
def test_the_worst_lot_that_passes_is_worse_than_the_aql(lot):
    made = design(aql=0.01, ltpd=0.05, lot=lot)
    worst = worst_accepted(made.model)
    assert worst > 0.01
    assert accept_probability(made.model, worst) >= 0.10 - 1e-9
    if lot:
        assert accept_probability(made.model, worst + 1 / lot) < 0.10
    assert "AQL" in made.checks[0].name


def test_what_no_sample_can_tell_is_said():
    whole_lot = design(aql=0.10, ltpd=0.11, lot=100, producer_risk=0.01, consumer_risk=0.01)
    assert not whole_lot.estimable
    assert "all 100 items" in whole_lot.text
    dear = design(aql=0.01, ltpd=0.02, largest_sample=200)
    assert "200 can be looked at" in dear.text


def test_a_sample_of_the_standard_never_exceeds_the_lot():
    plan = standard_plan(lot=30, aql=0.0001)
    assert plan.n == plan.lot == 30


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Plan(60, 1, 50), "size of the lot"),
        (lambda: Plan(5, 5), "every lot is accepted"),
        (lambda: Plan(5, 1.5), "whole number"),
        (lambda: cheapest_plan(aql=0.05, ltpd=0.05), "below the LTPD"),
        (lambda: cheapest_plan(aql=1, ltpd=5), "between 0 and 1"),
        (lambda: cheapest_plan(aql=0.01, ltpd=0.05, producer_risk=0.6, consumer_risk=0.5), "below 1"),
        (lambda: cheapest_plan(aql=0.05, ltpd=0.0501), "told apart"),
        (lambda: accept_probability(Plan(5, 1, 30), 0.05), "whole number of items"),
        (lambda: accept_probability(Plan(5, 1), 5), "2% is 0.02"),
        (lambda: curves(Plan(5, 1, 30), process_lot=30), "lot of its own"),
        (lambda: standard_plan(lot=500, aql=0.02), "Allowed: 0.01%"),
        (lambda: standard_plan(lot=1, aql=0.01), "at least 2"),
    ],
)
def test_mistakes_are_named(call, words):
    with pytest.raises(ParameterError, match=words):
        call()


@pytest.mark.parametrize("lot", [None, 5000])
def test_the_curves_of_a_plan_are_drawn_where_they_fall(lot):
    made = design(aql=0.01, ltpd=0.05, lot=lot)
    data = made.plot_data
    assert data["accept"].iloc[0] == 1
    assert data["accept"].iloc[-1] < 0.001
    assert (data["accept"] > 0.01).sum() > 50
    for show in ("accept", "outgoing", "inspected"):
        line = made.plot(show=show).get_lines()[0]
        assert line.get_xdata().tolist() == data["share"].tolist()
    assert "needs the size of the lot" in [t.get_text() for t in made.plot(show="inspected").texts] or lot
    assert "5.0%" in made.alt
    with pytest.raises(ParameterError, match="show"):
        made.plot(show="cost")
