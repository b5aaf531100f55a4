"""Shares of users by sense, with the interval their sample bears and no more."""

import dataclasses
from functools import cache

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.adoption import Analysis, Parameters, analyse, use
from lpo_analysis.adoption.use import SENSES, newest_use, size_check, spoken, with_intervals
from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import load, select, table
from lpo_analysis.methods.proportions import share_interval

ALL = ["A", "B", "C", "D"]
PLACES = ["USA", "GBR", "AUS", "WLD", "CAN"]


@cache
def asked(geography="USA", buyer="corporate", **changes):
    return use(
        load(),
        Parameters(
            geography=geography, buyer=buyer, **{k: list(v) if isinstance(v, tuple) else v for k, v in changes.items()}
        ),
    )


each_question = pytest.mark.parametrize("buyer", ["corporate", "law_firm"])
each_place = pytest.mark.parametrize("place", PLACES)


def test_the_places_asked_for_here_are_all_there_are():
    assert set(select(load(), metric="adoption_rate", grades=ALL)["geography"]) == set(PLACES)


def test_every_figure_on_use_has_a_sense_in_words():
    rows = select(load(), metric="adoption_rate", grades=ALL, status=["actual", "estimate", "forecast"])
    missing = sorted(set(rows["category"]) - set(SENSES))
    assert not missing, "add their words to SENSES"
    assert len(set(SENSES.values())) == len(SENSES), "two senses must not look alike"


@each_place
@each_question
def test_every_published_figure_is_shown_as_it_is_and_once(place, buyer):
    result = asked(place, buyer, grades=tuple(ALL))
    rows = select(load(), metric="adoption_rate", geography=place, buyer=buyer, grades=ALL, required=False)
    assert result.estimable is bool(len(rows))
    if result.estimable:
        assert sorted(result.table["term"]) == sorted(rows.index) == sorted(result.rows)
        points = rows[rows["form"] == "point"]
        shown = result.table.set_index("term").loc[points.index, "estimate"]
        assert shown.to_numpy() == pytest.approx(points["value"].to_numpy() / 100)
        assert result.plot_data["group"].nunique() == result.table["sense"].nunique()


@each_place
@each_question
def test_no_sense_is_pooled(place, buyer):
    result = asked(place, buyer, grades=tuple(ALL))
    if result.estimable:
        assert not set(result.table["term"]) - set(load().observations.index), "every term is a published row"
        assert len(result.table) == result.n_used


@each_place
@each_question
@pytest.mark.parametrize("grades", [("A", "B"), ("C",)], ids="".join)
def test_a_question_is_refused_exactly_where_there_is_nothing_to_show(place, buyer, grades):
    parameters = Parameters(geography=place, buyer=buyer, grades=list(grades))
    try:
        parameters.check_evidence()
        refused = False
    except NoEvidenceError:
        refused = True
    assert asked(place, buyer, grades=grades).estimable is not refused


def test_a_task_without_figures_is_not_estimable_and_counts_what_there_is():
    result = asked(task="transcription")
    assert not result.estimable
    assert (
        result.text
        == "Not estimable, because no figure of grade A/B on use of transcription by legal departments in the United States is on file (0 rows, 0 studies)."
    )


def test_a_task_shows_its_own_figures_only():
    table = asked(task="legal_research").table
    assert set(table["task"]) == {"legal_research"}
    assert len(table) == 2


def test_no_context_row_and_no_forecast_is_shown():
    rows = load().observations.loc[
        [
            row
            for place in PLACES
            for buyer in ("corporate", "law_firm")
            for row in asked(place, buyer, grades=tuple(ALL)).rows
        ]
    ]
    assert "context" not in set(rows["topic"])
    assert "forecast" not in set(rows["status"])


# Intervals, on constructed sources.


@pytest.fixture
def constructed():
    """Three sources: one about the same respondents, one with two buyers, one without a size."""
    rows = {
        "plain_1": ("plain", "corporate", 100, 40.0),
        "plain_2": ("plain", "corporate", 100, 20.0),
        "mixed_1": ("mixed", "corporate", 100, 40.0),
        "mixed_2": ("mixed", "law_firm", 100, 20.0),
        "silent_1": ("silent", "corporate", None, 40.0),
    }
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["source_id", "buyer", "sample_size", "value"])
    frame = frame.astype({"sample_size": "Int64"}).assign(
        study_id=frame["source_id"], metric="adoption_rate", form="point", lower=np.nan, upper=np.nan, note="", year_end=2015,
        buyer_size="all", geography="USA",
    )  # fmt: skip
    return frame, dataclasses.replace(load(), observations=frame)


def test_an_unknown_size_is_shown_for_every_scenario_and_drawn_for_the_middle_one(constructed):
    frame, evidence = constructed
    p = Parameters(sample_sizes=[500, 50, 150])
    made = with_intervals(frame, evidence, p)
    row = made.loc["silent_1"]
    assert (row["conf_low"], row["conf_high"]) == share_interval(0.4, 150, level=p.level)
    assert pd.isna(row["n"])
    assert [part.split(":")[0] for part in row["scenarios"].split("; ")] == ["n 50", "n 150", "n 500"]
    assert row["method"] == "Wilson; n not told; drawn for n = 150"
    known = made.loc["plain_1"]
    assert (known["conf_low"], known["conf_high"]) == share_interval(0.4, 100, level=p.level)
    assert (known["n"], known["scenarios"]) == (100, "")
    assert made.loc["mixed_1", "method"].startswith("Wilson; at least this wide")


def test_a_published_range_or_bound_keeps_its_ends_and_gets_no_interval_of_chance(constructed):
    frame, evidence = constructed
    frame = frame.iloc[:3].copy()
    frame["form"], frame["value"] = ["range", "floor", "ceiling"], np.nan
    frame["lower"], frame["upper"] = [0.0, 48.0, np.nan], [10.0, np.nan, 67.0]
    made = with_intervals(frame, evidence, Parameters())
    assert made["conf_low"].tolist() == pytest.approx([0, 0.48, np.nan], nan_ok=True)
    assert made["conf_high"].tolist() == pytest.approx([0.1, np.nan, 0.67], nan_ok=True)
    assert made["method"].tolist() == ["published as a range", "published as a floor", "published as a ceiling"]
    said = [spoken(row) for row in made.rename(columns={"share": "estimate"}).itertuples()]
    assert said == ["at most 10%", "at least 48%", "at most 67%"]


def test_a_bound_is_told_as_a_bound_and_not_as_its_middle():
    text = asked("USA", "law_firm").text
    assert "at most 10% in 2009, 8% in 2013 and 7% in 2017" in text
    assert " 5%" not in text


def test_figures_are_counted_by_what_is_known_of_their_number(constructed):
    frame, evidence = constructed
    check = size_check(with_intervals(frame, evidence, Parameters()))
    assert not check.passed
    assert check.text == (
        "Of 5 figures: 2 with a number of respondents that source or row tells; 2 with only an upper bound of it, so that the interval is at "
        "least as wide as shown; 1 without any, drawn for the middle scenario."
    )
    bound = frame.iloc[:2].assign(form=["point", "floor"], lower=[np.nan, 20.0])
    check = size_check(with_intervals(bound, evidence, Parameters()))
    assert check.passed
    assert check.text.endswith("; 1 published as a range or bound, which has no interval of chance.")


def test_intervals_hold_the_share_and_widen_with_the_level():
    narrow, wide = asked().table, asked(level=0.99).table
    assert (narrow["conf_low"] <= narrow["estimate"]).all()
    assert (narrow["estimate"] <= narrow["conf_high"]).all()
    assert (wide["conf_high"] - wide["conf_low"] > narrow["conf_high"] - narrow["conf_low"]).all()


def test_three_waves_are_listed_and_called_no_curve():
    text = asked().text
    assert "61% in 2016, 74% in 2018 and 71% in 2020" in text
    assert "this is no one curve" in text


def test_the_newest_use_is_the_last_wave_of_all_buyers_and_says_what_its_interval_assumes():
    analysis = analyse(Parameters())
    newest = analysis.newest_use
    assert newest.row("share")["estimate"] == pytest.approx(0.71)
    assert newest.rows == ("tri_2020_corp_all", "tri_2024_corp_all")
    assert newest.text.startswith("The newest survey of grade A or B of use of any kind (2020, ")
    assert "Newer figures stand at other grades only" in newest.text
    assert "57% in 2024 (Thomson Reuters Institute, grade C)." in newest.text
    assert newest.n_used == 1
    every = analyse(Parameters(grades=["A", "B", "C", "D"])).newest_use
    assert every.row("share")["estimate"] == pytest.approx(0.57)
    assert "Newer figures" not in every.text
    assert newest.row("share")["label"].endswith("2020 (how many answered is not told; interval if n = 150)")
    assert "how many answered is not told, so the interval is an assumption (n 50: 60% to 80%; n 150: " in newest.text
    assert not analyse(Parameters(geography="AUS")).newest_use.estimable
    assert not analyse(Parameters(task="transcription")).newest_use.estimable


def test_a_newest_use_of_a_known_number_has_its_interval_and_no_assumption():
    o = load().observations.copy()
    o.loc["tri_2020_corp_all", "sample_size"] = 400
    evidence = dataclasses.replace(load(), observations=o)
    newest = newest_use(use(evidence, Parameters()), evidence, Parameters())
    assert newest.row("share")["label"] == "use of any alternative provider, 2020"
    low, high = (round(100 * end) for end in share_interval(0.71, 400, level=0.9))
    assert f"says 71% ({low}% to {high}%). Newer" in newest.text


PARTS = [
    *("growth", "split", "disagreement", "use", "drivers", "barriers", "insourcing", "satisfaction", "market_break"),
    *(
        "use_trend",
        "intentions",
        "ceilings_elsewhere",
        "forecast",
        "imports_forecast",
        "scores",
        "use_forecast",
        "pairs",
        "weaker_pairs",
        "revisions",
        "pooled_error",
    ),
    *("scenarios", "ai_use", "ai_recall", "imports", "excess", "exports", "governance", "wages"),
]


@pytest.mark.parametrize(
    "question", [{}, {"buyer": "law_firm"}, {"geography": "WLD", "grades": ["C"]}, {"task": "ip_services"}], ids=str
)
def test_every_part_answers_or_says_why_not(question):
    analysis = analyse(Parameters(**question))
    assert isinstance(analysis, Analysis)
    for part in PARTS:
        result = getattr(analysis, part)
        assert result.text.rstrip().endswith(".")
        assert "nan" not in result.text.split()
        assert result.estimable or result.text.startswith("Not estimable, because")
    tables = {row for row in analysis.rows if row.startswith("table:")}
    assert set(analysis.rows) - tables <= set(load().observations.index)
    for row in tables:
        assert len(table(row.split(":")[1]))
    assert len(set(analysis.rows)) == len(analysis.rows)


def test_other_grades_give_more_figures_and_the_same_series():
    frame = analyse(Parameters()).by_grades()
    assert frame["grades"].tolist() == ["A", "A, B", "A, B, C", "A, B, C, D"]
    assert frame["figures"].is_monotonic_increasing
    assert np.isnan(frame["growth"].iloc[0])
    assert frame["growth"].iloc[1:].nunique() == 1
