"""Logit of a yes/no outcome with clustered errors and average marginal effects, and the reasons not to fit one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import ArrayLike
from scipy import optimize, stats
from statsmodels.stats.sandwich_covariance import cov_cluster

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats

Errors = Literal["robust", "model"]
CONSTANT = "constant"


@dataclass(frozen=True, eq=False)
class LogitFit:
    """A fitted logit.

    Parameters
    ----------
    model : statsmodels GLMResultsWrapper
        The untouched fit (binomial, logit link).
    design : ndarray of float, shape (n, terms + 1)
        Design with the constant first.
    names : tuple of str
        Terms, the constant first.
    factors : tuple of tuple of str
        Terms that are the levels of one factor.
    weights : ndarray of float, shape (n,)
        Weights with mean 1.
    covariance : ndarray of float
        Covariance of the coefficients.
    df : float
        Degrees of freedom of the t quantiles; infinite for the normal ones.
    n_obs, n_events : int
        Rows, and rows whose outcome is 1.
    n_clusters : int or None
        Clusters; None without.
    """

    model: Any
    design: Floats
    names: tuple[str, ...]
    factors: tuple[tuple[str, ...], ...]
    weights: Floats
    covariance: Floats
    df: float
    n_obs: int
    n_events: int
    n_clusters: int | None

    @property
    def params(self) -> Floats:
        """Coefficients (log odds), the constant first."""
        return np.asarray(self.model.params, dtype=float)

    def coefficients(self, level: float = 0.90) -> pd.DataFrame:
        """Return the coefficients.

        Parameters
        ----------
        level : float, default 0.90
            Confidence level.

        Returns
        -------
        pandas.DataFrame
            Columns term, estimate (log odds ratio), std_error, conf_low, conf_high; the constant first.
        """
        return self._frame(self.names, self.params, np.sqrt(np.diag(self.covariance)), level)

    def effects(self, level: float = 0.90) -> pd.DataFrame:
        """Return the average marginal effects on the probability.

        Parameters
        ----------
        level : float, default 0.90
            Confidence level.

        Returns
        -------
        pandas.DataFrame
            Columns term, estimate, std_error (delta method), conf_low, conf_high.

        Notes
        -----
        For a term coded 0/1 the effect is the mean difference of the predicted probability with the term at 1 and at 0, the
        other levels of its factor at 0; for any other term the mean derivative. Means are over the rows as weighted, at the
        values observed; the error is that of the coefficients alone.

        References
        ----------
        Greene, W. H. (2003). Econometric Analysis, 5th ed., section 21.4. Prentice Hall.

        Williams, R. (2012). Using the margins command to estimate and interpret adjusted predictions and marginal effects.
        Stata Journal 12(2). https://doi.org/10.1177/1536867X1201200209
        """
        made = [self._effect(number) for number in range(1, len(self.names))]
        estimates = np.array([estimate for estimate, _ in made])
        gradients = np.array([gradient for _, gradient in made]).reshape(len(made), len(self.names))
        variances = np.einsum("ij,jk,ik->i", gradients, self.covariance, gradients)
        return self._frame(self.names[1:], estimates, np.sqrt(np.maximum(variances, 0)), level)

    def _effect(self, number: int) -> tuple[float, Floats]:
        x, b, w = self.design, self.params, self.weights / self.weights.sum()
        column = x[:, number]
        if np.isin(column, (0.0, 1.0)).all():
            family = next((f for f in self.factors if self.names[number] in f), (self.names[number],))
            off = x.copy()
            off[:, [self.names.index(name) for name in family]] = 0.0
            on = off.copy()
            on[:, number] = 1.0
            p_on, p_off = (1 / (1 + np.exp(-(side @ b))) for side in (on, off))
            gradient = (w * p_on * (1 - p_on)) @ on - (w * p_off * (1 - p_off)) @ off
            return float(w @ (p_on - p_off)), gradient
        p = 1 / (1 + np.exp(-(x @ b)))
        slope = p * (1 - p)
        gradient = b[number] * ((w * slope * (1 - 2 * p)) @ x)
        gradient[number] += w @ slope
        return float(b[number] * (w @ slope)), gradient

    def _frame(self, names: Sequence[str], estimates: Floats, errors: Floats, level: float) -> pd.DataFrame:
        quantile = stats.norm.ppf((1 + level) / 2) if np.isinf(self.df) else stats.t.ppf((1 + level) / 2, self.df)
        return pd.DataFrame(
            {"term": list(names), "estimate": estimates, "std_error": errors,
             "conf_low": estimates - quantile * errors, "conf_high": estimates + quantile * errors}
        )  # fmt: skip


def fit_logit(
    outcome: ArrayLike,
    design: pd.DataFrame,
    *,
    weights: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    factors: Sequence[Sequence[str]] = (),
    errors: Errors = "robust",
) -> LogitFit:
    """Fit a logit.

    Parameters
    ----------
    outcome : array_like of bool or 0/1, shape (n,)
        The outcome.
    design : pandas.DataFrame, shape (n, terms)
        Numeric columns without a constant, which is added.
    weights : array_like of float, shape (n,), optional
        Survey weights above 0 (pseudo maximum likelihood).
    clusters : array_like, shape (n,), optional
        Which rows belong together.
    factors : sequence of sequence of str, optional
        Columns that are the levels of one factor, its base level left out.
    errors : {'robust', 'model'}, default 'robust'
        Sandwich errors (clustered if there are clusters), or those of the model.

    Returns
    -------
    LogitFit
        Coefficients and marginal effects.

    Raises
    ------
    ParameterError
        If the outcome is not 0/1 or always the same, a value is missing, a term is a combination of others, terms separate the
        outcomes, or there are clusters but fewer than two.

    Notes
    -----
    The sandwich is scaled by G / (G - 1) x (n - 1) / (n - k) with G clusters, k coefficients (each row its own cluster without
    clusters), and the quantiles are those of t with G - 1 degrees of freedom. With fewer than about forty clusters it is too
    small, the more so the more the clusters differ in size.

    References
    ----------
    Cameron, A. C. and Miller, D. L. (2015). A practitioner's guide to cluster-robust inference. Journal of Human Resources
    50(2). https://doi.org/10.3368/jhr.50.2.317

    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys. International Statistical
    Review 51(3). https://doi.org/10.2307/1402588
    """
    if errors not in get_args(Errors):
        raise ParameterError(f"errors: got {errors!r}.", remedy=choices(errors, get_args(Errors)))
    y, x = _checked(outcome, design)
    n = len(y)
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != (n,) or not (np.isfinite(w) & (w > 0)).all():
        raise ParameterError(f"weights: {n} numbers above 0 are needed")
    columns = (CONSTANT, *map(str, design.columns))
    if dependent := _dependent(x, columns):
        raise ParameterError(
            f"design: {dependent!r} is a combination of the other terms (or always the same); leave one of them out"
        )
    if terms := separated(y, design):
        raise ParameterError(
            f"design: {', '.join(terms)} tell the outcomes apart without error (separation), so no finite estimate exists; "
            "merge categories or leave the term out"
        )
    groups, n_clusters = np.arange(n), None
    if clusters is not None:
        names, groups = np.unique(np.asarray(clusters), return_inverse=True)
        n_clusters = len(names)
        if len(groups) != n or n_clusters < 2:
            raise ParameterError(f"clusters: one for each of the {n} rows, and two different ones at least, are needed")
    w = w / w.mean()
    # Pseudo likelihood: the weighted score is zero at the estimate, and its variance is left to the sandwich.
    model = sm.GLM(y, x, family=sm.families.Binomial(), var_weights=w).fit(tol=1e-12, maxiter=200)
    robust = errors == "robust"
    covariance = np.asarray(cov_cluster(model, groups.astype(int)) if robust else model.cov_params(), dtype=float)
    df = float(len(np.unique(groups)) - 1) if robust else np.inf
    kept = tuple(tuple(map(str, factor)) for factor in factors)
    if unknown := [name for factor in kept for name in factor if name not in columns]:
        raise ParameterError(f"factors: {unknown[0]!r} is no term.", remedy=choices(unknown[0], columns[1:]))
    return LogitFit(model, x, columns, kept, w, covariance, df, n, int(y.sum()), n_clusters)


def _checked(outcome: ArrayLike, design: pd.DataFrame) -> tuple[Floats, Floats]:
    y = np.asarray(outcome, dtype=float)
    if len(y) != len(design):
        raise ParameterError(f"design: there are {len(y)} outcomes and {len(design)} rows")
    if not np.isin(y, (0.0, 1.0)).all():
        raise ParameterError("outcome: every one must be 0 or 1")
    if len(np.unique(y)) < 2:
        raise ParameterError("outcome: all are the same, so nothing can tell them apart")
    try:
        x = design.to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise ParameterError("design: every column must be numeric") from None
    if not np.isfinite(x).all():
        raise ParameterError("design: every value must be a finite number; set rows with missing ones aside first")
    return y, np.column_stack([np.ones(len(y)), x])


def _dependent(x: Floats, names: Sequence[str]) -> str | None:
    """Name the first column that adds nothing to those before it."""
    scaled = x / np.maximum(np.abs(x).max(axis=0), 1e-300)
    if np.linalg.matrix_rank(scaled) == x.shape[1]:
        return None
    return next(names[i] for i in range(1, x.shape[1]) if np.linalg.matrix_rank(scaled[:, : i + 1]) < i + 1)


def separated(outcome: ArrayLike, design: pd.DataFrame) -> list[str]:
    """Name the terms whose estimate would be infinite because they tell the outcomes apart without error.

    Parameters
    ----------
    outcome : array_like of bool or 0/1, shape (n,)
        The outcome.
    design : pandas.DataFrame, shape (n, terms)
        Numeric columns without a constant.

    Returns
    -------
    list of str
        Terms without which there is no separation, complete or partial; where there is none such, all in one direction of
        separation. Empty where the estimate exists.

    Raises
    ------
    ParameterError
        As `fit_logit` for outcome and design.

    Notes
    -----
    A linear programme looks for coefficients under which no row is on the wrong side of one half and at least one is on the
    right side; the maximum likelihood estimate exists if and only if there are none.

    References
    ----------
    Albert, A. and Anderson, J. A. (1984). On the existence of maximum likelihood estimates in logistic regression models.
    Biometrika 71(1). https://doi.org/10.1093/biomet/71.1.1

    Konis, K. (2007). Linear programming algorithms for detecting separated data in binary logistic regression models. DPhil
    thesis, University of Oxford.
    """
    y, x = _checked(outcome, design)
    direction = _direction(y, x)
    if direction is None:
        return []
    columns = range(1, x.shape[1])
    needed = [i for i in columns if _direction(y, np.delete(x, i, axis=1)) is None]
    found = needed or [i for i in columns if abs(direction[i]) > 1e-7]
    return [str(design.columns[i - 1]) for i in found]


def _direction(y: Floats, x: Floats) -> Floats | None:
    """Find coefficients that put no row on the wrong side and one at least on the right one; None if there are none."""
    scaled = x / np.maximum(np.abs(x).max(axis=0), 1e-300)
    signed = (2 * y - 1)[:, None] * scaled
    found = optimize.linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(y)), bounds=(-1, 1), method="highs")
    if not found.success:
        raise ParameterError(f"separation: could not be checked ({found.message})")
    return None if -found.fun < 1e-7 else np.asarray(found.x, dtype=float)


def events_per_term(outcome: ArrayLike, terms: int) -> float:
    """Return how many outcomes of the rarer kind there are for each coefficient.

    Parameters
    ----------
    outcome : array_like of bool or 0/1, shape (n,)
        The outcome.
    terms : int
        Coefficients besides the constant.

    Returns
    -------
    float
        The rarer outcome over the terms; infinite without terms.

    Notes
    -----
    Ten is the usual rule, five to nine are often tolerable, fewer bias the estimates away from 0 and make intervals too short.

    References
    ----------
    Peduzzi, P. et al. (1996). A simulation study of the number of events per variable in logistic regression analysis. Journal
    of Clinical Epidemiology 49(12). https://doi.org/10.1016/S0895-4356(96)00236-3

    Vittinghoff, E. and McCulloch, C. E. (2007). Relaxing the rule of ten events per variable in logistic and Cox regression.
    American Journal of Epidemiology 165(6). https://doi.org/10.1093/aje/kwk052
    """
    y = np.asarray(outcome, dtype=float)
    rarer = min(float(y.sum()), float(len(y) - y.sum()))
    return rarer / terms if terms else float("inf")
