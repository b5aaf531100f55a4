"""Governance over time, data protection, staff, currency and sites: what the rows say, and arithmetic by hand."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy import stats
from statsmodels.stats.multitest import multipletests

from lpo_analysis.charts import panels
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import load, table
from lpo_analysis.evidence.currencies import yearly_changes
from lpo_analysis.methods.redundancy import DAYS
from lpo_analysis.risk import (
    Parameters,
    adequacy,
    analyse,
    attrition,
    currency_swings,
    diversification,
    governance,
    governance_over_time,
    location_index,
    single_point,
)
from lpo_analysis.risk.attrition import gone
from lpo_analysis.risk.governance import INDICATORS


def scores(code, year):
    frame = table("location_governance")
    return frame[(frame["iso3"] == code) & (frame["year"] == year)].iloc[0]


@pytest.mark.parametrize("code", ["IND", "PHL", "HUN"])
def test_a_change_is_the_difference_of_two_published_scores(code):
    result = governance_over_time(code, since=2008, level=0.95)
    new, old, z = scores(code, 2021), scores(code, 2008), stats.norm.ppf(0.975)
    p_values = []
    for indicator in INDICATORS:
        row = result.row(indicator)
        spread = np.hypot(new[f"{indicator}_se"], old[f"{indicator}_se"])
        change = new[indicator] - old[indicator]
        assert row["estimate"] == pytest.approx(change)
        assert (row["before"], row["now"]) == (old[indicator], new[indicator])
        assert row["conf_high"] - row["conf_low"] == pytest.approx(2 * z * spread)
        assert row["apart"] == (abs(change) > z * (new[f"{indicator}_se"] + old[f"{indicator}_se"]))
        p_values.append(2 * stats.norm.sf(abs(change) / spread))
    assert result.table["p_adjusted"].to_numpy() == pytest.approx(multipletests(p_values, method="holm")[1])


def test_the_needed_correlation_makes_the_change_just_stand_after_holm():
    told = 0
    for code in ("IND", "POL", "HUN", "ZAF"):
        frame = governance_over_time(code).table
        new, old = (np.array([scores(code, year)[f"{term}_se"] for term in frame["term"]]) for year in (2021, 2011))

        def stands(r, at, change=frame["estimate"], new=new, old=old):
            p = 2 * stats.norm.sf(np.abs(change) / np.sqrt(new**2 + old**2 - 2 * r * new * old))
            return bool(multipletests(p, alpha=0.1, method="holm")[0][at])

        for at, needed in enumerate(frame["needed_correlation"]):
            if np.isnan(needed):
                assert not stands(1 - 1e-8, at)
            elif needed > 0:
                assert stands(needed + 1e-6, at)
                assert not stands(needed - 1e-6, at)
                told += 1
            else:
                assert frame["p_adjusted"].iloc[at] <= 0.1
        # Nothing that does not stand as it is needs no correlation.
        assert ((frame["needed_correlation"] == 0) == (frame["p_adjusted"] <= 0.1)).all()
    assert told


def test_only_a_change_that_passes_both_rules_is_told():
    told = 0
    for code in sorted(table("location_governance")["iso3"].unique())[::3]:
        result = governance_over_time(code, since=2000)
        for row in result.table.itertuples():
            real = row.p_adjusted <= 0.1 and row.apart
            assert (f"{row.label} ({row.estimate:+.2f})" in result.text) == real, (code, row.label)
            told += real
    assert told > 3  # the rules leave something to tell


def test_a_year_or_place_without_scores_is_not_estimable():
    assert "no scores of Japan are on file (0 rows)" in governance_over_time("JPN").text
    assert not governance_over_time("IND", since=2021).estimable
    assert not governance_over_time("IND", since=1997).estimable


def test_a_place_above_in_some_and_below_in_none_is_told_against_the_reference():
    assert governance("GBR").text.startswith("In 2021, the United Kingdom scores above the United States in ")


def test_panels_have_one_scale_and_one_line_a_series():
    data = governance_over_time("IND").plot_data
    assert set(data["series"]) == {"India", "the United States"}
    ax = panels(data, title="x", ylabel="score")
    inner = ax.child_axes
    assert len(inner) == 6
    assert {axis.get_ylim() for axis in inner} == {(data["conf_low"].min(), data["conf_high"].max())}
    assert {len(axis.lines) for axis in inner} == {2}


def test_adequacy_is_what_the_rows_say_and_a_gap_is_no_permission():
    evidence = load()
    india = adequacy("IND", evidence=evidence)
    assert "India was not on the Commission's list" in india.text
    assert india.row("eu_adequacy_ind")["estimate"] == 0
    assert "(certified companies only)" in adequacy("US-NY", evidence=evidence).text
    assert "within the European Economic Area" in adequacy("POL", evidence=evidence).text
    assert adequacy("PHL", evidence=evidence).text.startswith("The Philippines was not")
    unknown = adequacy("KEN", evidence=evidence)
    assert "not known, and no permission" in unknown.text
    for result in (india, unknown):
        assert "neither the day of a decision nor the day it lapses" in result.text
        assert result.n_used == 17
    assert not adequacy("IND", evidence=evidence, grades=["A"]).estimable


def test_ranks_are_told_by_year():
    evidence = load()
    assert "ranked India first in each of 7 years from 2005 to 2023" in location_index("IND", evidence=evidence).text
    assert "ranked Philippines 6 (2004), 4 (2005) and 7 (2016)" in location_index(
        "PHL", evidence=evidence
    ).text.replace("the P", "P")
    assert "no rank of South Africa is on file (0 rows" in location_index("ZAF", evidence=evidence).text


def test_what_is_gone_by_both_readings_of_a_rate():
    low, high = gone(0.15, years=3)
    assert (low, high) == pytest.approx((1 - np.exp(-0.45), 1 - 0.85**3))
    assert gone(1.2, years=1)[1] == 1
    assert gone(0.0, years=5) == (0, 0)


def test_attrition_is_computed_from_each_row():
    result = attrition(evidence=load(), years=3)
    own = result.row("lse_lpo_turnover")
    assert (own["conf_low"], own["conf_high"]) == pytest.approx((1 - np.exp(-0.45), 1 - 0.85**3))
    assert own["posts"] == pytest.approx(0.45)
    assert result.table["term"].iloc[0] == "lse_lpo_turnover"
    assert set(result.table["grade"]) == {"B"}
    wide = attrition(evidence=load(), years=1, grades=["A", "B", "C", "D"])
    ranged = wide.row("bpm_attrition_range")
    assert (ranged["conf_low"], ranged["conf_high"]) == pytest.approx((1 - np.exp(-0.2), 0.4))
    assert "after 1 year" in wide.text
    assert not attrition(evidence=load(), years=3, grades=["A"]).estimable


def test_currency_swings_by_hand():
    result, changes = currency_swings("IND", years=3), yearly_changes("INR", "USD")
    n, sd = len(changes), changes.std(ddof=1)
    assert result.row("volatility")["estimate"] == pytest.approx(sd)
    half = stats.t.ppf(0.95, n - 1) * sd * np.sqrt(4 + 9 * (3 * n - 1) / (2 * n**2))
    row = result.row("horizon")
    assert np.log1p(row["conf_high"]) - np.log1p(row["conf_low"]) == pytest.approx(2 * half)
    assert "pays in the US dollar itself" in currency_swings("US-OH", years=3).text
    assert "holds no currency of Japan" in currency_swings("JPN", years=3).text


def test_the_interval_over_the_horizon_covers_a_random_walk_of_yearly_averages():
    rng, years, n, inside = np.random.default_rng(0), 3, 30, 0
    for _ in range(2000):
        walk = (rng.normal(0, 0.1, (n + 1 + years) * 12) / np.sqrt(12)).cumsum().reshape(-1, 12).mean(axis=1)
        changes = np.diff(walk)
        seen = changes[:n]
        half = (
            stats.t.ppf(0.95, n - 1)
            * seen.std(ddof=1)
            * np.sqrt((3 * years - 1) / 2 + years**2 * (3 * n - 1) / (2 * n**2))
        )
        inside += abs(changes[n:].sum() - years * seen.mean()) <= half
    # A tenth less than its level at most: the history is short, and its changes correlate.
    assert 0.84 < inside / 2000 < 0.94


def fixed(**changes):
    return Parameters(
        **(
            {
                "outage_rate": [1.0, 1.0],
                "outage_days": [3.0, 3.0],
                "common_cause_share": [0.0, 0.0],
                "takeover_share": [0.0, 0.0],
                "draws": 256,
            }
            | changes
        )
    )


def test_one_site_stops_as_the_rate_says():
    result = single_point(fixed(horizon_years=2), evidence=load())
    assert result.row("standstill")["estimate"] == pytest.approx(1 - np.exp(-2))
    down = (3 / DAYS) / (1 + 3 / DAYS)
    assert result.row("days_lost")["estimate"] == pytest.approx(DAYS * down)
    assert result.row("effective_sites")["estimate"] == 1
    assert result.row("further_days")["estimate"] == pytest.approx(0, abs=1e-9)
    assert "no cost of a further provider is given" in result.row("cost_per_day")["method"]
    assert result.rows == ("dla_email_outage_2017", "trialworks_restore_days_2019")


def test_takeover_is_what_takes_days_off_and_has_its_price():
    p = fixed(takeover_share=[1.0, 1.0], further_provider_cost=[1000.0, 1000.0])
    result, down = single_point(p, evidence=load()), (3 / DAYS) / (1 + 3 / DAYS)
    saved = DAYS * (down - down**2)
    assert result.row("further_days")["estimate"] == pytest.approx(saved)
    assert result.row("cost_per_day")["estimate"] == pytest.approx(1000 / saved)
    by = diversification(p).table
    assert by["cost"].tolist() == pytest.approx([0, 1000, 2000, 3000, 4000, 5000])
    assert by["estimate"].iloc[1] == pytest.approx(DAYS * down**2)


def test_a_common_cause_leaves_nothing_to_diversify():
    p = fixed(common_cause_share=[1.0, 1.0], takeover_share=[0.5, 0.5])
    assert "More sites change next to nothing" in diversification(p).text
    assert diversification(p).table["standstill"].nunique() == 1


def test_unequal_sites_count_for_fewer():
    result = single_point(fixed(work_shares=[0.8, 0.2]), evidence=load())
    assert result.row("effective_sites")["estimate"] == pytest.approx(1 / 0.68)
    assert "2 sites that count as 1.5 equal ones" in result.text
    assert "2 equal sites" in single_point(fixed(work_shares=[0.5, 0.5]), evidence=load()).text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"work_shares": [0.5, 0.4]}, "work_shares: must add up to 1, got 0.9"),
        ({"outage_rate": [0.0, 1.0]}, "outage_rate: must be above 0"),
        ({"outage_days": [1.0, 400.0]}, "outage_days: must be at most 365"),
        ({"common_cause_share": [0.1, 1.2]}, "common_cause_share: must lie between 0 and 1"),
        ({"takeover_share": [-0.1, 0.2]}, "takeover_share: must lie between 0 and 1"),
        ({"further_provider_cost": [-5.0, 10.0]}, "further_provider_cost: must be 0 or more"),
        ({"governance_since": 1997}, "governance_since: must be a year with scores before the newest, got 1997"),
        ({"governance_since": 2021}, "got 2021"),
        ({"spend_beta": 0.5}, "spend_beta"),
    ],
)
def test_what_cannot_be_is_refused(changed, words):
    with pytest.raises((ParameterError, ValidationError)) as error:
        Parameters.from_mapping(changed)
    assert words in str(error.value)


def test_the_parts_stand_in_the_analysis_and_their_rows_are_told():
    analysis = analyse(Parameters(draws=256))
    assert all(isinstance(part.table, pd.DataFrame) for part in (*analysis.continuity, *analysis.controls))
    assert {"lse_lpo_turnover", "eu_adequacy_ind", "gsli_rank_ind_2023", "table:fx_annual:INR"} <= set(analysis.rows)
