"""Quality side by side, and governance as published."""

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.evidence import load, table
from lpo_analysis.risk import Parameters, governance, quality
from lpo_analysis.risk.governance import INDICATORS

ALL = ["A", "B", "C", "D"]


# Quality


@pytest.mark.parametrize("grades", [["A", "B"], ALL], ids="".join)
def test_every_figure_of_quality_is_a_published_row_and_nothing_is_pooled(grades):
    result = quality(load(), Parameters(grades=grades))
    o = load().observations
    assert result.table["term"].is_unique
    assert result.table["term"].tolist() == list(result.rows)
    rows = o.loc[list(result.rows)]
    assert set(rows["metric"]) == {"review_quality_rate"}
    points = rows[rows["form"] == "point"]
    assert result.table.set_index("term").loc[points.index, "estimate"].to_numpy() == pytest.approx(
        points["value"].to_numpy() / 100
    )
    assert "nothing is pooled" in result.text


def test_targets_and_beliefs_are_no_achievements():
    categories = set(load().observations.loc[list(quality(load(), Parameters(grades=ALL)).rows), "category"])
    present = set(load().observations["category"])
    assert {"recall_target_set_by_court", "recall_perceived"} <= present
    assert not {"recall_target_set_by_court", "recall_perceived"} & categories


def test_a_published_bound_is_drawn_at_its_known_end_and_named_a_bound():
    result = quality(load(), Parameters())
    row = result.row("onit_inv_llm")
    assert (row["estimate"], row["conf_high"], row["method"]) == (0.92, 0.92, "as published; ceiling")
    assert np.isnan(row["conf_low"])
    assert result.row("rand_review_team_agreement")["method"] == "as published; range"
    assert result.row("msft_quality")["method"] == "as published"
    assert result.plot_data["estimate"].isna().tolist() == (
        result.table[["conf_low", "conf_high"]].isna().any(axis=1).tolist()
    ), "a bound is drawn as one"


def test_offshore_against_onshore_is_said_to_be_unknown():
    result = quality(load(), Parameters(grades=ALL))
    assert "no row compares offshore with onshore work" in result.text
    assert result.checks[0].text.startswith("0 rows, 0 studies: not estimable")


def test_without_a_figure_quality_is_not_estimable():
    assert not quality(load(), Parameters(grades=["A"])).estimable


# Continuity


def scores(code, year=2021):
    frame = table("location_governance")
    return frame[(frame["iso3"] == code) & (frame["year"] == year)].iloc[0]


def test_india_against_the_united_states_is_what_the_table_says():
    result = governance("IND")
    india, usa = scores("IND"), scores("USA")
    z = stats.norm.ppf(0.95)
    for code in INDICATORS:
        row = result.row(code)
        assert row["estimate"] == india[code]
        assert row["difference"] == pytest.approx(india[code] - usa[code])
        assert row["conf_high"] - row["conf_low"] == pytest.approx(2 * z * india[f"{code}_se"])
        assert row["diff_high"] - row["diff_low"] == pytest.approx(
            2 * z * np.hypot(india[f"{code}_se"], usa[f"{code}_se"])
        )
    assert result.text.startswith("In 2021, India scores")
    assert result.rows == ("table:location_governance:IND:2021", "table:location_governance:USA:2021")


def test_a_difference_is_told_only_where_it_stands_among_six():
    for code in ("IND", "PHL", "ZAF", "GBR", "POL"):
        result = governance(code)
        told = result.text.split("; in the others")[0]
        for row in result.table.itertuples():
            assert (row.label in told) is (row.p_adjusted <= 0.1), (code, row.label)
            # Nothing stands among six that would not stand alone.
            assert row.p_adjusted > 0.1 or row.diff_high < 0 or row.diff_low > 0


def test_the_reference_itself_has_scores_and_no_difference():
    result = governance("USA")
    assert result.estimable
    assert (result.table["difference"] == 0).all()
    assert (
        result.text
        == "The place is the reference itself (the United States); its scores of 2021 are shown with their intervals."
    )
    assert result.rows == ("table:location_governance:USA:2021",)


def test_a_part_takes_the_scores_of_its_country():
    assert governance("US-NY").table.equals(governance("USA").table)
    assert governance("GB-NIR").table.equals(governance("GBR").table)


def test_a_country_without_scores_is_not_estimable():
    result = governance("JPN")
    assert not result.estimable
    assert "no scores of Japan are on file (0 rows)" in result.text


def test_a_higher_level_widens_the_intervals():
    narrow, wide = governance("IND").table, governance("IND", level=0.99).table
    assert (wide["conf_high"] - wide["conf_low"] > narrow["conf_high"] - narrow["conf_low"]).all()
    assert set(wide["level"]) == {0.99}
