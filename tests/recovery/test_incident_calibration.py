"""Whether the Bayesian step for own incidents is calibrated, and the test for overdispersion: simulated truth, seeded."""

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.evidence import load
from lpo_analysis.methods.count_rates import fit_counts
from lpo_analysis.methods.credibility import Credible, GammaRate
from lpo_analysis.risk import Parameters
from lpo_analysis.risk.incidents import prior
from lpo_analysis.risk.inputs import draw
from lpo_analysis.risk.rates import rates

RUNS = 3000


@pytest.mark.parametrize(("shape", "rate", "years"), [(0.64, 4.4, 3.0), (0.7, 25.0, 3.0), (4.0, 40.0, 10.0)])
def test_the_rate_is_calibrated_when_the_truth_comes_from_the_prior(shape, rate, years):
    # Simulation-based calibration: the posterior probability below the true rate is uniform over draws of truth and data.
    rng = np.random.default_rng(11)
    truth = rng.gamma(shape, 1 / rate, RUNS)
    seen = rng.poisson(truth * years)
    posterior = [GammaRate(shape, rate).updated(int(n), years) for n in seen]
    below = np.array([stats.gamma.cdf(x, g.shape, scale=1 / g.rate) for x, g in zip(truth, posterior, strict=True)])
    assert stats.kstest(below, "uniform").pvalue > 0.01
    covered = np.mean((below > 0.05) & (below < 0.95))
    assert covered == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("size", ["small", "midsize", "all"])
def test_one_gamma_for_the_mixture_costs_little_coverage(size):
    # The truth is a firm of one of the draws: a gamma with the mean rate and the variation drawn.
    p = Parameters(buyer_size=size)
    known, _ = prior(load(), p)
    values, _ = draw(load(), p)
    rng = np.random.default_rng(5)
    at = rng.integers(0, p.draws, RUNS)
    index = values["firm_variation"][at] ** -2
    truth = rates(values)[0][at] * rng.gamma(index, 1 / index)
    seen = rng.poisson(truth * 4.0)
    ends = np.array([known.updated(int(n), 4.0).interval(0.9) for n in seen])
    assert 0.86 <= np.mean((truth > ends[:, 0]) & (truth < ends[:, 1])) <= 0.95


def test_the_cost_factor_is_calibrated():
    rng = np.random.default_rng(7)
    known = Credible(0.0, 0.3, 1.0)
    below = []
    for truth, n in zip(rng.normal(0, 0.3, RUNS), rng.integers(1, 5, RUNS), strict=True):
        after = known.updated(rng.normal(truth, 1.0, n))
        below.append(stats.norm.cdf(truth, after.mean, after.std_error))
    assert stats.kstest(below, "uniform").pvalue > 0.01


@pytest.mark.slow
def test_the_overdispersion_test_keeps_its_level_where_counts_are_small():
    rng = np.random.default_rng(3)
    counts = [row for row in rng.poisson(1.5, (150, 6)) if row.sum()]
    p = np.array([fit_counts(row, seed=at).p_poisson for at, row in enumerate(counts)])
    # Discrete counts make it conservative; 0.10 plus two standard errors of 150 runs is the most that may be seen.
    assert np.mean(p < 0.1) <= 0.1 + 2 * np.sqrt(0.1 * 0.9 / len(p))


@pytest.mark.slow
def test_the_interval_of_an_overdispersed_rate_covers():
    rng = np.random.default_rng(9)
    wide = poisson = 0
    runs = 100
    for at in range(runs):
        fit = fit_counts(rng.negative_binomial(4, 4 / (4 + 30), 9), seed=at)
        wide += fit.interval[0] <= 30 <= fit.interval[1]
        poisson += fit.conf_low <= 30 <= fit.conf_high
    # The profile with nine counts falls a little short of 0.90, the Poisson interval far.
    assert wide / runs > 0.8
    assert poisson / runs < 0.65
