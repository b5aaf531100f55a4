"""What the ladder calls a 5% to 95% range holds nine new studies of ten."""

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.evidence import Candidate, climb

RUNS = 2000


def covered(k, seed, *, share=False):
    rng = np.random.default_rng([seed, k])
    means, spread = rng.normal(3.0, 1.0, RUNS), rng.uniform(0.1, 0.8, RUNS)
    hits = 0
    for mean, sd in zip(means, spread, strict=True):
        *studies, new = rng.normal(-1.0 if share else mean, sd, k + 1)
        values = 1 / (1 + np.exp(-np.array(studies))) if share else np.exp(studies)
        frame = pd.DataFrame({"study_id": [f"s{i}" for i in range(k)], "low": values, "high": values, "observed": 2010})
        found = climb([Candidate("simulated work", frame)], widening=1.5, share=share)
        assert found.rung == 1
        unseen = 1 / (1 + np.exp(-new)) if share else np.exp(new)
        hits += found.low <= unseen <= found.high
    return hits / RUNS


@pytest.mark.slow
@pytest.mark.parametrize("k", [3, 5, 8])
def test_a_fitted_range_holds_the_mean_of_a_new_study_nine_times_of_ten(k):
    assert 0.87 <= covered(k, seed=20240501) <= 0.93


@pytest.mark.slow
def test_a_fitted_range_of_shares_holds_a_new_share_nine_times_of_ten():
    assert 0.87 <= covered(4, seed=20240502, share=True) <= 0.93
