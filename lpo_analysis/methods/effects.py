"""Difference in differences where all who change do so at one date: two-way fixed effects, event study, and what a mix of dates does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.cluster_robust import Codes, JointTest, Robust, WildBootstrap, cr2, wild_bootstrap
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.effects_panel import Panel, why_not
from lpo_analysis.methods.random_effects import check_level, coefficient_table

ATT = "att"


@dataclass(frozen=True, eq=False)
class TwoWay:
    """Difference in differences by two-way fixed effects.

    Parameters
    ----------
    table : pandas.DataFrame
        term (`att`), estimate, std_error (CR2), statistic, df (Satterthwaite), p, conf_low, conf_high, level.
    wild : WildBootstrap or None
        The same effect by the wild cluster bootstrap.
    robust : Robust
        The fit, with the effects of periods in it.
    cohorts : tuple of int
        Periods in which units start; with several the estimate mixes comparisons, see `comparisons`.
    n_obs, n_units : int
        Rows and units used.
    """

    table: pd.DataFrame
    wild: WildBootstrap | None
    robust: Robust
    cohorts: tuple[int, ...]
    n_obs: int
    n_units: int


@dataclass(frozen=True, eq=False)
class EventStudy:
    """Effects by period since the start, against the period before it.

    Parameters
    ----------
    table : pandas.DataFrame
        event_time (negative before the start; -1 is 0 by construction), estimate, std_error, df, p, conf_low, conf_high, level.
    pre_trend : JointTest or None
        Test that all effects before the start are 0; None without two periods before, or with too few clusters.
    n_pre : int
        Periods before the start that are tested.
    """

    table: pd.DataFrame
    pre_trend: JointTest | None
    n_pre: int


def _columns(panel: Panel, effects: dict[str, Floats]) -> tuple[tuple[str, ...], Floats, Floats, Codes]:
    """Return names, response and columns after units' means are taken out, and the clusters; periods enter as columns."""
    seen = np.isfinite(panel.y)
    unit, period = np.nonzero(seen)
    times = [f"period {t:g}" for t in panel.times[1:]]
    dummies = (period[:, None] == np.arange(1, panel.y.shape[1])).astype(float)
    x = np.column_stack([*(matrix[seen] for matrix in effects.values()), dummies])
    size = np.bincount(unit, minlength=len(panel.y))
    both = np.column_stack([panel.y[seen], x])
    means = np.stack([np.bincount(unit, column, len(size)) for column in both.T], axis=1) / np.maximum(size, 1)[:, None]
    both = both - means[unit]
    return (*effects, *times), both[:, 0], both[:, 1:], panel.codes[unit]


def _identified(names: tuple[str, ...], x: Floats, wanted: int) -> None:
    rest = x[:, wanted:]
    for j in range(wanted):
        others = np.column_stack([x[:, :j], rest])
        q = np.linalg.qr(others)[0]
        left = x[:, j] - q @ (q.T @ x[:, j])
        if left @ left <= 1e-10 * max(1.0, float(x[:, j] @ x[:, j])):
            raise ParameterError(
                f"panel: the effect {names[j]!r} cannot be told from the effects of units and periods",
                remedy="Units that stay, observed before and after, are needed.",
            )


def two_way(
    panel: Panel, *, level: float = 0.90, wild: bool = True, draws: int = 999, seed: int | None = None
) -> TwoWay:
    """Estimate one effect of having started, with effects of unit and period.

    Parameters
    ----------
    panel : Panel
        Outcomes and starts.
    level : float, default 0.90
        Level of all intervals.
    wild : bool, default True
        Whether to add the wild cluster bootstrap.
    draws : int, default 999
        Its draws.
    seed : int, optional
        Its seed.

    Returns
    -------
    TwoWay
        With one start: the average effect on those who started, over the periods since, if without the start they had moved in
        parallel with the others.

    Raises
    ------
    ParameterError
        If the panel bears no estimate, or a part of it rests on one cluster.

    Notes
    -----
    With several starts it also compares late starters with those already under way, and weighs effects, some of them negatively:
    where effects grow or differ it may have the wrong sign. `lpo_analysis.methods.effects_staggered.group_time` does not.

    References
    ----------
    Goodman-Bacon, A. (2021). Difference-in-differences with variation in treatment timing. Journal of Econometrics 225(2).
    https://doi.org/10.1016/j.jeconom.2021.03.014
    Pustejovsky, J. E. and Tipton, E. (2018). Small-sample methods for cluster-robust variance estimation and hypothesis testing
    in fixed effects models. Journal of Business and Economic Statistics 36(4). https://doi.org/10.1080/07350015.2016.1247004
    """
    check_level(level)
    reason = why_not(panel, staggered=True)
    if reason:
        raise ParameterError(f"panel: not estimable, because {reason}")
    started = (panel.times[None, :] >= panel.start[:, None]).astype(float)
    names, y, x, codes = _columns(panel, {ATT: started})
    _identified(names, x, 1)
    fit = cr2(names, y, x, codes)
    table = fit.table(level, [ATT])
    boot = wild_bootstrap(y, x, 0, codes, level=level, draws=draws, seed=seed) if wild else None
    return TwoWay(table, boot, fit, panel.cohorts, len(y), len(panel.y))


def before_after(panel: Panel, *, level: float = 0.90) -> pd.DataFrame:
    """Compare units that started with themselves before, as if nothing else had changed: the naive answer, to be shown as such.

    Parameters
    ----------
    panel : Panel
        Outcomes and starts.
    level : float, default 0.90
        Level of the interval.

    Returns
    -------
    pandas.DataFrame
        One row: term (`before_after`), estimate (mean over clusters of units' mean since the start less their mean before),
        std_error, statistic, df, p, conf_low, conf_high, level; the error is missing for one cluster.

    Raises
    ------
    ParameterError
        If no unit is seen before and after its start.

    Notes
    -----
    Whatever else changed over the same time, prices or the mix of work, is taken for an effect.
    """
    check_level(level)
    started = panel.times[None, :] >= panel.start[:, None]
    seen = np.isfinite(panel.y)
    both = panel.moved & (seen & started).any(axis=1) & (seen & ~started).any(axis=1)
    if not both.any():
        raise ParameterError("panel: no unit is seen before and after its start")
    y, after, present = np.nan_to_num(panel.y[both]), started[both], seen[both]
    sums = [(y * part).sum(axis=1) / part.sum(axis=1) for part in (present & after, present & ~after)]
    by = pd.Series(sums[0] - sums[1]).groupby(panel.codes[both]).mean().to_numpy()
    n = len(by)
    error = np.array([by.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan])
    return coefficient_table(["before_after"], np.array([by.mean()]), error, max(n - 1, 1), level=level)


def event_study(panel: Panel, *, level: float = 0.90) -> EventStudy:
    """Estimate effects by period since the one start, before it too.

    Parameters
    ----------
    panel : Panel
        Outcomes; all who start do so in one period.
    level : float, default 0.90
        Level of all intervals, each by itself.

    Returns
    -------
    EventStudy
        Effects, and a joint test of those before the start.

    Raises
    ------
    ParameterError
        If the panel bears no estimate, or there are several starts.

    Notes
    -----
    A test before the start that finds nothing proves nothing: it has little power against trends that matter, and going on only
    where it passes biases what is then found.

    References
    ----------
    Roth, J. (2022). Pretest with caution: event-study estimates after testing for parallel trends. American Economic Review:
    Insights 4(3). https://doi.org/10.1257/aeri.20210236
    """
    check_level(level)
    reason = why_not(panel, staggered=False)
    if reason:
        raise ParameterError(f"panel: not estimable, because {reason}")
    if len(panel.cohorts) > 1:
        raise ParameterError(
            f"panel: units start in {len(panel.cohorts)} periods, and effects of one regression would mix them.",
            remedy="Use group_time.",
        )
    event = panel.times - panel.cohorts[0]
    at = {f"{e:+g}": np.where(panel.moved[:, None], event[None, :] == e, False).astype(float) for e in event if e != -1}
    names, y, x, codes = _columns(panel, at)
    _identified(names, x, len(at))
    fit = cr2(names, y, x, codes)
    table = fit.table(level, list(at)).assign(event_time=[float(name) for name in at])
    zero = pd.DataFrame({"event_time": [-1.0], "estimate": [0.0], "level": [level]})
    table = pd.concat([table, zero]).sort_values("event_time").drop(columns=["term", "statistic"])
    before = [name for name in at if float(name) < -1]
    order = ["event_time", "estimate", "std_error", "df", "p", "conf_low", "conf_high", "level"]
    return EventStudy(table[order].reset_index(drop=True), fit.joint(before) if before else None, len(before))


def comparisons(panel: Panel) -> pd.DataFrame | None:
    """Take the two-way estimate apart into the two-by-two comparisons it averages.

    Parameters
    ----------
    panel : Panel
        Outcomes and starts.

    Returns
    -------
    pandas.DataFrame or None
        One comparison a row: start, against (start of the controls; infinite for those that never start), kind (`stayed`,
        `not_yet`, `already`: controls that are under way themselves), weight, estimate; weights sum to 1 and the weighted estimates
        to the two-way estimate. None where an outcome is missing or nobody starts.

    References
    ----------
    Goodman-Bacon, A. (2021). Difference-in-differences with variation in treatment timing. Journal of Econometrics 225(2).
    https://doi.org/10.1016/j.jeconom.2021.03.014
    """
    if not panel.balanced or not panel.cohorts:
        return None
    groups = [float(g) for g in panel.cohorts] + ([np.inf] if not panel.moved.all() else [])
    size = {g: float((panel.start == g).mean()) for g in groups}
    mean = {g: panel.y[panel.start == g].mean(axis=0) for g in groups}
    under = {g: float((panel.times >= g).mean()) for g in groups}
    rows = []
    for i, early in enumerate(groups):
        for late in groups[i + 1 :]:
            share = size[early] / (size[early] + size[late])
            n = (size[early] + size[late]) ** 2 * share * (1 - share)
            d, other = under[early], under[late]
            window = panel.times < late
            kind = "not_yet" if np.isfinite(late) else "stayed"
            rows.append(
                (
                    early,
                    late,
                    kind,
                    n * (d - other) * (1 - d),
                    _gap(mean[early] - mean[late], panel.times >= early, window),
                )
            )
            if np.isfinite(late):
                window = panel.times >= early
                gap = _gap(mean[late] - mean[early], panel.times >= late, window)
                rows.append((late, early, "already", n * other * (d - other), gap))
    frame = pd.DataFrame(rows, columns=["start", "against", "kind", "weight", "estimate"])
    return frame.assign(weight=frame["weight"] / frame["weight"].sum())


def _gap(difference: Floats, after: np.ndarray, window: np.ndarray) -> float:
    return float(difference[after & window].mean() - difference[~after & window].mean())
