"""Intervals of shares, and what an unknown or foreign sample size does to them."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from statsmodels.stats.proportion import proportion_confint

from lpo_analysis.errors import ParameterError, choices

Method = Literal["wilson", "jeffreys"]


def share_interval(share: float, n: float, *, level: float = 0.90, method: Method = "wilson") -> tuple[float, float]:
    """Return the interval of a share.

    Parameters
    ----------
    share : float
        Observed share, 0-1.
    n : float
        Sample size.
    level : float, default 0.90
        Confidence level.
    method : {'wilson', 'jeffreys'}, default 'wilson'
        Score interval, or the equal-tailed interval under Jeffreys' prior.

    Returns
    -------
    tuple of float
        Lower and upper end.

    Raises
    ------
    ParameterError
        If the share is not within 0-1, n is not positive, or the method is unknown.

    References
    ----------
    Brown, L. D., Cai, T. T. and DasGupta, A. (2001). Interval estimation for a binomial proportion. Statistical Science 16(2).
    https://doi.org/10.1214/ss/1009213286
    """
    if method not in get_args(Method):
        raise ParameterError(f"method: got {method!r}.", remedy=choices(method, get_args(Method)))
    _check(share, n)
    low, high = proportion_confint(share * n, n, alpha=1 - level, method=method)
    return float(low), float(high)


def _check(share: float, n: float) -> None:
    if not 0 <= share <= 1:
        raise ParameterError(f"share: must lie between 0 and 1, got {share!r}")
    if not (n > 0 and np.isfinite(n)):
        raise ParameterError(f"n: must be above 0, got {n!r}")


def rounding_possible(share: float, n: int, *, decimals: int = 0) -> bool:
    """Say whether a rounded percentage can come from a whole number of answers (the GRIM check).

    Parameters
    ----------
    share : float
        Printed share, 0-1.
    n : int
        Sample size.
    decimals : int, default 0
        Decimals of the printed percentage.

    Returns
    -------
    bool
        Whether some count of n rounds to it.

    Raises
    ------
    ParameterError
        If the share is not within 0-1 or n is not positive.

    References
    ----------
    Brown, N. J. L. and Heathers, J. A. J. (2017). The GRIM test. Social Psychological and Personality Science 8(4).
    https://doi.org/10.1177/1948550616673876
    """
    _check(share, n)
    step = 10.0**-decimals
    counts = np.arange(max(0, int(np.floor(share * n)) - 1), int(np.ceil(share * n)) + 2)
    possible = 100 * counts / n
    return bool(np.any(np.abs(possible - 100 * share) <= step / 2 + 1e-9))
