"""The error of forecasts is recovered from pairs as they come: rounded, in ranges, several against one outcome."""

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.adoption.matching import log_ratio
from lpo_analysis.adoption.record import error_summary

RUNS = 1500
BIAS, BETWEEN, WITHIN = 0.12, 0.10, 0.05


def rounded(value):
    """Two significant digits, as sizes are printed."""
    digits = 1 - int(np.floor(np.log10(value)))
    return round(value, digits)


def printed(rng, value, *, ranges):
    """A figure as published: a number, or a range that holds it."""
    if not ranges or rng.random() > 0.3:
        return (rounded(value),) * 2
    return rounded(value * np.exp(-rng.uniform(0.1, 0.4))), rounded(value * np.exp(rng.uniform(0.1, 0.4)))


def simulated(rng, outcomes, *, ranges):
    """Pairs against so many outcomes, one to four forecasts each, and the error of a new outcome."""
    rows = []
    for outcome in range(outcomes):
        truth = np.exp(rng.normal(0, 2))
        told = printed(rng, truth, ranges=ranges)
        shared = rng.normal(BIAS, BETWEEN)
        for _ in range(rng.integers(1, 5)):
            horizon = rng.integers(2, 8)
            forecast = rounded(truth * np.exp(horizon * (shared + rng.normal(0, WITHIN))))
            low, high = log_ratio(forecast, forecast, *told)
            rows.append((low / horizon, high / horizon, outcome))
    return pd.DataFrame(rows, columns=["low", "high", "outcome"])


def coverage(outcomes, seed, *, ranges=False, term="mean", alone=False, level=0.9):
    rng = np.random.default_rng([seed, outcomes])
    hits = []
    for _ in range(RUNS):
        frame = simulated(rng, outcomes, ranges=ranges)
        if alone:
            frame["outcome"] = range(len(frame))
        row = error_summary(frame, level=level).loc[term]
        new = BIAS
        if term == "next":
            new = rng.normal(BIAS, BETWEEN) + rng.normal(0, WITHIN / np.sqrt(rng.integers(1, 5)))
        hits.append(row["conf_low"] <= new <= row["conf_high"])
    return float(np.mean(hits))


@pytest.mark.slow
@pytest.mark.parametrize("outcomes", [3, 5, 10])
def test_the_interval_of_the_mean_holds_the_bias_as_often_as_it_says(outcomes):
    assert 0.88 <= coverage(outcomes, seed=20261123) <= 0.93


@pytest.mark.slow
@pytest.mark.parametrize("outcomes", [3, 10])
def test_ranges_never_make_the_interval_hold_the_bias_less_often(outcomes):
    assert coverage(outcomes, seed=20261124, ranges=True) >= 0.89


@pytest.mark.slow
@pytest.mark.parametrize("outcomes", [5, 12])
def test_the_interval_of_the_median_holds_the_bias_at_least_as_often_as_it_says(outcomes):
    assert coverage(outcomes, seed=20261125, term="median") >= 0.89


@pytest.mark.slow
@pytest.mark.parametrize("outcomes", [3, 8])
def test_the_interval_of_the_next_error_holds_one_as_often_as_it_says(outcomes):
    assert 0.87 <= coverage(outcomes, seed=20261126, term="next") <= 0.93


@pytest.mark.slow
def test_taking_each_pair_for_an_outcome_of_its_own_would_promise_too_much():
    assert coverage(6, seed=20261127, alone=True) < 0.85


@pytest.mark.slow
def test_the_mean_itself_is_recovered():
    rng = np.random.default_rng(20261128)
    means = [error_summary(simulated(rng, 8, ranges=False)).at["mean", "estimate"] for _ in range(600)]
    assert np.mean(means) == pytest.approx(BIAS, abs=4 * np.std(means) / np.sqrt(len(means)) + 0.002)
