"""Intervals of shares against published worked values.

Newcombe, R. G. (1998). Two-sided confidence intervals for the single proportion: comparison of seven methods. Statistics in
Medicine 17(8), 857-872. The four cases 81/263, 15/148, 0/20 and 1/29 of its table of 95% limits, score method without
continuity correction (Wilson 1927).

Tolerance 5e-4: the limits are printed with four decimals.
"""

import pytest

from lpo_analysis.methods.proportions import share_interval

PRINTED = {
    (81, 263): (0.2553, 0.3662),
    (15, 148): (0.0624, 0.1605),
    (0, 20): (0.0, 0.1611),
    (1, 29): (0.0061, 0.1718),
}


@pytest.mark.parametrize(("counts", "limits"), PRINTED.items(), ids=lambda item: "-".join(map(str, item)))
def test_wilson_limits_are_those_printed(counts, limits):
    successes, n = counts
    assert share_interval(successes / n, n, level=0.95, method="wilson") == pytest.approx(limits, abs=5e-4)


@pytest.mark.parametrize("counts", PRINTED, ids=lambda item: "-".join(map(str, item)))
def test_jeffreys_limits_are_ordered_and_near_the_wilson_ones(counts):
    successes, n = counts
    wilson, jeffreys = (share_interval(successes / n, n, level=0.95, method=m) for m in ("wilson", "jeffreys"))
    assert 0 <= jeffreys[0] < jeffreys[1] <= 1
    assert jeffreys == pytest.approx(wilson, abs=0.05)
