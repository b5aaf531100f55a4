"""The one consistent market series, its comparable part, and whether it has a ceiling."""

import dataclasses

import numpy as np
import pytest
import statsmodels.api as sm

from lpo_analysis import paths
from lpo_analysis.adoption import Parameters, comparable_split, market_growth
from lpo_analysis.adoption.market import SERIES, series
from lpo_analysis.adoption.parameters import LAST_MARKET_YEAR
from lpo_analysis.evidence import load
from lpo_analysis.results import COLUMNS

TOTALS = {2015: 8.4, 2017: 10.7, 2021: 20.6, 2023: 28.5}
README = (paths.EVIDENCE / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def evidence():
    return load()


@pytest.fixture(scope="module")
def growth(evidence):
    return market_growth(evidence, Parameters())


def without(evidence, drop):
    return dataclasses.replace(evidence, observations=evidence.observations[~drop])


def test_the_series_is_the_one_of_the_readme(evidence):
    rows = series(evidence, Parameters())
    points = rows[rows["form"] == "point"].set_index("year_end")["value"]
    assert points.to_dict() == TOTALS
    (bound,) = rows[rows["form"] == "ceiling"].itertuples()
    assert (bound.year_end, bound.upper) == (2019, 14)
    listed = ", ".join(
        [f"{year} {'nearly 14' if year == 2019 else TOTALS[year]}" for year in (2015, 2017, 2019, 2021, 2023)]
    )
    assert listed in README


def test_the_series_is_of_one_scope_place_currency_and_publisher_and_holds_no_forecast(evidence):
    rows = series(evidence, Parameters(grades=["A", "B", "C", "D"]))
    assert set(rows["category"]) == {SERIES}
    assert set(rows["geography"]) == {"WLD"}
    assert rows["unit"].nunique() == rows["publisher_id"].nunique() == 1
    assert "forecast" not in set(rows["status"])
    assert not rows["year_end"].duplicated().any()


def test_the_last_market_year_is_that_of_the_evidence(evidence):
    rows = series(evidence, Parameters())
    assert int(rows.loc[rows["form"] == "point", "year_end"].max()) == LAST_MARKET_YEAR


def test_growth_is_that_of_the_four_points_and_the_ceiling_is_listed_but_not_fitted(growth):
    years = np.array(list(TOTALS), dtype=float)
    fit = sm.OLS(np.log(list(TOTALS.values())), sm.add_constant(years)).fit()
    row = growth.row("growth_nominal")
    assert row["estimate"] == pytest.approx(np.expm1(fit.params[1]))
    assert (row["conf_low"], row["conf_high"]) == pytest.approx(tuple(np.expm1(fit.conf_int(0.1)[1])))
    assert (row["n_obs"], growth.n_used, growth.n_dropped) == (4, 4, 1)
    assert len(growth.rows) == 5
    shown = growth.plot_data
    assert shown.loc[shown["kind"] == "ceiling", ["x", "estimate"]].to_numpy().tolist() == [[2019, 14]]
    assert dict(zip(*shown.loc[shown["kind"] == "observed", ["x", "estimate"]].to_numpy().T, strict=True)) == TOTALS
    assert any("Ceiling of 2019" in check.name for check in growth.checks)


def test_growth_rests_on_no_row_of_legal_process_outsourcing(evidence, growth):
    categories = evidence.observations.loc[list(growth.rows), "category"]
    assert set(categories) == {SERIES}
    assert "from 8.4 to 28.5 billion dollars; in real terms that is 13% a year (12% to 15%)." in growth.text
    assert "it is not legal process outsourcing" in growth.text


def test_real_growth_is_lower_than_nominal_because_prices_rose(growth):
    assert list(growth.table.columns[: len(COLUMNS)]) == COLUMNS
    assert growth.row("growth_real")["estimate"] < growth.row("growth_nominal")["estimate"]


def test_the_price_year_moves_no_rate_of_growth(evidence, growth):
    other = market_growth(evidence, Parameters(price_year=2015))
    for term in ("growth_nominal", "growth_real"):
        assert other.row(term)["estimate"] == pytest.approx(growth.row(term)["estimate"])


def test_the_horizon_moves_only_the_extrapolation(evidence, growth):
    far = market_growth(evidence, Parameters(horizon_year=2035))
    near, later = growth.row("size_at_horizon"), far.row("size_at_horizon")
    assert near["conf_low"] < near["estimate"] < near["conf_high"]
    assert later["conf_high"] / later["conf_low"] > near["conf_high"] / near["conf_low"]
    assert far.row("growth_nominal")["estimate"] == growth.row("growth_nominal")["estimate"]
    path = far.plot_data.query("kind == 'path'")
    assert (path["x"].min(), path["x"].max()) == (2015, 2035)
    assert path["estimate"].iloc[-1] == pytest.approx(later["estimate"])


def test_growth_is_not_estimable_from_figures_of_grade_a_and_says_why(evidence, growth):
    result = market_growth(evidence, Parameters(grades=["A"]))
    assert not result.estimable
    assert "0 points of the consistent series are of grade A, and three are needed" in result.text
    assert result.table["term"].tolist() == ["growth_nominal", "growth_real", "size_at_horizon"]
    assert result.table["estimate"].isna().all()
    assert result.table["label"].tolist() == growth.table["label"].tolist(), "the report prints the table"
    assert not comparable_split(evidence, Parameters(grades=["A"])).estimable


def test_one_point_is_counted_in_the_singular(evidence):
    o = evidence.observations
    drop = (o["category"] == SERIES) & (o["metric"] == "market_size") & (o["year_end"] != 2015)
    assert (
        "because 1 point of the consistent series is of grade A/B"
        in market_growth(without(evidence, drop), Parameters()).text
    )


def test_the_independent_part_is_that_of_the_readme(evidence):
    result = comparable_split(evidence, Parameters())
    for year, expected in {"2017": 9.2, "2021": 18.1, "2023": 25.1}.items():
        assert result.row(year)["estimate"] == pytest.approx(expected, abs=0.06)
    bound = result.row("2019")
    assert np.isnan(bound["estimate"])
    assert bound["conf_high"] == pytest.approx(12.0, abs=0.06)
    assert np.isnan(result.row("2015")["estimate"])
    assert "not on file" in result.row("2015")["method"]
    assert "12.0" not in result.text
    assert "2017 9.2, 2021 18.1, 2023 25.1" in README


def test_a_part_that_is_missing_leaves_the_year_out(evidence):
    o = evidence.observations
    drop = (o["metric"] == "market_size") & (o["category"] == "alsp_segment_captive") & (o["year_end"] == 2021)
    result = comparable_split(without(evidence, drop), Parameters())
    assert np.isnan(result.row("2021")["estimate"])
    assert result.n_used == 2


def test_the_parts_taken_off_and_the_growth_between_the_ends_are_told(evidence):
    result = comparable_split(evidence, Parameters())
    assert result.row("2023")[["captive", "big_four"]].tolist() == pytest.approx([1.8, 1.6])
    # (25.1 / 9.2) ** (1 / 6) = 1.182, (1.8 / 0.3) ** (1 / 6) = 1.348, (1.6 / 1.2) ** (1 / 6) = 1.049
    assert "From 2017 to 2023 that is 18% a year" in result.text
    assert "captives of law firms grew 35% and the Big Four grew 5%" in result.text
