"""Hours released and what they earn, against numbers worked out by hand."""

from functools import cache

import numpy as np
import pytest

from lpo_analysis.savings import Parameters, analyse
from lpo_analysis.savings.beside import draw_beside
from lpo_analysis.savings.efficiency import chain_inputs, hours, hours_by_line, hours_value, turnaround


@cache
def answer(**changes):
    return analyse(Parameters.from_mapping({"draws": 1024} | changes))


def firm(**changes):
    return answer(**{"buyer": "law_firm", "baseline": "associate"} | changes)


def test_hours_taken_by_hand():
    # One draw of the cost model: 5000 hours at productivity q are 5000 / q bought; checking takes its share of them.
    analysis = firm()
    made, v = hours_by_line(analysis), analysis.values
    bought = 5000 / v["productivity"]
    assert made["quality_control"] == pytest.approx(bought * v["quality_control_share"])
    assert made["rework"] == pytest.approx(5000 * v["rework_share"])
    assert made["setup"] == pytest.approx(v["setup_hours"] / 3)
    assert made["oversight"] == pytest.approx(bought * v["provider_rate"] * v["oversight_share"] / v["reviewer_rate"])
    assert (made["released"] == 5000).all()


def test_net_hours_are_what_is_released_less_what_is_taken():
    by = hours(firm()).table.set_index("term")["mean"]
    assert by["net_hours"] == pytest.approx(by["released"] - by.drop(["released", "net_hours"]).sum())
    assert 0 < by["net_hours"] < 5000


def test_work_bought_by_the_hour_releases_nobody():
    result = hours(answer())
    assert result.row("released")["estimate"] == 0
    assert result.row("net_hours")["conf_high"] < 0
    assert "no hours are released" in result.text
    value = hours_value(answer())
    assert not value.estimable
    assert "bought from contract attorneys" in value.text


def test_work_kept_with_own_lawyers_releases_nothing():
    kept = answer(delivery_model="in_house", location="USA")
    assert not hours(kept).estimable
    assert not hours_value(kept).estimable


def test_the_chain_of_a_large_firm_by_hand():
    # NALP: 1794 of 2075 hours in 2011 and 1801 of 2076 in 2012 are billable (two studies at most); collected 88.6% of worked rates.
    items = {item.name: item for item in chain_inputs(firm().evidence, firm(buyer_size="large").parameters)[0]}
    utilisation = items["utilisation_share"]
    assert utilisation.low < 1794 / 2075 < 1801 / 2076 < utilisation.high
    odds = 0.886 / 0.114
    collected = items["collected_share"]
    assert (collected.low, collected.high) == pytest.approx(
        (odds / 1.5 / (1 + odds / 1.5), odds * 1.5 / (1 + odds * 1.5))
    )
    assert collected.rows == ("pm_collected_realization_2017",)


def test_the_chain_of_a_small_firm_by_hand():
    # Clio 2016: 81% of worked hours are billed and 86% of those collected, so 69.66% of the value of an hour worked.
    items = {item.name: item for item in chain_inputs(firm().evidence, firm(buyer_size="small").parameters)[0]}
    odds = 0.6966 / 0.3034
    collected = items["collected_share"]
    assert (collected.low, collected.high) == pytest.approx(
        (odds / 1.5 / (1 + odds / 1.5), odds * 1.5 / (1 + odds * 1.5))
    )
    assert set(collected.rows) == {"clio_real_2015", "clio_coll_2015"}
    # Billable shares of 28 (2015), 29 (2016) and 37 (2023) of a day; solo lawyers are another question.
    assert set(items["utilisation_share"].rows) == {"clio_util_2015", "clio_util_2016", "clio_util_2023"}


def test_the_value_is_the_product_of_the_chain():
    analysis = firm()
    items, missing = chain_inputs(analysis.evidence, analysis.parameters)
    assert not missing
    drawn = draw_beside(items, analysis.parameters)
    made = hours_by_line(analysis)
    net = 5000 - sum(made[line] for line in made if line != "released")
    chain = np.prod(
        [drawn[name] for name in ("hours_used_share", "utilisation_share", "collected_share", "lawyer_rate")], axis=0
    )
    by_hand = np.quantile(net * chain, 0.5, method="inverted_cdf")
    assert hours_value(analysis).row("earned")["estimate"] == pytest.approx(by_hand)


def test_draws_beside_the_cost_model_are_independent_of_it():
    analysis = firm()
    drawn = draw_beside(chain_inputs(analysis.evidence, analysis.parameters)[0], analysis.parameters)
    for beside in drawn.values():
        for within in analysis.draws.values():
            assert abs(np.corrcoef(np.argsort(np.argsort(beside)), np.argsort(np.argsort(within)))[0, 1]) < 0.15


def test_a_department_avoids_outside_counsel_only_under_the_assumption():
    result = hours_value(answer(baseline="in_house_counsel"))
    assert result.row("avoided")["estimate"] > 0
    assert "Under the assumption" in result.text
    assert "utilisation_share" not in result.table["term"].tolist()


def test_with_grade_a_alone_the_chain_says_what_is_missing():
    strict = firm().parameters.model_copy(update={"grades": ["A"]})
    _, missing = chain_inputs(firm().evidence, strict)
    assert missing == [f"no figure of grade A tells the {what}" for what in (
        "billable share of hours worked", "collected of the value of hours worked", "billing rate of an own lawyer")]  # fmt: skip


def test_turnaround_is_not_estimable_and_its_cases_are_restated():
    result = turnaround(analyse(Parameters(task="contract_management", grades=["A", "B", "C"], draws=256)))
    assert not result.estimable
    by = result.table.set_index("term")
    # From 3 days to under one day: at least two thirds; from 18 months to 3: five sixths; stated: 20% and 86%.
    assert by.at["contract_review", "conf_low"] == pytest.approx(2 / 3)
    assert np.isnan(by.at["contract_review", "conf_high"])
    assert by.at["evidence_processing", "estimate"] == pytest.approx(5 / 6)
    assert by.at["lse_msft_turnaround", "estimate"] == pytest.approx(0.2)
    assert by.at["anglo_exigent_tat", "estimate"] == pytest.approx(0.86)
    assert np.isnan(by.at["turnaround", "estimate"])
    assert "time zones is no evidence" in result.text
