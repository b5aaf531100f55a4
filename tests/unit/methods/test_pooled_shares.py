"""Pooled shares against metafor's printed output, a published table, and the likelihood integrated by brute force."""

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.pooled_shares import pool_shares

# Hyperdynamic therapy: Zhou, Brizendine and Pritz (1999), Statistics in Medicine 18(5), metadat's dat.pritz1997.
THERAPY = (
    [16, 10, 4, 43, 10, 25, 13, 12, 22, 4, 5, 18, 58, 6],
    [17, 12, 8, 58, 10, 42, 14, 12, 41, 5, 6, 23, 68, 10],
)
# Catheter infections: Niel-Weise et al. (2007), metadat's dat.nielweise2007: standard catheters, then coated ones.
STANDARD = (
    [3, 3, 9, 7, 6, 4, 3, 2, 19, 2, 7, 1, 5, 11, 0, 1, 3, 1],
    [117, 35, 195, 136, 157, 139, 177, 39, 103, 122, 64, 58, 175, 180, 105, 262, 362, 69],
)
COATED = (
    [0, 1, 2, 0, 5, 1, 1, 1, 1, 1, 0, 0, 3, 6, 0, 0, 1, 4],
    [116, 44, 208, 130, 151, 98, 174, 74, 97, 113, 66, 70, 188, 187, 118, 252, 345, 64],
)


def log_likelihood(mean, tau, counts, totals):
    """One integral a study by scipy's adaptive quadrature, over the standard normal."""
    value = 0.0
    for x, n in zip(counts, totals, strict=True):
        grid = np.linspace(-9, 9, 1801)
        logs = x * (mean + tau * grid) - n * np.logaddexp(0, mean + tau * grid) - grid**2 / 2
        shift, peak = float(logs.max()), float(grid[int(np.argmax(logs))])

        def integrand(z, x=x, n=n, shift=shift):
            eta = mean + tau * z
            return np.exp(x * eta - n * np.logaddexp(0, eta) - z * z / 2 - shift) / np.sqrt(2 * np.pi)

        area = sum(
            integrate.quad(integrand, *ends, epsabs=1e-14, epsrel=1e-12)[0] for ends in ((-12, peak), (peak, 12))
        )
        value += np.log(area) + shift
    return value


@pytest.mark.parametrize(
    ("method", "expected", "normal_prediction"),
    [  # dat.pritz1997 in metadat's documentation: predict(res, transf=transf.ilogit) of rma (PLO) and rma.glmm (PLO)
        ("logit", (0.7575, 0.6605, 0.8337), (0.4661, 0.9179)),
        ("glmm", (0.7984, 0.6924, 0.8746), (0.4426, 0.9518)),
    ],
)
def test_hyperdynamic_therapy_is_as_metafor_prints_it(method, expected, normal_prediction):
    fit = pool_shares(*THERAPY, method=method, interval="wald", level=0.95)
    assert (fit.share, fit.conf_low, fit.conf_high) == pytest.approx(expected, abs=6e-5)
    half = stats.norm.ppf(0.975) * np.sqrt(fit.tau2 + fit.std_error**2)
    assert special.expit([fit.logit - half, fit.logit + half]) == pytest.approx(normal_prediction, abs=6e-5)
    wider = stats.t.ppf(0.975, 12) / stats.norm.ppf(0.975)
    assert special.logit(fit.pred_high) == pytest.approx(fit.logit + wider * half)
    assert (fit.n_obs, fit.total) == (14, 326)


@pytest.mark.parametrize(
    ("data", "method", "logit", "error", "spread", "digits", "share"),
    [  # Stijnen, Hamza and Ozdemir (2010), table II, and metafor test_analysis_example_stijnen2010.r
        (STANDARD, "logit", -3.30, 0.24, 0.663, 3, (0.036, 0.023, 0.055)),
        (COATED, "logit", -4.26, 0.26, 0.393, 3, (0.014, 0.008, 0.023)),
        (STANDARD, "glmm", -3.50, 0.26, 0.81, 2, (0.029, 0.018, 0.048)),
        (COATED, "glmm", -4.81, 0.36, 0.83, 2, (0.008, 0.004, 0.016)),
    ],
)
def test_catheter_infections_have_the_published_estimates(data, method, logit, error, spread, digits, share):
    fit = pool_shares(*data, method=method, interval="wald", level=0.95)
    assert (fit.logit, fit.std_error) == pytest.approx((logit, error), abs=5.1e-3)
    assert fit.tau2 == pytest.approx(spread, abs=0.51 * 10.0**-digits)
    assert (fit.share, fit.conf_low, fit.conf_high) == pytest.approx(share, abs=5.1e-4)


@pytest.mark.parametrize("data", [THERAPY, STANDARD, COATED])
def test_the_binomial_model_is_where_the_slope_of_the_integrated_likelihood_is_0(data):
    fit = pool_shares(*data)
    tau, h = np.sqrt(fit.tau2), 1e-4
    at = {(i, j): log_likelihood(fit.logit + i * h, tau + j * h, *data) for i in (-1, 0, 1) for j in (-1, 0, 1)}
    curve = np.array([
        [at[1, 0] - 2 * at[0, 0] + at[-1, 0], (at[1, 1] - at[1, -1] - at[-1, 1] + at[-1, -1]) / 4],
        [0, at[0, 1] - 2 * at[0, 0] + at[0, -1]],
    ]) / h**2  # fmt: skip
    curve[1, 0] = curve[0, 1]
    slope = np.array([at[1, 0] - at[-1, 0], at[0, 1] - at[0, -1]]) / (2 * h)
    # One Newton step on the brute-force likelihood moves neither mean nor tau; its curvature gives the standard error.
    assert np.linalg.solve(curve, slope) == pytest.approx([0, 0], abs=1e-6)
    assert fit.std_error == pytest.approx(np.sqrt(np.linalg.inv(-curve)[0, 0]), rel=1e-4)


def test_the_binomial_model_is_the_maximum_found_by_brute_force():
    few = ([3, 8, 1, 9], [20, 25, 30, 22])
    found = optimize.minimize(
        lambda p: -log_likelihood(p[0], p[1], *few),
        [-1.0, 0.5],
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-13},
    )
    fit = pool_shares(*few)
    assert (fit.logit, np.sqrt(fit.tau2)) == pytest.approx((found.x[0], abs(found.x[1])), abs=1e-6)


def test_shares_that_agree_are_one_binomial_share():
    fit = pool_shares([30, 60, 45], [100, 200, 150], interval="wald", level=0.9)
    assert fit.tau2 == 0
    assert (fit.share, fit.mean_share) == pytest.approx((0.3, 0.3))
    assert fit.std_error == pytest.approx((450 * 0.3 * 0.7) ** -0.5)


def test_a_step_across_no_spread_does_not_lead_astray():
    # The second start's first step changes the sign of tau here.
    fit = pool_shares([72, 73, 29, 15, 132, 100, 72, 19], [214, 198, 62, 43, 299, 283, 218, 46])
    assert (fit.logit, np.sqrt(fit.tau2)) == pytest.approx((-0.507764888565, 0.122159039264), abs=1e-9)


def test_large_studies_make_both_methods_agree():
    rng = np.random.default_rng(8)
    totals = np.full(12, 20000)
    counts = rng.binomial(totals, special.expit(rng.normal(-0.4, 0.6, 12)))
    logits = special.logit(counts / totals)
    glmm = pool_shares(counts, totals)
    assert glmm.logit == pytest.approx(pool_shares(counts, totals, method="logit").logit, abs=1e-3)
    assert glmm.tau2 == pytest.approx(logits.var(), rel=0.01)  # maximum likelihood divides by k


def test_counting_the_other_answer_mirrors_the_result():
    x, n = map(np.array, THERAPY)
    for method in ("glmm", "logit"):
        yes, no = pool_shares(x, n, method=method), pool_shares(n - x, n, method=method)
        assert (no.share, no.conf_low, no.pred_high) == pytest.approx(
            (1 - yes.share, 1 - yes.conf_high, 1 - yes.pred_low), rel=1e-7
        )
        assert no.mean_share == pytest.approx(1 - yes.mean_share, rel=1e-7)


def test_the_mean_share_is_nearer_to_one_half_than_the_typical_one():
    fit = pool_shares(*STANDARD)
    assert fit.share < fit.mean_share < 0.5
    drawn = special.expit(fit.logit + np.sqrt(fit.tau2) * stats.norm.ppf((np.arange(200000) + 0.5) / 200000))
    assert fit.mean_share == pytest.approx(drawn.mean(), rel=1e-4)


def test_studies_without_events_take_part():
    fit = pool_shares([0, 0, 4, 12], [40, 10, 50, 60])
    assert 0 < fit.conf_low < fit.share < fit.conf_high < 1
    assert fit.tau2 > 0


def test_the_t_interval_is_wider_than_the_normal_one():
    for method in ("glmm", "logit"):
        t, z = pool_shares(*THERAPY, method=method), pool_shares(*THERAPY, method=method, interval="wald")
        assert t.conf_low < z.conf_low < z.conf_high < t.conf_high


def test_two_studies_bound_no_new_one():
    fit = pool_shares([3, 9], [20, 20])
    assert (fit.pred_low, fit.pred_high) == (0, 1)


FAULTS = {
    "one study": ([3], [10], "two studies are needed"),
    "no events": ([0, 0], [10, 12], "no answer is counted in any study"),
    "all events": ([10, 12], [10, 12], "every answer is counted"),
    "more than all": ([11, 2], [10, 12], "got 11 of 10 at position 0"),
    "negative": ([3, -2], [10, 12], "between 0 and the total"),
    "empty study": ([3, 0], [10, 0], "between 0 and the total, got 0 of 0"),
    "fraction": ([3.5, 2], [10, 12], "whole numbers"),
    "missing": ([3, np.nan], [10, 12], "whole numbers"),
    "lengths": ([3, 2], [10], "one length"),
    "text": (["three", 2], [10, 12], "must be a number"),
}


@pytest.mark.parametrize(("counts", "totals", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_counts_that_make_no_sense_are_refused(counts, totals, said):
    with pytest.raises(ParameterError, match=said):
        pool_shares(counts, totals)


@pytest.mark.parametrize(
    ("counts", "totals"),
    [
        ([0, 100, 0, 100], [100] * 4),
        ([0, 10**6], [10**6] * 2),
        ([0, 48, 0], [13, 50, 14]),
        ([57, 9, 21, 0, 47], [57, 9, 35, 15, 47]),
    ],
)
def test_shares_near_0_beside_shares_near_1_have_no_spread_to_speak_of(counts, totals):
    with pytest.raises(ParameterError, match="spread cannot be estimated"):
        pool_shares(counts, totals)
    assert pool_shares(counts, totals, method="logit").tau2 > 0


@pytest.mark.parametrize("options", [{"method": "freeman"}, {"interval": "hk"}, {"level": 0}])
def test_words_and_levels_that_are_not_allowed_are_refused(options):
    with pytest.raises(ParameterError):
        pool_shares(*THERAPY, **options)


def test_a_climb_that_begins_on_its_summit_ends_there():
    """The step is exactly 0 here; the likelihood is compared with a grid of both parameters."""
    counts, totals = np.array([2, 0, 8]), np.array([224, 42, 249])
    fit = pool_shares(counts, totals)
    z, w = np.polynomial.hermite_e.hermegauss(60)

    def likelihood(logit, tau):
        shares = special.expit(logit + tau * z[:, None])
        return np.log((w[:, None] * stats.binom.pmf(counts, totals, shares)).sum(axis=0) / w.sum()).sum()

    best = likelihood(fit.logit, np.sqrt(fit.tau2))
    grid = [likelihood(a, b) for a in np.linspace(-6, -2, 41) for b in np.linspace(0.0, 2.5, 26)]
    assert best >= max(grid) - 1e-6
