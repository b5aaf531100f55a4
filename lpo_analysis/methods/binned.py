"""Severity from binned counts: interval-censored, left-truncated maximum likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check, Result, not_estimable, tidy

Family = Literal["lognormal", "generalised_pareto"]
_NAMES: dict[str, tuple[str, str]] = {"lognormal": ("mu", "sigma"), "generalised_pareto": ("shape", "scale")}
_LEAST_EXPECTED = 5.0


def fit_binned(
    lower: ArrayLike,
    upper: ArrayLike,
    counts: ArrayLike,
    *,
    family: Family = "lognormal",
    truncation: float = 0.0,
    quantiles: Sequence[float] = (0.5, 0.9, 0.99),
    groups: ArrayLike | None = None,
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
    level : float, default 0.9
        Confidence level.

    Returns
    -------
    Result
        Both parameters with standard errors, quantiles with intervals from their profile likelihood (which treat
        losses as independent); the goodness of fit among the checks; expected and observed counts as `plot_data`; the
        frozen distribution as `model`.

    Raises
    ------
    ParameterError
        If bins, counts or options are not allowed.

    References
    ----------
    Klugman, S. A., Panjer, H. H. and Willmot, G. E. Loss Models: From Data to Decisions. Wiley. (Grouped and truncated
    data.)
    """
    lo, hi, n = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (lower, upper, counts))
    _check(lo, hi, n, family=family, truncation=truncation, quantiles=quantiles, level=level)
    names = _NAMES[family]
    terms = (*names, *(_term(p) for p in quantiles))
    used, total = int((n > 0).sum()), float(n.sum())
    method = f"interval-censored, left-truncated maximum likelihood, {family.replace('_', ' ')}"

    def refuse(reason: str) -> Result:
        return not_estimable("severity_fit", reason, terms=terms, level=level, method=method)

    if len({(a, b) for a, b, k in zip(lo, hi, n, strict=True) if k > 0}) < 3:
        return refuse("two parameters need losses in at least three bins")
    best = _fit(lo, hi, n, family, truncation)
    if best is None:
        return refuse("the likelihood has no inner maximum: the bins do not tell the two parameters apart")
    theta, value = best
    covariance = np.linalg.inv(_hessian(lambda t: _nll(t, lo, hi, n, family, truncation), theta))
    # The second parameter is fitted as its logarithm.
    natural = np.array([theta[0], np.exp(theta[1])])
    errors = np.sqrt(np.diag(covariance)) * np.array([1.0, natural[1]])
    how, z = "observed information", stats.norm.ppf((1 + level) / 2)
    checks = []
    if groups is not None:
        jack = _jackknife(np.asarray(groups), lo, hi, n, family, truncation)
        if isinstance(jack, str):
            checks.append(Check("clusters", None, jack))
        else:
            errors, clusters = jack
            how, z = f"jackknife over {clusters} groups", stats.t.ppf((1 + level) / 2, clusters - 1)
    rows: list[dict[str, Any]] = []
    for name, estimate, error in zip(names, natural, errors, strict=True):
        low, high = estimate - z * error, estimate + z * error
        if name in ("sigma", "scale"):
            low, high = estimate * np.exp(-z * error / estimate), estimate * np.exp(z * error / estimate)
        rows.append({"term": name, "estimate": estimate, "std_error": error, "conf_low": low, "conf_high": high})
    drop = stats.chi2.ppf(level, 1) / 2
    for p in quantiles:
        point = _quantile(theta, p, family, truncation)
        low, high = _profile(p, point, theta, value, drop, lo, hi, n, family, truncation)
        rows.append({"term": _term(p), "estimate": point, "conf_low": low, "conf_high": high})
    table = tidy({**row, "level": level, "n_obs": total, "method": method} for row in rows)
    fit = pd.DataFrame({"lower": lo, "upper": hi, "observed": n})
    fit["expected"] = total * np.exp(_log_share(theta, lo, hi, family, truncation))
    checks = [_goodness(fit), *checks, Check("standard errors", None, how)]
    first, second = natural
    model = stats.lognorm(s=second, scale=np.exp(first))
    if family == "generalised_pareto":
        model = stats.genpareto(first, loc=truncation, scale=second)
    text = f"{total:,.0f} losses in {used} bins: {names[0]} {first:.4g}, {names[1]} {second:.4g}."
    return Result("severity_fit", table, text, tuple(checks), n_used=used, plot_data=fit, model=model)


def _term(p: float) -> str:
    return f"q{100 * p:g}"


def _check(
    lo: Floats, hi: Floats, n: Floats, *, family: str, truncation: float, quantiles: Sequence[float], level: float
) -> None:
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
    if not all(0 < p < 1 for p in quantiles) or not 0 < level < 1:
        raise ParameterError("quantiles, level: must lie between 0 and 1")


def _log_sf(theta: Floats, x: Floats, family: str, truncation: float) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if family == "lognormal":
            return special.log_ndtr(-(np.log(x) - theta[0]) / np.exp(theta[1]))
        shape, z = theta[0], (x - truncation) / np.exp(theta[1])
        if abs(shape) < 1e-8:
            return -z
        return np.where(1 + shape * z > 0, -np.log1p(np.maximum(shape * z, -1)) / shape, -np.inf)


def _log_share(theta: Floats, lo: Floats, hi: Floats, family: str, truncation: float) -> Floats:
    """Return the log probability of each bin, given a loss above the truncation."""
    above = _log_sf(theta, np.array([truncation]), family, truncation)[0]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if family == "lognormal":
            low, high = ((np.log(x) - theta[0]) / np.exp(theta[1]) for x in (lo, hi))
            # In whichever tail the bin lies, so that no digits are lost.
            flip = low > 0
            low, high = np.where(flip, -high, low), np.where(flip, -low, high)
            upper, lower = special.log_ndtr(high), special.log_ndtr(low)
        else:
            upper, lower = (_log_sf(theta, x, family, truncation) for x in (lo, hi))
        return np.asarray(upper + np.log1p(-np.exp(lower - upper)) - above)


def _nll(theta: Floats, lo: Floats, hi: Floats, n: Floats, family: str, truncation: float) -> float:
    logs = _log_share(theta, lo, hi, family, truncation)
    held = n > 0
    value = -float(n[held] @ logs[held])
    return value if np.isfinite(value) else 1e100


def _fit(lo: Floats, hi: Floats, n: Floats, family: str, truncation: float) -> tuple[Floats, float] | None:
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
    runs = [optimize.minimize(_nll, start, args=args, method="Nelder-Mead", options=options) for start in starts]
    best = min(runs, key=lambda run: float(run.fun))
    theta = np.asarray(best.x, dtype=float)
    hessian = _hessian(lambda t: _nll(t, *args), theta)
    # Beyond these, a truncated lognormal is on its way to a power law, which it reaches only at infinity.
    astray = not best.success or abs(theta[1]) > 50 or (family == "lognormal" and theta[1] > np.log(30))
    if astray or not (np.isfinite(hessian).all() and (np.linalg.eigvalsh(hessian) > 0).all()):
        return None
    return theta, float(best.fun)


def _hessian(call: Any, at: Floats) -> Floats:
    h = 1e-4 * np.maximum(1.0, np.abs(at))
    e = np.diag(h)
    result = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            corners = call(at + e[i] + e[j]) - call(at + e[i] - e[j]) - call(at - e[i] + e[j]) + call(at - e[i] - e[j])
            result[i, j] = corners / (4 * h[i] * h[j])
    return result


def _quantile(theta: Floats, p: float, family: str, truncation: float) -> float:
    size = float(np.exp(theta[1]))
    if family == "generalised_pareto":
        return float(truncation + stats.genpareto.ppf(p, theta[0], scale=size))
    above = float(np.exp(_log_sf(theta, np.array([truncation]), family, truncation)[0]))
    return float(np.exp(theta[0] - size * special.ndtri((1 - p) * above)))


def _profile(
    p: float, point: float, theta: Floats, value: float, drop: float, lo: Floats, hi: Floats, n: Floats,
    family: str, truncation: float,
) -> tuple[float, float]:  # fmt: skip
    """Return where the profile likelihood of a quantile has fallen by `drop`."""

    def solved(log_q: float, free: float) -> Floats | None:
        def gap(other: float) -> float:
            at = np.array([free, other] if family == "generalised_pareto" else [other, free])
            return float(np.log(_quantile(at, p, family, truncation) - base) - log_q)

        if family == "generalised_pareto":
            # A quantile of the excess is proportional to the scale.
            return np.array([free, log_q - np.log(stats.genpareto.ppf(p, free))])
        reach = 1.0
        while reach < 1e4:
            low, high = theta[0] - reach, theta[0] + reach
            if gap(low) < 0 < gap(high):
                return np.array([optimize.brentq(gap, low, high, xtol=1e-10), free])
            reach *= 3
        return None

    base = truncation if family == "generalised_pareto" else 0.0
    centre = theta[0] if family == "generalised_pareto" else theta[1]

    def fallen(log_q: float) -> float:
        def inner(free: float) -> float:
            at = solved(log_q, free)
            return 1e100 if at is None else _nll(at, lo, hi, n, family, truncation)

        found = optimize.minimize_scalar(inner, bracket=(centre - 0.05, centre + 0.05), options={"xtol": 1e-6})
        return float(found.fun) - value - drop

    start, ends = np.log(point - base), []
    for sign in (-1, 1):
        step = 0.05
        with np.errstate(all="ignore"):
            while step < 20 and fallen(start + sign * step) < 0:
                step *= 2
            if step >= 20:
                ends.append(np.nan)
                continue
            inside = 0.0 if step == 0.05 else step / 2
            log_end = optimize.brentq(lambda d, s=sign: fallen(start + s * d), inside, step, xtol=1e-5)
        ends.append(float(base + np.exp(start + sign * log_end)))
    return ends[0], ends[1]


def _jackknife(
    groups: Any, lo: Floats, hi: Floats, n: Floats, family: str, truncation: float
) -> tuple[Floats, int] | str:
    if groups.shape != n.shape:
        raise ParameterError(f"groups: one a bin, got shape {groups.shape} for {n.shape}")
    names = np.unique(groups[n > 0])
    if len(names) < 2:
        return "one group only, so losses are taken as independent"
    found = []
    for name in names:
        kept = groups != name
        fit = _fit(lo[kept], hi[kept], n[kept], family, truncation)
        if fit is None:
            return f"without group {name} nothing can be fitted, so losses are taken as independent"
        found.append([fit[0][0], np.exp(fit[0][1])])
    values, k = np.array(found), len(names)
    return np.sqrt((k - 1) / k * ((values - values.mean(axis=0)) ** 2).sum(axis=0)), k


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
