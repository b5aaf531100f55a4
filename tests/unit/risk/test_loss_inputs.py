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
from lpo_analysis.risk.inputs import at_floor, draw, mean_cost, provider_rate
from lpo_analysis.risk.rates import rates
from lpo_analysis.savings.gather import gather

ASKED = Parameters(draws=1024)


@pytest.fixture(scope="module")
def drawn():
    return draw(load(), ASKED)


def test_every_input_is_named_with_its_rung_and_what_is_no_assumption_has_rows(drawn):
    _, inputs = drawn
    assert inputs.by_rung([4]) == (
        "breached_unknown",
        "memory_years",
        "firm_variation",
        "mean_reach",
        "held_share",
        "relative_hazard",
    )
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
    # Those who do not know are a share of all firms, those who may have been breached of the firms not said to be.
    assert values["breached_unknown"].max() == pytest.approx(unknown / (1 - share), abs=1e-3)
    assert "borrowed from firms of all sizes (an assumption" in inputs["breached_unknown"].basis
    # 1 - (1 + c^2 rate T)^(-1 / c^2) of firms have at least one: those breached, and those whose client data were reached.
    every, client = rates(values)
    squared, years = values["firm_variation"] ** 2, values["memory_years"]
    breached = values["breached_share"] + (1 - values["breached_share"]) * values["breached_unknown"]
    for rate, wanted in ((every, breached), (client, breached * values["client_share"])):
        assert 1 - (1 + squared * rate * years) ** (-1 / squared) == pytest.approx(wanted)


@pytest.mark.parametrize("variation", [0.0, 0.7, 1.5])
def test_the_rates_of_simulated_firms_are_found_from_the_shares_of_firms(variation):
    # Firms with gamma rates, each breach reaching client data with a chance of its own: what a survey of firms would say.
    rng, firms, years = np.random.default_rng(4), 400_000, 10.0
    every, reaching = 0.09, 0.2
    firm = np.full(firms, every) if variation == 0 else rng.gamma(variation**-2, every * variation**2, firms)
    seen = rng.poisson(firm * years)
    reached = rng.binomial(seen, reaching) > 0
    draws = {"breached_share": (seen > 0).mean(), "client_share": reached.sum() / (seen > 0).sum(), "memory_years": years, "firm_variation": variation}  # fmt: skip
    found = rates({name: np.array([value]) for name, value in draws.items()})
    assert (found[0][0], found[1][0]) == pytest.approx((every, every * reaching), rel=0.015)
    assert draws["client_share"] > 1.2 * reaching, "a firm breached often has more than one chance"


@pytest.mark.parametrize(("variation", "wanted"), [([0.0, 0.0], 55_900), ([0.5, 0.5], 57_000), ([1.0, 1.0], 60_900), ([1.5, 1.5], 68_200), ([0.0, 1.5], 59_700)])  # fmt: skip
def test_the_expected_loss_is_that_of_an_independent_monte_carlo(variation, wanted):
    # A plain Monte Carlo of the stated input ranges, by inverse normal and uniform, and the formulas of a gamma-Poisson.
    p = Parameters(firm_variation=variation)
    values, inputs = draw(load(), p)
    assert expected_loss_of(values, p).mean() == pytest.approx(wanted, rel=0.01)
    rng, n = np.random.default_rng(0), 200_000

    def spread(name, to, back):
        low, high = to(inputs[name].low), to(inputs[name].high)
        return back((low + high) / 2 + (high - low) / (2 * stats.norm.ppf(0.95)) * rng.normal(size=n))

    def share(name):
        return spread(name, lambda x: np.log(x / (1 - x)), lambda x: 1 / (1 + np.exp(-x)))

    known = share("breached_share")
    spared = 1 - (known + (1 - known) * rng.uniform(0, inputs["breached_unknown"].high, n)) * share("client_share")
    squared = rng.uniform(*variation, n) ** 2
    rate = np.where(squared > 0, (spared**-squared - 1) / np.where(squared > 0, squared, 1), -np.log(spared)) / spread("memory_years", np.log, np.exp)  # fmt: skip
    whole, floor = p.records * spread("cost_per_record", np.log, np.exp), spread("response_floor", np.log, np.exp)
    mean = rng.uniform(*p.reached_share, n)
    loss = rate * np.maximum(floor, whole * rng.uniform(size=n) ** ((1 - mean) / mean))
    assert loss.mean() == pytest.approx(wanted, rel=4 * loss.std() / np.sqrt(n) / wanted + 0.005)


def test_shares_that_add_up_to_more_than_all_firms_still_have_a_finite_rate():
    values = {
        "breached_share": 0.9,
        "breached_unknown": 1.0,
        "memory_years": 10.0,
        "client_share": 0.1,
        "firm_variation": 1.5,
    }
    values = {name: np.array([value]) for name, value in values.items()}
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
    assert {"breached_share", "breached_unknown", "memory_years", "firm_variation", "client_share"}.isdisjoint(
        inputs.names
    )
    every, _ = rates(values)
    truth = stats.gamma(2.0, scale=0.1)
    assert np.quantile(every, [0.05, 0.5, 0.95]) == pytest.approx(truth.ppf([0.05, 0.5, 0.95]), rel=0.02)
    assert every.mean() == pytest.approx(0.2, rel=0.02)
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
