"""Growth of a short series of levels: its rate and its path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import ArrayLike

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
