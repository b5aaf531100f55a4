"""Count models against R.

Made with R 4.2.2 (base and stats): poisson.test, glm(family = quasipoisson), and the negative binomial likelihood of dnbinom maximised by
optimize over the dispersion inside optimize over the rate, its profile ends by uniroot. Agreement to 1e-4 (alpha) and 1e-6 (the others).
"""

import numpy as np
import pytest

from lpo_analysis.methods.count_rates import count_trend, fit_counts, poisson_interval

Y = [13, 20, 56, 68, 33, 40, 48, 19, 18]
EXPOSURE = [588, 546, 1273, 1938, 1010, 918, 835, 578, 312]


@pytest.mark.parametrize(
    ("exposure", "alpha", "low", "high"),
    [(1.0, 0.247581477, 26.011174258, 48.383924906), (EXPOSURE, 0.0272865210, 0.0343732096, 0.0461643634)],
)
def test_the_profile_of_the_negative_binomial(exposure, alpha, low, high):
    fit = fit_counts(Y, exposure)
    assert fit.alpha == pytest.approx(alpha, rel=1e-4)
    assert (fit.nb_low, fit.nb_high) == pytest.approx((low, high), rel=1e-6)


def test_the_exact_poisson_interval():
    assert np.array(poisson_interval(14)) / 8 == pytest.approx([1.057992190, 2.735810739], rel=1e-8)


def test_the_trend_with_quasi_poisson_errors():
    found = count_trend([1, 0, 1, 0, 1, 3, 4, 4], range(8))
    assert np.log(found.ratio) == pytest.approx(0.3729931541, rel=1e-6)
    assert found.scale == pytest.approx(0.6195955014, rel=1e-5)
    # R's error 0.1122431105 is made with the scale as it is; below 1 it is taken as 1 here.
    assert found.model.bse[1] == pytest.approx(0.1122431105 / np.sqrt(0.6195955014), rel=1e-5)
