"""How good forecasts are: proper scores, a rolling origin, and whether one model really beats another."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from lpo_analysis.errors import LpoError, ParameterError, choices
from lpo_analysis.methods.diebold_mariano import mean_difference
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.forecasting import LEVELS, Forecaster, check_levels, check_paths, check_series

LEAST_POINTS = 15
"""Fewest points of a series whose forecasts are scored."""

Metric = Literal["crps_log", "wis", "scaled_error", "abs_log_error"]

_COVERED = tuple(f"covered_{100 * level:.0f}" for level in LEVELS)
_SCORES = ("scale", "scaled_error", "log_error", "abs_log_error", "crps_log", "wis", "pit", *_COVERED)
COLUMNS = (
    *("origin", "horizon", "time", "ahead", "forecaster", "actual", "estimate"),
    *(*_SCORES, "n_warnings", "note"),
)


def naive_scale(train: ArrayLike) -> float:
    """Return the mean absolute one-step error of the naive forecast within a series.

    Parameters
    ----------
    train : array_like of float, shape (n,)
        The values a forecast was made from, in order.

    Returns
    -------
    float
        The scale of the scaled errors, above 0.

    Raises
    ------
    ParameterError
        If there are fewer than two values, one is not finite, or all are equal.
    """
    y = np.asarray(train, dtype=float)
    if y.ndim != 1 or len(y) < 2 or not np.isfinite(y).all():
        raise ParameterError("train: at least two finite values are needed to scale errors")
    scale = float(np.abs(np.diff(y)).mean())
    if scale == 0:
        raise ParameterError("train: all values are equal, so errors have no scale")
    return scale


def _pair(actual: ArrayLike, forecast: ArrayLike) -> tuple[Floats, Floats]:
    y, f = np.atleast_1d(np.asarray(actual, dtype=float)), np.atleast_1d(np.asarray(forecast, dtype=float))
    if y.shape != f.shape:
        raise ParameterError(f"actual has shape {y.shape} and forecast has shape {f.shape}")
    return y, f


def mase(actual: ArrayLike, forecast: ArrayLike, train: ArrayLike) -> float:
    """Return the mean absolute scaled error.

    Parameters
    ----------
    actual, forecast : array_like of float, shape (horizons,)
        What came, and what was forecast.
    train : array_like of float, shape (n,)
        The values the forecast was made from.

    Returns
    -------
    float
        Mean absolute error over that of the naive one-step forecast within `train`; below 1 is better than that.

    Raises
    ------
    ParameterError
        As in `naive_scale`, or if the shapes differ.

    References
    ----------
    Hyndman, R. J. and Koehler, A. B. (2006). Another look at measures of forecast accuracy. International Journal of
    Forecasting 22(4). https://doi.org/10.1016/j.ijforecast.2006.03.001
    """
    y, f = _pair(actual, forecast)
    return float(np.abs(y - f).mean() / naive_scale(train))


def crps_gaussian(mean: ArrayLike, sd: ArrayLike, actual: ArrayLike) -> Floats:
    """Return the continuous ranked probability score of normal forecasts.

    Parameters
    ----------
    mean, sd : array_like of float
        The forecasts.
    actual : array_like of float
        What came.

    Returns
    -------
    ndarray
        Scores in the unit of the value, lower is better.

    Raises
    ------
    ParameterError
        If a standard deviation is not above 0.

    References
    ----------
    Gneiting, T. and Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and estimation. Journal of the
    American Statistical Association 102(477). https://doi.org/10.1198/016214506000001437
    """
    mu, sigma, y = (np.asarray(item, dtype=float) for item in (mean, sd, actual))
    if not (sigma > 0).all():
        raise ParameterError("sd: every standard deviation must be above 0")
    z = (y - mu) / sigma
    return np.asarray(sigma * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi)))


def _columns(paths: ArrayLike, actual: ArrayLike) -> tuple[Floats, Floats]:
    matrix, y = check_paths(paths), np.atleast_1d(np.asarray(actual, dtype=float))
    if y.shape != matrix.shape[1:] or not np.isfinite(y).all():
        raise ParameterError(f"actual: one finite value a horizon, {matrix.shape[1]} in all, got shape {y.shape}")
    return matrix, y


def crps_sample(paths: ArrayLike, actual: ArrayLike) -> Floats:
    """Return the continuous ranked probability score of simulated forecasts.

    Parameters
    ----------
    paths : array_like of float, shape (draws, horizons)
        Simulated values.
    actual : array_like of float, shape (horizons,)
        What came.

    Returns
    -------
    ndarray, shape (horizons,)
        Score of the empirical distribution of the draws, E|X - y| - E|X - X'| / 2, lower is better.

    Raises
    ------
    ParameterError
        If the shapes do not match or a value is not finite.

    Notes
    -----
    With m draws it lies E|X - X'| / (2m) above the score of the distribution they come from, on average.

    References
    ----------
    Gneiting and Raftery (2007), as in `crps_gaussian`.
    """
    matrix, y = _columns(paths, actual)
    m = len(matrix)
    ranked = np.sort(matrix, axis=0)
    gini = (ranked * (2 * np.arange(1, m + 1) - m - 1)[:, None]).sum(axis=0) / m**2
    return np.asarray(np.abs(matrix - y).mean(axis=0) - gini)


def interval_score(low: ArrayLike, high: ArrayLike, actual: ArrayLike, *, level: float) -> Floats:
    """Return the score of central prediction intervals: their width, and a fine for what falls outside.

    Parameters
    ----------
    low, high, actual : array_like of float
        Ends of the intervals, and what came.
    level : float
        Nominal coverage.

    Returns
    -------
    ndarray
        Scores in the unit of the value, lower is better.

    Raises
    ------
    ParameterError
        If the level is not between 0 and 1 or an interval ends before it begins.

    References
    ----------
    Gneiting and Raftery (2007), as in `crps_gaussian`.
    """
    tail = 1 - float(check_levels([level])[0])
    lo, hi, y = (np.asarray(item, dtype=float) for item in (low, high, actual))
    if not (lo <= hi).all():
        raise ParameterError("low, high: an interval ends before it begins")
    return np.asarray(hi - lo + 2 / tail * (np.maximum(lo - y, 0) + np.maximum(y - hi, 0)))


def weighted_interval_score(
    median: ArrayLike, low: ArrayLike, high: ArrayLike, actual: ArrayLike, *, levels: Sequence[float] = LEVELS
) -> Floats:
    """Return the weighted interval score of a median and central intervals.

    Parameters
    ----------
    median : array_like of float, shape (horizons,)
        Medians.
    low, high : array_like of float, shape (levels, horizons)
        Ends of the intervals.
    actual : array_like of float, shape (horizons,)
        What came.
    levels : sequence of float, default (0.5, 0.8, 0.9)
        Their nominal coverage.

    Returns
    -------
    ndarray, shape (horizons,)
        Scores in the unit of the value, lower is better: (|y - m| / 2 + sum of tail / 2 x interval score) / (K + 1/2).

    Raises
    ------
    ParameterError
        As in `interval_score`, or if there is not one row of ends a level.

    References
    ----------
    Bracher, J., Ray, E. L., Gneiting, T. and Reich, N. G. (2021). Evaluating epidemic forecasts in an interval format. PLOS
    Computational Biology 17(2). https://doi.org/10.1371/journal.pcbi.1008618
    """
    wanted = check_levels(levels)
    lo, hi = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if len(lo) != len(wanted) or len(hi) != len(wanted):
        raise ParameterError(f"low, high: one row a level, {len(wanted)} in all, got {len(lo)} and {len(hi)}")
    y, m = _pair(actual, median)
    total = np.abs(y - m) / 2
    for one_low, one_high, level in zip(lo, hi, wanted, strict=True):
        total = total + (1 - level) / 2 * interval_score(one_low, one_high, y, level=level)
    return np.asarray(total / (len(wanted) + 0.5))


def pit(paths: ArrayLike, actual: ArrayLike) -> Floats:
    """Return the probability integral transform of what came: where in its forecast distribution it fell.

    Parameters
    ----------
    paths : array_like of float, shape (draws, horizons)
        Simulated values.
    actual : array_like of float, shape (horizons,)
        What came.

    Returns
    -------
    ndarray, shape (horizons,)
        Share of the draws below, half of the ties counted. Uniform over 0-1 when forecasts are calibrated: values heaped at
        the ends mean intervals too narrow, in the middle too wide, on one side bias.

    Raises
    ------
    ParameterError
        As in `crps_sample`.
    """
    matrix, y = _columns(paths, actual)
    return np.asarray((matrix < y).mean(axis=0) + (matrix == y).mean(axis=0) / 2)


_NOTHING: Mapping[str, Any] = dict.fromkeys(("estimate", *_SCORES), np.nan)


def _scores(paths: Floats, actual: Floats, ahead: Floats, train: Floats) -> dict[str, Any]:
    median = np.median(paths, axis=0)
    low, high = (np.quantile(paths, (1 + side * np.array(LEVELS)) / 2, axis=0) for side in (-1, 1))
    scale = float(np.abs(np.diff(train)).mean()) or np.nan
    log_error = np.log(median / actual) / ahead
    return {
        "estimate": median,
        "scale": scale,
        "scaled_error": np.abs(actual - median) / scale,
        "log_error": log_error,
        "abs_log_error": np.abs(log_error),
        "crps_log": crps_sample(np.log(paths), np.log(actual)),
        "wis": weighted_interval_score(median, low, high, actual),
        "pit": pit(paths, actual),
        **dict(zip(_COVERED, ((low <= actual) & (actual <= high)).astype(float), strict=True)),
    }


def _forecast(
    name: str, forecaster: Forecaster, known: tuple[Floats, Floats], at: Floats, draws: int, key: Sequence[int]
) -> tuple[Floats | None, int, str]:
    """Return the paths, or None with the reason of a refusal, and how many warnings were raised."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = forecaster(*known, at, draws=draws, rng=np.random.default_rng(key))
        except LpoError as refusal:
            return None, len(caught), str(refusal)
    paths = check_paths(found, f"forecaster {name!r}")
    if paths.shape != (draws, len(at)) or not (paths > 0).all():
        raise ParameterError(
            f"forecaster {name!r}: must return values above 0 of shape {(draws, len(at))}, "
            f"got shape {paths.shape} with a least value of {paths.min():g}"
        )
    return paths, len(caught), ""


def _check_plan(
    n: int, first: int, horizons: Sequence[int], draws: int, forecasters: Mapping[str, Forecaster]
) -> list[int]:
    whole = (int, np.integer)
    if not len(horizons) or any(not isinstance(step, whole) or step < 1 for step in horizons):
        raise ParameterError(f"horizons: whole numbers of at least 1, got {list(horizons)}")
    steps = sorted({int(step) for step in horizons})
    if not isinstance(first, whole) or first < 4:
        raise ParameterError(f"first: a whole number of points, at least 4, got {first!r}")
    if n >= LEAST_POINTS and first + steps[-1] > n:
        raise ParameterError(
            f"first: {first} points and {steps[-1]} steps ahead need {first + steps[-1]} points, the series has {n}"
        )
    if draws < 100:
        raise ParameterError(f"draws: at least 100 are needed for the intervals, got {draws}")
    if not forecasters:
        raise ParameterError("forecasters: at least one is needed")
    return steps


def rolling_origin(
    series: pd.Series,
    forecasters: Mapping[str, Forecaster],
    *,
    first: int = 10,
    horizons: Sequence[int] = (1, 2, 3),
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Forecast from every date with the data known then, and score against what came.

    Parameters
    ----------
    series : pandas.Series of float
        Values above 0, indexed by rising dates (numbers).
    forecasters : mapping of str to Forecaster
        Models by name; each is fitted anew at every origin.
    first : int, default 10
        Points known at the first origin.
    horizons : sequence of int, default (1, 2, 3)
        Steps ahead.
    draws : int, default 1000
        Paths a forecast.
    seed : int, default 0
        Seed; the draws of a model depend on it, the origin and the name alone, so that a further model changes no other.

    Returns
    -------
    pandas.DataFrame
        One origin, horizon and forecaster a row: origin (last known date), horizon (steps), time, ahead (in units of time),
        forecaster, actual, estimate (median), scale (of the scaled error, NaN if the known values are all equal),
        scaled_error (its mean is the MASE), log_error (of the estimate, per unit of time ahead; above 0 is too high),
        abs_log_error, crps_log (score of the logarithms), wis, pit, covered_50, covered_80, covered_90 (1 or 0), n_warnings
        (raised by the forecast, such as no convergence), note (why a model refused; its scores are NaN then). Empty for a
        series of fewer than 15 points, with the reason in ``attrs["not_scored"]``.

    Raises
    ------
    ParameterError
        If the series is not as in `check_series`, an argument is out of range, the series is too short for the plan, or a
        forecaster returns values that are not above 0 or of another shape.

    Notes
    -----
    The continuous ranked probability score is taken on logarithms: with the spread estimated, the forecast distribution of
    the values has no mean, so theirs would not be finite. Forecasts of the same date from several origins are not
    independent, and neither are their hits.

    References
    ----------
    Tashman, L. J. (2000). Out-of-sample tests of forecasting accuracy. International Journal of Forecasting 16(4).
    https://doi.org/10.1016/S0169-2070(00)00065-0. Bosse, N. I. et al. (2023). Scoring epidemiological forecasts on
    transformed scales. PLOS Computational Biology 19(8). https://doi.org/10.1371/journal.pcbi.1011393
    """
    if not isinstance(series, pd.Series):
        raise ParameterError(f"series: must be a pandas Series indexed by dates, got {type(series).__name__}")
    t, y = check_series(series.index, series, least=2)
    steps = _check_plan(len(y), first, horizons, draws, forecasters)
    if len(y) < LEAST_POINTS:
        short = pd.DataFrame(columns=list(COLUMNS))
        short.attrs["not_scored"] = f"not scored: {len(y)} points, {LEAST_POINTS} are the least"
        return short
    blocks = []
    for known in range(first, len(y) - steps[0] + 1):
        horizon = np.array([step for step in steps if known + step <= len(y)])
        at = known - 1 + horizon
        ahead = t[at] - t[known - 1]
        frame = {"origin": t[known - 1], "horizon": horizon, "time": t[at], "ahead": ahead, "actual": y[at]}
        for name, forecaster in forecasters.items():
            key = [seed, known, zlib.crc32(name.encode())]
            paths, n_warnings, note = _forecast(name, forecaster, (t[:known], y[:known]), t[at], draws, key)
            scored = _NOTHING if paths is None else _scores(paths, y[at], ahead, y[:known])
            blocks.append(pd.DataFrame({**frame, **scored, "forecaster": name, "n_warnings": n_warnings, "note": note}))
    return pd.concat(blocks, ignore_index=True)[list(COLUMNS)]


def _check_scores(scores: pd.DataFrame) -> None:
    lacking = [column for column in COLUMNS if column not in scores]
    if lacking:
        raise ParameterError(f"scores: lacks the column {lacking[0]!r}", remedy="Pass what rolling_origin returns.")


def summarise(scores: pd.DataFrame, *, by: Sequence[str] = ("forecaster",)) -> pd.DataFrame:
    """Average the scores of a rolling origin.

    Parameters
    ----------
    scores : pandas.DataFrame
        What `rolling_origin` returns.
    by : sequence of str, default ('forecaster',)
        What to keep apart; add ``horizon`` to see each step.

    Returns
    -------
    pandas.DataFrame
        One group a row, in the order of the scores: the columns of `by`, n_obs (forecasts scored), n_refused, n_warnings,
        mase, log_error (its mean is the bias per unit of time), abs_log_error, crps_log, wis, pit_mean (0.5 when calibrated),
        pit_sd (0.289 when calibrated, smaller when intervals are too wide), coverage_50, coverage_80, coverage_90.

    Raises
    ------
    ParameterError
        If a column is missing.
    """
    _check_scores(scores)
    unknown = [name for name in by if name not in COLUMNS]
    if unknown or not by:
        raise ParameterError(f"by: got {list(by)}.", remedy=choices(unknown[0] if unknown else "", COLUMNS))
    # Each origin warns once, whatever the number of horizons it is scored at.
    once = scores["n_warnings"].where(~scores.duplicated(["forecaster", "origin"]), 0)
    table = scores.assign(n_refused=scores["crps_log"].isna(), n_warnings=once, pit_sd=scores["pit"])
    rules = {"n_obs": ("crps_log", "count"), "n_refused": ("n_refused", "sum"), "n_warnings": ("n_warnings", "sum")}
    means = {"mase": "scaled_error", **{name: name for name in ("log_error", "abs_log_error", "crps_log", "wis")}}
    means |= {"pit_mean": "pit"}
    covers = {name.replace("covered", "coverage"): (name, "mean") for name in _COVERED}
    rules |= {name: (column, "mean") for name, column in means.items()} | {"pit_sd": ("pit_sd", "std")} | covers
    return table.groupby(list(by), sort=False, as_index=False).agg(**rules)


def complete_origins(scores: pd.DataFrame, *, metric: Metric = "crps_log") -> pd.DataFrame:
    """Return the scores of the origins at which every forecaster is scored at every horizon.

    Parameters
    ----------
    scores : pandas.DataFrame
        What `rolling_origin` returns for one series.
    metric : {'crps_log', 'wis', 'scaled_error', 'abs_log_error'}, default 'crps_log'
        The score that must be there.

    Returns
    -------
    pandas.DataFrame
        Rows of `scores`. Means over them are those `compare` compares: near the end of a series only short horizons are left,
        which are easier.

    Raises
    ------
    ParameterError
        If a column is missing or the metric is unknown.
    """
    if metric not in get_args(Metric):
        raise ParameterError(f"metric: got {metric!r}.", remedy=choices(metric, get_args(Metric)))
    _check_scores(scores)
    asked = scores["forecaster"].nunique() * scores["horizon"].nunique()
    scored = scores.groupby("origin")[metric].transform("count")
    return scores[scored == asked]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Which forecaster scored best, and whether that is more than chance.

    Parameters
    ----------
    metric : str
        The score compared, lower is better.
    level : float
        Confidence level.
    best, winner : str or None
        The lowest mean score; and the same name if it beats every other at the level, else None: cannot tell.
    table : pandas.DataFrame
        One forecaster a row, the best first: forecaster, mean_score, difference (its mean score minus that of the best),
        std_error, conf_low, conf_high, level, p_value, n_obs (origins), method (variance estimate, or why there is none).
    text : str
        The finding as a sentence.
    n_dropped : int
        Origins left out, because a horizon lies beyond the series or a forecaster refused.
    """

    metric: str
    level: float
    best: str | None
    winner: str | None
    table: pd.DataFrame
    text: str
    n_dropped: int


_COMPARED = [
    "forecaster",
    "mean_score",
    "difference",
    "std_error",
    "conf_low",
    "conf_high",
    "level",
    "p_value",
    "n_obs",
]


def compare(scores: pd.DataFrame, *, metric: Metric = "crps_log", level: float = 0.90) -> Comparison:
    """Say which forecaster is best by a score, or that it cannot be told.

    Parameters
    ----------
    scores : pandas.DataFrame
        What `rolling_origin` returns for one series.
    metric : {'crps_log', 'wis', 'scaled_error', 'abs_log_error'}, default 'crps_log'
        The score, lower is better.
    level : float, default 0.90
        Confidence level of each comparison with the best.

    Returns
    -------
    Comparison
        The winner, if the best beats each other one, with the standard errors of the mean differences.

    Raises
    ------
    ParameterError
        If a column is missing, a forecast stands twice, or the metric is unknown.

    Notes
    -----
    Only origins at which every forecaster is scored at every horizon count. Their scores are averaged over the horizons, and
    the series of differences by origin is tested as in `mean_difference`, at the longest horizon. The best is chosen by the
    same data: a narrow win over several near equals deserves less trust than its level says.
    """
    if metric not in get_args(Metric):
        raise ParameterError(f"metric: got {metric!r}.", remedy=choices(metric, get_args(Metric)))
    check_levels([level])
    _check_scores(scores)
    if scores.empty:
        nothing = pd.DataFrame(columns=[*_COMPARED, "method"])
        reason = str(scores.attrs.get("not_scored", "not scored: there are no forecasts"))
        return Comparison(metric, level, None, None, nothing, reason, 0)
    if scores.duplicated(["forecaster", "origin", "horizon"]).any():
        raise ParameterError("scores: a forecast stands twice", remedy="Compare one series at a time.")
    complete = complete_origins(scores, metric=metric)
    by_origin = complete.pivot_table(index="origin", columns="forecaster", values=metric, sort=False)
    dropped = scores["origin"].nunique() - len(by_origin)
    if by_origin.empty:
        nothing = pd.DataFrame(columns=[*_COMPARED, "method"])
        reason = "cannot tell: there is no origin at which every forecaster is scored at every horizon"
        return Comparison(metric, level, None, None, nothing, reason, dropped)
    means = by_origin.mean().sort_values(kind="stable")
    best = str(means.index[0])
    rows = [
        _against(by_origin[name] - by_origin[best], int(scores["horizon"].max()), level) for name in means.index[1:]
    ]
    lead = (0.0, np.nan, np.nan, np.nan, np.nan, "the best")
    records = [
        (name, mean, *row[:-2], level, row[-2], len(by_origin), row[-1])
        for (name, mean), row in zip(means.items(), [lead, *rows], strict=True)
    ]
    table = pd.DataFrame(records, columns=[*_COMPARED, "method"])
    winner = best if rows and (table["conf_low"].iloc[1:] > 0).all() else None
    return Comparison(metric, level, best, winner, table, _finding(table, metric, winner), dropped)


def _against(differences: pd.Series, horizon: int, level: float) -> tuple[float, float, float, float, float, str]:
    try:
        test = mean_difference(differences, horizon=horizon, level=level)
    except ParameterError as refusal:
        return (float(differences.mean()), np.nan, np.nan, np.nan, np.nan, refusal.what)
    return (test.estimate, test.std_error, test.conf_low, test.conf_high, test.p_value, test.kernel)


def _finding(table: pd.DataFrame, metric: str, winner: str | None) -> str:
    best, others = table.iloc[0], table.iloc[1:]
    head = f"{best['forecaster']} has the lowest mean {metric} ({best['mean_score']:.3g} over {best['n_obs']} origins)"
    gaps = [
        f"{row.difference:.3g} below {row.forecaster} "
        + (f"(no standard error: {row.method})" if np.isnan(row.std_error) else f"(standard error {row.std_error:.2g})")
        for row in others.itertuples(index=False)
    ]
    if not gaps:
        return f"cannot tell: {head}, and there is no other to compare it with."
    verdict = f"the winner is {winner}" if winner else "cannot tell"
    return f"{verdict}: {head}, {', '.join(gaps)}; {100 * best['level']:.0f}% level."
