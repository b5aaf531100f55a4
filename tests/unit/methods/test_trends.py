"""Constant growth draws from the prediction interval of the regression; growth towards a ceiling carries every ceiling."""

import numpy as np
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.growth import log_growth
from lpo_analysis.methods.trends import constant_growth, saturating

YEARS = [2015.0, 2017.0, 2021.0, 2023.0]
SIZES = [8.4, 10.7, 20.6, 28.5]


def rng(seed=1):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("year", [2024, 2030])
def test_constant_growth_has_the_prediction_interval_of_the_regression(year):
    # Of statsmodels' OLS, exactly; the draws differ by their own error.
    paths = constant_growth(YEARS, SIZES, [year], draws=400_000, rng=rng())[:, 0]
    exact = log_growth(YEARS, SIZES).predict([year], 0.8).iloc[0]
    drawn = np.quantile(np.log(paths), [0.1, 0.5, 0.9])
    expected = np.log([exact["conf_low"], exact["estimate"], exact["conf_high"]])
    assert drawn == pytest.approx(expected, abs=0.004)


def brute_force(t, y, edges):
    """Probability of the ceiling within each bin, by summing the likelihood over line and spread on a grid."""
    x = t - t.mean()
    caps = np.exp(0.5 * (np.log(edges[1:]) + np.log(edges[:-1])))
    weights = []
    for cap in caps:
        odds = np.log(y / (cap - y))
        slope, middle = odds @ x / (x @ x), odds.mean()
        a = middle + np.linspace(-40, 40, 241)[:, None, None]
        b = slope + np.linspace(-40, 40, 241)[None, :, None]
        s = np.exp(np.linspace(-7, 4, 70))[None, None, :]
        left = sum(((z - a - b * at) ** 2) for z, at in zip(odds, x, strict=True))
        # Flat over line and ln s; the last factor is the density of ln y given that of its log odds.
        likelihood = np.exp(-left / (2 * s**2)) / s ** len(y)
        weights.append(likelihood.sum() * np.prod(cap / (cap - y)))
    return np.array(weights) / np.sum(weights)


def test_the_ceiling_is_drawn_from_its_posterior():
    # Noisy enough for a grid over line and spread to be fine.
    t, y = np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.9, 4.1, 8.5, 8.0])
    # Far ahead a rising path has come to its ceiling.
    far = saturating(50)(t, y, [1e4], draws=200_000, rng=rng())[:, 0]
    risen = far[far > y.max()]
    assert len(risen) > 0.95 * len(far)
    edges = 8.5 * np.exp(np.linspace(0, np.log(50), 41))
    # Coarse bins hold their own error of the midpoint rule; the first, next to the pole, is left out of the comparison.
    share = np.histogram(risen, edges)[0] / len(risen)
    expected = brute_force(t, y, edges)
    share, expected = share[1:] / share[1:].sum(), expected[1:] / expected[1:].sum()
    assert share.cumsum() == pytest.approx(expected.cumsum(), abs=0.03)


def test_no_path_passes_the_largest_ceiling_and_a_higher_one_widens_the_fan():
    small, large = (saturating(most)(YEARS, SIZES, [2040], draws=20_000, rng=rng())[:, 0] for most in (2.0, 100.0))
    assert small.max() <= 2 * 28.5
    assert large.max() <= 100 * 28.5
    assert np.quantile(large, 0.95) > 2 * np.quantile(small, 0.95)


def test_the_same_generator_gives_the_same_paths():
    for model in (constant_growth, saturating()):
        one, two = (model(YEARS, SIZES, [2024, 2026], draws=50, rng=rng(7)) for _ in range(2))
        assert np.array_equal(one, two)
        assert one.shape == (50, 2)


@pytest.mark.parametrize(
    ("model", "time", "value", "ahead", "said"),
    [
        (constant_growth, [2015, 2017], [1, 2], [2018], "3 points are needed, got 2"),
        (saturating(), [2015, 2017, 2019], [1, 2, 3], [2020], "4 points are needed, got 3"),
        (constant_growth, [2015, 2016, 2017], [1, 2, 4], [2018], "all points lie on the curve"),
        (constant_growth, [2015, 2016, 2017], [1, 0, 4], [2018], "above 0"),
        (constant_growth, [2015, 2016, 2017], [1, 3, 4], [2017], "after the last date"),
        (constant_growth, [2015, 2016, 2017], [1, 3, 4], [], "after the last date"),
        (constant_growth, [2015, 2015, 2017], [1, 3, 4], [2018], "twice"),
    ],
)
def test_what_cannot_be_forecast_is_refused(model, time, value, ahead, said):
    with pytest.raises(ParameterError, match=said):
        model(time, value, ahead, draws=10, rng=rng())


@pytest.mark.parametrize("most", [1.0, 0.5, np.nan, np.inf])
def test_a_ceiling_below_the_data_is_refused(most):
    with pytest.raises(ParameterError, match="ceilings: must be above 1"):
        saturating(most)
