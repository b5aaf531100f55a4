"""One question answered from one set of draws, consistent wherever it is read."""

from functools import cache

import numpy as np
import pytest

from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import load, table
from lpo_analysis.results import COLUMNS
from lpo_analysis.savings import Parameters, analyse, inputs_table
from lpo_analysis.savings.analysis import article, quantiles
from lpo_analysis.savings.claims import published_claims

PARTS = [
    "numbers",
    "selection",
    "waterfall",
    "break_even",
    "tornado",
    "variance",
    "comparators",
    "by_grades",
    "claims",
    "thresholds",
    "break_even_line",
    "common_correlation",
    "information",
]


@cache
def answer(**changes):
    return analyse(Parameters.from_mapping({"draws": 1024} | changes))


@pytest.fixture(scope="module")
def default():
    return answer()


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_a_table_with_a_sentence(default, part):
    result = getattr(default, part)
    assert list(result.table.columns[: len(COLUMNS)]) == COLUMNS
    assert result.text
    assert result.estimable
    assert "0x" not in repr(result)
    assert result.table["term"].is_unique


def test_the_three_numbers_come_from_the_same_draws(default):
    numbers, c = default.numbers, default.costs
    assert numbers.row("rate_gap")["estimate"] == quantiles(c.rate_gap, 0.9)[0]
    assert numbers.row("net_saving")["estimate"] == quantiles(c.net_saving, 0.9)[0]
    assert np.array_equal(c.net_saving, 1 - sum(c.lines.values()) / c.baseline)
    budget = c.net_saving * default.values["moved_share"]
    assert numbers.row("budget_saving")["estimate"] == quantiles(budget, 0.9)[0]
    assert np.abs(budget).max() <= np.abs(c.net_saving).max()


def test_the_net_saving_is_below_the_rate_gap(default):
    # A provider hour does at most as much as an hour today here, and everything around it costs something.
    assert (default.values["productivity"] < 1.05).mean() > 0.9
    assert default.numbers.row("net_saving")["estimate"] < default.numbers.row("rate_gap")["estimate"]


@pytest.mark.parametrize("part", ["numbers", "waterfall", "break_even", "comparators", "by_grades"])
def test_intervals_are_in_order(default, part):
    frame = getattr(default, part).table.dropna(subset=["conf_low", "conf_high"])
    assert len(frame)
    assert (frame["conf_low"] <= frame["conf_high"]).all()
    if part != "waterfall":  # its estimates are means, which may lie outside a skewed interval
        assert (frame["conf_low"] <= frame["estimate"]).all()
        assert (frame["estimate"] <= frame["conf_high"]).all()


def test_a_higher_level_widens_every_interval_and_moves_no_estimate(default):
    wide = answer(level=0.98).numbers.table
    narrow = default.numbers.table
    assert wide["estimate"].tolist() == narrow["estimate"].tolist()
    assert (wide["conf_high"] - wide["conf_low"] > narrow["conf_high"] - narrow["conf_low"]).all()
    assert set(wide["level"]) == {0.98}


def test_the_same_seed_gives_the_same_answer_and_another_a_near_one(default):
    again = analyse(Parameters.from_mapping({"draws": 1024}))
    assert again.numbers.table.equals(default.numbers.table)
    other = answer(seed=2).numbers.row("net_saving")["estimate"]
    assert other != default.numbers.row("net_saving")["estimate"]
    assert other == pytest.approx(default.numbers.row("net_saving")["estimate"], abs=0.05)


def test_the_seed_may_be_zero():
    first, again = (analyse(Parameters(draws=256, seed=0)).numbers for _ in range(2))
    assert first.table.equals(again.table)


def test_the_currency_does_not_change_a_share(default):
    pounds = answer(currency="GBP").numbers.table
    assert pounds["estimate"].tolist() == pytest.approx(default.numbers.table["estimate"].tolist())


def test_the_chance_of_a_loss_is_the_share_of_draws_without_a_saving(default):
    assert default.numbers.model["p_loss"] == np.mean(default.costs.net_saving <= 0)


def test_the_mean_waterfall_adds_up(default):
    steps = default.waterfall.table.set_index("term")["estimate"]
    lines = steps.drop(["today", "moved"])
    assert lines.sum() == pytest.approx(steps["moved"])
    hours = default.terms.annuity * default.parameters.volume_hours
    assert steps["today"] == pytest.approx(default.costs.baseline.mean() / hours)
    assert steps["moved"] == pytest.approx(default.costs.alternative.mean() / hours)
    drawn = default.waterfall.plot_data
    assert drawn["kind"].tolist() == ["total", "start", *["step"] * (len(lines) - 1), "total"]
    assert drawn["value"].iloc[1:-1].sum() == pytest.approx(drawn["value"].iloc[-1])


def test_the_break_even_volume_counts_the_draws_where_none_pays(default):
    draws = default.costs.break_even_volume
    assert default.break_even.row("p_never")["estimate"] == np.isinf(draws).mean()
    curve = default.break_even.plot_data
    assert curve["estimate"].is_monotonic_increasing


def test_moving_pays_in_a_draw_exactly_where_the_volume_is_above_its_break_even(default):
    pays = default.costs.break_even_volume < default.parameters.volume_hours
    assert np.array_equal(pays, default.costs.net_saving > 0)


def test_the_tornado_covers_the_inputs_of_the_net_saving_from_one_base(default):
    frame = default.tornado.table
    assert set(frame["term"]) == set(default.inputs.names) - {"moved_share"}
    assert frame["estimate"].nunique() == 1
    assert (frame["conf_high"] - frame["conf_low"]).is_monotonic_decreasing


def test_the_variance_shares_pass_their_check(default):
    assert [check.passed for check in default.variance.checks] == [True]
    shares = default.variance.table.set_index("term")
    assert shares.loc["weak", "n_obs"] == shares.loc["rung_3", "n_obs"] + shares.loc["rung_4", "n_obs"]
    assert shares["estimate"].between(-0.01, 1.01).all()
    assert (shares["first_low"] <= shares["conf_high"]).all()
    assert (shares["conf_low"] <= shares["estimate"]).all()
    assert (shares["first_high"] >= shares["first"]).all()


def test_the_comparators_hold_the_answer_of_the_report_itself(default):
    own = default.comparators.row("contract_attorney")
    assert own["estimate"] == default.numbers.row("net_saving")["estimate"]
    other = answer(baseline="associate")
    assert default.comparators.row("associate")["estimate"] == other.numbers.row("net_saving")["estimate"]


def test_letting_weaker_grades_in_never_loses_the_report_itself(default):
    assert default.by_grades.row("AB")["estimate"] == default.numbers.row("net_saving")["estimate"]
    assert default.by_grades.table["term"].tolist() == ["AB", "ABC", "ABCD"]


def test_a_law_firm_gets_a_net_saving_and_no_number_on_its_budget():
    numbers = answer(buyer="law_firm", baseline="associate").numbers
    assert np.isfinite(numbers.row("net_saving")["estimate"])
    assert np.isnan(numbers.row("budget_saving")["estimate"])
    assert "not estimable, because no figure on file" in numbers.text


def test_rows_are_named_once_and_exist(default):
    observed = [row for row in default.rows if not row.startswith("table:")]
    assert len(set(default.rows)) == len(default.rows)
    assert set(observed) <= set(load().observations.index)


def test_changing_to_what_is_refused_gives_nothing(default):
    assert default.with_changes(location="LKA") is None
    assert default.with_changes(draws=1000) is None
    assert default.with_changes(location="PHL").parameters.location == "PHL"
    with pytest.raises(NoEvidenceError):
        answer(location="LKA")


def test_the_inputs_table_names_inputs_in_words(default):
    frame = inputs_table(default)
    assert "label" not in frame
    assert frame["input"].is_unique
    assert (frame["low"] <= frame["median"]).all()
    assert (frame["median"] <= frame["high"]).all()


def test_the_question_is_one_sentence(default):
    assert default.question.startswith("What would a legal department save by having document review")
    assert default.question.endswith("in India?")
    assert repr(default).startswith("Analysis of document_review for corporate")


def test_quantiles_may_be_infinite():
    draws = np.array([1.0, 2.0, 3.0, np.inf, np.inf])
    assert quantiles(draws, 0.8) == (3.0, 1.0, np.inf)


def test_articles_fit_their_nouns():
    assert article("associate") == "an associate"
    assert article("paralegal") == "a paralegal"


@pytest.fixture(scope="module")
def claims():
    return published_claims(load())


def test_a_cost_in_percent_is_restated_as_what_is_saved(claims):
    # msft_patent_cost_best: offshore costs 10-15 % of the onshore price; msft_patent_cost_max: 40 %.
    assert claims.loc["msft_patent_cost_best", ["low", "high"]].tolist() == pytest.approx([0.85, 0.90])
    assert claims.loc["msft_patent_cost_max", ["low", "high"]].tolist() == pytest.approx([0.60, 0.60])


def test_a_cost_ratio_is_restated_as_what_is_saved(claims):
    # riotinto_cost_ratio_2009: a lawyer in London costs 7 times one in Delhi.
    assert claims.loc["riotinto_cost_ratio_2009", ["low", "high"]].tolist() == pytest.approx([1 - 1 / 7] * 2)


def test_a_ceiling_on_the_cost_is_a_floor_under_the_saving(claims):
    # lawcom_india_pay_ratio_2010: pay offshore is at most 10 % of pay onshore, so at least 90 % is saved.
    row = claims.loc["lawcom_india_pay_ratio_2010"]
    assert row["low"] == pytest.approx(0.9)
    assert np.isnan(row["high"])
    assert row["form"] == "floor"


def test_the_label_of_a_ceiling_on_the_cost_says_at_least(default):
    drawn = default.claims.plot_data.set_index("observation_id")
    assert "at least" in drawn.loc["lawcom_india_pay_ratio_2010", "label"]


def test_a_saving_is_restated_from_percent_to_a_share(claims):
    savings = load().observations.query("metric == 'savings_rate' and form == 'point'")
    names = savings.index.intersection(claims.index)
    assert len(names)
    assert claims.loc[names, "low"].tolist() == pytest.approx((savings.loc[names, "value"] / 100).tolist())


def test_only_claims_on_legal_work_are_shown_and_each_beside_its_own_denominator(default, claims):
    coded = table("savings_claims").set_index("observation_id")
    assert set(coded.loc[claims.index, "legal"]) == {"yes"}
    assert claims[["low", "high"]].max().max() <= 1
    shown = default.claims.table.set_index("term")
    assert shown["n_obs"].sum() == len(claims)
    numbers = default.numbers.table.set_index("term")
    for denominator, term in (("rate", "rate_gap"), ("work", "net_saving"), ("budget", "budget_saving")):
        assert shown.loc[denominator, "estimate"] == numbers.loc[term, "estimate"]
        assert shown.loc[denominator, "n_obs"] == (claims["denominator"] == denominator).sum()
    assert np.isnan(shown.loc["not_told", "estimate"])
