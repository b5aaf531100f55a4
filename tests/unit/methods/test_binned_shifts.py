"""Shifts of location between groups: simulated truth under truncation, the effect within groups, and what is refused."""

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.binned import fit_binned
from lpo_analysis.methods.binned_shifts import fit_shifts

EDGES = np.array([500, 800, 1500, 3000, 8000, 20_000, 100_000, np.inf])


def simulated(shifts, *, effect=0.0, size=4000, family="lognormal", seed=1):
    """Counts by group, half of each with the effect."""
    rng, rows = np.random.default_rng(seed), []
    for name, shift in enumerate(shifts):
        for on in (0, 1):
            if family == "lognormal":
                x = np.exp(7.5 + shift + effect * on + 1.3 * rng.standard_normal(size))
            else:
                x = 500 + stats.genpareto(0.5, scale=np.exp(7 + shift + effect * on)).rvs(size, random_state=rng)
            rows += [
                (2010 + name, on, *z)
                for z in zip(EDGES[:-1], EDGES[1:], np.histogram(x[x > 500], EDGES)[0], strict=True)
            ]
    year, on, lower, upper, counts = np.array(rows).T
    return lower, upper, counts, year.astype(int), on


@pytest.mark.parametrize("family", ["lognormal", "generalised_pareto"])
def test_shifts_and_effect_are_recovered_under_truncation(family):
    shifts = np.array([0.0, 0.4, -0.3, 0.9])
    lower, upper, counts, year, on = simulated(shifts, effect=0.5, family=family)
    made = fit_shifts(lower, upper, counts, groups=year, effect=on, family=family, truncation=500)
    base = 7.5 if family == "lognormal" else 7.0
    for name, wanted in zip(("2010", "2011", "2012", "2013"), base + shifts, strict=True):
        row = made.row(name)
        assert abs(row["estimate"] - wanted) < 3.5 * row["std_error"]
    assert made.row("effect")["conf_low"] < 0.5 < made.row("effect")["conf_high"]
    last = made.row("sigma" if family == "lognormal" else "shape")
    assert last["conf_low"] < (1.3 if family == "lognormal" else 0.5) < last["conf_high"]
    differ, shape = made.checks[:2]
    assert differ.passed is False
    assert shape.passed is True
    assert "largest in 2013" in made.text
    assert "times as large" in made.text


def test_groups_that_do_not_differ_give_the_common_fit():
    lower, upper, counts, year, _ = simulated([0.0, 0.0, 0.0], seed=3)
    made = fit_shifts(lower, upper, counts, groups=year, truncation=500)
    common = fit_binned(lower, upper, counts, truncation=500)
    assert made.checks[0].passed is True
    assert made.row("sigma")["estimate"] == pytest.approx(common.row("sigma")["estimate"], abs=0.02)
    assert made.table["estimate"].head(3).mean() == pytest.approx(common.row("mu")["estimate"], abs=0.05)
    assert made.plot_data["estimate"].prod() == pytest.approx(1)  # factors against the mean of the logarithms


def test_an_effect_that_differs_from_group_to_group_widens_its_interval():
    rng, rows = np.random.default_rng(5), []
    effects = 0.5 + 0.6 * rng.standard_normal(10)
    for year, own in enumerate(effects):
        for on in (0, 1):
            x = np.exp(8.5 + own * on + rng.standard_normal(1500))
            rows += [
                (year, on, *z) for z in zip(EDGES[:-1], EDGES[1:], np.histogram(x[x > 500], EDGES)[0], strict=True)
            ]
    year, on, lower, upper, counts = np.array(rows).T
    row = fit_shifts(lower, upper, counts, groups=year, effect=on, truncation=500).row("effect")
    # Ten effects, all known well: the error is that of their mean, and five times as large as one that takes them for equal.
    assert row["std_error"] == pytest.approx(effects.std(ddof=1) / np.sqrt(10), rel=0.25)
    assert row["conf_low"] < effects.mean() < row["conf_high"]


def test_the_figure_has_a_dot_a_group():
    lower, upper, counts, year, _ = simulated([0.0, 1.0])
    made = fit_shifts(lower, upper, counts, groups=year, truncation=500)
    ax = made.plot(title="Years")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["2010", "2011"]
    assert "logarithmic" in ax.get_xlabel()
    assert made.plot_data["estimate"].iloc[1] / made.plot_data["estimate"].iloc[0] == pytest.approx(np.e, rel=0.2)


def test_what_cannot_be_told_is_not_estimated():
    lower, upper, counts, year, _ = simulated([0.0, 0.5], size=300)
    assert "two groups" in fit_shifts(lower, upper, counts, groups=np.ones(len(year)), truncation=500).text
    one = np.where((year == 2010) & (lower > 500), 0, counts)
    assert "2010 has them in one" in fit_shifts(lower, upper, one, groups=year, truncation=500).text
    assert "never differs" in fit_shifts(lower, upper, counts, groups=year, effect=year == 2011, truncation=500).text
    for call, words in [
        (lambda: fit_shifts(lower, upper, counts, groups=[1, 2], truncation=500), "groups: one a bin"),
        (lambda: fit_shifts(lower, upper, counts, groups=year, effect=[1, 2], truncation=500), "effect"),
        (lambda: fit_shifts(lower, upper, counts, groups=year, truncation=600), "below the truncation"),
        (lambda: fit_shifts(lower, upper, counts, groups=year, family="normal"), "family"),
    ]:
        with pytest.raises(ParameterError, match=words):
            call()
