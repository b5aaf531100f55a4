"""Pairs of forecasts and outcomes: which are pairs, of which kind, and what may be pooled."""

import dataclasses
import re
from functools import cache
from math import log

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lpo_analysis import paths
from lpo_analysis.adoption import Parameters
from lpo_analysis.adoption.matching import candidates, independent, least_off, log_ratio, revised
from lpo_analysis.adoption.record import KINDS, error_summary, pairs, pooled_error, revisions, scenarios, weaker_pairs
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import load
from lpo_analysis.results import COLUMNS

ALL = ("A", "B", "C", "D")
GRADES = [("A",), ("A", "B"), ("C",), ("A", "B", "C"), ALL]
each_grades = pytest.mark.parametrize("grades", GRADES, ids="".join)
each_function = pytest.mark.parametrize("function", [pairs, weaker_pairs, revisions, pooled_error, scenarios])


@cache
def asked(function, grades=("A", "B")):
    return function(load(), Parameters(grades=list(grades)))


def errors(values, outcome=None, *, width=0.0):
    values = np.asarray(values, dtype=float)
    outcome = range(len(values)) if outcome is None else outcome
    return pd.DataFrame({"low": values - width, "high": values + width, "outcome": list(outcome)})


def changed(**cells):
    """The evidence with cells of single observations changed: ``name={"column": value}``."""
    observations = load().observations.copy()
    for name, values in cells.items():
        for column, value in values.items():
            observations.loc[name, column] = value
    return dataclasses.replace(load(), observations=observations)


# The estimator on plain frames


def test_known_errors_with_one_outcome_each_have_the_t_interval_that_r_prints():
    # R, t.test(extra ~ group, data = sleep, paired = TRUE): mean difference -1.58, 95% interval -2.4598858 to -0.7001142.
    sleep = -np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    mean = error_summary(errors(sleep), level=0.95).loc["mean"]
    assert mean["estimate"] == pytest.approx(-1.58, abs=1e-12)
    assert (mean["conf_low"], mean["conf_high"]) == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)


def test_the_interval_of_the_next_error_is_the_prediction_interval_of_a_normal_mean():
    values = np.array([0.1, 0.3, -0.2, 0.5])
    row = error_summary(errors(values)).loc["next"]
    half = stats.t.ppf(0.95, 3) * values.std(ddof=1) * np.sqrt(1 + 1 / 4)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((values.mean() - half, values.mean() + half))


@pytest.mark.parametrize(("k", "level", "left_out"), [(5, 0.90, 0), (8, 0.90, 1), (10, 0.95, 1), (17, 0.95, 4)])
def test_the_median_has_the_interval_of_the_sign_test(k, level, left_out):
    # Analytic: order statistics r and k + 1 - r with 2 P(Binomial(k, 1/2) < r) <= 1 - level.
    values = np.arange(k, dtype=float) ** 1.5
    row = error_summary(errors(values), level=level).loc["median"]
    assert (row["conf_low"], row["conf_high"]) == (values[left_out], values[k - 1 - left_out])
    tail = sum(stats.binom.pmf(j, k, 0.5) for j in range(left_out + 1))
    assert 2 * tail <= 1 - level < 2 * (tail + stats.binom.pmf(left_out + 1, k, 0.5))


def test_too_few_outcomes_leave_the_median_without_an_interval_and_say_so():
    row = error_summary(errors([0.1, 0.2, 0.4])).loc["median"]
    assert row["estimate"] == pytest.approx(0.2)
    assert np.isnan([row["conf_low"], row["conf_high"]]).all()


def test_an_outcome_counts_once_however_many_forecasts_aimed_at_it():
    alone = error_summary(errors([0.1, 0.4, 0.9]))
    many = error_summary(errors([0.1] * 6 + [0.3, 0.5, 0.9], [0] * 6 + [1, 1, 2]))
    columns = ["estimate", "std_error", "conf_low", "conf_high", "n_outcomes"]
    pd.testing.assert_frame_equal(alone[columns], many[columns])
    assert many["n_pairs"].eq(9).all()


def test_an_interval_around_each_error_widens_every_interval_by_as_much():
    values = [0.1, 0.4, 0.9, -0.2, 0.3]
    exact, wide = error_summary(errors(values)), error_summary(errors(values, width=0.05))
    assert wide["conf_low"].to_numpy() == pytest.approx(exact["conf_low"].to_numpy() - 0.05)
    assert wide["conf_high"].to_numpy() == pytest.approx(exact["conf_high"].to_numpy() + 0.05)
    assert wide["estimate"].to_numpy() == pytest.approx(exact["estimate"].to_numpy())
    assert wide["set_high"].to_numpy() - wide["set_low"].to_numpy() == pytest.approx(0.1)


def test_a_bound_opens_the_mean_but_not_the_median():
    frame = errors([0.1, 0.2, 0.3, 0.4, 0.5])
    frame.loc[4, "high"] = np.inf
    table = error_summary(frame)
    assert table.loc["mean", "conf_high"] == np.inf
    assert np.isfinite(table.loc["mean", "conf_low"])
    assert np.isnan(table.loc["mean", "estimate"])
    assert table.loc["median", "estimate"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (errors([0.1, 0.2]).drop(columns="outcome"), "no column outcome"),
        (errors([0.1]), "two outcomes"),
        (errors([0.1, 0.2], [1, 1]), "two outcomes"),
        (errors([0.1, 0.2, 0.3], [1, 2, None]), "two outcomes"),
        (errors([0.1, np.nan]), "has no interval"),
        (errors([0.1, 0.2], width=-1), "has no interval"),
        (errors([0.1, np.inf]), "has no interval"),
        (errors([0.2, 0.2, 0.2]), "alike"),
    ],
    ids=range(8),
)
def test_bad_errors_are_refused_in_words(frame, said):
    with pytest.raises(ParameterError, match=said):
        error_summary(frame)


@pytest.mark.parametrize("level", [0, 1, 90])
def test_a_level_that_is_no_probability_is_refused(level):
    with pytest.raises(ParameterError, match="level"):
        error_summary(errors([0.1, 0.2]), level=level)


def test_the_input_is_left_as_it_was():
    frame = errors([0.1, 0.4, 0.2])
    before = frame.copy()
    error_summary(frame)
    pd.testing.assert_frame_equal(frame, before)


# Matching


def test_outcomes_that_share_something_over_others_are_one():
    tokens = [frozenset("ab"), frozenset("bc"), frozenset("cd"), frozenset("x")]
    numbers = independent(tokens)
    assert numbers[0] == numbers[1] == numbers[2] != numbers[3]
    assert independent([]) == []


def test_a_log_ratio_of_ranges_has_the_widest_ends():
    assert log_ratio(2, 4, 1, 2) == pytest.approx((0.0, log(4)))
    assert log_ratio(2.4, 2.4, 1.0, np.inf) == pytest.approx((-np.inf, log(2.4)))
    assert log_ratio(0, 20, 14, 14) == pytest.approx((-np.inf, log(20 / 14)))


@each_grades
def test_a_pair_is_of_one_scope_and_its_outcome_was_told_after_the_forecast(grades):
    observed = load().observations
    for row in candidates(load(), grades).itertuples():
        forecast, outcomes = observed.loc[row.forecast], observed.loc[list(row.outcomes)]
        assert forecast["status"] == "forecast"
        assert not outcomes["status"].eq("forecast").any(), "a forecast is never used as an actual"
        for column in ("category", "geography", "unit"):
            assert set(outcomes[column]) == {forecast[column]}
        assert {forecast["grade"], *outcomes["grade"]} <= set(grades)
        assert (outcomes["published"].str[:4].astype(int) >= int(forecast["published"][:4])).all()
        assert row.horizon >= 1


@each_grades
def test_kinds_are_what_they_say(grades):
    observed = load().observations
    for row in candidates(load(), grades).itertuples():
        forecast, outcomes = observed.loc[row.forecast], observed.loc[list(row.outcomes)]
        own = (outcomes["publisher_id"] == forecast["publisher_id"]).any()
        assert (row.kind == "same_author") is bool(own)
        if row.kind == "same_year":
            assert (outcomes["year_end"] == forecast["year_end"]).all()
        if row.kind == "neighbouring_year":
            assert (outcomes["year_end"] - forecast["year_end"]).abs().max() == 1
        if row.kind == "interpolated":
            assert outcomes["year_end"].min() < forecast["year_end"] < outcomes["year_end"].max()
            assert outcomes["year_end"].max() - outcomes["year_end"].min() <= 4, "never over the break of 2014 to 2020"
        if row.kind != "same_author":
            assert (row.kind == "bound") is not np.isfinite([row.low, row.high]).all()


def test_the_kinds_are_counted_across_each_other():
    text = asked(pairs).text
    for said in (
        "1 with another maker's figure of the same year", "1 with an outcome interpolated between two figures",
        "2 with an outcome of a neighbouring year", "3 with one side that is only a bound and 3 with an outcome told by the forecaster",
        "a pair may be of several kinds",
    ):  # fmt: skip
        assert said in text
    for row in candidates(load(), ALL).itertuples():
        assert row.kind == row.traits[-1]
        assert ("bound" in row.traits) is not bool(np.isfinite([row.low, row.high]).all())
        years = load().observations.loc[list(row.outcomes), "year_end"]
        assert bool({"interpolated", "neighbouring_year"} & set(row.traits)) is bool(
            (years != load().observations.at[row.forecast, "year_end"]).any()
        )


def test_the_one_closed_pair_at_a_and_b_is_said_to_be_of_another_year_and_of_a_market_that_grew():
    text = asked(pairs).text
    assert "for 2021 (0.97 times), with an outcome of another year" in text
    assert "growth in between (of the ALSP totals 17% a year) hides or feigns an error" in text


def test_pairs_are_ranked_by_what_they_are_off_at_least():
    # At most 2.4 times may be right; at least 1.4 times is off by as much; a range counts by its nearer end, on either side.
    frame = pd.DataFrame({"low": [-np.inf, log(1.4), -0.9, -0.1, 0.2], "high": [log(2.4), np.inf, -0.3, 0.3, 0.2]})
    assert list(least_off(frame)) == pytest.approx([0, log(1.4), 0.3, 0, 0.2])
    text = asked(pairs).text
    assert "for 2019, where the forecast was at least 1.4 times the outcome" in text
    assert "(an outcome of a neighbouring year and one side that is only a bound)" in text
    assert "1 of 4 cannot be ranked: the forecast may have been right." in text


def test_where_every_pair_may_have_been_right_none_is_called_farthest_off():
    evidence = changed(tri21_size_2019={"value": 25.0, "upper": 25.0})
    frame = candidates(evidence, ("A", "B"))
    kept = dataclasses.replace(evidence, observations=evidence.observations.drop(index="tri23_size_2021"))
    assert (least_off(frame) == 0).sum() >= 2
    text = pairs(kept, Parameters()).text
    assert "Which was farthest off cannot be told: each may have been right." in text
    assert "How far off a forecast was is known of none: a side is only a bound." in text


@pytest.mark.parametrize(("grades", "passed"), [(("A", "B"), None), (ALL, True)], ids=["AB", "all"])
def test_another_maker_is_passed_only_where_most_pairs_have_one(grades, passed):
    (check,) = [check for check in asked(pairs, grades).checks if check.name == "Another maker"]
    assert check.passed is passed


def test_pairs_of_one_market_place_and_year_are_as_many_as_the_readme_of_the_evidence_says():
    readme = (paths.EVIDENCE / "README.md").read_text(encoding="utf-8")
    found = re.search(r"same market, place and year: (\d+) pair at grades A-C .*, (\d+) with D", readme)
    assert found is not None
    observed = load().observations
    for grades, n in zip((("A", "B", "C"), ALL), found.groups(), strict=True):
        frame = candidates(load(), grades)
        same = [
            len(row.outcomes) == 1 and row.kind in ("same_year", "bound")
            and observed.at[row.outcomes[0], "year_end"] == observed.at[row.forecast, "year_end"]
            for row in frame.itertuples()
        ]  # fmt: skip
        assert sum(same) == int(n)


def test_the_one_pair_of_another_maker_at_a_and_b_is_the_global_forecast_of_2012():
    row = asked(pairs).row("rm11_2012__lpop12_size")
    assert row["kind"] == "bound"
    assert row["conf_high"] == pytest.approx(log(2.4 / 1.0))  # one year ahead, against a floor
    assert np.isnan([row["estimate"], row["conf_low"]]).all()
    others = asked(pairs).table.query("kind != 'same_author'")
    assert list(others["term"]) == ["rm11_2012__lpop12_size"]


def test_an_interpolated_outcome_lies_on_the_logarithmic_line():
    (row,) = candidates(load(), ALL).query("kind == 'interpolated'").itertuples()
    assert row.outcomes == ("lca_lpo_rev_2010", "bb13_size")
    assert row.outcome_low == pytest.approx(0.4 ** (1 / 3) * 0.5 ** (2 / 3))
    assert row.outcome_high == pytest.approx(0.4 ** (1 / 3) * 1.1 ** (2 / 3))


def test_an_outcome_that_repeats_an_earlier_forecast_is_marked_and_not_pooled():
    frame = candidates(load(), ALL)
    assert set(frame.loc[frame["echo"], "outcomes"]) == {("skj11_2010",)}
    assert asked(pairs, ALL).table["echo"].sum() == 4
    pooled = asked(pooled_error, ALL).table.set_index("term")
    assert pooled.at["same_year", "n_obs"] == 0
    kept = ((frame["kind"] == "neighbouring_year") & ~frame["echo"].astype(bool)).sum()
    assert pooled.at["neighbouring_year", "n_obs"] == kept


def test_the_own_figure_of_another_scope_is_told_and_is_no_pair():
    result = asked(pairs, ("A", "B", "C"))
    assert not result.table["term"].str.contains("evs10b_2010").any()
    (check,) = [check for check in result.checks if check.name == "Other scope"]
    assert "Evalueserve" in check.text


# Results


@each_function
@each_grades
def test_every_result_has_the_usual_shape_and_can_be_read(function, grades):
    result = asked(function, grades)
    assert list(result.table.columns[: len(COLUMNS)]) == COLUMNS
    assert result.text.endswith(".")
    assert not re.search(
        r"nan|inf\b|None|  |\.\.| ,|\d\.0 \(|\b1 (pairs|forecasts|targets|kinds)", result.text + result.alt
    )
    assert all(check.text.endswith(".") for check in result.checks)
    assert set(result.rows) <= set(load().observations.index)
    assert result.table["term"].is_unique
    if not result.estimable:
        assert "Not estimable, because" in result.text
        assert re.search(r"\d|no pair", result.text), "the counts are told"


@each_function
@pytest.mark.parametrize("grades", [("A", "B"), ALL], ids="".join)
def test_what_can_be_drawn_can_be_drawn(function, grades):
    import matplotlib.pyplot as plt

    result = asked(function, grades)
    if result.draw is not None:
        assert result.alt
        axis = result.plot()
        assert len(axis.get_yticklabels()) == len(result.plot_data)
        plt.close(axis.figure)


def test_the_grades_decide_what_is_used_and_the_rest_is_listed_apart():
    used, weaker, every = asked(pairs), asked(weaker_pairs), asked(pairs, ALL)
    assert set(used.table["term"]) | set(weaker.table["term"]) == set(every.table["term"])
    assert not set(used.table["term"]) & set(weaker.table["term"])
    assert used.table[["forecast_grade", "outcome_grade"]].isin(["A", "B"]).all(axis=None)
    assert weaker.table[["forecast_grade", "outcome_grade"]].isin(["C", "D"]).any(axis=1).all()
    for grade, frame in (("C", ("A", "B", "C")), ("D", ALL)):
        more = asked(pairs, frame).table
        forecasts = more["forecast"].nunique()
        assert re.search(
            rf"\b{len(more)} pairs of {forecasts} forecasts \(\d independent outcomes\) with grade {grade}", used.text
        )


def test_forecasts_and_outcomes_are_counted_and_not_only_pairs():
    result = asked(pairs)
    assert result.text.startswith(
        "Only 2 forecasts of grade A/B can be held against a later figure of the same market: 4 pairs, with 2 independent outcomes; "
        "none sets a forecast against a known figure of its own year. "
    )
    assert "with 2 independent outcomes" in result.text
    assert result.table["forecast"].nunique() == 2


@pytest.mark.parametrize("grades", [("A", "B"), ALL], ids="".join)
def test_a_pair_tells_both_years_both_grades_and_how_far_it_was_off(grades):
    table, rows = asked(pairs, grades).table, load().observations
    for row in table.itertuples():
        ids = row.term.split("__")
        assert row.forecast_told == int(rows.at[ids[0], "published"][:4])
        assert row.outcome_year == " and ".join(sorted({str(rows.at[one, "year_end"]) for one in ids[1:]}))
        assert row.grades == f"{row.forecast_grade}/{row.outcome_grade}"
        if row.forecast_low == row.forecast_high and row.outcome_low == row.outcome_high:
            assert row.off == f"{row.forecast_low / row.outcome_low:.2g} times"
    open_ended = table["conf_low"].isna() | table["conf_high"].isna()
    assert table.loc[open_ended, "off"].str.startswith(("at most ", "at least ")).all()


def test_at_a_and_b_no_error_is_pooled_and_the_counts_are_told():
    result = asked(pooled_error)
    assert not result.estimable
    assert result.table["estimate"].isna().all()
    assert set(result.table["term"]) == set(KINDS)
    assert "5 pairs from 3 independent outcomes" in result.text
    assert "With grades down to D let in, 1 kind would qualify" in result.text


def test_what_is_pooled_is_the_summary_of_the_pairs_of_that_kind():
    part = candidates(load(), ALL).query("kind == 'neighbouring_year' and not echo")
    expected = error_summary(part.assign(outcome=independent(list(part["tokens"]))))
    row = asked(pooled_error, ALL).row("neighbouring_year")
    for column in ("estimate", "conf_low", "conf_high", "n_outcomes"):
        assert row[column] == pytest.approx(expected.at["mean", column])


def test_fewer_outcomes_than_asked_for_are_not_pooled():
    # Give the outcome of 2026 the maker of that of 2013: two independent outcomes are left.
    evidence = changed(mordor26_2026={"publisher_id": load().observations.at["bb13_size", "publisher_id"]})
    result = pooled_error(evidence, Parameters(grades=list(ALL)))
    assert not result.estimable
    assert result.row("neighbouring_year")["n_outcomes"] == 2


def test_valuenotes_revised_india_2010_as_the_readme_says():
    (chain,) = revised(load(), ("A", "B", "C"))
    assert list(chain["value"]) == [0.605, 0.640, 0.440]
    table = asked(revisions, ("A", "B", "C")).table
    assert list(table["estimate"]) == pytest.approx([log(0.640 / 0.605), log(0.440 / 0.640)])
    assert "0.605 (2005), 0.64 (2007) and 0.44 (2009)" in asked(revisions, ("A", "B", "C")).text
    assert asked(revisions).row("vn09b_2010")["estimate"] == pytest.approx(log(0.440 / 0.605))


@each_grades
def test_revisions_and_outcomes_never_mix(grades):
    if asked(revisions, grades).estimable and asked(pairs, grades).estimable:
        assert not set(asked(revisions, grades).table["term"]) & set(asked(pairs, grades).table["term"])
    status = load().observations.loc[list(asked(revisions, grades).rows), "status"]
    assert status.eq("forecast").all()


def test_a_site_that_repeats_others_revises_nothing():
    kinds = load().sources.loc[load().observations.loc[list(asked(revisions, ALL).rows), "source_id"], "kind"]
    assert "aggregator" not in set(kinds)


def test_scenarios_apply_a_named_error_no_longer_than_it_was_seen():
    table = asked(scenarios).table.set_index("term")
    stated, pair = table.loc["gmi21_2027__stated"], table.loc["gmi21_2027__the_one_pair_with_another_maker"]
    assert stated["estimate"] == 30
    assert pair["conf_low"] == pytest.approx(30 / 2.4), "a one-year error of at most 2.4 times, not six years of it"
    assert np.isnan(pair["conf_high"])
    assert pair["label"] == "as the one pair with another maker (only a bound)"
    assert "(only a bound) 12.5 or more" in asked(scenarios).text
    assert "Where the past error is only a bound it may have been next to nothing" in asked(scenarios).text
    revision = table.loc["gmi21_2027__the_revision_of_ValueNotes", "estimate"]
    assert revision == pytest.approx(30 * 0.440 / 0.605), "six years ahead, and revised over four"


@each_grades
def test_scenarios_are_of_forecasts_that_nothing_on_file_can_tell_the_outcome_of(grades):
    result = asked(scenarios, grades)
    if result.estimable:
        newest = load().observations.query("metric == 'market_size'")["published"].str[:4].astype(int).max()
        assert (result.table["year"] > newest).all()
        assert result.text.startswith("An illustration, no forecast")
        assert result.table["level"].isna().all(), "no probability is attached"
