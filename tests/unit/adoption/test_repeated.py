"""Trends only of what was asked in the same words; intentions beside use, and no difference formed."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.adoption import Parameters, intentions, use, use_trend
from lpo_analysis.evidence import load


@pytest.fixture(scope="module")
def evidence():
    return load()


def with_waves(evidence, shares, sizes, years, **changes):
    o = evidence.observations
    template = o[(o["metric"] == "adoption_rate") & (o["buyer"] == "law_firm")].iloc[0]
    fixed = {
        "category": "lpo_any",
        "task": "all",
        "geography": "USA",
        "grade": "B",
        "form": "point",
        "buyer_size": "all",
    }
    own = {name: [f"{name}_{number}" for number in range(len(years))] for name in ("source_id", "study_id")}
    made = pd.DataFrame([template] * len(years)).assign(
        year_end=years, year_start=years, value=shares, lower=np.nan, upper=np.nan, sample_size=sizes,
        publisher_id="one", note="", **fixed | own | changes,
    )  # fmt: skip
    made.index = pd.Index([f"made_{number}" for number in range(len(years))], name="observation_id")
    return dataclasses.replace(evidence, observations=pd.concat([o, made.astype(o.dtypes)]))


ASKED = Parameters(buyer="law_firm")


def test_no_question_on_file_bears_a_trend_and_each_is_told_with_the_reason(evidence):
    result = use_trend(evidence, ASKED)
    assert not result.estimable
    assert "of 5 repeated questions none has 4 waves" in result.text
    assert (result.table["reason"] != "").all()
    assert result.table["reason"].str.contains("samples and wording changed between the waves").any()
    longest = result.table.sort_values(["waves", "usable"], ascending=False, kind="stable").iloc[0]
    assert f"the longest is {longest['label']} ({longest['waves']} waves" in result.text
    assert longest["reason"] in result.text
    assert result.table["estimate"].isna().all()


def test_a_trend_of_the_log_odds_is_found(evidence):
    years = np.arange(2012, 2020)
    odds = 0.2 * np.exp(0.25 * (years - 2012))
    shares = 100 * odds / (1 + odds)
    result = use_trend(with_waves(evidence, shares, 10**9, years), ASKED)  # of so many, any share is possible
    assert result.estimable
    row = result.row("lpo_any_all_all_one")
    # On the curve exactly, so the slope is the one put in, whatever the weights.
    assert row["estimate"] == pytest.approx(np.exp(0.25), rel=1e-6)
    assert row["conf_low"] < row["estimate"] < row["conf_high"]
    assert "No trend is told of" in result.text


def test_three_waves_or_waves_without_sizes_are_too_few(evidence):
    for sizes, years in ((400, [2012, 2014, 2016]), ([400, 400, 400, np.nan], [2012, 2014, 2016, 2018])):
        result = use_trend(with_waves(evidence, np.linspace(20, 30, len(years)).round(), sizes, years), ASKED)
        assert not result.estimable
        assert "3 of the waves tell a share and its sample size, and 4 are needed" in result.text


def test_waves_that_differ_by_more_than_chance_widen_the_interval(evidence):
    years, smooth = np.arange(2010, 2020), np.linspace(20, 40, 10).round()
    rough = smooth + 8 * (-1.0) ** np.arange(10)
    rows = [use_trend(with_waves(evidence, s, 2000, years), ASKED).row("lpo_any_all_all_one") for s in (smooth, rough)]
    widths = [np.log(row["conf_high"] / row["conf_low"]) for row in rows]
    assert widths[1] > 3 * widths[0]


def test_a_wave_that_its_source_tells_only_in_passing_has_no_size_of_its_own(evidence):
    years = [2012, 2014, 2016, 2018]
    made = with_waves(evidence, np.array([20.0, 23, 26, 30]), 400, years, study_id="one", source_id="one")
    result = use_trend(made, ASKED)
    assert not result.estimable
    assert "1 of the waves tells a share and its sample size" in result.text


def test_intentions_stand_beside_use_of_the_same_kind_in_the_same_place(evidence):
    result = intentions(evidence, Parameters())
    assert result.estimable
    assert (result.table.groupby("group")["side"].first() == "intended").all()
    assert "11% intended for 2011, 20% found in 2013" in result.text
    assert "no difference is formed" in result.text
    assert not result.checks[0].passed
    none = intentions(evidence, Parameters(grades=["A"]))
    assert not none.estimable
    assert "0 intentions" in none.text


def test_only_use_found_after_the_intention_was_told_is_set_beside_it(evidence):
    result = intentions(evidence, Parameters())
    o = evidence.observations
    for _, part in result.table.groupby("group"):
        rows = o.loc[[term.rpartition("_")[0] for term in part["term"]]]
        assert (rows["year_start"].iloc[1:] > int(rows["published"].iloc[0][:4])).all()
    # InsideCounsel asked both in one poll of 2007, Mahlab found in 2011 what it was told of for 2011 and 2012.
    assert not {"ic_2007_india_yes", "mahlab_2011_offshore", "lgl_2015_shared_use"} & set(result.rows)
    assert (
        "2 of them have a later figure of the same use, buyer and place (4 have a figure of the same year or an earlier one, which is no outcome)"
        in result.text
    )
    assert result.n_used == 2


def test_shares_that_no_whole_number_gives_are_told(evidence):
    # 54% of 77 lies between 41 (53.2%) and 42 (54.5%), which rounds to 55.
    check = next(check for check in use(evidence, Parameters()).checks if check.name == "Rounding")
    assert check.passed is False
    assert "gives 54% of 77 (a vendor that is no law firm, 2013, ALM Corporate Counsel), so" in check.text
    assert "of 72" not in check.text, "1 of the 72 whom its row tells"
    assert "_" not in check.text, "no code of a row"
