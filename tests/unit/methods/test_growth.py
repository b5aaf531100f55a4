"""Growth of short series against statsmodels, a hand-worked example and curves whose answer is known."""

import numpy as np
import pytest
import statsmodels.api as sm

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.growth import log_growth

YEARS = np.array([2015.0, 2017.0, 2021.0, 2023.0])
SIZES = np.array([8.4, 10.7, 20.6, 28.5])


def test_the_fit_is_least_squares_on_the_logarithms():
    fit, reference = log_growth(YEARS, SIZES), sm.OLS(np.log(SIZES), sm.add_constant(YEARS)).fit()
    assert fit.slope == pytest.approx(reference.params[1], rel=1e-9)
    low, high = np.expm1(reference.conf_int(0.1)[1])
    assert fit.rate(0.9) == pytest.approx((np.expm1(reference.params[1]), low, high), rel=1e-6)
    ahead = reference.get_prediction([[1.0, 2028.0]]).summary_frame(0.1).iloc[0]
    expected = np.exp(ahead[["mean", "obs_ci_lower", "obs_ci_upper"]].to_numpy(dtype=float))
    assert fit.predict(2028, 0.9).iloc[0, 1:].to_numpy(dtype=float) == pytest.approx(expected, rel=1e-6)


def test_an_example_worked_by_hand():
    # Logarithms 0, 1, 1 at times 0, 1, 2: slope 1/2, residuals -1/6, 1/3, -1/6, s^2 = 1/6 on one degree of freedom.
    fit = log_growth([0, 1, 2], np.exp([0.0, 1.0, 1.0]))
    t = np.tan(np.pi * 0.45)  # the 95% quantile of t with one degree of freedom, a Cauchy variable
    assert fit.slope == pytest.approx(0.5)
    assert fit.rate(0.9) == pytest.approx(np.expm1([0.5, 0.5 - t * np.sqrt(1 / 12), 0.5 + t * np.sqrt(1 / 12)]))
    # At time 3: mean 2/3 + 2 x 1/2, variance 1/6 x (1 + 1/3 + 2^2/2).
    middle, half = 5 / 3, t * np.sqrt(10 / 18)
    ahead = fit.predict([3], 0.9).iloc[0]
    assert ahead.tolist() == pytest.approx([3, np.exp(middle), np.exp(middle - half), np.exp(middle + half)])


@pytest.mark.parametrize("rate", [-0.1, 0.0, 0.168, 1.5])
def test_an_exact_exponential_gives_its_rate_with_an_interval_of_no_width(rate):
    fit = log_growth(YEARS, 3 * (1 + rate) ** (YEARS - 2015))
    assert fit.rate(0.9) == pytest.approx((rate, rate, rate), abs=1e-9)
    assert fit.predict([2030], 0.9).iloc[0, 1:].tolist() == pytest.approx([3 * (1 + rate) ** 15] * 3)


def test_the_order_of_the_points_and_the_unit_of_the_levels_do_not_matter():
    turned = log_growth(YEARS[::-1], 1000 * SIZES[::-1])
    assert turned.rate(0.9) == pytest.approx(log_growth(YEARS, SIZES).rate(0.9))


def test_a_prediction_widens_ahead_and_with_the_level():
    fit = log_growth(YEARS, SIZES)
    frame = fit.predict([2023, 2026, 2030], 0.9)
    assert (np.log(frame["conf_high"] / frame["conf_low"]).diff().dropna() > 0).all()
    assert (fit.predict([2026], 0.95)["conf_high"] > fit.predict([2026], 0.9)["conf_high"]).all()


FAULTS = {
    "date twice": ([2015, 2015, 2017, 2019], [1, 2, 3, 4], "a date stands twice"),
    "zero": ([1, 2, 3, 4], [1, 0, 3, 4], "above 0"),
    "negative": ([1, 2, 3, 4], [1, 2, -3, 4], "above 0"),
    "missing value": ([1, 2, 3, 4], [1, 2, np.nan, 4], "above 0"),
    "missing date": ([1, 2, np.nan, 4], [1, 2, 3, 4], "date must be a finite number"),
    "unequal length": ([1, 2, 3, 4], [1, 2, 3], "4 dates and 3 values"),
    "nothing": ([], [], "points are needed, got 0"),
    "two points": ([1, 2], [1, 2], "points are needed, got 2"),
}


@pytest.mark.parametrize(("time", "level", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_a_series_that_makes_no_sense_is_refused(time, level, said):
    with pytest.raises(ParameterError, match=said):
        log_growth(time, level)


def test_three_points_are_enough():
    assert log_growth([1, 2, 3], [1, 2, 5]).slope > 0
