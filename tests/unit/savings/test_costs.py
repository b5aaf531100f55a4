"""The cost model, line by line, against numbers worked out by hand."""

import numpy as np
import pytest

from lpo_analysis.savings.costs import LINES, Terms, costs

EXAMPLE = {
    "baseline_rate": 50.0,
    "provider_rate": 20.0,
    "reviewer_rate": 100.0,
    "productivity": 0.8,
    "oversight_share": 0.10,
    "quality_control_share": 0.05,
    "rework_share": 0.02,
    "selection_share": 0.01,
    "transition_share": 0.20,
    "setup_hours": 100.0,
}

EVERYTHING = {
    "communication_share": 0.02, "technology_share": 0.03, "travel_share": 0.01, "tax_share": 0.02, "indemnity_share": 0.04,
    "exit_share": 0.1, "turnover_share": 0.25, "relearning_share": 0.2, "currency_change": 0.1, "local_currency_share": 0.5,
}  # fmt: skip


def values(**changes):
    return {name: np.array([value]) for name, value in (EXAMPLE | changes).items()}


def test_an_example_worked_by_hand():
    # 1000 hours a year for 2 years without discounting; 1000/0.8 = 1250 provider hours, a fee of 25,000 a year.
    made = costs(values(), Terms(1000.0, 2, 0.0))
    expected = {
        "fee": 50_000.0,  # 2 x 25,000
        "oversight": 5_000.0,  # 10 % of the fee
        "quality_control": 12_500.0,  # 2 x 1250 h x 5 % x 100
        "rework": 2_000.0,  # 2 x 1000 h x 2 % x 50
        "selection": 250.0,  # 1 % of one year's fee
        "transition": 5_000.0,  # 20 % of one year's fee
        "setup": 10_000.0,  # 100 h x 100
    }
    assert {line: float(draws[0]) for line, draws in made.lines.items()} == pytest.approx(expected)
    assert made.baseline[0] == pytest.approx(100_000.0)
    assert made.alternative[0] == pytest.approx(84_750.0)
    assert made.rate_gap[0] == pytest.approx(0.6)
    assert made.net_saving[0] == pytest.approx(0.1525)
    # Saved a year and hour without the set-up: (100,000 - 74,750) / 2000 = 12.625; 10,000 / (2 x 12.625) hours a year.
    assert made.break_even_volume[0] == pytest.approx(10_000 / (2 * 12.625))


def test_the_lines_are_those_that_are_shown_in_the_same_order():
    assert list(costs(values(**EVERYTHING), Terms(1000.0, 2, 0.0)).lines) == list(LINES)
    few = list(costs(values(), Terms(1000.0, 2, 0.0)).lines)
    assert few == [line for line in LINES if line in few]
    assert not set(few) & {"currency", "communication", "attrition", "technology", "travel", "tax", "indemnity", "exit"}


@pytest.mark.parametrize(("years", "rate"), [(1, 0.05), (3, 0.05), (10, 0.5), (30, 1e-6)])
def test_the_annuity_is_the_sum_of_discounted_ones(years, rate):
    assert Terms(1.0, years, rate).annuity == pytest.approx(sum((1 + rate) ** -t for t in range(1, years + 1)))


def test_without_discounting_the_annuity_is_the_number_of_years():
    assert Terms(1.0, 7, 0.0).annuity == 7.0


def test_a_discount_rate_near_zero_meets_the_case_of_zero():
    assert Terms(1.0, 5, 1e-9).annuity == pytest.approx(5.0, rel=1e-6)


NOTHING = {
    "oversight_share": 0.0, "quality_control_share": 0.0, "rework_share": 0.0, "selection_share": 0.0, "transition_share": 0.0,
    "setup_hours": 0.0, "productivity": 1.0,
}  # fmt: skip


def test_the_same_cost_saves_nothing():
    made = costs(values(provider_rate=50.0, **NOTHING), Terms(1000.0, 3, 0.05))
    assert made.rate_gap[0] == 0
    assert made.net_saving[0] == pytest.approx(0.0, abs=1e-15)


def test_without_other_costs_the_net_saving_is_the_rate_gap():
    made = costs(values(**NOTHING), Terms(1000.0, 3, 0.05))
    assert made.net_saving[0] == pytest.approx(made.rate_gap[0])


def test_half_the_productivity_doubles_what_depends_on_provider_hours_only():
    full, half = (costs(values(productivity=p), Terms(1000.0, 3, 0.05)).lines for p in (1.0, 0.5))
    doubled = {"fee", "oversight", "quality_control", "selection", "transition"}
    assert {line for line in full if half[line][0] == pytest.approx(2 * full[line][0])} == doubled


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.5])
def test_at_the_break_even_volume_nothing_is_saved_or_lost(rate):
    volume = costs(values(), Terms(1000.0, 3, rate)).break_even_volume[0]
    assert costs(values(), Terms(volume, 3, rate)).net_saving[0] == pytest.approx(0.0, abs=1e-12)
    assert costs(values(), Terms(2 * volume, 3, rate)).net_saving[0] > 0
    assert costs(values(), Terms(volume / 2, 3, rate)).net_saving[0] < 0


def test_the_break_even_volume_does_not_depend_on_the_volume():
    first, second = (costs(values(), Terms(volume, 3, 0.05)).break_even_volume[0] for volume in (10.0, 1e6))
    assert first == pytest.approx(second)


def test_where_an_hour_costs_more_moved_no_volume_pays():
    made = costs(values(provider_rate=80.0), Terms(1000.0, 3, 0.05))
    assert np.isinf(made.break_even_volume[0])
    assert made.net_saving[0] < 0


def test_more_volume_never_lowers_the_net_saving():
    nets = [costs(values(), Terms(volume, 3, 0.05)).net_saving[0] for volume in (10, 100, 1000, 10_000)]
    assert nets == sorted(nets)


def test_draws_are_computed_element_by_element():
    both = {name: np.array([value, value]) for name, value in EXAMPLE.items()}
    both["provider_rate"] = np.array([20.0, 40.0])
    made = costs(both, Terms(1000.0, 2, 0.0)).net_saving
    single = [costs(values(provider_rate=rate), Terms(1000.0, 2, 0.0)).net_saving[0] for rate in (20.0, 40.0)]
    assert made.tolist() == pytest.approx(single)
