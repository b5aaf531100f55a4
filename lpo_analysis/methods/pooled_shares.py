"""Shares from several surveys or studies combined: logit random effects, and a binomial model with a random intercept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.meta import combine
from lpo_analysis.methods.random_effects import check_choice, check_level

Pooling = Literal["logit", "glmm"]
Tests = Literal["t", "wald"]

_NODES, _WEIGHTS = np.polynomial.hermite.hermgauss(60)
_LOG_WEIGHTS = np.log(_WEIGHTS) + _NODES**2

MOST_TAU = 4.0
"""Largest standard deviation of logits that is estimated: with it a third of all shares lie beyond 2 % and 98 %, and the
quadrature is right to 1e-6 in the log likelihood up to there."""


@dataclass(frozen=True, eq=False)
class PooledShare:
    """The distribution of a share over studies.

    Parameters
    ----------
    share : float
        Share of the typical (median) study, 0-1: the back-transformed mean of the logits.
    conf_low, conf_high : float
        Its confidence interval.
    pred_low, pred_high : float
        Prediction interval of the share in a new study, on t with k - 2 degrees of freedom; 0 to 1 with two studies.
    mean_share : float
        Mean of the shares over studies: nearer to one half than the median, and the more so the wider the spread.
    logit, std_error : float
        Mean of the logits and the standard error its interval is made of.
    tau2 : float
        Variance of the logits between studies.
    n_obs : int
        Number of studies.
    total : int
        Number of answers in all.
    level : float
        Level of both intervals.
    method, interval : str
        How it was made.
    """

    share: float
    conf_low: float
    conf_high: float
    pred_low: float
    pred_high: float
    mean_share: float
    logit: float
    std_error: float
    tau2: float
    n_obs: int
    total: int
    level: float
    method: Pooling
    interval: Tests


def _checked(counts: ArrayLike, totals: ArrayLike) -> tuple[Floats, Floats]:
    try:
        x, n = np.asarray(counts, dtype=float), np.asarray(totals, dtype=float)
    except (TypeError, ValueError):
        raise ParameterError("counts, totals: every value must be a number") from None
    if x.ndim != 1 or n.ndim != 1 or len(x) != len(n):
        raise ParameterError(f"counts, totals: must be two lists of one length, got shapes {x.shape} and {n.shape}")
    if len(x) < 2:
        raise ParameterError(f"counts: two studies are needed for a spread between studies, got {len(x)}")
    for name, values in (("counts", x), ("totals", n)):
        wrong = ~np.isfinite(values) | (values != np.round(values))
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            raise ParameterError(
                f"{name}: must be whole numbers (weights are not counts), got {values[at]} at position {at}"
            )
    wrong = (n <= 0) | (x < 0) | (x > n)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise ParameterError(f"counts: must lie between 0 and the total, got {x[at]:g} of {n[at]:g} at position {at}")
    if x.sum() in (0, n.sum()):
        which = "no answer is" if x.sum() == 0 else "every answer is"
        raise ParameterError(
            f"counts: {which} counted in any study, so the logit has no finite estimate.",
            remedy="Give an interval of the summed counts (share_interval) instead.",
        )
    return x, n


class _Binomial:
    """Likelihood of counts whose logits are normal over studies, by adaptive Gauss-Hermite quadrature."""

    def __init__(self, x: Floats, n: Floats) -> None:
        self.x, self.n = x, n

    def _mode(self, mean: float, tau: float) -> Floats:
        """Return each study's most likely standardised deviation: Newton inside a bracket that halves when it is left."""
        high = abs(tau) * self.n
        low = -high
        z = np.zeros_like(self.x)
        for _ in range(200):
            p = special.expit(mean + tau * z)
            slope = tau * (self.x - self.n * p) - z
            step = slope / (1 + tau * tau * self.n * p * (1 - p))
            if np.abs(step).max() <= 1e-12 * (1 + np.abs(z).max()):
                break
            low, high = np.where(slope > 0, z, low), np.where(slope > 0, high, z)
            new = z + step
            z = np.where((new < low) | (new > high), (low + high) / 2, new)
        return z

    def at(self, mean: float, tau: float) -> tuple[float, Floats, Floats]:
        """Return log likelihood, gradient and Hessian in (mean, tau), the last two by Louis' identity."""
        mode = self._mode(mean, tau)
        p = special.expit(mean + tau * mode)
        width = np.sqrt(2 / (1 + tau * tau * self.n * p * (1 - p)))
        z = mode[:, None] + width[:, None] * _NODES
        eta = mean + tau * z
        x, n = self.x[:, None], self.n[:, None]
        log = x * eta - n * np.logaddexp(0, eta) - z * z / 2 + _LOG_WEIGHTS
        total = special.logsumexp(log, axis=1)
        value = float((total + np.log(width / np.sqrt(2 * np.pi))).sum())
        posterior = np.exp(log - total[:, None])
        share = special.expit(eta)
        d = x - n * share
        score = np.stack([d, d * z])
        curve = -n * share * (1 - share)
        first = np.einsum("aij,ij->ai", score, posterior)
        second = np.array([
            [float((curve * posterior).sum()), float((curve * z * posterior).sum())],
            [0.0, float((curve * z * z * posterior).sum())],
        ])  # fmt: skip
        second[1, 0] = second[0, 1]
        products = np.einsum("aij,bij,ij->ab", score, score, posterior)
        return value, first.sum(axis=1), second + products - first @ first.T

    def fit(self) -> tuple[float, float, float]:
        """Return mean, its standard error and tau, the best of several starts and of no spread."""
        pooled = float(self.x.sum() / self.n.sum())
        centre = float(special.logit(pooled))
        best = (self.at(centre, 0.0)[0] + 1e-9, centre, (float(self.n.sum()) * pooled * (1 - pooled)) ** -0.5, 0.0)
        starts = [(self.at(centre, tau)[0], tau) for tau in (0.1, 0.3, 0.8, 2.0, 3.5)]
        for _, tau in sorted(starts, reverse=True)[:2]:
            found = self._climb(np.array([centre, tau]))
            if found[0] > best[0] and found[3] > 1e-5:
                best = found
        if best[3] > MOST_TAU or best[2] <= 0:
            raise ParameterError(
                f"counts: shares lie so near 0 and 1 that their spread cannot be estimated (above {MOST_TAU:g} on the logit scale).",
                remedy="Show the studies side by side.",
            )
        return best[1:]

    def _climb(self, theta: Floats) -> tuple[float, float, float, float]:
        value, slope, curve = self.at(*theta)
        for _ in range(200):
            eigen, turn = np.linalg.eigh(-curve)
            step = turn @ ((turn.T @ slope) / np.maximum(np.abs(eigen), 1e-8))
            step /= max(1.0, float(np.abs(step).max()) / 2)
            size = 1.0
            for _ in range(40):
                new = theta + size * step
                ahead = self.at(*new)
                if ahead[0] >= value - 1e-12 * (1 + abs(value)):
                    break
                size /= 2
            moved = float(np.abs(new - theta).max())
            theta, (value, slope, curve) = new, ahead
            if moved <= 1e-11 or abs(theta[1]) > 1.5 * MOST_TAU:
                break
        variance = float(np.linalg.pinv(-curve)[0, 0])
        # The likelihood is even in tau, so the sign says nothing.
        return value, float(theta[0]), float(np.sqrt(max(variance, 0.0))), abs(float(theta[1]))


def _mean_share(logit: float, tau2: float) -> float:
    nodes, weights = np.polynomial.hermite.hermgauss(60)
    return float(weights @ special.expit(logit + np.sqrt(2 * tau2) * nodes) / np.sqrt(np.pi))


def pool_shares(
    counts: ArrayLike,
    totals: ArrayLike,
    *,
    method: Pooling = "glmm",
    interval: Tests = "t",
    level: float = 0.90,
) -> PooledShare:
    """Combine shares from several studies.

    Parameters
    ----------
    counts : array_like of int, shape (k,)
        Answers that count.
    totals : array_like of int, shape (k,)
        Answers in all.
    method : {'glmm', 'logit'}, default 'glmm'
        Binomial counts with normal logits, by maximum likelihood; or normal logits with REML, one half being added to both
        cells of a study whose share is 0 or 1.
    interval : {'t', 'wald'}, default 't'
        For 'glmm', t with k - 1 degrees of freedom or the normal distribution; for 'logit', the modified Hartung-Knapp
        interval or the normal one.
    level : float, default 0.90
        Level of both intervals.

    Returns
    -------
    PooledShare
        Median and mean share with intervals.

    Raises
    ------
    ParameterError
        If there are fewer than two studies, a count is not a whole number or lies outside its total, nothing or everything is
        counted in every study, the binomial model finds no end to the spread (shares near 0 beside shares near 1), or a word is
        unknown.

    Notes
    -----
    The maximum likelihood estimate of tau2 is biased downwards with few studies, which the t interval only partly makes up for.
    The standard error of the mean is that of the joint likelihood of mean and tau.

    References
    ----------
    Stijnen, T., Hamza, T. H. and Ozdemir, P. (2010). Random effects meta-analysis of event outcome in the framework of the
    generalized linear mixed model. Statistics in Medicine 29(29). https://doi.org/10.1002/sim.4040
    Schwarzer, G., Chemaitelly, H., Abu-Raddad, L. J. and Rucker, G. (2019). Seriously misleading results using inverse of
    Freeman-Tukey double arcsine transformation. Research Synthesis Methods 10(3). https://doi.org/10.1002/jrsm.1348
    """
    check_choice("method", method, get_args(Pooling))
    check_choice("interval", interval, get_args(Tests))
    check_level(level)
    x, n = _checked(counts, totals)
    k = len(x)
    if method == "logit":
        extra = np.where((x == 0) | (x == n), 0.5, 0.0)
        yes, no = x + extra, n - x + extra
        pooled = combine(
            np.log(yes / no), 1 / yes + 1 / no, interval="hk_modified" if interval == "t" else "wald", level=level
        )
        logit, error, tau2 = pooled.estimate, pooled.std_error, pooled.tau2
        ends = (pooled.conf_low, pooled.conf_high, pooled.pred_low, pooled.pred_high)
    else:
        logit, error, tau = _Binomial(x, n).fit()
        tau2, upper = tau * tau, (1 + level) / 2
        half = error * float(special.ndtri(upper) if interval == "wald" else special.stdtrit(k - 1, upper))
        ahead = (float(special.stdtrit(k - 2, upper)) if k > 2 else np.inf) * np.sqrt(tau2 + error**2)
        ends = (logit - half, logit + half, logit - ahead, logit + ahead)
    low, high, pred_low, pred_high = (float(special.expit(end)) for end in ends)
    return PooledShare(
        share=float(special.expit(logit)), conf_low=low, conf_high=high, pred_low=pred_low, pred_high=pred_high,
        mean_share=_mean_share(logit, tau2), logit=logit, std_error=error, tau2=tau2, n_obs=k, total=int(n.sum()),
        level=level, method=method, interval=interval,
    )  # fmt: skip
