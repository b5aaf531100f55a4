"""A share from items checked in batches that differ: an interval that knows of the batches and of rare events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit
from scipy.stats import beta

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.counts import fraction, whole


@dataclass(frozen=True)
class ClusteredShare:
    """A share over batches.

    Parameters
    ----------
    share : float
        Share of the items, 0-1, each batch weighted by its size.
    std_error : float
        By the differences between batches; NaN with one batch.
    conf_low, conf_high : float
        Interval at `level`.
    level : float
        Confidence level.
    effect : float
        Design effect: variance against that of as many items drawn at random; NaN where it cannot be estimated.
    effective_n : float
        Items drawn at random that would tell as much.
    batches : int
        Number of batches.
    """

    share: float
    std_error: float
    conf_low: float
    conf_high: float
    level: float
    effect: float
    effective_n: float
    batches: int


def clustered_share(
    found: ArrayLike, sampled: ArrayLike, *, sizes: ArrayLike | None = None, level: float = 0.90
) -> ClusteredShare:
    """Estimate the share of a process from samples of its batches.

    Parameters
    ----------
    found : array_like of int, shape (batches,)
        Items found in each sample.
    sampled : array_like of int, shape (batches,)
        Items checked in each batch.
    sizes : array_like of int, shape (batches,), optional
        Items in each batch, by which it is weighted; by default a batch counts by what was checked.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    ClusteredShare
        Ratio estimate with the exact binomial interval at the effective sample size, adjusted for the few batches that its variance
        rests on. Where nothing or everything was found no variance can be seen, and the effective size is that of the weights; with
        one batch the interval holds for a process without differences between batches.

    Raises
    ------
    ParameterError
        If the lengths differ, a number is no count, or more was found than checked or checked than there is.

    Notes
    -----
    Estimand: the share over the process that delivers such batches. The effective size is never taken above the items checked, so that
    batches that agree by chance do not narrow the interval.

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data. Survey Methodology 24.
    """
    fraction("level", level)
    x, n = (np.atleast_1d(np.asarray(values, dtype=float)) for values in (found, sampled))
    lots = n if sizes is None else np.atleast_1d(np.asarray(sizes, dtype=float))
    if not x.shape == n.shape == lots.shape or x.ndim != 1 or not len(x):
        raise ParameterError(f"found, sampled and sizes: must be as many, got {x.size}, {n.size} and {lots.size}")
    for number, (one, of, lot) in enumerate(zip(x, n, lots, strict=True), start=1):
        whole(f"size of batch {number}", lot, low=1)
        whole(f"sample of batch {number}", of, low=1, high=int(lot), high_name="its size")
        whole(f"found in batch {number}", one, high=int(of), high_name="its sample")
    k, total, weight = len(x), float(n.sum()), lots / n
    share = float((weight * x).sum() / lots.sum())
    kish = float(lots.sum() ** 2 / (weight**2 * n).sum())
    variance = float(k / (k - 1) * ((weight * x - share * lots) ** 2).sum() / lots.sum() ** 2) if k > 1 else np.nan
    plain = share * (1 - share)
    seen = k > 1 and plain > 0
    effective = min(plain / variance, total) if seen and variance > 0 else min(kish, total)
    if seen:
        tail = (1 + level) / 2
        effective = min(effective * float(stdtrit(total - 1, tail) / stdtrit(k - 1, tail)) ** 2, total)
    hits, tail = share * effective, (1 - level) / 2
    low = float(beta.ppf(tail, hits, effective - hits + 1)) if share > 0 else 0.0
    high = float(beta.isf(tail, hits + 1, effective - hits)) if share < 1 else 1.0
    return ClusteredShare(
        share=share, std_error=float(np.sqrt(variance)), conf_low=low, conf_high=high, level=level,
        effect=variance * total / plain if seen else np.nan, effective_n=effective, batches=k,
    )  # fmt: skip
