"""Simulated forecasts against their exact distributions, R's forecast package, and integration by brute force."""

import warnings
from itertools import product

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.forecasting import (
    FORECASTERS,
    bounded,
    combine_paths,
    damped_ets,
    drift,
    naive,
    quantile_fan,
)

# Saudi Arabian oil production 1965-2013, million tonnes: series `oil` of the R package fpp2.
# fmt: off
OIL = np.array([
    111.0091346, 130.8284341, 141.2870879, 154.2277747, 162.7408654, 192.1664835, 240.7997253, 304.2173901,
    384.0045673, 429.6621566, 359.3169299, 437.2518544, 468.4007898, 424.4353365, 487.9794299, 509.8284478,
    506.3472527, 340.1842374, 240.2589210, 219.0327876, 172.0746632, 252.5900922, 221.0710774, 276.5187735,
    271.1479517, 342.6186005, 428.3558357, 442.3945534, 432.7851482, 437.2497186, 437.2091599, 445.3640981,
    453.1950104, 454.4096410, 422.3789058, 456.0371217, 440.3866047, 425.1943725, 486.2051735, 500.4290861,
    521.2759092, 508.9476170, 488.8888577, 509.8705750, 456.7229123, 473.8166029, 525.9508706, 549.8338076,
    542.3404698,
])
# fmt: on
YEARS = np.arange(1965.0, 2014.0)
SHORT = np.exp(np.array([0.0, 0.31, 0.52, 0.89, 1.02, 1.33, 1.41, 1.62, 1.66, 1.83, 1.85, 1.97]))


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("forecaster", "slope", "freedom"), [(naive, 0.0, 48), (drift, None, 47)])
def test_a_random_walk_has_the_t_quantiles_of_its_formula(forecaster, slope, freedom):
    # Hyndman & Athanasopoulos (2021), table 5.2: s sqrt(h) without, s sqrt(h (1 + h / (T - 1))) with drift.
    log_y, n = np.log(OIL), len(OIL)
    slope = (log_y[-1] - log_y[0]) / (n - 1) if slope is None else slope
    s = np.sqrt(((np.diff(log_y) - slope) ** 2).sum() / freedom)
    ahead = np.array([1, 2, 5, 10])
    scale = s * np.sqrt(ahead * (1 + ahead / (n - 1)) if forecaster is drift else ahead)
    paths = np.log(forecaster(YEARS, OIL, 2013 + ahead, draws=200_000, rng=rng()))
    for p in (0.05, 0.25, 0.5, 0.75, 0.95):
        expected = log_y[-1] + slope * ahead + scale * stats.t.ppf(p, freedom)
        assert np.quantile(paths, p, axis=0) == pytest.approx(expected, abs=0.02 * scale.max())


def test_uneven_dates_give_a_random_walk_the_variance_of_the_time_gone_by():
    # The walk seen at every date is the walk seen at some of them, where the dates left out told nothing new.
    t, log_y = np.array([0.0, 1, 3, 4, 8, 9]), np.array([0.0, 0.2, 0.3, 0.8, 0.9, 1.4])
    gaps = np.diff(t)
    slope = 1.4 / 9
    s = np.sqrt(((np.diff(log_y) - slope * gaps) ** 2 / gaps).sum() / 4)
    paths = np.log(drift(t, np.exp(log_y), [9.5, 12.0], draws=200_000, rng=rng()))
    ahead = np.array([0.5, 3.0])
    expected = 1.4 + slope * ahead + s * np.sqrt(ahead * (1 + ahead / 9)) * stats.t.ppf(0.9, 4)
    assert np.quantile(paths, 0.9, axis=0) == pytest.approx(expected, rel=0.02)


def test_increments_of_a_path_are_joint_not_drawn_date_by_date():
    paths = np.log(naive(YEARS, OIL, [2014, 2015, 2016], draws=50_000, rng=rng()))
    correlation = np.corrcoef(paths[:, 0], paths[:, 2])[0, 1]
    assert correlation == pytest.approx(np.sqrt(1 / 3), abs=0.02)


def test_the_fitted_damped_trend_agrees_with_r():
    # R 4, forecast::ets(oil, model = "AAN", damped = TRUE): forecasts and sigma2 as stored with the tests of statsmodels,
    # statsmodels/tsa/tests/results/fit_ets_results_nonseasonal.json (made by fit_ets.R beside it). The exponential undoes
    # the logarithm; the factor keeps it within range.
    expected = [545.35213563, 547.76044926, 549.68710489, 551.22843318]
    paths = damped_ets(YEARS, np.exp(OIL / 100), 2013 + np.arange(1, 5), draws=40_000, rng=rng(), parameters="fitted")
    log_paths = 100 * np.log(paths)
    assert np.median(log_paths, axis=0) == pytest.approx(expected, rel=0.003)
    assert log_paths[:, 0].std() == pytest.approx(np.sqrt(2524.87915822), rel=0.02)


def _brute_force(log_y, grid=24):
    """Integrate over a regular grid by the matrices of the state space model; return the moments one step ahead."""
    n, found = len(log_y), []
    for a, b, f in product((np.arange(grid) + 0.5) / grid, repeat=3):
        alpha, beta, phi = a, a * b, 0.8 + 0.18 * f
        w, g = np.array([1.0, phi]), np.array([alpha, beta])
        step = np.array([[1.0, phi], [0.0, phi]])
        left = step - np.outer(g, w)
        design, offset, power, pushed = np.empty((n, 2)), np.empty(n), np.eye(2), np.zeros(2)
        for i in range(n):
            design[i], offset[i] = w @ power, w @ pushed
            power, pushed = left @ power, left @ pushed + g * log_y[i]
        gram = design.T @ design
        start = np.linalg.solve(gram, design.T @ (log_y - offset))
        squares = ((log_y - offset - design @ start) ** 2).sum()
        weight = squares ** (-(n - 2) / 2) / np.sqrt(np.linalg.det(gram))
        ahead = w @ power
        spread = squares / (n - 4) * (1 + ahead @ np.linalg.solve(gram, ahead))
        found.append((weight, w @ (power @ start + pushed), spread))
    weight, mean, spread = np.array(found).T
    weight /= weight.sum()
    middle = weight @ mean
    return middle, np.sqrt(weight @ (spread + (mean - middle) ** 2))


def test_the_drawn_damped_trend_agrees_with_integration_over_a_grid():
    mean, sd = _brute_force(np.log(SHORT))
    paths = np.log(damped_ets(np.arange(12.0), SHORT, [12.0], draws=100_000, rng=rng())[:, 0])
    assert paths.mean() == pytest.approx(mean, abs=0.02 * sd)
    assert paths.std() == pytest.approx(sd, rel=0.03)


def test_drawn_parameters_widen_the_interval_of_fitted_ones():
    spread = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for parameters in ("drawn", "fitted"):
            paths = damped_ets(np.arange(12.0), SHORT, [14.0], draws=20_000, rng=rng(), parameters=parameters)
            spread[parameters] = np.diff(np.quantile(np.log(paths), [0.05, 0.95]))[0]
    assert spread["drawn"] > 1.1 * spread["fitted"]


@pytest.mark.slow
@pytest.mark.parametrize("level", [0.5, 0.9])
def test_drawn_intervals_cover_as_they_say_when_the_model_is_true(level):
    # With parameters from the prior the coverage of a posterior interval is exact but for the flat start and variance.
    source, hits, runs = rng(42), 0, 600
    for _ in range(runs):
        alpha, phi = source.random(), source.uniform(0.8, 0.98)
        beta, height, trend, log_y = alpha * source.random(), 1.0, 0.1, []
        for _ in range(23):
            middle, shock = height + phi * trend, 0.05 * source.standard_normal()
            height, trend = middle + alpha * shock, phi * trend + beta * shock
            log_y.append(middle + shock)
        paths = damped_ets(np.arange(20.0), np.exp(log_y[:20]), [22.0], draws=1000, rng=source)
        low, high = np.quantile(np.log(paths[:, 0]), [(1 - level) / 2, (1 + level) / 2])
        hits += low <= log_y[-1] <= high
    assert hits / runs == pytest.approx(level, abs=3 * np.sqrt(level * (1 - level) / runs))


@pytest.mark.parametrize("name", FORECASTERS)
def test_every_forecaster_keeps_to_the_interface(name):
    value, time = SHORT.copy(), np.arange(2000.0, 2012.0)
    paths = FORECASTERS[name](time, value, [2012, 2014, 2015], draws=500, rng=rng(3))
    again = FORECASTERS[name](time, value, [2012, 2014, 2015], draws=500, rng=rng(3))
    assert paths.shape == (500, 3)
    assert np.isfinite(paths).all()
    assert (paths > 0).all()
    assert (paths == again).all()
    assert (value == SHORT).all()
    spread = np.log(paths).std(axis=0)
    assert (np.diff(spread) > 0).all(), "further ahead is less sure"


@pytest.mark.parametrize("name", FORECASTERS)
def test_the_unit_of_the_values_does_not_matter(name):
    run = FORECASTERS[name]
    one, thousand = (run(np.arange(12.0), k * SHORT, [12, 13], draws=400, rng=rng(1)) for k in (1, 1000))
    assert thousand == pytest.approx(1000 * one, rel=1e-6)


@pytest.mark.parametrize("name", FORECASTERS)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": np.r_[SHORT[:-1], 0.0]}, "every value must be above 0"),
        ({"value": np.r_[SHORT[:-1], -1.0]}, "every value must be above 0"),
        ({"value": np.r_[SHORT[:-1], np.nan]}, "every value must be above 0"),
        ({"value": SHORT[:-1]}, "do not match"),
        ({"time": np.r_[0.0, np.arange(11.0)]}, "a date stands twice"),
        ({"time": np.arange(12.0)[::-1]}, "the dates must rise"),
        ({"time": np.r_[np.arange(11.0), np.inf]}, "date must be a finite number"),
        ({"time": [1.0, 2, 3], "value": [1.0, 2, 4]}, "points are needed, got 3"),
        ({"value": 1.1 ** np.arange(12)}, "exactly the same rate"),
        ({"value": np.full(12, 5.0)}, "exactly the same rate"),
        ({"horizon_times": [11.0]}, "after the last date 11"),
        ({"horizon_times": [13.0, 12.0]}, "must rise"),
        ({"horizon_times": []}, "at least one finite date"),
        ({"horizon_times": [np.nan]}, "at least one finite date"),
        ({"draws": 1}, "draws: must be at least 2, got 1"),
    ],
)
def test_what_cannot_be_forecast_is_refused(name, change, said):
    arguments = {"time": np.arange(12.0), "value": SHORT, "horizon_times": [12.0, 13.0], "draws": 100} | change
    with pytest.raises(ParameterError, match=said):
        FORECASTERS[name](**arguments, rng=rng())


def test_uneven_dates_are_refused_by_smoothing_and_not_filled():
    time = np.r_[np.arange(11.0), 12.0]
    with pytest.raises(ParameterError, match="needs even spacing, here the steps run from 1 to 2"):
        damped_ets(time, SHORT, [13.0], draws=100, rng=rng())
    with pytest.raises(ParameterError, match="whole steps of 1"):
        damped_ets(np.arange(12.0), SHORT, [11.5], draws=100, rng=rng())
    assert drift(time, SHORT, [13.5], draws=100, rng=rng()).shape == (100, 1)


def test_an_unknown_way_to_the_parameters_is_refused():
    with pytest.raises(ParameterError, match="'fitted'"):
        damped_ets(np.arange(12.0), SHORT, [12.0], draws=100, rng=rng(), parameters="fited")


def test_a_bounded_forecaster_stays_below_the_ceiling_and_keeps_its_median():
    share = 100 / (1 + np.exp(-np.array([-2.0, -1.4, -1.1, -0.3, 0.1, 0.4, 1.2, 1.4, 2.2, 2.3, 2.9, 3.1])))
    paths = bounded(drift, 100)(np.arange(12.0), share, [12, 20], draws=20_000, rng=rng())
    assert (paths < 100).all()
    assert (paths > 0).all()
    odds = np.log(share / (100 - share))
    middle = odds[-1] + (odds[-1] - odds[0]) / 11 * np.array([1, 9])
    assert np.median(paths, axis=0) == pytest.approx(100 / (1 + np.exp(-middle)), rel=0.01)
    with pytest.raises(ParameterError, match="below the ceiling 90, got"):
        bounded(naive, 90)(np.arange(12.0), share, [12], draws=100, rng=rng())
    with pytest.raises(ParameterError, match="ceiling: must be a number above 0, got 0"):
        bounded(naive, 0)


def test_a_fan_holds_the_quantiles_of_the_paths():
    paths = np.column_stack([np.arange(1.0, 102.0), 10 * np.arange(1.0, 102.0)])
    fan = quantile_fan(paths, times=[2024, 2026])
    assert fan.columns.tolist() == ["time", "level", "estimate", "conf_low", "conf_high"]
    assert fan["time"].tolist() == [2024] * 3 + [2026] * 3
    assert fan["level"].tolist() == [0.5, 0.8, 0.9] * 2
    assert fan.loc[0].tolist() == pytest.approx([2024, 0.5, 51, 26, 76])
    assert fan.loc[5].tolist() == pytest.approx([2026, 0.9, 510, 60, 960])
    assert quantile_fan(paths)["time"].tolist() == [1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("paths", "options", "said"),
    [
        (np.ones((5, 2)), {"levels": (0.5, 1.0)}, "each must lie between 0 and 1"),
        (np.ones((5, 2)), {"levels": ()}, "each must lie between 0 and 1"),
        (np.ones((5, 2)), {"times": [1.0]}, "there are 2 horizons and dates of shape"),
        (np.ones(5), {}, "must be a matrix"),
        (np.ones((1, 2)), {}, "at least 2 draws"),
        (np.full((5, 2), np.inf), {}, "finite"),
    ],
)
def test_a_fan_of_nonsense_is_refused(paths, options, said):
    with pytest.raises(ParameterError, match=said):
        quantile_fan(paths, **options)


def test_a_pool_is_the_mixture_of_its_members():
    a, b = (stats.norm(loc=m).ppf((np.arange(5000) + 0.5) / 5000)[:, None] for m in (0.0, 3.0))
    pool = combine_paths([a, b])
    assert pool.shape == (10_000, 1)
    assert (pool < 1.0).mean() == pytest.approx((stats.norm.cdf(1) + stats.norm.cdf(-2)) / 2, abs=2e-3)
    assert pool.var() == pytest.approx(1 + 1.5**2, rel=0.01), "the distance between the models is part of the spread"
    leaning = combine_paths([a, b], weights=[3, 1])
    assert (leaning < 1.0).mean() == pytest.approx(0.75 * stats.norm.cdf(1) + 0.25 * stats.norm.cdf(-2), abs=2e-3)
    assert leaning.mean() == pytest.approx(0.75, abs=0.01)


def test_members_of_a_pool_may_differ_in_draws_and_have_no_weight():
    a, b = rng().normal(size=(300, 2)), 5 + rng(1).normal(size=(900, 2))
    assert combine_paths([a, b]).mean(axis=0) == pytest.approx([2.5, 2.5], abs=0.2)
    assert combine_paths([a, b], [0, 1]) == pytest.approx(b)
    assert combine_paths([a]) == pytest.approx(a)


@pytest.mark.parametrize(
    ("paths", "weights", "said"),
    [
        ([], None, "at least one model"),
        ([np.ones((5, 2)), np.ones((5, 3))], None, "all with the same horizons"),
        ([np.ones((5, 2))] * 2, [1], "weights: one a model"),
        ([np.ones((5, 2))] * 2, [1, -1], "none below 0"),
        ([np.ones((5, 2))] * 2, [0, 0], "some above"),
        ([np.ones((5, 2)), np.ones((1, 2))], None, "paths of model 2: must be a matrix"),
    ],
)
def test_a_pool_of_nonsense_is_refused(paths, weights, said):
    with pytest.raises(ParameterError, match=said):
        combine_paths(paths, weights)
