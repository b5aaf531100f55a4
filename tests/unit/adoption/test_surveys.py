"""Reasons, barriers, insourcing and satisfaction: ranked within a survey, never across."""

from functools import cache

import pytest

from lpo_analysis.adoption import Parameters, barriers, drivers, insourcing, satisfaction
from lpo_analysis.adoption.surveys import MOVEMENTS, MOVES
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
    reasons = table[~table["label"].str.startswith("never ")]
    for _, survey in reasons.groupby("survey"):
        assert survey["estimate"].is_monotonic_decreasing
    blocks = reasons["survey"].ne(reasons["survey"].shift()).sum()
    assert blocks == reasons["survey"].nunique(), "every survey stands in one block"
    if blocks > 1:
        assert "ranked within a survey only" in part(name, grades=grades).text


@pytest.mark.parametrize("name", PARTS)
def test_a_survey_is_of_one_publisher_year_place_and_size(name):
    result = part(name, grades=ALL)
    rows = rows_of(result).assign(survey=result.table["survey"].to_numpy())
    for _, survey in rows.groupby("survey"):
        for column in ("publisher_id", "geography", "buyer_size"):
            assert survey[column].nunique() == 1
        year = survey["year_start"].where(survey["status"] == "forecast", survey["year_end"])
        assert year.nunique() == 1


@pytest.mark.parametrize("name", PARTS)
def test_a_study_has_one_name_on_whatever_page_it_was_read(name):
    result = part(name, grades=ALL)
    named = result.table["survey"].str.replace(r" \d{4} .*", "", regex=True)
    assert (named.groupby(rows_of(result)["study_id"].to_numpy()).nunique() == 1).all()


def test_surveys_are_counted_as_they_are_listed():
    for name in PARTS:
        result = part(name)
        makers = rows_of(result)["publisher_id"].nunique()
        assert f"from {result.table['survey'].nunique()} surveys of {makers} makers." in result.text
    assert "from 3 surveys of 2 makers." in part("drivers").text, "two years of ACC, one of ALM under two names"
    assert part("drivers").text.count("ALM 2013") == 1


def test_whom_an_answer_was_asked_is_said_where_a_survey_asked_several():
    text = part("drivers").text
    assert "cost (of outsourcers) 68%, law firm advice 45%" in text
    assert "without a common rank" in text
    assert "(of " not in part("satisfaction").text


def test_who_never_thought_of_it_gave_no_reason_and_stands_apart():
    result = part("barriers")
    assert "ALM 2013 (United States): cost 68% and quality at least 48%." in result.text
    assert result.text.startswith("3 figures on reasons against outsourcing from 2 surveys of 2 makers.")
    assert (
        "No reason, and so not among them: 91% of non-outsourcers never seriously considered it (ALM 2013, United States)."
        in result.text
    )
    assert "no need" not in result.text
    assert result.table["term"].iloc[-1] == "alm_2013_nonusers_not_considered"
    assert result.plot_data["group"].iloc[-1] == "No reason: ALM 2013 (United States)"
    assert not part("drivers").plot_data["group"].str.startswith("No reason").any()


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
    assert result.table.iloc[0]["label"] == "cost", "all of one survey were asked the same, so nobody is named"


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
    assert table.loc[rows.index[meant], "label"].str.contains(" (intended)", regex=False).all()
    assert not table.loc[rows.index[~meant], "label"].str.contains("intended").any()
    assert (table["status"] == rows["status"]).all()


def test_movements_in_opposite_directions_are_never_listed_together():
    result = part("insourcing", grades=ALL)
    assert set(MOVES) >= set(rows_of(result)["category"])
    assert {movement for movement, _ in MOVES.values()} == set(MOVEMENTS) == set(result.table["movement"])
    assert (result.table["movement"] == rows_of(result)["category"].map(lambda code: MOVES[code][0]).to_numpy()).all()
    for movement, words in MOVEMENTS.items():
        told = result.text.split(f"{words}: ")[1].split(". ")[0]
        for row in result.table[result.table["movement"] == movement].itertuples():
            assert MOVES[row.category][1] in told
    assert set(result.plot_data["group"]) == set(MOVEMENTS.values())


def test_what_nobody_did_is_said_to_be_only_intended():
    text = part("insourcing").text
    assert (
        "Taken back from alternative providers: nothing done is on file; only intended: fewer alternative providers 14%"
        in text
    )
    assert "no balance is struck" in text


def test_a_bound_is_told_as_a_bound():
    assert "quality at least 48%" in part("barriers").text
    assert "and at most 67% (Harbor 2025" in part("insourcing").text


def test_degrees_of_satisfaction_of_one_survey_do_not_add_up_to_more_than_all():
    for grades in (("A", "B"), ALL):
        table = part("satisfaction", grades=grades).table
        assert (table.groupby("survey")["estimate"].sum() <= 1 + 1e-9).all()


def test_the_satisfied_are_those_above_neutral():
    text = part("satisfaction").text
    assert text.startswith(
        "Added up over the degrees above neutral, so many users say they are satisfied: 96% in ALM 2013"
    )
    assert "93% in Deloitte" in text
    assert text.endswith("Deloitte Australia 2012 (Australia) counts law firms among the providers.")
    assert "Reasons" not in text
