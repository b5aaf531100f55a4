"""The cost model, line by line, against numbers worked out by hand."""

import numpy as np
import pytest

from lpo_analysis import vocabulary
from lpo_analysis.savings.assisted import check_share_at_which
from lpo_analysis.savings.costs import LINES, Terms, costs, labels

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


def test_every_line_worked_by_hand():
    # 1000 hours a year for 2 years, 10 % a year; 1250 provider hours, a fee of 25,000 a year.
    made = costs(values(**EVERYTHING), Terms(1000.0, 2, 0.10))
    annuity = 1 / 1.1 + 1 / 1.21
    expected = {
        "fee": 25_000 * annuity,
        "currency": 25_000
        * 0.5
        * (0.1 / 1.1 + 0.21 / 1.21),  # half the fee is 10 % dearer in the first year, 21 % in the second
        "oversight": 2_500 * annuity,
        "communication": 1_250 * 0.02 * 100 * annuity,
        "quality_control": 1_250 * 0.05 * 100 * annuity,
        "rework": 1_000 * 0.02 * 50 * annuity,
        "selection": 250.0,
        "transition": 5_000 / 1.1,  # in the first year
        "attrition": 25_000 * 0.25 * 0.2 * annuity,
        "technology": 750 * annuity,
        "travel": 250 * annuity,
        "tax": 500 * annuity,
        "indemnity": 1_000 * annuity,
        "setup": 10_000.0,
        "exit": 2_500 / 1.21,  # at the end
    }
    assert {line: float(draws[0]) for line, draws in made.lines.items()} == pytest.approx(expected)
    assert made.baseline[0] == pytest.approx(50_000 * annuity)
    assert made.net_present_value[0] == pytest.approx(50_000 * annuity - sum(expected.values()))


def test_the_flows_worked_by_hand():
    made = costs(values(**EVERYTHING), Terms(1000.0, 2, 0.10))
    running = 25_000 + 2_500 + 2_500 + 6_250 + 1_000 + 1_250 + 750 + 250 + 500 + 1_000
    first, second = 50_000 - running - 1_250 - 5_000, 50_000 - running - 2_625 - 2_500
    assert made.flows.tolist() == [pytest.approx([-10_250.0, first, second])]


@pytest.mark.parametrize("years", [1, 3, 10])
@pytest.mark.parametrize("rate", [0.0, 0.05, 0.5])
def test_the_flows_discount_to_what_the_lines_add_up_to(years, rate):
    made = costs(values(**EVERYTHING), Terms(1000.0, years, rate))
    assert made.flows.shape == (1, years + 1)
    assert (made.flows[0] / (1 + rate) ** np.arange(years + 1)).sum() == pytest.approx(made.net_present_value[0])
    assert sum(draws[0] for draws in made.lines.values()) == made.alternative[0]


@pytest.mark.parametrize("growth", [-0.2, -0.1, 0.0, 0.05, 0.3])
def test_a_growing_amount_is_the_sum_of_its_years(growth):
    terms = Terms(1.0, 7, 0.05)
    due = sum(((1 + growth) / 1.05) ** t for t in range(1, 8))
    assert terms.growing(np.array([growth]))[0] == pytest.approx(due)
    # Where it grows as fast as it is discounted, every year counts one.
    assert terms.growing(np.array([0.05]))[0] == pytest.approx(7.0)


def test_a_fee_that_follows_no_currency_costs_the_same_whatever_the_exchange_rate():
    still = costs(values(**EVERYTHING | {"local_currency_share": 0.0}), Terms(1000.0, 3, 0.05))
    assert still.lines["currency"][0] == 0.0
    whole = {name: value for name, value in EVERYTHING.items() if name != "local_currency_share"}
    one = costs(values(**whole), Terms(1000.0, 3, 0.05)).lines
    half = costs(values(**EVERYTHING), Terms(1000.0, 3, 0.05)).lines
    assert one["currency"][0] == pytest.approx(2 * half["currency"][0])


def at_rate(rate, **changes):
    return costs(values(**EVERYTHING | {"provider_rate": rate} | changes), Terms(1000.0, 3, 0.05))


def test_at_the_break_even_rate_nothing_is_saved():
    rate = at_rate(20.0).break_even_rate[0]
    assert at_rate(rate).net_saving[0] == pytest.approx(0.0, abs=1e-12)
    assert at_rate(55.0).break_even_rate[0] == pytest.approx(rate)


def test_where_even_free_work_costs_more_the_break_even_rate_is_below_zero():
    assert at_rate(20.0, setup_hours=5_000.0).break_even_rate[0] < 0


def test_at_the_break_even_exchange_rate_nothing_is_saved():
    made = at_rate(20.0)
    rise = made.break_even_currency[0]
    # A lasting rise: in year t the part that follows costs (1 + rise) (1 + change) ** t times what it does now.
    dearer = sum(0.5 * 25_000 * rise * 1.1**t / 1.05**t for t in range(1, 4))
    assert made.net_present_value[0] == pytest.approx(dearer)


PRICED = {"unit_price": 60_000.0, "provider_hours": 1_600.0, "hours_per_unit": 0.02}


def paid(pricing, volume=1000.0, minimum=0.0, **changes):
    terms = Terms(volume, 2, 0.0, pricing_model=pricing, minimum_hours=minimum)
    return costs(values(**PRICED | changes), terms)


@pytest.mark.parametrize(("volume", "persons"), [(1.0, 1), (1_280.0, 1), (1_281.0, 2), (2_560.0, 2), (12_800.0, 10)])
def test_persons_come_whole(volume, persons):
    # A person does 1600 hours at 0.8 of the pace, 1280 hours of today's work.
    made = paid("fte", volume)
    assert made.lines["fee"][0] == pytest.approx(2 * persons * 60_000.0)
    assert made.provider_rate[0] == pytest.approx(37.5)


def test_a_fixed_fee_does_not_move_with_the_volume():
    small, large = paid("fixed_fee", 100.0), paid("fixed_fee", 10_000.0)
    assert small.lines["fee"][0] == large.lines["fee"][0] == 120_000.0
    assert small.provider_rate[0] == pytest.approx(60_000 / 125)


def test_a_price_by_the_document_follows_the_documents_of_today():
    # 1000 hours at 50 documents an hour and 60 cents: 30,000 a year, whatever the provider's pace.
    made = paid("per_document", unit_price=0.6)
    assert made.lines["fee"][0] == pytest.approx(60_000.0)
    assert made.provider_rate[0] == pytest.approx(30.0)
    assert paid("per_document", unit_price=0.6, productivity=0.4).lines["fee"][0] == pytest.approx(60_000.0)


def test_below_the_smallest_contract_the_smallest_contract_is_billed():
    made = paid("hourly", 100.0, minimum=500.0)
    assert made.lines["fee"][0] == pytest.approx(2 * 500 * 20)
    assert made.lines["quality_control"][0] == pytest.approx(2 * 125 * 0.05 * 100)  # of the 125 hours really worked
    assert paid("hourly", 1000.0, minimum=500.0).lines["fee"][0] == pytest.approx(2 * 1250 * 20)


@pytest.mark.parametrize("minimum", [0.0, 400.0, 5_000.0])
@pytest.mark.parametrize("pricing", ["hourly", "per_document", "fixed_fee"])
def test_at_the_break_even_volume_nothing_is_saved_however_it_is_paid(pricing, minimum):
    price = {"per_document": 0.3}.get(pricing, 60_000.0)
    volume = paid(pricing, 900.0, minimum, unit_price=price).break_even_volume[0]
    assert np.isfinite(volume)
    assert paid(pricing, volume, minimum, unit_price=price).net_saving[0] == pytest.approx(0.0, abs=1e-12)
    assert paid(pricing, 1.01 * volume, minimum, unit_price=price).net_saving[0] > 0
    assert paid(pricing, 0.99 * volume, minimum, unit_price=price).net_saving[0] < 0


def test_the_break_even_volume_with_persons_is_the_first_that_pays():
    volume = paid("fte", 700.0, unit_price=30_000.0).break_even_volume[0]
    assert paid("fte", volume, unit_price=30_000.0).net_saving[0] == pytest.approx(0.0, abs=1e-9)
    below = np.linspace(1.0, 0.999 * volume, 400)
    assert max(paid("fte", v, unit_price=30_000.0).net_saving[0] for v in below) < 0
    # Where one person already costs more than the hours replaced, no number of persons pays.
    assert np.isinf(paid("fte", 700.0, unit_price=90_000.0).break_even_volume[0])


def test_a_smallest_contract_of_several_persons_may_pay_before_it_is_full():
    volume = paid("fte", 700.0, minimum=3_000.0, unit_price=30_000.0).break_even_volume[0]
    assert paid("fte", volume, minimum=3_000.0, unit_price=30_000.0).net_saving[0] == pytest.approx(0.0, abs=1e-9)
    assert paid("fte", 0.99 * volume, minimum=3_000.0, unit_price=30_000.0).net_saving[0] < 0


AI = {
    "baseline_rate": 50.0, "reviewer_rate": 100.0, "setup_hours": 100.0, "software_rate": 10.0, "ai_check_share": 0.5,
    "ai_productivity": 2.0, "ai_error_share": 0.1, "ai_error_multiple": 3.0, "ai_licence_share": 0.04,
}  # fmt: skip


def with_ai(**changes):
    given = {name: np.array([value]) for name, value in (AI | changes).items()}
    return costs(given, Terms(1000.0, 2, 0.0, delivery_model="ai_assisted"))


def test_work_with_ai_worked_by_hand():
    made = with_ai()
    expected = {
        "fee": 2 * 10_000.0,  # 1000 h x 10 of software
        "quality_control": 2 * 25_000.0,  # half of 1000 h at twice the pace x 100
        "rework": 2 * 15_000.0,  # a tenth wrong in the 500 h nobody went over, at three times 100
        "technology": 2 * 1_000.0,  # 4 % of those who go over it
        "setup": 10_000.0,
    }
    assert {line: float(draws[0]) for line, draws in made.lines.items()} == pytest.approx(expected)
    assert made.provider_rate[0] == pytest.approx(35.0)
    assert made.rate_gap[0] == pytest.approx(0.3)


def test_without_a_price_by_the_piece_only_persons_and_licences_are_paid():
    given = {name: np.array([value]) for name, value in AI.items() if name != "software_rate"}
    made = costs(given, Terms(1000.0, 2, 0.0, delivery_model="ai_assisted"))
    assert "fee" not in made.lines
    assert made.provider_rate[0] == pytest.approx(25.0)


def test_the_cost_with_ai_is_linear_in_the_share_gone_over_and_the_share_solved_for_makes_it_equal():
    none, half, everything = (with_ai(ai_check_share=share).alternative for share in (0.0, 0.5, 1.0))
    assert half == pytest.approx((none + everything) / 2)
    for other in (0.9 * none + 0.1 * everything, 0.5 * none, 2 * everything):
        share = check_share_at_which(none, everything, other)[0]
        assert (none + share * (everything - none))[0] == pytest.approx(other[0])
    # By hand: nothing gone over costs 20,000 + 60,000 + 10,000, everything 20,000 + 104,000 + 10,000.
    assert check_share_at_which(none, everything, np.array([112_000.0]))[0] == pytest.approx(0.5)


def test_no_share_is_solved_for_where_going_over_is_free_or_saves():
    one = np.array([1.0])
    assert np.isnan(check_share_at_which(2 * one, one, one))[0]
    assert check_share_at_which(one, one, 2 * one)[0] == np.inf
    assert check_share_at_which(one, one, 0.5 * one)[0] == -np.inf
    assert np.isnan(check_share_at_which(one, one, one))[0]


def test_own_lawyers_cost_their_hours_and_the_set_up():
    given = {
        name: np.array([EXAMPLE[name]]) for name in ("baseline_rate", "provider_rate", "reviewer_rate", "setup_hours")
    }
    made = costs(given, Terms(1000.0, 2, 0.0, delivery_model="in_house"))
    assert {line: float(draws[0]) for line, draws in made.lines.items()} == {"fee": 40_000.0, "setup": 10_000.0}


@pytest.mark.parametrize("model", vocabulary.DELIVERY_MODELS)
def test_every_line_has_a_name_for_every_way_of_doing_the_work(model):
    assert list(labels(model)) == list(LINES)
