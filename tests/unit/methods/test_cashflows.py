"""Net present value, payback and internal rates of return against closed forms."""

from fractions import Fraction

import numpy as np
import pytest
from scipy import optimize

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.cashflows import irr, mirr, npv, payback

# A flow that is the product of (1 + r)-factors has exactly these rates; test_the_cases_are_exact shows it in fractions.
CASES = {
    "one": ([-100, 110], [Fraction(1, 10)]),
    "two": ([-4000, 25000, -25000], [Fraction(1, 4), Fraction(4)]),
    "two near": ([-100, 230, -132], [Fraction(1, 10), Fraction(1, 5)]),
    "three, one at zero": ([-1000, 6000, -11000, 6000], [Fraction(0), Fraction(1), Fraction(2)]),
    "four": ([-252, 1431, -3035, 2850, -1000], [Fraction(1, 4), Fraction(1, 3), Fraction(3, 7), Fraction(2, 3)]),
    "below zero": ([-100, 50], [Fraction(-1, 2)]),
    "touching": ([-100, 300, -225], [Fraction(1, 2)]),
    "nothing at first and last": ([0, -100, 0, 121, 0], [Fraction(1, 10)]),
    "never": ([100, -200, 150], []),
    "only costs": ([-100, -50], []),
    "nothing": ([0, 0, 0], []),
}


@pytest.mark.parametrize("name", CASES)
def test_the_cases_are_exact(name):
    flows, rates = CASES[name]
    for rate in rates:
        assert sum(Fraction(flow) / (1 + rate) ** t for t, flow in enumerate(flows)) == 0


@pytest.mark.parametrize("name", CASES)
def test_all_rates_of_return_are_found(name):
    flows, rates = CASES[name]
    found = irr(np.array(flows, dtype=float))
    assert found.roots[0].tolist() == pytest.approx([float(rate) for rate in rates], abs=1e-7)
    assert found.count.tolist() == [len(rates)]


def test_one_rate_is_the_rate_and_several_or_none_are_not():
    found = irr(np.array([[-100, 230, -132], [-100, 0, 121], [-1, -1, -1]], dtype=float))
    assert found.roots.shape == (3, 2)
    assert found.rate.tolist() == pytest.approx([np.nan, 0.1, np.nan], nan_ok=True)
    assert found.text == "1 of 3 draws have one rate of return, 1 none, 1 several, between which nothing chooses."
    assert irr(np.array([-1.0, -1.0])).text.startswith("Not estimable, because")


def test_many_draws_agree_with_a_bracketed_search_in_each():
    rng = np.random.default_rng(1)
    flows = np.column_stack([-rng.uniform(50, 200, 40), rng.uniform(0, 60, (40, 6))])
    one_by_one = [optimize.brentq(lambda r, f=f: npv(f, rate=r)[0], -0.99, 50) for f in flows]
    assert irr(flows).rate == pytest.approx(np.array(one_by_one), abs=1e-9)


def test_every_rate_makes_the_present_value_zero_and_none_is_missed():
    """Against the changes of sign of the net present value on a fine grid."""
    flows = np.random.default_rng(2).normal(size=(300, 6))
    found = irr(flows)
    for k in range(found.roots.shape[1]):
        has = found.count > k
        size = npv(np.abs(flows[has]), rate=found.roots[has, k])
        assert npv(flows[has], rate=found.roots[has, k]) / size == pytest.approx(0, abs=1e-9)
    grid = np.expm1(np.linspace(-4, 4, 4001))
    values = np.stack([npv(flows, rate=rate) for rate in grid], axis=1)
    within = ((found.roots > grid[0]) & (found.roots < grid[-1])).sum(axis=1)
    assert (within >= (np.diff(np.sign(values), axis=1) != 0).sum(axis=1)).all()
    assert (within == (np.diff(np.sign(values), axis=1) != 0).sum(axis=1)).mean() > 0.99


def test_a_present_value_is_the_sum_of_discounted_flows():
    assert npv(np.array([-100.0, 60, 60]), rate=0.1)[0] == pytest.approx(-100 + 60 / 1.1 + 60 / 1.21)
    # An annuity in closed form.
    assert npv(np.r_[0.0, np.ones(10)], rate=0.05)[0] == pytest.approx((1 - 1.05**-10) / 0.05)
    both = npv(np.array([[-100.0, 110], [-100, 110]]), rate=np.array([0.0, 0.1]))
    assert both.tolist() == pytest.approx([10.0, 0.0])


@pytest.mark.parametrize(
    ("flows", "rate", "lasting", "periods"),
    [
        ([-100, 40, 40, 40], 0.0, False, 2.5),
        ([-100, 60, 60], 0.1, False, 1 + (100 - 60 / 1.1) / (60 / 1.21)),
        ([-100, 10, 10], 0.0, False, np.inf),
        ([10, 1, 1], 0.0, False, 0.0),
        ([0, 0, 5], 0.0, False, 0.0),
        ([-100, 100, 0], 0.0, False, 1.0),
        ([-100, 150, 0, -60], 0.0, False, 2 / 3),
        ([-100, 150, 0, -60], 0.0, True, np.inf),
        ([-100, 150, -60, 30], 0.0, True, 2 + 10 / 30),
    ],
)
def test_payback_by_hand(flows, rate, lasting, periods):
    assert payback(np.array(flows, dtype=float), rate=rate, lasting=lasting)[0] == pytest.approx(periods)


def test_a_modified_rate_carries_receipts_to_the_end_at_their_own_rate():
    by_hand = (130 * 1.05 / (100 + 20 / 1.08**2)) ** 0.5 - 1
    found = mirr(np.array([[-100.0, 130, -20], [-1, -1, -1]]), finance_rate=0.08, reinvestment_rate=0.05)
    assert found.tolist() == pytest.approx([by_hand, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("flows", "said"),
    [
        ([1.0], "two periods or more"),
        ([[1.0, np.nan]], "flows: 1 of 2 are not finite"),
        (np.ones((2, 2, 2)), "got shape"),
    ],
)
def test_flows_that_are_none_are_refused(flows, said):
    for function in (irr, payback, lambda f: npv(f, rate=0.1)):
        with pytest.raises(ParameterError, match=said):
            function(np.array(flows))


def test_a_rate_of_minus_one_is_refused():
    with pytest.raises(ParameterError, match="rate: must be above -1 a period, got -1"):
        npv(np.array([1.0, 1.0]), rate=-1.0)
