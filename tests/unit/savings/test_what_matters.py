"""What would have to be true, what knowing is worth, and what correlations do to the saving of one buyer."""

import numpy as np
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.information import evpi
from lpo_analysis.savings import Parameters, analyse
from lpo_analysis.savings.costs import costs
from lpo_analysis.savings.information import net_benefits

PAIR = ["provider_price", "productivity", 0.6]


@pytest.fixture(scope="module")
def default():
    return analyse(Parameters(draws=4096))


@pytest.fixture(scope="module")
def correlated():
    return analyse(Parameters(draws=4096, correlations=[PAIR]))


def test_at_its_threshold_an_input_makes_the_median_saving_zero(default):
    table = default.thresholds.table
    turning = table[table["estimate"].notna()]
    assert len(turning) >= 1
    for row in turning.itertuples():
        held = default.draws | {row.term: np.full(4096, row.estimate)}
        assert np.median(default.net_saving_of(held)[:2048]) == pytest.approx(0, abs=1e-6)
        assert row.probability == pytest.approx(
            np.mean(
                default.draws[row.term] <= row.estimate
                if row.needed == "at most"
                else default.draws[row.term] >= row.estimate
            ),
            abs=0.01,
        )


def test_an_input_without_a_threshold_cannot_turn_the_sign(default):
    table = default.thresholds.table
    start = np.sign(np.median(default.net_saving_of(default.draws)[:2048]))
    for name in table.loc[table["estimate"].isna(), "term"]:
        for u in (0.001, 0.5, 0.999):
            held = default.draws | {name: np.full(4096, float(default.inputs[name].ppf(u)))}
            assert np.sign(np.median(default.net_saving_of(held)[:2048])) == start


def test_what_would_have_to_be_true_is_told_for_a_saving_and_for_none(default):
    assert default.thresholds.text.startswith("In the median the net saving is -")
    assert "would turn that into a saving" in default.thresholds.text
    saved = analyse(Parameters(draws=1024, baseline="in_house_counsel"))
    assert "would turn that into a loss" in saved.thresholds.text
    sure = analyse(Parameters(draws=1024, baseline="associate"))
    assert "No single input changes its sign" in sure.thresholds.text


def test_on_the_line_of_the_two_largest_nothing_is_saved_in_the_median(default):
    result = default.break_even_line
    first, second = default.variance.table["term"].iloc[5:7]
    for row in result.table.iloc[::5].itertuples():
        held = default.draws | {first: np.full(4096, row.at), second: np.full(4096, row.estimate)}
        assert np.median(default.net_saving_of(held)[:2048]) == pytest.approx(0, abs=1e-6)
    assert set(result.plot_data["kind"]) == {"line", "range", "median"}


def test_perfect_information_is_the_mean_of_what_is_saved_where_something_is(default):
    """The choice by the mean is to stay, so knowing all is worth the mean of the positive part."""
    moved = default.costs.net_present_value / default.terms.annuity
    assert moved.mean() < 0
    perfect = default.information.row("perfect")
    assert perfect["estimate"] == pytest.approx(np.maximum(moved, 0).mean())
    assert perfect["estimate"] == evpi(net_benefits(default)).value


def once(analysis):
    """The expected gain in present value of knowing all before choosing, by its definition."""
    worth = analysis.costs.net_present_value
    return np.maximum(worth, 0).mean() - max(worth.mean(), 0)


def test_finding_out_is_paid_once_and_may_cost_the_present_value(default):
    longer = analyse(Parameters(draws=4096, discount_rate=0.0, horizon_years=7))
    for analysis, annuity in ((default, 1 / 1.05 + 1 / 1.05**2 + 1 / 1.05**3), (longer, 7)):
        assert analysis.information.row("perfect")["estimate"] * annuity == pytest.approx(once(analysis))
        told = analysis.information.text.partition("knowing it all is worth $")[2].split()[0]
        assert float(told.replace(",", "")) == pytest.approx(once(analysis), rel=0.01)
        assert "Finding out is paid for once" in analysis.information.text
    assert "over the 7 years, at a discount rate of 0%" in longer.information.text


def test_values_of_information_are_rounded_to_what_their_interval_bears(default):
    row = default.information.row("perfect")
    low, high = row["interval_text"].split(" to ")
    assert len({low, high, row["value_text"]}) == 3
    assert (
        f"would be worth {row['value_text']} a year (90% interval {row['interval_text']})" in default.information.text
    )
    assert f"is worth {row['value_text']}." in default.information.checks[0].text


def test_no_part_of_the_information_is_worth_more_than_all_of_it(default):
    table = default.information.table.set_index("term")
    assert (table["estimate"] <= table.loc["perfect", "conf_high"]).all()
    assert (table["estimate"] >= 0).all()
    singles = table.loc[[term for term in table.index if term in default.inputs.names]]
    assert len(singles) == len(default.inputs) - 1
    assert singles["estimate"].is_monotonic_decreasing
    assert set(table["unit"]) == {"USD of 2024 a year"}


def test_the_report_says_that_values_do_not_add_up(default):
    assert {check.name for check in default.information.checks} == {"Adding up", "Upward bias", "Two choices"}
    assert "Worth measuring first is" in default.information.text


def test_a_quick_report_regresses_on_more_draws_than_it_has(default):
    quick = analyse(Parameters(draws=256)).information.table
    assert np.allclose(quick["estimate"], default.information.table["estimate"])


def test_where_the_choice_is_clear_nothing_is_worth_measuring():
    text = analyse(Parameters(draws=2048, baseline="associate")).information.text
    assert "moving is the better choice" in text
    assert "not shown to be worth anything" in text


def test_without_correlations_there_are_no_shapley_effects(default):
    assert not default.shapley.estimable
    assert "Sobol' indices say more" in default.shapley.text


def test_with_correlations_the_effects_take_the_place_of_the_indices(correlated):
    effects, shares = correlated.shapley, correlated.variance.table.set_index("term")
    assert effects.table["estimate"].sum() == pytest.approx(1)
    assert shares["first"].isna().all()
    # They add up, so that each is a share of the whole; total indices are not.
    assert "The largest single shares are" in correlated.variance.text
    assert sum(shares.loc[f"rung_{rung}", "estimate"] for rung in (1, 2, 3, 4)) == pytest.approx(1)
    assert shares.loc["provider_price", "estimate"] == effects.row("provider_price")["estimate"]
    assert "observed price of an hour bought with work per hour of whoever does it (0.6)" in effects.text


def test_correlated_draws_have_the_correlation_and_keep_their_margins(default, correlated):
    both = [correlated.draws[name] for name in PAIR[:2]]
    ranks = np.corrcoef([np.argsort(np.argsort(column)) for column in both])
    assert ranks[0, 1] == pytest.approx(0.6, abs=0.01)
    assert np.quantile(both[1], [0.05, 0.95]) == pytest.approx([0.7, 1.0], rel=0.01)
    assert np.array_equal(correlated.draws["setup_hours"], default.draws["setup_hours"])


def test_a_common_correlation_widens_the_interval_and_starts_from_the_report(default):
    table = default.common_correlation.table
    assert table["term"].tolist() == ["given", "common_30", "common_60"]
    assert (table["conf_high"] - table["conf_low"]).is_monotonic_increasing
    assert table.loc[0, "estimate"] == default.numbers.row("net_saving")["estimate"]


def test_the_check_of_independence_tells_of_correlations(default, correlated):
    told = [next(c.text for c in a.numbers.checks if c.name == "Independence") for a in (default, correlated)]
    assert told[0].startswith("The inputs are drawn independently")
    assert told[1].startswith("1 pair of inputs is drawn with the rank correlation")


@pytest.mark.parametrize(
    ("correlations", "said"),
    [
        ([["provider_price", "productvty", 0.6]], "no input called 'productvty'. Did you mean 'productivity'"),
        ([["a", "b", 0.9], ["b", "c", 0.9], ["a", "c", -0.9]], "a with b 0.9, a with c -0.9, b with c 0.9. Nearest that can: a with b 0.4"),
        ([["a", 1]], "each must be two inputs and their rank correlation"),
        ([["a", "b", "0.5"]], "each must be two inputs and their rank correlation"),
        ([["a", "b", 2]], "a with b: a rank correlation must lie between -1 and 1, got 2"),
        ("x", "correlations: must be a list"),
    ],
)  # fmt: skip
def test_correlations_that_cannot_be_are_refused_with_the_place(correlations, said):
    with pytest.raises(ParameterError, match="correlations") as caught:
        Parameters.from_mapping({"correlations": correlations}).check_evidence()
    assert said in str(caught.value)


def test_a_comparator_without_a_correlated_input_says_that_it_leaves_it_out():
    report = analyse(Parameters(draws=1024, correlations=[["baseline_price", "provider_price", 0.5]]))
    assert len(report.comparators.table) == 4
    other = report.with_changes(baseline="in_house_counsel")
    assert any("left out: there is no input baseline_price here" in note for note in other.gathered.notes)
    assert other.inputs.coupled == ()


@pytest.mark.slow
def test_the_value_of_an_input_agrees_with_nested_simulation():
    """Two thousand outer by a thousand inner draws of the whole model, independent of the regression and of its draws."""
    analysis = analyse(Parameters())
    told = analysis.information.table.set_index("term")
    rng = np.random.default_rng(5)
    outer, inner = 2000, 1000
    for name in ("provider_price", "baseline_price", "price_drift"):
        drawn = {
            item.name: item.ppf(
                np.broadcast_to(rng.uniform(size=(outer, 1 if item.name == name else inner)), (outer, inner))
            ).ravel()
            for item in analysis.inputs
        }
        benefit = costs(analysis.gathered.rates(drawn), analysis.terms).net_present_value / analysis.terms.annuity
        expected = benefit.reshape(outer, inner).mean(axis=1)
        gains = np.maximum(expected, 0) - max(expected.mean(), 0)
        allowed = 4 * np.hypot(gains.std(ddof=1) / np.sqrt(outer), told.loc[name, "std_error"])
        assert told.loc[name, "estimate"] == pytest.approx(gains.mean(), abs=allowed), name
