"""Sites that stop together or alone, against chains solved exactly, a published example and arithmetic by hand."""

from itertools import product

import numpy as np
import pytest
from scipy.linalg import expm

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.redundancy import DAYS, Sites, concentration


def chain(n, rate, days, common):
    """Generator of the Markov chain with exponential times: the common cause, and each site's own state."""
    own, shared, back = (1 - common) * rate, common * rate, DAYS / days
    states = list(product((0, 1), repeat=n + 1))
    at = {state: i for i, state in enumerate(states)}
    q = np.zeros((len(states), len(states)))
    for state in states:
        for part in range(n + 1):
            turned = tuple(1 - s if i == part else s for i, s in enumerate(state))
            q[at[state], at[turned]] += back if state[part] else (shared if part == 0 else own)
        q[at[state], at[state]] = -q[at[state]].sum()
    stopped = np.array([bool(s[0]) or all(s[1:]) for s in states])
    number = np.array([n if s[0] else sum(s[1:]) for s in states])
    return q, stopped, number, at[(0,) * (n + 1)]


@pytest.mark.parametrize(
    ("n", "rate", "days", "common"), [(1, 2, 20, 0.3), (2, 1, 30, 0.1), (3, 4, 25, 0.0), (3, 0.5, 7, 0.5)]
)
def test_the_number_down_is_the_stationary_law_of_the_chain(n, rate, days, common):
    q, stopped, number, _ = chain(n, rate, days, common)
    system = np.vstack([q.T, np.ones(len(q))])
    law = np.linalg.lstsq(system, np.r_[np.zeros(len(q)), 1], rcond=None)[0]
    sites = Sites(rate, days, common)
    assert sites.down(n) == pytest.approx([law[number == k].sum() for k in range(n + 1)], abs=1e-12)
    assert sites.all_down(n) == pytest.approx(law[stopped].sum(), abs=1e-12)
    assert sites.days_lost(n) == pytest.approx(DAYS * (law * number / n).sum(), rel=1e-9)
    moved = np.where(stopped, 1.0, 0.6 * number / n)
    assert sites.days_lost(n, takeover=0.4) == pytest.approx(DAYS * (law * moved).sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("n", "rate", "days", "common", "bound"),
    [(1, 2, 20, 0.3, 1e-12), (2, 1, 4, 0.1, 0.01), (2, 1, 4, 0.0, 0.02), (3, 1, 7, 0.05, 0.01)],
)
def test_a_standstill_within_years_is_that_of_the_chain_stopped_there(n, rate, days, common, bound):
    q, stopped, _, start = chain(n, rate, days, common)
    absorbed = q.copy()
    absorbed[stopped] = 0
    exact = expm(3 * absorbed)[start, stopped].sum()
    assert Sites(rate, days, common).standstill(n, years=3) == pytest.approx(exact, rel=bound)


def test_two_disks_that_share_the_heat():
    # Published example of the beta factor: 0.017 failures a year, 0.08 of them in common (Reliability HotWire 115, 2010): each
    # disk keeps 0.01564 of its own, and 0.00136 stop both.
    some, both = Sites(0.017, 1, 0.08).hit(2, years=1)
    assert both == pytest.approx(1 - np.exp(-0.00136) * (1 - (1 - np.exp(-0.01564)) ** 2))
    assert some == pytest.approx(1 - np.exp(-(0.00136 + 2 * 0.01564)))


def test_splitting_alone_lightens_the_tail_and_not_the_mean():
    sites = Sites([0.2, 2.0], [3.0, 10.0], [0.1, 0.3])
    lost = [sites.days_lost(n) for n in (1, 2, 5)]
    assert np.allclose(lost[0], lost[1])
    assert np.allclose(lost[0], lost[2])
    stopped = np.array([sites.standstill(n, years=3) for n in range(1, 6)])
    assert (np.diff(stopped, axis=0) < 0).all()
    some = np.array([sites.hit(n, years=3)[0] for n in range(1, 6)])
    assert (np.diff(some, axis=0) > 0).all()
    # What is in common stays, however many sites there are.
    assert stopped[-1] == pytest.approx(1 - np.exp(-3 * np.array([0.02, 0.6])), rel=0.03)


def test_the_ends_of_the_common_share():
    together = Sites(0.5, 7, 1.0)
    assert together.standstill(4, years=2) == pytest.approx(1 - np.exp(-1))
    assert together.days_lost(4, takeover=1) == pytest.approx(together.days_lost(1))
    apart = Sites(0.5, 7, 0.0)
    assert apart.all_down(3) == pytest.approx(apart.unavailability**3)
    assert Sites(0.0, 7, 0.5).standstill(1, years=2) == 0


def test_equal_shares_are_as_many_as_they_are():
    assert concentration([0.25] * 4) == pytest.approx((0.25, 4))
    assert concentration([1.0]) == (1, 1)
    assert concentration([0.7, 0.2, 0.1]) == pytest.approx((0.54, 1 / 0.54))


@pytest.mark.parametrize("shares", [[], [0.5, 0.4], [1.2, -0.2], [1.0, 0.0], [float("nan"), 1.0]])
def test_shares_that_are_none_are_refused(shares):
    with pytest.raises(ParameterError, match="together they must make 1"):
        concentration(shares)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Sites(-1, 1, 0.5), "rate: outages a year"),
        (lambda: Sites(1, 0, 0.5), "days: an outage must last"),
        (lambda: Sites(1, 1, 1.5), "common: the share"),
        (lambda: Sites(1, 1, 0.5).down(0), "at least one site"),
        (lambda: Sites(1, 1, 0.5).standstill(1, years=0), "years: must be above 0"),
        (lambda: Sites(1, 1, 0.5).days_lost(1, takeover=2), "takeover"),
    ],
)
def test_what_cannot_be_is_refused(call, words):
    with pytest.raises(ParameterError, match=words):
        call()
