"""Binned severity fits: exact-data estimates as bins shrink, and the truth that was simulated."""

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.binned import fit_binned


def binned(x, edges):
    return edges[:-1], edges[1:], np.histogram(x, edges)[0]


def test_fine_bins_give_the_estimates_of_exact_data() -> None:
    x = stats.lognorm(s=1.3, scale=200).rvs(400, random_state=1)
    logs = np.log(x)
    edges = np.exp(np.linspace(logs.min() - 0.01, logs.max() + 0.01, 3000))
    # Open ends, so that the bins cover everything.
    fit = fit_binned(*binned(x, np.concatenate([[0], edges, [np.inf]])))
    assert fit.row("mu")["estimate"] == pytest.approx(logs.mean(), abs=1e-4)
    assert fit.row("sigma")["estimate"] == pytest.approx(logs.std(), abs=1e-4)
    assert fit.row("mu")["std_error"] == pytest.approx(logs.std() / 20, rel=1e-3)
    assert fit.row("sigma")["std_error"] == pytest.approx(logs.std() / np.sqrt(800), rel=1e-3)
    # The profile interval of the median is that of exp(mu).
    half = logs.std() * np.sqrt(np.expm1(stats.chi2.ppf(0.9, 1) / 400))
    median = fit.row("q50")
    assert np.log([median["conf_low"], median["conf_high"]]) == pytest.approx(
        logs.mean() + half * np.array([-1, 1]), abs=1e-3
    )


@pytest.mark.parametrize("family", ["lognormal", "generalised_pareto"])
def test_the_truth_is_recovered_under_truncation(family) -> None:
    truth = {
        "lognormal": stats.lognorm(s=1.5, scale=np.exp(7)),
        "generalised_pareto": stats.genpareto(0.4, loc=500, scale=900),
    }
    x = truth[family].rvs(40_000, random_state=2)
    x = x[x > 500]
    edges = np.array([500, 1000, 2000, 5000, 10_000, 50_000, np.inf])
    fit = fit_binned(*binned(x, edges), family=family, truncation=500)
    wanted = {"mu": 7, "sigma": 1.5, "shape": 0.4, "scale": 900}
    for _, row in fit.table.head(2).iterrows():
        assert abs(row["estimate"] - wanted[row["term"]]) < 3.5 * row["std_error"]
    exact = truth[family].isf(0.1 * truth[family].sf(500))
    assert fit.row("q90")["conf_low"] < fit.row("q90")["estimate"] < fit.row("q90")["conf_high"]
    assert fit.row("q90")["estimate"] == pytest.approx(exact, rel=0.05)
    assert fit.checks[0].passed
    assert fit.plot_data["expected"].sum() == pytest.approx(len(x))


def test_another_family_does_not_fit_and_says_so() -> None:
    x = stats.uniform(1, 99).rvs(5000, random_state=3)
    assert fit_binned(*binned(x, np.array([0, 10, 30, 50, 70, 90, np.inf]))).checks[0].passed is False


def test_groups_give_the_jackknife() -> None:
    parts = [binned(stats.lognorm(s=1, scale=np.exp(m)).rvs(300, random_state=i), np.array([0, 50, 100, 200, 500, np.inf]))
             for i, m in enumerate((4.2, 4.6, 5.0))]  # fmt: skip
    lower, upper, counts = (np.concatenate(c) for c in zip(*parts, strict=True))
    alone = fit_binned(lower, upper, counts)
    clustered = fit_binned(lower, upper, counts, groups=np.repeat(["a", "b", "c"], 5))
    assert clustered.row("mu")["std_error"] > 2 * alone.row("mu")["std_error"]
    assert clustered.row("mu")["estimate"] == alone.row("mu")["estimate"]


def test_what_cannot_be_told_is_not_estimated() -> None:
    assert not fit_binned([0, 10], [10, np.inf], [5, 5]).estimable
    for call, words in [
        (lambda: fit_binned([5, 1], [1, 2], [1, 1]), "end above"),
        (lambda: fit_binned([0, 1], [1, 2], [-1, 1]), "counts"),
        (lambda: fit_binned([0, 1], [1, 2], [1, 1], truncation=0.5), "below the truncation"),
        (lambda: fit_binned([0, 1], [1, 2], [1, 1], family="normal"), "family"),
    ]:
        with pytest.raises(ParameterError, match=words):
            call()
