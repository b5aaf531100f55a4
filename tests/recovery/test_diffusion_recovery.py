"""Diffusion curves on simulated truth: intervals cover it, fans hold the future, and early data give no ceiling."""

import numpy as np
import pytest

from lpo_analysis.methods.diffusion import CURVES, bootstrap, fit_curve, forecast_paths, identified

M, SHAPE = 1000.0, {"p": 0.02, "q": 0.4}
TIME = np.array([1.0, 2, 3, 4.5, 6, 7, 8, 9.5, 11, 12, 13, 14.5, 16, 17])
ADDED = np.diff(M * CURVES["bass"].share(TIME, SHAPE, launch=0), prepend=0)


def series(rng, runs, n=14, noise=5.0):
    return np.maximum(ADDED[:n] + noise * rng.normal(size=(runs, n)), 0.0)


@pytest.mark.slow
def test_fans_hold_the_next_observations_as_often_as_they_say():
    rng, runs, n = np.random.default_rng(20240602), 400, 11
    held = {0.5: 0, 0.8: 0, 0.9: 0}
    for added in series(rng, runs):
        fit = fit_curve("bass", TIME[:n], added[:n], kind="new_adopters", launch=0, starts=8)
        boot = bootstrap(fit, draws=500, seed=int(rng.integers(2**31)))
        paths = forecast_paths(fit, boot, TIME[n:], seed=int(rng.integers(2**31)))
        for level in held:
            low, high = np.quantile(paths, [(1 - level) / 2, (1 + level) / 2], axis=0)
            held[level] += ((low <= added[n:]) & (added[n:] <= high)).mean()
    for level, count in held.items():
        assert count / runs == pytest.approx(level, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 6, 8])
def test_fans_of_a_few_levels_hold_the_next_ones_too(n):
    rng, runs, time = np.random.default_rng([20240604, n]), 250, np.arange(1.0, n + 3)
    held = {0.5: 0, 0.8: 0, 0.9: 0}
    for _ in range(runs):
        level = 100 / (1 + np.exp(-0.6 * (time - 5))) * np.exp(0.05 * rng.normal(size=len(time)))
        fit = fit_curve("logistic", time[:n], level[:n], kind="level", starts=8)
        boot = bootstrap(fit, draws=400, seed=int(rng.integers(2**31)))
        paths = forecast_paths(fit, boot, time[n:], seed=int(rng.integers(2**31)))
        for inside in held:
            low, high = np.quantile(paths, [(1 - inside) / 2, (1 + inside) / 2], axis=0)
            held[inside] += ((low <= level[n:]) & (level[n:] <= high)).mean()
    for inside, count in held.items():
        assert count / runs == pytest.approx(inside, abs=0.06)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bass", "logistic", "gompertz"])
def test_before_the_inflection_the_ceiling_is_hardly_ever_called_identified(name):
    rng, runs, n = np.random.default_rng(20240603), 60, 5  # the additions peak at 7.1
    called = 0
    for added in series(rng, runs, n):
        launch, start = (0.0, None) if CURVES[name].launched else (None, 0.0)
        fit = fit_curve(name, TIME[:n], added, kind="new_adopters", launch=launch, start=start, starts=8)
        called += identified(fit).identified
    assert called <= 0.1 * runs
