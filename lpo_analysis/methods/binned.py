"""Severity from binned counts: interval-censored, left-truncated maximum likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from lpo_analysis.charts import exceedance
from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.binned_likelihood import (
    Family,
    fit_many,
    fit_two,
    hessian,
    log_sf,
    log_share,
    merged,
    nll,
    quantile,
    quantiles_of,
)
from lpo_analysis.methods.counts import whole
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, number, percent

Bins = tuple[Floats, Floats, Floats]
Fits = tuple[Floats, Floats, int]
NAMES: dict[str, tuple[str, str]] = {"lognormal": ("mu", "sigma"), "generalised_pareto": ("shape", "scale")}
_LEAST_EXPECTED = 5.0
FEW_CLUSTERS = 30
_LOST = 0.10


def fit_binned(
    lower: ArrayLike,
    upper: ArrayLike,
    counts: ArrayLike,
    *,
    family: Family = "lognormal",
    truncation: float = 0.0,
    quantiles: Sequence[float] = (0.5, 0.9, 0.99),
    groups: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    draws: int = 1000,
    seed: int | None = 0,
    level: float = 0.90,
) -> Result:
    """Fit a severity to counts in bins.

    Parameters
    ----------
    lower, upper : array_like of float, shape (n,)
        Ends of the bins; the last may end at inf.
    counts : array_like of float, shape (n,)
        Losses in each.
    family : {'lognormal', 'generalised_pareto'}
        The generalised Pareto is that of the excess over `truncation`.
    truncation : float, default 0
        Value below which no loss is recorded, or the threshold of the generalised Pareto.
    quantiles : sequence of float
        Probabilities of the quantiles wanted, among the losses above `truncation`.
    groups : array_like of shape (n,), optional
        Clusters, such as years: standard errors of the parameters then come from leaving out one at a time.
    clusters : array_like of shape (n,), optional
        Clusters, such as years or vendors, to resample whole with replacement: standard errors and intervals of parameters and
        quantiles then hold where losses of one cluster go together. Not together with `groups`.
    draws : int, default 1000
        Resamples of the clusters.
    seed : int, optional
        Seed of the resamples; None for others each time.
    level : float, default 0.9
        Confidence level.

    Returns
    -------
    Result
        Both parameters with standard errors, quantiles with intervals; the goodness of fit among the checks; the frozen
        distribution as `model`. Without `clusters` the intervals of the quantiles come from their profile likelihood, which
        treats losses as independent. With them they are those of t with one degree of freedom less than there are clusters,
        round the logarithm of the estimate, with the standard deviation of the resampled logarithms. `plot_data` holds a row a bin
        (kind ``bin``: lower, upper, observed, expected), and what the figure shows: the shares above the ends of the bins (kind
        ``seen``, with Wilson's interval, which treats losses as independent) and the fitted curve with its pointwise interval
        (kind ``curve``).

    Raises
    ------
    ParameterError
        If bins, counts or options are not allowed.

    References
    ----------
    Klugman, S. A., Panjer, H. H. and Willmot, G. E. Loss Models: From Data to Decisions. Wiley. (Grouped and truncated
    data.)
    Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2008). Bootstrap-based improvements for inference with clustered errors.
    Review of Economics and Statistics 90(3), 414-427. (Resampling whole clusters; five to thirty are few.)
    """
    lo, hi, n = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (lower, upper, counts))
    check_bins(lo, hi, n, family=family, truncation=truncation, level=level)
    if not all(0 < p < 1 for p in quantiles):
        raise ParameterError("quantiles: must lie between 0 and 1")
    if groups is not None and clusters is not None:
        raise ParameterError("groups, clusters: one of them, to leave out one at a time or to resample")
    whole("draws", draws, low=100)
    names = NAMES[family]
    terms = (*names, *(_term(p) for p in quantiles))
    used, total = int((n > 0).sum()), float(n.sum())
    method = f"interval-censored, left-truncated maximum likelihood, {family.replace('_', ' ')}"

    def refuse(reason: str) -> Result:
        return not_estimable("severity_fit", reason, terms=terms, level=level, method=method)

    # Years and groups apart, the likelihood knows a bin only by its ends.
    bins = merged(lo, hi, n)
    if int((bins[2] > 0).sum()) < 3:
        return refuse("two parameters need losses in at least three bins")
    best = fit_two(*bins, family, truncation)
    if best is None:
        return refuse("the likelihood has no inner maximum: the bins do not tell the two parameters apart")
    theta, value = best
    covariance = np.asarray(np.linalg.inv(hessian(lambda t: nll(t, *bins, family, truncation), theta)), dtype=float)
    # The second parameter is fitted as its logarithm.
    natural = np.array([theta[0], np.exp(theta[1])])
    how, df, checks, resampled = "observed information", np.inf, [], None
    named = groups if clusters is None else clusters
    if named is not None:
        parts = _by_cluster(np.asarray(named), lo, hi, n, bins)
        told = _jackknife(parts, bins, theta, family, truncation) if clusters is None else None
        if clusters is not None:
            told = _resample(parts, bins, theta, family, truncation, draws=draws, seed=seed)
        if isinstance(told, str):
            checks.append(Check("clusters", None, f"{told}, so losses are taken as independent"))
        elif told is not None:
            found, covariance, lost = told
            df = len(parts) - 1.0
            checks.append(cluster_check(parts))
            how = f"jackknife over {len(parts)} groups"
            if clusters is not None:
                resampled, how = found, f"bootstrap of {count(len(parts), 'cluster')}, {draws:,} resamples"
                if lost:
                    checks.append(
                        Check("resamples", lost <= _LOST * draws, f"{count(lost, 'resample')} of {draws:,} could not be fitted, or ran to the limit of the family")
                    )  # fmt: skip
    errors = np.sqrt(np.diag(covariance)) * np.array([1.0, natural[1]])
    t = stats.t.ppf((1 + level) / 2, df) if np.isfinite(df) else stats.norm.ppf((1 + level) / 2)
    rows: list[dict[str, Any]] = []
    for name, estimate, error in zip(names, natural, errors, strict=True):
        low, high = estimate - t * error, estimate + t * error
        if name in ("sigma", "scale"):
            low, high = estimate * np.exp(-t * error / estimate), estimate * np.exp(t * error / estimate)
        rows.append({"term": name, "estimate": estimate, "std_error": error, "conf_low": low, "conf_high": high})
    drop = stats.chi2.ppf(level, 1) / 2
    base = truncation if family == "generalised_pareto" else 0.0
    for p in quantiles:
        point, error = quantile(theta, p, family, truncation), np.nan
        if resampled is None:
            low, high = _profile(p, point, theta, value, drop, bins, family=family, truncation=truncation)
        else:
            logs = np.log(quantiles_of(resampled, p, family, truncation) - base)
            spread = float(np.sqrt((df + 1) / df) * logs.std(ddof=1))
            low, high = (base + (point - base) * float(np.exp(side * t * spread)) for side in (-1, 1))
            error = (point - base) * spread
        rows.append({"term": _term(p), "estimate": point, "std_error": error, "conf_low": low, "conf_high": high})
    table = tidy({**row, "level": level, "n_obs": total, "method": method} for row in rows)
    fit = pd.DataFrame({"kind": "bin", "lower": lo, "upper": hi, "observed": n})
    fit["expected"] = total * np.exp(log_share(theta, lo, hi, family, truncation))
    checks = [_goodness(fit), *checks, Check("standard errors", None, how)]
    first, second = natural
    model = stats.lognorm(s=second, scale=np.exp(first))
    if family == "generalised_pareto":
        model = stats.genpareto(first, loc=truncation, scale=second)
    text = f"{total:,.0f} losses in {used} bins: {names[0]} {first:.4g}, {names[1]} {second:.4g}."
    seen = _seen(*bins, level=level)
    curve = _curve(theta, covariance, t, bins, family, truncation)
    label = f"fitted {family.replace('_', ' ')}, {percent(level)} interval"
    return Result(
        "severity_fit", table, text, tuple(checks), n_used=used, plot_data=pd.concat([fit, seen, curve], ignore_index=True),
        draw=partial(exceedance, curve_text=label, xlabel="Size of a loss"), alt=_alt(curve, seen, family), model=model,
    )  # fmt: skip


def _term(p: float) -> str:
    return f"q{100 * p:g}"


def check_bins(lo: Floats, hi: Floats, n: Floats, *, family: str, truncation: float, level: float) -> None:
    """Raise ParameterError unless bins, counts and options are allowed.

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
    level : float
        Confidence level.

    Raises
    ------
    ParameterError
        If something is not allowed.
    """
    if family not in get_args(Family):
        raise ParameterError(f"family: {family!r} is not known.", remedy=choices(family, get_args(Family)))
    if not (lo.ndim == 1 and lo.shape == hi.shape == n.shape):
        raise ParameterError(f"counts: one a bin, got {lo.shape}, {hi.shape} and {n.shape}")
    if not (np.isfinite(lo).all() and (lo < hi).all()):
        raise ParameterError("lower, upper: a bin must end above where it begins")
    if not (np.isfinite(n).all() and (n >= 0).all()):
        raise ParameterError("counts: must be finite and not below 0")
    if not (np.isfinite(truncation) and truncation >= 0):
        raise ParameterError(f"truncation: must be 0 or above, got {truncation:g}")
    if (lo < truncation).any():
        raise ParameterError(
            f"lower: a bin begins at {lo.min():g}, below the truncation {truncation:g}", remedy="Leave it out."
        )
    if not 0 < level < 1:
        raise ParameterError("level: must lie between 0 and 1")


def profile_nll(
    quantile_: float, p: float, theta: Floats, lo: Floats, hi: Floats, n: Floats, *, family: str, truncation: float
) -> float:
    """Return the least negative log likelihood of all parameters with a given quantile; theta is where to begin.

    Parameters
    ----------
    quantile_ : float
        The quantile, above the truncation.
    p : float
        Probability.
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
    base = truncation if family == "generalised_pareto" else 0.0
    log_q, cut = np.log(quantile_ - base), np.log(truncation) if truncation > 0 else -np.inf

    def solved(free: float) -> Floats:
        """Return the parameters; free is the shape, log sigma, or where the truncation stands in sigmas."""
        if family == "generalised_pareto":
            # A quantile of the excess is proportional to the scale.
            grown = -np.log1p(-p)
            return np.array([free, log_q - np.log(grown if abs(free) < 1e-8 else np.expm1(free * grown) / free)])
        if truncation == 0:
            return np.array([log_q + np.exp(free) * special.ndtri(1 - p), free])
        size = (log_q - cut) / -(free + special.ndtri((1 - p) * special.ndtr(-free)))
        return np.array([cut - size * free, np.log(size)])

    def inner(free: float) -> float:
        at = solved(free)
        return nll(at, lo, hi, n, family, truncation) if np.isfinite(at).all() else 1e100

    centre = theta[0] if family == "generalised_pareto" else theta[1]
    if family == "lognormal" and truncation > 0:
        centre = (cut - theta[0]) / np.exp(theta[1])
    with np.errstate(all="ignore"):
        found = optimize.minimize_scalar(inner, bracket=(centre - 0.05, centre + 0.05), options={"xtol": 1e-6})
    return float(found.fun)


def _profile(
    p: float, point: float, theta: Floats, value: float, drop: float, bins: Bins, *, family: str, truncation: float
) -> tuple[float, float]:
    """Return where the profile likelihood of a quantile has fallen by `drop`."""
    base = truncation if family == "generalised_pareto" else 0.0

    def fallen(log_q: float) -> float:
        at = float(base + np.exp(log_q))
        return profile_nll(at, p, theta, *bins, family=family, truncation=truncation) - value - drop

    start, ends = np.log(point - base), []
    for sign in (-1, 1):
        step = 0.05
        while step < 20 and fallen(start + sign * step) < 0:
            step *= 2
        if step >= 20:
            ends.append(np.nan)
            continue
        inside = 0.0 if step == 0.05 else step / 2
        log_end = optimize.brentq(lambda d, s=sign: fallen(start + s * d), inside, step, xtol=1e-5)
        ends.append(float(base + np.exp(start + sign * log_end)))
    return ends[0], ends[1]


def _by_cluster(names: Any, lo: Floats, hi: Floats, n: Floats, bins: Bins) -> dict[str, Floats]:
    """Return the counts of each cluster that has losses, in the bins of all."""
    if names.shape != n.shape:
        raise ParameterError(f"groups, clusters: one a bin, got shape {names.shape} for {n.shape}")
    place = {ends: i for i, ends in enumerate(zip(bins[0], bins[1], strict=True))}
    at = np.array([place[ends] for ends in zip(lo, hi, strict=True)])
    found = {}
    for name in np.unique(names[n > 0]):
        its = names == name
        found[str(name)] = np.bincount(at[its], weights=n[its], minlength=len(bins[0])).astype(float)
    return found


def _jackknife(parts: dict[str, Floats], bins: Bins, theta: Floats, family: str, truncation: float) -> Fits | str:
    if len(parts) < 2:
        return "there is one group only"
    left = bins[2] - np.array(list(parts.values()))
    values, inner = fit_many(left, bins[0], bins[1], start=theta, family=family, truncation=truncation)
    if not inner.all():
        return f"without group {list(parts)[int(np.argmin(inner))]} nothing can be fitted"
    off, k = values - values.mean(axis=0), len(parts)
    return values, (k - 1) / k * off.T @ off, 0


def _resample(
    parts: dict[str, Floats], bins: Bins, theta: Floats, family: str, truncation: float, *, draws: int, seed: int | None
) -> Fits | str:
    k = len(parts)
    if k < 2:
        return "there is one cluster only"
    times = np.random.default_rng(seed).multinomial(k, np.full(k, 1 / k), draws)
    values, inner = fit_many(
        times @ np.array(list(parts.values())), bins[0], bins[1], start=theta, family=family, truncation=truncation
    )
    if inner.sum() < 0.5 * draws:
        return f"{draws - inner.sum():,} of {draws:,} resamples could not be fitted"
    # A sample of k clusters spreads by the root of (k - 1) / k less than it ought to.
    return values[inner], np.asarray(k / (k - 1) * np.cov(values[inner].T)), int(draws - inner.sum())


def cluster_check(parts: dict[str, Floats]) -> Check:
    """Say how many clusters there are, and whether they are few.

    Parameters
    ----------
    parts : dict of str to ndarray
        Losses of each cluster by bin.

    Returns
    -------
    Check
        Not passed below thirty.
    """
    sizes = {name: float(counts.sum()) for name, counts in parts.items()}
    largest = max(sizes, key=lambda name: sizes[name])
    text = f"{count(len(parts), 'cluster')}; the largest, {largest}, holds {percent(sizes[largest] / sum(sizes.values()))} of what was counted"
    enough = len(parts) >= FEW_CLUSTERS
    return Check(
        "number of clusters", enough, text if enough else f"{text}. Fewer than {FEW_CLUSTERS} are few: the interval may be too narrow"
    )  # fmt: skip


def _seen(lo: Floats, hi: Floats, n: Floats, *, level: float) -> pd.DataFrame:
    """Return the shares above the ends of bins, where no bin with losses lies across."""
    total, rows = float(n.sum()), []
    for x in np.unique(lo):
        above = float(n[lo >= x].sum())
        if x <= lo.min() or not above or ((lo < x) & (hi > x) & (n > 0)).any():
            continue
        low, high = share_interval(above / total, total, level=level)
        rows.append({"kind": "seen", "x": x, "estimate": above / total, "conf_low": low, "conf_high": high})
    return pd.DataFrame(rows, columns=["kind", "x", "estimate", "conf_low", "conf_high"])


def _curve(theta: Floats, covariance: Floats, t: float, bins: Bins, family: str, truncation: float) -> pd.DataFrame:
    """Return the fitted share above with its interval, by the delta method on log(-log)."""
    ends = np.concatenate([bins[0], bins[1][np.isfinite(bins[1])]])
    start = ends[ends > truncation].min() if truncation == 0 else truncation
    x = np.geomspace(start, max(float(ends.max()), 1.01 * start), 61)[1:]

    def heights(at: Floats) -> Floats:
        gone = log_sf(at, x, family, truncation) - log_sf(at, truncation, family, truncation)
        return np.log(np.maximum(-gone, 1e-300))

    steps = 1e-4 * np.maximum(1.0, np.abs(theta))
    slope = np.stack([(heights(theta + h) - heights(theta - h)) / (2 * h.sum()) for h in np.diag(steps)])
    middle, spread = heights(theta), np.sqrt(np.einsum("ix,ij,jx->x", slope, covariance, slope))
    low, point, high = (np.exp(-np.exp(middle + side * t * spread)) for side in (1, 0, -1))
    return pd.DataFrame({"kind": "curve", "x": x, "estimate": point, "conf_low": low, "conf_high": high})


def _alt(curve: pd.DataFrame, seen: pd.DataFrame, family: str) -> str:
    last = curve.iloc[-1]
    gap = ""
    if len(seen):
        fitted = np.interp(np.log(seen["x"]), np.log(curve["x"]), curve["estimate"])
        ratio = np.abs(np.log(seen["estimate"] / fitted))
        at = seen.iloc[int(ratio.argmax())]
        gap = (
            f" The counted shares at {count(len(seen), 'end')} of bins differ from it by a factor of up to {number(float(np.exp(ratio.max())), digits=2)}, "
            f"at {number(at['x'])}."
        )
    return (
        f"Falling curve on two logarithmic axes: the share of losses above a size under the fitted {family.replace('_', ' ')}, down to "
        f"{percent(last['estimate'], width=0.001)} above {number(last['x'])}.{gap}"
    )


def _goodness(fit: pd.DataFrame) -> Check:
    same = fit.groupby(["lower", "upper"], as_index=False)[["observed", "expected"]].sum()
    if not np.isclose(same["expected"].sum(), same["observed"].sum(), rtol=1e-6):
        scale = same["observed"].sum() / same["expected"].sum()
        same["expected"] *= scale
    merged: list[list[float]] = []
    for observed, expected in zip(same["observed"], same["expected"], strict=True):
        if merged and merged[-1][1] < _LEAST_EXPECTED:
            merged[-1] = [merged[-1][0] + observed, merged[-1][1] + expected]
        else:
            merged.append([observed, expected])
    if len(merged) > 1 and merged[-1][1] < _LEAST_EXPECTED:
        last = merged.pop()
        merged[-1] = [merged[-1][0] + last[0], merged[-1][1] + last[1]]
    freedom = len(merged) - 3
    if freedom < 1:
        return Check("goodness of fit", None, f"{len(merged)} bins after merging leave no degree of freedom")
    statistic = sum((o - e) ** 2 / e for o, e in merged)
    p = float(stats.chi2.sf(statistic, freedom))
    text = f"chi-squared {statistic:.3g} on {freedom} degrees of freedom in {len(merged)} merged bins, p = {p:.2g}"
    return Check("goodness of fit", p > 0.05, text)
