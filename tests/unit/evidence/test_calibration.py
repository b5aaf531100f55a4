"""The simulated case told beside an estimate is the nearest one, with its reason."""

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.adoption import Parameters, analyse
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import table
from lpo_analysis.evidence.calibration import coverage_note, nearest_cells

TABLE = table("coverage_adoption")


def test_one_cell_of_each_setting_is_found_and_it_is_the_nearest():
    found = nearest_cells("growth_prediction", n=4.4)
    assert found["setting"].tolist() == sorted(TABLE.loc[TABLE["estimator"] == "growth_prediction", "setting"].unique())
    assert (found["n"] == 4).all()
    assert nearest_cells("growth_prediction", n=100)["n"].tolist() == [10, 10]


def test_a_setting_that_was_simulated_far_from_the_case_only_is_left_out():
    """Errors with a memory were simulated at 14 points only, which says nothing of 5."""
    assert nearest_cells("ceiling_profile_reached", n=5)["n"].tolist() == [6]
    assert nearest_cells("ceiling_profile_reached", n=14)["setting"].nunique() == 2


def test_a_share_is_as_far_from_one_half_on_either_side():
    for share in (0.06, 0.94):
        one = nearest_cells("share_wilson", n=90, share=share).set_index("setting").loc["one share"]
        assert (one["n"], one["share"]) == (100, 0.05)


def test_a_name_is_taken_whole_before_it_is_taken_for_a_beginning():
    assert set(nearest_cells("ceiling_profile", n=10)["estimator"]) == {"ceiling_profile"}
    assert set(nearest_cells("gravity_jackknife", k=55)["estimator"].str.rpartition("_")[0]) >= {"gravity_jackknife_ln"}
    assert len(nearest_cells("gravity_jackknife", k=55)) == 4


def test_the_older_table_is_read_by_the_same_rule():
    row = nearest_cells("prediction", k=6, spread=0.06).iloc[0]
    meta = table("coverage_meta").query("estimator == 'prediction' and k == 5 and tau2 == 0.05").iloc[0]
    assert row["coverage"] == meta["coverage"]


def test_where_a_dimension_is_not_given_the_worst_of_the_nearest_is_told():
    found = nearest_cells("ceiling_profile", n=10)
    for row in found.itertuples():
        same = TABLE[(TABLE["estimator"] == "ceiling_profile") & (TABLE["setting"] == row.setting)]
        nearest = same[(same["n"] - 10).abs() == (same["n"] - 10).abs().min()]
        assert row.coverage == nearest["coverage"].min()


def test_the_note_tells_coverage_case_and_reason():
    text = coverage_note("growth_prediction", n=4)
    rows = TABLE[(TABLE["estimator"] == "growth_prediction") & (TABLE["n"] == 4)].set_index("setting")
    assert text.startswith("In the simulations nearest to this case, a 90% interval of this kind held the truth in ")
    assert (
        f"{rows.loc['independent errors', 'coverage']:.0%} (4 points, errors of 5%, independent errors) of the runs."
        in text
    )
    assert "errors with a memory of 0.5)" in text
    assert text.count("errors of successive dates hang together, which the interval does not know.") == 1
    gravity = coverage_note("gravity_jackknife", k=55)
    cells = TABLE[TABLE["estimator"].str.startswith("gravity_jackknife") & (TABLE["k"] == 55)]
    assert f"{cells['coverage'].min():.0%}"[:-1] in gravity
    assert "55 partners" in gravity


def test_what_theory_does_not_promise_is_said_of_the_cases_it_is_about():
    some = coverage_note("growth_prediction", n=4)
    assert (
        "In the case “errors with a memory of 0.5” no theory promises it those 90%, because errors of successive dates"
        in some
    )
    every = coverage_note("forecast_pooled", n=4)
    assert every.endswith(
        "No theory promises it those 90% in these cases, because half of the forecast's paths follow constant growth and half a ceiling, "
        "and one of the two is wrong in each case."
    )
    assert "theory" not in coverage_note("three_level_cr2", k=6)


def test_an_unknown_estimator_is_refused_with_the_nearest_name():
    with pytest.raises(ParameterError, match="growth_rate"):
        nearest_cells("growth_rat3")


@pytest.mark.parametrize("part", ["growth", "ceiling", "forecast", "use", "imports"])
def test_every_part_of_the_report_finds_its_case(part):
    text = analyse(Parameters()).covers(part)
    assert text.startswith("In the simulations nearest to this case, a 90% interval")
    assert "nan" not in text


def test_a_part_without_an_estimate_has_no_case():
    analysis = analyse(Parameters())
    for part in ("pooled", "own_survey", "own_series"):
        assert analysis.covers(part) == "There is no estimate here, and so no interval to judge."
    assert "makers" in analyse(Parameters(grades=["A", "B", "C"])).covers("pooled")


def test_the_tables_handed_out_are_not_those_kept():
    first = nearest_cells("growth_rate", n=4)
    first["coverage"] = np.nan
    assert not nearest_cells("growth_rate", n=4)["coverage"].isna().any()
    assert isinstance(first, pd.DataFrame)


def test_the_cases_of_the_risk_report_are_found():
    text = coverage_note("severity_q90", k=11, n=900, spread=0.25)
    assert "11 years, 1,000 losses" in text
    assert "lognormal above 500, years that differ" in text
    chart = coverage_note("control_laney_signals", k=25, n=150, share=0.02)
    assert "99.73% interval of this kind held the next batches of an unchanged process" in chart
    assert "25 batches, 200 items" in chart
    assert "a share of 0.2%, 10,000 documents not retrieved" in coverage_note("elusion_at_most", n=400, share=0.0)
    for estimator in ("recall", "recall_reviewer", "quality_level", "agreement_ac1", "hazard", "rate_updated"):
        assert "nan" not in coverage_note(estimator, n=100)
