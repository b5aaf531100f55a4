"""Reasons, barriers, insourcing and satisfaction: ranked within a survey, never across."""

from functools import cache

import pytest

from lpo_analysis.adoption import Parameters, barriers, drivers, insourcing, satisfaction
from lpo_analysis.evidence import load

PARTS = {"drivers": drivers, "barriers": barriers, "insourcing": insourcing, "satisfaction": satisfaction}
ALL = ("A", "B", "C", "D")


@cache
def part(name, buyer="corporate", grades=("A", "B")):
    return PARTS[name](load(), Parameters(buyer=buyer, grades=list(grades)))


def rows_of(result):
    return load().observations.loc[list(result.rows)]


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("grades", [("A", "B"), ALL], ids="".join)
def test_only_the_grades_and_the_buyer_asked_for_are_shown(name, grades):
    result = part(name, grades=grades)
    assert result.estimable
    assert set(rows_of(result)["grade"]) <= set(grades)
    assert set(rows_of(result)["buyer"]) == {"corporate"}
    assert result.table["term"].tolist() == list(result.rows)


@pytest.mark.parametrize("name", ["drivers", "barriers", "satisfaction"])
@pytest.mark.parametrize("grades", [("A", "B"), ALL], ids="".join)
def test_answers_are_ranked_within_each_survey_and_surveys_stay_apart(name, grades):
    table = part(name, grades=grades).table
    for _, survey in table.groupby("survey"):
        assert survey["estimate"].is_monotonic_decreasing
    blocks = table["survey"].ne(table["survey"].shift()).sum()
    assert blocks == table["survey"].nunique(), "every survey stands in one block"
    if blocks > 1:
        assert "ranked within a survey only" in part(name, grades=grades).text


@pytest.mark.parametrize("name", PARTS)
def test_a_survey_is_of_one_publisher_year_place_and_size(name):
    result = part(name, grades=ALL)
    rows = rows_of(result).assign(survey=result.table["survey"].to_numpy())
    for _, survey in rows.groupby("survey"):
        for column in ("publisher_id", "year_end", "geography", "buyer_size"):
            assert survey[column].nunique() == 1


def test_administrative_work_is_no_reason_for_outsourcing_legal_work():
    o = load().observations
    excluded = o[(o["metric"] == "driver_share") & (o["task"] == "")]
    assert len(excluded), "there is something to exclude"
    for buyer in ("law_firm", "corporate"):
        result = part("drivers", buyer, ALL)
        assert not set(excluded.index) & set(result.rows)
        assert "" not in set(rows_of(result)["task"])


def test_law_firms_have_reasons_on_file():
    result = part("drivers", "law_firm")
    assert result.estimable
    assert result.n_used == 6
    assert result.table.iloc[0]["label"] == "cost"


@pytest.mark.parametrize("name", ["insourcing", "satisfaction"])
def test_what_no_law_firm_was_asked_is_not_estimable_and_counted(name):
    result = part(name, "law_firm")
    assert not result.estimable
    assert "law firms (0 rows, 0 studies)" in result.text


def test_intentions_are_told_from_what_was_done():
    result = part("insourcing", grades=ALL)
    table, rows = result.table.set_index("term"), rows_of(result)
    meant = rows["status"] == "forecast"
    assert meant.any()
    assert (~meant).any()
    assert table.loc[rows.index[meant], "label"].str.endswith(" (intended)").all()
    assert not table.loc[rows.index[~meant], "label"].str.contains("intended").any()
    assert (table["status"] == rows["status"]).all()


def test_a_bound_is_told_as_a_bound():
    assert "quality at least 48%" in part("barriers").text
    assert "moved work in house at most 67%" in part("insourcing").text


def test_degrees_of_satisfaction_of_one_survey_do_not_add_up_to_more_than_all():
    for grades in (("A", "B"), ALL):
        table = part("satisfaction", grades=grades).table
        assert (table.groupby("survey")["estimate"].sum() <= 1 + 1e-9).all()


def test_the_satisfied_are_those_above_neutral():
    text = part("satisfaction").text
    assert text.startswith("Added up over the degrees above neutral, 96% (ALM")
    assert "93% (Deloitte" in text
    assert "Reasons" not in text
