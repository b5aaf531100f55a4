"""Difference in differences of ratios: a Poisson pseudo-likelihood with effects of unit and period, where zeros stay in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.effects_panel import Panel, why_not
from lpo_analysis.methods.random_effects import check_level, coefficient_table

_STEPS = 100


@dataclass(frozen=True, eq=False)
class Ratio:
    """The logarithm of the ratio of means.

    Parameters
    ----------
    table : pandas.DataFrame
        term (`att`), estimate (log ratio), std_error (cluster jackknife), statistic, df, p, conf_low, conf_high, level.
    n_obs, n_units : int
        Rows and units used.
    n_empty : int
        Units left out because all their outcomes are 0: they show no ratio.
    """

    table: pd.DataFrame
    n_obs: int
    n_units: int
    n_empty: int


def two_way_ratio(panel: Panel, *, level: float = 0.90) -> Ratio:
    """Estimate by what factor having started changed the mean, with effects of unit and period that multiply.

    Parameters
    ----------
    panel : Panel
        Outcomes, 0 or more, and one start.
    level : float, default 0.90
        Level of the interval.

    Returns
    -------
    Ratio
        The effect on those who started, if without the start their mean had changed by the same factor as that of the others.

    Raises
    ------
    ParameterError
        If the panel bears no estimate, units start in several periods, an outcome is negative, or zeros leave no finite estimate.

    Notes
    -----
    Outcomes need not be counts; only the mean must be right. Errors are a linear cluster jackknife with Student's t, clusters less
    one degrees of freedom.

    References
    ----------
    Santos Silva, J. M. C. and Tenreyro, S. (2006). The log of gravity. Review of Economics and Statistics 88(4).
    https://doi.org/10.1162/rest.88.4.641
    MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2024). Cluster-robust jackknife and bootstrap inference for logistic regression
    models. https://doi.org/10.48550/arXiv.2406.00650
    """
    check_level(level)
    reason = why_not(panel, staggered=False)
    if reason:
        raise ParameterError(f"panel: not estimable, because {reason}")
    if len(panel.cohorts) > 1:
        raise ParameterError(f"panel: units start in {len(panel.cohorts)} periods, which one ratio would mix.")
    if (panel.y < 0).any():
        raise ParameterError(
            f"panel: {int((panel.y < 0).sum())} outcomes are negative, and a mean ratio needs 0 or more"
        )
    total = np.nansum(panel.y, axis=1)
    kept = total > 0
    y, seen, total = np.nan_to_num(panel.y[kept]), np.isfinite(panel.y[kept]), total[kept]
    codes = pd.factorize(panel.codes[kept])[0]
    started = (panel.times[None, :] >= panel.start[kept][:, None]).astype(float)
    periods = np.broadcast_to(np.eye(y.shape[1])[:, 1:], (len(y), y.shape[1], y.shape[1] - 1))
    x = np.concatenate([started[:, :, None], periods], axis=2)
    beta, score, information = _fit(y, seen, total, x)
    clusters = int(codes.max()) + 1
    member = np.eye(clusters)[codes]
    by_score = member.T @ score
    by_information = np.einsum("ic,ijk->cjk", member, information)
    rest = information.sum(axis=0)[None] - by_information
    moved = np.einsum("cjk,ck->cj", np.linalg.pinv(rest, hermitian=True), by_score)
    variance = (clusters - 1) / clusters * float((moved[:, 0] ** 2).sum())
    if np.linalg.matrix_rank(rest).min() < len(beta):
        raise ParameterError("panel: a part of the effect rests on one cluster, which cannot show its own error")
    table = coefficient_table(["att"], beta[:1], np.array([np.sqrt(variance)]), clusters - 1, level=level)
    return Ratio(table, int(seen.sum()), len(y), int((~kept).sum()))


def _fit(y: Floats, seen: np.ndarray, total: Floats, x: Floats) -> tuple[Floats, Floats, Floats]:
    """Newton's method on the likelihood given each unit's sum, in which its own effect has gone."""
    beta = np.zeros(x.shape[2])
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(_STEPS):
            share = np.where(seen, np.exp(x @ beta), 0.0)
            share = share / share.sum(axis=1, keepdims=True)
            mean = np.einsum("it,itk->ik", share, x)
            score = np.einsum("it,itk->ik", y - total[:, None] * share, x)
            centred = x - mean[:, None, :]
            information = np.einsum("it,itj,itk->ijk", total[:, None] * share, centred, centred, optimize=True)
            whole = information.sum(axis=0)
            if not np.isfinite(whole).all() or np.linalg.matrix_rank(whole) < len(beta) or np.abs(beta).max() > 30:
                break
            step = np.linalg.solve(whole, score.sum(axis=0))
            beta = beta + step
            if np.abs(step).max() < 1e-10:
                return beta, score, information
    raise ParameterError("panel: zeros or gaps leave no finite ratio", remedy="Use levels, or longer periods.")
