"""The ceiling of a diffusion curve where the smallest or the largest one possible is known."""

import math
from functools import partial

import numpy as np
import pytest
from scipy import optimize, stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.diffusion import fit_curve, identified


def logistic_to(top, *, seed, spread, n=14):
    rng = np.random.default_rng(seed)
    time = np.arange(1.0, n + 1)
    value = top / (1 + np.exp(-0.5 * (time - 6))) * np.exp(spread * rng.normal(size=n))
    return time, value, fit_curve("logistic", time, value, kind="level")


def least_squares_at(m, *, time, value):
    """The least sum of squares of a logistic under one ceiling, by scipy's own search over the shape."""

    def gap(shape):
        return np.log(value) - np.log(m / (1 + np.exp(-np.exp(shape[0]) * (time - shape[1]))))

    return optimize.least_squares(gap, [np.log(0.5), 6.0], xtol=1e-14, ftol=1e-14, gtol=1e-14).cost * 2


def test_a_floor_bounds_the_interval_by_the_fit_under_it():
    """The F ratio of the constrained fit, by an independent search: scipy over the shape under each ceiling."""
    time, value, fit = logistic_to(100, seed=4, spread=0.05)
    floor = fit.params["m"] * 1.02
    verdict = identified(fit, floor=floor)
    assert verdict.identified
    assert verdict.low == floor
    assert not verdict.missed

    cost = partial(least_squares_at, time=time, value=value)
    least = cost(floor)
    limit = least * (1 + stats.f.ppf(0.9, 1, 11) / 11)
    end = optimize.brentq(lambda m: cost(m) - limit, floor * 1.0001, 2 * floor)
    beyond = verdict.profile.loc[verdict.profile["ceiling"] > end, "ceiling"].iloc[0]
    assert verdict.high <= end < beyond, "the last ceiling within, on a grid"
    assert beyond / verdict.high < 1.01
    assert identified(fit).low < floor, "without a floor the interval reaches below"


def test_a_curve_that_levels_off_below_what_was_reached_tells_no_ceiling():
    time = np.arange(1.0, 21)
    value = 60 / (1 + np.exp(-0.8 * (time - 5))) + np.maximum(time - 13, 0) ** 2  # a second rise that no logistic has
    fit = fit_curve("logistic", time, value, kind="level")
    free = identified(fit)
    assert free.identified
    assert free.high < value.max()
    verdict = identified(fit, floor=value.max())
    assert verdict.missed
    assert not verdict.identified
    assert (verdict.low, verdict.high) == (value.max(), math.inf)
    assert "levels off below" in verdict.reason
    with pytest.raises(ParameterError, match="floor: must lie between 0"):
        identified(fit, floor=-1.0)


def test_a_cap_bounds_the_interval_by_the_fit_under_it_and_is_no_finding():
    """The F ratio of the fit under the cap, by an independent search: scipy over the shape under each ceiling."""
    time, value, fit = logistic_to(100, seed=4, spread=0.05, n=10)
    cap = fit.params["m"] * 0.98
    assert value.max() < cap
    verdict = identified(fit, cap=cap)
    assert verdict.high == cap
    assert not verdict.identified
    assert not verdict.passed
    assert "the largest possible, can be excluded" in verdict.reason

    cost = partial(least_squares_at, time=time, value=value)
    limit = cost(cap) * (1 + stats.f.ppf(0.9, 1, 7) / 7)
    end = optimize.brentq(lambda m: cost(m) - limit, 0.7 * cap, cap * 0.9999)
    below = verdict.profile.loc[verdict.profile["ceiling"] < end, "ceiling"].iloc[-1]
    assert below < end <= verdict.low, "the first ceiling within, on a grid"
    assert verdict.low / below < 1.01


def test_a_cap_beyond_the_interval_changes_nothing():
    _, _, fit = logistic_to(60, seed=1, spread=0.02)
    free, capped = identified(fit), identified(fit, cap=100.0)
    assert free.high < 100
    assert capped.identified
    assert (capped.low, capped.high) == (free.low, free.high)


def test_a_curve_that_levels_off_above_what_is_possible_tells_no_ceiling():
    _, value, fit = logistic_to(150, seed=2, spread=0.005)
    shown = fit_curve("logistic", np.arange(1.0, 8), value[:7], kind="level")
    assert identified(shown).low > 100 > value[:7].max(), "the free interval lies above 100"
    verdict = identified(shown, floor=value[:7].max(), cap=100.0)
    assert verdict.passed
    assert not verdict.missed
    assert not verdict.identified
    assert (verdict.low, verdict.high) == (value[:7].max(), 100.0)
    assert "levels off above 100" in verdict.reason
    for cap in (value.max() / 2, math.inf, math.nan):
        with pytest.raises(ParameterError, match="cap: must be finite"):
            identified(fit, cap=cap)
