"""Ways of doing and paying for the work side by side, what they are worth, and work with AI against the provider."""

from functools import cache

import numpy as np
import pytest

from lpo_analysis import vocabulary
from lpo_analysis.evidence import load
from lpo_analysis.results import COLUMNS
from lpo_analysis.savings import Parameters, analyse
from lpo_analysis.savings.analysis import quantiles
from lpo_analysis.savings.assisted import KINDS, published
from lpo_analysis.savings.costs import costs


@cache
def answer(**changes):
    return analyse(Parameters.from_mapping({"draws": 1024} | changes))


@pytest.fixture(scope="module")
def default():
    return answer()


@pytest.mark.parametrize("part", ["payoff", "delivery_models", "pricing_models", "assisted", "ai_trials", "ai_claims"])
def test_every_part_is_a_table_with_a_sentence(default, part):
    result = getattr(default, part)
    assert list(result.table.columns[: len(COLUMNS)]) == COLUMNS
    assert result.text
    assert result.estimable
    assert result.table["term"].is_unique


def test_the_ways_side_by_side_hold_the_answer_of_the_report_itself(default):
    own = default.delivery_models.row("provider_IND")
    assert default.delivery_models.table["term"].iloc[0] == "provider_IND"
    assert own["estimate"] == default.numbers.row("net_saving")["estimate"]
    assert own["p_saving"] == pytest.approx(1 - default.numbers.model["p_loss"])
    assert sum(own[f"rung_{rung}"] for rung in (1, 2, 3, 4)) == len(default.counted)


def test_each_way_side_by_side_is_the_answer_to_its_own_question(default):
    table = default.delivery_models.table.set_index("term")
    asked = answer(delivery_model="ai_assisted", location="USA")
    assert table.loc["ai_assisted_USA", "estimate"] == asked.numbers.row("net_saving")["estimate"]
    hour = quantiles(asked.costs.alternative / (asked.terms.annuity * 5000.0), 0.9)
    assert table.loc["ai_assisted_USA", ["hour_cost", "hour_low", "hour_high"]].tolist() == list(hour)


def test_every_way_is_there_and_what_cannot_be_costed_says_why(default):
    table = default.delivery_models.table
    told = {term.rpartition("_")[0] for term in table["term"]}
    assert told == set(vocabulary.DELIVERY_MODELS)
    assert set(table["shore"]) == set(vocabulary.SHORES)
    refused = table[table["estimate"].isna()].set_index("term")["method"]
    assert refused["contract_attorney_USA"] == "not estimable, because it is the way of today"
    assert refused["provider_CAN"].startswith("not estimable, because no price and no local pay on file")


def test_the_ways_are_those_of_the_home_country():
    table = answer(baseline="associate", baseline_location="GBR").delivery_models.table
    assert {"in_house_GBR", "provider_GB-NIR", "captive_GB-NIR", "provider_IND"} <= set(table["term"])
    refused = table.set_index("term")["method"]
    assert "prices on file for the United States only" in refused["contract_attorney_GBR"]


def test_ways_of_paying_side_by_side(default):
    table = default.pricing_models.table.set_index("term")
    assert list(table.index) == list(vocabulary.PRICING_MODELS)
    assert table.loc["hourly", "estimate"] == default.numbers.row("net_saving")["estimate"]
    assert table.loc["hourly", ["fee_half", "fee_double"]].tolist() == pytest.approx([0.5, 2.0])
    assert table.loc["fte", "rung"] == 4  # the days billed are assumed
    assert "parameter price" in default.pricing_models.text
    quoted = Parameters(draws=1024, pricing_model="fixed_fee", price=[50_000.0, 90_000.0])
    fixed = analyse(quoted).pricing_models.table.set_index("term")
    assert fixed.loc["fixed_fee", ["fee_half", "fee_double"]].tolist() == [1.0, 1.0]


def test_other_ways_than_a_provider_are_paid_by_the_hour_only():
    result = answer(delivery_model="captive").pricing_models
    assert result.table["estimate"].isna().all()
    assert "costed by the hour" in result.text


def test_the_value_is_that_of_the_lines_and_the_payback_agrees_with_it(default):
    result = default.payoff
    value = default.costs.baseline - default.costs.alternative
    assert result.row("net_present_value")["estimate"] == quantiles(value, 0.9)[0]
    assert [check.passed for check in result.checks] == [True]
    assert result.plot_data["x"].tolist() == [0, 1, 2, 3]
    # At the end the balance is the net saving.
    assert result.plot_data["estimate"].iloc[-1] == pytest.approx(default.numbers.row("net_saving")["estimate"])


def test_a_change_that_pays_has_a_payback_within_the_horizon_and_a_rate_of_return():
    result = answer(baseline="associate").payoff
    assert 0 < result.row("payback")["estimate"] <= result.row("payback_discounted")["estimate"] < 3
    assert result.row("irr")["estimate"] > 0.05
    assert result.row("irr_of_means")["estimate"] > 0.05
    chances = result.table.set_index("term").loc[["p_no_irr", "p_several_irr"], "estimate"]
    assert chances.between(0, 1).all()


def test_the_break_evens_put_back_into_the_model_save_nothing(default):
    rate = default.costs.break_even_rate
    again = default.gathered.rates(default.draws) | {"provider_rate": rate}
    paid = rate > 0
    assert costs(again, default.terms).net_saving[paid] == pytest.approx(0.0, abs=1e-9)
    assert default.break_even.row("break_even_rate")["estimate"] == quantiles(rate, 0.9)[0]


@pytest.mark.parametrize(
    "changes", [{}, {"baseline": "associate"}, {"location": "US-OH"}, {"delivery_model": "ai_assisted", "location": "USA"}],
    ids=["dearer", "cheaper", "at home", "with AI"],
)  # fmt: skip
def test_the_break_evens_are_said_in_words(changes):
    result = answer(**changes).break_even
    terms = set(result.table["term"])
    assert ("break_even_currency" in terms) is ("Indian rupee" in result.text)
    assert ("break_even_rate" in terms) is ("nothing is saved once it costs" in result.text)


def test_each_baseline_has_all_three_numbers(default):
    table = default.comparators.table.set_index("term")
    numbers = default.numbers.table.set_index("term")
    own = table.loc["contract_attorney"]
    assert (
        own[["rate_gap", "rate_gap_low", "rate_gap_high"]].tolist()
        == numbers.loc["rate_gap", ["estimate", "conf_low", "conf_high"]].tolist()
    )
    assert (
        own[["budget_saving", "budget_low", "budget_high"]].tolist()
        == numbers.loc["budget_saving", ["estimate", "conf_low", "conf_high"]].tolist()
    )
    assert set(table.index) == set(vocabulary.BASELINES)
    assert answer(buyer="law_firm", baseline="associate").comparators.table["budget_saving"].isna().all()


def test_at_the_solved_share_work_with_ai_costs_what_the_provider_costs(default):
    result = default.assisted
    assert result.checks[0].passed
    shares = result.table.set_index("term")["estimate"]
    assert shares["p_below"] + shares["p_above"] <= 1
    assert result.plot_data["estimate"].is_monotonic_decreasing
    assert result.model.parameters.delivery_model == "ai_assisted"


def test_the_comparison_is_the_same_from_either_side():
    there, here = answer().assisted, answer(delivery_model="ai_assisted", location="USA").assisted
    assert here.row("check_share")["estimate"] == pytest.approx(there.row("check_share")["estimate"])


def test_where_ai_cannot_be_costed_the_comparison_says_why():
    result = answer(baseline="associate", baseline_location="GBR").assisted
    assert not result.estimable
    assert "work with AI cannot be costed for document review in the United Kingdom" in result.reason


@pytest.fixture(scope="module")
def figures():
    return published(load())


def test_figures_on_ai_keep_their_sense_and_kind(figures):
    assert set(figures["kind"]) == set(KINDS)
    assert figures.loc["schwarcz_2026_ratio", ["low", "high"]].tolist() == pytest.approx([1 - 1 / 1.5, 1 - 1 / 2.3])
    assert figures.loc["choi_time", ["low", "high"]].tolist() == pytest.approx([0.118, 0.321])
    # A study published by the seller whose software it tests is told by a seller.
    assert figures.loc["redgrave_time", "kind"] == "claimed"


def test_unchecked_speed_preprints_and_forecasts_are_no_time_saved(figures):
    assert not {"vlair_speed", "schwarcz_2025_vincent", "schwarcz_2025_o1", "va26_ai_saving_2031"} & set(figures.index)


def test_trials_are_of_the_grades_of_the_report_and_claims_are_marked(default):
    trials, claims = default.ai_trials, default.ai_claims
    assert set(trials.table["grade"]) <= {"A", "B"}
    assert set(trials.table["method"]) == {KINDS["trial"]}
    weak = claims.plot_data.set_index(claims.table["term"])["weak"]
    assert weak[claims.table.set_index("term")["method"] != KINDS["trial"]].all()
    assert not weak[list(trials.table["term"])].any()
    assert set(np.unique(claims.table["sense"])) == {
        "time saved",
        "cost saved",
        "output an hour, restated as time saved a piece",
    }
