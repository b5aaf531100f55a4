"""Forecasts of series too short for anything but a line: constant growth, and growth towards a ceiling nobody knows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.forecasting import Forecaster, check_series

CEILINGS = 100.0
"""Largest ceiling `saturating` allows, as a multiple of the highest value."""
_GRID = 2000


def constant_growth(
    time: ArrayLike, value: ArrayLike, horizon_times: ArrayLike, *, draws: int, rng: np.random.Generator
) -> Floats:
    """Forecast by a straight line through the logarithms.

    Parameters
    ----------
    time : array_like of float, shape (n,)
        Dates, rising, at least three; any spacing.
    value : array_like of float, shape (n,)
        Values above 0.
    horizon_times : array_like of float, shape (horizons,)
        Dates ahead, rising.
    draws : int
        Number of paths.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (draws, horizons)
        Simulated values. Their logarithms follow the t distribution, with n - 2 degrees of freedom, of a new observation of
        the regression: line and variance are uncertain too.

    Raises
    ------
    ParameterError
        As in `lpo_analysis.methods.forecasting.check_series`, if a date ahead does not lie ahead, or if all points lie on the
        line, so that nothing tells how far the next may stray.
    """
    t, y, at = _checked(time, value, horizon_times, least=3)
    log_y, x = np.log(y), t - t.mean()
    slope = (x @ log_y) / (x @ x)
    squares = float(((log_y - log_y.mean() - slope * x) ** 2).sum())
    _refuse_exact(squares, log_y)
    sigma = np.sqrt(squares / rng.chisquare(len(t) - 2, (draws, 1)))
    line = log_y.mean() + sigma * rng.standard_normal((draws, 1)) / np.sqrt(len(t))
    line = line + (slope + sigma * rng.standard_normal((draws, 1)) / np.sqrt(x @ x)) * (at - t.mean())
    return np.exp(np.clip(line + sigma * rng.standard_normal((draws, len(at))), -700.0, 700.0))


def saturating(ceilings: float = CEILINGS) -> Forecaster:
    """Return a forecaster of logistic growth towards a ceiling that is uncertain.

    Parameters
    ----------
    ceilings : float, default 100
        Largest ceiling allowed, as a multiple of the highest value.

    Returns
    -------
    Forecaster
        It needs four points of any spacing. Given the ceiling the log odds of the values are a straight line; the ceiling is
        drawn from its posterior, so where the points cannot tell it, the paths carry every ceiling.

    Raises
    ------
    ParameterError
        If `ceilings` is not above 1.

    Notes
    -----
    The prior is flat over the logarithm of the ceiling between the highest value and `ceilings` times it, flat over the line,
    and that of Jeffreys for the variance of the log odds. Before the inflection the ceiling of a diffusion curve is not
    identified, so the prior's upper end matters: it is an assumption, to be told with the forecast.

    References
    ----------
    Van den Bulte, C. and Lilien, G. L. (1997). Bias and systematic change in the parameter estimates of macro-level diffusion
    models. Marketing Science 16(4). https://doi.org/10.1287/mksc.16.4.338
    """
    if not (np.isfinite(ceilings) and ceilings > 1):
        raise ParameterError(f"ceilings: must be above 1, got {ceilings!r}")

    def towards_ceiling(
        time: ArrayLike, value: ArrayLike, horizon_times: ArrayLike, *, draws: int, rng: np.random.Generator
    ) -> Floats:
        t, y, at = _checked(time, value, horizon_times, least=4)
        x, n = t - t.mean(), len(t)
        # Midpoints, so that no ceiling touches the highest value.
        cap = y.max() * np.exp((np.arange(_GRID) + 0.5) / _GRID * np.log(ceilings))
        odds = np.log(y) - np.log(cap[:, None] - y)
        middle, slope = odds.mean(axis=1), odds @ x / (x @ x)
        squares = ((odds - middle[:, None] - slope[:, None] * x) ** 2).sum(axis=1)
        _refuse_exact(float(squares.min()), odds)
        # The last term turns the density of the log odds into that of the logarithms, which all ceilings share.
        log_weight = -(n - 2) / 2 * np.log(squares) + np.log(cap[:, None] / (cap[:, None] - y)).sum(axis=1)
        weight = np.exp(log_weight - log_weight.max())
        drawn = rng.choice(_GRID, size=draws, p=weight / weight.sum())
        sigma = np.sqrt(squares[drawn] / rng.chisquare(n - 2, draws))[:, None]
        line = middle[drawn, None] + sigma * rng.standard_normal((draws, 1)) / np.sqrt(n)
        tilt = slope[drawn, None] + sigma * rng.standard_normal((draws, 1)) / np.sqrt(x @ x)
        ahead = line + tilt * (at - t.mean()) + sigma * rng.standard_normal((draws, len(at)))
        return cap[drawn, None] / (1 + np.exp(np.clip(-ahead, -700.0, 700.0)))

    return towards_ceiling


def _checked(
    time: ArrayLike, value: ArrayLike, horizon_times: ArrayLike, *, least: int
) -> tuple[Floats, Floats, Floats]:
    t, y = check_series(time, value, least=least)
    at = np.atleast_1d(np.asarray(horizon_times, dtype=float))
    if not len(at) or not np.isfinite(at).all() or at[0] <= t[-1] or (np.diff(at) <= 0).any():
        raise ParameterError(f"horizon_times: must rise and lie after the last date {t[-1]:g}, got {at.tolist()}")
    return t, y, at


def _refuse_exact(squares: float, around: Floats) -> None:
    if squares <= 1e-20 * max(1.0, float((around**2).max())):
        raise ParameterError("series: all points lie on the curve, so nothing tells how far the next may stray")
