"""The loss of a year: transform, recursion, simulation and analytic moments agree, and chance is kept from what is not known."""

from functools import cache

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.evidence import load
from lpo_analysis.methods.compound import aggregate_loss
from lpo_analysis.methods.frequency import mixed_poisson
from lpo_analysis.methods.severity import Points
from lpo_analysis.risk import Parameters, analyse, annual_loss
from lpo_analysis.risk.annual import CARRIED, compound
from lpo_analysis.risk.inputs import expected_loss_of, mean_cost
from lpo_analysis.risk.rates import at_least_one, rates


@cache
def asked(**changes):
    return Parameters(**({"draws": 1024} | {k: list(v) if isinstance(v, tuple) else v for k, v in changes.items()}))


@cache
def loss(**changes):
    return annual_loss(load(), asked(**changes))


def test_a_compound_poisson_has_its_analytic_moments_and_its_first_tail():
    # Uniform cost on 100 to 300: E S = 0.7 m1, Var S = 0.7 m2; Klugman, Panjer and Willmot, compound Poisson.
    cost = Points(100 + 200 * (np.arange(512) + 0.5) / 512)
    (one,) = compound(np.array([0.7]), [cost]).given
    m1, m2 = 200.0, (300**3 - 100**3) / 3 / 200
    mean = one.probabilities @ one.values
    assert one.mean == pytest.approx(0.7 * m1)
    assert mean == pytest.approx(0.7 * m1, rel=1e-6)
    assert one.probabilities @ (one.values - mean) ** 2 == pytest.approx(0.7 * m2, rel=1e-3)
    # Nothing is lost without an event; two events cost 200 at least, one at most 300.
    assert one.cdf(0.0) == pytest.approx(np.exp(-0.7), rel=1e-9)
    assert one.cdf(190.0) == pytest.approx(np.exp(-0.7) * (1 + 0.7 * 0.45), abs=2e-3)


def test_with_one_cost_the_mean_over_draws_is_the_mixed_poisson():
    # Two ways to the same: a transform a draw, averaged, and one transform of counts mixed over the draws' rates.
    cost, frequencies = Points([50.0, 80.0, 300.0], [0.5, 0.3, 0.2]), np.linspace(0.05, 2.5, 64)
    years = compound(frequencies, [cost] * 64)
    mixed = aggregate_loss(mixed_poisson(frequencies), cost, step=years.grid.step, size=years.grid.size)
    assert years.whole.probabilities == pytest.approx(mixed.probabilities, abs=1e-9)
    assert years.whole.mean == pytest.approx(mixed.mean)
    assert years.whole.tvar(0.99) == pytest.approx(mixed.tvar(0.99))


def test_points_of_a_lognormal_give_the_moments_of_the_compound_lognormal():
    cost = stats.lognorm(s=0.8, scale=1000)
    points = Points(cost.ppf((np.arange(4096) + 0.5) / 4096))
    (one,) = compound(np.array([1.5]), [points]).given
    mean = float(one.probabilities @ one.values)
    assert mean == pytest.approx(1.5 * cost.mean(), rel=3e-3)
    spread = float(np.sqrt(one.probabilities @ (one.values - mean) ** 2))
    assert spread == pytest.approx(np.sqrt(1.5 * (cost.var() + cost.mean() ** 2)), rel=2e-2)


@pytest.mark.parametrize("changes", [{}, {"records": 0}, {"records": 700}, {"records": 10**9}, {"buyer_size": "small"}, {"reached_share": (0.3, 0.3)}])  # fmt: skip
def test_recursion_simulation_and_moments_confirm_the_transform(changes):
    checks = {check.name: check for check in loss(**changes).checks}
    for name in ("Moments", "Panjer", "Simulation", "Draws"):
        assert checks[name].passed, checks[name]


def test_frequency_and_severity_are_of_the_same_event():
    values = loss().model["draws"]
    client = rates(values)[1]
    assert loss().row("expected_loss")["estimate"] == pytest.approx(np.mean(client * mean_cost(values, asked())))
    assert loss().row("p_client_breach")["estimate"] == pytest.approx(
        np.mean(at_least_one(client, 3, values["firm_variation"]))
    )


@pytest.mark.parametrize("records", [0, 700, 20_000])
def test_no_breach_costs_less_than_the_response(records):
    values = loss(records=records).model["draws"]
    assert (mean_cost(values, asked(records=records)) >= values["response_floor"] - 1e-6).all()
    if not records:
        assert loss(records=0).row("severity")["estimate"] == pytest.approx(np.mean(values["response_floor"]))


def test_the_loss_grows_with_the_records_and_the_chance_does_not():
    results = [loss(records=n) for n in (0, 700, 20_000, 10**9)]
    for term in ("expected_loss", "value_at_risk", "tail_value_at_risk"):
        losses = [result.row(term)["estimate"] for result in results]
        assert losses == sorted(losses)
    assert len({result.row("p_client_breach")["estimate"] for result in results}) == 1


@pytest.mark.parametrize("records", [0, 20_000, 10**9])
def test_the_exceedance_falls_with_the_amount_and_is_a_probability(records):
    curve = loss(records=records).plot_data
    assert curve["x"].is_monotonic_increasing
    for column in ("estimate", "conf_low", "conf_high"):
        assert (curve[column].diff().dropna() <= 1e-9).all()
        assert curve[column].between(-1e-12, 1).all()
    assert (curve["conf_low"] <= curve["conf_high"]).all()


def test_the_exceedance_of_next_to_nothing_is_the_chance_of_a_breach_in_the_year():
    client, squared = rates(loss().model["draws"])[1][:CARRIED], loss().model["draws"]["firm_variation"][:CARRIED] ** 2
    chance = 1 - (1 + squared * client) ** (-1 / squared)
    first = loss().plot_data.iloc[0]
    assert first["estimate"] == pytest.approx(np.mean(chance), rel=1e-6)
    assert first["conf_high"] == pytest.approx(np.quantile(chance, 0.95), rel=1e-6)


def test_the_year_of_firms_that_differ_is_a_compound_negative_binomial():
    # Klugman, Panjer and Willmot: P(0) = (1 + beta)^(-r) with r = 1 / c^2 and beta = c^2 rate; Var N = rate (1 + beta).
    cost = Points(np.array([100.0]))
    (one,) = compound(np.array([0.7]), [cost], variation=1.5).given
    assert one.cdf(0.0) == pytest.approx((1 + 2.25 * 0.7) ** (-1 / 2.25), rel=1e-9)
    mean = one.probabilities @ one.values
    assert mean == pytest.approx(70, rel=1e-6)
    assert one.probabilities @ (one.values - mean) ** 2 == pytest.approx(1e4 * 0.7 * (1 + 2.25 * 0.7), rel=1e-3)


def test_the_share_of_idle_worst_years_and_their_interval_are_told():
    made = loss()
    idle = np.mean([one.cdf(0.0) >= 0.99 for one in made.model["years"].given])
    assert 0.05 < idle < 0.5
    assert f"in {idle:.0%} of the draws of the inputs even such a year passes without a breach" in made.text
    assert "or more ($0 to $" in made.text
    assert "even such a year" not in loss(tail_years=1000, horizon_years=5).text or loss(tail_years=1000, horizon_years=5).row("value_at_risk")["conf_low"] == 0  # fmt: skip


def test_where_those_who_do_not_know_are_borrowed_the_case_of_larger_firms_is_told():
    (told,) = [check.text for check in loss().checks if check.name == "Don't-knows"]
    assert "borrowed from firms of all sizes (19%)" in told
    assert "firms of 100 to 499 lawyers (57%)" in told
    # Read directly: 57% of all firms are 57 / 59.5 of those not said to be breached.
    values = dict(loss().model["draws"])
    rng = np.random.default_rng(2)
    values["breached_unknown"] = rng.uniform(0, 0.57 / 0.595, len(values["breached_share"]))
    wanted = np.mean(at_least_one(rates(values)[1], 3, values["firm_variation"]))
    assert float(told.partition("would be ")[2].partition("%")[0]) == pytest.approx(100 * wanted, abs=0.7)
    assert not [check for check in loss(buyer_size="large").checks if check.name == "Don't-knows"]


def test_the_worst_years_are_those_of_simulated_ones():
    # Two thousand years a draw, inputs and events drawn anew: chance and what is not known together.
    values, p = loss().model["draws"], asked()
    rng, totals = np.random.default_rng(7), []
    for i in range(CARRIED):
        squared = values["firm_variation"][i] ** 2
        counts = rng.poisson(rates(values)[1][i] * rng.gamma(1 / squared, squared, 4000))
        mean = values["mean_reach"][i]
        reach = rng.uniform(size=counts.sum()) ** ((1 - mean) / mean)
        costs = np.maximum(values["response_floor"][i], p.records * reach * values["cost_per_record"][i])
        totals.append(np.bincount(np.repeat(np.arange(4000), counts), costs, 4000))
    years = np.sort(np.concatenate(totals))
    assert years.mean() == pytest.approx(loss().model["years"].whole.mean, rel=0.02)
    assert np.quantile(years, 0.99) == pytest.approx(loss().row("value_at_risk")["estimate"], rel=0.03)
    assert years[-len(years) // 100 :].mean() == pytest.approx(loss().row("tail_value_at_risk")["estimate"], rel=0.02)


def test_a_longer_wait_for_the_worst_year_makes_it_worse_and_the_tail_mean_is_no_smaller():
    found = [loss(tail_years=years).table.set_index("term")["estimate"] for years in (2, 100)]
    for term in ("value_at_risk", "tail_value_at_risk"):
        values = [one[term] for one in found]
        assert values == sorted(values)
    for one in found:
        assert one["tail_value_at_risk"] >= one["value_at_risk"]
    assert "may pass without one" in loss(tail_years=2).text


def test_what_is_as_good_as_never_is_told_without_ranges_of_nothing():
    text = loss(buyer_size="small").text
    assert "$0 to $0" not in text
    assert "runs from under 1% to" in text


def test_the_interval_is_what_is_not_known_and_not_chance():
    # With inputs that are known, years still differ but the interval closes.
    values = {name: np.full(64, float(np.median(column))) for name, column in loss().model["draws"].items()}
    years = compound(rates(values)[1], [Points(np.array([1e5, 1e6]))] * 64)
    middle, low, high = years.read(lambda one: one.tvar(0.99), 0.9)
    assert low == pytest.approx(middle, rel=1e-9)
    assert high == pytest.approx(middle, rel=1e-9)
    assert years.whole.quantile(0.999) > years.whole.quantile(0.5)


def test_an_interval_holds_its_mean_and_widens_with_the_level():
    narrow, wide = loss().table.iloc[:3], loss(level=0.98).table.iloc[:3]
    assert (narrow["conf_low"] < narrow["estimate"]).all()
    assert narrow["estimate"].tolist() == wide["estimate"].tolist()
    assert (wide["conf_high"] > narrow["conf_high"]).all()


def test_the_seed_may_be_zero_and_gives_the_same_twice():
    first, again = (annual_loss(load(), Parameters(seed=0, draws=256)).table for _ in range(2))
    assert first.equals(again)


def test_own_incidents_change_how_often_and_not_how_much():
    usual, own = loss(), annual_loss(load(), asked(), rate=(3.0, 10.0))
    assert own.row("expected_loss")["estimate"] > 2 * usual.row("expected_loss")["estimate"]
    assert own.row("severity")["estimate"] == pytest.approx(usual.row("severity")["estimate"], rel=0.02)
    assert analyse(asked(), rate=(3.0, 10.0)).loss.table.equals(own.table)


@pytest.mark.parametrize("size", ["midsize"])
def test_where_an_input_has_no_figure_at_these_grades_nothing_is_estimated(size):
    analysis = analyse(Parameters(buyer_size=size, grades=["A"], draws=256))
    whole = analyse(asked())
    for name in ("loss", "increment", "shares", "tree", "cost"):
        made, full = getattr(analysis, name), getattr(whole, name)
        assert not made.estimable
        assert made.text.startswith("Not estimable, because no ")
        assert made.table["term"].tolist() == full.table["term"].tolist()
        # The report prints the labels.
        assert made.table["label"].tolist() == full.table["label"].tolist()
    assert analysis.drivers().empty


def test_the_drivers_move_the_expected_loss_and_show_the_mean_reach():
    frame = analyse(asked()).drivers().set_index("input")
    assert "third_party_share" not in frame.index
    assert set(frame.index) == {"breached_share", "breached_unknown", "memory_years", "firm_variation", "client_share", "cost_per_record", "response_floor", "mean_reach"}  # fmt: skip
    middle = {name: np.array([value]) for name, value in loss().model["inputs"].medians().items()}
    assert frame.loc["cost_per_record", "base"] == pytest.approx(expected_loss_of(middle, asked())[0])
    # The mean lies evenly between 5% and 100%; the floor of the response raises the low end alone.
    assert 8 < frame.loc["mean_reach", "at_high"] / frame.loc["mean_reach", "at_low"] < 0.9525 / 0.0975


def test_other_grades_are_asked_the_same_question():
    frame = analyse(asked(draws=256)).by_grades()
    assert frame["grades"].tolist() == ["A, B", "A, B, C", "A, B, C, D"]
    assert frame["p"].between(0, 1).all()
    assert (frame["rows"] > 5).all()
    # One newer row of grade C takes the place of two older ones of grade B, and the table says so.
    assert frame["ever"].iloc[0] == "40% (2021, 2 rows of grade B)"
    assert frame["ever"].iloc[1] == "35% (2023, 1 row of grade C)"
