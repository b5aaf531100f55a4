"""Price drift and exchange rates, against tables and numbers worked out by hand."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.errors import MoneyError
from lpo_analysis.evidence import load, table
from lpo_analysis.evidence.currencies import CURRENCY_OF, yearly_changes
from lpo_analysis.evidence.money import currencies
from lpo_analysis.methods.random_walk import largest_move, spread_over, volatility
from lpo_analysis.savings import Parameters, analyse
from lpo_analysis.savings.currency import currency_inputs, currency_risk, pair
from lpo_analysis.savings.drift import carried_share, drift_effect, drift_input, observed_growth


@cache
def answer(**changes):
    return analyse(Parameters.from_mapping({"draws": 256} | changes))


def drift(**changes):
    observed = changes.pop("observed", 2009.0)
    return drift_input(Parameters.from_mapping(changes), evidence=load(), observed=observed)


def test_the_carried_share_by_hand():
    # Growth and price of the same year, half-life 1, two years on: (1/2 + 1/4) / 2.
    assert carried_share(0.0, 1.0, 2) == pytest.approx(0.375)
    # The price one year after the growth: (1/4 + 1/8) / 2. Looking back, the distances are 0 and 1.
    assert carried_share(1.0, 1.0, 2) == pytest.approx(0.1875)
    assert carried_share(0.0, 1.0, -2) == pytest.approx(0.75)


def test_full_carry_is_wages_less_depreciation_less_inflation():
    growth = observed_growth(load(), "IND", ("A", "B"), 1.5, (2009, 2024))
    fx = table("fx_annual").query("currency == 'INR'").set_index("year")["units_per_usd"]
    cpi = table("cpi_us_annual").set_index("year")["all_items_index"]
    # bpo_wage_inflation_2007: 30 to 36 percent, widened by 1.5 on either side.
    assert (growth.low, growth.high) == pytest.approx((0.2, 0.54))
    by_hand = np.log(1 + np.sqrt(0.2 * 0.54)) - np.log(fx[2024] / fx[2009]) / 15 - np.log(cpi[2024] / cpi[2009]) / 15
    assert growth.full == pytest.approx(by_hand)
    assert growth.rows == ("bpo_wage_inflation_2007",)


def test_the_drift_climbs_only_as_far_as_the_rows_bear():
    assert drift().rung == 3
    assert drift(grades=["A"]).rung == 4
    assert drift(location="PHL").rung == 4
    assert drift(observed=2024.0).rung == 4
    assert (drift(location="PHL").low, drift(location="PHL").high) == (-0.03, 0.03)
    # Forecasts are no actuals: with grade C a second study of another year comes in, and no forecast.
    assert set(drift(grades=["A", "B", "C"]).rows) == {"bpo_wage_inflation_2007", "nasscom_bpo_wage_rise"}


def test_a_shorter_half_life_and_a_later_observation_bring_the_drift_to_the_long_run():
    def middle(**changes):
        return drift(**changes).median

    assert middle(drift_half_life=[0.1, 0.1]) == pytest.approx(0.0, abs=2e-3)
    assert middle(drift_half_life=[0.5, 1.0]) < middle() < middle(drift_half_life=[5.0, 10.0])
    endless = middle(drift_half_life=[1e6, 1e6])
    growth = observed_growth(load(), "IND", ("A", "B"), 1.5, (2009, 2024))
    # The input is normal through two quantiles of a skewed quantity, so its middle is not quite the median.
    assert endless == pytest.approx(np.expm1(growth.full), abs=0.05)


def test_the_effect_of_the_drift_is_told_beside_none():
    result = drift_effect(answer())
    by = result.table.set_index("term")
    assert by.at["used", "estimate"] == answer().numbers.row("net_saving")["estimate"]
    assert by.at["none", "drift"] == 0.0
    assert by.at["full", "drift"] > by.at["used", "drift"] > by.at["none", "drift"]
    assert by.at["full", "estimate"] < by.at["used", "estimate"] < by.at["none", "estimate"]
    assert {"Prices are not pay", "Implied pay growth", "Forecasts left out"} <= {check.name for check in result.checks}
    assert not drift_effect(answer(location="US-OH")).estimable
    assert "full" not in drift_effect(answer(location="PHL")).table["term"].tolist()


@pytest.mark.parametrize("currency", currencies())
def test_every_currency_of_the_table_has_a_history(currency):
    if currency == "USD":
        assert (yearly_changes("USD", "USD") == 0).all()
        return
    fx = table("fx_annual").query("currency == @currency and months == 12").set_index("year")["units_per_usd"]
    changes = yearly_changes(currency, "USD")
    last = int(changes.index.max())
    assert changes[last] == pytest.approx(-np.log(fx[last] / fx[last - 1]))
    # Seen from the other side the change is the same with the other sign.
    assert (changes + yearly_changes("USD", currency)).abs().max() < 1e-12


def test_a_cross_rate_is_the_difference_of_two():
    cross = yearly_changes("INR", "GBP")
    both = yearly_changes("INR", "USD") - yearly_changes("GBP", "USD")
    assert cross.to_numpy() == pytest.approx(both.dropna().loc[cross.index].to_numpy())


def test_a_currency_that_is_not_there_is_refused():
    with pytest.raises(MoneyError, match="XYZ"):
        yearly_changes("XYZ", "USD")


def test_every_country_of_the_map_has_its_currency_in_the_table():
    assert set(CURRENCY_OF.values()) <= set(currencies())


def test_the_volatility_interval_by_hand():
    # Standard deviation of 1, 2, 3, 4, 5 is sqrt(2.5); chi-squared with 4 degrees at 5% and 95%: 0.7107 and 9.4877.
    sd, low, high = volatility(pd.Series([1.0, 2.0, 3.0, 4.0, 5.0]), level=0.9)
    assert sd == pytest.approx(np.sqrt(2.5))
    assert (low, high) == pytest.approx((np.sqrt(10 / 9.4877), np.sqrt(10 / 0.7107)), rel=1e-4)


def test_the_largest_move_by_hand():
    changes = pd.Series([0.1, -0.2, -0.2, 0.3], index=[2001, 2002, 2003, 2004])
    assert largest_move(changes, years=2) == (pytest.approx(-0.4), 2003)
    assert largest_move(changes, years=5) is None


def test_a_year_is_its_own_horizon_and_a_long_one_meets_simulated_averages():
    assert spread_over(1) == pytest.approx(1.0)
    rng = np.random.default_rng(4)
    days, years = 60, 5
    walk = rng.standard_normal((20_000, (years + 1) * days)).cumsum(axis=1)
    averages = walk.reshape(20_000, years + 1, days).mean(axis=2)
    moved = averages[:, 1:] - averages[:, :1]
    simulated = moved.mean(axis=1).std() * 2 / (years + 1) / moved[:, 0].std()
    assert spread_over(years) == pytest.approx(simulated, rel=0.03)


def test_the_pair_is_that_of_the_two_places_whatever_the_report_is_printed_in():
    assert pair(Parameters()) == ("INR", "USD")
    assert pair(Parameters(currency="EUR")) == ("INR", "USD")
    assert pair(Parameters(baseline_location="GBR", baseline="associate", location="GB-NIR")) is None
    assert currency_inputs(Parameters(location="US-OH")) == ()


def test_the_contract_currency_decides_what_follows():
    buyers, providers = currency_inputs(Parameters()), currency_inputs(Parameters(contract_currency="provider"))
    assert [item.name for item in buyers] == ["currency_change", "local_currency_share"]
    assert [item.name for item in providers] == ["currency_change"]
    assert currency_inputs(Parameters(local_currency_share=[0.0, 0.0])) == ()
    assert buyers[0].low == -buyers[0].high


def test_the_history_is_told_with_real_and_nominal_apart():
    by = currency_risk(answer()).table.set_index("term")
    assert by.at["real_change", "estimate"] < by.at["nominal_change", "estimate"] < 0
    assert by.at["effect", "estimate"] < 0
    british = currency_risk(answer(baseline_location="GBR", baseline="associate", buyer="law_firm", currency="EUR"))
    assert np.isnan(british.row("real_change")["estimate"])
    assert "printed in EUR" in british.text
    assert "same currency" in currency_risk(answer(location="US-OH")).text
