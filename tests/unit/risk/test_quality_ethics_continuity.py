"""Quality side by side, duties with their gaps, and governance as published."""

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.evidence import load, table
from lpo_analysis.risk import Parameters, duties, governance, jurisdictions_on_file, quality
from lpo_analysis.risk.ethics import DUTIES, STATES, matrix
from lpo_analysis.risk.governance import INDICATORS
from lpo_analysis.vocabulary import PLACES

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
    assert result.plot_data["estimate"].notna().all()


def test_offshore_against_onshore_is_said_to_be_unknown():
    result = quality(load(), Parameters(grades=ALL))
    assert "no row compares offshore with onshore work" in result.text
    assert result.checks[0].text.startswith("0 rows, 0 studies: not estimable")


def test_without_a_figure_quality_is_not_estimable():
    assert not quality(load(), Parameters(grades=["A"])).estimable


# Ethics


def states(code):
    return duties([code]).table.set_index("duty")["state"].to_dict()


def test_new_york_is_as_coded():
    # nycbar_2006_3: yes in four columns, yes on unauthorised practice, consent "when necessary", the rest not seen.
    assert states("US-NY") == {
        "supervision": "required", "competence_vetting": "required", "confidentiality_measures": "required", "conflict_check": "required",
        "client_disclosure": "not known", "client_consent": "conditional", "unauthorized_practice": "required", "agreement_in_writing": "not known",
    }  # fmt: skip
    assert duties(["US-NY"]).rows == ("opinion:nycbar_2006_3",)
    assert duties(["US-NY"]).table.set_index("duty").loc["client_consent", "condition"] == "when necessary"


def test_an_opinion_no_longer_in_force_is_left_out_and_said_to_be():
    result = duties(["GB-EAW"])
    assert result.rows == ("opinion:law_society_pn_2011",)
    assert set(result.table["n_obs"]) == {1}
    assert result.table["opinions"].str.contains("1 opinion no longer in force left out", regex=False).all()
    # Only the dead rule asked for a written agreement.
    assert states("GB-EAW")["agreement_in_writing"] == "not known"
    assert states("GB-EAW")["confidentiality_measures"] == "required"


def test_where_no_opinion_is_on_file_nothing_is_known_and_that_is_no_permission():
    result = duties(["US-NV"])
    assert set(result.table["state"]) == {"not known"}
    assert set(result.table["opinions"]) == {"no opinion on file"}
    assert "on file for Nevada: what is required there is not known, which is not permission." in result.text
    assert result.rows == ()
    assert "8 of 8 cells are not known" in result.text
    (check,) = [check for check in result.checks if check.name == "Coverage"]
    assert check.passed is False


def test_consent_in_every_case_is_required_and_the_strictest_opinion_counts():
    assert states("US-NC")["client_consent"] == "required"  # 2007 FEO 12, beside 2011 FEO 14
    assert states("US-VA")["client_consent"] == "conditional"
    assert states("AUS")["client_consent"] == "recommended"


def test_every_state_of_every_place_is_one_of_the_list_and_only_opinions_on_outsourcing_count():
    result = duties(list(PLACES))
    assert set(result.table["state"]) <= set(STATES)
    opinions = table("ethics_opinions").set_index("opinion_id")
    used = opinions.loc[[row.removeprefix("opinion:") for row in result.rows]]
    assert set(used["scope"]) == {"outsourcing"}
    assert "no" not in set(used["in_force"])


@pytest.mark.parametrize("code", ["US-TX", "US-KY", "US-MD", "US-SC", "US-OR", "IND"])
def test_opinions_on_fees_software_or_other_matters_alone_tell_nothing_on_outsourcing(code):
    opinions = table("ethics_opinions")
    place = opinions["subdivision"].where(opinions["subdivision"] != "", opinions["jurisdiction"])
    assert (place == code).any(), "there is an opinion of another scope"
    assert code not in jurisdictions_on_file()
    assert set(states(code).values()) == {"not known"}


def test_silence_of_an_opinion_is_never_called_not_required():
    opinions = table("ethics_opinions").query("scope == 'outsourcing'")
    said = {
        (row.subdivision or row.jurisdiction, duty)
        for row in opinions.itertuples()
        for duty in DUTIES
        if getattr(row, duty) == "not_required"
    }
    made = duties(jurisdictions_on_file()).table
    assert {(row.jurisdiction, row.duty) for row in made[made["state"] == "not required"].itertuples()} <= said


def test_the_sentence_names_what_at_least_one_jurisdiction_requires():
    text = duties(["US-NV", "US-NY"]).text
    assert "at least one of the chosen jurisdictions requires supervision, competence and vetting" in text
    assert "Conditional: consent of the client." in text
    assert "Research, not legal advice." in text


@pytest.mark.parametrize("codes", [["US-NY"], ["US-NV", "US-NY", "GB-EAW"], ["US-OH", "AUS"]], ids=str)
def test_the_matrix_has_a_duty_a_row_and_a_jurisdiction_a_column(codes):
    result = duties(codes)
    frame = matrix(result)
    assert frame.columns.tolist() == ["duty", *codes]
    assert frame["duty"].tolist() == list(DUTIES.values())
    assert frame.isin(STATES)[codes].all().all()
    assert len(result.table) == len(DUTIES) * len(codes)
    for code in codes:
        assert frame[code].tolist() == list(states(code).values())


def test_jurisdictions_on_file_are_listed_by_scope():
    assert jurisdictions_on_file() == sorted(jurisdictions_on_file())
    assert {"US-NY", "GB-EAW", "USA", "US-OH"} <= set(jurisdictions_on_file())
    assert "US-KY" in jurisdictions_on_file("generative_ai")


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
