"""Scores against R packages, published examples and hand-worked cases; a rolling origin on real series."""

import time
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.diebold_mariano import mean_difference
from lpo_analysis.methods.forecasting import FORECASTERS, drift, naive
from lpo_analysis.methods.scoring import (
    COLUMNS,
    compare,
    complete_origins,
    crps_gaussian,
    crps_sample,
    interval_score,
    mase,
    naive_scale,
    pit,
    rolling_origin,
    summarise,
    weighted_interval_score,
)
from lpo_analysis.paths import TABLES

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

# ---- single scores -------------------------------------------------------------------------------------------------


def test_scaled_errors_agree_with_r():
    # Hyndman, "Forecasting in R" (slides), accuracy(naive(window(oil, end = 2003), h = 10), window(oil, start = 2004)):
    # training MAE 39.43, test MAE 29.98, test MASE 0.7603.
    train, test = OIL[:39], OIL[39:]
    assert naive_scale(train) == pytest.approx(39.43, abs=0.005)
    assert np.abs(test - train[-1]).mean() == pytest.approx(29.98, abs=0.005)
    assert mase(test, np.full(10, train[-1]), train) == pytest.approx(0.7603, abs=5e-5)


def test_a_scaled_error_worked_by_hand():
    # Steps of the training values 4.5 3.5 2 3 2 3, mean 3; errors 0.5 0.5 0 1, mean 0.5.
    assert mase([3, -0.5, 2, 7], [2.5, 0.0, 2, 8], [5, 0.5, 4, 6, 3, 5, 2]) == pytest.approx(0.5 / 3)


@pytest.mark.parametrize(("scale", "shift"), [(1, 0), (1, 0.1), (0.9, 0)])
def test_the_gaussian_crps_agrees_with_scoringrules(scale, shift):
    # R package scoringRules, tests/testthat/test-crps_norm.R: crps_norm(-3) = 2.43657473.
    assert crps_gaussian(shift, scale, -3 * scale + shift) == pytest.approx(2.43657473 * scale, rel=1e-8)


def test_the_gaussian_crps_at_the_mean_is_known():
    assert crps_gaussian(5, 2, 5) == pytest.approx(2 * (np.sqrt(2) - 1) / np.sqrt(np.pi))


@given(
    st.lists(st.floats(-50, 50), min_size=2, max_size=12),
    st.floats(-60, 60),
)
def test_the_sample_crps_is_the_mean_distance_less_half_the_mean_spread(draws, actual):
    x = np.array(draws)
    brute = np.abs(x - actual).mean() - np.abs(x[:, None] - x).mean() / 2
    assert crps_sample(x[:, None], [actual])[0] == pytest.approx(brute, abs=1e-9)


def test_the_sample_crps_is_the_integral_of_squared_distances_of_distribution_functions():
    # Draws 0, 1, 3 and outcome 2: steps of F - 1(y <= x) over (0,1), (1,2), (2,3).
    expected = (1 / 3) ** 2 + (2 / 3) ** 2 + (2 / 3 - 1) ** 2
    assert crps_sample([[0.0], [1.0], [3.0]], [2.0]) == pytest.approx([expected])


def test_the_sample_crps_tends_to_that_of_the_distribution():
    quantiles = stats.norm(1, 2).ppf((np.arange(20_000) + 0.5) / 20_000)
    paths = np.column_stack([quantiles, quantiles])
    assert crps_sample(paths, [0.0, 4.0]) == pytest.approx(crps_gaussian(1, 2, [0.0, 4.0]), rel=1e-3)


def test_an_interval_score_worked_by_hand():
    # Width 4; an outcome 3 above the end of an 80% interval costs 2 / 0.2 x 3 more.
    assert interval_score([1, 1, 1], [5, 5, 5], [2, 8, 0], level=0.8) == pytest.approx([4, 34, 14])


def test_the_weighted_interval_score_agrees_with_the_forecast_hub():
    # R package covidEnsembles (COVID-19 forecast hub), tests of wis, "2 intervals and median": quantiles at .1 .25 .5 .75 .9.
    quantiles = np.array([[-1, 0, 1, 2, 3], [-2, 1, 2, 2, 4], [-2, 0, 3, 3, 4]], dtype=float)
    low, high = quantiles[:, [0, 1]].T, quantiles[:, [4, 3]].T
    score = weighted_interval_score(quantiles[:, 2], low, high, [1, -15, 22], levels=(0.8, 0.5))
    # (|y - m| / 2 + .1 x width + miss + .25 x width + miss) / 2.5 of each row
    assert score == pytest.approx([0.9 / 2.5, (8.5 + 0.6 + 13 + 0.25 + 16) / 2.5, (9.5 + 0.6 + 18 + 0.75 + 19) / 2.5])


@given(st.lists(st.floats(-20, 20), min_size=7, max_size=7), st.floats(-30, 30))
def test_the_weighted_interval_score_is_twice_the_mean_pinball_loss(values, actual):
    # Bracher et al. (2021), eq. 6: with K intervals and the median, the mean over 2K + 1 quantiles.
    q, probability = np.sort(values), np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
    pinball = np.where(actual >= q, probability * (actual - q), (1 - probability) * (q - actual))
    score = weighted_interval_score([q[3]], q[[2, 1, 0], None], q[[4, 5, 6], None], [actual])
    assert score[0] == pytest.approx(2 * pinball.mean(), abs=1e-9)


def test_the_transform_of_a_calibrated_forecast_is_uniform_and_halves_ties():
    assert pit([[1.0], [2.0], [2.0], [4.0]], [2.0]) == pytest.approx([0.5])
    source = np.random.default_rng(0)
    values = pit(source.normal(size=(4000, 500)), source.normal(size=500))
    assert stats.kstest(values, "uniform").pvalue > 0.01


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mase([1, 2], [1], [1, 2]), r"shape \(2,\) and forecast has shape \(1,\)"),
        (lambda: mase([1], [1], [3, 3, 3]), "all values are equal"),
        (lambda: naive_scale([1]), "at least two finite values"),
        (lambda: naive_scale([1, np.nan]), "at least two finite values"),
        (lambda: crps_gaussian(0, 0, 1), "standard deviation must be above 0"),
        (lambda: crps_gaussian(0, np.nan, 1), "standard deviation must be above 0"),
        (lambda: crps_sample(np.ones((3, 2)), [1]), "one finite value a horizon, 2 in all"),
        (lambda: crps_sample(np.ones((3, 1)), [np.nan]), "one finite value a horizon"),
        (lambda: pit(np.ones(3), [1]), "must be a matrix"),
        (lambda: interval_score([2], [1], [1], level=0.9), "ends before it begins"),
        (lambda: interval_score([0], [1], [1], level=90), "between 0 and 1"),
        (lambda: weighted_interval_score([1], [[0]], [[2]], [1]), "one row a level, 3 in all, got 1 and 1"),
    ],
)
def test_scores_of_nonsense_are_refused(call, said):
    with pytest.raises(ParameterError, match=said):
        call()


# ---- Diebold-Mariano -----------------------------------------------------------------------------------------------

# fmt: off
FIRST = np.array([
    0.3675225224615024, 0.5450608127223211, 0.22044990720021074, 0.8688743471040006, 0.6072512228948467,
    0.8582283746501538, 0.41662295816718187, 0.3812100211114714, 0.7185133356116706, 0.30827323290318875,
    0.4297093624074402, 0.8615974488577858, 0.7240514514808826, 0.3450839595261038, 0.19675301374013598,
])
SECOND = np.array([
    0.12794132529988733, 0.3679643204341153, 0.768715420996091, 0.09972248964114683, 0.27197653636654284,
    0.28797629010039505, 0.9160213458582482, 0.6112628048698798, 0.5452873235576241, 0.06785907231746158,
    0.6072666485541124, 0.6241575753989782, 0.39998026828867217, 0.19895665605941748, 0.8094941215215619,
])
# fmt: on
# Tests and README of the Python package dieboldmariano (edoannunziata/dieboldmariano): differences of losses, horizon,
# corrected statistic, two-sided p-value; its one-sided values doubled.
PUBLISHED = {
    "squared errors, h = 1": (np.arange(6.0) ** 2 - np.array([0, 2, 3, 3, 5, 6.0]) ** 2, 1, -2.4905, 0.05513),
    "its example": (
        np.array([1, 1, -1, 2, 3.0]) ** 2 - np.array([3, 6, -6, 0, 9.0]) ** 2,
        1,
        -2.2229922805746782,
        2 * 0.04515565862099125,
    ),
    "absolute errors, h = 3": (np.abs(FIRST) - np.abs(SECOND), 3, 1.2109, 2 * (1 - 0.877)),
}


@pytest.mark.parametrize(("differences", "horizon", "statistic", "p_value"), PUBLISHED.values(), ids=PUBLISHED.keys())
def test_the_test_agrees_with_published_examples(differences, horizon, statistic, p_value):
    test = mean_difference(differences, horizon=horizon, kernel="rectangular")
    assert test.statistic == pytest.approx(statistic, abs=5e-5)
    assert test.p_value == pytest.approx(p_value, abs=1.5e-3)
    assert test.estimate / test.std_error == pytest.approx(test.statistic)


def test_at_one_step_the_test_is_the_t_test_of_the_mean():
    # Harvey et al.: with h = 1 the factor is (n - 1) / n, which turns the variance over n into the one over n - 1.
    d = np.random.default_rng(5).normal(0.4, 1, 12)
    reference = stats.ttest_1samp(d, 0)
    test = mean_difference(d, level=0.95)
    assert (test.statistic, test.p_value) == pytest.approx((reference.statistic, reference.pvalue))
    assert (test.conf_low, test.conf_high) == pytest.approx(tuple(reference.confidence_interval(0.95)))


def test_the_variance_is_the_larger_of_the_two_estimates():
    rough = np.array([1.0, -1, 1, -1, 1, -1, 1, -1, 1, -0.5])
    with pytest.raises(ParameterError, match="rectangular variance is not positive"):
        mean_difference(rough, horizon=2, kernel="rectangular")
    assert mean_difference(rough, horizon=2).kernel == "bartlett"
    # By hand: lag-0 and lag-1 autocovariances, the second with half its weight.
    c = rough - rough.mean()
    variance = (c @ c + c[1:] @ c[:-1]) / 100
    factor = (10 + 1 - 4 + 2 / 10) / 10
    assert mean_difference(rough, horizon=2).std_error == pytest.approx(np.sqrt(variance / factor))
    smooth = np.cumsum(np.random.default_rng(1).normal(size=30))
    errors = {
        kernel: mean_difference(smooth, horizon=4, kernel=kernel).std_error for kernel in ("rectangular", "bartlett")
    }
    assert mean_difference(smooth, horizon=4).std_error == pytest.approx(max(errors.values()))


@pytest.mark.parametrize(
    ("differences", "options", "said"),
    [
        ([1, 2, 3, 4], {}, "5 origins are needed for a horizon of 1, got 4"),
        (range(7), {"horizon": 4}, "8 origins are needed for a horizon of 4, got 7"),
        ([1, 2, 3, 4, np.nan], {}, "must be finite"),
        ([2.0] * 8, {}, "do not vary"),
        ([0.0] * 8, {}, "do not vary"),
        (range(8), {"horizon": 0}, "horizon: a whole number of at least 1, got 0"),
        (range(8), {"level": 1}, "between 0 and 1"),
        (range(8), {"kernel": "bartlet"}, "'bartlett'"),
    ],
)
def test_differences_that_cannot_be_tested_are_refused(differences, options, said):
    with pytest.raises(ParameterError, match=said):
        mean_difference(list(differences), **options)


@pytest.mark.slow
def test_the_test_seldom_finds_a_winner_among_equals():
    source, hits, runs = np.random.default_rng(11), 0, 2000
    for _ in range(runs):
        shocks = source.normal(size=26)
        d = shocks[2:] + 0.8 * shocks[1:-1] + 0.6 * shocks[:-2]  # three steps ahead: correlated over two lags
        hits += mean_difference(d, horizon=3).p_value < 0.1
    assert hits / runs < 0.16


# ---- rolling origin ------------------------------------------------------------------------------------------------


def walk(n=20, seed=0, slope=0.1):
    steps = np.random.default_rng(seed).normal(slope, 0.05, n)
    return pd.Series(np.exp(np.cumsum(steps)), index=np.arange(2000, 2000 + n))


def test_every_origin_horizon_and_forecaster_has_its_row():
    scores = rolling_origin(walk(), FORECASTERS, first=12, horizons=(1, 3), draws=200)
    assert tuple(scores.columns) == COLUMNS
    # Origins 12..19 known at one step, 12..17 at three.
    assert len(scores) == 3 * (8 + 6)
    assert scores["forecaster"].unique().tolist() == list(FORECASTERS)
    assert scores.groupby("horizon")["origin"].max().to_dict() == {1: 2018, 3: 2016}
    assert (scores["time"] == scores["origin"] + scores["horizon"]).all()
    assert (scores["ahead"] == scores["horizon"]).all()
    assert (scores["note"] == "").all()
    assert scores.notna().all(axis=None)


def test_a_row_holds_the_scores_of_its_forecast():
    series = walk()

    def certain(time, value, horizon_times, *, draws, rng):
        return np.tile(np.linspace(1.0, 9.0, draws)[:, None], (1, len(horizon_times)))

    row = rolling_origin(series, {"certain": certain}, first=17, horizons=[2], draws=101).iloc[0]
    actual, train = series.iloc[18], series.to_numpy()[:17]
    paths = np.linspace(1.0, 9.0, 101)[:, None]
    assert row["actual"] == actual
    assert row["estimate"] == pytest.approx(5.0)
    assert row["scaled_error"] == pytest.approx(mase([actual], [5.0], train))
    assert row["log_error"] == pytest.approx(np.log(5.0 / actual) / 2)
    assert row["abs_log_error"] == pytest.approx(abs(np.log(5.0 / actual)) / 2)
    assert row["crps_log"] == pytest.approx(crps_sample(np.log(paths), [np.log(actual)])[0])
    assert row["pit"] == pytest.approx((paths < actual).mean(), abs=0.01)
    low, high = np.array([[3.0], [1.8], [1.4]]), np.array([[7.0], [8.2], [8.6]])
    assert row["wis"] == pytest.approx(weighted_interval_score([5.0], low, high, [actual])[0])
    assert row[["covered_50", "covered_80", "covered_90"]].tolist() == [
        1.8 * k <= actual for k in (3 / 1.8, 1, 1.4 / 1.8)
    ]


@settings(max_examples=15)
@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_no_forecast_sees_what_came_later(seed, factor):
    series = walk(seed=seed)
    changed = series.copy()
    changed.iloc[-1] *= 1 + factor
    models = {"naive": naive, "drift": drift}
    before, after = (rolling_origin(s, models, first=15, horizons=[1], draws=100) for s in (series, changed))
    assert before["estimate"].equals(after["estimate"])
    assert before.iloc[:-2].equals(after.iloc[:-2])


def test_a_further_forecaster_changes_no_other_and_the_seed_decides():
    series = walk()
    one = rolling_origin(series, {"drift": drift}, draws=200)
    three = rolling_origin(series, FORECASTERS, draws=200)
    assert three[three["forecaster"] == "drift"].reset_index(drop=True).equals(one)
    assert one.equals(rolling_origin(series, {"drift": drift}, draws=200))
    assert not one.equals(rolling_origin(series, {"drift": drift}, draws=200, seed=1))


def test_a_refusal_is_noted_and_warnings_are_counted_and_kept_in():
    def fussy(time, value, horizon_times, *, draws, rng):
        if len(time) < 13:
            raise ParameterError("fussy: 13 points are needed")
        warnings.warn("did not converge", RuntimeWarning, stacklevel=2)
        return naive(time, value, horizon_times, draws=draws, rng=rng)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = rolling_origin(walk(), {"naive": naive, "fussy": fussy}, first=11, horizons=[1, 2], draws=100)
    refused = scores[scores["note"] == "fussy: 13 points are needed"]
    assert len(refused) == 4
    assert refused[["estimate", "crps_log", "wis", "pit"]].isna().all(axis=None)
    table = summarise(scores).set_index("forecaster")
    assert table.loc["fussy", ["n_obs", "n_refused", "n_warnings"]].tolist() == [13, 4, 7]
    assert table.loc["naive", ["n_obs", "n_refused", "n_warnings"]].tolist() == [17, 0, 0]
    comparison = compare(scores)
    # Two origins without the fussy one, and the last without two steps ahead.
    assert comparison.n_dropped == 3
    assert (comparison.table["n_obs"] == 6).all()


def test_a_summary_averages_within_its_groups():
    scores = rolling_origin(walk(), FORECASTERS, first=12, horizons=(1, 3), draws=200)
    table = summarise(scores, by=["forecaster", "horizon"])
    assert len(table) == 6
    part = scores[(scores["forecaster"] == "drift") & (scores["horizon"] == 3)]
    row = table[(table["forecaster"] == "drift") & (table["horizon"] == 3)].iloc[0]
    assert row["mase"] == pytest.approx(part["scaled_error"].mean())
    assert row["coverage_80"] == pytest.approx(part["covered_80"].mean())
    assert row["pit_sd"] == pytest.approx(part["pit"].std())
    assert row["n_obs"] == len(part)


@pytest.mark.parametrize("n", [10, 14])
def test_a_short_series_is_not_scored_and_says_so(n):
    scores = rolling_origin(walk(n), FORECASTERS, first=8)
    assert scores.empty
    assert tuple(scores.columns) == COLUMNS
    comparison = compare(scores)
    assert comparison.text == f"not scored: {n} points, 15 are the least"
    assert comparison.winner is None
    assert comparison.table.empty
    assert summarise(scores).empty
    assert not rolling_origin(walk(15), {"naive": naive}, first=8, draws=100).empty


@pytest.mark.parametrize(
    ("series", "options", "said"),
    [
        (walk().to_numpy(), {}, "must be a pandas Series"),
        (walk().iloc[::-1], {}, "the dates must rise"),
        (pd.concat([walk(), walk()]), {}, "a date stands twice"),
        (walk() - walk().iloc[5], {}, "every value must be above 0"),
        (walk().set_axis(pd.date_range("2000", periods=20, freq="YS")), {}, "must be numbers"),
        (walk(), {"horizons": []}, "horizons: whole numbers of at least 1"),
        (walk(), {"horizons": [0]}, "horizons: whole numbers of at least 1"),
        (walk(), {"horizons": [1.5]}, "horizons: whole numbers of at least 1"),
        (walk(), {"first": 3}, "first: a whole number of points, at least 4"),
        (walk(), {"first": 18}, "18 points and 3 steps ahead need 21 points, the series has 20"),
        (walk(), {"draws": 50}, "draws: at least 100"),
        (walk(), {"forecasters": {}}, "at least one is needed"),
        (walk(), {"forecasters": {"low": lambda *a, draws, rng: np.zeros((draws, 3))}}, "forecaster 'low'"),
        (walk(), {"forecasters": {"odd": lambda *a, draws, rng: np.ones((draws, 9))}}, "forecaster 'odd'"),
        (walk(), {"forecasters": {"lost": lambda *a, draws, rng: np.full((draws, 3), np.nan)}}, "forecaster 'lost'"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(series, options, said):
    with pytest.raises(ParameterError, match=said):
        rolling_origin(series, **({"forecasters": {"naive": naive}} | options))


# ---- comparison ----------------------------------------------------------------------------------------------------


def test_the_true_model_wins_where_the_trend_is_strong():
    comparison = compare(rolling_origin(walk(40, slope=0.3), {"naive": naive, "drift": drift}, draws=400))
    assert comparison.winner == comparison.best == "drift"
    assert comparison.text.startswith("the winner is drift: drift has the lowest mean crps_log")
    row = comparison.table.iloc[1]
    assert row["forecaster"] == "naive"
    assert row["conf_low"] > 0
    assert row["difference"] == pytest.approx(row["mean_score"] - comparison.table["mean_score"].iloc[0])


def test_means_over_complete_origins_are_those_compared():
    scores = rolling_origin(walk(20), {"naive": naive, "drift": drift}, draws=200)
    complete = complete_origins(scores)
    assert complete["origin"].nunique() == scores["origin"].nunique() - 2, "the last two lack a horizon"
    assert (complete.groupby(["origin", "forecaster"]).size() == 3).all()
    compared = compare(scores).table.set_index("forecaster")["mean_score"]
    means = summarise(complete).set_index("forecaster")["crps_log"]
    assert means.loc[compared.index].to_numpy() == pytest.approx(compared.to_numpy())
    with pytest.raises(ParameterError, match="metric"):
        complete_origins(scores, metric="rmse")


def test_the_errors_of_a_comparison_are_those_of_the_test_on_its_origins():
    scores = rolling_origin(walk(30), {"naive": naive, "drift": drift}, draws=200)
    wide = scores.set_index(["origin", "horizon", "forecaster"])["wis"].unstack().dropna()
    complete = wide.groupby("origin").filter(lambda part: len(part) == 3).groupby("origin").mean()
    comparison = compare(scores, metric="wis", level=0.8)
    best, other = comparison.table["forecaster"]
    test = mean_difference(complete[other] - complete[best], horizon=3, level=0.8)
    row = comparison.table.iloc[1]
    assert (row["std_error"], row["p_value"], row["conf_low"]) == pytest.approx(
        (test.std_error, test.p_value, test.conf_low)
    )
    assert comparison.n_dropped == 2


def test_between_equals_it_cannot_be_told():
    def same(time, value, horizon_times, *, draws, rng):
        return naive(time, value, horizon_times, draws=draws, rng=np.random.default_rng(0))

    comparison = compare(rolling_origin(walk(), {"a": same, "b": same}, draws=100))
    assert comparison.winner is None
    assert comparison.text.startswith("cannot tell")
    assert "do not vary" in comparison.text
    few = compare(rolling_origin(walk(15), {"naive": naive, "drift": drift}, first=11, draws=100))
    assert few.winner is None
    assert "6 origins are needed for a horizon of 3, got 2" in few.text
    alone = compare(rolling_origin(walk(), {"naive": naive}, draws=100))
    assert (alone.winner, alone.best) == (None, "naive")
    assert "no other to compare" in alone.text


def test_a_forecaster_that_always_refuses_leaves_nothing_to_compare():
    def never(time, value, horizon_times, *, draws, rng):
        raise ParameterError("never: no")

    comparison = compare(rolling_origin(walk(), {"naive": naive, "never": never}, draws=100))
    assert comparison.winner is None
    assert comparison.text.startswith("cannot tell: there is no origin")


def test_a_comparison_of_nonsense_is_refused():
    scores = rolling_origin(walk(), {"naive": naive}, draws=100)
    with pytest.raises(ParameterError, match="'wis'"):
        compare(scores, metric="wiss")
    with pytest.raises(ParameterError, match="lacks the column 'pit'"):
        compare(scores.drop(columns="pit"))
    with pytest.raises(ParameterError, match="between 0 and 1"):
        compare(scores, level=95)
    with pytest.raises(ParameterError, match="one series at a time"):
        compare(pd.concat([scores, scores]))
    with pytest.raises(ParameterError, match="'horizon'"):
        summarise(scores, by=["horizn"])


# ---- the reference series ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def adoption():
    return pd.read_csv(TABLES / "reference_adoption_series.csv")


def test_the_reference_series_are_long_yearly_and_sourced(adoption):
    assert adoption["series_id"].nunique() >= 5
    assert adoption.notna().all(axis=None)
    assert adoption["value"].between(0, 100, inclusive="neither").all()
    for _, part in adoption.groupby("series_id"):
        assert len(part) >= 15
        assert (part["year"].diff().dropna() == 1).all()
        assert (part[["label", "unit", "source", "publisher", "url", "licence", "read_from"]].nunique() == 1).all()


def test_the_reference_series_are_scored_in_seconds_without_a_warning(adoption):
    begun = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _, part in adoption.groupby("series_id"):
            scores = rolling_origin(part.set_index("year")["value"], FORECASTERS, draws=500)
            table = summarise(scores)
            assert (table["n_refused"] == 0).all()
            assert table["coverage_90"].between(0.5, 1).all()
            assert compare(scores).best in FORECASTERS
    assert time.perf_counter() - begun < 20
