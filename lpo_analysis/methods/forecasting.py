"""Forecasts as simulated paths: the benchmarks every other model has to beat, pools of models, and fans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, Protocol, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import qmc
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats

Parameters = Literal["drawn", "fitted"]
LEVELS = (0.5, 0.8, 0.9)
"""Coverage of the intervals a fan shows and a score checks."""


class Forecaster(Protocol):
    """Anything that simulates the future of a positive series.

    It takes the known dates and values and the dates ahead, and returns simulated values, shape (draws, dates ahead), one
    joint path a row. It draws from `rng` alone, and refuses with an `LpoError` what it cannot forecast.
    """

    def __call__(
        self, time: ArrayLike, value: ArrayLike, horizon_times: ArrayLike, *, draws: int, rng: np.random.Generator
    ) -> Floats:
        """Simulate the values at the dates ahead."""
        ...


def check_series(time: ArrayLike, value: ArrayLike, *, least: int) -> tuple[Floats, Floats]:
    """Check a positive series.

    Parameters
    ----------
    time : array_like of float, shape (n,)
        Dates, rising.
    value : array_like of float, shape (n,)
        Values above 0.
    least : int
        Fewest points allowed.

    Returns
    -------
    tuple of ndarray
        Dates and values as floats.

    Raises
    ------
    ParameterError
        If dates or values are no numbers, the lengths differ, there are too few points, a date is not finite, stands twice or
        goes back, or a value is not above 0.
    """
    raw = np.asarray(time), np.asarray(value)
    if any(item.size and item.dtype.kind not in "iuf" for item in raw):
        raise ParameterError(
            "series: dates and values must be numbers", remedy="Give a date as a year, such as 2015 or 2015.5."
        )
    t, y = raw[0].astype(float), raw[1].astype(float)
    if t.ndim != 1 or t.shape != y.shape:
        raise ParameterError(f"series: dates of shape {t.shape} and values of shape {y.shape} do not match")
    if len(t) < least:
        raise ParameterError(f"series: {least} points are needed, got {len(t)}")
    if not np.isfinite(t).all():
        raise ParameterError("series: every date must be a finite number")
    if len(np.unique(t)) < len(t):
        raise ParameterError("series: a date stands twice")
    if (np.diff(t) < 0).any():
        raise ParameterError("series: the dates must rise", remedy="Sort the rows by date.")
    if not (np.isfinite(y).all() and (y > 0).all()):
        raise ParameterError("series: every value must be above 0, because the forecasts are made on logarithms")
    return t, y


def _ahead(t: Floats, horizon_times: ArrayLike) -> Floats:
    at = np.atleast_1d(np.asarray(horizon_times, dtype=float))
    if at.ndim != 1 or not len(at) or not np.isfinite(at).all():
        raise ParameterError("horizon_times: must be a list of at least one finite date")
    if at[0] <= t[-1] or (np.diff(at) <= 0).any():
        raise ParameterError(f"horizon_times: must rise and lie after the last date {t[-1]:g}, got {at.tolist()}")
    return at - t[-1]


def _check_draws(draws: int) -> None:
    if draws < 2:
        raise ParameterError(f"draws: must be at least 2, got {draws}")


def _refuse_without_spread(log_y: Floats, t: Floats) -> None:
    rates = np.diff(log_y) / np.diff(t)
    if np.ptp(rates) <= 1e-12 * max(1.0, float(np.abs(rates).max())):
        raise ParameterError(
            "series: it grows by exactly the same rate throughout, so its past errors give no interval"
        )


def _positive(log_paths: Floats) -> Floats:
    # Few degrees of freedom draw a path beyond what a float holds now and then.
    return np.exp(np.clip(log_paths, -700.0, 700.0))


def _random_walk(
    time: ArrayLike, value: ArrayLike, horizon_times: ArrayLike, draws: int, rng: np.random.Generator, *, trend: bool
) -> Floats:
    _check_draws(draws)
    t, y = check_series(time, value, least=4 + trend)
    ahead = _ahead(t, horizon_times)
    log_y, gaps, span = np.log(y), np.diff(t), t[-1] - t[0]
    _refuse_without_spread(log_y, t)
    slope = (log_y[-1] - log_y[0]) / span if trend else 0.0
    squares = ((np.diff(log_y) - slope * gaps) ** 2 / gaps).sum()
    sigma = np.sqrt(squares / rng.chisquare(len(gaps) - trend, draws))[:, None]
    slopes = slope + (sigma * rng.standard_normal((draws, 1)) / np.sqrt(span) if trend else 0.0)
    shocks = rng.standard_normal((draws, len(ahead))) * np.sqrt(np.diff(ahead, prepend=0.0))
    return _positive(log_y[-1] + slopes * ahead + sigma * shocks.cumsum(axis=1))


def naive(
    time: ArrayLike, value: ArrayLike, horizon_times: ArrayLike, *, draws: int, rng: np.random.Generator
) -> Floats:
    """Forecast no change: a random walk of the logarithms.

    Parameters
    ----------
    time : array_like of float, shape (n,)
        Dates, rising, at least four; any spacing.
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
        Simulated values. Their logarithms follow a t distribution with n - 1 degrees of freedom around the last logarithm:
        the variance per unit of time is uncertain too. Their median is the last value; a mean of the values does not exist.

    Raises
    ------
    ParameterError
        As in `check_series`, if a date ahead does not lie ahead, or if the series never varies in its growth.

    References
    ----------
    Hyndman, R. J. and Athanasopoulos, G. (2021). Forecasting: principles and practice, 3rd edition, sections 5.2 and 5.5.
    https://otexts.com/fpp3/
    """
    return _random_walk(time, value, horizon_times, draws, rng, trend=False)


def drift(
    time: ArrayLike, value: ArrayLike, horizon_times: ArrayLike, *, draws: int, rng: np.random.Generator
) -> Floats:
    """Forecast the average growth so far: a random walk of the logarithms with drift.

    Parameters
    ----------
    time : array_like of float, shape (n,)
        Dates, rising, at least five; any spacing.
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
        Simulated values. h ahead of n even dates their logarithms follow a t distribution with n - 2 degrees of freedom and
        the scale s sqrt(h (1 + h / (n - 1))): drift and variance are uncertain too.

    Raises
    ------
    ParameterError
        As in `naive`.

    References
    ----------
    Hyndman, R. J. and Athanasopoulos, G. (2021). Forecasting: principles and practice, 3rd edition, sections 5.2 and 5.5.
    https://otexts.com/fpp3/
    """
    return _random_walk(time, value, horizon_times, draws, rng, trend=True)


def damped_ets(
    time: ArrayLike,
    value: ArrayLike,
    horizon_times: ArrayLike,
    *,
    draws: int,
    rng: np.random.Generator,
    parameters: Parameters = "drawn",
) -> Floats:
    """Forecast by exponential smoothing with a damped trend, ETS(A, Ad, N), of the logarithms.

    Parameters
    ----------
    time : array_like of float, shape (n,)
        Dates, rising, at least eight, evenly spaced.
    value : array_like of float, shape (n,)
        Values above 0.
    horizon_times : array_like of float, shape (horizons,)
        Dates ahead, whole steps after the last.
    draws : int
        Number of paths.
    rng : numpy.random.Generator
        Source of randomness.
    parameters : {'drawn', 'fitted'}, default 'drawn'
        ``drawn``: the smoothing parameters, the first level and trend and the variance are drawn from their posterior, so
        that the interval carries their uncertainty. ``fitted``: the maximum likelihood estimates of statsmodels, taken as
        known; its convergence warnings are passed on.

    Returns
    -------
    ndarray, shape (draws, horizons)
        Simulated values.

    Raises
    ------
    ParameterError
        As in `naive`, if the dates are uneven (nothing is interpolated), or if `parameters` is unknown.

    Notes
    -----
    The prior is flat over 0 < alpha < 1, 0 < beta < alpha and .8 < phi < .98 (the region R's ``ets`` searches), flat over
    the first level and trend, and that of Jeffreys for the variance. Given alpha, beta and phi the errors are linear in
    the first level and trend, which are integrated out exactly; the three are weighed at 2048 Sobol points. In short series
    the estimates lie on the border of the region, where standard errors from a Hessian mean nothing.

    References
    ----------
    Hyndman, R. J., Koehler, A. B., Ord, J. K. and Snyder, R. D. (2008). Forecasting with exponential smoothing: the state
    space approach. https://doi.org/10.1007/978-3-540-71918-2
    """
    if parameters not in get_args(Parameters):
        raise ParameterError(f"parameters: got {parameters!r}.", remedy=choices(parameters, get_args(Parameters)))
    _check_draws(draws)
    t, y = check_series(time, value, least=8)
    steps = _whole_steps(t, _ahead(t, horizon_times))
    log_y = np.log(y)
    _refuse_without_spread(log_y, t)
    estimate = _drawn if parameters == "drawn" else _fitted
    level, trend, alpha, beta, phi, sigma = estimate(log_y, draws, rng)
    log_paths = np.empty((draws, steps[-1]))
    for step in range(steps[-1]):
        middle, shock = level + phi * trend, sigma * rng.standard_normal(draws)
        level, trend = middle + alpha * shock, phi * trend + beta * shock
        log_paths[:, step] = middle + shock
    return _positive(log_paths[:, steps - 1])


def _whole_steps(t: Floats, ahead: Floats) -> NDArray[np.int_]:
    gaps = np.diff(t)
    gap = float(gaps.mean())
    if not np.allclose(gaps, gap, rtol=1e-6, atol=0):
        raise ParameterError(
            f"series: damped_ets needs even spacing, here the steps run from {gaps.min():g} to {gaps.max():g}",
            remedy="Use an evenly spaced part of the series, or drift, which takes any spacing.",
        )
    steps = np.rint(ahead / gap).astype(int)
    if steps[0] < 1 or not np.allclose(steps * gap, ahead, rtol=1e-6, atol=0):
        raise ParameterError(f"horizon_times: damped_ets forecasts whole steps of {gap:g}, got {ahead.tolist()} ahead")
    return steps


@lru_cache(maxsize=1)
def _smoothing_points() -> tuple[Floats, Floats, Floats]:
    alpha, share, phi = qmc.Sobol(3, scramble=True, rng=0).random_base2(11).T
    return alpha, alpha * share, 0.8 + 0.18 * phi


def _errors_by_start(log_y: Floats) -> tuple[Floats, Floats, Floats]:
    """Run the recursions at every point for the data alone, and for a first level and a first trend of 1 alone."""
    alpha, beta, phi = _smoothing_points()
    level, trend = np.zeros((3, len(alpha))), np.zeros((3, len(alpha)))
    level[1], trend[2] = 1.0, 1.0
    errors = np.empty((len(log_y), *level.shape))
    for row, seen in zip(errors, log_y, strict=True):
        middle = level + phi * trend
        np.negative(middle, out=row)
        row[0] += seen
        level, trend = middle + alpha * row, phi * trend + beta * row
    return errors, level, trend


def _drawn(log_y: Floats, draws: int, rng: np.random.Generator) -> tuple[Floats, ...]:
    n, first = len(log_y), log_y[0]
    errors, level, trend = _errors_by_start(log_y - first)
    data, starts = errors[:, 0], errors[:, 1:]
    gram = np.einsum("nip,njp->pij", starts, starts)
    middle = -np.linalg.solve(gram, np.einsum("nip,np->pi", starts, data)[..., None])[..., 0]
    squares = ((data + np.einsum("nip,pi->np", starts, middle)) ** 2).sum(axis=0)
    log_weight = -0.5 * np.linalg.slogdet(gram)[1] - (n - 2) / 2 * np.log(squares)
    weight = np.exp(log_weight - log_weight.max()).cumsum()
    # Systematic resampling: one random offset, so that the picks scatter less than independent ones.
    at = np.minimum(np.searchsorted(weight, weight[-1] * (rng.random() + np.arange(draws)) / draws), len(weight) - 1)
    sigma = np.sqrt(squares[at] / rng.chisquare(n - 2, draws))
    root = np.linalg.cholesky(np.linalg.inv(gram))[at]
    start = middle[at] + sigma[:, None] * np.einsum("pij,pj->pi", root, rng.standard_normal((draws, 2)))
    ends = [end[0, at] + (end[1:, at] * start.T).sum(axis=0) for end in (level, trend)]
    return (first + ends[0], ends[1], *(point[at] for point in _smoothing_points()), sigma)


def _fitted(log_y: Floats, draws: int, rng: np.random.Generator) -> tuple[Floats, ...]:
    fit = ETSModel(log_y, error="add", trend="add", damped_trend=True).fit(disp=False)
    sigma = np.sqrt(fit.sse / (len(log_y) - 5))
    ends = (fit.level[-1], fit.slope[-1], fit.smoothing_level, fit.smoothing_trend, fit.damping_trend, sigma)
    return tuple(np.full(draws, float(end)) for end in ends)


def bounded(forecaster: Forecaster, ceiling: float) -> Forecaster:
    """Let a forecaster work on the odds of a share, so that no path passes the ceiling.

    Parameters
    ----------
    forecaster : Forecaster
        A forecaster of positive values; its logarithms become log odds.
    ceiling : float
        Largest value possible, in the unit of the series; known, not estimated.

    Returns
    -------
    Forecaster
        The forecaster on the bounded scale. It refuses a series that reaches the ceiling.

    Raises
    ------
    ParameterError
        If the ceiling is not a positive number.
    """
    if not (np.isfinite(ceiling) and ceiling > 0):
        raise ParameterError(f"ceiling: must be a number above 0, got {ceiling!r}")

    def inside(
        time: ArrayLike, value: ArrayLike, horizon_times: ArrayLike, *, draws: int, rng: np.random.Generator
    ) -> Floats:
        t, y = check_series(time, value, least=1)
        if (y >= ceiling).any():
            raise ParameterError(f"series: every value must lie below the ceiling {ceiling:g}, got {y.max():g}")
        odds = forecaster(t, y / (ceiling - y), horizon_times, draws=draws, rng=rng)
        return ceiling / (1 + 1 / odds)

    return inside


FORECASTERS: Mapping[str, Forecaster] = MappingProxyType({"naive": naive, "drift": drift, "damped_ets": damped_ets})
"""The benchmarks, by name."""


def check_paths(paths: ArrayLike, name: str = "paths") -> Floats:
    """Check simulated paths.

    Parameters
    ----------
    paths : array_like of float, shape (draws, horizons)
        Simulated values, at least two draws.
    name : str, default 'paths'
        What to call them in an error.

    Returns
    -------
    ndarray, shape (draws, horizons)
        The paths as floats.

    Raises
    ------
    ParameterError
        If they are no matrix, hold fewer than two draws, or a value is not finite.
    """
    matrix = np.asarray(paths, dtype=float)
    if matrix.ndim != 2 or len(matrix) < 2 or not matrix.shape[1]:
        raise ParameterError(f"{name}: must be a matrix of at least 2 draws by 1 horizon, got shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ParameterError(f"{name}: every value must be a finite number")
    return matrix


def check_levels(levels: Sequence[float]) -> Floats:
    """Check the coverages of central intervals.

    Parameters
    ----------
    levels : sequence of float
        Probabilities.

    Returns
    -------
    ndarray
        The levels, as floats.

    Raises
    ------
    ParameterError
        If there is none, or one is not between 0 and 1.
    """
    wanted = np.asarray(levels, dtype=float)
    if wanted.ndim != 1 or not len(wanted) or not ((wanted > 0) & (wanted < 1)).all():
        raise ParameterError(f"levels: each must lie between 0 and 1, got {levels!r}")
    return wanted


def quantile_fan(paths: ArrayLike, levels: Sequence[float] = LEVELS, *, times: ArrayLike | None = None) -> pd.DataFrame:
    """Summarise simulated paths by their medians and central intervals.

    Parameters
    ----------
    paths : array_like of float, shape (draws, horizons)
        Simulated values.
    levels : sequence of float, default (0.5, 0.8, 0.9)
        Coverage of the intervals.
    times : array_like of float, shape (horizons,), optional
        Dates of the columns; by default 1, 2, ...

    Returns
    -------
    pandas.DataFrame
        One date and level a row: time, level, estimate (median), conf_low, conf_high.

    Raises
    ------
    ParameterError
        As in `check_paths` and `check_levels`, or if there is not one date a column.
    """
    matrix, wanted = check_paths(paths), check_levels(levels)
    at = np.arange(1.0, matrix.shape[1] + 1) if times is None else np.asarray(times, dtype=float)
    if at.shape != matrix.shape[1:]:
        raise ParameterError(f"times: there are {matrix.shape[1]} horizons and dates of shape {at.shape}")
    median = np.median(matrix, axis=0)
    low, high = (np.quantile(matrix, (1 + side * wanted) / 2, axis=0) for side in (-1, 1))
    return pd.DataFrame(
        {
            "time": np.repeat(at, len(wanted)),
            "level": np.tile(wanted, len(at)),
            "estimate": np.repeat(median, len(wanted)),
            "conf_low": low.T.ravel(),
            "conf_high": high.T.ravel(),
        }
    )


def combine_paths(paths: Sequence[ArrayLike], weights: Sequence[float] | None = None) -> Floats:
    """Pool the paths of several models: a linear pool, the mixture of their forecast distributions.

    Parameters
    ----------
    paths : sequence of array_like, each of shape (draws, horizons)
        Simulated values of each model at the same dates; the number of draws may differ.
    weights : sequence of float, optional
        Weight of each model, not negative; by default equal, which is hard to beat on short records.

    Returns
    -------
    ndarray, shape (draws, horizons)
        Each model's share of the rows is its weight, to the nearest row. The spread between the models widens the interval:
        this is how the uncertainty about the model enters.

    Raises
    ------
    ParameterError
        If there is no model, the horizons differ, or the weights are not one a model, negative, or all 0.

    References
    ----------
    Gneiting, T. and Ranjan, R. (2013). Combining predictive distributions. Electronic Journal of Statistics 7.
    https://doi.org/10.1214/13-EJS823
    """
    members = [check_paths(member, f"paths of model {i + 1}") for i, member in enumerate(paths)]
    if len({member.shape[1] for member in members}) != 1:
        raise ParameterError(
            f"paths: at least one model, all with the same horizons; got {[m.shape[1] for m in members]} horizons"
        )
    share = np.ones(len(members)) if weights is None else np.asarray(weights, dtype=float)
    if share.shape != (len(members),) or not np.isfinite(share).all() or (share < 0).any() or not share.sum() > 0:
        raise ParameterError(f"weights: one a model, none below 0 and some above, got {weights!r}")
    share = share / share.sum()
    total = min(len(member) / part for member, part in zip(members, share, strict=True) if part > 0)
    rows = np.diff(np.rint(share.cumsum() * total), prepend=0.0).astype(int)
    # Rows spread over the whole matrix: fair to a model whose draws come in some order.
    picks = [(np.arange(k) + 0.5) * len(m) / max(k, 1) for m, k in zip(members, rows, strict=True)]
    return np.concatenate([m[at.astype(int)] for m, at in zip(members, picks, strict=True)])
