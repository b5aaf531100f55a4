"""The committed coverage of the intervals of the risk report: the whole grid, what theory promises, and cells computed anew."""

import coverage_risk_cells as cells
import numpy as np
import pytest
from simulated_cells import AT, COLUMNS, LEVEL, read, where

from lpo_analysis.methods.binned import fit_binned, profile_nll
from lpo_analysis.methods.binned_likelihood import fit_two


@pytest.fixture(scope="module")
def committed():
    return read(cells.TABLE)


def test_the_committed_table_is_the_whole_grid_with_a_thousand_runs_a_cell(committed):
    assert committed.columns.tolist() == COLUMNS
    assert sum(len(where(committed, cell)) for cell in cells.grid()) == len(committed)
    assert not committed.duplicated(["estimator", "setting", *AT]).any()
    exact = committed["runs"].isna()
    assert set(committed.loc[exact, "estimator"]) == {"elusion", "elusion_at_most", "hazard"}
    assert (committed.loc[~exact, "runs"] >= 1000).all()
    charts = committed["estimator"].str.startswith("control")
    assert (committed.loc[~charts, "level"] == LEVEL).all()
    assert committed.loc[charts, "level"].to_numpy() == pytest.approx(cells.SIGMAS)


def test_every_estimator_of_the_report_is_in_the_table(committed):
    families = {name.partition("_")[0] for name in committed["estimator"]}
    assert families == {"severity", "elusion", "recall", "quality", "control", "agreement", "hazard", "rate"}


def test_coverage_is_what_theory_promises(committed):
    nominal = committed[committed["promise"] == "nominal"]
    assert len(nominal) > 30
    assert nominal["coverage"].between(0.87, 0.93).all(), nominal[~nominal["coverage"].between(0.87, 0.93)]
    least = committed[committed["promise"] == "conservative"]
    assert (least["coverage"] >= 0.87).all(), least[least["coverage"] < 0.87]
    assert ((committed["promise"] == "stated") == (committed["reason"] != "")).all()


def test_exact_intervals_of_elusion_hold_at_least_their_level(committed):
    assert (committed.loc[committed["estimator"].str.startswith("elusion"), "coverage"] >= LEVEL).all()


RUNS = {"severity": 40, "recalled": 200, "delivered": 500, "unchanged": 40, "agreed": 200, "updated": 4000}


@pytest.mark.slow
@pytest.mark.parametrize("kind", RUNS)
def test_a_cell_computed_anew_agrees_with_the_table(committed, kind):
    cell = [cell for cell in cells.grid() if cell.simulate.__name__ == kind][-1]
    anew = cell.run(runs=RUNS[kind], seed=7).set_index("estimator")
    told = where(committed, cell).loc[anew.index]
    spread = np.sqrt(told["coverage"] * (1 - told["coverage"]) / anew["runs"].astype(float))
    allowed = 4 * np.hypot(spread, told["mc_error"]) + 4 / RUNS[kind]
    assert ((anew["coverage"] - told["coverage"]).abs() <= allowed).all(), anew.join(told, rsuffix="_told")


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.01, 0.05])
def test_the_exact_coverage_of_elusion_is_that_of_draws(committed, share):
    bad, n = round(share * cells.NULL), 500
    found = np.random.default_rng(4).hypergeometric(bad, cells.NULL - bad, n, 4000)
    ends = {x: cells.finite_interval(int(x), sampled=n, size=cells.NULL, level=LEVEL) for x in np.unique(found)}
    held = np.mean([ends[x][0] <= bad <= ends[x][1] for x in found])
    told = committed[(committed["estimator"] == "elusion") & (committed["n"] == n) & (committed["share"] == share)]
    assert held == pytest.approx(told["coverage"].item(), abs=0.02)


@pytest.mark.slow
def test_the_short_way_to_a_profile_interval_is_that_of_the_ends():
    rng = np.random.default_rng(3)
    for _ in range(5):
        x = np.exp(cells.MU + cells.SIGMA * rng.standard_normal(600))
        bins = cells.EDGES[:-1], cells.EDGES[1:], np.histogram(x, cells.EDGES)[0].astype(float)
        theta, value = fit_two(*bins, "lognormal", 500.0)
        row = fit_binned(*bins, truncation=500, quantiles=[0.9], level=LEVEL).row("q90")
        drop = cells.stats.chi2.ppf(LEVEL, 1) / 2
        for end in ("conf_low", "conf_high"):
            inside, outside = (row[end] * (row["estimate"] / row[end]) ** step for step in (0.01, -0.01))
            fallen = [
                profile_nll(q, 0.9, theta, *bins, family="lognormal", truncation=500.0) - value
                for q in (inside, outside)
            ]
            assert fallen[0] < drop < fallen[1]
