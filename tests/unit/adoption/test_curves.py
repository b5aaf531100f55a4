"""Whether a ceiling can be seen in the market, and how early one could be seen where the end is known."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.adoption import Parameters, ceiling, ceilings_elsewhere
from lpo_analysis.adoption.curves import ceilings_coverage
from lpo_analysis.adoption.market import SERIES
from lpo_analysis.evidence import load, table
from lpo_analysis.wording import percent


@pytest.fixture(scope="module")
def evidence():
    return load()


@pytest.fixture(scope="module")
def elsewhere(evidence):
    return ceilings_elsewhere(evidence, Parameters())


def with_series(evidence, years, sizes):
    o = evidence.observations
    made = pd.DataFrame([o.loc["tri17_size_2015"]] * len(years)).assign(year_end=years, year_start=years, value=sizes)
    made.index = pd.Index([f"made_{year}" for year in years], name="observation_id")
    rest = o[~((o["metric"] == "market_size") & (o["category"] == SERIES))]
    return dataclasses.replace(evidence, observations=pd.concat([rest, made.astype(o.dtypes)]))


def test_no_ceiling_can_be_seen_in_four_points(evidence):
    result = ceiling(evidence, Parameters())
    assert not result.estimable
    assert result.text.startswith(
        "No ceiling can be seen in 4 points: a logistic curve and a Gompertz curve both allow any ceiling above the 28.5 reached"
    )
    assert result.table["estimate"].isna().all()
    assert (result.table["conf_high"] == np.inf).all()
    assert (result.table["conf_low"] == 28.5).all(), "what has been reached is no ceiling"


def test_three_points_are_too_few_and_counted(evidence):
    result = ceiling(with_series(evidence, [2015, 2017, 2019], [8, 10, 14]), Parameters())
    assert not result.estimable
    assert "3 points of grade A/B are too few for a curve with a ceiling" in result.text


def test_a_series_that_levels_off_has_a_ceiling_that_is_seen(evidence):
    # Eight points past the inflection of a logistic towards 40, the noise fixed.
    years = np.arange(2009, 2025, 2)
    noise = 0.005 * np.random.default_rng(5).normal(size=len(years))
    sizes = 40 / (1 + np.exp(-0.5 * (years - 2013))) * np.exp(noise)
    result = ceiling(with_series(evidence, years, sizes), Parameters())
    assert result.estimable
    row = result.row("logistic")
    assert row["conf_low"] <= 40 <= row["conf_high"] < 60
    assert row["conf_low"] <= row["estimate"] <= row["conf_high"]
    assert "a logistic curve at 40" in result.text.lower()


def test_ceilings_seen_early_are_compared_with_what_came(elsewhere):
    reference = table("reference_adoption_series")
    assert len(elsewhere.table) == 4 * reference["series_id"].nunique()
    early = elsewhere.table[elsewhere.table["n_obs"] == 10]
    seen = early[early["identified"]]
    low, high = int(seen["exceeded"].sum()), int(early["passed"].sum())
    assert f"in {len(seen)} of {len(early)} cases, and in at least {low} of these" in elsewhere.text
    assert f"in {high} more the curve that fits best ends above 100%" in elsewhere.text
    (check,) = [check for check in elsewhere.checks if check.name == "Ceilings that were wrong"]
    assert check.passed is False
    assert f"{low} told a ceiling that was passed later and {high} one above 100%" in check.text
    # Cable television stood at about 20% after ten points, which the logistic took for its end, and reached 65%.
    cable = elsewhere.row("us_cable_tv_logistic_10")
    assert cable["identified"]
    assert cable["conf_high"] < 35 < cable["reached"]
    assert cable["exceeded"]


def test_no_share_has_a_ceiling_above_100(elsewhere):
    table = elsewhere.table
    assert (table["conf_high"] <= 100).all()
    assert not table.loc[table["conf_high"] == 100, "identified"].any(), "the limit of a share is no finding"
    # Ten points of internet use bend so little that the Gompertz curve goes far above the whole.
    for name in ("us_internet", "ind_internet_users", "gbr_internet_users"):
        row = elsewhere.row(f"{name}_gompertz_10")
        assert row["passed"]
        assert row["verdict"] == "the curve ends above 100"
    assert not (table["passed"] & (table["identified"] | table["missed"])).any()


def test_the_coverage_told_is_that_of_every_simulated_size_and_what_is_beyond_is_said(elsewhere):
    text = ceilings_coverage(elsewhere)
    cells = table("coverage_adoption").query("estimator == 'ceiling_profile_reached'").set_index("n")["coverage"]
    for n in (10, 14):
        low, high = (percent(end) for end in (cells[n].min(), cells[n].max()))
        assert f"{low} to {high} of the runs with {n} points" in text
    assert "with 6 points" not in text, "no series in the table is as short"
    assert (
        "series of more than 14 points (7 lengths in the table, up to 55), Gompertz curves and the limit of 100%"
        in text
    )


def test_what_is_not_identified_has_no_estimate(elsewhere):
    assert elsewhere.table.loc[~elsewhere.table["identified"], "estimate"].isna().all()
    assert elsewhere.table.loc[elsewhere.table["identified"], "estimate"].notna().all()


def test_no_interval_of_a_ceiling_ends_below_what_was_reached_when_it_was_told(elsewhere):
    reference = table("reference_adoption_series")
    for row in elsewhere.table.itertuples():
        name = row.term.removesuffix(f"_{row.n_obs}").rpartition("_")[0]
        shown = reference.loc[reference["series_id"] == name, "value"].iloc[: row.n_obs].max()
        assert row.conf_low >= shown * (1 - 1e-9)
        assert row.conf_high > shown
        assert not (row.missed and row.identified)
    late = elsewhere.table[elsewhere.table["n_obs"] != 10]
    assert f"in {int(late['missed'].sum())} the best curve levels off below" in elsewhere.text
