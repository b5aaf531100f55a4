"""From a share breached to a yearly rate, and whose sample stands behind a share."""

import numpy as np
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import load
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.risk.rates import known_n, yearly_rate


@pytest.mark.parametrize(("share", "years", "rate"), [(0.5, 10, np.log(2) / 10), (1 - np.exp(-1), 5, 0.2)])
def test_firms_that_are_alike(share, years, rate):
    assert yearly_rate(share, years) == pytest.approx(rate)


@pytest.mark.parametrize("variation", [0.3, 1.0, 2.0])
def test_firms_that_differ_have_a_higher_mean_rate_that_makes_the_same_share(variation):
    mean = yearly_rate(0.4, 10, variation=variation)
    assert mean > yearly_rate(0.4, 10)
    shape = 1 / variation**2
    # Laplace transform of the gamma: the share spared within ten years.
    assert (1 + mean * 10 / shape) ** -shape == pytest.approx(0.6)


def test_little_variation_is_none():
    assert yearly_rate(0.4, 10, variation=1e-3) == pytest.approx(yearly_rate(0.4, 10), rel=1e-5)


def test_none_and_all_enter_by_the_inner_end_of_the_interval():
    assert yearly_rate(0.0, 5, n=100) == pytest.approx(-np.log1p(-share_interval(0, 100)[1]) / 5)
    assert yearly_rate(1.0, 5, n=100) == pytest.approx(-np.log1p(-share_interval(1, 100)[0]) / 5)
    assert yearly_rate(1.0, 5, n=1000) > yearly_rate(1.0, 5, n=100)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ((1.2, 5), "share: must lie between 0 and 1"),
        ((-0.1, 5), "share: must lie between 0 and 1"),
        ((np.nan, 5), "share: must lie between 0 and 1"),
        ((0.2, 0), "years: must be above 0"),
        ((1.0, 5), "no finite rate where n is not told"),
        ((0.0, 5), "no finite rate where n is not told"),
    ],
)
def test_what_is_no_share_or_no_time_is_refused(arguments, match):
    with pytest.raises(ParameterError, match=match):
        yearly_rate(*arguments)
    with pytest.raises(ParameterError, match="variation"):
        yearly_rate(0.2, 5, variation=-1)


def test_a_sample_size_is_taken_only_where_it_is_that_of_the_question():
    o = load().observations
    n = known_n(o[o["metric"].isin(["breach_prevalence", "security_incident_prevalence", "breach_outcome_share"])])
    assert n["aba2015_breach_all"] == 880
    assert n["pwc_2019"] == 100
    assert np.isnan(n["aba2015_breach_100_499"]), "a band of the sample"
    assert np.isnan(n["pwc_2014"]), "an older wave"
    assert np.isnan(n["aba2015_clientdata"]), "of breached firms"
