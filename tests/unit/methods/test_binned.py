"""Binned severity fits: exact-data estimates as bins shrink, and the truth that was simulated."""

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.binned import fit_binned
from lpo_analysis.methods.binned_likelihood import fit_many, fit_two, log_share, merged, slopes


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


def years(spread, sizes, seed):
    """Counts of years whose locations differ by `spread`."""
    rng = np.random.default_rng(seed)
    edges = np.array([500, 1000, 2000, 5000, 10_000, 50_000, np.inf])
    parts = []
    for size in sizes:
        x = np.exp(8.5 + spread * rng.standard_normal() + 1.2 * rng.standard_normal(4 * size))
        parts.append(binned(x[x > 500][:size], edges))
    lower, upper, counts = (np.concatenate(c) for c in zip(*parts, strict=True))
    return lower, upper, counts, np.repeat(np.arange(len(sizes)), 6)


def test_resampled_clusters_widen_what_they_have_in_common():
    lower, upper, counts, year = years(0.6, [200] * 12, 4)
    alone = fit_binned(lower, upper, counts, truncation=500)
    made = fit_binned(lower, upper, counts, truncation=500, clusters=year)
    jack = fit_binned(lower, upper, counts, truncation=500, groups=year)
    assert made.table["estimate"].tolist() == alone.table["estimate"].tolist()
    for term in ("q50", "q90"):
        wide, narrow = (np.log(f.row(term)["conf_high"] / f.row(term)["conf_low"]) for f in (made, alone))
        assert wide > 2 * narrow
    # Two ways to the same standard error.
    assert made.row("mu")["std_error"] == pytest.approx(jack.row("mu")["std_error"], rel=0.3)
    check = next(c for c in made.checks if c.name == "number of clusters")
    assert check.passed is False
    assert "12 clusters; the largest" in check.text
    assert "Fewer than 30" in check.text


def test_clusters_of_independent_losses_agree_with_the_profile():
    lower, upper, counts, year = years(0.0, [150] * 40, 5)
    alone = fit_binned(lower, upper, counts, truncation=500, quantiles=[0.9])
    made = fit_binned(lower, upper, counts, truncation=500, quantiles=[0.9], clusters=year)
    ends = [np.log([f.row("q90")["conf_low"], f.row("q90")["conf_high"]]) for f in (made, alone)]
    assert np.diff(ends[0]).item() == pytest.approx(np.diff(ends[1]).item(), rel=0.25)
    assert next(c for c in made.checks if c.name == "number of clusters").passed


def test_seeds_repeat_and_differ():
    lower, upper, counts, year = years(0.3, [100] * 8, 6)
    one, same, other = (
        fit_binned(lower, upper, counts, truncation=500, clusters=year, seed=s).table for s in (0, 0, 1)
    )
    assert one.equals(same)
    assert not one.equals(other)


@pytest.mark.parametrize("family", ["lognormal", "generalised_pareto"])
def test_many_fits_at_once_are_those_one_by_one(family):
    lower, upper, counts, year = years(0.4, [120] * 6, 7)
    bins = merged(lower, upper, counts)
    many = np.stack([counts[year == y] for y in range(6)])
    start = fit_two(*bins, family, 500.0)[0]
    thetas, inner = fit_many(many, bins[0], bins[1], start=start, family=family, truncation=500.0)
    assert inner.all()
    for row, k in zip(thetas, many, strict=True):
        assert row == pytest.approx(fit_two(bins[0], bins[1], k, family, 500.0)[0], abs=2e-5)


@pytest.mark.parametrize(("family", "theta"), [("lognormal", (5, 0.8)), ("generalised_pareto", (0.6, 7)), ("generalised_pareto", (1e-9, 7))])  # fmt: skip
def test_slopes_are_those_of_differences(family, theta):
    lo, hi = np.array([500, 1000, 5000, 1e6]), np.array([1000, 5000, 1e6, np.inf])
    at = np.array(theta)
    _, *found = slopes(at, lo, hi, family, 500.0)
    for direction, slope in zip(np.eye(2) * 1e-5, found, strict=True):
        up, down = (log_share(at + side * direction, lo, hi, family, 500.0) for side in (1, -1))
        held = np.isfinite(up)
        assert slope[held] == pytest.approx((up - down)[held] / 2e-5, rel=1e-4, abs=1e-6)


def test_the_figure_shows_what_was_counted_beside_what_was_fitted():
    lower, upper, counts, _ = years(0.0, [500], 8)
    made = fit_binned(lower, upper, counts, truncation=500)
    seen, curve = (made.plot_data[made.plot_data["kind"] == kind] for kind in ("seen", "curve"))
    assert seen["x"].tolist() == [1000, 2000, 5000, 10_000, 50_000]
    assert seen["estimate"].iloc[0] == pytest.approx(counts[1:].sum() / counts.sum())
    assert (curve["conf_low"] <= curve["estimate"]).all()
    at = curve.iloc[20]
    assert at["estimate"] == pytest.approx(made.model.sf(at["x"]) / made.model.sf(500), rel=1e-6)
    ax = made.plot(xlabel="People")
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert "5 ends of bins" in made.alt


def test_leaving_out_and_resampling_exclude_each_other():
    with pytest.raises(ParameterError, match="one of them"):
        fit_binned([0, 1, 2], [1, 2, 3], [1, 1, 1], groups=[1, 2, 3], clusters=[1, 2, 3])
    with pytest.raises(ParameterError, match="one a bin"):
        fit_binned([1, 2, 3], [2, 3, 9], [5, 9, 2], clusters=[1, 2])
    alone = fit_binned([1, 2, 3, 5], [2, 3, 5, 9], [5, 9, 5, 2], clusters=[1, 1, 1, 1])
    assert "one cluster only" in str(alone)
