"""Poisson pseudo-maximum likelihood against Stata's printed numbers, an own sandwich, and cases with a closed form."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.gravity import LeftOut, left_out, linear_jackknife, ppml, reset_test, separated

# Ship damage incidents (McCullagh and Nelder 1989, table 6.2): type of ship, period of construction, of operation from 1975, incidents.
SHIPS = np.array(
    [
        (1, 1, 0, 0), (1, 1, 1, 0), (1, 2, 0, 3), (1, 2, 1, 4), (1, 3, 0, 6), (1, 3, 1, 18), (1, 4, 1, 11),
        (2, 1, 0, 39), (2, 1, 1, 29), (2, 2, 0, 58), (2, 2, 1, 53), (2, 3, 0, 12), (2, 3, 1, 44), (2, 4, 1, 18),
        (3, 1, 0, 1), (3, 1, 1, 1), (3, 2, 0, 0), (3, 2, 1, 1), (3, 3, 0, 6), (3, 3, 1, 2), (3, 4, 1, 1),
        (4, 1, 0, 0), (4, 1, 1, 0), (4, 2, 0, 0), (4, 2, 1, 0), (4, 3, 0, 2), (4, 3, 1, 11), (4, 4, 1, 4),
        (5, 1, 0, 0), (5, 2, 0, 7), (5, 2, 1, 7), (5, 3, 0, 5), (5, 3, 1, 12), (5, 4, 1, 1),
    ]
)  # fmt: skip
TYPE, BUILT, LATER, INCIDENTS = SHIPS.T
SHIP_DESIGN = pd.DataFrame({"const": 1.0, "yr_con": BUILT, "op_75_79": LATER})


def simulated(seed=0, groups=12, size=5):
    rng = np.random.default_rng(seed)
    labels = np.repeat([f"g{i:02}" for i in range(groups)], size)
    x = rng.normal(size=groups * size)
    z = np.repeat(rng.normal(size=groups), size)
    flows = np.round(20 * np.exp(0.5 * x - 0.7 * z + 0.5 * rng.normal(size=len(x))), 1)
    flows[rng.random(len(x)) < 0.1] = 0
    return flows, pd.DataFrame({"const": 1.0, "x": x, "z": z}), labels


def by_hand(y, x, groups):
    """Newton's method and the clustered sandwich, written out."""
    beta = np.zeros(x.shape[1])
    beta[0] = np.log(y.mean())
    for _ in range(100):
        mean = np.exp(x @ beta)
        beta = beta + np.linalg.solve(x.T @ (mean[:, None] * x), x.T @ (y - mean))
    mean = np.exp(x @ beta)
    bread = np.linalg.inv(x.T @ (mean[:, None] * x))
    scores = [((y - mean)[groups == g, None] * x[groups == g]).sum(axis=0) for g in sorted(set(groups))]
    meat = sum(np.outer(s, s) for s in scores)
    n, k, g = len(y), x.shape[1], len(scores)
    return beta, g / (g - 1) * (n - 1) / (n - k) * bread @ meat @ bread


def test_stata_prints_these_coefficients_and_clustered_errors():
    # Stata: poisson accident yr_con op_75_79, vce(cluster ship), 34 rows, 5 clusters; its output stands in the tests of statsmodels
    # (discrete/tests/results/results_count_robust_cluster.py). Stata's factor is G/(G-1) alone; ours adds (n-1)/(n-k) = 33/31.
    fit = ppml(INCIDENTS, SHIP_DESIGN, TYPE)
    table = fit.table(0.95)
    factor = np.sqrt(33 / 31)
    expected = {
        "yr_con": (-0.02172061893549, 0.19933709357097),
        "op_75_79": (0.22148585072024, 0.11093628220713),
        "const": (2.2697077143215, 1.1048569901548),
    }
    for term, (estimate, error) in expected.items():
        assert table.at[term, "estimate"] == pytest.approx(estimate, rel=1e-6)
        assert table.at[term, "std_error"] == pytest.approx(error * factor, rel=1e-6)
    assert fit.model.cov_params().loc["yr_con", "op_75_79"] == pytest.approx(0.00976206273414 * factor**2, rel=1e-5)
    assert fit.n_clusters == 5


@pytest.mark.parametrize("seed", range(4))
def test_the_errors_are_those_of_a_sandwich_written_out(seed):
    y, x, groups = simulated(seed)
    fit = ppml(y, x, groups)
    beta, covariance = by_hand(y, x.to_numpy(), groups)
    assert fit.model.params.to_numpy() == pytest.approx(beta, rel=1e-8)
    assert fit.model.cov_params().to_numpy() == pytest.approx(covariance, rel=1e-6)


def test_intervals_use_student_s_t_with_one_degree_of_freedom_less_than_clusters():
    y, x, groups = simulated()
    fit = ppml(y, x, groups)
    row = fit.table(0.9).loc["x"]
    assert row["conf_high"] - row["estimate"] == pytest.approx(stats.t.ppf(0.95, 11) * row["std_error"])
    assert row["estimate"] - row["conf_low"] == pytest.approx(row["conf_high"] - row["estimate"])
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(row["estimate"] / row["std_error"]), 11))
    wide = fit.table(0.99).loc["x"]
    assert wide["conf_low"] < row["conf_low"] < row["conf_high"] < wide["conf_high"]


def test_dummies_of_all_groups_give_the_group_means_zeros_included():
    y = np.array([0, 4, 2, 10, 20, 0, 7, 0, 0.5])
    kind = np.repeat(["a", "b", "c"], 3)
    design = pd.DataFrame({name: (kind == name).astype(float) for name in "abc"})
    fit = ppml(y, design, np.arange(9) % 4)
    assert np.exp(fit.model.params).to_dict() == pytest.approx({"a": 2, "b": 10, "c": 2.5})


def test_a_constant_alone_has_the_mean_and_an_error_in_closed_form():
    # Score sums by cluster over the total: sqrt(G/(G-1) x sum of (cluster sum - cluster size x mean)^2) / total, here with k = 1.
    y, groups = np.array([1.0, 3, 5, 7, 0, 2]), np.array(["u", "u", "v", "v", "w", "w"])
    fit = ppml(y, pd.DataFrame({"const": np.ones(6)}), groups)
    assert float(fit.model.params["const"]) == pytest.approx(np.log(3))
    # Cluster sums 4, 12, 2 against 6 each.
    assert float(fit.model.bse["const"]) == pytest.approx(np.sqrt(3 / 2 * (4 + 36 + 16)) / 18)


def test_clusters_of_one_row_are_the_heteroskedasticity_robust_errors():
    y, x, _ = simulated()
    fit = ppml(y, x, np.arange(len(y)))
    values, mean = x.to_numpy(), fit.model.fittedvalues.to_numpy()
    bread = np.linalg.inv(values.T @ (mean[:, None] * values))
    hc1 = len(y) / (len(y) - 3) * bread @ (values.T @ (((y - mean) ** 2)[:, None] * values)) @ bread
    assert fit.model.cov_params().to_numpy() == pytest.approx(hc1, rel=1e-6)


def test_the_unit_of_the_flows_moves_the_constant_alone_and_the_order_of_rows_nothing():
    y, x, groups = simulated()
    fit = ppml(y, x, groups).table(0.9)
    scaled = ppml(1e9 * y, x, groups).table(0.9)
    assert scaled.loc[["x", "z"]].to_numpy() == pytest.approx(fit.loc[["x", "z"]].to_numpy(), rel=1e-6)
    assert scaled.at["const", "estimate"] - fit.at["const", "estimate"] == pytest.approx(np.log(1e9))
    turned = ppml(y[::-1], x[::-1], groups[::-1]).table(0.9)
    assert turned.to_numpy() == pytest.approx(fit.to_numpy(), rel=1e-6)


@pytest.mark.filterwarnings("ignore:Perfect separation or prediction")
def test_an_exact_power_law_is_found_with_no_error():
    size, distance = np.meshgrid([1.0, 10, 100, 500], [2.0, 20, 50])
    y = 3 * size.ravel() ** 0.8 * distance.ravel() ** -1.1
    design = pd.DataFrame({"const": 1.0, "ln_size": np.log(size.ravel()), "ln_distance": np.log(distance.ravel())})
    table = ppml(y, design, np.arange(12) % 5).table(0.9)
    assert table["estimate"].tolist() == pytest.approx([np.log(3), 0.8, -1.1])
    assert table["std_error"].max() < 1e-6


def test_the_expected_sum_and_its_error_are_those_of_the_delta_method():
    y, x, groups = simulated()
    fit = ppml(y, x, groups)
    total, log_error = fit.expected(x[:5])
    assert total == pytest.approx(fit.model.fittedvalues[:5].sum())
    beta, covariance = fit.model.params.to_numpy(), fit.model.cov_params().to_numpy()
    step = 1e-6 * np.eye(3)
    slope = [(np.log(np.exp(x[:5] @ (beta + s)).sum()) - np.log(np.exp(x[:5] @ (beta - s)).sum())) / 2e-6 for s in step]
    assert log_error == pytest.approx(np.sqrt(slope @ covariance @ np.array(slope)), rel=1e-5)


def test_all_flows_together_are_expected_exactly_where_there_is_a_constant():
    y, x, groups = simulated()
    assert ppml(y, x, groups).expected(x)[0] == pytest.approx(y.sum())


# RESET


def test_reset_finds_a_square_that_was_left_out_and_none_that_is_not_there():
    rng = np.random.default_rng(1)
    x = rng.uniform(-2, 2, size=400)
    design, groups = pd.DataFrame({"const": 1.0, "x": x}), np.arange(400) % 50
    straight = rng.poisson(np.exp(1 + 0.5 * x))
    bent = rng.poisson(np.exp(1 + 0.5 * x + 0.6 * x**2))
    assert reset_test(ppml(straight, design, groups)).p_value > 0.1
    found = reset_test(ppml(bent, design, groups))
    assert found.p_value < 0.001
    assert found.df == 49


def test_reset_is_the_t_of_the_squared_index():
    y, x, groups = simulated()
    fit = ppml(y, x, groups)
    index = x.to_numpy() @ fit.model.params.to_numpy()
    beta, covariance = by_hand(
        y, np.column_stack([x, (index - 3) ** 2]), groups
    )  # a shift of the index changes nothing
    assert reset_test(fit).statistic == pytest.approx(beta[-1] / np.sqrt(covariance[-1, -1]), rel=1e-5)


def test_reset_of_a_saturated_model_is_refused():
    kind = np.repeat([0.0, 1.0], 5)
    design = pd.DataFrame({"const": 1.0, "kind": kind})
    with pytest.raises(ParameterError, match="only 2 that are independent"):
        reset_test(ppml(np.arange(10.0), design, np.arange(10) % 5))


# Left out


def test_a_cluster_is_compared_with_a_fit_that_has_not_seen_it():
    y, x, groups = simulated()
    result = left_out(ppml(y, x, groups))
    inside = groups == "g03"
    beta, _ = by_hand(y[~inside], x[~inside].to_numpy(), groups[~inside])
    row = result.ratios.loc["g03"]
    assert result.coefficients.loc["g03"].to_numpy() == pytest.approx(beta)
    assert row["expected"] == pytest.approx(np.exp(x[inside].to_numpy() @ beta).sum())
    assert row["ratio"] == pytest.approx(y[inside].sum() / row["expected"])
    assert row["n_obs"] == 5
    assert list(result.ratios.index) == sorted(set(groups))


def test_its_own_flows_do_not_move_what_is_expected_of_a_cluster():
    y, x, groups = simulated()
    raised = np.where(groups == "g03", 50 * y, y)
    before, after = (left_out(ppml(flows, x, groups)).ratios.loc["g03"] for flows in (y, raised))
    assert after["expected"] == pytest.approx(before["expected"])
    assert after["ratio"] == pytest.approx(50 * before["ratio"])


def test_a_cluster_that_alone_identifies_a_coefficient_has_no_expectation():
    y, x, groups = simulated()
    only = x.assign(only=(groups == "g05").astype(float))
    result = left_out(ppml(y, only, groups))
    assert np.isnan(result.ratios.at["g05", "ratio"])
    assert result.coefficients.loc["g05"].isna().all()
    assert result.ratios.drop("g05")["ratio"].notna().all()


# Jackknife


def test_the_jackknife_is_the_spread_of_the_fits_without_each_cluster():
    y, x, groups = simulated()
    fit = ppml(y, x, groups)
    result = left_out(fit)
    full, _ = by_hand(y, x.to_numpy(), groups)
    moved = [
        by_hand(y[groups != g], x[groups != g].to_numpy(), groups[groups != g])[0] - full for g in sorted(set(groups))
    ]
    expected = 11 / 12 * sum(np.outer(d, d) for d in moved)
    assert result.covariance().to_numpy() == pytest.approx(expected, rel=1e-5)
    table = result.table(0.9)
    assert table["std_error"].to_numpy() == pytest.approx(np.sqrt(np.diag(expected)), rel=1e-5)
    assert table["clustered_error"].to_dict() == pytest.approx(fit.table(0.9)["std_error"].to_dict())
    half = stats.t.ppf(0.95, 11) * table["std_error"]
    assert table["conf_high"].to_numpy() == pytest.approx((table["estimate"] + half).to_numpy())


def test_a_mean_has_its_jackknife_in_closed_form():
    # Means without a cluster: 14/4, 6/4, 16/4 of an overall mean of 3.
    y, groups = np.array([1.0, 3, 5, 7, 0, 2]), np.array(["u", "u", "v", "v", "w", "w"])
    fit = ppml(y, pd.DataFrame({"const": np.ones(6)}), groups)
    exact = 2 / 3 * sum(np.log(mean / 3) ** 2 for mean in (3.5, 1.5, 4))
    assert left_out(fit).covariance().at["const", "const"] == pytest.approx(exact)
    # One Newton step each: the score 4 - 6, 12 - 6, 2 - 6 over the information 12 of the others.
    step = 2 / 3 * sum((s / 12) ** 2 for s in (-2, 6, -4))
    assert linear_jackknife(fit).at["const", "const"] == pytest.approx(step)


@pytest.mark.parametrize("seed", range(3))
def test_one_newton_step_comes_near_the_jackknife(seed):
    y, x, groups = simulated(seed, groups=30)
    fit = ppml(y, x, groups)
    exact, near = np.diag(left_out(fit).covariance()), np.diag(linear_jackknife(fit))
    assert np.sqrt(near) == pytest.approx(np.sqrt(exact), rel=0.15)


def test_the_error_of_an_expectation_is_the_jackknife_of_the_others():
    y, x, groups = simulated()
    inside = groups == "g03"
    others = ppml(y[~inside], x[~inside], groups[~inside])
    covariance = linear_jackknife(others)
    mean = np.exp(x[inside].to_numpy() @ others.model.params.to_numpy())
    slope = mean @ x[inside].to_numpy() / mean.sum()
    result = left_out(ppml(y, x, groups)).ratios
    assert result.at["g03", "log_error"] == pytest.approx(np.sqrt(slope @ covariance.to_numpy() @ slope))


def test_a_jackknife_that_a_cluster_would_break_is_refused():
    y, x, groups = simulated()
    result = left_out(ppml(y, x.assign(only=(groups == "g05").astype(float)), groups))
    with pytest.raises(ParameterError, match="without g05 the others do not identify"):
        result.table(0.9)


# Scatter of clusters


def table_of(ratios, *, error=0.0, n=1, expected=100.0):
    """What clusters with these ratios would be, whatever fit they come from."""
    index = pd.Index([f"g{i:02}" for i in range(len(ratios))], name="cluster")
    cells = {
        "n_obs": n,
        "actual": expected * np.asarray(ratios),
        "expected": expected,
        "ratio": ratios,
        "log_error": error,
    }
    return LeftOut(None, pd.DataFrame(cells, index=index), pd.DataFrame(index=index))


EVEN = np.tile([0.5, 1.5], 10)
"""Ratios with a standard deviation of exactly 0.5 round 1."""


def test_the_scatter_is_that_of_the_others_round_one():
    found = table_of([4.0, *EVEN]).against_scatter(0.9)
    assert found.at["g00", "scatter"] == pytest.approx(0.5)
    assert found.at["g01", "scatter"] == pytest.approx(np.sqrt((9 + 19 * 0.25) / 20))


def test_tails_are_the_heavier_of_the_two_shapes():
    found = table_of([4.0, *EVEN]).against_scatter(0.9).loc["g00"]
    gamma = stats.gamma(4, scale=0.25)  # mean 1, variance 1/4
    lognormal = stats.lognorm(np.sqrt(np.log(1.25)), scale=1 / np.sqrt(1.25))
    assert (gamma.var(), lognormal.var(), lognormal.mean()) == pytest.approx((0.25, 0.25, 1))
    assert found["low"] == pytest.approx(min(gamma.ppf(0.05), lognormal.ppf(0.05)))
    assert found["high"] == pytest.approx(max(gamma.ppf(0.95), lognormal.ppf(0.95)))
    assert found["p_value"] == pytest.approx(2 * max(gamma.sf(4), lognormal.sf(4)))
    assert (found["conf_low"], found["conf_high"]) == pytest.approx((4 / found["high"], 4 / found["low"]))


def test_one_is_in_the_interval_of_a_cluster_exactly_where_chance_explains_it():
    ratios = [*np.linspace(0.05, 4, 21), *EVEN]
    found = table_of(ratios, error=0.2).against_scatter(0.9)
    inside = (found["conf_low"] <= 1) & (found["conf_high"] >= 1)
    assert (inside == (found["p_value"] >= 0.1)).all()
    assert (inside == ((found["low"] <= ratios) & (ratios <= found["high"]))).all()
    assert 0 < inside.sum() < len(inside)


def test_the_adjusted_chance_is_that_of_holm_in_statsmodels():
    found = table_of([3.2, 0.01, *EVEN]).against_scatter(0.9)
    assert found["p_adjusted"].to_numpy() == pytest.approx(multipletests(found["p_value"], method="holm")[1])
    assert (found["p_adjusted"] > found["p_value"]).any()


def test_clusters_that_scatter_alike_have_none_beyond_and_one_far_off_is_found():
    assert (table_of(EVEN).against_scatter(0.9)["p_adjusted"] == 1).all()
    found = table_of([12.0, *EVEN]).against_scatter(0.9)
    assert found.index[found["p_adjusted"] < 0.1].tolist() == ["g00"]


def test_errors_and_rounding_widen_what_chance_explains():
    plain = table_of([3.0, *EVEN]).against_scatter(0.9).loc["g00"]
    for changed in (table_of([3.0, *EVEN], error=[0.6, *20 * [0.0]]).against_scatter(0.9), table_of([3.0, *EVEN], n=[900, *20 * [1]]).against_scatter(0.9, step=5)):  # fmt: skip
        assert changed.loc["g00", "high"] > plain["high"]
        assert changed.loc["g00", "p_value"] > plain["p_value"]


def test_a_cluster_without_flows_has_a_chance_and_an_interval_from_nothing():
    found = table_of([0.0, *EVEN], n=4).against_scatter(0.9, step=1).loc["g00"]
    assert 0 < found["p_value"] < 1
    assert found["conf_low"] == 0 < found["conf_high"]


def test_clusters_that_hardly_scatter_still_have_numbers():
    found = table_of(np.ones(12)).against_scatter(0.9)
    assert found.notna().all(axis=None)
    assert (found["scatter"] == 0).all()


def test_too_few_clusters_a_wrong_level_or_step_are_refused_and_lost_ones_left_out():
    with pytest.raises(ParameterError, match="at least ten clusters with a ratio are needed, got 9"):
        table_of(np.ones(9)).against_scatter(0.9)
    for level, step in ((1.0, 0.0), (0.9, -1.0)):
        with pytest.raises(ParameterError, match="level must lie between 0 and 1 and step not below 0"):
            table_of(EVEN).against_scatter(level, step=step)
    assert len(table_of([np.nan, *EVEN]).against_scatter(0.9)) == 20


# Separation


def test_zeros_that_a_regressor_separates_are_found():
    y = np.array([0.0, 0, 3, 4, 5, 0])
    design = pd.DataFrame({"const": 1.0, "far": [1.0, 1, 0, 0, 0, 0]})
    assert separated(y, design).tolist() == [True, True, False, False, False, False]
    with pytest.raises(ParameterError, match="separate 2 of the 3 zeros"):
        ppml(y, design, np.arange(6))


def test_a_dummy_with_a_flow_on_its_side_separates_nothing():
    design = pd.DataFrame({"const": 1.0, "far": [1.0, 1, 1, 0, 0, 0]})
    assert not separated(np.array([0.0, 0, 3, 4, 5, 0]), design).any()
    assert not separated(np.array([1.0, 2, 3, 4, 5, 6]), design).any()


def test_a_combination_of_regressors_may_separate_where_none_does_alone():
    # a - b is 0 wherever there is a flow and below 0 at the first zero alone; neither a nor b is constant among the flows.
    y = np.array([0.0, 0, 2, 3, 4, 5])
    a = np.array([0.0, 1, 1, 2, 3, 5])
    b = np.array([2.0, 1, 1, 2, 3, 5])
    found = separated(y, pd.DataFrame({"const": 1.0, "a": a, "b": b}))
    assert found.tolist() == [True, False, False, False, False, False]


def test_zeros_on_both_sides_keep_an_estimate_from_running_away():
    # The combination is 0 among the flows, below 0 at one zero and above 0 at the other: no direction helps.
    y = np.array([0.0, 0, 2, 3, 4, 5])
    a = np.array([0.0, 3, 1, 2, 3, 5])
    b = np.array([2.0, 1, 1, 2, 3, 5])
    design = pd.DataFrame({"const": 1.0, "a": a, "b": b})
    assert not separated(y, design).any()
    assert np.isfinite(ppml(y, design, np.arange(6)).model.params).all()


# Bad input

GOOD = pd.DataFrame({"const": 1.0, "x": [1.0, 2, 3, 5, 8]})
FAULTS = {
    "lengths": ([1, 2, 3, 4], GOOD, list("aabbc"), "4 flows, 5 rows of regressors and 5 clusters"),
    "negative": ([1, -2, 3, 4, 5], GOOD, list("aabbc"), "finite number, 0 or more"),
    "missing flow": ([1, np.nan, 3, 4, 5], GOOD, list("aabbc"), "finite number, 0 or more"),
    "all zero": ([0] * 5, GOOD, list("aabbc"), "no flow is above 0"),
    "missing regressor": ([1, 2, 3, 4, 5], GOOD.assign(x=[1, 2, np.nan, 4, 5]), list("aabbc"), "x holds what is no finite"),
    "log of zero": ([1, 2, 3, 4, 5], GOOD.assign(x=[1, 2, -np.inf, 4, 5]), list("aabbc"), "x holds what is no finite"),
    "missing cluster": ([1, 2, 3, 4, 5], GOOD, ["a", None, "b", "b", "c"], "a row has no cluster"),
    "one cluster": ([1, 2, 3, 4, 5], GOOD, list("aaaaa"), "at least two"),
    "too few rows": ([1, 2], GOOD[:2], list("ab"), "2 coefficients need more than 2 rows, got 2"),
    "no rows": ([], GOOD[:0], [], "no flow is above 0"),
    "dependent": ([1, 2, 3, 4, 5], GOOD.assign(y=2 * GOOD["x"] - 1), list("aabbc"), "3 regressors hold only 2"),
    "zero column": ([1, 2, 3, 4, 5], GOOD.assign(y=0.0), list("aabbc"), "3 regressors hold only 2"),
    "twice": ([1, 2, 3, 4, 5], GOOD[["const", "x", "x"]], list("aabbc"), "'x' stands twice"),
}  # fmt: skip


@pytest.mark.parametrize(("response", "design", "clusters", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_input_that_makes_no_sense_is_refused(response, design, clusters, said):
    with pytest.raises(ParameterError, match=said):
        ppml(response, design, clusters)


def test_nothing_given_is_changed():
    y, x, groups = simulated()
    before = y.copy(), x.copy(deep=True), groups.copy()
    left_out(ppml(y, x, groups))
    assert (y == before[0]).all()
    assert (groups == before[2]).all()
    pd.testing.assert_frame_equal(x, before[1])


@pytest.mark.slow
def test_the_jackknife_covers_where_the_usual_clustered_interval_does_not():
    # Fifty clusters, a regressor and an error that are nearly constant within them: the case of partners over years.
    rng, runs = np.random.default_rng(11), 400
    groups, covered = np.repeat(np.arange(50), 4), np.zeros(2)
    for _ in range(runs):
        x = np.repeat(rng.normal(size=50), 4) + 0.3 * rng.normal(size=200)
        shared = np.repeat(rng.gamma(2, 0.5, size=50), 4)
        fit = ppml(
            np.exp(1 + 0.6 * x) * shared * rng.gamma(1, 1, size=200), pd.DataFrame({"const": 1.0, "x": x}), groups
        )
        errors = np.array([fit.model.bse["x"], np.sqrt(linear_jackknife(fit).at["x", "x"])])
        covered += np.abs(fit.model.params["x"] - 0.6) <= fit.quantile(0.9) * errors
    usual, jackknife = covered / runs
    assert usual < 0.82, "the usual error is known to be too small here; were it not, the jackknife would not be needed"
    assert 0.80 <= jackknife <= 0.95, "near 0.90; a skewed error in fifty clusters keeps it from all of it"
