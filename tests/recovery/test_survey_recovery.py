"""What a survey is drawn from comes back: shares after raking, effects under clusters, and nothing where there is nothing."""

import warnings

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.methods.logit import fit_logit
from lpo_analysis.methods.weighting import rake, weighted_share

pytestmark = pytest.mark.slow

RUNS = 600
SIZES, PLACES = ["small", "midsize", "large"], ["home", "abroad"]
POPULATION = {"size": {"small": 0.6, "midsize": 0.3, "large": 0.1}, "place": {"home": 0.7, "abroad": 0.3}}
USE = {"small": 0.15, "midsize": 0.35, "large": 0.7}
# Large ones answer six times as readily as small ones: the plain share is far off.
ANSWERS = {"small": 0.05, "midsize": 0.12, "large": 0.3}
TRUTH = sum(POPULATION["size"][size] * USE[size] for size in SIZES)


def drawn(rng, n=6000):
    size = rng.choice(SIZES, n, p=list(POPULATION["size"].values()))
    place = rng.choice(PLACES, n, p=list(POPULATION["place"].values()))
    answers = rng.random(n) < pd.Series(size).map(ANSWERS).to_numpy()
    uses = rng.random(n) < pd.Series(size).map(USE).to_numpy()
    return pd.DataFrame({"size": size, "place": place, "uses": uses})[answers]


def test_raking_takes_the_bias_away_and_the_interval_covers():
    rng = np.random.default_rng(20261101)
    raked, plain, hits = [], [], 0
    for _ in range(RUNS):
        frame = drawn(rng)
        weights = rake(frame[["size", "place"]], POPULATION).weights
        found = weighted_share(frame["uses"], weights=weights)
        raked.append(found.estimate)
        plain.append(frame["uses"].mean())
        hits += found.conf_low <= TRUTH <= found.conf_high
    assert np.mean(plain) - TRUTH > 0.08, "without weights the share is too high"
    assert np.mean(raked) == pytest.approx(TRUTH, abs=3 * np.std(raked) / np.sqrt(RUNS))
    # Kish's size ignores what raking on a predictor of use gains, so the interval may cover more than it says, not less.
    assert 0.88 <= hits / RUNS <= 0.98


def clustered(rng, groups, spread, members=15):
    cluster = np.repeat(np.arange(groups), members)
    common = np.repeat(rng.normal(0, spread, groups), members)
    large = np.repeat(rng.random(groups) < 0.4, members).astype(float)  # the whole firm is large or not
    asked = (rng.random(groups * members) < 0.5).astype(float)
    return cluster, common, pd.DataFrame({"large": large, "asked": asked})


def test_marginal_effects_are_recovered_and_cover_under_clusters():
    """The population effect is averaged over the firms' own levels, on a million draws of its own."""
    rng = np.random.default_rng(20261103)
    intercept, of_large, of_asked, spread = -0.5, 0.8, 0.6, 0.8

    def use(eta):
        return 1 / (1 + np.exp(-eta))

    draws = rng.normal(0, spread, 1_000_000)
    asked, large = rng.random((2, 1_000_000)) < [[0.5], [0.4]]
    truth = {
        "large": np.mean(
            use(intercept + of_large + of_asked * asked + draws) - use(intercept + of_asked * asked + draws)
        ),
        "asked": np.mean(
            use(intercept + of_asked + of_large * large + draws) - use(intercept + of_large * large + draws)
        ),
    }
    runs, estimates, hits, naive = 400, {"large": [], "asked": []}, {"large": 0, "asked": 0}, 0
    for _ in range(runs):
        cluster, common, x = clustered(rng, 60, spread)
        y = rng.random(len(x)) < use(intercept + of_large * x["large"] + of_asked * x["asked"] + common)
        table = fit_logit(y, x, clusters=cluster).effects().set_index("term")
        for term, value in truth.items():
            estimates[term].append(table.loc[term, "estimate"])
            hits[term] += table.loc[term, "conf_low"] <= value <= table.loc[term, "conf_high"]
        plain = fit_logit(y, x).effects().set_index("term").loc["large"]
        naive += plain["conf_low"] <= truth["large"] <= plain["conf_high"]
    for term, value in truth.items():
        assert np.mean(estimates[term]) == pytest.approx(value, abs=0.01)
        assert 0.85 <= hits[term] / runs <= 0.95
    assert naive / runs < 0.75, "errors that ignore the firms are too small for a term of the firm"


def test_a_term_without_effect_is_found_as_often_as_the_level_says():
    rng = np.random.default_rng(20261104)
    runs, found = 500, 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(runs):
            cluster, common, x = clustered(rng, 50, 0.5)
            y = rng.random(len(x)) < 1 / (1 + np.exp(0.4 - common))
            row = fit_logit(y, x, clusters=cluster).effects().set_index("term").loc["large"]
            found += row["conf_low"] > 0 or row["conf_high"] < 0
    assert 0.06 <= found / runs <= 0.15
