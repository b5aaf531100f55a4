"""Yearly averages of a price that wanders: how far they move in a year, and over several."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats


def volatility(changes: pd.Series, *, level: float) -> tuple[float, float, float]:
    """Estimate the standard deviation of yearly changes.

    Parameters
    ----------
    changes : pandas.Series
        Yearly log changes, at least three.
    level : float
        Probability the interval covers.

    Returns
    -------
    tuple of float
        Standard deviation and the ends of its interval, exact for normal independent changes (chi-squared).
    """
    n, sd = len(changes), float(changes.std(ddof=1))
    low, high = stats.chi2.ppf([(1 + level) / 2, (1 - level) / 2], n - 1)
    return sd, sd * float(np.sqrt((n - 1) / low)), sd * float(np.sqrt((n - 1) / high))


def largest_move(changes: pd.Series, *, years: int) -> tuple[float, int] | None:
    """Find the largest change over a run of years.

    Parameters
    ----------
    changes : pandas.Series
        Yearly log changes, by year.
    years : int
        Length of the run.

    Returns
    -------
    tuple of (float, int) or None
        The log change largest in size and the last year of its run; None where the history is shorter.
    """
    runs = changes.rolling(years).sum().dropna()
    unbroken = runs[[year - years + 1 in changes.index for year in runs.index]]
    if unbroken.empty:
        return None
    at = unbroken.abs().idxmax()
    return float(unbroken[at]), int(at)


def spread_over(horizon: int) -> float:
    """Return how far a constant yearly change must spread to stand for the random walk of a yearly average.

    Parameters
    ----------
    horizon : int
        Years.

    Returns
    -------
    float
        Standard deviation of the constant yearly change over that of one observed yearly change, such that the mean cumulated
        change over the horizon has the same variance.

    Notes
    -----
    First differences of yearly averages of a random walk of variance 1 a year have variance 2/3 and correlate by 1/4 with the next
    (Working 1960). So the cumulated change up to year s has variance s - 1/3 and covariance s - 1/6 with a later one, and a
    constant change g averages to g(H + 1)/2.

    References
    ----------
    Working, H. (1960). Note on the correlation of first differences of averages in a random chain. Econometrica 28(4).
    https://doi.org/10.2307/1907574
    """
    h = horizon
    total = h * (h + 1) / 2 - h / 3 + h * (h + 1) * (h - 1) / 3 - h * (h - 1) / 6
    return float(np.sqrt(1.5 * total) / h * 2 / (h + 1))
