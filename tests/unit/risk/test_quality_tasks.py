"""Tests of lawyers and software side by side, and what may be pooled."""

from dataclasses import replace

import numpy as np
import pytest

from lpo_analysis.evidence import load
from lpo_analysis.methods.pooled_shares import pool_shares
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.risk import Parameters, comparable_figures, task_accuracy

ALL = ["A", "B", "C", "D"]


@pytest.mark.parametrize("grades", [["A", "B"], ["A"], ALL], ids="".join)
def test_every_figure_is_a_published_row_at_its_published_value(grades):
    result = task_accuracy(load(), Parameters(grades=grades))
    rows = load().observations.loc[list(result.rows)]
    assert result.table["term"].tolist() == list(result.rows)
    assert set(rows["metric"]) <= {"legal_task_accuracy", "ai_error_rate"}
    assert set(rows["grade"]) <= set(grades)
    points = rows[rows["form"] == "point"]
    table = result.table.set_index("term")
    assert table.loc[points.index, "estimate"].to_numpy() == pytest.approx(points["value"].to_numpy() / 100)


def test_an_interval_stands_only_where_the_items_are_counted():
    table = task_accuracy(load(), Parameters()).table.set_index("term")
    known = table.loc["stanford_westlaw"]
    assert (known["conf_low"], known["conf_high"]) == pytest.approx(share_interval(0.33, 202, level=0.9))
    score = table.loc["vlairr_lawyer_score"]  # a score is no share, though 200 questions are known
    assert score["conf_low"] == score["conf_high"] == score["estimate"]
    assert np.isnan(table.loc["vlair_qa_best", "n_obs"])
    assert table.loc["vlairr_ai_score", "method"] == "as published; range"


def test_what_one_study_put_to_both_is_told_and_the_best_is_called_so():
    text = task_accuracy(load(), Parameters()).text
    assert "legal research, right answers: lawyers 71% and AI 80%" in text
    assert "AI at best 73%" in text
    assert "no figure on file tells the same of lawyers" in text


@pytest.mark.parametrize("grades", [["A", "B"], ["A"], ALL], ids="".join)
def test_nothing_on_file_can_be_pooled_and_the_counts_say_why(grades):
    result = comparable_figures(load(), Parameters(grades=grades))
    assert not result.estimable
    assert "Nothing is pooled" in result.text
    assert result.table["estimate"].isna().all()
    assert (result.table["with_n"] < 3).all()
    assert result.table["figures"].sum() == result.n_used
    assert result.table["why"].str.contains("3 are needed").all()


def test_three_studies_that_tell_their_items_are_pooled_by_study():
    evidence = load()
    o = evidence.observations.copy()
    # Give a third study the same measure, doer and task as the two that tell their questions.
    o.loc["vlair_lawyer_edgar", "category"] = "ai_filing_research_accuracy"
    o.loc["vlair_lawyer_edgar", "sample_size"] = 150
    result = comparable_figures(replace(evidence, observations=o), Parameters())
    row = result.row("right_answers:AI:legal_research")
    stanford = (18 + 65 + 42) / 3 / 100 * 202
    expected = pool_shares(
        np.round([stanford, 0.80 * 200, 0.701 * 150]), np.array([202, 200, 150]), method="logit", level=0.9
    )
    assert row["estimate"] == pytest.approx(expected.share, rel=1e-6)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((expected.conf_low, expected.conf_high), rel=1e-6)
    assert row["n_obs"] == 3
    assert "3 studies pooled" in result.text


def test_without_a_figure_nothing_is_estimable():
    for made in (task_accuracy, comparable_figures):
        result = made(load(), Parameters(grades=["D"]))
        assert not result.estimable
        assert "grade D" in result.text
