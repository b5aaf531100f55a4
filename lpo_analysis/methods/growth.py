"""Growth of a short series of levels: its rate, its path, and whether a ceiling can be seen in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats


@dataclass(frozen=True, eq=False)
class GrowthFit:
    """A straight line through the logarithms of a series.

    Parameters
    ----------
    centre : float
        Mean date; the intercept of the model stands there.
    model : statsmodels RegressionResultsWrapper
        The untouched fit of the logarithm on a constant and the centred date.
    """

    centre: float
    model: Any

    @property
    def slope(self) -> float:
        """Change of the logarithm per unit of time."""
        return float(self.model.params[1])

    def rate(self, level: float) -> tuple[float, float, float]:
        """Return growth per unit of time with its confidence interval.

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        tuple of float
            Estimate, lower and upper end, as shares.
        """
        low, high = self.model.conf_int(1 - level)[1]
        return float(np.expm1(self.slope)), float(np.expm1(low)), float(np.expm1(high))

    def predict(self, at: ArrayLike, level: float) -> pd.DataFrame:
        """Predict single new levels.

        Parameters
        ----------
        at : array_like of float
            Dates.
        level : float
            Probability that the interval covers a new observation.

        Returns
        -------
        pandas.DataFrame
            Columns x, estimate (median), conf_low, conf_high.
        """
        x = np.atleast_1d(np.asarray(at, dtype=float))
        design = np.column_stack([np.ones_like(x), x - self.centre])
        frame = self.model.get_prediction(design).summary_frame(1 - level)
        columns = {"estimate": "mean", "conf_low": "obs_ci_lower", "conf_high": "obs_ci_upper"}
        return pd.DataFrame({"x": x, **{name: np.exp(frame[column].to_numpy()) for name, column in columns.items()}})


def _checked(time: ArrayLike, level: ArrayLike, least: int) -> tuple[Floats, Floats]:
    t, y = np.asarray(time, dtype=float), np.asarray(level, dtype=float)
    if len(t) != len(y):
        raise ParameterError(f"series: there are {len(t)} dates and {len(y)} values")
    if len(t) < least:
        raise ParameterError(f"series: {least} points are needed, got {len(t)}")
    if not np.isfinite(t).all():
        raise ParameterError("series: every date must be a finite number")
    if len(set(t.tolist())) != len(t):
        raise ParameterError("series: a date stands twice")
    if not (np.isfinite(y).all() and (y > 0).all()):
        raise ParameterError("series: every value must be above 0")
    return t, y


def log_growth(time: ArrayLike, level: ArrayLike) -> GrowthFit:
    """Fit constant growth to a series of levels by least squares on the logarithms.

    Parameters
    ----------
    time : array_like of float
        Dates; any spacing.
    level : array_like of float
        Levels above 0.

    Returns
    -------
    GrowthFit
        The fit; the t intervals assume independent residuals of one size, which few points cannot check.

    Raises
    ------
    ParameterError
        If there are fewer than three points, a date stands twice or is not finite, or a level is not above 0.
    """
    t, y = _checked(time, level, 3)
    return GrowthFit(float(t.mean()), sm.OLS(np.log(y), np.column_stack([np.ones_like(t), t - t.mean()])).fit())


@lru_cache(maxsize=1024)
def _least_error(time: tuple[float, ...], level: tuple[float, ...], slope: float, multiple: float) -> float:
    """Least squared log errors under one ceiling; kept, because profiles of a series at several levels share the ceilings."""
    t, y = np.array(time), np.array(level)
    log_y, centred, cap = np.log(y), t - t.mean(), np.log(multiple * y.max())

    def residual(p: Floats) -> Floats:
        return log_y - cap + np.logaddexp(0.0, -(p[0] + p[1] * centred))

    costs = (
        optimize.least_squares(residual, [offset, rate]).cost
        for offset in (-2.0, 0.0, 2.0)
        for rate in (slope, 4 * slope)
    )
    return 2 * float(min(costs))


def ceiling_profile(
    time: ArrayLike, level: ArrayLike, *, confidence: float = 0.90, most: float = 1000.0
) -> pd.DataFrame:
    """Profile the ceiling of a logistic level curve.

    Parameters
    ----------
    time : array_like of float
        Dates.
    level : array_like of float
        Levels above 0.
    confidence : float, default 0.90
        Level of the profile interval.
    most : float, default 1000
        Largest ceiling tried, as a multiple of the highest level; the smallest is the highest level itself.

    Returns
    -------
    pandas.DataFrame
        One ceiling a row: ``ceiling`` (multiple of the highest level), ``sse`` (squared log errors, minimal over the other
        two parameters), ``within`` (whether the ceiling lies within the profile interval). If the last row is within, no
        ceiling can be excluded from above: it is not identified.

    Raises
    ------
    ParameterError
        If there are fewer than four points, or as in `log_growth`.

    Notes
    -----
    The interval is that of the F ratio with 1 and n - 3 degrees of freedom. Before the inflection the ceiling of a diffusion
    curve is not identified.

    References
    ----------
    Van den Bulte, C. and Lilien, G. L. (1997). Bias and systematic change in the parameter estimates of macro-level diffusion
    models. Marketing Science 16(4). https://doi.org/10.1287/mksc.16.4.338
    """
    t, y = _checked(time, level, 4)
    least = partial(_least_error, tuple(t.tolist()), tuple(y.tolist()), log_growth(t, y).slope)

    def within(sse: Floats) -> NDArray[np.bool_]:
        return sse <= sse.min() * (1 + stats.f.ppf(confidence, 1, len(t) - 3) / (len(t) - 3))

    multiples = np.concatenate([np.geomspace(1.001, 3, 40), np.geomspace(3, most, 40)[1:]])
    sse = np.array([least(multiple) for multiple in multiples])
    near = np.flatnonzero(within(sse))
    if near[-1] < len(multiples) - 1:
        # A ceiling that shows lies within a few steps of the grid: look closer there, or its interval is one point.
        fine = np.geomspace(multiples[max(near[0] - 1, 0)], multiples[near[-1] + 1], 42)[1:-1]
        multiples, sse = np.append(multiples, fine), np.append(sse, [least(multiple) for multiple in fine])
        order = np.argsort(multiples)
        multiples, sse = multiples[order], sse[order]
    return pd.DataFrame({"ceiling": multiples, "sse": sse, "within": within(sse)})
