"""Money of one currency and price year, checked by hand against the rows of the tables."""

import csv

import pytest

from lpo_analysis import paths
from lpo_analysis.errors import MoneyError
from lpo_analysis.evidence import convert, load, price_years, real, real_frame
from lpo_analysis.evidence.money import currencies, ends


def rows(name):
    with (paths.TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


CPI = {int(row["year"]): float(row["all_items_index"]) for row in rows("cpi_us_annual")}
FX = {
    (row["currency"], int(row["year"])): float(row["units_per_usd"])
    for row in rows("fx_annual")
    if row["months"] == "12"
}
LAST = max(CPI)


def test_dollars_are_deflated_by_the_ratio_of_the_index():
    step = real(100.0, "USD", 2010, price_year=2020)
    assert step.amount == pytest.approx(100 * CPI[2020] / CPI[2010])
    assert step.amount == pytest.approx(118.69, abs=0.01)
    assert step.record == "US CPI 2010 to 2020 x 1.1869"
    assert (step.currency, step.price_year, step.undeflated) == ("USD", 2020, False)


def test_pounds_are_converted_at_the_rate_of_their_year():
    step = convert(100.0, "GBP", "USD", 2010)
    assert step.amount == pytest.approx(100 / FX["GBP", 2010])
    assert step.amount == pytest.approx(154.39, abs=0.01)
    assert "GBP per USD (2010, ecb_cross_rate)" in step.record


def test_a_cross_rate_goes_through_the_dollar():
    assert convert(1.0, "GBP", "INR", 2015).amount == pytest.approx(FX["INR", 2015] / FX["GBP", 2015])


def test_foreign_money_is_converted_then_deflated_then_put_into_the_currency_asked_for():
    step = real(1000.0, "INR", 2010, to="GBP", price_year=2020)
    assert step.amount == pytest.approx(1000 / FX["INR", 2010] * CPI[2020] / CPI[2010] * FX["GBP", 2020])
    assert step.factor == pytest.approx(step.amount / 1000)
    for part in ("INR per USD (2010", "US CPI 2010 to 2020", "GBP per USD (2020"):
        assert part in step.record


def test_a_year_after_the_last_index_year_is_flagged_and_left_as_it_is():
    step = real(100.0, "USD", LAST + 1, price_year=LAST)
    assert (step.amount, step.undeflated) == (100.0, True)
    assert f"not deflated: {LAST + 1} lies after the last index year {LAST}" in step.record


def test_the_same_money_needs_no_conversion():
    assert convert(5.0, "USD", "USD", 1900).record == "no conversion"
    assert real(5.0, "USD", 2020, price_year=2020).amount == 5.0


@pytest.mark.parametrize("currency", ["EUR", "GBP", "INR", "PHP"])
def test_there_and_back_is_where_it_began(currency):
    there = real(250.0, currency, 2012, to="USD", price_year=2022)
    back = real(there.amount, "USD", 2022, to=currency, price_year=2012)
    assert back.amount == pytest.approx(250.0)


def test_an_unknown_currency_is_refused_with_what_there_is():
    with pytest.raises(MoneyError, match=r"'GPB' is no currency of the table.*Did you mean 'GBP'"):
        convert(1.0, "GPB", "USD", 2010)


def test_a_year_without_a_rate_is_refused_with_the_years_there_are():
    with pytest.raises(MoneyError, match=r"no yearly rate of GBP for 1990.*The table has 1999 to 2025"):
        convert(1.0, "GBP", "USD", 1990)


def test_a_part_of_a_year_is_no_yearly_rate():
    assert ("CNY", "2005", "9") in {(row["currency"], row["year"], row["months"]) for row in rows("fx_annual")}
    with pytest.raises(MoneyError, match="no yearly rate of CNY for 2005"):
        convert(1.0, "CNY", "USD", 2005)


@pytest.mark.parametrize("year", [1900, LAST + 1])
def test_a_price_year_outside_the_index_is_refused(year):
    with pytest.raises(MoneyError, match=f"price year {year} is outside the price index"):
        real(1.0, "USD", 2010, price_year=year)


def test_a_figure_before_the_index_is_refused():
    with pytest.raises(MoneyError, match="A figure of 1950 cannot be deflated"):
        real(1.0, "USD", 1950, price_year=2020)


def test_the_tables_say_what_they_cover():
    assert price_years() == (min(CPI), max(CPI))
    assert currencies()[0] == "USD"
    assert set(currencies()) == {"USD"} | {currency for currency, _ in FX}


def test_a_frame_is_converted_row_by_row_and_its_open_ends_stay_open():
    names = [
        "valuenotes_low_2007",
        "cba_lpo_rate",
        "bloomberg_india_review_min_2007",
        "outsec_typist_rate",
        "ve_paralegal_rate",
    ]
    frame = load().observations.loc[names]
    result = real_frame(frame, price_year=2024)
    assert result.loc["valuenotes_low_2007", "real_low"] == pytest.approx(10 * CPI[2024] / CPI[2007])
    assert result.loc["valuenotes_low_2007", "real_high"] == pytest.approx(25 * CPI[2024] / CPI[2007])
    assert result.loc["cba_lpo_rate", "real_low"] == result.loc["cba_lpo_rate", "real_high"]
    assert result["real_high"].isna().tolist() == [False, False, True, False, False]
    assert result.loc["outsec_typist_rate", "real_low"] == pytest.approx(19.5 / FX["GBP", 2023] * CPI[2024] / CPI[2023])
    assert result["undeflated"].tolist() == [False] * 4 + [True]
    assert result["observed"].tolist() == frame["year_start"].tolist()
    assert "real_low" not in frame


def test_a_period_is_taken_at_its_middle():
    frame = load().observations.loc[["cba_lpo_rate"]].assign(year_start=2008, year_end=2013)
    assert real_frame(frame, price_year=2024)["observed"].tolist() == [2010]


def test_an_empty_frame_keeps_its_columns():
    result = real_frame(load().observations.iloc[:0], price_year=2024)
    assert {"real_low", "real_high", "money_record", "undeflated", "observed"} <= set(result.columns)


def test_a_unit_that_is_no_money_is_refused_by_name():
    frame = load().observations.query("unit == 'percent'").iloc[:1]
    with pytest.raises(MoneyError, match=f"observation {frame.index[0]}: The unit 'percent' is no money"):
        real_frame(frame, price_year=2024)


def test_a_ceiling_has_only_an_upper_end():
    low, high = ends(load().observations.loc["cio_productivity_cost"])
    assert low != low
    assert high == 20
