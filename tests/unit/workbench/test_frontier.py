"""The frontier of the workbench: the decision report's numbers for the same question, and the efficient ways by brute force."""

from __future__ import annotations

import numpy as np
import pytest

from lpo_analysis import decision, savings, workbench
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import load
from lpo_analysis.workbench import frontier as ask
from lpo_analysis.workbench.frontier import Others, question

FEW = {"draws": 512}
HERE = Others()


def parameters(**changes):
    return savings.Parameters.from_mapping(FEW | changes)


@pytest.fixture(scope="module")
def default():
    return ask(parameters())


def test_the_numbers_are_those_of_the_decision_report(default):
    asked = question(parameters(), HERE)
    due = decision.analyse(asked)
    table = due.frontier.table
    ours = default.table.set_index("label")
    assert set(ours.index[ours["efficient"]]) == {
        due.portfolio.choice(plan)[0] for plan in due.portfolio.frontier.plans
    }
    for number, plan in enumerate(due.portfolio.frontier.plans):
        row = ours.loc[due.portfolio.choice(plan)[0]]
        assert (row["estimate"], row["tail"]) == (table["estimate"].iloc[number], table["tail"].iloc[number])


def test_no_way_on_the_line_is_beaten_on_both_counts_and_every_other_that_may_be_chosen_is():
    portfolio = decision.Portfolio(decision.find_ways(question(parameters(volume_hours=30_000.0), HERE), load()))
    result = ask(parameters(volume_hours=30_000.0))
    plans = {name: portfolio.assignment.plan(portfolio.shares((name,))) for name in portfolio.names}
    table = result.table.set_index("label")
    assert set(table.index) == set(plans)
    open_ones = [name for name in plans if table.at[name, "state"] != "refused"]
    for name in open_ones:
        beaten = any(
            plans[other].mean >= plans[name].mean and plans[other].tail <= plans[name].tail
            and (plans[other].mean, plans[other].tail) != (plans[name].mean, plans[name].tail)
            for other in open_ones
        )  # fmt: skip
        assert table.at[name, "efficient"] == (not beaten), name


def test_staying_costs_and_saves_nothing(default):
    stay = default.row("as_today")
    assert (stay["estimate"], stay["tail"], stay["state"]) == (0.0, 0.0, "open")


def test_an_assumption_moves_every_way_that_stands_on_it(default):
    quick = ask(parameters(productivity=[1.2, 1.4]))
    before, after = (result.table.set_index("term")["estimate"] for result in (default, quick))
    providers = [term for term in before.index if term.startswith("provider_")]
    assert len(providers) >= 3
    assert (after[providers] > before[providers]).all()
    assert after["as_today"] == before["as_today"]


def test_what_is_refused_is_shown_and_never_on_the_line(default):
    refused = default.table[default.table["state"] == "refused"]
    assert list(refused["term"].str.partition("_")[0].unique()) == ["captive"], (
        "too few hours for a centre of one's own"
    )
    assert not refused["efficient"].any()
    captive = ask(parameters(delivery_model="captive"))
    assert "may not be chosen: a centre of its own" in captive.text


def test_the_way_asked_about_is_told_of():
    result = ask(parameters(location="PHL"))
    (asked,) = result.table.loc[result.table["asked"], "term"]
    assert asked == "provider_PHL"
    assert "The way asked about, outside provider, Philippines" in result.text
    assert result.plot_data["asked"].sum() == 1


def test_what_the_decision_report_would_not_take_is_not_estimable_and_told():
    many = Others(jurisdictions=())
    result = ask(parameters(), others=many)
    assert not result.estimable
    assert result.text.startswith("Not estimable, because jurisdictions: ")
    seen = workbench.view(FEW, others=many)
    assert seen.frontier == ""
    assert seen.beside == result.text
    assert seen.waterfall.startswith("<svg"), "the rest is answered all the same"


def test_a_start_whose_frontier_cannot_be_asked_is_refused_before_a_kernel_starts():
    with pytest.raises(ParameterError, match="jurisdictions: one stands there twice"):
        workbench.Parameters(jurisdictions=["US-NY", "US-NY"]).check_evidence()
    with pytest.raises(ParameterError, match="IND"):
        workbench.Parameters.from_mapping({"locations": ["INDIA?"]})


def test_sentences_and_figure_hold_for_other_questions():
    for changes in (
        {"baseline": "associate", "buyer": "law_firm"},
        {"task": "legal_research", "horizon_years": 1},
        {"location": "GB-NIR", "currency": "GBP"},
    ):
        result = ask(parameters(**changes))
        assert result.estimable, result.text
        assert "nan" not in result.text
        assert "1 years" not in result.text
        assert np.isfinite(result.plot_data[["mean", "tail"]].to_numpy()).all()
        assert result.plot().get_title(loc="left")
