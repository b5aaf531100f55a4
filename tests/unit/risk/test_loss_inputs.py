"""The inputs of the loss: what they say of a year, what one breach costs, and that they are drawn with the savings."""

import numpy as np
import pytest
from scipy import integrate, stats

from lpo_analysis import savings
from lpo_analysis.errors import NoEvidenceError, ParameterError
from lpo_analysis.evidence import load
from lpo_analysis.methods.inputs import draw_jointly
from lpo_analysis.risk import Parameters, expected_loss_of, increment_of, loss_inputs
from lpo_analysis.risk.breaches import dont_know, newest_share
from lpo_analysis.risk.inputs import at_floor, draw, mean_cost, provider_rate, rates
from lpo_analysis.savings.gather import gather

ASKED = Parameters(draws=1024)


@pytest.fixture(scope="module")
def drawn():
    return draw(load(), ASKED)


def test_every_input_is_named_with_its_rung_and_what_is_no_assumption_has_rows(drawn):
    _, inputs = drawn
    assert inputs.by_rung([4]) == ("breached_unknown", "memory_years", "mean_reach", "held_share", "relative_hazard")
    for item in inputs:
        assert bool(item.rows) is (item.rung < 4 or item.name == "breached_unknown")


def test_no_mean_cost_of_a_study_enters():
    rows = [row for grades in (["A", "B"], ["A", "B", "C", "D"]) for item in loss_inputs(load(), Parameters(grades=grades)) for row in item.rows]  # fmt: skip
    metrics = set(load().observations.loc[rows, "metric"])
    assert "breach_cost" in set(load().observations["metric"]), "there would be such rows"
    assert metrics == {
        "breach_prevalence", "breach_other_answer_share", "breach_outcome_share", "breach_cost_per_record", "response_cost", "third_party_breach_share",
    }  # fmt: skip


def test_the_share_ever_breached_is_the_published_one_and_the_dont_knows_are_bounds(drawn):
    values, inputs = drawn
    share, unknown = newest_share(load(), ASKED)[0], dont_know(load(), ASKED)[0]
    assert inputs["breached_share"].median == pytest.approx(share)
    assert values["breached_unknown"].min() == pytest.approx(0, abs=1e-3)
    assert values["breached_unknown"].max() == pytest.approx(unknown, abs=1e-3)
    every, client = rates(values)
    breached = -np.expm1(-every * values["memory_years"])
    assert breached == pytest.approx(values["breached_share"] + values["breached_unknown"])
    assert client == pytest.approx(every * values["client_share"])


def test_shares_that_add_up_to_more_than_all_firms_still_have_a_finite_rate():
    values = {"breached_share": np.array([0.9]), "breached_unknown": np.array([0.3]), "memory_years": np.array([10.0]), "client_share": np.array([0.1])}  # fmt: skip
    assert np.isfinite(rates(values)[0]).all()


@pytest.mark.parametrize("mean", [0.05, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("records", [0, 40, 700, 3_000, 10**6])
def test_the_mean_cost_is_the_integral_over_the_reach_of_one_breach(mean, records):
    floor, price = 100_000.0, 250.0
    draws = {"response_floor": np.array([floor]), "cost_per_record": np.array([price]), "mean_reach": np.array([mean])}
    found = mean_cost(draws, Parameters(records=records))[0]
    wanted = max(floor, records * price)
    if mean < 1:
        # Over a uniform U that the reach is a power of: E[max(f, w U^((1 - m) / m))].
        power = (1 - mean) / mean
        turn = (floor / (records * price)) ** (1 / power) if records * price > floor else 1.0
        above, _ = integrate.quad(lambda u: records * price * u**power, turn, 1, limit=200)
        wanted = floor * turn + above
    assert found == pytest.approx(wanted, rel=1e-8)


@pytest.mark.parametrize("mean", [0.05, 0.5, 0.9])
def test_the_reach_of_breaches_has_the_mean_that_was_drawn(mean):
    shape = mean / (1 - mean)
    assert stats.beta(shape, 1).mean() == pytest.approx(mean)
    draws = {"response_floor": np.array([30.0]), "cost_per_record": np.array([1.0]), "mean_reach": np.array([mean])}
    turn, below = at_floor(draws, Parameters(records=100))
    assert turn[0] == pytest.approx(0.3)
    assert below[0] == pytest.approx(stats.beta(shape, 1).cdf(0.3))


def test_own_incidents_take_the_place_of_the_surveys():
    values, inputs = draw(load(), ASKED, rate=(2.0, 10.0))
    assert {"breached_share", "breached_unknown", "memory_years"}.isdisjoint(inputs.names)
    every, _ = rates(values)
    truth = stats.gamma(2.0, scale=0.1)
    assert np.quantile(every, [0.05, 0.5, 0.95]) == pytest.approx(truth.ppf([0.05, 0.5, 0.95]), rel=0.02)
    assert every.mean() == pytest.approx(0.2, rel=0.02)
    # Whoever has none is asked nothing of the surveys, so the grade of those does not matter.
    assert "breach_rate" in loss_inputs(load(), Parameters(buyer_size="all"), rate=(1.0, 5.0)).names


@pytest.mark.parametrize("rate", [(0.0, 5.0), (1.0, 0.0), (np.nan, 1.0)])
def test_a_rate_that_is_no_gamma_distribution_is_refused(rate):
    with pytest.raises(ParameterError, match="rate: its shape and rate must be above 0"):
        loss_inputs(load(), ASKED, rate=rate)


@pytest.mark.parametrize("size", ["all", "midsize", "small", "large"])
def test_without_a_figure_at_these_grades_it_says_which(size):
    with pytest.raises(NoEvidenceError, match=r"^.*(No share of such firms|No figure of grade A gives)"):
        loss_inputs(load(), Parameters(buyer_size=size, grades=["A"]))


def test_losses_and_savings_are_drawn_from_one_matrix():
    names = loss_inputs(load(), ASKED).names
    for changes in (
        {},
        {"buyer": "corporate"},
        {"delivery_model": "captive"},
        {"delivery_model": "ai_assisted", "location": "USA"},
        {"location": "USA"},
    ):
        gathered = gather(savings.Parameters(**changes))
        assert not set(names) & set(gathered.inputs.names), changes
    together = draw_jointly({"savings": gathered.inputs, "risk": loss_inputs(load(), ASKED)}, draws=512, seed=3)
    added, loss = increment_of(together["risk"], ASKED), expected_loss_of(together["risk"], ASKED)
    assert added.shape == loss.shape == (512,)
    assert (added > 0).all()
    assert (added < loss * 3).all()
    assert set(together["risk"]) == set(names)


def test_expected_loss_and_increment_follow_from_the_draws_alone(drawn):
    values, _ = drawn
    before = {name: column.copy() for name, column in values.items()}
    wanted = rates(values)[1] * mean_cost(values, ASKED)
    assert np.array_equal(expected_loss_of(values, ASKED), wanted)
    through = rates(values)[1] * values["third_party_share"] / 20 * values["relative_hazard"]
    assert np.allclose(provider_rate(values, ASKED), through)
    assert np.allclose(increment_of(values, ASKED), through * mean_cost(values, ASKED, held=values["held_share"]))
    assert all(np.array_equal(before[name], values[name]) for name in before)


def test_a_share_of_unknown_n_is_no_narrower_than_wilsons_interval_at_the_assumed_n():
    # Wilson's 90% interval of 25% of 20, and of 25% of 400, by the formula.
    z, share = stats.norm.ppf(0.95), 0.25

    def wilson(n):
        middle, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
        return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)

    found = loss_inputs(load(), ASKED)["client_share"]
    assert (found.low, found.high) == pytest.approx(wilson(20))
    assert found.median == pytest.approx(share)
    assert "20 breached firms a study" in found.basis
    # With many firms chance is less than what the borrowing leaves open, and the odds widened by 1.5 stand.
    many = loss_inputs(load(), Parameters(assumed_breached_firms=400))["client_share"]
    assert many.low < wilson(400)[0]
    assert many.high / (1 - many.high) == pytest.approx(1.5 / 3)


def test_the_part_of_third_parties_spans_the_newest_figure_of_every_definition():
    found = loss_inputs(load(), ASKED)["third_party_share"]
    rows = load().observations.loc[list(found.rows)]
    assert rows["category"].is_unique
    assert (found.low, found.high) == (rows["value"].min() / 100, rows["value"].max() / 100)
    assert "dbir2025_tp" in found.rows, "the newest of its definition"
    assert "dbir2024_tp" not in found.rows
