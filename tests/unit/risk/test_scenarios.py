"""Other definitions of the same event stand beside the headline, and the weak rungs are told."""

import numpy as np
import pytest

from lpo_analysis.evidence import load
from lpo_analysis.risk import Parameters, analyse, loss_scenarios
from lpo_analysis.risk.inputs import draw, expected_loss_of

ASKED = Parameters(draws=1024)


@pytest.fixture(scope="module")
def analysis():
    return analyse(ASKED)


def test_the_headline_is_the_first_and_the_same(analysis):
    head, loss = analysis.scenarios.row("headline"), analysis.loss
    assert head["estimate"] == pytest.approx(loss.row("p_client_breach")["estimate"])
    assert head["loss"] == pytest.approx(loss.row("expected_loss")["estimate"])


def test_the_survey_of_the_past_year_is_shown_with_both_its_rows(analysis):
    # 39% breached in the past year, 56% of them lost client data: 21.8% of firms in a year. Alike, 1 - 0.782^3 of them in three years;
    # with a coefficient of 1, rate 0.218 / 0.782 a year, and 3 rate / (1 + 3 rate) of them.
    row = analysis.scenarios.row("past_year_lost")
    share = 0.39 * 0.56
    alike = analyse(Parameters(draws=1024, firm_variation=[0.0, 0.0])).scenarios.row("past_year_lost")
    assert alike["estimate"] == pytest.approx(1 - (1 - share) ** 3, abs=0.03)
    assert alike["events"] == pytest.approx(-np.log(1 - share), rel=0.1)
    varied = analyse(Parameters(draws=1024, firm_variation=[1.0, 1.0])).scenarios.row("past_year_lost")
    assert varied["estimate"] == pytest.approx(3 * share / (1 - share) / (1 + 3 * share / (1 - share)), abs=0.03)
    assert varied["estimate"] < row["estimate"] < alike["estimate"]
    rows = load().observations.loc[row["row_ids"].split(", ")]
    assert sorted(rows["value"]) == [39, 56]
    assert rows["study_id"].nunique() == 1
    assert "it does not hold other definitions of the same event" in analysis.scenarios.text


def test_a_scenario_changes_how_often_and_nothing_else(analysis):
    table = analysis.scenarios.table
    assert len(table) == 5
    # Loss over events is the same mean cost, up to how draws of rate and cost fall together.
    assert (table["loss"] / table["events"]).to_numpy() == pytest.approx(table["loss"].iloc[0] / table["events"].iloc[0], rel=0.05)  # fmt: skip
    assert (table["conf_low"] < table["estimate"]).all()
    assert (table["estimate"] < table["conf_high"]).all()


def test_own_incidents_take_the_place_of_the_frequency_of_surveys():
    made = loss_scenarios(load(), ASKED, rate=(2.0, 10.0))
    assert "past_year_lost" not in set(made.table["term"])
    assert "lost" in set(made.table["term"])


@pytest.mark.parametrize("grades", [["A"], ["A", "B", "C", "D"]], ids="".join)
@pytest.mark.parametrize("size", ["all", "small", "midsize", "large"])
def test_every_question_answers_or_says_why_not(size, grades):
    made = loss_scenarios(load(), Parameters(buyer_size=size, grades=grades, draws=256))
    assert made.text.endswith(".")
    assert "nan" not in made.text
    if size == "all" and made.estimable:
        assert "accessed_all_sizes" not in set(made.table["term"]), "it is the headline"


def test_all_of_the_variance_is_weak_where_no_input_is_fitted_or_stated(analysis):
    weak = analysis.loss_variance.row("weak")
    inputs = analysis.loss.model["inputs"]
    assert {item.rung for item in inputs} == {3, 4}
    assert (weak["estimate"], weak["first"]) == (1, 1)
    assert np.isnan([weak["std_error"], weak["conf_low"], weak["conf_high"]]).all()
    assert "(rungs 3 and 4) account for all of the variance" in analysis.loss_variance.text


def test_the_inputs_named_are_those_that_explain_most_alone(analysis):
    table = analysis.loss_variance.table
    first = table[~table["term"].str.startswith(("weak", "rung"))].set_index("label")["first"].nlargest(3)
    for label, share in first.items():
        assert f"{label} ({share:.0%})" in analysis.loss_variance.text
    assert first.sum() < 1, "what inputs explain alone adds up to no more than all"


def test_the_share_of_one_factor_is_that_of_a_product():
    # E S is a product of independent factors but for the floor: total_i = V_i / (1 + V_i) (prod(1 + V) / (prod(1 + V) - 1)).
    p = Parameters(draws=4096, records=10**8)
    analysis = analyse(p)
    values, _ = draw(load(), p)
    loss, cost = expected_loss_of(values, p), values["cost_per_record"]
    relative = cost.var() / cost.mean() ** 2
    whole = 1 + loss.var() / loss.mean() ** 2
    wanted = relative / (1 + relative) * whole / (whole - 1)
    assert analysis.loss_variance.row("cost_per_record")["estimate"] == pytest.approx(wanted, abs=0.03)


def test_without_a_loss_there_is_no_variance_to_share_out():
    assert not analyse(Parameters(grades=["A"], draws=256)).loss_variance.estimable
