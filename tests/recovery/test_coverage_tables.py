"""The committed coverage of the intervals of the adoption report: the whole grid, what theory promises, and cells computed anew."""

import coverage_cells as cells
import numpy as np
import pandas as pd
import pytest
from simulated_cells import AT, COLUMNS, LEVEL, read, where

from lpo_analysis.methods.diffusion import fit_curve, identified
from lpo_analysis.methods.gravity import left_out, ppml
from lpo_analysis.methods.proportions import share_interval


@pytest.fixture(scope="module")
def committed():
    return read(cells.TABLE)


def test_the_committed_table_is_the_whole_grid_with_a_thousand_runs_a_cell(committed):
    assert committed.columns.tolist() == COLUMNS
    assert sum(len(where(committed, cell)) for cell in cells.grid()) == len(committed)
    assert not committed.duplicated(["estimator", "setting", *AT]).any()
    exact = committed["runs"].isna()
    assert set(committed.loc[exact, "estimator"]) == {"share_wilson", "share_jeffreys"}
    assert (committed.loc[exact, "mc_error"] == 0).all()
    assert (committed.loc[~exact, "runs"] >= 1000).all()
    assert (committed["level"] == LEVEL).all()


def test_every_estimator_of_the_report_is_in_the_table(committed):
    families = {name.partition("_")[0] for name in committed["estimator"]}
    assert families == {
        "share",
        "pooled",
        "three",
        "survey",
        "growth",
        "forecast",
        "ceiling",
        "curve",
        "record",
        "gravity",
    }


def test_coverage_is_87_to_93_percent_where_theory_promises_the_level(committed):
    promised = committed[committed["promise"] == "nominal"]
    assert len(promised) > 50
    assert promised["coverage"].between(0.87, 0.93).all(), promised[~promised["coverage"].between(0.87, 0.93)]


def test_coverage_is_at_least_87_percent_where_theory_promises_at_least_the_level(committed):
    promised = committed[committed["promise"] == "conservative"]
    assert (promised["coverage"] >= 0.87).all(), promised[promised["coverage"] < 0.87]


def test_what_theory_does_not_promise_has_its_reason(committed):
    assert ((committed["promise"] == "stated") == (committed["reason"] != "")).all()


def test_zeros_are_counted_where_counts_are_small(committed):
    rare = committed[(committed["estimator"] == "share_wilson") & (committed["n"] == 10) & (committed["share"] == 0.05)]
    assert rare["zeros"].item() == pytest.approx(0.95**10, abs=1e-4)
    assert committed.loc[committed["estimator"].str.startswith("gravity"), "zeros"].max() > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_the_exact_coverage_of_shares_is_that_of_draws(committed, share):
    rng, runs, n = np.random.default_rng(11), 20_000, 30
    ends = np.array([share_interval(x / n, n, level=0.9) for x in range(n + 1)])
    low, high = ends[rng.binomial(n, share, runs)].T
    told = committed[(committed["estimator"] == "share_wilson") & (committed["n"] == n) & (committed["share"] == share)]
    assert ((low <= share) & (share <= high)).mean() == pytest.approx(told["coverage"].item(), abs=0.01)


RUNS = {"pooled": 120, "nested": 150, "raked": 400, "clustered": 400, "growth": 500, "market": 300, "bass": 40, "logistic": 100, "record": 250, "gravity": 150}  # fmt: skip


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
def test_the_short_way_to_a_profile_interval_is_that_of_the_verdict():
    rng, time = np.random.default_rng(3), np.arange(1.0, 11)
    for _ in range(12):
        seen = np.exp(0.1 * rng.standard_normal(10)) / (1 + np.exp(-0.6 * (time - 5)))
        fit = fit_curve("logistic", time, seen, kind="level", starts=8)
        verdicts = identified(fit), identified(fit, floor=float(seen.max()))
        assert cells.ceiling_held(fit, 1.0, float(seen.max())) == tuple(float(v.low <= 1 <= v.high) for v in verdicts)


def test_the_fast_gravity_errors_are_those_of_the_package():
    design, partners, truth = cells._partners()
    codes = pd.factorize(partners)[0]
    chosen = codes < 25
    scatter = np.exp(0.5 * np.random.default_rng(1).standard_normal(codes.max() + 1))[codes]
    flows = np.rint(np.exp(design.to_numpy() @ truth) * scatter)
    fast = cells.gravity_errors(flows[chosen], design.to_numpy()[chosen], codes[chosen], truth)
    left = left_out(ppml(flows[chosen], design[chosen].reset_index(drop=True), partners[chosen]))
    assert fast["jackknife"] == pytest.approx(np.sqrt(np.diag(left.covariance())), rel=1e-6)
    assert fast["clustered"] == pytest.approx(left.fit.model.bse.to_numpy(), rel=1e-6)
