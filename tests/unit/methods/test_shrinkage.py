"""Shrinkage of estimates that were picked because they are extreme."""

import numpy as np
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.shrinkage import expected_lowest, shrink


def test_with_a_known_spread_the_textbook_weights_come_out():
    # Normal-normal by hand: spread 3, error 4, so 9/25 of the distance is kept; center 20.
    found = shrink([10.0, 20.0, 30.0], error=4.0, spread=3.0)
    assert found.means.tolist() == pytest.approx([20 - 10 * 9 / 25, 20.0, 20 + 10 * 9 / 25])
    # Variance 9/25 x 16 of the value itself, (16/25)^2 x 25/3 of the estimated center.
    assert found.std_errors.tolist() == pytest.approx([np.sqrt(9 / 25 * 16 + (16 / 25) ** 2 * 25 / 3)] * 3)
    half = 1.6448536269514722 * found.std_errors[0]
    assert found.lows[0] == pytest.approx(found.means[0] - half)
    assert found.highs[0] == pytest.approx(found.means[0] + half)


def test_equal_true_values_are_pulled_together_and_far_apart_ones_left_alone():
    assert np.ptp(shrink([1.0, 2.0, 3.0], error=1.0, spread=0.0).means) == pytest.approx(0.0)
    apart = shrink([0.0, 1000.0, 2000.0], error=1.0)
    assert apart.means.tolist() == pytest.approx([0.0, 1000.0, 2000.0], abs=1.0)
    assert apart.weights[0] > 0.999


def test_an_unknown_spread_meets_direct_integration():
    # The same posterior by brute force: 200,000 points of the half-Cauchy prior on a fine uniform grid.
    y, s = np.array([1.0, 1.5, 2.6, 0.7]), 0.5
    tau = np.linspace(0, 400 * s, 2_000_001)
    prior = 1 / (1 + (tau / s) ** 2)
    v = s**2 + tau**2
    weight = prior * v ** (-(len(y) - 1) / 2) * np.exp(-((y - y.mean()) ** 2).sum() / (2 * v))
    kept = (weight * tau**2 / v).sum() / weight.sum()
    assert shrink(y, error=s).means.tolist() == pytest.approx((y.mean() + kept * (y - y.mean())).tolist(), abs=2e-3)


def test_the_expected_lowest_of_normal_errors_in_closed_form():
    # Order statistics: 0 for one, -1/sqrt(pi) for two, -3/(2 sqrt(pi)) for three (0.85, as in Smith & Winkler's example).
    exact = [0.0, -1 / np.sqrt(np.pi), -1.5 / np.sqrt(np.pi)]
    assert [expected_lowest(n) for n in (1, 2, 3)] == pytest.approx(exact, abs=1e-6)


def test_the_lowest_is_biased_and_shrinking_it_is_not():
    # Known truth: 500 tenders of five bidders whose true log costs spread by 0.1 and whose quotes miss them by 0.2.
    rng = np.random.default_rng(20)
    naive, shrunk, covered = [], [], []
    for _ in range(500):
        truth = 3.0 + 0.1 * rng.standard_normal(5)
        quotes = truth + 0.2 * rng.standard_normal(5)
        at = int(quotes.argmin())
        found = shrink(quotes, error=0.2)
        naive.append(quotes[at] - truth[at])
        shrunk.append(found.means[at] - truth[at])
        covered.append(found.lows[at] <= truth[at] <= found.highs[at])
    # In closed form the lowest of five sums has E = -1.163 sd, of which the error's part is 0.2^2/(0.1^2 + 0.2^2) = 0.8.
    assert np.mean(naive) == pytest.approx(0.8 * np.sqrt(0.05) * expected_lowest(5), abs=0.03)
    assert np.mean(naive) < -0.18
    assert abs(np.mean(shrunk)) < 0.35 * abs(np.mean(naive))
    assert np.mean(covered) > 0.86


@pytest.mark.parametrize(
    ("estimates", "options", "says"),
    [([1.0], {"error": 1.0}, "at least two"), ([1.0, np.inf], {"error": 1.0}, "finite"), ([1.0, 2.0], {"error": 0.0}, "error"),
     ([1.0, 2.0], {"error": 1.0, "spread": -1.0}, "spread")],
)  # fmt: skip
def test_what_cannot_be_shrunk_is_refused(estimates, options, says):
    with pytest.raises(ParameterError, match=says):
        shrink(estimates, **options)


def test_no_error_is_no_number():
    with pytest.raises(ParameterError, match="at least 1"):
        expected_lowest(0)
