"""How much of a team is gone after some years, at the rates of leaving on file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from lpo_analysis import vocabulary
from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, number, percent

_SECTORS = {
    "lpo_providers": "legal outsourcing providers", "law_firm_associates": "associates of law firms", "india_bpo": "Indian business processing",
    "india_bpo_financial": "Indian processing, pharma and finance", "india_bpo_call_centres": "Indian call centres", "india_it_services": "Indian IT services",
    "india_bpo_nhrdn": "Indian processing, HR network",
}  # fmt: skip
_OWN = "lpo_providers"


def gone(rate: Floats | float, *, years: float) -> tuple[Floats, Floats]:
    """Return the share of a team that is gone after some years of a constant hazard, by what the rate counts.

    Parameters
    ----------
    rate : ndarray of float or float
        Leavers of a year as a share, 0 or more.
    years : float
        Years.

    Returns
    -------
    tuple of ndarray of float
        If the rate is leavers over the mean headcount (the hazard itself), ``1 - exp(-rate years)``; if it is the share of those there
        at the start of a year who have left at its end, ``1 - (1 - rate) ** years``.
    """
    value = np.asarray(rate, dtype=float)
    return -np.expm1(-value * years), 1 - (1 - np.minimum(value, 1.0)) ** years


def attrition(*, evidence: Evidence, years: int, grades: Sequence[str] = ("A", "B"), level: float = 0.90) -> Result:
    """Show what the rates of leaving on file do to a team over the horizon.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    years : int
        Horizon.
    grades : sequence of str, default ('A', 'B')
        Grades let in.
    level : float, default 0.90
        Told in the table; published rates have no interval.

    Returns
    -------
    Result
        One term a row: ``estimate`` is the share of today's team gone at the end if the published rate is a constant hazard; the ends
        are the two readings of what a rate counts, at the two ends of a published range. ``rate_low`` and ``rate_high`` are the
        published rate, ``posts`` the expected replacements per post.
    """
    terms = {"gone": f"share of a team gone after {count(years, 'year')}"}
    rows = select(evidence, metric="attrition_rate", grades=grades, context=True, required=False)
    if rows.empty:
        reason = f"no rate of leaving of grade {'/'.join(grades)} is on file (0 rows)"
        return not_estimable("attrition", reason, terms=terms, level=level)
    rows = rows.assign(order=rows["category"] != _OWN).sort_values(["order", "geography", "year_end"], kind="stable")
    low, high = (end / 100 for end in ends(rows))
    middle = (low + high) / 2
    left = np.array([gone(rate, years=years) for rate in (low, middle, high)])
    table = tidy(
        {"term": row_id, "label": f"{_SECTORS.get(row['category'], row['category'].replace('_', ' '))}, {vocabulary.in_words(row['geography']) if row['geography'] != 'WLD' else 'world'}, {row['year_end']} [{row['grade']}]",
         "estimate": left[1, 0, at], "conf_low": left[0].min(axis=0)[at], "conf_high": left[2].max(axis=0)[at], "level": np.nan, "n_obs": 1, "unit": "share of the team",
         "method": "constant hazard; ends are readings of the rate", "rate_low": low[at], "rate_high": high[at], "posts": middle[at] * years, "grade": row["grade"],
         "category": row["category"], "year": int(row["year_end"])}
        for at, (row_id, row) in enumerate(rows.iterrows())
    )  # fmt: skip
    own, other = table[table["category"] == _OWN], table[table["category"] != _OWN]
    told = [
        f"Legal outsourcing providers said that {percent(row.rate_low)} of their staff left in a year ({row.year}, grade {row.grade}, reported by themselves): at that pace "
        f"{_span(row.conf_low, row.conf_high)} of a team is gone after {count(years, 'year')}, which takes {number(row.posts, digits=2)} replacements per post."
        for row in own.itertuples()
    ]
    if own.empty:
        told.append(f"No rate of legal outsourcing providers is on file at grade {'/'.join(grades)}.")
    if len(other):
        told.append(
            f"{'Elsewhere' if len(own) else 'In other trades'} {count(len(other), 'rate')} of {_span(other['rate_low'].min(), other['rate_high'].max())} a year "
            f"would replace {_span(other['conf_low'].min(), other['conf_high'].max())}."
        )
    if len(own) and int(own["year"].max()) < 2020:
        told.append(f"No rate of such providers after {int(own['year'].max())} is on file.")
    data = table.assign(
        group=["Legal outsourcing" if c == _OWN else "Compared with" for c in table["category"]],
        weak=table["grade"].isin(["C", "D"]),
    )
    return Result(
        "attrition", table, " ".join(told),
        checks=(
            Check("Constant hazard", None, "Everybody is as likely to leave at any time, whatever the time served; where newcomers leave first, more of the old team stays."),
            Check("What a rate counts", None, "No row says whether it counts leavers over mean headcount or over those there at the start; both readings make the ends."),
        ),
        rows=tuple(rows.index), n_used=len(rows), plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]],
        draw=partial(forest, title=f"How much of a team is gone after {count(years, 'year')}", xlabel="share of today's team, at the published rate held constant"),
        alt=f"Share of a team gone after {count(years, 'year')} at {count(len(table), 'published rate')}, {percent(table['conf_low'].min())} to {percent(table['conf_high'].max())}.",
    )  # fmt: skip


def _span(low: float, high: float) -> str:
    ends = dict.fromkeys((percent(low), percent(high)))
    return " to ".join(ends)
