"""How often firms are breached: published shares, what the don't-knows leave open, and the rate that follows."""

import dataclasses
from functools import cache

import numpy as np
import pytest

from lpo_analysis.evidence import load
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.risk import Parameters, analyse, hazard, prevalence
from lpo_analysis.risk.breaches import BANDS, dont_know, newest_share

SIZES = ["small", "midsize", "large", "all"]
each_size = pytest.mark.parametrize("size", SIZES)


@cache
def shown(size="midsize", grades=("A", "B"), **changes):
    p = Parameters(buyer_size=size, grades=list(grades), **changes)
    return prevalence(load(), p), hazard(load(), p)


def valued(changes):
    """The evidence with other values in some rows."""
    e = load()
    o = e.observations.copy()
    for name, value in changes.items():
        o.loc[name, "value"] = value
    return dataclasses.replace(e, observations=o)


def test_every_share_is_the_published_one_with_the_dont_knows_as_its_upper_bound():
    table = shown()[0].table.set_index("term")
    o = load().observations
    assert table["estimate"].to_numpy() == pytest.approx(o.loc[table.index, "value"].to_numpy() / 100)
    assert (table["conf_low"] == table["estimate"]).all()
    assert (table["conf_high"] >= table["estimate"]).all()
    assert (table["conf_high"] <= 1).all()
    # Newest don't-knows: 19% of all firms in 2023, 5% of the small, 57 and 60% of the large ones.
    assert table.loc["aba2021_breach_all", "conf_high"] == pytest.approx(0.25 + 0.19)
    assert table.loc["aba2021_breach_1_9", "conf_high"] == pytest.approx(0.17 + 0.05)
    assert table.loc["aba2021_breach_100plus", "conf_high"] == pytest.approx(0.35 + 0.60)


def test_only_firms_ever_breached_in_the_united_states_are_shown():
    rows = load().observations.loc[shown(grades=("A", "B", "C", "D"))[0].table["term"]]
    assert rows["category"].str.startswith("ever_breached").all()
    assert set(rows["geography"]) == {"USA"}
    bands = rows["category"].str.removeprefix("ever_breached").str.removeprefix("_firms_")
    assert set(bands[bands != ""]) <= set(BANDS), "a band without a size would count as all firms"


def test_a_weak_grade_is_marked():
    result = shown(grades=("A", "B", "C"))[0]
    assert result.plot_data["weak"].tolist() == (result.table["grade"] == "C").tolist()
    assert result.plot_data["weak"].any()


@each_size
def test_the_newest_share_is_the_mean_of_the_bands_of_the_newest_year(size):
    share, rows = newest_share(load(), Parameters(buyer_size=size))
    o = load().observations.loc[list(rows)]
    assert o["year_end"].nunique() == 1
    assert share == pytest.approx(o["value"].mean() / 100)
    own = shown(size)[0].table.query("size == @size")
    assert int(o["year_end"].iloc[0]) == own["year"].max()


def test_the_rate_of_an_example_worked_by_hand():
    # P = (35% + 46%) / 2, T from 5 to 15 years, 3 years ahead.
    row = shown(firm_variation=(0.0, 0.0))[1].row("none")
    total = -np.log(1 - 0.405)
    assert row["share"] == pytest.approx(0.405)
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx([total / 15, total / 5])
    assert row["estimate"] == pytest.approx(total / np.sqrt(75))
    assert row["p_horizon_high"] == pytest.approx(1 - 0.595 ** (3 / 5))
    assert row["p_horizon_low"] == pytest.approx(1 - 0.595 ** (3 / 15))
    assert shown()[1].row("at_random")["share"] == pytest.approx(0.405 / (1 - 0.19))
    assert shown()[1].row("all")["share"] == pytest.approx(0.405 + 0.19)


@pytest.mark.parametrize(
    ("share", "years", "rate"), [(50, 10, np.log(2) / 10), (100 * (1 - np.exp(-1)), 5, 0.2), (10, 1, 0.1053605)]
)
def test_the_rate_is_minus_log_of_what_was_spared_over_the_years(share, years, rate):
    e = valued({"aba2023_breach_all": share})
    result = hazard(
        e, Parameters(buyer_size="all", memory_years=[years, years], horizon_years=1, firm_variation=[0.0, 0.0])
    )
    row = result.row("none")
    assert row[["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx([rate] * 3, rel=1e-6)
    assert row["p_horizon_mid"] == pytest.approx(1 - np.exp(-rate))


@each_size
def test_the_bounds_are_in_order(size):
    rates = shown(size)[1].table.set_index("term")
    for column in ("share", "estimate", "conf_low", "conf_high", "p_horizon_mid", "p_horizon_high"):
        assert rates.loc["none", column] < rates.loc["at_random", column] < rates.loc["all", column]
    assert (rates["conf_low"] < rates["estimate"]).all()
    assert (rates["estimate"] < rates["conf_high"]).all()
    assert (rates["p_horizon_high"] < 1).all()


def test_a_longer_horizon_raises_the_chance_and_not_the_rate():
    near, far = shown()[1].table, shown(horizon_years=10)[1].table
    assert near["estimate"].tolist() == far["estimate"].tolist()
    assert (near["p_horizon_mid"] < far["p_horizon_mid"]).all()


def test_a_share_of_one_has_no_finite_rate_and_is_refused():
    e = valued({"aba2021_breach_10_49": 100, "aba2021_breach_50_99": 100})
    result = hazard(e, Parameters())
    assert not result.estimable
    assert "a share of 0 or 1 has no finite rate" in result.text
    assert result.table["estimate"].isna().all()
    assert result.table["term"].tolist() == ["none", "at_random", "all"]


def test_a_share_of_none_enters_by_its_intervals_end_where_n_is_told():
    e = valued({"aba2023_breach_all": 0})
    o = e.observations.copy()
    o.loc["aba2023_breach_all", "sample_size"] = 500
    row = hazard(dataclasses.replace(e, observations=o), Parameters(buyer_size="all", firm_variation=[0.0, 0.0])).row(
        "none"
    )
    high = share_interval(0, 500)[1]
    assert row["conf_high"] == pytest.approx(-np.log1p(-high) / 5)


def test_a_share_of_zero_is_refused_only_where_nobody_is_counted_as_breached():
    e = valued({"aba2021_breach_10_49": 0, "aba2021_breach_50_99": 0})
    result = hazard(e, Parameters())
    assert result.estimable
    assert np.isnan(result.row("none")["estimate"])
    assert "no finite rate" in result.row("none")["method"]
    assert result.row("all")["share"] == pytest.approx(0.19)
    assert "nan" not in result.text
    assert "n/a" not in result.text


def test_without_a_share_of_such_firms_there_is_no_rate():
    result = shown("midsize", ("A",))[1]
    assert not result.estimable
    assert "midsize firms ever breached is on file at grade A (0 rows)" in result.text
    assert newest_share(load(), Parameters(grades=["D"])) is None
    assert dont_know(load(), Parameters(grades=["D"])) is None
    assert not prevalence(load(), Parameters(grades=["D"])).estimable


def test_the_rows_behind_are_observations():
    for result in shown():
        assert set(result.rows) <= set(load().observations.index)
    assert {"aba2021_breach_10_49", "aba2021_breach_50_99", "aba2023_dontknow", "aba2018_dontknow_100_499"} == set(
        shown()[1].rows
    )


@pytest.mark.parametrize("grades", [["A"], ["C"], ["D"], ["A", "D"], ["A", "B", "C", "D"]], ids="".join)
@each_size
def test_every_part_answers_or_says_why_not(grades, size):
    analysis = analyse(Parameters(buyer_size=size, grades=grades, draws=256))
    for part in ("prevalence", "hazard", "loss", "increment", "quality", "duties", "governance"):
        result = getattr(analysis, part)
        assert result.text.rstrip().endswith(".")
        assert result.estimable or result.text.startswith("Not estimable, because")
        assert " nan" not in result.text
    assert analysis.drivers().empty is not analysis.loss.estimable


def test_a_single_share_and_a_size_without_one_read_well():
    text = shown("large", ("A",))[0].text
    assert "1 published share of US law firms ever breached is on file, 22%." in text
    assert "For large firms none is on file at these grades." in text


def test_whose_dont_knows_are_meant_and_that_two_shares_are_averaged_is_said():
    text = shown()[0].text
    assert "of firms of all sizes, 19% did not know (2023)" in text
    assert "their mean, 40%, is used" in text
    assert "of small firms, 5% did not know (2023)" in shown("small")[0].text
    assert "whose mean" not in shown("all")[0].text
