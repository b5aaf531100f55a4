"""Waiting against starting: published and analytic values, and what is refused.

Dixit & Pindyck (1994), chapter 2: a factory costs 1,600 and makes one thing a year for ever, worth 200 today and from next year on 300
or 100 with even chances, at 10 percent: it is worth 600 to begin now, 773 to wait a year and see (computed below from these terms).
Chapter 5: with discount rate and payout of 4 percent and a volatility of 20 percent, beta is 2 and the trigger twice the cost. The
option is checked against a binomial tree (Cox, Ross & Rubinstein 1979) of 200 years besides.
"""

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.waiting import perpetual, turning_volatility, wait_or_start


def test_the_factory_of_two_prices():
    price = np.array([300.0, 100.0])
    begun_now = 200 - 1600 + price / 0.1
    begun_later = (price - 1600 + price / 0.1) / 1.1
    found = wait_or_start(np.column_stack([np.zeros(2), begun_now]), np.column_stack([np.zeros(2), begun_later]))
    assert (found.now, found.value_now) == (1, pytest.approx(600))
    assert found.value_waiting == pytest.approx(773, abs=0.5)
    assert found.gain == pytest.approx(found.learning - found.delay)
    nothing = wait_or_start(
        np.column_stack([np.zeros(2), begun_now]), np.column_stack([np.zeros(2), begun_later]), learned={}
    )
    assert nothing.learning == 0
    assert nothing.gain == pytest.approx(600 / 1.1 - 600)


def test_the_trigger_is_twice_the_cost():
    found = perpetual(1.0, 1.0, volatility=0.2, discount_rate=0.04, payout=0.04)
    assert (found.beta, found.multiple, found.trigger) == pytest.approx((2, 2, 2))
    assert found.option == pytest.approx(0.25)
    assert found.waits
    past = perpetual(2.5, 1.0, volatility=0.2, discount_rate=0.04, payout=0.04)
    assert past.option == past.start_now == pytest.approx(1.5)
    assert not past.waits


@pytest.mark.parametrize(("volatility", "payout"), [(0.2, 0.04), (0.4, 0.08), (0.1, 0.01)])
def test_the_option_is_that_of_a_long_tree(volatility, payout):
    rate, years, steps = 0.05, 200, 4000
    dt = years / steps
    up = np.exp(volatility * np.sqrt(dt))
    chance = (np.exp((rate - payout) * dt) - 1 / up) / (up - 1 / up)
    prices = 0.9 * up ** np.arange(-steps, steps + 1, 2.0)
    worth = np.maximum(prices - 1, 0)
    for _ in range(steps):
        prices = prices[:-1] * up
        worth = np.maximum(np.exp(-rate * dt) * (chance * worth[1:] + (1 - chance) * worth[:-1]), prices - 1)
    found = perpetual(0.9, 1.0, volatility=volatility, discount_rate=rate, payout=payout)
    assert found.option == pytest.approx(float(worth[0]), rel=0.01)


def test_beta_solves_the_fundamental_quadratic_even_where_it_nearly_cancels():
    for volatility, rate, payout in ((0.2, 0.05, 0.03), (0.01, 0.05, 0.01), (0.001, 0.05, 0.04), (0.9, 0.02, 0.2)):
        b = perpetual(1.0, 1.0, volatility=volatility, discount_rate=rate, payout=payout).beta
        assert 0.5 * volatility**2 * b * (b - 1) + (rate - payout) * b - rate == pytest.approx(
            0, abs=1e-9 * max(b, 1) ** 2
        )
        assert b > 1


def test_without_volatility_only_growth_is_waited_for():
    assert perpetual(1.0, 1.0, volatility=0.0, discount_rate=0.05, payout=0.06).multiple == 1
    # Value grows at 1 percent: start when the yearly payout of the value is the interest on the cost, 5/4 of the cost.
    assert perpetual(1.0, 1.0, volatility=0.0, discount_rate=0.05, payout=0.04).multiple == pytest.approx(1.25)
    assert perpetual(1.0, 1.0, volatility=1e-4, discount_rate=0.05, payout=0.04).multiple == pytest.approx(
        1.25, abs=1e-4
    )


@pytest.mark.parametrize(("value", "rate", "payout"), [(2.0, 0.04, 0.04), (5.0, 0.05, 0.03), (1.3, 0.08, 0.1)])
def test_at_the_turning_volatility_the_value_is_the_trigger(value, rate, payout):
    turning = turning_volatility(value, 1.0, discount_rate=rate, payout=payout)
    if payout == rate == 0.04:
        # Dixit & Pindyck (1994), chapter 5: r = payout = 4 percent and a volatility of 0.2 make the trigger twice the cost.
        assert turning == pytest.approx(0.2)
    assert perpetual(value, 1.0, volatility=turning, discount_rate=rate, payout=payout).trigger == pytest.approx(value)
    assert perpetual(value, 1.0, volatility=1.01 * turning, discount_rate=rate, payout=payout).waits
    assert not perpetual(value, 1.0, volatility=0.99 * turning, discount_rate=rate, payout=payout).waits


def test_where_waiting_is_better_anyway_no_volatility_is_needed():
    assert turning_volatility(1.1, 1.0, discount_rate=0.05, payout=0.04) == 0
    assert turning_volatility(0.9, 1.0, discount_rate=0.05, payout=0.05) == 0


def test_where_nothing_is_forgone_it_is_never_time():
    found = perpetual(3.0, 1.0, volatility=0.2, discount_rate=0.05, payout=0.0)
    assert found.trigger == np.inf
    assert found.option == 3.0
    assert found.waits


def test_learning_in_part_has_its_closed_form():
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((2, 2**14))
    gain = -0.2 + x + 0.5 * y
    now = np.column_stack([np.zeros_like(gain), gain])
    later = 0.9 * now
    part = wait_or_start(now, later, learned={"x": x})
    a = 0.2
    truth = 0.9 * (stats.norm.pdf(a) - a * stats.norm.sf(a))
    assert part.value_now == 0
    assert part.gain == pytest.approx(truth, abs=4 * part.error)
    everything = wait_or_start(now, later)
    s = np.sqrt(1.25)
    assert everything.gain == pytest.approx(
        0.9 * s * (stats.norm.pdf(a / s) - a / s * stats.norm.sf(a / s)), abs=4 * everything.error
    )
    assert everything.error == pytest.approx(np.maximum(0.9 * gain, 0).std(ddof=1) / 2**7, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: perpetual(1.0, 0.0, volatility=0.2, discount_rate=0.05, payout=0.03), "must be above 0"),
        (
            lambda: perpetual(1.0, 1.0, volatility=-0.2, discount_rate=0.05, payout=0.03),
            "volatility: must be a number of at least 0",
        ),
        (
            lambda: perpetual(1.0, 1.0, volatility=0.2, discount_rate=float("nan"), payout=0.03),
            "discount_rate: must be",
        ),
        (lambda: wait_or_start(np.zeros((5, 2)), np.zeros((5, 3))), "must hold the same draws by options"),
        (lambda: wait_or_start(np.zeros((5, 1)), np.zeros((5, 1))), "two or more of each"),
        (lambda: wait_or_start(np.full((5, 2), np.inf), np.zeros((5, 2))), "finite"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(call, said):
    with pytest.raises(ParameterError, match=said):
        call()
