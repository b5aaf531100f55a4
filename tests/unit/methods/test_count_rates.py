"""Counts with exposure: Poisson, negative binomial, the test between them, and change over time."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.count_rates import count_trend, fit_counts, poisson_interval

SCATTERED = [13, 20, 56, 68, 33, 40, 48, 19, 18]


def test_garwoods_interval_has_its_tails():
    low, high = poisson_interval(4, level=0.9)
    assert stats.poisson.sf(3, low) == pytest.approx(0.05)
    assert stats.poisson.cdf(4, high) == pytest.approx(0.05)
    assert poisson_interval(0, level=0.9) == pytest.approx((0.0, -np.log(0.05)))


def test_the_rate_is_events_over_exposure_and_scales_with_it():
    years, months = fit_counts([3, 5, 4], [1.0, 2.0, 1.0]), fit_counts([3, 5, 4], [12.0, 24.0, 12.0])
    assert years.rate == pytest.approx(3)
    assert months.rate * 12 == pytest.approx(years.rate)
    assert months.conf_high * 12 == pytest.approx(years.conf_high)
    assert months.p_poisson == years.p_poisson


def test_counts_that_scatter_less_than_poisson_ones_get_no_negative_binomial():
    fit = fit_counts([4, 4, 4, 5])
    assert (fit.alpha, fit.ratio < 1) == (0.0, True)
    assert np.isnan(fit.nb_low)
    assert fit.interval == (fit.conf_low, fit.conf_high)


def test_the_negative_binomial_is_that_of_statsmodels():
    exposure = np.array([588, 546, 1273, 1938, 1010, 918, 835, 578, 312], dtype=float)
    theirs = sm.NegativeBinomial(SCATTERED, np.ones(9), exposure=exposure).fit(disp=0)
    ours = fit_counts(SCATTERED, exposure)
    assert ours.alpha == pytest.approx(theirs.params[1], rel=1e-3)
    assert ours.nb_low < np.exp(theirs.params[0]) < ours.nb_high


def test_the_test_tells_scatter_from_none():
    assert fit_counts(SCATTERED).p_poisson < 0.001
    assert fit_counts([31, 29, 33, 35]).p_poisson > 0.5
    assert np.isnan(fit_counts([31]).p_poisson)
    assert fit_counts([0, 0, 0]).rate == 0


def test_the_same_seed_gives_the_same_test_and_zero_is_one():
    assert fit_counts([1, 0, 4, 2], seed=0).p_poisson == fit_counts([1, 0, 4, 2], seed=0).p_poisson


def test_a_steady_growth_is_found():
    years = np.arange(8.0)
    trend = count_trend(np.round(20 * 1.1**years), years)
    assert trend.ratio == pytest.approx(1.1, abs=0.01)
    assert trend.conf_low < 1.1 < trend.conf_high
    assert trend.n_obs == 8


def test_scatter_about_the_trend_widens_its_interval():
    years = np.arange(9.0)
    wild = count_trend(SCATTERED, years)
    poisson = stats.t.ppf(0.95, 7) * wild.model.bse[1]
    assert wild.scale > 5
    # The two-sided p value is the level at which the interval just touches 1.
    just = count_trend(SCATTERED, years, level=1 - wild.p_value)
    assert min(abs(np.log([just.conf_low, just.conf_high]))) == pytest.approx(0, abs=1e-9)
    assert np.log(wild.conf_high / wild.ratio) == pytest.approx(poisson * np.sqrt(wild.scale))


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: fit_counts([12], population=10), r"counts: 12 is more than 10 \(the population\)"),
        (lambda: fit_counts([2, 12], population=[5, 11]), "12 is more than 11"),
        (lambda: fit_counts([-1]), "counts: must be at least 0"),
        (lambda: fit_counts([1.5]), "counts: must be a whole number"),
        (lambda: fit_counts([np.nan]), "counts: must be a whole number"),
        (lambda: fit_counts([]), "counts: at least one"),
        (lambda: fit_counts([1, 2], [1, 0]), "exposure: every exposure must be above 0"),
        (lambda: fit_counts([1], level=1.5), "level: must lie between 0 and 1"),
        (lambda: count_trend([1, 2, 3], [1, 2, 3]), "at least four"),
        (lambda: count_trend([0, 0, 0, 0], [1, 2, 3, 4]), "no event at all"),
    ],
)
def test_what_cannot_be_is_refused(call, match):
    with pytest.raises(ParameterError, match=match):
        call()
