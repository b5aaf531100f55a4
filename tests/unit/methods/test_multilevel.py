"""The three-level model and CR2 against metafor and clubSandwich, brute force, and what the formulas promise."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.meta import tau2
from lpo_analysis.methods.multilevel import cluster_robust, three_level

# Modified school calendars: Konstantopoulos (2011), Research Synthesis Methods 2(1), metadat's dat.konstantopoulos2011;
# district: effect/variance of its schools.
CALENDARS = """
11 -.18/.118 -.22/.118 .23/.144 -.30/.144
12 .13/.014 -.26/.014 .19/.015 .32/.024
18 .45/.023 .38/.043 .29/.012
27 .16/.020 .65/.004 .36/.004 .60/.007
56 .08/.019 .04/.007 .19/.005 -.06/.004
58 -.18/.020 0/.018 0/.019 -.28/.022 -.04/.020 -.30/.021 .07/.006 0/.007 .05/.007 -.08/.007 -.09/.007
71 .30/.015 .98/.011 1.19/.010
86 -.07/.001 -.05/.001 -.01/.001 .02/.001 -.03/.001 0/.001 .01/.001 -.10/.001
91 .50/.010 .66/.011 .20/.010 0/.009 .05/.013 .07/.013
108 -.52/.031 .70/.031 -.03/.030 .27/.030 -.34/.030
644 .12/.087 .61/.082 .04/.067 -.05/.067
"""
LINES = [line.split() for line in CALENDARS.strip().splitlines()]
DISTRICT = np.array([line[0] for line in LINES for _ in line[1:]])
EFFECTS, VARIANCES = np.array([pair.split("/") for line in LINES for pair in line[1:]], dtype=float).T
SCHOOLS = (EFFECTS, VARIANCES, DISTRICT)

# School-based writing to learn: Bangert-Drowns et al. (2004), metadat's dat.bangertdrowns2004: d, n, length in weeks.
WRITING = """
.66 60 15 -.77 34 10 -.21 95 2 -.04 209 9 .23 182 14 .03 462 1 .27 38 4 .06 542 15 .06 99 4 .12 77 9 .79 40 15 .00 190 15
.52 113 8 .55 50 4 .20 47 14 .20 44 15 -.17 24 4 .42 78 10 .61 46 10 .52 64 3 .59 57 24 .55 68 19 .09 40 4 .37 68 12
-.01 48 1 -.13 107 1 .18 58 1 .27 225 1 -.02 446 14 .33 77 20 .59 243 10 .86 39 7 -.32 67 11 .12 91 NA 1.15 36 NA
-.12 177 1 -.46 20 6 -.07 120 15 .74 16 15 .49 105 2 .20 195 4 .59 62 24 .15 289 11 .65 25 15 .04 250 8 1.48 51 15
.04 46 15 .25 56 15
"""


def writing():
    """Effects and variances rounded as in metadat's data-raw/dat.bangertdrowns2004.r."""
    cells = np.array([np.nan if cell == "NA" else float(cell) for cell in WRITING.split()]).reshape(-1, 3)
    d, n, length = cells.T
    y = np.round((1 - 3 / (4 * n - 9)) * d, 2)
    return y, np.round((8 + y**2) / (2 * n), 3), length


def restricted_likelihood(theta, y, v, codes, x):
    total = np.diag(v + theta[1]) + theta[0] * (codes[:, None] == codes[None, :])
    inverse = np.linalg.inv(total)
    xx = x.T @ inverse @ x
    r = y - x @ np.linalg.solve(xx, x.T @ inverse @ y)
    constant = np.linalg.slogdet(x.T @ x)[1] - (len(y) - x.shape[1]) * np.log(2 * np.pi)
    return 0.5 * (constant - np.linalg.slogdet(total)[1] - np.linalg.slogdet(xx)[1] - r @ inverse @ r)


def brute_force(y, v, codes, x):
    """Nelder and Mead from four corners, then the root of the likelihood's slope by central differences."""
    starts = [(0.01, 0.01), (0.2, 0.01), (0.01, 0.2), (0.2, 0.2)]
    found = [
        optimize.minimize(
            lambda root: -restricted_likelihood(root**2, y, v, codes, x), np.sqrt(start), method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 4000},
        )
        for start in starts
    ]  # fmt: skip
    return min(found, key=lambda one: one.fun).x ** 2


def test_the_school_calendars_are_as_metafor_prints_them():
    # metafor test_analysis_example_konstantopoulos2011.r: random = ~ 1 | district/study
    fit = three_level(*SCHOOLS, level=0.95)
    assert (fit.between, fit.within) == pytest.approx((0.06506194, 0.03273652), abs=1e-7)
    row = fit.table.iloc[0]
    assert row["estimate"] == pytest.approx(0.1847132, abs=5.1e-8)
    assert row["std_error"] == pytest.approx(0.08455592, abs=1e-7)
    # docs/reference/robust.html of metafor
    assert row[["statistic", "p", "conf_low", "conf_high"]].tolist() == pytest.approx(
        [2.1845, 0.0289, 0.0190, 0.3504], abs=5.1e-5
    )
    assert fit.q == pytest.approx(578.8640, abs=5.1e-5)
    assert fit.log_likelihood == pytest.approx(-7.9587, abs=5.1e-5)
    assert fit.intraclass == pytest.approx(0.6653, abs=5.1e-5)
    assert (fit.n_obs, fit.n_clusters) == (56, 11)


def test_the_school_calendars_have_clubsandwichs_robust_test():
    # docs/reference/robust.html of metafor: robust(res, cluster=district, clubSandwich=TRUE)
    row = three_level(*SCHOOLS, level=0.95).robust.iloc[0]
    assert row[["estimate", "std_error", "statistic", "p"]].tolist() == pytest.approx(
        [0.1847, 0.0845, 2.1870, 0.0540], abs=5.1e-5
    )
    assert row["df"] == pytest.approx(9.86, abs=5.1e-3)
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx([-0.0038, 0.3733], abs=5.1e-5)


def test_the_variances_have_metafors_profile_intervals():
    # docs/reference/confint.rma.html of metafor
    table = three_level(*SCHOOLS, level=0.95).components().set_index("component")
    assert table.loc["between", ["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx(
        [0.0651, 0.0222, 0.2072], abs=5.1e-5
    )
    assert table.loc["within", ["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx(
        [0.0327, 0.0163, 0.0628], abs=5.1e-5
    )


def test_cr2_of_writing_to_learn_is_clubsandwichs():
    # docs/reference/robust.html of metafor: rma(yi, vi), then robust(res, cluster=id, clubSandwich=TRUE)
    y, v, _ = writing()
    spread = tau2(y, v)
    assert spread == pytest.approx(0.0499, abs=5.1e-5)
    row = cluster_robust(y, v + spread, np.arange(48), level=0.95).iloc[0]
    assert row[["estimate", "std_error", "statistic", "conf_low", "conf_high"]].tolist() == pytest.approx(
        [0.2219, 0.0460, 4.8280, 0.1291, 0.3148], abs=5.1e-5
    )
    assert row["df"] == pytest.approx(41.04, abs=5.1e-3)


def test_cr2_with_a_moderator_is_clubsandwichs():
    # docs/reference/robust.html of metafor: mods = ~ length, two studies without it left out
    from lpo_analysis.methods.meta import meta_regression

    y, v, length = writing()
    kept = np.isfinite(length)
    design = pd.DataFrame({"length": length[kept]})
    spread = meta_regression(y[kept], v[kept], design).tau2
    assert spread == pytest.approx(0.0441, abs=5.1e-5)
    table = cluster_robust(y[kept], v[kept] + spread, np.arange(46), design, level=0.95)
    assert table["std_error"].tolist() == pytest.approx([0.0655, 0.0059], abs=5.1e-5)
    assert table["statistic"].tolist() == pytest.approx([1.0560, 2.5290], abs=5.1e-5)
    assert table["df"].tolist() == pytest.approx([16.51, 19.16], abs=5.1e-3)
    assert table["p"].tolist() == pytest.approx([0.3062, 0.0204], abs=5.1e-5)


def cases():
    codes = pd.factorize(DISTRICT)[0]
    yield EFFECTS, VARIANCES, codes, np.ones((56, 1))
    size = np.bincount(codes)[codes].astype(float)
    yield EFFECTS, VARIANCES, codes, np.column_stack([np.ones(56), size])
    rng = np.random.default_rng(3)
    for clusters in (3, 8, 20):
        codes = np.repeat(np.arange(clusters), rng.integers(1, 6, clusters) + (np.arange(clusters) == 0))
        v = rng.uniform(0.02, 0.2, len(codes))
        y = rng.normal(0, 0.5, clusters)[codes] + rng.normal(0, np.sqrt(v + 0.05))
        yield y, v, codes, np.ones((len(codes), 1))


@pytest.mark.parametrize("case", range(5))
def test_both_variances_maximise_the_restricted_likelihood(case):
    y, v, codes, x = list(cases())[case]
    design = pd.DataFrame(x[:, 1:], columns=[f"x{j}" for j in range(x.shape[1] - 1)])
    fit, expected = three_level(y, v, codes, design), brute_force(y, v, codes, x)
    reached = restricted_likelihood((fit.between, fit.within), y, v, codes, x)
    assert fit.log_likelihood == pytest.approx(reached, abs=1e-9)
    assert reached >= restricted_likelihood(expected, y, v, codes, x) - 1e-10
    assert (fit.between, fit.within) == pytest.approx(tuple(expected), abs=2e-6)
    step = 1e-5 * np.eye(2)
    for j, value in enumerate((fit.between, fit.within)):
        if value > 1e-4:  # inside: the slope is 0 there
            here = np.array([fit.between, fit.within])
            slope = restricted_likelihood(here + step[j], y, v, codes, x) - restricted_likelihood(
                here - step[j], y, v, codes, x
            )
            assert slope / 2e-5 == pytest.approx(0, abs=1e-3)


def test_without_spread_the_model_is_the_common_effect():
    v = np.array([0.1, 0.2, 0.3, 0.1, 0.2])
    fit = three_level([0.1, 0.2, 0.1, 0.1, 0.0], v, ["a", "a", "b", "b", "c"])
    assert (fit.between, fit.within, fit.intraclass) == (0, 0, None)
    assert fit.table.loc[0, "std_error"] == pytest.approx((1 / v).sum() ** -0.5)


def test_cr2_is_unbiased_when_the_working_model_holds():
    """Pustejovsky and Tipton (2018), theorem 1: its expectation over all residuals is then the model's own variance."""
    rng = np.random.default_rng(11)
    codes = np.repeat(np.arange(6), [1, 2, 3, 4, 5, 2])
    x = pd.DataFrame({"x": rng.normal(size=17)})
    v = rng.uniform(0.5, 2.0, 17)
    ones = np.column_stack([np.ones(17), x["x"]])
    bread = np.linalg.inv(ones.T @ (ones / v[:, None]))
    # The variance is a quadratic form in y: its expectation is the sum over orthogonal directions of the covariance.
    total = np.zeros(2)
    for i in range(17):
        y = np.zeros(17)
        y[i] = np.sqrt(v[i])
        total += cluster_robust(y, v, codes, x)["std_error"].to_numpy() ** 2
    assert total == pytest.approx(np.diag(bread), rel=1e-9)


def test_a_balanced_mean_has_the_degrees_of_freedom_of_a_t_test_over_clusters():
    y = np.array([0.1, 0.3, 0.9, 1.1, 0.2, 0.5, 1.4, 1.0])
    table = cluster_robust(y, np.full(8, 0.3), np.repeat(np.arange(4), 2), level=0.9)
    means = y.reshape(4, 2).mean(axis=1)
    assert table.loc[0, "df"] == pytest.approx(3)
    assert table.loc[0, "std_error"] == pytest.approx(means.std(ddof=1) / 2)
    assert table.loc[0, "conf_high"] == pytest.approx(means.mean() + stats.t.ppf(0.95, 3) * means.std(ddof=1) / 2)


def test_order_and_labels_of_the_clusters_do_not_matter():
    fit, turned = three_level(*SCHOOLS), three_level(EFFECTS[::-1], VARIANCES[::-1], [f"d{d}" for d in DISTRICT[::-1]])
    assert (turned.between, turned.within) == pytest.approx((fit.between, fit.within), rel=1e-8)
    pd.testing.assert_frame_equal(turned.robust, fit.robust, rtol=1e-7)


FOUR = ([0.1, 0.2, 0.5, 0.4], [0.1, 0.1, 0.1, 0.1])
FAULTS = {
    "one cluster": ((*FOUR, ["a"] * 4), {}, "all estimates belong to 'a'"),
    "singletons": ((*FOUR, list("abcd")), {}, "no cluster has two estimates"),
    "labels": ((*FOUR, list("abc")), {}, "3 labels for 4 estimates"),
    "missing label": ((*FOUR, ["a", None, "b", "b"]), {}, "label 1 is missing"),
    "one estimate": (([0.1], [0.1], ["a"]), {}, "two estimates are needed"),
    "missing effect": (([0.1, np.nan, 0.2], [0.1] * 3, list("aab")), {}, "finite number, got nan"),
    "negative variance": (([0.1, 0.3, 0.2], [0.1, -0.1, 0.1], list("aab")), {}, "above 0, got -0.1"),
    "too few": (
        (*FOUR, list("aabb")),
        {"design": pd.DataFrame({"x": [1.0, 2, 3, 5], "z": [1.0, 0, 0, 3]})},
        "need at least 5",
    ),
    "cluster dummies": (
        (*FOUR, list("aabb")),
        {"design": pd.DataFrame({"b": [0.0, 0, 1, 1]})},
        "account for every difference",
    ),
    "identical": (([0.3] * 4, FOUR[1], list("aabb")), {}, "do not differ from their fit"),
    "level": ((*FOUR, list("aabb")), {"level": 1.5}, "level"),
}


@pytest.mark.parametrize(("given", "options", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_what_cannot_be_nested_is_refused(given, options, said):
    with pytest.raises(ParameterError, match=said):
        three_level(*given, **options)


def test_a_coefficient_that_rests_on_one_cluster_is_refused():
    design = pd.DataFrame({"only": [1.0, 1, 0, 0, 0, 0]})
    with pytest.raises(ParameterError, match="'only' rests on one cluster, which cannot show its own error"):
        cluster_robust([0.1, 0.4, 0.2, 0.3, 0.9, 0.6], [0.1] * 6, list("aabbcc"), design)
