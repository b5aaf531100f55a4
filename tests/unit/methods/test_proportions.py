"""Intervals of shares, and which rounded shares a sample can give."""

import warnings

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.proportions import rounding_possible, share_interval


def test_the_wilson_interval_is_the_one_of_its_formula():
    p, n, z = 0.42, 192, stats.norm.ppf(0.95)
    centre, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    expected = (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)
    assert share_interval(p, n) == pytest.approx(expected)


def test_the_jeffreys_interval_is_that_of_a_beta():
    low, high = share_interval(0.3, 40, method="jeffreys")
    assert (low, high) == pytest.approx(tuple(stats.beta.ppf([0.05, 0.95], 12.5, 28.5)))


@pytest.mark.parametrize("method", ["wilson", "jeffreys"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.35, 0.5, 0.99, 1.0])
@pytest.mark.parametrize("n", [1, 7, 50, 5000])
def test_an_interval_is_ordered_and_lies_between_0_and_1(method, share, n):
    low, high = share_interval(share, n, method=method)
    assert 0 <= low < high <= 1
    # The equal-tailed interval of Jeffreys leaves out an observed 0 or 1.
    if method == "wilson" or 0 < share < 1:
        assert low <= share + 1e-12
        assert share <= high + 1e-12


@pytest.mark.parametrize("method", ["wilson", "jeffreys"])
def test_an_interval_narrows_with_the_sample_and_widens_with_the_level(method):
    def width(n, level):
        low, high = share_interval(0.3, n, level=level, method=method)
        return high - low

    assert width(500, 0.9) < width(150, 0.9) < width(50, 0.9) < width(50, 0.95)


@pytest.mark.parametrize("method", ["wilson", "jeffreys"])
def test_a_share_and_its_complement_have_mirrored_intervals(method):
    low, high = share_interval(0.2, 60, method=method)
    assert share_interval(0.8, 60, method=method) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"share": 1.2, "n": 10}, "share: must lie between 0 and 1, got 1.2"),
        ({"share": -0.1, "n": 10}, "share: must lie between 0 and 1"),
        ({"share": 61, "n": 10}, "share: must lie between 0 and 1, got 61"),
        ({"share": np.nan, "n": 10}, "share: must lie between 0 and 1"),
        ({"share": 0.5, "n": 0}, "n: must be above 0, got 0"),
        ({"share": 0.5, "n": -3}, "n: must be above 0"),
        ({"share": 0.5, "n": np.nan}, "n: must be above 0"),
        ({"share": 0.5, "n": np.inf}, "n: must be above 0"),
        ({"share": 0.5, "n": 10, "method": "wald"}, "method: got 'wald'"),
    ],
)
def test_what_is_no_share_of_a_sample_is_refused(arguments, said):
    with pytest.raises(ParameterError, match=said):
        share_interval(**arguments)


@pytest.mark.parametrize(
    ("share", "n", "decimals", "possible"),
    [
        (0.33, 3, 0, True),  # 1 of 3
        (0.34, 3, 0, False),
        (0.35, 10, 0, False),  # steps of 10 points
        (0.35, 20, 0, True),  # 7 of 20
        (0.40, 10, 0, True),
        (0.0, 10, 0, True),
        (1.0, 10, 0, True),
        (0.01, 20, 0, False),  # the first step is 5%
        (0.422, 192, 1, True),  # 81 of 192 is 42.19%
        (0.424, 192, 1, False),  # between 42.2 (81) and 42.7 (82)
        (0.12, 8, 0, True),  # 1 of 8 is 12.5%: rounded down or up
        (0.13, 8, 0, True),
        (0.61, 100_000, 0, True),
    ],
)
def test_a_rounded_share_is_possible_only_where_a_count_gives_it(share, n, decimals, possible):
    assert rounding_possible(share, n, decimals=decimals) is possible


def test_the_check_agrees_with_counting_for_every_small_sample():
    for n in range(1, 60):
        reached = {whole for k in range(n + 1) for whole in range(101) if abs(100 * k / n - whole) <= 0.5 + 1e-9}
        assert {whole for whole in range(101) if rounding_possible(whole / 100, n)} == reached


@pytest.mark.parametrize(("share", "n"), [(33, 3), (-0.1, 3), (1.01, 100), (0.5, 0), (0.5, -2)])
def test_the_check_refuses_what_is_no_share_of_a_sample(share, n):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ParameterError):
            rounding_possible(share, n)
