"""What stands beside the headline: studies behind two inputs, their own gap, supervision today, pay of persons."""

from functools import cache

import numpy as np
import pytest

from lpo_analysis.evidence import load, table
from lpo_analysis.savings import Parameters, analyse
from lpo_analysis.savings.analysis import quantiles
from lpo_analysis.savings.cautions import SUPERVISION, cautions, shared_studies
from lpo_analysis.savings.costs import costs
from lpo_analysis.wording import percent


@cache
def answer(**changes):
    asked = {name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()}
    return analyse(Parameters.from_mapping({"draws": 1024} | asked))


def texts(analysis, name):
    return [check.text for check in cautions(analysis) if check.name == name]


def test_a_study_behind_two_inputs_is_found_by_its_name_and_not_by_its_rows():
    shared = shared_studies(answer())
    observed = load().observations
    assert shared["fronterion_ten_2012"] == ("baseline_price", "provider_price")
    for study, names in shared.items():
        for name in names:
            assert study in set(observed.loc[list(answer().inputs[name].rows), "study_id"])
    (said,) = texts(answer(), "Independence")
    assert "Fronterion (2011) (price of an hour of a contract attorney; observed price of an hour bought)" in said


def test_the_gap_within_one_study_is_worked_by_hand():
    # Fronterion: 25 to 35 dollars offshore, 25 to 30 in the US Midwest, both of 2011, so that money drops out of the gap.
    (said,) = texts(answer(), "Priced by one study")
    middle = 1 - np.sqrt(25 * 35) / np.sqrt(25 * 30)
    assert f"a headline gap of {percent(middle, width=0.5)} at the middles" in said
    assert f"({percent(1 - 35 / 25, width=0.5)} to {percent(1 - 25 / 30, width=0.5)} between the far ends)" in said


def test_weaker_grades_add_their_own_pair_and_no_pair_is_made_where_there_is_none():
    assert len(texts(answer(grades=("A", "B", "C")), "Priced by one study")) == 2
    assert texts(answer(baseline="associate"), "Priced by one study") == []
    assert texts(answer(location="US-OH"), "Priced by one study") == []


@pytest.mark.parametrize(
    "changes",
    [{}, {"baseline": "associate", "buyer": "law_firm"}, {"location": "PHL", "delivery_model": "captive"}, {"location": "US-OH"}],
    ids=["default", "firm", "captive", "at home"],
)  # fmt: skip
def test_supervision_at_zero_is_what_the_cost_model_says_of_it(changes):
    asked = answer(**changes)
    (said,) = texts(asked, "Supervision today")
    lines = [line for line in asked.costs.lines if line in ("oversight", "communication", "quality_control", "rework")]
    without = 1 - sum(draws for line, draws in asked.costs.lines.items() if line not in lines) / asked.costs.baseline
    middle, low, high = quantiles(without, 0.9)
    assert f"would be {percent(middle, width=high - low)} ({percent(low, width=high - low)} to" in said
    assert len(lines) == sum(name in asked.inputs.names for name in SUPERVISION)
    assert ("totals" in said) is ("oversight" in lines)


def test_own_lawyers_supervise_themselves():
    assert texts(answer(delivery_model="in_house", location="USA"), "Supervision today") == []
    assert texts(answer(delivery_model="ai_assisted", location="USA"), "Supervision today") == []


def test_quartiles_of_wages_are_read_as_quartiles():
    item = answer().inputs["reviewer_pay"]
    wages = table("wages_us_national")
    row = wages[(wages["soc_code"] == "23-1011") & (wages["year"] == wages["year"].max())].iloc[0]
    money = item.ppf(0.25) / (row["hourly_p25"] * 2080)
    assert item.ppf(0.75) == pytest.approx(row["hourly_p75"] * 2080 * money, rel=1e-9)
    # The tails that the same statistics publish and the input does not use: within an eighth, and not within a third as 5% and 95%.
    assert item.ppf(0.1) == pytest.approx(row["hourly_p10"] * 2080 * money, rel=0.125)
    assert item.ppf(0.9) == pytest.approx(row["hourly_p90"] * 2080 * money, rel=0.125)
    assert "yearly pay of own lawyers" in texts(answer(), "Pay of persons")[0]


def test_a_price_from_the_rows_of_todays_price_is_that_price_and_drawn_once():
    alike = answer(location="US-OH")
    assert alike.gathered.same_rows
    assert "provider_price" not in alike.inputs.names
    assert np.array_equal(alike.costs.provider_rate, alike.costs.baseline_rate)
    assert (alike.costs.rate_gap == 0).all()
    assert "no gap can be told" in alike.numbers.text
    assert not answer(location="US-OH", baseline="associate").gathered.same_rows
    # With nothing around the hour, at today's work an hour, it would cost what it costs today.
    flat = dict.fromkeys(set(alike.values) - {"baseline_rate", "provider_rate", "reviewer_rate"}, np.zeros(1024))
    bare = costs({**alike.values, **flat, "productivity": np.ones(1024)}, alike.terms)
    assert bare.net_saving == pytest.approx(0.0, abs=1e-12)


def test_what_was_billed_takes_the_place_of_todays_price_alone():
    from lpo_analysis.savings.rates import BilledRate

    alike = answer(location="US-OH").gathered
    billed = alike.billed_at(BilledRate(80.0, 0.0))
    assert {"provider_price", "baseline_price"} & set(billed.inputs.names) == {"provider_price"}
    assert billed.inputs["provider_price"].rows == alike.inputs["baseline_price"].rows
    values = billed.rates({name: np.array([value]) for name, value in billed.inputs.medians().items()})
    assert values["baseline_rate"] == pytest.approx(80.0)
    assert values["provider_rate"] == pytest.approx(alike.inputs["baseline_price"].median, rel=0.1)


def test_the_cheapest_way_is_not_todays_price_over_again():
    result = answer().delivery_models
    noted = result.table.set_index("term")["note"]
    assert list(noted[noted != ""].index) == ["provider_US-OH"]
    costed = result.table.dropna(subset=["estimate"])
    named = costed.loc[costed[costed["note"] == ""]["hour_cost"].idxmin(), "label"]
    assert f"({named}) to" in result.text
    assert "Outside provider, Ohio is priced from the rows of today's price" in result.text


def test_results_of_many_ways_carry_the_rows_of_all_of_them():
    default = answer()
    for part, changes in (
        ("comparators", {"baseline": "in_house_counsel"}),
        ("delivery_models", {"delivery_model": "law_firm", "location": "USA"}),
        ("pricing_models", {"pricing_model": "fte"}),
        ("by_grades", {"grades": ("A", "B", "C", "D")}),
    ):
        result = getattr(default, part)
        assert "rows" not in result.table
        assert set(default.rows) | set(answer(**changes).rows) <= set(result.rows)
        assert set(result.rows) <= set(default.rows_beside)
    assert {*default.assisted.rows, *default.ai_trials.rows, *default.ai_claims.rows} <= set(default.rows_beside)
    assert (
        default.pricing_models.table.set_index("term").at["hourly", "basis"] == default.inputs["provider_price"].basis
    )


def test_the_budget_is_told_for_the_baseline_asked_for_and_as_at_most():
    asked = answer()
    table = asked.comparators.table.set_index("term")
    others = table.drop("contract_attorney")
    assert others["budget_saving"].isna().all()
    assert (others["budget_text"] == "").all()
    assert table.at["contract_attorney", "budget_text"].endswith(", at most")
    assert "the change is smaller" in asked.numbers.text
    told = answer(moved_share=(0.03, 0.05))
    assert "at most" not in told.comparators.table.set_index("term").at["contract_attorney", "budget_text"]
    assert "the change is smaller" not in told.numbers.text


def test_an_experts_pay_is_the_pay_of_the_cost_model_and_no_second_draw():
    from lpo_analysis.savings.expertise import _values

    default = answer()
    assert np.array_equal(_values(default, default.parameters)[0]["expert_pay"], default.values["reviewer_pay"])
    terms = set(default.expertise.table["term"])
    assert "p_buy_firm" in terms
    assert "p_buy_provider" not in terms
