"""The likelihood of losses counted in bins above a truncation, and its maximum, one at a time or many at once."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from lpo_analysis.methods.draws import Floats

BoolArray = NDArray[np.bool_]
Family = Literal["lognormal", "generalised_pareto"]
_TOP = float(np.log(30))
"""Beyond this log sigma a truncated lognormal is on its way to a power law, which it reaches only at infinity."""


def log_sf(theta: Any, x: Any, family: str, truncation: float) -> Floats:
    """Return the log survival function; both parameters and x may be arrays that broadcast.

    Parameters
    ----------
    theta : array_like of float, shape (2,) or of arrays
        Parameters as they are fitted: mu and log sigma, or shape and log scale.
    x : array_like of float
        Losses.
    family : str
        As in `fit_binned`.
    truncation : float
        As in `fit_binned`.

    Returns
    -------
    ndarray of float
        Logarithms of the share above, of the shape that all broadcast to.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if family == "lognormal":
            return np.asarray(special.log_ndtr(-(np.log(x) - theta[0]) / np.exp(theta[1])))
        z = (x - truncation) / np.exp(theta[1])
        flat = np.abs(theta[0]) < 1e-8
        shape = np.where(flat, 1.0, theta[0])
        curved = np.where(1 + shape * z > 0, -np.log1p(np.maximum(shape * z, -1)) / shape, -np.inf)
        return np.where(flat, -z, curved)


def log_share(theta: Any, lo: Floats, hi: Floats, family: str, truncation: float) -> Floats:
    """Return the log probability of each bin, given a loss above the truncation.

    Parameters
    ----------
    theta : array_like of float, shape (2,) or of arrays
        Parameters as they are fitted: mu and log sigma, or shape and log scale.
    lo : ndarray of float, shape (bins,)
        Where the bins begin.
    hi : ndarray of float, shape (bins,)
        Where they end.
    family : str
        As in `fit_binned`.
    truncation : float
        As in `fit_binned`.

    Returns
    -------
    ndarray of float
        Logarithms.
    """
    return _log_bin(theta, lo, hi, family, truncation) - log_sf(theta, truncation, family, truncation)


def _log_bin(theta: Any, lo: Floats, hi: Floats, family: str, truncation: float) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if family == "lognormal":
            low, high = ((np.log(x) - theta[0]) / np.exp(theta[1]) for x in (lo, hi))
            # In whichever tail the bin lies, so that no digits are lost.
            flip = low > 0
            low, high = np.where(flip, -high, low), np.where(flip, -low, high)
            upper, lower = special.log_ndtr(high), special.log_ndtr(low)
        else:
            upper, lower = (log_sf(theta, x, family, truncation) for x in (lo, hi))
        return np.asarray(upper + np.log1p(-np.exp(lower - upper)))


def slopes(theta: Any, lo: Floats, hi: Floats, family: str, truncation: float) -> tuple[Floats, Floats, Floats]:
    """Return the log probability of each bin above the truncation, and its derivatives by both parameters.

    Parameters
    ----------
    theta : array_like of float, shape (2,) or of arrays
        Parameters as they are fitted: mu and log sigma, or shape and log scale.
    lo : ndarray of float, shape (bins,)
        Where the bins begin.
    hi : ndarray of float, shape (bins,)
        Where they end.
    family : str
        As in `fit_binned`.
    truncation : float
        As in `fit_binned`.

    Returns
    -------
    tuple of ndarray
        Log probability, derivative by the first, by the second parameter.
    """
    inside, above = _log_bin(theta, lo, hi, family, truncation), log_sf(theta, truncation, family, truncation)
    (at_low, by_low), (at_high, by_high) = (_rates(theta, x, inside, family, truncation) for x in (lo, hi))
    at_cut, by_cut = _rates(theta, truncation, above, family, truncation)
    return inside - above, at_low - at_high - at_cut, by_low - by_high - by_cut


def _rates(theta: Any, x: Any, base: Floats, family: str, truncation: float) -> tuple[Floats, Floats]:
    """Return the derivatives of the survival function by both parameters over exp(base)."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if family == "lognormal":
            size = np.exp(theta[1])
            z = (np.log(x) - theta[0]) / size
            density = np.exp(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - base)
            return density / size, np.where(density > 0, z * density, 0.0)
        z = (x - truncation) / np.exp(theta[1])
        small = np.abs(theta[0] * z) < 1e-4
        shape = np.where(small, 1.0, theta[0])
        share = np.exp(log_sf(theta, x, family, truncation) - base)
        whole = np.log1p(shape * z) / shape**2 - z / (shape * (1 + shape * z))
        by_shape = np.where(small, z**2 / 2 - 2 / 3 * theta[0] * z**3, whole)
        held = (share > 0) & np.isfinite(z)
        return np.where(held, share * by_shape, 0.0), np.where(held, share * z / (1 + theta[0] * z), 0.0)


def nll(theta: Floats, lo: Floats, hi: Floats, n: Floats, family: str, truncation: float) -> float:
    """Return the negative log likelihood, very large where it is not finite.

    Parameters
    ----------
    theta : array_like of float, shape (2,) or of arrays
        Parameters as they are fitted: mu and log sigma, or shape and log scale.
    lo : ndarray of float, shape (bins,)
        Where the bins begin.
    hi : ndarray of float, shape (bins,)
        Where they end.
    n : ndarray of float, shape (bins,)
        Losses in each.
    family : str
        As in `fit_binned`.
    truncation : float
        As in `fit_binned`.

    Returns
    -------
    float
        Negative log likelihood.
    """
    logs = log_share(theta, lo, hi, family, truncation)
    held = n > 0
    value = -float(n[held] @ logs[held])
    return value if np.isfinite(value) else 1e100


def fit_two(lo: Floats, hi: Floats, n: Floats, family: str, truncation: float) -> tuple[Floats, float] | None:
    """Maximise the likelihood; None where it has no inner maximum. Returns theta and the negative log likelihood.

    Parameters
    ----------
    lo : ndarray of float, shape (bins,)
        Where the bins begin.
    hi : ndarray of float, shape (bins,)
        Where they end.
    n : ndarray of float, shape (bins,)
        Losses in each.
    family : str
        As in `fit_binned`.
    truncation : float
        As in `fit_binned`.

    Returns
    -------
    tuple or None
        Parameters and negative log likelihood.
    """
    middle = np.where(np.isfinite(hi), (lo + np.where(np.isfinite(hi), hi, 0)) / 2, 2 * lo + 1)
    if family == "lognormal":
        mean = np.average(np.log(middle), weights=n)
        spread = np.sqrt(np.average((np.log(middle) - mean) ** 2, weights=n))
        starts = [(mean, np.log(max(spread, 0.1))), (mean - 2 * spread, np.log(max(2 * spread, 0.2)))]
    else:
        scale = np.log(np.average(middle - truncation, weights=n))
        starts = [(0.1, scale), (0.7, scale - 1)]
    options = {"xatol": 1e-9, "fatol": 1e-10, "maxiter": 4000}
    args = (lo, hi, n, family, truncation)
    runs = [optimize.minimize(nll, start, args=args, method="Nelder-Mead", options=options) for start in starts]
    best = min(runs, key=lambda run: float(run.fun))
    theta = np.asarray(best.x, dtype=float)
    curvature = hessian(lambda t: nll(t, *args), theta)
    astray = not best.success or abs(theta[1]) > 50 or (family == "lognormal" and theta[1] > _TOP)
    if astray or not (np.isfinite(curvature).all() and (np.linalg.eigvalsh(curvature) > 0).all()):
        return None
    return theta, float(best.fun)


def hessian(call: Any, at: Floats) -> Floats:
    """Return second differences of a function of two parameters.

    Parameters
    ----------
    call : callable
        Takes the two parameters, returns a number.
    at : ndarray of float, shape (2,)
        Where.

    Returns
    -------
    ndarray of float, shape (2, 2)
        Second differences.
    """
    h = 1e-4 * np.maximum(1.0, np.abs(at))
    e = np.diag(h)
    result = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            corners = call(at + e[i] + e[j]) - call(at + e[i] - e[j]) - call(at - e[i] + e[j]) + call(at - e[i] - e[j])
            result[i, j] = corners / (4 * h[i] * h[j])
    return result


def quantile(theta: Floats, p: float, family: str, truncation: float) -> float:
    """Return a quantile of the losses above the truncation.

    Parameters
    ----------
    theta : array_like of float, shape (2,) or of arrays
        Parameters as they are fitted: mu and log sigma, or shape and log scale.
    p : float
        Probability.
    family : str
        As in `fit_binned`.
    truncation : float
        As in `fit_binned`.

    Returns
    -------
    float
        The quantile.
    """
    size = float(np.exp(theta[1]))
    if family == "generalised_pareto":
        return float(truncation + stats.genpareto.ppf(p, theta[0], scale=size))
    above = float(np.exp(log_sf(theta, truncation, family, truncation)))
    return float(np.exp(theta[0] - size * special.ndtri((1 - p) * above)))


def quantiles_of(thetas: Floats, p: float, family: str, truncation: float) -> Floats:
    """Return a quantile for each row of parameters, shape (fits,).

    Parameters
    ----------
    thetas : ndarray of float, shape (fits, 2)
        Parameters, a row a fit.
    p : float
        Probability.
    family : str
        As in `fit_binned`.
    truncation : float
        As in `fit_binned`.

    Returns
    -------
    ndarray of float, shape (fits,)
        The quantiles.
    """
    size = np.exp(thetas[:, 1])
    if family == "generalised_pareto":
        return np.asarray(truncation + stats.genpareto.ppf(p, thetas[:, 0], scale=size))
    above = np.exp(log_sf(thetas.T, truncation, family, truncation))
    return np.asarray(np.exp(thetas[:, 0] - size * special.ndtri((1 - p) * above)))


def merged(lo: Floats, hi: Floats, n: Floats) -> tuple[Floats, Floats, Floats]:
    """Return each bin once, with the sum of its counts; the likelihood is the same.

    Parameters
    ----------
    lo : ndarray of float, shape (bins,)
        Where the bins begin.
    hi : ndarray of float, shape (bins,)
        Where they end.
    n : ndarray of float, shape (bins,)
        Losses in each.

    Returns
    -------
    tuple of ndarray
        Begins, ends and counts of the distinct bins.
    """
    bins, where = np.unique(np.column_stack([lo, hi]), axis=0, return_inverse=True)
    counts = np.bincount(where.ravel(), weights=n, minlength=len(bins)).astype(float)
    return bins[:, 0], bins[:, 1], counts


def fit_many(
    counts: Floats, lo: Floats, hi: Floats, *, start: Floats, family: str, truncation: float, most: int = 200
) -> tuple[Floats, BoolArray]:
    """Maximise the likelihood of many sets of counts of the same bins, by Fisher scoring with damping.

    Parameters
    ----------
    counts : ndarray of float, shape (fits, bins)
        Counts of each fit.
    lo, hi : ndarray of float, shape (bins,)
        Ends of the bins.
    start : ndarray of float, shape (2,)
        Where to begin.
    family, truncation : str and float
        As in `fit_binned`.
    most : int, default 200
        Steps at most.

    Returns
    -------
    tuple of ndarray
        Parameters, shape (fits, 2), and which fits have an inner maximum, shape (fits,). A lognormal that runs to its limit is
        returned where it was stopped, close to the power law that it approaches.
    """
    theta = np.tile(np.asarray(start, dtype=float), (len(counts), 1))
    found = np.zeros(len(counts), dtype=bool)
    # A resample that fills fewer bins than parameters has no maximum.
    open_ = np.flatnonzero((counts > 0).sum(axis=1) >= 3)
    damping = np.full(len(counts), 1e-6)

    def cost(at: Floats, k: Floats) -> Floats:
        logs = log_share(at.T[:, :, None], lo, hi, family, truncation)
        with np.errstate(invalid="ignore"):
            value = -np.where(k > 0, k * logs, 0.0).sum(axis=1)
        return np.where(np.isfinite(value), value, np.inf)

    value = cost(theta, counts)
    for _ in range(most):
        if not len(open_):
            break
        at, k = theta[open_], counts[open_]
        logs, first, second = slopes(at.T[:, :, None], lo, hi, family, truncation)
        with np.errstate(invalid="ignore", over="ignore"):
            gradient = np.stack([np.where(k > 0, k * d, 0.0).sum(axis=1) for d in (first, second)], axis=1)
            weight = k.sum(axis=1)[:, None] * np.exp(logs)
            a, b, c = (
                np.nansum(weight * x * y, axis=1) for x, y in ((first, first), (first, second), (second, second))
            )
        lift = 1 + damping[open_]
        a, c = a * lift, c * lift
        determinant = a * c - b**2
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.stack([c * gradient[:, 0] - b * gradient[:, 1], a * gradient[:, 1] - b * gradient[:, 0]], axis=1)
            step /= determinant[:, None]
        step = np.where(np.isfinite(step).all(axis=1, keepdims=True), step, 0.0)
        gain = (step * gradient).sum(axis=1)
        tried = at + step
        if family == "lognormal":
            tried[:, 1] = np.minimum(tried[:, 1], _TOP)
        told = cost(tried, k)
        better = told <= value[open_]
        rows = open_[better]
        theta[rows], value[rows] = tried[better], told[better]
        damping[open_] = np.where(better, damping[open_] / 10, np.maximum(damping[open_], 1e-6) * 10)
        done = better & (np.abs(gain) < 1e-10)
        found[open_[done]] = True
        limit = (family == "lognormal") & (theta[open_, 1] >= _TOP)
        open_ = open_[~done & ~limit & (damping[open_] < 1e12)]
    return theta, found
