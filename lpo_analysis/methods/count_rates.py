"""Counts of events with the exposure behind them: rate, overdispersion, and change over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import statsmodels.api as sm
from numpy.typing import ArrayLike
from scipy import optimize, stats
from scipy.special import gammaln

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.counts import fraction, whole
from lpo_analysis.methods.draws import Floats

_DRAWS = 20_000


@dataclass(frozen=True, eq=False)
class CountFit:
    """Rate of events per unit of exposure.

    Parameters
    ----------
    rate, conf_low, conf_high : float
        Events per unit of exposure, with Garwood's exact interval if the counts are Poisson.
    nb_low, nb_high : float
        Profile interval of the negative binomial rate; NaN where the counts scatter no more than Poisson ones.
    alpha : float
        Overdispersion: the variance is mu + alpha mu^2; 0 for Poisson.
    ratio : float
        Pearson's chi-square over its degrees of freedom; NaN for one count.
    p_poisson : float
        Chance that Poisson counts with this total scatter at least as much over these exposures; NaN for one count.
    n_obs, total : int
        Number of counts and their sum.
    level : float
        Level of the intervals.
    """

    rate: float
    conf_low: float
    conf_high: float
    nb_low: float
    nb_high: float
    alpha: float
    ratio: float
    p_poisson: float
    n_obs: int
    total: int
    level: float

    @property
    def interval(self) -> tuple[float, float]:
        """The wider of the two intervals, end by end."""
        ends = np.array([[self.conf_low, self.conf_high], [self.nb_low, self.nb_high]])
        return float(np.nanmin(ends[:, 0])), float(np.nanmax(ends[:, 1]))


def _checked(counts: ArrayLike, exposure: ArrayLike, population: ArrayLike | None) -> tuple[Floats, Floats]:
    y = np.array(
        [whole("counts", float(value)) for value in np.atleast_1d(np.asarray(counts, dtype=float))], dtype=float
    )
    t = np.broadcast_to(np.asarray(exposure, dtype=float), y.shape)
    if not len(y):
        raise ParameterError("counts: at least one is needed, got none")
    if not (np.isfinite(t).all() and (t > 0).all()):
        raise ParameterError("exposure: every exposure must be above 0")
    if population is not None:
        units = np.broadcast_to(np.asarray(population, dtype=float), y.shape)
        for value, most in zip(y, units, strict=True):
            whole("counts", float(value), high=whole("population", float(most), low=1), high_name="the population")
    return y, np.asarray(t, dtype=float)


def poisson_interval(count: float, *, level: float = 0.90) -> tuple[float, float]:
    """Return Garwood's exact interval of the mean of a Poisson count.

    Parameters
    ----------
    count : int
        The count.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    tuple of float
        Lower and upper end; the lower one of no event is 0.

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28(3/4). https://doi.org/10.1093/biomet/28.3-4.437
    """
    n, tail = whole("count", count), (1 - fraction("level", level)) / 2
    return float(stats.gamma.ppf(tail, n)) if n else 0.0, float(stats.gamma.isf(tail, n + 1))


def fit_counts(
    counts: ArrayLike,
    exposure: ArrayLike = 1.0,
    *,
    population: ArrayLike | None = None,
    level: float = 0.90,
    seed: int | None = 1,
) -> CountFit:
    """Estimate a rate from counts, and test whether they scatter more than Poisson ones.

    Parameters
    ----------
    counts : array_like of int, shape (k,)
        Events in each period or group.
    exposure : array_like of float, default 1
        What they were counted over: years, firm-years, or all events of a register.
    population : array_like of int, optional
        Units that can have an event once each; a count above it is refused.
    level : float, default 0.90
        Level of the intervals.
    seed : int, optional
        Seed of the test.

    Returns
    -------
    CountFit
        The rate under both models.

    Raises
    ------
    ParameterError
        If a count is negative, not whole or above its population, or an exposure is not above 0.

    Notes
    -----
    The test conditions on the total: Poisson counts are then multinomial with the exposures as weights, whatever the rate, so its
    p-value is exact up to simulation; the asymptotic chi-square fails where counts are small. The negative binomial (variance
    mu + alpha mu^2) is fitted by maximum likelihood and its interval is the profile of the rate.

    References
    ----------
    Cameron, A. C. and Trivedi, P. K. (2013). Regression Analysis of Count Data, 2nd ed., ch. 3. Cambridge.
    https://doi.org/10.1017/CBO9781139013567
    """
    y, t = _checked(counts, exposure, population)
    low, high = poisson_interval(float(y.sum()), level=level)
    total, weights = float(y.sum()), t / t.sum()
    ratio = p_value = np.nan
    alpha, nb_low, nb_high = 0.0, np.nan, np.nan
    if len(y) > 1 and total > 0:
        expected = total * weights
        statistic = float(((y - expected) ** 2 / expected).sum())
        ratio = statistic / (len(y) - 1)
        drawn = np.random.default_rng(seed).multinomial(int(total), weights, size=_DRAWS)
        scatter = ((drawn - expected) ** 2 / expected).sum(axis=1)
        p_value = (1 + float((scatter >= statistic - 1e-9).sum())) / (_DRAWS + 1)
        if ratio > 1:
            alpha, nb_low, nb_high = _negative_binomial(y, t, level)
    return CountFit(
        total / float(t.sum()),
        low / float(t.sum()),
        high / float(t.sum()),
        nb_low,
        nb_high,
        alpha,
        ratio,
        p_value,
        len(y),
        int(total),
        level,
    )


def _log_likelihood(y: Floats, mean: Floats, alpha: float) -> float:
    """Return the log likelihood without the factorials; scipy's own densities take five times as long here."""
    if alpha == 0:
        return float((y * np.log(mean) - mean).sum())
    size = 1 / alpha
    return float(
        (gammaln(y + size) - gammaln(size) - (y + size) * np.log1p(alpha * mean) + y * np.log(alpha * mean)).sum()
    )


def _negative_binomial(y: Floats, t: Floats, level: float) -> tuple[float, float, float]:
    def profiled(log_rate: float) -> tuple[float, float]:
        mean = np.exp(log_rate) * t
        found = optimize.minimize_scalar(
            lambda a: -_log_likelihood(y, mean, float(np.exp(a))),
            bounds=(-14, 8),
            method="bounded",
            options={"xatol": 1e-7},
        )
        flat = _log_likelihood(y, mean, 0.0)
        return (flat, 0.0) if flat >= -found.fun - 1e-6 else (float(-found.fun), float(np.exp(found.x)))

    start = float(np.log(y.sum() / t.sum()))
    best = optimize.minimize_scalar(
        lambda b: -profiled(b)[0], bounds=(start - 3, start + 3), method="bounded", options={"xatol": 1e-7}
    )
    top, alpha = profiled(float(best.x))
    if alpha == 0.0:
        return 0.0, np.nan, np.nan
    drop = float(stats.chi2.ppf(level, 1)) / 2

    def below(log_rate: float) -> float:
        return profiled(log_rate)[0] - top + drop

    ends = []
    for side in (-1, 1):
        far = float(best.x)
        while below(far) > 0 and abs(far - best.x) < 40:
            far += side * 0.5
        ends.append(
            float(np.exp(optimize.brentq(below, float(best.x), far)))
            if below(far) < 0
            else (0.0 if side < 0 else np.inf)
        )
    return alpha, ends[0], ends[1]


@dataclass(frozen=True, eq=False)
class CountTrend:
    """Change of a rate over time.

    Parameters
    ----------
    ratio, conf_low, conf_high : float
        Factor from one unit of time to the next.
    p_value : float
        Two-sided, of no change, on the t distribution of the interval.
    scale : float
        Pearson's chi-square over its degrees of freedom about the trend; standard errors grow by its root where above 1.
    n_obs : int
        Number of counts.
    model : object
        The untouched statsmodels result.
    """

    ratio: float
    conf_low: float
    conf_high: float
    p_value: float
    scale: float
    n_obs: int
    model: Any


def count_trend(counts: ArrayLike, time: ArrayLike, exposure: ArrayLike = 1.0, *, level: float = 0.90) -> CountTrend:
    """Estimate how a rate changes over time by Poisson regression, with errors for the scatter that is seen.

    Parameters
    ----------
    counts : array_like of int, shape (k,)
        Events of each period, at least four periods.
    time : array_like of float, shape (k,)
        When.
    exposure : array_like of float, default 1
        What they were counted over.
    level : float, default 0.90
        Level of the interval, on t with k - 2 degrees of freedom.

    Returns
    -------
    CountTrend
        The factor.

    Raises
    ------
    ParameterError
        If there are fewer than four counts, all are 0, or a number is out of range.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd ed., ch. 6. Chapman and Hall.
    https://doi.org/10.1201/9780203753736
    """
    y, t = _checked(counts, exposure, None)
    when = np.asarray(time, dtype=float)
    if len(y) < 4 or when.shape != y.shape:
        raise ParameterError(
            f"counts: at least four, one for each time, are needed for a trend, got {len(y)} at {when.size} times"
        )
    if not y.sum():
        raise ParameterError("counts: no event at all, so there is no trend to tell")
    fit = sm.GLM(y, sm.add_constant(when - when.mean()), family=sm.families.Poisson(), offset=np.log(t)).fit()
    scale = float(fit.pearson_chi2 / (len(y) - 2))
    error = float(fit.bse[1]) * max(1.0, scale) ** 0.5
    half = float(stats.t.ppf((1 + fraction("level", level)) / 2, len(y) - 2)) * error
    slope = float(fit.params[1])
    p_value = float(2 * stats.t.sf(abs(slope) / error, len(y) - 2))
    return CountTrend(
        float(np.exp(slope)), float(np.exp(slope - half)), float(np.exp(slope + half)), p_value, scale, len(y), fit
    )
