"""Estimates nested in studies or makers: the three-level model, and cluster-robust standard errors for few clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.cluster_robust import Codes, cr2
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.random_effects import check_level, checked, coefficient_table, design_matrix


def _codes(cluster: Sequence[object] | ArrayLike, n: int) -> Codes:
    """Return the numbers of the clusters, or refuse them."""
    labels = pd.Series(np.asarray(cluster, dtype=object))
    if len(labels) != n:
        raise ParameterError(f"cluster: has {len(labels)} labels for {n} estimates")
    if labels.isna().any():
        raise ParameterError(f"cluster: label {int(np.flatnonzero(labels.isna())[0])} is missing")
    codes: Codes = pd.factorize(labels)[0]
    if codes.max() == 0:
        raise ParameterError(
            f"cluster: all estimates belong to {labels.iloc[0]!r}; nothing shows how clusters differ.",
            remedy="At least two clusters are needed.",
        )
    return codes


def _inverse(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.inv(matrix), dtype=float)


@dataclass(frozen=True, eq=False)
class _Levels:
    """Restricted likelihood of the variances between clusters and within them."""

    y: Floats
    v: Floats
    x: Floats
    codes: Codes

    def working(self, between: float, within: float) -> Floats:
        """Return the covariance of the estimates."""
        same = self.codes[:, None] == self.codes[None, :]
        return between * same + np.diag(self.v + within)

    def _sums(self, values: NDArray[Any]) -> Floats:
        return np.stack([np.bincount(self.codes, column) for column in values.T], axis=1)

    def log_likelihood(self, between: float, within: float) -> float:
        """Return the restricted log likelihood, with its constants, by clusters: no matrix of all estimates is built."""
        total = self.v + within
        z = np.column_stack([self.x, self.y])
        scaled = z / total[:, None]
        mass = np.bincount(self.codes, 1 / total)
        sums = self._sums(scaled)
        cross = z.T @ scaled - (sums * (between / (1 + between * mass))[:, None]).T @ sums
        p = self.x.shape[1]
        xx, xy, yy = cross[:p, :p], cross[:p, p], cross[p, p]
        log_det = float(np.log(total).sum() + np.log1p(between * mass).sum() + np.linalg.slogdet(xx)[1])
        distance = float(yy - xy @ np.linalg.solve(xx, xy))
        free = len(self.y) - p
        return 0.5 * (float(np.linalg.slogdet(self.x.T @ self.x)[1]) - free * np.log(2 * np.pi) - log_det - distance)

    def _derivatives(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return score and expected information of (between, within)."""
        inverse = _inverse(self.working(*theta))
        solved = inverse @ self.x
        projector = inverse - solved @ np.linalg.solve(self.x.T @ solved, solved.T)
        r = projector @ self.y
        grouped = self._sums(projector)
        trace = float(grouped[self.codes, np.arange(len(self.y))].sum())
        score = 0.5 * np.array([
            float((np.bincount(self.codes, r) ** 2).sum()) - trace,
            float(r @ r) - float(np.trace(projector)),
        ])  # fmt: skip
        blocks = self._sums(grouped.T)
        off = float((grouped**2).sum())
        return score, 0.5 * np.array([[float((blocks**2).sum()), off], [off, float((projector**2).sum())]])

    def _start(self) -> Floats:
        """Return the best point of a grid over the total variance and the part between clusters."""
        scale = max(float(np.var(self.y)), float(self.v.min()) * 1e-3)
        totals = np.concatenate([[0.0], scale * np.geomspace(1e-3, 4.0, 10)])
        points = [
            (total * part, total * (1 - part)) for total in totals for part in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
        ]
        return np.array(max(points, key=lambda point: self.log_likelihood(*point)))

    def maximise(self) -> Floats:
        """Return (between, within): Fisher scoring held at 0, halved while the likelihood falls."""
        theta = self._start()
        best = self.log_likelihood(*theta)
        for _ in range(200):
            score, information = self._derivatives(theta)
            free = (theta > 0) | (score > 0)
            if not free.any():
                return theta
            step = np.zeros(2)
            step[free] = np.linalg.solve(information[np.ix_(free, free)], score[free])
            size = 1.0
            for _ in range(40):
                new = np.maximum(theta + size * step, 0.0)
                value = self.log_likelihood(*new)
                if value >= best - 1e-12 * (1 + abs(best)):
                    break
                size /= 2
            moved = float(np.abs(new - theta).max())
            theta, best = new, value
            if moved <= 1e-12 * (float(theta.sum()) + float(self.v.min())):
                return theta
        return self._bounded(theta)

    def _bounded(self, theta: Floats) -> Floats:
        unit = float(theta.sum()) or float(self.v.mean())
        found = optimize.minimize(
            lambda part: -self.log_likelihood(*(unit * part)), theta / unit, method="L-BFGS-B", bounds=[(0, None)] * 2,
            options={"ftol": 1e-15, "gtol": 1e-10},
        )  # fmt: skip
        return unit * np.asarray(found.x, dtype=float)

    def profile(self, which: int, value: float) -> float:
        """Return the likelihood maximised over the other variance."""

        def at(root: float) -> float:
            other = root * root
            return -self.log_likelihood(*((value, other) if which == 0 else (other, value)))

        most = 3.0 * float(np.ptp(self.y)) + float(np.sqrt(self.v.max()))
        inner = optimize.minimize_scalar(at, bounds=(0.0, most), method="bounded", options={"xatol": 1e-9 * most})
        return -min(float(inner.fun), at(0.0))


@dataclass(frozen=True, eq=False)
class Nested:
    """A three-level model: estimates within clusters, and clusters.

    Parameters
    ----------
    table : pandas.DataFrame
        One coefficient a row, with normal tests that trust the model and many clusters: term, estimate, std_error, statistic,
        df, p, conf_low, conf_high, level.
    robust : pandas.DataFrame
        The same coefficients with CR2 standard errors and Satterthwaite degrees of freedom: the ones to report. Under about
        four degrees of freedom they too promise little.
    between, within : float
        Variance of true effects between clusters, and between estimates of one cluster.
    intraclass : float or None
        Share of the spread that lies between clusters; None without spread.
    log_likelihood : float
        Restricted log likelihood.
    q, q_p : float
        Test of no spread at all.
    n_obs, n_clusters : int
        Estimates and clusters.
    level : float
        Level of all intervals.
    """

    table: pd.DataFrame
    robust: pd.DataFrame
    between: float
    within: float
    intraclass: float | None
    log_likelihood: float
    q: float
    q_p: float
    n_obs: int
    n_clusters: int
    level: float
    _levels: _Levels

    def components(self) -> pd.DataFrame:
        """Return the two variances with profile likelihood intervals.

        Returns
        -------
        pandas.DataFrame
            component ('between', 'within'), estimate, conf_low, conf_high, level. An upper end is infinite where the profile
            does not fall far enough within ten thousand times the spread of the estimates.
        """
        drop = 0.5 * float(special.chdtri(1, 1 - self.level))
        rows = []
        for which, (name, estimate) in enumerate((("between", self.between), ("within", self.within))):
            low, high = self._ends(which, estimate, self.log_likelihood - drop)
            rows.append(
                {"component": name, "estimate": estimate, "conf_low": low, "conf_high": high, "level": self.level}
            )
        return pd.DataFrame(rows)

    def _ends(self, which: int, estimate: float, target: float) -> tuple[float, float]:
        def above(value: float) -> float:
            return self._levels.profile(which, value) - target

        spread = float(np.var(self._levels.y)) + float(self._levels.v.max())
        low = 0.0 if above(0.0) >= 0 else float(optimize.brentq(above, 0.0, estimate, xtol=1e-9 * spread))
        high, most = max(2 * estimate, 0.1 * spread), 1e4 * spread
        while above(high) > 0:
            high *= 4
            if high > most:
                return low, np.inf
        return low, float(optimize.brentq(above, estimate, high, xtol=1e-9 * spread))


def three_level(
    effects: ArrayLike,
    variances: ArrayLike,
    cluster: Sequence[object] | ArrayLike,
    design: pd.DataFrame | None = None,
    *,
    level: float = 0.90,
) -> Nested:
    """Combine estimates of which several come from one study or maker.

    Parameters
    ----------
    effects : array_like of float, shape (k,)
        Estimates.
    variances : array_like of float, shape (k,)
        Their sampling variances; sampling errors are taken as independent.
    cluster : sequence, shape (k,)
        Study or maker of each estimate.
    design : pandas.DataFrame, optional
        Moderators as numbers; an intercept is added.
    level : float, default 0.90
        Level of all intervals.

    Returns
    -------
    Nested
        Coefficients with model-based and with cluster-robust errors, and both variances by restricted maximum likelihood.

    Raises
    ------
    ParameterError
        As in `meta_regression`; or if there is one cluster, or no cluster has two estimates, so that the two variances cannot
        be told apart; if a part of a coefficient rests on one cluster alone,
        or if the estimates do not differ from their fit at all.

    References
    ----------
    Konstantopoulos, S. (2011). Fixed effects and variance components estimation in three-level meta-analysis. Research
    Synthesis Methods 2(1). https://doi.org/10.1002/jrsm.35
    Pustejovsky, J. E. and Tipton, E. (2018). Small-sample methods for cluster-robust variance estimation and hypothesis testing
    in fixed effects models. Journal of Business and Economic Statistics 36(4). https://doi.org/10.1080/07350015.2016.1247004
    """
    check_level(level)
    y, v = checked(effects, variances)
    codes = _codes(cluster, len(y))
    names, x = design_matrix(design, len(y))
    if len(y) < len(names) + 2:
        raise ParameterError(
            f"design: {len(names)} coefficients need at least {len(names) + 2} estimates, got {len(y)}.",
            remedy="Drop a moderator.",
        )
    if codes.max() + 1 == len(y):
        raise ParameterError(
            "cluster: no cluster has two estimates, so spread within clusters and between them cannot be told apart.",
            remedy="Use combine or meta_regression.",
        )
    _check_identified(x, codes)
    levels = _Levels(y, v, x, codes)
    between, within = (float(part) for part in levels.maximise())
    working = levels.working(between, within)
    beta, bread = _least_squares(y, x, _inverse(working))
    fixed, _ = _least_squares(y, x, np.diag(1 / v))
    q, total = float(((y - x @ fixed) ** 2 / v).sum()), between + within
    return Nested(
        table=coefficient_table(names, beta, np.sqrt(np.diag(bread)), np.inf, level=level),
        robust=_robust(names, y, x, working, codes, level),
        between=between, within=within, intraclass=between / total if total > 0 else None,
        log_likelihood=levels.log_likelihood(between, within), q=q, q_p=float(special.chdtrc(len(y) - len(names), q)),
        n_obs=len(y), n_clusters=int(codes.max()) + 1, level=level, _levels=levels,
    )  # fmt: skip


def _check_identified(x: Floats, codes: Codes) -> None:
    members = (codes[:, None] == np.arange(codes.max() + 1)).astype(float)
    rank = int(np.linalg.matrix_rank(np.column_stack([x / np.abs(x).max(axis=0), members])))
    if rank == x.shape[1]:
        raise ParameterError(
            "design: the moderators account for every difference between clusters; none is left to estimate.",
            remedy="Use meta_regression.",
        )
    if rank == len(x):
        raise ParameterError(
            "cluster: moderators and clusters account for every estimate; no spread within clusters is left to estimate.",
            remedy="Use meta_regression with cluster_robust.",
        )


def _least_squares(y: Floats, x: Floats, precision: Floats) -> tuple[Floats, Floats]:
    bread = _inverse(x.T @ precision @ x)
    return bread @ (x.T @ (precision @ y)), bread


def cluster_robust(
    effects: ArrayLike,
    variances: ArrayLike,
    cluster: Sequence[object] | ArrayLike,
    design: pd.DataFrame | None = None,
    *,
    level: float = 0.90,
) -> pd.DataFrame:
    """Return coefficients with CR2 standard errors under a working model of independent estimates.

    Parameters
    ----------
    effects : array_like of float, shape (k,)
        Estimates.
    variances : array_like of float, shape (k,)
        Their total variances in the working model, such as sampling variance plus tau2; weights are their inverses.
    cluster : sequence, shape (k,)
        Study or maker of each estimate.
    design : pandas.DataFrame, optional
        Moderators as numbers; an intercept is added.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        One coefficient a row: term, estimate, std_error, statistic, df (Satterthwaite), p, conf_low, conf_high, level.

    Raises
    ------
    ParameterError
        As in `three_level`, but clusters of one estimate each are allowed.

    References
    ----------
    Pustejovsky, J. E. and Tipton, E. (2018). Small-sample methods for cluster-robust variance estimation and hypothesis testing
    in fixed effects models. Journal of Business and Economic Statistics 36(4). https://doi.org/10.1080/07350015.2016.1247004
    """
    check_level(level)
    y, v = checked(effects, variances)
    codes = _codes(cluster, len(y))
    names, x = design_matrix(design, len(y))
    return _robust(names, y, x, np.diag(v), codes, level)


def _robust(names: Sequence[str], y: Floats, x: Floats, working: Floats, codes: Codes, level: float) -> pd.DataFrame:
    """CR2 with the inverse of the working covariance as weights."""
    members = [np.flatnonzero(codes == c) for c in range(int(codes.max()) + 1)]
    return cr2(names, y, x, codes, working=[working[np.ix_(at, at)] for at in members]).table(level)
