"""Whether one forecast scores better than another by more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.forecasting import check_levels

Kernel = Literal["rectangular", "bartlett", "larger"]


@dataclass(frozen=True)
class MeanDifference:
    """The mean of a series of score differences, with an error that allows for overlapping horizons.

    Parameters
    ----------
    estimate, std_error : float
        Mean difference and its corrected standard error.
    conf_low, conf_high, level : float
        Confidence interval and its level.
    statistic, p_value : float
        The corrected Diebold-Mariano statistic and its two-sided p-value from the t distribution.
    n_obs : int
        Length of the series.
    kernel : str
        The variance estimate that was used.
    """

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    level: float
    statistic: float
    p_value: float
    n_obs: int
    kernel: str


def mean_difference(
    differences: ArrayLike, *, horizon: int = 1, level: float = 0.90, kernel: Kernel = "larger"
) -> MeanDifference:
    """Test whether the mean of a series of score differences is 0 (Diebold and Mariano, corrected for small samples).

    Parameters
    ----------
    differences : array_like of float, shape (n,)
        Score of one forecast minus that of the other, by origin, in order of time.
    horizon : int, default 1
        Longest step ahead; differences fewer origins apart are correlated.
    level : float, default 0.90
        Confidence level.
    kernel : {'larger', 'rectangular', 'bartlett'}, default 'larger'
        Weights of the autocovariances at lags below the horizon: 1 (as the test was proposed; not always positive), falling
        linearly (Newey and West), or whichever gives the larger variance, so that a small or negative one never decides.

    Returns
    -------
    MeanDifference
        The test and the interval.

    Raises
    ------
    ParameterError
        If there are fewer than five differences or than twice the horizon, one is not finite, they do not vary, the kernel
        is unknown, or the rectangular variance is not positive.

    References
    ----------
    Diebold, F. X. and Mariano, R. S. (1995). Comparing predictive accuracy. Journal of Business and Economic Statistics 13(3).
    https://doi.org/10.1080/07350015.1995.10524599. Harvey, D., Leybourne, S. and Newbold, P. (1997). Testing the equality of
    prediction mean squared errors. International Journal of Forecasting 13(2). https://doi.org/10.1016/S0169-2070(96)00719-4.
    Newey, W. K. and West, K. D. (1987). Econometrica 55(3). https://doi.org/10.2307/1913610
    """
    if kernel not in get_args(Kernel):
        raise ParameterError(f"kernel: got {kernel!r}.", remedy=choices(kernel, get_args(Kernel)))
    if horizon != int(horizon) or horizon < 1:
        raise ParameterError(f"horizon: a whole number of at least 1, got {horizon!r}")
    check_levels([level])
    d = np.asarray(differences, dtype=float)
    n, least = d.size, max(5, 2 * horizon)
    if d.ndim != 1 or n < least:
        raise ParameterError(f"differences: {least} origins are needed for a horizon of {horizon}, got {n}")
    if not np.isfinite(d).all():
        raise ParameterError("differences: every value must be finite")
    if np.ptp(d) <= 1e-12 * np.abs(d).max():
        raise ParameterError("differences: they do not vary, so their mean has no standard error")
    centred = d - d.mean()
    covariances = np.array([centred[lag:] @ centred[: n - lag] for lag in range(horizon)]) / n
    lags = np.arange(1, horizon)
    variances = {
        "rectangular": (covariances[0] + 2 * covariances[1:].sum()) / n,
        "bartlett": (covariances[0] + 2 * ((1 - lags / horizon) * covariances[1:]).sum()) / n,
    }
    used = max(variances, key=lambda name: variances[name]) if kernel == "larger" else kernel
    if not variances[used] > 0:
        raise ParameterError(
            "kernel: the rectangular variance is not positive here", remedy="Use 'bartlett' or 'larger'."
        )
    error = float(np.sqrt(variances[used] / ((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)))
    mean = float(d.mean())
    half = float(stats.t.ppf((1 + level) / 2, n - 1)) * error
    p_value = float(2 * stats.t.sf(abs(mean / error), n - 1))
    return MeanDifference(mean, error, mean - half, mean + half, level, mean / error, p_value, n, used)
