"""Forecasts carry parameters and models together; what is too short is not scored and says so."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.adoption import Parameters, forecasts
from lpo_analysis.adoption.market import SERIES, market_growth
from lpo_analysis.evidence import load, table
from lpo_analysis.methods.scoring import LEAST_POINTS


@pytest.fixture(scope="module")
def evidence():
    return load()


@pytest.fixture(scope="module")
def market(evidence):
    return forecasts.market_forecast(evidence, Parameters())


@pytest.fixture(scope="module")
def scored(evidence):
    return forecasts.scores(evidence, Parameters())


def without(evidence, drop):
    return dataclasses.replace(evidence, observations=evidence.observations[~drop])


def test_intervals_are_nested_and_carry_their_own_levels(market):
    for money in ("nominal", "real"):
        rows = [market.row(f"{money}_{level}") for level in (50, 80, 90)]
        assert [row["level"] for row in rows] == [0.5, 0.8, 0.9]
        assert rows[2]["conf_low"] < rows[1]["conf_low"] < rows[0]["conf_low"] < rows[0]["estimate"]
        assert rows[2]["conf_high"] > rows[1]["conf_high"] > rows[0]["conf_high"] > rows[0]["estimate"]


def test_constant_growth_alone_is_the_line_of_the_growth_result(evidence, market):
    line = market_growth(evidence, Parameters()).row("size_at_horizon")
    alone = market.row("constant_growth_90")
    ends = ["estimate", "conf_low", "conf_high"]
    assert alone[ends].tolist() == line[ends].tolist(), "one number for one question, wherever it is printed"
    assert f"at {alone['estimate']:.0f} (90% interval" in market.text


def test_the_largest_ceiling_is_a_parameter_and_what_it_changes_is_shown(evidence, market):
    frame = forecasts.by_ceiling(evidence, Parameters())
    assert frame["ceiling_most"].tolist() == [3, 10, 100, 1000]
    assert frame.loc[frame["asked"], "ceiling_most"].tolist() == [100]
    assert frame.loc[frame["asked"], "estimate"].item() == market.row("nominal_90")["estimate"]
    assert (frame[["estimate", "conf_low", "alone"]].diff().iloc[1:] > 0).all().all(), (
        "a lower ceiling, a lower forecast"
    )
    assert frame["ceiling"].tolist() == pytest.approx([28.5 * most for most in (3, 10, 100, 1000)])
    other = forecasts.market_forecast(evidence, Parameters(ceiling_most=3))
    assert "at up to 3 times the last total (ceiling_most)" in other.checks[1].text
    assert other.row("constant_growth_90")["estimate"] == market.row("constant_growth_90")["estimate"]


def test_the_sensitivity_holds_the_value_asked_for_and_is_empty_where_nothing_is_forecast(evidence):
    assert forecasts.by_ceiling(evidence, Parameters(ceiling_most=7))["ceiling_most"].tolist() == [3, 7, 10, 100, 1000]
    assert forecasts.by_ceiling(evidence, Parameters(grades=["A"])).empty


def test_the_pool_lies_between_its_models_and_a_ceiling_pulls_it_down(market):
    line, capped, pool = (market.row(t) for t in ("constant_growth_90", "growth_towards_a_ceiling_90", "nominal_90"))
    assert capped["estimate"] < pool["estimate"] < line["estimate"]
    assert capped["conf_low"] < pool["conf_low"] < line["conf_low"]


def test_a_short_series_is_labelled_not_scored(market):
    assert f"is not scored: 4 points are on file, and {LEAST_POINTS} are the least" in market.text
    assert not market.checks[0].passed
    assert "assumption" in market.checks[1].text


def test_real_money_is_that_of_the_price_year(evidence, market):
    other = forecasts.market_forecast(evidence, Parameters(price_year=2015))
    cpi = table("cpi_us_annual").set_index("year").iloc[:, 0]
    ratio = float(cpi[2015] / cpi[2024])
    assert other.row("real_90")["estimate"] / market.row("real_90")["estimate"] == pytest.approx(ratio, rel=1e-6)
    assert other.row("nominal_90")["estimate"] == market.row("nominal_90")["estimate"]


def test_three_points_are_too_few_and_the_reason_counts_them(evidence):
    o = evidence.observations
    drop = (o["category"] == SERIES) & (o["metric"] == "market_size") & (o["year_end"] == 2015)
    result = forecasts.market_forecast(without(evidence, drop), Parameters())
    assert not result.estimable
    assert "3 points of the consistent series are of grade A/B, and four are needed" in result.text
    assert result.table["estimate"].isna().all()


def test_imports_are_forecast_from_the_last_year_on_and_the_verdict_is_that_of_the_scores(evidence):
    result = forecasts.imports_forecast(evidence, Parameters(horizon_year=2026))
    path = result.plot_data.query("kind == 'path'")
    assert path["x"].min() == 2019
    assert path["x"].max() == 2026
    assert "cannot be told at the 90% level" in result.text
    assert "equal weights" in result.row("imports_90")["method"]
    assert (
        "The models are scored up to 3 years ahead, and this is 7: how they do 7 years ahead has not been seen."
        in result.text
    )
    assert not next(check for check in result.checks if check.name == "Horizon").passed
    assert result.n_used == 23


def test_scores_show_every_series_and_model_and_name_a_winner_only_where_one_wins(scored):
    assert scored.table["series"].nunique() == 8
    assert (scored.table.groupby("series").size() == 3).all()
    assert (scored.table.groupby("series")["verdict"].agg(lambda v: (v != "").sum()) == 1).all()
    best = scored.table[scored.table["verdict"] != ""]
    assert best["std_error"].isna().all()
    lowest = scored.table.groupby("series")["estimate"].min()
    assert (best.set_index("series")["estimate"] == lowest.loc[best["series"].to_list()]).all(), (
        "one averaging for both"
    )


def test_the_range_of_coverage_is_told_beside_its_mean(scored):
    cover = scored.table["coverage_90"]
    assert f"held {cover.min():.0%} to {cover.max():.0%} of it" in scored.text
    assert f"{(cover < 0.8).sum()} of {len(cover)} held less than 80%" in scored.text


def test_scores_depend_on_the_seed_by_little(evidence, scored):
    other = forecasts.scores(evidence, Parameters(seed=2))
    moved = (other.table["estimate"] / scored.table["estimate"] - 1).abs()
    assert 0 < moved.max() < 0.1


def test_use_is_not_forecast_and_the_reason_names_the_longest_series(evidence):
    result = forecasts.use_forecast(evidence, Parameters())
    assert not result.estimable
    assert "the longest series on file has 3" in result.text


def test_use_with_enough_waves_is_forecast_and_stays_below_one(evidence):
    o = evidence.observations
    template = o[(o["metric"] == "adoption_rate") & (o["category"] == "alsp_any") & (o["buyer"] == "corporate")].iloc[0]
    years, shares = np.arange(2015, 2024), [20, 27, 31, 42, 47, 58, 60, 69, 73]
    made = pd.DataFrame([template] * 9).assign(
        year_end=years, year_start=years, value=shares, lower=np.nan, upper=np.nan
    )
    made = made.assign(geography="USA", grade="B", form="point", publisher_id="one", buyer_size="all", task="all")
    made.index = pd.Index([f"made_{year}" for year in years], name="observation_id")
    changed = dataclasses.replace(evidence, observations=pd.concat([o, made.astype(o.dtypes)]))
    result = forecasts.use_forecast(changed, Parameters(horizon_year=2035))
    assert result.estimable
    row = result.row("share_90")
    assert 0.8 < row["conf_low"] < row["estimate"] < row["conf_high"] < 1
    assert result.n_used == 9
