"""Logit, its marginal effects and its guards, against printed values.

Data: Spector, L. C. and Mazzeo, M. (1980). Probit analysis and economic education. Journal of Economic Education 11(2), 37-44; the
32 rows as in Greene, W. H., Econometric Analysis, 5th ed. (2003), table F21.1.

Printed values: coefficients of Greene's table 21.1 (four decimals); Stata 11 `logit` and `margins, dydx(*)` and
`glm, family(binomial) vce(robust)` on the same data, as printed in the tests of statsmodels 0.14 (discrete/tests/results/
results_discrete.py and results_glm_logit_constrained.py). Tolerances: half of the last printed digit, or 1e-6 where Stata's own
convergence is the limit.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.logit import events_per_term, fit_logit, separated

GPA = [2.66, 2.89, 3.28, 2.92, 4.0, 2.86, 2.76, 2.87, 3.03, 3.92, 2.63, 3.32, 3.57, 3.26, 3.53, 2.74,
       2.75, 2.83, 3.12, 3.16, 2.06, 3.62, 2.89, 3.51, 3.54, 2.83, 3.39, 2.67, 3.65, 4.0, 3.1, 2.39]  # fmt: skip
TUCE = [20, 22, 24, 12, 21, 17, 17, 21, 25, 29, 20, 23, 23, 25, 26, 19,
        25, 19, 23, 25, 22, 28, 14, 26, 24, 27, 17, 24, 21, 23, 21, 19]  # fmt: skip
PSI = [0] * 18 + [1] * 14
GRADE = [0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1]
SPECTOR = pd.DataFrame({"gpa": GPA, "tuce": TUCE, "psi": PSI}, dtype=float)


def spector(**options):
    return fit_logit(GRADE, SPECTOR, **options)


def test_coefficients_are_those_of_greene():
    table = spector(errors="model").coefficients().set_index("term")
    assert table["estimate"].to_dict() == pytest.approx(
        {"constant": -13.0213, "gpa": 2.8261, "tuce": 0.0952, "psi": 2.3787}, abs=5e-5
    )


def test_model_errors_and_limits_are_those_of_stata():
    table = spector(errors="model").coefficients(0.95).set_index("term")
    assert table["std_error"].tolist() == pytest.approx(
        [4.931323890811, 1.2629410221647, 0.141554201358, 1.0645642078703], rel=1e-5
    )
    assert table.loc["gpa", ["conf_low", "conf_high"]].tolist() == pytest.approx([0.3507938, 5.301432], abs=2e-5)


def test_robust_errors_are_those_of_stata_but_for_the_small_sample_factor():
    # Stata scales the sandwich by n / (n - 1), here by n / (n - k).
    printed = np.array([5.2807513766642, 1.287827879216, 0.1198091371814, 0.97985082470462])
    found = spector().coefficients().set_index("term")["std_error"].to_numpy()
    assert found == pytest.approx(printed * np.sqrt(31 / 28), rel=1e-5)


def test_marginal_effects_of_derivatives_are_those_of_stata():
    fit = fit_logit(GRADE, SPECTOR[["gpa", "tuce", "psi"]].assign(psi=SPECTOR["psi"] * 2), errors="model")
    table = fit.effects().set_index("term")
    # Coded 0 and 2, psi is no 0/1 term: its derivative is half of that of the 0/1 coding.
    assert table["estimate"].tolist() == pytest.approx([0.36258084688, 0.01220841099, 0.30517768382 / 2], abs=1e-6)
    assert table["std_error"].tolist() == pytest.approx([0.1094412, 0.0177942, 0.0923796 / 2], abs=1e-6)


def test_marginal_effects_of_a_0_1_term_are_the_differences_of_stata():
    table = spector(errors="model").effects().set_index("term")
    assert table["estimate"].tolist() == pytest.approx([0.36258084688, 0.01220841099, 0.35751515255], abs=1e-6)
    assert table["std_error"].tolist() == pytest.approx([0.1094412, 0.0177942, 0.1420034], abs=1e-6)


def clustered_data(seed=7, n=300, groups=25):
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, groups, n)
    size = rng.choice(["large", "midsize", "small"], n)
    x = pd.DataFrame({"large": size == "large", "midsize": size == "midsize", "z": rng.normal(size=n)}, dtype=float)
    effect = rng.normal(0, 0.7, groups)[cluster]
    eta = -0.4 + 0.9 * x["large"] + 0.3 * x["midsize"] + 0.5 * x["z"] + effect
    return (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int), x, cluster, rng.uniform(0.3, 3, n)


def sandwich(y, x, w, cluster, b):
    """Bread, meat and scale written out."""
    design = np.column_stack([np.ones(len(y)), x.to_numpy()])
    p = 1 / (1 + np.exp(-design @ b))
    bread = np.linalg.inv(sum(w[i] * p[i] * (1 - p[i]) * np.outer(design[i], design[i]) for i in range(len(y))))
    scores = {g: sum(w[i] * (y[i] - p[i]) * design[i] for i in np.flatnonzero(cluster == g)) for g in set(cluster)}
    meat = sum(np.outer(s, s) for s in scores.values())
    groups, n, k = len(scores), *design.shape
    return groups / (groups - 1) * (n - 1) / (n - k) * bread @ meat @ bread


@pytest.mark.parametrize("weighted", [False, True])
def test_clustered_errors_are_those_of_a_sandwich_written_out(weighted):
    y, x, cluster, w = clustered_data()
    w = w if weighted else np.ones(len(y))
    fit = fit_logit(y, x, clusters=cluster, weights=w)
    assert fit.covariance == pytest.approx(sandwich(y, x, w / w.mean(), cluster, fit.params), rel=1e-6)
    assert (fit.n_clusters, fit.df) == (25, 24)
    table = fit.coefficients(0.9)
    half = (table["conf_high"] - table["conf_low"]) / 2
    assert (half / table["std_error"]).tolist() == pytest.approx([stats.t.ppf(0.95, 24)] * 4)


def test_the_weighted_score_is_zero_at_the_estimate():
    y, x, _, w = clustered_data()
    fit = fit_logit(y, x, weights=w)
    p = 1 / (1 + np.exp(-fit.design @ fit.params))
    assert fit.design.T @ (w * (y - p)) == pytest.approx(np.zeros(4), abs=1e-6)


def test_weights_that_are_counts_give_the_estimate_of_repeated_rows():
    y, x, _, _ = clustered_data(n=120)
    times = np.random.default_rng(1).integers(1, 4, 120)
    again = np.repeat(np.arange(120), times)
    weighted = fit_logit(y, x, weights=times, clusters=np.arange(120))
    repeated = fit_logit(y[again], x.iloc[again], clusters=again)
    assert weighted.params == pytest.approx(repeated.params, abs=1e-8)
    k, n, m = 4, 120, len(again)
    scale = ((n - 1) / (n - k)) / ((m - 1) / (m - k))
    assert weighted.covariance == pytest.approx(repeated.covariance * scale, rel=1e-6)
    pd.testing.assert_series_equal(weighted.effects()["estimate"], repeated.effects()["estimate"])


def test_the_effect_of_a_level_is_the_change_from_the_base_for_everybody():
    y, x, cluster, _ = clustered_data()
    fit = fit_logit(y, x, clusters=cluster, factors=[["large", "midsize"]])
    b = dict(zip(fit.names, fit.params, strict=True))
    rest = b["constant"] + b["z"] * x["z"]
    by_hand = (1 / (1 + np.exp(-(rest + b["large"]))) - 1 / (1 + np.exp(-rest))).mean()
    assert fit.effects().set_index("term").loc["large", "estimate"] == pytest.approx(by_hand)


def test_delta_errors_are_those_of_numerical_gradients():
    y, x, cluster, w = clustered_data()
    fit = fit_logit(y, x, clusters=cluster, weights=w, factors=[["large", "midsize"]])

    def effects(b):
        object.__setattr__(fit.model._results, "params", b)
        return fit.effects()["estimate"].to_numpy()

    b = fit.params.copy()
    steps = np.eye(4) * 1e-6
    jacobian = np.column_stack([(effects(b + step) - effects(b - step)) / 2e-6 for step in steps])
    effects(b)
    errors = np.sqrt(np.diag(jacobian @ fit.covariance @ jacobian.T))
    assert fit.effects()["std_error"].to_numpy() == pytest.approx(errors, rel=1e-5)


def test_a_saturated_model_gives_back_the_shares():
    y = np.r_[np.ones(30), np.zeros(70), np.ones(45), np.zeros(15)]
    x = pd.DataFrame({"law": np.r_[np.zeros(100), np.ones(60)]})
    fit = fit_logit(y, x)
    assert fit.effects()["estimate"].tolist() == pytest.approx([0.75 - 0.30], abs=1e-9)
    assert fit.coefficients()["estimate"].tolist() == pytest.approx([np.log(3 / 7), np.log(3) - np.log(3 / 7)])


def frame(**columns):
    return pd.DataFrame(columns, dtype=float)


def test_complete_separation_names_the_term():
    assert separated([0, 0, 0, 1, 1, 1], frame(x=[1, 2, 3, 4, 5, 6], z=[1, 0, 1, 0, 1, 0])) == ["x"]


def test_partial_separation_names_the_term():
    y = [0, 1, 0, 1, 0, 1, 1, 1]
    assert separated(y, frame(flag=[0, 0, 0, 0, 0, 0, 1, 1], z=[1, 1, 0, 0, 1, 0, 1, 0])) == ["flag"]


def test_a_table_separates_if_and_only_if_a_cell_is_empty():
    for a, b, c, d in [(3, 3, 3, 3), (3, 3, 3, 0), (3, 0, 0, 3), (1, 9, 9, 1), (0, 5, 5, 5)]:
        y = [1] * a + [0] * b + [1] * c + [0] * d
        x = frame(x=[0] * (a + b) + [1] * (c + d))
        assert bool(separated(y, x)) == (0 in (a, b, c, d))


def test_data_with_an_estimate_do_not_separate():
    assert separated(GRADE, SPECTOR) == []
    assert separated(GRADE, SPECTOR * 1e6) == []
    assert separated(GRADE, SPECTOR * 1e-6) == []


def test_separation_is_refused_and_not_fitted():
    with pytest.raises(ParameterError, match=r"x tell the outcomes apart without error \(separation\)"):
        fit_logit([0, 0, 0, 1, 1, 1], frame(x=[1, 2, 3, 4, 5, 6]))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"outcome": [1] * 32}, "all are the same"),
        ({"outcome": [*GRADE[:31], 2]}, "must be 0 or 1"),
        ({"outcome": GRADE[:31]}, "31 outcomes and 32 rows"),
        ({"design": SPECTOR.assign(gpa=np.nan)}, "finite number"),
        ({"design": SPECTOR.assign(gpa="high")}, "must be numeric"),
        ({"design": SPECTOR.assign(twice=SPECTOR["gpa"] * 2)}, "'twice' is a combination"),
        ({"design": SPECTOR.assign(one=1.0)}, "'one' is a combination of the other terms"),
        ({"weights": [1.0] * 31}, "32 numbers above 0"),
        ({"weights": [0.0] * 32}, "32 numbers above 0"),
        ({"clusters": ["a"] * 32}, "two different ones"),
        ({"clusters": ["a", "b"]}, "one for each of the 32 rows"),
        ({"errors": "hc9"}, "errors: got 'hc9'"),
        ({"factors": [["gpa", "gap"]]}, "'gap' is no term"),
    ],
)
def test_what_cannot_be_fitted_is_refused(arguments, said):
    given = {"outcome": GRADE, "design": SPECTOR} | arguments
    with pytest.raises(ParameterError, match=said):
        fit_logit(given.pop("outcome"), given.pop("design"), **given)


def test_events_for_each_term_count_the_rarer_outcome():
    assert events_per_term(GRADE, 3) == pytest.approx(11 / 3)
    assert events_per_term([1, 1, 1, 0], 1) == 1
    assert events_per_term(GRADE, 0) == float("inf")


def test_the_input_is_not_changed():
    before = SPECTOR.copy()
    spector(weights=np.arange(1, 33), factors=[["psi"]]).effects()
    pd.testing.assert_frame_equal(SPECTOR, before)
