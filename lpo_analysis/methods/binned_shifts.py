"""Binned severities of several groups, such as years: one shape for all, a location for each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from lpo_analysis.charts import dotplot
from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.binned import NAMES, check_bins, cluster_check
from lpo_analysis.methods.binned_likelihood import Family, fit_two, merged, slopes
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, number, percent


@dataclass(frozen=True)
class _Rows:
    """Bins with losses, and what their location depends on."""

    lo: Floats
    hi: Floats
    n: Floats
    design: Floats
    family: str
    truncation: float

    def keep(self, rows: Any, columns: Any = None) -> _Rows:
        design = self.design[rows] if columns is None else self.design[np.ix_(rows, columns)]
        return _Rows(self.lo[rows], self.hi[rows], self.n[rows], design, self.family, self.truncation)

    def slopes(self, at: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the log probabilities and their derivatives by location and by shape."""
        place, shape = self.design @ at[:-1], np.full(len(self.n), at[-1])
        if self.family == "lognormal":
            return slopes((place, shape), self.lo, self.hi, self.family, self.truncation)
        logs, by_shape, by_place = slopes((shape, place), self.lo, self.hi, self.family, self.truncation)
        return logs, by_place, by_shape

    def gradient(self, at: Floats) -> Floats:
        _, by_place, by_shape = self.slopes(at)
        return np.append((self.n * by_place) @ self.design, self.n @ by_shape)

    def information(self, at: Floats) -> Floats:
        """Return the observed information, by differences of the exact gradient."""
        steps = 1e-5 * np.maximum(1.0, np.abs(at))
        made = np.stack([(self.gradient(at - h) - self.gradient(at + h)) / (2 * h.sum()) for h in np.diag(steps)])
        return np.asarray((made + made.T) / 2)

    def fit(self, start: Floats) -> tuple[Floats, float] | None:
        """Maximise by damped steps with the outer product of the scores; None where there is no inner maximum."""
        at, damping = start, 1e-4
        value = float(self.n @ self.slopes(at)[0])
        for _ in range(500):
            _, by_place, by_shape = self.slopes(at)
            scores = np.column_stack([by_place[:, None] * self.design, by_shape])
            gradient, outer = self.n @ scores, (self.n[:, None] * scores).T @ scores
            if not (np.isfinite(outer).all() and (np.diag(outer) > 0).all()):
                return None
            step = np.linalg.lstsq(outer + damping * np.diag(np.diag(outer)), gradient, rcond=None)[0]
            with np.errstate(over="ignore"):
                told = float(self.n @ self.slopes(at + step)[0])
            if np.isfinite(told) and told >= value:
                at, value, damping = at + step, told, max(damping / 10, 1e-12)
                if abs(float(step @ gradient)) < 1e-11:
                    break
            elif damping > 1e10:
                break
            else:
                damping *= 10
        bent = self.information(at)
        inner = np.isfinite(bent).all() and (np.linalg.eigvalsh(bent) > 1e-8).all()
        return (at, value) if inner and np.abs(np.linalg.solve(bent, self.gradient(at))).max() < 1e-4 else None


def fit_shifts(
    lower: ArrayLike,
    upper: ArrayLike,
    counts: ArrayLike,
    *,
    groups: ArrayLike,
    effect: ArrayLike | None = None,
    family: Family = "lognormal",
    truncation: float = 0.0,
    level: float = 0.90,
) -> Result:
    """Fit a severity whose location shifts from group to group while its shape stays.

    Parameters
    ----------
    lower, upper, counts : array_like of float, shape (n,)
        As in `fit_binned`.
    groups : array_like of shape (n,)
        The group of each bin, such as the year: one fixed location each.
    effect : array_like of float, shape (n,), optional
        Something that shifts the location in every group alike, such as 1 where a third party was involved and 0 elsewhere.
    family : {'lognormal', 'generalised_pareto'}
        The location is mu, or the logarithm of the scale; the shape is sigma, or the shape.
    truncation : float, default 0
        As in `fit_binned`.
    level : float, default 0.9
        Confidence level.

    Returns
    -------
    Result
        A term a group with its location, then ``effect`` where there is one, and the shape (sigma or shape). A difference of two
        locations, and the effect, are logarithms of the factor by which losses (those below the
        truncation too; of a generalised Pareto, their excesses over it) are larger. Intervals are normal
        by the observed information and treat losses as independent given their group; that of the effect is by a jackknife over
        the groups, with t, so that it also holds where the effect itself differs from group to group. Among the checks: whether the
        groups differ (likelihood ratio), and whether one shape does for all of them. `plot_data` is each group's factor against the
        mean location of all groups. Not estimable with one group, or where a group has losses in fewer than two bins.

    Raises
    ------
    ParameterError
        If bins, counts, groups or options are not allowed.

    References
    ----------
    Klugman, Panjer and Willmot, as in `fit_binned`. With no truncation, interval-censored regression as in `survreg` of R's survival.
    """
    lo, hi, n = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (lower, upper, counts))
    check_bins(lo, hi, n, family=family, truncation=truncation, level=level)
    group = np.asarray(groups)
    if group.shape != n.shape:
        raise ParameterError(f"groups: one a bin, got shape {group.shape} for {n.shape}")
    shift = None if effect is None else np.asarray(effect, dtype=float)
    if shift is not None and (shift.shape != n.shape or not np.isfinite(shift).all()):
        raise ParameterError(f"effect: a finite number a bin, got shape {shift.shape} for {n.shape}")
    held = n > 0
    names = np.unique(group[held])
    shape_name = NAMES[family][family == "lognormal"]
    terms = (*(str(name) for name in names), *(() if effect is None else ("effect",)), shape_name)
    method = f"interval-censored, left-truncated maximum likelihood, {family.replace('_', ' ')}, a location a group"

    def refuse(reason: str) -> Result:
        return not_estimable("severity_shifts", reason, terms=terms, level=level, method=method)

    if len(names) < 2:
        return refuse(f"shifts need two groups with losses, there is {count(len(names), 'group')}")
    poor = [str(g) for g in names if len(np.unique(lo[held & (group == g)])) < 2]
    if poor:
        return refuse(f"a location needs losses in two bins, and {', '.join(poor)} has them in one")
    if shift is not None and not any(np.ptp(shift[held & (group == g)]) > 0 for g in names):
        return refuse("the effect never differs within a group, so it cannot be told from the groups")
    design = (group[held][:, None] == names).astype(float)
    if shift is not None:
        design = np.column_stack([design, shift[held]])
    rows = _Rows(lo[held], hi[held], n[held], design, family, truncation)
    pooled = fit_two(*merged(rows.lo, rows.hi, rows.n), family, truncation)
    if pooled is None:
        return refuse("the likelihood of all groups together has no inner maximum")
    place, shape = pooled[0] if family == "lognormal" else pooled[0][::-1]
    start = np.append(np.full(len(names), place), np.zeros(design.shape[1] - len(names)))
    best = rows.fit(np.append(start, shape))
    if best is None:
        return refuse("the likelihood has no inner maximum: the bins do not tell shape and locations apart")
    at = best[0]
    covariance = np.asarray(np.linalg.inv(rows.information(at)), dtype=float)
    natural = at.copy()
    errors = np.sqrt(np.diag(covariance))
    z = np.full(len(at), stats.norm.ppf((1 + level) / 2))
    low, high = at - z * errors, at + z * errors
    checks = [_differ(rows, names, best, place, shape), _one_shape(rows, names, best)]
    if shift is not None:
        told = _jackknife(rows, names, at)
        if isinstance(told, str):
            checks.append(Check("clusters", None, f"{told}, so the effect's interval treats losses as independent"))
        else:
            errors[-2], t = told, stats.t.ppf((1 + level) / 2, len(names) - 1)
            low[-2], high[-2] = at[-2] - t * told, at[-2] + t * told
            checks.append(cluster_check({str(g): n[held & (group == g)] for g in names}))
    if family == "lognormal":
        natural[-1], errors[-1], low[-1], high[-1] = (
            np.exp(at[-1]),
            np.exp(at[-1]) * errors[-1],
            np.exp(low[-1]),
            np.exp(high[-1]),
        )
    each = [float(n[held & (group == g)].sum()) for g in names] + [float(n.sum())] * (len(at) - len(names))
    table = tidy(
        {"term": term, "estimate": natural[i], "std_error": errors[i], "conf_low": low[i], "conf_high": high[i], "level": level,
         "n_obs": each[i], "unit": "log size" if i < len(at) - 1 else "", "method": method}
        for i, term in enumerate(terms)
    )  # fmt: skip
    shown = _factors(at, covariance, names, float(z[0]))
    draw = partial(
        dotplot, xlabel="Size of losses against the mean of the groups", reference=1.0, reference_text="mean", log=True
    )
    text = _text(shown, natural, low, high, level=level, effect=shift is not None)
    return Result("severity_shifts", table, text, tuple(checks), n_used=int(held.sum()), plot_data=shown, draw=draw, alt=f"Dots with intervals, one a group. {text}")  # fmt: skip


def _differ(rows: _Rows, names: Floats, best: tuple[Floats, float], place: float, shape: float) -> Check:
    k, extra = len(names), rows.design.shape[1] - len(names)
    same = _Rows(
        rows.lo,
        rows.hi,
        rows.n,
        np.column_stack([np.ones(len(rows.n)), rows.design[:, k:]]),
        rows.family,
        rows.truncation,
    )
    null = same.fit(np.concatenate([[place], np.zeros(extra), [shape]]))
    if null is None:
        return Check("one location for all", None, "a common location could not be fitted")
    statistic = 2 * (best[1] - null[1])
    p = float(stats.chi2.sf(statistic, k - 1))
    return Check(
        "one location for all",
        p > 0.05,
        f"likelihood ratio {statistic:.3g} on {k - 1} degrees of freedom, p = {p:.2g}",
    )


def _one_shape(rows: _Rows, names: Floats, best: tuple[Floats, float]) -> Check:
    total, extra = 0.0, np.arange(len(names), rows.design.shape[1])
    for i, name in enumerate(names):
        its = np.flatnonzero(rows.design[:, i] > 0)
        free = extra[[np.ptp(rows.design[its, c]) > 0 for c in extra]] if len(extra) else extra
        if len(free) < len(extra):
            return Check("one shape for all", None, f"the effect never differs within {name}")
        own = rows.keep(its, np.array([i, *extra])).fit(np.concatenate([[best[0][i]], best[0][len(names) :]]))
        if own is None:
            return Check("one shape for all", None, f"{name} alone has no inner maximum")
        total += own[1]
    df = (len(names) - 1) * (1 + len(extra))
    statistic = 2 * (total - best[1])
    p = float(stats.chi2.sf(statistic, df))
    what = "shape and effect" if len(extra) else "shape"
    return Check(
        "one shape for all",
        p > 0.05,
        f"likelihood ratio of a {what} for each group {statistic:.3g} on {df} degrees of freedom, p = {p:.2g}",
    )


def _jackknife(rows: _Rows, names: Floats, at: Floats) -> float | str:
    """Return the standard error of the effect from leaving out one group at a time."""
    found, k = [], len(names)
    for i, name in enumerate(names):
        stay = np.flatnonzero(rows.design[:, i] == 0)
        columns = np.delete(np.arange(rows.design.shape[1]), i)
        fit = rows.keep(stay, columns).fit(np.delete(at, i))
        if fit is None:
            return f"without {name} nothing can be fitted"
        found.append(fit[0][-2])
    off = np.array(found) - np.mean(found)
    return float(np.sqrt((k - 1) / k * off @ off))


def _factors(at: Floats, covariance: Floats, names: Floats, z: float) -> pd.DataFrame:
    k = len(names)
    against = np.eye(k) - 1 / k
    gap = against @ at[:k]
    error = np.sqrt(np.diag(against @ covariance[:k, :k] @ against.T))
    ends = {"estimate": gap, "conf_low": gap - z * error, "conf_high": gap + z * error}
    told = {name: np.exp(value) for name, value in ends.items()}
    apart = (told["conf_low"] > 1) | (told["conf_high"] < 1)
    return pd.DataFrame({"label": [str(name) for name in names], **told, "main": apart})


def _text(shown: pd.DataFrame, natural: Floats, low: Floats, high: Floats, *, level: float, effect: bool) -> str:
    top, least = (shown.loc[pick(shown["estimate"])] for pick in (pd.Series.idxmax, pd.Series.idxmin))
    told = [
        f"{row['label']} ({number(row['estimate'], digits=2)} times, {percent(level)} interval {number(row['conf_low'], digits=2)} to {number(row['conf_high'], digits=2)})"
        for row in (top, least)
    ]
    text = (
        f"Against the mean of {count(len(shown), 'group')}, losses are largest in {told[0]} and smallest in {told[1]}."
    )
    if effect:
        factor, *ends = (number(float(np.exp(v[-2])), digits=2) for v in (natural, low, high))
        text += f" The effect makes them {factor} times as large ({ends[0]} to {ends[1]})."
    return text
