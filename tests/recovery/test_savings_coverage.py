"""How often the intervals of sensitivity, value of information and fitted inputs hold the truth, and that the committed table says so.

``python tests/recovery/test_savings_coverage.py`` from the root of the repository writes data/tables/coverage_savings.csv anew.

Truths are closed forms: Ishigami's function (a = 7, b = 0.1), a linear model of three normals of which two correlate, a choice between
nothing and a normal gain, and the predictive distribution of log-normal study means.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lpo_analysis.evidence import Candidate, climb
from lpo_analysis.methods.dependence import spearman_of_pearson
from lpo_analysis.methods.draws import uniforms
from lpo_analysis.methods.information import evpi, evppi
from lpo_analysis.methods.inputs import Input, Inputs
from lpo_analysis.methods.sensitivity import sobol_indices
from lpo_analysis.methods.shapley import shapley_effects

TABLE = Path(__file__).resolve().parents[2] / "data" / "tables" / "coverage_savings.csv"
LEVEL, HALF = 0.90, float(stats.norm.ppf(0.95))
CELLS = {"sobol": (256, 1024), "shapley": (768, 3072), "information": (1024, 4096), "predictive": (3, 5, 10)}

ISHIGAMI = Inputs(tuple(Input(f"x{i}", "", "", -np.pi, np.pi, "uniform", 4, "analytic") for i in (1, 2, 3)))
_PARTS = {"x1": 0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2, "x2": 49 / 8, "x13": 0.01 * np.pi**8 * (1 / 18 - 1 / 50)}
_ALL = sum(_PARTS.values())
FIRST = {"x1": _PARTS["x1"] / _ALL, "x2": _PARTS["x2"] / _ALL}
TOTAL = {"x1": (_PARTS["x1"] + _PARTS["x13"]) / _ALL, "x2": _PARTS["x2"] / _ALL, "x3": _PARTS["x13"] / _ALL}

RHO, SPREADS = 0.6, {"x1": 1.0, "x2": 0.5, "x3": 0.2}
# Of x1 and x2 in a sum of equal weights: own variance and covariance, less and more rho^2 / 2 of the difference of variances.
_V = 1.0 + 0.25 + 2 * RHO * 0.5 + 0.04
_SHIFT = RHO**2 / 2 * (1.0 - 0.25)
EFFECT = {"x1": (1.0 + RHO * 0.5 - _SHIFT) / _V, "x2": (0.25 + RHO * 0.5 + _SHIFT) / _V, "x3": 0.04 / _V}
MEAN = -0.5


def ishigami(v):
    return np.sin(v["x1"]) + 7 * np.sin(v["x2"]) ** 2 + 0.1 * v["x3"] ** 4 * np.sin(v["x1"])


def normals(correlations=()):
    items = (Input(name, "", "", -HALF * s, HALF * s, "normal", 4, "analytic") for name, s in SPREADS.items())
    return Inputs(tuple(items), correlations=correlations)


def worth(spread: float) -> float:
    a = abs(MEAN) / spread
    return spread * float(stats.norm.pdf(a) - a * stats.norm.sf(a))


def sobol(n: int, seed: int) -> dict[tuple[str, str], float]:
    frame = sobol_indices(ishigami, ISHIGAMI, draws=n, seed=seed, resamples=100, level=LEVEL).set_index("group")
    held = {
        ("sobol_first", name): frame.at[name, "first_low"] <= truth <= frame.at[name, "first_high"]
        for name, truth in FIRST.items()
    }
    return held | {
        ("sobol_total", name): frame.at[name, "total_low"] <= truth <= frame.at[name, "total_high"]
        for name, truth in TOTAL.items()
    }


def shapley(n: int, seed: int) -> dict[tuple[str, str], float]:
    inputs = normals((("x1", "x2", float(spearman_of_pearson(RHO))),))
    frame = shapley_effects(lambda v: v["x1"] + v["x2"] + v["x3"], inputs, draws=n, level=LEVEL, seed=seed).set_index(
        "input"
    )
    return {
        ("shapley", name): frame.at[name, "low"] <= truth <= frame.at[name, "high"] for name, truth in EFFECT.items()
    }


def information(n: int, seed: int) -> dict[tuple[str, str], float]:
    """From a net of points, as the kit draws, and from independent draws, for which the errors are worked out."""
    inputs, rng = normals(), np.random.default_rng([seed, n])
    net = inputs.draw(uniforms(inputs.names, draws=n, seed=seed))
    random = {name: spread * rng.standard_normal(n) for name, spread in SPREADS.items()}
    groups = {"x1": ["x1"], "x2": ["x2"], "x1 and x2": ["x1", "x2"]}
    held: dict[tuple[str, str], float] = {}
    for ending, draws in (("", net), ("_independent_draws", random)):
        table = np.column_stack([np.zeros(n), MEAN + sum(draws.values())])
        frame = evppi(table, draws, groups=groups, level=LEVEL, seed=seed).set_index("group")
        for group, members in groups.items():
            truth = worth(float(np.hypot.reduce([SPREADS[name] for name in members])))
            held[f"evppi{ending}", group] = frame.at[group, "low"] <= truth <= frame.at[group, "high"]
        value, truth = evpi(table), worth(float(np.hypot.reduce(list(SPREADS.values()))))
        held[f"evpi{ending}", "all"] = abs(value.value - truth) <= HALF * value.std_error
    return held


def predictive(k: int, seed: int) -> dict[tuple[str, str], float]:
    """The probability that one more study lies within, rather than one draw of it."""
    mids = np.exp(np.random.default_rng([seed, k]).normal(3.0, 0.4, k))
    frame = pd.DataFrame({"low": mids, "high": mids, "observed": 2020.0, "study_id": [f"s{i}" for i in range(k)]})
    found = climb([Candidate("simulated studies", frame)], widening=1.5)
    assert found.rung == 1
    return {
        ("rung_1_predictive", "log-normal"): float(
            np.diff(stats.norm.cdf(np.log([found.low, found.high]), 3.0, 0.4))[0]
        )
    }


def cell(kind: str, n: int, *, runs: int, seed: int) -> pd.DataFrame:
    """Coverage of every estimator in one cell, with its Monte Carlo standard error."""
    run = {"sobol": sobol, "shapley": shapley, "information": information, "predictive": predictive}[kind]
    held = pd.DataFrame([run(n, seed + i) for i in range(runs)]).astype(float)
    return pd.DataFrame(
        {
            "estimator": estimator, "case": case, "n": n, "level": LEVEL, "coverage": held[estimator, case].mean(),
            "mc_error": held[estimator, case].std(ddof=1) / np.sqrt(runs), "runs": runs,
        }
        for estimator, case in held.columns
    )  # fmt: skip


def coverage_table(*, runs: int = 1000, seed: int = 20261100) -> pd.DataFrame:
    """All cells, ordered by estimator and case."""
    cells = [cell(kind, n, runs=runs, seed=seed) for kind, sizes in CELLS.items() for n in sizes]
    table = pd.concat(cells, ignore_index=True).sort_values(["estimator", "case", "n"], kind="stable")
    return table.round({"coverage": 4, "mc_error": 4}).reset_index(drop=True)


def write(path: Path = TABLE) -> None:
    coverage_table().to_csv(path, index=False, lineterminator="\n")


@pytest.fixture(scope="module")
def committed() -> pd.DataFrame:
    return pd.read_csv(TABLE)


def test_the_effects_stated_here_add_up():
    assert sum(EFFECT.values()) == pytest.approx(1)
    assert FIRST["x1"] == pytest.approx(0.3139, abs=5e-5)


def test_the_committed_table_is_the_whole_grid(committed):
    assert committed.columns.tolist() == ["estimator", "case", "n", "level", "coverage", "mc_error", "runs"]
    assert len(committed) == 5 * 2 + 3 * 2 + 8 * 2 + 3
    assert not committed.duplicated(["estimator", "case", "n"]).any()
    assert (committed["runs"] >= 1000).all()
    assert (committed["level"] == LEVEL).all()


def test_no_interval_covers_much_less_than_it_says(committed):
    assert (committed["coverage"] >= 0.85).all(), committed[committed["coverage"] < 0.85]


def test_a_fitted_input_covers_what_it_says_whatever_the_number_of_studies(committed):
    assert committed.query("estimator == 'rung_1_predictive'")["coverage"].between(0.88, 0.92).all()


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "n"), [("sobol", 256), ("shapley", 768), ("information", 1024), ("predictive", 5)])
def test_a_cell_computed_anew_agrees_with_the_table(committed, kind, n):
    anew = cell(kind, n, runs=400, seed=7).set_index(["estimator", "case"])
    told = committed[committed["n"] == n].set_index(["estimator", "case"]).loc[anew.index]
    allowed = 4 * np.hypot(anew["mc_error"], told["mc_error"]) + 1e-3
    assert ((anew["coverage"] - told["coverage"]).abs() <= allowed).all(), anew.join(told, rsuffix="_told")


if __name__ == "__main__":
    write()
