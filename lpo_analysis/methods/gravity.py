"""Flows that grow with size and fall with distance: Poisson pseudo-maximum likelihood with errors clustered by partner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, optimize, special, stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.multiplicity import holm


@dataclass(frozen=True, eq=False)
class GravityFit:
    """A Poisson pseudo-maximum likelihood fit with clustered errors.

    Parameters
    ----------
    response : ndarray of float, shape (n,)
        Flows, 0 or more.
    design : pandas.DataFrame, shape (n, k)
        Regressors, the constant among them.
    clusters : ndarray of str, shape (n,)
        Cluster of each row.
    model : statsmodels GLMResultsWrapper
        The untouched fit; its covariance is the clustered one.
    """

    response: Floats
    design: pd.DataFrame
    clusters: NDArray[np.str_]
    model: Any

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return len(set(self.clusters.tolist()))

    def quantile(self, level: float) -> float:
        """Return the quantile of Student's t with one degree of freedom less than clusters.

        Parameters
        ----------
        level : float
            Confidence level of a two-sided interval.

        Returns
        -------
        float
            Number of standard errors to each side.
        """
        return float(stats.t.ppf((1 + level) / 2, self.n_clusters - 1))

    def table(self, level: float) -> pd.DataFrame:
        """Return the coefficients with their intervals.

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        pandas.DataFrame
            Indexed by regressor: estimate, std_error, conf_low, conf_high, p_value.
        """
        return self.with_errors(self.model.bse, level)

    def with_errors(self, error: pd.Series, level: float) -> pd.DataFrame:
        """Return the coefficients with intervals from given standard errors.

        Parameters
        ----------
        error : pandas.Series
            Standard errors by regressor.
        level : float
            Confidence level.

        Returns
        -------
        pandas.DataFrame
            As `table`.
        """
        estimate, half = self.model.params, self.quantile(level) * error
        p = 2 * stats.t.sf(np.abs(estimate / error), self.n_clusters - 1)
        ends = {"conf_low": estimate - half, "conf_high": estimate + half}
        return pd.DataFrame({"estimate": estimate, "std_error": error, **ends, "p_value": p})

    def expected(self, design: pd.DataFrame, covariance: pd.DataFrame | None = None) -> tuple[float, float]:
        """Predict the sum of the flows of some rows.

        Parameters
        ----------
        design : pandas.DataFrame, shape (m, k)
            Regressors of the rows, in the columns of the fit.
        covariance : pandas.DataFrame, shape (k, k), optional
            Covariance of the coefficients; the clustered one by default.

        Returns
        -------
        tuple of float
            The expected sum, and the standard error of its logarithm by the delta method: that of the mean, not of a new flow.
        """
        x = design[self.design.columns].to_numpy(dtype=float)
        mean = np.exp(x @ self.model.params.to_numpy())
        slope = mean @ x / mean.sum()
        v = (self.model.cov_params() if covariance is None else covariance).to_numpy()
        return float(mean.sum()), float(np.sqrt(slope @ v @ slope))


@dataclass(frozen=True)
class Reset:
    """Outcome of the RESET test.

    Parameters
    ----------
    statistic : float
        Student's t of the squared linear index.
    p_value : float
        Two-sided, with ``df`` degrees of freedom.
    df : int
        Clusters less one.
    """

    statistic: float
    p_value: float
    df: int


@dataclass(frozen=True, eq=False)
class LeftOut:
    """What each cluster is against a fit that has not seen it.

    Parameters
    ----------
    fit : GravityFit
        The fit of all clusters.
    ratios : pandas.DataFrame
        Indexed by cluster: n_obs, actual and expected (sums of the cluster's flows), ratio (actual over expected), log_error
        (standard error of the logarithm of the expected sum, by `linear_jackknife` of the others); the last three NaN where the
        others do not identify the model.
    coefficients : pandas.DataFrame
        Indexed by the cluster left out, one column a regressor.
    """

    fit: GravityFit
    ratios: pd.DataFrame
    coefficients: pd.DataFrame

    def _displacements(self) -> pd.DataFrame:
        moved = self.coefficients - self.fit.model.params
        lost = moved.index[moved.isna().any(axis=1)]
        if len(lost):
            raise ParameterError(f"jackknife: without {', '.join(lost)} the others do not identify the model")
        return moved

    def covariance(self) -> pd.DataFrame:
        """Return the cluster jackknife covariance of the coefficients (CV3).

        Returns
        -------
        pandas.DataFrame, shape (k, k)
            (G - 1) / G times the sum of squared displacements round the fit of all clusters.

        Raises
        ------
        ParameterError
            If the model is not identified without some cluster.

        Notes
        -----
        Where clusters are unequal or one has much leverage, it covers far better than the usual clustered covariance, which a
        cluster that pulls the fit to itself makes too small.

        References
        ----------
        MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2023). Fast and reliable jackknife and bootstrap methods for
        cluster-robust inference. Journal of Applied Econometrics 38(5). https://doi.org/10.1002/jae.2969
        """
        moved = self._displacements()
        return (len(moved) - 1) / len(moved) * moved.T @ moved

    def table(self, level: float) -> pd.DataFrame:
        """Return the coefficients of the fit of all clusters with jackknife errors and intervals.

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        pandas.DataFrame
            Indexed by regressor: estimate, std_error, conf_low, conf_high, p_value, clustered_error (the usual one).

        Raises
        ------
        ParameterError
            If the model is not identified without some cluster.
        """
        error = pd.Series(np.sqrt(np.diag(self.covariance())), index=self.fit.design.columns)
        return self.fit.with_errors(error, level).assign(clustered_error=self.fit.model.bse)

    def against_scatter(self, level: float, *, step: float = 0.0) -> pd.DataFrame:
        """Compare each cluster's ratio with what clusters on the line come to by chance, as the scatter of the others shows.

        Parameters
        ----------
        level : float
            Confidence level.
        step : float, default 0.0
            Step to which each flow is rounded; a ratio is known within half a step a flow.

        Returns
        -------
        pandas.DataFrame
            Indexed by cluster: scatter (standard deviation of the others' ratios round 1, beyond the errors of their expectations), low
            and high (where the ratio of a cluster on the line lies with probability ``level``), conf_low and conf_high (multiples of its
            expectation that are compatible with the cluster's ratio, one cluster at a time), p_value (two-sided, one cluster at a time),
            p_adjusted (Holm, over all clusters). Clusters without a ratio are left out.

        Raises
        ------
        ParameterError
            If fewer than ten clusters have a ratio, the level is no probability, or the step is negative.

        Notes
        -----
        A ratio has mean 1 on the line and the variance ``scatter**2`` (a constant coefficient of variation) plus that of the expectation
        and of rounding; the scatter is a moment estimate from the other clusters, so that a cluster does not hide itself. Tails are those of a
        gamma or a lognormal variable of that variance, whichever is heavier on its side: the shape is not known, and a zero must
        have a probability. Nothing is outside by construction: the number beyond may be 0.

        References
        ----------
        Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6(2), 65-70.
        https://doi.org/10.2307/4615733
        """
        known = self.ratios.dropna(subset=["ratio", "log_error"])
        count = len(known)
        if count < 10:
            raise ParameterError(f"scatter: at least ten clusters with a ratio are needed, got {count}")
        if not 0 < level < 1 or step < 0:
            raise ParameterError(
                f"scatter: level must lie between 0 and 1 and step not below 0, got {level!r} and {step!r}"
            )
        ratio, error = known["ratio"].to_numpy(dtype=float), known["log_error"].to_numpy(dtype=float) ** 2
        n, expected = known["n_obs"].to_numpy(dtype=float), known["expected"].to_numpy(dtype=float)
        rounding, slack = n * step**2 / 12 / expected**2, n * step / 2 / expected
        squares = ((ratio - 1) ** 2 - error - rounding) / (1 + error)
        others = np.maximum((squares.sum() - squares) / (count - 1), 0.0)
        # With no scatter and no error a ratio would be 1 exactly: a variance of 0 has no quantiles.
        variance = np.maximum(others * (1 + error) + error + rounding, np.finfo(float).eps)
        # Of a gamma variable (shape 1 / variance, mean 1) and of a lognormal one of that mean and variance.
        shape, spread = 1 / variance, np.sqrt(np.log1p(variance))
        least, most = np.maximum(ratio - slack, 0.0), ratio + slack
        with np.errstate(divide="ignore"):
            scores = [(np.log(end) + spread**2 / 2) / spread for end in (least, most)]
        above = np.maximum(special.gammaincc(shape, shape * least), special.ndtr(-scores[0]))
        below = np.maximum(special.gammainc(shape, shape * most), special.ndtr(scores[1]))
        tail, z = (1 - level) / 2, special.ndtri((1 + level) / 2)
        low = np.minimum(special.gammaincinv(shape, tail) / shape, np.exp(-z * spread - spread**2 / 2))
        high = np.maximum(special.gammainccinv(shape, tail) / shape, np.exp(z * spread - spread**2 / 2))
        p = np.minimum(1.0, 2 * np.minimum(above, below))
        return pd.DataFrame(
            {"scatter": np.sqrt(others), "low": low, "high": high, "conf_low": least / high, "conf_high": most / low, "p_value": p,
             "p_adjusted": holm(p)},
            index=known.index,
        )  # fmt: skip


def _checked(
    response: ArrayLike, design: pd.DataFrame, clusters: ArrayLike
) -> tuple[Floats, pd.DataFrame, NDArray[np.str_]]:
    y = np.asarray(response, dtype=float)
    labels = pd.Series(np.asarray(clusters))
    if not len(y) == len(design) == len(labels):
        raise ParameterError(
            f"gravity: there are {len(y)} flows, {len(design)} rows of regressors and {len(labels)} clusters"
        )
    if not (np.isfinite(y).all() and (y >= 0).all()):
        raise ParameterError("response: every flow must be a finite number, 0 or more")
    if not (y > 0).any():
        raise ParameterError("response: no flow is above 0")
    if labels.isna().any():
        raise ParameterError("clusters: a row has no cluster")
    if design.columns.duplicated().any():
        raise ParameterError(f"design: {design.columns[design.columns.duplicated()][0]!r} stands twice")
    frame = design.astype(float).reset_index(drop=True)
    x = frame.to_numpy()
    bad = [str(name) for name, fine in zip(frame, np.isfinite(x).all(axis=0), strict=True) if not fine]
    if bad:
        raise ParameterError(
            f"design: {', '.join(bad)} holds what is no finite number", remedy="Leave such rows out, and count them."
        )
    n, k = frame.shape
    if n <= k:
        raise ParameterError(f"gravity: {k} coefficients need more than {k} rows, got {n}")
    if labels.nunique() < 2:
        raise ParameterError("clusters: at least two are needed")
    rank = int(np.linalg.matrix_rank(x / np.maximum(np.linalg.norm(x, axis=0), np.finfo(float).tiny)))
    if rank < k:
        raise ParameterError(f"design: the {k} regressors hold only {rank} that are independent", remedy="Drop one.")
    return y, frame, labels.astype(str).to_numpy(dtype=str)


def ppml(response: ArrayLike, design: pd.DataFrame, clusters: ArrayLike) -> GravityFit:
    """Fit a constant-elasticity model of flows by Poisson pseudo-maximum likelihood, with clustered errors.

    Parameters
    ----------
    response : array_like of float, shape (n,)
        Flows, 0 or more; zeros stay in.
    design : pandas.DataFrame, shape (n, k)
        Regressors, sizes and distances in logarithms; a constant is not added.
    clusters : array_like, shape (n,)
        Cluster of each row.

    Returns
    -------
    GravityFit
        Its coefficients are elasticities of regressors in logarithms and log ratios of the others.

    Raises
    ------
    ParameterError
        If lengths differ, a flow is negative or missing, a regressor is missing or depends on the others, there are fewer than two
        clusters, no finite estimate exists because zeros are separated, or the fit does not converge.

    Notes
    -----
    Estimand: the coefficients of the logarithm of the mean flow. Only this mean must be right: flows need not be counts, nor have a
    variance equal to their mean. The clustered covariance carries the factor G / (G - 1) x (n - 1) / (n - k), and intervals use
    Student's t with G - 1 degrees of freedom, which is still too narrow with few or very unequal clusters.

    References
    ----------
    Santos Silva, J. M. C. and Tenreyro, S. (2006). The log of gravity. Review of Economics and Statistics 88(4).
    https://doi.org/10.1162/rest.88.4.641
    Cameron, A. C. and Miller, D. L. (2015). A practitioner's guide to cluster-robust inference. Journal of Human Resources 50(2).
    https://doi.org/10.3368/jhr.50.2.317
    """
    y, frame, labels = _checked(response, design, clusters)
    away = int(separated(y, frame).sum())
    if away:
        raise ParameterError(
            f"gravity: no finite estimate exists, because regressors separate {away} of the {int((y == 0).sum())} zeros from all flows",
            remedy="Drop the regressor that is constant wherever there is a flow, or the rows it separates.",
        )
    codes, _ = pd.factorize(labels)
    model = sm.GLM(y, frame, family=sm.families.Poisson()).fit(
        maxiter=200, tol=1e-9, tol_criterion="params", cov_type="cluster", cov_kwds={"groups": codes}
    )
    if not model.converged:
        raise ParameterError("gravity: the fit does not converge", remedy="Look for regressors on very unlike scales.")
    return GravityFit(y, frame, labels, model)


def separated(response: ArrayLike, design: pd.DataFrame) -> NDArray[np.bool_]:
    """Find the zeros that some combination of regressors separates from all flows, so that no finite estimate exists.

    Parameters
    ----------
    response : array_like of float, shape (n,)
        Flows, 0 or more.
    design : pandas.DataFrame, shape (n, k)
        Regressors.

    Returns
    -------
    ndarray of bool, shape (n,)
        Whether a row is separated: a combination that is 0 wherever there is a flow is nowhere above 0 and below it there.

    References
    ----------
    Santos Silva, J. M. C. and Tenreyro, S. (2010). On the existence of the maximum likelihood estimates in Poisson regression.
    Economics Letters 107(2). https://doi.org/10.1016/j.econlet.2010.02.020
    Correia, S., Guimaraes, P. and Zylkin, T. (2019). Verifying the existence of maximum likelihood estimates for generalized linear
    models. https://doi.org/10.48550/arXiv.1903.01633
    """
    y = np.asarray(response, dtype=float)
    x = design.to_numpy(dtype=float)
    x = x / np.maximum(np.linalg.norm(x, axis=0), np.finfo(float).tiny)
    found = np.zeros(len(y), dtype=bool)
    zero = y == 0
    directions = linalg.null_space(x[~zero])
    if not zero.any() or directions.shape[1] == 0:
        return found
    # Largest number of zeros that one direction takes to -1 or below: a direction may be scaled at will.
    reach = x[zero] @ directions
    m, d = reach.shape
    solved = optimize.linprog(
        np.concatenate([np.zeros(d), -np.ones(m)]),
        A_ub=np.hstack([reach, np.eye(m)]),
        b_ub=np.zeros(m),
        bounds=[(None, None)] * d + [(0, 1)] * m,
        method="highs",
    )
    found[zero] = solved.x[d:] > 0.5
    return found


def reset_test(fit: GravityFit) -> Reset:
    """Test whether the square of the linear index still explains flows (RESET).

    Parameters
    ----------
    fit : GravityFit
        The fit to be tested.

    Returns
    -------
    Reset
        A small p-value says that the logarithm of the mean is not linear in these regressors; a large one proves nothing.

    Raises
    ------
    ParameterError
        If the square depends on the regressors, as in a saturated model.

    References
    ----------
    Ramsey, J. B. (1969). Tests for specification errors in classical linear least-squares regression analysis. Journal of the Royal
    Statistical Society B 31(2). https://doi.org/10.1111/j.2517-6161.1969.tb00796.x
    Santos Silva, J. M. C. and Tenreyro, S. (2006), as for `ppml`, section V.
    """
    index = fit.design.to_numpy() @ fit.model.params.to_numpy()
    wider = ppml(fit.response, fit.design.assign(_squared_index=index**2), fit.clusters)
    row = wider.table(0.9).loc["_squared_index"]
    return Reset(float(row["estimate"] / row["std_error"]), float(row["p_value"]), fit.n_clusters - 1)


def linear_jackknife(fit: GravityFit) -> pd.DataFrame:
    """Approximate the cluster jackknife covariance by one Newton step a cluster (CV3L), without refitting.

    Parameters
    ----------
    fit : GravityFit
        The fit.

    Returns
    -------
    pandas.DataFrame, shape (k, k)
        Covariance of the coefficients.

    References
    ----------
    MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2024). Cluster-robust jackknife and bootstrap inference for logistic regression
    models. https://doi.org/10.48550/arXiv.2406.00650
    """
    x, mean = fit.design.to_numpy(), fit.model.fittedvalues.to_numpy()
    codes, names = pd.factorize(fit.clusters)
    member = np.eye(len(names))[codes]
    score = member.T @ ((fit.response - mean)[:, None] * x)
    squares = ((mean[:, None] * x)[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    information = (member.T @ squares).reshape(len(names), x.shape[1], x.shape[1])
    moved = (np.linalg.pinv(information.sum(axis=0) - information, hermitian=True) @ score[:, :, None])[:, :, 0]
    terms = fit.design.columns
    return pd.DataFrame((len(names) - 1) / len(names) * moved.T @ moved, index=terms, columns=terms)


def left_out(fit: GravityFit) -> LeftOut:
    """Fit the model without each cluster in turn, and compare the cluster with what the others lead to expect.

    Parameters
    ----------
    fit : GravityFit
        The fit of all clusters.

    Returns
    -------
    LeftOut
        Actual over expected flows, and the coefficients without the cluster. A cluster that stays in would pull its own expectation
        towards itself.
    """
    names = list(dict.fromkeys(fit.clusters.tolist()))
    ratios, coefficients = [], []
    for name in names:
        inside = fit.clusters == name
        actual = float(fit.response[inside].sum())
        try:
            others = ppml(fit.response[~inside], fit.design[~inside], fit.clusters[~inside])
            expected, log_error = others.expected(fit.design[inside], linear_jackknife(others))
            found = others.model.params.to_numpy()
        except ParameterError:  # without this cluster a coefficient is not identified
            expected, log_error, found = np.nan, np.nan, np.full(fit.design.shape[1], np.nan)
        ratios.append((int(inside.sum()), actual, expected, actual / expected, log_error))
        coefficients.append(found)
    index = pd.Index(names, name="cluster")
    columns = ["n_obs", "actual", "expected", "ratio", "log_error"]
    return LeftOut(
        fit,
        pd.DataFrame(ratios, columns=columns, index=index),
        pd.DataFrame(coefficients, columns=fit.design.columns, index=index),
    )
