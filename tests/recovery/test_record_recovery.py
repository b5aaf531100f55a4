"""The error of forecasts is recovered from pairs as they come, rounded and several against one outcome.

How often its intervals hold the truth is in data/tables/coverage_adoption.csv.
"""

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


def simulated(rng, outcomes):
    """Pairs against so many outcomes, one to four forecasts each."""
    rows = []
    for outcome in range(outcomes):
        truth = np.exp(rng.normal(0, 2))
        told = rounded(truth)
        shared = rng.normal(BIAS, BETWEEN)
        for _ in range(rng.integers(1, 5)):
            horizon = rng.integers(2, 8)
            forecast = rounded(truth * np.exp(horizon * (shared + rng.normal(0, WITHIN))))
            low, high = log_ratio(forecast, forecast, told, told)
            rows.append((low / horizon, high / horizon, outcome))
    return pd.DataFrame(rows, columns=["low", "high", "outcome"])


@pytest.mark.slow
def test_taking_each_pair_for_an_outcome_of_its_own_would_promise_too_much():
    rng = np.random.default_rng([20261127, 6])
    hits = []
    for _ in range(RUNS):
        frame = simulated(rng, 6)
        row = error_summary(frame.assign(outcome=range(len(frame)))).loc["mean"]
        hits.append(row["conf_low"] <= BIAS <= row["conf_high"])
    assert np.mean(hits) < 0.85


@pytest.mark.slow
def test_the_mean_itself_is_recovered():
    rng = np.random.default_rng(20261128)
    means = [error_summary(simulated(rng, 8)).at["mean", "estimate"] for _ in range(600)]
    assert np.mean(means) == pytest.approx(BIAS, abs=4 * np.std(means) / np.sqrt(len(means)) + 0.002)
