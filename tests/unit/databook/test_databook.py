"""The data book counts what is there: against pandas on the raw file, and on small bases of a known shape."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from lpo_analysis import databook, paths
from lpo_analysis.databook import coverage
from lpo_analysis.errors import NotFoundError, ParameterError
from lpo_analysis.evidence import load
from lpo_analysis.evidence.schema import package


@pytest.fixture(scope="module")
def raw():
    """The two files as they stand, read without the package."""
    rows = pd.read_csv(paths.EVIDENCE / "observations.csv", keep_default_na=False)
    sources = pd.read_csv(paths.EVIDENCE / "sources.csv", keep_default_na=False)
    return rows.merge(sources[["source_id", "study_id", "publisher_id", "independence"]], on="source_id")


def book(**values):
    p = databook.Parameters(**values)
    p.check_evidence()
    return databook.analyse(p)


def only(rows):
    """The evidence with some of its rows."""
    e = load()
    return dataclasses.replace(e, observations=e.observations.loc[rows])


def changed(**columns):
    """Rows of one market scope and year, with some columns set."""
    rows = (
        load()
        .observations.query("metric == 'market_size' and topic == 'market'")
        .head(len(next(iter(columns.values()))))
        .copy()
    )
    same = {
        "category": "lpo_global", "unit": "USD_bn", "geography": "WLD", "year_start": 2020, "year_end": 2020, "status": "estimate", "form": "point",
        "grade": "B", "buyer": "all", "buyer_size": "all", "task": "all", "provider": "all", "role": "",
    }  # fmt: skip
    rows = rows.assign(**{name: value for name, value in same.items() if name not in columns})
    for name, values in columns.items():
        rows[name] = pd.array(values, dtype=rows[name].dtype)
    return dataclasses.replace(load(), observations=rows)


@pytest.mark.parametrize("topic", ["adoption", "market", "savings", "risk", "context"])
def test_the_counts_by_grade_are_those_of_the_file(raw, topic):
    row = book().grades.row(topic)
    part = raw[raw["topic"] == topic]
    assert [row[g] for g in "ABCD"] == [(part["grade"] == g).sum() for g in "ABCD"]
    assert (row["n_studies"], row["n_makers"]) == (part["study_id"].nunique(), part["publisher_id"].nunique())
    assert row["estimate"] == pytest.approx(part["grade"].isin(["A", "B"]).mean())
    assert row["forecasts"] == (part["status"] == "forecast").sum()


def test_the_studies_of_a_period_are_those_of_the_file(raw):
    table = book(topic="market", first_year=2003, last_year=2012, years_per_column=4).years.table
    whole = table[table["topic"]].set_index("period")["estimate"]
    assert list(whole.index) == ["2003–06", "2007–10", "2011–12"], "the last period ends with the last year"
    known = raw[(raw["topic"] == "market") & raw["grade"].isin(["A", "B"]) & (raw["status"] != "forecast")]
    for period, ends in zip(whole.index, [(2003, 2006), (2007, 2010), (2011, 2012)], strict=True):
        assert whole[period] == known[known["year_end"].between(*ends)]["study_id"].nunique()


@pytest.mark.parametrize(
    ("studies", "says"),
    [(0, "no study"), (1, "1 or 2"), (2, "1 or 2"), (3, "3 to 9"), (9, "3 to 9"), (10, "10 studies")],
)
def test_a_number_of_studies_has_a_look(studies, says):
    assert coverage.state(studies).startswith(says)


def test_studies_of_a_metric_are_alike_only_if_they_ask_the_same():
    e = changed(
        study_id=["a", "b", "c", "d"], category=["lpo_global", "lpo_global", "alsp_total", "lpo_offshore_india"]
    )
    row = coverage.subjects(e, databook.Parameters(topic="market")).row("market_size")
    assert (row["estimate"], row["alike"]) == (4, 2)
    assert row["state"] == "several studies of different questions"


@pytest.mark.parametrize(
    ("makers", "state"),
    [
        ("aaa", "one maker's series"),
        ("aab", "two makers' series"),
        ("abc", "can be fitted"),
        ("aaabc", "can be fitted"),
    ],
)
def test_waves_of_one_maker_are_no_studies_to_fit(makers, state):
    e = changed(study_id=[f"s{i}" for i in range(len(makers))], publisher_id=list(makers))
    found = coverage.subjects(e, databook.Parameters(topic="market"))
    row = found.row("market_size")
    assert (row["alike"], row["alike_makers"], row["state"]) == (len(makers), len(set(makers)), state)
    assert ("as a fit needs: 1 is a series of" in found.text) == (state != "can be fitted")


def test_a_set_of_three_makers_counts_before_a_longer_one_of_one_maker():
    e = changed(
        study_id=list("abcdefg"), publisher_id=list("xxxxpqr"), category=["lpo_global"] * 4 + ["alsp_total"] * 3
    )
    row = coverage.subjects(e, databook.Parameters(topic="market")).row("market_size")
    assert (row["alike"], row["alike_makers"], row["state"]) == (3, 3, "can be fitted")


def test_the_makers_of_alike_figures_are_those_of_the_file(raw):
    known = raw[raw["grade"].isin(["A", "B"]) & (raw["status"] != "forecast") & (raw["topic"] != "context")]
    sets = known.groupby(coverage.ALIKE)[["study_id", "publisher_id"]].nunique()
    fitted = sets[(sets["study_id"] >= 3) & (sets["publisher_id"] >= 3)].reset_index()["metric"].nunique()
    several = sets[sets["study_id"] >= 3].reset_index()["metric"].nunique()
    table = book().subjects.table
    assert (table["state"] == "can be fitted").sum() == fitted
    assert (table["alike"] >= 3).sum() == several


def test_makers_are_compared_within_a_question_and_forecasts_with_forecasts():
    e = changed(
        publisher_id=["a", "b", "b", "c"],
        value=[2.0, 3.0, 5.0, 90.0],
        status=["estimate", "estimate", "estimate", "forecast"],
    )
    found = databook.disagreement(e, databook.Parameters(topic="market"))
    row = found.row("market_size")
    assert row["estimate"] == pytest.approx(2.0), "the two figures of one maker are averaged first: 4 against 2"
    assert (row["n_obs"], row["n_known"], found.n_used, found.n_dropped) == (1, 1, 3, 1)
    assert "1 question of one year is answered" in found.text


def test_who_makes_the_figures_is_told_over_all_grades_and_sellers_are_barred_by_rule(raw):
    every = raw[(raw["status"] != "forecast") & (raw["topic"] != "context")]
    found = book().makers
    shares = found.table.set_index("term")["every"]
    for stake in ("independent", "interested", "vendor"):
        assert shares[f"stake_{stake}"] == pytest.approx((every["independence"] == stake).mean())
    assert "no seller is among them, because a seller's figure is graded C or D by rule" in found.text
    assert "no seller" not in book(grades=["A", "B", "C"]).makers.text


@pytest.mark.parametrize("grades", [["D"], ["A", "B", "C", "D"]], ids="".join)
def test_makers_are_told_with_no_figure_of_the_grades_and_with_all(grades):
    found = book(topic="adoption", grades=grades).makers
    assert found.text.endswith(
        "None of them is of grade D." if grades == ["D"] else "so rows are weighed by study and not counted."
    )


def test_without_a_second_maker_nothing_can_be_compared():
    e = changed(publisher_id=["a", "a"], value=[2.0, 3.0])
    found = databook.disagreement(e, databook.Parameters(topic="market"))
    assert not found.estimable
    assert "no two makers" in found.text


def test_the_traps_name_the_rows_they_are_shown_with():
    found = book(grades=["A", "B", "C", "D"]).traps
    assert set(found.table["term"]) == {
        "scopes",
        "senses",
        "forecasts",
        "rows",
        "bounds",
        "samples",
        "sellers",
        "age",
        "money",
    }
    assert found.table["found"].str.endswith(".").all()
    assert set(found.rows) <= set(load().observations.index)
    assert "cannot be shown" in book().traps.text, "fewer traps can be shown with fewer grades"


def test_the_largest_span_of_senses_is_that_of_the_file(raw):
    row = book().traps.row("senses")
    rates = raw[
        (raw["metric"] == "adoption_rate")
        & raw["grade"].isin(["A", "B"])
        & (raw["task"] == "all")
        & (raw["topic"] != "context")
    ]
    rates = rates[
        (rates["value"] != "") & (rates["lower"] == "") & (rates["upper"] == "") & (rates["status"] != "forecast")
    ]
    rates = rates.assign(value=rates["value"].astype(float))
    groups = rates.groupby(["geography", "buyer", "buyer_size", "year_end"])
    spans = (groups["value"].max() - groups["value"].min())[groups["category"].nunique() > 1]
    assert row["estimate"] == pytest.approx(spans.max() / 100)


def test_figures_are_looked_up_whole_and_none_is_averaged(raw):
    found = book(metric="lpo_hourly_rate").figures
    wanted = raw[(raw["metric"] == "lpo_hourly_rate") & raw["grade"].isin(["A", "B"])]
    assert set(found.table["term"]) == set(wanted["observation_id"]) == set(found.rows)
    ranges = found.table[found.table["method"] == "published range"]
    assert ranges["estimate"].isna().all(), "a range has no single figure"
    assert found.table["level"].isna().all(), "published ends are no confidence interval"
    floor = found.table[found.table["method"] == "at least"].iloc[0]
    assert floor["shown"].startswith("at least ")


def test_what_is_not_on_file_is_not_estimable_and_what_does_not_exist_is_refused():
    nothing = databook.figures(load(), metric="lpo_hourly_rate", grades=["D"])
    assert not nothing.estimable
    assert "of grade B" in nothing.text
    with pytest.raises(NotFoundError, match="lpo_hourly_rate"):
        databook.figures(load(), metric="lpo_hourly_rat")
    with pytest.raises(ParameterError, match="adoption_rate"):
        databook.Parameters(metric="adoption_rat").check_evidence()


def test_a_filter_narrows_the_figures():
    found = databook.figures(load(), metric="lpo_hourly_rate", grades=["A", "B", "C"], geography="IND")
    assert set(found.table["place"]) == {"India"}
    assert found.n_dropped == len(load().observations.query("metric == 'lpo_hourly_rate'")) - found.n_used


def test_forecasts_enter_only_when_asked_for():
    without = databook.figures(load(), metric="market_size")
    with_them = databook.figures(load(), metric="market_size", forecasts=True)
    assert with_them.n_used > without.n_used
    assert not without.table["label"].str.contains("forecast").any()


def test_the_makers_shares_add_up_by_stake():
    table = book().makers.table
    stakes = table[table["term"].str.startswith("stake_")]
    assert stakes["estimate"].sum() == pytest.approx(1)
    assert stakes.set_index("term").at["stake_vendor", "n_obs"] == 0, "a seller's figure is never of grade A or B"


def test_every_file_of_the_data_package_has_a_licence_and_a_line_to_print():
    table = databook.licences()
    assert list(table["file"]) == [item["path"] for item in package()["resources"]]
    assert table["licence"].ne("").all()
    assert table["attribution"].ne("").all()


def test_what_was_left_out_adds_up():
    found = databook.left_out()
    assert found.table["n_obs"].sum() == len(pd.read_csv(paths.EVIDENCE / "dropped.csv"))


def test_the_codes_are_those_of_the_metric():
    assert set(databook.codes(load(), "adoption_rate")["category"]) >= {"alsp_any", "lpo_as_staffing_strategy"}


@pytest.mark.parametrize(
    "values",
    [
        {"grades": ["D"], "topic": "adoption"},
        {"first_year": 1980, "last_year": 1981},
        {"topic": "risk", "years_per_column": 20},
    ],
)
def test_every_part_has_sentences_for_narrow_questions(values):
    found = book(**values)
    for name in ("grades", "years", "places", "subjects", "disagreement", "makers", "left_out", "traps", "figures"):
        result = getattr(found, name)
        assert result.text.endswith(".")
        assert "nan" not in result.text.lower().split()


@pytest.mark.parametrize(
    ("values", "says"),
    [({"last_year": 1999}, "last_year: 1999 is before"), ({"grades": ["A", "A"]}, "stands there twice")],
)
def test_a_wrong_parameter_is_named(values, says):
    with pytest.raises(ParameterError, match=says):
        databook.Parameters.from_mapping(values)


@pytest.mark.parametrize("name", ["years", "places", "disagreement", "figures"])
def test_the_figures_are_drawn_from_their_numbers(name):
    result = getattr(book(topic="market"), name)
    assert result.plot().get_title(loc="left")
    assert result.alt


@pytest.mark.parametrize("topic", ["adoption", "market", "savings", "risk"])
def test_what_the_notebook_shows_of_disagreement_is_there_whether_two_makers_meet_or_not(topic):
    shown = {"label", "n_obs", "n_known", "estimate", "least", "most"}
    assert shown <= set(book(topic=topic).disagreement.table.columns)
