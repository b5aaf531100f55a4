"""Gamma-Poisson and credibility: against the analytic posteriors, and what one event can do."""

import numpy as np
import pytest
from scipy import integrate, special, stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.credibility import Credible, GammaRate, gamma_from_log


@pytest.mark.parametrize("shape", [0.02, 0.5, 3.0, 400.0])
@pytest.mark.parametrize("rate", [0.01, 7.0])
def test_the_gamma_is_found_from_its_mean_and_mean_logarithm(shape, rate):
    # E ln X of a gamma is digamma(shape) - ln(rate).
    found = gamma_from_log(shape / rate, float(special.digamma(shape)) - np.log(rate))
    assert (found.shape, found.rate) == pytest.approx((shape, rate), rel=1e-6)


def test_it_is_the_maximum_likelihood_fit_of_a_sample():
    sample = np.random.default_rng(1).lognormal(size=2000)
    found = gamma_from_log(float(sample.mean()), float(np.log(sample).mean()))
    shape, _, scale = stats.gamma.fit(sample, floc=0)
    assert (found.shape, found.rate) == pytest.approx((shape, 1 / scale), rel=1e-4)


@pytest.mark.parametrize("rate", [0.03, 5.0])
def test_a_rate_that_is_known_is_a_very_narrow_gamma(rate):
    found = gamma_from_log(rate, float(np.log(rate)))
    assert found.interval(0.9) == pytest.approx((rate, rate), rel=0.01)


@pytest.mark.parametrize(("mean", "log"), [(0.0, 0.0), (1.0, 0.5), (1.0, -1e9), (np.inf, 0.0)])
def test_what_no_gamma_has_is_refused(mean, log):
    with pytest.raises(ParameterError, match="mean"):
        gamma_from_log(mean, log)


@pytest.mark.parametrize(("events", "years"), [(0, 3.0), (1, 3.0), (7, 2.5)])
def test_the_posterior_is_prior_times_likelihood(events, years):
    prior = GammaRate(0.7, 5.0)

    def joint(x):
        return stats.gamma.pdf(x, 0.7, scale=1 / 5) * stats.poisson.pmf(events, x * years)

    mass = integrate.quad(joint, 0, 0.5)[0] + integrate.quad(joint, 0.5, 30)[0]
    first = integrate.quad(lambda x: x * joint(x), 0, 30, points=[0.1, 1])[0]
    posterior = prior.updated(events, years)
    assert posterior.mean == pytest.approx(first / mass, rel=1e-6)
    assert prior.predictive(years).pmf(events) == pytest.approx(mass, rel=1e-6)


def test_the_posterior_mean_is_the_credibility_mixture():
    prior = GammaRate(2.0, 10.0)
    z = prior.credibility(5.0)
    assert z == pytest.approx(1 / 3)
    assert prior.updated(3, 5.0).mean == pytest.approx(z * 3 / 5 + (1 - z) * 0.2)


def test_the_predictive_is_the_negative_binomial_with_its_moments():
    known = GammaRate(2.0, 10.0)
    ahead = known.predictive(4.0)
    assert ahead.mean() == pytest.approx(0.8)
    assert ahead.var() == pytest.approx(0.8 + 0.8**2 / 2)
    assert known.none_within(4.0) == pytest.approx(ahead.pmf(0)) == pytest.approx((10 / 14) ** 2)


@pytest.mark.parametrize("shape", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("years", [0.5, 3.0, 40.0])
def test_one_event_multiplies_the_rate_by_no_more_than_the_shape_allows(shape, years):
    prior = GammaRate(shape, shape / 0.05)
    none, one = prior.updated(0, years).mean, prior.updated(1, years).mean
    assert none < prior.mean
    assert one / none == pytest.approx(1 + 1 / shape)
    assert none > 0, "none seen is not proof of safety"


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: GammaRate(0, 1), "shape: must be above 0"),
        (lambda: GammaRate(1, -1), "rate: must be above 0"),
        (lambda: GammaRate(1, 1).updated(-1, 2), "events: must be at least 0"),
        (lambda: GammaRate(1, 1).updated(1.5, 2), "events: must be a whole number"),
        (lambda: GammaRate(1, 1).updated(1, 0), "years: must be above 0"),
        (lambda: GammaRate(1, 1).quantile(1.0), "probability: must lie between 0 and 1"),
        (lambda: Credible(0, 0, 1), "std_error: must be above 0"),
        (lambda: Credible(np.nan, 1, 1), "mean: must be finite"),
        (lambda: Credible(0, 1, 1).updated([np.nan]), "values: must be a list of finite numbers"),
    ],
)
def test_what_is_out_of_range_is_named(call, match):
    with pytest.raises(ParameterError, match=match):
        call()


def test_the_credible_mean_is_the_normal_posterior():
    prior = Credible(1.0, 0.5, 2.0)
    values = [3.0, 4.0, 2.5]
    after = prior.updated(values)
    precision = 1 / 0.25 + 3 / 4
    assert prior.weight == pytest.approx(16)
    assert after.mean == pytest.approx((1.0 / 0.25 + sum(values) / 4) / precision)
    assert after.std_error == pytest.approx(precision**-0.5)
    assert after.interval(0.9) == pytest.approx(stats.norm.interval(0.9, after.mean, after.std_error))
    assert prior.updated([]) == prior


def test_values_one_by_one_are_as_good_as_all_at_once():
    step = Credible(0.0, 1.0, 1.5)
    for value in (0.3, -1.0, 2.0):
        step = step.updated([value])
    at_once = Credible(0.0, 1.0, 1.5).updated([0.3, -1.0, 2.0])
    assert (step.mean, step.std_error) == pytest.approx((at_once.mean, at_once.std_error))
