"""How often the intervals of meta-analysis hold the simulated truth, over a grid, and that the committed table says so.

``python tests/recovery/test_meta_coverage.py`` from the root of the repository writes data/tables/coverage_meta.csv anew.

One cell: k studies whose sizes form a geometric series from n / 4 to 4n around n = 100, in random order, so that the largest
has a sixteenth of the smallest's sampling variance, which is 4 / size; true effects normal with mean 0.3 and variance tau2.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lpo_analysis.methods.meta import combine

TABLE = Path(__file__).resolve().parents[2] / "data" / "tables" / "coverage_meta.csv"
MEAN, LEVEL, SIZE = 0.3, 0.90, 100
STUDIES, SPREADS = (3, 5, 10, 20), (0.0, 0.05, 0.2)
ESTIMATORS = ("mean_hk_modified", "mean_hk", "mean_wald", "prediction")


def variances(k: int) -> np.ndarray:
    return 4 / (SIZE * np.geomspace(0.25, 4.0, k))


def held_by_prediction(low: float, high: float, tau2: float) -> float:
    """The probability that a new true effect lies within, rather than one draw of it."""
    if tau2 == 0:
        return float(low <= MEAN <= high)
    return float(np.diff(stats.norm.cdf([low, high], MEAN, np.sqrt(tau2)))[0])


def cell(k: int, tau2: float, *, runs: int, seed: int) -> pd.DataFrame:
    """Coverage of every estimator in one cell, with its Monte Carlo standard error."""
    rng = np.random.default_rng([seed, k, round(1000 * tau2)])
    held = {name: np.empty(runs) for name in ESTIMATORS}
    for run in range(runs):
        v = rng.permutation(variances(k))
        y = rng.normal(MEAN, np.sqrt(v + tau2))
        for interval in ("hk_modified", "hk", "wald"):
            fit = combine(y, v, interval=interval, level=LEVEL)
            held[f"mean_{interval}"][run] = fit.conf_low <= MEAN <= fit.conf_high
        held["prediction"][run] = held_by_prediction(fit.pred_low, fit.pred_high, tau2)
    return pd.DataFrame(
        {
            "estimator": name, "k": k, "tau2": tau2, "n": SIZE, "level": LEVEL, "coverage": values.mean(),
            "mc_error": values.std(ddof=1) / np.sqrt(runs), "runs": runs,
        }
        for name, values in held.items()
    )  # fmt: skip


def coverage_table(*, runs: int = 4000, seed: int = 20240701) -> pd.DataFrame:
    """All cells of the grid, ordered by estimator."""
    cells = [cell(k, tau2, runs=runs, seed=seed) for k in STUDIES for tau2 in SPREADS]
    table = pd.concat(cells, ignore_index=True)
    table["estimator"] = pd.Categorical(table["estimator"], ESTIMATORS, ordered=True)
    table = table.sort_values(["estimator", "k", "tau2"]).astype({"estimator": str}).reset_index(drop=True)
    return table.round({"coverage": 4, "mc_error": 4})


def write(path: Path = TABLE) -> None:
    coverage_table().to_csv(path, index=False, lineterminator="\n")


@pytest.fixture(scope="module")
def committed() -> pd.DataFrame:
    return pd.read_csv(TABLE)


def test_the_committed_table_is_the_whole_grid(committed):
    assert committed.columns.tolist() == ["estimator", "k", "tau2", "n", "level", "coverage", "mc_error", "runs"]
    keys = {tuple(row) for row in committed[["estimator", "k", "tau2"]].itertuples(index=False)}
    assert keys == {(name, k, tau2) for name in ESTIMATORS for k in STUDIES for tau2 in SPREADS}
    assert len(committed) == len(keys)
    assert (committed["runs"] >= 1000).all()
    assert (committed["level"] == LEVEL).all()


def test_hartung_knapp_covers_nine_of_ten_where_studies_differ_and_are_five_or_more(committed):
    promised = committed.query("estimator == 'mean_hk_modified' and k >= 5 and tau2 > 0")
    assert promised["coverage"].between(0.87, 0.93).all(), promised


def test_the_modified_interval_never_covers_less_than_it_says(committed):
    modified = committed.query("estimator == 'mean_hk_modified'")
    assert (modified["coverage"] >= 0.87).all(), modified


def test_the_plain_interval_falls_short_with_few_studies_of_unequal_size(committed):
    """Rover, Knapp and Friede (2015) found the same: why the modified interval is the default."""
    plain = committed.query("estimator == 'mean_hk' and tau2 > 0").set_index(["k", "tau2"])["coverage"]
    assert plain.loc[[10, 20]].between(0.87, 0.93).all(), plain
    assert plain.loc[(5, 0.05)] < 0.87


@pytest.mark.slow
@pytest.mark.parametrize(("k", "tau2"), [(3, 0.0), (5, 0.05), (10, 0.2), (20, 0.05)])
def test_a_cell_computed_anew_agrees_with_the_table(committed, k, tau2):
    anew = cell(k, tau2, runs=1500, seed=7).set_index("estimator")
    told = committed[(committed["k"] == k) & (committed["tau2"] == tau2)].set_index("estimator").loc[anew.index]
    allowed = 4 * np.hypot(anew["mc_error"], told["mc_error"]) + 1e-3
    assert ((anew["coverage"] - told["coverage"]).abs() <= allowed).all(), anew.join(told, rsuffix="_told")


if __name__ == "__main__":
    write()
