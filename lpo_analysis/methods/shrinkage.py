"""Estimates that were picked because they are extreme: shrunk by how much of their spread is error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import ndtr

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats

_GRID = 256


@dataclass(frozen=True, eq=False)
class Shrunk:
    """What true values are likely to be, given noisy estimates of all of them.

    Parameters
    ----------
    means, std_errors : ndarray of float, shape (n,)
        Mean and standard deviation of each true value.
    lows, highs : ndarray of float, shape (n,)
        Ends of the central interval.
    center : float
        Mean of the population's mean.
    spread : float
        Mean of the standard deviation of true values.
    weights : ndarray of float, shape (n,)
        Share of each estimate's distance from the center that is kept.
    """

    means: Floats
    std_errors: Floats
    lows: Floats
    highs: Floats
    center: float
    spread: float
    weights: Floats


def shrink(estimates: Sequence[float], *, error: float, spread: float | None = None, level: float = 0.9) -> Shrunk:
    """Shrink estimates towards their common mean.

    Parameters
    ----------
    estimates : sequence of float
        Noisy estimates of as many true values, at least two; all with the same error.
    error : float
        Standard deviation of an estimate about its true value.
    spread : float, optional
        Standard deviation of the true values, where it is known; else it is averaged over what the estimates leave open.
    level : float, default 0.9
        Probability each interval covers.

    Returns
    -------
    Shrunk
        Means, standard deviations and intervals of the true values. They hold for an estimate that was picked because it is the
        lowest or highest, too: conditional on all estimates, the picking tells nothing more.

    Raises
    ------
    ParameterError
        If there are fewer than two estimates, one is not finite, or a standard deviation is out of range.

    Notes
    -----
    Normal-normal model with a flat prior on the mean. The standard deviation of the true values has a half-Cauchy prior with the
    error as its scale (Gelman 2006), integrated on a grid, because with a handful of estimates a plug-in estimate of it is often
    zero and its interval too narrow (Morris 1983).

    References
    ----------
    Smith, J. E., & Winkler, R. L. (2006). The optimizer's curse: skepticism and postdecision surprise in decision analysis.
    Management Science 52(3). https://doi.org/10.1287/mnsc.1050.0451

    Morris, C. N. (1983). Parametric empirical Bayes inference: theory and applications. Journal of the American Statistical
    Association 78(381). https://doi.org/10.1080/01621459.1983.10477920

    Gelman, A. (2006). Prior distributions for variance parameters in hierarchical models. Bayesian Analysis 1(3).
    https://doi.org/10.1214/06-BA117A
    """
    y = np.asarray(estimates, dtype=float)
    if y.ndim != 1 or len(y) < 2:
        raise ParameterError(f"estimates: at least two are needed, got {y.size}")
    if not np.isfinite(y).all():
        raise ParameterError("estimates: each must be finite")
    if not (np.isfinite(error) and error > 0):
        raise ParameterError(f"error: must be above 0, got {error!r}")
    if spread is not None and not (np.isfinite(spread) and spread >= 0):
        raise ParameterError(f"spread: must be 0 or above, got {spread!r}")
    n, center, total = len(y), float(y.mean()), float(((y - y.mean()) ** 2).sum())
    # Equal steps in the angle are equal steps in probability of the half-Cauchy prior.
    angles = np.pi / 2 * (np.arange(_GRID) + 0.5) / _GRID
    taus = error * np.tan(angles) if spread is None else np.array([float(spread)])
    variance = error**2 + taus**2
    # The mean is integrated out, which leaves one degree of freedom less.
    log_weight = -(n - 1) / 2 * np.log(variance) - total / (2 * variance)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    kept = taus**2 / variance
    means = center + kept[:, None] * (y - center)
    # Uncertainty of a true value: its own, and that of the center it is drawn to.
    sds = np.sqrt(kept * error**2 + (1 - kept) ** 2 * variance / n)
    mean = weight @ means
    second = weight @ (means**2 + sds[:, None] ** 2)
    lows, highs = (_mixture_quantile(weight, means, sds, q) for q in ((1 - level) / 2, (1 + level) / 2))
    distance = y - center
    share = float(weight @ kept)
    return Shrunk(mean, np.sqrt(np.maximum(second - mean**2, 0.0)), lows, highs, center, float(weight @ taus) if spread is None else float(spread),
                  np.full_like(distance, share))  # fmt: skip


def _mixture_quantile(weight: Floats, means: Floats, sds: Floats, q: float) -> Floats:
    """Quantile of a mixture of normals for each estimate, by bisection."""
    low, high = (means - 12 * sds[:, None]).min(axis=0), (means + 12 * sds[:, None]).max(axis=0)
    for _ in range(40):
        middle = (low + high) / 2
        below = weight @ ndtr((middle - means) / sds[:, None]) < q
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2, dtype=float)


def expected_lowest(n: int) -> float:
    """Return the expected smallest of independent standard normal errors.

    Parameters
    ----------
    n : int
        How many.

    Returns
    -------
    float
        In standard deviations, at most zero: by how much the lowest of equally good unbiased estimates lies too low.

    Raises
    ------
    ParameterError
        If `n` is below 1.
    """
    if n < 1:
        raise ParameterError(f"n: must be at least 1, got {n}")
    x = np.linspace(-10, 10, 4001)
    density = n * stats.norm.pdf(x) * stats.norm.sf(x) ** (n - 1)
    return float(np.trapezoid(x * density, x))
