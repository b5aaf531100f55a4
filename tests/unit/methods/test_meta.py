"""Random effects against metafor's printed output, published tables, and a restricted likelihood maximised by brute force."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.meta import combine, influence, leave_one_out, meta_regression, tau2
from lpo_analysis.methods.random_effects import Contrasts

# BCG vaccine trials: Colditz et al. (1994), JAMA 271(9), as in metadat's dat.bcg and dat.colditz1994:
# tuberculosis positive and negative of the vaccinated, then of the others, absolute latitude, year, allocation.
TRIALS = """
4 119 11 128 44 1948 random
6 300 29 274 55 1949 random
3 228 11 209 42 1960 random
62 13536 248 12619 52 1977 random
33 5036 47 5761 13 1973 alternate
180 1361 372 1079 44 1953 alternate
8 2537 10 619 19 1973 random
505 87886 499 87892 13 1980 random
29 7470 45 7232 27 1968 random
17 1699 65 1600 42 1961 systematic
186 50448 141 27197 18 1974 systematic
5 2493 3 2338 33 1969 systematic
27 16886 29 17825 33 1976 systematic
"""
ROWS = [line.split() for line in TRIALS.strip().splitlines()]
A, B, C, D, LATITUDE, YEAR = np.array([row[:6] for row in ROWS], dtype=float).T
ALLOCATION = [row[6] for row in ROWS]
BCG = (np.log(A / (A + B)) - np.log(C / (C + D)), 1 / A - 1 / (A + B) + 1 / C - 1 / (C + D))  # log risk ratios
BCG_ODDS = (np.log(A * D / (B * C)), 1 / A + 1 / B + 1 / C + 1 / D)

# Raudenbush (1985), teacher expectancy: metadat's dat.raudenbush1985, effects and sampling variances.
EXPECTANCY = (
    np.array([.03, .12, -.14, 1.18, .26, -.06, -.02, -.32, .27, .80, .54, .18, -.02, .23, -.18, -.06, .30, .07, -.07]),
    np.array([.0156, .0216, .0279, .1391, .1362, .0106, .0106, .0484, .0269, .0630, .0912, .0497, .0835, .0841, .0253, .0279,
              .0193, .0088, .0303]),
)  # fmt: skip

# Viechtbauer (2005), JEBS 30(3), the two examples of pages 271 and 272.
EXAMPLE_1 = (
    [-0.581, 0.530, 0.771, 1.031, 0.553, 0.295, 0.078, 0.573, -0.176, -0.232],
    [0.023, 0.052, 0.060, 0.115, 0.095, 0.203, 0.200, 0.211, 0.051, 0.040],
)
EXAMPLE_2 = (
    [0.100, -0.162, -0.090, -0.049, -0.046, -0.010, -0.431, -0.261, 0.134, 0.019, 0.175, 0.056, 0.045, 0.103, 0.121, -0.482,
     0.290, 0.342],
    [0.016, 0.015, 0.050, 0.050, 0.032, 0.052, 0.036, 0.024, 0.034, 0.033, 0.031, 0.034, 0.039, 0.167, 0.134, 0.096, 0.016,
     0.035],
)  # fmt: skip

# CLASP, DerSimonian and Kacker (2007), page 111: events and patients, treated and control.
CLASP = np.array([[5, 156, 8, 74], [5, 303, 17, 303], [12, 565, 9, 477], [69, 1570, 94, 1565], [9, 103, 11, 105],
                  [313, 4659, 352, 4650]], dtype=float)  # fmt: skip

# Five studies whose output of metafor 4.6-0 and meta 8.2-1 is recorded to ten digits in the public notes of an open project on
# a statistics port (its section 7, "worked example"); the inputs are those notes' standardised mean differences.
FIVE = (
    np.array([0.5300713252, -0.4844875426, 0.6625891564, 0.4723959089, 0.6135719911]),
    np.array([0.4159957644, 0.3298722012, 0.3757300289, 0.2746608754, 0.4587564892]) ** 2,
)
FOUR = ([0.20, 0.25, 0.22, 0.18], [0.04, 0.05, 0.03, 0.045])


def scoring_as_metafor(self):
    """Fisher scoring as metafor documents it: from the Hedges estimate until a step is below 1e-5."""
    spread = max(0.0, float((self.squares - self.d).mean()))
    while True:
        s = 1 / (self.d + spread)
        step = float((self.squares * s * s - s).sum() / (s * s).sum())
        while spread + step < 0:
            step /= 2
        spread += step
        if abs(step) <= 1e-5:
            return spread


@pytest.fixture
def metafor(monkeypatch):
    """metafor stops short of the maximum, in the seventh digit or before: to meet its digits, stop where it stops.

    That the maximum itself is found is tested without this, against brute force, to 1e-9.
    """
    monkeypatch.setattr(Contrasts, "reml", scoring_as_metafor)


def restricted_likelihood(spread, y, v, x):
    """From the matrices of the textbook: no turning of contrasts, no shared code."""
    total = np.diag(np.asarray(v) + spread)
    inverse = np.linalg.inv(total)
    xx = x.T @ inverse @ x
    r = y - x @ np.linalg.solve(xx, x.T @ inverse @ y)
    return -0.5 * (np.linalg.slogdet(total)[1] + np.linalg.slogdet(xx)[1] + r @ inverse @ r)


def restricted_slope(spread, y, v, x):
    inverse = np.diag(1 / (np.asarray(v) + spread))
    p = inverse - inverse @ x @ np.linalg.solve(x.T @ inverse @ x, x.T @ inverse)
    return y @ p @ p @ y - np.trace(p)


def brute_force(y, v, x):
    """Grid of the restricted likelihood, then the root of its slope around the best point."""
    y, x = np.asarray(y, dtype=float), np.asarray(x, dtype=float)
    most = 2 * float(y @ y) + 1e-12
    grid = np.concatenate([[0.0], np.geomspace(1e-9 * most, most, 300)])
    best = int(np.argmax([restricted_likelihood(t, y, v, x) for t in grid]))
    if best == 0:
        return 0.0
    return optimize.brentq(restricted_slope, grid[best - 1], grid[best + 1], args=(y, v, x), xtol=1e-15, rtol=1e-14)


def ones(data):
    return np.ones((len(data[0]), 1))


# --- tau2 -------------------------------------------------------------------------------------------------------------------


def test_reml_of_the_vaccine_trials_is_metafors_to_six_digits():
    assert tau2(*BCG) == pytest.approx(0.313243325980895, abs=1e-6)


def test_reml_of_the_vaccine_trials_is_metafors_to_twelve_digits_where_metafor_stops(metafor):
    # metafor tests/testthat/test_misc_influence.r: tau2 and QE of rma(yi, vi, data=dat)
    fit = combine(*BCG, interval="wald", level=0.95)
    assert fit.tau2 == pytest.approx(0.313243325980895, abs=1e-12)
    assert fit.q == pytest.approx(152.233008082373, abs=1e-9)


@pytest.mark.parametrize(
    ("data", "method", "expected", "digits"),
    [
        (BCG, "dl", 0.3088, 4),  # metafor test_misc_confint.r
        (BCG, "pm", 0.3181, 4),  # metafor test_misc_rma_uni.r: iterated to convergence, which is Paule-Mandel
        (
            EXPECTANCY,
            "reml",
            0.019,
            3,
        ),  # Raudenbush (2009), table 16.3, and metafor test_analysis_example_raudenbush2009.r
        (EXPECTANCY, "dl", 0.026, 3),
        (EXAMPLE_1, "dl", 0.277, 3),  # Viechtbauer (2005), pages 271 and 272
        (EXAMPLE_1, "reml", 0.223, 3),
        (EXAMPLE_2, "dl", 0.013, 3),
        (EXAMPLE_2, "reml", 0.016, 3),
    ],
)
def test_tau2_is_the_published_one(data, method, expected, digits):
    assert round(tau2(*data, method=method), digits) == expected


@pytest.mark.parametrize(
    ("method", "expected", "tolerance"),
    [
        ("reml", 0.1250834209, 1e-10),
        ("dl", 0.1212545615, 1e-10),
        ("pm", 0.1085057664, 2e-6),
    ],  # R's root finder stops early too
)
def test_tau2_of_five_studies_is_metafors(metafor, method, expected, tolerance):
    assert tau2(*FIVE, method=method) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("data", [BCG, BCG_ODDS, EXPECTANCY, EXAMPLE_1, EXAMPLE_2, FIVE])
def test_paule_and_mandels_tau2_brings_q_to_its_degrees_of_freedom(data):
    y, v = map(np.asarray, data)
    w = 1 / (v + tau2(y, v, method="pm"))
    assert (w * (y - (w @ y) / w.sum()) ** 2).sum() == pytest.approx(len(y) - 1, rel=1e-11)


@pytest.mark.parametrize(("method", "expected"), [("pm", 0.3681), ("dl", 0.2323), ("reml", 0.1843)])
def test_the_clasp_trial_has_the_published_tau(method, expected):
    # DerSimonian and Kacker (2007), tables 3 and 4; metafor test_analysis_example_dersimonian2007.r
    a, n1, c, n2 = CLASP.T
    effects, variances = np.log(a * (n2 - c) / ((n1 - a) * c)), 1 / a + 1 / (n1 - a) + 1 / c + 1 / (n2 - c)
    fit = combine(effects, variances, method=method, interval="wald")
    mean, error = {"pm": (-0.3811, 0.2060), "dl": (-0.3240, 0.1540), "reml": (-0.2980, 0.1343)}[method]
    assert np.sqrt(fit.tau2) == pytest.approx(expected, abs=5.1e-5)
    assert (fit.estimate, fit.std_error) == pytest.approx((mean, error), abs=5.1e-5)


@pytest.mark.parametrize("data", [BCG, BCG_ODDS, EXPECTANCY, EXAMPLE_1, EXAMPLE_2, FIVE, FOUR])
def test_reml_is_the_maximum_found_by_brute_force(data):
    expected = brute_force(*data, ones(data))
    assert tau2(*data) == pytest.approx(expected, abs=1e-9)


def hard_cases():
    rng = np.random.default_rng(20260101)
    for case in range(60):
        k = int(rng.integers(2, 9))
        v = np.exp(rng.normal(0, 4 if case % 2 else 1, k))
        yield rng.normal(0, np.sqrt(v + rng.choice([0, 0.01, 1, 100]))), v
    yield np.array([0.0, 10.0, 10.1, 10.2]), np.array([1e-8, 1.0, 1.0, 1.0])
    yield np.array([0.0, 1e-6, 50.0]), np.array([1e-10, 1e-10, 1e4])
    yield np.array([1e6, -1e6, 0.0]), np.array([1e-6, 1e-6, 1e6])
    yield np.array([1e-9, -1e-9, 2e-9]), np.array([1e-20, 1e-20, 1e-19])


@pytest.mark.parametrize("case", range(64))
def test_reml_reaches_the_global_maximum_on_hard_cases(case):
    y, v = list(hard_cases())[case]
    found = tau2(y, v)
    assert np.isfinite(found)
    assert found >= 0
    x = np.ones((len(y), 1))
    reached = restricted_likelihood(found, y, v, x)
    assert reached >= restricted_likelihood(brute_force(y, v, x), y, v, x) - 1e-9 * (1 + abs(reached))


def test_the_fallback_finds_what_the_steps_find(monkeypatch):
    expected = [tau2(*data) for data in (BCG, EXPECTANCY, EXAMPLE_1)]
    monkeypatch.setattr(Contrasts, "_score", lambda *_: None)
    assert [tau2(*data) for data in (BCG, EXPECTANCY, EXAMPLE_1)] == pytest.approx(expected, rel=1e-6)


def test_equal_variances_give_the_sample_variance_less_the_sampling_variance():
    y = np.array([0.1, 0.9, 0.4, 1.7])
    for method in ("reml", "pm", "dl"):
        assert tau2(y, np.full(4, 0.05), method=method) == pytest.approx(np.var(y, ddof=1) - 0.05, rel=1e-12)


def test_two_studies_have_tau2_in_closed_form():
    assert tau2([0.0, 2.0], [0.3, 0.5]) == pytest.approx((4 - 0.8) / 2, rel=1e-12)


# --- combine ----------------------------------------------------------------------------------------------------------------


def test_the_vaccine_trials_by_reml_are_as_metafor_prints_them():
    # docs/reference/rma.uni.html and confint.rma.html of metafor
    fit = combine(*BCG, interval="wald", level=0.95)
    assert (fit.estimate, fit.std_error) == pytest.approx((-0.7145, 0.1798), abs=5.1e-5)
    assert (fit.conf_low, fit.conf_high) == pytest.approx((-1.0669, -0.3622), abs=5.1e-5)
    assert (fit.tau2_low, fit.tau2_high) == pytest.approx((0.1197, 1.1115), abs=5.1e-5)
    assert (100 * fit.i2, fit.h2) == pytest.approx((92.2214, 12.8558), abs=5.1e-5)
    assert fit.q_p < 1e-4


def test_the_vaccine_trials_by_dersimonian_and_laird_are_as_metafor_prints_them():
    # metafor test_misc_confint.r, back-transformed
    fit = combine(*BCG, method="dl", interval="wald", level=0.95)
    assert np.exp([fit.estimate, fit.conf_low, fit.conf_high]) == pytest.approx([0.4896, 0.3449, 0.6950], abs=5.1e-5)
    assert (100 * fit.i2, fit.h2) == pytest.approx((92.1173, 12.6861), abs=5.1e-5)


@pytest.mark.parametrize(
    ("method", "interval", "expected"),
    [  # Raudenbush (2009), table 16.3: estimate, standard error, interval
        ("reml", "wald", (0.084, 0.052, -0.018, 0.185)),
        ("dl", "wald", (0.089, 0.056, -0.020, 0.199)),
        ("reml", "hk", (0.084, 0.062, -0.046, 0.213)),
        ("dl", "hk", (0.089, 0.064, -0.044, 0.223)),
    ],
)
def test_teacher_expectancy_has_the_published_intervals(method, interval, expected):
    fit = combine(*EXPECTANCY, method=method, interval=interval, level=0.95)
    assert (fit.estimate, fit.std_error, fit.conf_low, fit.conf_high) == pytest.approx(expected, abs=5.1e-4)


@pytest.mark.parametrize(
    ("interval", "low", "high", "error"),
    [
        ("wald", -0.1158818414, 0.7751824324, 0.2273164917),
        ("hk", -0.2795391301, 0.9388397211, 0.2194134595),
        ("hk_modified", -0.3014814653, 0.9607820563, 0.2273164917),
    ],
)
def test_five_studies_have_the_intervals_of_metafor(metafor, interval, low, high, error):
    fit = combine(*FIVE, interval=interval, level=0.95)
    assert fit.estimate == pytest.approx(0.3296502955, abs=1e-10)
    assert (fit.std_error, fit.conf_low, fit.conf_high) == pytest.approx((error, low, high), abs=2e-10)


def test_five_studies_by_dersimonian_and_laird_have_ten_digits_of_metafor():
    fit = combine(*FIVE, method="dl", interval="wald", level=0.95)
    expected = (0.3292782347, 0.2255687036, -0.1128283004, 0.7713847698)
    assert (fit.estimate, fit.std_error, fit.conf_low, fit.conf_high) == pytest.approx(expected, abs=2e-10)


def test_five_studies_have_the_spread_of_metafor(metafor):
    fit = combine(*FIVE, interval="wald", level=0.95)
    assert (fit.q, fit.q_p) == pytest.approx((7.7485839265, 0.1012343546), abs=1e-8)
    assert (100 * fit.i2, fit.h2) == pytest.approx((49.1543936, 1.9667383), abs=1e-7)
    assert 100 * fit.weights == pytest.approx([17.33, 22.09, 19.41, 25.77, 15.40], abs=0.0051)
    assert fit.tau2_low == 0
    assert fit.tau2_high == pytest.approx(1.7590172285, abs=2e-4)  # R's root finder stops early


def test_the_prediction_interval_is_that_of_higgins_thompson_and_spiegelhalter(metafor):
    five, four = combine(*FIVE, level=0.95), combine(*FOUR, level=0.95)
    assert (five.pred_low, five.pred_high) == pytest.approx((-1.0083260122, 1.6676266032), abs=2e-10)
    assert four.tau2 == 0
    assert (four.pred_low, four.pred_high) == pytest.approx((-0.2169203525, 0.6412297448), abs=1e-8)


def test_the_modified_interval_is_never_narrower_than_the_normal_one():
    rng = np.random.default_rng(5)
    for _ in range(40):
        k = int(rng.integers(2, 12))
        v = rng.uniform(0.01, 1, k)
        y = rng.normal(0, np.sqrt(v + rng.choice([0, 0.3])))
        widths = {i: combine(y, v, interval=i) for i in ("wald", "hk", "hk_modified")}
        width = {i: f.conf_high - f.conf_low for i, f in widths.items()}
        assert width["hk_modified"] >= max(width["wald"], width["hk"]) - 1e-12


def test_equal_variances_make_hartung_and_knapps_interval_that_of_a_t_test():
    y = np.array([0.1, 0.9, 0.4, 1.7, 0.2])
    for variance in (0.01, 0.2, 9.0):  # with much spread, some, and none
        fit = combine(y, np.full(5, variance), interval="hk", level=0.9)
        low, high = stats.t.interval(0.9, 4, y.mean(), y.std(ddof=1) / np.sqrt(5))
        assert (fit.conf_low, fit.conf_high) == pytest.approx((low, high), rel=1e-12)


def test_the_order_and_the_unit_of_the_studies_do_not_matter():
    fit, turned = combine(*BCG), combine(10 * BCG[0][::-1], 100 * BCG[1][::-1])
    for name in ("estimate", "std_error", "conf_low", "pred_high"):
        assert getattr(turned, name) == pytest.approx(10 * getattr(fit, name), rel=1e-9)
    for name in ("tau2", "tau2_low", "tau2_high"):
        assert getattr(turned, name) == pytest.approx(100 * getattr(fit, name), rel=1e-9)
    assert turned.weights == pytest.approx(fit.weights[::-1])


def test_the_ends_of_tau2_are_where_q_meets_chi_squared():
    fit = combine(*BCG)
    y, v = BCG
    for end, tail in ((fit.tau2_low, 0.95), (fit.tau2_high, 0.05)):
        w = 1 / (v + end)
        assert (w * (y - (w @ y) / w.sum()) ** 2).sum() == pytest.approx(stats.chi2.ppf(tail, 12), rel=1e-10)


# --- edges ------------------------------------------------------------------------------------------------------------------


def test_identical_effects_have_no_spread_and_no_plain_hartung_knapp_interval():
    fit = combine([0.3] * 4, [0.1, 0.2, 0.3, 0.4])
    assert (fit.tau2, fit.tau2_low, fit.tau2_high, fit.i2) == (0, 0, 0, 0)
    assert fit.q == pytest.approx(0, abs=1e-20)
    assert fit.conf_high - fit.conf_low > combine([0.3] * 4, [0.1, 0.2, 0.3, 0.4], interval="wald").conf_high - 0.3
    with pytest.raises(ParameterError, match="do not differ at all"):
        combine([0.3] * 4, [0.1, 0.2, 0.3, 0.4], interval="hk")


def test_two_studies_have_a_mean_but_bound_no_new_study():
    fit = combine([0.0, 1.0], [0.1, 0.2])
    assert (fit.pred_low, fit.pred_high) == (-np.inf, np.inf)
    assert np.isfinite([fit.conf_low, fit.conf_high, fit.tau2_high]).all()


def test_one_study_may_outweigh_all_others():
    fit = combine([1.0, 3.0, 2.0], [1e-12, 1e6, 1e6])
    assert fit.estimate == pytest.approx(1.0, abs=1e-5)
    assert fit.weights[0] == pytest.approx(1.0, abs=1e-5)


FAULTS = {
    "one study": ([0.1], [0.2], "two estimates are needed for a spread between studies, got 1"),
    "none": ([], [], "two estimates are needed"),
    "lengths": ([0.1, 0.2], [0.2], "one length"),
    "missing effect": (
        [0.1, np.nan],
        [0.2, 0.2],
        "effects: every value must be a finite number, got nan at position 1",
    ),
    "infinite effect": ([np.inf, 0.1], [0.2, 0.2], "effects: every value"),
    "zero variance": (
        [0.1, 0.2],
        [0.2, 0.0],
        "variances: every value must be finite and above 0, got 0.0 at position 1",
    ),
    "negative variance": ([0.1, 0.2], [-0.2, 0.1], "above 0, got -0.2 at position 0"),
    "text": (["low", 0.1], [0.2, 0.1], "every value must be a number"),
    "beyond all scales": ([1e60, 0.1], [0.2, 0.1], "effects: every value must lie within 1e50"),
    "no variance to speak of": ([0.2, 0.1], [0.2, 1e-60], "variances: every value must lie between 1e-50 and 1e50"),
    "missing variance": ([0.1, 0.2], [np.nan, 0.1], "above 0, got nan"),
}


@pytest.mark.parametrize("function", [tau2, combine, leave_one_out, influence])
@pytest.mark.parametrize(("effects", "variances", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_estimates_that_make_no_sense_are_refused(function, effects, variances, said):
    with pytest.raises(ParameterError, match=said):
        function(effects, variances)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "ml"}, "method: got 'ml'"),
        ({"interval": "normal"}, "interval: got 'normal'"),
        ({"level": 95}, "level: must lie between 0 and 1, got 95"),
    ],
)
def test_words_and_levels_that_are_not_allowed_are_refused(options, said):
    with pytest.raises(ParameterError, match=said):
        combine(*BCG, **options)


def test_two_studies_cannot_be_left_out_in_turn():
    with pytest.raises(ParameterError, match="three estimates are needed to leave one out"):
        leave_one_out([0.0, 1.0], [0.1, 0.1])


# --- meta-regression --------------------------------------------------------------------------------------------------------


def moderators(*names):
    known = {"ablat": LATITUDE, "year": YEAR, **{a: [float(b == a) for b in ALLOCATION] for a in set(ALLOCATION)}}
    return pd.DataFrame({name: known[name] for name in names})


def test_meta_regression_on_latitude_and_year_is_as_metafor_prints_it(metafor):
    # docs/reference/rma.uni.html of metafor
    fit = meta_regression(*BCG, moderators("ablat", "year"), interval="wald", level=0.95)
    assert fit.table["term"].tolist() == ["intercept", "ablat", "year"]
    assert fit.table["estimate"].tolist() == pytest.approx([-3.5455, -0.0280, 0.0019], abs=5.1e-5)
    assert fit.table["std_error"].tolist() == pytest.approx([29.0959, 0.0102, 0.0147], abs=5.1e-5)
    assert fit.table["statistic"].tolist() == pytest.approx([-0.1219, -2.7371, 0.1299], abs=5.1e-5)
    assert fit.table["p"].tolist() == pytest.approx([0.9030, 0.0062, 0.8966], abs=5.1e-5)
    assert fit.table["conf_low"].tolist() == pytest.approx([-60.5724, -0.0481, -0.0269], abs=5.1e-5)
    assert (fit.tau2, 100 * fit.i2, fit.h2) == pytest.approx((0.1108, 71.98, 3.57), abs=5.1e-3)
    assert fit.tau2 == pytest.approx(0.1108, abs=5.1e-5)
    assert 100 * fit.r2 == pytest.approx(64.63, abs=5.1e-3)
    assert (fit.q, fit.q_p) == pytest.approx((28.3251, 0.0016), abs=5.1e-5)
    test = fit.joint()
    assert (test.statistic, test.df, test.p) == pytest.approx((12.2043, 2, 0.0022), abs=5.1e-5)


def test_residual_spread_has_metafors_profile_interval(metafor):
    # docs/reference/confint.rma.html of metafor
    fit = meta_regression(*BCG, moderators("ablat"), level=0.95)
    assert (fit.tau2, fit.tau2_low, fit.tau2_high) == pytest.approx(
        (0.0764, 0.0167, 0.7849), abs=1e-4
    )  # metafor stops early
    assert (100 * fit.i2, fit.h2) == pytest.approx((68.3931, 3.1639), abs=5.1e-5)


def test_knapp_and_hartungs_f_test_is_metafors():
    # metafor test_misc_anova.r: mods = ~ ablat + alloc, the two columns of allocation, without and with test="knha"
    design = moderators("ablat", "random", "systematic")
    wald = meta_regression(*BCG, design, interval="wald").joint(["random", "systematic"])
    assert (wald.statistic, wald.p) == pytest.approx((1.2850, 0.5260), abs=5.1e-5)
    hk = meta_regression(*BCG, design, interval="hk").joint(["random", "systematic"])
    assert (hk.statistic, hk.df, hk.df_residual, hk.p) == pytest.approx((0.6007, 2, 9, 0.5690), abs=5.1e-5)


def test_predicted_risk_ratios_are_metafors(metafor):
    # docs/reference/predict.rma.html of metafor, latitudes 10 and 60; its prediction interval takes the normal quantile
    fit = meta_regression(*BCG, moderators("ablat"), interval="wald", level=0.95)
    ahead = fit.predict(pd.DataFrame({"ablat": [10.0, 60.0]}))
    assert np.exp(ahead[["estimate", "conf_low", "conf_high"]].to_numpy()) == pytest.approx(
        np.array([[0.9612, 0.6668, 1.3857], [0.2243, 0.1423, 0.3538]]), abs=5.1e-5
    )
    half = (ahead["pred_high"] - ahead["estimate"]) / stats.t.ppf(0.975, 10) * stats.norm.ppf(0.975)
    assert np.exp(ahead["estimate"] + half).tolist() == pytest.approx([1.8478, 0.4552], abs=1.1e-4)


@pytest.mark.parametrize("names", [("ablat",), ("ablat", "year"), ("ablat", "random", "systematic")])
def test_residual_tau2_is_the_maximum_found_by_brute_force(names):
    design = moderators(*names)
    x = np.column_stack([np.ones(13), design.to_numpy() - design.to_numpy().mean(axis=0)])
    assert meta_regression(*BCG, design).tau2 == pytest.approx(brute_force(*BCG, x), abs=1e-9)


def test_a_moderator_free_regression_is_the_combination():
    fit, mean = meta_regression(*BCG, pd.DataFrame(index=range(13))), combine(*BCG)
    assert fit.table.loc[0, ["estimate", "std_error", "conf_low"]].tolist() == pytest.approx(
        [mean.estimate, mean.std_error, mean.conf_low]
    )
    assert (fit.tau2, fit.r2) == pytest.approx((mean.tau2, 0))


def test_cell_means_without_an_intercept_are_metafors(metafor):
    # docs/reference/rma.uni.html of metafor: mods = ~ factor(alloc) - 1
    fit = meta_regression(*BCG, moderators("alternate", "random", "systematic"), interval="wald", intercept=False)
    assert fit.table["estimate"].tolist() == pytest.approx([-0.5180, -0.9658, -0.4289], abs=5.1e-5)
    assert fit.table["std_error"].tolist() == pytest.approx([0.4412, 0.2672, 0.3449], abs=5.1e-5)
    assert (fit.tau2, fit.joint().statistic) == pytest.approx((0.3615, 15.9842), abs=5.1e-5)
    assert fit.r2 is None


REFUSED = {
    "collinear": (
        moderators("ablat").assign(twice=2 * LATITUDE + 1),
        "column 'twice' follows from the columns before it",
    ),
    "constant": (pd.DataFrame({"same": np.full(13, 3.0)}), "column 'same' follows"),
    "rows": (moderators("ablat").head(5), "5 rows for 13 estimates"),
    "text": (pd.DataFrame({"alloc": ALLOCATION}), "0/1 columns"),
    "missing": (moderators("ablat").replace(44.0, np.nan), "finite number"),
    "twice": (pd.concat([moderators("ablat"), moderators("ablat")], axis=1), "stands twice"),
}


@pytest.mark.parametrize(("design", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_designs_that_make_no_sense_are_refused(design, said):
    with pytest.raises(ParameterError, match=said):
        meta_regression(*BCG, design)


def test_too_few_studies_for_the_moderators_are_refused():
    with pytest.raises(ParameterError, match="2 coefficients need at least 4 estimates, got 3"):
        meta_regression(BCG[0][:3], BCG[1][:3], moderators("ablat").head(3))


def test_unknown_terms_and_columns_are_refused():
    fit = meta_regression(*BCG, moderators("ablat"))
    with pytest.raises(ParameterError, match="terms: got 'latitude'"):
        fit.joint(["latitude"])
    with pytest.raises(ParameterError, match="column 'ablat' of the fit is missing"):
        fit.predict(pd.DataFrame({"year": [1950]}))


# --- leaving studies out ----------------------------------------------------------------------------------------------------


def test_leaving_out_the_first_trial_is_metafors(metafor):
    # metafor test_misc_influence.r: leave1out(res)
    first = leave_one_out(*BCG, interval="wald", level=0.95).iloc[0]
    assert first[["estimate", "std_error", "conf_low", "conf_high", "q", "tau2", "h2"]].tolist() == pytest.approx(
        [-0.707083788031436, 0.189961024702717, -1.07940055491509, -0.334767021147788, 151.582572747109, 0.336156745300306,
         14.762184698253], rel=1e-11,
    )  # fmt: skip
    assert 100 * first["i2"] == pytest.approx(93.2259349111223, rel=1e-11)


def test_leaving_out_every_trial_is_as_metafor_prints_it():
    # docs/reference/leave1out.html of metafor
    table = leave_one_out(*BCG, interval="wald", level=0.95)
    assert table["estimate"].tolist() == pytest.approx(
        [
            -0.7071,
            -0.6540,
            -0.6856,
            -0.6284,
            -0.7642,
            -0.7109,
            -0.6552,
            -0.7948,
            -0.7412,
            -0.6530,
            -0.7579,
            -0.7598,
            -0.7775,
        ],
        abs=5.1e-5,
    )
    assert table["tau2"].tolist() == pytest.approx(
        [0.3362, 0.2926, 0.3207, 0.2628, 0.3278, 0.3596, 0.2930, 0.2732, 0.3495, 0.2987, 0.3405, 0.3082, 0.3037],
        abs=5.1e-5,
    )


def test_influence_of_the_first_trial_is_metafors(metafor):
    # metafor test_misc_influence.r: influence(res)
    first = influence(*BCG).iloc[0]
    expected = {"rstudent": -0.218142474344442, "dffits": -0.0407075604868486, "cook_d": 0.00171654236729195,
                "cov_ratio": 1.11644891104804, "tau2_deleted": 0.336156745300306, "q_deleted": 151.582572747109,
                "hat": 0.0505948307931551, "weight": 0.0505948307931551}  # fmt: skip
    assert first.to_dict() == pytest.approx(expected, abs=1e-12)


def test_influence_in_a_regression_is_as_metafor_prints_it(metafor):
    # docs/reference/influence.rma.uni.html of metafor: mods = ~ ablat + year
    table = influence(*BCG, moderators("ablat", "year"))
    assert table["rstudent"].tolist() == pytest.approx(
        [0.2978, -0.4303, -0.5100, -1.4032, -0.1490, 1.0551, -2.5961, 0.4793, 0.2027, -0.9872, -0.1197, 1.4677, 2.1302],
        abs=5.1e-5,
    )
    assert table["dffits"].tolist() == pytest.approx(
        [0.1785, -0.2368, -0.1094, -2.9415, -0.0263, 0.8926, -0.6815, 0.3703, 0.1305, -0.3870, -0.0030, 0.2171, 0.8150],
        abs=5.1e-5,
    )
    assert table["cook_d"].tolist() == pytest.approx(
        [0.034763870, 0.061956371, 0.012503192, 7.317914073, 0.003236974, 0.720524896, 0.417263935, 0.189852980, 0.023722929,
         0.146959602, 0.005232795, 0.046915399, 0.499370065], abs=1e-8,
    )  # fmt: skip
    assert table["cov_ratio"].tolist() == pytest.approx(
        [1.8003, 1.9207, 1.2348, 3.5225, 2.6341, 1.3621, 0.2379, 2.9984, 2.2071, 1.0702, 2.8336, 0.9274, 0.2178],
        abs=5.1e-5,
    )
    assert table["hat"].tolist() == pytest.approx(
        [0.17250070, 0.23668273, 0.04870101, 0.80821407, 0.24826116, 0.40606407, 0.07657599, 0.36274386, 0.10304034,
         0.13102564, 0.22140605, 0.02353859, 0.16124580], abs=1e-7,
    )  # fmt: skip


def test_a_study_the_model_cannot_do_without_is_shown_as_missing():
    only = pd.DataFrame({"only": [1.0] + [0.0] * 12})
    table = influence(*BCG, only)
    assert table.iloc[0, :6].isna().all()
    assert table.iloc[1:].notna().all(axis=None)
    assert table.loc[0, "hat"] == pytest.approx(1)
