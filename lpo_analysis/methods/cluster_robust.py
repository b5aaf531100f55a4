"""Errors clustered by group where groups are few: CR2 with its degrees of freedom, joint tests, and a wild bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.random_effects import check_level, coefficient_table

Codes = NDArray[np.intp]

_FEW = 3000
"""Most clusters times coefficients for which the degrees of freedom of a joint test are worked out."""
_ENUMERATED = 12
"""Most clusters for which all changes of sign are listed instead of drawn."""


@dataclass(frozen=True)
class JointTest:
    """An approximate Hotelling test that several coefficients are all 0.

    Parameters
    ----------
    statistic : float
        F.
    df : int
        Coefficients tested.
    df_error : float
        Degrees of freedom of the denominator.
    p_value : float
        Probability of an F as large if all were 0.
    """

    statistic: float
    df: int
    df_error: float
    p_value: float


@dataclass(frozen=True, eq=False)
class Robust:
    """Least squares with CR2 errors.

    Parameters
    ----------
    names : tuple of str, length k
        Coefficients.
    beta : ndarray of float, shape (k,)
        Their estimates.
    bread : ndarray of float, shape (k, k)
        Their covariance under the working model.
    residual : ndarray of float, shape (n,)
        Residuals.
    codes : ndarray of int, shape (n,)
        Number of each row's cluster.
    """

    names: tuple[str, ...]
    beta: Floats
    bread: Floats
    residual: Floats
    codes: Codes
    _adjusted: Floats  # A W X M: what each row's residual counts in each coefficient
    _inner: Floats  # for each cluster, the working covariance of those counts
    _cross: Floats  # for each cluster, counts' by X

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return len(self._inner)

    @property
    def scores(self) -> Floats:
        """What each cluster adds to the error of each coefficient, shape (clusters, k)."""
        weighted = self._adjusted * self.residual[:, None]
        return np.stack([np.bincount(self.codes, column, self.n_clusters) for column in weighted.T], axis=1)

    @property
    def covariance(self) -> Floats:
        """The CR2 covariance of the coefficients."""
        return self.scores.T @ self.scores

    def _expected(self, left: Floats, right: Floats) -> Floats:
        """Return how two combinations of coefficients covary between clusters under the working model."""
        own = np.einsum("gjk,j,k->g", self._inner, left, right)
        crossed = (self._cross.transpose(0, 2, 1) @ left) @ self.bread @ (self._cross.transpose(0, 2, 1) @ right).T
        return np.diag(own) - crossed

    def table(self, level: float, names: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the coefficients with t tests and intervals on Satterthwaite's degrees of freedom.

        Parameters
        ----------
        level : float
            Confidence level.
        names : sequence of str, optional
            Which coefficients; all by default.

        Returns
        -------
        pandas.DataFrame
            term, estimate, std_error, statistic, df, p, conf_low, conf_high, level.

        Raises
        ------
        ParameterError
            If a part of a coefficient rests on one cluster alone, or residuals are 0.
        """
        check_level(level)
        shown = self.names if names is None else tuple(names)
        at = [self.names.index(name) for name in shown]
        found = np.sqrt(np.diag(self.covariance))[at]
        df = np.empty(len(at))
        for i, (j, name) in enumerate(zip(at, shown, strict=True)):
            one = np.eye(len(self.names))[j]
            expected = self._expected(one, one)
            trace = float(np.trace(expected))
            # Under the working model CR2 expects the model's own variance, unless a cluster's residuals have been used up.
            if trace <= (1 - 1e-6) * float(self.bread[j, j]):
                raise ParameterError(
                    f"design: a part of the coefficient of {name!r} rests on one cluster, which cannot show its own error.",
                    remedy="Drop the column, or add clusters that differ in it.",
                )
            df[i] = trace**2 / float((expected**2).sum())
            if found[i] <= 1e-10 * float(np.sqrt(self.bread[j, j])):
                raise ParameterError(
                    f"effects: the estimates do not differ from their fit, so clusters show no error of {name!r}."
                )
        return coefficient_table(shown, self.beta[at], found, df, level=level)

    def joint(self, names: Sequence[str]) -> JointTest | None:
        """Test that coefficients are all 0.

        Parameters
        ----------
        names : sequence of str
            Which; at least one.

        Returns
        -------
        JointTest or None
            The approximate Hotelling test; None where clusters are too few for it. With many clusters (3,000 over the coefficients) the
            scale has as many degrees of freedom as clusters less one.

        References
        ----------
        Pustejovsky, J. E. and Tipton, E. (2018). Small-sample methods for cluster-robust variance estimation and hypothesis testing
        in fixed effects models. Journal of Business and Economic Statistics 36(4). https://doi.org/10.1080/07350015.2016.1247004
        """
        at = [self.names.index(name) for name in names]
        q = len(at)
        values, vectors = np.linalg.eigh(self.bread[np.ix_(at, at)])
        root = (vectors / np.sqrt(values)) @ vectors.T
        turned = np.zeros((q, len(self.names)))
        turned[:, at] = root
        eta = self.n_clusters - 1.0
        if self.n_clusters * q <= _FEW:
            grid = [[self._expected(turned[s], turned[t]) for t in range(q)] for s in range(q)]
            spread = sum(
                float((grid[s][s] * grid[t][t]).sum() + (grid[s][t] * grid[s][t].T).sum())
                for s in range(q) for t in range(q)
            )  # fmt: skip
            eta = q * (q + 1) / spread
        covariance = turned @ self.covariance @ turned.T
        if eta <= q - 1 or np.linalg.matrix_rank(covariance) < q:
            return None
        z = turned @ self.beta
        statistic = (eta - q + 1) / (eta * q) * float(z @ np.linalg.solve(covariance, z))
        return JointTest(statistic, q, eta - q + 1, float(special.fdtrc(q, eta - q + 1, statistic)))


def _root_inverse(matrix: Floats) -> Floats:
    """Return the symmetric inverse square root, leaving out directions the model has used up."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > 1e-12 * max(float(values[-1]), 1e-300)
    scale = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    return (vectors * scale) @ vectors.T


def _independent(x: Floats, bread: Floats) -> Floats:
    """Return A X M of one cluster whose rows are independent and alike, without a matrix of its rows by its rows."""
    u, d, _ = np.linalg.svd(x @ np.linalg.cholesky(bread), full_matrices=False)
    left = 1 - d**2
    scale = np.where(left > 1e-10, 1 / np.sqrt(np.where(left > 1e-10, left, 1.0)), 0.0) - 1
    counts = x @ bread
    return counts + (u * scale) @ (u.T @ counts)


def cr2(names: Sequence[str], y: Floats, x: Floats, codes: Codes, *, working: Sequence[Floats] | None = None) -> Robust:
    """Fit by least squares with bias-reduced cluster-robust errors (CR2).

    Parameters
    ----------
    names : sequence of str, length k
        Names of the columns.
    y : ndarray of float, shape (n,)
        Response.
    x : ndarray of float, shape (n, k)
        Columns, independent of each other; effects of units within clusters may have been taken out of both sides by
        subtracting means, which changes neither errors nor degrees of freedom.
    codes : ndarray of int, shape (n,)
        Number of each row's cluster, from 0 without gaps.
    working : sequence of ndarray, optional
        Working covariance of each cluster's rows, whose inverse weighs them; independent rows of one variance by default.

    Returns
    -------
    Robust
        Coefficients, covariance and tests.

    References
    ----------
    Pustejovsky, J. E. and Tipton, E. (2018). Small-sample methods for cluster-robust variance estimation and hypothesis testing
    in fixed effects models. Journal of Business and Economic Statistics 36(4). https://doi.org/10.1080/07350015.2016.1247004
    """
    k, clusters = x.shape[1], int(codes.max()) + 1
    rows = [np.flatnonzero(codes == c) for c in range(clusters)]
    weighted = x if working is None else np.empty_like(x)
    if working is not None:
        for at, block in zip(rows, working, strict=True):
            weighted[at] = np.linalg.solve(block, x[at])
    bread = np.asarray(np.linalg.inv(x.T @ weighted), dtype=float)
    bread = (bread + bread.T) / 2
    beta = bread @ (weighted.T @ y)
    adjusted = np.zeros((len(y), k))
    inner, cross = np.empty((clusters, k, k)), np.empty((clusters, k, k))
    for c, at in enumerate(rows):
        if working is None:
            adjusted[at] = _independent(x[at], bread)
            inner[c] = adjusted[at].T @ adjusted[at]
        else:
            block, factor = working[c], np.linalg.cholesky(working[c]).T
            left = block - x[at] @ bread @ x[at].T
            root = factor.T @ _root_inverse(factor @ left @ factor.T) @ factor
            adjusted[at] = root @ (weighted[at] @ bread)
            inner[c] = adjusted[at].T @ block @ adjusted[at]
        cross[c] = adjusted[at].T @ x[at]
    return Robust(tuple(names), beta, bread, y - x @ beta, codes, adjusted, inner, cross)


@dataclass(frozen=True)
class WildBootstrap:
    """What the restricted wild cluster bootstrap says of one coefficient.

    Parameters
    ----------
    p_value : float
        Symmetric two-sided p-value of 0.
    conf_low, conf_high : float
        Interval: the values that are not rejected; infinite where no value is.
    level : float
        Its level.
    draws : int
        Sets of cluster weights.
    enumerated : bool
        Whether they are all changes of sign there are.
    """

    p_value: float
    conf_low: float
    conf_high: float
    level: float
    draws: int
    enumerated: bool


@dataclass(frozen=True, eq=False)
class _Scores:
    """Sums of a coefficient's parts by cluster, under each set of weights; first those as observed. Linear in the value tested."""

    top: Floats  # at 0 and its slope, shape (2, 1 + draws)
    parts: Floats  # clusters' parts less what the other columns take back, shape (2, clusters, 1 + draws)

    def p_value(self, value: float) -> float:
        top, parts = self.top[0] - value * self.top[1], self.parts[0] - value * self.parts[1]
        squares = top**2 / (parts**2).sum(axis=0)
        return float((squares[1:] >= squares[0] * (1 - 1e-9)).mean())


def wild_bootstrap(
    y: Floats, x: Floats, column: int, codes: Codes, *, level: float = 0.90, draws: int = 999, seed: int | None = None
) -> WildBootstrap:
    """Test one coefficient by the wild cluster bootstrap that imposes the value tested, and invert the test.

    Parameters
    ----------
    y : ndarray of float, shape (n,)
        Response.
    x : ndarray of float, shape (n, k)
        Columns.
    column : int
        The column whose coefficient is tested.
    codes : ndarray of int, shape (n,)
        Number of each row's cluster, from 0 without gaps.
    level : float, default 0.90
        Level of the interval.
    draws : int, default 999
        Sets of weights; up to twelve clusters all changes of sign are listed instead, but below eight Webb's six values are drawn.
    seed : int, optional
        Seed of the weights.

    Returns
    -------
    WildBootstrap
        p-value and interval.

    Notes
    -----
    It holds its size with few clusters where treated and untreated ones are both several; with one or two treated clusters it
    hardly ever rejects. Values are not rejected up to the ends of the interval; it is infinite where none is within 200 errors.

    References
    ----------
    Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2008). Bootstrap-based improvements for inference with clustered errors. Review
    of Economics and Statistics 90(3). https://doi.org/10.1162/rest.90.3.414
    MacKinnon, J. G. and Webb, M. D. (2017). Wild bootstrap inference for wildly different cluster sizes. Journal of Applied
    Econometrics 32(2). https://doi.org/10.1002/jae.2508
    """
    check_level(level)
    clusters = int(codes.max()) + 1
    rng = np.random.default_rng(seed)
    enumerated = 8 <= clusters <= _ENUMERATED
    if enumerated:
        signs = (np.arange(2**clusters)[None, :] >> np.arange(clusters)[:, None]) & 1
        weights: NDArray[Any] = 2.0 * signs - 1
    elif clusters < 8:
        webb = np.sqrt([0.5, 1.0, 1.5])
        weights = rng.choice(np.concatenate([-webb, webb]), size=(clusters, draws))
    else:
        weights = rng.choice([-1.0, 1.0], size=(clusters, draws))
    scores, start, scale = _scores(y, x, column, codes, weights)
    alpha = 1 - level
    ends = [_end(lambda step, side=side: scores.p_value(start + side * step) - alpha, scale) for side in (-1, 1)]
    return WildBootstrap(scores.p_value(0.0), start - ends[0], start + ends[1], level, weights.shape[1], enumerated)


def _scores(y: Floats, x: Floats, column: int, codes: Codes, weights: NDArray[Any]) -> tuple[_Scores, float, float]:
    others = np.delete(x, column, axis=1)
    q = np.linalg.qr(others)[0] if others.shape[1] else np.zeros((len(y), 0))
    d, r = (v - q @ (q.T @ v) for v in (x[:, column], y))
    norm = float(d @ d)
    beta = float(d @ r) / norm
    basis = np.column_stack([q, d / np.sqrt(norm)])
    clusters = int(codes.max()) + 1

    def sums(values: NDArray[Any]) -> Floats:
        return np.stack([np.bincount(codes, column, clusters) for column in values.T], axis=1)

    own = np.stack([sums((d * v)[:, None])[:, 0] for v in (r, d)])
    back = sums(d[:, None] * basis)
    through = np.stack([back @ sums(v[:, None] * basis).T for v in (r, d)])
    error = float(np.sqrt((sums((d * (r - beta * d))[:, None]) ** 2).sum())) / norm
    weights = np.column_stack([np.ones(clusters), weights])
    parts = own[:, :, None] * weights - through @ weights
    return _Scores(own @ weights, parts), beta, max(error, 1e-12 * max(abs(beta), 1.0))


def _end(above: Any, scale: float) -> float:
    """Return how far from the estimate values are last not rejected; infinite if they are not at 200 errors."""
    steps = scale * 200 ** (np.arange(-4, 13) / 12)
    held = [above(step) > 0 for step in steps]
    if held[-1]:
        return np.inf
    # With few started clusters p-values fall and rise again: the farthest value that is not rejected counts.
    last = max((i for i, keep in enumerate(held) if keep), default=-1)
    return float(optimize.brentq(above, 0.0 if last < 0 else steps[last], steps[last + 1], xtol=1e-4 * scale))
