"""How far publishers disagree, whether anything can be pooled, and the gap that is not bridged."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from lpo_analysis import paths
from lpo_analysis.adoption import Parameters, disagreement, market_break, pooled
from lpo_analysis.adoption.scopes import SCOPES
from lpo_analysis.evidence import load

README = (paths.EVIDENCE / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def evidence():
    return load()


@pytest.fixture(scope="module")
def apart(evidence):
    return disagreement(evidence, Parameters())


def test_makers_meet_in_as_many_scope_years_as_the_readme_says(evidence, apart):
    strong, both = map(
        int, re.search(r"(\d+) scope-years have two or more makers \((\d+) with C and D\)", README).groups()
    )
    assert apart.table["label"].nunique() == both == 9
    rows = evidence.observations.loc[list(apart.rows)]
    good = rows[rows["grade"].isin(["A", "B"])].groupby(["category", "geography", "year_end"])["publisher_id"].nunique()
    assert int((good >= 2).sum()) == strong == 3
    assert apart.text.startswith("Two makers or more put a size on the same market in the same year 9 times.")


def test_three_editions_of_one_publisher_are_one_maker(apart):
    row = apart.row("lpo_offshore_india_2010_forecasts")
    assert (row["n_obs"], row["n_makers"], row["n_ab"]) == (3, 1, 1)
    assert np.isnan(row["estimate"]), "a maker does not disagree with itself"


def test_disagreement_never_mixes_scopes_places_years_or_kinds(evidence, apart):
    assert apart.table["term"].is_unique
    rows = evidence.observations.loc[list(apart.rows)]
    assert set(rows["category"]) <= set(SCOPES)
    for record in apart.table.itertuples():
        category, year, kind = record.term.rsplit("_", 2)
        same = rows[
            (rows["category"] == category) & (rows["year_end"] == int(year)) & (rows["geography"] == record.geography)
            & ((rows["status"] == "forecast") == (kind == "forecasts"))
        ]  # fmt: skip
        assert (len(same), same["publisher_id"].nunique()) == (record.n_obs, record.n_makers)
        single = same.loc[same["form"] == "point"]
        if single["publisher_id"].nunique() >= 2:
            assert record.estimate == pytest.approx(single["value"].max() / single["value"].min())
        else:
            assert np.isnan(record.estimate)
    drawn = apart.plot_data["group"]
    assert not [group for group in drawn if "ALSP" in group and "LPO" in group]
    assert drawn.nunique() == apart.table["label"].nunique()


def test_ratios_are_those_of_single_figures_of_one_kind(apart):
    """Worked out by hand from the rows: 0.146 and 0.056 of 2006, 117.89 and 35 for 2030."""
    assert apart.row("lpo_offshore_india_2006_estimates")["estimate"] == pytest.approx(0.146 / 0.056)
    assert apart.row("lpo_global_2030_forecasts")["estimate"] == pytest.approx(117.89 / 35)
    assert apart.table["estimate"].max() == apart.row("lpo_global_2030_forecasts")["estimate"]
    assert (
        "1.4 times the smallest in the median of 5 sets of estimates (at most 2.6 times, for legal work offshored to India, 2006)"
        in apart.text
    )


def test_a_bound_is_told_and_divides_nothing(apart):
    floor, forecast = apart.row("lpo_global_2012_estimates"), apart.row("lpo_global_2012_forecasts")
    assert floor["at_least"] == 1
    assert floor[["estimate", "smallest", "largest", "at_most"]].isna().all()
    assert forecast["smallest"] == forecast["largest"] == 2.4
    assert np.isnan(forecast["estimate"])
    both = apart.row("lpo_offshore_india_2015_forecasts")
    assert (both["at_least"], both["at_most"], both["largest"]) == (1, 15, 4)
    assert np.isnan(both["estimate"])
    open_ended = apart.plot_data[apart.plot_data["group"] == "Offshored to India, 2015"].set_index("label")
    assert open_ended["ahead"].all()
    assert np.isnan(open_ended.loc["ValueNotes, forecast of 2005 [B]", "conf_high"])
    assert np.isnan(open_ended.loc["SKJ Juris, forecast of 2011 [D]", "conf_low"])


@pytest.mark.parametrize("grades", [["A"], ["B", "C"], ["A", "B", "C", "D"]], ids="".join)
def test_the_grades_let_in_do_not_change_the_disagreement(evidence, apart, grades):
    other = disagreement(evidence, Parameters(grades=grades))
    pd.testing.assert_frame_equal(other.table, apart.table)
    assert (other.text, other.rows) == (apart.text, apart.rows)


def test_no_scope_has_ten_estimates_from_four_makers_at_grades_a_and_b(evidence):
    result = pooled(evidence, Parameters())
    assert not result.estimable
    assert result.table["estimate"].isna().all()
    assert result.row("lpo_offshore_india")[["n_obs", "n_makers"]].tolist() == [6, 4]
    assert "So nothing is pooled." in result.text
    assert "With grade C let in, legal work offshored to India would qualify." in result.text


def test_with_grade_c_only_india_qualifies_and_forecasts_and_bounds_stay_out(evidence):
    result = pooled(evidence, Parameters(grades=["A", "B", "C"]))
    assert result.estimable
    india = result.row("lpo_offshore_india")
    assert (india["n_obs"], india["n_makers"], india["first"], india["last"]) == (10, 7, 2005, 2009)
    assert result.table.dropna(subset=["estimate"])["term"].tolist() == ["lpo_offshore_india"]
    assert india["conf_low"] < india["estimate"] < india["conf_high"]
    used = evidence.observations.loc[list(result.rows)]
    assert "forecast" not in set(used["status"])
    assert "makers taken as independent, which they are not" in result.text


def test_growth_that_all_makers_tell_alike_is_found(evidence):
    o = evidence.observations
    chosen = o.index[(o["category"] == "lpo_offshore_india") & (o["status"] != "forecast") & (o["form"] == "point")]
    # 30% a year for all, from a level of each maker's own.
    levels = pd.factorize(o.loc[chosen, "publisher_id"])[0] % 4
    noise = np.random.default_rng(3).normal(scale=0.02, size=len(chosen))
    made = o.copy()
    made.loc[chosen, "value"] = (
        np.exp(0.2 * levels + noise) * 1.3 ** (o.loc[chosen, "year_end"].astype(float) - 2005)
    ).astype(float)
    grades = ["A", "B", "C", "D"]
    row = pooled(dataclasses.replace(evidence, observations=made), Parameters(grades=grades)).row("lpo_offshore_india")
    assert row["estimate"] == pytest.approx(0.3, abs=0.15)


def test_the_gap_is_shown_and_not_bridged(evidence):
    result = market_break(evidence, Parameters())
    before, after = result.row("before"), result.row("after")
    assert before["label"] == "figures of 2009 to 2014"
    assert after["label"] == "figures of 2020 to 2026"
    assert before["conf_high"] == 4
    assert after["conf_low"] == 8
    assert before["n_ab"] == after["n_ab"] == 1
    assert result.checks[0].passed
    # Middles: 2011.6, and the mean of ln 4, ln 0.4, ln 1, ln sqrt(0.5 * 1.1), ln sqrt(0.5 * 1); 2023.5, and that of the six.
    rise = np.log([8, 16.9, 16.7, 16.8, 23.45, 36.63]).mean() - np.log([4, 0.4, 1, 0.55**0.5, 0.5**0.5]).mean()
    assert result.row("bridge")["estimate"] == pytest.approx(np.expm1(rise / (2023.5 - 2011.6)))
    assert "the break is shown and not bridged." in result.text
    assert len(result.plot_data) == result.n_used == before["n_obs"] + after["n_obs"]
