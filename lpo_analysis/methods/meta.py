"""Combining studies: random effects, their intervals, meta-regression, and what each study does to the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.random_effects import (
    INTERCEPT,
    Contrasts,
    Fit,
    Interval,
    Method,
    check_choice,
    check_level,
    checked,
    coefficient_table,
    design_matrix,
)


def tau2(effects: ArrayLike, variances: ArrayLike, *, method: Method = "reml") -> float:
    """Estimate the variance of true effects between studies.

    Parameters
    ----------
    effects : array_like of float, shape (k,)
        Estimates.
    variances : array_like of float, shape (k,)
        Their sampling variances.
    method : {'reml', 'pm', 'dl'}, default 'reml'
        Restricted maximum likelihood, Paule and Mandel, or DerSimonian and Laird.

    Returns
    -------
    float
        The estimate, not below 0.

    Raises
    ------
    ParameterError
        If the estimates are refused (see `combine`) or the method is unknown.

    References
    ----------
    Viechtbauer, W. (2005). Bias and efficiency of meta-analytic variance estimators in the random-effects model. Journal of
    Educational and Behavioral Statistics 30(3). https://doi.org/10.3102/10769986030003261
    DerSimonian, R. and Kacker, R. (2007). Random-effects model for meta-analysis of clinical trials: an update. Contemporary
    Clinical Trials 28(2). https://doi.org/10.1016/j.cct.2006.04.004
    """
    check_choice("method", method, get_args(Method))
    y, v = checked(effects, variances)
    return Contrasts.of(y, v, np.ones((len(y), 1))).tau2(method)


@dataclass(frozen=True, eq=False)
class Combined:
    """The mean of a distribution of true effects, and their spread.

    Parameters
    ----------
    estimate : float
        Mean of the true effects.
    std_error : float
        The standard error its interval is made of.
    conf_low, conf_high : float
        Confidence interval of the mean.
    pred_low, pred_high : float
        Prediction interval of the true effect in a new study; unbounded with two studies, which leave it no degree of freedom.
    tau2, tau2_low, tau2_high : float
        Variance of the true effects with its Q-profile interval; (0, 0) if the estimates lie closer together than chance explains.
    q, q_p : float
        Cochran's test of no spread.
    i2 : float
        Share of the total variance of an estimate that is spread between studies, 0-1.
    h2 : float
        Total variance over sampling variance.
    n_obs : int
        Number of studies.
    level : float
        Level of all intervals.
    method, interval : str
        How tau2 and the confidence interval were made.
    weights : ndarray of float, shape (k,)
        Shares of the studies in the mean, summing to 1.
    """

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    pred_low: float
    pred_high: float
    tau2: float
    tau2_low: float
    tau2_high: float
    q: float
    q_p: float
    i2: float
    h2: float
    n_obs: int
    level: float
    method: Method
    interval: Interval
    weights: Floats


def _check_words(method: str, interval: str, level: float) -> None:
    check_choice("method", method, get_args(Method))
    check_choice("interval", interval, get_args(Interval))
    check_level(level)


def combine(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    method: Method = "reml",
    interval: Interval = "hk_modified",
    level: float = 0.90,
) -> Combined:
    """Combine estimates of independent studies by random effects.

    Parameters
    ----------
    effects : array_like of float, shape (k,)
        Estimates, on the scale on which they are about normal (logarithms of ratios, logits of shares).
    variances : array_like of float, shape (k,)
        Their sampling variances, taken as known.
    method : {'reml', 'pm', 'dl'}, default 'reml'
        Estimator of tau2, see `tau2`.
    interval : {'hk_modified', 'hk', 'wald'}, default 'hk_modified'
        Hartung and Knapp's interval with the variance never below the model's, the same without that floor, or the normal one.
    level : float, default 0.90
        Level of all intervals.

    Returns
    -------
    Combined
        Mean, intervals and spread.

    Raises
    ------
    ParameterError
        If there are fewer than two estimates, a number is missing, a variance is not above 0, a word is unknown, or the plain
        Hartung-Knapp interval would have no width.

    Notes
    -----
    The prediction interval is that of Higgins, Thompson and Spiegelhalter, mean +- t(k - 2) sqrt(tau2 + se^2) with the model's
    standard error: metafor's ``predtype="riley"``, not its default, which takes the normal quantile. With few studies its true
    coverage is below the nominal one. I2 and H2 follow from tau2 and the typical sampling variance, as in metafor, not from Q.

    References
    ----------
    Viechtbauer, W. (2010). Conducting meta-analyses in R with the metafor package. Journal of Statistical Software 36(3).
    https://doi.org/10.18637/jss.v036.i03
    Rover, C., Knapp, G. and Friede, T. (2015). Hartung-Knapp-Sidik-Jonkman approach and its modification for random-effects
    meta-analysis with few studies. BMC Medical Research Methodology 15. https://doi.org/10.1186/s12874-015-0091-1
    Higgins, J. P. T., Thompson, S. G. and Spiegelhalter, D. J. (2009). A re-evaluation of random-effects meta-analysis. Journal
    of the Royal Statistical Society A 172(1). https://doi.org/10.1111/j.1467-985X.2008.00552.x
    Viechtbauer, W. (2007). Confidence intervals for the amount of heterogeneity in meta-analysis. Statistics in Medicine 26(1).
    https://doi.org/10.1002/sim.2514
    """
    _check_words(method, interval, level)
    y, v = checked(effects, variances)
    fit = Fit.of(y, v, np.ones((len(y), 1)), method)
    mean, error = float(fit.beta[0]), float(np.sqrt(fit.covariance(interval)[0, 0]))
    half = fit.quantile(interval, level) * error
    ahead = float(fit.ahead(fit.bread[0, 0], level))
    low, high = fit.contrasts.tau2_interval(level)
    return Combined(
        estimate=mean, std_error=error, conf_low=mean - half, conf_high=mean + half,
        pred_low=mean - ahead, pred_high=mean + ahead, tau2_low=low, tau2_high=high, **fit.heterogeneity(),
        n_obs=len(y), level=level, method=method, interval=interval, weights=fit.weights / fit.weights.sum(),
    )  # fmt: skip


class Joint(NamedTuple):
    """A test that several coefficients are 0: F, or chi-squared where ``df_residual`` is infinite."""

    statistic: float
    df: int
    df_residual: float
    p: float


@dataclass(frozen=True, eq=False)
class MetaRegression:
    """A meta-regression.

    Parameters
    ----------
    table : pandas.DataFrame
        One coefficient a row: term, estimate, std_error, statistic, df, p, conf_low, conf_high, level.
    tau2, tau2_low, tau2_high : float
        Residual variance between studies with its Q-profile interval.
    q, q_p : float
        Test of no residual spread.
    i2, h2 : float
        Residual spread against sampling variance, see `Combined`.
    r2 : float or None
        Share of tau2 the moderators account for, not below 0; None without an intercept or without spread to account for.
    n_obs : int
        Number of studies.
    level : float
        Level of all intervals.
    method, interval : str
        How tau2 and the tests were made.
    covariance : ndarray of float, shape (coefficients, coefficients)
        Covariance of the coefficients behind the table.
    """

    table: pd.DataFrame
    tau2: float
    tau2_low: float
    tau2_high: float
    q: float
    q_p: float
    i2: float
    h2: float
    r2: float | None
    n_obs: int
    level: float
    method: Method
    interval: Interval
    covariance: Floats
    _fit: Fit

    def joint(self, terms: Sequence[str] | None = None) -> Joint:
        """Test that coefficients are all 0.

        Parameters
        ----------
        terms : sequence of str, optional
            Names of coefficients; all but the intercept if omitted.

        Returns
        -------
        Joint
            Knapp and Hartung's F, or the Wald chi-squared, with its p value.

        Raises
        ------
        ParameterError
            If a term is unknown or none is left.
        """
        names = self.table["term"].tolist()
        tested = [name for name in names if name != INTERCEPT] if terms is None else list(terms)
        for name in tested:
            check_choice("terms", name, names)
        if not tested:
            raise ParameterError("terms: there is no coefficient to test")
        at = [names.index(name) for name in tested]
        beta, m = self._fit.beta[at], len(at)
        chi2 = float(beta @ np.linalg.solve(self.covariance[np.ix_(at, at)], beta))
        if self.interval == "wald":
            return Joint(chi2, m, np.inf, float(special.chdtrc(m, chi2)))
        residual = len(self._fit.contrasts.d)
        return Joint(chi2 / m, m, residual, float(special.fdtrc(m, residual, chi2 / m)))

    def predict(self, design: pd.DataFrame) -> pd.DataFrame:
        """Predict the mean of true effects, and the true effect of one new study.

        Parameters
        ----------
        design : pandas.DataFrame
            Moderators of the new studies, with the columns of the fit.

        Returns
        -------
        pandas.DataFrame
            estimate, std_error, conf_low, conf_high (of the mean), pred_low, pred_high (of one study, t with one degree of
            freedom less than the residual ones).

        Raises
        ------
        ParameterError
            If a column is missing or not a finite number.
        """
        wanted = [name for name in self.table["term"] if name != INTERCEPT]
        missing = [name for name in wanted if name not in design.columns]
        if missing:
            raise ParameterError(f"design: column {missing[0]!r} of the fit is missing")
        has_intercept = INTERCEPT in set(self.table["term"])
        values = design[wanted].to_numpy(dtype=float)
        x = np.column_stack([np.ones(len(design)), values]) if has_intercept else values
        if not np.isfinite(x).all():
            raise ParameterError("design: every value must be a finite number")
        mean, error = x @ self._fit.beta, np.sqrt(np.einsum("ij,jk,ik->i", x, self.covariance, x))
        half = self._fit.quantile(self.interval, self.level) * error
        ahead = self._fit.ahead(np.einsum("ij,jk,ik->i", x, self._fit.bread, x), self.level)
        columns = {"estimate": mean, "std_error": error, "conf_low": mean - half, "conf_high": mean + half}
        return pd.DataFrame({**columns, "pred_low": mean - ahead, "pred_high": mean + ahead}, index=design.index)


def meta_regression(
    effects: ArrayLike,
    variances: ArrayLike,
    design: pd.DataFrame,
    *,
    method: Method = "reml",
    interval: Interval = "hk_modified",
    level: float = 0.90,
    intercept: bool = True,
) -> MetaRegression:
    """Explain the spread of effects by moderators.

    Parameters
    ----------
    effects : array_like of float, shape (k,)
        Estimates.
    variances : array_like of float, shape (k,)
        Their sampling variances.
    design : pandas.DataFrame, shape (k, moderators)
        Moderators as numbers, categories as 0/1 columns.
    method : {'reml', 'pm', 'dl'}, default 'reml'
        Estimator of the residual tau2.
    interval : {'hk_modified', 'hk', 'wald'}, default 'hk_modified'
        Knapp and Hartung's t and F tests with the variance never below the model's, without that floor, or normal ones.
    level : float, default 0.90
        Level of all intervals.
    intercept : bool, default True
        Whether to add an intercept.

    Returns
    -------
    MetaRegression
        Coefficients and residual spread.

    Raises
    ------
    ParameterError
        As in `combine`; or if there are fewer estimates than coefficients plus two, or columns are collinear.

    References
    ----------
    Knapp, G. and Hartung, J. (2003). Improved tests for a random effects meta-regression with a single covariate. Statistics in
    Medicine 22(17). https://doi.org/10.1002/sim.1482
    """
    _check_words(method, interval, level)
    y, v = checked(effects, variances)
    names, x = design_matrix(design, len(y), intercept=intercept)
    if len(y) < len(names) + 2:
        raise ParameterError(
            f"design: {len(names)} coefficients need at least {len(names) + 2} estimates, got {len(y)}.",
            remedy="Drop a moderator.",
        )
    fit = Fit.of(y, v, x, method)
    covariance = fit.covariance(interval)
    low, high = fit.contrasts.tau2_interval(level)
    df = np.inf if interval == "wald" else len(fit.contrasts.d)
    table = coefficient_table(names, fit.beta, np.sqrt(np.diag(covariance)), df, level=level)
    before = Contrasts.of(y, v, np.ones((len(y), 1))).tau2(method) if intercept else 0.0
    return MetaRegression(
        table=table, tau2_low=low, tau2_high=high, **fit.heterogeneity(), r2=max(0.0, 1 - fit.tau2 / before) if before > 0 else None,
        n_obs=len(y), level=level, method=method, interval=interval, covariance=covariance, _fit=fit,
    )  # fmt: skip


def _without(n: int) -> NDArray[np.bool_]:
    return ~np.eye(n, dtype=bool)


def leave_one_out(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    method: Method = "reml",
    interval: Interval = "hk_modified",
    level: float = 0.90,
) -> pd.DataFrame:
    """Combine again without each study in turn.

    Parameters
    ----------
    effects : array_like of float, shape (k,)
        Estimates of at least three studies.
    variances : array_like of float, shape (k,)
        Their sampling variances.
    method : {'reml', 'pm', 'dl'}, default 'reml'
        Estimator of tau2.
    interval : {'hk_modified', 'hk', 'wald'}, default 'hk_modified'
        As in `combine`.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        One omitted study a row, in the order given: estimate, std_error, conf_low, conf_high, tau2, q, q_p, i2, h2.

    Raises
    ------
    ParameterError
        As in `combine`, or if there are fewer than three studies.
    """
    _check_words(method, interval, level)
    y, v = checked(effects, variances)
    if len(y) < 3:
        raise ParameterError(f"effects: three estimates are needed to leave one out, got {len(y)}")
    ones, rows = np.ones((len(y) - 1, 1)), []
    for kept in _without(len(y)):
        fit = Fit.of(y[kept], v[kept], ones, method)
        mean, error = float(fit.beta[0]), float(np.sqrt(fit.covariance(interval)[0, 0]))
        half = fit.quantile(interval, level) * error
        ends = {"conf_low": mean - half, "conf_high": mean + half}
        rows.append({"estimate": mean, "std_error": error, **ends, **fit.heterogeneity()})
    return pd.DataFrame(rows)


def influence(
    effects: ArrayLike, variances: ArrayLike, design: pd.DataFrame | None = None, *, method: Method = "reml"
) -> pd.DataFrame:
    """Measure what each study does to the fit.

    Parameters
    ----------
    effects : array_like of float, shape (k,)
        Estimates.
    variances : array_like of float, shape (k,)
        Their sampling variances.
    design : pandas.DataFrame, optional
        Moderators, as in `meta_regression`; an intercept is added.
    method : {'reml', 'pm', 'dl'}, default 'reml'
        Estimator of tau2, made anew without each study.

    Returns
    -------
    pandas.DataFrame
        One study a row: rstudent (externally studentised residual), dffits, cook_d, cov_ratio, tau2_deleted, q_deleted, hat,
        weight (share), as metafor defines them under the normal model. Missing where the model is not identified without the study.

    Raises
    ------
    ParameterError
        As in `meta_regression`, or if there are fewer estimates than coefficients plus two.

    References
    ----------
    Viechtbauer, W. and Cheung, M. W.-L. (2010). Outlier and influence diagnostics for meta-analysis. Research Synthesis Methods
    1(2). https://doi.org/10.1002/jrsm.11
    """
    check_choice("method", method, get_args(Method))
    y, v = checked(effects, variances)
    names, x = design_matrix(design, len(y))
    if len(y) < len(names) + 2:
        raise ParameterError(f"effects: {len(names) + 2} estimates are needed to leave one out, got {len(y)}")
    whole = Fit.of(y, v, x, method)
    hat, precision = whole.hat, np.linalg.inv(whole.bread)
    rows = []
    for i, kept in enumerate(_without(len(y))):
        row = dict.fromkeys(("rstudent", "dffits", "cook_d", "cov_ratio", "tau2_deleted", "q_deleted"), np.nan)
        # A column only this study fills makes the rest singular.
        if np.linalg.matrix_rank(x[kept] / np.abs(x).max(axis=0)) == len(names):
            fit = Fit.of(y[kept], v[kept], x[kept], method)
            ahead = float(x[i] @ fit.beta)
            own = float(v[i]) + fit.tau2
            moved = whole.beta - fit.beta
            row = {
                "rstudent": (float(y[i]) - ahead) / float(np.sqrt(own + x[i] @ fit.bread @ x[i])),
                "dffits": float(x[i] @ moved) / float(np.sqrt(hat[i] * own)),
                "cook_d": float(moved @ precision @ moved),
                "cov_ratio": float(np.linalg.det(fit.bread) / np.linalg.det(whole.bread)),
                "tau2_deleted": fit.tau2,
                "q_deleted": fit.contrasts.q(0.0),
            }
        rows.append({**row, "hat": float(hat[i]), "weight": float(whole.weights[i] / whole.weights.sum())})
    return pd.DataFrame(rows)
