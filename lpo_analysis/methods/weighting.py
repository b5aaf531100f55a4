"""Weights that give a sample the known shares of its population, and what they cost in precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.proportions import share_interval

_ROUNDS = 100


@dataclass(frozen=True, eq=False)
class Raked:
    """Weights after raking.

    Parameters
    ----------
    weights : ndarray of float, shape (n,)
        One a row, with mean 1.
    cycles : int
        Passes over all margins.
    gap : float
        Largest difference left between a weighted share and its target.
    n_trimmed : int
        Rows whose weight stands at the cap.
    """

    weights: Floats
    cycles: int
    gap: float
    n_trimmed: int = 0


@dataclass(frozen=True)
class WeightedShare:
    """A weighted share with its interval.

    Parameters
    ----------
    estimate : float
        Share, 0-1.
    std_error : float
        That of a simple random sample of `n_eff`.
    conf_low, conf_high : float
        Wilson interval at `n_eff`.
    n : int
        Answers.
    n_eff : float
        Effective sample size.
    """

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    n: int
    n_eff: float


def rake(
    categories: pd.DataFrame,
    margins: Mapping[str, Mapping[str, float]],
    *,
    base: ArrayLike | None = None,
    cap: float | None = None,
    tolerance: float = 1e-12,
    most: int = 2000,
) -> Raked:
    """Weight rows so that every margin has its known shares (iterative proportional fitting).

    Parameters
    ----------
    categories : pandas.DataFrame, shape (n, variables)
        Category of each row under each variable of `margins`; none missing.
    margins : mapping of str to mapping of str to float
        Known share of each category, 0-1, by variable; each variable sums to 1.
    base : array_like of float, shape (n,), optional
        Weights to start from, above 0; all alike by default.
    cap : float, optional
        Largest weight as a multiple of the mean weight; no trimming by default.
    tolerance : float, default 1e-12
        Largest difference from a target that counts as met.
    most : int, default 2000
        Cycles before it gives up.

    Returns
    -------
    Raked
        Weights, and with a cap what difference from the targets it left.

    Raises
    ------
    ParameterError
        If a variable or category is missing on one side, shares do not sum to 1, a base weight is not above 0, or no weights
        meet all margins at once.

    Notes
    -----
    Of all weights that meet the margins, these are nearest to the base weights in the multiplicative (raking ratio) sense.
    Raking corrects for the variables raked on; what differs within their cells stays. Trimming puts weights above the cap down
    to it and rakes again, in turn, until neither changes anything. Where the margins cannot hold under the cap, the cap does.

    References
    ----------
    Deming, W. E. and Stephan, F. F. (1940). On a least squares adjustment of a sampled frequency table when the expected
    marginal totals are known. Annals of Mathematical Statistics 11(4). https://doi.org/10.1214/aoms/1177731829

    Deville, J.-C. and Sarndal, C.-E. (1992). Calibration estimators in survey sampling. Journal of the American Statistical
    Association 87(418). https://doi.org/10.1080/01621459.1992.10475217
    """
    if not len(categories):
        raise ParameterError("raking: there are no rows.")
    if cap is not None and not cap > 1:
        raise ParameterError(f"cap: must be above 1 (a multiple of the mean weight), got {cap!r}")
    weights = _base(base, len(categories))
    coded = [_coded(categories, name, shares) for name, shares in margins.items()]
    weights, cycles, gap = _fit(weights, coded, tolerance, most)
    if cap is None:
        return Raked(weights, cycles, gap)
    for _ in range(_ROUNDS):
        if weights.max() <= cap * (1 + 1e-9):
            break
        weights, more, _ = _fit(np.minimum(weights, cap), coded, tolerance, most)
        cycles += more
    weights = _capped(weights, cap)
    return Raked(weights, cycles, _gap(weights, coded), int((weights >= cap * (1 - 1e-6)).sum()))


def _capped(weights: Floats, cap: float) -> Floats:
    """Put weights above the cap down to it, and what that takes away onto the others in proportion; the mean stays 1."""
    high = np.zeros(len(weights), dtype=bool)
    while (weights > cap * (1 + 1e-12)).any():
        high |= weights > cap
        others = weights[~high]
        weights = np.where(high, cap, weights * ((len(weights) - cap * high.sum()) / others.sum()))
    return weights


def _base(base: ArrayLike | None, n: int) -> Floats:
    if base is None:
        return np.ones(n)
    weights = np.asarray(base, dtype=float)
    if weights.shape != (n,):
        raise ParameterError(f"base: there are {n} rows and {weights.size} base weights")
    _positive(weights)
    return weights / weights.mean()


def _positive(weights: Floats) -> None:
    if not len(weights):
        raise ParameterError("weights: there are none")
    bad = ~(np.isfinite(weights) & (weights > 0))
    if bad.any():
        raise ParameterError(f"weights: must be finite and above 0, {int(bad.sum())} of {len(weights)} are not")


_Coded = tuple[NDArray[np.intp], Floats]


def _coded(categories: pd.DataFrame, name: str, shares: Mapping[str, float]) -> _Coded:
    """Return the number of each row's category, and the target of each number."""
    if name not in categories:
        raise ParameterError(f"margins: there is no variable {name!r}.", remedy=choices(name, categories.columns))
    column = categories[name]
    if column.isna().any():
        raise ParameterError(f"{name}: {int(column.isna().sum())} rows have no category; set them aside first")
    targets = np.array(list(shares.values()), dtype=float)
    if not (np.isfinite(targets).all() and (targets >= 0).all()):
        raise ParameterError(f"{name}: every share must be 0 or more")
    if abs(targets.sum() - 1) > 1e-9:
        raise ParameterError(f"{name}: the shares must sum to 1, they sum to {targets.sum():.6g}")
    wanted = {str(key): share for key, share in zip(shares, targets, strict=True) if share > 0}
    present = set(column)
    if extra := sorted(present - set(wanted), key=str):
        raise ParameterError(f"{name}: {extra[0]!r} has rows but no share above 0.", remedy=choices(extra[0], wanted))
    if absent := [key for key in wanted if key not in present]:
        raise ParameterError(
            f"{name}: {absent[0]!r} has a share of {wanted[absent[0]]:.4g} but no row, and no weight can make up for that."
        )
    order = {key: number for number, key in enumerate(wanted)}
    return column.map(order).to_numpy(dtype=np.intp), np.array(list(wanted.values()))


def _gap(weights: Floats, coded: list[_Coded]) -> float:
    total = weights.sum()
    gaps = [np.abs(np.bincount(codes, weights, len(shares)) / total - shares).max() for codes, shares in coded]
    return float(max(gaps, default=0.0))


def _fit(weights: Floats, coded: list[_Coded], tolerance: float, most: int) -> tuple[Floats, int, float]:
    n = len(weights)
    for cycle in range(1, most + 1):
        for codes, shares in coded:
            weights = weights * (n * shares / np.bincount(codes, weights, len(shares)))[codes]
        gap = _gap(weights, coded)
        if gap <= tolerance:
            return weights * (n / weights.sum()), cycle, gap
        if not np.isfinite(gap):
            break
    raise ParameterError(
        f"raking: no weights were found that meet all margins at once; after {cycle} cycles a share is still {gap:.2g} off its "
        "target.",
        remedy="Some combinations of categories have no rows: merge small categories, or rake on fewer variables.",
    )


def effective_n(weights: ArrayLike) -> float:
    """Return Kish's effective sample size.

    Parameters
    ----------
    weights : array_like of float, shape (n,)
        Weights above 0; their scale is of no account.

    Returns
    -------
    float
        Squared sum over sum of squares, between 1 and n.

    Raises
    ------
    ParameterError
        If there are none, or one is not finite and above 0.

    References
    ----------
    Kish, L. (1992). Weighting for unequal Pi. Journal of Official Statistics 8(2), 183-200.
    """
    w = np.asarray(weights, dtype=float)
    _positive(w)
    w = w / w.mean()
    return float(w.sum() ** 2 / (w**2).sum())


def design_effect(weights: ArrayLike) -> float:
    """Return Kish's design effect of unequal weights.

    Parameters
    ----------
    weights : array_like of float, shape (n,)
        Weights above 0.

    Returns
    -------
    float
        One plus the squared coefficient of variation of the weights: n over the effective n.

    Raises
    ------
    ParameterError
        As `effective_n`.

    Notes
    -----
    It holds where the weights have nothing to do with the answers; if they have, the true loss may be smaller or larger.

    References
    ----------
    Kish, L. (1992). Weighting for unequal Pi. Journal of Official Statistics 8(2), 183-200.
    """
    w = np.asarray(weights, dtype=float)
    return len(w) / effective_n(w)


def weighted_share(
    answers: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    level: float = 0.90,
) -> WeightedShare:
    """Estimate a share from weighted, possibly clustered answers.

    Parameters
    ----------
    answers : array_like of bool or 0/1, shape (n,)
        The answers.
    weights : array_like of float, shape (n,), optional
        Weights above 0; all alike by default.
    clusters : array_like, shape (n,), optional
        Which answers belong together.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    WeightedShare
        Share, Wilson interval at the effective sample size, and that size.

    Raises
    ------
    ParameterError
        If an answer is neither 0 nor 1, lengths differ, a weight is not above 0, or there are clusters but fewer than two.

    Notes
    -----
    The effective size is Kish's. With clusters it is p (1 - p) over the linearised variance of the share between clusters,
    times the squared ratio of the t quantiles at n - 1 and at clusters - 1 degrees of freedom, and never above Kish's; where
    all answers are alike that variance is 0 and says nothing, so the number of clusters bounds the size. Korn and Graubard put
    this size into the exact interval; here it enters the score interval, as for shares without weights.

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data. Survey Methodology 24(2), 193-201.

    Franco, C., Little, R. J. A., Louis, T. A. and Slud, E. V. (2019). Comparative study of confidence intervals for proportions
    in complex sample surveys. Journal of Survey Statistics and Methodology 7(3). https://doi.org/10.1093/jssam/smy019
    """
    y = np.asarray(answers, dtype=float)
    if not np.isin(y, (0.0, 1.0)).all():
        raise ParameterError("answers: every one must be 0 or 1")
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    if len(w) != len(y):
        raise ParameterError(f"weights: there are {len(y)} answers and {len(w)} weights")
    size = effective_n(w)
    p = min(1.0, max(0.0, float(np.average(y, weights=w))))
    if clusters is not None:
        size = _clustered(y, w, clusters, p, size, level)
    low, high = share_interval(p, size, level=level)
    return WeightedShare(p, float(np.sqrt(p * (1 - p) / size)), low, high, len(y), size)


def _clustered(y: Floats, w: Floats, clusters: ArrayLike, p: float, kish: float, level: float) -> float:
    names, codes = np.unique(np.asarray(clusters), return_inverse=True)
    if len(codes) != len(y):
        raise ParameterError(f"clusters: there are {len(y)} answers and {len(codes)} clusters")
    groups = len(names)
    if groups < 2:
        raise ParameterError("clusters: one alone does not show how much clusters differ; two are needed")
    if p in (0.0, 1.0):
        return min(kish, float(groups))
    scores = np.bincount(codes, w * (y - p), groups) / w.sum()
    variance = groups / (groups - 1) * float((scores**2).sum())
    if variance == 0:
        return kish
    tail = (1 + level) / 2
    ratio = stats.t.ppf(tail, max(len(y) - 1, 1)) / stats.t.ppf(tail, groups - 1)
    return min(kish, p * (1 - p) / variance * float(ratio) ** 2)
