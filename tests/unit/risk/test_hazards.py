"""Rates by size and year, trends, and what could be pooled."""

import dataclasses
from functools import cache

import numpy as np
import pytest
from statsmodels.api import OLS, add_constant

from lpo_analysis.evidence import load
from lpo_analysis.risk import Parameters
from lpo_analysis.risk.hazards import hazards, pooled, trend


@cache
def shown(grades=("A", "B"), **changes):
    return hazards(load(), Parameters(grades=list(grades), **changes))


def changed(column, values):
    e = load()
    o = e.observations.copy()
    for name, value in values.items():
        o.loc[name, column] = value
    return dataclasses.replace(e, observations=o)


def test_a_rate_worked_by_hand():
    # 2018, all firms: 23% breached, 18% do not know, in the same survey; T 5 to 15 years.
    row = shown().row("aba2018_breach_all")
    assert row["dont_know"] == 0.18
    assert row["conf_low"] == pytest.approx(-np.log(0.77) / 15)
    assert row["estimate"] == pytest.approx(-np.log(1 - 0.23 / 0.82) / np.sqrt(75))
    assert row["conf_high"] == pytest.approx(-np.log(1 - 0.41) / 5)


def test_every_share_ever_breached_has_a_rate_in_order():
    table = shown().table
    ever = table[table["size"].isin(["small", "midsize", "large", "all"])]
    assert len(ever) == 24
    assert (ever["conf_low"] < ever["estimate"]).all()
    assert (ever["estimate"] < ever["conf_high"]).all()
    assert ever["level"].isna().all(), "bounds have no level"


def test_dont_knows_are_those_of_the_year_where_there_are_some():
    table = shown().table.set_index("term")
    assert table.loc["aba2015_breach_all", "dont_know"] == 0.23
    assert table.loc["aba2021_breach_1_9", "dont_know_of"] == "the size, 2023"
    assert table.loc["aba2021_breach_10_49", "dont_know_of"] == "all firms, 2023"


def test_the_interval_of_chance_stands_only_where_n_is_told():
    table = shown().table.set_index("term")
    told = table[table["sampling_low"].notna()]
    assert set(told.index) == {"aba2015_breach_all", "legalweek_2012", "pwc_2015", "pwc_2016", "pwc_2019"}
    assert told.loc["aba2015_breach_all", "sampling_low"] < 0.15 < told.loc["aba2015_breach_all", "sampling_high"]


def test_all_hit_in_the_past_year_is_a_floor():
    row = shown().row("pwc_2019")
    assert row["share"] == 1
    assert np.isfinite(row["estimate"])
    assert row["estimate"] == pytest.approx(row["conf_low"])
    assert np.isnan(row["conf_high"])


def test_a_share_of_none_without_n_says_so():
    result = hazards(changed("value", {"aba2022_breach_all": 0.0}), Parameters())
    row = result.row("aba2022_breach_all")
    assert np.isnan(row["estimate"])
    assert "n is not told" in row["method"]
    everything = hazards(load(), Parameters(buyer_size="all")).plot_data
    assert (
        len(hazards(changed("value", {"aba2022_breach_all": 0.0}), Parameters(buyer_size="all")).plot_data)
        == len(everything) - 1
    )
    with_n = hazards(changed("value", {"aba2015_breach_all": 0.0}), Parameters()).row("aba2015_breach_all")
    assert with_n["conf_low"] > 0


def test_the_trend_is_least_squares_on_log_odds():
    o = load().observations
    rows = o[(o["metric"] == "breach_prevalence") & (o["category"] == "ever_breached")]
    share, year = rows["value"].astype(float) / 100, rows["year_end"].astype(float)
    fit = OLS(np.log(share / (1 - share)), add_constant(year)).fit()
    row = trend(load(), Parameters()).row("trend_all")
    assert row["estimate"] == pytest.approx(np.exp(fit.params["year_end"]))
    assert [row["conf_low"], row["conf_high"]] == pytest.approx(
        np.exp(fit.conf_int(alpha=0.1).loc["year_end"]).tolist()
    )
    assert "n" in trend(load(), Parameters()).checks[0].text


def test_where_every_n_is_told_the_survey_has_an_effect_of_its_own():
    e = load()
    o = e.observations.copy()
    rows = o.index[(o["metric"] == "breach_prevalence") & (o["category"] == "ever_breached")]
    o.loc[rows, "sample_size"] = 800
    o.loc[rows, "study_id"] = [f"s{i}" for i in range(len(rows))]
    row = trend(dataclasses.replace(e, observations=o), Parameters()).row("trend_all")
    assert "random effects" in row["method"]
    assert row["conf_low"] < row["estimate"] < row["conf_high"]


def test_fewer_than_four_waves_have_no_trend():
    table = trend(load(), Parameters()).table.set_index("term")
    assert table.loc["trend_100_499", "waves"] == 3
    assert np.isnan(table.loc["trend_100_499", "estimate"])
    assert "4 are needed" in table.loc["trend_100_499", "method"]
    alone = trend(load(), Parameters(grades=["A"]))
    assert not alone.estimable


def test_nothing_is_pooled_and_the_counts_say_why():
    result = pooled(load(), Parameters())
    assert not result.estimable
    assert result.text.startswith("Effects of studies are not estimable, because of ")
    assert result.table["n_obs"].max() == 2
    assert result.table["estimate"].isna().all()


def test_three_makers_with_known_n_are_pooled_and_waves_of_one_maker_are_not():
    e = load()
    o = e.observations.copy()
    rows = o.index[(o["metric"] == "security_incident_prevalence") & (o["category"] == "past_year")]
    o = o[~o.index.isin(rows[4:])]
    o.loc[rows[:4], "publisher_id"] = ["a", "b", "c", "c"]
    o.loc[rows[:4], "study_id"] = ["a", "b", "c", "d"]
    o.loc[rows[:4], "sample_size"] = 200
    result = pooled(dataclasses.replace(e, observations=o), Parameters())
    assert result.estimable
    done = result.table.dropna(subset=["estimate"])
    assert len(done) == 1
    assert done["n_obs"].iloc[0] == 3
    assert done["conf_low"].iloc[0] < done["estimate"].iloc[0] < done["conf_high"].iloc[0]


@pytest.mark.parametrize("grades", [["A"], ["C"], ["D"], ["A", "B", "C", "D"]], ids="".join)
def test_every_set_of_grades_answers_or_says_why_not(grades):
    for made in (hazards, trend, pooled):
        result = made(load(), Parameters(grades=grades))
        assert result.text.endswith(".")
        assert "nan" not in result.text
        assert set(result.rows) <= set(load().observations.index)


def test_how_much_firms_that_differ_would_raise_the_rate_is_told():
    # The loss uses the mean of 35% and 46%. A gamma rate of coefficient 1 is exponential: P = mT / (1 + mT), so mT = P / (1 - P).
    ratio = 0.405 / (1 - 0.405) / -np.log1p(-0.405)
    (told,) = [check.text for check in shown(firm_variation=(1.0, 1.0)).checks if check.name == "Firms alike"]
    assert f"{ratio:.3g} times at the share ever breached that the loss uses (40%)" in told
    (told,) = [check.text for check in shown(firm_variation=(0.0, 1.0)).checks if check.name == "Firms alike"]
    assert f"1.00 to {ratio:.3g} times" in told
    assert "times" not in next(c.text for c in shown(firm_variation=(0.0, 0.0)).checks if c.name == "Firms alike")
