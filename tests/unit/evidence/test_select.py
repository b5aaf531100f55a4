"""Selections start from what may be trusted, and say what emptied them."""

import pytest

from lpo_analysis.errors import NotFoundError, PoolingError, SelectionError
from lpo_analysis.evidence import by_maker, by_study, comparable, load, select


@pytest.fixture(scope="module")
def evidence():
    return load()


def test_by_default_only_good_grades_no_forecasts_and_no_context(evidence):
    frame = select(evidence)
    assert set(frame["grade"]) == {"A", "B"}
    assert set(frame["status"]) == {"actual", "estimate"}
    assert "context" not in set(frame["topic"])
    o = evidence.observations
    expected = o["grade"].isin(["A", "B"]) & o["status"].ne("forecast") & o["topic"].ne("context")
    assert len(frame) == expected.sum()


def test_context_enters_when_asked_for_either_way(evidence):
    assert "context" in set(select(evidence, context=True)["topic"])
    assert set(select(evidence, topic="context")["topic"]) == {"context"}


def test_a_forecast_enters_only_when_asked_for(evidence):
    assert set(select(evidence, status=["forecast"])["status"]) == {"forecast"}


def test_columns_take_one_value_or_several(evidence):
    one = select(evidence, metric="lpo_hourly_rate", geography="IND")
    both = select(evidence, metric="lpo_hourly_rate", geography=["IND", "USA"])
    assert set(one.index) < set(both.index)


def test_a_number_column_takes_its_value_as_text(evidence):
    assert set(select(evidence, year_start="2011")["year_start"]) == {2011}


def test_years_keep_what_overlaps(evidence):
    frame = select(evidence, years=(2010, 2012))
    assert (frame["year_end"] >= 2010).all()
    assert (frame["year_start"] <= 2012).all()


def test_the_selection_may_be_changed_without_touching_the_evidence(evidence):
    frame = select(evidence)
    frame["grade"] = "Z"
    assert "Z" not in set(evidence.observations["grade"])


def test_an_unknown_column_is_refused_with_the_nearest(evidence):
    with pytest.raises(NotFoundError, match="Did you mean 'geography'"):
        select(evidence, geografy="IND")


def test_an_unknown_value_is_refused_with_the_nearest(evidence):
    with pytest.raises(NotFoundError, match="Did you mean 'law_firm'"):
        select(evidence, buyer="law_frm")
    with pytest.raises(NotFoundError, match="'E' does not occur in column 'grade'"):
        select(evidence, grades=["A", "E"])


def test_an_empty_selection_says_which_filter_emptied_it_and_what_there_was(evidence):
    with pytest.raises(SelectionError, match="geography = PHL empties the selection") as caught:
        select(evidence, metric="contract_attorney_bill_rate", geography="PHL")
    assert "with geography USA (" in str(caught.value)
    assert "metric = contract_attorney_bill_rate leaves" in str(caught.value)


def test_an_empty_span_of_years_says_which_years_there_are(evidence):
    with pytest.raises(SelectionError, match=r"years 1990-1991.*The others are of 2007-2011"):
        select(evidence, metric="lpo_hourly_rate", geography="IND", years=(1990, 1991))


def test_an_empty_selection_is_allowed_when_not_required(evidence):
    frame = select(evidence, metric="contract_attorney_bill_rate", geography="PHL", required=False)
    assert frame.empty
    assert list(frame.columns) == list(evidence.observations.columns)


def test_figures_of_different_category_are_not_pooled(evidence):
    frame = select(evidence, metric="adoption_rate")
    with pytest.raises(PoolingError, match="senses of category"):
        comparable(frame)
    assert comparable(frame, across=["category"]) is frame


def test_different_metrics_are_not_pooled(evidence):
    with pytest.raises(PoolingError, match="2 senses of metric: adoption_rate, lpo_hourly_rate"):
        comparable(select(evidence, metric=["adoption_rate", "lpo_hourly_rate"]))


def test_a_forecast_is_not_pooled_with_an_outcome_but_an_estimate_is(evidence):
    frame = evidence.observations.query("metric == 'lpo_hourly_rate' and category == 'analyst_estimate'")
    assert set(frame["status"]) == {"actual", "estimate"}
    assert comparable(frame) is frame
    with pytest.raises(PoolingError, match="senses of status"):
        comparable(frame.assign(status=["forecast", *frame["status"].iloc[1:]]))


def test_units_that_differ_by_more_than_the_currency_are_not_pooled(evidence):
    frame = evidence.observations.query("metric == 'lpo_hourly_rate' and category == 'freelance_rate'")
    assert set(frame["unit"]) == {"USD_per_hour", "GBP_per_hour"}
    assert comparable(frame) is frame
    with pytest.raises(PoolingError, match="2 units: money_per_hour, money_per_page"):
        comparable(frame.assign(unit=["USD_per_hour", "GBP_per_page"]))


def test_a_study_counts_once_however_many_rows_it_has(evidence):
    frame = evidence.observations.loc[["valuenotes_low_2007", "valuenotes_high_2007", "fronterion_offshore_rate"]]
    studies = by_study(frame, ["lower", "upper"])
    assert studies.loc["valuenotes_lpo_2007", ["lower", "upper", "n_rows"]].tolist() == [17.5, 57.5, 2]
    assert studies.loc["valuenotes_lpo_2007", "rows"] == ("valuenotes_low_2007", "valuenotes_high_2007")
    assert studies["n_rows"].sum() == 3
    assert studies["publisher_id"].notna().all()


def test_makers_group_their_studies(evidence):
    frame = select(evidence, metric="adoption_rate")
    makers = by_maker(frame, ["value"])
    assert makers.index.name == "publisher_id"
    assert makers["n_rows"].sum() == len(frame)
    assert len(makers) <= len(by_study(frame, ["value"]))
