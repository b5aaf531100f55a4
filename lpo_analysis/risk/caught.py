"""Invented citations that were caught, and what sanctions are on file: counts without a denominator, never rates."""

from __future__ import annotations

import calendar
import re
from datetime import date
from functools import partial
from typing import Any

import pandas as pd

from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import count, listing, money, number, percent

_STAMP = re.compile(r"^cumulative_(\d{4})_(\d\d|early|late)$")
_SEASON = {"early": (1, 6), "late": (10, 12)}
"""Months that a loose date can mean: a late count was made after September."""


def caught(evidence: Evidence, parameters: Parameters) -> Result:
    """Show how many cases of invented content a public tracker listed, by the date of the count.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades.

    Returns
    -------
    Result
        One term a dated count (``cases_...``), cumulative, so that no two may be added; ``added_per_day`` between the last two counts
        whose month is told, with the bounds that the loose dates leave (no confidence interval); ``share_...`` of the cases listed at
        one date. No rate: nobody counts the filings, or those in which AI was used.
    """
    p = parameters
    rows = select(evidence, metric="ai_hallucination_case_count", grades=p.grades, required=False)
    if rows.empty:
        return not_estimable("caught_cases", f"no count of grade {'/'.join(p.grades)} is on file (0 rows)")
    totals = [(_span(row), row) for _, row in rows.iterrows() if _STAMP.match(row["category"])]
    # A count that only grows dates itself better than a loose date does.
    totals.sort(key=lambda item: float(item[1]["value"]))
    records: list[dict[str, Any]] = [
        {"term": f"cases_{row['category'].removeprefix('cumulative_')}", "label": f"{_when(span)} [{row['grade']}]", "estimate": float(row["value"]),
         "n_obs": 1, "unit": "cases listed", "method": "as published, cumulative", "when": _when(span), "row": row.name}
        for span, row in totals
    ]  # fmt: skip
    added = _added(totals)
    parts = _parts(rows)
    daily = rows[rows["category"].str.startswith("new_cases_per_day")]
    table = tidy([*records, *added, *parts])
    used = dict.fromkeys([*(str(r["row"]) for r in [*records, *parts]), *map(str, daily.index)])
    return Result(
        "caught_cases", table, _cases_told(records, added, parts, daily), checks=(
            Check("Denominator", None, "0 rows: nobody counts the filings, or those in which AI was used. A rate of invented citations is not estimable."),
            Check("Counts of one tracker", None, f"{count(len(records), 'dated count')} of one database overlap: each holds those before it, and cases found later are added to earlier years. They are never added up."),
        ),
        rows=tuple(used), n_used=len(used), n_dropped=len(rows) - len(used),
        plot_data=_drawn(pd.DataFrame(records).assign(group="Listed since 2023, all courts")) if records else None,
        draw=partial(forest, title="Cases of AI-made content a tracker had listed", xlabel="cases listed so far; cumulative, no rate", percent=False) if records else None,
        alt=f"{count(len(records), 'cumulative count')} by date, from {records[0]['estimate']:,.0f} to {records[-1]['estimate']:,.0f}." if records else "",
    )  # fmt: skip


def _span(row: pd.Series) -> tuple[date, date]:
    """Say between which days a count was made: the month of its category, or the day where the page tells it."""
    found = _STAMP.match(row["category"])
    assert found is not None, "only dated counts come here"
    year, part = int(found[1]), found[2]
    first, last = _SEASON.get(part) or (int(part), int(part))
    span = date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])
    try:
        day = date.fromisoformat(str(row["published"]))
    except ValueError:
        return span
    return (day, day) if span[0] <= day <= span[1] else span


def _when(span: tuple[date, date]) -> str:
    first, last = span
    if first == last:
        return f"{first.day} {first:%B} {first.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%B} {first.year}"
    return f"{first:%B} to {last:%B} {last.year}"


def _added(totals: list[tuple[tuple[date, date], pd.Series]]) -> list[dict[str, Any]]:
    told = [item for item in totals if (item[0][1] - item[0][0]).days <= 31]
    if len(told) < 2:
        return []
    (before, one), (after, other) = told[-2:]
    longest, shortest = (after[1] - before[0]).days, (after[0] - before[1]).days
    gained = float(other["value"] - one["value"])
    if shortest <= 0 or gained < 0:
        return []
    return [
        {"term": "added_per_day", "label": f"added a day, {_when(before)} to {_when(after)}", "estimate": gained / ((longest + shortest) / 2), "conf_low": gained / longest,
         "conf_high": gained / shortest, "n_obs": 2, "unit": "cases a day", "method": "difference of two counts; bounds from their loose dates", "when": "", "row": other.name}
    ]  # fmt: skip


def _parts(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Take what a count was divided into as shares of that count alone."""
    names = {
        "lawyers": "filed by lawyers",
        "self_represented": "filed by people without a lawyer",
        "fabricated_case_law": "with invented case law",
    }
    totals = {row["category"]: row for _, row in rows.iterrows() if _STAMP.match(row["category"])}
    records: list[dict[str, Any]] = []
    for name, row in rows.iterrows():
        for stem, total in totals.items():
            part = str(row["category"]).removeprefix(f"{stem}_")
            if part in names and row["category"] != part and row["source_id"] == total["source_id"]:
                records.append(
                    {"term": f"share_{part}", "label": f"{names[part]}, {_when(_span(total))}", "estimate": float(row["value"] / total["value"]), "n_obs": float(total["value"]),
                     "unit": "share", "method": "share of the cases listed; all of them counted, no sample", "when": _when(_span(total)), "row": name}
                )  # fmt: skip
    return records


def _cases_told(
    records: list[dict[str, Any]], added: list[dict[str, Any]], parts: list[dict[str, Any]], daily: pd.DataFrame
) -> str:
    said = []
    if len(records) > 1:
        a, b = records[0], records[-1]
        said.append(f"A public tracker listed {a['estimate']:,.0f} court decisions on AI-made content by {a['when']} and {b['estimate']:,.0f} by {b['when']}.")  # fmt: skip
    elif records:
        said.append(f"A public tracker listed {records[0]['estimate']:,.0f} court decisions on AI-made content by {records[0]['when']}.")  # fmt: skip
    if added:
        row = added[0]
        keeper = f" (its keeper says about {daily['value'].iloc[-1]:g})" if len(daily) else ""
        said.append(f"Between the last two dated counts it grew by {number(row['conf_low'], digits=2)} to {number(row['conf_high'], digits=2)} cases a day{keeper}, which mixes more cases with more searching.")  # fmt: skip
    if parts:
        named = listing([f"{percent(part['estimate'])} were {part['label'].split(',')[0]}" for part in parts])
        said.append(f"Of the {parts[0]['n_obs']:,.0f} cases listed by {parts[0]['when']}, {named.replace('were with', 'came with')}.")  # fmt: skip
    said.append("These are cases that were caught and found: how often citations are invented is not estimable, because no count of filings is on file (0 rows).")  # fmt: skip
    return " ".join(said)


def _drawn(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.reindex(columns=["group", "label", "estimate", "conf_low", "conf_high", "grade"])
    weak = frame["grade"].isin(["C", "D"]) | frame["label"].str.contains(r"\[[CD]\]")
    return frame.assign(weak=weak).drop(columns="grade")


def sanctions(evidence: Evidence, parameters: Parameters) -> Result:
    """Show what is on file of sanctions: for invented citations, and, older, for failures of e-discovery.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades and level.

    Returns
    -------
    Result
        Amounts of single cases (``ai_...``, USD), and shares of e-discovery motions granted (``granted_...``) and of awards against
        counsel with Wilson intervals that read the decisions found as a sample of decisions. Never a chance of being sanctioned.
    """
    p = parameters
    fines = select(evidence, metric="fine_or_settlement", grades=p.grades, required=False)
    fines = fines[fines["category"].str.startswith("ai_sanction")]
    counts = select(evidence, metric="sanction_case_count", grades=p.grades, required=False)
    shares = select(evidence, metric="sanction_grant_share", grades=p.grades, required=False)
    rows = [*fines.index, *counts.index, *shares.index]
    if not rows:
        return not_estimable("sanctions", f"no figure of grade {'/'.join(p.grades)} on sanctions is on file (0 rows)")
    records: list[dict[str, Any]] = []
    for name, row in fines.sort_values("value").iterrows():
        floor = row["form"] == "floor"
        records.append(
            {"term": f"ai_{name}", "label": f"invented citations: {_case(str(row['category']))}, {row['year_end']} [{row['grade']}]", "estimate": 1e6 * float(row["value"]),
             "n_obs": 1, "unit": "USD", "method": "as published" + ("; at least" if floor else ""), "year": row["year_end"]}
        )  # fmt: skip
    value = counts.set_index("category")["value"]
    for term, part, whole, label in (
        ("granted_before_2010", "awards", "motions", "e-discovery motions granted, federal, 1981-2009"),
        ("granted_2010", "awards_one_year", "motions_one_year", "e-discovery motions granted, 2010"),
        ("counsel_before_2010", "awards_against_counsel", "awards", "e-discovery awards against counsel, 1981-2009"),
    ):
        if part in value and whole in value:
            share, n = float(value[part] / value[whole]), int(value[whole])
            low, high = share_interval(share, n, level=p.level)
            records.append({"term": term, "label": label, "estimate": share, "conf_low": low, "conf_high": high, "level": p.level, "n_obs": n, "unit": "share", "method": "Wilson; decisions found read as a sample"})  # fmt: skip
    for name, row in shares.iterrows():
        records.append({"term": f"granted_{name}", "label": f"e-discovery motions granted, {row['year_end']}, {row['publisher']} [{row['grade']}]", "estimate": float(row["value"]) / 100, "unit": "share", "method": "as published; number of motions not told"})  # fmt: skip
    table = tidy(records)
    table["shown"] = [
        percent(row.estimate) if row.unit == "share" else money(row.estimate, "USD") for row in table.itertuples()
    ]
    return Result(
        "sanctions", table, _sanctions_told(table, value), checks=(
            Check("Chance of a sanction", None, "Not estimable: how many of the caught cases led to one is not on file, nor how many invented citations were never caught."),
            Check("Another subject", None, "The e-discovery figures are of 2010 and before, on lost or withheld documents; they bear on sanctions for failures of people, not on AI."),
        ),
        rows=tuple(map(str, rows)), n_used=len(rows),
    )  # fmt: skip


def _case(category: str) -> str:
    """Name the case a category is of, or the sum it is."""
    if category == "ai_sanctions_us_first_quarter":
        return "all US courts together, first quarter"
    name, each = re.subn(r"_per_lawyer$", "", category.removeprefix("ai_sanction_"))
    return name.replace("_", " ").title().replace(" V ", " v. ") + (", each lawyer" if each else "")


def _sanctions_told(table: pd.DataFrame, value: pd.Series) -> str:
    said = []
    fines = table[(table["unit"] == "USD") & ~table["label"].str.contains("quarter")]
    if len(fines):
        low, high = (money(amount, "USD") for amount in (fines["estimate"].min(), fines["estimate"].max()))
        reach = f"from {low} to {high}" if len(fines) > 1 else f"of {low}"
        said.append(f"{count(len(fines), 'sanction')} for invented citations {'is' if len(fines) == 1 else 'are'} on file with an amount, {reach}: those that made the news, no sample.")  # fmt: skip
    total = table[(table["unit"] == "USD") & table["label"].str.contains("quarter")]
    if len(total) == 1:
        said.append(
            f"All US courts together imposed at least {money(float(total['estimate'].iloc[0]), 'USD')} in the first quarter of {total['year'].iloc[0]:.0f}."
        )
    shares = table.set_index("term")
    if "granted_before_2010" in shares.index:
        row = shares.loc["granted_before_2010"]
        against = (
            f", {value['awards_against_counsel']:.0f} of them against counsel"
            if "counsel_before_2010" in shares.index
            else ""
        )
        said.append(f"For e-discovery failures before 2010, {value['awards']:.0f} of {value['motions']:.0f} motions were granted ({percent(row['estimate'])}){against}.")  # fmt: skip
    granted = table[
        table["term"].str.startswith("granted_")
        & table["label"].str.contains("2010")
        & ~table["label"].str.contains("1981")
    ]
    if len(granted) > 1:
        said.append(
            f"For 2010 two counts give {listing([percent(share) for share in granted['estimate']])}: makers find different cases."
        )
    said.append("How often a caught case ends in a sanction is not known.")
    return " ".join(said)
