"""How wrong market forecasts were: each beside a later figure of the same scope, by the kind of pair, and what makers revised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from lpo_analysis.adoption.market import SERIES, nominal_growth, series
from lpo_analysis.adoption.matching import (
    GRADES,
    KINDS,
    candidates,
    counted,
    figures,
    independent,
    least_off,
    log_ratio,
    market,
    n_independent,
    one_number,
    or_nan,
    revised,
    wider,
    years_between,
)
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.adoption.scenarios import scenarios
from lpo_analysis.charts import forest
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import Evidence, maker
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, number, percent, sentence

LEAST_PAIRS, LEAST_OUTCOMES = 5, 3
"""What a kind must have before its errors are pooled."""

_UNIT = "log ratio a year"

__all__ = ["KINDS", "error_summary", "pairs", "pooled_error", "revisions", "scenarios", "weaker_pairs"]


def error_summary(frame: pd.DataFrame, *, level: float = 0.90) -> pd.DataFrame:
    """Summarise errors of which some are only known to lie in an interval and some share an outcome.

    Parameters
    ----------
    frame : pandas.DataFrame
        One pair a row: ``low`` and ``high`` (ends of the error, equal where it is known, infinite where a side is open) and
        ``outcome`` (what it was measured against; pairs with the same one are not independent).
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        Rows ``mean``, ``median`` and ``next`` (the mean error against one new outcome); columns estimate (middle of the set, NaN where
        that is open), set_low and set_high (the values that the intervals of the errors leave possible), std_error (of the less
        certain end), conf_low, conf_high (infinite where a side is open, NaN where too few outcomes allow no interval),
        n_pairs, n_outcomes.

    Raises
    ------
    ParameterError
        If a column is missing, an end is NaN or reversed, there are fewer than two outcomes, or the level is no probability.

    Notes
    -----
    Errors are averaged within an outcome first, so that an outcome counts once however many forecasts aimed at it. The mean has a
    t interval over outcomes, which stays valid at 0.95 and above if they differ in precision; the median has that of the sign test. Where errors
    are intervals, the lower limit is that of their low ends and the upper limit that of their high ends: it covers every value
    in the set, and no assumption is made on where in an interval an error lies.

    References
    ----------
    Ibragimov, R. and Müller, U. K. (2010). t-statistic based correlation and heterogeneity robust inference. Journal of Business &
    Economic Statistics 28(4). https://doi.org/10.1198/jbes.2009.08046
    Imbens, G. W. and Manski, C. F. (2004). Confidence intervals for partially identified parameters. Econometrica 72(6).
    https://doi.org/10.1111/j.1468-0262.2004.00555.x
    """
    low, high = _outcome_means(frame, level)
    k, both = len(low), np.stack([low, high])
    finite = np.asarray(np.isfinite(both).all(axis=1))
    middle = np.where(finite, np.where(np.isfinite(both), both, 0.0).mean(axis=1), [-np.inf, np.inf])
    spread = np.array(
        [np.std(side, ddof=1) if known else np.nan for side, known in zip(both, finite.tolist(), strict=True)]
    )
    t = float(stats.t.ppf((1 + level) / 2, k - 1))
    rows = {}
    for term, width in (("mean", spread / np.sqrt(k)), ("next", spread * np.sqrt(1 + 1 / k))):
        ends_ = np.where(finite, middle + np.array([-t, t]) * width, middle)
        rows[term] = [*middle, np.nan if term == "next" or not finite.any() else np.nanmax(width), *ends_]
    order = int((stats.binom.cdf(np.arange(k // 2 + 1), k, 0.5) <= (1 - level) / 2 + 1e-12).sum())
    limits = [np.sort(low)[order - 1], np.sort(high)[k - order]] if order >= 1 else [np.nan, np.nan]
    rows["median"] = [_median(low, -np.inf), _median(high, np.inf), np.nan, *limits]
    table = pd.DataFrame.from_dict(
        rows, orient="index", columns=["set_low", "set_high", "std_error", "conf_low", "conf_high"]
    )
    table = table.loc[["mean", "median", "next"]]
    closed = np.isfinite(table[["set_low", "set_high"]]).all(axis=1)
    table.insert(0, "estimate", table[["set_low", "set_high"]].where(closed).mean(axis=1, skipna=False))
    return table.assign(n_pairs=len(frame), n_outcomes=k)


def _outcome_means(frame: pd.DataFrame, level: float) -> tuple[Floats, Floats]:
    missing = [column for column in ("low", "high", "outcome") if column not in frame]
    if missing:
        raise ParameterError(f"errors: there is no column {listing(missing)}.", remedy="Needed: low, high, outcome.")
    if not 0 < level < 1:
        raise ParameterError(f"level: must lie between 0 and 1, got {level!r}")
    low, high = frame["low"].to_numpy(dtype=float), frame["high"].to_numpy(dtype=float)
    wrong = ~(low <= high) | (low == np.inf) | (high == -np.inf)
    if wrong.any():
        raise ParameterError(
            f"errors: pair {frame.index[wrong][0]!r} has no interval, its ends are {low[wrong][0]:g} and {high[wrong][0]:g}"
        )
    means = frame.groupby("outcome", sort=True)[["low", "high"]].mean()
    if len(means) < 2 or frame["outcome"].isna().any():
        raise ParameterError(f"errors: two outcomes are needed and each pair must have one, got {len(means)}")
    if (means == means.iloc[0]).all(axis=None):
        raise ParameterError("errors: they are alike for all outcomes, so no spread can be estimated")
    return means["low"].to_numpy(dtype=float), means["high"].to_numpy(dtype=float)


def _median(values: Floats, open_end: float) -> float:
    """Return the median, open where one of its two middle values is."""
    middle = np.sort(values)[[(len(values) - 1) // 2, len(values) // 2]]
    return float(middle.mean()) if np.isfinite(middle).all() else open_end


def _open(values: pd.Series) -> pd.Series:
    """Leave an open side empty, as tables of results do."""
    return values.where(np.isfinite(values))


def pairs(evidence: Evidence, parameters: Parameters) -> Result:
    """List every pair of an old forecast and a later figure of the same scope, with its kind.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades let in.

    Returns
    -------
    Result
        One term a pair: ``estimate`` is the logarithm of forecast over outcome per year of horizon (above 0: the forecast was
        too high), NaN where it is not one number, ``conf_low`` and ``conf_high`` the ends that the two figures leave open (no confidence
        interval; an open side is empty); columns kind, kinds (all that apply, in words), scope, year, horizon (years from publication to the target), the two figures in USD
        billion, their makers and grades, the years of both, ``off`` (the forecast as a multiple of the outcome, in words), echo.

    Notes
    -----
    A later figure is one published after the forecast. A neighbouring year is not adjusted for a year's growth. An outcome is
    interpolated on a logarithmic line between the nearest figures on both sides, taken together where makers disagree. Pairs are
    ranked by the nearer end of what they leave open, which is the error that is certain.
    """
    p = parameters
    frame = candidates(evidence, tuple(p.grades))
    more = _weaker_text(evidence, p)
    if frame.empty:
        rows = figures(evidence, p.grades)
        n = int((rows["status"] == "forecast").sum())
        reason = (
            f"no forecast of grade {'/'.join(p.grades)} has a later figure of the same scope at these grades "
            f"({count(n, 'forecast')}, {count(len(rows) - n, 'other figure')} on file)"
        )
        empty = not_estimable("forecast_pairs", reason, unit=_UNIT, n_dropped=len(rows))
        return replace(empty, text=f"{empty.text} {more}".strip())
    table = _pair_table(frame)
    forecasts, same = frame["forecast"].nunique(), int(_of_its_year(frame).sum())
    text = (
        f"Only {count(forecasts, 'forecast')} of grade {'/'.join(p.grades)} can be held against a later figure of the same market: {count(len(frame), 'pair')}, "
        f"with {count(n_independent(frame), 'independent outcome')}; {same or 'none'} {'sets' if same < 2 else 'set'} a forecast against a known figure of its own year."
    )
    grown = _growth(frame, evidence, p)
    text = " ".join(
        one for one in (text, _kinds_text(frame), _closed_text(frame, grown), _worst_text(frame), more) if one
    )
    result = _pairs_result(
        "forecast_pairs", table, frame, text, _pair_checks(frame, grown, evidence, p), evidence, p.grades
    )
    told = series(evidence, p).index if grown else ()
    return replace(result, rows=tuple(dict.fromkeys([*result.rows, *told])))


def weaker_pairs(evidence: Evidence, parameters: Parameters) -> Result:
    """List the pairs that only the grades not let in would add.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades let in; the pairs listed have a figure of another one.

    Returns
    -------
    Result
        As `pairs`; for reading only, nothing is computed from them.
    """
    p = parameters
    every = candidates(evidence, GRADES)
    frame = every[~every["term"].isin(candidates(evidence, tuple(p.grades))["term"])]
    if frame.empty:
        return not_estimable("weaker_pairs", "the grades not let in would add no pair", unit=_UNIT)
    one = len(frame) == 1
    text = (
        f"{counted(frame).replace('pair', 'more pair', 1)} {'rests' if one else 'rest'} on a figure of another grade than {'/'.join(p.grades)}; "
        f"{'it is' if one else 'they are'} listed and not used. {_worst_text(frame)}"
    )
    return _pairs_result("weaker_pairs", _pair_table(frame), frame, text, (), evidence, GRADES)


def _pairs_result(
    name: str,
    table: pd.DataFrame,
    frame: pd.DataFrame,
    text: str,
    checks: tuple[Check, ...],
    evidence: Evidence,
    grades: Sequence[str],
) -> Result:
    used = tuple(dict.fromkeys([row for one in frame.itertuples() for row in (one.forecast, *one.outcomes)]))
    data = pd.DataFrame(
        {"group": table["group"], "label": table["short"] + " [" + table["forecast_grade"] + "/" + table["outcome_grade"] + "]",
         **np.exp(table[["estimate", "conf_low", "conf_high"]].astype(float)), "weak": table["forecast_grade"].isin(["C", "D"]) | table["outcome_grade"].isin(["C", "D"])}
    )  # fmt: skip
    ends_ = data["estimate"].fillna(data[["conf_low", "conf_high"]].mean(axis=1))
    return Result(
        name, table, text, checks=checks, rows=used, n_used=len(used), n_dropped=len(figures(evidence, grades)) - len(used), plot_data=data,
        draw=partial(forest, title="Market forecasts against what came", percent=False, log=True, reference=1.0, xlabel="forecast over outcome, for one year ahead; above 1: too high"),
        alt=f"{count(len(table), 'pair')} of a forecast and an outcome in {count(table['kind'].nunique(), 'kind')}; forecast over outcome a year from "
        f"{number(float(ends_.min()), digits=2)} to {number(float(ends_.max()), digits=2)}.",
    )  # fmt: skip


def _pair_table(frame: pd.DataFrame) -> pd.DataFrame:
    exact = frame["low"] == frame["high"]
    closed = np.isfinite(frame[["low", "high"]]).all(axis=1)
    table = frame.assign(
        estimate=((frame["low"] + frame["high"]) / 2).where(closed),
        conf_low=_open(frame["low"]), conf_high=_open(frame["high"]), n_obs=1 + frame["outcomes"].map(len), unit=_UNIT,
        kinds=["; ".join(KINDS[kind] for kind in traits) for traits in frame["traits"]],
        off=[_said(low, high) for low, high in zip(frame["total_low"], frame["total_high"], strict=True)],
        grades=frame["forecast_grade"] + "/" + frame["outcome_grade"],
        method=np.select([exact, closed], ["two figures", "ends of the published ranges"], "one side open"),
        forecast_high=_open(frame["forecast_high"]), outcome_high=_open(frame["outcome_high"]),
    ).drop(columns=["low", "high", "total_low", "total_high", "outcomes", "tokens", "traits"])  # fmt: skip
    order = {kind: i for i, kind in enumerate(KINDS)}
    table = table.sort_values(
        ["kind", "scope", "year", "term"], key=lambda c: c.map(order) if c.name == "kind" else c, kind="stable"
    )
    return tidy(table.to_dict("records"))


def _said(low: float, high: float) -> str:
    """Say a log ratio of forecast to outcome, known to lie between its ends."""
    ends_ = [f"{np.exp(end):.2g}" for end in (low, high)]
    if np.isinf(low):
        return f"at most {ends_[1]} times"
    if np.isinf(high):
        return f"at least {ends_[0]} times"
    return f"{ends_[0]} times" if ends_[0] == ends_[1] else f"{ends_[0]} to {ends_[1]} times"


def _of_its_year(frame: pd.DataFrame) -> pd.Series:
    """Say which pairs set a forecast against a figure of the same year, both known on both sides."""
    other = frame["traits"].map(lambda traits: bool({"interpolated", "neighbouring_year", "bound"} & set(traits)))
    return ~other.astype(bool)


def _kinds_text(frame: pd.DataFrame) -> str:
    """Count the pairs of every kind: a pair of several is counted in each."""
    said = [
        f"{n} with {words}" for kind, words in KINDS.items() if (n := sum(kind in traits for traits in frame["traits"]))
    ]
    several = " (a pair may be of several kinds)" if frame["traits"].map(len).max() > 1 else ""
    return f"Counted by kind: {listing(said)}{several}."


def _growth(frame: pd.DataFrame, evidence: Evidence, p: Parameters) -> str:
    """Tell what a year's growth is in the one market that has a series, where pairs are of it."""
    if not frame["scope"].str.startswith(f"{SERIES} ").any():
        return ""
    points, rate = nominal_growth(evidence, p)
    return f" (of the ALSP totals {percent(rate)} a year)" if points else ""


def _closed_text(frame: pd.DataFrame, grown: str) -> str:
    """Tell how the pairs that are closed came about where none of them is of the forecast's own year."""
    closed = frame[np.isfinite(frame[["low", "high"]]).all(axis=1)]
    if closed.empty:
        return "How far off a forecast was is known of none: a side is only a bound."
    if _of_its_year(closed).any() or len(frame) == 1:
        return ""
    feigned = f"growth in between{grown} hides or feigns an error."
    if len(closed) > 2:
        return f"All {len(closed)} pairs without a bound have an outcome of another year: {feigned}"
    said = [f"{row.label} ({_said(row.total_low, row.total_high)})" for row in closed.itertuples()]
    return f"Both sides are known only in {listing(said)}, with an outcome of another year: {feigned}"


def _worst_text(frame: pd.DataFrame) -> str:
    least = least_off(frame)
    row = frame.loc[least.idxmax()]
    resting = [KINDS[kind] for kind in ("interpolated", "neighbouring_year", "bound") if kind in row["traits"]]
    rests = f" ({' and '.join(resting)})" if resting else ""
    said = f"the forecast was {_said(row['total_low'], row['total_high'])} the outcome, {_years(row['horizon'])} ahead{rests}."
    if len(frame) == 1:
        return f"In it ({row['label']}) {said}"
    right = int((least == 0).sum())
    if right == len(frame):
        return "Which was farthest off cannot be told: each may have been right."
    may = f" {right} of {len(frame)} cannot be ranked: the forecast may have been right." if right else ""
    return f"By the least that the figures leave, a year of horizon, farthest off was {row['label']}, where {said}{may}"


def _years(horizon: float) -> str:
    return "1 year" if horizon == 1 else f"{horizon:g} years"


def _let_in(evidence: Evidence, grades: Sequence[str]) -> list[tuple[str, pd.DataFrame]]:
    """Return the pairs as the missing grades are let in one after another."""
    steps, grown = [], list(grades)
    for grade in GRADES:
        if grade not in grown:
            grown.append(grade)
            steps.append((grade, candidates(evidence, tuple(sorted(grown)))))
    return steps


def _weaker_text(evidence: Evidence, p: Parameters) -> str:
    steps = _let_in(evidence, p.grades)
    said = [f"{counted(frame)} with grade {grade}" for grade, frame in steps]
    return f"Letting weaker grades in one after another would make it {listing(said)}." if said else ""


def _pair_checks(frame: pd.DataFrame, grown: str, evidence: Evidence, p: Parameters) -> tuple[Check, ...]:
    echoes = list(frame.loc[frame["echo"], "label"])
    others = frame[frame["kind"] != "same_author"]
    others_own = wider(evidence, p.grades)
    checks = [
        Check("Another maker", True if 2 * len(others) > len(frame) else None, f"{len(others)} of {count(len(frame), 'pair')} {'has' if len(others) == 1 else 'have'} an outcome that somebody other than the forecaster told."),
        Check("Independence", None, f"{counted(frame)}: those that share a maker or a market and year count once."),
        Check("Echo", not echoes, f"An outcome is the very number of an earlier forecast in {count(len(echoes), 'pair')}" + (f": {listing(echoes)}." if echoes else ".")),
        Check("Growth", None, f"The outcome of a neighbouring year holds one more or one less year of growth than the forecast{grown}; nothing is adjusted for it."),
    ]  # fmt: skip
    if others_own:
        checks.append(Check("Other scope", None, f"Not a pair, for the scopes differ: {listing(others_own)}."))
    return tuple(checks)


def pooled_error(evidence: Evidence, parameters: Parameters) -> Result:
    """Pool the errors of the pairs of one kind where there are enough of them; elsewhere say how many there are.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, grades.

    Returns
    -------
    Result
        One term a kind with ``n_obs`` pairs (echoes left out) and ``n_outcomes`` independent ones; where the kind qualifies,
        ``estimate``, ``conf_low`` and ``conf_high`` of the mean log error a year, and terms ending in ``_median`` and ``_next`` as in
        `error_summary`.

    Notes
    -----
    Estimand: the mean over outcomes of the log error a year of forecasts that were published and kept on file. Forecasts nobody
    could check later are not among them.
    """
    p = parameters
    frame = candidates(evidence, tuple(p.grades))
    used = frame[~frame["echo"].astype(bool)]
    records: list[dict[str, Any]] = []
    for kind, words in KINDS.items():
        part = used[used["kind"] == kind]
        base = {"n_obs": len(part), "n_outcomes": n_independent(part), "level": p.level, "unit": _UNIT}
        records += [{"label": words, **base, **cells} for cells in _pool(kind, part, p.level)]
    table = tidy(records)
    pooled = table[table["method"].str.contains(" over ")]
    text = _pooled_text(table, pooled, evidence, p)
    checks = (
        Check("Enough", bool(len(pooled)), f"{LEAST_PAIRS} pairs from {LEAST_OUTCOMES} independent outcomes are asked for in one kind."),
        Check("Independence of forecasts", None, "Pairs that share an outcome count once; one maker's forecasts of several markets still hang together."),
    )  # fmt: skip
    rows = tuple(dict.fromkeys(row for one in used.itertuples() for row in (one.forecast, *one.outcomes)))
    if pooled.empty:
        reason = text.split(". ")[0].removeprefix("Not estimable, because ")
        return Result(
            "pooled_forecast_error", table, text, checks=checks, rows=rows, n_dropped=len(frame), reason=reason
        )
    data = pooled.assign(
        group="Forecasts against outcomes",
        weak=False,
        **np.exp(pooled[["estimate", "conf_low", "conf_high"]].astype(float)),
    )
    return Result(
        "pooled_forecast_error", table, text, checks=checks, rows=rows, n_used=int(pooled.loc[~pooled["term"].str.contains("_median|_next"), "n_obs"].sum()),
        n_dropped=int(frame["echo"].sum()), plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]],
        draw=partial(forest, title="The error of market forecasts", percent=False, log=True, reference=1.0, xlabel=f"forecast over outcome, for one year ahead; {p.level:.0%} interval"),
        alt=f"Mean, median and next error a year of {count(pooled['n_outcomes'].nunique(), 'kind')} of pairs, with intervals.",
    )  # fmt: skip


_METHODS = {
    "mean": "mean over outcomes, t interval",
    "median": "median over outcomes, interval of the sign test",
    "next": "mean over the forecasts of one new outcome, t interval",
}


def _pool(kind: str, part: pd.DataFrame, level: float) -> list[dict[str, Any]]:
    if not _qualifies(part):
        return [{"term": kind, "method": "too few pairs or outcomes"}]
    try:
        summary = error_summary(part.assign(outcome=independent(list(part["tokens"]))), level=level)
    except ParameterError as error:
        return [{"term": kind, "method": error.what}]
    records: list[dict[str, Any]] = []
    for name, row in summary.iterrows():
        cells = {column: or_nan(row[column]) for column in ("estimate", "std_error", "conf_low", "conf_high")}
        short = "; too few outcomes for the interval" if row[["conf_low", "conf_high"]].isna().all() else ""
        term = kind if name == "mean" else f"{kind}_{name}"
        label = {} if name == "mean" else {"label": f"{KINDS[kind]}, {name}"}
        records.append({"term": term, "method": f"{_METHODS[str(name)]}{short}", **cells, **label})
    return records


def _qualifies(part: pd.DataFrame) -> bool:
    return len(part) >= LEAST_PAIRS and n_independent(part) >= LEAST_OUTCOMES


def _pooled_text(table: pd.DataFrame, pooled: pd.DataFrame, evidence: Evidence, p: Parameters) -> str:
    told = []
    for row in pooled[pooled["term"].isin(list(KINDS))].itertuples():
        low, high = (
            percent(float(np.expm1(end))) if np.isfinite(end) else "open" for end in (row.conf_low, row.conf_high)
        )
        mean = (
            percent(float(np.expm1(row.estimate))) if np.isfinite(row.estimate) else "an amount that bounds leave open"
        )
        told.append(
            f"{sentence(row.label)}: {count(row.n_obs, 'pair')} from {row.n_outcomes} independent outcomes were off by {mean} a year of horizon in the mean "
            f"({p.level:.0%} interval {low} to {high}; above 0, the forecasts were too high)."
        )
    if not told:
        near = table.sort_values(["n_outcomes", "n_obs"], kind="stable").iloc[-1]
        nearest = (
            f"the nearest has {count(near['n_obs'], 'pair')} from {count(near['n_outcomes'], 'independent outcome')} ({near['label']})"
            if near["n_obs"]
            else "there is no pair at all"
        )
        told.append(
            f"Not estimable, because no kind has {LEAST_PAIRS} pairs from {LEAST_OUTCOMES} independent outcomes at grade {'/'.join(p.grades)}; {nearest}."
        )
    for grade, frame in _let_in(evidence, p.grades):
        kept = frame[~frame["echo"].astype(bool)]
        kinds = [words for kind, words in KINDS.items() if _qualifies(kept[kept["kind"] == kind])]
        if set(kinds) - set(pooled["label"]):
            told.append(
                f"With grades down to {grade} let in, {count(len(kinds), 'kind')} would qualify ({listing(kinds)})."
            )
            break
    return " ".join(told)


def revisions(evidence: Evidence, parameters: Parameters) -> Result:
    """Show how makers changed their forecast of the same market and year; a revision is no outcome.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades let in.

    Returns
    -------
    Result
        One term an edition after the first: ``estimate`` is the logarithm of the new figure over the one before it, NaN where that is
        not one number; columns maker, scope, year, published, before, after (USD billion), years (between the two), grade.
    """
    p = parameters
    chains = revised(evidence, tuple(p.grades))
    if not chains:
        reason = f"no maker forecast the same market and year twice at grade {'/'.join(p.grades)} (0 revisions)"
        return not_estimable("forecast_revisions", reason, unit="log ratio")
    records, drawn, told = [], [], []
    for chain in chains:
        first, last = chain.iloc[0], chain.iloc[-1]
        group = f"{market(first)}: {maker(first['publisher'])}"
        for (_, old), (name, new) in zip(chain.iloc[:-1].iterrows(), chain.iloc[1:].iterrows(), strict=True):
            low, high = log_ratio(new["low"], new["high"], old["low"], old["high"])
            records.append({"term": str(name), "label": f"{group}, {old['told']} to {new['told']}", "estimate": low if low == high else np.nan,
                            "conf_low": or_nan(low), "conf_high": or_nan(high), "n_obs": 2, "unit": "log ratio", "method": "new over old forecast",
                            "maker": maker(new["publisher"]), "scope": new["scope"], "year": int(new["year_end"]), "published": new["published"],
                            "before": one_number(old), "after": one_number(new), "years": years_between(old, new), "grade": f"{old['grade']}/{new['grade']}"})  # fmt: skip
        drawn += [
            {"group": group, "label": f"told {row['told']} [{row['grade']}]", "estimate": one_number(row), "conf_low": row["low"],
             "conf_high": or_nan(row["high"]), "weak": row["grade"] in ("C", "D"), "ahead": True}
            for _, row in chain.iterrows()
        ]  # fmt: skip
        editions = listing([f"{one_number(row):g} ({row['told']})" for _, row in chain.iterrows()])
        change = one_number(last) / one_number(first) - 1
        way = f"{percent(abs(change))} {'above' if change > 0 else 'below'}" if change else "equal to"
        told.append(
            f"{maker(first['publisher'])} put {market(first)} at {editions} billion dollars: the last is {way} the first."
        )
    rows = tuple(str(row) for chain in chains for row in chain.index)
    text = f"{count(len(chains), 'target')} {'was' if len(chains) == 1 else 'were'} forecast more than once by the same maker. {' '.join(told)} Whether the last was right is not told by it."
    return Result(
        "forecast_revisions", tidy(records), text, rows=rows, n_used=len(rows), plot_data=pd.DataFrame(drawn),
        checks=(Check("Outcome", None, "Revisions stand apart: they say what a maker unlearned, not how far it was off."),),
        draw=partial(forest, title="What makers made of their own forecasts", percent=False, xlabel="USD billion forecast for the year; open: C and D"),
        alt=f"Successive forecasts of the same year: {' '.join(told)}",
    )  # fmt: skip
