"""Having an expert against buying one, against numbers worked out by hand."""

from functools import cache

import numpy as np
import pytest

from lpo_analysis.savings import Parameters, analyse
from lpo_analysis.savings.expertise import (
    break_even_hours,
    expertise,
    expertise_by_practice,
    expertise_by_size,
    hire_cost,
    hire_inputs,
    person_cost,
)


@cache
def answer(**changes):
    return analyse(Parameters.from_mapping({"draws": 1024} | changes))


EXAMPLE = {
    "expert_pay": 100_000.0, "expert_premium": 1.5, "benefits_share": 0.25, "expert_overhead": 0.4, "productive_hours": 1600.0,
    "attrition_share": 0.15, "recruiting_share": 0.2, "hours_used_share": 0.5, "reviewer_rate": 80.0,
}  # fmt: skip


def values(**changes):
    return {name: np.array([value]) for name, value in (EXAMPLE | changes).items()}


def test_the_cost_of_a_person_by_hand():
    # Pay 150,000; with benefits a third more, 200,000; overhead 60,000; search 30,000 x (1/4 + 0.15) = 12,000.
    assert person_cost(values(), horizon=4)[0] == pytest.approx(272_000.0)
    paid = values(replacement_cost=300_000.0)
    assert person_cost(paid, horizon=4)[0] == pytest.approx(260_000.0 + 300_000.0 * 0.4)


def test_idle_hours_count_as_far_as_they_are_used_and_persons_come_whole():
    # 600 hours needed leave 1000 idle, half of them worth 80: 272,000 - 40,000. 1700 hours take two persons with 1500 idle.
    assert hire_cost(values(), hours=600.0, horizon=4)[0] == pytest.approx(232_000.0)
    assert hire_cost(values(), hours=1700.0, horizon=4)[0] == pytest.approx(2 * 272_000.0 - 0.5 * 1500 * 80)
    assert hire_cost(values(), hours=1600.0, horizon=4)[0] == pytest.approx(272_000.0)


def test_the_break_even_by_hand_is_where_the_costs_cross():
    # (272,000 - 0.5 x 80 x 1600) / (500 - 40) hours.
    even = break_even_hours(values(), np.array([500.0]), horizon=4)
    assert even[0] == pytest.approx(208_000 / 460)
    assert hire_cost(values(), hours=even, horizon=4)[0] == pytest.approx(500.0 * even[0])


def test_a_price_below_a_busy_expert_is_never_beaten_and_used_idle_hours_may_pay_for_all():
    # A busy expert costs 272,000 / 1600 = 170 an hour.
    assert np.isinf(break_even_hours(values(), np.array([169.0]), horizon=4)[0])
    assert break_even_hours(values(), np.array([171.0]), horizon=4)[0] < 1600
    assert break_even_hours(values(reviewer_rate=400.0), np.array([500.0]), horizon=4)[0] == 0


def test_the_chance_that_buying_is_cheaper_agrees_with_the_break_even():
    result = expertise(answer(expert_hours=400.0))
    even, chance = result.row("break_even_firm"), result.row("p_buy_firm")
    assert 0 < even["conf_low"] < even["estimate"] < even["conf_high"]
    few, many = (expertise(answer(expert_hours=h)).row("p_buy_firm")["estimate"] for h in (50.0, 1500.0))
    assert few > chance["estimate"] > many


def test_the_curve_falls_with_the_hours_of_the_first_expert():
    curve = expertise(answer()).plot_data
    first = curve[curve["x"] < 1000]
    assert first["estimate"].is_monotonic_decreasing


def test_size_changes_the_pay_of_us_firms_only():
    sizes = expertise_by_size(answer(buyer="law_firm", baseline="associate")).table.set_index("term")
    assert sizes.loc[["small", "midsize", "large"], "pay"].is_monotonic_increasing
    assert not expertise_by_size(answer()).estimable
    british = answer(buyer="law_firm", baseline="associate", baseline_location="GBR")
    assert not expertise_by_size(british).estimable
    assert not expertise_by_practice(british).estimable
    assert expertise(british).estimable


def test_a_dearer_practice_needs_fewer_hours():
    by = expertise_by_practice(answer()).table.set_index("term")
    # CounselLink 2022: employment 530 an hour, mergers 955.
    assert by.at["mergers", "price"] > by.at["employment", "price"]
    assert by.at["mergers", "estimate"] < by.at["employment", "estimate"]


def test_the_cost_of_replacing_enters_only_at_its_grade():
    names = [item.name for item in hire_inputs(answer().evidence, answer().parameters)[0]]
    weaker = [item.name for item in hire_inputs(answer().evidence, Parameters(grades=["A", "B", "C"]))[0]]
    assert "recruiting_share" in names
    assert "replacement_cost" not in names
    assert "replacement_cost" in weaker
