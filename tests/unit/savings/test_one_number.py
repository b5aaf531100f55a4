"""One quantity is one number wherever it stands, and is said to be what it is."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.methods.inputs import Input
from lpo_analysis.savings import Parameters, analyse
from lpo_analysis.savings.beside import rungs_in_words
from lpo_analysis.savings.drivers import _adds_up
from lpo_analysis.savings.restated import _checks as restated_checks
from lpo_analysis.savings.restated import claims_restated
from lpo_analysis.wording import percent


@cache
def answer(**changes):
    return analyse(Parameters.from_mapping({"draws": 1024} | changes))


@pytest.fixture(scope="module")
def default():
    return answer()


def test_total_indices_are_not_told_as_shares_of_a_whole(default):
    """What inputs explain alone adds up to one at most; what they have a part in counts several times over."""
    result = default.variance
    top = result.table.iloc[5:8]
    assert top["first"].sum() <= 1
    label, first, total = top.iloc[0][["label", "first", "estimate"]]
    assert f"{label} ({percent(first)} alone, {percent(total)} with what it does together with others)" in result.text
    assert "the second figures overlap" in result.text
    assert "largest single shares" not in result.text


def test_more_alone_than_in_all_is_told_as_an_error_of_the_computation():
    rungs = [("weak", 1.0, 0.992), *((f"rung_{rung}", 0.2, 0.3) for rung in (1, 2, 3, 4))]
    frame = pd.DataFrame([*rungs, ("a", 0.5, 0.6), ("b", 0.4, 0.5)], columns=["group", "first", "total"])
    check = _adds_up(frame)
    assert check.passed
    assert (
        "1 group of inputs explains more alone than in all by these estimates, by up to 0.8 percentage points"
        in check.text
    )
    assert "error" not in _adds_up(frame.iloc[1:].reset_index(drop=True)).text


def test_the_share_of_the_budget_is_counted_as_an_input_of_the_net_saving_nowhere(default):
    assert "moved_share" in default.inputs.names
    assert "moved_share" not in default.counted.names
    n = len(default.counted)
    assert f"of the {n} inputs" in default.variance.text
    assert default.tornado.text.startswith(f"Of {n} inputs")
    ways = default.delivery_models.table.set_index("term")
    assert sum(ways.loc["provider_IND", f"rung_{rung}"] for rung in (1, 2, 3, 4)) == n
    weak = default.variance.row("weak")["n_obs"]
    assert ways.loc["provider_IND", ["rung_3", "rung_4"]].sum() == weak
    assert default.by_grades.row("AB")["n_weak"] == weak
    with_ai = [int(ways.loc["ai_assisted_USA", f"rung_{rung}"]) for rung in (1, 2, 3, 4)]
    assert (
        f"Of its {sum(with_ai)} inputs none is fitted, {with_ai[1]} stated, {with_ai[2]} borrowed"
        in default.assisted.text
    )


def test_the_saving_with_ai_is_that_of_the_comparison_of_all_ways():
    """Also where the report has more draws than the comparison takes."""
    analysis = answer(draws=8192)
    ways = analysis.delivery_models.row("ai_assisted_USA")
    told = analysis.assisted.row("ai_saving")
    assert [told[end] for end in ("estimate", "conf_low", "conf_high")] == [
        ways[end] for end in ("estimate", "conf_low", "conf_high")
    ]


def test_an_hour_is_written_to_the_same_digits_in_figure_and_table(default):
    table = default.delivery_models.table.dropna(subset=["estimate"])
    for row in table.itertuples():
        assert f"{row.label} {row.hour_text}" in default.delivery_models.alt
    assert default.pricing_models.row("hourly")["hour_text"] == table.iloc[0]["hour_text"]


@pytest.mark.parametrize(("changes", "said"), [({}, "a loss of $"), ({"baseline": "associate"}, "worth $")])
def test_the_net_present_value_is_written_once(changes, said):
    result = answer(**changes).payoff
    amount = result.text.partition(said)[2].split()[0]
    assert result.alt.endswith(f"(the change is {said}{amount}).")


def test_the_drift_of_either_place_is_named_and_that_abroad_is_the_number_at_a_glance(default):
    text = next(check.text for check in default.numbers.checks if check.name == "Age of the figures")
    abroad = percent(default.drift.row("none")["estimate"])
    assert f"without that abroad the net saving would be {abroad}" in text
    assert f"would be {abroad} instead of" in default.drift_in_brief[0]
    still = dict.fromkeys(("price_drift", "baseline_drift"), np.zeros(1024))
    both = np.quantile(default.net_saving_of(default.draws | still), 0.5, method="inverted_cdf")
    assert f"without that at home, too, {percent(both)} (medians)" in text


def test_a_drift_of_one_place_is_told_alone():
    checks = answer(delivery_model="in_house", location="USA").numbers.checks
    text = next(check.text for check in checks if check.name == "Age of the figures")
    assert "Drift at home since then is an input; without it the net saving would be" in text


def test_inputs_that_turn_nothing_stand_by_how_near_they_come(default):
    table = default.thresholds.table
    turns = table["estimate"].notna()
    assert turns.is_monotonic_decreasing
    assert (table.loc[turns, "reached"] == 0).all()
    rest = table[~turns]
    assert rest["reached"].abs().is_monotonic_increasing
    for row in rest.head(2).itertuples():
        item = default.inputs[row.term]
        ends = [
            np.median(default.net_saving_of(default.draws | {row.term: np.full(1024, float(item.ppf(u)))})) for u in (0.001, 0.999)
        ]  # fmt: skip
        assert row.reached == pytest.approx(min(ends, key=abs))
    assert f"nearest comes {rest.iloc[0]['label']}, with {percent(rest.iloc[0]['reached'])}." in default.thresholds.text


def test_where_moving_loses_money_no_share_of_the_budget_makes_a_claim_true(default):
    assert np.median(default.costs.net_saving) < 0
    assert (
        "claims on the whole budget can be met by moving more work: in the median nothing is saved"
        in default.claims_restated.text
    )
    assert "than there is budget" not in default.claims_restated.text
    saving = answer(baseline="associate").claims_restated
    assert "would need more work moved than there is budget" in saving.text


def test_claims_are_against_the_same_comparator_only_if_most_are(default):
    check = next(check for check in default.claims_restated.checks if check.name == "Same comparator")
    assert check.passed is None
    table = claims_restated(default).table
    silent = (table["comparator"] == "not_told").sum()
    assert check.text.startswith("1 of the 27 claims is against this report's comparator;")
    assert f"{silent} claims do not tell theirs" in check.text
    most = table.assign(comparator=["contract_attorney"] * 20 + ["associate"] * 7)
    check = restated_checks(default, most)[1]
    assert check.passed
    assert check.text == (
        "20 of the 27 claims are against this report's comparator; 7 claims mean another, beside which they would be judged differently."
    )


@pytest.mark.parametrize(
    ("rungs", "said"),
    [
        ((2, 3, 4), "1 of 3 inputs is fitted or stated, 1 is borrowed or a lone figure, 1 assumed"),
        ((3, 3), "None of 2 inputs is fitted or stated, 2 are borrowed or a lone figure, 0 assumed"),
        ((1, 2), "2 of 2 inputs are fitted or stated, 0 are borrowed or a lone figure, 0 assumed"),
    ],
)
def test_rungs_are_said_in_the_right_number(rungs, said):
    assert (
        rungs_in_words(
            [Input(f"x{i}", "x", "share", 0.1, 0.2, "logitnormal", rung, "") for i, rung in enumerate(rungs)]
        )
        == said
    )
