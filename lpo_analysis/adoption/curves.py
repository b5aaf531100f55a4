"""Diffusion curves: whether a ceiling can be seen in the market, and how early one could be seen where the end is known."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis.adoption.market import series
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.evidence import Evidence
from lpo_analysis.evidence import table as load_table
from lpo_analysis.methods.diffusion import CurveFit, Verdict, fit_curve, identified
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, number, percent, sentence

CURVES = {"logistic": "logistic curve", "gompertz": "Gompertz curve"}
"""Level curves whose position in time is a parameter, so that a series may begin long after the start."""
EARLY = 10
"""Points of a reference series that are shown to a curve before the rest is."""
WHOLE = 100.0
"""Percent of households or persons that no share can pass."""
_COVERAGE = "ceiling_profile_reached"


@lru_cache(maxsize=64)
def _fitted(curve: str, time: tuple[float, ...], value: tuple[float, ...]) -> CurveFit:
    """Fit one curve: the same work whatever the level."""
    return fit_curve(curve, time, value, kind="level")


@lru_cache(maxsize=128)
def _judged(
    curve: str, time: tuple[float, ...], value: tuple[float, ...], level: float, cap: float | None = None
) -> dict[str, Any]:
    """Fit one curve; where its ceiling is not identified there is an interval, and no estimate.

    What was reached is no ceiling that lies below: published totals and shares count as reached, not as readings with errors.
    """
    verdict = identified(_fitted(curve, time, value), level=level, floor=max(value), cap=cap)
    least = verdict.profile.loc[verdict.profile["sse"].idxmin(), "ceiling"] if len(verdict.profile) else np.nan
    return {
        "estimate": least if verdict.identified else np.nan,
        "conf_low": verdict.low,
        "conf_high": verdict.high,
        "identified": verdict.identified,
        "missed": verdict.missed,
        "passed": verdict.passed,
        "verdict": _verdict(verdict, cap),
        "why": verdict.reason,
    }


def _verdict(found: Verdict, cap: float | None) -> str:
    if found.identified:
        return "seen"
    if found.missed:
        return "the curve misses the end"
    return f"the curve ends above {cap:g}" if found.passed else "not seen"


def ceiling(evidence: Evidence, parameters: Parameters) -> Result:
    """Say whether a ceiling can be seen in the consistent series.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level and grades.

    Returns
    -------
    Result
        Terms ``logistic`` and ``gompertz``: the ceiling in USD billion (nominal) with its profile interval; not estimable where no
        curve has one that is identified.

    Notes
    -----
    Estimand: the level at which the totals would end if they followed the curve. Identified means that the profile excludes
    large ceilings and that the series has passed the inflection; small ones are excluded by what has been reached.
    """
    p = parameters
    rows = series(evidence, p)
    points = rows[rows["form"] == "point"]
    terms = {name: f"ceiling of a {words}" for name, words in CURVES.items()}
    if len(points) < 4:
        reason = f"{count(len(points), 'point')} of grade {'/'.join(p.grades)} {'is' if len(points) == 1 else 'are'} too few for a curve with a ceiling"
        return not_estimable("ceiling", reason, terms=terms, level=p.level, unit="USD bn")
    years, values = (tuple(points[column].astype(float)) for column in ("year_end", "value"))
    table = tidy(
        {"term": name, "label": label, "level": p.level, "n_obs": len(points), "unit": "USD bn", "method": "level curve, profile of the squared log errors",
         **_judged(name, years, values, p.level)}
        for name, label in terms.items()
    )  # fmt: skip
    rows_used = tuple(points.index)
    seen = table[table["identified"]]
    by_span: dict[str, list[str]] = {}
    for row in table.itertuples():
        by_span.setdefault(_span(row, max(values)), []).append(f"a {CURVES[row.term]}")
    spans = listing(
        [
            f"{listing(curves)} {'both allow' if len(curves) > 1 else 'allows'} {span}"
            for span, curves in by_span.items()
        ]
    )
    if seen.empty:
        reason = f"{spans} ({p.level:.0%} profile intervals, billion dollars)"
        text = f"No ceiling can be seen in {count(len(points), 'point')}: {reason}. A forecast of saturation, or of none, is not in these data."
        return Result("ceiling", table, text, rows=rows_used, n_used=len(points), reason=reason)
    told = listing(
        [
            f"a {CURVES[row.term]} at {number(row.estimate, digits=2)} ({_span(row, max(values))})"
            for row in seen.itertuples()
        ]
    )
    other = (
        ""
        if len(seen) == len(table)
        else f" The other curve does not tell: {_span(table[~table['identified']].iloc[0], max(values))}."
    )
    text = f"{sentence(told)} billion dollars puts the ceiling ({p.level:.0%} profile intervals).{other}"
    return Result("ceiling", table, text, rows=rows_used, n_used=len(points))


def _span(row: Any, reached: float) -> str:
    if np.isinf(row.conf_high):
        least = f"the {number(reached)} reached" if row.conf_low <= reached else number(row.conf_low, digits=2)
        return f"any ceiling above {least}"
    return f"{number(row.conf_low, digits=2)} to {number(row.conf_high, digits=2)}"


def ceilings_elsewhere(evidence: Evidence, parameters: Parameters) -> Result:
    """Show curves the first points of public adoption series, and compare the ceilings they see with what came.

    Parameters
    ----------
    evidence : Evidence
        Not read: the series are a table.
    parameters : Parameters
        Level.

    Returns
    -------
    Result
        One term a series, curve and number of points (the first ten, and all): ``estimate`` is the ceiling in percent where it is
        identified, ``reached`` the highest share the whole series reached, ``exceeded`` whether that lies above the interval,
        ``missed`` and ``passed`` whether the verdict is withdrawn because the curve that fits best levels off below what it was shown or
        above 100.

    Notes
    -----
    Estimand as in `ceiling`, among the ceilings from what was reached to the 100 that no share of households or persons can pass; where
    100 cannot be excluded, it is the limit of a share and no finding, and no ceiling is seen. How many of the ceilings seen early are
    wrong is a least number: most series had not ended when they were last read, and a ceiling told too high shows only above 100.
    """
    del evidence
    p = parameters
    frame = load_table("reference_adoption_series")
    records: list[dict[str, Any]] = []
    for name, part in frame.groupby("series_id", sort=False):
        years, values = (tuple(part[column].astype(float)) for column in ("year", "value"))
        label, reached = part["label"].iloc[0], max(values)
        for n, points in ((EARLY, f"first {EARLY}"), (len(years), f"all {len(years)}")):
            for curve, words in CURVES.items():
                judged = _judged(curve, years[:n], values[:n], p.level, WHOLE)
                records.append(
                    {"term": f"{name}_{curve}_{n}", "label": f"{label}: {words}, {points} points", "series": label, "curve": words, "points": points,
                     "level": p.level, "n_obs": n, "unit": "percent", "method": "level curve, profile of the squared log errors", "reached": reached,
                     **judged, "exceeded": bool(judged["identified"] and reached > judged["conf_high"])}
                )  # fmt: skip
    table = tidy(records)
    early = table[table["n_obs"] == EARLY]
    seen = early[early["identified"]]
    late = table[table["n_obs"] != EARLY]
    low, high = int(seen["exceeded"].sum()), int(early["passed"].sum())
    text = (
        f"Shown the first {EARLY} points of {frame['series_id'].nunique()} public series whose later course is known, the two curves claim to see a ceiling in "
        f"{len(seen)} of {len(early)} cases, and in {f'at least {low}' if low else 'none'} of these the series went above its {p.level:.0%} interval later"
        + (
            f"; in {high} more the curve that fits best ends above {WHOLE:g}%, where no share can be. "
            if high
            else ". "
        )
        + f"Shown all points, they see one in {int(late['identified'].sum())} of {len(late)}{_withdrawn(late)}. "
        "A ceiling told early is a property of the curve that was chosen."
    )
    checks = (
        Check("Ceilings that were wrong", not low + high, f"Of {len(early)} fits to {EARLY} points {low} told a ceiling that was passed later and {high} one above {WHOLE:g}%; the other series have not ended, so these are the least."),
        Check("Ends that were missed", not table["missed"].any(), f"In {int(table['missed'].sum())} of {len(table)} fits the curve that fits best levels off below the highest share it was shown; no ceiling is told there."),
        Check("Ends above the whole", not table["passed"].any(), f"In {int(table['passed'].sum())} of {len(table)} fits the curve that fits best levels off above {WHOLE:g}% by more than its interval; no ceiling is told there."),
        Check("Errors", None, "Errors of successive years hang together, which the intervals do not know: they are too narrow."),
    )  # fmt: skip
    return Result(
        "ceilings_elsewhere",
        table,
        text,
        checks=checks,
        rows=("table:reference_adoption_series:all",),
        n_used=len(frame),
    )


def _withdrawn(late: pd.DataFrame) -> str:
    """Say of how many whole series the curve ends where no ceiling can be."""
    said = [
        f"in {n} the best curve levels off {where}"
        for n, where in (
            (int(late["missed"].sum()), "below what the series has reached"),
            (int(late["passed"].sum()), f"above {WHOLE:g}%"),
        )
        if n
    ]
    return f"; {listing(said)}, so that no ceiling is told there" if said else ""


def ceilings_coverage(elsewhere: Result) -> str:
    """Say how often intervals like those of the public series hold the ceiling in simulation, and for which nobody has simulated it.

    Parameters
    ----------
    elsewhere : Result
        What `ceilings_elsewhere` returned.

    Returns
    -------
    str
        The lowest and highest coverage of every number of points simulated near those of the table, and what was not simulated.
    """
    cells = load_table("coverage_adoption").query("estimator == @_COVERAGE")
    points = sorted(elsewhere.table["n_obs"].astype(int).unique())
    sizes = np.sort(cells["n"].astype(int).unique())
    # The simulated sizes on both sides of each series, for nothing is known of those between.
    near = sorted({int(size) for n in points for size in (*sizes[sizes <= n][-1:], *sizes[sizes >= n][:1])})
    told = []
    for size in near:
        held = cells.loc[cells["n"] == size, "coverage"]
        ends = dict.fromkeys([percent(held.min()), percent(held.max())])
        told.append(f"{' to '.join(ends)} of the runs with {size} points")
    longer = [n for n in points if n > sizes[-1]]
    beyond = (
        f"series of more than {sizes[-1]} points ({count(len(longer), 'length')} in the table, up to {longer[-1]})"
        if longer
        else ""
    )
    missing = listing([one for one in (beyond, "Gompertz curves", f"the limit of {WHOLE:g}%") if one])
    return (
        f"Low and High bear no stated coverage. In simulations of logistic curves, {cells['level'].iloc[0]:.0%} intervals of this kind held the ceiling in {listing(told)}, by the size of the "
        f"errors and whether they hang together: the highest level is taken as reached, and may be a reading above the ceiling. Not simulated are {missing}."
    )
