"""Counts of registers: a rate a year of reporting, and why there is none per firm."""

from functools import cache

import numpy as np
import pytest

from lpo_analysis.evidence import load, table
from lpo_analysis.methods.count_rates import count_trend
from lpo_analysis.methods.multiplicity import holm
from lpo_analysis.risk import Parameters
from lpo_analysis.risk import registers as registers_module
from lpo_analysis.risk.registers import registers


@cache
def shown(grades=("A", "B")):
    return registers(load(), Parameters(grades=list(grades)))


def test_years_without_a_notice_count_and_the_year_that_was_not_over_does_not():
    row = shown().row("washington_legal")
    assert (row["total"], row["n_obs"]) == (14, 8)
    assert row["estimate"] == pytest.approx(14 / 8)
    assert shown().n_dropped == 4


def test_a_single_count_is_spread_over_its_years():
    row = shown().row("ico_legal_2019_2024")
    assert row["estimate"] == pytest.approx(4587 / 6)
    assert np.isnan(row["p_poisson"])
    assert shown().row("sra_cybercrime")["estimate"] == pytest.approx(458 / 4)


def test_the_exposure_of_a_collection_is_what_it_collected():
    vcdb = table("breaches_vcdb_by_year").astype(int)
    vcdb = vcdb[vcdb["year"].between(2010, 2018)]
    row = shown().row("vcdb_legal_share")
    assert row["estimate"] == pytest.approx(1000 * vcdb["incidents_legal"].sum() / vcdb["incidents_all"].sum())
    assert row["unit"] == "events per 1,000 incidents collected"


def test_more_scatter_than_poisson_is_told_and_widens_the_interval():
    row = shown().row("vcdb_professional_services")
    assert row["ratio"] > 5
    assert row["p_poisson"] < 0.001
    assert row["conf_low"] < row["poisson_low"] < row["poisson_high"] < row["conf_high"]
    assert "negative binomial" in row["method"]
    assert "Poisson, exact" in shown().row("vcdb_legal")["method"]


def test_a_trend_needs_five_whole_years():
    table_ = shown().table.set_index("term")
    assert table_.loc["washington_legal", "yearly_low"] > 1
    assert np.isnan(table_.loc["state_ag", "yearly"])


def test_a_trend_of_counts_that_stand_there_twice_is_tested_once_and_adjusted_with_the_others():
    frame = shown().table.set_index("term")
    tested = frame["p_yearly"].dropna()
    assert set(tested.index) == {"vcdb_legal", "vcdb_professional_services", "washington_legal"}
    alone = [
        count_trend(s.counts, s.years, s.exposure, level=0.9).p_value
        for s in registers_module._collected()
        if s.term in tested.index
    ]
    assert sorted(tested) == pytest.approx(sorted(holm(np.array(alone))))
    assert "Of 3 registers with 5 whole years or more" in shown().text
    assert "Holm's adjustment for 3 tests" in shown().text


def test_no_rate_per_firm_and_no_ratio_of_sectors():
    row = shown().row("per_firm")
    assert np.isnan(row["estimate"])
    assert "no number of firms" in row["method"] or "number of firms" in row["method"]
    assert "not estimable, because no register comes with a number of firms (0 denominators)" in shown().text


def test_two_counts_of_one_regulator_that_cannot_both_be_right_are_said_to_be_so():
    check = next(c for c in shown().checks if c.name == "UK counts agree")
    assert check.passed is False
    assert "4,587" in check.text
    assert "3,917" in check.text
    assert "the two do not count the same" in check.text
    assert "contradict each other" in shown().text


@pytest.mark.parametrize("grades", [("A",), ("B",), ("C",), ("D",), ("A", "B", "C", "D")], ids="".join)
def test_every_set_of_grades_answers_or_says_why_not(grades):
    result = shown(grades)
    assert result.text.endswith(".")
    assert "nan" not in result.text
    if not result.estimable:
        assert "(0 series)" in result.text


def test_every_register_is_tested_once_and_the_tests_share_their_error():
    # Holm (1979): the smallest of m p-values times m, and so on, never falling.
    frame = shown().table.set_index("term")
    tested = frame["p_adjusted"].dropna()
    assert not [term for term in tested.index if term.endswith("_share")]
    raw = frame.loc[tested.index, "p_poisson"].sort_values()
    wanted = (raw * np.arange(len(raw), 0, -1)).cummax().clip(upper=1.0)
    assert tested.loc[wanted.index].to_numpy() == pytest.approx(wanted.to_numpy())
    (check,) = [c for c in shown().checks if c.name == "Poisson"]
    over = frame.loc[tested.index[tested < 0.05], "label"]
    assert check.text.count("variance over mean") == len(over)
    assert f"of {len(tested)} with several counts {len(over)} scatter" in shown().text.lower()


def test_two_periods_carry_no_negative_binomial():
    row = shown().row("ico_legal_periods")
    assert row["n_obs"] == 2
    assert "negative binomial" not in row["method"]
    assert np.isnan(row["alpha"])
    assert np.isnan(row["conf_low"])
    assert "interval not estimable: 2 periods" in row["method"]
